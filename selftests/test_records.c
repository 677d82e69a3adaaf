// SPDX-License-Identifier: GPL-2.0
/* Records of odd shapes, in odd segments, through odd windows. */
#include "lib/fixture.h"
#include <poll.h>

KT_FIXTURE_OPEN(records)

KT_TEST(records, dribbled_byte_by_byte)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t plain[60];
	ssize_t len;

	for (int round = 0; round < 2; round++) {
		kt_fill(plain, sizeof(plain), round * 60);
		len = kt_seal(&self->link.in, KT_DATA, plain, sizeof(plain), 0,
			      wire);
		for (ssize_t i = 0; i < len; i++) {
			EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 1, 0,
							     MSG_DONTWAIT));
			ASSERT_EQ(0, kt_write_full(self->link.raw, wire + i, 1));
		}
		EXPECT_EQ(60, kt_recv_pattern(self->link.fd, 100, round * 60, 0));
	}
}

KT_TEST(records, long_record_in_many_segments)
{
	static uint8_t plain[16384], wire[KT_MAX_WIRE];
	ssize_t len;

	kt_fill(plain, sizeof(plain), 0);
	len = kt_seal(&self->link.in, KT_DATA, plain, sizeof(plain), 0, wire);
	for (ssize_t i = 0; i < len; i += 97)
		ASSERT_EQ(0, kt_write_full(self->link.raw, wire + i,
					   len - i < 97 ? len - i : 97));
	EXPECT_EQ(16384, kt_recv_pattern(self->link.fd, 20000, 0, 0));
}

/* Segments that end in the middle of headers and of tags. */
KT_TEST(records, many_records_cut_anywhere)
{
	static uint8_t plain[500], stream[60 * 600];
	size_t len = 0;

	for (int i = 0; i < 60; i++) {
		kt_fill(plain, 500, i * 500);
		len += kt_seal(&self->link.in, KT_DATA, plain, 500, 0, stream + len);
		ASSERT_LT(len + 600, sizeof(stream) + 600);
	}
	for (size_t done = 0, n; done < len; done += n) {
		n = 1 + done * 7 % 1300;
		if (n > len - done)
			n = len - done;
		ASSERT_EQ(0, kt_write_full(self->link.raw, stream + done, n));
	}
	EXPECT_EQ(30000, kt_recv_pattern(self->link.fd, 30000, 0, MSG_WAITALL));
}

/* RFC 5288 3: in TLS 1.2 the sender picks, and need not count. */
KT_TEST(records, explicit_nonce_is_the_senders_choice)
{
	static const uint64_t nonces[] = { 0, ~0ULL, 7, 0x0123456789abcdef, 1 };

	for (size_t i = 0; i < ARRAY_SIZE(nonces); i++) {
		if (variant->params.version == TLS_1_2_VERSION)
			kt_put64(self->link.in.key.iv, nonces[i]);
		ASSERT_EQ(0, kt_send_pattern(&self->link, 100, i * 100));
		ASSERT_EQ(100, kt_recv_pattern(self->link.fd, 100, i * 100, 0));
	}
}

KT_TEST(records, empty_records_are_passed_over)
{
	for (int i = 0; i < 200; i++)
		ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 10, 0, MSG_DONTWAIT));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 10));
	EXPECT_EQ(20, kt_recv_pattern(self->link.fd, 20, 0, MSG_WAITALL));
}

struct flood {
	struct kt_link *link;
	bool stop;
};

/* In-tree TLS ends the call in between with 0, which a program takes for the end. */
KT_TEST(records, control_behind_an_empty_record_comes_at_once)
{
	uint8_t type, got[10];

	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_HANDSHAKE, "\4\0\0\0", 4));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_ERRNO(EIO, recv(self->link.fd, got, sizeof(got), 0));
	EXPECT_EQ(4, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_HANDSHAKE, type);
}

static ssize_t send_empty_records(void *arg)
{
	struct flood *flood = arg;

	while (!__atomic_load_n(&flood->stop, __ATOMIC_RELAXED))
		if (kt_send_record(flood->link, KT_DATA, "", 0))
			return -1;
	return 0;
}

/* No peer can keep a reader for longer than it said it would wait. */
KT_TEST(records, flood_of_empty_records_times_out)
{
	struct flood flood = { .link = &self->link };
	struct kt_task task;
	uint8_t byte;

	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_RCVTIMEO, 200));
	ASSERT_EQ(0, kt_task_start(&task, send_empty_records, &flood));
	for (int i = 0; i < 2; i++)
		EXPECT_ERRNO(EAGAIN, recv(self->link.fd, &byte, 1, 0));
	EXPECT_ERRNO(EAGAIN, recv(self->link.fd, &byte, 1, MSG_PEEK));
	__atomic_store_n(&flood.stop, true, __ATOMIC_RELAXED);
	EXPECT_ERRNO(EAGAIN, recv(self->link.fd, &byte, 1, 0));
	EXPECT_EQ(0, kt_task_join(&task));
}

/* A reader that waits goes on waiting; 0 would mean the end of the stream. */
KT_TEST(records, empty_record_does_not_wake_the_reader_for_good)
{
	struct kt_reader reader;

	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 100, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_task_asleep(&reader.task));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	EXPECT_EQ(100, kt_task_join(&reader.task));
}

/* RFC 8446 5.4; TLS 1.2 has no padding, so its records are as they are. */
KT_TEST(records, padding_is_taken_off)
{
	static const size_t pads[] = {
		0, 1, 15, 16, 17, 255, 1000, 4096, 10000, 16374,
	};
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t plain[10];

	for (size_t i = 0; i < ARRAY_SIZE(pads); i++) {
		ssize_t len;

		kt_fill(plain, 10, i * 10);
		len = kt_seal(&self->link.in, KT_DATA, plain, 10, pads[i], wire);
		ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
		ASSERT_EQ(0, kt_all_here(&self->link));
		/* room for content and padding, then for the content alone */
		EXPECT_EQ(10, kt_recv_pattern(self->link.fd, i % 2 ? 10 : 20000,
					      i * 10, 0));
		EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 10, 0,
						     MSG_DONTWAIT));
	}
}

/* The zeros at the content's own end are content. */
KT_TEST(records, zeros_in_front_of_the_padding_stay)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t zeros[300] = { }, got[400];
	ssize_t len = kt_seal(&self->link.in, KT_DATA, zeros, 300, 50, wire);

	ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
	ASSERT_EQ(0, kt_all_here(&self->link));
	memset(got, 0xff, sizeof(got));
	EXPECT_EQ(300, recv(self->link.fd, got, sizeof(got), 0));
	EXPECT_EQ(0, memcmp(got, zeros, 300));
}

KT_TEST(records, padded_records_among_others)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t plain[100];

	for (int i = 0; i < 12; i++) {
		ssize_t len;

		kt_fill(plain, 100, i * 100);
		len = kt_seal(&self->link.in, KT_DATA, plain, 100,
			      i % 3 ? i * 37 : 0, wire);
		ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
	}
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(1200, kt_recv_pattern(self->link.fd, 20000, 0, 0));
}

/* ---- windows smaller than a record -------------------------------------- */

static int open_small_window(struct kt_link *link,
			     const struct kt_params *params)
{
	struct kt_tune tune = { .fd_rcvbuf = 4096 };

	return kt_link_reopen(link, params, &tune);
}

static ssize_t send_long_records(void *arg)
{
	return kt_send_stream(arg, 80000, 16384, 0);
}

KT_TEST(records, records_longer_than_the_window)
{
	struct kt_task task;

	ASSERT_EQ(0, open_small_window(&self->link, &variant->params));
	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	EXPECT_EQ(80000, kt_recv_pattern(self->link.fd, 80000, 0, MSG_WAITALL));
	EXPECT_EQ(0, kt_task_join(&task));
}

KT_TEST(records, records_longer_than_the_window_in_small_reads)
{
	struct kt_task task;
	uint64_t seen = 0;

	ASSERT_EQ(0, open_small_window(&self->link, &variant->params));
	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	while (seen < 80000) {
		ssize_t n = kt_recv_pattern(self->link.fd, 3000, seen, 0);

		ASSERT_GT(n, 0);
		seen += n;
	}
	EXPECT_EQ(0, kt_task_join(&task));
}

static ssize_t send_a_lot(void *arg)
{
	return kt_send_stream(arg, 200000, 8192, 0);
}

/*
 * The window closes with whole records at the head of the queue and part of
 * one at its end: reading the former has to let the rest of the latter in.
 */
KT_TEST(records, window_closed_behind_whole_records)
{
	static const int sizes[] = { 0, 10000, 50000 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct kt_tune tune = { .fd_rcvbuf = sizes[i] };
		struct kt_task task;
		uint64_t seen = 0;

		kt_link_close(&self->link);
		ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, &tune));
		ASSERT_EQ(0, kt_task_start(&task, send_a_lot, &self->link));
		ASSERT_EQ(0, kt_task_asleep(&task));
		while (seen < 200000) {
			ssize_t n;

			ASSERT_NE(0, kt_poll(self->link.fd, POLLIN, KT_WAIT_MS))
				TH_LOG("stuck after %llu bytes",
				       (unsigned long long)seen);
			n = kt_recv_pattern(self->link.fd, 8192, seen, MSG_DONTWAIT);
			ASSERT_GT(n, 0);
			seen += n;
		}
		EXPECT_EQ(0, kt_task_join(&task));
	}
}

/* ---- both ways, and more than one reader -------------------------------- */

KT_TEST(records, both_directions_at_once)
{
	struct kt_writer writer = { .fd = self->link.fd, .len = 200000 };
	struct kt_task task;
	uint64_t out = 0, in = 0;

	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	ASSERT_EQ(0, kt_writer_start(&writer));
	while (out < 200000 || in < 80000) {
		static struct kt_record record;

		if (in < 80000) {
			ssize_t n = kt_recv_pattern(self->link.fd, 20000, in, 0);

			ASSERT_GT(n, 0);
			in += n;
		}
		if (out < 200000) {
			ASSERT_EQ(0, kt_recv_record(&self->link, &record));
			ASSERT_EQ(0, kt_check(record.data, record.len, out));
			out += record.len;
		}
	}
	EXPECT_EQ(0, kt_task_join(&task));
	EXPECT_EQ(200000, kt_task_join(&writer.task));
}

TEST_HARNESS_MAIN
