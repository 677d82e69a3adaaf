// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A finished session's keys, moved into the kernel.
 *
 * GnuTLS's record state and the kernel's structures divide a nonce of 12 bytes
 * differently. GnuTLS keeps 12 bytes of iv for TLS 1.3 (RFC 8446 5.3), and for
 * TLS 1.2 all of it where none of it is sent (ChaCha20-Poly1305, RFC 7905 2) but
 * 4 bytes where 8 are (the salt of RFC 5288 3 and RFC 6655 3; it uses the
 * sequence number as the explicit part). The kernel's structures have a salt and
 * an iv, 12 bytes together, the same for both versions.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "kseal.h"

enum {
	NONCE_SIZE = 12,
	IMPLICIT_SIZE = 4,
	SEQ_SIZE = 8,
	/* RFC 8446 5.1: the kernel fills records up to here */
	RECORD_MAX = 16384,
};

union crypto_info {
	struct tls_crypto_info info;
	struct tls12_crypto_info_aes_gcm_128 gcm_128;
	struct tls12_crypto_info_aes_gcm_256 gcm_256;
	struct tls12_crypto_info_chacha20_poly1305 chacha20;
	struct tls12_crypto_info_aes_ccm_128 ccm_128;
};

/**
 * struct suite - where a cipher's parameters lie in its kernel structure
 * @cipher: as GnuTLS calls it
 * @id: as <linux/tls.h> calls it
 * @size: of the kernel's structure
 * @key_size: bytes of key
 * @salt_size: bytes of salt; the iv has the rest of the nonce
 * @explicit_size: bytes of the nonce that records of TLS 1.2 carry
 * @key, @salt, @iv, @seq: offsets in the structure
 */
struct suite {
	gnutls_cipher_algorithm_t cipher;
	uint16_t id;
	size_t size;
	size_t key_size;
	size_t salt_size;
	size_t explicit_size;
	size_t key;
	size_t salt;
	size_t iv;
	size_t seq;
};

#define SUITE(name, type, explicit) {					\
	.cipher = GNUTLS_CIPHER_##name,					\
	.id = TLS_CIPHER_##type,					\
	.size = sizeof(struct SUITE_STRUCT_##type),			\
	.key_size = TLS_CIPHER_##type##_KEY_SIZE,			\
	.salt_size = TLS_CIPHER_##type##_SALT_SIZE,			\
	.explicit_size = explicit,					\
	.key = offsetof(struct SUITE_STRUCT_##type, key),		\
	.salt = offsetof(struct SUITE_STRUCT_##type, salt),		\
	.iv = offsetof(struct SUITE_STRUCT_##type, iv),			\
	.seq = offsetof(struct SUITE_STRUCT_##type, rec_seq),		\
}
#define SUITE_STRUCT_AES_GCM_128 tls12_crypto_info_aes_gcm_128
#define SUITE_STRUCT_AES_GCM_256 tls12_crypto_info_aes_gcm_256
#define SUITE_STRUCT_CHACHA20_POLY1305 tls12_crypto_info_chacha20_poly1305
#define SUITE_STRUCT_AES_CCM_128 tls12_crypto_info_aes_ccm_128

static const struct suite suites[] = {
	SUITE(AES_128_GCM, AES_GCM_128, 8),
	SUITE(AES_256_GCM, AES_GCM_256, 8),
	SUITE(CHACHA20_POLY1305, CHACHA20_POLY1305, 0),
	SUITE(AES_128_CCM, AES_CCM_128, 8),
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

/* Return: bytes of GnuTLS's iv that it has; 0 there are not so many. */
static size_t make_nonce(const struct suite *suite, int version, const gnutls_datum_t *iv,
			 const uint8_t *seq, uint8_t nonce[NONCE_SIZE])
{
	const size_t size = version == TLS_1_3_VERSION || !suite->explicit_size ?
			    NONCE_SIZE : IMPLICIT_SIZE;

	if (iv->size < size)
		return 0;
	memcpy(nonce, iv->data, size);
	memcpy(nonce + size, seq, NONCE_SIZE - size);
	return size;
}

static int fill(union crypto_info *crypto, const struct suite *suite,
		gnutls_session_t session, int version, int reading)
{
	uint8_t *raw = (uint8_t *)crypto;
	uint8_t nonce[NONCE_SIZE];
	gnutls_datum_t key, iv;
	unsigned char seq[SEQ_SIZE];

	if (gnutls_record_get_state(session, reading, NULL, &iv, &key, seq))
		return -EPROTO;
	if (key.size != suite->key_size || !make_nonce(suite, version, &iv, seq, nonce))
		return -EPROTO;

	crypto->info.version = version;
	crypto->info.cipher_type = suite->id;
	memcpy(raw + suite->key, key.data, suite->key_size);
	memcpy(raw + suite->salt, nonce, suite->salt_size);
	memcpy(raw + suite->iv, nonce + suite->salt_size, NONCE_SIZE - suite->salt_size);
	memcpy(raw + suite->seq, seq, SEQ_SIZE);
	explicit_bzero(nonce, sizeof(nonce));
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
