// SPDX-License-Identifier: GPL-2.0
/*
 * Signals in every sleep: EINTR when nothing was done, a count when something
 * was, a restart where the handler asks for one; and never a byte lost.
 */
#include "lib/brief.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <sys/sendfile.h>

static unsigned int caught;

static void on_signal(int number)
{
	(void)number;
	__atomic_add_fetch(&caught, 1, __ATOMIC_RELEASE);
}

static int handle(int flags)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };

	__atomic_store_n(&caught, 0, __ATOMIC_RELEASE);
	return sigaction(SIGUSR1, &action, NULL);
}

static long long signals_caught(void *arg)
{
	(void)arg;
	return __atomic_load_n(&caught, __ATOMIC_ACQUIRE);
}

/* Once it sleeps: one signal, and its handler runs. */
static int interrupt(struct kt_task *task)
{
	if (kt_task_asleep(task) || pthread_kill(task->thread, SIGUSR1))
		return -1;
	return kt_wait_for(signals_caught, NULL, 1);
}

KT_BRIEF_FIXTURE(calls_signals)
{
	ASSERT_EQ(0, handle(0));
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
}

/* ---- receiving ---------------------------------------------------------- */

static ssize_t recv_1000(void *arg)
{
	struct kt_link *link = arg;

	return kt_recv_pattern(link->fd, 1000, 0, 0);
}

static ssize_t recv_all_1000(void *arg)
{
	struct kt_link *link = arg;

	return kt_recv_pattern(link->fd, 1000, 0, MSG_WAITALL);
}

static ssize_t peek_1000(void *arg)
{
	struct kt_link *link = arg;

	return kt_recv_pattern(link->fd, 1000, 0, MSG_PEEK);
}

KT_TEST(calls_signals, recv_is_interrupted)
{
	ssize_t (*const calls[])(void *) = { recv_1000, recv_all_1000, peek_1000 };

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct kt_task task;

		ASSERT_EQ(0, handle(0));
		ASSERT_EQ(0, kt_task_start(&task, calls[i], &self->link));
		ASSERT_EQ(0, interrupt(&task));
		EXPECT_EQ(-1, kt_task_join(&task));
		EXPECT_EQ(EINTR, task.error);
	}
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

/* Signal, sleep on, and then what it waits for. */
static int is_restarted(struct kt_link *link, ssize_t (*call)(void *))
{
	struct kt_task task;

	if (handle(SA_RESTART) || kt_task_start(&task, call, link) ||
	    interrupt(&task) || kt_task_asleep(&task) ||
	    kt_send_pattern(link, 1000, 0))
		return -1;
	return kt_task_join(&task) == 1000 ? 0 : -1;
}

KT_TEST(calls_signals, recv_is_restarted)
{
	EXPECT_EQ(0, is_restarted(&self->link, recv_1000));
	EXPECT_EQ(0, is_restarted(&self->link, recv_all_1000));
	EXPECT_EQ(0, is_restarted(&self->link, peek_1000));
	EXPECT_EQ(1000, recv_1000(&self->link));
}

/* With a timeout nothing is restarted: signal(7). */
KT_TEST(calls_signals, recv_with_a_timeout_is_not_restarted)
{
	struct kt_task task;

	ASSERT_EQ(0, handle(SA_RESTART));
	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_RCVTIMEO, KT_WAIT_MS));
	ASSERT_EQ(0, kt_task_start(&task, recv_1000, &self->link));
	ASSERT_EQ(0, interrupt(&task));
	EXPECT_EQ(-1, kt_task_join(&task));
	EXPECT_EQ(EINTR, task.error);
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

/* What it has by then is its result, restart or not. */
KT_TEST(calls_signals, waitall_gives_what_it_has)
{
	static const int flags[] = { 0, SA_RESTART };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		struct kt_task task;

		ASSERT_EQ(0, handle(flags[i]));
		ASSERT_EQ(0, kt_task_start(&task, recv_all_1000, &self->link));
		ASSERT_EQ(0, kt_task_asleep(&task));
		ASSERT_EQ(0, kt_send_stream(&self->link, 300, 100, 0));
		ASSERT_EQ(0, kt_all_here(&self->link));
		ASSERT_EQ(0, interrupt(&task));
		EXPECT_EQ(300, kt_task_join(&task));
		ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 300));
		EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 300, 0));
	}
}

/* A part of a record has come: it is nobody's result, and is not lost. */
KT_TEST(calls_signals, part_of_a_record_outlives_a_signal)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 1000, wire);
	struct kt_task task;

	for (ssize_t at = 0; at < len - 1; at += len / 4) {
		ssize_t n = len - 1 - at < len / 4 ? len - 1 - at : len / 4;

		ASSERT_EQ(0, handle(0));
		ASSERT_EQ(0, kt_write_here(&self->link, wire + at, n));
		ASSERT_EQ(0, kt_task_start(&task, recv_1000, &self->link));
		ASSERT_EQ(0, interrupt(&task));
		EXPECT_EQ(-1, kt_task_join(&task));
		EXPECT_EQ(EINTR, task.error);
	}
	ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 1, 1));
	EXPECT_EQ(1000, recv_1000(&self->link));
}

static ssize_t recvmmsg_two(void *arg)
{
	static uint8_t data[2][100];
	struct iovec iov[2] = { { data[0], 100 }, { data[1], 100 } };
	struct mmsghdr msgs[2] = {
		{ .msg_hdr = { .msg_iov = &iov[0], .msg_iovlen = 1 } },
		{ .msg_hdr = { .msg_iov = &iov[1], .msg_iovlen = 1 } },
	};
	struct kt_link *link = arg;
	int n = recvmmsg(link->fd, msgs, 2, 0, NULL);

	return n == 1 && kt_check(data[0], 100, 0) ? -1 : n;
}

KT_TEST(calls_signals, recvmmsg_gives_what_it_has)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(0, kt_task_start(&task, recvmmsg_two, &self->link));
	ASSERT_EQ(0, interrupt(&task));
	EXPECT_EQ(1, kt_task_join(&task));
	/* the kernel remembers why it stopped, for the next call */
	recv(self->link.fd, NULL, 0, MSG_DONTWAIT);
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 100));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 100, 0));
}

static ssize_t splice_out(void *arg)
{
	struct kt_link *link = arg;
	uint8_t got[1000];
	int pipe[2];
	ssize_t n;
	int error;

	if (pipe2(pipe, O_CLOEXEC))
		return kt_errno("pipe");
	n = splice(link->fd, NULL, pipe[1], NULL, 1000, 0);
	error = errno;
	if (n > 0 && (kt_read_pipe(pipe[0], got, n) || kt_check(got, n, 0)))
		n = -2;
	close(pipe[0]);
	close(pipe[1]);
	errno = error;
	return n;
}

KT_TEST(calls_signals, splice_out_is_interrupted)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, splice_out, &self->link));
	ASSERT_EQ(0, interrupt(&task));
	EXPECT_EQ(-1, kt_task_join(&task));
	EXPECT_EQ(EINTR, task.error);
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 0));
	EXPECT_EQ(1000, splice_out(&self->link));
}

KT_TEST(calls_signals, splice_out_is_restarted)
{
	EXPECT_EQ(0, is_restarted(&self->link, splice_out));
}

/* ---- sending ------------------------------------------------------------ */

enum { TOTAL = 400000 };	/* more than all buffers hold */

/* A call that sends @len bytes of the stream from @position on, or some. */
typedef ssize_t send_fn(int fd, int from, size_t len, uint64_t position);

struct sender {
	struct kt_link *link;
	send_fn *call;
	int from;
	uint64_t position;
};

static ssize_t by_send(int fd, int from, size_t len, uint64_t position)
{
	static uint8_t data[TOTAL];

	(void)from;
	kt_fill(data, len, position);
	return send(fd, data, len, 0);
}

static ssize_t by_sendfile(int fd, int from, size_t len, uint64_t position)
{
	off_t offset = position;

	return sendfile(fd, from, &offset, len);
}

/* Out of a file into a pipe, and what does not leave it goes back. */
static ssize_t by_splice(int fd, int from, size_t len, uint64_t position)
{
	loff_t offset = position;
	ssize_t n, done;
	int pipe[2], error;

	if (pipe2(pipe, O_CLOEXEC))
		return kt_errno("pipe");
	n = splice(from, &offset, pipe[1], NULL, len < 65536 ? len : 65536, 0);
	done = n > 0 ? splice(pipe[0], NULL, fd, NULL, n, 0) : -1;
	error = errno;
	close(pipe[0]);
	close(pipe[1]);
	errno = error;
	return done;
}

static ssize_t send_the_rest(void *arg)
{
	struct sender *s = arg;
	ssize_t n;

	n = s->call(s->link->fd, s->from, TOTAL - s->position, s->position);
	if (n > 0)
		s->position += n;
	return n;
}

/* Send half of it with a signal for every sleep of the sender; the peer reads only
 * in between. Returns how many calls it took, -1 if any did wrong.
 */
static int send_interrupted(struct sender *s, int flags)
{
	int calls = 0;

	while (s->position < TOTAL / 2) {
		struct kt_task task;
		uint64_t before = s->position;
		ssize_t n;

		if (handle(flags) || kt_task_start(&task, send_the_rest, s) ||
		    interrupt(&task))
			return -1;
		n = kt_task_join(&task);
		calls++;
		if (n < 0 && task.error != EINTR)
			return kt_errno("an interrupted call");
		if (n > 0 && kt_expect_stream(s->link, n, before, NULL))
			return -1;
	}
	return kt_expect_nothing(s->link) ? -1 : calls;
}

static int make_file(void)
{
	static uint8_t data[TOTAL];
	int file = memfd_create("file", MFD_CLOEXEC);

	kt_fill(data, TOTAL, 0);
	return write(file, data, TOTAL) == TOTAL ? file : kt_errno("write to a file");
}

static int check_interrupted(struct kt_link *link, const struct kt_params *params,
			     send_fn *call)
{
	struct sender s = { .link = link, .call = call, .from = make_file() };
	int calls;

	if (kt_link_reopen_small(link, params))
		return -1;
	calls = send_interrupted(&s, 0);
	close(s.from);
	return calls > 0 ? 0 : -1;
}

KT_TEST(calls_signals, send_gives_what_it_has)
{
	EXPECT_EQ(0, check_interrupted(&self->link, &variant->params, by_send));
}

KT_TEST(calls_signals, sendfile_gives_what_it_has)
{
	EXPECT_EQ(0, check_interrupted(&self->link, &variant->params, by_sendfile));
}

KT_TEST(calls_signals, splice_in_gives_what_it_has)
{
	EXPECT_EQ(0, check_interrupted(&self->link, &variant->params, by_splice));
}

static ssize_t send_one(void *arg)
{
	struct kt_link *link = arg;

	return send(link->fd, "x", 1, 0);
}

/* No room for anything: nothing done, EINTR, and the byte is not there. */
KT_TEST(calls_signals, send_into_a_full_buffer_is_interrupted)
{
	struct kt_task task;
	ssize_t sent;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	ASSERT_EQ(0, kt_task_start(&task, send_one, &self->link));
	ASSERT_EQ(0, interrupt(&task));
	EXPECT_EQ(-1, kt_task_join(&task));
	EXPECT_EQ(EINTR, task.error);
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

KT_TEST(calls_signals, send_into_a_full_buffer_is_restarted)
{
	struct kt_task task;
	ssize_t sent;

	ASSERT_EQ(0, handle(SA_RESTART));
	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	ASSERT_EQ(0, kt_task_start(&task, send_one, &self->link));
	ASSERT_EQ(0, interrupt(&task));
	ASSERT_EQ(0, kt_task_asleep(&task));
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(1, kt_task_join(&task));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "x", 1));
}

/* A close that lingers: the signal ends the wait, not what is on its way. */
static ssize_t close_it(void *arg)
{
	struct kt_link *link = arg;
	int fd = link->fd;

	link->fd = -1;
	return close(fd);
}

KT_TEST(calls_signals, lingering_close_loses_nothing)
{
	struct linger linger = { .l_onoff = 1, .l_linger = KT_WAIT_MS / 1000 };
	struct kt_task task;
	ssize_t sent;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	ASSERT_EQ(0, kt_task_start(&task, close_it, &self->link));
	ASSERT_EQ(0, interrupt(&task));
	EXPECT_EQ(0, kt_task_join(&task));
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

/* ---- a storm ------------------------------------------------------------ */

enum { STORM = 300000 };

static ssize_t feed(void *arg)
{
	return kt_send_stream(arg, STORM, 9000, 0);
}

/* Reads in every way there is, over and over; bytes read in all. */
static ssize_t read_stormed(void *arg)
{
	static const size_t rooms[] = { 100, 20000, 5000, 40000 };
	struct kt_link *link = arg;
	uint64_t seen = 0;

	for (unsigned int i = 0; seen < STORM; i++) {
		size_t room = rooms[i % 4];
		ssize_t n = kt_recv_pattern(link->fd, room, seen, i % 3 ? 0 : MSG_PEEK);

		if (n < 0 && errno != EINTR)
			return kt_errno("recv in a storm");
		if (n > 0 && i % 3)
			seen += n;
		if (n == 0)
			return -1;
	}
	return seen;
}

static int start_storm(int flags, timer_t *timer)
{
	struct itimerspec often = {
		.it_value.tv_nsec = 1000000, .it_interval.tv_nsec = 1000000,
	};
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = flags };

	if (sigaction(SIGALRM, &action, NULL) || timer_create(CLOCK_MONOTONIC, NULL, timer))
		return kt_errno("timer_create");
	return timer_settime(*timer, 0, &often, NULL);
}

static int storm(struct kt_link *link, int flags)
{
	struct kt_task feeder;
	sigset_t alarm_only;
	timer_t timer;
	ssize_t n;

	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	/* only the reader shall have it: threads inherit what is blocked */
	pthread_sigmask(SIG_BLOCK, &alarm_only, NULL);
	if (kt_task_start(&feeder, feed, link))
		return -1;
	pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);
	if (start_storm(flags, &timer))
		return -1;
	n = read_stormed(link);
	timer_delete(timer);
	return kt_task_join(&feeder) || n != STORM ? -1 : 0;
}

KT_TEST(calls_signals, reader_in_a_storm)
{
	EXPECT_EQ(0, storm(&self->link, 0));
}

KT_TEST(calls_signals, reader_in_a_storm_with_restarts)
{
	EXPECT_EQ(0, storm(&self->link, SA_RESTART));
}

TEST_HARNESS_MAIN
