// SPDX-License-Identifier: GPL-2.0
/* Kernel-control mode: the ends of a stream, in and out. */
#include "lib/brief.h"
#include "lib/mode.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>

FIXTURE(ends)
{
	struct kt_mode mode;
	struct kt_link *link;
};

KT_BRIEF_VARIANTS(ends);

FIXTURE_SETUP(ends)
{
	self->link = &self->mode.link;
	ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
}

FIXTURE_TEARDOWN(ends)
{
	kt_mode_close(&self->mode);
}

static int reopen(struct kt_mode *mode, const struct kt_params *params, uint32_t flags)
{
	kt_mode_close(mode);
	return kt_mode_open(mode, params, flags);
}

static int send_close(struct kt_link *link)
{
	return kt_send_record(link, KT_ALERT, "\1\0", 2);
}

/* The peer gets a close_notify, and then the stream's end. */
static int expect_closed(struct kt_link *link)
{
	return kt_expect_record(link, KT_ALERT, "\1\0", 2) || kt_read_eof(link->raw) ? -1 : 0;
}

/* ---- in ---------------------------------------------------------------------- */

KT_TEST(ends, close_notify_is_the_end)
{
	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params, 0));
		ASSERT_EQ(0, kt_send_pattern(self->link, 1000, 0));
		ASSERT_EQ(0, send_close(self->link));
		ASSERT_EQ(0, kt_kind_expect(kind, self->link->fd, 1000, 0));
		ASSERT_EQ(0, kt_kind_eof(kind, self->link->fd));
		/* the other direction is open */
		EXPECT_EQ(0, kt_sealed_out(self->link)) TH_LOG("%s", kind->name);
		EXPECT_EQ(POLLIN | POLLRDHUP, kt_poll(self->link->fd, POLLIN | POLLRDHUP, 0));
	}
}

KT_TEST(ends, nothing_behind_close_notify_is_delivered)
{
	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params, 0));
		for (int i = 0; i < 5; i++)
			ASSERT_EQ(0, kt_send_pattern(self->link, 200, i * 200));
		ASSERT_EQ(0, send_close(self->link));
		for (int i = 0; i < 5; i++)
			ASSERT_EQ(0, kt_send_pattern(self->link, 200, i * 200));
		ASSERT_EQ(0, kt_write_here(self->link, "no record at all", 16));
		ASSERT_EQ(0, kt_kind_expect(kind, self->link->fd, 1000, 0));
		ASSERT_EQ(0, kt_kind_eof(kind, self->link->fd)) TH_LOG("%s", kind->name);
	}
}

KT_TEST(ends, fin_behind_close_notify_changes_nothing)
{
	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params, 0));
		ASSERT_EQ(0, kt_send_pattern(self->link, 1000, 0));
		ASSERT_EQ(0, send_close(self->link));
		ASSERT_EQ(0, shutdown(self->link->raw, SHUT_WR));
		ASSERT_EQ(0, kt_kind_expect(kind, self->link->fd, 1000, 0));
		ASSERT_EQ(0, kt_kind_eof(kind, self->link->fd));
		EXPECT_EQ(0, kt_sealed_out(self->link)) TH_LOG("%s", kind->name);
	}
}

KT_TEST(ends, fin_alone_is_truncation)
{
	int alert;

	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params, 0));
		ASSERT_EQ(0, kt_send_pattern(self->link, 1000, 0));
		ASSERT_EQ(0, shutdown(self->link->raw, SHUT_WR));
		ASSERT_EQ(0, kt_kind_expect(kind, self->link->fd, 1000, 0));
		ASSERT_EQ(0, kt_kind_fails(kind, self->link->fd, ECONNRESET));
		EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_TRUNCATED));
		ASSERT_EQ(0, kt_expect_end(self->link, &alert)) TH_LOG("%s", kind->name);
		EXPECT_EQ(-1, alert);
	}
}

KT_TEST(ends, fin_alone_may_be_allowed)
{
	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params, KSEAL_CONTROL_TRUNCATION));
		ASSERT_EQ(0, kt_send_pattern(self->link, 1000, 0));
		ASSERT_EQ(0, shutdown(self->link->raw, SHUT_WR));
		ASSERT_EQ(0, kt_kind_expect(kind, self->link->fd, 1000, 0));
		ASSERT_EQ(0, kt_kind_eof(kind, self->link->fd));
		EXPECT_EQ(0, kt_sealed_out(self->link)) TH_LOG("%s", kind->name);
	}
}

/* In a record it is not, even so. */
KT_TEST(ends, fin_in_a_record_is_truncation)
{
	static const uint32_t flags[] = { 0, KSEAL_CONTROL_TRUNCATION };
	static uint8_t wire[KT_MAX_WIRE];

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
			ssize_t len;

			ASSERT_EQ(0, reopen(&self->mode, &variant->params, flags[i]));
			len = kt_seal_pattern(self->link, 100, wire);
			ASSERT_EQ(0, kt_write_here(self->link, wire, len - 1));
			ASSERT_EQ(0, shutdown(self->link->raw, SHUT_WR));
			ASSERT_EQ(0, kt_kind_fails(kind, self->link->fd, ECONNRESET));
			EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_TRUNCATED));
		}
	}
}

KT_TEST(ends, a_reset_never_looks_like_the_end)
{
	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params, 0));
		kt_reset(&self->link->raw);
		ASSERT_NE(0, kt_poll(self->link->fd, POLLHUP, KT_WAIT_MS));
		ASSERT_EQ(0, kt_kind_fails(kind, self->link->fd, ECONNRESET));
	}
}

KT_TEST(ends, a_sleeping_reader_is_woken)
{
	struct kt_reader reader;

	ASSERT_EQ(0, kt_reader_start(&reader, self->link->fd, 100, 0));
	ASSERT_EQ(0, send_close(self->link));
	EXPECT_EQ(0, kt_task_join(&reader.task));
	ASSERT_EQ(0, reopen(&self->mode, &variant->params, 0));
	ASSERT_EQ(0, kt_reader_start(&reader, self->link->fd, 100, 0));
	ASSERT_EQ(0, shutdown(self->link->raw, SHUT_WR));
	EXPECT_EQ(-1, kt_task_join(&reader.task));
	EXPECT_EQ(ECONNRESET, reader.task.error);
}

/* Who watches for the end alone hears of it. */
KT_TEST(ends, watchers_of_rdhup_are_woken)
{
	int set = kt_watch(self->link->fd, EPOLLRDHUP | EPOLLET);

	ASSERT_GE(set, 0);
	ASSERT_EQ(0, kt_events(set, 0));
	ASSERT_EQ(0, send_close(self->link));
	EXPECT_EQ(EPOLLRDHUP, kt_events(set, KT_WAIT_MS));
	close(set);
}

/* ---- out --------------------------------------------------------------------- */

KT_TEST(ends, shutdown_says_so_once)
{
	static const int hows[] = { SHUT_WR, SHUT_RDWR };
	struct kseal_info info;

	for (size_t i = 0; i < ARRAY_SIZE(hows); i++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params, 0));
		ASSERT_EQ(0, kt_sealed_out(self->link));
		ASSERT_EQ(0, shutdown(self->link->fd, hows[i]));
		shutdown(self->link->fd, SHUT_WR);
		EXPECT_ERRNO(EPIPE, send(self->link->fd, "x", 1, MSG_NOSIGNAL));
		ASSERT_EQ(0, kt_info_get(self->link->fd, &info));
		EXPECT_EQ(KSEAL_STATE_TX_CLOSED, info.state & KSEAL_STATE_TX_CLOSED);
		kt_close(&self->link->fd);
		EXPECT_EQ(0, expect_closed(self->link));
	}
}

KT_TEST(ends, reading_goes_on_behind_shutdown)
{
	ASSERT_EQ(0, shutdown(self->link->fd, SHUT_WR));
	ASSERT_EQ(0, expect_closed(self->link));
	ASSERT_EQ(0, kt_sealed_in(self->link));
	ASSERT_EQ(0, send_close(self->link));
	EXPECT_EQ(0, kt_read_eof(self->link->fd));
}

KT_TEST(ends, close_says_so)
{
	ASSERT_EQ(0, kt_sealed_out(self->link));
	kt_close(&self->link->fd);
	EXPECT_EQ(0, expect_closed(self->link));
}

KT_TEST(ends, behind_an_open_record)
{
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, reopen(&self->mode, &variant->params, 0));
		ASSERT_EQ(4, send(self->link->fd, "open", 4, MSG_MORE));
		if (i) {
			ASSERT_EQ(0, shutdown(self->link->fd, SHUT_WR));
		} else {
			kt_close(&self->link->fd);
		}
		ASSERT_EQ(0, kt_expect_record(self->link, KT_DATA, "open", 4));
		EXPECT_EQ(0, expect_closed(self->link));
	}
}

/* Its room is not waited for, and nothing before it is lost. */
KT_TEST(ends, behind_a_full_buffer)
{
	struct kt_tune tune = { .fd_sndbuf = 8192, .raw_rcvbuf = 8192 };
	ssize_t len;

	for (int i = 0; i < 2; i++) {
		kt_mode_close(&self->mode);
		ASSERT_EQ(0, kt_mode_open_tuned(&self->mode, &variant->params, 0, &tune, true));
		len = kt_fill_buffers(self->link->fd, 1000, 0);
		ASSERT_GT(len, 0);
		if (i) {
			ASSERT_EQ(0, shutdown(self->link->fd, SHUT_WR));
		} else {
			kt_close(&self->link->fd);
		}
		ASSERT_EQ(0, kt_expect_stream(self->link, len, 0, NULL));
		EXPECT_EQ(0, expect_closed(self->link));
	}
}

/* What nobody read does not turn the last words into a reset. */
KT_TEST(ends, unread_control_records_do_no_harm)
{
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, kt_send_record(self->link, KT_ALERT, "\1\132", 2));
	ASSERT_EQ(0, send_close(self->link));
	ASSERT_EQ(0, kt_send_pattern(self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(self->link));
	ASSERT_EQ(4, send(self->link->fd, "last", 4, 0));
	kt_close(&self->link->fd);
	ASSERT_EQ(0, kt_expect_record(self->link, KT_DATA, "last", 4));
	EXPECT_EQ(0, expect_closed(self->link));
}

KT_TEST(ends, after_a_failed_peer)
{
	int alert;

	ASSERT_EQ(0, kt_send_record(self->link, KT_ALERT, "\2\50", 2));
	ASSERT_EQ(ECONNRESET, kt_recv_errno(self->link->fd, 0));
	shutdown(self->link->fd, SHUT_WR);
	kt_close(&self->link->fd);
	ASSERT_EQ(0, kt_expect_end(self->link, &alert));
	EXPECT_EQ(-1, alert);
	ASSERT_EQ(0, reopen(&self->mode, &variant->params, 0));
	kt_reset(&self->link->raw);
	ASSERT_NE(0, kt_poll(self->link->fd, POLLHUP, KT_WAIT_MS));
	shutdown(self->link->fd, SHUT_WR);
	kt_close(&self->link->fd);
}

KT_TEST(ends, an_abortive_close_says_nothing)
{
	kt_reset(&self->link->fd);
	ASSERT_NE(0, kt_poll(self->link->raw, POLLHUP, KT_WAIT_MS));
	EXPECT_EQ(ECONNRESET, kt_recv_errno(self->link->raw, 0));
}

/* A killed process may have had more to say; one that exits has not. */
KT_TEST(ends, a_killed_process_has_not_closed)
{
	for (int i = 0; i < 2; i++) {
		pid_t child;

		ASSERT_EQ(0, reopen(&self->mode, &variant->params, 0));
		child = fork();
		ASSERT_GE(child, 0);
		if (!child) {
			send(self->link->fd, "said", 4, 0);
			close(self->link->raw);
			if (i)
				raise(SIGKILL);
			_exit(0);
		}
		kt_close(&self->link->fd);
		ASSERT_EQ(child, waitpid(child, NULL, 0));
		ASSERT_EQ(0, kt_expect_record(self->link, KT_DATA, "said", 4));
		if (!i)
			ASSERT_EQ(0, kt_expect_record(self->link, KT_ALERT, "\1\0", 2));
		EXPECT_EQ(0, kt_read_eof(self->link->raw));
	}
}

TEST_HARNESS_MAIN
