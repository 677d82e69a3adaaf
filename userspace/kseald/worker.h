/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Threads that do the work, each with a loop of its own.
 *
 * The main thread accepts programs, reads what they want and answers them. What
 * takes time or lasts, it gives to a worker:
 *
 *	main thread				worker's thread
 *	worker_take(): the least busy one
 *	mailbox_hold() its own mailbox
 *	worker_post(worker, note) ------------> run(context): from here on it may
 *						use worker->loop, watch and relays
 *	run(context) <------------------------- mailbox_post() to the main mailbox,
 *						when its handles are closed
 *	worker_give_back()
 *	mailbox_let_go()
 *
 * Data is handed over with the note: whoever has posted it does not touch it until
 * it is back. To have something ended before its time, the main thread posts a
 * second note, which the worker answers as well, so that the memory is freed when
 * both are back: handshake.c does so.
 */
#ifndef KSEALD_WORKER_H
#define KSEALD_WORKER_H

#include <uv.h>

#include "mailbox.h"
#include "relay.h"
#include "tickets.h"
#include "watch.h"

enum {
	WORKERS_MAX = 256,
};

/**
 * struct worker - one thread
 * @loop, @watch, @relays, @tickets: for whatever runs on its thread
 * @mailbox: for others to have something run there
 * @number: from 0: its thread is called kseald/NUMBER
 * @load: how much it has been given; the main thread's
 */
struct worker {
	uv_thread_t thread;
	uv_loop_t loop;
	struct watch watch;
	struct relays relays;
	struct tickets tickets;
	struct mailbox mailbox;
	struct note stop;
	unsigned int number;
	unsigned int load;
};

/** struct workers - all of them; the main thread's */
struct workers {
	struct worker *list;
	unsigned int count;
};

/** workers_default() - as many as this process may use processors, at most WORKERS_MAX */
unsigned int workers_default(void);

/**
 * workers_start() - start @count threads, which block all signals
 *
 * They have the privileges and filters that the calling thread has now.
 *
 * Return: 0 or -errno; then there are none.
 */
int workers_start(struct workers *workers, unsigned int count);

/** workers_stop() - end them and wait for it; whatever they were given has come back */
void workers_stop(struct workers *workers);

/** worker_take() - the one with the least to do, which has one thing more from now on */
struct worker *worker_take(struct workers *workers);

/** worker_give_back() - and one less */
void worker_give_back(struct worker *worker);

/** worker_post() - have @run called with @context on its thread, see mailbox_post() */
void worker_post(struct worker *worker, struct note *note, note_fn *run, void *context);

#endif /* KSEALD_WORKER_H */
