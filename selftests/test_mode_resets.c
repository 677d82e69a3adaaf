// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel-control mode: the peer's RST, wherever it comes. Who reads gets what came
 * before, whole records of it, and then ECONNRESET, again and again: never the end,
 * unless close_notify came before.
 */
#include "lib/brief.h"
#include "lib/mode.h"
#include "lib/tickets.h"
#include <errno.h>
#include <poll.h>

FIXTURE(reset)
{
	struct kt_mode mode;
	struct kt_link *link;
};

KT_BRIEF_VARIANTS(reset);

FIXTURE_SETUP(reset)
{
	self->link = &self->mode.link;
	self->link->fd = self->link->raw = -1;
}

FIXTURE_TEARDOWN(reset)
{
	kt_mode_close(&self->mode);
}

/* The first bytes of a record with 1000 bytes of the stream. */
static int send_part(struct kt_link *link, size_t len)
{
	static uint8_t wire[KT_MAX_WIRE];

	return kt_seal_pattern(link, 1000, wire) < 0 || kt_write_here(link, wire, len) ? -1 : 0;
}

static int nothing(struct kt_mode *mode)
{
	(void)mode;
	return 0;
}

static int data(struct kt_mode *mode)
{
	return kt_send_pattern(&mode->link, 300, 0) || kt_send_pattern(&mode->link, 700, 300);
}

static int in_header(struct kt_mode *mode)
{
	return data(mode) || send_part(&mode->link, 3);
}

static int in_record(struct kt_mode *mode)
{
	return data(mode) || send_part(&mode->link, 700);
}

static int but_for_a_byte(struct kt_mode *mode)
{
	return data(mode) || send_part(&mode->link, 1000 + KT_HEADER);
}

static int in_ticket(struct kt_mode *mode)
{
	return data(mode) || kt_send_record(&mode->link, KT_HANDSHAKE, "\4\0\0\20abcd", 8);
}

/* A record is open, so ours waits for its end. */
static int before_our_update(struct kt_mode *mode)
{
	if (send(mode->link.fd, "open", 4, MSG_MORE) != 4)
		return kt_errno("send");
	return data(mode) || kt_mode_update(mode, true);
}

/* Nobody has looked at it yet. */
static int behind_update(struct kt_mode *mode)
{
	return data(mode) || kt_mode_update(mode, false);
}

static int behind_warning(struct kt_mode *mode)
{
	return data(mode) || kt_send_record(&mode->link, KT_ALERT, "\1\132", 2);
}

/**
 * struct point - where it comes
 * @name: of it
 * @version: that it is for, 0 both
 * @prepare: what comes before
 * @len: bytes of the stream that are to be read then
 */
static const struct point {
	const char *name;
	uint16_t version;
	int (*prepare)(struct kt_mode *mode);
	size_t len;
} points[] = {
	{ "before all", 0, nothing, 0 },
	{ "behind data", 0, data, 1000 },
	{ "in a header", 0, in_header, 1000 },
	{ "in a record", 0, in_record, 1000 },
	{ "before a record's last bytes", 0, but_for_a_byte, 1000 },
	{ "behind a warning", 0, behind_warning, 1000 },
	{ "in a ticket", TLS_1_3_VERSION, in_ticket, 1000 },
	{ "behind a KeyUpdate", TLS_1_3_VERSION, behind_update, 1000 },
	{ "before our KeyUpdate", TLS_1_3_VERSION, before_our_update, 1000 },
};

static int reset(struct kt_mode *mode)
{
	kt_reset(&mode->link.raw);
	if (kt_poll(mode->link.fd, POLLHUP, KT_WAIT_MS))
		return 0;
	kt_say("no RST arrived");
	return -1;
}

static int point_is_met(struct kt_mode *mode, const struct kt_params *params,
			const struct point *point, uint32_t flags, const struct kt_kind *kind)
{
	int fd;

	kt_mode_close(mode);
	if (kt_mode_open(mode, params, flags) || point->prepare(mode) ||
	    kt_all_here(&mode->link) || reset(mode))
		return -1;
	fd = mode->link.fd;
	if (kt_kind_expect(kind, fd, point->len, 0) || kt_kind_fails(kind, fd, ECONNRESET) ||
	    kt_mode_ended(fd, KSEAL_END_TRUNCATED))
		return -1;
	if (send(fd, "late", 4, MSG_NOSIGNAL) == -1 && errno == EPIPE)
		return 0;
	return kt_errno("send, want EPIPE");
}

static bool concerns(const struct point *point, const struct kt_params *params)
{
	return !point->version || point->version == params->version;
}

KT_TEST(reset, is_never_the_end)
{
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		if (!concerns(&points[i], &variant->params))
			continue;
		for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
			ASSERT_EQ(0, point_is_met(&self->mode, &variant->params, &points[i], 0,
						  kind))
				TH_LOG("%s, by %s", points[i].name, kind->name);
		}
	}
}

/* A FIN may be the end then; this is none. */
KT_TEST(reset, is_not_the_end_where_a_fin_is)
{
	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		if (!concerns(&points[i], &variant->params))
			continue;
		ASSERT_EQ(0, point_is_met(&self->mode, &variant->params, &points[i],
					  KSEAL_CONTROL_TRUNCATION, &kt_kinds[0]))
			TH_LOG("%s", points[i].name);
	}
}

/* The first read that fails has ended it. */
KT_TEST(reset, is_told_at_once)
{
	long long truncated = kt_stat("RxTruncated");
	struct kseal_info info;

	ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
	ASSERT_EQ(0, reset(&self->mode));
	EXPECT_EQ(0, kt_mode_lives(self->link->fd));
	EXPECT_EQ(ECONNRESET, kt_recv_errno(self->link->fd, 0));
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_TRUNCATED));
	ASSERT_EQ(0, kt_info_get(self->link->fd, &info));
	EXPECT_EQ(0, info.alert_in_level);
	EXPECT_EQ(0, info.alert_out_level);
	EXPECT_EQ(0, info.state & (KSEAL_STATE_TX_SECRET | KSEAL_STATE_RX_SECRET));
	EXPECT_EQ(truncated + 1, kt_stat("RxTruncated"));
}

/* The peer has said all it had to say, whether that was looked at before or not. */
KT_TEST(reset, behind_close_notify_changes_nothing)
{
	for (int seen = 0; seen < 2; seen++) {
		for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
			kt_mode_close(&self->mode);
			ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
			ASSERT_EQ(0, data(&self->mode));
			ASSERT_EQ(0, kt_send_record(self->link, KT_ALERT, "\1\0", 2));
			ASSERT_EQ(0, kt_all_here(self->link));
			if (seen) {
				ASSERT_EQ(0, kt_kind_expect(kind, self->link->fd, 1000, 0));
				ASSERT_EQ(0, kt_kind_eof(kind, self->link->fd));
			}
			ASSERT_EQ(0, reset(&self->mode));
			if (!seen)
				ASSERT_EQ(0, kt_kind_expect(kind, self->link->fd, 1000, 0));
			EXPECT_EQ(0, kt_kind_eof(kind, self->link->fd))
				TH_LOG("%s", kind->name);
			EXPECT_EQ(0, kt_mode_lives(self->link->fd));
		}
	}
}

/* A ticket that came in part is in no queue, and its end is told. */
KT_TEST(reset, in_a_ticket_for_a_queue)
{
	int queue;

	if (variant->params.version != TLS_1_3_VERSION)
		return;
	ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
	queue = kt_ticket_queue(self->link->fd);
	ASSERT_GE(queue, 0);
	ASSERT_EQ(0, kt_tickets(self->link->fd, queue, 7));
	ASSERT_EQ(0, in_ticket(&self->mode));
	ASSERT_EQ(0, kt_all_here(self->link));
	ASSERT_EQ(0, reset(&self->mode));
	ASSERT_EQ(0, kt_kind_expect(&kt_kinds[0], self->link->fd, 1000, 0));
	EXPECT_EQ(ECONNRESET, kt_recv_errno(self->link->fd, 0));
	EXPECT_EQ(0, kt_expect_last_ticket(queue, 7));
	kt_close(&self->link->fd);
	EXPECT_EQ(0, kt_expect_no_ticket(queue));
	kt_close(&queue);
}

/* ---- with somebody at work ------------------------------------------------------ */

KT_TEST(reset, wakes_a_reader_in_a_record)
{
	struct kt_reader reader;

	ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
	ASSERT_EQ(0, kt_reader_start(&reader, self->link->fd, 2000, MSG_WAITALL));
	ASSERT_EQ(0, send_part(self->link, 700));
	kt_reset(&self->link->raw);
	EXPECT_EQ(-1, kt_task_join(&reader.task));
	EXPECT_EQ(ECONNRESET, reader.task.error);
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_TRUNCATED));
}

static ssize_t splice_one(void *arg)
{
	const struct kt_kind *kind = kt_kinds;
	uint8_t byte;

	while (strcmp(kind->name, "splice"))
		kind++;
	return kind->read(*(int *)arg, &byte, 1);
}

static ssize_t poll_one(void *arg)
{
	return kt_poll(*(int *)arg, POLLIN | POLLRDHUP, KT_WAIT_MS);
}

KT_TEST(reset, wakes_splice_and_poll)
{
	struct kt_task splicer, poller;

	ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
	ASSERT_EQ(0, kt_task_start(&splicer, splice_one, &self->link->fd));
	ASSERT_EQ(0, kt_task_asleep(&splicer));
	ASSERT_EQ(0, kt_task_start(&poller, poll_one, &self->link->fd));
	ASSERT_EQ(0, kt_task_asleep(&poller));
	kt_reset(&self->link->raw);
	EXPECT_EQ(-1, kt_task_join(&splicer));
	EXPECT_EQ(ECONNRESET, splicer.error);
	/* the error may have been taken before poll has looked again */
	EXPECT_EQ(POLLIN | POLLRDHUP | POLLHUP, kt_task_join(&poller) & ~POLLERR);
}

static int open_small(struct kt_mode *mode, const struct kt_params *params)
{
	struct kt_tune tune = { .fd_sndbuf = 8192, .raw_rcvbuf = 8192 };

	return kt_mode_open_tuned(mode, params, 0, &tune, true);
}

KT_TEST(reset, ends_a_blocked_writer)
{
	struct kt_writer writer = { .len = 4 << 20, .chunk = 100000 };

	ASSERT_EQ(0, open_small(&self->mode, &variant->params));
	writer.fd = self->link->fd;
	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	ASSERT_EQ(0, data(&self->mode));
	ASSERT_EQ(0, kt_all_here(self->link));
	kt_reset(&self->link->raw);
	EXPECT_LT(kt_task_join(&writer.task), 4 << 20);
	/* whoever was told of the error first */
	ASSERT_EQ(0, kt_kind_expect(&kt_kinds[0], self->link->fd, 1000, 0));
	EXPECT_EQ(0, kt_kind_fails(&kt_kinds[0], self->link->fd, ECONNRESET));
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_TRUNCATED));
}

/* With a KeyUpdate to be sent behind what does not fit. */
KT_TEST(reset, ends_a_blocked_writer_that_owes_an_update)
{
	struct kt_writer writer = { .len = 4 << 20, .chunk = 100000 };

	if (variant->params.version != TLS_1_3_VERSION)
		return;
	ASSERT_EQ(0, open_small(&self->mode, &variant->params));
	writer.fd = self->link->fd;
	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	ASSERT_EQ(0, kt_mode_update(&self->mode, true));
	ASSERT_EQ(0, data(&self->mode));
	ASSERT_EQ(0, kt_kind_expect(&kt_kinds[0], self->link->fd, 1000, 0));
	kt_reset(&self->link->raw);
	EXPECT_LT(kt_task_join(&writer.task), 4 << 20);
	EXPECT_EQ(0, kt_kind_fails(&kt_kinds[0], self->link->fd, ECONNRESET));
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_TRUNCATED));
}

KT_TEST(reset, behind_shutdown_with_data_pending)
{
	ASSERT_EQ(0, open_small(&self->mode, &variant->params));
	ASSERT_GT(kt_fill_buffers(self->link->fd, 1000, 0), 0);
	ASSERT_EQ(0, shutdown(self->link->fd, SHUT_WR));
	ASSERT_EQ(0, data(&self->mode));
	ASSERT_EQ(0, kt_all_here(self->link));
	ASSERT_EQ(0, reset(&self->mode));
	ASSERT_EQ(0, kt_kind_expect(&kt_kinds[0], self->link->fd, 1000, 0));
	EXPECT_EQ(0, kt_kind_fails(&kt_kinds[0], self->link->fd, ECONNRESET));
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_TRUNCATED));
}

static long long users(void *arg)
{
	(void)arg;
	return kt_module_users();
}

/* Nobody reads, the socket is closed. */
KT_TEST(reset, leaves_nothing_behind)
{
	int base = kt_module_users();

	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		if (!concerns(&points[i], &variant->params))
			continue;
		ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
		ASSERT_EQ(0, points[i].prepare(&self->mode));
		kt_reset(&self->link->raw);
		kt_mode_close(&self->mode);
	}
	EXPECT_EQ(0, kt_wait_for(users, NULL, base));
}

TEST_HARNESS_MAIN
