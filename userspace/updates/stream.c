// SPDX-License-Identifier: GPL-2.0
/* Bytes that look like random ones: splitmix64 of the number of each eight. */
#include <err.h>
#include <string.h>

#include "stream.h"

static uint64_t word(uint64_t seed, uint64_t number)
{
	uint64_t z = seed + (number + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

void stream_fill(uint64_t seed, uint64_t at, void *data, size_t size)
{
	uint8_t *out = data;
	size_t skip, n;
	uint64_t w;

	for (; size; out += n, at += n, size -= n) {
		w = word(seed, at / sizeof(w));
		skip = at % sizeof(w);
		n = sizeof(w) - skip < size ? sizeof(w) - skip : size;
		memcpy(out, (uint8_t *)&w + skip, n);
	}
}

void stream_check(uint64_t seed, uint64_t at, const void *data, size_t size)
{
	const uint8_t *got = data;
	uint8_t wanted[4096];
	size_t n;

	for (; size; got += n, at += n, size -= n) {
		n = size < sizeof(wanted) ? size : sizeof(wanted);
		stream_fill(seed, at, wanted, n);
		if (memcmp(got, wanted, n))
			errx(1, "other bytes than were sent, in the %zu from %llu on", n,
			     (unsigned long long)at);
	}
}
