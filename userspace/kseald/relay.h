/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes between two sockets, moved inside the kernel: from a socket into a pipe and
 * from the pipe into the other socket, by splice(2).
 *
 * A struct relays and its relays belong to one loop and one thread.
 */
#ifndef KSEALD_RELAY_H
#define KSEALD_RELAY_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "pipes.h"
#include "watch.h"

struct relay;

LIST_HEAD(relay_list, relay);

/**
 * struct relays - what the relays of one loop share
 * @loop: runs them
 * @watch: of that loop
 * @retry: takes up those again that found no descriptors for a pipe
 * @null_fd: where bytes go that nobody wants
 * @pipes: for those that have bytes on their way
 * @list: all of them
 */
struct relays {
	uv_loop_t *loop;
	struct watch *watch;
	uv_timer_t retry;
	int null_fd;
	struct pipes pipes;
	struct relay_list list;
};

/** relays_open() - set @relays up; 0 or -errno */
int relays_open(struct relays *relays, uv_loop_t *loop, struct watch *watch);

/** relays_close() - let go of the loop; there are no relays any more */
void relays_close(struct relays *relays);

/**
 * struct relay_report - how a relay ended
 * @in: bytes that went to the back end
 * @out: bytes that went to the client
 * @ms: how long it took
 * @error: 0, both sides had their end; or an errno
 * @fault: it is the back end's
 * @how: likewise in words
 */
struct relay_report {
	uint64_t in;
	uint64_t out;
	uint64_t ms;
	int error;
	int fault;
	char how[160];
};

/**
 * relay_done_fn - a relay has ended, its sockets are closed
 * @owner: as given to relay_start()
 */
typedef void relay_done_fn(void *owner, const struct relay_report *report);

/**
 * struct relay_setup - what relay_start() is to do
 * @client: connected stream socket
 * @backend: the other one; -1 for none: what is there and comes from the client is
 *	dropped, for as long as it may take to see it off
 * @tls: the kernel seals and opens @client: the end of data is close_notify there
 * @error: without a back end: why there is none, an errno, and @how in words
 * @how: see @error
 * @idle_ms: it ends when nothing moved for so long; 0 never
 * @done: called once, not before relay_start() returns
 * @owner: for it
 */
struct relay_setup {
	int client;
	int backend;
	int tls;
	int error;
	const char *how;
	unsigned int idle_ms;
	relay_done_fn *done;
	void *owner;
};

/**
 * relay_start() - move bytes between two sockets until both directions have ended
 *
 * The sockets are the relay's from now on, in any case, and will not block.
 *
 * Return: it, valid until @setup->done is called; NULL when out of memory or of
 * what epoll may watch.
 */
struct relay *relay_start(struct relays *relays, const struct relay_setup *setup);

/** relay_abort() - end it at once; both ends see their connection break */
void relay_abort(struct relay *relay, const char *why);

#endif /* KSEALD_RELAY_H */
