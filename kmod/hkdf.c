// SPDX-License-Identifier: GPL-2.0
/*
 * PURE: HKDF-Expand-Label of TLS 1.3, without the HMAC.
 *
 *	HKDF-Expand-Label(Secret, Label, "", Length) =
 *		HKDF-Expand(Secret, HkdfLabel, Length)		RFC 8446 7.1
 *	HKDF-Expand(PRK, info, L) = first L bytes of
 *		HMAC(PRK, info | 0x01) | ...			RFC 5869 2.3
 *
 * No key, iv or secret is longer than its hash, so the first block is all there is.
 */
#include <linux/kseal.h>

#include "hkdf.h"

static const struct kseal_hash kseal_hashes[] = {
	{ KSEAL_HASH_SHA256, "hmac(sha256)", 32 },
	{ KSEAL_HASH_SHA384, "hmac(sha384)", 48 },
	{ KSEAL_HASH_SM3, "hmac(sm3)", 32 },
};

/**
 * kseal_hash_find() - the row of a hash
 * @id: KSEAL_HASH_* of <linux/kseal.h>
 *
 * Return: the row; NULL kseal does not know the hash.
 */
const struct kseal_hash *kseal_hash_find(u8 id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kseal_hashes); i++)
		if (kseal_hashes[i].id == id)
			return &kseal_hashes[i];
	return NULL;
}

/**
 * kseal_hkdf_info() - what the HMAC is taken of
 * @label: without "tls13 ", at most KSEAL_LABEL_MAX bytes
 * @size: bytes wanted, at most those of the hash
 * @info: room for KSEAL_HKDF_INFO_MAX bytes
 *
 * Return: bytes written.
 */
size_t kseal_hkdf_info(const char *label, size_t size, u8 *info)
{
	static const char prefix[] = "tls13 ";
	size_t len = strlen(label), n = 0;

	info[n++] = size >> 8;
	info[n++] = size;
	info[n++] = sizeof(prefix) - 1 + len;
	memcpy(info + n, prefix, sizeof(prefix) - 1);
	n += sizeof(prefix) - 1;
	memcpy(info + n, label, len);
	n += len;
	info[n++] = 0;	/* no context */
	info[n++] = 1;	/* the first block */
	return n;
}
