/* SPDX-License-Identifier: GPL-2.0 */
/* What a relay is made of: two ends, and a flow each way. */
#ifndef KSEALD_FLOW_H
#define KSEALD_FLOW_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "relay.h"

enum flow_state {
	FLOWING,			/* from its source into its sink */
	ENDING,				/* the source has ended: empty the pipe, tell the sink */
	ENDED,				/* the sink knows */
};

/**
 * struct end - one of a relay's sockets
 * @fd: -1 when there is none
 * @tls: sealed and opened by the kernel
 * @by_kernel: which takes what is not data as well: 0 bytes are close_notify there
 * @hung: both its directions have ended; it is watched no more, for that would be told
 *	again and again
 */
struct end {
	struct relay *relay;
	struct watched watched;
	int fd;
	int tls;
	int by_kernel;
	int hung;
};

/**
 * struct flow - one direction
 * @pipe: bytes on their way; -1 while there are none
 * @held: how many
 * @bytes: that reached @to
 * @dropping: they reach nobody
 * @wants_read: @from has nothing just now
 * @wants_write: @to takes nothing just now
 * @starved: there was no pipe to be had
 */
struct flow {
	struct end *from, *to;
	enum flow_state state;
	int pipe[2];
	size_t held;
	uint64_t bytes;
	int dropping;
	int wants_read;
	int wants_write;
	int starved;
};

/**
 * struct relay - one of them
 * @in: to the back end
 * @out: to the client
 * @moved: when bytes last arrived at either end, in the loop's time
 * @over: it has ended: there are no sockets, and nothing but its memory is left
 * @report: error and how are those of the first failure
 */
struct relay {
	LIST_ENTRY(relay) link;
	struct relays *relays;
	uv_timer_t timer;
	struct end client, backend;
	struct flow in, out;
	uint64_t started;
	uint64_t moved;
	unsigned int idle_ms;
	int over;
	struct relay_report report;
	relay_done_fn *done;
	void *owner;
};

/**
 * flow_pump() - move what can be moved without waiting
 *
 * What it waits for then is in @flow. The relay may be over afterwards.
 */
void flow_pump(struct flow *flow);

/** flow_close() - let go of its pipe and what is in it */
void flow_close(struct flow *flow);

/* ---- relay.c ------------------------------------------------------------ */

/** relay_end_failed() - reading or writing @end did, with @error, in words @what */
void relay_end_failed(struct end *end, int error, const char *what);

/** relay_truncated() - a TLS client's connection has ended, but not its data */
void relay_truncated(struct relay *relay);

/** relay_flow_ended() - @flow is ENDED now */
void relay_flow_ended(struct flow *flow);

/** relay_resume() - try flows that found no pipe again */
void relay_resume(struct relay *relay);

/* ---- relays.c ----------------------------------------------------------- */

/** relays_starved() - have relay_resume() called for all, later */
void relays_starved(struct relays *relays);

#endif /* KSEALD_FLOW_H */
