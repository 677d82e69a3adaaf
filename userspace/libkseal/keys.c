// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Keys in the raw, moved into the kernel.
 *
 * TLS divides a nonce of 12 bytes into what is secret and what records carry:
 * nothing is carried in TLS 1.3 (RFC 8446 5.3) and with ChaCha20-Poly1305 (RFC
 * 7905 2), the last 8 bytes in TLS 1.2 else (RFC 5288 3, RFC 6655 3, RFC 6209).
 * The kernel's structures divide it into a salt and an iv, by the suite alone.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "kseal.h"

enum {
	NONCE_SIZE = KSEAL_IV_MAX,
	IMPLICIT_SIZE = 4,
	SEQ_SIZE = 8,
};

union crypto_info {
	struct tls_crypto_info info;
	struct tls12_crypto_info_aes_gcm_128 gcm_128;
	struct tls12_crypto_info_aes_gcm_256 gcm_256;
	struct tls12_crypto_info_aes_ccm_128 ccm_128;
	struct tls12_crypto_info_chacha20_poly1305 chacha20;
	struct tls12_crypto_info_sm4_gcm sm4_gcm;
	struct tls12_crypto_info_sm4_ccm sm4_ccm;
	struct tls12_crypto_info_aria_gcm_128 aria_128;
	struct tls12_crypto_info_aria_gcm_256 aria_256;
};

/**
 * struct suite - where a cipher's parameters lie in its kernel structure
 * @id: as <linux/tls.h> calls it
 * @size: of the kernel's structure
 * @key_size: bytes of key
 * @salt_size: bytes of salt; the iv has the rest of the nonce
 * @explicit_size: bytes of the nonce that records of TLS 1.2 carry
 * @tls13: TLS 1.3 has it
 * @key, @salt, @iv, @seq: offsets in the structure
 */
struct suite {
	uint16_t id;
	uint8_t size;
	uint8_t key_size;
	uint8_t salt_size;
	uint8_t explicit_size;
	uint8_t tls13;
	uint8_t key;
	uint8_t salt;
	uint8_t iv;
	uint8_t seq;
};

#define SUITE(type, name, explicit, in_13) {				\
	.id = TLS_CIPHER_##type,					\
	.size = sizeof(struct tls12_crypto_info_##name),		\
	.key_size = TLS_CIPHER_##type##_KEY_SIZE,			\
	.salt_size = TLS_CIPHER_##type##_SALT_SIZE,			\
	.explicit_size = explicit,					\
	.tls13 = in_13,							\
	.key = offsetof(struct tls12_crypto_info_##name, key),		\
	.salt = offsetof(struct tls12_crypto_info_##name, salt),	\
	.iv = offsetof(struct tls12_crypto_info_##name, iv),		\
	.seq = offsetof(struct tls12_crypto_info_##name, rec_seq),	\
}

static const struct suite suites[] = {
	SUITE(AES_GCM_128, aes_gcm_128, 8, 1),
	SUITE(AES_GCM_256, aes_gcm_256, 8, 1),
	SUITE(AES_CCM_128, aes_ccm_128, 8, 1),
	SUITE(CHACHA20_POLY1305, chacha20_poly1305, 0, 1),
	SUITE(SM4_GCM, sm4_gcm, 8, 1),
	SUITE(SM4_CCM, sm4_ccm, 8, 1),
	SUITE(ARIA_GCM_128, aria_gcm_128, 8, 0),
	SUITE(ARIA_GCM_256, aria_gcm_256, 8, 0),
};

static const struct suite *find_suite(uint16_t cipher)
{
	size_t i;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (suites[i].id == cipher)
			return &suites[i];
	return NULL;
}

/* The explicit part may be left out: then the sequence number is taken for it. */
static int iv_fits(const struct suite *suite, const struct kseal_keys *keys)
{
	if (keys->iv_size == NONCE_SIZE)
		return 1;
	return keys->version == TLS_1_2_VERSION && suite->explicit_size &&
	       keys->iv_size == IMPLICIT_SIZE;
}

static int check(const struct kseal_keys *keys, const struct suite **suite)
{
	if (keys->size < sizeof(*keys))
		return -EINVAL;
	if (keys->version != TLS_1_2_VERSION && keys->version != TLS_1_3_VERSION)
		return -ENOTSUP;
	*suite = find_suite(keys->cipher);
	if (!*suite || (keys->version == TLS_1_3_VERSION && !(*suite)->tls13))
		return -ENOTSUP;
	if (keys->key_size != (*suite)->key_size || !iv_fits(*suite, keys))
		return -EINVAL;
	return 0;
}

static void put_number(uint8_t to[SEQ_SIZE], uint64_t number)
{
	int i;

	for (i = SEQ_SIZE - 1; i >= 0; i--, number >>= 8)
		to[i] = number;
}

static void fill(union crypto_info *crypto, const struct suite *suite,
		 const struct kseal_keys *keys)
{
	uint8_t *raw = (uint8_t *)crypto;
	uint8_t nonce[NONCE_SIZE];

	put_number(raw + suite->seq, keys->sequence);
	put_number(nonce + IMPLICIT_SIZE, keys->sequence);
	memcpy(nonce, keys->iv, keys->iv_size);
	crypto->info.version = keys->version;
	crypto->info.cipher_type = keys->cipher;
	memcpy(raw + suite->key, keys->key, suite->key_size);
	memcpy(raw + suite->salt, nonce, suite->salt_size);
	memcpy(raw + suite->iv, nonce + suite->salt_size, NONCE_SIZE - suite->salt_size);
	explicit_bzero(nonce, sizeof(nonce));
}

static int install(int fd, int option, const struct suite *suite,
		   const struct kseal_keys *keys)
{
	union crypto_info crypto;
	int ret = 0;

	fill(&crypto, suite, keys);
	if (setsockopt(fd, SOL_TLS, option, &crypto, suite->size))
		ret = errno == EOPNOTSUPP ? -ENOPROTOOPT : -errno;
	explicit_bzero(&crypto, sizeof(crypto));
	return ret;
}

int kseal_install_keys(int fd, const struct kseal_keys *tx, const struct kseal_keys *rx)
{
	const struct suite *tx_suite, *rx_suite;
	int ret = tx || rx ? 0 : -EINVAL;

	if (tx)
		ret = check(tx, &tx_suite);
	if (!ret && rx)
		ret = check(rx, &rx_suite);
	if (!ret && tx && rx && (tx->version != rx->version || tx->cipher != rx->cipher))
		ret = -EINVAL;
	if (!ret && rx)
		ret = install(fd, TLS_RX, rx_suite, rx);
	/* Nothing is in yet when this one fails: the socket stays whole. */
	if (ret || !tx)
		return ret;
	ret = install(fd, TLS_TX, tx_suite, tx);
	if (ret && rx)
		shutdown(fd, SHUT_RDWR);
	return ret;
}
