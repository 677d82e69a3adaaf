// SPDX-License-Identifier: GPL-2.0
/* The PROXY protocol, version 2: https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt */
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "kseal.h"
#include "proxy_header.h"

/* Section 2.2 of it. */
enum {
	FIXED_SIZE = 16,		/* the length is in its last two bytes */
	VERSION_2_PROXY = 0x21,
	TCP_OVER_IPV4 = 0x11,
	TCP_OVER_IPV6 = 0x21,
	UNSPECIFIED = 0x00,
	TYPE_ALPN = 0x01,
	TYPE_AUTHORITY = 0x02,
	TYPE_SSL = 0x20,
	SUBTYPE_VERSION = 0x21,
	SUBTYPE_CIPHER = 0x23,
	CLIENT_SSL = 0x01,
	LENGTH_AT = 14,
};

static const uint8_t signature[] = "\r\n\r\n\0\r\nQUIT\n";

static void put(struct proxy_header *header, const void *bytes, size_t size)
{
	memcpy(header->bytes + header->size, bytes, size);
	header->size += size;
}

static void put_byte(struct proxy_header *header, uint8_t byte)
{
	put(header, &byte, 1);
}

static void put_text(struct proxy_header *header, uint8_t type, const char *text)
{
	const size_t size = strlen(text);

	if (!size)
		return;
	put_byte(header, type);
	put_byte(header, size >> 8);
	put_byte(header, size);
	put(header, text, size);
}

/* A length of two bytes at @at, for all that has come after it. */
static void set_length(struct proxy_header *header, size_t at)
{
	const size_t size = header->size - at - 2;

	header->bytes[at] = size >> 8;
	header->bytes[at + 1] = size;
}

static void put_ipv6(struct proxy_header *header, const struct sockaddr_in6 *from,
		     const struct sockaddr_in6 *to)
{
	put_byte(header, TCP_OVER_IPV6);
	put(header, "\0", 2);
	put(header, &from->sin6_addr, sizeof(from->sin6_addr));
	put(header, &to->sin6_addr, sizeof(to->sin6_addr));
	put(header, &from->sin6_port, sizeof(from->sin6_port));
	put(header, &to->sin6_port, sizeof(to->sin6_port));
}

static void put_ipv4(struct proxy_header *header, const struct sockaddr_in *from,
		     const struct sockaddr_in *to)
{
	put_byte(header, TCP_OVER_IPV4);
	put(header, "\0", 2);
	put(header, &from->sin_addr, sizeof(from->sin_addr));
	put(header, &to->sin_addr, sizeof(to->sin_addr));
	put(header, &from->sin_port, sizeof(from->sin_port));
	put(header, &to->sin_port, sizeof(to->sin_port));
}

static void put_addresses(struct proxy_header *header, int fd)
{
	struct sockaddr_storage from, to;
	socklen_t from_size = sizeof(from), to_size = sizeof(to);

	if (getpeername(fd, (struct sockaddr *)&from, &from_size) ||
	    getsockname(fd, (struct sockaddr *)&to, &to_size))
		from.ss_family = AF_UNSPEC;
	switch (from.ss_family) {
	case AF_INET:
		put_ipv4(header, (struct sockaddr_in *)&from, (struct sockaddr_in *)&to);
		break;
	case AF_INET6:
		put_ipv6(header, (struct sockaddr_in6 *)&from, (struct sockaddr_in6 *)&to);
		break;
	default:
		put_byte(header, UNSPECIFIED);
		put(header, "\0", 2);
	}
}

static void put_tls(struct proxy_header *header, const struct kseal_result *result)
{
	static const uint8_t verified[4] = { 0 };
	const char *version = kseal_version_name(result->version);
	const size_t at = header->size + 1;

	if (!version)
		return;
	put_byte(header, TYPE_SSL);
	put(header, "\0", 2);
	put_byte(header, CLIENT_SSL);
	/* 0: the client has shown no certificate that is not good */
	put(header, verified, sizeof(verified));
	put_text(header, SUBTYPE_VERSION, version);
	put_text(header, SUBTYPE_CIPHER, result->suite);
	set_length(header, at);
}

void proxy_header_make(struct proxy_header *header, const struct kseal_result *result)
{
	header->size = 0;
	put(header, signature, sizeof(signature) - 1);
	put_byte(header, VERSION_2_PROXY);
	put_addresses(header, result->fd);
	put_text(header, TYPE_ALPN, result->alpn);
	put_text(header, TYPE_AUTHORITY, result->server_name);
	put_tls(header, result);
	set_length(header, LENGTH_AT);
}
