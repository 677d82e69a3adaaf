// SPDX-License-Identifier: GPL-2.0
/* Many, fast and slow clients, and greedy programs: each costs only itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "kseal.h"
#include "loopback.h"
#include "one_kseald.h"
#include "peer.h"

enum {
	STALLED = 2000,
	/* beside one for each of them */
	SPARE = 300,
	HELLO_MAX = 1024,
};

static const struct kseal_request as_server = {
	.size = sizeof(as_server),
	.role = KSEAL_SERVER,
};

#define START(...) \
	daemon_start(&kseald, (const char *const[]){ identity, "--timeout=600", __VA_ARGS__, NULL })

static struct kseal_broker *open_broker(void)
{
	struct kseal_broker *broker;

	assert_int_equal(kseal_broker_open(kseald.socket, &broker), 0);
	return broker;
}

static uint64_t count(enum kseal_counter counter)
{
	struct kseal_broker *broker = open_broker();
	struct kseal_status status;

	assert_int_equal(kseal_get_status(broker, &status), 0);
	kseal_broker_close(broker);
	return status.counters[counter];
}

static void submit(struct kseal_broker *broker, int fd)
{
	uint32_t id;
	int ret;

	while ((ret = kseal_submit(broker, fd, &as_server, &id)) == -EAGAIN)
		loopback_wait(kseal_broker_fd(broker), POLLIN);
	assert_int_equal(ret, 0);
}

/* The other end of a new connection, which kseald has a handshake on. */
static int submit_new(struct kseal_broker *broker)
{
	int pair[2];

	loopback_pair(pair);
	submit(broker, pair[0]);
	close(pair[0]);
	return pair[1];
}

/* A whole one, with a client that does its part. */
static void shake(struct kseal_broker *broker)
{
	struct peer peer = { .host = "a.example" };
	struct kseal_result result;
	int pair[2];

	loopback_pair(pair);
	peer_start(&peer, &certs, pair[1]);
	kseal_handshake(broker, pair[0], &as_server, &result);
	close(pair[0]);
	if (result.fd >= 0)
		close(result.fd);
	/* where the module is not loaded, that is what is wrong in the end */
	assert_true(!result.error || result.error == ENOENT);
	assert_int_equal(result.version, 0x0304);
	peer_end(&peer);
}

/* ---- too fast ----------------------------------------------------------- */

static void address_that_asks_too_fast_is_refused(void **state)
{
	struct kseal_request as_client = as_server;
	struct kseal_broker *broker;
	struct kseal_result result;
	int pair[2], i, refused = 0;

	(void)state;
	/* one a second, so that a slow machine gets no more of them than it waits for */
	START("--rate=1,3");
	broker = open_broker();
	loopback_pair(pair);
	close(pair[1]);
	for (i = 0; i < 200 && !refused; i++) {
		kseal_handshake(broker, pair[0], &as_server, &result);
		refused = result.error == EBUSY;
	}
	assert_in_range(i, 4, 199);
	assert_non_null(strstr(result.reason, "--rate"));
	assert_int_equal(count(KSEAL_COUNTER_REFUSED_RATE), 1);
	/* nobody is made to connect to a server */
	as_client.role = KSEAL_CLIENT;
	as_client.server_name = "a.example";
	kseal_handshake(broker, pair[0], &as_client, &result);
	assert_int_equal(result.error, ECONNRESET);
	close(pair[0]);
	kseal_broker_close(broker);
}

/* ---- too greedy --------------------------------------------------------- */

/* Another program: 0, its handshake is under way. */
static int other_program(void)
{
	const pid_t pid = fork();
	int status;

	if (!pid) {
		struct kseal_result result;
		struct kseal_broker *broker = open_broker();
		const int end = submit_new(broker);

		while (count(KSEAL_COUNTER_IN_FLIGHT) < 4 &&
		       kseal_receive(broker, &result, 10) == -EAGAIN)
			;
		close(end);
		_exit(count(KSEAL_COUNTER_REFUSED_LIMIT) ||
		      count(KSEAL_COUNTER_REFUSED_PROGRAM) != 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void one_program_cannot_take_all(void **state)
{
	struct kseal_broker *one, *two;
	struct kseal_result result;
	int ends[3], i, pair[2];

	(void)state;
	START("--max-handshakes=4");
	one = open_broker();
	two = open_broker();
	ends[0] = submit_new(one);
	ends[1] = submit_new(two);
	ends[2] = submit_new(two);
	while (count(KSEAL_COUNTER_IN_FLIGHT) < 3)
		;
	loopback_pair(pair);
	kseal_handshake(one, pair[0], &as_server, &result);
	assert_int_equal(result.error, EBUSY);
	assert_non_null(strstr(result.reason, "--max-per-program"));
	assert_int_equal(other_program(), 0);
	/* when one of them has ended there is room again */
	close(ends[0]);
	assert_int_equal(kseal_receive(one, &result, -1), 0);
	assert_int_equal(result.error, ECONNRESET);
	shake(one);
	for (i = 1; i < 3; i++)
		close(ends[i]);
	close(pair[0]);
	close(pair[1]);
	kseal_broker_close(one);
	kseal_broker_close(two);
}

/* ---- too slow, and many ------------------------------------------------- */

static uint8_t hello[HELLO_MAX];
static size_t hello_size;

static ssize_t keep_hello(gnutls_transport_ptr_t ptr, const void *data, size_t size)
{
	(void)ptr;
	assert_true(hello_size + size <= sizeof(hello));
	memcpy(hello + hello_size, data, size);
	hello_size += size;
	return size;
}

static ssize_t nothing_comes(gnutls_transport_ptr_t ptr, void *data, size_t size)
{
	(void)data;
	(void)size;
	gnutls_transport_set_errno(ptr, EAGAIN);
	return -1;
}

static void make_hello(void)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;

	hello_size = 0;
	gnutls_certificate_allocate_credentials(&credentials);
	gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
	gnutls_set_default_priority(session);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_ptr(session, session);
	gnutls_transport_set_push_function(session, keep_hello);
	gnutls_transport_set_pull_function(session, nothing_comes);
	assert_int_equal(gnutls_handshake(session), GNUTLS_E_AGAIN);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	assert_true(hello_size > 100);
}

/* Descriptors for that many, here and in kseald, which inherits the limit. */
static void raise_limit(void)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max < STALLED + SPARE)
		fail_msg("%d descriptors are needed, and %lu are allowed: ulimit -Hn", STALLED + SPARE,
			 (unsigned long)limit.rlim_max);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void wait_for_count(enum kseal_counter counter, uint64_t value)
{
	int i;

	for (i = 0; i < 6000 && count(counter) != value; i++)
		usleep(10000);
	assert_int_equal(count(counter), value);
}

/* Each stops somewhere else: before its first byte, inside of its hello, behind it. */
static void thousands_that_stall_hold_nobody_up(void **state)
{
	static int ends[STALLED];
	struct kseal_broker *broker, *other;
	char option[64];
	int i, before;

	(void)state;
	raise_limit();
	make_hello();
	snprintf(option, sizeof(option), "--max-handshakes=%d", 2 * STALLED);
	START(option, "--log-level=error");
	broker = open_broker();
	other = open_broker();
	before = daemon_descriptors(&kseald);
	for (i = 0; i < STALLED; i++) {
		const ssize_t part = i % 3 * hello_size / 2;

		ends[i] = submit_new(broker);
		assert_int_equal(send(ends[i], hello, part, 0), part);
	}
	wait_for_count(KSEAL_COUNTER_IN_FLIGHT, STALLED);
	for (i = 0; i < 5; i++)
		shake(other);
	assert_int_equal(count(KSEAL_COUNTER_IN_FLIGHT), STALLED);
	/* half of them leave, nobody waits for the others any more */
	for (i = 0; i < STALLED / 2; i++)
		close(ends[i]);
	wait_for_count(KSEAL_COUNTER_FAILED_CLOSED, STALLED / 2);
	kseal_broker_close(broker);
	wait_for_count(KSEAL_COUNTER_IN_FLIGHT, 0);
	assert_int_equal(count(KSEAL_COUNTER_GIVEN_UP), STALLED / 2);
	for (; i < STALLED; i++)
		close(ends[i]);
	assert_int_equal(daemon_descriptors(&kseald), before - 1);
	kseal_broker_close(other);
	assert_int_equal(daemon_stop(&kseald), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_kseald_prepare, one_kseald_clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(address_that_asks_too_fast_is_refused),
		TEST(one_program_cannot_take_all),
		TEST(thousands_that_stall_hold_nobody_up),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("limits", tests, one_kseald_group, one_kseald_group_ends);
}
