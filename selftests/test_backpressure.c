// SPDX-License-Identifier: GPL-2.0
/* Sending more than the socket's buffers hold: nothing lost, nothing twice. */
#include "lib/fixture.h"
#include <poll.h>
#include <signal.h>
#include <time.h>

enum {
	SMALL = 8192,		/* SO_SNDBUF, SO_RCVBUF: a record does not fit */
};

KT_FIXTURE(pressure)
{
	struct kt_tune tune = { .fd_sndbuf = SMALL, .raw_rcvbuf = SMALL };

	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, &tune));
}

/* A call that would block takes what there is room for, and that arrives. */
KT_TEST(pressure, accepted_bytes_arrive_without_another_call)
{
	ssize_t sent = kt_fill_buffers(self->link.fd, 50000, 0);

	ASSERT_GT(sent, 0);
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

KT_TEST(pressure, nonblocking_writes_of_many_sizes)
{
	static const size_t chunks[] = { 1000, 16384, 16385, 3, 50000, 16383 };
	uint64_t position = 0;

	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
		ssize_t sent = kt_fill_buffers(self->link.fd, chunks[i], position);

		ASSERT_GT(sent, 0);
		ASSERT_EQ(0, kt_expect_stream(&self->link, sent, position, NULL));
		position += sent;
	}
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

/* Write and read in turns, never waiting for the other to be through. */
KT_TEST(pressure, nonblocking_writer_with_a_poll_loop)
{
	enum { TOTAL = 600000, CHUNK = 23456 };
	static uint8_t buffer[CHUNK];
	uint64_t sent = 0, seen = 0;
	struct kt_record record;

	while (seen < TOTAL) {
		while (sent < TOTAL && kt_poll(self->link.fd, POLLOUT, 0) > 0) {
			ssize_t n = TOTAL - sent < CHUNK ? TOTAL - sent : CHUNK;

			kt_fill(buffer, n, sent);
			n = send(self->link.fd, buffer, n, MSG_DONTWAIT);
			ASSERT_TRUE(n > 0 || errno == EAGAIN);
			if (n < 0)
				break;
			sent += n;
		}
		ASSERT_EQ(0, kt_recv_record(&self->link, &record));
		ASSERT_EQ(0, kt_check(record.data, record.len, seen));
		seen += record.len;
		ASSERT_LE(seen, sent);
	}
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

KT_TEST(pressure, blocking_write_with_a_slow_reader)
{
	struct kt_writer writer = { .fd = self->link.fd, .len = 400000 };
	struct kt_tally tally;

	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 400000, 0, &tally));
	EXPECT_EQ(400000, kt_task_join(&writer.task));
	/* room comes in small steps; records must not follow suit */
	EXPECT_EQ(16384, tally.largest);
	EXPECT_EQ(25, tally.records);
}

KT_TEST(pressure, small_writes_with_a_slow_reader)
{
	struct kt_writer writer = {
		.fd = self->link.fd, .len = 60000, .chunk = 700,
	};

	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 60000, 0, NULL));
	EXPECT_EQ(60000, kt_task_join(&writer.task));
}

KT_TEST(pressure, open_record_survives_a_full_buffer)
{
	uint8_t rest[100];
	ssize_t sent = kt_fill_buffers(self->link.fd, 16384, 0);

	ASSERT_GT(sent, 0);
	kt_fill(rest, sizeof(rest), sent);
	ASSERT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	ASSERT_EQ(50, send(self->link.fd, rest, 50, MSG_MORE));
	ASSERT_EQ(50, send(self->link.fd, rest + 50, 50, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, sent));
}

/* MSG_MORE all the way: what cannot be held open must be sent. */
KT_TEST(pressure, more_until_full_loses_nothing)
{
	uint64_t sent = 0;

	for (;;) {
		uint8_t chunk[5000];
		ssize_t n;

		kt_fill(chunk, sizeof(chunk), sent);
		n = send(self->link.fd, chunk, sizeof(chunk),
			 MSG_MORE | MSG_DONTWAIT);
		if (n < 0)
			break;
		sent += n;
		ASSERT_LT(sent, 10000000);
	}
	ASSERT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

KT_TEST(pressure, send_timeout_gives_partial_counts)
{
	static uint8_t buffer[200000];
	uint64_t sent = 0;
	ssize_t n;

	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_SNDTIMEO, 50));
	for (;;) {
		kt_fill(buffer, sizeof(buffer), sent);
		n = send(self->link.fd, buffer, sizeof(buffer), MSG_NOSIGNAL);
		if (n < 0)
			break;
		EXPECT_LT(n, (ssize_t)sizeof(buffer));
		sent += n;
	}
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_GT(sent, 0);
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

static void on_alarm(int number)
{
	(void)number;
}

/* A sender woken by signals over and over; the reader sees one stream. */
static ssize_t interrupted_writer(void *arg)
{
	enum { TOTAL = 200000 };
	static uint8_t buffer[TOTAL];
	struct kt_link *link = arg;
	size_t sent = 0;

	kt_fill(buffer, sizeof(buffer), 0);
	while (sent < TOTAL) {
		ssize_t n = send(link->fd, buffer + sent, TOTAL - sent, 0);

		if (n < 0 && errno != EINTR)
			return kt_errno("interrupted send");
		if (n > 0)
			sent += n;
	}
	return sent;
}

KT_TEST(pressure, signals_lose_nothing)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct kt_task task;
	struct kt_record record;
	uint64_t seen = 0;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, kt_task_start(&task, interrupted_writer, &self->link));
	ASSERT_EQ(0, kt_task_asleep(&task));
	while (seen < 200000) {
		pthread_kill(task.thread, SIGUSR1);
		ASSERT_EQ(0, kt_recv_record(&self->link, &record));
		ASSERT_EQ(0, kt_check(record.data, record.len, seen));
		seen += record.len;
	}
	EXPECT_EQ(200000, kt_task_join(&task));
}

/* ---- several senders ---------------------------------------------------- */

enum { SENDERS = 3, MESSAGES = 12 };

struct sender {
	int fd;
	uint8_t mark;
	struct kt_task task;
};

static size_t message_size(unsigned int i)
{
	static const size_t sizes[] = { 700, 17000, 3, 16384, 9000, 33000 };

	return sizes[i % ARRAY_SIZE(sizes)];
}

static ssize_t send_marked(void *arg)
{
	static __thread uint8_t buffer[33000];
	const struct sender *sender = arg;
	ssize_t total = 0;

	memset(buffer, sender->mark, sizeof(buffer));
	for (unsigned int i = 0; i < MESSAGES; i++) {
		size_t len = message_size(i);
		ssize_t n = send(sender->fd, buffer, len, MSG_NOSIGNAL);

		if (n != (ssize_t)len)
			return kt_errno("send of a marked message");
		total += n;
	}
	return total;
}

/* Bytes of one record that belong to somebody other than its first. */
static size_t strangers(const struct kt_record *record)
{
	size_t count = 0;

	for (size_t i = 1; i < record->len; i++)
		count += record->data[i] != record->data[0];
	return count;
}

KT_TEST(pressure, senders_never_mix_in_a_record)
{
	struct sender senders[SENDERS];
	size_t seen[SENDERS] = { };
	struct kt_record record;
	size_t want = 0, total = 0;

	for (unsigned int i = 0; i < MESSAGES; i++)
		want += message_size(i);
	for (int i = 0; i < SENDERS; i++) {
		senders[i].fd = self->link.fd;
		senders[i].mark = i;
		ASSERT_EQ(0, kt_task_start(&senders[i].task, send_marked,
					   &senders[i]));
	}
	while (total < SENDERS * want) {
		ASSERT_EQ(0, kt_recv_record(&self->link, &record));
		ASSERT_EQ(0, strangers(&record));
		ASSERT_LT(record.data[0], SENDERS);
		seen[record.data[0]] += record.len;
		total += record.len;
	}
	for (int i = 0; i < SENDERS; i++) {
		EXPECT_EQ(want, kt_task_join(&senders[i].task));
		EXPECT_EQ(want, seen[i]);
	}
}

/* A sender that sleeps for room when the connection ends wakes up. */
KT_TEST(pressure, reset_wakes_a_sleeping_sender)
{
	struct kt_writer writer = { .fd = self->link.fd, .len = 400000 };

	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	kt_reset(&self->link.raw);
	EXPECT_LT(kt_task_join(&writer.task), 400000);
}

KT_TEST(pressure, shutdown_wakes_a_sleeping_sender)
{
	struct kt_writer writer = { .fd = self->link.fd, .len = 400000 };

	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	EXPECT_LT(kt_task_join(&writer.task), 400000);
}

TEST_HARNESS_MAIN
