// SPDX-License-Identifier: GPL-2.0
/* poll and epoll while a KeyUpdate waits for its key. */
#include "lib/fixture.h"
#include <poll.h>
#include <sys/epoll.h>

FIXTURE(polled)
{
	struct kt_link link;
	struct kt_key next;	/* the key that TLS_RX waits for */
	int level, edge;	/* epoll sets */
};

KT_VARIANTS_13(polled);

FIXTURE_SETUP(polled)
{
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	self->level = kt_watch(self->link.fd, EPOLLIN);
	self->edge = kt_watch(self->link.fd, EPOLLIN | EPOLLET);
	ASSERT_GE(self->level, 0);
	ASSERT_GE(self->edge, 0);
}

FIXTURE_TEARDOWN(polled)
{
	kt_link_close(&self->link);
	kt_close(&self->level);
	kt_close(&self->edge);
}

/* Up to the point where reading says EKEYEXPIRED, all events fetched. */
static int pause_reading(FIXTURE_DATA(polled) *self)
{
	if (kt_pause_reading(&self->link, &self->next))
		return -1;
	kt_events(self->edge, 0);
	return 0;
}

/* ---- poll and epoll --------------------------------------------------------- */

KT_TEST(polled, the_message_itself_is_readable)
{
	EXPECT_EQ(0, kt_events(self->edge, 0));
	ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	EXPECT_EQ(POLLIN, kt_poll(self->link.fd, POLLIN, 0));
	EXPECT_EQ(EPOLLIN, kt_events(self->level, 0));
	EXPECT_EQ(EPOLLIN, kt_events(self->edge, 0));
	ASSERT_EQ(0, kt_expect_key_update(self->link.fd));
	EXPECT_EQ(0, kt_poll(self->link.fd, POLLIN, 0));
	EXPECT_EQ(0, kt_events(self->level, 0));
	EXPECT_EQ(0, kt_events(self->edge, 0));
}

/* Opened by a look at what is in front, it is as readable as before. */
KT_TEST(polled, a_peek_changes_nothing)
{
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 100));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, MSG_PEEK));
	EXPECT_EQ(EPOLLIN, kt_events(self->level, 0));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	EXPECT_EQ(EPOLLIN, kt_events(self->level, 0));
	ASSERT_EQ(0, kt_expect_key_update(self->link.fd));
	EXPECT_EQ(0, kt_expect_expired(self->link.fd));
	EXPECT_EQ(0, kt_events(self->level, 0));
}

KT_TEST(polled, no_event_before_the_key)
{
	ASSERT_EQ(0, pause_reading(self));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, i * 100));
		EXPECT_EQ(0, kt_poll(self->link.fd, POLLIN, 0));
		EXPECT_EQ(0, kt_events(self->level, 0));
		EXPECT_EQ(0, kt_events(self->edge, 0));
		/* nor is there anything to count */
		EXPECT_EQ(0, kt_unread(self->link.fd));
	}
	ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
	EXPECT_EQ(300, kt_unread(self->link.fd));
	EXPECT_EQ(POLLIN, kt_poll(self->link.fd, POLLIN, 0));
	EXPECT_EQ(EPOLLIN, kt_events(self->level, 0));
	EXPECT_EQ(EPOLLIN, kt_events(self->edge, 0));
	EXPECT_EQ(0, kt_events(self->edge, 0));
	EXPECT_EQ(300, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	EXPECT_EQ(0, kt_events(self->level, 0));
}

/* The key first, the data later: one event, and not for the key. */
KT_TEST(polled, no_event_before_the_data)
{
	ASSERT_EQ(0, pause_reading(self));
	ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
	EXPECT_EQ(0, kt_poll(self->link.fd, POLLIN, 0));
	EXPECT_EQ(0, kt_events(self->level, 0));
	EXPECT_EQ(0, kt_events(self->edge, 0));
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	EXPECT_EQ(EPOLLIN, kt_events(self->level, 0));
	EXPECT_EQ(EPOLLIN, kt_events(self->edge, 0));
	EXPECT_EQ(0, kt_events(self->edge, 0));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, 0));
}

KT_TEST(polled, refused_key_is_no_event)
{
	struct kt_key wrong;

	ASSERT_EQ(0, pause_reading(self));
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	wrong = self->next;
	wrong.version = TLS_1_2_VERSION;
	EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_RX, &wrong));
	EXPECT_EQ(0, kt_poll(self->link.fd, POLLIN, 0));
	EXPECT_EQ(0, kt_events(self->level, 0));
	EXPECT_EQ(0, kt_events(self->edge, 0));
}

KT_TEST(polled, no_event_for_half_a_record)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len;

	ASSERT_EQ(0, pause_reading(self));
	len = kt_seal_pattern(&self->link, 100, wire);
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len - 1));
	ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
	EXPECT_EQ(0, kt_events(self->level, 0));
	EXPECT_EQ(0, kt_events(self->edge, 0));
	ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 1, 1));
	EXPECT_EQ(EPOLLIN, kt_events(self->level, 0));
	EXPECT_EQ(EPOLLIN, kt_events(self->edge, 0));
}

/* In threads: poll(), and epoll_wait() both ways, asleep before the data. */
static ssize_t sleep_in_poll(void *arg)
{
	FIXTURE_DATA(polled) *self = arg;

	return kt_poll(self->link.fd, POLLIN, KT_WAIT_MS);
}

static ssize_t sleep_in_level(void *arg)
{
	FIXTURE_DATA(polled) *self = arg;

	return kt_events(self->level, KT_WAIT_MS);
}

static ssize_t sleep_in_edge(void *arg)
{
	FIXTURE_DATA(polled) *self = arg;

	return kt_events(self->edge, KT_WAIT_MS);
}

static ssize_t (*const sleepers[])(void *) = {
	sleep_in_poll, sleep_in_level, sleep_in_edge,
};

KT_TEST(polled, sleepers_wake_for_the_key)
{
	for (size_t i = 0; i < ARRAY_SIZE(sleepers); i++) {
		struct kt_task task;

		ASSERT_EQ(0, pause_reading(self));
		ASSERT_EQ(0, kt_task_start(&task, sleepers[i], self));
		ASSERT_EQ(0, kt_task_asleep(&task));
		ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
		/* had it an event, it would be through, not asleep */
		ASSERT_EQ(0, kt_task_asleep(&task));
		EXPECT_EQ(0, kt_events(self->level, 0));
		ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
		EXPECT_EQ(POLLIN, kt_task_join(&task));
		EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	}
}

KT_TEST(polled, sleepers_wake_for_data_behind_the_key)
{
	for (size_t i = 0; i < ARRAY_SIZE(sleepers); i++) {
		struct kt_task task;

		ASSERT_EQ(0, pause_reading(self));
		ASSERT_EQ(0, kt_task_start(&task, sleepers[i], self));
		ASSERT_EQ(0, kt_task_asleep(&task));
		ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
		ASSERT_EQ(0, kt_task_asleep(&task));
		EXPECT_EQ(0, kt_events(self->level, 0));
		ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
		EXPECT_EQ(POLLIN, kt_task_join(&task));
		EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	}
}

/* The loop of an event-driven program with rekeys in its stream. */
static ssize_t send_and_rekey(void *arg)
{
	struct kt_link *link = arg;
	struct kt_key next;

	for (int i = 0; i < 40; i++)
		if (kt_send_stream(link, 10000, 3000, i * 10000) ||
		    kt_peer_rekey(link, &next))
			return -1;
	return 0;
}

KT_TEST(polled, edges_suffice_for_a_stream_with_rekeys)
{
	struct kt_key key = self->link.in.key;
	uint64_t seen = 0, updates = 0;
	static uint8_t got[20000];
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, send_and_rekey, &self->link));
	while (seen < 400000 || updates < 40) {
		uint8_t type;
		ssize_t n;

		ASSERT_NE(0, kt_events(self->edge, KT_WAIT_MS))
			TH_LOG("no event after %llu bytes, %llu keys",
			       (unsigned long long)seen, (unsigned long long)updates);
		while ((n = kt_recv_type(self->link.fd, &type, got, sizeof(got),
					 MSG_DONTWAIT)) > 0) {
			if (type == KT_DATA) {
				ASSERT_EQ(0, kt_check(got, n, seen));
				seen += n;
				continue;
			}
			ASSERT_EQ(KT_KEY_UPDATE, n);
			kt_key_next(&key, &key);
			ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &key));
			updates++;
		}
		ASSERT_EQ(-1, n);
		ASSERT_EQ(EAGAIN, errno);
	}
	EXPECT_EQ(0, kt_task_join(&task));
}

TEST_HARNESS_MAIN
