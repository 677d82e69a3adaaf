// SPDX-License-Identifier: GPL-2.0
/* kseal run: a program that knows nothing of TLS, with its sockets made TLS. */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#include "commands.h"
#include "kseal.h"
#include "program.h"
#include "run/rules.h"

#define LIBRARY		"libkseal-run.so"

enum {
	EXIT_NOT_EXECUTABLE = 126,	/* as shells and env(1) have it */
	EXIT_NOT_FOUND = 127,
	MAX_PORT = 65535,
};

/**
 * struct run - what was asked for
 * @listen: ports, NULL for none
 * @connect: rules as the library takes them, NULL for none
 */
struct run {
	const char *broker;
	const char *listen;
	const char *identity;
	const char *alpn;
	char *connect;
	int verbose;
};

static const char usage[] =
	"Usage: kseal run [OPTION]... [--] PROGRAM [ARGUMENT]...\n"
	"Runs a program that knows nothing of TLS; connections that it accepts or makes\n"
	"speak TLS nevertheless: kseald does the handshakes, the kernel the rest.\n"
	"  -l, --listen PORT[,PORT]...  what it accepts at these ports, or \"*\" at all\n"
	"                       (what is done if neither this nor --connect is given)\n"
	"  -c, --connect HOST:PORT  connections that it makes to HOST, whose certificate is\n"
	"                       verified for that name; \"*\" for any host or port; repeatable\n"
	"  -i, --identity NAME  certificate of the server's side (default: what SNI picks)\n"
	"  -a, --alpn LIST      protocols of the server's side, such as h2,http/1.1\n"
	"  -b, --broker PATH    kseald's socket (" KSEAL_BROKER_PATH ")\n"
	"  -v, --verbose        a line for each connection, on standard error\n"
	"Not for programs that are linked statically or written in Go.\n";

/* ---- options -------------------------------------------------------------------- */

static int wrong(const char *option, const char *value, const char *wanted)
{
	fprintf(stderr, "kseal: run --%s %s: %s\n", option, value, wanted);
	return -EINVAL;
}

/* A port number up to any of @ends. Return: what follows, NULL when it is none. */
static const char *skip_port(const char *text, const char *ends)
{
	unsigned long port;
	char *end;

	if (*text < '0' || *text > '9')
		return NULL;
	port = strtoul(text, &end, 10);
	return port && port <= MAX_PORT && (!*end || strchr(ends, *end)) ? end : NULL;
}

static int check_ports(const char *value)
{
	const char *at = value;

	if (!strcmp(value, "*"))
		return 0;
	for (;;) {
		at = skip_port(at, ",");
		if (!at)
			return wrong("listen", value, "must be ports such as 80,8080, or \"*\"");
		if (!*at)
			return 0;
		at++;
	}
}

/* The addresses that @host has now, for programs with a resolver of their own. */
static int append_addresses(FILE *to, const char *host)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list, *one;
	char text[INET6_ADDRSTRLEN];
	int ret;

	ret = getaddrinfo(host, NULL, &hints, &list);
	if (ret) {
		fprintf(stderr, "kseal: run --connect %s: %s\n", host, gai_strerror(ret));
		return -EINVAL;
	}
	for (one = list; one; one = one->ai_next)
		if (!getnameinfo(one->ai_addr, one->ai_addrlen, text, sizeof(text), NULL, 0,
				 NI_NUMERICHOST))
			fprintf(to, "%s%s", one == list ? "" : ",", text);
	freeaddrinfo(list);
	return 0;
}

/* HOST:PORT, an IPv6 address in brackets, behind those that are there already. */
static int add_connect(struct run *run, const char *value)
{
	const char *colon = strrchr(value, ':');
	char host[KSEAL_NAME_SIZE];
	size_t len = colon ? colon - value : 0, size;
	char *text = NULL;
	FILE *to;
	int ret = 0;

	if (!len || len >= sizeof(host) || strchr(value, ' ') || strchr(value, '=') ||
	    (strcmp(colon + 1, "*") && !skip_port(colon + 1, "")))
		return wrong("connect", value, "must be HOST:PORT; either may be \"*\"");
	if (*value == '[' && value[len - 1] == ']')
		snprintf(host, sizeof(host), "%.*s", (int)len - 2, value + 1);
	else
		snprintf(host, sizeof(host), "%.*s", (int)len, value);
	to = open_memstream(&text, &size);
	if (!to)
		return -ENOMEM;
	fprintf(to, "%s%s%s:%s=", run->connect ? run->connect : "", run->connect ? " " : "", host,
		colon + 1);
	if (strcmp(host, "*"))
		ret = append_addresses(to, host);
	fclose(to);
	free(run->connect);
	run->connect = text;
	return ret;
}

static int one_option(struct run *run, int o, const char *value)
{
	switch (o) {
	case 'l':
		run->listen = value;
		return check_ports(value);
	case 'c':
		return add_connect(run, value);
	case 'i':
		run->identity = value;
		return 0;
	case 'a':
		run->alpn = value;
		return 0;
	case 'b':
		run->broker = value;
		return 0;
	case 'v':
		run->verbose = 1;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Return: -1 to go on, else the exit status. */
static int parse(struct run *run, int argc, char **argv)
{
	static const struct option options[] = {
		{ "listen", required_argument, NULL, 'l' },
		{ "connect", required_argument, NULL, 'c' },
		{ "identity", required_argument, NULL, 'i' },
		{ "alpn", required_argument, NULL, 'a' },
		{ "broker", required_argument, NULL, 'b' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	/* what follows the program are its own options */
	while ((o = getopt_long(argc, argv, "+l:c:i:a:b:vh", options, NULL)) != -1) {
		if (o == 'h') {
			fputs(usage, stdout);
			return EXIT_OK;
		}
		if (o == '?')
			fputs(usage, stderr);
		if (one_option(run, o, optarg))
			return EXIT_USAGE;
	}
	if (optind == argc) {
		fprintf(stderr, "kseal: run needs a program\n%s", usage);
		return EXIT_USAGE;
	}
	if (!run->listen && !run->connect)
		run->listen = "*";
	return -1;
}

/* ---- running it ----------------------------------------------------------------- */

/* Beside this program, as in a build, or where make install puts it. */
static int find_library(char *path)
{
	char self[PATH_MAX], *slash;
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len > 0) {
		self[len] = '\0';
		slash = strrchr(self, '/');
		*slash = '\0';
		if (snprintf(path, PATH_MAX, "%s/%s", self, LIBRARY) < PATH_MAX &&
		    !access(path, R_OK))
			return 0;
	}
	snprintf(path, PATH_MAX, "%s/%s", KSEAL_PRIVATE_DIR, LIBRARY);
	return access(path, R_OK) ? -errno : 0;
}

static int check_kseald(const char *path)
{
	struct kseal_broker *broker;
	int ret = kseal_broker_open(path, &broker);

	if (!ret) {
		kseal_broker_close(broker);
		return 0;
	}
	fprintf(stderr, "kseal: run: no answer from kseald at %s: %s; is it running? (systemctl start "
		"kseald, or --broker)\n", path ? path : KSEAL_BROKER_PATH, strerror(-ret));
	return ret;
}

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void set_environment(const struct run *run, const char *library)
{
	const char *others = getenv("LD_PRELOAD");
	char *all = NULL;

	set(RUN_BROKER, run->broker);
	set(RUN_LISTEN, run->listen);
	set(RUN_CONNECT, run->connect);
	set(RUN_IDENTITY, run->identity);
	set(RUN_ALPN, run->alpn);
	set(RUN_VERBOSE, run->verbose ? "1" : NULL);
	if (asprintf(&all, "%s%s%s", library, others && *others ? ":" : "", others ? others : "") > 0)
		set("LD_PRELOAD", all);
	free(all);
}

static int check_program(const char *name)
{
	char path[PATH_MAX], why[128] = "";
	int ret;

	ret = program_find(name, path);
	if (!ret)
		ret = program_check(path, why, sizeof(why));
	if (!ret)
		return EXIT_OK;
	if (ret == -ENOEXEC && *why)
		fprintf(stderr, "kseal: run cannot make TLS of the sockets of %s: it %s\n", path, why);
	else
		fprintf(stderr, "kseal: run: %s: %s\n", name, strerror(-ret));
	return ret == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}

int command_run(int argc, char **argv)
{
	char library[PATH_MAX];
	struct run run = { 0 };
	int ret;

	ret = parse(&run, argc, argv);
	if (ret >= 0)
		return ret;
	argv += optind;
	ret = check_program(argv[0]);
	if (ret)
		return ret;
	if (find_library(library)) {
		fprintf(stderr, "kseal: run: %s is missing: is kseal installed as a whole?\n", library);
		return EXIT_TROUBLE;
	}
	if (check_kseald(run.broker))
		return EXIT_TROUBLE;
	set_environment(&run, library);
	execvp(argv[0], argv);
	ret = errno;
	fprintf(stderr, "kseal: run: %s: %s\n", argv[0], strerror(ret));
	return ret == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE;
}
