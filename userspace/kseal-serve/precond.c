// SPDX-License-Identifier: GPL-2.0
/* Conditional requests: RFC 9110 13. PURE: no system calls. */
#define _GNU_SOURCE 1
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "precond.h"

static const char *const days[] = {
	"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat",
};

static const char *const months[] = {
	"Jan", "Feb", "Mar", "Apr", "May", "Jun",
	"Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
};

void validators_set(struct validators *v, struct timespec mtime, uint64_t size,
		    uint64_t inode)
{
	v->mtime = mtime.tv_sec;
	snprintf(v->etag, sizeof(v->etag),
		 "\"%" PRIx64 "-%" PRIx64 "-%" PRIx64 "\"",
		 (uint64_t)mtime.tv_sec * 1000000000 + (uint64_t)mtime.tv_nsec,
		 size, inode);
}

void http_date_format(time_t when, char out[HTTP_DATE_SIZE])
{
	struct tm tm;

	out[0] = '\0';
	if (!gmtime_r(&when, &tm) || tm.tm_year > 9999 - 1900)
		return;
	snprintf(out, HTTP_DATE_SIZE, "%s, %02u %s %04u %02u:%02u:%02u GMT",
		 days[tm.tm_wday], tm.tm_mday % 100U, months[tm.tm_mon],
		 (tm.tm_year + 1900) % 10000U, tm.tm_hour % 100U,
		 tm.tm_min % 100U, tm.tm_sec % 100U);
}

bool http_date_parse(const char *text, time_t *when)
{
	static const char *const forms[] = {
		"%a, %d %b %Y %H:%M:%S GMT",	/* IMF-fixdate */
		"%A, %d-%b-%y %H:%M:%S GMT",	/* RFC 850 */
		"%a %b %e %H:%M:%S %Y",		/* asctime() */
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = { 0 };
		const char *end = strptime(text, forms[i], &tm);

		if (end && !end[strspn(end, " \t")]) {
			*when = timegm(&tm);
			return true;
		}
	}
	return false;
}

/*
 * Whether a list of entity tags holds @etag. By weak comparison W/"x" is the
 * same as "x"; by strong comparison it equals nothing (RFC 9110 8.8.3.2).
 */
static bool list_has(const char *list, const char *etag, bool weakly)
{
	size_t len = strlen(etag);

	list += strspn(list, " \t");
	if (*list == '*')
		return true;
	while (*list) {
		const char *end;
		bool weak;

		list += strspn(list, ", \t");
		weak = !strncmp(list, "W/", 2);
		if (weak)
			list += 2;
		if (*list != '"')
			return false;
		end = strchr(list + 1, '"');
		if (!end)
			return false;
		end++;
		if ((weakly || !weak) && (size_t)(end - list) == len &&
		    !memcmp(list, etag, len))
			return true;
		list = end + strspn(end, " \t");
	}
	return false;
}

enum precond_verdict precond_check(const struct conditions *c,
				   const struct validators *v)
{
	time_t when;

	if (c->if_match) {
		if (!list_has(c->if_match, v->etag, false))
			return PRECOND_FAILED;
	} else if (c->if_unmodified_since &&
		   http_date_parse(c->if_unmodified_since, &when) &&
		   v->mtime > when) {
		return PRECOND_FAILED;
	}

	if (c->if_none_match) {
		if (list_has(c->if_none_match, v->etag, true))
			return PRECOND_NOT_MODIFIED;
	} else if (c->if_modified_since &&
		   http_date_parse(c->if_modified_since, &when) &&
		   v->mtime <= when) {
		return PRECOND_NOT_MODIFIED;
	}
	return PRECOND_PROCEED;
}

bool precond_range_holds(const struct conditions *c, const struct validators *v,
			 time_t now)
{
	const char *field = c->if_range;
	time_t when;

	if (!field)
		return true;
	field += strspn(field, " \t");
	if (*field == '"')
		return list_has(field, v->etag, false);
	return http_date_parse(field, &when) && when == v->mtime &&
	       v->mtime < now;
}
