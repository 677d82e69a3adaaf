// SPDX-License-Identifier: GPL-2.0
/* To a host by its name, within a time. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>

#include "dial.h"

enum { MAX_PORT = 65535 };

static int complain(const char *text, const char *what)
{
	fprintf(stderr, "kseal: %s: %s\n", text, what);
	return -EINVAL;
}

static int set_port(struct dial_target *target, const char *text, const char *port)
{
	char *end;
	unsigned long number = strtoul(port, &end, 10);

	if (*port < '0' || *port > '9' || *end || !number || number > MAX_PORT)
		return complain(text, "the port must be a number of 1 to 65535");
	snprintf(target->port, sizeof(target->port), "%lu", number);
	return 0;
}

static int is_address(const char *host)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, buf) == 1 || inet_pton(AF_INET6, host, buf) == 1;
}

int dial_parse(const char *text, const char *port, struct dial_target *target)
{
	const char *host = text, *end;
	size_t len;

	if (*text == '[') {
		host++;
		end = strchr(host, ']');
		if (!end || (end[1] && end[1] != ':'))
			return complain(text, "write an IPv6 address as [ADDRESS]:PORT");
		len = end++ - host;
	} else {
		end = strchr(text, ':');
		if (end && strchr(end + 1, ':'))
			return complain(text, "write an IPv6 address in brackets, [ADDRESS]:PORT");
		len = end ? (size_t)(end - text) : strlen(text);
		if (!end)
			end = text + len;
	}
	if (!len || len >= sizeof(target->host))
		return complain(text, "a host's name has 1 to 255 bytes");
	memcpy(target->host, host, len);
	target->host[len] = '\0';
	target->is_address = is_address(target->host);
	if (*text == '[' && !target->is_address)
		return complain(text, "there is no address in the brackets");
	return set_port(target, text, *end == ':' ? end + 1 : port);
}

double dial_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

int dial_left(double deadline)
{
	const double left = deadline - dial_now();

	return left > 0 ? (int)left + 1 : 0;
}

int dial_wait(int fd, short events, double deadline)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int n;

	do {
		n = poll(&pfd, 1, dial_left(deadline));
	} while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : -ETIMEDOUT;
}

static int connect_within(int fd, const struct addrinfo *address, double deadline)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (!connect(fd, address->ai_addr, address->ai_addrlen))
		return 0;
	if (errno != EINPROGRESS)
		return -errno;
	if (dial_wait(fd, POLLOUT, deadline))
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len))
		return -errno;
	return -error;
}

int dial(const struct addrinfo *address, double deadline)
{
	int ret, fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	ret = connect_within(fd, address, deadline);
	if (!ret)
		return fd;
	close(fd);
	return ret;
}

const char *dial_name(const struct addrinfo *address, char *text, size_t size)
{
	if (getnameinfo(address->ai_addr, address->ai_addrlen, text, size, NULL, 0,
			NI_NUMERICHOST))
		snprintf(text, size, "?");
	return text;
}
