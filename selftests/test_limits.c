// SPDX-License-Identifier: GPL-2.0
/* What a peer can make a reader do, and what outlasts a connection's end. */
#include <poll.h>
#include <sys/epoll.h>

#include "lib/fixture.h"

enum {
	EMPTY_RECORDS = 1000,
	ONE_CALL = 100,		/* records one call may open, at the most */
};

KT_FIXTURE_OPEN(limits)

static uint64_t opened(int fd)
{
	struct kseal_info info;

	return kt_info_get(fd, &info) ? ~0ULL : info.rx_records;
}

/* Records of application data with nothing in them, all arrived. */
static int send_empty_records(struct kt_link *link)
{
	static uint8_t wire[EMPTY_RECORDS * 64];
	size_t len = 0;

	for (int i = 0; i < EMPTY_RECORDS; i++)
		len += kt_seal(&link->in, KT_DATA, "", 0, 0, wire + len);
	return kt_write_here(link, wire, len);
}

static int edge(int fd)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) ? -1 : epoll;
}

/* However many there are, a call that shall not wait comes back soon; and who
 * waits for the next edge is told that there is more.
 */
KT_TEST(limits, empty_records_do_not_keep_a_nonblocking_reader)
{
	struct epoll_event event;
	int epoll, calls = 0;
	char got[8];
	ssize_t n;

	ASSERT_EQ(0, send_empty_records(&self->link));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "behind", 6));
	ASSERT_EQ(0, kt_all_here(&self->link));
	epoll = edge(self->link.fd);
	ASSERT_GE(epoll, 0);
	do {
		ASSERT_EQ(1, epoll_wait(epoll, &event, 1, KT_WAIT_MS));
		n = recv(self->link.fd, got, sizeof(got), MSG_DONTWAIT);
		ASSERT_TRUE(n == 6 || errno == EAGAIN);
		ASSERT_LE(opened(self->link.fd), ++calls * ONE_CALL);
	} while (n != 6);
	EXPECT_EQ(0, memcmp(got, "behind", 6));
	EXPECT_EQ(EMPTY_RECORDS + 1, opened(self->link.fd));
	close(epoll);
}

/* A reader that waits gets through them by itself. */
KT_TEST(limits, empty_records_are_no_end_for_a_blocking_reader)
{
	char got[8];

	ASSERT_EQ(0, send_empty_records(&self->link));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "behind", 6));
	EXPECT_EQ(6, recv(self->link.fd, got, sizeof(got), 0));
	EXPECT_EQ(EMPTY_RECORDS + 1, opened(self->link.fd));
}

/* A program that only looks keeps none of them in memory. */
KT_TEST(limits, empty_records_are_not_kept_for_a_peeker)
{
	char c;

	ASSERT_EQ(0, send_empty_records(&self->link));
	while (opened(self->link.fd) < EMPTY_RECORDS)
		EXPECT_ERRNO(EAGAIN, recv(self->link.fd, &c, 1, MSG_PEEK | MSG_DONTWAIT));
	EXPECT_EQ(0, kt_poll(self->link.fd, POLLIN, 0));
}

/* The record is moved out of a window too small for it; what TCP still has of
 * it in the end is less than the mark.
 */
KT_TEST(limits, low_water_mark_holds_for_a_moved_record)
{
	const struct kt_tune small = { .fd_rcvbuf = 4096 };
	int mark = 1000, got = 0;
	socklen_t len = sizeof(got);

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &small));
	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark)));
	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_RCVTIMEO, KT_WAIT_MS));
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, i * 16384));
		EXPECT_EQ(16384, kt_recv_pattern(self->link.fd, 16384, i * 16384, 0));
	}
	ASSERT_EQ(0, getsockopt(self->link.fd, SOL_SOCKET, SO_RCVLOWAT, &got, &len));
	EXPECT_EQ(mark, got);
}

/* What arrived whole before the reset is the reader's. */
KT_TEST(limits, records_before_a_reset_can_be_read)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	kt_reset(&self->link.raw);
	ASSERT_NE(0, kt_poll(self->link.fd, POLLERR, KT_WAIT_MS) & POLLERR);
	EXPECT_EQ(-1, send(self->link.fd, "lost", 4, MSG_NOSIGNAL));
	EXPECT_EQ(1000, kt_recv_pattern(self->link.fd, 1000, 0, 0));
}

TEST_HARNESS_MAIN
