// SPDX-License-Identifier: GPL-2.0
/* splice(2) and vmsplice(2) into the socket, and splice(2) out of it. */
#include "lib/fixture.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/uio.h>

FIXTURE(splice)
{
	struct kt_link link;
	int pipe[2];
};

KT_VARIANTS(splice);

FIXTURE_SETUP(splice)
{
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC | O_NONBLOCK));
}

FIXTURE_TEARDOWN(splice)
{
	kt_link_close(&self->link);
	kt_close(&self->pipe[0]);
	kt_close(&self->pipe[1]);
}

static int splice_bytes(const int *pipe, int fd, const void *data, size_t len,
			int flags)
{
	if (write(pipe[1], data, len) != (ssize_t)len)
		return kt_errno("write to a pipe");
	if (splice(pipe[0], NULL, fd, NULL, len, flags) != (ssize_t)len)
		return kt_errno("splice to the socket");
	return 0;
}

KT_TEST(splice, splice_from_a_pipe)
{
	uint8_t data[6000];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(0, splice_bytes(self->pipe, self->link.fd, data, 6000, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 6000, 0, NULL));
	EXPECT_EQ(6000, kt_spliced_bytes(self->link.fd));
}

KT_TEST(splice, splice_more_keeps_the_record_open)
{
	uint8_t data[100];

	kt_fill(data, sizeof(data), 0);
	for (int i = 0; i < 9; i++)
		ASSERT_EQ(0, splice_bytes(self->pipe, self->link.fd, data + i * 10,
					  10, SPLICE_F_MORE));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(0, splice_bytes(self->pipe, self->link.fd, data + 90, 10, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, 0));
	EXPECT_EQ(100, kt_spliced_bytes(self->link.fd));
}

KT_TEST(splice, send_and_splice_in_turns)
{
	uint8_t data[400];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(100, send(self->link.fd, data, 100, MSG_MORE));
	ASSERT_EQ(0, splice_bytes(self->pipe, self->link.fd, data + 100, 100,
				  SPLICE_F_MORE));
	ASSERT_EQ(100, send(self->link.fd, data + 200, 100, MSG_MORE));
	ASSERT_EQ(0, splice_bytes(self->pipe, self->link.fd, data + 300, 100, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 400, 0));
	EXPECT_EQ(200, kt_spliced_bytes(self->link.fd));
}

KT_TEST(splice, record_type_closes_a_spliced_record)
{
	uint8_t data[100];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(0, splice_bytes(self->pipe, self->link.fd, data, 100,
				  SPLICE_F_MORE));
	ASSERT_EQ(2, kt_send_type(self->link.fd, KT_ALERT, "\2\50", 2, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_ALERT, "\2\50", 2));
}

KT_TEST(splice, spliced_open_record_survives_close)
{
	uint8_t data[100];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(0, splice_bytes(self->pipe, self->link.fd, data, 100,
				  SPLICE_F_MORE));
	kt_close(&self->link.fd);
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, 0));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

/* Hundreds of scraps: more pages than one request has room for. */
KT_TEST(splice, many_scraps_in_one_record)
{
	enum { SCRAPS = 300, SIZE = 13 };
	uint8_t data[SCRAPS * SIZE];

	kt_fill(data, sizeof(data), 0);
	for (int i = 0; i < SCRAPS; i++) {
		int flags = i < SCRAPS - 1 ? SPLICE_F_MORE : 0;

		ASSERT_EQ(0, splice_bytes(self->pipe, self->link.fd,
					  data + i * SIZE, SIZE, flags));
	}
	EXPECT_EQ(0, kt_expect_stream(&self->link, sizeof(data), 0, NULL));
	EXPECT_EQ(sizeof(data), kt_spliced_bytes(self->link.fd));
}

KT_TEST(splice, vmsplice_reads_user_pages)
{
	size_t len = 16384;
	uint8_t *map = mmap(NULL, len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov = { map, len };

	ASSERT_NE(MAP_FAILED, (void *)map);
	kt_fill(map, len, 0);
	ASSERT_EQ(len, vmsplice(self->pipe[1], &iov, 1, 0));
	ASSERT_EQ(len, splice(self->pipe[0], NULL, self->link.fd, NULL, len, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, len, 0, NULL));
	EXPECT_EQ(len, kt_spliced_bytes(self->link.fd));
	EXPECT_EQ(0, kt_check(map, len, 0));
	munmap(map, len);
}

/* A pipe that runs dry while SPLICE_F_MORE was said: flushed by the next. */
KT_TEST(splice, splice_less_than_asked_for)
{
	uint8_t data[500];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(500, write(self->pipe[1], data, 500));
	kt_close(&self->pipe[1]);
	ASSERT_EQ(500, splice(self->pipe[0], NULL, self->link.fd, NULL, 4096, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 500, 0, NULL));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

/* ---- out of the socket -------------------------------------------------- */

/* Move up to @len bytes through the pipe; how many, checked. */
static ssize_t through_pipe(int fd, int *pipe, size_t len, uint64_t position)
{
	static uint8_t got[65536];
	ssize_t n = splice(fd, NULL, pipe[1], NULL, len, SPLICE_F_NONBLOCK);

	if (n <= 0)
		return n;
	if (kt_read_pipe(pipe[0], got, n) || kt_check(got, n, position))
		return -2;
	return n;
}

/* The same until @len bytes came or there are no more. */
static ssize_t all_through_pipe(int fd, int *pipe, size_t len, uint64_t position)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = through_pipe(fd, pipe, len - done, position + done);

		if (n <= 0)
			return n < 0 && errno != EAGAIN ? n : (ssize_t)done;
		done += n;
	}
	return done;
}

KT_TEST(splice, gives_plaintext)
{
	static const size_t sizes[] = { 1, 100, 4096, 5000, 16384 };
	uint64_t position = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, sizes[i], position));
		ASSERT_EQ(0, kt_all_here(&self->link));
		ASSERT_EQ(sizes[i], all_through_pipe(self->link.fd, self->pipe,
						     sizes[i], position));
		position += sizes[i];
	}
	EXPECT_ERRNO(EAGAIN, through_pipe(self->link.fd, self->pipe, 10, 0));
}

KT_TEST(splice, several_records)
{
	ASSERT_EQ(0, kt_send_stream(&self->link, 40000, 7000, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(40000, all_through_pipe(self->link.fd, self->pipe, 40000, 0));
}

KT_TEST(splice, parts_of_a_record)
{
	uint8_t got[2000];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 5000, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(1000, all_through_pipe(self->link.fd, self->pipe, 1000, 0));
	EXPECT_EQ(2000, recv(self->link.fd, got, sizeof(got), 0));
	EXPECT_EQ(0, kt_check(got, 2000, 1000));
	EXPECT_EQ(2000, all_through_pipe(self->link.fd, self->pipe, 2000, 3000));
}

KT_TEST(splice, behind_a_peek)
{
	uint8_t got[300];

	ASSERT_EQ(0, kt_send_stream(&self->link, 300, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(300, recv(self->link.fd, got, 300, MSG_PEEK));
	EXPECT_EQ(300, all_through_pipe(self->link.fd, self->pipe, 300, 0));
}

KT_TEST(splice, refuses_control_records_and_leaves_them)
{
	char got[10];
	uint8_t type;

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 100));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(100, through_pipe(self->link.fd, self->pipe, 100, 0));
	EXPECT_ERRNO(EINVAL, through_pipe(self->link.fd, self->pipe, 100, 0));
	EXPECT_ERRNO(EINVAL, through_pipe(self->link.fd, self->pipe, 100, 0));
	EXPECT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_ALERT, type);
	EXPECT_EQ(100, through_pipe(self->link.fd, self->pipe, 100, 100));
}

KT_TEST(splice, end_of_stream_is_0)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_NE(0, kt_poll(self->link.fd, POLLRDHUP, KT_WAIT_MS));
	EXPECT_EQ(100, through_pipe(self->link.fd, self->pipe, 1000, 0));
	EXPECT_EQ(0, through_pipe(self->link.fd, self->pipe, 1000, 0));
}

KT_TEST(splice, from_socket_to_socket)
{
	struct kt_link other;
	struct kt_tally tally;

	ASSERT_EQ(0, kt_link_open(&other, &variant->params, NULL));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10000, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(10000, splice(self->link.fd, NULL, self->pipe[1], NULL, 10000, 0));
	ASSERT_EQ(10000, splice(self->pipe[0], NULL, other.fd, NULL, 10000, 0));
	EXPECT_EQ(0, kt_expect_stream(&other, 10000, 0, &tally));
	kt_link_close(&other);
}

TEST_HARNESS_MAIN
