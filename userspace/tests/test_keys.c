// SPDX-License-Identifier: GPL-2.0
/*
 * Raw keys: where each suite's lie in what the kernel gets, and what is refused
 * before it gets anything. setsockopt() and shutdown() are wrapped by the linker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "kseal.h"

/** struct call - one setsockopt() */
struct call {
	int name;
	socklen_t size;
	uint8_t value[128];
};

static struct call calls[4];
static int n_calls, fail_at, was_shut_down;

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
int __wrap_shutdown(int fd, int how);

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	struct call *call = &calls[n_calls++];

	assert_int_equal(fd, 77);
	assert_int_equal(level, SOL_TLS);
	if (name != KSEAL_RX_PREFIX)
		assert_true(size <= sizeof(call->value));
	call->name = name;
	call->size = size;
	memcpy(call->value, value, size < sizeof(call->value) ? size : sizeof(call->value));
	if (n_calls != fail_at)
		return 0;
	errno = ENOMEM;
	return -1;
}

int __wrap_shutdown(int fd, int how)
{
	assert_int_equal(fd, 77);
	was_shut_down = how == SHUT_RDWR;
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(calls, 0, sizeof(calls));
	n_calls = 0;
	fail_at = 0;
	was_shut_down = 0;
	return 0;
}

/** struct row - a suite, and what the kernel wants for it with make()'s keys */
struct row {
	uint16_t cipher;
	uint32_t key_size;
	int tls13;
	int fixed_size;
	size_t size;
	const void *want;
};

/* The key is 0x10, 0x11, ...; the nonce 0xa0, 0xa1, ...; the number 0x0102...08. */
#define KEY_16	{ 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,		\
		  0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f }
#define KEY_32	{ 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,		\
		  0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f,		\
		  0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27,		\
		  0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f }
#define SEQ	{ 1, 2, 3, 4, 5, 6, 7, 8 }
#define SALTED(name, id, bytes)							\
	static const struct tls12_crypto_info_##name name = {			\
		.info = { .version = TLS_1_2_VERSION, .cipher_type = id },	\
		.key = bytes, .salt = { 0xa0, 0xa1, 0xa2, 0xa3 },		\
		.iv = { 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab },	\
		.rec_seq = SEQ,							\
	}

SALTED(aes_gcm_128, TLS_CIPHER_AES_GCM_128, KEY_16);
SALTED(aes_gcm_256, TLS_CIPHER_AES_GCM_256, KEY_32);
SALTED(aes_ccm_128, TLS_CIPHER_AES_CCM_128, KEY_16);
SALTED(sm4_gcm, TLS_CIPHER_SM4_GCM, KEY_16);
SALTED(sm4_ccm, TLS_CIPHER_SM4_CCM, KEY_16);
SALTED(aria_gcm_128, TLS_CIPHER_ARIA_GCM_128, KEY_16);
SALTED(aria_gcm_256, TLS_CIPHER_ARIA_GCM_256, KEY_32);

static const struct tls12_crypto_info_chacha20_poly1305 chacha20_poly1305 = {
	.info = { .version = TLS_1_2_VERSION, .cipher_type = TLS_CIPHER_CHACHA20_POLY1305 },
	.key = KEY_32,
	.iv = { 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab },
	.rec_seq = SEQ,
};

#define ROW(name, id, key_size, tls13, fixed)					\
	{ id, key_size, tls13, fixed, sizeof(name), &name }

static const struct row rows[] = {
	ROW(aes_gcm_128, TLS_CIPHER_AES_GCM_128, 16, 1, 4),
	ROW(aes_gcm_256, TLS_CIPHER_AES_GCM_256, 32, 1, 4),
	ROW(aes_ccm_128, TLS_CIPHER_AES_CCM_128, 16, 1, 4),
	ROW(chacha20_poly1305, TLS_CIPHER_CHACHA20_POLY1305, 32, 1, 12),
	ROW(sm4_gcm, TLS_CIPHER_SM4_GCM, 16, 1, 4),
	ROW(sm4_ccm, TLS_CIPHER_SM4_CCM, 16, 1, 4),
	ROW(aria_gcm_128, TLS_CIPHER_ARIA_GCM_128, 16, 0, 4),
	ROW(aria_gcm_256, TLS_CIPHER_ARIA_GCM_256, 32, 0, 4),
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static struct kseal_keys make(const struct row *row, uint16_t version)
{
	struct kseal_keys keys = {
		.size = sizeof(keys), .version = version, .cipher = row->cipher,
		.key_size = row->key_size, .iv_size = 12, .sequence = 0x0102030405060708,
	};
	size_t i;

	for (i = 0; i < sizeof(keys.key); i++)
		keys.key[i] = 0x10 + i;
	for (i = 0; i < sizeof(keys.iv); i++)
		keys.iv[i] = 0xa0 + i;
	return keys;
}

static void each_suite_lies_where_the_kernel_wants_it(void **state)
{
	struct tls_crypto_info head;
	struct kseal_keys keys;
	uint16_t version;
	size_t i;

	for (i = 0; i < ROWS; i++) {
		for (version = 0x0303; version <= 0x0303 + rows[i].tls13; version++) {
			set_up(state);
			keys = make(&rows[i], version);
			assert_int_equal(kseal_install_keys(77, &keys, NULL), 0);
			assert_int_equal(n_calls, 1);
			assert_int_equal(calls[0].name, TLS_TX);
			assert_int_equal(calls[0].size, rows[i].size);
			memcpy(&head, calls[0].value, sizeof(head));
			assert_int_equal(head.version, version);
			assert_int_equal(head.cipher_type, rows[i].cipher);
			assert_memory_equal(calls[0].value + sizeof(head),
					    (const uint8_t *)rows[i].want + sizeof(head),
					    rows[i].size - sizeof(head));
		}
	}
}

/* RFC 5288 3 lets it be the sequence number. */
static void explicit_nonce_left_out_is_the_sequence_number(void **state)
{
	static const uint8_t seq[] = SEQ;
	struct tls12_crypto_info_aes_gcm_128 got;
	struct kseal_keys keys = make(&rows[0], TLS_1_2_VERSION);

	(void)state;
	keys.iv_size = 4;
	assert_int_equal(kseal_install_keys(77, NULL, &keys), 0);
	assert_int_equal(calls[0].name, TLS_RX);
	memcpy(&got, calls[0].value, sizeof(got));
	assert_memory_equal(got.salt, aes_gcm_128.salt, sizeof(got.salt));
	assert_memory_equal(got.iv, seq, sizeof(seq));
}

static void refuse(const struct kseal_keys *keys, int error)
{
	assert_int_equal(kseal_install_keys(77, keys, NULL), error);
	assert_int_equal(kseal_install_keys(77, NULL, keys), error);
	assert_int_equal(n_calls, 0);
}

static void sizes_that_are_not_the_suites_are_refused(void **state)
{
	struct kseal_keys good, keys;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS; i++) {
		good = make(&rows[i], TLS_1_2_VERSION);
		for (keys = good, keys.key_size = 0; keys.key_size < 40; keys.key_size++)
			if (keys.key_size != good.key_size)
				refuse(&keys, -EINVAL);
		for (keys = good, keys.iv_size = 0; keys.iv_size < 20; keys.iv_size++)
			if (keys.iv_size != 12 && (int)keys.iv_size != rows[i].fixed_size)
				refuse(&keys, -EINVAL);
		keys = good;
		keys.size--;
		refuse(&keys, -EINVAL);
	}
	keys = make(&rows[0], TLS_1_3_VERSION);
	keys.iv_size = 4;
	refuse(&keys, -EINVAL);
	assert_int_equal(kseal_install_keys(77, NULL, NULL), -EINVAL);
}

static void unknown_versions_and_ciphers_are_refused(void **state)
{
	struct kseal_keys keys = make(&rows[0], 0x0302);

	(void)state;
	refuse(&keys, -ENOTSUP);
	keys = make(&rows[0], 0x0305);
	refuse(&keys, -ENOTSUP);
	keys = make(&rows[ROWS - 1], TLS_1_3_VERSION);
	refuse(&keys, -ENOTSUP);
	keys.cipher = 50;
	refuse(&keys, -ENOTSUP);
}

static void directions_agree_or_nothing_is_installed(void **state)
{
	struct kseal_keys a = make(&rows[0], TLS_1_3_VERSION);
	struct kseal_keys b = make(&rows[0], TLS_1_2_VERSION);
	struct kseal_keys c = make(&rows[4], TLS_1_3_VERSION);

	(void)state;
	assert_int_equal(kseal_install_keys(77, &a, &b), -EINVAL);
	assert_int_equal(kseal_install_keys(77, &a, &c), -EINVAL);
	c.key_size = 1;
	assert_int_equal(kseal_install_keys(77, &a, &c), -EINVAL);
	assert_int_equal(n_calls, 0);
	assert_int_equal(kseal_install_keys(77, &a, &a), 0);
	assert_int_equal(n_calls, 2);
}

static void half_encrypted_is_no_outcome(void **state)
{
	struct kseal_keys keys = make(&rows[0], TLS_1_3_VERSION);

	fail_at = 2;
	assert_int_equal(kseal_install_keys(77, &keys, &keys), -ENOMEM);
	assert_true(was_shut_down);
	set_up(state);
	fail_at = 1;
	assert_int_equal(kseal_install_keys(77, &keys, &keys), -ENOMEM);
	assert_int_equal(n_calls, 1);
	assert_false(was_shut_down);
}

static void prefix_over_the_limit_never_gets_to_the_kernel(void **state)
{
	static const uint8_t bytes[KSEAL_RX_PREFIX_MAX + 1];

	(void)state;
	assert_int_equal(kseal_set_rx_prefix(77, bytes, sizeof(bytes)), -EMSGSIZE);
	assert_int_equal(n_calls, 0);
	assert_int_equal(kseal_set_rx_prefix(77, bytes, 100), 0);
	assert_int_equal(calls[0].name, KSEAL_RX_PREFIX);
	assert_int_equal(calls[0].size, 100);
}

static void control_is_set_as_it_is_asked_for(void **state)
{
	struct kseal_control got;

	(void)state;
	assert_int_equal(kseal_set_control(77, KSEAL_CONTROL_ON | KSEAL_CONTROL_CLIENT, 1234567890123),
			 0);
	assert_int_equal(calls[0].name, KSEAL_CONTROL);
	assert_int_equal(calls[0].size, sizeof(got));
	memcpy(&got, calls[0].value, sizeof(got));
	assert_int_equal(got.flags, KSEAL_CONTROL_ON | KSEAL_CONTROL_CLIENT);
	assert_int_equal(got.reserved, 0);
	assert_true(got.tx_records == 1234567890123);
	fail_at = 2;
	assert_int_equal(kseal_set_control(77, 0, 0), -ENOMEM);
}

static void secrets_go_with_the_hash_of_their_cipher(void **state)
{
	static const struct {
		uint16_t cipher;
		uint8_t hash;
		uint8_t size;
	} ciphers[] = {
		{ TLS_CIPHER_AES_GCM_128, KSEAL_HASH_SHA256, 32 },
		{ TLS_CIPHER_AES_GCM_256, KSEAL_HASH_SHA384, 48 },
		{ TLS_CIPHER_AES_CCM_128, KSEAL_HASH_SHA256, 32 },
		{ TLS_CIPHER_CHACHA20_POLY1305, KSEAL_HASH_SHA256, 32 },
		{ TLS_CIPHER_SM4_GCM, KSEAL_HASH_SM3, 32 },
		{ TLS_CIPHER_SM4_CCM, KSEAL_HASH_SM3, 32 },
	};
	static const uint8_t bytes[48] = { 1, 2, 3, [31] = 4, [47] = 5 };
	struct kseal_secret got;
	size_t i;
	int tx;

	for (i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++) {
		for (tx = 0; tx < 2; tx++) {
			set_up(state);
			assert_int_equal(kseal_set_secret(77, tx ? KSEAL_TX : KSEAL_RX,
							  ciphers[i].cipher, bytes,
							  ciphers[i].size), 0);
			assert_int_equal(calls[0].name, tx ? KSEAL_TX_SECRET : KSEAL_RX_SECRET);
			assert_int_equal(calls[0].size, sizeof(got));
			memcpy(&got, calls[0].value, sizeof(got));
			assert_int_equal(got.cipher, ciphers[i].cipher);
			assert_int_equal(got.hash, ciphers[i].hash);
			assert_int_equal(got.len, ciphers[i].size);
			assert_memory_equal(got.secret, bytes, got.len);
		}
		assert_int_equal(kseal_set_secret(77, KSEAL_TX, ciphers[i].cipher, bytes,
						  80 - ciphers[i].size), -EINVAL);
	}
}

static void secrets_without_sense_never_get_to_the_kernel(void **state)
{
	static const uint8_t bytes[48];

	(void)state;
	assert_int_equal(kseal_set_secret(77, KSEAL_BOTH, TLS_CIPHER_AES_GCM_128, bytes, 32),
			 -EINVAL);
	assert_int_equal(kseal_set_secret(77, 0, TLS_CIPHER_AES_GCM_128, bytes, 32), -EINVAL);
	assert_int_equal(kseal_set_secret(77, KSEAL_RX, TLS_CIPHER_ARIA_GCM_128, bytes, 32),
			 -ENOTSUP);
	assert_int_equal(kseal_set_secret(77, KSEAL_RX, TLS_CIPHER_AES_GCM_128, bytes, 0),
			 -EINVAL);
	assert_int_equal(n_calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_suite_lies_where_the_kernel_wants_it, set_up),
		cmocka_unit_test_setup(explicit_nonce_left_out_is_the_sequence_number, set_up),
		cmocka_unit_test_setup(sizes_that_are_not_the_suites_are_refused, set_up),
		cmocka_unit_test_setup(unknown_versions_and_ciphers_are_refused, set_up),
		cmocka_unit_test_setup(directions_agree_or_nothing_is_installed, set_up),
		cmocka_unit_test_setup(half_encrypted_is_no_outcome, set_up),
		cmocka_unit_test_setup(prefix_over_the_limit_never_gets_to_the_kernel, set_up),
		cmocka_unit_test_setup(control_is_set_as_it_is_asked_for, set_up),
		cmocka_unit_test_setup(secrets_go_with_the_hash_of_their_cipher, set_up),
		cmocka_unit_test_setup(secrets_without_sense_never_get_to_the_kernel, set_up),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
