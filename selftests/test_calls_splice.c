// SPDX-License-Identifier: GPL-2.0
/* splice(2), tee(2), vmsplice(2), sendfile(2): whose pages are they, and when? */
#include "lib/brief.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

FIXTURE(calls_splice)
{
	struct kt_link link;
	int pipe[2];
	int other[2];
};

KT_BRIEF_VARIANTS(calls_splice);

FIXTURE_SETUP(calls_splice)
{
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC | O_NONBLOCK));
	ASSERT_EQ(0, pipe2(self->other, O_CLOEXEC | O_NONBLOCK));
}

FIXTURE_TEARDOWN(calls_splice)
{
	kt_link_close(&self->link);
	for (int i = 0; i < 2; i++) {
		kt_close(&self->pipe[i]);
		kt_close(&self->other[i]);
	}
}

/* The next @len bytes of the pipe are the stream's from @position on. */
static int expect_piped(const int *pipe, size_t len, uint64_t position)
{
	static uint8_t got[65536];

	return kt_read_pipe(pipe[0], got, len) || kt_check(got, len, position) ? -1 : 0;
}

static int fill_pipe(const int *pipe, size_t len, uint64_t position)
{
	static uint8_t data[65536];

	kt_fill(data, len, position);
	return write(pipe[1], data, len) == (ssize_t)len ? 0 : kt_errno("write to a pipe");
}

/* ---- one page, several readers ------------------------------------------ */

/* Sealing must not be seen through the other pipe: it reads the same pages. */
KT_TEST(calls_splice, teed_pipe_stays_plaintext)
{
	ASSERT_EQ(0, fill_pipe(self->pipe, 20000, 0));
	ASSERT_EQ(20000, tee(self->pipe[0], self->other[1], 20000, 0));
	ASSERT_EQ(20000, splice(self->pipe[0], NULL, self->link.fd, NULL, 20000, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 20000, 0, NULL));
	EXPECT_EQ(0, expect_piped(self->other, 20000, 0));
}

KT_TEST(calls_splice, teed_pipe_to_two_sockets)
{
	struct kt_link other;

	ASSERT_EQ(0, kt_link_open(&other, &variant->params, NULL));
	ASSERT_EQ(0, fill_pipe(self->pipe, 20000, 0));
	ASSERT_EQ(20000, tee(self->pipe[0], self->other[1], 20000, 0));
	ASSERT_EQ(20000, splice(self->pipe[0], NULL, self->link.fd, NULL, 20000, 0));
	ASSERT_EQ(20000, splice(self->other[0], NULL, other.fd, NULL, 20000, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 20000, 0, NULL));
	EXPECT_EQ(0, kt_expect_stream(&other, 20000, 0, NULL));
	kt_link_close(&other);
}

/* Out of one socket, by tee, into two others and a reader. */
KT_TEST(calls_splice, received_pages_are_shared_unharmed)
{
	struct kt_link other;

	ASSERT_EQ(0, kt_link_open(&other, &variant->params, NULL));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(16384, splice(self->link.fd, NULL, self->pipe[1], NULL, 16384, 0));
	ASSERT_EQ(16384, tee(self->pipe[0], self->other[1], 16384, 0));
	ASSERT_EQ(16384, splice(self->pipe[0], NULL, other.fd, NULL, 16384, 0));
	EXPECT_EQ(0, kt_expect_pattern(&other, 16384, 0));
	EXPECT_EQ(0, expect_piped(self->other, 16384, 0));
	kt_link_close(&other);
}

/* The pages in the pipe are not the next record's, nor freed with the socket. */
KT_TEST(calls_splice, pipe_outlives_records_and_socket)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(10000, splice(self->link.fd, NULL, self->pipe[1], NULL, 10000, 0));
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, 1000000));
		ASSERT_EQ(0, kt_all_here(&self->link));
		if (!i)
			ASSERT_EQ(6384, kt_recv_pattern(self->link.fd, 6384, 10000, 0));
		ASSERT_EQ(16384, kt_recv_pattern(self->link.fd, 16384, 1000000, 0));
	}
	kt_link_close(&self->link);
	EXPECT_EQ(0, expect_piped(self->pipe, 10000, 0));
}

/* ---- vmsplice ----------------------------------------------------------- */

enum { LEN = 20000 };

/* Sealed when the call returns: what the program writes then is not sent. */
static int send_user_pages(struct kt_link *link, const int *pipe, size_t len, int flags,
			   int more)
{
	uint8_t *map = mmap(NULL, len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov = { map, len };

	if (map == MAP_FAILED)
		return kt_errno("mmap");
	kt_fill(map, len, 0);
	if (vmsplice(pipe[1], &iov, 1, flags) != (ssize_t)len)
		return kt_errno("vmsplice");
	if (splice(pipe[0], NULL, link->fd, NULL, len, more) != (ssize_t)len)
		return kt_errno("splice");
	if (more && kt_write_full(link->fd, "", 1))
		return -1;
	memset(map, 0x5a, len);
	munmap(map, len);
	return 0;
}

KT_TEST(calls_splice, vmspliced_pages_may_change_afterwards)
{
	ASSERT_EQ(0, send_user_pages(&self->link, self->pipe, LEN, 0, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 20000, 0, NULL));
}

KT_TEST(calls_splice, vmspliced_gifts_may_change_afterwards)
{
	ASSERT_EQ(0, send_user_pages(&self->link, self->pipe, LEN, SPLICE_F_GIFT, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 20000, 0, NULL));
}

/* A slow peer: what TCP still holds, and may send twice, is not theirs either. */
KT_TEST(calls_splice, vmspliced_pages_may_change_while_tcp_waits)
{
	/* one record: a second one would wait for the peer */
	const size_t len = 16000;
	ssize_t sent;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, send_user_pages(&self->link, self->pipe, len, SPLICE_F_GIFT, 0));
	sent = kt_fill_buffers(self->link.fd, 16384, len);
	ASSERT_GE(sent, 0);
	EXPECT_EQ(0, kt_expect_stream(&self->link, len + sent, 0, NULL));
}

KT_TEST(calls_splice, open_record_of_user_pages_is_sealed_by_the_next_call)
{
	struct kt_record record;

	ASSERT_EQ(0, send_user_pages(&self->link, self->pipe, LEN, 0, SPLICE_F_MORE));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 16384, 0));
	ASSERT_EQ(0, kt_recv_record(&self->link, &record));
	ASSERT_EQ(20000 - 16384 + 1, record.len);
	EXPECT_EQ(0, kt_check(record.data, record.len - 1, 16384));
}

/* Written to while its record is open: old bytes or new ones, but a record. */
KT_TEST(calls_splice, pages_changed_under_an_open_record_still_authenticate)
{
	size_t len = 4096;
	uint8_t *map = mmap(NULL, len, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov = { map, len };
	struct kt_record record;

	ASSERT_NE(MAP_FAILED, (void *)map);
	memset(map, 'o', len);
	ASSERT_EQ(len, vmsplice(self->pipe[1], &iov, 1, 0));
	ASSERT_EQ(len, splice(self->pipe[0], NULL, self->link.fd, NULL, len, SPLICE_F_MORE));
	memset(map, 'n', len);
	ASSERT_EQ(1, send(self->link.fd, "x", 1, 0));
	ASSERT_EQ(0, kt_recv_record(&self->link, &record));
	ASSERT_EQ(len + 1, record.len);
	EXPECT_EQ('x', record.data[len]);
	for (size_t i = 0; i < len; i++)
		ASSERT_TRUE(record.data[i] == 'o' || record.data[i] == 'n');
	munmap(map, len);
}

/* ---- a pipe that is too small ------------------------------------------- */

KT_TEST(calls_splice, pipe_of_one_page)
{
	uint64_t position = 0;

	ASSERT_EQ(4096, fcntl(self->pipe[1], F_SETPIPE_SZ, 4096));
	ASSERT_EQ(0, kt_send_stream(&self->link, 40000, 9999, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	while (position < 40000) {
		ssize_t n = splice(self->link.fd, NULL, self->pipe[1], NULL, 40000,
				   SPLICE_F_NONBLOCK);

		ASSERT_GT(n, 0);
		ASSERT_LE(n, 4096);
		EXPECT_ERRNO(EAGAIN, splice(self->link.fd, NULL, self->pipe[1], NULL, 1,
					    SPLICE_F_NONBLOCK));
		ASSERT_EQ(0, expect_piped(self->pipe, n, position));
		position += n;
	}
}

/* The pipe is full: nothing of the record is lost. */
KT_TEST(calls_splice, full_pipe_takes_nothing)
{
	static uint8_t got[65536];
	int size = fcntl(self->pipe[1], F_GETPIPE_SZ);

	ASSERT_EQ(65536, size);
	ASSERT_EQ(0, fill_pipe(self->pipe, size, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 5000, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_ERRNO(EAGAIN, splice(self->link.fd, NULL, self->pipe[1], NULL, 5000,
				    SPLICE_F_NONBLOCK));
	ASSERT_EQ(0, kt_read_pipe(self->pipe[0], got, size));
	EXPECT_EQ(5000, splice(self->link.fd, NULL, self->pipe[1], NULL, 5000, 0));
	EXPECT_EQ(0, expect_piped(self->pipe, 5000, 0));
}

KT_TEST(calls_splice, nothing_asked_for_takes_nothing)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(0, splice(self->link.fd, NULL, self->pipe[1], NULL, 0, 0));
	EXPECT_EQ(0, splice(self->pipe[0], NULL, self->link.fd, NULL, 0, 0));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 200, 0, 0));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

KT_TEST(calls_splice, offsets_are_refused)
{
	loff_t offset = 0;

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, fill_pipe(self->other, 100, 0));
	EXPECT_ERRNO(EINVAL, splice(self->link.fd, &offset, self->pipe[1], NULL, 100, 0));
	EXPECT_ERRNO(EINVAL, splice(self->other[0], NULL, self->link.fd, &offset, 100, 0));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 200, 0, 0));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

KT_TEST(calls_splice, timeout_is_eagain)
{
	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_RCVTIMEO, 30));
	EXPECT_ERRNO(EAGAIN, splice(self->link.fd, NULL, self->pipe[1], NULL, 100, 0));
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, TLS_1_2_VERSION, 100));
	EXPECT_ERRNO(EAGAIN, splice(self->link.fd, NULL, self->pipe[1], NULL, 100, 0));
}

/* ---- sendfile ----------------------------------------------------------- */

static int make_file(size_t len)
{
	static uint8_t data[500000];
	int file = memfd_create("file", MFD_CLOEXEC);

	kt_fill(data, len, 0);
	return write(file, data, len) == (ssize_t)len ? file : kt_errno("write to a file");
}

KT_TEST(calls_splice, sendfile_of_nothing)
{
	int file = make_file(1000);
	off_t at_end = 1000, beyond = 2000, before = -1, start = 0;

	EXPECT_EQ(0, sendfile(self->link.fd, file, &start, 0));
	EXPECT_EQ(0, sendfile(self->link.fd, file, &at_end, 100));
	EXPECT_EQ(0, sendfile(self->link.fd, file, &beyond, 100));
	EXPECT_EQ(1000, lseek(file, 0, SEEK_END));
	EXPECT_EQ(0, sendfile(self->link.fd, file, NULL, 100));
	EXPECT_ERRNO(EINVAL, sendfile(self->link.fd, file, &before, 100));
	EXPECT_EQ(0, start);
	EXPECT_EQ(1000, at_end);
	EXPECT_EQ(2000, beyond);
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	close(file);
}

/* The file ends while an open record waits for more of it: it goes out. */
KT_TEST(calls_splice, sendfile_of_nothing_closes_the_open_record)
{
	struct kt_record record;
	int file = make_file(10);
	off_t end = 10;

	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	EXPECT_EQ(0, sendfile(self->link.fd, file, &end, 100));
	ASSERT_EQ(4, send(self->link.fd, "next", 4, 0));
	/* together or not, it is this content in this order */
	for (size_t len = 0; len < 8; len += record.len) {
		ASSERT_EQ(0, kt_recv_record(&self->link, &record));
		ASSERT_LE(len + record.len, 8);
		ASSERT_EQ(0, memcmp(&"opennext"[len], record.data, record.len));
	}
	close(file);
}

KT_TEST(calls_splice, sendfile_from_the_socket_is_as_plain_tcp_has_it)
{
	int error;

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(-1, sendfile(self->link.fd, self->link.raw, NULL, 100));
	error = errno;
	EXPECT_ERRNO(error, sendfile(self->link.raw, self->link.fd, NULL, 100));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 200, 0, 0));
}

struct sending {
	int fd;
	int file;
	size_t len;
};

static ssize_t send_file(void *arg)
{
	const struct sending *s = arg;
	off_t offset = 0;

	while ((size_t)offset < s->len) {
		ssize_t n = sendfile(s->fd, s->file, &offset, s->len - offset);

		if (n < 0)
			return kt_errno("sendfile");
		if (!n)
			break;
	}
	return offset;
}

/* Bytes before @keep are the file's; behind it pages that were cut off while
 * they were on their way may show zeros.
 */
static int check_cut(const uint8_t *data, size_t len, uint64_t position, uint64_t keep)
{
	static uint8_t want[KT_MAX_PLAIN];

	kt_fill(want, len, position);
	for (size_t i = 0; i < len; i++) {
		if (data[i] == want[i] || (position + i >= keep && !data[i]))
			continue;
		kt_say("byte %llu of the file is %02x",
		       (unsigned long long)(position + i), data[i]);
		return -1;
	}
	return 0;
}

static ssize_t send_file_and_end(void *arg)
{
	const struct sending *s = arg;
	ssize_t n = send_file(arg);

	return shutdown(s->fd, SHUT_WR) ? -1 : n;
}

KT_TEST(calls_splice, file_truncated_meanwhile)
{
	enum { TOTAL = 500000, KEEP = 1234 };
	static struct kt_record record;
	struct sending s = { .file = make_file(TOTAL), .len = TOTAL };
	struct kt_task task;
	uint64_t seen = 0;
	int ret;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	s.fd = self->link.fd;
	ASSERT_EQ(0, kt_task_start(&task, send_file_and_end, &s));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, ftruncate(s.file, KEEP));
	while (!(ret = kt_recv_record(&self->link, &record))) {
		ASSERT_EQ(0, check_cut(record.data, record.len, seen, KEEP));
		seen += record.len;
	}
	EXPECT_EQ(1, ret);
	EXPECT_EQ(seen, kt_task_join(&task));
	EXPECT_LT(seen, TOTAL);
	close(s.file);
}

KT_TEST(calls_splice, sendfile_with_a_timeout_says_how_far_it_came)
{
	enum { TOTAL = 500000 };
	int file = make_file(TOTAL);
	off_t offset = 0;
	ssize_t n;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_SNDTIMEO, 50));
	n = sendfile(self->link.fd, file, &offset, TOTAL);
	ASSERT_GT(n, 0);
	ASSERT_LT(n, TOTAL);
	EXPECT_EQ(n, offset);
	EXPECT_EQ(0, kt_expect_stream(&self->link, n, 0, NULL));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	close(file);
}

TEST_HARNESS_MAIN
