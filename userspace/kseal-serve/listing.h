/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_LISTING_H
#define SERVE_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

/** struct listing_entry - one row of a directory's page */
struct listing_entry {
	char *name;
	bool is_dir;
	uint64_t size;
	time_t mtime;
};

/**
 * listing_html() - a directory as a page
 * @path: of the directory below the served one, without slashes at its ends
 * @entries: sorted in place, directories first, then by name
 * @count: how many
 * @length: set to the page's length
 *
 * Names are any bytes: percent-encoded in links, and in text escaped, with
 * what is not UTF-8 replaced.
 *
 * Return: the page, to be freed with free(); NULL when out of memory.
 */
char *listing_html(const char *path, struct listing_entry *entries,
		   size_t count, size_t *length);

#endif /* SERVE_LISTING_H */
