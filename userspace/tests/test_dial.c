// SPDX-License-Identifier: GPL-2.0
/*
 * kseal_connect(), kseal_accept() and their forms that do not wait, with kseald, up
 * to where it wants the kernel module, which is not loaded here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "kseal.h"
#include "loopback.h"
#include "one_kseald.h"

static struct kseal_broker *broker;

static int set_up(void **state)
{
	one_kseald_prepare(state);
	daemon_start(&kseald, (const char *const[]){ identity, NULL });
	assert_int_equal(kseal_broker_open(kseald.socket, &broker), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kseal_broker_close(broker);
	daemon_stop(&kseald);
	daemon_clean(&kseald);
	return 0;
}

/* A listening socket, and its port as a string. */
static int listen_on(char port[8], int backlog)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	snprintf(port, 8, "%d", ntohs(addr.sin_port));
	return fd;
}

static int dial(const char *port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		assert_int_equal(errno, EINPROGRESS);
	return fd;
}

static void assert_failed(const struct kseal_result *result, int error, const char *words)
{
	assert_int_equal(result->error, error);
	assert_int_equal(result->fd, -1);
	if (!strstr(result->reason, words))
		fail_msg("\"%s\" is not in: %s", words, result->reason);
}

static void refused_connection_says_where(void **state)
{
	struct kseal_result result;
	char port[8], words[64];

	(void)state;
	close(listen_on(port, 1));
	snprintf(words, sizeof(words), "127.0.0.1 port %s): Connection refused", port);
	assert_int_equal(kseal_connect(broker, "127.0.0.1", port, NULL, &result),
			 -ECONNREFUSED);
	assert_failed(&result, ECONNREFUSED, words);
}

static void unknown_service_says_so(void **state)
{
	struct kseal_result result;

	(void)state;
	assert_int_equal(kseal_connect(broker, "127.0.0.1", "no-such-service", NULL, &result),
			 -EHOSTUNREACH);
	assert_failed(&result, EHOSTUNREACH, "cannot find the address of 127.0.0.1");
}

static void nonsense_is_refused_at_once(void **state)
{
	struct kseal_request request = { .size = sizeof(request), .role = KSEAL_SERVER };
	char port[8];
	int listener = listen_on(port, 1);
	uint32_t id;

	(void)state;
	assert_int_equal(kseal_submit_connect(broker, "127.0.0.1", port, &request, &id),
			 -EINVAL);
	assert_int_equal(kseal_submit_connect(broker, NULL, port, NULL, &id), -EINVAL);
	assert_int_equal(kseal_submit_connect(broker, "127.0.0.1", NULL, NULL, &id), -EINVAL);
	request.role = KSEAL_CLIENT;
	assert_int_equal(kseal_submit_accept(broker, listener, &request, &id), -EINVAL);
	request.size = 4;
	assert_int_equal(kseal_submit_connect(broker, "127.0.0.1", port, &request, &id),
			 -EINVAL);
	close(listener);
}

/* The peer takes connections, and no more: the handshake's time is what is left. */
static void time_limit_is_for_all_of_it(void **state)
{
	struct kseal_request request = { .size = sizeof(request), .role = KSEAL_CLIENT,
					 .timeout_ms = 300 };
	struct kseal_result result;
	char port[8];
	int listener = listen_on(port, 8);

	(void)state;
	assert_int_equal(kseal_connect(broker, "127.0.0.1", port, &request, &result),
			 -ETIMEDOUT);
	assert_int_equal(result.error, ETIMEDOUT);
	assert_non_null(strstr(result.peer, port));
	close(listener);
}

/* Nobody answers: the queue of connections is full. */
static void connecting_has_a_time_limit(void **state)
{
	struct kseal_request request = { .size = sizeof(request), .role = KSEAL_CLIENT,
					 .timeout_ms = 300 };
	struct kseal_result result;
	char port[8];
	int listener = listen_on(port, 0), full[2];

	(void)state;
	full[0] = dial(port);
	full[1] = dial(port);
	assert_int_equal(kseal_connect(broker, "127.0.0.1", port, &request, &result),
			 -ETIMEDOUT);
	assert_failed(&result, ETIMEDOUT, "cannot connect to 127.0.0.1: no answer in time");
	close(full[0]);
	close(full[1]);
	close(listener);
}

static void failures_are_told_by_the_descriptor(void **state)
{
	const int fd = kseal_broker_fd(broker);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct kseal_result result;
	uint32_t ids[3];
	char port[8];
	int i, seen = 0;

	(void)state;
	assert_int_equal(poll(&pfd, 1, 0), 0);
	close(listen_on(port, 1));
	for (i = 0; i < 3; i++)
		assert_int_equal(kseal_submit_connect(broker, "127.0.0.1", port, NULL,
						      &ids[i]), 0);
	assert_int_equal(kseal_submit_connect(broker, "127.0.0.1", "no-such-service", NULL,
					      &ids[0]), 0);
	while (seen < 4) {
		loopback_wait(fd, POLLIN);
		if (!kseal_receive(broker, &result, 0))
			seen++;
	}
	assert_int_equal(kseal_receive(broker, &result, 0), -EAGAIN);
	assert_int_equal(poll(&pfd, 1, 0), 0);
	assert_int_equal(kseal_broker_fd(broker), fd);
}

static void accepting_never_waits(void **state)
{
	struct kseal_result result;
	uint32_t ids[2];
	char port[8];
	int listener = listen_on(port, 8), a, b;

	(void)state;
	fcntl(listener, F_SETFL, O_NONBLOCK);
	assert_int_equal(kseal_submit_accept(broker, listener, NULL, ids), -EAGAIN);
	a = dial(port);
	b = dial(port);
	loopback_wait(listener, POLLIN);
	loopback_wait(b, POLLOUT);
	assert_int_equal(kseal_submit_accept(broker, listener, NULL, &ids[0]), 0);
	assert_int_equal(kseal_submit_accept(broker, listener, NULL, &ids[1]), 0);
	assert_int_not_equal(ids[0], ids[1]);
	close(a);
	loopback_wait(kseal_broker_fd(broker), POLLIN);
	assert_int_equal(kseal_receive(broker, &result, 10000), 0);
	assert_int_equal(result.id, ids[0]);
	assert_failed(&result, ECONNRESET, "closed the connection");
	close(b);
	close(listener);
}

static void accept_tells_a_bad_handshake_from_a_bad_listener(void **state)
{
	struct kseal_result result;
	char port[8];
	int listener = listen_on(port, 8), fd;

	(void)state;
	fd = dial(port);
	loopback_wait(fd, POLLOUT);
	assert_int_equal(send(fd, "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);
	assert_int_equal(kseal_accept(broker, listener, NULL, &result), -EPROTO);
	assert_int_equal(result.error, EPROTO);
	close(fd);
	close(listener);
	assert_int_equal(kseal_accept(broker, listener, NULL, &result), -EBADF);
	assert_int_equal(result.error, 0);
	assert_non_null(strstr(result.reason, "cannot accept"));
}

/* kseald stands still until its socket is full: what was accepted is not lost. */
static void sockets_wait_for_room_at_kseald(void **state)
{
	enum { MAX = 4000 };
	struct kseal_result result;
	uint32_t id, waiting;
	int listener, fd, n, pair[2], found = 0;
	char port[8];

	(void)state;
	listener = listen_on(port, 8);
	fcntl(listener, F_SETFL, O_NONBLOCK);
	fd = dial(port);
	loopback_wait(listener, POLLIN);
	loopback_pair(pair);
	close(pair[1]);
	assert_int_equal(kill(kseald.pid, SIGSTOP), 0);
	for (n = 0; n < MAX; n++)
		if (kseal_submit(broker, pair[0], &(struct kseal_request){
				.size = sizeof(struct kseal_request),
				.role = KSEAL_SERVER }, &id))
			break;
	assert_true(n > 0 && n < MAX);
	assert_int_equal(kseal_submit_accept(broker, listener, NULL, &waiting), 0);
	close(fd);
	assert_int_equal(kill(kseald.pid, SIGCONT), 0);
	for (; n >= 0 && !kseal_receive(broker, &result, 10000); n--)
		found += result.id == waiting;
	assert_int_equal(n, -1);
	assert_int_equal(found, 1);
	close(pair[0]);
	close(listener);
}

static void closing_says_nothing_without_a_key(void **state)
{
	int pair[2];
	char byte;

	(void)state;
	loopback_pair(pair);
	assert_int_equal(kseal_shutdown(pair[0]), -ENOPROTOOPT);
	assert_int_equal(kseal_close(pair[0]), -ENOPROTOOPT);
	loopback_wait(pair[1], POLLIN);
	assert_int_equal(recv(pair[1], &byte, 1, 0), 0);
	assert_int_equal(fcntl(pair[0], F_GETFD), -1);
	close(pair[1]);
	assert_int_equal(kseal_shutdown(-1), -EBADF);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refused_connection_says_where),
		TEST(unknown_service_says_so),
		TEST(nonsense_is_refused_at_once),
		TEST(time_limit_is_for_all_of_it),
		TEST(connecting_has_a_time_limit),
		TEST(failures_are_told_by_the_descriptor),
		TEST(accepting_never_waits),
		TEST(accept_tells_a_bad_handshake_from_a_bad_listener),
		TEST(sockets_wait_for_room_at_kseald),
		TEST(closing_says_nothing_without_a_key),
	};

	return cmocka_run_group_tests_name("dial", tests, one_kseald_group, one_kseald_group_ends);
}
