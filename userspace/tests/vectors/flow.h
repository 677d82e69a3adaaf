/* SPDX-License-Identifier: GPL-2.0 */
/* One direction of a connection: its key and some records in a row. */
#ifndef VECTORS_FLOW_H
#define VECTORS_FLOW_H

#include <stdint.h>
#include <linux/tls.h>

enum {
	ALERT		= 21,
	HANDSHAKE	= 22,
	DATA		= 23,
	FLOW_RECORDS	= 3,
};

/**
 * struct flow - records sealed with one key
 * @name: where they come from
 * @version: 0x0303 or 0x0304
 * @cipher: TLS_CIPHER_* of <linux/tls.h>
 * @key: the write key
 * @nonce: TLS 1.3: the write iv; TLS 1.2: salt and first nonce_explicit
 * @seq: sequence number of the first record
 * @records: content type, content and complete record; ends where there are
 *	no more
 */
struct flow {
	const char *name;
	uint16_t version;
	uint16_t cipher;
	const char *key;
	const char *nonce;
	uint64_t seq;
	struct {
		uint8_t type;
		const char *content;
		const char *wire;
	} records[FLOW_RECORDS];
};

#endif /* VECTORS_FLOW_H */
