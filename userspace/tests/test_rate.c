// SPDX-License-Identifier: GPL-2.0
/* How many handshakes an address may ask for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "rate.h"

#define SECOND	1000000000ULL

static struct rate rate;
static uint64_t now;

static int set_up(void **state)
{
	(void)state;
	rate_start(&rate);
	rate.per_second = 2;
	rate.burst = 5;
	now = SECOND;
	return 0;
}

static int take(const char *address)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	if (inet_pton(AF_INET, address, &in.sin_addr) == 1)
		return rate_take(&rate, (struct sockaddr *)&in, now);
	assert_int_equal(inet_pton(AF_INET6, address, &in6.sin6_addr), 1);
	return rate_take(&rate, (struct sockaddr *)&in6, now);
}

/* How many it gets, asking for more. */
static int take_all(const char *address)
{
	int n = 0;

	while (take(address))
		assert_true(++n < 100);
	return n;
}

static void burst_then_nothing(void **state)
{
	(void)state;
	assert_int_equal(take_all("192.0.2.1"), 5);
	assert_int_equal(take_all("192.0.2.1"), 0);
}

static void tokens_come_back_with_time(void **state)
{
	(void)state;
	take_all("192.0.2.1");
	now += SECOND / 2 - 1000;
	assert_int_equal(take_all("192.0.2.1"), 0);
	now += 1000;
	assert_int_equal(take_all("192.0.2.1"), 1);
	now += 2 * SECOND;
	assert_int_equal(take_all("192.0.2.1"), 4);
	/* and no more than a burst of them */
	now += 1000000 * SECOND;
	assert_int_equal(take_all("192.0.2.1"), 5);
}

/* Who asks all the time gets what comes in, not nothing for having asked. */
static void asking_in_vain_costs_nothing(void **state)
{
	int i, n = 0;

	(void)state;
	take_all("192.0.2.1");
	for (i = 0; i < 1000; i++) {
		now += SECOND / 100;
		n += take("192.0.2.1");
	}
	assert_int_equal(n, 20);
}

static void addresses_have_each_their_own(void **state)
{
	(void)state;
	assert_int_equal(take_all("192.0.2.1"), 5);
	assert_int_equal(take_all("192.0.2.2"), 5);
	assert_int_equal(take_all("2001:db8::1"), 5);
	assert_int_equal(take_all("2001:db8:0:1::1"), 5);
	assert_int_equal(take_all("0.0.0.0"), 5);
	assert_int_equal(take_all("::1"), 5);
}

static void network_of_64_bits_is_one_address(void **state)
{
	(void)state;
	assert_int_equal(take_all("2001:db8::1"), 5);
	assert_int_equal(take_all("2001:db8::ffff:ffff:ffff:ffff"), 0);
	assert_int_equal(take_all("192.0.2.1"), 5);
	assert_int_equal(take_all("::ffff:192.0.2.1"), 0);
}

static void no_limit_unless_one_is_set(void **state)
{
	int i;

	(void)state;
	rate.per_second = 0;
	for (i = 0; i < 1000; i++)
		assert_true(take("192.0.2.1"));
}

static void what_is_no_address_has_no_limit(void **state)
{
	const struct sockaddr local = { .sa_family = AF_UNIX };
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_true(rate_take(&rate, &local, now));
}

/*
 * More addresses than there is room for: nobody is refused who has not had his burst,
 * and who used all of it just now is not forgotten for those that used little.
 */
static void full_table_forgets_who_used_least(void **state)
{
	char address[INET_ADDRSTRLEN];
	int i;

	(void)state;
	take_all("192.0.2.1");
	for (i = 0; i < 3 * RATE_SETS * RATE_WAYS; i++) {
		snprintf(address, sizeof(address), "10.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
		assert_true(take(address));
	}
	assert_int_equal(take_all("192.0.2.1"), 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(burst_then_nothing),
		TEST(tokens_come_back_with_time),
		TEST(asking_in_vain_costs_nothing),
		TEST(addresses_have_each_their_own),
		TEST(network_of_64_bits_is_one_address),
		TEST(no_limit_unless_one_is_set),
		TEST(what_is_no_address_has_no_limit),
		TEST(full_table_forgets_who_used_least),
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
