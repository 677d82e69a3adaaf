// SPDX-License-Identifier: GPL-2.0
/* poll(2) and epoll(7): readable when a reader would not wait, and only then. */
#include "lib/fixture.h"
#include <poll.h>
#include <sys/epoll.h>

KT_FIXTURE_OPEN(poll)

static int all_here(struct kt_link *link)
{
	return kt_arrived(link->raw, link->fd);
}

static bool readable(struct kt_link *link)
{
	return kt_poll(link->fd, POLLIN, 0) & POLLIN;
}

/* One sealed record of @len bytes of the stream in @wire; its length. */
static ssize_t seal_pattern(struct kt_link *link, size_t len, uint8_t *wire)
{
	static uint8_t plain[KT_MAX_PLAIN];

	kt_fill(plain, len, 0);
	return kt_seal(&link->in, KT_DATA, plain, len, 0, wire);
}

static int write_here(struct kt_link *link, const uint8_t *wire, size_t len)
{
	return kt_write_full(link->raw, wire, len) || all_here(link) ? -1 : 0;
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
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(POLLIN, kt_poll(self->link.fd, POLLIN | POLLPRI | POLLRDHUP, 0));
	ASSERT_EQ(10, recv(self->link.fd, got, 10, 0));
	EXPECT_FALSE(readable(&self->link));
}

KT_TEST(poll, part_of_a_record_is_not_readable)
{
	static const ssize_t ends[] = { 1, 4, 5, 6, 13, 14, 50, 150, 500, 1000 };
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = seal_pattern(&self->link, 1000, wire), done = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		ASSERT_EQ(0, write_here(&self->link, wire + done, ends[i] - done));
		done = ends[i];
		EXPECT_FALSE(readable(&self->link));
	}
	ASSERT_EQ(0, write_here(&self->link, wire + done, len - done - 1));
	EXPECT_FALSE(readable(&self->link));
	ASSERT_EQ(0, write_here(&self->link, wire + len - 1, 1));
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
	len = seal_pattern(&self->link, 100, wire);
	ASSERT_EQ(0, write_here(&self->link, wire, len - 1));
	ASSERT_EQ(10, recv(self->link.fd, got, 10, 0));
	EXPECT_TRUE(readable(&self->link));
	ASSERT_EQ(10, recv(self->link.fd, got, 10, 0));
	/* what is left is the part of a third */
	EXPECT_FALSE(readable(&self->link));
	ASSERT_EQ(0, write_here(&self->link, wire + len - 1, 1));
	EXPECT_TRUE(readable(&self->link));
}

KT_TEST(poll, control_record_is_readable_until_taken)
{
	uint8_t got[10], type;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, all_here(&self->link));
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

	ASSERT_GT(seal_pattern(&self->link, 100, wire), 0);
	ASSERT_EQ(0, write_here(&self->link, wire, 50));
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

	ASSERT_EQ(0, write_here(&self->link, header, 4));
	EXPECT_FALSE(readable(&self->link));
	ASSERT_EQ(0, write_here(&self->link, header + 4, 1));
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
	ssize_t len = seal_pattern(&self->link, 100, wire);
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

/* ---- epoll -------------------------------------------------------------- */

/* epoll set with @fd in it, for @events. */
static int watch(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };
	int set = epoll_create1(EPOLL_CLOEXEC);

	if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, fd, &event)) {
		kt_errno("epoll");
		kt_close(&set);
	}
	return set;
}

/* Events that are there now; 0 for none. */
static uint32_t events_in(int set, int timeout_ms)
{
	struct epoll_event event;
	int n = epoll_wait(set, &event, 1, timeout_ms);

	return n == 1 ? event.events : 0;
}

KT_TEST(poll, epoll_level)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = seal_pattern(&self->link, 100, wire);
	int set = watch(self->link.fd, EPOLLIN);
	uint8_t got[100];

	ASSERT_GE(set, 0);
	EXPECT_EQ(0, events_in(set, 0));
	ASSERT_EQ(0, write_here(&self->link, wire, len - 1));
	EXPECT_EQ(0, events_in(set, 0));
	ASSERT_EQ(0, write_here(&self->link, wire + len - 1, 1));
	EXPECT_EQ(EPOLLIN, events_in(set, 0));
	EXPECT_EQ(EPOLLIN, events_in(set, 0));
	ASSERT_EQ(50, recv(self->link.fd, got, 50, 0));
	EXPECT_EQ(EPOLLIN, events_in(set, 0));
	ASSERT_EQ(50, recv(self->link.fd, got, 50, 0));
	EXPECT_EQ(0, events_in(set, 0));
	close(set);
}

KT_TEST(poll, epoll_edge)
{
	static uint8_t wire[KT_MAX_WIRE];
	int set = watch(self->link.fd, EPOLLIN | EPOLLET);
	uint8_t got[100];

	ASSERT_GE(set, 0);
	EXPECT_EQ(0, events_in(set, 0));
	for (int i = 0; i < 5; i++) {
		ssize_t len = seal_pattern(&self->link, 100, wire);

		ASSERT_EQ(0, write_here(&self->link, wire, 3));
		EXPECT_EQ(0, events_in(set, 0));
		ASSERT_EQ(0, write_here(&self->link, wire + 3, len - 10));
		EXPECT_EQ(0, events_in(set, 0));
		ASSERT_EQ(0, write_here(&self->link, wire + len - 7, 7));
		EXPECT_EQ(EPOLLIN, events_in(set, 0));
		EXPECT_EQ(0, events_in(set, 0));
		ASSERT_EQ(100, recv(self->link.fd, got, 100, 0));
		EXPECT_ERRNO(EAGAIN, recv(self->link.fd, got, 1, MSG_DONTWAIT));
		EXPECT_EQ(0, events_in(set, 0));
	}
	close(set);
}

static ssize_t send_long_records(void *arg)
{
	return kt_send_stream(arg, 100000, 16384, 0);
}

/* The loop every event-driven program has, with no slack for a lost edge. */
static int drain_by_edges(struct kt_link *link, int set, uint64_t want)
{
	static uint8_t got[20000];
	uint64_t seen = 0;

	while (seen < want) {
		ssize_t n;

		if (!events_in(set, KT_WAIT_MS)) {
			kt_say("no event in %d ms after %llu bytes", KT_WAIT_MS,
			       (unsigned long long)seen);
			return -1;
		}
		while ((n = recv(link->fd, got, sizeof(got), MSG_DONTWAIT)) > 0) {
			if (kt_check(got, n, seen))
				return -1;
			seen += n;
		}
		if (n == 0 || errno != EAGAIN)
			return kt_errno("recv between edges");
	}
	return 0;
}

KT_TEST(poll, edges_suffice_for_a_stream)
{
	int set = watch(self->link.fd, EPOLLIN | EPOLLET);
	struct kt_task task;

	ASSERT_GE(set, 0);
	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	EXPECT_EQ(0, drain_by_edges(&self->link, set, 100000));
	EXPECT_EQ(0, kt_task_join(&task));
	close(set);
}

/* Nobody reads: the record must be fetched for poll to ever say so. */
KT_TEST(poll, edges_suffice_when_records_outgrow_the_window)
{
	struct kt_tune tune = { .fd_rcvbuf = 4096 };
	struct kt_task task;
	int set;

	kt_link_close(&self->link);
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, &tune));
	set = watch(self->link.fd, EPOLLIN | EPOLLET);
	ASSERT_GE(set, 0);
	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	EXPECT_EQ(0, drain_by_edges(&self->link, set, 100000));
	EXPECT_EQ(0, kt_task_join(&task));
	close(set);
}

/* ---- before the key is in ----------------------------------------------- */

static int open_without_rx_key(struct kt_link *link,
			       const struct kt_params *params)
{
	kt_link_close(link);
	return kt_link_pair(link, params, NULL) || kt_attach(link->fd) ? -1 : 0;
}

KT_TEST(poll, record_queued_before_the_key_is_readable)
{
	uint8_t got[200];

	ASSERT_EQ(0, open_without_rx_key(&self->link, &variant->params));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 100));
	ASSERT_EQ(0, all_here(&self->link));
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
	ASSERT_EQ(0, all_here(&self->link));
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

	ASSERT_EQ(0, open_without_rx_key(&self->link, &variant->params));
	len = seal_pattern(&self->link, 100, wire);
	ASSERT_EQ(0, write_here(&self->link, wire, 60));
	kt_key_rewind(&self->link.in.key, 1);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	EXPECT_FALSE(readable(&self->link));
	ASSERT_EQ(0, write_here(&self->link, wire + 60, len - 60));
	EXPECT_TRUE(readable(&self->link));
	ASSERT_EQ(100, recv(self->link.fd, got, 100, MSG_DONTWAIT));
	EXPECT_EQ(0, kt_check(got, 100, 0));
}

/* The edge for what lay there has been consumed before the key came. */
KT_TEST(poll, key_is_an_edge_for_what_is_queued)
{
	int set;

	ASSERT_EQ(0, open_without_rx_key(&self->link, &variant->params));
	set = watch(self->link.fd, EPOLLIN | EPOLLET);
	ASSERT_GE(set, 0);
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(EPOLLIN, events_in(set, KT_WAIT_MS));
	kt_key_rewind(&self->link.in.key, 1);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	EXPECT_EQ(EPOLLIN, events_in(set, KT_WAIT_MS));
	close(set);
}

KT_TEST(poll, end_queued_before_the_key_is_readable)
{
	uint8_t got[100];

	ASSERT_EQ(0, open_without_rx_key(&self->link, &variant->params));
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

static int open_small(struct kt_link *link, const struct kt_params *params)
{
	struct kt_tune tune = { .fd_sndbuf = 8192, .raw_rcvbuf = 8192 };

	kt_link_close(link);
	return kt_link_open(link, params, &tune);
}

KT_TEST(poll, full_buffer_is_not_writable)
{
	ssize_t sent;

	ASSERT_EQ(0, open_small(&self->link, &variant->params));
	EXPECT_EQ(POLLOUT, kt_poll(self->link.fd, POLLOUT, 0));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	EXPECT_EQ(0, kt_poll(self->link.fd, POLLOUT, 0));
	ASSERT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(POLLOUT, kt_poll(self->link.fd, POLLOUT, KT_WAIT_MS));
}

KT_TEST(poll, room_is_an_edge_for_writers)
{
	ssize_t sent;
	int set;

	ASSERT_EQ(0, open_small(&self->link, &variant->params));
	set = watch(self->link.fd, EPOLLOUT | EPOLLET);
	ASSERT_GE(set, 0);
	EXPECT_EQ(EPOLLOUT, events_in(set, 0));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	EXPECT_EQ(0, events_in(set, 0));
	ASSERT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(EPOLLOUT, events_in(set, KT_WAIT_MS));
	close(set);
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

	ASSERT_EQ(0, open_small(&self->link, &variant->params));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	ASSERT_EQ(0, kt_task_start(&task, poll_for_room, &self->link));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(POLLOUT, kt_task_join(&task));
}

TEST_HARNESS_MAIN
