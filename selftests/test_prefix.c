// SPDX-License-Identifier: GPL-2.0
/*
 * KSEAL_RX_PREFIX: records that a library has read ahead are opened as if TCP had
 * only now received them, wherever they are cut.
 */
#include "lib/brief.h"
#include "lib/kcm.h"
#include "lib/prefix.h"
#include "lib/ring.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>

enum { FULL = KT_MAX_PLAIN };

static uint8_t wire[KT_PREFIX_ROOM], data[200000];

/* ---- every suite --------------------------------------------------------- */

static const size_t three[] = { 10, 0, 33 };

enum { THREE = 43 };

/* Three records, of which the first @split bytes had been read ahead. */
static int split_at(struct kt_link *link, const struct kt_params *params, size_t split)
{
	size_t len;
	ssize_t n;

	if (kt_link_reopen_keyless(link, params))
		return -1;
	len = kt_prefix_seal(link, three, ARRAY_SIZE(three), wire);
	if (split > len)
		return 1;
	if (kt_prefix_begin(link, ARRAY_SIZE(three), wire, split) ||
	    kt_write_full(link->raw, wire + split, len - split))
		return -1;
	n = kt_recv_pattern(link->fd, THREE, 0, MSG_WAITALL);
	if (n == THREE && kt_recv_errno(link->fd, MSG_DONTWAIT) == EAGAIN)
		return kt_sealed_out(link);
	kt_say("split at %zu of %zu: %zd bytes", split, len, n);
	return -1;
}

KT_SUITE_FIXTURE(prefix_suites)

KT_SUITE_TEST(prefix_suites, cut_here_and_there)
{
	int ret = 0;

	for (size_t split = 0; !ret; split += 23)
		ret = split_at(&self->link, &variant->params, split);
	EXPECT_EQ(1, ret);
}

/* ---- where it is cut, and how it is read ---------------------------------- */

KT_BRIEF_FIXTURE(prefix)
{
	ASSERT_EQ(0, kt_link_pair(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, kt_attach(self->link.fd));
}

KT_TEST(prefix, cut_at_every_byte)
{
	int ret = 0;

	for (size_t split = 0; !ret; split++)
		ret = split_at(&self->link, &variant->params, split);
	EXPECT_EQ(1, ret);
}

static ssize_t by_recv(int fd, size_t at)
{
	return kt_recv_pattern(fd, 50000, at, 0);
}

static ssize_t by_small_recv(int fd, size_t at)
{
	return kt_recv_pattern(fd, 777, at, 0);
}

static ssize_t by_peek(int fd, size_t at)
{
	ssize_t n = kt_recv_pattern(fd, 50000, at, MSG_PEEK);

	return n > 0 ? kt_recv_pattern(fd, n, at, 0) : n;
}

static ssize_t by_trunc(int fd, size_t at)
{
	(void)at;
	return recv(fd, NULL, 50000, MSG_TRUNC);
}

static ssize_t by_splice(int fd, size_t at)
{
	ssize_t n = -1;
	int pipes[2];

	if (pipe(pipes))
		return kt_errno("pipe");
	n = splice(fd, NULL, pipes[1], NULL, 50000, 0);
	if (n > 0 && (kt_read_pipe(pipes[0], data, n) || kt_check(data, n, at)))
		n = -1;
	close(pipes[0]);
	close(pipes[1]);
	return n;
}

static ssize_t by_uring(int fd, size_t at)
{
	struct kt_ring ring = { .fd = -1 };
	ssize_t n;

	if (kt_ring_open(&ring, 4))
		return -1;
	kt_ring_add(&ring, IORING_OP_RECV, fd, data, 50000, 1);
	n = kt_ring_result(&ring, 1);
	kt_ring_close(&ring);
	return n > 0 && kt_check(data, n, at) ? -1 : n;
}

static ssize_t by_poll(int fd, size_t at)
{
	if (!(kt_poll(fd, POLLIN, KT_WAIT_MS) & POLLIN))
		return -1;
	return kt_recv_pattern(fd, 50000, at, MSG_DONTWAIT);
}

/* Records of many sizes, cut in the middle of a long one. */
KT_TEST(prefix, every_way_to_read)
{
	static ssize_t (*const ways[])(int fd, size_t at) = {
		by_recv, by_small_recv, by_peek, by_trunc, by_splice, by_uring, by_poll,
	};
	static const size_t sizes[] = { 1, 5000, FULL, 0, 300, FULL, 20 };
	size_t total = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		total += sizes[i];
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		struct kt_link *link = &self->link;
		size_t len, got = 0;
		ssize_t n = 1;

		ASSERT_EQ(0, kt_link_reopen_keyless(link, &variant->params));
		len = kt_prefix_seal(link, sizes, ARRAY_SIZE(sizes), wire);
		ASSERT_EQ(0, kt_prefix_begin(link, ARRAY_SIZE(sizes), wire, 30000));
		ASSERT_EQ(0, kt_write_full(link->raw, wire + 30000, len - 30000));
		for (; got < total && n > 0; got += n)
			n = ways[i](link->fd, got);
		EXPECT_EQ(total, got)
			TH_LOG("way %zu", i);
	}
}

KT_TEST(prefix, reader_in_the_kernel)
{
	struct kt_link *link = &self->link;
	size_t len = 0, split = 2000;
	int kcm = kt_kcm();

	ASSERT_GE(kcm, 0);
	for (int i = 0; i < 3; i++) {
		kt_message(data, 1000, 0);
		len += kt_seal(&link->in, KT_DATA, data, 1000, 0, wire + len);
	}
	ASSERT_EQ(0, kt_prefix_begin(link, 3, wire, split));
	ASSERT_EQ(0, kt_kcm_attach(kcm, link->fd, 0));
	EXPECT_EQ(0, kt_expect_message(kcm, 1000, 0));
	ASSERT_EQ(0, kt_write_full(link->raw, wire + split, len - split));
	EXPECT_EQ(0, kt_expect_message(kcm, 1000, 0));
	EXPECT_EQ(0, kt_expect_message(kcm, 1000, 0));
	close(kcm);
}

/* Nobody else says that there is something: no further packet comes. */
KT_TEST(prefix, is_ready_at_once)
{
	static const size_t sizes[] = { 100, 200 };
	struct kt_link *link = &self->link;
	size_t len = kt_prefix_seal(link, sizes, ARRAY_SIZE(sizes), wire);
	int set = kt_watch(link->fd, EPOLLIN | EPOLLET);

	ASSERT_GE(set, 0);
	EXPECT_EQ(0, kt_poll(link->fd, POLLIN, 0));
	ASSERT_EQ(0, kt_prefix_begin(link, 2, wire, len));
	EXPECT_EQ(EPOLLIN, kt_events(set, 0));
	EXPECT_EQ(POLLIN, kt_poll(link->fd, POLLIN, 0));
	EXPECT_EQ(300, kt_unread(link->fd));
	EXPECT_EQ(100, kt_recv_pattern(link->fd, 100, 0, MSG_DONTWAIT));
	EXPECT_EQ(200, kt_unread(link->fd));
	EXPECT_EQ(POLLIN, kt_poll(link->fd, POLLIN, 0));
	EXPECT_EQ(200, kt_recv_pattern(link->fd, 300, 100, MSG_DONTWAIT));
	EXPECT_EQ(0, kt_poll(link->fd, POLLIN, 0));
	ASSERT_EQ(0, kt_pattern_arrives(link, 50, 300));
	EXPECT_EQ(EPOLLIN, kt_events(set, 0));
	EXPECT_EQ(50, kt_recv_pattern(link->fd, 300, 300, MSG_DONTWAIT));
	close(set);
}

/* A part of a record is nothing to read, and its last byte makes it so. */
KT_TEST(prefix, part_of_a_record_is_not_ready)
{
	static const size_t sizes[] = { 500 };
	struct kt_link *link = &self->link;
	size_t len = kt_prefix_seal(link, sizes, 1, wire);
	int set = kt_watch(link->fd, EPOLLIN | EPOLLET);

	ASSERT_GE(set, 0);
	ASSERT_EQ(0, kt_prefix_begin(link, 1, wire, len - 1));
	EXPECT_EQ(0, kt_poll(link->fd, POLLIN, 0));
	EXPECT_EQ(0, kt_unread(link->fd));
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(link->fd, 500, 0, MSG_DONTWAIT));
	ASSERT_EQ(0, kt_write_here(link, wire + len - 1, 1));
	EXPECT_EQ(EPOLLIN, kt_events(set, 0));
	EXPECT_EQ(500, kt_recv_pattern(link->fd, 500, 0, MSG_DONTWAIT));
	close(set);
}

KT_TEST(prefix, whole_limit_of_long_records)
{
	struct kt_link *link = &self->link;
	size_t sizes[9], len;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		sizes[i] = FULL;
	len = kt_prefix_seal(link, sizes, ARRAY_SIZE(sizes), wire);
	ASSERT_LT(KSEAL_RX_PREFIX_MAX, len);
	ASSERT_EQ(0, kt_prefix_begin(link, ARRAY_SIZE(sizes), wire, KSEAL_RX_PREFIX_MAX));
	ASSERT_EQ(0, kt_write_full(link->raw, wire + KSEAL_RX_PREFIX_MAX,
				   len - KSEAL_RX_PREFIX_MAX));
	EXPECT_EQ(9 * FULL, kt_recv_pattern(link->fd, 9 * FULL, 0, MSG_WAITALL));
}

KT_TEST(prefix, many_short_records)
{
	struct kt_link *link = &self->link;
	size_t sizes[300], len, total = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		total += sizes[i] = i;
	len = kt_prefix_seal(link, sizes, ARRAY_SIZE(sizes), wire);
	ASSERT_EQ(0, kt_prefix_begin(link, ARRAY_SIZE(sizes), wire, len - 3));
	EXPECT_EQ(total - 299, kt_unread(link->fd));
	ASSERT_EQ(0, kt_write_here(link, wire + len - 3, 3));
	EXPECT_EQ(total, kt_unread(link->fd));
	EXPECT_EQ(total, kt_recv_pattern(link->fd, total, 0, MSG_WAITALL));
}

static ssize_t write_rest(void *arg)
{
	struct kt_writer *rest = arg;

	return kt_write_full(rest->fd, wire + rest->position, rest->len);
}

/* The rest of the record does not fit the window, and a mark lies above it. */
KT_TEST(prefix, rest_comes_through_a_tiny_window)
{
	static const struct kt_tune tiny = { .fd_rcvbuf = 1 };
	static const size_t sizes[] = { 3000, FULL, FULL };
	struct kt_link *link = &self->link;
	struct kt_writer rest = { .position = 4000 };
	int mark = 40000;

	kt_link_close(link);
	ASSERT_EQ(0, kt_link_pair(link, &variant->params, &tiny));
	ASSERT_EQ(0, kt_attach(link->fd));
	rest.fd = link->raw;
	rest.len = kt_prefix_seal(link, sizes, ARRAY_SIZE(sizes), wire) - rest.position;
	ASSERT_EQ(0, kt_prefix_begin(link, ARRAY_SIZE(sizes), wire, rest.position));
	ASSERT_EQ(0, setsockopt(link->fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark)));
	ASSERT_EQ(0, kt_task_start(&rest.task, write_rest, &rest));
	EXPECT_EQ(3000 + 2 * FULL, kt_recv_pattern(link->fd, 3000 + 2 * FULL, 0, MSG_WAITALL));
	EXPECT_EQ(0, kt_task_join(&rest.task));
}

TEST_HARNESS_MAIN
