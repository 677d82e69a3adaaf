/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEAL_SUITE_H
#define KSEAL_SUITE_H

#include "pure.h"

/* Bounds over all rows of the table; suite.c checks each row against them. */
enum kseal_suite_limits {
	KSEAL_NONCE_SIZE	= 12,	/* RFC 5116 5.1: N_MIN = N_MAX = 12 */
	KSEAL_SEQ_SIZE		= 8,	/* RFC 5246 6.1, RFC 8446 5.3 */
	KSEAL_KEY_MAX		= 32,
	KSEAL_TAG_MAX		= 16,
	KSEAL_INFO_MAX		= 56,	/* largest tls12_crypto_info_* */
};

/**
 * struct kseal_suite - what the record layer must know of a cipher suite
 * @cipher_type: TLS_CIPHER_* of <linux/tls.h>
 * @aead: name of the algorithm in the crypto API
 * @info_size: bytes of the suite's struct tls12_crypto_info_*
 * @iv_offset: where in it the iv is; likewise the other offsets
 * @key_offset: of the key
 * @salt_offset: of the salt
 * @seq_offset: of the sequence number
 * @iv_size: bytes of the iv; salt and iv together are the nonce
 * @key_size: bytes of the key
 * @salt_size: bytes of the salt
 * @tag_size: bytes of the authentication tag behind the ciphertext
 * @explicit_size: bytes of the nonce that travel in each TLS 1.2 record
 *	(RFC 5288 3, RFC 6655 3; none with RFC 7905); none do in TLS 1.3
 * @max_version: newest version the suite is defined for
 * @record_limit: records that one key may seal in kernel-control mode
 * @ccm_flags: what the crypto API's ccm() wants in front of the nonce: bytes
 *	of the length field less one (RFC 3610 2.3); 0 for what is no CCM
 */
struct kseal_suite {
	u16 cipher_type;
	const char *aead;
	u8 info_size;
	u8 iv_offset;
	u8 key_offset;
	u8 salt_offset;
	u8 seq_offset;
	u8 iv_size;
	u8 key_size;
	u8 salt_size;
	u8 tag_size;
	u8 explicit_size;
	u16 max_version;
	u8 ccm_flags;
	u64 record_limit;
};

const struct kseal_suite *kseal_suite_find(u16 cipher_type);
bool kseal_suite_speaks(const struct kseal_suite *suite, u16 version);

#endif /* KSEAL_SUITE_H */
