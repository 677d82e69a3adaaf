// SPDX-License-Identifier: GPL-2.0
/* What JSON makes of words (RFC 8259 7). */
#include <stdint.h>

#include "json.h"

enum { REPLACEMENT = 0xfffd };

/* How many bytes follow a first one, and the bits it gives; -1 none begins so. */
static int begin(uint8_t byte, uint32_t *point)
{
	if (byte >= 0xc2 && byte < 0xe0) {
		*point = byte & 0x1f;
		return 1;
	}
	if (byte >= 0xe0 && byte < 0xf0) {
		*point = byte & 0x0f;
		return 2;
	}
	if (byte >= 0xf0 && byte < 0xf5) {
		*point = byte & 0x07;
		return 3;
	}
	return -1;
}

/* Takes one character beyond ASCII off the text; what is none is one byte of it. */
static uint32_t decode(const uint8_t **at, const uint8_t *end)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const uint8_t *next = *at + 1;
	uint32_t point;
	int i, more = begin(**at, &point);

	*at = next;
	if (more < 0 || end - next < more)
		return REPLACEMENT;
	for (i = 0; i < more; i++) {
		if ((next[i] & 0xc0) != 0x80)
			return REPLACEMENT;
		point = point << 6 | (next[i] & 0x3f);
	}
	if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000))
		return REPLACEMENT;
	*at = next + more;
	return point;
}

static void put_escape(FILE *out, uint32_t point)
{
	if (point >= 0x10000) {
		point -= 0x10000;
		fprintf(out, "\\u%04x", 0xd800 + (point >> 10));
		point = 0xdc00 + (point & 0x3ff);
	}
	fprintf(out, "\\u%04x", point);
}

void json_string(FILE *out, const void *text, size_t len)
{
	const uint8_t *at = text, *end = at + len;

	fputc('"', out);
	while (at < end) {
		if (*at >= 0x80) {
			put_escape(out, decode(&at, end));
			continue;
		}
		if (*at == '"' || *at == '\\')
			fprintf(out, "\\%c", *at);
		else if (*at < ' ' || *at == 0x7f)
			put_escape(out, *at);
		else
			fputc(*at, out);
		at++;
	}
	fputc('"', out);
}
