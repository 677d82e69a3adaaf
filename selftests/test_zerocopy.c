// SPDX-License-Identifier: GPL-2.0
/*
 * TLS 1.3 records deciphered into the reader's memory before anybody can know
 * whether they are padded, or data at all: when it is tried, and when not.
 */
#include "lib/fixture.h"

KT_FIXTURE_13(zerocopy)

static uint64_t direct_bytes(int fd)
{
	struct kseal_info info;

	return kt_info_get(fd, &info) ? ~0ULL : info.rx_direct_bytes;
}

static uint64_t retries(int fd)
{
	struct kseal_info info;

	return kt_info_get(fd, &info) ? ~0ULL : info.rx_direct_retries;
}

static int set_no_pad(int fd, uint32_t value)
{
	return setsockopt(fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, &value, sizeof(value));
}

/* ---- by default ------------------------------------------------------------- */

KT_TEST(zerocopy, is_the_default)
{
	static const size_t sizes[] = { 1, 15, 16, 4095, 4096, 4097, 16383, 16384 };
	uint64_t sum = 0;

	EXPECT_EQ(0, direct_bytes(self->link.fd));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, sizes[i], 0, i));
		/* room for no byte more than the content */
		ASSERT_EQ(sizes[i], kt_recv_pattern(self->link.fd, sizes[i], i, 0));
		sum += sizes[i];
		EXPECT_EQ(sum, direct_bytes(self->link.fd));
	}
	EXPECT_EQ(0, retries(self->link.fd));
}

KT_TEST(zerocopy, every_record_of_one_call)
{
	ASSERT_EQ(0, kt_send_stream(&self->link, 150000, 16384, 0));
	EXPECT_EQ(150000, kt_recv_pattern(self->link.fd, 150000, 0, MSG_WAITALL));
	EXPECT_EQ(150000, direct_bytes(self->link.fd));
}

/* With too little room it is not tried, so nothing is deciphered twice. */
KT_TEST(zerocopy, not_with_too_little_room)
{
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 1000, 0, 0));
		EXPECT_EQ(999, kt_recv_pattern(self->link.fd, 999, 0, 0));
		EXPECT_EQ(1, kt_recv_pattern(self->link.fd, 999, 999, 0));
	}
	/* the padding is in the way as well */
	ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 1000, 1, 0));
	EXPECT_EQ(1000, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	EXPECT_EQ(0, direct_bytes(self->link.fd));
	EXPECT_EQ(0, retries(self->link.fd));
}

KT_TEST(zerocopy, not_for_a_look)
{
	ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 1000, 0, 0));
	EXPECT_EQ(1000, kt_recv_pattern(self->link.fd, 2000, 0, MSG_PEEK));
	EXPECT_EQ(1000, kt_recv_pattern(self->link.fd, 2000, 0, 0));
	EXPECT_EQ(0, direct_bytes(self->link.fd));
}

/* ---- padding ---------------------------------------------------------------- */

KT_TEST(zerocopy, padded_record_is_opened_again)
{
	ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 1000, 500, 0));
	EXPECT_EQ(1000, kt_recv_pattern(self->link.fd, 5000, 0, 0));
	EXPECT_EQ(0, direct_bytes(self->link.fd));
	EXPECT_EQ(1, retries(self->link.fd));
}

KT_TEST(zerocopy, peer_that_always_pads_is_not_tried_for_ever)
{
	enum { RECORDS = 400 };
	long long before = kt_stat("RxDirectRetries");
	uint64_t n;

	for (int i = 0; i < RECORDS; i++) {
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 100, 1 + i % 50, i * 100));
		ASSERT_EQ(100, kt_recv_pattern(self->link.fd, 5000, i * 100, 0));
	}
	n = retries(self->link.fd);
	EXPECT_GE(n, 1);
	EXPECT_LE(n, RECORDS / 10);
	EXPECT_EQ(before + (long long)n, kt_stat("RxDirectRetries"));
	EXPECT_EQ(0, direct_bytes(self->link.fd));
}

/* Now and then, which is worse than always for who tries again at once. */
KT_TEST(zerocopy, peer_that_pads_at_times_is_not_tried_each_time)
{
	enum { RECORDS = 600 };

	for (int every = 2; every < 6; every++) {
		uint64_t before = retries(self->link.fd);

		for (int i = 0; i < RECORDS; i++) {
			ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 100,
						 i % every ? 0 : 7, 0));
			ASSERT_EQ(100, kt_recv_pattern(self->link.fd, 5000, 0, 0));
		}
		EXPECT_LE(retries(self->link.fd) - before, RECORDS / every / 2)
			TH_LOG("every %d. record padded", every);
	}
}

KT_TEST(zerocopy, comes_back_when_padding_stops)
{
	enum { PADDED = 300, MOST = 600, AFTER = 50 };
	uint64_t direct;
	int n;

	for (int i = 0; i < PADDED; i++) {
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 100, i % 3 * 9, 0));
		ASSERT_EQ(100, kt_recv_pattern(self->link.fd, 5000, 0, 0));
	}
	direct = direct_bytes(self->link.fd);
	for (n = 0; n < MOST && direct_bytes(self->link.fd) == direct; n++) {
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 100, 0, 0));
		ASSERT_EQ(100, kt_recv_pattern(self->link.fd, 5000, 0, 0));
	}
	ASSERT_LT(n, MOST);
	/* and stays */
	direct = direct_bytes(self->link.fd);
	for (int i = 0; i < AFTER; i++) {
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 100, 0, 0));
		ASSERT_EQ(100, kt_recv_pattern(self->link.fd, 5000, 0, 0));
	}
	EXPECT_EQ(direct + AFTER * 100, direct_bytes(self->link.fd));
}

/* @n records, the first of them padded or not. Return: how many were direct. */
static int pass_records(struct kt_link *link, int n, size_t pad)
{
	uint64_t before = direct_bytes(link->fd);

	for (int i = 0; i < n; i++)
		if (kt_send_padded(link, KT_DATA, 100, i ? 0 : pad, 0) ||
		    kt_recv_pattern(link->fd, 5000, 0, 0) != 100)
			return -1;
	return (direct_bytes(link->fd) - before) / 100;
}

/* Padding each time it has just been forgotten is the worst a peer can do. */
KT_TEST(zerocopy, forgets_ever_later_and_forgives)
{
	for (int k = 1; k <= 8; k++)
		ASSERT_GE(pass_records(&self->link, 1 + (1 << k), 7), 0);
	EXPECT_LE(retries(self->link.fd), 10);
	/* one padded record among many does not spoil a hundred any more */
	EXPECT_GE(pass_records(&self->link, 400, 0), 50);
	EXPECT_GE(pass_records(&self->link, 100, 7), 80);
}

KT_TEST(zerocopy, padding_of_any_length_in_any_room)
{
	static const size_t pads[] = { 1, 15, 16, 4095, 4096, 8000, 16284 };
	static const size_t rooms[] = { 100, 101, 4000, 4196, 16383, 16384, 20000 };

	for (size_t i = 0; i < ARRAY_SIZE(pads); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(rooms); k++) {
			/* a new connection has seen no padding */
			ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
			ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 100, pads[i], 0));
			ASSERT_EQ(100, kt_recv_pattern(self->link.fd, rooms[k], 0, 0));
			EXPECT_EQ(rooms[k] >= 100 + pads[i], retries(self->link.fd));
			EXPECT_EQ(0, kt_sealed_in(&self->link));
		}
	}
}

KT_TEST(zerocopy, nothing_but_padding_is_passed_over)
{
	ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 0, 3000, 0));
	ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 100, 0, 0));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 5000, 0, 0));
}

KT_TEST(zerocopy, nothing_but_zeros_is_the_end)
{
	ASSERT_EQ(0, kt_send_padded(&self->link, 0, 0, 3000, 0));
	EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
	EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
}

/* ---- TLS_RX_EXPECT_NO_PAD --------------------------------------------------- */

KT_TEST(zerocopy, broken_promises_are_counted)
{
	long long before = kt_stat("RxNoPadViolations");

	ASSERT_EQ(0, set_no_pad(self->link.fd, 1));
	for (int i = 0; i < 50; i++) {
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 100, i % 2, i * 100));
		ASSERT_EQ(100, kt_recv_pattern(self->link.fd, 5000, i * 100, 0));
	}
	/* always tried: every one that was not padded is direct */
	EXPECT_EQ(2500, direct_bytes(self->link.fd));
	EXPECT_EQ(25, retries(self->link.fd));
	EXPECT_EQ(before + 25, kt_stat("RxNoPadViolations"));
}

KT_TEST(zerocopy, no_promise_is_broken_that_was_not_made)
{
	long long before = kt_stat("RxNoPadViolations");

	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 100, 5, 0));
		ASSERT_EQ(100, kt_recv_pattern(self->link.fd, 5000, 0, 0));
		EXPECT_EQ(1, retries(self->link.fd));
		EXPECT_EQ(before, kt_stat("RxNoPadViolations"));
		/* made, and taken back */
		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, set_no_pad(self->link.fd, 1));
		ASSERT_EQ(0, set_no_pad(self->link.fd, 0));
	}
}

KT_TEST(zerocopy, control_records_break_no_promise)
{
	long long before = kt_stat("RxNoPadViolations");
	uint8_t got[200], type;

	ASSERT_EQ(0, set_no_pad(self->link.fd, 1));
	ASSERT_EQ(0, kt_send_padded(&self->link, KT_ALERT, 2, 0, 0));
	EXPECT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(before, kt_stat("RxNoPadViolations"));
}

/* ---- other types ------------------------------------------------------------ */

KT_TEST(zerocopy, control_records_among_data)
{
	uint8_t got[5000], type;

	for (int i = 0; i < 30; i++) {
		uint8_t want = i % 3 ? KT_DATA : KT_ALERT;

		ASSERT_EQ(0, kt_send_padded(&self->link, want, 100 + i, i % 5 ? 0 : 9, i));
		memset(got, 0, sizeof(got));
		ASSERT_EQ(100 + i, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
		EXPECT_EQ(want, type);
		EXPECT_EQ(0, kt_check(got, 100 + i, i));
	}
}

/* Deciphered twice, read as often as it is looked for, it is one message. */
KT_TEST(zerocopy, key_update_is_one)
{
	struct kseal_info info;
	struct kt_key next;

	ASSERT_EQ(0, kt_peer_rekey(&self->link, &next));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(EIO, kt_recv_errno(self->link.fd, 0));
	ASSERT_EQ(0, kt_expect_key_update(self->link.fd));
	ASSERT_EQ(0, kt_info_get(self->link.fd, &info));
	EXPECT_EQ(1, info.rx_key_updates);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &next));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

TEST_HARNESS_MAIN
