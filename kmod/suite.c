// SPDX-License-Identifier: GPL-2.0
/* PURE: the cipher suites, a row each. */
#include <linux/tls.h>

#include "suite.h"

#define KSEAL_SUITE(id, info, algorithm, wire_nonce) {			\
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
}

#define KSEAL_CHECK(id, info)						\
	_Static_assert(id ## _IV_SIZE + id ## _SALT_SIZE == KSEAL_NONCE_SIZE && \
		       id ## _REC_SEQ_SIZE == KSEAL_SEQ_SIZE &&		\
		       id ## _KEY_SIZE <= KSEAL_KEY_MAX &&		\
		       id ## _TAG_SIZE <= KSEAL_TAG_MAX &&		\
		       sizeof(struct info) <= KSEAL_INFO_MAX, #id)

static const struct kseal_suite kseal_suites[] = {
	KSEAL_SUITE(TLS_CIPHER_AES_GCM_128, tls12_crypto_info_aes_gcm_128, "gcm(aes)", 8),
	KSEAL_SUITE(TLS_CIPHER_AES_GCM_256, tls12_crypto_info_aes_gcm_256, "gcm(aes)", 8),
};

KSEAL_CHECK(TLS_CIPHER_AES_GCM_128, tls12_crypto_info_aes_gcm_128);
KSEAL_CHECK(TLS_CIPHER_AES_GCM_256, tls12_crypto_info_aes_gcm_256);

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
 * kseal_version_known() - whether the record layer speaks a version
 * @version: as in struct tls_crypto_info, 0x0303 for TLS 1.2
 *
 * Return: true for TLS 1.2 and TLS 1.3.
 */
bool kseal_version_known(u16 version)
{
	return version == TLS_1_2_VERSION || version == TLS_1_3_VERSION;
}
