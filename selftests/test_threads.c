// SPDX-License-Identifier: GPL-2.0
/* Several threads at one socket, one thread at several sockets. */
#include "lib/fixture.h"
#include <fcntl.h>
#include <poll.h>

KT_FIXTURE_OPEN(threads)

/* What one leaves of a record wakes the other: it is not on TCP's queue. */
KT_TEST(threads, sleeping_readers_share_a_record)
{
	struct kt_reader readers[4];

	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, kt_reader_start(&readers[i], self->link.fd, 10, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 40, 0));
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(10, kt_task_join(&readers[i].task));
}

KT_TEST(threads, sleeping_readers_share_control_records)
{
	struct kt_reader readers[2];

	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, kt_reader_start(&readers[i], self->link.fd, 10, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	for (int i = 0; i < 2; i++) {
		EXPECT_EQ(-1, kt_task_join(&readers[i].task));
		EXPECT_EQ(EIO, readers[i].task.error);
	}
}

/* Somebody looks at the record that the sleeper is waiting for. */
KT_TEST(threads, peek_does_not_starve_a_sleeping_reader)
{
	for (int i = 0; i < 5; i++) {
		struct kt_reader peeker, reader;

		ASSERT_EQ(0, kt_reader_start(&peeker, self->link.fd, 10, MSG_PEEK));
		ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 10, 0));
		ASSERT_EQ(0, kt_send_pattern(&self->link, 10, i * 10));
		ASSERT_EQ(10, kt_task_join(&reader.task));
		EXPECT_EQ(0, kt_check(reader.got, 10, i * 10));
		/* the peeker may have come too late for that one */
		ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 1000));
		ASSERT_EQ(10, kt_task_join(&peeker.task));
		ASSERT_EQ(10, recv(self->link.fd, reader.got, 10, 0));
		EXPECT_EQ(0, kt_check(reader.got, 10, 1000));
	}
}

static int take_in_parts(struct kt_link *link)
{
	uint8_t got[5];

	return kt_read_full(link->fd, got, 5) || kt_read_full(link->fd, got, 5) ?
	       -1 : 0;
}

/* 0 would be the end of the stream, which it is not. */
KT_TEST(threads, peeker_overtaken_by_a_reader_goes_on)
{
	for (int i = 0; i < 10; i++) {
		struct kt_reader peeker;

		ASSERT_EQ(0, kt_reader_start(&peeker, self->link.fd, 10, MSG_PEEK));
		ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
		ASSERT_EQ(0, take_in_parts(&self->link));
		ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
		ASSERT_GT(kt_task_join(&peeker.task), 0);
		ASSERT_EQ(0, take_in_parts(&self->link));
	}
}

KT_TEST(threads, error_wakes_every_reader)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal(&self->link.in, KT_DATA, "data", 4, 0, wire);
	struct kt_reader readers[3];

	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kt_reader_start(&readers[i], self->link.fd, 10, 0));
	wire[len - 1] ^= 1;
	ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(-1, kt_task_join(&readers[i].task));
		EXPECT_EQ(EBADMSG, readers[i].task.error);
	}
}

KT_TEST(threads, end_wakes_every_reader)
{
	struct kt_reader readers[3];

	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kt_reader_start(&readers[i], self->link.fd, 10, 0));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, kt_task_join(&readers[i].task));
}

KT_TEST(threads, own_shutdown_wakes_a_reader)
{
	struct kt_reader reader;

	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 10, 0));
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_RD));
	EXPECT_EQ(0, kt_task_join(&reader.task));
}

/* Reads records of 1000 equal bytes until the end; how many. */
static ssize_t read_marked(void *arg)
{
	struct kt_link *link = arg;
	uint8_t got[1000];
	ssize_t n, count = 0;

	while ((n = recv(link->fd, got, sizeof(got), 0)) == sizeof(got)) {
		for (size_t i = 1; i < sizeof(got); i++)
			if (got[i] != got[0])
				return -1;
		count++;
	}
	return n ? -1 : count;
}

KT_TEST(threads, two_readers_share_the_records)
{
	struct kt_task tasks[2];
	uint8_t data[1000];
	ssize_t got[2];

	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, kt_task_start(&tasks[i], read_marked, &self->link));
	for (int i = 0; i < 100; i++) {
		memset(data, i, sizeof(data));
		ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, data, 1000));
	}
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	for (int i = 0; i < 2; i++) {
		got[i] = kt_task_join(&tasks[i]);
		ASSERT_GE(got[i], 0);
	}
	EXPECT_EQ(100, got[0] + got[1]);
}

/* ---- one open record, many hands ---------------------------------------- */

struct piece {
	int fd;
	uint64_t position;
};

static ssize_t send_piece(void *arg)
{
	const struct piece *piece = arg;
	uint8_t data[17];

	kt_fill(data, sizeof(data), piece->position);
	return send(piece->fd, data, sizeof(data), MSG_MORE);
}

KT_TEST(threads, open_record_grows_in_turns)
{
	uint8_t data[17];

	for (int i = 0; i < 30; i++) {
		struct piece piece = { self->link.fd, i * 17 };
		struct kt_task task;

		if (i % 2) {
			ASSERT_EQ(17, send_piece(&piece));
			continue;
		}
		ASSERT_EQ(0, kt_task_start(&task, send_piece, &piece));
		ASSERT_EQ(17, kt_task_join(&task));
	}
	kt_fill(data, sizeof(data), 30 * 17);
	ASSERT_EQ(17, send(self->link.fd, data, 17, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 31 * 17, 0, NULL));
}

/* Memory for open records comes from one place per task: nobody else's. */
KT_TEST(threads, open_records_of_many_sockets)
{
	enum { COUNT = 5, ROUNDS = 40 };
	struct kt_link links[COUNT];
	int plain[2];

	ASSERT_EQ(0, kt_link_pair(&links[0], &variant->params, NULL));
	plain[0] = links[0].fd;
	plain[1] = links[0].raw;
	for (int i = 0; i < COUNT; i++)
		ASSERT_EQ(0, kt_link_open(&links[i], &variant->params, NULL));
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < COUNT; i++) {
			struct piece piece = { links[i].fd, round * 17 };

			ASSERT_EQ(17, send_piece(&piece));
		}
		ASSERT_EQ(9, send(plain[0], "plain tcp", 9, 0));
	}
	for (int i = 0; i < COUNT; i++) {
		uint8_t data[1000];

		kt_fill(data, sizeof(data), ROUNDS * 17);
		ASSERT_EQ(1000, send(links[i].fd, data, 1000, 0));
		EXPECT_EQ(0, kt_expect_stream(&links[i], ROUNDS * 17 + 1000, 0,
					      NULL));
		kt_link_close(&links[i]);
	}
	for (int round = 0; round < ROUNDS; round++) {
		char got[9];

		ASSERT_EQ(0, kt_read_full(plain[1], got, 9));
		EXPECT_EQ(0, memcmp(got, "plain tcp", 9));
	}
	close(plain[0]);
	close(plain[1]);
}

/* @len bytes of the stream, by way of a pipe: read where they lie. */
static int splice_piece(int fd, size_t len, uint64_t position)
{
	uint8_t data[4096];
	int pipe[2], ret = -1;

	if (pipe2(pipe, O_CLOEXEC))
		return kt_errno("pipe");
	kt_fill(data, len, position);
	if (write(pipe[1], data, len) == (ssize_t)len &&
	    splice(pipe[0], NULL, fd, NULL, len, SPLICE_F_MORE) == (ssize_t)len)
		ret = 0;
	close(pipe[0]);
	close(pipe[1]);
	return ret;
}

/*
 * A record that reads pages of others needs room for its ciphertext, and runs
 * out of it; between its pieces the task sends on another socket, which takes
 * its memory from the same place. Neither may touch what is the other's.
 */
KT_TEST(threads, spliced_open_record_among_other_sends)
{
	enum { ROUNDS = 5, TURNS = 40, SIZE = 1000 };
	struct kt_link *link = &self->link;
	struct kt_link plain;
	uint64_t sent = 0, others = 0;
	uint8_t data[SIZE];

	ASSERT_EQ(0, kt_link_pair(&plain, &variant->params, NULL));
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t start = sent, others_start = others;

		ASSERT_EQ(0, splice_piece(link->fd, 10, sent));
		sent += 10;
		for (int turn = 0; turn < TURNS; turn++) {
			kt_fill(data, SIZE, others);
			ASSERT_EQ(SIZE, send(plain.fd, data, SIZE, 0));
			others += SIZE;
			kt_fill(data, SIZE, sent);
			ASSERT_EQ(SIZE, send(link->fd, data, SIZE, MSG_MORE));
			sent += SIZE;
		}
		kt_fill(data, 10, sent);
		ASSERT_EQ(10, send(link->fd, data, 10, 0));
		sent += 10;
		ASSERT_EQ(0, kt_expect_stream(link, sent - start, start, NULL));
		for (; others_start < others; others_start += SIZE) {
			ASSERT_EQ(0, kt_read_full(plain.raw, data, SIZE));
			ASSERT_EQ(0, kt_check(data, SIZE, others_start));
		}
	}
	kt_link_close(&plain);
}

/* ---- everything at once ------------------------------------------------- */

struct crowd {
	struct kt_link *link;
	bool stop;
};

static bool stopped(struct crowd *crowd)
{
	return __atomic_load_n(&crowd->stop, __ATOMIC_RELAXED);
}

static ssize_t crowd_send(void *arg)
{
	static __thread uint8_t data[20000];
	struct crowd *crowd = arg;
	ssize_t n = 0;

	for (size_t len = 1; n >= 0 && !stopped(crowd); len = len * 7 % 20000)
		n = send(crowd->link->fd, data, len,
			 MSG_NOSIGNAL | (len % 3 ? 0 : MSG_MORE));
	return 0;
}

static ssize_t crowd_recv(void *arg)
{
	static __thread uint8_t data[20000];
	struct crowd *crowd = arg;
	ssize_t n = 1;

	for (size_t len = 1; n > 0 && !stopped(crowd); len = len * 7 % 20000)
		n = recv(crowd->link->fd, data, len, len % 3 ? 0 : MSG_PEEK);
	return 0;
}

static ssize_t crowd_look(void *arg)
{
	struct crowd *crowd = arg;
	struct kseal_info info;
	union kt_info key;

	while (!stopped(crowd)) {
		socklen_t len = sizeof(info);

		getsockopt(crowd->link->fd, SOL_TLS, KSEAL_INFO, &info, &len);
		len = sizeof(key.gcm128);
		getsockopt(crowd->link->fd, SOL_TLS, TLS_TX, &key, &len);
		kt_install(crowd->link->fd, TLS_RX, &crowd->link->in.key);
		kt_poll(crowd->link->fd, POLLIN | POLLOUT, 1);
	}
	return 0;
}

static ssize_t crowd_feed(void *arg)
{
	struct crowd *crowd = arg;

	while (!stopped(crowd))
		if (kt_send_pattern(crowd->link, 5000, 0))
			break;
	return 0;
}

/* Start all, see a part of the stream authentic, then @end the connection. */
static int crowd_run(struct kt_link *link, void (*end)(struct kt_link *))
{
	static ssize_t (* const parts[])(void *) = {
		crowd_send, crowd_send, crowd_recv, crowd_recv, crowd_look,
		crowd_feed,
	};
	struct kt_task tasks[ARRAY_SIZE(parts)];
	struct crowd crowd = { .link = link };
	static struct kt_record record;
	int ret = 0;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (kt_task_start(&tasks[i], parts[i], &crowd))
			return -1;
	for (int i = 0; i < 20 && !ret; i++)
		ret = kt_recv_record(link, &record);
	__atomic_store_n(&crowd.stop, true, __ATOMIC_RELAXED);
	end(link);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		ret |= kt_task_join(&tasks[i]);
	return ret;
}

static void end_by_shutdown(struct kt_link *link)
{
	shutdown(link->fd, SHUT_RDWR);
	shutdown(link->raw, SHUT_RDWR);
}

static void end_by_reset(struct kt_link *link)
{
	struct linger linger = { .l_onoff = 1 };
	int copy = dup(link->raw);

	/* crowd_feed() still has the other one in its hands */
	setsockopt(copy, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	shutdown(link->raw, SHUT_RD);
	close(copy);
	shutdown(link->fd, SHUT_RDWR);
	shutdown(link->raw, SHUT_RDWR);
}

KT_TEST(threads, crowd_then_shutdown)
{
	EXPECT_EQ(0, crowd_run(&self->link, end_by_shutdown));
}

KT_TEST(threads, crowd_then_reset)
{
	EXPECT_EQ(0, crowd_run(&self->link, end_by_reset));
}

TEST_HARNESS_MAIN
