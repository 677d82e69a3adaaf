/* SPDX-License-Identifier: GPL-2.0 */
/* A listening TCP socket, which is no matter of TLS. */
#ifndef EXAMPLES_LISTEN_H
#define EXAMPLES_LISTEN_H

#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* At port @text, or at one that the kernel picks for "0"; prints which. */
static inline int listen_at(const char *text)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_port = htons(atoi(text)) };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, len) || listen(fd, 128) ||
	    getsockname(fd, (struct sockaddr *)&addr, &len))
		err(1, "cannot listen at port %s", text);
	printf("port %d\n", ntohs(addr.sin6_port));
	fflush(stdout);
	return fd;
}

#endif /* EXAMPLES_LISTEN_H */
