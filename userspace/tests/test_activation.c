// SPDX-License-Identifier: GPL-2.0
/* Sockets that a service manager passes, by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "activation.h"
#include "daemon.h"
#include "loopback.h"

enum { FIRST = 40 };

static struct activation activation;

static void pass(int count, const char *fds, const char *names)
{
	char pid[16];

	for (int i = 0; i < count; i++) {
		const int sock = socket(AF_UNIX, SOCK_STREAM, 0);

		assert_true(sock >= 0);
		assert_int_equal(dup2(sock, FIRST + i), FIRST + i);
		close(sock);
	}
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", fds, 1);
	if (names)
		setenv("LISTEN_FDNAMES", names, 1);
	else
		unsetenv("LISTEN_FDNAMES");
}

static int tear_down(void **state)
{
	(void)state;
	for (int fd = FIRST; fd < FIRST + 8; fd++)
		close(fd);
	return 0;
}

static void nothing_passed_is_nothing_to_take(void **state)
{
	(void)state;
	unsetenv("LISTEN_FDS");
	assert_int_equal(activation_begin(&activation, FIRST), 0);
	assert_int_equal(activation_take(&activation, "broker"), -ENOENT);
}

static void each_socket_is_handed_out_once_by_its_name(void **state)
{
	(void)state;
	pass(4, "4", "broker:https:other:https");
	assert_int_equal(activation_begin(&activation, FIRST), 0);
	assert_int_equal(activation_take(&activation, "https"), FIRST + 1);
	assert_int_equal(activation_take(&activation, "https"), FIRST + 3);
	assert_int_equal(activation_take(&activation, "https"), -ENOENT);
	assert_int_equal(activation_take(&activation, "broker"), FIRST);
	assert_int_equal(activation_take(&activation, "http"), -ENOENT);
	assert_int_equal(activation_take(&activation, ""), -ENOENT);
}

static void sockets_do_not_block_and_are_not_inherited(void **state)
{
	(void)state;
	pass(1, "1", "broker");
	assert_int_equal(activation_begin(&activation, FIRST), 0);
	assert_true(fcntl(FIRST, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(FIRST, F_GETFD) & FD_CLOEXEC);
	assert_null(getenv("LISTEN_FDS"));
	assert_null(getenv("LISTEN_PID"));
	assert_null(getenv("LISTEN_FDNAMES"));
}

static void sockets_without_a_name_are_unknown(void **state)
{
	(void)state;
	pass(3, "3", "a:");
	assert_int_equal(activation_begin(&activation, FIRST), 0);
	assert_int_equal(activation_take(&activation, "a"), FIRST);
	assert_int_equal(activation_take(&activation, "unknown"), FIRST + 1);
	assert_int_equal(activation_take(&activation, "unknown"), FIRST + 2);
	pass(1, "1", NULL);
	assert_int_equal(activation_begin(&activation, FIRST), 0);
	assert_int_equal(activation_take(&activation, "unknown"), FIRST);
}

static void sockets_of_another_process_are_left_alone(void **state)
{
	(void)state;
	pass(1, "1", "broker");
	setenv("LISTEN_PID", "1", 1);
	assert_int_equal(activation_begin(&activation, FIRST), 0);
	assert_int_equal(activation_take(&activation, "broker"), -ENOENT);
	assert_false(fcntl(FIRST, F_GETFD) & FD_CLOEXEC);
}

static void nonsense_is_an_error(void **state)
{
	static const struct {
		const char *fds;
		int ret;
	} rows[] = {
		{ "", -EINVAL }, { "x", -EINVAL }, { "-1", -EINVAL }, { "1x", -EINVAL },
		{ "99999999999", -EINVAL }, { "65", -E2BIG }, { "3", -EBADF },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pass(1, rows[i].fds, "broker");
		assert_int_equal(activation_begin(&activation, FIRST), rows[i].ret);
		assert_int_equal(activation_take(&activation, "broker"), -ENOENT);
	}
}

static void what_nobody_takes_is_closed(void **state)
{
	(void)state;
	pass(2, "2", "a:b");
	assert_int_equal(activation_begin(&activation, FIRST), 0);
	assert_int_equal(activation_take(&activation, "b"), FIRST + 1);
	activation_end(&activation);
	assert_int_equal(fcntl(FIRST, F_GETFD), -1);
	assert_int_not_equal(fcntl(FIRST + 1, F_GETFD), -1);
}

/* A socket in the abstract namespace, so that kseald itself could not have made it. */
static int passed_socket(const char *name, int type, struct sockaddr_un *addr)
{
	const int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	snprintf(addr->sun_path + 1, sizeof(addr->sun_path) - 1, "%s-%d", name, getpid());
	assert_int_equal(bind(sock, (struct sockaddr *)addr, sizeof(*addr)), 0);
	assert_int_equal(listen(sock, 8), 0);
	/* out of the way of the descriptors that the daemon gets */
	assert_true(fcntl(sock, F_DUPFD_CLOEXEC, 20) == 20);
	close(sock);
	return 20;
}

static void kseald_serves_the_socket_it_is_passed(void **state)
{
	static const char hello[] = "\0\1\0\0\0\0\0\0\0\1\0\2\0\1";
	const int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct daemon kseald;
	struct sockaddr_un addr;
	char answer[256];

	(void)state;
	daemon_prepare(&kseald);
	kseald.passed = passed_socket("kseald-test", SOCK_SEQPACKET, &addr);
	daemon_start(&kseald, (const char *const[]){ NULL });
	close(kseald.passed);
	/* it has made none of its own */
	assert_int_equal(access(kseald.socket, F_OK), -1);
	assert_int_equal(connect(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(send(sock, hello, sizeof(hello) - 1, 0), sizeof(hello) - 1);
	loopback_wait(sock, POLLIN);
	assert_true(recv(sock, answer, sizeof(answer), 0) > 8);
	assert_memory_equal(answer, "\0\1", 2);
	close(sock);
	assert_int_equal(daemon_stop(&kseald), 0);
	daemon_clean(&kseald);
}

static void kseald_refuses_a_passed_socket_of_another_kind(void **state)
{
	struct daemon kseald;
	struct sockaddr_un addr;

	(void)state;
	daemon_prepare(&kseald);
	kseald.passed = passed_socket("kseald-test", SOCK_STREAM, &addr);
	assert_int_equal(daemon_try(&kseald, (const char *const[]){ NULL }), 1);
	assert_true(daemon_logged(&kseald, "ListenSequentialPacket="));
	close(kseald.passed);
	daemon_clean(&kseald);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(nothing_passed_is_nothing_to_take, tear_down),
		cmocka_unit_test_teardown(each_socket_is_handed_out_once_by_its_name, tear_down),
		cmocka_unit_test_teardown(sockets_do_not_block_and_are_not_inherited, tear_down),
		cmocka_unit_test_teardown(sockets_without_a_name_are_unknown, tear_down),
		cmocka_unit_test_teardown(sockets_of_another_process_are_left_alone, tear_down),
		cmocka_unit_test_teardown(nonsense_is_an_error, tear_down),
		cmocka_unit_test_teardown(what_nobody_takes_is_closed, tear_down),
		cmocka_unit_test(kseald_serves_the_socket_it_is_passed),
		cmocka_unit_test(kseald_refuses_a_passed_socket_of_another_kind),
	};

	return cmocka_run_group_tests_name("activation", tests, NULL, NULL);
}
