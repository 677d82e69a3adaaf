// SPDX-License-Identifier: GPL-2.0
/* Threads that do the work, each with a loop of its own. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "worker.h"

unsigned int workers_default(void)
{
	const unsigned int n = uv_available_parallelism();

	return n < WORKERS_MAX ? n : WORKERS_MAX;
}

/* ---- one thread --------------------------------------------------------- */

static void run_loop(void *arg)
{
	struct worker *worker = arg;

	uv_run(&worker->loop, UV_RUN_DEFAULT);
}

/* A thread names itself, which takes no file below /proc, as another one's name does. */
static void run_thread(void *arg)
{
	struct worker *worker = arg;
	char name[24];

	snprintf(name, sizeof(name), "kseald/%u", worker->number);
	pthread_setname_np(pthread_self(), name);
	run_loop(worker);
}

/* Its loop ends with that, once what else runs there has ended. */
static void close_down(void *context)
{
	struct worker *worker = context;

	mailbox_let_go(&worker->mailbox);
	mailbox_close(&worker->mailbox);
	relays_close(&worker->relays);
	tickets_close(&worker->tickets);
	watch_close(&worker->watch);
}

static int set_up(struct worker *worker)
{
	int ret = uv_loop_init(&worker->loop);

	if (ret)
		return ret;
	ret = watch_open(&worker->watch, &worker->loop);
	if (ret)
		goto close_loop;
	tickets_open(&worker->tickets, &worker->watch);
	ret = relays_open(&worker->relays, &worker->loop, &worker->watch);
	if (ret)
		goto close_watch;
	ret = mailbox_open(&worker->mailbox, &worker->loop);
	if (ret)
		goto close_relays;
	mailbox_hold(&worker->mailbox);
	worker->load = 0;
	return 0;

close_relays:
	relays_close(&worker->relays);
close_watch:
	watch_close(&worker->watch);
	uv_run(&worker->loop, UV_RUN_DEFAULT);
close_loop:
	uv_loop_close(&worker->loop);
	return ret;
}

static void tear_down(struct worker *worker)
{
	uv_loop_close(&worker->loop);
}

static int start(struct worker *worker, unsigned int number)
{
	int ret = set_up(worker);

	if (ret)
		return ret;
	worker->number = number;
	ret = uv_thread_create(&worker->thread, run_thread, worker);
	if (ret) {
		close_down(worker);
		run_loop(worker);
		tear_down(worker);
	}
	return ret;
}

/* ---- all of them -------------------------------------------------------- */

/* Signals are the main thread's. */
static int start_all(struct workers *workers, unsigned int count)
{
	sigset_t all, before;
	int ret = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	while (workers->count < count && !ret) {
		ret = start(&workers->list[workers->count], workers->count);
		if (!ret)
			workers->count++;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return ret;
}

int workers_start(struct workers *workers, unsigned int count)
{
	int ret;

	workers->count = 0;
	workers->list = calloc(count, sizeof(*workers->list));
	if (!workers->list)
		return -ENOMEM;
	ret = start_all(workers, count);
	if (ret)
		workers_stop(workers);
	return ret;
}

void workers_stop(struct workers *workers)
{
	struct worker *worker;
	unsigned int i;

	for (i = 0; i < workers->count; i++) {
		worker = &workers->list[i];
		worker_post(worker, &worker->stop, close_down, worker);
	}
	for (i = 0; i < workers->count; i++) {
		uv_thread_join(&workers->list[i].thread);
		tear_down(&workers->list[i]);
	}
	free(workers->list);
	workers->list = NULL;
	workers->count = 0;
}

struct worker *worker_take(struct workers *workers)
{
	struct worker *least = workers->list;
	unsigned int i;

	for (i = 1; i < workers->count; i++)
		if (workers->list[i].load < least->load)
			least = &workers->list[i];
	least->load++;
	return least;
}

void worker_give_back(struct worker *worker)
{
	worker->load--;
}

void worker_post(struct worker *worker, struct note *note, note_fn *run, void *context)
{
	mailbox_post(&worker->mailbox, note, run, context);
}
