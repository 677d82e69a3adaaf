// SPDX-License-Identifier: GPL-2.0
/* How connections end: half by half, at once, slowly, and in the middle. */
#include "lib/brief.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/sendfile.h>

KT_BRIEF_FIXTURE_OPEN(ends)

static int set_linger(int fd, int seconds)
{
	struct linger linger = { .l_onoff = 1, .l_linger = seconds };

	return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
}

static long long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* ---- one half at a time -------------------------------------------------- */

KT_TEST(ends, after_our_end_the_peer_goes_on)
{
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, i * 16384));
		ASSERT_EQ(16384, kt_recv_pattern(self->link.fd, 16384, i * 16384, MSG_WAITALL));
	}
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	EXPECT_EQ(0, kt_read_eof(self->link.fd));
}

KT_TEST(ends, after_the_peers_end_we_go_on)
{
	struct kt_writer writer = { .fd = self->link.fd, .len = 100000 };

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_EQ(100, kt_recv_pattern(self->link.fd, 200, 0, MSG_WAITALL));
	EXPECT_EQ(0, kt_read_eof(self->link.fd));
	ASSERT_EQ(0, kt_writer_start(&writer));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 100000, 0, NULL));
	EXPECT_EQ(100000, kt_task_join(&writer.task));
	EXPECT_EQ(0, kt_read_eof(self->link.fd));
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

/* The open record first, then the end; and it is readable at the same time. */
KT_TEST(ends, both_halves_at_once)
{
	char byte;

	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_RDWR));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "open", 4));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
	EXPECT_EQ(0, recv(self->link.fd, &byte, 1, 0));
	EXPECT_ERRNO(EPIPE, send(self->link.fd, "late", 4, MSG_NOSIGNAL));
	EXPECT_EQ(POLLIN | POLLRDHUP,
		  kt_poll(self->link.fd, POLLIN | POLLRDHUP, 0) & (POLLIN | POLLRDHUP));
}

/* As TCP has it: reading off forbids waiting, not what comes all the same. */
KT_TEST(ends, reading_shut_down_is_as_plain_tcp_has_it)
{
	struct kt_link plain;
	char byte[4];

	ASSERT_EQ(0, kt_link_pair(&plain, &variant->params, NULL));
	ASSERT_EQ(0, shutdown(plain.fd, SHUT_RD));
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_RD));
	EXPECT_EQ(0, recv(plain.fd, byte, 4, 0));
	EXPECT_EQ(0, recv(self->link.fd, byte, 4, 0));
	ASSERT_EQ(0, kt_write_here(&plain, "data", 4));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "data", 4));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(recv(plain.fd, byte, 4, 0), recv(self->link.fd, byte, 4, 0));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	kt_link_close(&plain);
}

/* Events of one's own end, the peer's, both: those that plain TCP shows. */
KT_TEST(ends, poll_shows_each_half_as_plain_tcp_does)
{
	enum { ALL = POLLIN | POLLRDHUP | POLLHUP | POLLERR };
	struct kt_link plain;

	ASSERT_EQ(0, kt_link_pair(&plain, &variant->params, NULL));
	ASSERT_EQ(0, shutdown(plain.fd, SHUT_WR));
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	EXPECT_EQ(kt_poll(plain.fd, ALL, 0), kt_poll(self->link.fd, ALL, 0));
	ASSERT_EQ(0, shutdown(plain.raw, SHUT_WR));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_NE(0, kt_poll(plain.fd, POLLHUP, KT_WAIT_MS));
	ASSERT_NE(0, kt_poll(self->link.fd, POLLHUP, KT_WAIT_MS));
	EXPECT_EQ(kt_poll(plain.fd, ALL, 0), kt_poll(self->link.fd, ALL, 0));
	kt_link_close(&plain);
}

KT_TEST(ends, second_shutdown_is_as_plain_tcp_has_it)
{
	struct kt_link plain;

	ASSERT_EQ(0, kt_link_pair(&plain, &variant->params, NULL));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, shutdown(plain.fd, SHUT_WR));
		EXPECT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	}
	kt_close(&plain.raw);
	kt_close(&self->link.raw);
	ASSERT_NE(0, kt_poll(plain.fd, POLLHUP, KT_WAIT_MS));
	ASSERT_NE(0, kt_poll(self->link.fd, POLLHUP, KT_WAIT_MS));
	EXPECT_EQ(-1, shutdown(plain.fd, SHUT_RDWR));
	EXPECT_ERRNO(ENOTCONN, shutdown(self->link.fd, SHUT_RDWR));
	EXPECT_ERRNO(EINVAL, shutdown(self->link.fd, 7));
	kt_link_close(&plain);
}

/* ---- closing ------------------------------------------------------------- */

/* Without SO_LINGER close does not wait, and what was accepted arrives. */
KT_TEST(ends, close_does_not_wait)
{
	ssize_t sent;
	long long begun;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	begun = now_ms();
	kt_close(&self->link.fd);
	EXPECT_LT(now_ms() - begun, KT_WAIT_MS / 2);
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

static ssize_t close_it(void *arg)
{
	struct kt_link *link = arg;
	int fd = link->fd;

	link->fd = -1;
	return close(fd);
}

/* With it, close waits until the peer's TCP has it all. */
KT_TEST(ends, lingering_close_waits_for_the_peer)
{
	struct kt_task task;
	ssize_t sent;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, set_linger(self->link.fd, 2 * KT_WAIT_MS / 1000));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	ASSERT_EQ(0, kt_task_start(&task, close_it, &self->link));
	ASSERT_EQ(0, kt_task_asleep(&task));
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
	kt_close(&self->link.raw);
	EXPECT_EQ(0, kt_task_join(&task));
}

/* Its patience ends before the peer reads: nothing is lost all the same. */
KT_TEST(ends, lingering_close_that_gives_up_loses_nothing)
{
	long long begun;
	ssize_t sent;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, set_linger(self->link.fd, 1));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	begun = now_ms();
	kt_close(&self->link.fd);
	EXPECT_GE(now_ms() - begun, 900);
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

/* A linger time of 0 throws away what was not sent, and says so by an RST. */
KT_TEST(ends, linger_0_resets)
{
	static uint8_t got[300000];
	ssize_t n;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_GT(kt_fill_buffers(self->link.fd, 16384, 0), 0);
	kt_reset(&self->link.fd);
	ASSERT_NE(0, kt_poll(self->link.raw, POLLHUP, KT_WAIT_MS) & POLLHUP);
	do {
		n = recv(self->link.raw, got, sizeof(got), MSG_DONTWAIT);
	} while (n > 0);
	EXPECT_EQ(-1, n);
	EXPECT_EQ(ECONNRESET, errno);
}

/* Orphans send what they have although their window was closed, and a record
 * was open on top.
 */
KT_TEST(ends, orphan_behind_a_closed_window)
{
	uint8_t tail[3000];
	ssize_t sent, read = 0;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	sent = kt_fill_buffers(self->link.fd, 4000, 0);
	ASSERT_GT(sent, 0);
	/* until TCP finds that worth an acknowledgement */
	for (; read < sent && !kt_poll(self->link.fd, POLLOUT, 100); read += 4000)
		ASSERT_EQ(0, kt_expect_stream(&self->link, 4000, read, NULL));
	ASSERT_NE(0, kt_poll(self->link.fd, POLLOUT, KT_WAIT_MS));
	kt_fill(tail, sizeof(tail), sent);
	ASSERT_EQ(3000, send(self->link.fd, tail, sizeof(tail), MSG_MORE | MSG_DONTWAIT));
	kt_close(&self->link.fd);
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent + 3000 - read, read, NULL));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

/* ---- reset in the middle ------------------------------------------------- */

struct victim {
	struct kt_link *link;
	int file;
	int pipe[2];
};

static ssize_t victim_recv(void *arg)
{
	struct victim *v = arg;

	return kt_recv_pattern(v->link->fd, 1000, 0, 0);
}

static ssize_t victim_peek(void *arg)
{
	struct victim *v = arg;

	return kt_recv_pattern(v->link->fd, 1000, 0, MSG_PEEK);
}

static ssize_t victim_splice_out(void *arg)
{
	struct victim *v = arg;

	return splice(v->link->fd, NULL, v->pipe[1], NULL, 1000, 0);
}

/* Bytes in an unfinished record are nobody's; the reset is everybody's. */
KT_TEST(ends, reset_inside_a_record_under_every_reader)
{
	ssize_t (*const calls[])(void *) = { victim_recv, victim_peek, victim_splice_out };
	static uint8_t wire[KT_MAX_WIRE];

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct victim v = { .link = &self->link };
		struct kt_task task;
		ssize_t len;

		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, pipe2(v.pipe, O_CLOEXEC));
		len = kt_seal_pattern(&self->link, 1000, wire);
		ASSERT_EQ(0, kt_write_here(&self->link, wire, len - 1));
		ASSERT_EQ(0, kt_task_start(&task, calls[i], &v));
		ASSERT_EQ(0, kt_task_asleep(&task));
		kt_reset(&self->link.raw);
		EXPECT_EQ(-1, kt_task_join(&task));
		EXPECT_EQ(ECONNRESET, task.error);
		EXPECT_EQ(-1, send(self->link.fd, "x", 1, MSG_NOSIGNAL));
		close(v.pipe[0]);
		close(v.pipe[1]);
	}
}

static ssize_t victim_sendfile(void *arg)
{
	struct victim *v = arg;
	off_t offset = 0;
	ssize_t n;

	while ((n = sendfile(v->link->fd, v->file, &offset, 1 << 20)) > 0)
		;
	return n;
}

static ssize_t victim_splice_in(void *arg)
{
	struct victim *v = arg;
	loff_t offset = 0;
	ssize_t n;

	do {
		n = splice(v->file, &offset, v->pipe[1], NULL, 65536, 0);
		if (n <= 0)
			return -2;
		n = splice(v->pipe[0], NULL, v->link->fd, NULL, n, 0);
	} while (n > 0);
	return n;
}

KT_TEST(ends, reset_under_every_sender)
{
	ssize_t (*const calls[])(void *) = { victim_sendfile, victim_splice_in };
	struct victim v = { .link = &self->link };

	signal(SIGPIPE, SIG_IGN);
	v.file = memfd_create("file", MFD_CLOEXEC);
	ASSERT_EQ(0, ftruncate(v.file, 1 << 20));
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		struct kt_task task;

		ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
		ASSERT_EQ(0, pipe2(v.pipe, O_CLOEXEC));
		ASSERT_EQ(0, kt_task_start(&task, calls[i], &v));
		ASSERT_EQ(0, kt_task_asleep(&task));
		kt_reset(&self->link.raw);
		EXPECT_EQ(-1, kt_task_join(&task));
		EXPECT_TRUE(task.error == ECONNRESET || task.error == EPIPE);
		close(v.pipe[0]);
		close(v.pipe[1]);
	}
	close(v.file);
}

/* A user's timeout: the kernel gives up on a peer that takes nothing. */
KT_TEST(ends, user_timeout_ends_a_stuck_sender)
{
	struct kt_writer writer = { .len = 300000 };
	int ms = 300;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, setsockopt(self->link.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)));
	writer.fd = self->link.fd;
	ASSERT_EQ(0, kt_writer_start(&writer));
	EXPECT_LT(kt_task_join(&writer.task), 300000);
	EXPECT_EQ(-1, send(self->link.fd, "x", 1, MSG_NOSIGNAL));
	EXPECT_NE(0, kt_poll(self->link.fd, POLLHUP, 0) & POLLHUP);
}

/* ---- afterwards ---------------------------------------------------------- */

/* A socket that had records never listens, and connects nowhere else. */
KT_TEST(ends, no_second_life_after_a_reset)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };

	kt_reset(&self->link.raw);
	ASSERT_NE(0, kt_poll(self->link.fd, POLLHUP, KT_WAIT_MS));
	EXPECT_EQ(-1, connect(self->link.fd, &unspec, sizeof(unspec)));
	EXPECT_EQ(-1, listen(self->link.fd, 5));
	EXPECT_EQ(-1, accept(self->link.fd, NULL, NULL));
	EXPECT_EQ(-1, send(self->link.fd, "x", 1, MSG_NOSIGNAL));
}

KT_TEST(ends, no_second_life_after_a_clean_end)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	char byte;

	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_RDWR));
	kt_close(&self->link.raw);
	ASSERT_NE(0, kt_poll(self->link.fd, POLLHUP, KT_WAIT_MS));
	EXPECT_EQ(-1, connect(self->link.fd, &unspec, sizeof(unspec)));
	EXPECT_EQ(-1, listen(self->link.fd, 5));
	EXPECT_EQ(0, recv(self->link.fd, &byte, 1, 0));
	EXPECT_ERRNO(EPIPE, send(self->link.fd, "x", 1, MSG_NOSIGNAL));
}

TEST_HARNESS_MAIN
