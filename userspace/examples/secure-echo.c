// SPDX-License-Identifier: GPL-2.0
/*
 * secure-echo PORT [BROKER] - send back what comes, to one client after the other: a
 * server for TCP that one call has made one for TLS. It reads to the end and closes, as
 * it would with TCP.
 */
#include <err.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <kseal.h>

#include "listen.h"

static void echo(int fd)
{
	char buf[16384];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (send(fd, buf, n, MSG_NOSIGNAL) != n)
			break;
	if (n < 0)
		warn("the connection has broken");
	close(fd);
}

int main(int argc, char **argv)
{
	struct kseal_broker *kseald = NULL;	/* at its usual place */
	struct kseal_result result;
	int listener, fd, ret;

	if (argc < 2)
		errx(2, "usage: secure-echo PORT [BROKER]");
	ret = argc > 2 ? kseal_broker_open(argv[2], &kseald) : 0;
	if (ret)
		errx(1, "kseald cannot be reached: %s", strerror(-ret));
	listener = listen_at(argv[1]);
	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd < 0)
			err(1, "cannot accept a connection");
		fd = kseal_secure_accepted(kseald, fd, NULL, &result);
		if (fd < 0)
			warnx("%s", result.reason);
		else
			echo(fd);
	}
}
