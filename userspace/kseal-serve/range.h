/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_RANGE_H
#define SERVE_RANGE_H

#include <stdint.h>

/** What a Range field (RFC 9110 14.2) asks of a file. */
enum range_verdict {
	RANGE_WHOLE,		/* no range, or one that is to be ignored: 200 */
	RANGE_PART,		/* 206 */
	RANGE_UNSATISFIABLE,	/* 416 */
};

/** struct range - a part of a file; @length is never 0 in RANGE_PART */
struct range {
	uint64_t first;
	uint64_t length;
};

/**
 * range_parse() - read a Range field
 * @field: its value; NULL when the request has none
 * @size: size of the file in bytes
 * @range: the part asked for; the whole file unless RANGE_PART is returned
 *
 * One range is served. What RFC 9110 lets a server ignore is ignored: several
 * ranges, units other than bytes, and what does not parse.
 */
enum range_verdict range_parse(const char *field, uint64_t size,
			       struct range *range);

#endif /* SERVE_RANGE_H */
