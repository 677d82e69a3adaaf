// SPDX-License-Identifier: GPL-2.0
/* sendfile(2), splice(2) and vmsplice(2) into the socket. */
#include "lib/fixture.h"
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>

FIXTURE(file)
{
	struct kt_link link;
	int file;
	int pipe[2];
};

KT_VARIANTS(file);

FIXTURE_SETUP(file)
{
	char path[] = "/tmp/kseal-test-XXXXXX";

	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	self->file = mkstemp(path);
	ASSERT_GE(self->file, 0) TH_LOG("%s: %s", path, strerror(errno));
	ASSERT_EQ(0, unlink(path));
	ASSERT_EQ(0, pipe2(self->pipe, O_CLOEXEC));
}

FIXTURE_TEARDOWN(file)
{
	kt_link_close(&self->link);
	kt_close(&self->file);
	kt_close(&self->pipe[0]);
	kt_close(&self->pipe[1]);
}

/* Make the file @len bytes of the stream, in the page cache. */
static int fill_file(int file, size_t len)
{
	uint8_t chunk[65536];

	if (ftruncate(file, 0))
		return kt_errno("ftruncate");
	for (size_t done = 0; done < len;) {
		size_t n = len - done < sizeof(chunk) ? len - done : sizeof(chunk);

		kt_fill(chunk, n, done);
		if (pwrite(file, chunk, n, done) != (ssize_t)n)
			return kt_errno("pwrite");
		done += n;
	}
	return 0;
}

/* The page cache still holds what was written. */
static int file_unchanged(int file, size_t len)
{
	uint8_t *map = mmap(NULL, len, PROT_READ, MAP_SHARED, file, 0);
	int ret;

	if (map == MAP_FAILED)
		return kt_errno("mmap");
	ret = kt_check(map, len, 0);
	munmap(map, len);
	return ret;
}

struct sender {
	int fd;
	int file;
	off_t offset;
	size_t count;
	struct kt_task task;
};

/* sendfile() until all is gone, as programs do; the bytes sent. */
static ssize_t send_all(void *arg)
{
	struct sender *sender = arg;
	size_t done = 0;

	while (done < sender->count) {
		ssize_t n = sendfile(sender->fd, sender->file, &sender->offset,
				     sender->count - done);

		if (n < 0)
			return kt_errno("sendfile");
		if (!n)
			break;
		done += n;
	}
	return done;
}

static int start(struct sender *sender)
{
	return kt_task_start(&sender->task, send_all, sender);
}

KT_TEST(file, many_sizes)
{
	static const size_t sizes[] = {
		1, 100, 4095, 4096, 4097, 16383, 16384, 16385, 65536 + 7, 200000,
	};
	uint64_t total = 0;

	ASSERT_EQ(0, fill_file(self->file, 200000));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct sender sender = {
			.fd = self->link.fd, .file = self->file, .count = sizes[i],
		};

		ASSERT_EQ(0, start(&sender));
		ASSERT_EQ(0, kt_expect_stream(&self->link, sizes[i], 0, NULL));
		ASSERT_EQ(sizes[i], kt_task_join(&sender.task));
		EXPECT_EQ(sizes[i], sender.offset);
		total += sizes[i];
	}
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	EXPECT_EQ(total, kt_spliced_bytes(self->link.fd));
	EXPECT_EQ(0, file_unchanged(self->file, 200000));
}

/* Pages come one by one, records are as long as they may be all the same. */
KT_TEST(file, records_are_full)
{
	struct sender sender = {
		.fd = self->link.fd, .file = self->file, .count = 160000,
	};
	struct kt_tally tally;

	ASSERT_EQ(0, fill_file(self->file, 160000));
	ASSERT_EQ(0, start(&sender));
	ASSERT_EQ(0, kt_expect_stream(&self->link, 160000, 0, &tally));
	ASSERT_EQ(160000, kt_task_join(&sender.task));
	EXPECT_EQ(16384, tally.largest);
	/* sendfile itself comes in pieces of 64 KiB, the pipe's size */
	EXPECT_LE(tally.records, 14);
}

/* The end of the file comes before the end of the count: nothing may wait. */
KT_TEST(file, count_beyond_the_end_sends_the_tail)
{
	static const size_t sizes[] = { 1, 4096, 5000, 16384, 20000, 40000 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct sender sender = {
			.fd = self->link.fd, .file = self->file,
			.count = sizes[i] + 100000,
		};

		ASSERT_EQ(0, fill_file(self->file, sizes[i]));
		ASSERT_EQ(0, start(&sender));
		ASSERT_EQ(0, kt_expect_stream(&self->link, sizes[i], 0, NULL));
		ASSERT_EQ(sizes[i], kt_task_join(&sender.task));
		EXPECT_EQ(0, kt_expect_nothing(&self->link));
	}
}

/* The same with one call alone, as a program that trusts its result does. */
KT_TEST(file, one_call_beyond_the_end_sends_the_tail)
{
	static const size_t sizes[] = { 1, 3000, 16384, 16390, 30000 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		off_t offset = 0;

		ASSERT_EQ(0, fill_file(self->file, sizes[i]));
		ASSERT_EQ(sizes[i], sendfile(self->link.fd, self->file, &offset,
					     1 << 20));
		ASSERT_EQ(0, kt_expect_stream(&self->link, sizes[i], 0, NULL));
		EXPECT_EQ(0, kt_expect_nothing(&self->link));
	}
}

/* The ULP alone changes nothing, not even that. */
KT_TEST(file, one_call_beyond_the_end_without_a_key)
{
	static uint8_t got[3000];
	off_t offset = 0;

	ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
	ASSERT_EQ(0, fill_file(self->file, 3000));
	ASSERT_EQ(3000, sendfile(self->link.fd, self->file, &offset, 1 << 20));
	ASSERT_EQ(0, kt_read_full(self->link.raw, got, 3000));
	EXPECT_EQ(0, kt_check(got, 3000, 0));
}

KT_TEST(file, empty_file_sends_nothing)
{
	off_t offset = 0;

	EXPECT_EQ(0, sendfile(self->link.fd, self->file, &offset, 4096));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

KT_TEST(file, offset_in_the_file)
{
	static const off_t offsets[] = { 1, 4095, 4096, 5000, 29999 };

	ASSERT_EQ(0, fill_file(self->file, 30000));
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		struct sender sender = {
			.fd = self->link.fd, .file = self->file,
			.offset = offsets[i], .count = 30000 - offsets[i],
		};

		ASSERT_EQ(0, start(&sender));
		EXPECT_EQ(0, kt_expect_stream(&self->link, sender.count,
					      offsets[i], NULL));
		EXPECT_EQ(sender.count, kt_task_join(&sender.task));
	}
}

KT_TEST(file, file_position_moves_without_an_offset)
{
	ASSERT_EQ(0, fill_file(self->file, 3000));
	ASSERT_EQ(1000, sendfile(self->link.fd, self->file, NULL, 1000));
	ASSERT_EQ(2000, sendfile(self->link.fd, self->file, NULL, 5000));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 3000, 0, NULL));
	EXPECT_EQ(3000, lseek(self->file, 0, SEEK_CUR));
}

/* What a web server does: the head with MSG_MORE, then the file behind it. */
KT_TEST(file, header_and_file_share_the_first_record)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	struct sender sender = {
		.fd = self->link.fd, .file = self->file, .count = 10000,
	};
	struct kt_record record;
	size_t len = strlen(head);

	ASSERT_EQ(0, fill_file(self->file, 10000));
	ASSERT_EQ(len, send(self->link.fd, head, len, MSG_MORE));
	ASSERT_EQ(0, start(&sender));
	ASSERT_EQ(0, kt_recv_record(&self->link, &record));
	ASSERT_EQ(10000, kt_task_join(&sender.task));
	ASSERT_EQ(10000 + len, record.len);
	EXPECT_EQ(0, memcmp(record.data, head, len));
	EXPECT_EQ(0, kt_check(record.data + len, 10000, 0));
	EXPECT_EQ(10000, kt_spliced_bytes(self->link.fd));
}

KT_TEST(file, header_and_long_file)
{
	struct sender sender = {
		.fd = self->link.fd, .file = self->file, .offset = 50,
		.count = 100000 - 50,
	};
	uint8_t head[50];
	struct kt_tally tally;

	kt_fill(head, sizeof(head), 0);
	ASSERT_EQ(0, fill_file(self->file, 100000));
	ASSERT_EQ(50, send(self->link.fd, head, 50, MSG_MORE));
	ASSERT_EQ(0, start(&sender));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 100000, 0, &tally));
	EXPECT_EQ(16384, tally.largest);
	ASSERT_EQ(100000 - 50, kt_task_join(&sender.task));
	EXPECT_EQ(100000 - 50, kt_spliced_bytes(self->link.fd));
	EXPECT_EQ(0, file_unchanged(self->file, 100000));
}

KT_TEST(file, record_of_another_type_behind_a_file)
{
	struct sender sender = {
		.fd = self->link.fd, .file = self->file, .count = 5000,
	};

	ASSERT_EQ(0, fill_file(self->file, 5000));
	ASSERT_EQ(5000, send_all(&sender));
	ASSERT_EQ(2, kt_send_type(self->link.fd, KT_ALERT, "\1\0", 2, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 5000, 0, NULL));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_ALERT, "\1\0", 2));
}

KT_TEST(file, file_with_a_hole)
{
	struct sender sender = {
		.fd = self->link.fd, .file = self->file, .count = 20000,
	};
	size_t seen = 0;

	ASSERT_EQ(0, ftruncate(self->file, 20000));
	ASSERT_EQ(0, start(&sender));
	while (seen < 20000) {
		static struct kt_record record;

		ASSERT_EQ(0, kt_recv_record(&self->link, &record));
		for (size_t i = 0; i < record.len; i++)
			ASSERT_EQ(0, record.data[i]);
		seen += record.len;
	}
	EXPECT_EQ(20000, kt_task_join(&sender.task));
}

/* Sealed when the call returns: what becomes of the file later is all one. */
KT_TEST(file, file_changed_afterwards)
{
	struct sender sender = {
		.fd = self->link.fd, .file = self->file, .count = 20000,
	};
	static uint8_t zeros[20000];

	ASSERT_EQ(0, fill_file(self->file, 20000));
	ASSERT_EQ(20000, send_all(&sender));
	ASSERT_EQ(20000, pwrite(self->file, zeros, 20000, 0));
	ASSERT_EQ(0, ftruncate(self->file, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 20000, 0, NULL));
}

/* ---- buffers full ------------------------------------------------------- */

KT_TEST(file, blocking_with_a_slow_reader)
{
	struct sender sender = {
		.fd = self->link.fd, .count = 400000,
	};

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, fill_file(self->file, 400000));
	sender.fd = self->link.fd;
	sender.file = self->file;
	ASSERT_EQ(0, start(&sender));
	ASSERT_EQ(0, kt_task_asleep(&sender.task));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 400000, 0, NULL));
	EXPECT_EQ(400000, kt_task_join(&sender.task));
	EXPECT_EQ(400000, kt_spliced_bytes(self->link.fd));
	EXPECT_EQ(0, file_unchanged(self->file, 400000));
}

/* Non-blocking: the results add up to what arrives, whatever they are. */
KT_TEST(file, nonblocking_with_a_slow_reader)
{
	enum { TOTAL = 300000 };
	static struct kt_record record;
	off_t offset = 0;
	uint64_t seen = 0;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, kt_nonblock(self->link.fd));
	ASSERT_EQ(0, fill_file(self->file, TOTAL));
	while (seen < TOTAL) {
		while (offset < TOTAL) {
			ssize_t n = sendfile(self->link.fd, self->file, &offset,
					     TOTAL - offset);

			if (n <= 0)
				break;
		}
		ASSERT_TRUE(offset == TOTAL || errno == EAGAIN);
		ASSERT_EQ(0, kt_recv_record(&self->link, &record));
		ASSERT_EQ(0, kt_check(record.data, record.len, seen));
		seen += record.len;
		ASSERT_LE(seen, offset);
	}
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	EXPECT_EQ(TOTAL, kt_spliced_bytes(self->link.fd));
}

/* What a non-blocking call took is on its way without another one. */
KT_TEST(file, accepted_bytes_arrive_without_another_call)
{
	off_t offset = 0;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, kt_nonblock(self->link.fd));
	ASSERT_EQ(0, fill_file(self->file, 300000));
	while (sendfile(self->link.fd, self->file, &offset, 300000 - offset) > 0)
		;
	ASSERT_EQ(EAGAIN, errno);
	ASSERT_GT(offset, 0);
	EXPECT_EQ(0, kt_expect_stream(&self->link, offset, 0, NULL));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

KT_TEST(file, reset_wakes_a_sleeping_sendfile)
{
	struct sender sender = { .count = 400000 };

	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, fill_file(self->file, 400000));
	sender.fd = self->link.fd;
	sender.file = self->file;
	ASSERT_EQ(0, start(&sender));
	ASSERT_EQ(0, kt_task_asleep(&sender.task));
	kt_reset(&self->link.raw);
	EXPECT_LT(kt_task_join(&sender.task), 400000);
}

KT_TEST(file, after_shutdown_is_epipe)
{
	off_t offset = 0;

	signal(SIGPIPE, SIG_IGN);
	ASSERT_EQ(0, fill_file(self->file, 100));
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	EXPECT_ERRNO(EPIPE, sendfile(self->link.fd, self->file, &offset, 100));
	EXPECT_EQ(0, offset);
}

TEST_HARNESS_MAIN
