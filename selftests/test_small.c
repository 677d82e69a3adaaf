// SPDX-License-Identifier: GPL-2.0
/*
 * 16 KiB records through the smallest buffers that TCP allows: a window of a
 * kilobyte on either side, so that no record is ever whole in one.
 */
#include "lib/brief.h"
#include "lib/pump.h"

enum { TOTAL = 3 * KT_MAX_PLAIN };

/* 1 is what TCP rounds up to the least it can live with. */
static const struct kt_tune smallest = { .fd_rcvbuf = 1, .raw_rcvbuf = 1, .fd_sndbuf = 1 };

KT_BRIEF_FIXTURE(small)
{
	int one = 1;

	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, &smallest));
	ASSERT_EQ(0, setsockopt(self->link.raw, SOL_SOCKET, SO_SNDBUF, &one, sizeof(one)));
}

static int size_of(int fd, int option)
{
	int size = -1;
	socklen_t len = sizeof(size);

	return getsockopt(fd, SOL_SOCKET, option, &size, &len) ? -1 : size;
}

/* A record does not fit, or this program tests nothing. */
KT_TEST(small, buffers_hold_no_record)
{
	EXPECT_LT(size_of(self->link.fd, SO_RCVBUF), 5000);
	EXPECT_LT(size_of(self->link.fd, SO_SNDBUF), 10000);
	EXPECT_LT(size_of(self->link.raw, SO_RCVBUF), 5000);
	EXPECT_LT(size_of(self->link.raw, SO_SNDBUF), 10000);
}

KT_TEST(small, recv_and_send)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_RECV, KT_BY_RECV));
}

KT_TEST(small, small_reads_and_sendfile)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_SMALL_RECV, KT_BY_SENDFILE));
}

KT_TEST(small, waitall_and_poll)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_WAITALL, KT_BY_POLL));
}

KT_TEST(small, peek_and_splice)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_PEEK, KT_BY_SPLICE));
}

KT_TEST(small, splice_both_ways)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_SPLICE, KT_BY_SPLICE));
}

KT_TEST(small, poll_both_ways)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_POLL, KT_BY_POLL));
}

KT_TEST(small, edges_and_sendfile)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_EDGES, KT_BY_SENDFILE));
}

/* Made small when the window was open already. */
KT_TEST(small, receive_buffer_shrunk_later)
{
	int one = 1;

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_RECV, KT_NEVER));
	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_RCVBUF, &one, sizeof(one)));
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_POLL, KT_NEVER));
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_SPLICE, KT_NEVER));
}

/* A mark above the whole window: what was moved out of it counts. */
KT_TEST(small, low_water_mark_above_the_window)
{
	int mark = 40000;

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof(mark)));
	EXPECT_EQ(0, kt_pump(&self->link, 4 * KT_MAX_PLAIN, KT_BY_WAITALL, KT_NEVER));
}

TEST_HARNESS_MAIN
