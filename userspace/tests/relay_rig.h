/* SPDX-License-Identifier: GPL-2.0 */
/* Relays in a thread of their own, and sockets at their far ends, for tests. */
#ifndef RELAY_RIG_H
#define RELAY_RIG_H

#include <pthread.h>
#include <semaphore.h>

#include "relay.h"

enum rig_order { RIG_START, RIG_ABORT, RIG_STOP };

/**
 * struct rig - relays in a thread of their own, and the far ends of the last one
 * @wake: has the thread do what @order says
 * @ready: a relay has been started
 * @done: one has ended, @report says how
 * @setup: of the next one; rig_pairs() fills in its sockets
 * @client: the far end of the last one's client; -1 for none
 * @backend: likewise of its back end
 */
struct rig {
	uv_loop_t loop;
	struct watch watch;
	struct relays relays;
	uv_async_t wake;
	pthread_t thread;
	sem_t ready, done;
	struct relay_setup setup;
	struct relay *relay;
	struct relay_report report;
	enum rig_order order;
	int client, backend;
};

/** rig_set_up(), rig_tear_down() - one for each test: its state */
int rig_set_up(void **state);
int rig_tear_down(void **state);

/** rig_open() - without a relay yet */
void rig_open(struct rig *rig);

/** rig_close() - no relay may be left */
void rig_close(struct rig *rig);

/** rig_order() - have its thread start a relay by @setup, cut the last one off, or stop */
void rig_order(struct rig *rig, enum rig_order order);

/** rig_start() - start a relay, by @setup */
void rig_start(struct rig *rig);

/** rig_pairs() - sockets for the next one; @pair makes two that are connected */
void rig_pairs(struct rig *rig, void (*pair)(int pair[2]));

/** rig_connect() - both */
void rig_connect(struct rig *rig, void (*pair)(int pair[2]));

/** rig_await() - until one has ended */
void rig_await(struct rig *rig);

/** unix_pair() - two connected UNIX sockets */
void unix_pair(int pair[2]);

/** send_text(), expect_text() - all of @text, which has come */
void send_text(int fd, const char *text);
void expect_text(int fd, const char *text);

/** expect_end(), expect_reset() - what comes next */
void expect_end(int fd);
void expect_reset(int fd);

/** leave() - close it; it is -1 then */
void leave(int *end);

/** reset() - likewise, so that the other side sees a reset */
void reset(int *end);

#endif /* RELAY_RIG_H */
