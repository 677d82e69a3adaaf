// SPDX-License-Identifier: GPL-2.0
/* Messages sent through KCM: records like any others, no message in another. */
#include "lib/brief.h"
#include "lib/kcm.h"
#include <poll.h>
#include <signal.h>

FIXTURE(send)
{
	struct kt_link link;
	int kcm;
};

KT_BRIEF_VARIANTS(send);

FIXTURE_SETUP(send)
{
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	self->kcm = kt_kcm();
	ASSERT_GE(self->kcm, 0);
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
}

FIXTURE_TEARDOWN(send)
{
	kt_close(&self->kcm);
	kt_link_close(&self->link);
}

static int send_piece(int kcm, size_t len, uint64_t position, int flags)
{
	static __thread uint8_t data[1 << 17];

	kt_fill(data, len, position);
	return send(kcm, data, len, flags) == (ssize_t)len ? 0 : kt_errno("send to KCM");
}

KT_TEST(send, small_message_is_a_record)
{
	ASSERT_EQ(0, send_piece(self->kcm, 1000, 0, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 1000, 0));
	ASSERT_EQ(0, send_piece(self->kcm, 1, 1000, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 1, 1000));
}

KT_TEST(send, messages_of_many_lengths)
{
	static const size_t lengths[] = {
		1, 100, 4095, 4097, 16384, 16385, 50000, 100000,
	};
	uint64_t position = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		ASSERT_EQ(0, send_piece(self->kcm, lengths[i], position, 0));
		ASSERT_EQ(0, kt_expect_stream(&self->link, lengths[i], position, NULL));
		position += lengths[i];
	}
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

KT_TEST(send, message_in_parts_goes_out_when_it_is_whole)
{
	ASSERT_EQ(0, send_piece(self->kcm, 300, 0, MSG_MORE));
	ASSERT_EQ(0, send_piece(self->kcm, 20000, 300, MSG_MORE));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(0, send_piece(self->kcm, 7, 20300, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 20307, 0, NULL));
}

/* The socket takes a part of it, KCM's work queue the rest when there is room. */
KT_TEST(send, message_that_waits_for_room)
{
	ASSERT_EQ(0, kt_kcm_detach(self->kcm, self->link.fd));
	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, send_piece(self->kcm, 100000, i * 100000, 0));
		ASSERT_EQ(0, kt_expect_stream(&self->link, 100000, i * 100000, NULL));
	}
}

static ssize_t send_marked(void *arg)
{
	static __thread uint8_t data[20000];

	memset(data, *(int *)arg, sizeof(data));
	for (int i = 0; i < 15; i++)
		if (send(*(int *)arg, data, sizeof(data), 0) != sizeof(data))
			return kt_errno("send to KCM");
	return 0;
}

/* Each thread sends messages that consist of its socket's number. */
KT_TEST(send, two_senders_do_not_mix)
{
	int fds[] = { self->kcm, kt_kcm_clone(self->kcm) };
	static struct kt_record record;
	struct kt_task tasks[2];
	uint8_t first = 0;
	size_t at = 0;

	ASSERT_GE(fds[1], 0);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, kt_task_start(&tasks[i], send_marked, &fds[i]));
	for (size_t seen = 0; seen < 2 * 15 * 20000; seen += record.len) {
		ASSERT_EQ(0, kt_recv_record(&self->link, &record));
		ASSERT_EQ(KT_DATA, record.type);
		for (size_t i = 0; i < record.len; i++, at = (at + 1) % 20000) {
			first = at ? first : record.data[i];
			ASSERT_EQ(first, record.data[i]);
		}
	}
	EXPECT_EQ(0, at);
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(0, kt_task_join(&tasks[i]));
	kt_close(&fds[1]);
}

KT_TEST(send, both_ways)
{
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, kt_send_message(&self->link, 20000, 9000, i));
		ASSERT_EQ(0, send_piece(self->kcm, 20000, i, 0));
		ASSERT_EQ(0, kt_expect_message(self->kcm, 20000, i));
		ASSERT_EQ(0, kt_expect_stream(&self->link, 20000, i, NULL));
	}
}

/* A record of the program's own, between two messages. */
KT_TEST(send, control_record_beside_kcm)
{
	ASSERT_EQ(0, send_piece(self->kcm, 1000, 0, 0));
	ASSERT_EQ(2, kt_send_type(self->link.fd, KT_ALERT, "\1\132", 2, 0));
	ASSERT_EQ(0, send_piece(self->kcm, 1000, 1000, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 1000, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_ALERT, "\1\132", 2));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 1000, 1000));
}

KT_TEST(send, peer_that_is_gone)
{
	kt_reset(&self->link.raw);
	ASSERT_NE(0, kt_poll(self->link.fd, POLLHUP, KT_WAIT_MS));
	/* KCM keeps the message for another connection; it sends with no flags */
	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, send_piece(self->kcm, 1000, 0, 0));
	EXPECT_ERRNO(EPIPE, send(self->link.fd, "data", 4, MSG_NOSIGNAL));
}

TEST_HARNESS_MAIN
