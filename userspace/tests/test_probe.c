// SPDX-License-Identifier: GPL-2.0
/* What kseal status makes of the kernel's answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "loopback.h"
#include "probe.h"

/* Names of Linux 6.1 to 6.12, on machines with and without the instructions. */
static const struct {
	const char *driver;
	const char *kind;
} drivers[] = {
	{ "generic-gcm-aesni", "AES-NI" },
	{ "generic-gcm-aesni-avx", "AES-NI" },
	{ "generic-gcm-vaes-avx10_256", "VAES" },
	{ "generic-gcm-vaes-avx10_512", "VAES" },
	{ "gcm_base(ctr(aes-generic),ghash-generic)", NULL },
	{ "gcm_base(ctr-aes-aesni,ghash-generic)", NULL },
	{ "gcm_base(ctr-aes-aesni,ghash-clmulni)", NULL },
	{ "", NULL },
};

static void drivers_are_told_apart(void **state)
{
	const char *kind;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		kind = driver_kind(drivers[i].driver);
		if (!kind != !drivers[i].kind ||
		    (kind && strcmp(kind, drivers[i].kind)))
			fail_msg("%s is taken for %s", drivers[i].driver,
				 kind ? kind : "slow");
	}
}

/* Where the module is not loaded, the probe says what it could not do. */
static void probe_tells_the_driver_or_the_step_that_failed(void **state)
{
	struct probe probe;

	(void)state;
	probe_cipher(TLS_CIPHER_AES_GCM_128, &probe);
	if (access("/sys/module/kseal", F_OK)) {
		assert_int_equal(probe.error, -ENOENT);
		assert_string_equal(probe.step, "attach kseal to a socket");
		assert_string_equal(probe.driver, "");
	} else {
		assert_int_equal(probe.error, 0);
		assert_non_null(strstr(probe.driver, "gcm"));
	}
}

static void sockets_that_cannot_have_kseal_are_refused(void **state)
{
	struct kseal_info info;
	int pair[2], fd;

	(void)state;
	assert_int_equal(kseal_attach(-1), -EBADF);
	assert_int_equal(kseal_attach(0), -ENOTSOCK);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(kseal_attach(fd), -EINVAL);
	close(fd);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(kseal_attach(pair[0]), -EINVAL);
	close(pair[0]);
	close(pair[1]);
	loopback_pair(pair);
	memset(&info, 0xff, sizeof(info));
	assert_int_equal(kseal_get_info(pair[0], &info), -ENOPROTOOPT);
	assert_int_equal(info.tx_version, 0);
	assert_int_equal(kseal_set_record_sizing(pair[0], 1000, 1000), -ENOPROTOOPT);
	assert_int_equal(kseal_set_record_sizing(-1, 1000, 1000), -EBADF);
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(drivers_are_told_apart),
		cmocka_unit_test(probe_tells_the_driver_or_the_step_that_failed),
		cmocka_unit_test(sockets_that_cannot_have_kseal_are_refused),
	};

	return cmocka_run_group_tests_name("probe", tests, NULL, NULL);
}
