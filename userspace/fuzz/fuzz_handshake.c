// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/handshake.c with any stream in any records: KeyUpdates are found in the
 * records they end in, as a reader of the whole stream sees them, and in no
 * others.
 */
#include "fuzz.h"

#include "../../kmod/handshake.c"

enum { MESSAGES = 1024 };

/* Where the KeyUpdates of a stream end, in order. */
struct ends {
	size_t at[MESSAGES];
	size_t n;
};

/* One of a length it cannot have ends with its header, or with its one byte. */
static size_t message_size(const uint8_t *message)
{
	size_t body = (size_t)message[1] << 16 | message[2] << 8 | message[3];

	return message[0] == 24 && body > 1 ? 4 : 4 + body;
}

/* The stream at once, message after message. */
static void find_ends(struct ends *ends, const uint8_t *stream, size_t size)
{
	size_t at = 0, len;

	ends->n = 0;
	while (size - at >= 4) {
		len = message_size(stream + at);
		if (len > size - at)
			break;
		if (stream[at] == 24 && ends->n < MESSAGES)
			ends->at[ends->n++] = at + len;
		at += len;
	}
}

/* Is one of them in the record from @from to @to? */
static bool ends_in(const struct ends *ends, size_t from, size_t to)
{
	size_t i;

	for (i = 0; i < ends->n; i++)
		if (ends->at[i] > from && ends->at[i] <= to)
			return true;
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kseal_handshake hs = { 0 }, bytes = { 0 };
	struct input in = { data, size };
	struct ends ends;
	size_t from, to, i, step;
	bool found, bytewise;

	step = input_byte(&in);
	find_ends(&ends, in.data, in.size);
	if (ends.n == MESSAGES)
		return 0;
	for (from = 0; from < in.size; from = to) {
		/* records of no bytes as well */
		to = from + (step ? (from * 31 + step) % (step + 1) : in.size);
		if (to > in.size)
			to = in.size;
		found = kseal_handshake_feed(&hs, in.data + from, to - from);
		REQUIRE(found == ends_in(&ends, from, to));
		for (bytewise = false, i = from; i < to; i++)
			bytewise |= kseal_handshake_feed(&bytes, in.data + i, 1);
		REQUIRE(found == bytewise);
		REQUIRE(hs.have == bytes.have && hs.left == bytes.left);
		REQUIRE(hs.have <= KSEAL_HANDSHAKE_HEADER);
		if (to == from)
			step++;
	}
	return 0;
}
