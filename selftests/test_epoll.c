// SPDX-License-Identifier: GPL-2.0
/* epoll(7), level and edge: no event too few, none for part of a record. */
#include "lib/fixture.h"
#include <sys/epoll.h>

KT_FIXTURE_OPEN(epoll)

KT_TEST(epoll, level)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 100, wire);
	int set = kt_watch(self->link.fd, EPOLLIN);
	uint8_t got[100];

	ASSERT_GE(set, 0);
	EXPECT_EQ(0, kt_events(set, 0));
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len - 1));
	EXPECT_EQ(0, kt_events(set, 0));
	ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 1, 1));
	EXPECT_EQ(EPOLLIN, kt_events(set, 0));
	EXPECT_EQ(EPOLLIN, kt_events(set, 0));
	ASSERT_EQ(50, recv(self->link.fd, got, 50, 0));
	EXPECT_EQ(EPOLLIN, kt_events(set, 0));
	ASSERT_EQ(50, recv(self->link.fd, got, 50, 0));
	EXPECT_EQ(0, kt_events(set, 0));
	close(set);
}

KT_TEST(epoll, edge)
{
	static uint8_t wire[KT_MAX_WIRE];
	int set = kt_watch(self->link.fd, EPOLLIN | EPOLLET);
	uint8_t got[100];

	ASSERT_GE(set, 0);
	EXPECT_EQ(0, kt_events(set, 0));
	for (int i = 0; i < 5; i++) {
		ssize_t len = kt_seal_pattern(&self->link, 100, wire);

		ASSERT_EQ(0, kt_write_here(&self->link, wire, 3));
		EXPECT_EQ(0, kt_events(set, 0));
		ASSERT_EQ(0, kt_write_here(&self->link, wire + 3, len - 10));
		EXPECT_EQ(0, kt_events(set, 0));
		ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 7, 7));
		EXPECT_EQ(EPOLLIN, kt_events(set, 0));
		EXPECT_EQ(0, kt_events(set, 0));
		ASSERT_EQ(100, recv(self->link.fd, got, 100, 0));
		EXPECT_ERRNO(EAGAIN, recv(self->link.fd, got, 1, MSG_DONTWAIT));
		EXPECT_EQ(0, kt_events(set, 0));
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

		if (!kt_events(set, KT_WAIT_MS)) {
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

KT_TEST(epoll, edges_suffice_for_a_stream)
{
	int set = kt_watch(self->link.fd, EPOLLIN | EPOLLET);
	struct kt_task task;

	ASSERT_GE(set, 0);
	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	EXPECT_EQ(0, drain_by_edges(&self->link, set, 100000));
	EXPECT_EQ(0, kt_task_join(&task));
	close(set);
}

/* Nobody reads: the record must be fetched for poll to ever say so. */
KT_TEST(epoll, edges_suffice_when_records_outgrow_the_window)
{
	struct kt_tune tune = { .fd_rcvbuf = 4096 };
	struct kt_task task;
	int set;

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	set = kt_watch(self->link.fd, EPOLLIN | EPOLLET);
	ASSERT_GE(set, 0);
	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	EXPECT_EQ(0, drain_by_edges(&self->link, set, 100000));
	EXPECT_EQ(0, kt_task_join(&task));
	close(set);
}

/* The edge for what lay there has been consumed before the key came. */
KT_TEST(epoll, key_is_an_edge_for_what_is_queued)
{
	int set;

	ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
	set = kt_watch(self->link.fd, EPOLLIN | EPOLLET);
	ASSERT_GE(set, 0);
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(EPOLLIN, kt_events(set, KT_WAIT_MS));
	kt_key_rewind(&self->link.in.key, 1);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	EXPECT_EQ(EPOLLIN, kt_events(set, KT_WAIT_MS));
	close(set);
}

KT_TEST(epoll, room_is_an_edge_for_writers)
{
	ssize_t sent;
	int set;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	set = kt_watch(self->link.fd, EPOLLOUT | EPOLLET);
	ASSERT_GE(set, 0);
	EXPECT_EQ(EPOLLOUT, kt_events(set, 0));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	EXPECT_EQ(0, kt_events(set, 0));
	ASSERT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(EPOLLOUT, kt_events(set, KT_WAIT_MS));
	close(set);
}

TEST_HARNESS_MAIN
