/* SPDX-License-Identifier: GPL-2.0 */
/* One direction of a socket with known numbers, to try functions on. */
#ifndef VECTORS_DIRECTION_H
#define VECTORS_DIRECTION_H

#include "../../../kmod/record.h"

#include "info.h"

static const uint8_t nonce_bytes[12] = {
	0xa0, 0xa1, 0xa2, 0xa3, 0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7,
};

/* A direction of @cipher whose salt and iv are nonce_bytes. */
static inline void start_cipher(struct kseal_record *rec, union info *info,
				uint16_t version, uint16_t cipher, uint64_t seq)
{
	static const uint8_t key[KSEAL_KEY_MAX] = { 0x55 };

	info_fill(info, version, cipher, key, nonce_bytes, seq);
	kseal_record_init(rec, kseal_suite_find(cipher), version, info->bytes);
}

static inline void start(struct kseal_record *rec, uint16_t version, uint64_t seq)
{
	union info info;

	start_cipher(rec, &info, version, TLS_CIPHER_AES_GCM_128, seq);
}

#endif /* VECTORS_DIRECTION_H */
