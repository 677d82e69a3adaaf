// SPDX-License-Identifier: GPL-2.0
/* kmod/handshake.c: KeyUpdate wherever it stands, and nothing else for one */
#include <stdbool.h>

#include "vectors/check.h"

#include "../../kmod/handshake.c"

/* RFC 8446 4, B.3: types; the bodies say what does not matter here */
static const struct {
	const char *row;
	const char *stream;
	bool found;
} streams[] = {
	{ "nothing", "", false },
	{ "KeyUpdate", "18 000001 00", true },
	{ "KeyUpdate, one is requested", "18 000001 01", true },
	{ "KeyUpdate, a byte short", "18 000001", false },
	{ "KeyUpdate, type alone", "18", false },
	{ "empty message", "0e 000000", false },
	{ "ticket", "04 000005 1800000100", false },
	{ "ticket of nothing but 24", "04 000018 181818181818181818181818181818181818181818181818",
	  false },
	{ "ticket, KeyUpdate", "04 000003 180000 18 000001 00", true },
	{ "ticket that is not over", "04 000006 1800000100", false },
	{ "length of 24", "0b 000018 18000001001800000100180000010018000001001800000018", false },
	{ "24 in every byte of the length", "0b 181818 1800000100", false },
	{ "two empty messages, KeyUpdate", "01 000000 01 000000 18 000001 00", true },
	{ "KeyUpdate, then another message", "18 000001 00 04 000001 00", true },
	{ "KeyUpdate, then the start of one", "18 000001 00 18 0000", true },
	{ "KeyUpdate twice", "18 000001 00 18 000001 00", true },
	{ "KeyUpdate of no length", "18 000000", true },
	{ "KeyUpdate of a length it cannot have", "18 000002", true },
	{ "KeyUpdate of a length no message has", "18 ffffff", true },
	{ "message hash", "fe 000001 18", false },
};

static void streams_are_told_by_their_messages(void **state)
{
	uint8_t stream[256];
	size_t i, len;

	(void)state;
	for (i = 0; i < ROWS(streams); i++) {
		struct kseal_handshake hs = { 0 };

		len = unhex(streams[i].stream, stream, sizeof(stream));
		check_num(streams[i].row, "found", kseal_handshake_feed(&hs, stream, len),
			  streams[i].found);
	}
}

/* In any two records, and byte by byte. */
static void cuts_change_nothing(void **state)
{
	uint8_t stream[256];
	size_t i, len, cut;
	bool found;

	(void)state;
	for (i = 0; i < ROWS(streams); i++) {
		struct kseal_handshake bytes = { 0 };

		len = unhex(streams[i].stream, stream, sizeof(stream));
		for (cut = 0; cut <= len; cut++) {
			struct kseal_handshake hs = { 0 };

			found = kseal_handshake_feed(&hs, stream, cut);
			found |= kseal_handshake_feed(&hs, NULL, 0);
			found |= kseal_handshake_feed(&hs, stream + cut, len - cut);
			check_num(streams[i].row, "found in two parts", found,
				  streams[i].found);
		}
		for (found = false, cut = 0; cut < len; cut++)
			found |= kseal_handshake_feed(&bytes, stream + cut, 1);
		check_num(streams[i].row, "found in bytes", found, streams[i].found);
	}
}

static void it_is_found_in_the_record_it_ends_in(void **state)
{
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	struct kseal_handshake hs = { 0 };
	size_t round, i;

	(void)state;
	for (round = 0; round < 3; round++)
		for (i = 0; i < sizeof(update); i++)
			check_num("byte", "found", kseal_handshake_feed(&hs, update + i, 1),
				  i == 4);
}

/* 2^24 - 1 bytes: the longest there is, over 1024 full records. */
static void the_longest_message_is_walked_over(void **state)
{
	static const uint8_t header[] = { 11, 0xff, 0xff, 0xff };
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	static uint8_t body[16384];
	struct kseal_handshake hs = { 0 };
	size_t left = 0xffffff, n;

	(void)state;
	memset(body, 24, sizeof(body));
	assert_false(kseal_handshake_feed(&hs, header, sizeof(header)));
	for (; left; left -= n) {
		n = left < sizeof(body) ? left : sizeof(body);
		assert_false(kseal_handshake_feed(&hs, body, n));
	}
	assert_true(kseal_handshake_feed(&hs, update, sizeof(update)));
}

/* Whatever came before it, the state after a KeyUpdate is that of the start. */
static void nothing_is_left_behind(void **state)
{
	uint8_t stream[256];
	size_t i, len;

	(void)state;
	for (i = 0; i < ROWS(streams); i++) {
		struct kseal_handshake hs = { 0 };

		len = unhex(streams[i].stream, stream, sizeof(stream));
		kseal_handshake_feed(&hs, stream, len);
		if (hs.have)
			continue;
		check_num(streams[i].row, "left", hs.left, 0);
		check_num(streams[i].row, "found next",
			  kseal_handshake_feed(&hs, (const u8 *)"\x18\0\0\1", 5), true);
	}
}

/* Kernel-control mode: what a stream of messages asks for, in the order of its verdicts. */
static const struct {
	const char *row;
	u16 version;
	u8 roles;
	const char *stream;
	int verdicts[4];
} judged[] = {
	{ "KeyUpdate", 0x0304, KSEAL_ROLE_EITHER, "18 000001 00", { KSEAL_UPDATE } },
	{ "KeyUpdate, one requested", 0x0304, KSEAL_ROLE_EITHER, "18 000001 01",
	  { KSEAL_UPDATE_REQUESTED } },
	{ "KeyUpdate 2", 0x0304, KSEAL_ROLE_EITHER, "18 000001 02", { -KSEAL_END_PARAMETER } },
	{ "KeyUpdate of no length", 0x0304, KSEAL_ROLE_EITHER, "18 000000",
	  { -KSEAL_END_DECODE } },
	{ "KeyUpdate of two bytes", 0x0304, KSEAL_ROLE_EITHER, "18 000002",
	  { -KSEAL_END_DECODE } },
	{ "KeyUpdate in TLS 1.2", 0x0303, KSEAL_ROLE_EITHER, "18", { -KSEAL_END_UNEXPECTED } },
	{ "ticket", 0x0304, KSEAL_ROLE_EITHER, "04 00000e 0102030405060708090a0b0c0d0e",
	  { KSEAL_TICKET } },
	{ "ticket, KeyUpdate", 0x0304, KSEAL_ROLE_CLIENT,
	  "04 00000e 0102030405060708090a0b0c0d0e 18 000001 01",
	  { KSEAL_TICKET, KSEAL_UPDATE_REQUESTED } },
	{ "ticket for a server", 0x0304, KSEAL_ROLE_SERVER, "04", { -KSEAL_END_UNEXPECTED } },
	{ "ticket too short", 0x0304, KSEAL_ROLE_EITHER, "04 00000d", { -KSEAL_END_DECODE } },
	{ "ticket too long", 0x0304, KSEAL_ROLE_EITHER, "04 02010a", { -KSEAL_END_DECODE } },
	{ "longest ticket, its start", 0x0304, KSEAL_ROLE_EITHER, "04 020109 00", { 0 } },
	{ "two HelloRequests", 0x0303, KSEAL_ROLE_CLIENT, "00 000000 00 000000",
	  { KSEAL_HELLO, KSEAL_HELLO } },
	{ "HelloRequest with a body", 0x0303, KSEAL_ROLE_CLIENT, "00 000001",
	  { -KSEAL_END_DECODE } },
	{ "HelloRequest for a server", 0x0303, KSEAL_ROLE_SERVER, "00",
	  { -KSEAL_END_UNEXPECTED } },
	{ "ClientHello", 0x0303, KSEAL_ROLE_SERVER, "01", { -KSEAL_END_RENEGOTIATION } },
	{ "ClientHello for a client", 0x0303, KSEAL_ROLE_CLIENT, "01",
	  { -KSEAL_END_UNEXPECTED } },
	{ "Finished", 0x0304, KSEAL_ROLE_EITHER, "14", { -KSEAL_END_UNEXPECTED } },
};

/* Feed @part bytes at a time, and compare what comes of it with a row. */
static void check_judged(size_t i, size_t part)
{
	struct kseal_handshake hs = { 0 };
	size_t len, at = 0, used, found = 0;
	uint8_t stream[64];
	int verdict = 0;

	len = unhex(judged[i].stream, stream, sizeof(stream));
	while (at < len && verdict >= 0) {
		size_t n = len - at < part ? len - at : part;

		verdict = kseal_handshake_judge(&hs, judged[i].version, judged[i].roles,
						stream + at, n, &used);
		at += used;
		if (verdict != KSEAL_PASS)
			check_num(judged[i].row, "verdict", verdict, judged[i].verdicts[found++]);
		else
			check_num(judged[i].row, "used", used, n);
	}
	check_num(judged[i].row, "verdict behind the last", judged[i].verdicts[found], 0);
}

static void messages_are_judged_wherever_they_are_cut(void **state)
{
	size_t i, part;

	(void)state;
	for (i = 0; i < ROWS(judged); i++)
		for (part = 1; part < 64; part++)
			check_judged(i, part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams_are_told_by_their_messages),
		cmocka_unit_test(cuts_change_nothing),
		cmocka_unit_test(it_is_found_in_the_record_it_ends_in),
		cmocka_unit_test(the_longest_message_is_walked_over),
		cmocka_unit_test(nothing_is_left_behind),
		cmocka_unit_test(messages_are_judged_wherever_they_are_cut),
	};

	return cmocka_run_group_tests_name("handshake", tests, NULL, NULL);
}
