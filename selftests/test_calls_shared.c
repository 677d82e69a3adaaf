// SPDX-License-Identifier: GPL-2.0
/* One socket, many users: threads in both directions, processes, descriptors. */
#include "lib/brief.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <linux/sockios.h>

KT_BRIEF_FIXTURE_OPEN(calls_shared)

/*
 * Every message is one mark, repeated: a record of two marks, or a message
 * whose bytes are not together, is somebody's mistake.
 */
enum { SIZE = 5000, MESSAGES = 30 };

/* The mark of a record that has only one; -1. */
static int mark_of(const uint8_t *data, size_t len)
{
	for (size_t i = 1; i < len; i++)
		if (data[i] != data[0])
			return -1;
	return len ? data[0] : -1;
}

struct crowd {
	int fd;
	uint8_t mark;
	struct kt_task task;
};

static ssize_t by_send(const struct crowd *me, const uint8_t *data)
{
	return send(me->fd, data, SIZE, MSG_NOSIGNAL);
}

static ssize_t by_sendfile(const struct crowd *me, const uint8_t *data)
{
	int file = memfd_create("marks", MFD_CLOEXEC);
	off_t offset = 0;
	ssize_t n = write(file, data, SIZE);

	n = n == SIZE ? sendfile(me->fd, file, &offset, SIZE) : -1;
	close(file);
	return n;
}

static ssize_t by_splice(const struct crowd *me, const uint8_t *data)
{
	ssize_t n = -1;
	int pipe[2];

	if (pipe2(pipe, O_CLOEXEC))
		return -1;
	if (write(pipe[1], data, SIZE) == SIZE)
		n = splice(pipe[0], NULL, me->fd, NULL, SIZE, 0);
	close(pipe[0]);
	close(pipe[1]);
	return n;
}

static ssize_t (*const ways[])(const struct crowd *, const uint8_t *) = {
	by_send, by_sendfile, by_splice,
};

static ssize_t send_marks(void *arg)
{
	struct crowd *me = arg;
	uint8_t data[SIZE];

	memset(data, me->mark, sizeof(data));
	for (int i = 0; i < MESSAGES; i++)
		if (ways[me->mark % ARRAY_SIZE(ways)](me, data) != SIZE)
			return kt_errno("sending a message of marks");
	return MESSAGES;
}

/* Read whole records until the end; how many, -1 if one was a mixture. */
static ssize_t read_marks(void *arg)
{
	struct crowd *me = arg;
	uint8_t data[SIZE];
	ssize_t n, count = 0;

	while ((n = recv(me->fd, data, sizeof(data), 0)) > 0) {
		if (n != SIZE || mark_of(data, n) < 0) {
			kt_say("a record of %zd bytes, or a mixture", n);
			return -1;
		}
		count++;
	}
	return n ? kt_errno("recv of marks") : count;
}

static ssize_t feed_marks(void *arg)
{
	struct kt_link *link = arg;
	uint8_t data[SIZE];

	for (int i = 0; i < 3 * MESSAGES; i++) {
		memset(data, i, sizeof(data));
		if (kt_send_record(link, KT_DATA, data, sizeof(data)))
			return -1;
	}
	return shutdown(link->raw, SHUT_WR);
}

/* Until 6.5 sendfile and splice come page by page, each in a call of its own:
 * another sender's bytes may stand between two pages, and in the same record.
 */
static bool pages_come_one_by_one(void)
{
	struct utsname name;
	int major = 0, minor = 0;

	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major < 6 || (major == 6 && minor < 5);
}

/* Whose are the bytes of that record? -1: nobody's, or a mixture. */
static int count_marks(const struct kt_record *record, size_t *seen, size_t senders)
{
	if (!pages_come_one_by_one() && mark_of(record->data, record->len) < 0)
		return -1;
	for (size_t i = 0; i < record->len; i++) {
		if (record->data[i] >= senders)
			return -1;
		seen[record->data[i]]++;
	}
	return 0;
}

/* What comes of @senders: every byte, no mixture. */
static int expect_marks(struct kt_link *link, size_t senders)
{
	static struct kt_record record;
	size_t seen[16] = { }, total = 0;

	for (; total < senders * MESSAGES * SIZE; total += record.len) {
		if (kt_recv_record(link, &record))
			return -1;
		if (!count_marks(&record, seen, senders))
			continue;
		kt_say("a record of %zu bytes is a mixture, or nobody's", record.len);
		return -1;
	}
	for (size_t i = 0; i < senders; i++)
		if (seen[i] != MESSAGES * SIZE)
			return -1;
	return 0;
}

KT_TEST(calls_shared, threads_in_both_directions)
{
	struct crowd senders[6], readers[3];
	struct kt_task feeder;
	ssize_t got = 0;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	for (int i = 0; i < 3; i++) {
		readers[i].fd = self->link.fd;
		ASSERT_EQ(0, kt_task_start(&readers[i].task, read_marks, &readers[i]));
	}
	for (int i = 0; i < 6; i++) {
		senders[i] = (struct crowd){ .fd = self->link.fd, .mark = i };
		ASSERT_EQ(0, kt_task_start(&senders[i].task, send_marks, &senders[i]));
	}
	ASSERT_EQ(0, kt_task_start(&feeder, feed_marks, &self->link));
	EXPECT_EQ(0, expect_marks(&self->link, 6));
	EXPECT_EQ(0, kt_task_join(&feeder));
	for (int i = 0; i < 6; i++)
		EXPECT_EQ(MESSAGES, kt_task_join(&senders[i].task));
	for (int i = 0; i < 3; i++) {
		ssize_t n = kt_task_join(&readers[i].task);

		EXPECT_GE(n, 0);
		got += n;
	}
	EXPECT_EQ(3 * MESSAGES, got);
}

static int join_child(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return kt_errno("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

/* Records are counted in the kernel: two processes seal with one key. */
KT_TEST(calls_shared, parent_and_child_send_at_once)
{
	struct crowd child = { .fd = self->link.fd, .mark = 0 };
	struct crowd parent = { .fd = self->link.fd, .mark = 1 };
	pid_t pid;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	child.fd = parent.fd = self->link.fd;
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(send_marks(&child) != MESSAGES);
	ASSERT_EQ(0, kt_task_start(&parent.task, send_marks, &parent));
	EXPECT_EQ(0, expect_marks(&self->link, 2));
	EXPECT_EQ(MESSAGES, kt_task_join(&parent.task));
	EXPECT_EQ(0, join_child(pid));
}

/* The child tells how much of it it got, by its exit status. */
KT_TEST(calls_shared, parent_and_child_read_at_once)
{
	struct crowd me = { .fd = self->link.fd };
	struct kt_task feeder;
	ssize_t n;
	pid_t pid;
	int theirs;

	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		n = read_marks(&me);
		_exit(n < 0 ? 255 : n);
	}
	ASSERT_EQ(0, kt_task_start(&feeder, feed_marks, &self->link));
	n = read_marks(&me);
	EXPECT_GE(n, 0);
	theirs = join_child(pid);
	EXPECT_EQ(3 * MESSAGES, n + theirs);
	EXPECT_EQ(0, kt_task_join(&feeder));
}

/* One file description: what one sets, the other has. */
KT_TEST(calls_shared, nonblocking_through_a_copy)
{
	int copy = dup(self->link.fd);
	char byte;

	ASSERT_GE(copy, 0);
	ASSERT_EQ(0, kt_nonblock(copy));
	EXPECT_ERRNO(EAGAIN, recv(self->link.fd, &byte, 1, 0));
	ASSERT_EQ(4, send(copy, "data", 4, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "data", 4));
	close(copy);
	EXPECT_EQ(0, kt_sealed_out(&self->link));
}

/* ---- a descriptor closed under a sleeper --------------------------------- */

KT_TEST(calls_shared, close_under_a_sleeping_reader)
{
	struct kt_reader reader;
	int copy;

	for (int i = 0; i < 5; i++) {
		copy = dup(self->link.fd);
		ASSERT_GE(copy, 0);
		ASSERT_EQ(0, kt_reader_start(&reader, copy, 100, 0));
		ASSERT_EQ(0, close(copy));
		ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
		EXPECT_EQ(100, kt_task_join(&reader.task));
		EXPECT_EQ(0, kt_check(reader.got, 100, 0));
	}
	/* and the last one: the reader's call keeps the socket until it is over */
	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 100, 0));
	kt_close(&self->link.fd);
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	EXPECT_EQ(100, kt_task_join(&reader.task));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

KT_TEST(calls_shared, close_under_a_sleeping_writer)
{
	struct kt_writer writer = { .len = 300000 };

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	writer.fd = self->link.fd;
	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	kt_close(&self->link.fd);
	EXPECT_EQ(0, kt_expect_stream(&self->link, 300000, 0, NULL));
	EXPECT_EQ(300000, kt_task_join(&writer.task));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

/* ---- what is queued ------------------------------------------------------ */

static int queued_out(int fd)
{
	int len = -1;

	return ioctl(fd, SIOCOUTQ, &len) ? -1 : len;
}

static long long probe_out(void *arg)
{
	return queued_out(*(int *)arg);
}

KT_TEST(calls_shared, outq_counts_what_the_peer_has_not_got)
{
	size_t wire = 0;
	ssize_t sent;

	EXPECT_EQ(0, queued_out(self->link.fd));
	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	sent = kt_fill_buffers(self->link.fd, 16384, 0);
	ASSERT_GT(sent, 0);
	EXPECT_GT(queued_out(self->link.fd), 0);
	EXPECT_LT(queued_out(self->link.fd), 2 * sent);
	while (sent > 0) {
		static struct kt_record record;

		ASSERT_EQ(0, kt_recv_record(&self->link, &record));
		wire += record.wire_len;
		sent -= record.len;
	}
	EXPECT_EQ(0, kt_wait_for(probe_out, &self->link.fd, 0));
	EXPECT_GT(wire, 0);
}

/* Plaintext that one may read now; parts of records do not count. */
KT_TEST(calls_shared, inq_counts_whole_records)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len;

	EXPECT_EQ(0, kt_unread(self->link.fd));
	len = kt_seal_pattern(&self->link, 1000, wire);
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len - 1));
	EXPECT_EQ(0, kt_unread(self->link.fd));
	ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 1, 1));
	EXPECT_EQ(1000, kt_unread(self->link.fd));
	ASSERT_EQ(400, kt_recv_pattern(self->link.fd, 400, 0, 0));
	EXPECT_EQ(600, kt_unread(self->link.fd));
	ASSERT_EQ(600, kt_recv_pattern(self->link.fd, 600, 400, MSG_PEEK));
	EXPECT_EQ(600, kt_unread(self->link.fd));
	ASSERT_EQ(600, kt_recv_pattern(self->link.fd, 600, 400, 0));
	EXPECT_EQ(0, kt_unread(self->link.fd));
}

TEST_HARNESS_MAIN
