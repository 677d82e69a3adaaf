/* SPDX-License-Identifier: GPL-2.0 */
/* All listeners: from the configuration, by another configuration, to the end. */
#ifndef KSEALD_FRONT_H
#define KSEALD_FRONT_H

#include <uv.h>

#include "activation.h"
#include "door.h"
#include "listener.h"
#include "proxy.h"

struct options;

/**
 * struct front - them, and what they share; the main thread's
 * @loop, @engine, @activation: filled before front_start()
 * @on_idle: called when nothing is under way any more, after front_stop()
 * @context: for it
 * @again: runs when something has to be looked at again
 * @limit: runs after front_stop()
 * @proxied: connections whose bytes move to a back end
 * @stopping: nothing new is taken
 * @closed: it has ended
 */
struct front {
	uv_loop_t *loop;
	struct engine *engine;
	struct activation *activation;
	void (*on_idle)(void *context);
	void *context;
	struct listeners listeners;
	struct doors doors;
	struct proxied_list proxied;
	uv_timer_t again;
	uv_timer_t limit;
	int stopping;
	int closed;
};

/**
 * front_start() - listen as the configuration says
 *
 * Logs what went wrong.
 *
 * Return: 0 or -errno.
 */
int front_start(struct front *front, const struct options *options);

/**
 * front_prepare() - open what another configuration needs more
 * @fresh: filled, for front_commit()
 *
 * Logs what went wrong. Nothing has changed then.
 *
 * Return: 0 or -errno.
 */
int front_prepare(struct front *front, const struct options *options, struct doors *fresh);

/**
 * front_commit() - go on with that configuration
 *
 * Connections that there are go on. Those to places that stand in both configurations
 * do not find them closed for a moment.
 */
void front_commit(struct front *front, const struct options *options, struct doors *fresh);

/** front_find() - the listener of that name; NULL for none */
struct listener *front_find(const struct front *front, const char *name);

/** front_set_doors() - open or close the doors of one listener */
void front_set_doors(struct front *front, const struct listener *listener, int open);

/** front_look_again() - settle all listeners in a moment */
void front_look_again(struct front *front);

/** front_settle_soon() - likewise, when the loop comes round */
void front_settle_soon(struct front *front);

/** front_settle() - something has ended: @on_idle is to be called if that was the last */
void front_settle(struct front *front);

/** front_is_idle() - nothing is under way */
int front_is_idle(const struct front *front);

/** front_proxied() - how many connections are proxied */
unsigned int front_proxied(const struct front *front);

/** front_stop() - take nothing new; proxied connections get @ms, then they are cut off */
void front_stop(struct front *front, unsigned int ms);

/** front_abort() - end it all at once */
void front_abort(struct front *front);

#endif /* KSEALD_FRONT_H */
