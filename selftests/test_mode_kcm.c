// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel-control mode with a reader in the kernel (KCM, through read_sock): what is
 * no data is taken between its messages, and in them; it sees none of that.
 */
#include "lib/brief.h"
#include "lib/kcm.h"
#include "lib/mode.h"
#include "lib/tickets.h"
#include <poll.h>

FIXTURE(kcm)
{
	struct kt_mode mode;
	struct kt_link *link;
	int kcm;
};

KT_BRIEF_VARIANTS(kcm);

FIXTURE_SETUP(kcm)
{
	self->link = &self->mode.link;
	self->kcm = kt_kcm();
	ASSERT_GE(self->kcm, 0);
	ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link->fd, 0));
}

FIXTURE_TEARDOWN(kcm)
{
	kt_close(&self->kcm);
	kt_mode_close(&self->mode);
}

enum { MESSAGE = 3000, FIRST = 1200 };

/* A message in two records; what comes between them is done by @between. */
static int message_around(struct kt_mode *mode, int (*between)(struct kt_mode *mode))
{
	uint8_t message[MESSAGE];

	kt_message(message, MESSAGE, 5);
	return kt_send_record(&mode->link, KT_DATA, message, FIRST) || between(mode) ||
	       kt_send_record(&mode->link, KT_DATA, message + FIRST, MESSAGE - FIRST) ? -1 : 0;
}

/* KCM gets one message; then the end, or an error, is the program's. */
static int message_then(struct kt_link *link, int kcm, uint8_t type, const char *data,
			size_t len)
{
	return kt_send_message(link, MESSAGE, 1000, 0) ||
	       kt_send_record(link, type, data, len) || kt_expect_message(kcm, MESSAGE, 0) ||
	       !kt_poll(link->fd, POLLIN | POLLRDHUP, KT_WAIT_MS) ? -1 : 0;
}

static int warn(struct kt_mode *mode)
{
	return kt_send_record(&mode->link, KT_ALERT, "\1\132", 2);
}

KT_TEST(kcm, warnings_in_a_message)
{
	struct kseal_info info;

	for (int i = 1; i <= 5; i++) {
		ASSERT_EQ(0, message_around(&self->mode, warn));
		ASSERT_EQ(0, kt_expect_message(self->kcm, MESSAGE, 5));
		ASSERT_EQ(0, kt_info_get(self->link->fd, &info));
		EXPECT_EQ(i, info.warnings);
	}
	EXPECT_EQ(0, kt_mode_lives(self->link->fd));
}

static int ticket(struct kt_mode *mode)
{
	return kt_send_ticket(&mode->link, 500, 3);
}

KT_TEST(kcm, ticket_in_a_message)
{
	int queue;

	if (variant->params.version != TLS_1_3_VERSION)
		return;
	queue = kt_ticket_queue(self->link->fd);
	ASSERT_GE(queue, 0);
	ASSERT_EQ(0, kt_tickets(self->link->fd, queue, 1));
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(0, message_around(&self->mode, ticket));
		ASSERT_EQ(0, kt_expect_message(self->kcm, MESSAGE, 5));
		ASSERT_EQ(0, kt_expect_ticket(queue, 1, 500, 3));
	}
	/* alone, with nothing behind it */
	ASSERT_EQ(0, kt_send_ticket(self->link, 600, 4));
	EXPECT_EQ(0, kt_expect_ticket(queue, 1, 600, 4));
	EXPECT_EQ(0, kt_expect_no_message(self->kcm));
	kt_close(&queue);
}

static int update(struct kt_mode *mode)
{
	return kt_mode_update(mode, false);
}

static int update_requested(struct kt_mode *mode)
{
	return kt_mode_update(mode, true);
}

KT_TEST(kcm, key_updates_in_a_message)
{
	struct kseal_info info;

	if (variant->params.version != TLS_1_3_VERSION)
		return;
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, message_around(&self->mode, update));
		ASSERT_EQ(0, kt_expect_message(self->kcm, MESSAGE, 5));
		ASSERT_EQ(0, message_around(&self->mode, update_requested));
		ASSERT_EQ(0, kt_expect_message(self->kcm, MESSAGE, 5));
		ASSERT_EQ(0, kt_mode_expect_update(&self->mode));
		ASSERT_EQ(0, kt_sealed_out(self->link));
	}
	ASSERT_EQ(0, kt_info_get(self->link->fd, &info));
	EXPECT_EQ(6, info.rx_key_updates);
	EXPECT_EQ(3, info.tx_key_updates);
}

KT_TEST(kcm, close_notify)
{
	ASSERT_EQ(0, message_then(self->link, self->kcm, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_send_message(self->link, MESSAGE, 1000, 0));
	ASSERT_EQ(0, kt_kind_eof(&kt_kinds[0], self->link->fd));
	EXPECT_EQ(0, kt_expect_no_message(self->kcm));
	EXPECT_EQ(0, kt_mode_lives(self->link->fd));
}

KT_TEST(kcm, fatal_alert)
{
	ASSERT_EQ(0, message_then(self->link, self->kcm, KT_ALERT, "\2\50", 2));
	ASSERT_EQ(0, kt_kind_fails(&kt_kinds[0], self->link->fd, ECONNRESET));
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_ALERT));
	EXPECT_EQ(0, kt_expect_no_message(self->kcm));
}

KT_TEST(kcm, record_of_no_use)
{
	int alert;

	ASSERT_EQ(0, message_then(self->link, self->kcm, KT_HANDSHAKE, "\24\0\0\1x", 5));
	ASSERT_EQ(0, kt_kind_fails(&kt_kinds[0], self->link->fd, EPROTO));
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_UNEXPECTED));
	EXPECT_EQ(0, kt_expect_no_message(self->kcm));
	ASSERT_EQ(0, kt_expect_end(self->link, &alert));
	EXPECT_EQ(KT_UNEXPECTED_MESSAGE, alert);
}

static long long unread(void *fd)
{
	return kt_unread(*(int *)fd);
}

/* Behind a message, and in one, of which KCM has what there is. */
KT_TEST(kcm, truncation)
{
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, kt_send_message(self->link, MESSAGE, 1000, 0));
		ASSERT_EQ(0, kt_expect_message(self->kcm, MESSAGE, 0));
		if (i)
			ASSERT_EQ(0, kt_send_record(self->link, KT_DATA, "\0\144half", 6));
		ASSERT_EQ(0, kt_all_here(self->link));
		ASSERT_EQ(0, kt_wait_for(unread, &self->link->fd, 0));
		ASSERT_EQ(0, shutdown(self->link->raw, SHUT_WR));
		ASSERT_EQ(0, kt_kind_fails(&kt_kinds[0], self->link->fd, ECONNRESET));
		EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_TRUNCATED));
		EXPECT_EQ(0, kt_expect_no_message(self->kcm));
		kt_mode_close(&self->mode);
		ASSERT_EQ(0, kt_mode_open(&self->mode, &variant->params, 0));
		ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link->fd, 0));
	}
}

KT_TEST(kcm, flood)
{
	int alert;

	ASSERT_EQ(0, kt_send_message(self->link, MESSAGE, 1000, 0));
	/* it may end while they are sent */
	for (int i = 0; i < 200; i++)
		if (kt_send_record(self->link, KT_ALERT, "\1\132", 2))
			break;
	ASSERT_EQ(0, kt_expect_message(self->kcm, MESSAGE, 0));
	ASSERT_NE(0, kt_poll(self->link->fd, POLLIN | POLLRDHUP, KT_WAIT_MS));
	ASSERT_EQ(0, kt_kind_fails(&kt_kinds[0], self->link->fd, EPROTO));
	EXPECT_EQ(0, kt_mode_ended(self->link->fd, KSEAL_END_FLOOD));
	EXPECT_EQ(0, kt_expect_no_message(self->kcm));
	ASSERT_EQ(0, kt_expect_end(self->link, &alert));
}

TEST_HARNESS_MAIN
