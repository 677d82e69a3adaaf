// SPDX-License-Identifier: GPL-2.0
/* io_uring(7): registered buffers, pipes, and requests that are taken back. */
#include "lib/ring.h"
#include "lib/brief.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/uio.h>
#include <sys/wait.h>

FIXTURE(uring_memory)
{
	struct kt_link link;
	struct kt_ring ring;
};

KT_BRIEF_VARIANTS(uring_memory);

FIXTURE_SETUP(uring_memory)
{
	self->ring.fd = -1;
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, kt_ring_open(&self->ring, 64));
}

FIXTURE_TEARDOWN(uring_memory)
{
	kt_ring_close(&self->ring);
	kt_link_close(&self->link);
}

enum { SEND = 1, RECV, POLL, CANCEL, TIMEOUT, OTHER };

static uint8_t data[200000] __attribute__((aligned(4096)));

/* ---- registered buffers -------------------------------------------------- */

static int register_data(struct kt_ring *ring)
{
	struct iovec iov = { data, 65536 };

	return kt_ring_register(ring, IORING_REGISTER_BUFFERS, &iov, 1);
}

KT_TEST(uring_memory, write_from_a_registered_buffer)
{
	ASSERT_EQ(0, register_data(&self->ring));
	kt_fill(data + 77, 40000, 0);
	kt_ring_add(&self->ring, IORING_OP_WRITE_FIXED, self->link.fd, data + 77, 40000, SEND);
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 40000, 0, NULL));
	EXPECT_EQ(40000, kt_ring_result(&self->ring, SEND));
	EXPECT_EQ(0, kt_check(data + 77, 40000, 0));
}

KT_TEST(uring_memory, read_into_a_registered_buffer)
{
	static const size_t rooms[] = { 100, 5000, 16384, 30000 };
	uint64_t seen = 0;

	ASSERT_EQ(0, register_data(&self->ring));
	ASSERT_EQ(0, kt_send_stream(&self->link, 100000, 16384, 0));
	for (unsigned int i = 0; seen < 100000; i++) {
		size_t room = rooms[i % ARRAY_SIZE(rooms)];
		int n;

		memset(data, 0xa5, 40000);
		kt_ring_add(&self->ring, IORING_OP_READ_FIXED, self->link.fd, data + 77, room, RECV);
		n = kt_ring_result(&self->ring, RECV);
		ASSERT_GT(n, 0);
		ASSERT_LE(n, room);
		ASSERT_EQ(0, kt_check(data + 77, n, seen));
		ASSERT_EQ(0xa5, data[76]);
		ASSERT_EQ(0xa5, data[77 + n]);
		seen += n;
	}
	EXPECT_EQ(100000, seen);
}

/* Zero-copy send: refused with nothing sent, or sealed; and a notification
 * comes in either case if one was promised.
 */
KT_TEST(uring_memory, zerocopy_send_is_sealed_or_refused)
{
	struct io_uring_cqe cqe, notification;

	kt_fill(data, 10000, 0);
	kt_ring_add(&self->ring, IORING_OP_SEND_ZC, self->link.fd, data, 10000, SEND);
	ASSERT_EQ(0, kt_ring_wait(&self->ring, &cqe));
	if (cqe.flags & IORING_CQE_F_MORE) {
		ASSERT_EQ(0, kt_ring_wait(&self->ring, &notification));
		EXPECT_TRUE(notification.flags & IORING_CQE_F_NOTIF);
	}
	memset(data, 0x5a, 10000);
	if (cqe.res < 0) {
		EXPECT_EQ(-EOPNOTSUPP, cqe.res);
		EXPECT_EQ(0, kt_expect_nothing(&self->link));
	} else {
		EXPECT_EQ(0, kt_expect_stream(&self->link, cqe.res, 0, NULL));
	}
	EXPECT_EQ(0, kt_sealed_out(&self->link));
}

/* ---- pipes --------------------------------------------------------------- */

static void add_splice(struct kt_ring *ring, int from, int to, size_t len)
{
	struct io_uring_sqe *sqe = kt_ring_add(ring, IORING_OP_SPLICE, to, NULL, len, OTHER);

	sqe->splice_fd_in = from;
	sqe->splice_off_in = -1;
	sqe->off = -1;
}

KT_TEST(uring_memory, splice_out)
{
	int pipe[2];

	ASSERT_EQ(0, pipe2(pipe, O_CLOEXEC));
	add_splice(&self->ring, self->link.fd, pipe[1], 1000);
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 0));
	ASSERT_EQ(1000, kt_ring_result(&self->ring, OTHER));
	ASSERT_EQ(0, kt_read_pipe(pipe[0], data, 1000));
	EXPECT_EQ(0, kt_check(data, 1000, 0));
	close(pipe[0]);
	close(pipe[1]);
}

KT_TEST(uring_memory, splice_in)
{
	int pipe[2];

	ASSERT_EQ(0, pipe2(pipe, O_CLOEXEC));
	kt_fill(data, 20000, 0);
	ASSERT_EQ(20000, write(pipe[1], data, 20000));
	add_splice(&self->ring, pipe[0], self->link.fd, 20000);
	ASSERT_EQ(20000, kt_ring_result(&self->ring, OTHER));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 20000, 0, NULL));
	close(pipe[0]);
	close(pipe[1]);
}

/* ---- taken back ---------------------------------------------------------- */

KT_TEST(uring_memory, cancelled_recv_takes_nothing)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 1000, wire);
	struct io_uring_cqe a, b;

	kt_ring_add(&self->ring, IORING_OP_RECV, self->link.fd, data, 2000, RECV);
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len - 1));
	kt_ring_add(&self->ring, IORING_OP_ASYNC_CANCEL, -1, (void *)(uintptr_t)RECV, 0, CANCEL);
	ASSERT_EQ(0, kt_ring_wait(&self->ring, &a));
	ASSERT_EQ(0, kt_ring_wait(&self->ring, &b));
	EXPECT_EQ(-ECANCELED, a.user_data == RECV ? a.res : b.res);
	EXPECT_EQ(0, a.user_data == CANCEL ? a.res : b.res);
	ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 1, 1));
	EXPECT_EQ(0, kt_ring_silent(&self->ring));
	EXPECT_EQ(1000, kt_recv_pattern(self->link.fd, 2000, 0, 0));
}

KT_TEST(uring_memory, timed_out_recv_takes_nothing)
{
	struct __kernel_timespec soon = { .tv_nsec = 20000000 };
	struct io_uring_cqe a, b;

	kt_ring_add(&self->ring, IORING_OP_RECV, self->link.fd, data, 2000, RECV)->flags =
		IOSQE_IO_LINK;
	kt_ring_add(&self->ring, IORING_OP_LINK_TIMEOUT, -1, &soon, 1, TIMEOUT);
	ASSERT_EQ(0, kt_ring_wait(&self->ring, &a));
	ASSERT_EQ(0, kt_ring_wait(&self->ring, &b));
	EXPECT_EQ(-ECANCELED, a.user_data == RECV ? a.res : b.res);
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 0));
	EXPECT_EQ(1000, kt_recv_pattern(self->link.fd, 2000, 0, 0));
}

/* Cancelled half-way: what is sent is whole records, and counted. */
KT_TEST(uring_memory, cancelled_send_says_how_much)
{
	struct io_uring_cqe a, b;
	int sent;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	kt_fill(data, sizeof(data), 0);
	kt_ring_add(&self->ring, IORING_OP_SEND, self->link.fd, data, sizeof(data), SEND)->msg_flags =
		MSG_WAITALL;
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	kt_ring_add(&self->ring, IORING_OP_ASYNC_CANCEL, -1, (void *)(uintptr_t)SEND, 0, CANCEL);
	ASSERT_EQ(0, kt_ring_wait(&self->ring, &a));
	ASSERT_EQ(0, kt_ring_wait(&self->ring, &b));
	sent = a.user_data == SEND ? a.res : b.res;
	ASSERT_TRUE(sent > 0 || sent == -ECANCELED);
	if (sent > 0)
		EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	if (sent > 0)
		EXPECT_EQ(0, kt_expect_nothing(&self->link));
	/* told or not, what is there is a beginning of it, in whole records */
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	for (uint64_t seen = sent > 0 ? sent : 0;;) {
		static struct kt_record record;
		int ret = kt_recv_record(&self->link, &record);

		ASSERT_GE(ret, 0);
		if (ret)
			break;
		ASSERT_EQ(0, kt_check(record.data, record.len, seen));
		seen += record.len;
	}
}

KT_TEST(uring_memory, shutdown_and_close)
{
	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	kt_ring_add(&self->ring, IORING_OP_SHUTDOWN, self->link.fd, NULL, SHUT_WR, OTHER);
	EXPECT_EQ(0, kt_ring_result(&self->ring, OTHER));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "open", 4));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
	kt_ring_add(&self->ring, IORING_OP_CLOSE, self->link.fd, NULL, 0, OTHER);
	EXPECT_EQ(0, kt_ring_result(&self->ring, OTHER));
	self->link.fd = -1;
}

/* The process goes with requests in the air: they do not keep the socket. */
KT_TEST(uring_memory, exit_with_requests_in_flight)
{
	int status;
	pid_t pid = fork();

	ASSERT_GE(pid, 0);
	if (!pid) {
		struct kt_ring ring;

		if (kt_ring_open(&ring, 8))
			_exit(1);
		kt_ring_add(&ring, IORING_OP_RECV, self->link.fd, data, 100, RECV);
		kt_ring_add(&ring, IORING_OP_POLL_ADD, self->link.fd, NULL,
			    IORING_POLL_ADD_MULTI, POLL)->poll32_events = POLLIN;
		_exit(kt_ring_submit(&ring) ? 1 : 0);
	}
	kt_close(&self->link.fd);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

TEST_HARNESS_MAIN
