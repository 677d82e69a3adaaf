// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/handshake.c in kernel-control mode: whatever the peer sends behind the handshake,
 * and wherever it cuts it, each message has the verdict that a reader of the whole
 * stream comes to, where it ends, and nothing behind a fatal one is looked at.
 */
#include <linux/kseal.h>

#include "fuzz.h"

#include "../../kmod/handshake.c"

enum { VERDICTS = 1024 };

/* Verdicts, and behind how many bytes each is there. */
struct verdicts {
	int verdict[VERDICTS];
	size_t at[VERDICTS];
	size_t n;
};

static void add(struct verdicts *verdicts, int verdict, size_t at)
{
	verdicts->verdict[verdicts->n] = verdict;
	verdicts->at[verdicts->n++] = at;
}

/* What @type, and a length once that is known, come to: below 0 the end; 0 its content
 * counts. RFC 8446 4.6, RFC 5246 7.4.1.
 */
static int refused(bool tls13, uint8_t roles, uint8_t type, const uint32_t *len)
{
	if (tls13 && type == 24)
		return len && *len != 1 ? -KSEAL_END_DECODE : 0;
	if (tls13 && type == 4 && roles & KSEAL_ROLE_CLIENT)
		return len && (*len < 14 || *len > 4 + 4 + 256 + 65537 + 65536) ?
			       -KSEAL_END_DECODE : 0;
	if (!tls13 && type == 0 && roles & KSEAL_ROLE_CLIENT)
		return len && *len ? -KSEAL_END_DECODE : 0;
	if (!tls13 && type == 1 && roles & KSEAL_ROLE_SERVER)
		return -KSEAL_END_RENEGOTIATION;
	return -KSEAL_END_UNEXPECTED;
}

static int asks_for(uint8_t type, uint8_t last)
{
	if (type == 0)
		return KSEAL_HELLO;
	if (type == 4)
		return KSEAL_TICKET;
	if (last > 1)
		return -KSEAL_END_PARAMETER;
	return last ? KSEAL_UPDATE_REQUESTED : KSEAL_UPDATE;
}

/* The stream at once, message after message, until one ends the connection. */
static void read_whole(struct verdicts *verdicts, bool tls13, uint8_t roles,
		       const uint8_t *stream, size_t size)
{
	size_t at = 0;
	uint32_t len;
	int verdict;

	while (at < size && verdicts->n < VERDICTS) {
		verdict = refused(tls13, roles, stream[at], NULL);
		if (verdict)
			return add(verdicts, verdict, at + 1);
		if (size - at < 4)
			return;
		len = (uint32_t)stream[at + 1] << 16 | stream[at + 2] << 8 | stream[at + 3];
		verdict = refused(tls13, roles, stream[at], &len);
		if (verdict)
			return add(verdicts, verdict, at + 4);
		if (len > size - at - 4)
			return;
		verdict = asks_for(stream[at], stream[at + 3 + len]);
		at += 4 + len;
		add(verdicts, verdict, at);
		if (verdict < 0)
			return;
	}
}

/* The same by the module, in parts that @step makes; no part is empty, nor are records. */
static void judge_parts(struct verdicts *verdicts, bool tls13, uint8_t roles, size_t step,
			const uint8_t *stream, size_t size)
{
	struct kseal_handshake hs = { 0 };
	size_t from, to, used;
	int verdict;

	for (from = 0; from < size; from = to) {
		to = from + (step ? 1 + (from * 31 + step) % step : size);
		if (to > size)
			to = size;
		for (; from < to; from += used) {
			verdict = kseal_handshake_judge(&hs, tls13 ? TLS_1_3_VERSION : TLS_1_2_VERSION,
							roles, stream + from, to - from, &used);
			REQUIRE(used && used <= to - from);
			REQUIRE(hs.have <= KSEAL_HANDSHAKE_HEADER);
			if (verdict == KSEAL_PASS) {
				REQUIRE(used == to - from);
				continue;
			}
			if (verdicts->n == VERDICTS)
				return;
			add(verdicts, verdict, from + used);
			if (verdict < 0)
				return;
		}
	}
}

static void require_same(const struct verdicts *a, const struct verdicts *b)
{
	size_t i;

	REQUIRE(a->n == b->n);
	for (i = 0; i < a->n; i++)
		REQUIRE(a->verdict[i] == b->verdict[i] && a->at[i] == b->at[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct verdicts whole, parts;
	struct input in = { data, size };
	const uint8_t pick = input_byte(&in);
	const bool tls13 = pick & 1;
	const uint8_t roles = 1 + (pick >> 1) % 3;
	const size_t steps[] = { 0, 1, input_byte(&in) };
	size_t i;

	whole.n = 0;
	read_whole(&whole, tls13, roles, in.data, in.size);
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		parts.n = 0;
		judge_parts(&parts, tls13, roles, steps[i], in.data, in.size);
		require_same(&whole, &parts);
	}
	return 0;
}
