// SPDX-License-Identifier: GPL-2.0
/*
 * One end of a connection that moves much, both ways at once, while keys change.
 *
 *	updates WAY server|client PORT MIB WHERE
 *
 * WAY is whose TLS it is, and how bytes are moved: openssl and gnutls, which update
 * their key every 100 records; poll, blocking and splice, by a socket of kseald's,
 * which know of no TLS. WHERE is a directory with ca.pem, server.pem and server.key
 * for the former, kseald's socket for the latter. A server listens on PORT, or on one
 * it finds if that is 0, and says which. Both ends send MIB mebibytes, check each
 * byte that comes, and end cleanly; what they did is printed.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <kseal.h>

#include "updates.h"

static const struct way *const ways[] = {
	&way_openssl, &way_gnutls, &way_poll, &way_blocking, &way_splice,
};

uint64_t send_seed(const struct end *end)
{
	return end->server ? 1 : 2;
}

uint64_t receive_seed(const struct end *end)
{
	return end->server ? 2 : 1;
}

static const struct way *find_way(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(ways[i]->name, name))
			return ways[i];
	errx(2, "there is no way '%s'", name);
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(addr);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) || listen(fd, 1) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len))
		err(1, "cannot listen");
	printf("port %u\n", ntohs(addr.sin_port));
	fflush(stdout);
	return fd;
}

static int connect_to(uint16_t port)
{
	const struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		err(1, "cannot connect");
	return fd;
}

static void by_library(struct end *end, uint16_t port)
{
	int listener;

	if (end->server) {
		listener = listen_on(port);
		end->fd = accept(listener, NULL, NULL);
		if (end->fd < 0)
			err(1, "accept");
		close(listener);
	} else {
		end->fd = connect_to(port);
	}
}

static void by_kseald(struct end *end, const char *port)
{
	struct kseal_request request = { .size = sizeof(request),
					 .control = KSEAL_CONTROL_BY_KERNEL };
	struct kseal_result result;
	struct kseal_broker *kseald;
	int ret = kseal_broker_open(end->where, &kseald);

	if (ret)
		errx(1, "kseald: %s", strerror(-ret));
	if (end->server) {
		request.role = KSEAL_SERVER;
		ret = kseal_accept(kseald, listen_on(strtoul(port, NULL, 10)), &request, &result);
	} else {
		request.role = KSEAL_CLIENT;
		ret = kseal_connect(kseald, "localhost", port, &request, &result);
	}
	if (ret)
		errx(1, "no TLS from kseald: %s", result.reason[0] ? result.reason : strerror(-ret));
	kseal_broker_close(kseald);
	end->fd = result.fd;
}

/* What the kernel tells of the socket, before it is closed. */
static void print_info(const struct end *end)
{
	struct kseal_info info;

	if (kseal_get_info(end->fd, &info))
		errx(1, "no kseal on the socket");
	printf("tx_rekeys %u\nrx_rekeys %u\ntx_key_updates %u\nrx_key_updates %u\n",
	       info.tx_rekeys, info.rx_rekeys, info.tx_key_updates, info.rx_key_updates);
	printf("tx_splice_bytes %llu\n", (unsigned long long)info.tx_splice_bytes);
	if (!(info.state & KSEAL_STATE_TX_CLOSED) || !(info.state & KSEAL_STATE_RX_CLOSED))
		errx(1, "not closed by a close_notify each way: state %#x", info.state);
}

int main(int argc, char **argv)
{
	struct end end = { 0 };

	if (argc != 6)
		errx(2, "usage: updates WAY server|client PORT MIB WHERE");
	signal(SIGPIPE, SIG_IGN);
	end.way = find_way(argv[1]);
	end.server = !strcmp(argv[2], "server");
	end.bytes = strtoull(argv[4], NULL, 10) << 20;
	end.where = argv[5];
	if (end.way->kseald)
		by_kseald(&end, argv[3]);
	else
		by_library(&end, strtoul(argv[3], NULL, 10));
	if (end.way->open)
		end.way->open(&end);
	(end.way->run ? end.way->run : send_and_receive)(&end);
	if (end.received != end.bytes)
		errx(1, "the end came after %llu bytes", (unsigned long long)end.received);
	printf("sent %llu\nreceived %llu\nupdates %u\n", (unsigned long long)end.sent,
	       (unsigned long long)end.received, end.updates);
	if (end.way->kseald)
		print_info(&end);
	close(end.fd);
	return 0;
}
