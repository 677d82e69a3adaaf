// SPDX-License-Identifier: GPL-2.0
/* Suites, traffic keys, and the structures the kernel takes them in. */
#include "kt.h"
#include <stdlib.h>
#include <string.h>

#define SUITE(id, type, algorithm, wire_nonce, in_13) {			\
	.cipher = id,							\
	.name = #id,							\
	.aead = algorithm,						\
	.info_size = sizeof(struct type),				\
	.key_at = offsetof(struct type, key),				\
	.key_size = id ## _KEY_SIZE,					\
	.salt_at = offsetof(struct type, salt),				\
	.salt_size = id ## _SALT_SIZE,					\
	.iv_at = offsetof(struct type, iv),				\
	.iv_size = id ## _IV_SIZE,					\
	.seq_at = offsetof(struct type, rec_seq),			\
	.explicit = wire_nonce,						\
	.tls13 = in_13,							\
}

static const struct kt_suite suites[] = {
	SUITE(TLS_CIPHER_AES_GCM_128, tls12_crypto_info_aes_gcm_128,
	      "gcm(aes)", 8, true),				/* RFC 5288 3 */
	SUITE(TLS_CIPHER_AES_GCM_256, tls12_crypto_info_aes_gcm_256,
	      "gcm(aes)", 8, true),
	SUITE(TLS_CIPHER_AES_CCM_128, tls12_crypto_info_aes_ccm_128,
	      "ccm(aes)", 8, true),				/* RFC 6655 3 */
	SUITE(TLS_CIPHER_CHACHA20_POLY1305, tls12_crypto_info_chacha20_poly1305,
	      "rfc7539(chacha20,poly1305)", 0, true),		/* RFC 7905 2 */
	SUITE(TLS_CIPHER_SM4_GCM, tls12_crypto_info_sm4_gcm,
	      "gcm(sm4)", 8, true),				/* RFC 8998 3.2 */
	SUITE(TLS_CIPHER_SM4_CCM, tls12_crypto_info_sm4_ccm,
	      "ccm(sm4)", 8, true),
	SUITE(TLS_CIPHER_ARIA_GCM_128, tls12_crypto_info_aria_gcm_128,
	      "gcm(aria)", 8, false),				/* RFC 6209 2 */
	SUITE(TLS_CIPHER_ARIA_GCM_256, tls12_crypto_info_aria_gcm_256,
	      "gcm(aria)", 8, false),
};

const struct kt_suite *kt_suite(uint16_t cipher)
{
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (suites[i].cipher == cipher)
			return &suites[i];
	kt_say("cipher %u is unknown here", cipher);
	abort();
}

void kt_put64(uint8_t *to, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		to[i] = value;
}

uint64_t kt_get64(const uint8_t *from)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | from[i];
	return value;
}

static void fill(uint8_t *to, size_t len, unsigned int seed)
{
	while (len--) {
		seed = seed * 1103515245 + 12345;
		*to++ = seed >> 16;
	}
}

void kt_key_make(struct kt_key *key, const struct kt_params *params,
		 unsigned int seed, uint64_t seq)
{
	memset(key, 0, sizeof(*key));
	key->version = params->version;
	key->cipher = params->cipher;
	key->seq = seq;
	fill(key->key, sizeof(key->key), seed);
	fill(key->salt, sizeof(key->salt), seed + 1);
	fill(key->iv, sizeof(key->iv), seed + 2);
	/* so that counting up by a few carries into the next byte */
	key->iv[7] = 0xfe;
}

void kt_key_next(const struct kt_key *key, struct kt_key *next)
{
	unsigned int seed = kt_get64(key->key) >> 32;

	*next = *key;
	next->seq = 0;
	fill(next->key, sizeof(next->key), seed + 1);
	fill(next->nonce, sizeof(next->nonce), seed + 2);
}

size_t kt_key_explicit(const struct kt_key *key)
{
	return key->version == TLS_1_3_VERSION ? 0 : kt_suite(key->cipher)->explicit;
}

size_t kt_key_overhead(const struct kt_key *key)
{
	return KT_HEADER + kt_key_explicit(key) + KT_TAG +
	       (key->version == TLS_1_3_VERSION);
}

void kt_key_count(struct kt_key *key, int64_t records)
{
	key->seq += records;
	if (kt_key_explicit(key))
		kt_put64(key->iv, kt_get64(key->iv) + records);
}

void kt_key_rewind(struct kt_key *key, unsigned int records)
{
	kt_key_count(key, -(int64_t)records);
}

socklen_t kt_key_info(const struct kt_key *key, union kt_info *info)
{
	const struct kt_suite *suite = kt_suite(key->cipher);

	memset(info, 0, sizeof(*info));
	info->head.version = key->version;
	info->head.cipher_type = key->cipher;
	memcpy(info->bytes + suite->key_at, key->key, suite->key_size);
	memcpy(info->bytes + suite->salt_at, key->nonce, suite->salt_size);
	memcpy(info->bytes + suite->iv_at, key->nonce + suite->salt_size,
	       suite->iv_size);
	kt_put64(info->bytes + suite->seq_at, key->seq);
	return suite->info_size;
}

const uint8_t *kt_info_iv(const union kt_info *info)
{
	return info->bytes + kt_suite(info->head.cipher_type)->iv_at;
}

uint64_t kt_info_seq(const union kt_info *info)
{
	return kt_get64(info->bytes + kt_suite(info->head.cipher_type)->seq_at);
}
