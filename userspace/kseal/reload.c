// SPDX-License-Identifier: GPL-2.0
/* kseal reload: have the kseald behind a socket read its configuration anew. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "commands.h"
#include "kseal.h"

/* Who listens there, as the kernel knows it (unix(7), SO_PEERCRED). Return: its
 * process; -errno.
 */
static pid_t listener_of(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct ucred peer = { 0 };
	socklen_t len = sizeof(peer);
	int sock, ret = 0;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0 || connect(sock, (struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		ret = -errno;
	if (sock >= 0)
		close(sock);
	/* another PID namespace's process has no number here */
	return ret ? ret : peer.pid ? peer.pid : -ESRCH;
}

static int reload(const char *path)
{
	pid_t pid = listener_of(path);

	if (pid < 0) {
		fprintf(stderr, "kseal: no kseald at %s: %s\n", path, strerror(-pid));
		return EXIT_TROUBLE;
	}
	if (kill(pid, SIGHUP)) {
		fprintf(stderr, "kseal: process %d, kseald at %s, cannot be told: %s\n", pid, path,
			strerror(errno));
		return EXIT_TROUBLE;
	}
	printf("kseald, process %d, was told; its log says what came of it\n", pid);
	return EXIT_OK;
}

int command_reload(int argc, char **argv)
{
	static const struct option options[] = {
		{ "broker", required_argument, NULL, 'b' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *path = KSEAL_BROKER_PATH;
	int o;

	while ((o = getopt_long(argc, argv, "b:h", options, NULL)) != -1) {
		if (o == 'b') {
			path = optarg;
			continue;
		}
		fprintf(o == 'h' ? stdout : stderr,
			"Usage: kseal reload [--broker PATH]\n"
			"Has kseald read its configuration, certificates and keys anew. What is wrong\n"
			"with them it logs, and then goes on with those it has.\n"
			"  -b, --broker PATH   its socket (" KSEAL_BROKER_PATH ")\n");
		return o == 'h' ? EXIT_OK : EXIT_USAGE;
	}
	if (optind < argc) {
		fprintf(stderr, "kseal: reload takes no arguments\n");
		return EXIT_USAGE;
	}
	return reload(path);
}
