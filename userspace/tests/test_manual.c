// SPDX-License-Identifier: GPL-2.0
/* Each symbol of libkseal.map is declared in kseal.h, and has a manual page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NAME_SIZE = 64,
	NAMES_MAX = 200,
};

static char names[NAMES_MAX][NAME_SIZE];
static size_t count;
static char header[65536];

static void read_map(void)
{
	FILE *file = fopen(KSEAL_USERSPACE "/libkseal/libkseal.map", "re");
	char line[256];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		assert_true(count < NAMES_MAX);
		count += sscanf(line, " %63[a-z0-9_];", names[count]) == 1 &&
			 !strncmp(names[count], "kseal_", 6);
	}
	fclose(file);
}

static int set_up(void **state)
{
	FILE *file = fopen(KSEAL_USERSPACE "/libkseal/kseal.h", "re");
	size_t n;

	(void)state;
	assert_non_null(file);
	n = fread(header, 1, sizeof(header) - 1, file);
	assert_true(n > 0 && feof(file));
	fclose(file);
	read_map();
	assert_true(count > 20);
	return 0;
}

/* As a declaration has it: behind its type, before its parameters. */
static int is_declared(const char *name)
{
	const size_t length = strlen(name);
	const char *at = header;

	while ((at = strstr(at, name))) {
		if (at > header && (at[-1] == ' ' || at[-1] == '*') && at[length] == '(' &&
		    at[length + 1] != ')')
			return 1;
		at += length;
	}
	return 0;
}

static void symbols_are_declared(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < count; i++)
		if (!is_declared(names[i]))
			fail_msg("%s is in libkseal.map and not in kseal.h", names[i]);
}

/* The page itself, or a link to one that names it. */
static void read_page(const char *name, char *text, size_t size)
{
	char path[1024], target[NAME_SIZE];
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "%s/man/%s.3", getenv("KSEAL_BUILD"), name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s has no manual page", name);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
	if (sscanf(text, ".so man3/%63[a-z0-9_].3", target) == 1)
		read_page(target, text, size);
}

static void symbols_have_a_manual_page(void **state)
{
	static char text[65536];
	size_t i;

	(void)state;
	assert_non_null(getenv("KSEAL_BUILD"));
	for (i = 0; i < count; i++) {
		read_page(names[i], text, sizeof(text));
		assert_ptr_equal(strstr(text, ".so "), NULL);
		if (!strstr(text, names[i]) || !strstr(text, "RETURN VALUE"))
			fail_msg("the manual page of %s says nothing of it", names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols_are_declared),
		cmocka_unit_test(symbols_have_a_manual_page),
	};

	return cmocka_run_group_tests_name("manual", tests, set_up, NULL);
}
