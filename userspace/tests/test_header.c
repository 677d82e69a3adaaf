// SPDX-License-Identifier: GPL-2.0
/* kmod/record.c: which record headers are accepted, and why others are not */
#include "../../kmod/record.c"
#include "../../kmod/suite.c"

#include "vectors/direction.h"

/*
 * The limits: a body is from nothing but what every record has (explicit nonce
 * and tag, or inner type and tag) up to 2^14 bytes more.
 */
static void header_is_parsed_up_to_each_boundary(void **state)
{
	static const struct {
		const char *row;
		uint16_t version;
		const char *header;
		int err;
		uint16_t body, content;
	} table[] = {
		{ "1.2, empty content", 0x0303, "17 0303 0018", 0, 24, 0 },
		{ "1.2, one short", 0x0303, "17 0303 0017", -EBADMSG, 0, 0 },
		{ "1.2, no body", 0x0303, "17 0303 0000", -EBADMSG, 0, 0 },
		{ "1.2, one byte", 0x0303, "17 0303 0019", 0, 25, 1 },
		{ "1.2, longest", 0x0303, "17 0303 4018", 0, 16408, 16384 },
		{ "1.2, one too long", 0x0303, "17 0303 4019", -EMSGSIZE, 0, 0 },
		{ "1.2, RFC 5246 limit without AEAD", 0x0303, "17 0303 4800", -EMSGSIZE, 0, 0 },
		{ "1.2, longest that can be said", 0x0303, "17 0303 ffff", -EMSGSIZE, 0, 0 },
		{ "1.2, alert", 0x0303, "15 0303 001a", 0, 26, 2 },
		{ "1.2, handshake", 0x0303, "16 0303 0028", 0, 40, 16 },
		{ "1.2, change cipher spec", 0x0303, "14 0303 0019", 0, 25, 1 },
		{ "1.2, type 0", 0x0303, "00 0303 0019", 0, 25, 1 },
		{ "1.2, type 255", 0x0303, "ff 0303 0019", 0, 25, 1 },
		{ "1.2, 1.0 in the header", 0x0303, "17 0301 0019", -EINVAL, 0, 0 },
		{ "1.2, 1.3 in the header", 0x0303, "17 0304 0019", -EINVAL, 0, 0 },
		{ "1.2, other major", 0x0303, "17 0203 0019", -EINVAL, 0, 0 },
		{ "1.2, no version", 0x0303, "17 0000 0019", -EINVAL, 0, 0 },
		{ "1.2, plain HTTP", 0x0303, "48 5454 502f", -EMSGSIZE, 0, 0 },
		{ "1.3, empty content", 0x0304, "17 0303 0011", 0, 17, 0 },
		{ "1.3, no inner type", 0x0304, "17 0303 0010", -EBADMSG, 0, 0 },
		{ "1.3, no body", 0x0304, "17 0303 0000", -EBADMSG, 0, 0 },
		{ "1.3, one byte", 0x0304, "17 0303 0012", 0, 18, 1 },
		{ "1.3, longest", 0x0304, "17 0303 4011", 0, 16401, 16384 },
		{ "1.3, one too long", 0x0304, "17 0303 4012", -EMSGSIZE, 0, 0 },
		{ "1.3, RFC 8446 limit for any AEAD", 0x0304, "17 0303 4100", -EMSGSIZE, 0, 0 },
		{ "1.3, longest that can be said", 0x0304, "17 0303 ffff", -EMSGSIZE, 0, 0 },
		{ "1.3, alert outside", 0x0304, "15 0303 0013", -EBADMSG, 0, 0 },
		{ "1.3, handshake outside", 0x0304, "16 0303 0013", -EBADMSG, 0, 0 },
		{ "1.3, type 0 outside", 0x0304, "00 0303 0013", -EBADMSG, 0, 0 },
		{ "1.3, 1.3 in the header", 0x0304, "17 0304 0019", -EINVAL, 0, 0 },
		{ "1.3, 1.0 in the header", 0x0304, "17 0301 0019", -EINVAL, 0, 0 },
	};
	struct kseal_header out;
	struct kseal_record rec;
	uint8_t header[5];
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(table); i++) {
		start(&rec, table[i].version, 0);
		unhex(table[i].header, header, sizeof(header));
		check_num(table[i].row, "result",
			  kseal_record_parse(&rec, header, &out), table[i].err);
		if (table[i].err)
			continue;
		check_num(table[i].row, "type", out.type, header[0]);
		check_num(table[i].row, "body", out.body, table[i].body);
		check_num(table[i].row, "content", out.content, table[i].content);
	}
}

/* The order of the kernel's tls_rx_msg_size(): too long, too short, version. */
static void first_error_of_a_header_decides(void **state)
{
	static const struct {
		const char *row;
		uint16_t version;
		const char *header;
		int err;
	} table[] = {
		{ "1.2, too long, version", 0x0303, "17 0301 4019", -EMSGSIZE },
		{ "1.2, too short, version", 0x0303, "17 0301 0017", -EBADMSG },
		{ "1.3, too long, version, type", 0x0304, "16 0301 4012", -EMSGSIZE },
		{ "1.3, too long, type", 0x0304, "16 0303 4012", -EMSGSIZE },
		{ "1.3, too short, version, type", 0x0304, "16 0301 0010", -EBADMSG },
		{ "1.3, too short, version", 0x0304, "17 0304 0010", -EBADMSG },
		{ "1.3, version, type", 0x0304, "16 0301 0013", -EINVAL },
	};
	struct kseal_header out;
	struct kseal_record rec;
	uint8_t header[5];
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(table); i++) {
		start(&rec, table[i].version, 0);
		unhex(table[i].header, header, sizeof(header));
		check_num(table[i].row, "result",
			  kseal_record_parse(&rec, header, &out), table[i].err);
	}
}

static int length_verdict(unsigned int body, unsigned int least)
{
	if (body > least + 16384)
		return -EMSGSIZE;
	return body < least ? -EBADMSG : 0;
}

static void every_length_has_the_verdict_of_the_rfc(void **state)
{
	static const struct {
		const char *row;
		uint16_t version;
		unsigned int least;
	} table[] = { { "TLS 1.2", 0x0303, 24 }, { "TLS 1.3", 0x0304, 17 } };
	struct kseal_header out;
	struct kseal_record rec;
	unsigned int body;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(table); i++) {
		start(&rec, table[i].version, 0);
		for (body = 0; body <= 0xffff; body++) {
			const uint8_t header[] = { 23, 3, 3, body >> 8, body & 0xff };
			int err = kseal_record_parse(&rec, header, &out);

			check_num(table[i].row, "result", err,
				  length_verdict(body, table[i].least));
			if (err)
				continue;
			check_num(table[i].row, "body", out.body, body);
			check_num(table[i].row, "content", out.content,
				  body - table[i].least);
			assert_true(5 + body <= KSEAL_RECORD_MAX);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_is_parsed_up_to_each_boundary),
		cmocka_unit_test(first_error_of_a_header_decides),
		cmocka_unit_test(every_length_has_the_verdict_of_the_rfc),
	};

	return cmocka_run_group_tests_name("header", tests, NULL, NULL);
}
