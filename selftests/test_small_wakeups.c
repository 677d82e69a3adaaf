// SPDX-License-Identifier: GPL-2.0
/* A peer that sends next to nothing at a time, or nothing at all a million times. */
#include "lib/brief.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>

KT_BRIEF_FIXTURE_OPEN(wakeups)

/* How many edges came; each wait consumes one. */
static int edges_in(int set)
{
	int n = 0;

	while (kt_events(set, 0) && n < 100)
		n++;
	return n;
}

/* ---- a byte at a time ---------------------------------------------------- */

/* One wake-up for its last byte, none for the others. */
static int dribble(struct kt_link *link, int set, size_t len, uint64_t position)
{
	static uint8_t wire[KT_MAX_WIRE], plain[1000];
	ssize_t n;

	kt_fill(plain, len, position);
	n = kt_seal(&link->in, KT_DATA, plain, len, 0, wire);
	for (ssize_t at = 0; at < n; at++) {
		int edges, want = at == n - 1;

		if (kt_write_here(link, wire + at, 1))
			return -1;
		edges = edges_in(set);
		if (edges == want)
			continue;
		kt_say("%d edges at byte %zd of %zd", edges, at, n);
		return -1;
	}
	return 0;
}

KT_TEST(wakeups, dribble_to_who_reads)
{
	int set = kt_watch(self->link.fd, EPOLLIN | EPOLLET);
	static const size_t sizes[] = { 1, 30, 0, 200 };
	uint64_t position = 0;

	ASSERT_GE(set, 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, dribble(&self->link, set, sizes[i], position));
		if (sizes[i])
			ASSERT_EQ(sizes[i], kt_recv_pattern(self->link.fd, 1000, position, 0));
		EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 9, 0, MSG_DONTWAIT));
		EXPECT_EQ(0, edges_in(set));
		position += sizes[i];
	}
	close(set);
}

/* Nobody reads: every further record is news all the same. */
KT_TEST(wakeups, dribble_to_who_waits)
{
	int set = kt_watch(self->link.fd, EPOLLIN | EPOLLET);

	ASSERT_GE(set, 0);
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, dribble(&self->link, set, 25, i * 25));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	EXPECT_EQ(0, edges_in(set));
	close(set);
}

/* Nor is a bad header missed that comes while a record waits: its only edge. */
KT_TEST(wakeups, bad_header_behind_a_record_that_waits)
{
	int set = kt_watch(self->link.fd, EPOLLIN | EPOLLET);

	ASSERT_GE(set, 0);
	ASSERT_EQ(0, kt_pattern_arrives(&self->link, 100, 0));
	EXPECT_EQ(1, edges_in(set));
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, TLS_1_2_VERSION, 0xffff));
	EXPECT_EQ(1, edges_in(set));
	ASSERT_EQ(0, kt_write_here(&self->link, "more", 4));
	EXPECT_EQ(0, edges_in(set));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
	close(set);
}

/* What is left of a record is no news; the level still tells. */
KT_TEST(wakeups, rest_of_a_record_is_no_edge)
{
	int set = kt_watch(self->link.fd, EPOLLIN | EPOLLET);

	ASSERT_GE(set, 0);
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(1, edges_in(set));
	for (int i = 0; i < 10; i++) {
		EXPECT_NE(0, kt_poll(self->link.fd, POLLIN, 0));
		EXPECT_EQ(10, kt_recv_pattern(self->link.fd, 10, i * 10, 0));
		EXPECT_EQ(0, edges_in(set));
	}
	close(set);
}

KT_TEST(wakeups, one_shot)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT };
	int set = kt_watch(self->link.fd, EPOLLIN | EPOLLONESHOT);

	ASSERT_GE(set, 0);
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, 50, 0));
		ASSERT_EQ(0, kt_send_pattern(&self->link, 50, 50));
		ASSERT_EQ(0, kt_all_here(&self->link));
		EXPECT_EQ(1, edges_in(set));
		EXPECT_EQ(50, kt_recv_pattern(self->link.fd, 50, 0, 0));
		EXPECT_EQ(0, edges_in(set));
		ASSERT_EQ(0, epoll_ctl(set, EPOLL_CTL_MOD, self->link.fd, &event));
		EXPECT_EQ(1, edges_in(set));
		EXPECT_EQ(50, kt_recv_pattern(self->link.fd, 50, 50, 0));
		ASSERT_EQ(0, epoll_ctl(set, EPOLL_CTL_MOD, self->link.fd, &event));
		EXPECT_EQ(0, edges_in(set));
	}
	close(set);
}

/* ---- nothing, over and over ---------------------------------------------- */

enum {
	BATCH = 1000,
	ONE_CALL = 100,		/* records a call may open, at the most */
};

struct flood {
	struct kt_link *link;
	unsigned int count;
	bool stop;
};

static ssize_t send_empty_records(void *arg)
{
	static uint8_t wire[BATCH * 64];
	struct flood *flood = arg;

	for (unsigned int sent = 0; sent < flood->count; sent += BATCH) {
		size_t len = 0;

		if (__atomic_load_n(&flood->stop, __ATOMIC_ACQUIRE))
			return sent;
		for (int i = 0; i < BATCH; i++)
			len += kt_seal(&flood->link->in, KT_DATA, "", 0, 0, wire + len);
		if (kt_write_full(flood->link->raw, wire, len))
			return -1;
	}
	return kt_send_record(flood->link, KT_DATA, "behind", 6) ? -1 : flood->count;
}

static uint64_t opened(int fd)
{
	struct kseal_info info;

	return kt_info_get(fd, &info) ? ~0ULL : info.rx_records;
}

/* Reads without blocking until there is something; bounded in every call, and
 * another connection lives all the while.
 */
static ssize_t read_through(struct kt_link *link, struct kt_link *other, char *got)
{
	uint64_t before = 0, now;
	ssize_t n;

	for (unsigned int calls = 0;; calls++) {
		if (!kt_poll(link->fd, POLLIN, KT_WAIT_MS))
			return kt_errno("nothing to read");
		n = recv(link->fd, got, 6, MSG_DONTWAIT);
		now = opened(link->fd);
		if (n >= 0 || errno != EAGAIN)
			return n;
		if (now - before > ONE_CALL) {
			kt_say("%llu records in one call", (unsigned long long)(now - before));
			return -1;
		}
		before = now;
		if (calls % 1000 == 0 && (kt_sealed_in(other) || kt_sealed_out(other)))
			return -1;
	}
}

/* A million where that is the whole record, and a tenth of it elsewhere; fewer
 * where every memory access is checked.
 */
static unsigned int flood_size(const struct kt_params *params)
{
	const char *slow = getenv("KSEAL_SLOW_KERNEL");
	unsigned int count = params->version == TLS_1_3_VERSION ? 1000000 : 100000;

	return slow && *slow ? count / 50 : count;
}

TEST_F_TIMEOUT(wakeups, a_million_empty_records, 900)
{
	struct flood flood = { .link = &self->link, .count = flood_size(&variant->params) };
	/* so that there is room again soon, however slow the reader is */
	int room = 4 * BATCH * 30;
	struct kt_link other;
	struct kt_task task;
	char got[6];

	ASSERT_EQ(0, setsockopt(self->link.raw, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)));
	ASSERT_EQ(0, kt_link_open(&other, &variant->params, NULL));
	ASSERT_EQ(0, kt_task_start(&task, send_empty_records, &flood));
	EXPECT_EQ(6, read_through(&self->link, &other, got));
	EXPECT_EQ(0, memcmp(got, "behind", 6));
	EXPECT_EQ(flood.count, kt_task_join(&task));
	EXPECT_EQ(flood.count + 1, opened(self->link.fd));
	EXPECT_EQ(0, kt_poll(self->link.fd, POLLIN, 0));
	kt_link_close(&other);
}

static void on_signal(int number)
{
	(void)number;
}

static ssize_t recv_one(void *arg)
{
	struct kt_link *link = arg;
	char byte;

	return recv(link->fd, &byte, 1, 0);
}

static ssize_t peek_one(void *arg)
{
	struct kt_link *link = arg;
	char byte;

	return recv(link->fd, &byte, 1, MSG_PEEK);
}

static ssize_t splice_one(void *arg)
{
	struct kt_link *link = arg;
	int pipe[2];
	ssize_t n;
	int error;

	if (pipe2(pipe, 0))
		return -2;
	n = splice(link->fd, NULL, pipe[1], NULL, 1, 0);
	error = errno;
	close(pipe[0]);
	close(pipe[1]);
	errno = error;
	return n;
}

static long long has_opened_many(void *arg)
{
	uint64_t *start = arg;

	return opened(*start >> 48) - (*start & 0xffffffffffff) > 200;
}

/* A signal gets a call out of the flood. */
KT_TEST(wakeups, signal_in_a_flood_of_empty_records)
{
	ssize_t (*const calls[])(void *) = { recv_one, peek_one, splice_one };
	struct flood flood = { .link = &self->link, .count = 100000000 };
	struct sigaction action = { .sa_handler = on_signal };
	struct kt_task feeder;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, kt_task_start(&feeder, send_empty_records, &flood));
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		uint64_t start = (uint64_t)self->link.fd << 48 | opened(self->link.fd);
		struct kt_task task;

		ASSERT_EQ(0, kt_task_start(&task, calls[i], &self->link));
		ASSERT_EQ(0, kt_wait_for(has_opened_many, &start, 1));
		pthread_kill(task.thread, SIGUSR1);
		EXPECT_EQ(-1, kt_task_join(&task));
		EXPECT_EQ(EINTR, task.error);
	}
	__atomic_store_n(&flood.stop, true, __ATOMIC_RELEASE);
	kt_reset(&self->link.fd);
	kt_task_join(&feeder);
}

TEST_HARNESS_MAIN
