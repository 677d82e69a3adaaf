// SPDX-License-Identifier: GPL-2.0
/* kseal-serve: a directory's page, with names nobody should choose */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../kseal-serve/listing.c"
#include "../kseal-serve/path.c"

static char *page_of(const char *path, struct listing_entry *entries,
		     size_t count)
{
	size_t length;
	char *page = listing_html(path, entries, count, &length);

	assert_non_null(page);
	assert_int_equal(length, strlen(page));
	return page;
}

static void names_are_escaped(void **state)
{
	struct listing_entry entries[] = {
		{ .name = "<script>&\"'.html", .size = 5 },
	};
	char *page = page_of("a<b", entries, 1);

	(void)state;
	assert_null(strstr(page, "<script>"));
	assert_non_null(strstr(page,
		"<a href=\"./%3Cscript%3E%26%22%27.html\">"
		"&lt;script&gt;&amp;&quot;&#39;.html</a>"));
	assert_non_null(strstr(page, "<title>/a&lt;b</title>"));
	free(page);
}

static void colon_is_no_scheme(void **state)
{
	struct listing_entry entries[] = { { .name = "javascript:x" } };
	char *page = page_of("", entries, 1);

	(void)state;
	assert_non_null(strstr(page, "href=\"./javascript%3Ax\""));
	free(page);
}

static void text_is_utf8(void **state)
{
	struct listing_entry entries[] = {
		{ .name = "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x92" },
		{ .name = "x\xff\xc0\xaf\xed\xa0\x80\n" },	/* none of it valid */
		{ .name = "y\xe2\x82" },			/* cut short */
	};
	char *page = page_of("", entries, 3);

	(void)state;
	assert_non_null(strstr(page, ">caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x92<"));
#define BAD "\xef\xbf\xbd"
	assert_non_null(strstr(page, ">x" BAD BAD BAD BAD BAD BAD BAD "<"));
	assert_non_null(strstr(page, "href=\"./x%FF%C0%AF%ED%A0%80%0A\""));
	assert_non_null(strstr(page, ">y" BAD BAD "<"));
	free(page);
}

static void directories_come_first(void **state)
{
	struct listing_entry entries[] = {
		{ .name = "b", .size = 1234 },
		{ .name = "z", .is_dir = true, .size = 4096 },
		{ .name = "a", .mtime = 784111777 },
	};
	char *page = page_of("d", entries, 3), *a, *b, *z;

	(void)state;
	z = strstr(page, "<a href=\"./z/\">z/</a></td><td></td>");
	a = strstr(page, "<a href=\"./a\">a</a></td><td>0</td>"
			 "<td>1994-11-06 08:49:37</td>");
	b = strstr(page, "<a href=\"./b\">b</a></td><td>1234</td>");
	assert_non_null(z);
	assert_non_null(a);
	assert_non_null(b);
	assert_true(z < a && a < b);
	free(page);
}

static void only_the_root_has_no_parent(void **state)
{
	char *page = page_of("", NULL, 0);

	(void)state;
	assert_null(strstr(page, "../"));
	free(page);
	page = page_of("a/b", NULL, 0);
	assert_non_null(strstr(page, "href=\"../\""));
	assert_non_null(strstr(page, "<h1>/a/b</h1>"));
	free(page);
}

static void longest_name_fits(void **state)
{
	char name[NAME_MAX + 1];
	struct listing_entry entries[] = { { .name = name } };
	char *page;

	(void)state;
	memset(name, 0xff, NAME_MAX);
	name[NAME_MAX] = '\0';
	page = page_of("", entries, 1);
	assert_non_null(strstr(page, "href=\"./%FF%FF"));
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_escaped),
		cmocka_unit_test(colon_is_no_scheme),
		cmocka_unit_test(text_is_utf8),
		cmocka_unit_test(directories_come_first),
		cmocka_unit_test(only_the_root_has_no_parent),
		cmocka_unit_test(longest_name_fits),
	};

	return cmocka_run_group_tests_name("serve_listing", tests, NULL, NULL);
}
