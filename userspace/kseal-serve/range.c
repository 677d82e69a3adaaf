// SPDX-License-Identifier: GPL-2.0
/* Range requests: RFC 9110 14. PURE: no system calls. */
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "range.h"

/* A position past 2^64 - 1 is past the end of any file: it saturates. */
static bool parse_number(const char **at, uint64_t *number)
{
	const char *start = *at;
	uint64_t value = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++) {
		unsigned int digit = **at - '0';

		if (value > (UINT64_MAX - digit) / 10)
			value = UINT64_MAX;
		else
			value = value * 10 + digit;
	}
	*number = value;
	return *at != start;
}

static bool at_end(const char *at)
{
	return !at[strspn(at, " \t")];
}

/* "-500": the last 500 bytes; of a shorter file, all of them. */
static enum range_verdict parse_suffix(const char *at, uint64_t size,
				       struct range *range)
{
	uint64_t length;

	at++;
	if (!parse_number(&at, &length) || !at_end(at))
		return RANGE_WHOLE;
	if (!length)
		return RANGE_UNSATISFIABLE;
	if (!size)	/* nothing that a Content-Range could name */
		return RANGE_WHOLE;
	if (length > size)
		length = size;
	range->first = size - length;
	range->length = length;
	return RANGE_PART;
}

/* "500-999" and, open-ended, "500-". */
static enum range_verdict parse_from(const char *at, uint64_t size,
				     struct range *range)
{
	uint64_t first, last = UINT64_MAX;

	if (!parse_number(&at, &first) || *at++ != '-')
		return RANGE_WHOLE;
	if (!at_end(at) && (!parse_number(&at, &last) || !at_end(at)))
		return RANGE_WHOLE;
	if (last < first)
		return RANGE_WHOLE;
	if (first >= size)
		return RANGE_UNSATISFIABLE;
	if (last >= size)
		last = size - 1;
	range->first = first;
	range->length = last - first + 1;
	return RANGE_PART;
}

enum range_verdict range_parse(const char *field, uint64_t size,
			       struct range *range)
{
	static const char unit[] = "bytes=";

	range->first = 0;
	range->length = size;
	if (!field || strncasecmp(field, unit, strlen(unit)))
		return RANGE_WHOLE;
	field += strlen(unit);
	field += strspn(field, " \t");
	if (*field == '-')
		return parse_suffix(field, size, range);
	return parse_from(field, size, range);
}
