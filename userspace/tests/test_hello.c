// SPDX-License-Identifier: GPL-2.0
/* ClientHellos taken apart: what is offered, and what is malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hello.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum {
	ROOM = 2048,
};

/** struct bytes - a hello that is being written */
struct bytes {
	uint8_t data[ROOM];
	size_t size;
};

#define BYTES(...) (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ })

static void put(struct bytes *out, const uint8_t *data, size_t size)
{
	assert_true(out->size + size <= ROOM);
	/* of none there may be no address either */
	if (size)
		memcpy(out->data + out->size, data, size);
	out->size += size;
}

static void extension(struct bytes *out, uint16_t type, const uint8_t *data, size_t size)
{
	put(out, BYTES(type >> 8, type, size >> 8, size));
	put(out, data, size);
}

/* Version, random, session ID of four bytes, some suites, no compression. */
static void put_head(struct bytes *out)
{
	uint8_t random[HELLO_RANDOM_SIZE];

	memset(random, 0xaa, sizeof(random));
	put(out, BYTES(3, 3));
	put(out, random, sizeof(random));
	put(out, BYTES(4, 1, 2, 3, 4));
	put(out, BYTES(0, 8, 0x2a, 0x2a, 0x13, 1, 0xc0, 0x2b, 0x12, 0x34));
	put(out, BYTES(1, 0));
}

/* As a browser of 2023 has them. */
static void put_extensions(struct bytes *out)
{
	struct bytes all = { .size = 0 };
	uint8_t psk[2 + 2 + 3 + 4 + 2 + 33] = {
		0, 9, 0, 3, 'p', 's', 'k', 0, 0, 0, 0, 0, 33, 32,
	};

	extension(&all, 0x3a3a, NULL, 0);
	extension(&all, 0, BYTES(0, 12, 0, 0, 9, 'a', '.', 'e', 'x', 'a', 'm', 'p', 'l', 'e'));
	extension(&all, 23, NULL, 0);
	extension(&all, 10, BYTES(0, 6, 0x4a, 0x4a, 0, 29, 0, 23));
	extension(&all, 35, BYTES('t', 'k', 't'));
	extension(&all, 16, BYTES(0, 12, 2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'));
	extension(&all, 13, BYTES(0, 4, 4, 3, 8, 4));
	extension(&all, 45, BYTES(1, 1));
	extension(&all, 43, BYTES(6, 0x5a, 0x5a, 3, 4, 3, 3));
	extension(&all, 0x6a6a, BYTES(0));
	extension(&all, 41, psk, sizeof(psk));
	put(out, BYTES(all.size >> 8, all.size));
	put(out, all.data, all.size);
}

static void browser(struct bytes *out)
{
	out->size = 0;
	put_head(out);
	put_extensions(out);
}

static int parse(struct hello *hello, const struct bytes *bytes, const char **why)
{
	/* in memory of its very size, so that tools see a byte too many */
	static uint8_t *exact;
	int ret;

	free(exact);
	exact = malloc(bytes->size + 1);
	assert_non_null(exact);
	memcpy(exact, bytes->data, bytes->size);
	ret = hello_parse(hello, exact, bytes->size, why);
	return ret;
}

static void assert_span(const struct hello_span *span, const void *data, size_t size)
{
	assert_non_null(span->data);
	assert_int_equal(span->size, size);
	assert_memory_equal(span->data, data, size);
}

static void a_browser_s_hello_is_read_whole(void **state)
{
	char host[HELLO_HOST_SIZE];
	struct bytes bytes;
	struct hello hello;
	const char *why;

	(void)state;
	browser(&bytes);
	assert_int_equal(parse(&hello, &bytes, &why), 0);
	assert_null(why);
	assert_int_equal(hello.version, 0x0303);
	assert_span(&hello.session_id, "\1\2\3\4", 4);
	assert_int_equal(hello_count(&hello.suites), 4);
	assert_int_equal(hello_number(&hello.suites, 2), 0xc02b);
	assert_span(&hello.groups, "\x4a\x4a\0\x1d\0\x17", 6);
	assert_span(&hello.sigalgs, "\4\3\x8\4", 4);
	assert_span(&hello.ticket, "tkt", 3);
	assert_span(&hello.psk, "psk", 3);
	assert_span(&hello.psk_modes, "\1", 1);
	assert_span(&hello.alpn, "\2h2\x8http/1.1", 12);
	assert_int_equal(hello_host(&hello, host), 9);
	assert_string_equal(host, "a.example");
	assert_true(hello_offers_version(&hello, HELLO_TLS_1_3));
	assert_true(hello_offers_version(&hello, HELLO_TLS_1_2));
	assert_false(hello_offers_version(&hello, 0x0302));
	assert_true(hello_has(&hello.groups, 0x001d));
	assert_false(hello_has(&hello.groups, 0x0018));
}

static void every_hello_cut_short_is_refused(void **state)
{
	struct bytes bytes, head = { .size = 0 };
	struct hello hello;
	const char *why;
	size_t whole;

	(void)state;
	put_head(&head);
	browser(&bytes);
	whole = bytes.size;
	for (bytes.size = 0; bytes.size < whole; bytes.size++) {
		/* without extensions it is a hello of TLS 1.2 */
		if (bytes.size == head.size)
			continue;
		if (parse(&hello, &bytes, &why) != -EBADMSG || !why)
			fail_msg("%zu bytes of %zu are taken", bytes.size, whole);
	}
}

static void hello_without_extensions_speaks_tls_1_2(void **state)
{
	struct bytes bytes = { .size = 0 };
	struct hello hello;
	const char *why;

	(void)state;
	put_head(&bytes);
	assert_int_equal(parse(&hello, &bytes, &why), 0);
	assert_true(hello_offers_version(&hello, HELLO_TLS_1_2));
	assert_false(hello_offers_version(&hello, HELLO_TLS_1_3));
	assert_null(hello.ticket.data);
	assert_null(hello.psk_modes.data);
}

/* One extension, @size bytes of @data, and what is said of it. */
static const struct {
	uint16_t type;
	const char *data;
	size_t size;
	const char *why;
} extensions[] = {
	{ 0, "\0\4\0\0\1a", 6, NULL },
	{ 0, "", 0, "server_name" },
	{ 0, "\0\0", 2, "server_name" },
	{ 0, "\0\3\0\0\0", 5, "server_name" },		/* an empty name */
	{ 0, "\0\x8\0\0\1a\0\0\1b", 10, "server_name" },	/* two of them */
	{ 0, "\0\4\0\0\2a", 6, "server_name" },
	{ 0, "\0\4\0\0\1a!", 7, "left over" },
	{ 10, "\0\2\0\x1d", 4, NULL },
	{ 10, "\0\0", 2, "groups" },
	{ 10, "\0\3\0\x1d\0", 5, "groups" },
	{ 10, "\0\4\0\x1d", 4, "groups" },
	{ 13, "\0\2\4\3", 4, NULL },
	{ 13, "\0\1\4", 3, "signature" },
	{ 16, "\0\3\2h2", 5, NULL },
	{ 16, "\0\3\3h2", 5, "ALPN" },
	{ 16, "\0\1\0", 3, "ALPN" },
	{ 16, "\0\0", 2, "ALPN" },
	{ 35, "", 0, NULL },
	{ 43, "\2\3\4", 3, NULL },
	{ 43, "\0", 1, "versions" },
	{ 43, "\3\3\4\3", 4, "versions" },
	{ 43, "\2\3\4\3", 4, "left over" },
	{ 45, "\1\1", 2, NULL },
	{ 45, "\0", 1, "psk_key_exchange_modes" },
	{ 41, "\0\7\0\1x\0\0\0\0\0\0", 11, "pre_shared_key" },	/* no binder */
	{ 0x9999, "what nobody knows", 17, NULL },
};

static void each_extension_s_form_is_checked(void **state)
{
	struct bytes bytes;
	struct hello hello;
	const char *why;
	size_t i, size;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(extensions); i++) {
		bytes.size = 0;
		size = extensions[i].size;
		put_head(&bytes);
		put(&bytes, BYTES((size + 4) >> 8, size + 4));
		extension(&bytes, extensions[i].type, (const uint8_t *)extensions[i].data, size);
		parse(&hello, &bytes, &why);
		if (extensions[i].why ? !why || !strstr(why, extensions[i].why) : why != NULL)
			fail_msg("row %zu: %s", i, why ? why : "taken");
	}
}

static void check_refused(const struct bytes *bytes, const char *words)
{
	struct hello hello;
	const char *why;

	assert_int_equal(parse(&hello, bytes, &why), -EBADMSG);
	if (!strstr(why, words))
		fail_msg("\"%s\" is not in: %s", words, why);
}

static void order_and_number_of_extensions_are_checked(void **state)
{
	struct bytes bytes = { .size = 0 };

	(void)state;
	put_head(&bytes);
	put(&bytes, BYTES(0, 8, 0x12, 0x34, 0, 0, 0x12, 0x34, 0, 0));
	check_refused(&bytes, "twice");

	browser(&bytes);
	put(&bytes, BYTES(0));
	check_refused(&bytes, "follow its extensions");

	bytes.size = 0;
	put_head(&bytes);
	put(&bytes, BYTES(0, 8, 0, 41, 0, 0, 0x12, 0x34, 0, 0));
	check_refused(&bytes, "follow its pre_shared_key");
}

static void odd_heads_are_refused(void **state)
{
	struct bytes bytes = { .size = 0 };

	(void)state;
	put_head(&bytes);
	bytes.data[34] = 33;
	check_refused(&bytes, "session ID");
	bytes.data[34] = 4;
	bytes.data[40] = 7;
	check_refused(&bytes, "suites");
	bytes.data[40] = 0;
	check_refused(&bytes, "suites");
	bytes.data[40] = 8;
	bytes.data[bytes.size - 1] = 1;
	check_refused(&bytes, "compression");
}

static void keys_a_client_verifies_follow_from_its_algorithms(void **state)
{
	static const struct {
		const char *sigalgs;
		size_t size;
		int rsa, ecdsa, eddsa, pss;
	} cases[] = {
		{ "\4\1", 2, 1, 0, 0, 0 },
		{ "\x8\4", 2, 1, 0, 0, 0 },
		{ "\4\3", 2, 0, 1, 0, 0 },
		{ "\x8\7", 2, 0, 0, 1, 0 },
		{ "\x8\x9", 2, 0, 0, 0, 1 },
		{ "\5\1\6\3", 4, 1, 1, 0, 0 },
		{ "\1\1\x7\x7\x2a\x2a", 6, 0, 0, 0, 0 },
		{ NULL, 0, 1, 1, 0, 0 },
	};
	struct hello hello;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		hello = (struct hello){
			.sigalgs = { (const uint8_t *)cases[i].sigalgs, cases[i].size },
		};
		assert_int_equal(hello_verifies(&hello, HELLO_KEY_RSA), cases[i].rsa);
		assert_int_equal(hello_verifies(&hello, HELLO_KEY_ECDSA), cases[i].ecdsa);
		assert_int_equal(hello_verifies(&hello, HELLO_KEY_EDDSA), cases[i].eddsa);
		assert_int_equal(hello_verifies(&hello, HELLO_KEY_RSA_PSS), cases[i].pss);
	}
}

static void hosts_that_are_none_are_not_believed(void **state)
{
	static const char *const hosts[] = { "a b", "a\nb", "\xc3\xa4", "a\0b" };
	char host[HELLO_HOST_SIZE], longest[HELLO_HOST_SIZE + 1];
	struct hello hello = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(hosts); i++) {
		hello.host = (struct hello_span){ (const uint8_t *)hosts[i], 3 };
		assert_int_equal(hello_host(&hello, host), 0);
		assert_string_equal(host, "");
	}
	memset(longest, 'a', sizeof(longest));
	hello.host = (struct hello_span){ (const uint8_t *)longest, HELLO_HOST_SIZE - 1 };
	assert_int_equal(hello_host(&hello, host), HELLO_HOST_SIZE - 1);
	hello.host.size++;
	assert_int_equal(hello_host(&hello, host), 0);
}

static void numbers_are_told_by_name(void **state)
{
	const uint8_t list[] = { 0x1a, 0x1a, 0x13, 1, 0xc0, 0x2b, 0x12, 0x34 };
	const struct hello_span span = { list, sizeof(list) };
	char text[512], small[48];
	struct bytes bytes;
	struct hello hello;
	const char *why;

	(void)state;
	assert_string_equal(hello_list(&span, HELLO_SUITES, text, sizeof(text)),
			    "TLS_AES_128_GCM_SHA256 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 "
			    "0x1234");
	assert_string_equal(hello_list(&span, HELLO_SUITES, small, sizeof(small)),
			    "TLS_AES_128_GCM_SHA256 and 2 more");
	browser(&bytes);
	assert_int_equal(parse(&hello, &bytes, &why), 0);
	hello_describe(&hello, text, sizeof(text));
	assert_non_null(strstr(text, "offers TLS1.3 TLS1.2; TLS_AES_128_GCM_SHA256 "));
	assert_non_null(strstr(text, "groups x25519 secp256r1;"));
	assert_non_null(strstr(text, "ecdsa_secp256r1_sha256 rsa_pss_rsae_sha256;"));
	assert_non_null(strstr(text, "SNI a.example"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_browser_s_hello_is_read_whole),
		cmocka_unit_test(every_hello_cut_short_is_refused),
		cmocka_unit_test(hello_without_extensions_speaks_tls_1_2),
		cmocka_unit_test(each_extension_s_form_is_checked),
		cmocka_unit_test(order_and_number_of_extensions_are_checked),
		cmocka_unit_test(odd_heads_are_refused),
		cmocka_unit_test(keys_a_client_verifies_follow_from_its_algorithms),
		cmocka_unit_test(hosts_that_are_none_are_not_believed),
		cmocka_unit_test(numbers_are_told_by_name),
	};

	return cmocka_run_group_tests_name("hello", tests, NULL, NULL);
}
