/* SPDX-License-Identifier: GPL-2.0 */
/* Helpers of the table-driven tests: failures name the row. */
#ifndef VECTORS_CHECK_H
#define VECTORS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define ROWS(table)	(sizeof(table) / sizeof((table)[0]))

static inline void check_num(const char *row, const char *what,
			     long long got, long long want)
{
	if (got != want)
		fail_msg("%s: %s is %lld, expected %lld", row, what, got, want);
}

static inline void check_bytes(const char *row, const char *what,
			       const uint8_t *got, const uint8_t *want, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (got[i] != want[i])
			fail_msg("%s: byte %zu of %s is %02x, expected %02x",
				 row, i, what, got[i], want[i]);
}

static inline int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c ? strchr(digits, c) : NULL;

	if (!p)
		fail_msg("'%c' is not a digit of a hexadecimal number", c);
	return p - digits;
}

/* Bytes of a hexadecimal string, in which blanks are for the reader only. */
static inline size_t unhex(const char *hex, uint8_t *out, size_t room)
{
	size_t n = 0;

	while (*hex) {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		if (n == room)
			fail_msg("a test vector does not fit %zu bytes", room);
		out[n++] = hex_digit(hex[0]) << 4 | hex_digit(hex[1]);
		hex += 2;
	}
	return n;
}

static inline void check_hex(const char *row, const char *what,
			     const uint8_t *got, size_t len, const char *hex)
{
	uint8_t want[512];

	check_num(row, what, len, unhex(hex, want, sizeof(want)));
	check_bytes(row, what, got, want, len);
}

/* splitmix64: the same numbers everywhere, so that a failing seed is enough. */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* One of 0 .. @below - 1. */
static inline size_t random_below(uint64_t *state, size_t below)
{
	return random_next(state) % below;
}

#endif /* VECTORS_CHECK_H */
