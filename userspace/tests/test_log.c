// SPDX-License-Identifier: GPL-2.0
/* kseald's log: lines of fields, and who reads them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "log.h"

static void fields_are_separated_by_blanks(void **state)
{
	struct log_line line;

	(void)state;
	log_begin(&line);
	assert_string_equal(line.text, "");
	log_text(&line, "conn", "3f2a-1");
	log_number(&line, "ms", UINT64_MAX);
	assert_string_equal(line.text, "conn=3f2a-1 ms=18446744073709551615");
}

static const struct {
	const char *value;
	const char *line;
} values[] = {
	{ "plain", "k=plain" },
	{ "", "" },
	{ "two words", "k=\"two words\"" },
	{ "a=b", "k=\"a=b\"" },
	{ "say \"x\"", "k=\"say \\\"x\\\"\"" },
	{ "back\\slash", "k=\"back\\\\slash\"" },
	{ "line\nconn=forged", "k=\"line?conn=forged\"" },
	{ "\x1b[31m", "k=?[31m" },
	{ "\x7f", "k=?" },
	{ "gr\xc3\xbc\xc3\x9f", "k=gr\xc3\xbc\xc3\x9f" },
};

/* What a peer chose must not look like fields or lines of kseald's own. */
static void values_cannot_pass_for_fields_or_lines(void **state)
{
	struct log_line line;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		log_begin(&line);
		log_text(&line, "k", values[i].value);
		assert_string_equal(line.text, values[i].line);
	}
}

static void what_does_not_fit_is_cut_off(void **state)
{
	char value[2000];
	struct log_line line;

	(void)state;
	memset(value, '"', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	log_begin(&line);
	log_text(&line, "k", value);
	log_text(&line, "k", value);
	assert_int_equal(line.size, sizeof(line.text) - 1);
	assert_int_equal(strlen(line.text), sizeof(line.text) - 1);
}

/* A process that logs one line to a file. Return: the line. */
static const char *logged(const char *stream, char *text, size_t size)
{
	char path[] = "/tmp/kseal-log-XXXXXX", variable[64];
	int fd = mkstemp(path), status;
	struct stat st;
	ssize_t n;
	pid_t pid;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	snprintf(variable, sizeof(variable), stream, (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	pid = fork();
	if (!pid) {
		setenv("JOURNAL_STREAM", variable, 1);
		dup2(fd, STDERR_FILENO);
		log_set_level(LOG_LEVEL_WARNING);
		log_info("nobody sees this");
		log_warning("careful");
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	n = pread(fd, text, size - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	close(fd);
	unlink(path);
	return text;
}

static void priority_goes_before_the_line_where_the_journal_reads(void **state)
{
	char text[256];

	(void)state;
	assert_string_equal(logged("%llu:%llu", text, sizeof(text)), "<4>careful\n");
}

/* The variable is inherited by whoever redirects its output. */
static void journal_of_another_file_does_not_count(void **state)
{
	char text[256];

	(void)state;
	assert_string_equal(logged("%llu:1%llu", text, sizeof(text)), "kseald: warning: careful\n");
	assert_string_equal(logged("", text, sizeof(text)), "kseald: warning: careful\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_separated_by_blanks),
		cmocka_unit_test(values_cannot_pass_for_fields_or_lines),
		cmocka_unit_test(what_does_not_fit_is_cut_off),
		cmocka_unit_test(priority_goes_before_the_line_where_the_journal_reads),
		cmocka_unit_test(journal_of_another_file_does_not_count),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
