// SPDX-License-Identifier: GPL-2.0
/*
 * What interrupts a reader in the kernel: control records, which it has no way
 * to take, keys to come, the end of the stream, and being detached.
 */
#include "lib/brief.h"
#include "lib/kcm.h"
#include <poll.h>
#include <netinet/in.h>
#include <linux/tcp.h>

FIXTURE(interrupted)
{
	struct kt_link link;
	int kcm;
};

KT_BRIEF_VARIANTS(interrupted);

FIXTURE_SETUP(interrupted)
{
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	self->kcm = kt_kcm();
	ASSERT_GE(self->kcm, 0);
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
}

FIXTURE_TEARDOWN(interrupted)
{
	kt_close(&self->kcm);
	kt_link_close(&self->link);
}

/* ---- control records ------------------------------------------------------ */

static long long next_type(void *fd)
{
	uint8_t type = 0, byte;

	return kt_recv_type(*(int *)fd, &type, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 ? 0 : type;
}

/* As its program takes it, once KCM has what is in front of it. */
static int take_control(int fd, uint8_t want, const void *data, size_t len)
{
	uint8_t type, got[100];

	if (kt_wait_for(next_type, &fd, want))
		return -1;
	if (kt_recv_type(fd, &type, got, sizeof(got), MSG_DONTWAIT) != (ssize_t)len)
		return kt_errno("recvmsg of a control record");
	return type == want && !memcmp(got, data, len) ? 0 : -1;
}

/* It stays there for the program that has the connection. */
KT_TEST(interrupted, control_record_is_not_mixed_in)
{
	ASSERT_EQ(0, kt_send_message(&self->link, 1000, 1000, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\132", 2));
	ASSERT_EQ(0, kt_expect_message(self->kcm, 1000, 0));
	EXPECT_EQ(0, take_control(self->link.fd, KT_ALERT, "\1\132", 2));
	ASSERT_EQ(0, kt_send_message(&self->link, 1000, 1000, 7));
	EXPECT_EQ(0, kt_expect_message(self->kcm, 1000, 7));
}

static ssize_t sleep_in_poll(void *fd)
{
	return kt_poll(*(int *)fd, POLLIN, KT_WAIT_MS);
}

KT_TEST(interrupted, program_wakes_for_a_control_record)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, sleep_in_poll, &self->link.fd));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\132", 2));
	EXPECT_EQ(POLLIN, kt_task_join(&task));
	EXPECT_EQ(0, take_control(self->link.fd, KT_ALERT, "\1\132", 2));
}

/* Nothing more arrives that could tell KCM to go on. */
KT_TEST(interrupted, messages_behind_a_control_record_come_when_it_is_taken)
{
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\132", 2));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kt_send_message(&self->link, 20000, KT_MAX_PLAIN, i));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(0, kt_expect_no_message(self->kcm));
	ASSERT_EQ(0, take_control(self->link.fd, KT_ALERT, "\1\132", 2));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, kt_expect_message(self->kcm, 20000, i));
}

KT_TEST(interrupted, message_goes_on_behind_a_control_record)
{
	static uint8_t message[3000];

	kt_message(message, sizeof(message), 0);
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, message, 2000));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\132", 2));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, message + 2000, 1000));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(0, take_control(self->link.fd, KT_ALERT, "\1\132", 2));
	EXPECT_EQ(0, kt_expect_message(self->kcm, 3000, 0));
}

/* ---- the end -------------------------------------------------------------- */

KT_TEST(interrupted, peer_closes_behind_whole_messages)
{
	uint8_t byte;

	for (int i = 0; i < 5; i++)
		ASSERT_EQ(0, kt_send_message(&self->link, 9000, 4000, i));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(0, kt_expect_message(self->kcm, 9000, i));
	EXPECT_EQ(0, kt_expect_no_message(self->kcm));
	EXPECT_EQ(0, recv(self->link.fd, &byte, 1, 0));
}

KT_TEST(interrupted, peer_closes_within_a_record)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len;

	ASSERT_EQ(0, kt_send_message(&self->link, 500, 500, 0));
	len = kt_seal_pattern(&self->link, 1000, wire);
	ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len - 1));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	EXPECT_EQ(0, kt_expect_message(self->kcm, 500, 0));
	EXPECT_EQ(ECONNRESET, kt_recv_errno(self->link.fd, 0));
	EXPECT_EQ(0, kt_expect_no_message(self->kcm));
}

KT_TEST(interrupted, record_that_does_not_authenticate)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len;

	ASSERT_EQ(0, kt_send_message(&self->link, 500, 500, 0));
	len = kt_seal_pattern(&self->link, 1000, wire);
	wire[len - 1] ^= 1;
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	ASSERT_EQ(0, kt_expect_message(self->kcm, 500, 0));
	EXPECT_NE(0, kt_poll(self->link.fd, POLLHUP, KT_WAIT_MS));
	EXPECT_EQ(0, kt_expect_no_message(self->kcm));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(interrupted, header_refused)
{
	ASSERT_EQ(0, kt_send_message(&self->link, 500, 500, 0));
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, 0x301, 100));
	ASSERT_EQ(0, kt_expect_message(self->kcm, 500, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EINVAL, KT_PROTOCOL_VERSION));
}

/* ---- detached ------------------------------------------------------------- */

KT_TEST(interrupted, detached_socket_is_read_by_its_program_again)
{
	ASSERT_EQ(0, kt_send_message(&self->link, 500, 500, 0));
	ASSERT_EQ(0, kt_expect_message(self->kcm, 500, 0));
	ASSERT_EQ(0, kt_kcm_detach(self->kcm, self->link.fd));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	ASSERT_EQ(0, kt_send_message(&self->link, 500, 500, 0));
	EXPECT_EQ(0, kt_expect_message(self->kcm, 500, 0));
}

/* Send until something is left unread: maybe only for now, by KCM's worker. */
static int send_until_left(struct kt_link *link, uint64_t *sent)
{
	for (; kt_unread(link->fd) == 0; *sent += KT_MAX_PLAIN) {
		if (*sent >= 1 << 22) {
			kt_say("KCM takes more than 4 MiB");
			return -1;
		}
		if (kt_send_pattern(link, KT_MAX_PLAIN, *sent) || kt_all_here(link))
			return -1;
	}
	return 0;
}

/* KCM has no room and has stopped to read; what then comes was seen by nobody. */
KT_TEST(interrupted, detached_socket_shows_what_came_meanwhile)
{
	uint64_t sent = 0;
	int events;

	ASSERT_EQ(0, kt_kcm_detach(self->kcm, self->link.fd));
	do {
		ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, KT_MAX_PLAIN));
		ASSERT_EQ(0, send_until_left(&self->link, &sent));
		ASSERT_EQ(0, kt_kcm_detach(self->kcm, self->link.fd));
		events = kt_poll(self->link.fd, POLLIN, 0);
	} while (kt_unread(self->link.fd) == 0);
	EXPECT_EQ(POLLIN, events);
}

static long long users(void *arg)
{
	(void)arg;
	return kt_module_users();
}

/* It has messages that nobody read, and half a one. */
KT_TEST(interrupted, closed_reader_leaves_nothing_behind)
{
	int base = kt_module_users() - 1;

	ASSERT_GE(base, 0);
	ASSERT_EQ(0, kt_send_message(&self->link, 40000, KT_MAX_PLAIN, 0));
	ASSERT_EQ(0, kt_send_message(&self->link, 40000, KT_MAX_PLAIN, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "\0\144half", 6));
	ASSERT_EQ(0, kt_all_here(&self->link));
	kt_close(&self->link.fd);
	kt_close(&self->kcm);
	kt_close(&self->link.raw);
	EXPECT_EQ(0, kt_wait_for(users, NULL, base));
}

/* ---- keys ----------------------------------------------------------------- */

FIXTURE(keyless)
{
	struct kt_link link;
	int kcm;
};

KT_BRIEF_VARIANTS(keyless);

FIXTURE_SETUP(keyless)
{
	ASSERT_EQ(0, kt_link_pair(&self->link, &variant->params, NULL));
	self->kcm = kt_kcm();
	ASSERT_GE(self->kcm, 0);
}

FIXTURE_TEARDOWN(keyless)
{
	kt_close(&self->kcm);
	kt_link_close(&self->link);
}

/* Plain messages, a key, sealed messages: the reader need not know. */
KT_TEST(keyless, key_comes_when_it_is_attached)
{
	static uint8_t message[400];

	kt_message(message, sizeof(message), 0);
	ASSERT_EQ(0, kt_attach(self->link.fd));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	ASSERT_EQ(0, kt_write_full(self->link.raw, message, sizeof(message)));
	ASSERT_EQ(0, kt_expect_message(self->kcm, sizeof(message), 0));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &self->link.out.key));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, kt_send_message(&self->link, 20000, KT_MAX_PLAIN, i));
		EXPECT_EQ(0, kt_expect_message(self->kcm, 20000, i));
	}
}

/* Its callbacks would be taken for TCP's. */
KT_TEST(keyless, attached_socket_gets_no_record_layer)
{
	const char *ulp = kt_ulp();

	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	EXPECT_ERRNO(EINVAL, setsockopt(self->link.fd, IPPROTO_TCP, TCP_ULP, ulp,
					strlen(ulp) + 1));
	ASSERT_EQ(0, kt_kcm_detach(self->kcm, self->link.fd));
	EXPECT_EQ(0, kt_attach(self->link.fd));
}

FIXTURE(rekeyed)
{
	struct kt_link link;
	struct kt_key next;	/* the key that TLS_RX waits for */
	int kcm;
};

KT_VARIANTS_13(rekeyed);

FIXTURE_SETUP(rekeyed)
{
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	self->kcm = kt_kcm();
	ASSERT_GE(self->kcm, 0);
}

FIXTURE_TEARDOWN(rekeyed)
{
	kt_close(&self->kcm);
	kt_link_close(&self->link);
}

static int take_update(FIXTURE_DATA(rekeyed) *self)
{
	return take_control(self->link.fd, KT_HANDSHAKE, kt_key_update, KT_KEY_UPDATE);
}

KT_TEST(rekeyed, attached_while_the_key_is_awaited)
{
	ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kt_send_message(&self->link, 20000, KT_MAX_PLAIN, i));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(0, kt_expect_key_update(self->link.fd));
	ASSERT_EQ(0, kt_expect_expired(self->link.fd));
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	EXPECT_EQ(0, kt_expect_no_message(self->kcm));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->next));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, kt_expect_message(self->kcm, 20000, i));
}

/* Nothing more arrives behind the key. */
KT_TEST(rekeyed, messages_that_came_before_the_key)
{
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	ASSERT_EQ(0, kt_send_message(&self->link, 300, 100, 0));
	ASSERT_EQ(0, kt_expect_message(self->kcm, 300, 0));
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
		ASSERT_EQ(0, kt_send_message(&self->link, 20000, KT_MAX_PLAIN, i));
		ASSERT_EQ(0, kt_all_here(&self->link));
		ASSERT_EQ(0, take_update(self));
		ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->next));
		ASSERT_EQ(0, kt_expect_message(self->kcm, 20000, i));
	}
}

KT_TEST(rekeyed, messages_that_come_behind_the_key)
{
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(0, take_update(self));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->next));
	ASSERT_EQ(0, kt_send_message(&self->link, 20000, KT_MAX_PLAIN, 0));
	EXPECT_EQ(0, kt_expect_message(self->kcm, 20000, 0));
}

KT_TEST(rekeyed, message_under_two_keys)
{
	static uint8_t message[3000];

	kt_message(message, sizeof(message), 0);
	ASSERT_EQ(0, kt_kcm_attach(self->kcm, self->link.fd, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, message, 1700));
	ASSERT_EQ(0, kt_peer_rekey(&self->link, &self->next));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, message + 1700, 1300));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(0, take_update(self));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->next));
	EXPECT_EQ(0, kt_expect_message(self->kcm, sizeof(message), 0));
}

TEST_HARNESS_MAIN
