// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A finished session's keys, moved into the kernel.
 *
 * GnuTLS's record state and the kernel's structures divide a nonce
 * differently. GnuTLS keeps 4 bytes of iv for TLS 1.2 (the salt of RFC 5288 3;
 * it uses the sequence number as the explicit part) and 12 bytes for TLS 1.3
 * (the static iv of RFC 8446 5.3). The kernel wants 4 bytes of salt and 8 of
 * iv for both.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "kseal.h"

enum {
	SALT_SIZE = 4,
	IV_SIZE = 8,
	SEQ_SIZE = 8,
	/* RFC 8446 5.1: the kernel fills records up to here */
	RECORD_MAX = 16384,
};

union crypto_info {
	struct tls_crypto_info info;
	struct tls12_crypto_info_aes_gcm_128 gcm_128;
	struct tls12_crypto_info_aes_gcm_256 gcm_256;
};

/**
 * struct suite - where a cipher's parameters lie in its kernel structure
 * @cipher: as GnuTLS calls it
 * @id: as <linux/tls.h> calls it
 * @size: of the kernel's structure
 * @key_size: bytes of key
 * @key, @salt, @iv, @seq: offsets in the structure
 */
struct suite {
	gnutls_cipher_algorithm_t cipher;
	uint16_t id;
	size_t size;
	size_t key_size;
	size_t key;
	size_t salt;
	size_t iv;
	size_t seq;
};

#define SUITE(name, type) {						\
	.cipher = GNUTLS_CIPHER_##name,					\
	.id = TLS_CIPHER_##type,					\
	.size = sizeof(struct SUITE_STRUCT_##type),			\
	.key_size = TLS_CIPHER_##type##_KEY_SIZE,			\
	.key = offsetof(struct SUITE_STRUCT_##type, key),		\
	.salt = offsetof(struct SUITE_STRUCT_##type, salt),		\
	.iv = offsetof(struct SUITE_STRUCT_##type, iv),			\
	.seq = offsetof(struct SUITE_STRUCT_##type, rec_seq),		\
}
#define SUITE_STRUCT_AES_GCM_128 tls12_crypto_info_aes_gcm_128
#define SUITE_STRUCT_AES_GCM_256 tls12_crypto_info_aes_gcm_256

static const struct suite suites[] = {
	SUITE(AES_128_GCM, AES_GCM_128),
	SUITE(AES_256_GCM, AES_GCM_256),
};

static int find_suite(gnutls_session_t session, const struct suite **suite)
{
	const gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(session);
	size_t i;

	if (cipher == GNUTLS_CIPHER_UNKNOWN || cipher == GNUTLS_CIPHER_NULL)
		return -EPROTO;
	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		if (suites[i].cipher == cipher) {
			*suite = &suites[i];
			return 0;
		}
	}
	return -ENOTSUP;
}

static int kernel_version(gnutls_session_t session)
{
	switch (gnutls_protocol_get_version(session)) {
	case GNUTLS_TLS1_2:
		return TLS_1_2_VERSION;
	case GNUTLS_TLS1_3:
		return TLS_1_3_VERSION;
	case GNUTLS_VERSION_UNKNOWN:
		return -EPROTO;
	default:
		return -ENOTSUP;
	}
}

/*
 * GnuTLS says how much the peer lets us put in one record only by the way:
 * a range split for one record is as long as a record may be.
 */
static int peer_takes_full_records(gnutls_session_t session)
{
	const gnutls_range_st all = { .low = RECORD_MAX, .high = RECORD_MAX };
	gnutls_range_st one, rest;

	if (gnutls_range_split(session, &all, &one, &rest))
		return 0;
	return one.high >= RECORD_MAX;
}

static int fill(union crypto_info *crypto, const struct suite *suite,
		gnutls_session_t session, int version, int reading)
{
	const size_t iv_size = version == TLS_1_3_VERSION ?
			       SALT_SIZE + IV_SIZE : SALT_SIZE;
	uint8_t *raw = (uint8_t *)crypto;
	gnutls_datum_t key, iv;
	unsigned char seq[SEQ_SIZE];

	if (gnutls_record_get_state(session, reading, NULL, &iv, &key, seq))
		return -EPROTO;
	if (key.size != suite->key_size || iv.size < iv_size)
		return -EPROTO;

	crypto->info.version = version;
	crypto->info.cipher_type = suite->id;
	memcpy(raw + suite->key, key.data, suite->key_size);
	memcpy(raw + suite->salt, iv.data, SALT_SIZE);
	memcpy(raw + suite->iv,
	       version == TLS_1_3_VERSION ? iv.data + SALT_SIZE : seq, IV_SIZE);
	memcpy(raw + suite->seq, seq, SEQ_SIZE);
	return 0;
}

static int install_one(int fd, gnutls_session_t session,
		       const struct suite *suite, int version, int option)
{
	union crypto_info crypto;
	int ret;

	ret = fill(&crypto, suite, session, version, option == TLS_RX);
	if (!ret && setsockopt(fd, SOL_TLS, option, &crypto, suite->size))
		ret = -errno;
	explicit_bzero(&crypto, sizeof(crypto));
	return ret;
}

int kseal_install(int fd, gnutls_session_t session, unsigned int directions)
{
	const struct suite *suite;
	int version, ret;

	if (!directions || directions & ~(unsigned int)KSEAL_BOTH)
		return -EINVAL;
	version = kernel_version(session);
	if (version < 0)
		return version;
	ret = find_suite(session, &suite);
	if (ret)
		return ret;
	if (directions & KSEAL_TX && !peer_takes_full_records(session))
		return -ENOTSUP;
	if (directions & KSEAL_RX && gnutls_record_check_pending(session))
		return -ENODATA;

	if (directions & KSEAL_RX)
		ret = install_one(fd, session, suite, version, TLS_RX);
	/* Nothing is in yet when this one fails: the socket stays whole. */
	if (ret || !(directions & KSEAL_TX))
		return ret;

	ret = install_one(fd, session, suite, version, TLS_TX);
	if (ret && directions & KSEAL_RX)
		shutdown(fd, SHUT_RDWR);
	return ret;
}
