// SPDX-License-Identifier: GPL-2.0
/* kseal-serve: conditional requests and dates (RFC 9110 13 and 5.6.7) */
#include "../kseal-serve/precond.c"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define CHANGED	784111777	/* Sun, 06 Nov 1994 08:49:37 GMT */

static const struct validators file = { "\"a\"", CHANGED };

static const struct cond_case {
	const char *what;
	struct conditions fields;
	enum precond_verdict verdict;
} cond_cases[] = {
	{ "nothing asked", { 0 }, PRECOND_PROCEED },
	{ "same tag", { .if_none_match = "\"a\"" }, PRECOND_NOT_MODIFIED },
	{ "same tag, weak", { .if_none_match = "W/\"a\"" }, PRECOND_NOT_MODIFIED },
	{ "tag in a list", { .if_none_match = "\"x\" , W/\"y\",\"a\"" },
	  PRECOND_NOT_MODIFIED },
	{ "any", { .if_none_match = "*" }, PRECOND_NOT_MODIFIED },
	{ "other tag", { .if_none_match = "\"b\"" }, PRECOND_PROCEED },
	{ "tag that only starts alike", { .if_none_match = "\"ab\"" },
	  PRECOND_PROCEED },
	{ "no quotes", { .if_none_match = "a" }, PRECOND_PROCEED },
	{ "quote never closed", { .if_none_match = "\"a" }, PRECOND_PROCEED },
	{ "not changed since", { .if_modified_since =
	  "Sun, 06 Nov 1994 08:49:37 GMT" }, PRECOND_NOT_MODIFIED },
	{ "changed since", { .if_modified_since =
	  "Sun, 06 Nov 1994 08:49:36 GMT" }, PRECOND_PROCEED },
	{ "bad date", { .if_modified_since = "yesterday" }, PRECOND_PROCEED },
	{ "a tag outweighs the date", { .if_none_match = "\"b\"",
	  .if_modified_since = "Sun, 06 Nov 1994 08:49:37 GMT" },
	  PRECOND_PROCEED },
	{ "match", { .if_match = "\"a\"" }, PRECOND_PROCEED },
	{ "match any", { .if_match = "*" }, PRECOND_PROCEED },
	{ "match is strong", { .if_match = "W/\"a\"" }, PRECOND_FAILED },
	{ "no match", { .if_match = "\"b\"" }, PRECOND_FAILED },
	{ "unmodified", { .if_unmodified_since =
	  "Sun, 06 Nov 1994 08:49:37 GMT" }, PRECOND_PROCEED },
	{ "modified", { .if_unmodified_since =
	  "Sun, 06 Nov 1994 08:49:36 GMT" }, PRECOND_FAILED },
	{ "match outweighs unmodified", { .if_match = "\"a\"",
	  .if_unmodified_since = "Sun, 06 Nov 1994 08:49:36 GMT" },
	  PRECOND_PROCEED },
	{ "match first, then none-match", { .if_match = "\"a\"",
	  .if_none_match = "\"a\"" }, PRECOND_NOT_MODIFIED },
};

static void weighs_conditions(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cond_cases) / sizeof(*cond_cases); i++) {
		print_message("%s\n", cond_cases[i].what);
		assert_int_equal(precond_check(&cond_cases[i].fields, &file),
				 cond_cases[i].verdict);
	}
}

static const struct if_range_case {
	const char *field;
	time_t now;
	bool holds;
} if_range_cases[] = {
	{ NULL, CHANGED, true },
	{ "\"a\"", CHANGED, true },
	{ "W/\"a\"", CHANGED + 9, false },
	{ "\"b\"", CHANGED + 9, false },
	{ "*", CHANGED + 9, false },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", CHANGED + 1, true },
	{ "Sun, 06 Nov 1994 08:49:37 GMT", CHANGED, false },
	{ "Sun, 06 Nov 1994 08:49:38 GMT", CHANGED + 9, false },
	{ "Sun, 06 Nov 1994 08:49:36 GMT", CHANGED + 9, false },
	{ "", CHANGED + 9, false },
};

static void weighs_if_range(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(if_range_cases) / sizeof(*if_range_cases);
	     i++) {
		const struct if_range_case *c = &if_range_cases[i];
		const struct conditions fields = { .if_range = c->field };

		print_message("%s\n", c->field ? c->field : "(none)");
		assert_int_equal(precond_range_holds(&fields, &file, c->now),
				 c->holds);
	}
}

static void formats_dates(void **state)
{
	char text[HTTP_DATE_SIZE];

	(void)state;
	http_date_format(CHANGED, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
	http_date_format(0, text);
	assert_string_equal(text, "Thu, 01 Jan 1970 00:00:00 GMT");
	http_date_format(INT64_MAX, text);
	assert_string_equal(text, "");
}

static void parses_dates(void **state)
{
	static const char *const good[] = {
		"Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT",
		"Sun Nov  6 08:49:37 1994",
	};
	static const char *const bad[] = {
		"", "Sun", "Sun, 06 Nov 1994 08:49:37", "1994-11-06",
		"Sun, 06 Nov 1994 08:49:37 GMT x", "Sun, 32 Nov 1994 08:49:37 GMT",
	};
	time_t when;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		when = 0;
		assert_true(http_date_parse(good[i], &when));
		assert_int_equal(when, CHANGED);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(http_date_parse(bad[i], &when));
}

static void tags_differ_when_files_do(void **state)
{
	const struct timespec t1 = { CHANGED, 1 }, t2 = { CHANGED, 2 };
	struct validators a, b;

	(void)state;
	validators_set(&a, t1, 5, 7);
	assert_int_equal(a.etag[0], '"');
	assert_int_equal(a.etag[strlen(a.etag) - 1], '"');
	assert_int_equal(a.mtime, CHANGED);
	validators_set(&b, t1, 5, 7);
	assert_string_equal(a.etag, b.etag);
	validators_set(&b, t2, 5, 7);
	assert_string_not_equal(a.etag, b.etag);
	validators_set(&b, t1, 6, 7);
	assert_string_not_equal(a.etag, b.etag);
	validators_set(&b, t1, 5, 8);
	assert_string_not_equal(a.etag, b.etag);
	validators_set(&a, (struct timespec){ INT64_MAX, 999999999 },
		       UINT64_MAX, UINT64_MAX);
	assert_int_equal(a.etag[strlen(a.etag) - 1], '"');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weighs_conditions),
		cmocka_unit_test(weighs_if_range),
		cmocka_unit_test(formats_dates),
		cmocka_unit_test(parses_dates),
		cmocka_unit_test(tags_differ_when_files_do),
	};

	return cmocka_run_group_tests_name("serve_precond", tests, NULL, NULL);
}
