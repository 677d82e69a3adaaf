/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_PRECOND_H
#define SERVE_PRECOND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** Bytes for a date of RFC 9110 5.6.7 and for an entity tag, with the NUL. */
#define HTTP_DATE_SIZE	32
#define HTTP_ETAG_SIZE	64

/**
 * struct validators - what tells one state of a file from another
 * @etag: strong entity tag, with its quotes
 * @mtime: in seconds, as Last-Modified says it
 */
struct validators {
	char etag[HTTP_ETAG_SIZE];
	time_t mtime;
};

/**
 * struct conditions - the request's conditional fields, NULL where absent
 */
struct conditions {
	const char *if_match;
	const char *if_unmodified_since;
	const char *if_none_match;
	const char *if_modified_since;
	const char *if_range;
};

enum precond_verdict {
	PRECOND_PROCEED,
	PRECOND_NOT_MODIFIED,	/* 304 */
	PRECOND_FAILED,		/* 412 */
};

/** validators_set() - from a file's mtime and size */
void validators_set(struct validators *v, struct timespec mtime, uint64_t size,
		    uint64_t inode);

/** precond_check() - RFC 9110 13.2.2, for GET and HEAD of a file that exists */
enum precond_verdict precond_check(const struct conditions *c,
				   const struct validators *v);

/**
 * precond_range_holds() - whether If-Range lets the Range count
 * @c: the request's fields; without If-Range the answer is true
 * @v: of the file now
 * @now: the time; a file changed in this very second has no strong date yet
 *	(RFC 9110 8.8.2.2)
 */
bool precond_range_holds(const struct conditions *c, const struct validators *v,
			 time_t now);

/** http_date_format() - "Sun, 06 Nov 1994 08:49:37 GMT"; empty on overflow */
void http_date_format(time_t when, char out[HTTP_DATE_SIZE]);

/** http_date_parse() - all three forms of RFC 9110 5.6.7; false if none fits */
bool http_date_parse(const char *text, time_t *when);

#endif /* SERVE_PRECOND_H */
