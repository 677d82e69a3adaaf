// SPDX-License-Identifier: GPL-2.0
/* Bytes of a peer, read strictly. */
#include "wire.h"

static void fail(struct wire *wire)
{
	*wire->bad = true;
	wire->left = 0;
}

const uint8_t *wire_take(struct wire *wire, size_t size)
{
	const uint8_t *at = wire->at;

	if (size > wire->left) {
		fail(wire);
		return NULL;
	}
	wire->at += size;
	wire->left -= size;
	return at;
}

uint32_t wire_number(struct wire *wire, size_t bytes)
{
	const uint8_t *at = wire_take(wire, bytes);
	uint32_t value = 0;

	while (at && bytes--)
		value = value << 8 | *at++;
	return value;
}

struct wire wire_vector(struct wire *wire, size_t bytes)
{
	struct wire part = { .bad = wire->bad };
	size_t size = wire_number(wire, bytes);

	part.at = wire_take(wire, size);
	if (part.at)
		part.left = size;
	return part;
}

void wire_end(struct wire *wire)
{
	if (wire->left)
		fail(wire);
}
