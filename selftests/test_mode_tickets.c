// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel-control mode: tickets, and the queues they go to. What may come, from the
 * wire, and what ends that; the queues themselves are in test_mode_queues.c.
 */
#include "lib/fixture.h"
#include "lib/mode.h"
#include "lib/tickets.h"
#include <poll.h>
#include <sys/wait.h>

static const struct kt_params params = {
	.version = TLS_1_3_VERSION, .cipher = TLS_CIPHER_AES_GCM_128, .family = AF_INET,
};

enum { COOKIE = 0x1234, OTHER = 0x5678 };

FIXTURE(tickets)
{
	struct kt_mode mode;
	int queue;
};

FIXTURE_SETUP(tickets)
{
	self->queue = -1;
	ASSERT_EQ(0, kt_mode_open(&self->mode, &params, KSEAL_CONTROL_CLIENT));
	self->queue = kt_ticket_queue(self->mode.link.fd);
	ASSERT_GE(self->queue, 0);
	ASSERT_EQ(0, kt_tickets(self->mode.link.fd, self->queue, COOKIE));
}

FIXTURE_TEARDOWN(tickets)
{
	kt_mode_close(&self->mode);
	kt_close(&self->queue);
}

/* Look at what came, with nobody reading: by writing. */
static int settle(struct kt_link *link)
{
	return kt_all_here(link) || kt_sealed_out(link) ? -1 : 0;
}

static int counts(int fd, unsigned int taken, unsigned int given)
{
	struct kseal_info info;

	if (kt_info_get(fd, &info))
		return -1;
	if (info.tickets == taken && info.tickets_given == given && !info.reserved3)
		return 0;
	kt_say("%u tickets, %u given; want %u, %u", info.tickets, info.tickets_given, taken,
	       given);
	return -1;
}

/* ---- from the wire ----------------------------------------------------------- */

/* The manual's layout, which programs of any language go by. */
_Static_assert(sizeof(struct kseal_ticket) == 16, "size");
_Static_assert(offsetof(struct kseal_ticket, len) == 8, "len");
_Static_assert(sizeof(struct kseal_tickets) == 16, "size");
_Static_assert(offsetof(struct kseal_tickets, reserved) == 4, "reserved");
_Static_assert(offsetof(struct kseal_tickets, cookie) == 8, "cookie");
_Static_assert(offsetof(struct kseal_info, tickets_given) ==
	       offsetof(struct kseal_info, rx_key_records) + 8, "tickets_given");
_Static_assert(KSEAL_TICKET_QUEUE == 0x4b13 && KSEAL_TICKETS == 0x4b14, "names");

KT_TEST(tickets, go_to_the_queue_whoever_reads_the_data)
{
	for (const struct kt_kind *kind = kt_kinds; kind->name; kind++) {
		struct kt_link *link = &self->mode.link;
		long long given = kt_stat("TicketsGiven");

		kt_mode_close(&self->mode);
		ASSERT_EQ(0, kt_expect_last_ticket(self->queue, COOKIE));
		ASSERT_EQ(0, kt_mode_open(&self->mode, &params, 0));
		ASSERT_EQ(0, kt_tickets(link->fd, self->queue, COOKIE));
		ASSERT_EQ(0, kt_send_pattern(link, 300, 0));
		ASSERT_EQ(0, kt_send_ticket(link, 200, 7));
		ASSERT_EQ(0, kt_send_pattern(link, 700, 300));
		ASSERT_EQ(0, kt_all_here(link));
		ASSERT_EQ(0, kt_kind_expect(kind, link->fd, 1000, 0)) TH_LOG("%s", kind->name);
		ASSERT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 200, 7));
		ASSERT_EQ(0, kt_expect_no_ticket(self->queue));
		EXPECT_EQ(0, counts(link->fd, 1, 1));
		EXPECT_EQ(given + 1, kt_stat("TicketsGiven"));
	}
}

/* Servers that talk first send it before anybody reads: who writes or polls takes it. */
KT_TEST(tickets, come_with_nobody_reading)
{
	struct kt_link *link = &self->mode.link;

	ASSERT_EQ(0, kt_send_ticket(link, KT_TICKET_MIN, 1));
	ASSERT_EQ(0, settle(link));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, KT_TICKET_MIN, 1));
	ASSERT_EQ(0, kt_send_ticket(link, KT_TICKET_MIN, 2));
	ASSERT_EQ(0, kt_all_here(link));
	EXPECT_EQ(0, kt_poll(link->fd, POLLIN, 0));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, KT_TICKET_MIN, 2));
	/* and who closes */
	ASSERT_EQ(0, kt_send_ticket(link, KT_TICKET_MIN, 3));
	ASSERT_EQ(0, kt_all_here(link));
	kt_close(&link->fd);
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, KT_TICKET_MIN, 3));
	EXPECT_EQ(0, kt_expect_last_ticket(self->queue, COOKIE));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
}

/* The second one's header, and each byte before and behind, at a page's end. */
KT_TEST(tickets, two_in_a_record)
{
	struct kt_link *link = &self->mode.link;
	static uint8_t record[KT_MAX_PLAIN];

	for (size_t first = 4096 - 6; first <= 4096 + 1; first++) {
		kt_ticket_make(record, first, first);
		kt_ticket_make(record + first, 4096 + 30, 9);
		ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, record, first + 4096 + 30));
		/* the clock refills what these take of what a peer may send */
		for (int i = 0; i < 8; i++)
			ASSERT_EQ(0, kt_sealed_in(link));
		EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, first, first));
		EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 4096 + 30, 9));
	}
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
}

/* Behind another, its header cut, and the next one in its last record. */
KT_TEST(tickets, over_three_records)
{
	static uint8_t messages[200 + 16384 + 300];
	struct kt_link *link = &self->mode.link;
	const size_t total = sizeof(messages);

	kt_ticket_make(messages, 200, 1);
	kt_ticket_make(messages + 200, 16384, 2);
	kt_ticket_make(messages + 200 + 16384, 300, 3);
	for (size_t cut = 1; cut <= 5; cut++) {
		size_t at = 200 + cut, then = at + 9000;

		ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, messages, at));
		ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, messages + at, then - at));
		ASSERT_EQ(0, settle(link));
		EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 200, 1));
		EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
		ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, messages + then, total - then));
		for (int i = 0; i < 20; i++)
			ASSERT_EQ(0, kt_sealed_in(link));
		EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 16384, 2));
		EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 300, 3));
	}
	EXPECT_EQ(0, counts(link->fd, 15, 15));
}

KT_TEST(tickets, key_update_behind_one)
{
	struct kt_link *link = &self->mode.link;
	uint8_t record[100 + KT_KEY_UPDATE];

	kt_ticket_make(record, 100, 1);
	memcpy(record + 100, kt_key_update, KT_KEY_UPDATE);
	record[100 + KT_KEY_UPDATE - 1] = 1;
	ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, record, sizeof(record)));
	ASSERT_EQ(0, kt_flow_next(&link->in, &self->mode.in));
	ASSERT_EQ(0, kt_send_ticket(link, 300, 2));
	ASSERT_EQ(0, kt_sealed_in(link));
	ASSERT_EQ(0, kt_mode_expect_update(&self->mode));
	EXPECT_EQ(0, kt_sealed_out(link));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, 1));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 300, 2));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
}

KT_TEST(tickets, too_large_ones_are_dropped)
{
	struct kt_link *link = &self->mode.link;

	ASSERT_EQ(0, kt_send_ticket(link, KSEAL_TICKET_MESSAGE_MAX, 1));
	ASSERT_EQ(0, kt_send_ticket(link, KSEAL_TICKET_MESSAGE_MAX + 1, 2));
	ASSERT_EQ(0, kt_send_ticket(link, 130000, 3));
	ASSERT_EQ(0, kt_send_ticket(link, 100, 4));
	ASSERT_EQ(0, kt_sealed_in(link));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, KSEAL_TICKET_MESSAGE_MAX, 1));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, 4));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
	EXPECT_EQ(0, counts(link->fd, 4, 2));
	EXPECT_EQ(0, kt_sealed_out(link));
}

/* 15 of the longest fit, and then a little one; the end has room in any case. */
KT_TEST(tickets, full_queue_drops)
{
	const size_t max = KSEAL_TICKET_MESSAGE_MAX, size = max + sizeof(struct kseal_ticket);
	const unsigned int fit = KSEAL_TICKET_QUEUE_MAX / size;
	struct kt_link *link = &self->mode.link;

	for (unsigned int i = 0; i <= fit; i++)
		ASSERT_EQ(0, kt_send_ticket(link, max, i));
	ASSERT_EQ(0, kt_send_ticket(link, KSEAL_TICKET_QUEUE_MAX - fit * size - 16, 77));
	ASSERT_EQ(0, kt_send_ticket(link, KT_TICKET_MIN, 78));
	ASSERT_EQ(0, kt_sealed_in(link));
	EXPECT_EQ(0, counts(link->fd, fit + 3, fit + 1));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, max, 0));
	ASSERT_EQ(0, kt_send_ticket(link, max, 99));
	ASSERT_EQ(0, kt_send_record(link, KT_ALERT, "\1\0", 2));
	EXPECT_EQ(0, kt_kind_eof(&kt_kinds[0], link->fd));
	for (unsigned int i = 1; i < fit; i++)
		EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, max, i));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE,
				      KSEAL_TICKET_QUEUE_MAX - fit * size - 16, 77));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, max, 99));
	EXPECT_EQ(0, kt_expect_last_ticket(self->queue, COOKIE));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
}

/* ---- where it begins and ends ------------------------------------------------- */

KT_TEST(tickets, end_with_the_socket)
{
	kt_close(&self->mode.link.fd);
	EXPECT_EQ(0, kt_expect_last_ticket(self->queue, COOKIE));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
}

/* Once, although the socket is closed later as well. */
static int ended_once(struct kt_mode *mode, int queue)
{
	if (kt_expect_last_ticket(queue, COOKIE))
		return -1;
	kt_close(&mode->link.fd);
	return kt_expect_no_ticket(queue);
}

KT_TEST(tickets, end_with_close_notify)
{
	struct kt_link *link = &self->mode.link;

	ASSERT_EQ(0, kt_send_ticket(link, 100, 1));
	ASSERT_EQ(0, kt_send_record(link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_all_here(link));
	EXPECT_EQ(0, kt_kind_eof(&kt_kinds[0], link->fd));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, 1));
	EXPECT_ERRNO(ENOTCONN, kt_tickets(link->fd, self->queue, OTHER));
	EXPECT_EQ(0, kt_tickets(link->fd, -1, OTHER));
	EXPECT_EQ(0, ended_once(&self->mode, self->queue));
}

/* Whatever error it is; a ticket that came in part then is gone. */
KT_TEST(tickets, end_with_an_error)
{
	struct kt_link *link = &self->mode.link;

	ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, "\4\0\1\0abc", 7));
	ASSERT_EQ(0, kt_send_record(link, KT_ALERT, "\2\50", 2));
	ASSERT_EQ(0, kt_all_here(link));
	EXPECT_EQ(0, kt_kind_fails(&kt_kinds[0], link->fd, ECONNRESET));
	EXPECT_ERRNO(ENOTCONN, kt_tickets(link->fd, self->queue, OTHER));
	EXPECT_EQ(0, ended_once(&self->mode, self->queue));
}

KT_TEST(tickets, end_with_the_mode)
{
	struct kt_link *link = &self->mode.link;
	uint8_t got[100], want[100], type;

	ASSERT_EQ(0, kt_control(link->fd, KSEAL_CONTROL_ON, 0));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
	ASSERT_EQ(0, kt_control(link->fd, 0, 0));
	EXPECT_EQ(0, kt_expect_last_ticket(self->queue, COOKIE));
	/* then it is the program's, whoever is tied meanwhile */
	ASSERT_EQ(0, kt_tickets(link->fd, self->queue, OTHER));
	ASSERT_EQ(0, kt_send_ticket(link, 100, 1));
	ASSERT_EQ(100, kt_recv_type(link->fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_HANDSHAKE, type);
	kt_ticket_make(want, 100, 1);
	EXPECT_EQ(0, memcmp(got, want, 100));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
	/* that one is there for the mode to come */
	ASSERT_EQ(0, kt_control(link->fd, KSEAL_CONTROL_ON, 0));
	ASSERT_EQ(0, kt_send_ticket(link, 100, 2));
	ASSERT_EQ(0, settle(link));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, OTHER, 100, 2));
}

KT_TEST(tickets, end_with_the_next_tie)
{
	struct kt_link *link = &self->mode.link;
	int other = kt_ticket_queue(link->fd);

	ASSERT_GE(other, 0);
	ASSERT_EQ(0, kt_tickets(link->fd, other, OTHER));
	EXPECT_EQ(0, kt_expect_last_ticket(self->queue, COOKIE));
	ASSERT_EQ(0, kt_tickets(link->fd, other, COOKIE));
	EXPECT_EQ(0, kt_expect_last_ticket(other, OTHER));
	ASSERT_EQ(0, kt_tickets(link->fd, -1, 0));
	EXPECT_EQ(0, kt_expect_last_ticket(other, COOKIE));
	ASSERT_EQ(0, kt_tickets(link->fd, -1, 0));
	ASSERT_EQ(0, kt_send_ticket(link, 100, 1));
	ASSERT_EQ(0, settle(link));
	EXPECT_EQ(0, counts(link->fd, 1, 0));
	kt_close(&link->fd);
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
	EXPECT_EQ(0, kt_expect_no_ticket(other));
	kt_close(&other);
}

/* A message that is neither's: it began before. Half a header, or more. */
KT_TEST(tickets, half_of_one_is_dropped)
{
	struct kt_link *link = &self->mode.link;
	uint8_t message[300];

	kt_ticket_make(message, sizeof(message), 1);
	for (size_t half = 1; half < 300; half += half < 5 ? 1 : 100) {
		ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, message, half));
		ASSERT_EQ(0, settle(link));
		ASSERT_EQ(0, kt_tickets(link->fd, self->queue, COOKIE));
		EXPECT_EQ(0, kt_expect_last_ticket(self->queue, COOKIE));
		ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, message + half, 300 - half));
		ASSERT_EQ(0, kt_send_ticket(link, 100, half));
		ASSERT_EQ(0, settle(link));
		EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, half));
		for (int i = 0; i < 12; i++)
			ASSERT_EQ(0, kt_sealed_in(link));
	}
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
}

KT_TEST(tickets, where_none_can_come_a_queue_is_no_error)
{
	const struct kt_params old = { TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET };
	struct kt_link *link = &self->mode.link;

	kt_mode_close(&self->mode);
	ASSERT_EQ(0, kt_expect_last_ticket(self->queue, COOKIE));
	ASSERT_EQ(0, kt_mode_open(&self->mode, &old, KSEAL_CONTROL_SERVER));
	ASSERT_EQ(0, kt_tickets(link->fd, self->queue, OTHER));
	EXPECT_EQ(0, kt_sealed_in(link));
	kt_mode_close(&self->mode);
	EXPECT_EQ(0, kt_expect_last_ticket(self->queue, OTHER));
	/* nor are keys wanted */
	ASSERT_EQ(0, kt_link_pair(link, &params, NULL));
	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(0, kt_tickets(link->fd, self->queue, 5));
	kt_close(&link->fd);
	EXPECT_EQ(0, kt_expect_last_ticket(self->queue, 5));
}

/* ---- whose it is -------------------------------------------------------------- */

KT_TEST(tickets, of_many_sockets_in_one_queue)
{
	static struct kt_mode modes[20];

	for (uint64_t i = 0; i < ARRAY_SIZE(modes); i++) {
		ASSERT_EQ(0, kt_mode_open(&modes[i], &params, 0));
		ASSERT_EQ(0, kt_tickets(modes[i].link.fd, self->queue, ~i));
	}
	for (size_t i = ARRAY_SIZE(modes); i--; ) {
		ASSERT_EQ(0, kt_send_ticket(&modes[i].link, 100 + i, i));
		ASSERT_EQ(0, settle(&modes[i].link));
	}
	for (uint64_t i = ARRAY_SIZE(modes); i--; )
		EXPECT_EQ(0, kt_expect_ticket(self->queue, ~i, 100 + i, i));
	for (uint64_t i = 0; i < ARRAY_SIZE(modes); i++) {
		kt_mode_close(&modes[i]);
		EXPECT_EQ(0, kt_expect_last_ticket(self->queue, ~i));
	}
}

/* The socket goes to another process, while its tickets stay with this one. */
KT_TEST(tickets, of_a_socket_handed_over)
{
	struct kt_link *link = &self->mode.link;
	int pair[2], status;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(0, kt_pass(pair[0], link->fd));
	kt_close(&link->fd);
	/* in flight; nobody looks */
	ASSERT_EQ(0, kt_send_ticket(link, 100, 1));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		link->fd = kt_take(pair[1]);
		_exit(settle(link) ? 1 : 0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, 1));
	kt_close(&pair[0]);
	kt_close(&pair[1]);
	EXPECT_EQ(0, kt_expect_last_ticket(self->queue, COOKIE));
}

/* It is dropped in flight: nobody took it, the queue is told. */
KT_TEST(tickets, of_a_socket_lost_in_flight)
{
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(0, kt_pass(pair[0], self->mode.link.fd));
	ASSERT_EQ(0, kt_pass(pair[0], self->queue));
	kt_close(&self->mode.link.fd);
	kt_close(&pair[0]);
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
	kt_close(&pair[1]);
	EXPECT_EQ(0, kt_expect_last_ticket(self->queue, COOKIE));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
}

KT_TEST(tickets, go_nowhere_when_the_queue_is_closed)
{
	struct kt_link *link = &self->mode.link;

	ASSERT_EQ(0, kt_send_ticket(link, 100, 1));
	ASSERT_EQ(0, settle(link));
	ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, "\4\0\0\20abc", 7));
	ASSERT_EQ(0, settle(link));
	kt_close(&self->queue);
	ASSERT_EQ(0, kt_send_record(link, KT_HANDSHAKE, "0123456789012", 13));
	ASSERT_EQ(0, kt_send_ticket(link, 100, 2));
	ASSERT_EQ(0, settle(link));
	ASSERT_EQ(0, kt_sealed_in(link));
	EXPECT_EQ(0, counts(link->fd, 3, 1));
	/* another one takes over */
	self->queue = kt_ticket_queue(link->fd);
	ASSERT_EQ(0, kt_tickets(link->fd, self->queue, OTHER));
	ASSERT_EQ(0, kt_send_ticket(link, 100, 3));
	ASSERT_EQ(0, settle(link));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, OTHER, 100, 3));
}

TEST_HARNESS_MAIN
