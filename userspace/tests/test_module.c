// SPDX-License-Identifier: GPL-2.0
/* Whether the kernel has kseal, by what a socket answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "module.h"

/* The kernel's answer to TCP_ULP; no module is ever loaded for a test. */
static int answer;
static char asked_for[16];

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len);
int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t len)
{
	(void)fd;
	assert_int_equal(level, IPPROTO_TCP);
	assert_int_equal(option, TCP_ULP);
	assert_true(len < sizeof(asked_for));
	memcpy(asked_for, value, len);
	asked_for[len] = '\0';
	errno = answer;
	return answer ? -1 : 0;
}

static void module_is_asked_for_by_its_name(void **state)
{
	(void)state;
	answer = ENOTCONN;
	assert_int_equal(module_find(), 0);
	assert_string_equal(asked_for, "kseal");
}

static void absence_is_told_from_other_errors(void **state)
{
	(void)state;
	answer = ENOENT;
	assert_int_equal(module_find(), -ENOENT);
	answer = EPERM;
	assert_int_equal(module_find(), -EPERM);
	answer = ENOTCONN;
	assert_int_equal(module_find(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(module_is_asked_for_by_its_name),
		cmocka_unit_test(absence_is_told_from_other_errors),
	};

	return cmocka_run_group_tests_name("module", tests, NULL, NULL);
}
