// SPDX-License-Identifier: GPL-2.0
/* Kernel-control mode: keys that the kernel moves on by itself (RFC 8446 4.6.3, 5.5). */
#include "lib/fixture.h"
#include "lib/mode.h"
#include <errno.h>

FIXTURE(update)
{
	struct kt_mode mode;
	struct kt_link *link;
};

KT_VARIANTS_13(update);

FIXTURE_SETUP(update)
{
	self->link = &self->mode.link;
	ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
}

FIXTURE_TEARDOWN(update)
{
	kt_mode_close(&self->mode);
}

static const uint8_t ticket[] = "\4\0\0\16abcdefghijklmn";

enum { TICKET = 18 };

static int reopen(struct kt_mode *mode, const struct kt_params *params)
{
	kt_mode_close(mode);
	return kt_mode_open(mode, params, 0);
}

/* ---- receiving ----------------------------------------------------------------- */

KT_TEST(update, no_reader_sees_it)
{
	struct kseal_info info;

	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params));
		for (int i = 0; i < 5; i++) {
			ASSERT_EQ(0, kt_send_pattern(self->link, 200, i * 200));
			ASSERT_EQ(0, kt_mode_update(&self->mode, false));
		}
		ASSERT_EQ(0, kt_send_pattern(self->link, 200, 1000));
		ASSERT_EQ(0, kt_kind_expect(kind, self->link->fd, 1200, 0));
		ASSERT_EQ(0, kt_info_get(self->link->fd, &info));
		EXPECT_EQ(5, info.rx_rekeys) TH_LOG("%s", kind->name);
		EXPECT_EQ(5, info.rx_key_updates);
		EXPECT_EQ(1, info.rx_key_records);
		EXPECT_EQ(0, info.tx_rekeys);
	}
}

KT_TEST(update, a_requested_one_is_answered)
{
	struct kseal_info info;

	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params));
		ASSERT_EQ(0, kt_sealed_out(self->link));
		ASSERT_EQ(0, kt_mode_update(&self->mode, true));
		ASSERT_EQ(0, kt_send_pattern(self->link, 1000, 0));
		ASSERT_EQ(0, kt_kind_expect(kind, self->link->fd, 1000, 0));
		ASSERT_EQ(0, kt_mode_expect_update(&self->mode)) TH_LOG("%s", kind->name);
		ASSERT_EQ(0, kt_sealed_out(self->link));
		ASSERT_EQ(0, kt_info_get(self->link->fd, &info));
		EXPECT_EQ(1, info.tx_rekeys);
		EXPECT_EQ(1, info.tx_key_updates);
		EXPECT_EQ(1, info.tx_key_records);
	}
}

/* At the next boundary between two records, and not before. */
KT_TEST(update, an_open_record_goes_out_under_the_old_key)
{
	ASSERT_EQ(5, send(self->link->fd, "first", 5, MSG_MORE));
	ASSERT_EQ(0, kt_mode_update(&self->mode, true));
	ASSERT_EQ(0, kt_sealed_in(self->link));
	ASSERT_EQ(0, kt_expect_nothing(self->link));
	ASSERT_EQ(6, send(self->link->fd, "second", 6, 0));
	ASSERT_EQ(0, kt_expect_record(self->link, KT_DATA, "firstsecond", 11));
	ASSERT_EQ(5, send(self->link->fd, "third", 5, 0));
	ASSERT_EQ(0, kt_mode_expect_update(&self->mode));
	EXPECT_EQ(0, kt_expect_record(self->link, KT_DATA, "third", 5));
}

KT_TEST(update, one_answer_for_several_requests)
{
	ASSERT_EQ(1, send(self->link->fd, "a", 1, MSG_MORE));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kt_mode_update(&self->mode, true));
	ASSERT_EQ(0, kt_sealed_in(self->link));
	ASSERT_EQ(1, send(self->link->fd, "b", 1, 0));
	ASSERT_EQ(0, kt_expect_record(self->link, KT_DATA, "ab", 2));
	ASSERT_EQ(1, send(self->link->fd, "c", 1, 0));
	ASSERT_EQ(0, kt_mode_expect_update(&self->mode));
	EXPECT_EQ(0, kt_expect_record(self->link, KT_DATA, "c", 1));
}

KT_TEST(update, over_two_records)
{
	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params));
		for (int cut = 1; cut < KT_KEY_UPDATE; cut++) {
			ASSERT_EQ(0, kt_send_record(self->link, KT_HANDSHAKE, kt_key_update, cut));
			ASSERT_EQ(0, kt_send_record(self->link, KT_HANDSHAKE, kt_key_update + cut,
						    KT_KEY_UPDATE - cut));
			ASSERT_EQ(0, kt_flow_next(&self->link->in, &self->mode.in));
			ASSERT_EQ(0, kt_send_pattern(self->link, 500, 0));
			ASSERT_EQ(0, kt_kind_expect(kind, self->link->fd, 500, 0))
				TH_LOG("%s, cut %d", kind->name, cut);
		}
	}
}

KT_TEST(update, behind_a_ticket_in_its_record)
{
	uint8_t both[TICKET + KT_KEY_UPDATE];

	memcpy(both, ticket, TICKET);
	memcpy(both + TICKET, kt_key_update, KT_KEY_UPDATE);
	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params));
		ASSERT_EQ(0, kt_send_record(self->link, KT_HANDSHAKE, both, sizeof(both)));
		ASSERT_EQ(0, kt_flow_next(&self->link->in, &self->mode.in));
		ASSERT_EQ(0, kt_send_pattern(self->link, 500, 0));
		ASSERT_EQ(0, kt_kind_expect(kind, self->link->fd, 500, 0));
	}
}

/* The ticket ends where the record does, the KeyUpdate is in two more. */
KT_TEST(update, behind_a_ticket_over_records)
{
	ASSERT_EQ(0, kt_send_record(self->link, KT_HANDSHAKE, ticket, 7));
	ASSERT_EQ(0, kt_send_record(self->link, KT_HANDSHAKE, ticket + 7, TICKET - 7));
	ASSERT_EQ(0, kt_send_record(self->link, KT_HANDSHAKE, kt_key_update, 3));
	ASSERT_EQ(0, kt_send_record(self->link, KT_HANDSHAKE, kt_key_update + 3, 2));
	ASSERT_EQ(0, kt_flow_next(&self->link->in, &self->mode.in));
	EXPECT_EQ(0, kt_sealed_in(self->link));
}

/* The old key is gone: what is sealed with it is a forgery. */
KT_TEST(update, the_old_key_opens_nothing)
{
	ASSERT_EQ(0, kt_send_record(self->link, KT_HANDSHAKE, kt_key_update, KT_KEY_UPDATE));
	ASSERT_EQ(0, kt_send_pattern(self->link, 100, 0));
	ASSERT_EQ(EBADMSG, kt_recv_errno(self->link->fd, 0));
	EXPECT_EQ(0, kt_expect_ended(self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(update, a_flood_of_them_ends_the_connection)
{
	for (int request = 0; request < 2; request++) {
		struct kt_record record;
		int ret = 0;

		ASSERT_EQ(0, reopen(&self->mode, &variant->params));
		for (int i = 0; i < 200; i++)
			ASSERT_EQ(0, kt_mode_update(&self->mode, request));
		ASSERT_EQ(0, kt_all_here(self->link));
		ASSERT_EQ(EPROTO, kt_recv_errno(self->link->fd, 0));
		EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_FLOOD));
		/* the answers, then the alert */
		while (!ret) {
			ret = kt_recv_record(self->link, &record);
			ASSERT_GE(ret, 0);
			if (!ret && record.type == KT_HANDSHAKE)
				ASSERT_EQ(0, kt_flow_next(&self->link->out, &self->mode.out));
		}
		EXPECT_EQ(KT_ALERT, record.type);
		EXPECT_EQ(KT_UNEXPECTED_MESSAGE, record.data[1]);
	}
}

/* ---- sending -------------------------------------------------------------------- */

KT_TEST(update, before_the_limit)
{
	struct kseal_info info;

	ASSERT_EQ(0, kt_control(self->link->fd, KSEAL_CONTROL_ON, 10));
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 9; i++)
			ASSERT_EQ(0, kt_sealed_out(self->link)) TH_LOG("round %d", round);
		ASSERT_EQ(6, send(self->link->fd, "secret", 6, 0));
		ASSERT_EQ(0, kt_mode_expect_update(&self->mode));
		ASSERT_EQ(0, kt_expect_record(self->link, KT_DATA, "secret", 6));
		for (int i = 0; i < 8; i++)
			ASSERT_EQ(0, kt_sealed_out(self->link));
		ASSERT_EQ(6, send(self->link->fd, "secret", 6, 0));
		ASSERT_EQ(0, kt_mode_expect_update(&self->mode));
		ASSERT_EQ(0, kt_expect_record(self->link, KT_DATA, "secret", 6));
		/* so that the next round begins with a fresh key */
		ASSERT_EQ(0, kt_mode_update(&self->mode, true));
		ASSERT_EQ(0, kt_sealed_in(self->link));
		ASSERT_EQ(0, kt_mode_expect_update(&self->mode));
	}
	ASSERT_EQ(0, kt_info_get(self->link->fd, &info));
	EXPECT_EQ(60, info.tx_rekeys);
	EXPECT_EQ(10, info.tx_key_limit);
	EXPECT_LE(info.tx_key_records, 10);
}

/* The next record of data, from @*at on; a KeyUpdate before it is followed. No key has
 * sealed more than @limit.
 */
static int expect_data(struct kt_mode *mode, uint64_t *at, uint64_t limit)
{
	static __thread struct kt_record record;

	for (;;) {
		if (kt_recv_record(&mode->link, &record))
			return -1;
		if (mode->link.out.key.seq > limit) {
			kt_say("record %llu under one key",
			       (unsigned long long)mode->link.out.key.seq);
			return -1;
		}
		if (record.type != KT_HANDSHAKE)
			break;
		if (record.len != KT_KEY_UPDATE || memcmp(record.data, kt_key_update, record.len) ||
		    kt_flow_next(&mode->link.out, &mode->out))
			return -1;
	}
	if (record.type != KT_DATA || kt_check(record.data, record.len, *at))
		return -1;
	*at += record.len;
	return 0;
}

/* In the middle of one long write, with the buffer full or not. */
KT_TEST(update, in_the_middle_of_a_write)
{
	struct kt_writer writer = { .fd = self->link->fd, .len = 1000000 };
	uint64_t at = 0;

	ASSERT_EQ(0, kt_control(self->link->fd, KSEAL_CONTROL_ON, 5));
	ASSERT_EQ(0, kt_writer_start(&writer));
	while (at < writer.len)
		ASSERT_EQ(0, expect_data(&self->mode, &at, 5));
	EXPECT_EQ(writer.len, kt_task_join(&writer.task));
}

/* Every 100 records, in both directions at once. */
KT_TEST(update, every_100_records_both_ways)
{
	struct kt_writer writer = { .fd = self->link->fd, .len = 300000, .chunk = 500 };
	static uint8_t got[500];
	uint64_t at = 0, out = 0;
	struct kseal_info info;

	ASSERT_EQ(0, kt_control(self->link->fd, KSEAL_CONTROL_ON, 100));
	ASSERT_EQ(0, kt_writer_start(&writer));
	for (int i = 1; at < 300000; i++) {
		ASSERT_EQ(0, kt_send_pattern(self->link, 500, at));
		if (i % 100 == 0)
			ASSERT_EQ(0, kt_mode_update(&self->mode, false));
		ASSERT_EQ(0, kt_read_full(self->link->fd, got, 500));
		ASSERT_EQ(0, kt_check(got, 500, at));
		at += 500;
		ASSERT_EQ(0, expect_data(&self->mode, &out, 100));
	}
	EXPECT_EQ(300000, kt_task_join(&writer.task));
	/* the last one is behind all data so far */
	ASSERT_EQ(0, kt_sealed_in(self->link));
	ASSERT_EQ(0, kt_info_get(self->link->fd, &info));
	EXPECT_EQ(6, info.rx_rekeys);
	EXPECT_GE(info.tx_rekeys, 5);
}

/* Counted from the number that the key was installed with. */
KT_TEST(update, counted_from_the_installed_number)
{
	struct kt_tune tune = { .out_seq = 7 };

	kt_mode_close(&self->mode);
	ASSERT_EQ(0, kt_mode_open_tuned(&self->mode, &variant->params, 0, &tune, true));
	ASSERT_EQ(0, kt_control(self->link->fd, KSEAL_CONTROL_ON, 10));
	ASSERT_EQ(0, kt_sealed_out(self->link));
	ASSERT_EQ(0, kt_sealed_out(self->link));
	ASSERT_EQ(1, send(self->link->fd, "x", 1, 0));
	ASSERT_EQ(0, kt_mode_expect_update(&self->mode));
	EXPECT_EQ(0, kt_expect_record(self->link, KT_DATA, "x", 1));
}

/* RFC 8446 5.5: the limit of the suite, which ChaCha20-Poly1305 has none of. */
KT_TEST(update, at_the_suites_own_limit)
{
	uint64_t limit = 23726566;
	struct kt_tune tune = { .out_seq = limit - 2 };

	kt_mode_close(&self->mode);
	ASSERT_EQ(0, kt_mode_open_tuned(&self->mode, &variant->params, 0, &tune, true));
	ASSERT_EQ(0, kt_sealed_out(self->link));
	ASSERT_EQ(1, send(self->link->fd, "x", 1, 0));
	if (variant->params.cipher != TLS_CIPHER_CHACHA20_POLY1305)
		ASSERT_EQ(0, kt_mode_expect_update(&self->mode));
	EXPECT_EQ(0, kt_expect_record(self->link, KT_DATA, "x", 1));
}

/* ---- without secrets --------------------------------------------------------------- */

KT_TEST(update, without_a_secret_it_ends_the_connection)
{
	kt_mode_close(&self->mode);
	ASSERT_EQ(0, kt_mode_open_tuned(&self->mode, &variant->params, 0, NULL, false));
	ASSERT_EQ(0, kt_mode_update(&self->mode, false));
	ASSERT_EQ(EKEYEXPIRED, kt_recv_errno(self->link->fd, 0));
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_NO_SECRET));
	EXPECT_EQ(0, kt_expect_ended(self->link, EKEYEXPIRED, KT_INTERNAL_ERROR));
}

/* The limit holds all the same, in TLS 1.2 as well, which knows no other key. */
KT_TEST(update, the_limit_without_another_key_is_the_end)
{
	struct kt_params params = variant->params;

	for (int i = 0; i < 2; i++) {
		params.version = i ? TLS_1_2_VERSION : TLS_1_3_VERSION;
		kt_mode_close(&self->mode);
		ASSERT_EQ(0, kt_mode_open_tuned(&self->mode, &params, 0, NULL, false));
		ASSERT_EQ(0, kt_control(self->link->fd, KSEAL_CONTROL_ON, 3));
		ASSERT_EQ(0, kt_sealed_out(self->link));
		ASSERT_EQ(0, kt_sealed_out(self->link));
		EXPECT_ERRNO(EKEYEXPIRED, send(self->link->fd, "x", 1, MSG_NOSIGNAL));
		EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_KEY_LIMIT));
		EXPECT_EQ(0, kt_expect_ended(self->link, EKEYEXPIRED, KT_INTERNAL_ERROR));
	}
}

/* The number that is kept for the end serves for a clean one. */
KT_TEST(update, at_the_limit_close_notify_still_goes_out)
{
	kt_mode_close(&self->mode);
	ASSERT_EQ(0, kt_mode_open_tuned(&self->mode, &variant->params, 0, NULL, false));
	ASSERT_EQ(0, kt_control(self->link->fd, KSEAL_CONTROL_ON, 2));
	ASSERT_EQ(0, kt_sealed_out(self->link));
	kt_close(&self->link->fd);
	ASSERT_EQ(0, kt_expect_record(self->link, KT_ALERT, "\1\0", 2));
	EXPECT_EQ(0, kt_read_eof(self->link->raw));
}

TEST_HARNESS_MAIN
