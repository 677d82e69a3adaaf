// SPDX-License-Identifier: GPL-2.0
/* Lines on stderr; with sd-daemon(3) prefixes when that is the journal. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "log.h"

static const struct {
	const char *name;
	enum log_level level;
} levels[] = {
	{ "error", LOG_LEVEL_ERROR },
	{ "warning", LOG_LEVEL_WARNING },
	{ "info", LOG_LEVEL_INFO },
	{ "debug", LOG_LEVEL_DEBUG },
};

/* The main thread sets it while workers log. */
static _Atomic enum log_level threshold = LOG_LEVEL_INFO;

static int journal_reads;

void log_set_level(enum log_level level)
{
	threshold = level;
}

int log_enabled(enum log_level level)
{
	return level <= threshold;
}

int log_level_from_name(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (!strcmp(levels[i].name, name))
			return levels[i].level;
	return -EINVAL;
}

static const char *level_name(enum log_level level)
{
	size_t i;

	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (levels[i].level == level)
			return levels[i].name;
	return "";
}

/* Is stderr what the service manager connected with the journal? See systemd.exec(5):
 * the variable is there in processes that have redirected it, too.
 */
static void find_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	journal_reads = stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
			!fstat(STDERR_FILENO, &st) && st.st_dev == device &&
			st.st_ino == inode;
}

/* One write per line, whoever else writes to the same file. */
static void write_line(enum log_level level, const char *line)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_journal);
	if (journal_reads)
		fprintf(stderr, "<%d>%s\n", level, line);
	else
		fprintf(stderr, "kseald: %s: %s\n", level_name(level), line);
}

void log_write(enum log_level level, const char *format, ...)
{
	char line[1024];
	va_list args;

	if (!log_enabled(level))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	write_line(level, line);
}

/* ---- lines of fields ---------------------------------------------------- */

static void put(struct log_line *line, char c)
{
	if (line->size < sizeof(line->text) - 1)
		line->text[line->size++] = c;
	line->text[line->size] = '\0';
}

static void put_key(struct log_line *line, const char *key)
{
	if (line->size)
		put(line, ' ');
	while (*key)
		put(line, *key++);
	put(line, '=');
}

static int is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

static int is_plain(const char *value)
{
	for (; *value; value++)
		if (*value == ' ' || *value == '"' || *value == '=' || *value == '\\')
			return 0;
	return 1;
}

void log_begin(struct log_line *line)
{
	line->size = 0;
	line->text[0] = '\0';
}

void log_text(struct log_line *line, const char *key, const char *value)
{
	const int plain = is_plain(value);

	if (!*value)
		return;
	put_key(line, key);
	if (!plain)
		put(line, '"');
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			put(line, '\\');
		put(line, is_control(*value) ? '?' : *value);
	}
	if (!plain)
		put(line, '"');
}

void log_number(struct log_line *line, const char *key, uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	log_text(line, key, digits);
}

void log_end(enum log_level level, const struct log_line *line)
{
	if (level <= threshold)
		write_line(level, line->text);
}
