/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program hands to setsockopt(SOL_TLS): filled by member name, so that
 * the offsets of the suite table are tested and not used.
 */
#ifndef VECTORS_INFO_H
#define VECTORS_INFO_H

#include <linux/tls.h>

#include "check.h"

union info {
	struct tls_crypto_info head;
	struct tls12_crypto_info_aes_gcm_128 gcm_128;
	struct tls12_crypto_info_aes_gcm_256 gcm_256;
	uint8_t bytes[64];
};

static inline void info_seq(uint8_t *out, uint64_t seq)
{
	int i;

	for (i = 0; i < 8; i++)
		out[i] = seq >> (56 - 8 * i);
}

#define INFO_FILL(member) do {						\
	memcpy((member).key, key, sizeof((member).key));		\
	memcpy((member).salt, nonce, 4);				\
	memcpy((member).iv, nonce + 4, 8);				\
	info_seq((member).rec_seq, seq);				\
} while (0)

/*
 * @nonce: salt[4] iv[8], in TLS 1.2 the iv is the next record's nonce_explicit
 */
static inline void info_fill(union info *info, uint16_t version, uint16_t cipher,
			     const uint8_t *key, const uint8_t *nonce, uint64_t seq)
{
	memset(info, 0, sizeof(*info));
	info->head.version = version;
	info->head.cipher_type = cipher;
	if (cipher == TLS_CIPHER_AES_GCM_128)
		INFO_FILL(info->gcm_128);
	else if (cipher == TLS_CIPHER_AES_GCM_256)
		INFO_FILL(info->gcm_256);
	else
		fail_msg("no struct is known for cipher %u", cipher);
}

/* Where the members that getsockopt() updates are. */
static inline uint8_t *info_iv(union info *info)
{
	return info->head.cipher_type == TLS_CIPHER_AES_GCM_128 ?
		info->gcm_128.iv : info->gcm_256.iv;
}

static inline uint8_t *info_rec_seq(union info *info)
{
	return info->head.cipher_type == TLS_CIPHER_AES_GCM_128 ?
		info->gcm_128.rec_seq : info->gcm_256.rec_seq;
}

#endif /* VECTORS_INFO_H */
