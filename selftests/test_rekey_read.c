// SPDX-License-Identifier: GPL-2.0
/* Reading, and sending, while a KeyUpdate waits for its key. */
#include "lib/fixture.h"
#include <fcntl.h>
#include <poll.h>

FIXTURE(pause)
{
	struct kt_link link;
	struct kt_key next;	/* the key that TLS_RX waits for */
	int pipe[2];
};

KT_VARIANTS_13(pause);

FIXTURE_SETUP(pause)
{
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC | O_NONBLOCK));
}

FIXTURE_TEARDOWN(pause)
{
	kt_link_close(&self->link);
	kt_close(&self->pipe[0]);
	kt_close(&self->pipe[1]);
}

/* ---- reading ---------------------------------------------------------------- */

KT_TEST(pause, every_read_says_so)
{
	ASSERT_EQ(0, kt_pause_reading(&self->link, &self->next));
	EXPECT_EQ(0, kt_expect_expired(self->link.fd));
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	EXPECT_EQ(0, kt_expect_expired(self->link.fd));
	EXPECT_EQ(EKEYEXPIRED, kt_recv_errno(self->link.fd, MSG_TRUNC));
	EXPECT_ERRNO(EKEYEXPIRED, splice(self->link.fd, NULL, self->pipe[1], NULL, 1000, 0));
	EXPECT_ERRNO(EKEYEXPIRED, splice(self->link.fd, NULL, self->pipe[1], NULL, 1000,
					 SPLICE_F_NONBLOCK));
	ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, 0));
}

/* What came before is delivered first, by whatever way it is asked for. */
KT_TEST(pause, data_in_front_comes_first)
{
	static const int flags[] = { 0, MSG_DONTWAIT, MSG_WAITALL, MSG_PEEK };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
		ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 100));
		ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
		ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 200));
		EXPECT_EQ(200, kt_recv_pattern(self->link.fd, 300, 0, flags[i]));
		if (flags[i] == MSG_PEEK) {
			EXPECT_EQ(200, kt_recv_pattern(self->link.fd, 300, 0, MSG_PEEK));
			EXPECT_EQ(150, kt_recv_pattern(self->link.fd, 150, 0, 0));
			EXPECT_EQ(50, kt_recv_pattern(self->link.fd, 300, 150, 0));
		}
		EXPECT_EQ(0, kt_expect_key_update(self->link.fd));
		EXPECT_EQ(0, kt_expect_expired(self->link.fd));
		ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
		EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 300, 200, 0));
	}
}

/* What was opened with the old key stays opened. */
KT_TEST(pause, key_comes_before_the_message_is_read)
{
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 100));
	/* a look as far as it goes opens the message */
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, MSG_PEEK));
	ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	EXPECT_EQ(EIO, kt_recv_errno(self->link.fd, 0));
	EXPECT_EQ(0, kt_expect_key_update(self->link.fd));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 100, 0));
}

KT_TEST(pause, splice_takes_what_is_in_front)
{
	uint8_t got[100];

	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 100));
	ASSERT_EQ(100, splice(self->link.fd, NULL, self->pipe[1], NULL, 1000, 0));
	ASSERT_EQ(0, kt_read_pipe(self->pipe[0], got, 100));
	EXPECT_EQ(0, kt_check(got, 100, 0));
	/* a control record, and then the key */
	EXPECT_ERRNO(EINVAL, splice(self->link.fd, NULL, self->pipe[1], NULL, 1000, 0));
	ASSERT_EQ(0, kt_expect_key_update(self->link.fd));
	EXPECT_ERRNO(EKEYEXPIRED, splice(self->link.fd, NULL, self->pipe[1], NULL, 1000, 0));
	ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
	ASSERT_EQ(100, splice(self->link.fd, NULL, self->pipe[1], NULL, 1000, 0));
	ASSERT_EQ(0, kt_read_pipe(self->pipe[0], got, 100));
	EXPECT_EQ(0, kt_check(got, 100, 100));
}

/* The low-water mark is for data; there will be none. */
KT_TEST(pause, waits_for_no_low_water_mark)
{
	int mark = 1000;

	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_RCVLOWAT, &mark,
				sizeof(mark)));
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 2000, 0, 0));
}

static ssize_t read_a_record(void *arg)
{
	FIXTURE_DATA(pause) *self = arg;
	uint8_t got[100], type;

	return kt_recv_type(self->link.fd, &type, got, sizeof(got), 0);
}

/* Two sleep; one is given the KeyUpdate, and for the other there is nothing. */
KT_TEST(pause, sleeping_readers_are_told)
{
	struct kt_task tasks[2];
	ssize_t got[2];
	int errors[2];

	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, kt_task_start(&tasks[i], read_a_record, self));
		ASSERT_EQ(0, kt_task_asleep(&tasks[i]));
	}
	ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
	for (int i = 0; i < 2; i++) {
		got[i] = kt_task_join(&tasks[i]);
		errors[i] = errno;
	}
	EXPECT_EQ(KT_KEY_UPDATE - 1, got[0] + got[1]);
	EXPECT_EQ(EKEYEXPIRED, errors[got[0] == -1 ? 0 : 1]);
}

/* A reader that sleeps with the old key reads with the new one. */
KT_TEST(pause, sleeping_reader_gets_the_new_key)
{
	struct kt_reader reader;

	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 1000, 0));
	kt_key_next(&self->link.in.key, &self->next);
	ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
	ASSERT_EQ(0, kt_flow_rekey(&self->link.in, &self->next));
	ASSERT_EQ(0, kt_task_asleep(&reader.task));
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	EXPECT_EQ(100, kt_task_join(&reader.task));
	EXPECT_EQ(0, kt_check(reader.got, 100, 0));
}

/* More than the window holds comes meanwhile: it has to wait, and comes. */
static ssize_t send_long_records(void *arg)
{
	return kt_send_stream(arg, 400000, 16384, 0);
}

KT_TEST(pause, a_stream_behind_it_is_not_lost)
{
	static const int sizes[] = { 0, 4096 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct kt_tune tune = { .fd_rcvbuf = sizes[i] };
		struct kt_task task;
		uint64_t seen = 0;

		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
		ASSERT_EQ(0, kt_pause_reading(&self->link, &self->next));
		ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
		ASSERT_EQ(0, kt_task_asleep(&task));
		EXPECT_EQ(0, kt_expect_expired(self->link.fd));
		ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
		while (seen < 400000) {
			ssize_t n;

			ASSERT_NE(0, kt_poll(self->link.fd, POLLIN, KT_WAIT_MS));
			n = kt_recv_pattern(self->link.fd, 50000, seen, 0);
			ASSERT_GT(n, 0);
			seen += n;
		}
		EXPECT_EQ(0, kt_task_join(&task));
	}
}

KT_TEST(pause, half_a_record_behind_it)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len;

	for (ssize_t cut = 1; cut < 120; cut += 13) {
		ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
		len = kt_seal_pattern(&self->link, 100, wire);
		ASSERT_EQ(0, kt_write_here(&self->link, wire, cut));
		ASSERT_EQ(0, kt_expect_key_update(self->link.fd));
		EXPECT_EQ(0, kt_expect_expired(self->link.fd));
		ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
		EXPECT_EQ(EAGAIN, kt_recv_errno(self->link.fd, MSG_DONTWAIT));
		EXPECT_EQ(0, kt_poll(self->link.fd, POLLIN, 0));
		ASSERT_EQ(0, kt_write_here(&self->link, wire + cut, len - cut));
		EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	}
}

/* What comes under the old key all the same is no record of the new one. */
KT_TEST(pause, records_of_the_old_key_are_the_end)
{
	struct kt_key old = self->link.in.key;

	ASSERT_EQ(0, kt_pause_reading(&self->link, &self->next));
	old.seq += 1;
	ASSERT_EQ(0, kt_flow_rekey(&self->link.in, &old));
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	EXPECT_EQ(0, kt_expect_expired(self->link.fd));
	ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(pause, refused_key_does_not_end_it)
{
	struct kt_key wrong;

	ASSERT_EQ(0, kt_pause_reading(&self->link, &self->next));
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	wrong = self->next;
	wrong.version = TLS_1_2_VERSION;
	EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_RX, &wrong));
	EXPECT_EQ(0, kt_expect_expired(self->link.fd));
	ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, 0));
}

KT_TEST(pause, end_of_stream_behind_it)
{
	ASSERT_EQ(0, kt_pause_reading(&self->link, &self->next));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_NE(0, kt_poll(self->link.fd, POLLRDHUP, KT_WAIT_MS));
	EXPECT_EQ(EKEYEXPIRED, kt_recv_errno(self->link.fd, 0));
	ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
	EXPECT_EQ(0, kt_read_eof(self->link.fd));
}

/* ---- sending goes on -------------------------------------------------------- */

KT_TEST(pause, sending_goes_on)
{
	struct kt_writer writer = { .fd = self->link.fd, .len = 300000 };

	ASSERT_EQ(0, kt_pause_reading(&self->link, &self->next));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	ASSERT_EQ(0, kt_writer_start(&writer));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 300000, 0, NULL));
	EXPECT_EQ(300000, kt_task_join(&writer.task));
	ASSERT_EQ(0, kt_rekey_out(&self->link));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	EXPECT_EQ(POLLOUT, kt_poll(self->link.fd, POLLIN | POLLOUT, 0));
	ASSERT_EQ(0, kt_resume_reading(&self->link, &self->next));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

TEST_HARNESS_MAIN
