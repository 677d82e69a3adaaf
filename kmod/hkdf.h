/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEAL_HKDF_H
#define KSEAL_HKDF_H

#include "pure.h"

enum kseal_hkdf_limits {
	KSEAL_HASH_MAX		= 48,	/* bytes of the longest hash */
	KSEAL_LABEL_MAX		= 16,	/* of the labels used here */
	/* length, label, context, and the number of the block */
	KSEAL_HKDF_INFO_MAX	= 2 + 1 + 6 + KSEAL_LABEL_MAX + 1 + 1,
};

/**
 * struct kseal_hash - a cipher suite's hash
 * @id: KSEAL_HASH_* of <linux/kseal.h>
 * @hmac: the crypto API's name of its HMAC
 * @size: bytes of it, and of a secret
 */
struct kseal_hash {
	u8 id;
	const char *hmac;
	u8 size;
};

const struct kseal_hash *kseal_hash_find(u8 id);
size_t kseal_hkdf_info(const char *label, size_t size, u8 *info);

#endif /* KSEAL_HKDF_H */
