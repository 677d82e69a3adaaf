// SPDX-License-Identifier: GPL-2.0
/*
 * Connected sockets made to speak TLS by one call: what is asked for, whose the
 * descriptors are. A stand-in has kseald's place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "kseal.h"
#include "loopback.h"
#include "stand_in.h"

static struct stand_in stand_in;
static struct kseal_broker *broker;
static int pair[2];

static int set_up(void **state)
{
	(void)state;
	stand_in_start(&stand_in, NULL);
	assert_int_equal(kseal_broker_open(stand_in.path, &broker), 0);
	loopback_pair(pair);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kseal_broker_close(broker);
	stand_in_stop(&stand_in);
	close(pair[1]);
	return 0;
}

static void let_end(const char *how)
{
	assert_int_equal(write(stand_in.gate, how, 1), 1);
}

static ino_t inode(int fd)
{
	struct stat st;

	assert_return_code(fstat(fd, &st), errno);
	return st.st_ino;
}

static void assert_closed(int fd)
{
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
}

/* The socket that comes back is the one that was given, by the only descriptor of it. */
static void assert_replaced(int fd, ino_t given)
{
	char byte;

	assert_true(fd >= 0);
	assert_int_equal(inode(fd), given);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	loopback_wait(pair[1], POLLIN);
	assert_int_equal(recv(pair[1], &byte, 1, 0), 1);
	kseal_broker_close(broker);
	broker = NULL;
	close(fd);
	loopback_wait(pair[1], POLLIN);
	assert_int_equal(recv(pair[1], &byte, 1, 0), 0);
}

static void accepted_socket_is_replaced(void **state)
{
	const ino_t given = inode(pair[0]);
	struct kseal_result result;
	int fd;

	(void)state;
	let_end("0");
	fd = kseal_secure_accepted(broker, pair[0], "shop", &result);
	assert_int_equal(result.fd, fd);
	assert_int_equal(result.error, 0);
	assert_int_equal(result.version, KSEAL_SERVER);
	assert_int_equal(result.cipher, KSEAL_CONTROL_BY_KERNEL);
	assert_string_equal(result.peer_subject, "shop");
	assert_string_equal(result.server_name, "");
	assert_replaced(fd, given);
}

static void connected_socket_is_replaced(void **state)
{
	const ino_t given = inode(pair[0]);
	struct kseal_result result;
	int fd;

	(void)state;
	let_end("0");
	fd = kseal_secure_connected(broker, pair[0], "a.example", &result);
	assert_int_equal(result.fd, fd);
	assert_int_equal(result.version, KSEAL_CLIENT);
	assert_int_equal(result.cipher, KSEAL_CONTROL_BY_KERNEL);
	assert_string_equal(result.server_name, "a.example");
	assert_string_equal(result.peer_subject, "");
	assert_replaced(fd, given);
}

static void nobody_needs_to_look_at_the_result(void **state)
{
	const ino_t given = inode(pair[0]);

	(void)state;
	let_end("0");
	assert_replaced(kseal_secure_accepted(broker, pair[0], NULL, NULL), given);
}

static void failure_closes_the_socket_and_says_why(void **state)
{
	struct kseal_result result;

	(void)state;
	let_end("1");
	assert_int_equal(kseal_secure_connected(broker, pair[0], "a.example", &result), -EACCES);
	assert_int_equal(result.error, EACCES);
	assert_int_equal(result.fd, -1);
	assert_string_equal(result.reason, "the stand-in refuses");
	assert_closed(pair[0]);
	assert_int_equal(kseal_secure_connected(broker, -1, "a.example", &result), -EBADF);
	assert_non_null(strstr(result.reason, "cannot be given the socket: Bad file"));
}

static void nonsense_closes_the_socket_as_well(void **state)
{
	struct kseal_result result;

	(void)state;
	assert_int_equal(kseal_secure_connected(broker, pair[0], "", &result), -EINVAL);
	assert_non_null(strstr(result.reason, "Invalid argument"));
	assert_closed(pair[0]);
}

/* Without a connection to kseald its own place is tried, as kseal_broker_open() does. */
static void default_broker_that_is_not_there_is_said(void **state)
{
	struct kseal_broker *there;
	struct kseal_result result;
	int ret = kseal_broker_open(NULL, &there);

	(void)state;
	if (!ret) {
		kseal_broker_close(there);
		skip();
	}
	assert_int_equal(kseal_secure_accepted(NULL, pair[0], NULL, &result), ret);
	assert_non_null(strstr(result.reason, KSEAL_BROKER_PATH ": "));
	assert_non_null(strstr(result.reason, strerror(-ret)));
	assert_int_equal(result.fd, -1);
	assert_closed(pair[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(accepted_socket_is_replaced),
		TEST(connected_socket_is_replaced),
		TEST(nobody_needs_to_look_at_the_result),
		TEST(failure_closes_the_socket_and_says_why),
		TEST(nonsense_closes_the_socket_as_well),
		TEST(default_broker_that_is_not_there_is_said),
	};

	return cmocka_run_group_tests_name("secure", tests, NULL, NULL);
}
