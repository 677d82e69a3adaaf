/* SPDX-License-Identifier: GPL-2.0 */
/* Addresses of stream sockets, as configuration files and logs have them. */
#ifndef KSEALD_ADDRESS_H
#define KSEALD_ADDRESS_H

#include <sys/socket.h>

enum {
	/* "unix:" and a path are the longest */
	ADDRESS_TEXT_SIZE = 128,
};

/** struct address - where to connect or listen */
struct address {
	struct sockaddr_storage addr;
	socklen_t size;
};

/**
 * address_parse() - "192.0.2.1:443", "[2001:db8::1]:443", "/path" or "unix:/path"
 *
 * Names are not looked up: that may take long, and its answer change.
 *
 * Return: 0 or -EINVAL.
 */
int address_parse(const char *text, struct address *address);

/**
 * address_parse_tcp() - "192.0.2.1:443" or "[2001:db8::1]:443", of @length bytes
 *
 * Return: 0 or -EINVAL.
 */
int address_parse_tcp(const char *text, size_t length, struct address *address);

/** address_format() - the text that address_parse() takes; "unknown" for any other */
void address_format(const struct address *address, char text[ADDRESS_TEXT_SIZE]);

#endif /* KSEALD_ADDRESS_H */
