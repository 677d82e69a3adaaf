// SPDX-License-Identifier: GPL-2.0
/* kseal server: wait for one connection to PORT. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "commands.h"
#include "endpoint.h"

static int listen_on(const struct addrinfo *ai)
{
	const int on = 1, off = 0;
	int fd, error;

	fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC,
		    ai->ai_protocol);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, ai->ai_addr, ai->ai_addrlen) && !listen(fd, 1))
		return fd;
	error = errno;
	close(fd);
	return -error;
}

/* With no address given, one IPv6 socket takes IPv4 too where there is IPv6. */
static int listen_any(const struct addrinfo *list)
{
	const struct addrinfo *ai;
	int fd = -EADDRNOTAVAIL;

	for (ai = list; ai; ai = ai->ai_next)
		if (ai->ai_family == AF_INET6 && (fd = listen_on(ai)) >= 0)
			return fd;
	for (ai = list; ai; ai = ai->ai_next)
		if (ai->ai_family == AF_INET && (fd = listen_on(ai)) >= 0)
			return fd;
	return fd;
}

static int listen_at(const char *address, const char *port)
{
	const struct addrinfo hints = {
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE,
	};
	struct addrinfo *list;
	int ret;

	ret = getaddrinfo(address, port, &hints, &list);
	if (ret) {
		fprintf(stderr, "kseal: cannot listen at %s port %s: %s\n",
			address ? address : "all addresses", port,
			gai_strerror(ret));
		return -ENOENT;
	}
	ret = listen_any(list);
	freeaddrinfo(list);
	if (ret < 0)
		fprintf(stderr, "kseal: cannot listen at %s port %s: %s\n",
			address ? address : "all addresses", port,
			strerror(-ret));
	return ret;
}

/* Whoever starts us with port 0 reads the real one here. */
static void print_port(int fd)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	char port[NI_MAXSERV];

	if (!getsockname(fd, (struct sockaddr *)&addr, &len) &&
	    !getnameinfo((struct sockaddr *)&addr, len, NULL, 0, port,
			 sizeof(port), NI_NUMERICSERV))
		fprintf(stderr, "kseal: listening on port %s\n", port);
}

int command_server(int argc, char **argv)
{
	struct endpoint endpoint;
	int status, listener, fd;

	status = endpoint_parse(&endpoint, KSEAL_SERVER, argc, argv);
	if (status >= 0)
		return status;
	listener = listen_at(endpoint.bind, endpoint.arguments[0]);
	if (listener < 0)
		return EXIT_TROUBLE;
	print_port(listener);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	close(listener);
	if (fd < 0) {
		fprintf(stderr, "kseal: cannot accept a connection: %s\n",
			strerror(errno));
		return EXIT_TROUBLE;
	}
	return endpoint_run(&endpoint, KSEAL_SERVER, fd);
}
