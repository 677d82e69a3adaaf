// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/frame.c with any stream in any pieces: the records, and the error that
 * ends them, are those of the same stream seen whole.
 */
#include "fuzz.h"

#include "../../kmod/frame.c"
#include "../../kmod/record.c"
#include "../../kmod/suite.c"

enum { PIECES = 32 };

/* Where reading has come to; two equal ones have seen the same records. */
struct progress {
	size_t at;		/* start of the record at the head */
	size_t records;
	uint64_t sum;		/* of all headers taken */
	int err;
};

static void take(struct progress *p, struct kseal_frame *frame,
		 const struct kseal_record *rec, const uint8_t *stream, size_t avail)
{
	int state;

	while ((state = kseal_frame_look(frame, rec, stream + p->at, avail - p->at)) ==
	       KSEAL_FRAME_WHOLE) {
		const struct kseal_header *h = &frame->header;

		REQUIRE(frame->full == (u32)KSEAL_HEADER_SIZE + h->body);
		REQUIRE(frame->full <= avail - p->at);
		REQUIRE(kseal_frame_missing(frame, avail - p->at) == 0);
		p->sum = p->sum * 1000003 + (h->type << 16) + h->body + h->content;
		p->records++;
		p->at += frame->full;
		kseal_frame_next(frame);
	}
	if (state < 0) {
		p->err = state;
		REQUIRE(!frame->full);
		return;
	}
	REQUIRE(kseal_frame_missing(frame, avail - p->at) > 0);
	REQUIRE((state == KSEAL_FRAME_HEADER) == (avail - p->at < KSEAL_HEADER_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kseal_frame frame = { .full = 0 }, whole_frame = { .full = 0 };
	struct progress pieces = { 0 }, whole = { 0 };
	struct input in = { data, size };
	uint8_t info[KSEAL_INFO_MAX] = { 0 };
	struct kseal_record rec;
	size_t avail = 0, n, piece[PIECES], count;

	input_direction(&in, &rec, info);
	count = input_byte(&in) % PIECES;
	for (n = 0; n < count; n++) {
		piece[n] = input_byte(&in);
		if (piece[n] >= 32)	/* also those of a large segment */
			piece[n] *= 64;
	}
	for (n = 0; n <= count && !pieces.err; n++) {
		if (n == count || piece[n] > in.size - avail)
			avail = in.size;
		else
			avail += piece[n];
		take(&pieces, &frame, &rec, in.data, avail);
	}
	take(&whole, &whole_frame, &rec, in.data, in.size);
	REQUIRE(pieces.records == whole.records && pieces.sum == whole.sum);
	REQUIRE(pieces.at == whole.at && pieces.err == whole.err);
	REQUIRE(frame.full == whole_frame.full);
	return 0;
}
