/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEALD_LOG_H
#define KSEALD_LOG_H

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

#define log_error(...)		log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...)	log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)		log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)		log_write(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif /* KSEALD_LOG_H */
