// SPDX-License-Identifier: GPL-2.0
/* kmod/suite.c: the suite table says what <linux/tls.h> and the RFCs say */
#include "vectors/check.h"
#include "vectors/info.h"

#include "../../kmod/suite.c"

/*
 * RFC 5116 5.1, 5.2 (keys, tags); salt, explicit nonce, CCM: RFC 5288 3,
 * RFC 6655 3, RFC 7905 2, RFC 8998 3.2, RFC 6209 2.
 */
static const struct {
	const char *name;
	u16 cipher;
	const char *aead;
	size_t info_size, key_size, salt_size, iv_size, explicit_size;
	bool tls13;
	unsigned int ccm_flags;	/* RFC 3610 2.3: a length of 15 - 12 bytes, less 1 */
} known[] = {
	{ "AES-128-GCM", 51, "gcm(aes)",
	  sizeof(struct tls12_crypto_info_aes_gcm_128), 16, 4, 8, 8, true, 0 },
	{ "AES-256-GCM", 52, "gcm(aes)",
	  sizeof(struct tls12_crypto_info_aes_gcm_256), 32, 4, 8, 8, true, 0 },
	{ "AES-128-CCM", 53, "ccm(aes)",
	  sizeof(struct tls12_crypto_info_aes_ccm_128), 16, 4, 8, 8, true, 2 },
	{ "ChaCha20-Poly1305", 54, "rfc7539(chacha20,poly1305)",
	  sizeof(struct tls12_crypto_info_chacha20_poly1305), 32, 0, 12, 0, true, 0 },
	{ "SM4-GCM", 55, "gcm(sm4)",
	  sizeof(struct tls12_crypto_info_sm4_gcm), 16, 4, 8, 8, true, 0 },
	{ "SM4-CCM", 56, "ccm(sm4)",
	  sizeof(struct tls12_crypto_info_sm4_ccm), 16, 4, 8, 8, true, 2 },
	{ "ARIA-128-GCM", 57, "gcm(aria)",
	  sizeof(struct tls12_crypto_info_aria_gcm_128), 16, 4, 8, 8, false, 0 },
	{ "ARIA-256-GCM", 58, "gcm(aria)",
	  sizeof(struct tls12_crypto_info_aria_gcm_256), 32, 4, 8, 8, false, 0 },
};

static void each_known_suite_has_the_sizes_of_its_rfc(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(known); i++) {
		const struct kseal_suite *suite = kseal_suite_find(known[i].cipher);
		const char *name = known[i].name;

		assert_non_null(suite);
		check_num(name, "cipher_type", suite->cipher_type, known[i].cipher);
		assert_string_equal(suite->aead, known[i].aead);
		check_num(name, "info_size", suite->info_size, known[i].info_size);
		check_num(name, "key_size", suite->key_size, known[i].key_size);
		check_num(name, "salt_size", suite->salt_size, known[i].salt_size);
		check_num(name, "iv_size", suite->iv_size, known[i].iv_size);
		check_num(name, "tag_size", suite->tag_size, 16);
		check_num(name, "explicit_size", suite->explicit_size,
			  known[i].explicit_size);
		check_num(name, "ccm_flags", suite->ccm_flags, known[i].ccm_flags);
	}
}

/* Members are filled with a letter each, and looked up through the row. */
static void offsets_lead_to_the_members_of_the_struct(void **state)
{
	static const uint8_t four[] = "SSSSIIIIIIII", none[] = "IIIIIIIIIIII";
	uint8_t key[KSEAL_KEY_MAX];
	size_t i, at;

	(void)state;
	memset(key, 'K', sizeof(key));
	for (i = 0; i < ROWS(known); i++) {
		const struct kseal_suite *suite = kseal_suite_find(known[i].cipher);
		union info info;

		assert_non_null(suite);
		info_fill(&info, TLS_1_3_VERSION, known[i].cipher, key,
			  known[i].salt_size ? four : none, 0x5151515151515151);
		for (at = 0; at < suite->key_size; at++)
			assert_int_equal(info.bytes[suite->key_offset + at], 'K');
		for (at = 0; at < suite->salt_size; at++)
			assert_int_equal(info.bytes[suite->salt_offset + at], 'S');
		for (at = 0; at < suite->iv_size; at++)
			assert_int_equal(info.bytes[suite->iv_offset + at], 'I');
		for (at = 0; at < KSEAL_SEQ_SIZE; at++)
			assert_int_equal(info.bytes[suite->seq_offset + at], 'Q');
	}
}

static void mark(uint8_t *used, size_t from, size_t size)
{
	while (size--)
		used[from++]++;
}

/* Also pins that the row of a future suite is consistent in itself. */
static void members_fill_the_struct_without_overlap(void **state)
{
	unsigned int cipher;
	size_t at;

	(void)state;
	for (cipher = 0; cipher <= 0xffff; cipher++) {
		const struct kseal_suite *suite = kseal_suite_find(cipher);
		uint8_t used[KSEAL_INFO_MAX] = { 0 };

		if (!suite)
			continue;
		assert_true(suite->info_size <= KSEAL_INFO_MAX);
		mark(used, 0, sizeof(struct tls_crypto_info));
		mark(used, suite->key_offset, suite->key_size);
		mark(used, suite->salt_offset, suite->salt_size);
		mark(used, suite->iv_offset, suite->iv_size);
		mark(used, suite->seq_offset, KSEAL_SEQ_SIZE);
		for (at = 0; at < KSEAL_INFO_MAX; at++)
			assert_int_equal(used[at], at < suite->info_size);
		assert_int_equal(suite->salt_size + suite->iv_size, KSEAL_NONCE_SIZE);
		assert_true(suite->explicit_size <= suite->iv_size);
	}
}

static void no_other_suite_is_found(void **state)
{
	unsigned int cipher;
	size_t i, found = 0;

	(void)state;
	for (cipher = 0; cipher <= 0xffff; cipher++) {
		const struct kseal_suite *suite = kseal_suite_find(cipher);

		if (!suite)
			continue;
		found++;
		for (i = 0; i < ROWS(known) && known[i].cipher != cipher; i++)
			;
		if (i == ROWS(known))
			fail_msg("suite %u is found, and no row of this test knows it",
				 cipher);
	}
	assert_int_equal(found, ROWS(known));
}

static void suites_are_for_the_versions_in_tree_tls_has_them_for(void **state)
{
	unsigned int version;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(known); i++) {
		const struct kseal_suite *suite = kseal_suite_find(known[i].cipher);

		for (version = 0; version <= 0xffff; version++)
			check_num(known[i].name, "version spoken",
				  kseal_suite_speaks(suite, version),
				  version == 0x0303 ||
				  (version == 0x0304 && known[i].tls13));
	}
}

/* RFC 8446 5.5, RFC 9147 4.5.3: by the mode of the cipher */
static void limits_are_those_of_the_mode(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(known); i++) {
		u64 limit = kseal_suite_find(known[i].cipher)->record_limit;
		u64 want = ~(u64)0;

		if (!strncmp(known[i].aead, "gcm", 3))
			want = 23726566;	/* 2^24.5 */
		else if (!strncmp(known[i].aead, "ccm", 3))
			want = 8388608;		/* 2^23 */
		check_num(known[i].name, "record limit", limit, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_are_those_of_the_mode),
		cmocka_unit_test(each_known_suite_has_the_sizes_of_its_rfc),
		cmocka_unit_test(offsets_lead_to_the_members_of_the_struct),
		cmocka_unit_test(members_fill_the_struct_without_overlap),
		cmocka_unit_test(no_other_suite_is_found),
		cmocka_unit_test(suites_are_for_the_versions_in_tree_tls_has_them_for),
	};

	return cmocka_run_group_tests_name("suite", tests, NULL, NULL);
}
