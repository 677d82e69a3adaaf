/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEALD_LOG_H
#define KSEALD_LOG_H

#include <stddef.h>
#include <stdint.h>

/** enum log_level - numbered as syslog(3) does, so that journald knows them */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_INFO = 6,
	LOG_LEVEL_DEBUG = 7,
};

/** log_set_level() - drop what is less important than @level */
void log_set_level(enum log_level level);

/** log_enabled() - is what has this level written? */
int log_enabled(enum log_level level);

/** log_level_from_name() - "info" to LOG_LEVEL_INFO; -EINVAL when not known */
int log_level_from_name(const char *name);

void log_write(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * struct log_line - a line of key=value fields, made up before it is written
 *
 * What does not fit is cut off; the longest names of a peer do fit.
 */
struct log_line {
	size_t size;
	char text[4096];
};

/** log_begin() - an empty line */
void log_begin(struct log_line *line);

/**
 * log_text() - a field more
 * @value: in double quotes if it has blanks and the like in it; with no control
 *	characters, whatever it has; left out if it is empty
 */
void log_text(struct log_line *line, const char *key, const char *value);

/** log_number() - likewise */
void log_number(struct log_line *line, const char *key, uint64_t value);

/** log_end() - write it */
void log_end(enum log_level level, const struct log_line *line);

#define log_error(...)		log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...)	log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)		log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)		log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif /* KSEALD_LOG_H */
