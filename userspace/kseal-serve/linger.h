/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_LINGER_H
#define SERVE_LINGER_H

#include <pthread.h>
#include <stdbool.h>
#include <uv.h>

/**
 * struct lingering - connections that HTTP is done with and TCP is not
 * @loop: runs them
 * @wake: rouses @loop
 * @lock: protects @fresh
 * @fresh: given by linger_add(), not yet seen by @loop
 * @active: count of those that @loop runs; only @loop's thread looks
 * @on_empty: called in @loop when @active falls to 0; may be NULL
 * @data: for @on_empty
 */
struct lingering {
	uv_loop_t *loop;
	uv_async_t wake;
	pthread_mutex_t lock;
	struct linger_socket *fresh;
	unsigned int active;
	void (*on_empty)(void *data);
	void *data;
};

/** linger_init() - set up; Return: 0 or -errno */
int linger_init(struct lingering *linger, uv_loop_t *loop);

/**
 * linger_add() - end a connection decently; may be called from any thread
 * @linger: the set
 * @fd: its socket; the caller closes its own, the set keeps a duplicate
 * @goodbye: send close_notify first
 *
 * A socket closed while the client still sends is reset by TCP, and a reset
 * makes the client's kernel throw away what it has not read of the response.
 * So: close_notify, FIN, then read until the client closes or 2 s have passed.
 */
void linger_add(struct lingering *linger, int fd, bool goodbye);

/** linger_flush() - take in what linger_add() was given, without waiting */
void linger_flush(struct lingering *linger);

#endif /* SERVE_LINGER_H */
