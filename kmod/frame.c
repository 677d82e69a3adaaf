// SPDX-License-Identifier: GPL-2.0
/* PURE: the arithmetic of cutting a byte stream into records. */
#include "frame.h"

/**
 * kseal_frame_look() - see whether the record at the head is complete
 * @frame: state; a header once read is not read again
 * @rec: the direction
 * @header: first bytes of the stream; read only when @avail reaches
 *	KSEAL_HEADER_SIZE and the header was not read before
 * @avail: bytes of the stream that have arrived
 *
 * Return: enum kseal_frame_state, or an error of kseal_record_parse().
 */
int kseal_frame_look(struct kseal_frame *frame, const struct kseal_record *rec,
		     const u8 *header, size_t avail)
{
	int err;

	if (!frame->full) {
		if (avail < KSEAL_HEADER_SIZE)
			return KSEAL_FRAME_HEADER;
		err = kseal_record_parse(rec, header, &frame->header);
		if (err)
			return err;
		frame->full = KSEAL_HEADER_SIZE + frame->header.body;
	}
	return avail < frame->full ? KSEAL_FRAME_PART : KSEAL_FRAME_WHOLE;
}

/**
 * kseal_frame_next() - the record at the head is done with
 * @frame: state, ready for the next header
 */
void kseal_frame_next(struct kseal_frame *frame)
{
	frame->full = 0;
}

/**
 * kseal_frame_missing() - bytes the record at the head still lacks
 * @frame: state
 * @avail: bytes of the stream that have arrived
 *
 * Return: 0 when it is complete; what the header lacks while that is not there.
 */
size_t kseal_frame_missing(const struct kseal_frame *frame, size_t avail)
{
	size_t want = frame->full ? frame->full : KSEAL_HEADER_SIZE;

	return avail < want ? want - avail : 0;
}
