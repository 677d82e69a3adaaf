// SPDX-License-Identifier: GPL-2.0
/* Calls that send: every byte, and where records end, as the plain end sees it. */
#include "lib/brief.h"
#include <netinet/in.h>
#include <sys/uio.h>

KT_BRIEF_FIXTURE_OPEN(calls_send)

/* ---- vectors ------------------------------------------------------------ */

enum { MOST = 1024 };		/* buffers in a call, UIO_MAXIOV of the kernel */

/* @count buffers with the stream in them, every third of them empty. */
static size_t make_vector(struct iovec *iov, int count, uint8_t *data)
{
	size_t len = 0;

	for (int i = 0; i < count; i++) {
		size_t n = i % 3 == 1 ? 0 : 1 + i % 14;

		iov[i] = (struct iovec){ n ? data + len : NULL, n };
		len += n;
	}
	kt_fill(data, len, 0);
	return len;
}

static ssize_t send_vector(int fd, struct iovec *iov, int count)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = count };

	return sendmsg(fd, &msg, 0);
}

KT_TEST(calls_send, any_number_of_buffers_some_empty)
{
	static const int counts[] = {
		1, 2, 3, 4, 8, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1000, 1023, MOST,
	};
	static uint8_t data[14 * MOST];
	static struct iovec iov[MOST];

	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		size_t len = make_vector(iov, counts[i], data);

		ASSERT_EQ(len, send_vector(self->link.fd, iov, counts[i]));
		EXPECT_EQ(0, kt_expect_pattern(&self->link, len, 0));
		ASSERT_EQ(len, writev(self->link.fd, iov, counts[i]));
		EXPECT_EQ(0, kt_expect_pattern(&self->link, len, 0));
	}
}

KT_TEST(calls_send, too_many_buffers_send_nothing)
{
	static uint8_t data[14 * (MOST + 1)];
	static struct iovec iov[MOST + 1];

	make_vector(iov, MOST + 1, data);
	EXPECT_ERRNO(EMSGSIZE, send_vector(self->link.fd, iov, MOST + 1));
	EXPECT_ERRNO(EINVAL, writev(self->link.fd, iov, MOST + 1));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
}

KT_TEST(calls_send, empty_buffers_only_send_nothing)
{
	static struct iovec iov[MOST];

	EXPECT_EQ(0, send_vector(self->link.fd, iov, MOST));
	EXPECT_EQ(0, writev(self->link.fd, iov, 3));
	EXPECT_EQ(0, send_vector(self->link.fd, NULL, 0));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
}

/* 1024 buffers of 48 bytes are three records, to the byte. */
KT_TEST(calls_send, buffers_over_several_records)
{
	static uint8_t data[48 * MOST];
	static struct iovec iov[MOST];
	struct kt_tally tally;

	kt_fill(data, sizeof(data), 0);
	for (int i = 0; i < MOST; i++)
		iov[i] = (struct iovec){ data + 48 * i, 48 };
	ASSERT_EQ(sizeof(data), send_vector(self->link.fd, iov, MOST));
	EXPECT_EQ(0, kt_expect_stream(&self->link, sizeof(data), 0, &tally));
	EXPECT_EQ(3, tally.records);
	EXPECT_EQ(16384, tally.smallest);
}

/* The same memory, twice in one record. */
KT_TEST(calls_send, one_buffer_many_times)
{
	static struct iovec iov[MOST];
	static uint8_t want[8 * MOST];
	uint8_t data[8];

	kt_fill(data, sizeof(data), 0);
	for (int i = 0; i < MOST; i++) {
		iov[i] = (struct iovec){ data, sizeof(data) };
		memcpy(want + 8 * i, data, sizeof(data));
	}
	ASSERT_EQ(sizeof(want), send_vector(self->link.fd, iov, MOST));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, want, sizeof(want)));
}

/* ---- many messages in a call -------------------------------------------- */

struct typed {
	union {
		char room[CMSG_SPACE(1)];
		struct cmsghdr align;
	} control;
	struct iovec iov;
};

/* One message; of @type, if that is not 0. */
static void put_message(struct mmsghdr *msg, struct typed *typed, uint8_t type,
			const void *data, size_t len)
{
	struct cmsghdr *cmsg;

	memset(msg, 0, sizeof(*msg));
	typed->iov = (struct iovec){ (void *)data, len };
	msg->msg_hdr.msg_iov = &typed->iov;
	msg->msg_hdr.msg_iovlen = 1;
	if (!type)
		return;
	msg->msg_hdr.msg_control = &typed->control;
	msg->msg_hdr.msg_controllen = sizeof(typed->control.room);
	cmsg = CMSG_FIRSTHDR(&msg->msg_hdr);
	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(cmsg) = type;
}

KT_TEST(calls_send, sendmmsg_with_a_type_for_each)
{
	struct mmsghdr msgs[4];
	struct typed typed[4];

	put_message(&msgs[0], &typed[0], 0, "data", 4);
	put_message(&msgs[1], &typed[1], KT_HANDSHAKE, "\4\0\0\1x", 5);
	put_message(&msgs[2], &typed[2], 0, "more", 4);
	put_message(&msgs[3], &typed[3], KT_ALERT, "\1\0", 2);
	ASSERT_EQ(4, sendmmsg(self->link.fd, msgs, 4, 0));
	EXPECT_EQ(4, msgs[0].msg_len);
	EXPECT_EQ(5, msgs[1].msg_len);
	EXPECT_EQ(2, msgs[3].msg_len);
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "data", 4));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_HANDSHAKE, "\4\0\0\1x", 5));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "more", 4));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_ALERT, "\1\0", 2));
}

KT_TEST(calls_send, sendmmsg_with_more_fills_one_record)
{
	struct mmsghdr msgs[3];
	struct typed typed[3];
	uint8_t data[31];

	kt_fill(data, sizeof(data), 0);
	for (int i = 0; i < 3; i++)
		put_message(&msgs[i], &typed[i], 0, data + 10 * i, 10);
	ASSERT_EQ(3, sendmmsg(self->link.fd, msgs, 3, MSG_MORE));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(1, send(self->link.fd, data + 30, 1, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 31, 0));
}

/* Those before the bad one are sent, those behind it are not. */
KT_TEST(calls_send, sendmmsg_stops_at_a_bad_message)
{
	struct mmsghdr msgs[3];
	struct typed typed[3];

	put_message(&msgs[0], &typed[0], 0, "good", 4);
	put_message(&msgs[1], &typed[1], 0, (void *)8, 100);
	put_message(&msgs[2], &typed[2], 0, "late", 4);
	ASSERT_EQ(1, sendmmsg(self->link.fd, msgs, 3, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "good", 4));
	EXPECT_ERRNO(EFAULT, sendmmsg(self->link.fd, msgs + 1, 2, 0));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(1, sendmmsg(self->link.fd, msgs + 2, 1, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "late", 4));
}

KT_TEST(calls_send, sendmmsg_until_it_would_block)
{
	enum { COUNT = 400, EACH = 1000 };
	static uint8_t data[COUNT * EACH];
	static struct mmsghdr msgs[COUNT];
	static struct typed typed[COUNT];
	size_t sent = 0;
	int n;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	kt_fill(data, sizeof(data), 0);
	for (int i = 0; i < COUNT; i++)
		put_message(&msgs[i], &typed[i], 0, data + EACH * i, EACH);
	n = sendmmsg(self->link.fd, msgs, COUNT, MSG_DONTWAIT);
	ASSERT_GT(n, 0);
	ASSERT_LT(n, COUNT);
	for (int i = 0; i < n; i++)
		sent += msgs[i].msg_len;
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

/* ---- flags and addresses ------------------------------------------------ */

/* A connected stream knows where it goes: TCP passes over an address. */
KT_TEST(calls_send, address_is_passed_over)
{
	struct sockaddr_in nowhere = { .sin_family = AF_INET };

	EXPECT_EQ(4, sendto(self->link.fd, "data", 4, 0, (void *)&nowhere, sizeof(nowhere)));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "data", 4));
}

KT_TEST(calls_send, flags_without_a_meaning_send_nothing)
{
	static const int flags[] = { MSG_OOB, MSG_FASTOPEN, MSG_CONFIRM, MSG_PEEK };

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		EXPECT_ERRNO(EOPNOTSUPP, send(self->link.fd, "x", 1, flags[i]));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
}

/* MSG_NOSIGNAL, MSG_DONTWAIT and MSG_EOR change nothing while all is well. */
KT_TEST(calls_send, flags_together)
{
	static const int flags[] = {
		MSG_NOSIGNAL, MSG_DONTWAIT, MSG_EOR, MSG_DONTWAIT | MSG_EOR,
		MSG_NOSIGNAL | MSG_DONTWAIT | MSG_EOR,
	};

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		ASSERT_EQ(4, send(self->link.fd, "data", 4, flags[i]));
		EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "data", 4));
		ASSERT_EQ(2, send(self->link.fd, "da", 2, MSG_MORE | MSG_DONTWAIT));
		EXPECT_EQ(0, kt_expect_nothing(&self->link));
		ASSERT_EQ(2, send(self->link.fd, "ta", 2, flags[i]));
		EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "data", 4));
	}
}

KT_TEST(calls_send, eor_and_more_contradict_each_other)
{
	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	EXPECT_ERRNO(EINVAL, send(self->link.fd, "x", 1, MSG_EOR | MSG_MORE));
	ASSERT_EQ(4, send(self->link.fd, "more", 4, MSG_EOR));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "openmore", 8));
}

/* MSG_ZEROCOPY with SO_ZEROCOPY on: clearly refused, or sealed and, as the
 * caller's memory is free again at return, its later content does not matter.
 */
KT_TEST(calls_send, zerocopy_does_not_read_later)
{
	static uint8_t data[16384];
	int one = 1;
	ssize_t n;

	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)));
	kt_fill(data, sizeof(data), 0);
	n = send(self->link.fd, data, sizeof(data), MSG_ZEROCOPY);
	memset(data, 0x5a, sizeof(data));
	if (n < 0) {
		EXPECT_EQ(EOPNOTSUPP, errno);
		EXPECT_EQ(0, kt_expect_nothing(&self->link));
	} else {
		EXPECT_EQ(0, kt_expect_stream(&self->link, n, 0, NULL));
	}
	EXPECT_EQ(0, kt_sealed_out(&self->link));
}

TEST_HARNESS_MAIN
