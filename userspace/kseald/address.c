// SPDX-License-Identifier: GPL-2.0
/* Addresses of stream sockets, as configuration files and logs have them. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "address.h"

enum {
	PORT_DIGITS = 5,
	PORT_MAX = 65535,
};

static int parse_port(const char *text, size_t length, in_port_t *port)
{
	unsigned long number = 0;

	if (!length || length > PORT_DIGITS)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		number = number * 10 + text[i] - '0';
	}
	if (number > PORT_MAX)
		return -EINVAL;
	*port = htons(number);
	return 0;
}

static const char *last_colon(const char *text, size_t length)
{
	while (length)
		if (text[--length] == ':')
			return text + length;
	return NULL;
}

int address_parse_tcp(const char *text, size_t length, struct address *address)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&address->addr;
	struct sockaddr_in *in = (struct sockaddr_in *)&address->addr;
	const char *colon = last_colon(text, length);
	char host[INET6_ADDRSTRLEN + 2];
	size_t size;

	memset(address, 0, sizeof(*address));
	size = colon ? colon - text : 0;
	if (!size || size >= sizeof(host))
		return -EINVAL;
	memcpy(host, text, size);
	host[size] = '\0';
	length -= size + 1;
	if (host[0] != '[') {
		in->sin_family = AF_INET;
		address->size = sizeof(*in);
		return inet_pton(AF_INET, host, &in->sin_addr) == 1 ?
		       parse_port(colon + 1, length, &in->sin_port) : -EINVAL;
	}
	if (host[size - 1] != ']')
		return -EINVAL;
	host[size - 1] = '\0';
	in6->sin6_family = AF_INET6;
	address->size = sizeof(*in6);
	return inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1 ?
	       parse_port(colon + 1, length, &in6->sin6_port) : -EINVAL;
}

static int parse_path(const char *path, struct address *address)
{
	struct sockaddr_un *un = (struct sockaddr_un *)&address->addr;

	memset(address, 0, sizeof(*address));
	if (strlen(path) >= sizeof(un->sun_path))
		return -EINVAL;
	un->sun_family = AF_UNIX;
	strcpy(un->sun_path, path);
	address->size = sizeof(*un);
	return 0;
}

int address_parse(const char *text, struct address *address)
{
	static const char scheme[] = "unix:";

	if (!strncmp(text, scheme, sizeof(scheme) - 1))
		text += sizeof(scheme) - 1;
	if (*text == '/')
		return parse_path(text, address);
	return address_parse_tcp(text, strlen(text), address);
}

void address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE])
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&address->addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)&address->addr;
	const struct sockaddr_un *un = (const struct sockaddr_un *)&address->addr;
	char host[INET6_ADDRSTRLEN];

	switch (address->addr.ss_family) {
	case AF_INET:
		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		snprintf(text, ADDRESS_TEXT_SIZE, "%s:%u", host, ntohs(in->sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		snprintf(text, ADDRESS_TEXT_SIZE, "[%s]:%u", host, ntohs(in6->sin6_port));
		break;
	case AF_UNIX:
		snprintf(text, ADDRESS_TEXT_SIZE, "unix:%.*s", (int)sizeof(un->sun_path),
			 un->sun_path);
		break;
	default:
		strcpy(text, "unknown");
	}
}
