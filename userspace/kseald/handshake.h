/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handshakes side by side in one event loop.
 *
 * An engine belongs to one loop and one thread, and so do its credentials.
 */
#ifndef KSEALD_HANDSHAKE_H
#define KSEALD_HANDSHAKE_H

#include <sys/queue.h>
#include <uv.h>

#include "kseal.h"
#include "tls.h"

struct credentials;
struct handshake;
struct kseald_request;

LIST_HEAD(handshakes, handshake);

/**
 * struct engine - what the handshakes of one loop share
 * @loop: runs it
 * @poll: watches @epoll_fd
 * @epoll_fd: watches the sockets. They are not given to libuv, which would
 *	make them non-blocking for the programs they belong to as well.
 * @credentials: for those that begin; may be replaced at any time, and what was there
 *	before is then released by its last handshake, or at once if it has none
 * @timeout_ms: limit for one handshake
 * @sizing: of the kernel's records
 * @limit: how many there may be
 * @active: how many there are
 */
struct engine {
	uv_loop_t *loop;
	uv_poll_t poll;
	int epoll_fd;
	struct credentials *credentials;
	unsigned int timeout_ms;
	struct kseal_record_sizing sizing;
	unsigned int limit;
	unsigned int active;
};

/**
 * handshake_done_fn - a handshake has ended
 * @owner: as given to handshake_begin()
 * @result: valid during the call; result->fd belongs to the callee
 */
typedef void handshake_done_fn(void *owner, struct kseal_result *result);

/** struct handshake - one of them, a member of its owner's list */
struct handshake {
	LIST_ENTRY(handshake) link;
	struct engine *engine;
	struct credentials *credentials;
	uv_timer_t timer;
	unsigned int timeout_ms;
	uint32_t events;
	struct tls tls;
	struct kseal_result result;
	handshake_done_fn *done;
	void *owner;
};

/** engine_start() - set @engine up; 0 or -errno. Members are filled before. */
int engine_start(struct engine *engine);

/** engine_replace() - other credentials for the handshakes that begin from now on */
void engine_replace(struct engine *engine, struct credentials *credentials);

/** engine_stop() - let go of the loop; there are no handshakes any more */
void engine_stop(struct engine *engine);

/**
 * handshake_begin() - take on one socket
 * @id: for the result
 * @fd: the engine's from now on, in any case
 * @list: the owner's, where the handshake stays until it ends
 * @done: called exactly once unless the handshake is cancelled, perhaps before
 *	this function returns
 */
void handshake_begin(struct engine *engine, uint32_t id, int fd,
		     const struct kseald_request *request,
		     struct handshakes *list, handshake_done_fn *done,
		     void *owner);

/** handshake_cancel() - give it up: the socket is closed, nobody is told */
void handshake_cancel(struct handshake *handshake);

#endif /* KSEALD_HANDSHAKE_H */
