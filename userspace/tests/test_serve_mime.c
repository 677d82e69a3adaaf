// SPDX-License-Identifier: GPL-2.0
/* kseal-serve: content types */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../kseal-serve/mime.c"

static void builtin_rows_are_all_found(void **state)
{
	char name[64];

	(void)state;
	for (size_t i = 0; i < sizeof(builtin) / sizeof(*builtin); i++) {
		snprintf(name, sizeof(name), "dir.d/x.%s", builtin[i].suffix);
		assert_string_equal(mime_type(NULL, name), builtin[i].type);
	}
}

static void odd_names(void **state)
{
	static const struct {
		const char *name;
		const char *type;
	} cases[] = {
		{ "INDEX.HTML", "text/html; charset=utf-8" },
		{ "a.tar.gz", "application/gzip" },
		{ "a", FALLBACK_TYPE },
		{ "a.", FALLBACK_TYPE },
		{ ".html", FALLBACK_TYPE },
		{ "a.html/b", FALLBACK_TYPE },
		{ "a.unheardof", FALLBACK_TYPE },
		{ "", FALLBACK_TYPE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(mime_type(NULL, cases[i].name),
				    cases[i].type);
}

static void a_file_adds_types(void **state)
{
	static char text[] =
		"# a comment\n"
		"\n"
		"application/x-test\t\tzzz  aaa # not this: bbb\n"
		"application/x-none\n"
		"text/wrong html\r\n"
		"application/x-last mmm";
	FILE *file = fmemopen(text, sizeof(text) - 1, "r");
	struct mime_table *table;

	(void)state;
	assert_non_null(file);
	table = mime_read(file);
	fclose(file);
	assert_non_null(table);
	assert_string_equal(mime_type(table, "x.zzz"), "application/x-test");
	assert_string_equal(mime_type(table, "x.AAA"), "application/x-test");
	assert_string_equal(mime_type(table, "x.mmm"), "application/x-last");
	assert_string_equal(mime_type(table, "x.bbb"), FALLBACK_TYPE);
	assert_string_equal(mime_type(table, "x.html"),
			    "text/html; charset=utf-8");
	mime_free(table);
}

static void a_big_file_and_an_empty_one(void **state)
{
	FILE *file = tmpfile();
	struct mime_table *table;
	char name[32];

	(void)state;
	assert_non_null(file);
	table = mime_read(file);
	assert_non_null(table);
	assert_string_equal(mime_type(table, "x.y"), FALLBACK_TYPE);
	mime_free(table);

	for (int i = 0; i < 2000; i++)
		fprintf(file, "x/t%d s%d\n", i, i);
	rewind(file);
	table = mime_read(file);
	assert_non_null(table);
	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "f.s%d", i);
		assert_int_equal(atoi(mime_type(table, name) + 3), i);
	}
	mime_free(table);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builtin_rows_are_all_found),
		cmocka_unit_test(odd_names),
		cmocka_unit_test(a_file_adds_types),
		cmocka_unit_test(a_big_file_and_an_empty_one),
	};

	return cmocka_run_group_tests_name("serve_mime", tests, NULL, NULL);
}
