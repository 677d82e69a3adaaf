/* SPDX-License-Identifier: GPL-2.0 */
/* Telling the service manager that every thread still does its work. */
#ifndef KSEALD_WATCHDOG_H
#define KSEALD_WATCHDOG_H

#include <uv.h>

#include "mailbox.h"
#include "worker.h"

struct watchdog;

/** struct probe - a note to a worker, which sends it back */
struct probe {
	struct note note;
	struct watchdog *watchdog;
};

/**
 * struct watchdog - the main thread's
 * @timer: when to ask the workers
 * @mailbox: of the main thread
 * @workers: each is sent one of @probes
 * @missing: those that are not back yet; none is sent until all are
 * @running: between watchdog_start() and watchdog_stop()
 */
struct watchdog {
	uv_timer_t timer;
	struct mailbox *mailbox;
	struct workers *workers;
	struct probe probes[WORKERS_MAX];
	unsigned int missing;
	int running;
};

/**
 * watchdog_start() - ping the service manager twice in the time it gives
 * @watchdog: mailbox and workers are filled before
 *
 * Does nothing if the service manager asks for no pings (sd_watchdog_enabled(3)). A ping
 * is sent when every worker has answered: one that hangs keeps it from being sent, and
 * the service manager restarts kseald.
 */
void watchdog_start(struct watchdog *watchdog, uv_loop_t *loop);

/** watchdog_stop() - no more of them; the loop runs once more afterwards */
void watchdog_stop(struct watchdog *watchdog);

#endif /* KSEALD_WATCHDOG_H */
