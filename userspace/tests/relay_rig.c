// SPDX-License-Identifier: GPL-2.0
/* Relays in a thread of their own, for tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>

#include "relay_rig.h"

enum { READY_MS = 20000 };

static void on_done(void *owner, const struct relay_report *report)
{
	struct rig *rig = owner;

	rig->report = *report;
	sem_post(&rig->done);
}

static void on_wake(uv_async_t *wake)
{
	struct rig *rig = wake->data;

	switch (rig->order) {
	case RIG_START:
		rig->relay = relay_start(&rig->relays, &rig->setup);
		sem_post(&rig->ready);
		break;
	case RIG_ABORT:
		relay_abort(rig->relay, "a test");
		break;
	default:
		relays_close(&rig->relays);
		watch_close(&rig->watch);
		uv_close((uv_handle_t *)wake, NULL);
	}
}

static void *run(void *arg)
{
	struct rig *rig = arg;

	uv_run(&rig->loop, UV_RUN_DEFAULT);
	return NULL;
}

void rig_order(struct rig *rig, enum rig_order order)
{
	rig->order = order;
	uv_async_send(&rig->wake);
}

void rig_open(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	rig->client = rig->backend = -1;
	uv_loop_init(&rig->loop);
	assert_int_equal(watch_open(&rig->watch, &rig->loop), 0);
	assert_int_equal(relays_open(&rig->relays, &rig->loop, &rig->watch), 0);
	uv_async_init(&rig->loop, &rig->wake, on_wake);
	rig->wake.data = rig;
	sem_init(&rig->ready, 0, 0);
	sem_init(&rig->done, 0, 0);
	assert_int_equal(pthread_create(&rig->thread, NULL, run, rig), 0);
}

void rig_start(struct rig *rig)
{
	rig->setup.done = on_done;
	rig->setup.owner = rig;
	rig_order(rig, RIG_START);
	sem_wait(&rig->ready);
	assert_non_null(rig->relay);
}

void rig_pairs(struct rig *rig, void (*pair)(int pair[2]))
{
	int ends[2];

	pair(ends);
	rig->client = ends[0];
	rig->setup.client = ends[1];
	pair(ends);
	rig->backend = ends[0];
	rig->setup.backend = ends[1];
}

void rig_connect(struct rig *rig, void (*pair)(int pair[2]))
{
	rig_pairs(rig, pair);
	rig_start(rig);
}

void rig_await(struct rig *rig)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += READY_MS / 1000;
	assert_int_equal(sem_timedwait(&rig->done, &limit), 0);
}

void leave(int *end)
{
	if (*end >= 0)
		close(*end);
	*end = -1;
}

void rig_close(struct rig *rig)
{
	leave(&rig->client);
	leave(&rig->backend);
	rig_order(rig, RIG_STOP);
	pthread_join(rig->thread, NULL);
	assert_null(LIST_FIRST(&rig->relays.list));
	assert_int_equal(uv_loop_close(&rig->loop), 0);
}

void unix_pair(int pair[2])
{
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
}

void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

void expect_text(int fd, const char *text)
{
	char buf[64];

	assert_true(strlen(text) < sizeof(buf));
	assert_int_equal(recv(fd, buf, strlen(text), MSG_WAITALL), strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

void expect_end(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

void expect_reset(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
}

void reset(int *end)
{
	const struct linger linger = { .l_onoff = 1 };

	assert_int_equal(setsockopt(*end, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	leave(end);
}

int rig_set_up(void **state)
{
	*state = malloc(sizeof(struct rig));
	assert_non_null(*state);
	rig_open(*state);
	return 0;
}

int rig_tear_down(void **state)
{
	rig_close(*state);
	free(*state);
	return 0;
}
