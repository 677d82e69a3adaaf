/* SPDX-License-Identifier: GPL-2.0 */
/* What a back end is told of a connection first: the PROXY protocol, version 2. */
#ifndef KSEALD_PROXY_HEADER_H
#define KSEALD_PROXY_HEADER_H

#include <stddef.h>
#include <stdint.h>

struct kseal_result;

enum {
	/* Addresses, and three names of at most 255 bytes. */
	PROXY_HEADER_MAX = 1024,
};

/** struct proxy_header - @size bytes to be sent; 0 for none */
struct proxy_header {
	size_t size;
	uint8_t bytes[PROXY_HEADER_MAX];
};

/**
 * proxy_header_make() - fill a header
 * @result: of the connection's handshake; its socket tells the addresses
 *
 * It has both addresses, the name that the client asked for, the protocol that ALPN
 * agreed on, version and suite of TLS.
 */
void proxy_header_make(struct proxy_header *header, const struct kseal_result *result);

#endif /* KSEALD_PROXY_HEADER_H */
