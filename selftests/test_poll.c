// SPDX-License-Identifier: GPL-2.0
/* poll(2) and epoll(7): readable when a reader would not wait, and only then. */
#include "lib/fixture.h"
#include <poll.h>

KT_FIXTURE_OPEN(poll)

static bool readable(struct kt_link *link)
{
	return kt_poll(link->fd, POLLIN, 0) & POLLIN;
}

KT_TEST(poll, idle_is_writable_only)
{
	EXPECT_EQ(POLLOUT, kt_poll(self->link.fd, POLLIN | POLLOUT | POLLPRI |
				   POLLRDHUP, 0));
}

KT_TEST(poll, whole_record_is_readable)
{
	uint8_t got[10];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(POLLIN, kt_poll(self->link.fd, POLLIN | POLLPRI | POLLRDHUP, 0));
	ASSERT_EQ(10, recv(self->link.fd, got, 10, 0));
	EXPECT_FALSE(readable(&self->link));
}

KT_TEST(poll, part_of_a_record_is_not_readable)
{
	static const ssize_t ends[] = { 1, 4, 5, 6, 13, 14, 50, 150, 500, 1000 };
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 1000, wire), done = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		ASSERT_EQ(0, kt_write_here(&self->link, wire + done, ends[i] - done));
		done = ends[i];
		EXPECT_FALSE(readable(&self->link));
	}
	ASSERT_EQ(0, kt_write_here(&self->link, wire + done, len - done - 1));
	EXPECT_FALSE(readable(&self->link));
	ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 1, 1));
	EXPECT_TRUE(readable(&self->link));
}

KT_TEST(poll, record_read_in_part_stays_readable)
{
	uint8_t got[100];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(99, recv(self->link.fd, got, 99, 0));
	EXPECT_TRUE(readable(&self->link));
	ASSERT_EQ(1, recv(self->link.fd, got, 99, 0));
	EXPECT_FALSE(readable(&self->link));
}

KT_TEST(poll, peeked_record_stays_readable)
{
	uint8_t got[100];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(100, recv(self->link.fd, got, 100, MSG_PEEK));
	EXPECT_TRUE(readable(&self->link));
	ASSERT_EQ(100, recv(self->link.fd, got, 100, 0));
	EXPECT_FALSE(readable(&self->link));
}

KT_TEST(poll, second_record_stays_readable)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t got[10];
	ssize_t len;

	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 10));
	len = kt_seal_pattern(&self->link, 100, wire);
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len - 1));
	ASSERT_EQ(10, recv(self->link.fd, got, 10, 0));
	EXPECT_TRUE(readable(&self->link));
	ASSERT_EQ(10, recv(self->link.fd, got, 10, 0));
	/* what is left is the part of a third */
	EXPECT_FALSE(readable(&self->link));
	ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 1, 1));
	EXPECT_TRUE(readable(&self->link));
}

KT_TEST(poll, control_record_is_readable_until_taken)
{
	uint8_t got[10], type;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_TRUE(readable(&self->link));
	EXPECT_ERRNO(EIO, recv(self->link.fd, got, 10, 0));
	EXPECT_TRUE(readable(&self->link));
	ASSERT_EQ(2, kt_recv_type(self->link.fd, &type, got, 10, 0));
	EXPECT_FALSE(readable(&self->link));
}

KT_TEST(poll, end_of_stream_is_readable)
{
	uint8_t byte;

	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	EXPECT_EQ(POLLIN | POLLRDHUP, kt_poll(self->link.fd, POLLIN | POLLRDHUP,
					      KT_WAIT_MS));
	EXPECT_EQ(0, recv(self->link.fd, &byte, 1, MSG_DONTWAIT));
	EXPECT_TRUE(readable(&self->link));
}

/* A stream that can never become a whole record is an error to be read. */
KT_TEST(poll, truncated_stream_is_readable)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t byte;

	ASSERT_GT(kt_seal_pattern(&self->link, 100, wire), 0);
	ASSERT_EQ(0, kt_write_here(&self->link, wire, 50));
	EXPECT_FALSE(readable(&self->link));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	EXPECT_NE(0, kt_poll(self->link.fd, POLLIN, KT_WAIT_MS) & POLLIN);
	EXPECT_ERRNO(ECONNRESET, recv(self->link.fd, &byte, 1, MSG_DONTWAIT));
}

/* The header tells: no use in waiting for the body it announces. */
KT_TEST(poll, bad_header_is_readable_at_once)
{
	static const uint8_t header[] = { KT_DATA, 3, 1, 0, 200 };
	uint8_t byte;

	ASSERT_EQ(0, kt_write_here(&self->link, header, 4));
	EXPECT_FALSE(readable(&self->link));
	ASSERT_EQ(0, kt_write_here(&self->link, header + 4, 1));
	EXPECT_TRUE(readable(&self->link));
	EXPECT_ERRNO(EINVAL, recv(self->link.fd, &byte, 1, MSG_DONTWAIT));
}

KT_TEST(poll, reset_is_an_error)
{
	kt_reset(&self->link.raw);
	EXPECT_NE(0, kt_poll(self->link.fd, POLLIN, KT_WAIT_MS));
	EXPECT_NE(0, kt_poll(self->link.fd, 0, 0) & (POLLERR | POLLHUP));
}

/* ---- sleeping ----------------------------------------------------------- */

static ssize_t poll_for_input(void *arg)
{
	struct kt_link *link = arg;
	short got = kt_poll(link->fd, POLLIN, KT_WAIT_MS);
	uint8_t byte;

	if (got != POLLIN)
		return -1;
	/* woken for something: a reader must not have to wait */
	return recv(link->fd, &byte, 1, MSG_DONTWAIT);
}

KT_TEST(poll, sleeper_wakes_for_a_whole_record)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 100, wire);
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, poll_for_input, &self->link));
	for (ssize_t i = 0; i < len; i += 11) {
		ASSERT_EQ(0, kt_task_asleep(&task));
		ASSERT_EQ(0, kt_write_full(self->link.raw, wire + i,
					   len - i < 11 ? len - i : 11));
	}
	EXPECT_EQ(1, kt_task_join(&task));
}

KT_TEST(poll, sleeper_wakes_for_the_end)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, poll_for_input, &self->link));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	EXPECT_EQ(0, kt_task_join(&task));
}

/* ---- before the key is in ----------------------------------------------- */

KT_TEST(poll, record_queued_before_the_key_is_readable)
{
	uint8_t got[200];

	ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 100));
	ASSERT_EQ(0, kt_all_here(&self->link));
	kt_key_rewind(&self->link.in.key, 2);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	EXPECT_TRUE(readable(&self->link));
	ASSERT_EQ(200, recv(self->link.fd, got, 200, MSG_DONTWAIT));
	EXPECT_EQ(0, kt_check(got, 200, 0));
	EXPECT_FALSE(readable(&self->link));
}

KT_TEST(poll, record_queued_before_the_ulp_is_readable)
{
	uint8_t got[100];

	kt_link_close(&self->link);
	ASSERT_EQ(0, kt_link_pair(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(0, kt_attach(self->link.fd));
	kt_key_rewind(&self->link.in.key, 1);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	EXPECT_TRUE(readable(&self->link));
	ASSERT_EQ(100, recv(self->link.fd, got, 100, MSG_DONTWAIT));
	EXPECT_EQ(0, kt_check(got, 100, 0));
}

KT_TEST(poll, part_queued_before_the_key_is_not_readable)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t got[100];
	ssize_t len;

	ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
	len = kt_seal_pattern(&self->link, 100, wire);
	ASSERT_EQ(0, kt_write_here(&self->link, wire, 60));
	kt_key_rewind(&self->link.in.key, 1);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	EXPECT_FALSE(readable(&self->link));
	ASSERT_EQ(0, kt_write_here(&self->link, wire + 60, len - 60));
	EXPECT_TRUE(readable(&self->link));
	ASSERT_EQ(100, recv(self->link.fd, got, 100, MSG_DONTWAIT));
	EXPECT_EQ(0, kt_check(got, 100, 0));
}

KT_TEST(poll, end_queued_before_the_key_is_readable)
{
	uint8_t got[100];

	ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_NE(0, kt_poll(self->link.fd, POLLRDHUP, KT_WAIT_MS));
	kt_key_rewind(&self->link.in.key, 1);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	ASSERT_EQ(100, recv(self->link.fd, got, 100, MSG_DONTWAIT));
	EXPECT_TRUE(readable(&self->link));
	EXPECT_EQ(0, recv(self->link.fd, got, 100, MSG_DONTWAIT));
}

/* ---- writing ------------------------------------------------------------ */

KT_TEST(poll, full_buffer_is_not_writable)
{
	ssize_t sent;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	EXPECT_EQ(POLLOUT, kt_poll(self->link.fd, POLLOUT, 0));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	EXPECT_EQ(0, kt_poll(self->link.fd, POLLOUT, 0));
	ASSERT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(POLLOUT, kt_poll(self->link.fd, POLLOUT, KT_WAIT_MS));
}

static ssize_t poll_for_room(void *arg)
{
	struct kt_link *link = arg;

	return kt_poll(link->fd, POLLOUT, KT_WAIT_MS);
}

KT_TEST(poll, sleeping_writer_wakes_for_room)
{
	struct kt_task task;
	ssize_t sent;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	ASSERT_EQ(0, kt_task_start(&task, poll_for_room, &self->link));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(POLLOUT, kt_task_join(&task));
}

TEST_HARNESS_MAIN
