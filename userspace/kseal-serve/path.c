// SPDX-License-Identifier: GPL-2.0
/*
 * Request targets to paths and back. PURE: no system calls.
 *
 * Decoding comes first and judging second, so that no spelling of ".." is
 * overlooked; and each byte is decoded once, so that "%252e" stays "%2e".
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "path.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte that the escape at @at, a '%', stands for. */
static int decode_escape(const char *at, const char *end)
{
	int high, low;

	if (end - at < 3)
		return -EINVAL;
	high = hex_digit(at[1]);
	low = hex_digit(at[2]);
	if (high < 0 || low < 0)
		return -EINVAL;
	return high << 4 | low;
}

/* Appends the segment [at, end) to rel[], which has *len bytes so far. */
static int add_segment(struct serve_path *path, size_t *len, const char *at,
		       const char *end)
{
	size_t start = *len ? *len + 1 : 0, pos = start;
	int byte;

	while (at < end) {
		byte = (unsigned char)*at;
		if (byte == '%') {
			byte = decode_escape(at, end);
			if (byte < 0)
				return byte;
			if (byte == '/' || byte == '\0')
				return -EINVAL;
			at += 2;
		}
		at++;
		if (pos >= sizeof(path->rel) - 1)
			return -ENAMETOOLONG;
		path->rel[pos++] = byte;
	}

	path->is_dir = pos == start ||
		       (pos == start + 1 && path->rel[start] == '.');
	if (path->is_dir)
		return 0;
	if (pos == start + 2 && !memcmp(path->rel + start, "..", 2))
		return -EACCES;
	if (start)
		path->rel[start - 1] = '/';
	*len = pos;
	return 0;
}

/* Skips "https://authority" of absolute-form; the path may be empty then. */
static const char *skip_authority(const char *target)
{
	const char *authority = NULL;

	if (!strncasecmp(target, "https://", 8))
		authority = target + 8;
	else if (!strncasecmp(target, "http://", 7))
		authority = target + 7;
	if (!authority)
		return target;
	return authority + strcspn(authority, "/?#");
}

int path_from_target(const char *target, struct serve_path *path)
{
	const char *at = skip_authority(target), *stop, *end;
	size_t len = 0;
	int err;

	if (at == target && *at != '/')
		return -EINVAL;

	stop = at + strcspn(at, "?#");
	path->is_dir = true;
	while (at < stop) {
		at++;
		end = memchr(at, '/', stop - at);
		if (!end)
			end = stop;
		err = add_segment(path, &len, at, end);
		if (err)
			return err;
		at = end;
	}
	path->rel[len] = '\0';
	return 0;
}

/* RFC 3986 2.3, and the slash. */
static bool stands_for_itself(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || (c && strchr("-._~/", c));
}

int path_encode(const char *path, char *out, size_t size)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t pos = 0;
	unsigned char c;

	for (; *path; path++) {
		if (size < 4 || pos > size - 4)
			return -ENAMETOOLONG;
		c = *path;
		if (stands_for_itself(*path)) {
			out[pos++] = c;
			continue;
		}
		out[pos++] = '%';
		out[pos++] = digits[c >> 4];
		out[pos++] = digits[c & 15];
	}
	if (pos >= size)
		return -ENAMETOOLONG;
	out[pos] = '\0';
	return pos;
}
