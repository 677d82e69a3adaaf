// SPDX-License-Identifier: GPL-2.0
/* io_uring(7): requests that sleep in the kernel without a thread. */
#include "lib/ring.h"
#include "lib/brief.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/uio.h>
#include <sys/wait.h>

FIXTURE(uring)
{
	struct kt_link link;
	struct kt_ring ring;
};

KT_BRIEF_VARIANTS(uring);

FIXTURE_SETUP(uring)
{
	self->ring.fd = -1;
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, kt_ring_open(&self->ring, 64));
}

FIXTURE_TEARDOWN(uring)
{
	kt_ring_close(&self->ring);
	kt_link_close(&self->link);
}

static uint8_t data[200000];

enum { SEND = 1, RECV, POLL, CANCEL, TIMEOUT, OTHER };

/* ---- one at a time ------------------------------------------------------- */

KT_TEST(uring, send)
{
	kt_fill(data, 40000, 0);
	kt_ring_add(&self->ring, IORING_OP_SEND, self->link.fd, data, 40000, SEND);
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 40000, 0, NULL));
	EXPECT_EQ(40000, kt_ring_result(&self->ring, SEND));
}

KT_TEST(uring, write_and_read)
{
	kt_fill(data, 1000, 0);
	kt_ring_add(&self->ring, IORING_OP_WRITE, self->link.fd, data, 1000, SEND);
	EXPECT_EQ(1000, kt_ring_result(&self->ring, SEND));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 1000, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 500));
	kt_ring_add(&self->ring, IORING_OP_READ, self->link.fd, data, 2000, RECV);
	EXPECT_EQ(1000, kt_ring_result(&self->ring, RECV));
	EXPECT_EQ(0, kt_check(data, 1000, 500));
}

KT_TEST(uring, send_with_more)
{
	kt_ring_add(&self->ring, IORING_OP_SEND, self->link.fd, "open", 4, SEND)->msg_flags =
		MSG_MORE;
	EXPECT_EQ(4, kt_ring_result(&self->ring, SEND));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	kt_ring_add(&self->ring, IORING_OP_SEND, self->link.fd, "more", 4, SEND);
	EXPECT_EQ(4, kt_ring_result(&self->ring, SEND));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "openmore", 8));
}

/* More than fits: the request sleeps until all of it is gone. */
KT_TEST(uring, send_all_of_it)
{
	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	kt_fill(data, sizeof(data), 0);
	kt_ring_add(&self->ring, IORING_OP_SEND, self->link.fd, data, sizeof(data), SEND)->msg_flags =
		MSG_WAITALL;
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	EXPECT_EQ(0, kt_ring_silent(&self->ring));
	EXPECT_EQ(0, kt_expect_stream(&self->link, sizeof(data), 0, NULL));
	EXPECT_EQ(sizeof(data), kt_ring_result(&self->ring, SEND));
}

/* It completes for a whole record, not for a part. */
KT_TEST(uring, recv_waits_for_a_whole_record)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 1000, wire);

	kt_ring_add(&self->ring, IORING_OP_RECV, self->link.fd, data, 2000, RECV);
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	for (ssize_t at = 0; at < len - 1; at += 300) {
		ASSERT_EQ(0, kt_write_here(&self->link, wire + at,
					   len - 1 - at < 300 ? len - 1 - at : 300));
		EXPECT_EQ(0, kt_ring_silent(&self->ring));
	}
	ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 1, 1));
	EXPECT_EQ(1000, kt_ring_result(&self->ring, RECV));
	EXPECT_EQ(0, kt_check(data, 1000, 0));
}

KT_TEST(uring, recv_all_of_it)
{
	kt_ring_add(&self->ring, IORING_OP_RECV, self->link.fd, data, 100000, RECV)->msg_flags =
		MSG_WAITALL;
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	ASSERT_EQ(0, kt_send_stream(&self->link, 100000, 9000, 0));
	EXPECT_EQ(100000, kt_ring_result(&self->ring, RECV));
	EXPECT_EQ(0, kt_check(data, 100000, 0));
}

/* All of one type: it ends where another begins, which is still there. */
KT_TEST(uring, recv_all_ends_at_another_type)
{
	uint8_t type, got[10];

	kt_ring_add(&self->ring, IORING_OP_RECV, self->link.fd, data, 1000, RECV)->msg_flags =
		MSG_WAITALL;
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	ASSERT_EQ(0, kt_send_stream(&self->link, 300, 100, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	EXPECT_EQ(300, kt_ring_result(&self->ring, RECV));
	EXPECT_EQ(0, kt_check(data, 300, 0));
	EXPECT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_ALERT, type);
}

KT_TEST(uring, recv_ends_with_the_stream)
{
	kt_ring_add(&self->ring, IORING_OP_RECV, self->link.fd, data, 1000, RECV);
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	EXPECT_EQ(0, kt_ring_result(&self->ring, RECV));
}

KT_TEST(uring, recv_ends_with_a_bad_record)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 1000, wire);

	kt_ring_add(&self->ring, IORING_OP_RECV, self->link.fd, data, 1000, RECV);
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	wire[len - 1] ^= 1;
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	EXPECT_EQ(-EBADMSG, kt_ring_result(&self->ring, RECV));
}

struct typed {
	union {
		char room[CMSG_SPACE(1)];
		struct cmsghdr align;
	} control;
	struct iovec iov;
	struct msghdr msg;
};

static void make_message(struct typed *typed, void *buffer, size_t len)
{
	memset(typed, 0, sizeof(*typed));
	typed->iov = (struct iovec){ buffer, len };
	typed->msg = (struct msghdr){
		.msg_iov = &typed->iov,
		.msg_iovlen = 1,
		.msg_control = &typed->control,
		.msg_controllen = sizeof(typed->control.room),
	};
}

KT_TEST(uring, sendmsg_with_a_type)
{
	struct typed typed;
	struct cmsghdr *cmsg;

	make_message(&typed, "\1\0", 2);
	cmsg = CMSG_FIRSTHDR(&typed.msg);
	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(cmsg) = KT_ALERT;
	kt_ring_add(&self->ring, IORING_OP_SENDMSG, self->link.fd, &typed.msg, 1, SEND);
	EXPECT_EQ(2, kt_ring_result(&self->ring, SEND));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_ALERT, "\1\0", 2));
}

KT_TEST(uring, recvmsg_with_a_type)
{
	uint8_t got[10];
	struct typed typed;
	struct cmsghdr *cmsg;

	make_message(&typed, got, sizeof(got));
	kt_ring_add(&self->ring, IORING_OP_RECVMSG, self->link.fd, &typed.msg, 1, RECV);
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	EXPECT_EQ(2, kt_ring_result(&self->ring, RECV));
	cmsg = CMSG_FIRSTHDR(&typed.msg);
	ASSERT_NE(NULL, cmsg);
	EXPECT_EQ(TLS_GET_RECORD_TYPE, cmsg->cmsg_type);
	EXPECT_EQ(KT_ALERT, *CMSG_DATA(cmsg));
}

/* ---- several, in order or not -------------------------------------------- */

KT_TEST(uring, linked_send_then_recv)
{
	kt_ring_add(&self->ring, IORING_OP_SEND, self->link.fd, "ping", 4, SEND)->flags =
		IOSQE_IO_LINK;
	kt_ring_add(&self->ring, IORING_OP_RECV, self->link.fd, data, 100, RECV);
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "ping", 4));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "pong", 4));
	EXPECT_EQ(4, kt_ring_result(&self->ring, SEND));
	EXPECT_EQ(4, kt_ring_result(&self->ring, RECV));
	EXPECT_EQ(0, memcmp(data, "pong", 4));
}

KT_TEST(uring, linked_sends_keep_their_order)
{
	kt_fill(data, 20 * 1000, 0);
	for (int i = 0; i < 20; i++)
		kt_ring_add(&self->ring, IORING_OP_SEND, self->link.fd, data + i * 1000, 1000,
			    SEND)->flags = i < 19 ? IOSQE_IO_LINK : 0;
	for (int i = 0; i < 20; i++)
		EXPECT_EQ(1000, kt_ring_result(&self->ring, SEND));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 20 * 1000, 0, NULL));
}

/* The read fails, what hangs on it is not done, and the record is not lost. */
KT_TEST(uring, broken_link_sends_nothing)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	kt_ring_add(&self->ring, IORING_OP_RECV, self->link.fd, (void *)4096, 100, RECV)->flags =
		IOSQE_IO_LINK;
	kt_ring_add(&self->ring, IORING_OP_SEND, self->link.fd, "late", 4, SEND);
	EXPECT_EQ(-EFAULT, kt_ring_result(&self->ring, RECV));
	EXPECT_EQ(-ECANCELED, kt_ring_result(&self->ring, SEND));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 100, 0, 0));
}

/* Many readers at once: each gets one record, none a part of another's. */
KT_TEST(uring, many_recvs_in_flight)
{
	enum { COUNT = 32 };
	bool seen[COUNT] = { };
	uint8_t record[100];

	for (int i = 0; i < COUNT; i++)
		kt_ring_add(&self->ring, IORING_OP_RECV, self->link.fd, data + i * 100, 100, i);
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	for (int i = 0; i < COUNT; i++) {
		memset(record, i, sizeof(record));
		ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, record, sizeof(record)));
	}
	for (int i = 0; i < COUNT; i++) {
		struct io_uring_cqe cqe;
		const uint8_t *got;

		ASSERT_EQ(0, kt_ring_wait(&self->ring, &cqe));
		ASSERT_EQ(100, cqe.res);
		got = data + cqe.user_data * 100;
		ASSERT_LT(got[0], COUNT);
		EXPECT_FALSE(seen[got[0]]);
		seen[got[0]] = true;
		for (int j = 1; j < 100; j++)
			ASSERT_EQ(got[0], got[j]);
	}
}

/* ---- events -------------------------------------------------------------- */

/* One event for each whole record, none for part of one, and it goes on. */
KT_TEST(uring, multishot_poll)
{
	static uint8_t wire[KT_MAX_WIRE];
	struct io_uring_sqe *sqe;
	struct io_uring_cqe cqe;

	sqe = kt_ring_add(&self->ring, IORING_OP_POLL_ADD, self->link.fd, NULL,
			  IORING_POLL_ADD_MULTI, POLL);
	sqe->poll32_events = POLLIN;
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	for (int i = 0; i < 5; i++) {
		ssize_t len = kt_seal_pattern(&self->link, 100, wire);

		ASSERT_EQ(0, kt_write_here(&self->link, wire, len / 2));
		EXPECT_EQ(0, kt_ring_silent(&self->ring));
		ASSERT_EQ(0, kt_write_here(&self->link, wire + len / 2, len - len / 2));
		ASSERT_EQ(0, kt_ring_wait(&self->ring, &cqe));
		EXPECT_EQ(POLL, cqe.user_data);
		EXPECT_EQ(POLLIN, cqe.res & POLLIN);
		EXPECT_TRUE(cqe.flags & IORING_CQE_F_MORE);
		ASSERT_EQ(100, kt_recv_pattern(self->link.fd, 200, 0, 0));
		EXPECT_EQ(0, kt_ring_silent(&self->ring));
	}
}

enum { BUFFERS = 16, BUFFER = 1000, GROUP = 7 };

/* Buffers for the kernel to pick from; returns the ring they are in. */
static struct io_uring_buf_ring *give_buffers(struct kt_ring *ring)
{
	size_t len = BUFFERS * sizeof(struct io_uring_buf);
	struct io_uring_buf_ring *bufs = mmap(NULL, len, PROT_READ | PROT_WRITE,
					      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct io_uring_buf_reg reg = {
		.ring_addr = (uintptr_t)bufs, .ring_entries = BUFFERS, .bgid = GROUP,
	};

	if (bufs == MAP_FAILED || kt_ring_register(ring, IORING_REGISTER_PBUF_RING, &reg, 1) < 0)
		return NULL;
	for (int i = 0; i < BUFFERS; i++)
		bufs->bufs[i] = (struct io_uring_buf){
			.addr = (uintptr_t)data + i * BUFFER, .len = BUFFER, .bid = i,
		};
	__atomic_store_n(&bufs->tail, BUFFERS, __ATOMIC_RELEASE);
	return bufs;
}

/* One request, many completions, each in a buffer of the kernel's choice. */
KT_TEST(uring, multishot_recv)
{
	struct io_uring_buf_ring *bufs = give_buffers(&self->ring);
	struct io_uring_sqe *sqe;
	struct io_uring_cqe cqe;
	uint64_t seen = 0;

	ASSERT_NE(NULL, bufs);
	sqe = kt_ring_add(&self->ring, IORING_OP_RECV, self->link.fd, NULL, 0, RECV);
	sqe->ioprio = IORING_RECV_MULTISHOT;
	sqe->flags = IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
	ASSERT_EQ(0, kt_ring_submit(&self->ring));
	EXPECT_EQ(0, kt_ring_silent(&self->ring));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 100));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 3500, 1100));
	while (seen < 4600) {
		ASSERT_EQ(0, kt_ring_wait(&self->ring, &cqe));
		ASSERT_GT(cqe.res, 0);
		ASSERT_TRUE(cqe.flags & IORING_CQE_F_BUFFER);
		ASSERT_EQ(0, kt_check(data + (cqe.flags >> IORING_CQE_BUFFER_SHIFT) * BUFFER,
				      cqe.res, seen));
		seen += cqe.res;
	}
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_EQ(0, kt_ring_wait(&self->ring, &cqe));
	EXPECT_EQ(0, cqe.res);
	EXPECT_FALSE(cqe.flags & IORING_CQE_F_MORE);
}

TEST_HARNESS_MAIN
