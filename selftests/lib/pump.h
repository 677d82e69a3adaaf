/* SPDX-License-Identifier: GPL-2.0 */
/* The test stream through a link, both ways at once, by many kinds of calls. */
#ifndef KT_PUMP_H
#define KT_PUMP_H

#include "kt.h"

/** enum kt_way - how the end under test reads, or writes */
enum kt_way {
	KT_BY_RECV,		/* blocking, a record at a time at the most */
	KT_BY_SMALL_RECV,	/* blocking, in small pieces */
	KT_BY_WAITALL,		/* blocking, several records in a call */
	KT_BY_PEEK,		/* looks before it takes */
	KT_BY_SPLICE,		/* through a pipe */
	KT_BY_POLL,		/* never blocks, asks poll(2) */
	KT_BY_EDGES,		/* never blocks, waits for edges of epoll(7) */
	KT_BY_SENDFILE,		/* writing only */
	KT_NEVER,		/* that direction rests */
};

/**
 * kt_pump() - @len bytes of the stream in each direction
 * @in: how the end under test reads what the plain one sends in 16 KiB records
 * @out: how it writes
 *
 * Return: 0 when all came through, in order, in both.
 */
int kt_pump(struct kt_link *link, size_t len, enum kt_way in, enum kt_way out);

#endif /* KT_PUMP_H */
