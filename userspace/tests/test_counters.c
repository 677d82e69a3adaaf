// SPDX-License-Identifier: GPL-2.0
/* What kseald counts, by cause, and whom it tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "counters.h"
#include "kseal.h"
#include "loopback.h"
#include "one_kseald.h"
#include "peer.h"

enum { RESULT_MS = 15000 };

static struct kseal_broker *broker;
static struct kseal_request request;

static int set_up(void **state)
{
	one_kseald_prepare(state);
	daemon_start(&kseald, (const char *const[]){ identity, "--workers=2",
						     "--max-handshakes=3", "--max-per-program=9", NULL });
	assert_int_equal(kseal_broker_open(kseald.socket, &broker), 0);
	request = (struct kseal_request){ .size = sizeof(request), .role = KSEAL_SERVER };
	return 0;
}

static uint64_t count(enum kseal_counter counter)
{
	struct kseal_status status;
	struct kseal_broker *own;

	assert_int_equal(kseal_broker_open(kseald.socket, &own), 0);
	assert_int_equal(kseal_get_status(own, &status), 0);
	kseal_broker_close(own);
	assert_string_equal(status.software, "kseald " KSEAL_VERSION);
	return status.counters[counter];
}

/* What was begun has ended somehow, once nothing is in flight. */
static void check_balance(void)
{
	struct kseal_status status;
	const uint64_t *c = status.counters;
	uint64_t ended = 0;
	int i;

	assert_int_equal(kseal_get_status(broker, &status), 0);
	assert_int_equal(c[KSEAL_COUNTER_IN_FLIGHT], 0);
	for (i = KSEAL_COUNTER_FAILED_TIMEOUT; i <= KSEAL_COUNTER_FAILED_OTHER; i++)
		ended += c[i];
	ended += c[KSEAL_COUNTER_DONE_SERVER] + c[KSEAL_COUNTER_DONE_CLIENT] +
		 c[KSEAL_COUNTER_GIVEN_UP];
	assert_int_equal(c[KSEAL_COUNTER_BEGUN_SERVER] + c[KSEAL_COUNTER_BEGUN_CLIENT], ended);
}

static int tear_down(void **state)
{
	int ret;

	(void)state;
	check_balance();
	kseal_broker_close(broker);
	ret = daemon_stop(&kseald);
	daemon_clean(&kseald);
	return ret;
}

/* A handshake with @peer, counted as @counter. */
static void shake(struct peer *peer, enum kseal_counter counter, struct kseal_result *result)
{
	const uint64_t before = count(counter);
	int pair[2];

	loopback_pair(pair);
	peer_start(peer, &certs, pair[1]);
	kseal_handshake(broker, pair[0], &request, result);
	close(pair[0]);
	if (result->fd >= 0)
		close(result->fd);
	peer_end(peer);
	assert_int_equal(count(counter), before + 1);
}

/* ---- causes ------------------------------------------------------------- */

static void handshakes_are_counted_by_role_and_by_what_became_of_them(void **state)
{
	const int kernel = !access("/sys/module/kseal", F_OK);
	struct peer peer = { .host = "a.example" };
	struct kseal_result result;

	(void)state;
	shake(&peer, kernel ? KSEAL_COUNTER_DONE_SERVER : KSEAL_COUNTER_FAILED_KERNEL, &result);
	assert_int_equal(count(KSEAL_COUNTER_BEGUN_SERVER), 1);
	assert_int_equal(count(KSEAL_COUNTER_BEGUN_CLIENT), 0);
	assert_int_equal(count(KSEAL_COUNTER_WORKERS), 2);
	/* ours, and the one that asks */
	assert_int_equal(count(KSEAL_COUNTER_PROGRAMS), 2);
}

static void refused_certificates_are_counted(void **state)
{
	struct peer peer = { .server = 1, .cert = "a" };
	struct kseal_result result;

	(void)state;
	request.role = KSEAL_CLIENT;
	request.server_name = "a.example";
	/* nobody vouches for it: kseald has no --ca */
	shake(&peer, KSEAL_COUNTER_FAILED_CERTIFICATE, &result);
	assert_int_equal(count(KSEAL_COUNTER_BEGUN_CLIENT), 1);
}

static void alerts_of_the_peer_are_told_from_our_own(void **state)
{
	struct peer unbelieving = { .host = "other.example" };
	struct peer old = { .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.1" };
	struct kseal_result result;

	(void)state;
	shake(&unbelieving, KSEAL_COUNTER_FAILED_ALERT, &result);
	shake(&old, KSEAL_COUNTER_FAILED_PROTOCOL, &result);
}

static void shake_silent(enum kseal_counter counter)
{
	const uint64_t before = count(counter);
	struct kseal_result result;
	int pair[2];

	loopback_pair(pair);
	if (counter == KSEAL_COUNTER_FAILED_CLOSED)
		close(pair[1]);
	kseal_handshake(broker, pair[0], &request, &result);
	close(pair[0]);
	if (counter != KSEAL_COUNTER_FAILED_CLOSED)
		close(pair[1]);
	assert_int_equal(count(counter), before + 1);
}

static void other_causes_are_counted(void **state)
{
	struct kseal_result result;
	int pair[2];

	(void)state;
	shake_silent(KSEAL_COUNTER_FAILED_CLOSED);
	request.timeout_ms = 20;
	shake_silent(KSEAL_COUNTER_FAILED_TIMEOUT);
	request.identity = "nobody";
	shake_silent(KSEAL_COUNTER_FAILED_REQUEST);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	kseal_handshake(broker, pair[0], &request, &result);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(count(KSEAL_COUNTER_REFUSED_REQUEST), 1);
}

static void refusals_and_what_nobody_waits_for_are_counted(void **state)
{
	struct kseal_broker *other;
	struct kseal_result result;
	int pair[2], i;
	uint32_t id;

	(void)state;
	loopback_pair(pair);
	assert_int_equal(kseal_broker_open(kseald.socket, &other), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(kseal_submit(other, pair[0], &request, &id), 0);
	while (count(KSEAL_COUNTER_IN_FLIGHT) < 3)
		;
	kseal_handshake(broker, pair[0], &request, &result);
	assert_int_equal(result.error, EBUSY);
	assert_int_equal(count(KSEAL_COUNTER_REFUSED_LIMIT), 1);
	kseal_broker_close(other);
	while (count(KSEAL_COUNTER_IN_FLIGHT))
		;
	assert_int_equal(count(KSEAL_COUNTER_GIVEN_UP), 3);
	close(pair[0]);
	close(pair[1]);
}

/* ---- the log ------------------------------------------------------------ */

static void results_have_the_id_that_the_log_has(void **state)
{
	struct peer peer = { .host = "other.example" };
	struct kseal_result first, second;
	char text[256];

	(void)state;
	shake(&peer, KSEAL_COUNTER_FAILED_ALERT, &first);
	peer = (struct peer){ .host = "other.example" };
	shake(&peer, KSEAL_COUNTER_FAILED_ALERT, &second);
	assert_true(strlen(first.connection) > 4);
	assert_string_not_equal(first.connection, second.connection);
	/* the same daemon */
	assert_memory_equal(first.connection, second.connection, 5);
	snprintf(text, sizeof(text), "conn=%s pid=%d peer=%s outcome=failed cause=failed_alert",
		 second.connection, getpid(), second.peer);
	assert_true(daemon_logged(&kseald, text));
}

static void counters_are_logged_on_demand(void **state)
{
	(void)state;
	shake_silent(KSEAL_COUNTER_FAILED_CLOSED);
	kill(kseald.pid, SIGUSR1);
	for (int i = 0; i < 1500 && !daemon_logged(&kseald, "failed_closed=1"); i++)
		usleep(10000);
	assert_true(daemon_logged(&kseald, "begun_server=1 failed_closed=1"));
}

/* ---- kseal status ------------------------------------------------------- */

static char *printed(void (*print)(FILE *out, const char *broker), const char *broker)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	print(out, broker);
	fclose(out);
	return text;
}

static void command_shows_them(void **state)
{
	char *text;

	(void)state;
	shake_silent(KSEAL_COUNTER_FAILED_CLOSED);
	text = printed(counters_print_daemon, kseald.socket);
	assert_non_null(strstr(text, "kseald " KSEAL_VERSION " at "));
	assert_non_null(strstr(text, "failed_closed         1       the peer closed"));
	free(text);
	text = printed(counters_json_daemon, kseald.socket);
	assert_ptr_equal(strstr(text, "{\"workers\": 2, \"programs\": 2, "), text);
	assert_non_null(strstr(text, ", \"failed_closed\": 1, "));
	assert_int_equal(text[strlen(text) - 1], '}');
	free(text);
}

static void command_says_where_no_daemon_answers(void **state)
{
	char *text;

	(void)state;
	text = printed(counters_print_daemon, "/nonexistent/socket");
	assert_non_null(strstr(text, "none answers at /nonexistent/socket: No such file"));
	free(text);
	text = printed(counters_json_daemon, "/nonexistent/socket");
	assert_string_equal(text, "null");
	free(text);
}

/* ---- names -------------------------------------------------------------- */

static void every_counter_has_a_name_of_its_own(void **state)
{
	unsigned int i, j;

	(void)state;
	for (i = 0; i < KSEAL_COUNTER_COUNT; i++) {
		assert_non_null(kseal_counter_name(i));
		assert_non_null(kseal_counter_help(i));
		for (j = 0; j < i; j++)
			assert_string_not_equal(kseal_counter_name(i), kseal_counter_name(j));
	}
	assert_null(kseal_counter_name(KSEAL_COUNTER_COUNT));
	assert_null(kseal_counter_help(KSEAL_COUNTER_COUNT));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(handshakes_are_counted_by_role_and_by_what_became_of_them),
		TEST(refused_certificates_are_counted),
		TEST(alerts_of_the_peer_are_told_from_our_own),
		TEST(other_causes_are_counted),
		TEST(refusals_and_what_nobody_waits_for_are_counted),
		TEST(results_have_the_id_that_the_log_has),
		TEST(counters_are_logged_on_demand),
		TEST(command_shows_them),
		cmocka_unit_test(command_says_where_no_daemon_answers),
		cmocka_unit_test(every_counter_has_a_name_of_its_own),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("counters", tests, one_kseald_group, one_kseald_group_ends);
}
