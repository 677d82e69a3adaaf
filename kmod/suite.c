// SPDX-License-Identifier: GPL-2.0
/* PURE: the cipher suites, a row each. */
#include <linux/tls.h>

#include "suite.h"

/* RFC 8446 5.5: 2^24.5 full-sized records; RFC 9147 4.5.3; ChaCha20-Poly1305 runs out of
 * numbers before. SM4 and ARIA have blocks of the same size as AES.
 */
#define KSEAL_GCM_RECORDS	23726566
#define KSEAL_CCM_RECORDS	(1 << 23)
#define KSEAL_NO_LIMIT		(~(u64)0)

#define KSEAL_SUITE(id, info, algorithm, wire_nonce, version, flags, limit) {	\
	.cipher_type = id,						\
	.aead = algorithm,						\
	.info_size = sizeof(struct info),				\
	.iv_offset = offsetof(struct info, iv),				\
	.key_offset = offsetof(struct info, key),			\
	.salt_offset = offsetof(struct info, salt),			\
	.seq_offset = offsetof(struct info, rec_seq),			\
	.iv_size = id ## _IV_SIZE,					\
	.key_size = id ## _KEY_SIZE,					\
	.salt_size = id ## _SALT_SIZE,					\
	.tag_size = id ## _TAG_SIZE,					\
	.explicit_size = wire_nonce,					\
	.max_version = version,						\
	.ccm_flags = flags,						\
	.record_limit = limit,						\
}

#define KSEAL_CHECK(id, info)						\
	_Static_assert(id ## _IV_SIZE + id ## _SALT_SIZE == KSEAL_NONCE_SIZE && \
		       id ## _REC_SEQ_SIZE == KSEAL_SEQ_SIZE &&		\
		       id ## _KEY_SIZE <= KSEAL_KEY_MAX &&		\
		       id ## _TAG_SIZE <= KSEAL_TAG_MAX &&		\
		       sizeof(struct info) <= KSEAL_INFO_MAX, #id)

/* RFC 5288, RFC 6655, RFC 7905, RFC 8998, RFC 6209. No RFC gives SM4 to TLS 1.2
 * or ARIA to TLS 1.3; in-tree TLS takes the one and refuses the other.
 */
static const struct kseal_suite kseal_suites[] = {
	KSEAL_SUITE(TLS_CIPHER_AES_GCM_128, tls12_crypto_info_aes_gcm_128,
		    "gcm(aes)", 8, TLS_1_3_VERSION, 0, KSEAL_GCM_RECORDS),
	KSEAL_SUITE(TLS_CIPHER_AES_GCM_256, tls12_crypto_info_aes_gcm_256,
		    "gcm(aes)", 8, TLS_1_3_VERSION, 0, KSEAL_GCM_RECORDS),
	KSEAL_SUITE(TLS_CIPHER_AES_CCM_128, tls12_crypto_info_aes_ccm_128,
		    "ccm(aes)", 8, TLS_1_3_VERSION, 2, KSEAL_CCM_RECORDS),
	KSEAL_SUITE(TLS_CIPHER_CHACHA20_POLY1305, tls12_crypto_info_chacha20_poly1305,
		    "rfc7539(chacha20,poly1305)", 0, TLS_1_3_VERSION, 0, KSEAL_NO_LIMIT),
	KSEAL_SUITE(TLS_CIPHER_SM4_GCM, tls12_crypto_info_sm4_gcm,
		    "gcm(sm4)", 8, TLS_1_3_VERSION, 0, KSEAL_GCM_RECORDS),
	KSEAL_SUITE(TLS_CIPHER_SM4_CCM, tls12_crypto_info_sm4_ccm,
		    "ccm(sm4)", 8, TLS_1_3_VERSION, 2, KSEAL_CCM_RECORDS),
	KSEAL_SUITE(TLS_CIPHER_ARIA_GCM_128, tls12_crypto_info_aria_gcm_128,
		    "gcm(aria)", 8, TLS_1_2_VERSION, 0, KSEAL_GCM_RECORDS),
	KSEAL_SUITE(TLS_CIPHER_ARIA_GCM_256, tls12_crypto_info_aria_gcm_256,
		    "gcm(aria)", 8, TLS_1_2_VERSION, 0, KSEAL_GCM_RECORDS),
};

KSEAL_CHECK(TLS_CIPHER_AES_GCM_128, tls12_crypto_info_aes_gcm_128);
KSEAL_CHECK(TLS_CIPHER_AES_GCM_256, tls12_crypto_info_aes_gcm_256);
KSEAL_CHECK(TLS_CIPHER_AES_CCM_128, tls12_crypto_info_aes_ccm_128);
KSEAL_CHECK(TLS_CIPHER_CHACHA20_POLY1305, tls12_crypto_info_chacha20_poly1305);
KSEAL_CHECK(TLS_CIPHER_SM4_GCM, tls12_crypto_info_sm4_gcm);
KSEAL_CHECK(TLS_CIPHER_SM4_CCM, tls12_crypto_info_sm4_ccm);
KSEAL_CHECK(TLS_CIPHER_ARIA_GCM_128, tls12_crypto_info_aria_gcm_128);
KSEAL_CHECK(TLS_CIPHER_ARIA_GCM_256, tls12_crypto_info_aria_gcm_256);

/**
 * kseal_suite_find() - the row of a suite
 * @cipher_type: TLS_CIPHER_* of <linux/tls.h>
 *
 * Return: the row, or NULL when kseal does not know the suite.
 */
const struct kseal_suite *kseal_suite_find(u16 cipher_type)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kseal_suites); i++)
		if (kseal_suites[i].cipher_type == cipher_type)
			return &kseal_suites[i];
	return NULL;
}

/**
 * kseal_suite_speaks() - whether the record layer has a suite in a version
 * @suite: the suite
 * @version: as in struct tls_crypto_info, 0x0303 for TLS 1.2
 *
 * Return: true for TLS 1.2, and for TLS 1.3 where the suite goes that far.
 */
bool kseal_suite_speaks(const struct kseal_suite *suite, u16 version)
{
	return version == TLS_1_2_VERSION ||
	       (version == TLS_1_3_VERSION && suite->max_version == TLS_1_3_VERSION);
}
