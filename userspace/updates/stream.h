/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes that look like random ones, and can be told again from their place. */
#ifndef UPDATES_STREAM_H
#define UPDATES_STREAM_H

#include <stddef.h>
#include <stdint.h>

/**
 * stream_fill() - what comes at that place
 * @seed: which stream
 * @at: bytes before it
 */
void stream_fill(uint64_t seed, uint64_t at, void *data, size_t size);

/** stream_check() - is that what comes there? Ends the program if not. */
void stream_check(uint64_t seed, uint64_t at, const void *data, size_t size);

#endif
