// SPDX-License-Identifier: GPL-2.0
/* kseal-serve: request targets, as they come off the wire */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../kseal-serve/path.c"

static const struct target_case {
	const char *what;
	const char *target;
	int err;
	const char *rel;
	bool is_dir;
} target_cases[] = {
	{ "the root", "/", 0, "", true },
	{ "a file", "/a.txt", 0, "a.txt", false },
	{ "a directory", "/a/", 0, "a", true },
	{ "nested", "/a/b/c", 0, "a/b/c", false },
	{ "escapes", "/a%20b%C3%A9", 0, "a b\xc3\xa9", false },
	{ "hex digits of both cases", "/%4a%4A", 0, "JJ", false },
	{ "the query is cut off", "/a?b=/../c", 0, "a", false },
	{ "so is a fragment", "/a#/..", 0, "a", false },
	{ "an escaped question mark stays", "/a%3Fb", 0, "a?b", false },
	{ "doubled slashes", "//a///b", 0, "a/b", false },
	{ "only slashes", "////", 0, "", true },
	{ "single dots", "/./a/./b", 0, "a/b", false },
	{ "a dot at the end is a directory", "/a/.", 0, "a", true },
	{ "names of dots that are no dot-dot", "/.../..a", 0, ".../..a", false },
	{ "hidden file", "/.x", 0, ".x", false },
	{ "decoded once only", "/%252e%252e/a", 0, "%2e%2e/a", false },
	{ "plus is no space", "/a+b", 0, "a+b", false },
	{ "backslash is a letter", "/a%5Cb", 0, "a\\b", false },
	{ "absolute form", "https://host:8443/a/b", 0, "a/b", false },
	{ "absolute form, no path", "http://host", 0, "", true },
	{ "absolute form, query only", "https://host?x", 0, "", true },
	{ "dot-dot", "/../etc/passwd", -EACCES, NULL, false },
	{ "dot-dot inside", "/a/../b", -EACCES, NULL, false },
	{ "dot-dot last", "/a/..", -EACCES, NULL, false },
	{ "dot-dot escaped", "/%2e%2e/etc/passwd", -EACCES, NULL, false },
	{ "dot-dot half escaped", "/.%2E/etc/passwd", -EACCES, NULL, false },
	{ "dot-dot in absolute form", "https://h/../x", -EACCES, NULL, false },
	{ "escaped slash", "/a%2fb", -EINVAL, NULL, false },
	{ "dot-dot with escaped slash", "/..%2fetc", -EINVAL, NULL, false },
	{ "escaped NUL", "/a%00.txt", -EINVAL, NULL, false },
	{ "escape cut short", "/a%2", -EINVAL, NULL, false },
	{ "escape cut by the query", "/a%2?0", -EINVAL, NULL, false },
	{ "escape that is none", "/a%zz", -EINVAL, NULL, false },
	{ "lone percent", "/%", -EINVAL, NULL, false },
	{ "no slash", "a", -EINVAL, NULL, false },
	{ "empty", "", -EINVAL, NULL, false },
	{ "asterisk form", "*", -EINVAL, NULL, false },
	{ "authority form", "host:443", -EINVAL, NULL, false },
};

static void decodes_targets(void **state)
{
	struct serve_path path;

	(void)state;
	for (size_t i = 0; i < sizeof(target_cases) / sizeof(*target_cases); i++) {
		const struct target_case *c = &target_cases[i];

		print_message("%s\n", c->what);
		assert_int_equal(path_from_target(c->target, &path), c->err);
		if (c->err)
			continue;
		assert_string_equal(path.rel, c->rel);
		assert_int_equal(path.is_dir, c->is_dir);
	}
}

static void length_is_bounded(void **state)
{
	char target[2 * SERVE_PATH_SIZE];
	struct serve_path path;

	(void)state;
	memset(target, 'a', sizeof(target));
	target[0] = '/';
	target[SERVE_PATH_SIZE] = '\0';		/* 4095 letters: they just fit */
	assert_int_equal(path_from_target(target, &path), 0);
	assert_int_equal(strlen(path.rel), SERVE_PATH_SIZE - 1);

	target[SERVE_PATH_SIZE] = 'a';
	target[SERVE_PATH_SIZE + 1] = '\0';
	assert_int_equal(path_from_target(target, &path), -ENAMETOOLONG);

	memset(target, 'a', sizeof(target));
	for (size_t i = 0; i < sizeof(target); i += 2)	/* "/a/a/a" */
		target[i] = '/';
	target[sizeof(target) - 1] = '\0';
	assert_int_equal(path_from_target(target, &path), -ENAMETOOLONG);
}

static void encoding_is_undone_by_decoding(void **state)
{
	char raw[256], target[1 + 3 * sizeof(raw)] = "/";
	struct serve_path path;
	size_t n = 0;

	(void)state;
	for (int byte = 1; byte < 256; byte++)
		if (byte != '/')
			raw[n++] = byte;
	raw[n] = '\0';
	assert_true(path_encode(raw, target + 1, sizeof(target) - 1) > 0);
	for (char *at = target; *at; at++)
		assert_non_null(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789-._~/%", *at));
	assert_int_equal(path_from_target(target, &path), 0);
	assert_string_equal(path.rel, raw);
}

static void encoding_respects_the_buffer(void **state)
{
	char out[8];

	(void)state;
	assert_int_equal(path_encode("a b", out, sizeof(out)), 5);
	assert_string_equal(out, "a%20b");
	assert_int_equal(path_encode("    ", out, sizeof(out)), -ENAMETOOLONG);
	assert_int_equal(path_encode("", out, 1), 0);
	assert_int_equal(path_encode("", out, 0), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_targets),
		cmocka_unit_test(length_is_bounded),
		cmocka_unit_test(encoding_is_undone_by_decoding),
		cmocka_unit_test(encoding_respects_the_buffer),
	};

	return cmocka_run_group_tests_name("serve_path", tests, NULL, NULL);
}
