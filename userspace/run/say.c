// SPDX-License-Identifier: LGPL-2.1-or-later
/* What the library has to say, on the program's standard error. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "broker.h"
#include "real.h"
#include "rules.h"

enum { LINE_MAX_BYTES = 512 };

/* One write, so that lines of several processes stay lines. */
static void put(const char *format, va_list args)
{
	char line[LINE_MAX_BYTES];
	int len = snprintf(line, sizeof(line), "kseal run: ");

	len += vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	if (len > (int)sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	if (REAL(write)(STDERR_FILENO, line, len) < 0)
		return;		/* nobody to tell */
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(format, args);
	va_end(args);
}

void say_verbose(const char *format, ...)
{
	va_list args;

	if (!rules_setting(RUN_VERBOSE))
		return;
	va_start(args, format);
	put(format, args);
	va_end(args);
}
