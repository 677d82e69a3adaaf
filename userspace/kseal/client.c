// SPDX-License-Identifier: GPL-2.0
/* kseal client: connect to HOST PORT. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "commands.h"
#include "endpoint.h"

/* The first address that answers. */
static int connect_any(const struct addrinfo *list)
{
	const struct addrinfo *ai;
	int fd, error = EADDRNOTAVAIL;

	for (ai = list; ai; ai = ai->ai_next) {
		fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC,
			    ai->ai_protocol);
		if (fd >= 0 && !connect(fd, ai->ai_addr, ai->ai_addrlen))
			return fd;
		error = errno;
		if (fd >= 0)
			close(fd);
	}
	return -error;
}

static int connect_to(const char *host, const char *port)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	int ret;

	ret = getaddrinfo(host, port, &hints, &list);
	if (ret) {
		fprintf(stderr, "kseal: cannot find %s port %s: %s\n", host, port,
			gai_strerror(ret));
		return -ENOENT;
	}
	ret = connect_any(list);
	freeaddrinfo(list);
	if (ret < 0)
		fprintf(stderr, "kseal: cannot connect to %s port %s: %s\n", host,
			port, strerror(-ret));
	return ret;
}

int command_client(int argc, char **argv)
{
	struct endpoint endpoint;
	int status, fd;

	status = endpoint_parse(&endpoint, KSEAL_CLIENT, argc, argv);
	if (status >= 0)
		return status;
	if (!endpoint.server_name)
		endpoint.server_name = endpoint.arguments[0];
	fd = connect_to(endpoint.arguments[0], endpoint.arguments[1]);
	if (fd < 0)
		return EXIT_TROUBLE;
	return endpoint_run(&endpoint, KSEAL_CLIENT, fd);
}
