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
	struct tls12_crypto_info_aes_ccm_128 ccm_128;
	struct tls12_crypto_info_chacha20_poly1305 chacha20;
	struct tls12_crypto_info_sm4_gcm sm4_gcm;
	struct tls12_crypto_info_sm4_ccm sm4_ccm;
	struct tls12_crypto_info_aria_gcm_128 aria_128;
	struct tls12_crypto_info_aria_gcm_256 aria_256;
	uint8_t bytes[64];
};

static const uint16_t all_ciphers[] = {
	TLS_CIPHER_AES_GCM_128, TLS_CIPHER_AES_GCM_256, TLS_CIPHER_AES_CCM_128,
	TLS_CIPHER_CHACHA20_POLY1305, TLS_CIPHER_SM4_GCM, TLS_CIPHER_SM4_CCM,
	TLS_CIPHER_ARIA_GCM_128, TLS_CIPHER_ARIA_GCM_256,
};

static inline void info_seq(uint8_t *out, uint64_t seq)
{
	int i;

	for (i = 0; i < 8; i++)
		out[i] = seq >> (56 - 8 * i);
}

/* An empty salt is an array of no bytes: all of the nonce is the iv then. */
#define INFO_FILL(member) do {						\
	memcpy((member).key, key, sizeof((member).key));		\
	memcpy((member).salt, nonce, sizeof((member).salt));		\
	memcpy((member).iv, nonce + sizeof((member).salt),		\
	       sizeof((member).iv));					\
	info_seq((member).rec_seq, seq);				\
} while (0)

/* Do something with the struct of @info that its cipher_type names. */
#define INFO_MEMBER(info, action) do {					\
	switch ((info)->head.cipher_type) {				\
	case TLS_CIPHER_AES_GCM_128: action((info)->gcm_128); break;	\
	case TLS_CIPHER_AES_GCM_256: action((info)->gcm_256); break;	\
	case TLS_CIPHER_AES_CCM_128: action((info)->ccm_128); break;	\
	case TLS_CIPHER_CHACHA20_POLY1305: action((info)->chacha20); break; \
	case TLS_CIPHER_SM4_GCM: action((info)->sm4_gcm); break;	\
	case TLS_CIPHER_SM4_CCM: action((info)->sm4_ccm); break;	\
	case TLS_CIPHER_ARIA_GCM_128: action((info)->aria_128); break;	\
	case TLS_CIPHER_ARIA_GCM_256: action((info)->aria_256); break;	\
	default:							\
		fail_msg("no struct is known for cipher %u",		\
			 (info)->head.cipher_type);			\
	}								\
} while (0)

/*
 * @nonce: salt and iv, in TLS 1.2 the iv is the next record's nonce_explicit
 */
static inline void info_fill(union info *info, uint16_t version, uint16_t cipher,
			     const uint8_t *key, const uint8_t *nonce, uint64_t seq)
{
	memset(info, 0, sizeof(*info));
	info->head.version = version;
	info->head.cipher_type = cipher;
	INFO_MEMBER(info, INFO_FILL);
}

/* Where the members that getsockopt() updates are. */
static inline uint8_t *info_iv(union info *info)
{
#define INFO_IV(member) return (member).iv
	INFO_MEMBER(info, INFO_IV);
#undef INFO_IV
	return NULL;
}

static inline uint8_t *info_rec_seq(union info *info)
{
#define INFO_SEQ(member) return (member).rec_seq
	INFO_MEMBER(info, INFO_SEQ);
#undef INFO_SEQ
	return NULL;
}

#endif /* VECTORS_INFO_H */
