// SPDX-License-Identifier: GPL-2.0
/* send(2) and its kin: what becomes of the bytes on the wire. */
#include "lib/fixture.h"
#include <poll.h>
#include <signal.h>
#include <sys/uio.h>

KT_FIXTURE_OPEN(send)

/* Send @len bytes of the stream in one call that may block. */
static int send_pattern(struct kt_link *link, size_t len, uint64_t position,
			int flags)
{
	char *buffer = malloc(len);
	ssize_t sent;

	kt_fill(buffer, len, position);
	sent = send(link->fd, buffer, len, flags);
	free(buffer);
	if (sent != (ssize_t)len)
		kt_say("send of %zu bytes returned %zd", len, sent);
	return sent == (ssize_t)len ? 0 : -1;
}

/* One call: full records, and the rest in one that is not longer than it. */
static int expect_split(struct kt_link *link, size_t len, uint64_t position)
{
	while (len) {
		size_t n = len < KT_MAX_PLAIN ? len : KT_MAX_PLAIN;

		if (kt_expect_pattern(link, n, position))
			return -1;
		position += n;
		len -= n;
	}
	return 0;
}

KT_TEST(send, one_record_up_to_16384_bytes)
{
	static const size_t sizes[] = {
		1, 2, 15, 16, 17, 255, 256, 1000, 4095, 4096, 4097, 8192,
		16367, 16368, 16383, 16384,
	};
	uint64_t position = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, send_pattern(&self->link, sizes[i], position, 0));
		ASSERT_EQ(0, kt_expect_pattern(&self->link, sizes[i], position));
		position += sizes[i];
	}
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

KT_TEST(send, splits_at_16384_bytes)
{
	static const size_t sizes[] = { 16385, 20000, 32768, 32769, 131072 + 5 };
	uint64_t position = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct kt_writer writer = {
			.fd = self->link.fd, .len = sizes[i],
			.position = position,
		};

		ASSERT_EQ(0, kt_writer_start(&writer));
		EXPECT_EQ(0, expect_split(&self->link, sizes[i], position));
		ASSERT_EQ(sizes[i], kt_task_join(&writer.task));
		position += sizes[i];
	}
}

KT_TEST(send, every_call_is_a_record)
{
	for (int i = 0; i < 20; i++)
		ASSERT_EQ(0, send_pattern(&self->link, 10, i * 10, 0));
	for (int i = 0; i < 20; i++)
		ASSERT_EQ(0, kt_expect_pattern(&self->link, 10, i * 10));
}

KT_TEST(send, nothing_makes_no_record)
{
	EXPECT_EQ(0, send(self->link.fd, "", 0, 0));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(0, send_pattern(&self->link, 5, 0, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 5, 0));
}

KT_TEST(send, write_and_writev_too)
{
	struct iovec iov[] = { { "scat", 4 }, { "", 0 }, { "tered", 5 } };

	ASSERT_EQ(5, write(self->link.fd, "plain", 5));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "plain", 5));
	ASSERT_EQ(9, writev(self->link.fd, iov, 3));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "scattered", 9));
}

KT_TEST(send, many_small_buffers_in_one_call)
{
	enum { COUNT = 1000, SIZE = 37 };
	static uint8_t data[COUNT * SIZE];
	static struct iovec iov[COUNT];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = COUNT };

	kt_fill(data, sizeof(data), 0);
	for (int i = 0; i < COUNT; i++)
		iov[i] = (struct iovec){ data + i * SIZE, SIZE };
	ASSERT_EQ(sizeof(data), sendmsg(self->link.fd, &msg, 0));
	EXPECT_EQ(0, expect_split(&self->link, sizeof(data), 0));
}

KT_TEST(send, sendmmsg_makes_a_record_of_each)
{
	struct iovec iov[] = { { "one", 3 }, { "two!", 4 }, { "three", 5 } };
	struct mmsghdr msgs[3] = { };

	for (int i = 0; i < 3; i++) {
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	ASSERT_EQ(3, sendmmsg(self->link.fd, msgs, 3, 0));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(iov[i].iov_len, msgs[i].msg_len);
		EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA,
					      iov[i].iov_base, iov[i].iov_len));
	}
}

/* ---- MSG_MORE ----------------------------------------------------------- */

KT_TEST(send, more_keeps_the_record_open)
{
	for (int i = 0; i < 9; i++)
		ASSERT_EQ(0, send_pattern(&self->link, 10, i * 10, MSG_MORE));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(0, send_pattern(&self->link, 10, 90, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, 0));
}

KT_TEST(send, more_fills_records_up)
{
	ASSERT_EQ(0, send_pattern(&self->link, 100, 0, MSG_MORE));
	ASSERT_EQ(0, send_pattern(&self->link, 16384, 100, MSG_MORE));
	ASSERT_EQ(0, send_pattern(&self->link, 16384, 16484, 0));
	EXPECT_EQ(0, expect_split(&self->link, 32868, 0));
}

/* MSG_MORE concerns the record that is open, not those that are full. */
KT_TEST(send, more_does_not_hold_full_records_back)
{
	ASSERT_EQ(0, send_pattern(&self->link, 3 * 16384 + 50, 0, MSG_MORE));
	EXPECT_EQ(0, expect_split(&self->link, 3 * 16384, 0));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(0, send_pattern(&self->link, 50, 3 * 16384 + 50, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, 3 * 16384));
}

KT_TEST(send, more_of_exactly_one_record_goes_out)
{
	ASSERT_EQ(0, send_pattern(&self->link, 16384, 0, MSG_MORE));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 16384, 0));
	ASSERT_EQ(0, send_pattern(&self->link, 1, 16384, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 1, 16384));
}

KT_TEST(send, eor_closes_the_open_record)
{
	ASSERT_EQ(0, send_pattern(&self->link, 10, 0, MSG_MORE));
	ASSERT_EQ(0, send_pattern(&self->link, 10, 10, MSG_EOR));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 20, 0));
	EXPECT_ERRNO(EINVAL, send(self->link.fd, "x", 1, MSG_EOR | MSG_MORE));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

KT_TEST(send, more_then_close_loses_nothing)
{
	ASSERT_EQ(0, send_pattern(&self->link, 1234, 0, MSG_MORE));
	kt_close(&self->link.fd);
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 1234, 0));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

KT_TEST(send, more_then_shutdown_loses_nothing)
{
	ASSERT_EQ(0, send_pattern(&self->link, 1234, 0, MSG_MORE));
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 1234, 0));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

/* ---- record types ------------------------------------------------------- */

KT_TEST(send, record_type_is_what_was_asked_for)
{
	static const uint8_t types[] = { 20, 21, 22, 23, 24, 100, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		ASSERT_EQ(4, kt_send_type(self->link.fd, types[i], "type", 4, 0));
		EXPECT_EQ(0, kt_expect_record(&self->link, types[i], "type", 4));
	}
}

KT_TEST(send, record_type_lasts_for_one_call)
{
	ASSERT_EQ(2, kt_send_type(self->link.fd, KT_ALERT, "\1\0", 2, 0));
	ASSERT_EQ(4, send(self->link.fd, "data", 4, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_ALERT, "\1\0", 2));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "data", 4));
}

KT_TEST(send, record_type_closes_the_open_record)
{
	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	ASSERT_EQ(5, kt_send_type(self->link.fd, KT_HANDSHAKE, "other", 5, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "open", 4));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_HANDSHAKE, "other", 5));
}

/* Whose record would the next call go on with? As the in-tree module. */
KT_TEST(send, record_type_with_more_is_refused)
{
	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	EXPECT_ERRNO(EINVAL, kt_send_type(self->link.fd, KT_HANDSHAKE, "more", 4,
					  MSG_MORE));
	ASSERT_EQ(4, send(self->link.fd, "shut", 4, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "openshut", 8));
}

KT_TEST(send, long_message_of_a_type_is_split)
{
	static uint8_t data[20000];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(20000, kt_send_type(self->link.fd, KT_HANDSHAKE, data, 20000, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_HANDSHAKE, data, 16384));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_HANDSHAKE, data + 16384,
				      20000 - 16384));
}

static ssize_t send_control(int fd, int level, int type, size_t len)
{
	union {
		char room[CMSG_SPACE(16)];
		struct cmsghdr align;
	} control = { };
	struct iovec iov = { "data", 4 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(len),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = level;
	cmsg->cmsg_type = type;
	cmsg->cmsg_len = CMSG_LEN(len);
	*CMSG_DATA(cmsg) = KT_ALERT;
	return sendmsg(fd, &msg, 0);
}

KT_TEST(send, bad_control_messages_are_refused)
{
	EXPECT_ERRNO(EINVAL, send_control(self->link.fd, SOL_TLS, TLS_GET_RECORD_TYPE, 1));
	EXPECT_ERRNO(EINVAL, send_control(self->link.fd, SOL_TLS, 77, 1));
	EXPECT_ERRNO(EINVAL, send_control(self->link.fd, SOL_TLS, TLS_SET_RECORD_TYPE, 0));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(4, send_control(self->link.fd, SOL_TLS, TLS_SET_RECORD_TYPE, 1));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_ALERT, "data", 4));
}

KT_TEST(send, control_messages_for_others_are_passed_over)
{
	ASSERT_EQ(4, send_control(self->link.fd, SOL_SOCKET, 1, 1));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "data", 4));
}

/* Somebody else's, as TCP passes over them. */
KT_TEST(send, foreign_control_messages_are_passed_over)
{
	ASSERT_EQ(4, send_control(self->link.fd, SOL_SOCKET, TLS_SET_RECORD_TYPE,
				  4));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "data", 4));
}

/* ---- flags -------------------------------------------------------------- */

/* Urgent data would leave in the clear. */
KT_TEST(send, out_of_band_is_refused)
{
	EXPECT_EQ(-1, send(self->link.fd, "urgent", 6, MSG_OOB));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(4, send(self->link.fd, "next", 4, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "next", 4));
}

KT_TEST(send, zerocopy_is_sealed_or_refused)
{
	int one = 1;
	ssize_t sent;

	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_ZEROCOPY, &one,
				sizeof(one)));
	sent = send(self->link.fd, "pages", 5, MSG_ZEROCOPY);
	if (sent < 0) {
		EXPECT_EQ(0, kt_expect_nothing(&self->link));
	} else {
		EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "pages", 5));
	}
	ASSERT_EQ(4, send(self->link.fd, "next", 4, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "next", 4));
}

/* ---- memory that is not there ------------------------------------------- */

/* @good bytes of the stream, then an address that nothing is mapped at. */
static ssize_t send_torn(int fd, size_t good, uint64_t position, int flags)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (good + page) / page * page;
	uint8_t *map = mmap(NULL, size + page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t sent;
	int saved;

	munmap(map + size, page);
	kt_fill(map + size - good, good, position);
	sent = send(fd, map + size - good, good + 100, flags);
	saved = errno;
	munmap(map, size);
	errno = saved;
	return sent;
}

KT_TEST(send, fault_at_once_is_efault)
{
	EXPECT_ERRNO(EFAULT, send_torn(self->link.fd, 0, 0, 0));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(0, send_pattern(&self->link, 10, 0, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 10, 0));
}

/* Whatever the call says it took is sent, and not a byte more. */
KT_TEST(send, fault_in_the_middle_sends_what_it_took)
{
	static const size_t sizes[] = { 1, 100, 5000, 16384, 20000, 40000 };
	uint64_t position = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ssize_t sent = send_torn(self->link.fd, sizes[i], position, 0);

		EXPECT_LE(sent, (ssize_t)sizes[i]);
		if (sent < 0) {
			EXPECT_EQ(EFAULT, errno);
			sent = 0;
		}
		ASSERT_EQ(0, send_pattern(&self->link, 10, position + sent, 0));
		ASSERT_EQ(0, kt_expect_stream(&self->link, sent + 10, position,
					      NULL));
		EXPECT_EQ(0, kt_expect_nothing(&self->link));
		position += sent + 10;
	}
}

KT_TEST(send, fault_leaves_the_open_record_alone)
{
	ssize_t sent;

	ASSERT_EQ(0, send_pattern(&self->link, 50, 0, MSG_MORE));
	EXPECT_ERRNO(EFAULT, send_torn(self->link.fd, 0, 50, MSG_MORE));
	sent = send_torn(self->link.fd, 30, 50, MSG_MORE);
	EXPECT_LE(sent, 30);
	if (sent < 0)
		sent = 0;
	ASSERT_EQ(0, send_pattern(&self->link, 20, 50 + sent, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 70 + sent, 0, NULL));
}

/* ---- the end ------------------------------------------------------------ */

KT_TEST(send, after_shutdown_is_epipe)
{
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	EXPECT_ERRNO(EPIPE, send(self->link.fd, "late", 4, MSG_NOSIGNAL));
	EXPECT_ERRNO(EPIPE, send(self->link.fd, "late", 4, MSG_NOSIGNAL | MSG_MORE));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
	(void)number;
	signals++;
}

KT_TEST(send, epipe_raises_sigpipe_unless_told_not_to)
{
	signal(SIGPIPE, on_signal);
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	EXPECT_ERRNO(EPIPE, send(self->link.fd, "late", 4, MSG_NOSIGNAL));
	EXPECT_EQ(0, signals);
	EXPECT_ERRNO(EPIPE, send(self->link.fd, "late", 4, 0));
	EXPECT_EQ(1, signals);
}

KT_TEST(send, after_a_reset_fails)
{
	kt_reset(&self->link.raw);
	ASSERT_NE(0, kt_poll(self->link.fd, POLLHUP, KT_WAIT_MS));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(-1, send(self->link.fd, "late", 4, MSG_NOSIGNAL));
		EXPECT_TRUE(errno == ECONNRESET || errno == EPIPE);
	}
}

TEST_HARNESS_MAIN
