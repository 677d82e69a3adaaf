// SPDX-License-Identifier: GPL-2.0
/*
 * The access log and what is said on standard error.
 *
 * A line is written by a single write(2) on a file opened for appending, so
 * threads need no lock to keep their lines apart.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

/* Longest part of a request target that is logged, and as it is escaped. */
#define TARGET_SHOWN	1024
#define TARGET_ESCAPED	(4 * TARGET_SHOWN + 1)

static const char *access_path;
static int access_fd = STDOUT_FILENO;
static atomic_bool verbose;

static int open_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	int err = errno;

	if (fd >= 0)
		return fd;
	log_error("cannot open the access log %s: %s; see --access-log",
		  path, strerror(err));
	return -err;
}

int log_open(const char *path)
{
	int fd;

	access_path = path;
	if (!path)
		return 0;
	fd = open_log(path);
	if (fd < 0)
		return fd;
	access_fd = fd;
	return 0;
}

/* The number stays the same, for threads that are writing just now. */
void log_reopen(void)
{
	int fd;

	if (!access_path)
		return;
	fd = open_log(access_path);
	if (fd < 0)
		return;
	if (dup3(fd, access_fd, O_CLOEXEC) < 0)
		log_error("cannot switch to the new access log %s: %s",
			  access_path, strerror(errno));
	close(fd);
}

static void escape(const char *text, char out[TARGET_ESCAPED])
{
	char *at = out;

	for (size_t i = 0; text[i] && i < TARGET_SHOWN; i++) {
		unsigned char c = text[i];

		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			at += sprintf(at, "\\x%02x", c);
		else
			*at++ = c;
	}
	*at = '\0';
}

static void timestamp(char out[32])
{
	struct timespec now;
	struct tm tm;
	size_t len;

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	len = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + len, 32 - len, ".%03ldZ", now.tv_nsec / 1000000);
}

void log_access(const struct log_request *r)
{
	char line[TARGET_ESCAPED + 1024], target[TARGET_ESCAPED], when[32];
	int len;

	timestamp(when);
	escape(r->target, target);
	len = snprintf(line, sizeof(line),
		       "%s %s \"%s %s\" %u body=%" PRIu64 " sendfile=%" PRIu64
		       " sealed=%" PRIu64 " records=%" PRIu64
		       " tls=\"%s\" cipher=%s driver=%s time=%.3f end=%s\n",
		       when, r->peer, r->method, target, r->status, r->body,
		       r->sendfile, r->sealed, r->records, r->tls, r->cipher,
		       r->driver, r->seconds, r->end);
	if (len > 0 && (size_t)len < sizeof(line) &&
	    write(access_fd, line, len) < 0)
		log_error("cannot write the access log: %s", strerror(errno));
}

static void say(const char *format, va_list args)
{
	char line[2048] = "kseal-serve: ";
	size_t start = strlen(line);
	int len;

	len = vsnprintf(line + start, sizeof(line) - start - 1, format, args);
	if (len < 0)
		return;
	if ((size_t)len > sizeof(line) - start - 2)
		len = sizeof(line) - start - 2;
	line[start + len] = '\n';
	if (write(STDERR_FILENO, line, start + len + 1) < 0)
		return;		/* there is nobody left to tell */
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void log_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

void log_verbose(void)
{
	atomic_store(&verbose, true);
}

void log_info(const char *format, ...)
{
	va_list args;

	if (!atomic_load(&verbose))
		return;
	va_start(args, format);
	say(format, args);
	va_end(args);
}
