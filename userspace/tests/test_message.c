// SPDX-License-Identifier: GPL-2.0
/* Handshake messages read strictly, and told without harm to whoever reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "message.h"

/* As OpenSSL and GnuTLS sent them. @expected is part of what is told. */
static const struct sample {
	unsigned int type;
	struct message_context context;
	bool client;
	const char *expected;
	const char *hex;
} samples[] = {
	{ MESSAGE_CLIENT_HELLO, { 0x0304, 0x1301, 0, 0, NULL }, true, "server_name (0x0000)",
	  "0303187ca93a509cbf52850e04ece9f7f6dc3a43cf504f1fc1c74f9279029855c707208e7ffd3fe341d75cb1"
	  "2ae31c0681c9f0ce66157558f0d8642e8131f1722d66d3000813021303130100ff010000ab0000000e000c00"
	  "00096c6f63616c686f7374000b000403000102000a00160014001d0017001e00190018010001010102010301"
	  "04002300000010000e000c02683208687474702f312e310016000000170000000d001e001c04030503060308"
	  "0708080809080a080b080408050806040105010601002b0003020304002d00020101003300260024001d0020"
	  "41dede4718e0bd6da257e4a341a4978a6a49922ee87c400cad550cd87dc5b054" },
	{ MESSAGE_HELLO_RETRY_REQUEST, { 0, 0, 0, 0, NULL }, false, "secp521r1 (0x0019)",
	  "0303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c208e7ffd3fe341d75cb1"
	  "2ae31c0681c9f0ce66157558f0d8642e8131f1722d66d3130200000c002b00020304003300020019" },
	{ MESSAGE_SERVER_HELLO, { 0, 0, 0, 0, NULL }, false, "TLS_AES_256_GCM_SHA384 (0x1302)",
	  "0303a0a953c1b7c0a77e38e549d76b2fd0cad265d796d5bb313dacd7be41f7c5e915208e7ffd3fe341d75cb1"
	  "2ae31c0681c9f0ce66157558f0d8642e8131f1722d66d31302000093002b0002030400330089001900850400"
	  "1a2eadc5e30bacab10b4da986d280788d83ae0d836404094491ed311fc041ec516d0012f616e5882788aca92"
	  "b902f895c8ad611e5ec2b6d2c78c0c902d2c572998006e380652517e2340ce2b30770b2a621d520014daf232"
	  "27b1b4b43cb70010624b63a02e46d4f39197d4540d02801d0d9eb2c2d965f77885e9241b07ab8e4a8fe60e" },
	{ MESSAGE_CERTIFICATE_REQUEST, { 0x0304, 0x1301, 0, 0, NULL }, false,
	  "ecdsa_secp256r1_sha256 (0x0403)",
	  "000026000d00220020040305030603080708080809080a080b08040805080604010501060103030301" },
	{ MESSAGE_NEW_SESSION_TICKET, { 0x0304, 0x1301, 0, 0, NULL }, false, "7200 seconds",
	  "00001c20c85cdc2b0800000000000000000020000102030405060708090a0b0c0d0e0f101112131415161718"
	  "191a1b1c1d1e1f0008002a000400004000" },
	{ MESSAGE_NEW_SESSION_TICKET, { 0x0303, 0xc02b, 0, 0, NULL }, false, "7200 seconds",
	  "00001c200020000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" },
	{ MESSAGE_CERTIFICATE_REQUEST, { 0x0303, 0xc02b, 0, 0, NULL }, false, "ecdsa_sign (0x40)",
	  "030102400028040305030603080708080809080a080b08040805080604010501060103030301030204020502"
	  "06020000" },
	{ MESSAGE_SERVER_KEY_EXCHANGE, { 0x0303, 0xc02b, 0, 0, NULL }, false, "x25519 (0x001d)",
	  "03001d206bfa63ca273373c3386bca42427f42136f1d88fa740568dd136de35f95dd67000403004730450220"
	  "06548e7698a60c6e7908b5e4b47bd085bae866ffbff1756cf7f0a7b3367a907b022100da08c0d4ebd395c146"
	  "b1b192c8ce8504af99f1ff7bc4caa07f5bfdf58b0fb4d2" },
	{ MESSAGE_CERTIFICATE_VERIFY, { 0x0303, 0xc02b, 0, 0, NULL }, true, "ecdsa_secp256r1_sha256",
	  "04030046304402202abaa5f2fb657eb1be3fdca8bdb9933316e991e4a378b3510ae0acc1fe9fd90e02207159"
	  "85d80b7846a7cac06004c3dbbe4538ab85c0f17dae2f22c813534eda0edb" },
	{ MESSAGE_CLIENT_KEY_EXCHANGE, { 0x0303, 0xc02b, 0, 0, NULL }, true, "public_key",
	  "2087098fdbe32469da3f34eb00835ce5680112fcc4b969909e63bea628d3f15727" },
	{ MESSAGE_KEY_UPDATE, { 0x0304, 0x1301, 0, 0, NULL }, false, "yes",
	  "01" },
	{ MESSAGE_CERTIFICATE_STATUS, { 0x0303, 0xc02b, 0, 0, NULL }, false, "30030a0106",
	  "0100000530030a0106" },
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

static uint8_t *from_hex(const char *hex, size_t *size)
{
	uint8_t *data = malloc(strlen(hex) / 2 + 1);
	unsigned int byte;

	assert_non_null(data);
	for (*size = 0; sscanf(hex + *size * 2, "%2x", &byte) == 1; (*size)++)
		data[*size] = byte;
	return data;
}

/* What is told of a message, the caller's to free. */
static char *told(void (*set_up)(struct fields *f, FILE *out), const struct sample *s,
		  const uint8_t *body, size_t size, bool *good)
{
	struct message_context context = s->context;
	uint8_t *exact = malloc(size ? size : 1);
	struct fields f;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_non_null(exact);
	memcpy(exact, body, size);	/* valgrind and ASan would see a byte too many */
	set_up(&f, out);
	fields_open(&f, NULL);
	*good = message_tell(&context, s->client, s->type, exact, size, &f);
	assert_int_equal(f.depth, 1);
	fields_close(&f);
	fclose(out);
	free(exact);
	return text;
}

static void messages_are_told(void **state)
{
	uint8_t *body;
	size_t i, size;
	char *text;
	bool good;

	(void)state;
	for (i = 0; i < SAMPLES; i++) {
		body = from_hex(samples[i].hex, &size);
		text = told(fields_to_text, &samples[i], body, size, &good);
		if (!good || !strstr(text, samples[i].expected))
			fail_msg("sample %zu: no \"%s\" in %s", i, samples[i].expected, text);
		free(text);
		free(body);
	}
}

/* A hello of TLS 1.2 may end before its extensions; nothing else may be shorter. */
static bool may_end_there(const struct sample *s, const uint8_t *body, size_t size, size_t whole)
{
	const size_t at = s->type == MESSAGE_CLIENT_HELLO ? 35u + body[34] : 0;

	if (s->type == MESSAGE_SERVER_HELLO || s->type == MESSAGE_HELLO_RETRY_REQUEST)
		return size == 38u + body[34] && size < whole;
	return at && size == at + 4 + ((size_t)body[at] << 8 | body[at + 1]);
}

static void a_message_cut_anywhere_is_malformed(void **state)
{
	size_t i, size, cut;
	uint8_t *body;
	char *text;
	bool good;

	(void)state;
	for (i = 0; i < SAMPLES; i++) {
		body = from_hex(samples[i].hex, &size);
		for (cut = 0; cut < size; cut++) {
			text = told(fields_to_text, &samples[i], body, cut, &good);
			if (good != may_end_there(&samples[i], body, cut, size))
				fail_msg("sample %zu, %zu of %zu bytes: %s", i, cut, size, text);
			free(text);
		}
		free(body);
	}
}

static void a_message_with_more_behind_it_is_malformed(void **state)
{
	uint8_t more[2048] = { 0 }, *body;
	size_t i, size;
	bool good;

	(void)state;
	for (i = 0; i < SAMPLES; i++) {
		body = from_hex(samples[i].hex, &size);
		assert_true(size < sizeof(more));
		memcpy(more, body, size);
		more[size] = 0;
		free(told(fields_to_json, &samples[i], more, size + 1, &good));
		if (good)
			fail_msg("sample %zu with a byte behind it", i);
		free(body);
	}
}

static void numbers_nobody_knows_are_told_as_such(void **state)
{
	static const struct sample hello = { MESSAGE_ENCRYPTED_EXTENSIONS, { .version = 0x0304 },
					     false, NULL, NULL };
	/* GREASE, an unknown one, supported_groups with GREASE and an unknown one */
	static const uint8_t body[] = { 0, 18, 0x5a, 0x5a, 0, 0, 0x12, 0x34, 0, 0,
					0, 10, 0, 6, 0, 4, 0xfa, 0xfa, 0x43, 0x21 };
	char *text;
	bool good;

	(void)state;
	text = told(fields_to_text, &hello, body, sizeof(body), &good);
	assert_true(good);
	assert_non_null(strstr(text, "GREASE (0x5a5a)"));
	assert_non_null(strstr(text, "unknown (0x1234)"));
	assert_non_null(strstr(text, "GREASE (0xfafa), unknown (0x4321)"));
	free(text);
}

static void the_version_of_the_extension_counts(void **state)
{
	struct message_context context = { 0 };
	struct fields f;
	uint8_t *body;
	FILE *out = fopen("/dev/null", "we");
	size_t size;

	(void)state;
	assert_non_null(out);
	body = from_hex(samples[2].hex, &size);
	fields_to_json(&f, out);
	fields_open(&f, NULL);
	assert_true(message_tell(&context, false, MESSAGE_SERVER_HELLO, body, size, &f));
	fields_close(&f);
	assert_int_equal(context.version, 0x0304);
	assert_int_equal(context.suite, 0x1302);
	assert_true(context.group != 0);
	free(body);
	fclose(out);
}

/* ---- what reaches the reader ------------------------------------------------------ */

static void nothing_of_the_peer_reaches_the_terminal_as_it_is(void **state)
{
	static const struct sample alpn = { MESSAGE_ENCRYPTED_EXTENSIONS, { .version = 0x0304 },
					    false, NULL, NULL };
	static const uint8_t body[] = { 0, 14, 0, 16, 0, 10, 0, 8, 7,
					0x1b, '[', '2', 'J', 0x9b, '\\', '"' };
	char *text;
	bool good;

	(void)state;
	text = told(fields_to_text, &alpn, body, sizeof(body), &good);
	assert_true(good);
	assert_non_null(strstr(text, "\\x1b[2J\\x9b\\x5c\""));
	assert_null(strchr(text, 0x1b));
	free(text);
	text = told(fields_to_json, &alpn, body, sizeof(body), &good);
	assert_non_null(strstr(text, "\"\\u001b[2J\\ufffd\\\\\\\"\""));
	free(text);
}

static const struct {
	const char *text;
	const char *json;
} strings[] = {
	{ "", "\"\"" },
	{ "plain", "\"plain\"" },
	{ "\"\\\n\x7f", "\"\\\"\\\\\\u000a\\u007f\"" },
	{ "\xc3\xa4", "\"\\u00e4\"" },
	{ "\xe2\x82\xac", "\"\\u20ac\"" },
	{ "\xf0\x9f\x94\x92", "\"\\ud83d\\udd12\"" },
	/* cut short, overlong, a surrogate, beyond the last, a stray byte */
	{ "\xe2\x82", "\"\\ufffd\\ufffd\"" },
	{ "\xc0\x80", "\"\\ufffd\\ufffd\"" },
	{ "\xe0\x80\xaf", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"" },
	{ "\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"" },
	{ "a\xff" "b", "\"a\\ufffdb\"" },
};

static void json_strings_are_ascii(void **state)
{
	char *text;
	size_t i, len;
	FILE *out;

	(void)state;
	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		out = open_memstream(&text, &len);
		assert_non_null(out);
		json_string(out, strings[i].text, strlen(strings[i].text));
		fclose(out);
		assert_string_equal(text, strings[i].json);
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_told),
		cmocka_unit_test(a_message_cut_anywhere_is_malformed),
		cmocka_unit_test(a_message_with_more_behind_it_is_malformed),
		cmocka_unit_test(numbers_nobody_knows_are_told_as_such),
		cmocka_unit_test(the_version_of_the_extension_counts),
		cmocka_unit_test(nothing_of_the_peer_reaches_the_terminal_as_it_is),
		cmocka_unit_test(json_strings_are_ascii),
	};

	return cmocka_run_group_tests_name("message", tests, NULL, NULL);
}
