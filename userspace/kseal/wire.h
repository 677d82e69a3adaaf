/* SPDX-License-Identifier: GPL-2.0 */
/* Bytes of a peer, read strictly: what is not there is an error, never a guess. */
#ifndef KSEAL_WIRE_H
#define KSEAL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * struct wire - a part of a message
 * @at, @left: what is still unread
 * @bad: set by whoever reads more than there is; all parts of a message share it
 *
 * Reading past the end gives zeros and leaves nothing unread, so that loops end.
 */
struct wire {
	const uint8_t *at;
	size_t left;
	bool *bad;
};

/** wire_take() - the next @size bytes; NULL and bad when there are fewer. */
const uint8_t *wire_take(struct wire *wire, size_t size);

/** wire_number() - the next number of @bytes bytes, 1 to 4. */
uint32_t wire_number(struct wire *wire, size_t bytes);

/** wire_vector() - the part behind its own length in @bytes bytes (RFC 8446 3.4). */
struct wire wire_vector(struct wire *wire, size_t bytes);

/** wire_end() - nothing may be left. */
void wire_end(struct wire *wire);

#endif /* KSEAL_WIRE_H */
