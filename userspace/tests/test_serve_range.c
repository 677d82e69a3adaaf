// SPDX-License-Identifier: GPL-2.0
/* kseal-serve: Range fields (RFC 9110 14) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../kseal-serve/range.c"

static const struct range_case {
	const char *what;
	const char *field;
	uint64_t size;
	enum range_verdict verdict;
	uint64_t first;
	uint64_t length;
} range_cases[] = {
	{ "no field", NULL, 100, RANGE_WHOLE, 0, 100 },
	{ "first and last", "bytes=0-9", 100, RANGE_PART, 0, 10 },
	{ "one byte", "bytes=99-99", 100, RANGE_PART, 99, 1 },
	{ "last past the end", "bytes=90-1000", 100, RANGE_PART, 90, 10 },
	{ "open-ended", "bytes=10-", 100, RANGE_PART, 10, 90 },
	{ "all of it", "bytes=0-", 100, RANGE_PART, 0, 100 },
	{ "suffix", "bytes=-30", 100, RANGE_PART, 70, 30 },
	{ "suffix longer than the file", "bytes=-300", 100, RANGE_PART, 0, 100 },
	{ "suffix of nothing", "bytes=-0", 100, RANGE_UNSATISFIABLE, 0, 100 },
	{ "first at the end", "bytes=100-", 100, RANGE_UNSATISFIABLE, 0, 100 },
	{ "first past the end", "bytes=200-300", 100, RANGE_UNSATISFIABLE, 0, 100 },
	{ "past 4 GiB", "bytes=4294967296-4294967299", 5000000000, RANGE_PART,
	  4294967296, 4 },
	{ "last at 2^64 - 1", "bytes=5-18446744073709551615", 100, RANGE_PART, 5, 95 },
	{ "last past 2^64", "bytes=5-99999999999999999999", 100, RANGE_PART, 5, 95 },
	{ "first past 2^64", "bytes=99999999999999999999-", 100,
	  RANGE_UNSATISFIABLE, 0, 100 },
	{ "suffix past 2^64", "bytes=-99999999999999999999", 100, RANGE_PART, 0, 100 },
	{ "unit in capitals", "Bytes=1-2", 100, RANGE_PART, 1, 2 },
	{ "space at the end", "bytes=1-2 \t", 100, RANGE_PART, 1, 2 },
	{ "last before first", "bytes=9-0", 100, RANGE_WHOLE, 0, 100 },
	{ "several ranges", "bytes=0-1,3-4", 100, RANGE_WHOLE, 0, 100 },
	{ "several, one a suffix", "bytes=-5,3-4", 100, RANGE_WHOLE, 0, 100 },
	{ "another unit", "lines=0-9", 100, RANGE_WHOLE, 0, 100 },
	{ "no unit", "0-9", 100, RANGE_WHOLE, 0, 100 },
	{ "no numbers", "bytes=-", 100, RANGE_WHOLE, 0, 100 },
	{ "empty", "bytes=", 100, RANGE_WHOLE, 0, 100 },
	{ "no dash", "bytes=5", 100, RANGE_WHOLE, 0, 100 },
	{ "signs", "bytes=+1-2", 100, RANGE_WHOLE, 0, 100 },
	{ "two dashes", "bytes=--5", 100, RANGE_WHOLE, 0, 100 },
	{ "hexadecimal", "bytes=0x1-2", 100, RANGE_WHOLE, 0, 100 },
	{ "letters behind", "bytes=1-2x", 100, RANGE_WHOLE, 0, 100 },
	{ "empty file, from its start", "bytes=0-", 0, RANGE_UNSATISFIABLE, 0, 0 },
	{ "empty file, suffix", "bytes=-5", 0, RANGE_WHOLE, 0, 0 },
};

static void reads_range_fields(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(range_cases) / sizeof(*range_cases); i++) {
		const struct range_case *c = &range_cases[i];
		struct range range = { .first = 77, .length = 77 };

		print_message("%s\n", c->what);
		assert_int_equal(range_parse(c->field, c->size, &range),
				 c->verdict);
		assert_true(range.first == c->first);
		assert_true(range.length == c->length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_range_fields),
	};

	return cmocka_run_group_tests_name("serve_range", tests, NULL, NULL);
}
