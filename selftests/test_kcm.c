// SPDX-License-Identifier: GPL-2.0
/*
 * A reader in the kernel, through read_sock: KCM, which cuts messages out of
 * the records' content and hands them out whole, whatever the records are.
 */
#include "lib/brief.h"
#include "lib/kcm.h"
#include "lib/net.h"

FIXTURE(kcm)
{
	struct kt_link link;
	int kcm;
};

KT_BRIEF_VARIANTS(kcm);

FIXTURE_SETUP(kcm)
{
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	self->kcm = kt_kcm();
	ASSERT_GE(self->kcm, 0);
}

FIXTURE_TEARDOWN(kcm)
{
	kt_close(&self->kcm);
	kt_link_close(&self->link);
}

/* ---- messages and records ------------------------------------------------- */

KT_TEST(kcm, message_in_a_record)
{
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	for (size_t len = 3; len < KT_MAX_PLAIN; len = len * 2 + 1) {
		ASSERT_EQ(0, kt_send_message(&self->link, len, KT_MAX_PLAIN, len));
		ASSERT_EQ(0, kt_expect_message(self->kcm, len, len));
	}
}

KT_TEST(kcm, message_over_many_records)
{
	static const size_t sizes[] = { 1, 7, 300, 4096, 9999, KT_MAX_PLAIN };

	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t len = sizes[i] < 100 ? 500 : 60000;

		ASSERT_EQ(0, kt_send_message(&self->link, len, sizes[i], i));
		ASSERT_EQ(0, kt_expect_message(self->kcm, len, i));
	}
}

/* They begin and end anywhere in records; some records hold hundreds. */
KT_TEST(kcm, messages_of_all_lengths_in_full_records)
{
	static const size_t lengths[] = { 100, 1000, 5000, 16384, 20000, 50000 };
	const size_t total = 10 * KT_MAX_PLAIN;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct kt_link *link = &self->link;

		ASSERT_EQ(0, kt_link_reopen(link, &variant->params, NULL));
		ASSERT_EQ(0, kt_kcm_attach(self->kcm, link->fd, lengths[i]));
		ASSERT_EQ(0, kt_send_stream(link, 2 * KT_MAX_PLAIN, KT_MAX_PLAIN, 0));
		ASSERT_EQ(0, kt_send_stream(link, total - 2 * KT_MAX_PLAIN, KT_MAX_PLAIN,
					    2 * KT_MAX_PLAIN));
		for (size_t at = 0; at + lengths[i] <= total; at += lengths[i])
			ASSERT_EQ(0, kt_expect_piece(self->kcm, lengths[i], at));
		EXPECT_EQ(0, kt_expect_no_message(self->kcm));
		ASSERT_EQ(0, kt_kcm_detach(self->kcm, link->fd));
	}
}

KT_TEST(kcm, padding_and_empty_records_are_no_part_of_it)
{
	size_t pad = variant->params.version == TLS_1_3_VERSION ? 500 : 0;
	static uint8_t message[3000], wire[KT_MAX_WIRE];
	struct kt_link *link = &self->link;

	kt_message(message, sizeof(message), 0);
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, link->fd, 0));
	for (size_t at = 0; at < sizeof(message); at += 1000) {
		ssize_t len = kt_seal(&link->in, KT_DATA, message + at, 1000, pad, wire);

		ASSERT_EQ(0, kt_write_full(link->raw, wire, len));
		len = kt_seal(&link->in, KT_DATA, "", 0, pad, wire);
		ASSERT_EQ(0, kt_write_full(link->raw, wire, len));
	}
	EXPECT_EQ(0, kt_expect_message(self->kcm, sizeof(message), 0));
}

/* ---- how they arrive ------------------------------------------------------ */

KT_TEST(kcm, records_in_dribbles)
{
	static uint8_t message[2500], wire[KT_MAX_WIRE];
	ssize_t len;

	kt_message(message, sizeof(message), 0);
	len = kt_seal(&self->link.in, KT_DATA, message, sizeof(message), 0, wire);
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	for (ssize_t at = 0; at < len; at += 11) {
		ASSERT_EQ(0, kt_expect_no_message(self->kcm));
		ASSERT_EQ(0, kt_write_here(&self->link, wire + at, len - at < 11 ? len - at : 11));
	}
	EXPECT_EQ(0, kt_expect_message(self->kcm, sizeof(message), 0));
}

KT_TEST(kcm, messages_that_came_before_it_was_attached)
{
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kt_send_message(&self->link, 20000, KT_MAX_PLAIN, i));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, kt_expect_message(self->kcm, 20000, i));
}

/* A record and a half of three; the rest when it is attached. */
KT_TEST(kcm, half_a_message_that_came_before_it_was_attached)
{
	static uint8_t message[30000], wire[2 * KT_MAX_WIRE];
	ssize_t first, second;

	kt_message(message, sizeof(message), 0);
	first = kt_seal(&self->link.in, KT_DATA, message, 15000, 0, wire);
	second = kt_seal(&self->link.in, KT_DATA, message + 15000, 15000, 0, wire + first);
	ASSERT_EQ(0, kt_write_here(&self->link, wire, first + 7000));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	ASSERT_EQ(0, kt_expect_no_message(self->kcm));
	ASSERT_EQ(0, kt_write_here(&self->link, wire + first + 7000, second - 7000));
	EXPECT_EQ(0, kt_expect_message(self->kcm, sizeof(message), 0));
}

/* A program has read the first half of the record, before KCM has it. */
KT_TEST(kcm, rest_of_a_record_that_was_read)
{
	uint8_t got[100];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 5100, 0));
	ASSERT_EQ(100, recv(self->link.fd, got, 100, 0));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 1000));
	for (int i = 0; i < 5; i++)
		ASSERT_EQ(0, kt_expect_piece(self->kcm, 1000, 100 + i * 1000));
}

/* ---- small buffers -------------------------------------------------------- */

/* Packets arrive while nobody is at work on the socket, unlike a loopback's. */
static int slow_network(void)
{
	return kt_own_network(0) || kt_run("tc qdisc add dev lo root netem delay 1ms") ? -1 : 0;
}

static ssize_t send_stream(void *arg)
{
	return kt_send_stream(arg, 4 * KT_MAX_PLAIN, KT_MAX_PLAIN, 0);
}

/* No record fits the window; messages must, or KCM refuses them. */
KT_TEST(kcm, records_larger_than_the_window)
{
	struct kt_tune tune = { .fd_rcvbuf = 4096 };
	struct kt_task task;

	ASSERT_EQ(0, slow_network());
	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 5000));
	ASSERT_EQ(0, kt_task_start(&task, send_stream, &self->link));
	for (size_t at = 0; at + 5000 <= 4 * KT_MAX_PLAIN; at += 5000)
		ASSERT_EQ(0, kt_expect_piece(self->kcm, 5000, at));
	EXPECT_EQ(0, kt_task_join(&task));
}

static ssize_t send_tiny(void *arg)
{
	return kt_send_message(arg, 4000, 3, 0);
}

/* The window is full of records long before it holds the message. */
KT_TEST(kcm, message_in_tiny_records)
{
	struct kt_tune tune = { .fd_rcvbuf = 10000 };
	struct kt_task task;

	ASSERT_EQ(0, slow_network());
	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	ASSERT_EQ(0, kt_task_start(&task, send_tiny, &self->link));
	EXPECT_EQ(0, kt_expect_message(self->kcm, 4000, 0));
	/* a sender whose receiver gave up would sleep for ever */
	shutdown(self->link.raw, SHUT_RDWR);
	EXPECT_EQ(0, kt_task_join(&task));
}

static ssize_t send_messages(void *arg)
{
	for (int i = 0; i < 40; i++)
		if (kt_send_message(arg, 25000, KT_MAX_PLAIN, i))
			return -1;
	return 0;
}

/* KCM's own buffer is full, and so is the window: no message gets lost. */
KT_TEST(kcm, reader_that_comes_late)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	ASSERT_EQ(0, kt_task_start(&task, send_messages, &self->link));
	ASSERT_EQ(0, kt_task_asleep(&task));
	for (int i = 0; i < 40; i++)
		ASSERT_EQ(0, kt_expect_message(self->kcm, 25000, i));
	EXPECT_EQ(0, kt_task_join(&task));
}

/* ---- several ------------------------------------------------------------- */

/* Each connection's messages in order, and never one's bytes in another's. */
KT_TEST(kcm, two_connections_of_one_socket)
{
	struct kt_link other;
	uint8_t got[1000];
	int seen[2] = { };

	ASSERT_EQ(0, kt_link_open(&other, &variant->params, NULL));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, other.fd, 0));
	for (int i = 0; i < 20; i++) {
		ASSERT_EQ(0, kt_send_message(&self->link, 1000, 300, i));
		ASSERT_EQ(0, kt_send_message(&other, 900, 400, i));
	}
	for (int i = 0; i < 40; i++) {
		ssize_t n = recv(self->kcm, got, sizeof(got), 0);
		int which = n == 900;

		ASSERT_TRUE(n == 900 || n == 1000);
		ASSERT_EQ(0, kt_check(got + KT_MESSAGE_HEADER, n - KT_MESSAGE_HEADER,
				      seen[which]++));
	}
	EXPECT_EQ(20, seen[0]);
	EXPECT_EQ(20, seen[1]);
	kt_link_close(&other);
}

KT_TEST(kcm, two_readers_share_the_messages)
{
	int clone = kt_kcm_clone(self->kcm);
	uint8_t got[500];
	int seen = 0;

	ASSERT_GE(clone, 0);
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	for (int i = 0; i < 60; i++)
		ASSERT_EQ(0, kt_send_message(&self->link, 500, 200, i));
	while (seen < 60) {
		int from = seen % 2 ? clone : self->kcm;
		ssize_t n = recv(from, got, sizeof(got), MSG_DONTWAIT);

		if (n < 0)
			n = recv(seen % 2 ? self->kcm : clone, got, sizeof(got), MSG_DONTWAIT);
		if (n < 0)
			continue;
		ASSERT_EQ(500, n);
		seen++;
	}
	kt_close(&clone);
}

TEST_HARNESS_MAIN
