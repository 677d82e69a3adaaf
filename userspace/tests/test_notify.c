// SPDX-License-Identifier: GPL-2.0
/* Readiness, as service managers and scripts want it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "notify.h"

static void ready_descriptor_gets_a_line_and_is_closed(void **state)
{
	char buf[4];
	int fds[2];

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(notify_ready(fds[1]), 0);
	assert_int_equal(read(fds[0], buf, sizeof(buf)), 1);
	assert_int_equal(buf[0], '\n');
	assert_int_equal(read(fds[0], buf, sizeof(buf)), 0);
	close(fds[0]);
}

static void nothing_to_tell_is_no_error(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_ready(-1), 0);
}

/* As sd_notify(3): @name in the abstract namespace when it begins with '@'. */
static void check_manager(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char buf[32];
	ssize_t len;

	strcpy(addr.sun_path, name);
	if (*name == '@')
		addr.sun_path[0] = '\0';
	assert_int_equal(bind(sock, (struct sockaddr *)&addr,
			      offsetof(struct sockaddr_un, sun_path) +
			      strlen(name)), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_ready(-1), 0);
	len = recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
	assert_int_equal(len, 7);
	assert_memory_equal(buf, "READY=1", 7);
	notify_stopping();
	len = recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
	assert_int_equal(len, 10);
	assert_memory_equal(buf, "STOPPING=1", 10);
	close(sock);
	unsetenv("NOTIFY_SOCKET");
}

static void service_manager_is_told(void **state)
{
	char dir[] = "/tmp/kseal-test-XXXXXX";
	char name[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(name, sizeof(name), "%s/notify", dir);
	check_manager(name);
	unlink(name);
	rmdir(dir);
	snprintf(name, sizeof(name), "@kseal-test-%d", getpid());
	check_manager(name);
}

static void absent_manager_is_an_error(void **state)
{
	(void)state;
	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	assert_int_equal(notify_ready(-1), -ENOENT);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(notify_ready(-1), -EINVAL);
	unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_descriptor_gets_a_line_and_is_closed),
		cmocka_unit_test(nothing_to_tell_is_no_error),
		cmocka_unit_test(service_manager_is_told),
		cmocka_unit_test(absent_manager_is_an_error),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
