/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEAL_FRAME_H
#define KSEAL_FRAME_H

#include "record.h"

/**
 * struct kseal_frame - where the record at the head of the stream ends
 * @header: its header, valid while @full is not 0
 * @full: bytes of the whole record with its header; 0 until the header is there
 */
struct kseal_frame {
	struct kseal_header header;
	u32 full;
};

/* What kseal_frame_look() found; an error is a negative errno. */
enum kseal_frame_state {
	KSEAL_FRAME_HEADER,	/* not even the header is there */
	KSEAL_FRAME_PART,	/* the header, not the whole body */
	KSEAL_FRAME_WHOLE,	/* ready to be opened */
};

int kseal_frame_look(struct kseal_frame *frame, const struct kseal_record *rec,
		     const u8 *header, size_t avail);
void kseal_frame_next(struct kseal_frame *frame);
size_t kseal_frame_missing(const struct kseal_frame *frame, size_t avail);

#endif /* KSEAL_FRAME_H */
