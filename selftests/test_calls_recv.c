// SPDX-License-Identifier: GPL-2.0
/* Calls that receive: every byte, and what kind it is, as the program sees it. */
#include "lib/brief.h"
#include <poll.h>
#include <sys/uio.h>

KT_BRIEF_FIXTURE_OPEN(calls_recv)

/* ---- vectors ------------------------------------------------------------ */

enum { MOST = 1024 };		/* buffers in a call, UIO_MAXIOV of the kernel */

KT_TEST(calls_recv, any_number_of_buffers_some_empty)
{
	static const int counts[] = { 1, 2, 3, 16, 17, 64, 255, 256, 257, 1023, MOST };
	static uint8_t data[14 * MOST];
	static struct iovec iov[MOST];

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		size_t len = 0;

		for (int j = 0; j < counts[i]; j++) {
			size_t n = j % 3 == 1 ? 0 : 1 + j % 14;

			iov[j] = (struct iovec){ n ? data + len : NULL, n };
			len += n;
		}
		memset(data, 0, sizeof(data));
		ASSERT_EQ(0, kt_send_pattern(&self->link, len, 0));
		ASSERT_EQ(0, kt_all_here(&self->link));
		ASSERT_EQ(len, readv(self->link.fd, iov, counts[i]));
		EXPECT_EQ(0, kt_check(data, len, 0));
	}
}

/* Buffers that end in the middle of records, and records that end in the
 * middle of buffers.
 */
KT_TEST(calls_recv, buffers_and_records_out_of_step)
{
	enum { COUNT = 333, EACH = 91, TOTAL = COUNT * EACH };
	static uint8_t data[TOTAL];
	static struct iovec iov[COUNT];

	for (int i = 0; i < COUNT; i++)
		iov[i] = (struct iovec){ data + EACH * i, EACH };
	for (size_t size = 1000; size < 16384; size = size * 2 + 7) {
		memset(data, 0, sizeof(data));
		ASSERT_EQ(0, kt_send_stream(&self->link, TOTAL, size, 0));
		ASSERT_EQ(0, kt_all_here(&self->link));
		ASSERT_EQ(TOTAL, readv(self->link.fd, iov, COUNT));
		EXPECT_EQ(0, kt_check(data, TOTAL, 0));
	}
}

KT_TEST(calls_recv, too_many_buffers_take_nothing)
{
	static struct iovec iov[MOST + 1];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = MOST + 1 };
	uint8_t byte;

	for (int i = 0; i <= MOST; i++)
		iov[i] = (struct iovec){ &byte, 1 };
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_ERRNO(EMSGSIZE, recvmsg(self->link.fd, &msg, 0));
	EXPECT_ERRNO(EINVAL, readv(self->link.fd, iov, MOST + 1));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 200, 0, 0));
}

/* ---- positions ---------------------------------------------------------- */

KT_TEST(calls_recv, positions_are_refused)
{
	char byte;
	struct iovec iov = { &byte, 1 };

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_ERRNO(ESPIPE, pread(self->link.fd, &byte, 1, 0));
	EXPECT_ERRNO(ESPIPE, preadv(self->link.fd, &iov, 1, 0));
	EXPECT_ERRNO(ESPIPE, pwrite(self->link.fd, &byte, 1, 0));
	EXPECT_ERRNO(ESPIPE, pwritev(self->link.fd, &iov, 1, 0));
	EXPECT_ERRNO(ESPIPE, lseek(self->link.fd, 0, SEEK_CUR));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 200, 0, 0));
}

/* -1 means the file's own position, which a socket does not need either. */
KT_TEST(calls_recv, vectors_without_a_position)
{
	uint8_t got[100];
	struct iovec iov = { got, sizeof(got) };

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(100, preadv2(self->link.fd, &iov, 1, -1, 0));
	EXPECT_EQ(0, kt_check(got, 100, 0));
	ASSERT_EQ(100, pwritev2(self->link.fd, &iov, 1, -1, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, 0));
}

/* RWF_NOWAIT is newer for sockets than 6.1: whatever TCP does. */
KT_TEST(calls_recv, nowait_is_as_plain_tcp_has_it)
{
	uint8_t got[100];
	struct iovec iov = { got, sizeof(got) };
	int error;

	EXPECT_EQ(-1, preadv2(self->link.raw, &iov, 1, -1, RWF_NOWAIT));
	error = errno;
	EXPECT_ERRNO(error, preadv2(self->link.fd, &iov, 1, -1, RWF_NOWAIT));
	if (error != EAGAIN)
		return;
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(100, preadv2(self->link.fd, &iov, 1, -1, RWF_NOWAIT));
	EXPECT_EQ(0, kt_check(got, 100, 0));
}

/* ---- many messages in a call -------------------------------------------- */

struct slot {
	union {
		char room[CMSG_SPACE(1)];
		struct cmsghdr align;
	} control;
	struct iovec iov;
	uint8_t data[1000];
};

static void make_room(struct mmsghdr *msgs, struct slot *slots, int count, size_t room)
{
	for (int i = 0; i < count; i++) {
		memset(&msgs[i], 0, sizeof(msgs[i]));
		slots[i].iov = (struct iovec){ slots[i].data, room };
		msgs[i].msg_hdr.msg_iov = &slots[i].iov;
		msgs[i].msg_hdr.msg_iovlen = 1;
		msgs[i].msg_hdr.msg_control = &slots[i].control;
		msgs[i].msg_hdr.msg_controllen = sizeof(slots[i].control.room);
	}
}

static int type_of(struct mmsghdr *msg)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg->msg_hdr);

	return cmsg && cmsg->cmsg_level == SOL_TLS &&
	       cmsg->cmsg_type == TLS_GET_RECORD_TYPE ? *CMSG_DATA(cmsg) : -1;
}

/* Data, an alert, data: never two types in a message. */
static int send_mixture(struct kt_link *link)
{
	return kt_send_pattern(link, 100, 0) || kt_send_pattern(link, 100, 100) ||
	       kt_send_record(link, KT_ALERT, "\1\0", 2) ||
	       kt_send_pattern(link, 100, 200) || kt_all_here(link) ? -1 : 0;
}

KT_TEST(calls_recv, recvmmsg_of_records_one_by_one)
{
	static const int types[] = { KT_DATA, KT_DATA, KT_ALERT, KT_DATA };
	struct mmsghdr msgs[4];
	struct slot slots[4];
	int position = 0;

	ASSERT_EQ(0, send_mixture(&self->link));
	make_room(msgs, slots, 4, 100);
	ASSERT_EQ(4, recvmmsg(self->link.fd, msgs, 4, 0, NULL));
	for (int i = 0; i < 4; i++) {
		EXPECT_EQ(types[i], type_of(&msgs[i]));
		EXPECT_EQ(types[i] == KT_DATA ? 100 : 2, msgs[i].msg_len);
		if (types[i] == KT_DATA) {
			EXPECT_EQ(0, kt_check(slots[i].data, 100, position));
			position += 100;
		}
	}
	EXPECT_EQ(0, memcmp(slots[2].data, "\1\0", 2));
}

KT_TEST(calls_recv, recvmmsg_with_room_for_more)
{
	struct mmsghdr msgs[5];
	struct slot slots[5];

	ASSERT_EQ(0, send_mixture(&self->link));
	make_room(msgs, slots, 5, 1000);
	ASSERT_EQ(3, recvmmsg(self->link.fd, msgs, 5, MSG_DONTWAIT, NULL));
	EXPECT_EQ(200, msgs[0].msg_len);
	EXPECT_EQ(0, kt_check(slots[0].data, 200, 0));
	EXPECT_EQ(KT_ALERT, type_of(&msgs[1]));
	EXPECT_EQ(2, msgs[1].msg_len);
	EXPECT_EQ(100, msgs[2].msg_len);
	EXPECT_EQ(KT_DATA, type_of(&msgs[2]));
	EXPECT_EQ(0, kt_check(slots[2].data, 100, 200));
}

KT_TEST(calls_recv, recvmmsg_waits_for_one)
{
	struct mmsghdr msgs[3];
	struct slot slots[3];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	make_room(msgs, slots, 3, 1000);
	ASSERT_EQ(1, recvmmsg(self->link.fd, msgs, 3, MSG_WAITFORONE, NULL));
	EXPECT_EQ(100, msgs[0].msg_len);
	EXPECT_EQ(0, kt_check(slots[0].data, 100, 0));
}

/* The second message has no room for a type: the call says what the first got,
 * the next one says why it stopped, and the record is still there.
 */
KT_TEST(calls_recv, recvmmsg_keeps_a_record_it_cannot_describe)
{
	struct mmsghdr msgs[2];
	struct slot slots[2];
	uint8_t type, got[10];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_all_here(&self->link));
	make_room(msgs, slots, 2, 1000);
	msgs[1].msg_hdr.msg_controllen = 0;
	ASSERT_EQ(1, recvmmsg(self->link.fd, msgs, 2, 0, NULL));
	EXPECT_EQ(100, msgs[0].msg_len);
	make_room(msgs, slots, 2, 1000);
	EXPECT_ERRNO(EIO, recvmmsg(self->link.fd, msgs, 2, 0, NULL));
	ASSERT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), MSG_DONTWAIT));
	EXPECT_EQ(KT_ALERT, type);
	EXPECT_EQ(0, memcmp(got, "\1\0", 2));
	/* an error that was read is no end of the connection */
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

/* ---- MSG_TRUNC: bytes are counted, taken and not written ---------------- */

KT_TEST(calls_recv, trunc_takes_bytes_unseen)
{
	ASSERT_EQ(0, kt_send_stream(&self->link, 1000, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(50, recv(self->link.fd, NULL, 50, MSG_TRUNC));
	EXPECT_EQ(150, kt_recv_pattern(self->link.fd, 150, 50, 0));
	EXPECT_EQ(333, recv(self->link.fd, NULL, 333, MSG_TRUNC));
	EXPECT_EQ(467, kt_recv_pattern(self->link.fd, 2000, 533, 0));
	EXPECT_ERRNO(EAGAIN, recv(self->link.fd, NULL, 1, MSG_TRUNC | MSG_DONTWAIT));
}

KT_TEST(calls_recv, trunc_does_not_write)
{
	uint8_t got[500], untouched[500];

	memset(got, 0xa5, sizeof(got));
	memset(untouched, 0xa5, sizeof(untouched));
	ASSERT_EQ(0, kt_send_stream(&self->link, 1000, 250, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(500, recv(self->link.fd, got, sizeof(got), MSG_TRUNC));
	EXPECT_EQ(0, memcmp(got, untouched, sizeof(got)));
	EXPECT_EQ(500, kt_recv_pattern(self->link.fd, 1000, 500, 0));
}

KT_TEST(calls_recv, trunc_and_peek_take_nothing)
{
	ASSERT_EQ(0, kt_send_stream(&self->link, 300, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(250, recv(self->link.fd, NULL, 250, MSG_TRUNC | MSG_PEEK));
	EXPECT_EQ(300, kt_recv_pattern(self->link.fd, 1000, 0, 0));
}

KT_TEST(calls_recv, trunc_stops_at_another_type)
{
	uint8_t type;

	ASSERT_EQ(0, send_mixture(&self->link));
	EXPECT_EQ(200, recv(self->link.fd, NULL, 1000, MSG_TRUNC | MSG_WAITALL));
	EXPECT_ERRNO(EIO, recv(self->link.fd, NULL, 1000, MSG_TRUNC));
	EXPECT_EQ(2, kt_recv_type(self->link.fd, &type, NULL, 1000, MSG_TRUNC));
	EXPECT_EQ(KT_ALERT, type);
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 200, 0));
}

/* What is not written is authenticated all the same. */
KT_TEST(calls_recv, trunc_does_not_take_what_is_forged)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 100, wire);

	wire[len - 1] ^= 1;
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	EXPECT_ERRNO(EBADMSG, recv(self->link.fd, NULL, 100, MSG_TRUNC));
}

/* ---- how much is waited for --------------------------------------------- */

static int set_mark(int fd, int mark)
{
	return setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark));
}

/* As TCP has it: poll is silent below the mark, and tells above. */
KT_TEST(calls_recv, poll_heeds_the_low_water_mark)
{
	ASSERT_EQ(0, set_mark(self->link.fd, 5000));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(0, kt_poll(self->link.fd, POLLIN, 0) & POLLIN);
	ASSERT_EQ(0, kt_send_stream(&self->link, 5000, 1000, 1000));
	EXPECT_EQ(POLLIN, kt_poll(self->link.fd, POLLIN, KT_WAIT_MS) & POLLIN);
	EXPECT_GE(kt_recv_pattern(self->link.fd, 10000, 0, 0), 5000);
}

/* A mark above what there will ever be does not outlive the stream. */
KT_TEST(calls_recv, low_water_mark_ends_with_the_stream)
{
	ASSERT_EQ(0, set_mark(self->link.fd, 5000));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 0));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	EXPECT_NE(0, kt_poll(self->link.fd, POLLIN, KT_WAIT_MS) & POLLIN);
	EXPECT_EQ(1000, kt_recv_pattern(self->link.fd, 10000, 0, 0));
	EXPECT_EQ(0, kt_read_eof(self->link.fd));
}

KT_TEST(calls_recv, waitall_with_a_timeout_gives_what_came)
{
	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_RCVTIMEO, 50));
	ASSERT_EQ(0, kt_send_stream(&self->link, 300, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(300, kt_recv_pattern(self->link.fd, 1000, 0, MSG_WAITALL));
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 1000, 0, MSG_WAITALL));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

/* Whole records and a part: the part stays for later. */
KT_TEST(calls_recv, waitall_with_a_timeout_leaves_a_part)
{
	static uint8_t wire[KT_MAX_WIRE], plain[500];
	ssize_t len;

	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_RCVTIMEO, 50));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 300, 0));
	kt_fill(plain, sizeof(plain), 300);
	len = kt_seal(&self->link.in, KT_DATA, plain, sizeof(plain), 0, wire);
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len - 1));
	EXPECT_EQ(300, kt_recv_pattern(self->link.fd, 1000, 0, MSG_WAITALL));
	ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 1, 1));
	EXPECT_EQ(500, kt_recv_pattern(self->link.fd, 500, 300, MSG_WAITALL));
}

static ssize_t wait_for_all(void *arg)
{
	struct kt_link *link = arg;

	return kt_recv_pattern(link->fd, 1000, 0, MSG_WAITALL);
}

/* All of one type: another one ends the wait of who sleeps for more. */
KT_TEST(calls_recv, waitall_wakes_for_another_type)
{
	struct kt_task task;
	uint8_t type, got[10];

	ASSERT_EQ(0, kt_task_start(&task, wait_for_all, &self->link));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 300, 0));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	EXPECT_EQ(300, kt_task_join(&task));
	ASSERT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_ALERT, type);
}

/* And an empty record of data does not. */
KT_TEST(calls_recv, waitall_passes_over_empty_records)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, wait_for_all, &self->link));
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, 100, i * 100));
		ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	}
	EXPECT_EQ(1000, kt_task_join(&task));
}

TEST_HARNESS_MAIN
