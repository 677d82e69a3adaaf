// SPDX-License-Identifier: GPL-2.0
/* kmod/alert.c and kmod/flood.c: what an alert means, and how many of them are too many */
#include <stdbool.h>

#include "vectors/check.h"

#include "../../kmod/alert.c"
#include "../../kmod/flood.c"

static const struct {
	const char *row;
	const char *alert;
	int in_12;
	int in_13;
} alerts[] = {
	{ "close_notify", "01 00", KSEAL_CLOSED, KSEAL_CLOSED },
	{ "close_notify, fatal", "02 00", KSEAL_CLOSED, KSEAL_CLOSED },
	{ "user_canceled", "01 5a", KSEAL_WARNED, KSEAL_WARNED },
	{ "user_canceled, fatal", "02 5a", KSEAL_FAILED, KSEAL_WARNED },
	{ "no_renegotiation", "01 64", KSEAL_WARNED, KSEAL_FAILED },
	{ "handshake_failure", "02 28", KSEAL_FAILED, KSEAL_FAILED },
	{ "handshake_failure, warning", "01 28", KSEAL_WARNED, KSEAL_FAILED },
	{ "not known", "02 ff", KSEAL_FAILED, KSEAL_FAILED },
	{ "level 0", "00 28", -KSEAL_END_PARAMETER, KSEAL_FAILED },
	{ "level 3", "03 28", -KSEAL_END_PARAMETER, KSEAL_FAILED },
	{ "empty", "", -KSEAL_END_UNEXPECTED, -KSEAL_END_UNEXPECTED },
	{ "one byte", "01", -KSEAL_END_DECODE, -KSEAL_END_DECODE },
	{ "three bytes", "01 00 00", -KSEAL_END_DECODE, -KSEAL_END_DECODE },
	{ "two alerts", "01 5a 01 00", -KSEAL_END_DECODE, -KSEAL_END_DECODE },
};

static void alerts_are_told_by_version(void **state)
{
	uint8_t alert[8];
	size_t i, len;

	(void)state;
	for (i = 0; i < ROWS(alerts); i++) {
		len = unhex(alerts[i].alert, alert, sizeof(alert));
		check_num(alerts[i].row, "TLS 1.2", kseal_alert_judge(0x0303, alert, len),
			  alerts[i].in_12);
		check_num(alerts[i].row, "TLS 1.3", kseal_alert_judge(0x0304, alert, len),
			  alerts[i].in_13);
	}
}

static unsigned int taken(struct kseal_flood *flood, u32 records, u32 seconds)
{
	unsigned int n = 0;

	while (n < 1000 && kseal_flood_take(flood, records, seconds))
		n++;
	return n;
}

static void so_many_at_a_time(void **state)
{
	struct kseal_flood flood = { 0 };

	(void)state;
	check_num("at first", "taken", taken(&flood, 5000, 77), KSEAL_FLOOD_MAX);
	check_num("then", "taken", taken(&flood, 5000, 77), 0);
}

static void data_and_time_give_some_back(void **state)
{
	struct kseal_flood flood = { 0 };

	(void)state;
	taken(&flood, 0, 0);
	check_num("3 records", "taken", taken(&flood, 3, 0), 0);
	check_num("4 records", "taken", taken(&flood, 4, 0), 1);
	check_num("9 more", "taken", taken(&flood, 13, 0), 2);
	check_num("the rest of 12", "taken", taken(&flood, 16, 0), 1);
	check_num("5 seconds", "taken", taken(&flood, 16, 5), 5);
	check_num("both", "taken", taken(&flood, 24, 7), 4);
	check_num("much", "taken", taken(&flood, 1 << 20, 1 << 20), KSEAL_FLOOD_MAX);
}

/* Data in the past is no credit beyond what there may be at a time. */
static void nothing_is_saved_up(void **state)
{
	struct kseal_flood flood = { 0 };

	(void)state;
	assert_true(kseal_flood_take(&flood, 100, 0));
	check_num("a million records on", "taken", taken(&flood, 1000000, 0), KSEAL_FLOOD_MAX);
	check_num("then", "taken", taken(&flood, 1000000, 0), 0);
}

static void counters_may_wrap(void **state)
{
	struct kseal_flood flood = { 0 };

	(void)state;
	taken(&flood, 0xfffffffe, 0xffffffff);
	check_num("4 records", "taken", taken(&flood, 2, 0xffffffff), 1);
	check_num("a second", "taken", taken(&flood, 2, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alerts_are_told_by_version),
		cmocka_unit_test(so_many_at_a_time),
		cmocka_unit_test(data_and_time_give_some_back),
		cmocka_unit_test(nothing_is_saved_up),
		cmocka_unit_test(counters_may_wrap),
	};

	return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}
