// SPDX-License-Identifier: GPL-2.0
/* kseald's clients go on with sessions: which, by which tickets, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <openssl/ocsp.h>

#include "driver.h"
#include "ocsp.h"
#include "visits.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* ---- going on ------------------------------------------------------------------ */

static const char *const priorities[] = {
	TLS13 ":-CIPHER-ALL:+AES-128-GCM", TLS13 ":-CIPHER-ALL:+AES-256-GCM",
	TLS13 ":-CIPHER-ALL:+CHACHA20-POLY1305", TLS13 ":-CIPHER-ALL:+AES-128-CCM", TLS12,
};

static void the_second_connection_goes_on_with_the_first(void **state)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(priorities); i++) {
		assert_false(go(.priority = priorities[i]));
		assert_true(go(.priority = priorities[i]));
		assert_true(go(.priority = priorities[i]));
		visits_tear_down(state);
		visits_set_up(state);
	}
}

static void who_the_peer_is_is_known_in_each(void **state)
{
	struct visit one, next;
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(priorities); i++) {
		one = (struct visit){ .priority = priorities[i] };
		assert_false(visit(&one));
		assert_string_equal(one.result.peer_subject, "CN=a");
		for (n = 0; n < 3; n++) {
			next = (struct visit){ .priority = priorities[i] };
			assert_true(visit(&next));
			assert_string_equal(next.result.peer_subject, one.result.peer_subject);
			assert_string_equal(next.result.peer_names, one.result.peer_names);
			assert_memory_equal(next.result.peer_fingerprint,
					    one.result.peer_fingerprint, KSEAL_FINGERPRINT_SIZE);
		}
		visits_tear_down(state);
		visits_set_up(state);
	}
}

/* A server sends several, and they last for as many connections. */
static void a_ticket_is_used_once(void **state)
{
	struct visit first = { 0 };
	unsigned int i;

	(void)state;
	assert_false(visit(&first));
	assert_true(first.given >= 1);
	assert_int_equal(tickets_taken(&visits.tickets), first.given);
	assert_int_equal(visits.tickets.count, first.given < TICKETS_EACH);
	/* from here on the kernel hands on nothing */
	tickets_close(&visits.tickets);
	for (i = 0; i < first.given; i++)
		assert_true(go(0));
	assert_false(go(0));
}

static void a_session_of_another_kind_is_not_gone_on_with(void **state)
{
	static const char pin[] = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
	struct kseald_request request;
	struct kseal_result result;
	struct tls tls;
	int pair[2];

	(void)state;
	assert_false(go(0));
	assert_false(go(.host = "www.a.example"));
	assert_false(go(.alpn = "h2"));
	assert_false(go(.listener = visits.other_listener));
	assert_false(go(.priority = TLS12, .control = KSEAL_CONTROL_BY_PROGRAM));
	/* one that would be refused has no session, but its key is another one's for sure */
	visits_request(&(struct visit){ .pin = pin }, &request);
	visits_connect(visits.listener, pair);
	assert_int_equal(tls_start(&tls, pair[0], &request, &visits.credentials, &result), 0);
	assert_int_equal(tls.session_until, 0);
	tls_stop(&tls);
	close(pair[0]);
	close(pair[1]);
	assert_true(go(0));
}

static void programs_that_take_tickets_themselves_are_sent_none(void **state)
{
	struct visit one = { .control = KSEAL_CONTROL_BY_PROGRAM };

	(void)state;
	assert_false(visit(&one));
	assert_false(one.offered_tickets);
	assert_int_equal(visits.ties, 0);
}

static void without_a_cache_nothing_is_asked_for(void **state)
{
	struct visit one = { 0 };

	(void)state;
	visits_reload((const char *const[]){ "--client-session-cache=0", NULL });
	assert_false(visit(&one));
	assert_false(one.offered_tickets);
	assert_false(go(.priority = TLS12));
	assert_false(go(.priority = TLS12));
	visits_reload((const char *const[]){ "--session-lifetime=0", NULL });
	assert_false(visit(&one));
	assert_false(one.offered_tickets);
}

static void kernels_without_queues_do_without(void **state)
{
	(void)state;
	visits.has_queues = 0;
	assert_false(go(0));
	assert_false(go(0));
	assert_int_equal(visits.ties, 0);
	assert_int_equal(visits.tickets.state, TICKETS_NEVER);
	assert_false(go(.priority = TLS12));
	assert_true(go(.priority = TLS12));
}

/* ---- reload ---------------------------------------------------------------------- */

static void join(const char *file, const char *const *parts)
{
	FILE *to = fopen(certs_path(&visits.certs, file), "w"), *from;
	int byte;

	assert_non_null(to);
	for (; *parts; parts++) {
		from = fopen(certs_path(&visits.certs, *parts), "r");
		assert_non_null(from);
		while ((byte = getc(from)) != EOF)
			putc(byte, to);
		fclose(from);
	}
	assert_int_equal(fclose(to), 0);
}

static void a_reload_keeps_what_the_same_authorities_vouch_for(void **state)
{
	char other[256];

	(void)state;
	assert_false(go(0));
	visits_reload((const char *const[]){ NULL });
	assert_true(go(0));
	/* "b" is believed as well, and of no use for this; but they are others */
	join("both.pem", (const char *const[]){ "ca.pem", "b.pem", NULL });
	snprintf(other, sizeof(other), "--ca=%s/both.pem", visits.certs.dir);
	visits_reload((const char *const[]){ other, NULL });
	assert_false(go(0));
	assert_true(go(0));
	visits_reload((const char *const[]){ NULL });
	assert_true(go(0));
}

static void other_suites_begin_anew(void **state)
{
	(void)state;
	assert_false(go(0));
	visits_reload((const char *const[]){ "--ciphers=AES-256-GCM,AES-128-GCM", NULL });
	assert_false(go(0));
}

/* ---- time -------------------------------------------------------------------------- */

static void sessions_end_in_time(void **state)
{
	(void)state;
	assert_false(go(0));
	visits.later = 7200;
	assert_false(go(0));
}

/* Two days of lifetime, and a certificate that has one more. */
static void sessions_end_with_the_certificate(void **state)
{
	size_t i;

	(void)state;
	visits_reload((const char *const[]){ "--session-lifetime=172800", NULL });
	for (i = 0; i < 2; i++) {
		const char *priority = i ? TLS12 : TLS13;

		visits.later = visits.wall_later = 0;
		assert_false(go(.cert = "short", .priority = priority));
		visits.later = 90000;
		assert_false(go(.priority = priority, .host = "a.example", .cert = "short"));
		/* by the clock on the wall as well, which somebody may set */
		visits.later = 0;
		assert_true(go(.priority = priority, .cert = "short"));
		visits.wall_later = 90000;
		assert_false(go(.priority = priority, .cert = "short"));
	}
}

/* It says that the certificate has not been revoked, for an hour. */
static void sessions_end_with_what_was_stapled(void **state)
{
	size_t i;

	(void)state;
	ocsp_write(&visits.certs, "a.pem", "hour.der", V_OCSP_CERTSTATUS_GOOD, -60, 3600);
	for (i = 0; i < 2; i++) {
		const char *priority = i ? TLS12 : TLS13;

		visits.later = 0;
		assert_false(go(.staple = "hour.der", .priority = priority));
		visits.later = 3000;
		assert_true(go(.staple = "hour.der", .priority = priority));
		visits.later = 0;
		assert_true(go(.priority = priority));
		visits.later = 3700;
		assert_false(go(.priority = priority));
		assert_true(go(.priority = priority));
	}
}

/* Each goes on in time with the one before, and the first is long ago. */
static void a_session_ends_however_often_it_has_gone_on(void **state)
{
	(void)state;
	assert_false(go(0));
	visits.later = visits.wall_later = 3000;
	assert_true(go(0));
	visits.later = visits.wall_later = 6000;
	assert_true(go(0));
	visits.later = visits.wall_later = 7300;
	assert_false(go(0));
}

/* ---- what the kernel hands on ------------------------------------------------------ */

static void what_is_no_ticket_is_no_use(void **state)
{
	(void)state;
	assert_false(go(.spoil = 4 ^ 24));
	assert_int_equal(tickets_taken(&visits.tickets), 0);
	assert_int_equal(visits.tickets.count, 0);
	assert_false(go(0));
}

/* Begins with the seconds that it may be kept for. */
static void tickets_that_say_nothing_are_no_use(void **state)
{
	static const uint8_t cut[] = { 4, 0, 0, 6, 0, 0, 0x10, 0, 1, 2 };
	static const uint8_t none[] = { 4, 0, 0, 15, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 2, 9, 9, 0, 0 };
	static const uint8_t good[] = { 4, 0, 0, 15, 0, 0, 9, 0, 1, 2, 3, 4, 0, 0, 2, 9, 9, 0, 0 };

	(void)state;
	assert_false(go(.hold = 1));
	visits_give(cut, sizeof(cut));
	assert_int_equal(visits.tickets.count, 0);
	assert_false(go(.hold = 1));
	visits_give(none, sizeof(none));
	assert_int_equal(visits.tickets.count, 1);
	visits_give(none, sizeof(none));
	assert_int_equal(visits.tickets.count, 0);
	assert_int_equal(tickets_taken(&visits.tickets), 0);
	assert_false(go(.hold = 1));
	visits_give(good, sizeof(good));
	assert_int_equal(tickets_taken(&visits.tickets), 1);
}

static void longest_ticket_is_taken(void **state)
{
	static uint8_t message[KSEAL_TICKET_MESSAGE_MAX] = {
		4, 0, 0x3f, 0xfc, 0, 0, 9, 0, 1, 2, 3, 4, 0, 0x3f, 0xef,
	};

	(void)state;
	assert_false(go(.hold = 1));
	visits_give(message, sizeof(message));
	assert_int_equal(tickets_taken(&visits.tickets), 1);
}

static void the_end_of_a_socket_is_the_end_of_its_session(void **state)
{
	(void)state;
	assert_false(go(.hold = 1));
	assert_int_equal(visits.tickets.count, 1);
	visits_give(NULL, 0);
	assert_int_equal(visits.tickets.count, 0);
	visits_give(NULL, 0);
	assert_int_equal(visits.tickets.count, 0);
}

static void the_oldest_goes_when_there_are_too_many(void **state)
{
	uint64_t first, second;

	(void)state;
	visits.tickets.limit = 2;
	assert_false(go(.hold = 1));
	first = visits.cookie;
	assert_false(go(.hold = 1));
	second = visits.cookie;
	assert_false(go(.hold = 1));
	assert_int_equal(visits.tickets.count, 2);
	visits.cookie = first;
	visits_give(NULL, 0);
	assert_int_equal(visits.tickets.count, 2);
	visits.cookie = second;
	visits_give(NULL, 0);
	assert_int_equal(visits.tickets.count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, visits_set_up, \
						     visits_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_second_connection_goes_on_with_the_first),
		TEST(who_the_peer_is_is_known_in_each),
		TEST(a_ticket_is_used_once),
		TEST(a_session_of_another_kind_is_not_gone_on_with),
		TEST(programs_that_take_tickets_themselves_are_sent_none),
		TEST(without_a_cache_nothing_is_asked_for),
		TEST(kernels_without_queues_do_without),
		TEST(a_reload_keeps_what_the_same_authorities_vouch_for),
		TEST(other_suites_begin_anew),
		TEST(sessions_end_in_time),
		TEST(sessions_end_with_the_certificate),
		TEST(sessions_end_with_what_was_stapled),
		TEST(a_session_ends_however_often_it_has_gone_on),
		TEST(what_is_no_ticket_is_no_use),
		TEST(tickets_that_say_nothing_are_no_use),
		TEST(longest_ticket_is_taken),
		TEST(the_end_of_a_socket_is_the_end_of_its_session),
		TEST(the_oldest_goes_when_there_are_too_many),
	};

	return cmocka_run_group_tests_name("tickets", tests, visits_group, visits_group_ends);
}
