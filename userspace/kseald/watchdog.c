// SPDX-License-Identifier: GPL-2.0
/*
 * Telling the service manager that every thread still does its work.
 *
 *	timer --> a probe to each worker --> each sends it back --> all are back: ping
 */
#include "notify.h"
#include "watchdog.h"

static void is_back(void *context)
{
	struct probe *probe = context;
	struct watchdog *watchdog = probe->watchdog;

	mailbox_let_go(watchdog->mailbox);
	if (!--watchdog->missing && watchdog->running)
		notify_watchdog();
}

static void send_back(void *context)
{
	struct probe *probe = context;

	mailbox_post(probe->watchdog->mailbox, &probe->note, is_back, probe);
}

static void ask(uv_timer_t *timer)
{
	struct watchdog *watchdog = timer->data;
	struct workers *workers = watchdog->workers;

	if (watchdog->missing)
		return;
	watchdog->missing = workers->count;
	for (unsigned int i = 0; i < workers->count; i++) {
		mailbox_hold(watchdog->mailbox);
		watchdog->probes[i].watchdog = watchdog;
		worker_post(&workers->list[i], &watchdog->probes[i].note, send_back,
			    &watchdog->probes[i]);
	}
}

void watchdog_start(struct watchdog *watchdog, uv_loop_t *loop)
{
	const unsigned int period = notify_watchdog_ms() / 2;

	watchdog->missing = 0;
	watchdog->running = period > 0;
	if (!watchdog->running)
		return;
	uv_timer_init(loop, &watchdog->timer);
	watchdog->timer.data = watchdog;
	uv_timer_start(&watchdog->timer, ask, 0, period);
	uv_unref((uv_handle_t *)&watchdog->timer);
}

void watchdog_stop(struct watchdog *watchdog)
{
	if (watchdog->running)
		uv_close((uv_handle_t *)&watchdog->timer, NULL);
	watchdog->running = 0;
}
