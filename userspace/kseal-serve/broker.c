// SPDX-License-Identifier: GPL-2.0
/*
 * kseald, as kseal-serve sees it.
 *
 * CONNECTED -> (its socket ends) -> LOST -> (timer, connect) -> CONNECTED
 *
 * While it is lost nothing is accepted: clients wait in the kernel's queue, and
 * a restart of kseald costs them time, not errors. Handshakes that were under
 * way end with kseald, which held the only other descriptor of their sockets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "log.h"

#define RETRY_MS	200

static void on_event(uv_poll_t *poll, int status, int events);

static const char *path_of(const struct broker *broker)
{
	return broker->path ? broker->path : KSEAL_BROKER_PATH;
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void drop(struct broker *broker)
{
	if (broker->poll) {
		uv_poll_stop(broker->poll);
		uv_close((uv_handle_t *)broker->poll, free_handle);
		broker->poll = NULL;
	}
	if (broker->handle)
		kseal_broker_close(broker->handle);
	broker->handle = NULL;
	if (broker->held >= 0)
		close(broker->held);
	broker->held = -1;
	broker->pending = 0;
}

static int watch(struct broker *broker)
{
	return uv_poll_start(broker->poll, UV_READABLE, on_event);
}

static int try_connect(struct broker *broker)
{
	int err;

	err = kseal_broker_open(broker->path, &broker->handle);
	if (err) {
		broker->handle = NULL;
		return err;
	}
	broker->poll = calloc(1, sizeof(*broker->poll));
	if (!broker->poll) {
		drop(broker);
		return -ENOMEM;
	}
	err = uv_poll_init(broker->retry.loop, broker->poll,
			   kseal_broker_fd(broker->handle));
	if (err) {
		free(broker->poll);
		broker->poll = NULL;
		drop(broker);
		return err;
	}
	broker->poll->data = broker;
	err = watch(broker);
	if (err)
		drop(broker);
	return err;
}

static void on_retry(uv_timer_t *timer)
{
	struct broker *broker = timer->data;

	if (try_connect(broker))
		return;
	uv_timer_stop(timer);
	broker->lost = false;
	log_note("kseald is back on %s", path_of(broker));
	broker->on_change(broker->data);
}

static void lose(struct broker *broker, int err)
{
	unsigned int pending = broker->pending;

	drop(broker);
	if (!broker->lost)
		log_error("lost kseald on %s: %s; %u handshakes given up; no "
			  "connections are taken until it is back",
			  path_of(broker), strerror(-err), pending);
	broker->lost = true;
	uv_timer_start(&broker->retry, on_retry, RETRY_MS, RETRY_MS);
	broker->on_change(broker->data);
}

/* Return: false when the broker was lost. */
static bool take_results(struct broker *broker)
{
	struct kseal_result result;
	int err;

	for (;;) {
		err = kseal_receive(broker->handle, &result, 0);
		if (err == -EAGAIN)
			return true;
		if (err) {
			lose(broker, err);
			return false;
		}
		if (broker->pending)
			broker->pending--;
		broker->on_result(broker->data, &result);
	}
}

static int submit(struct broker *broker, int fd)
{
	uint32_t id;
	int err = kseal_submit(broker->handle, fd, &broker->request, &id);

	if (!err) {
		broker->pending++;
		close(fd);
	}
	return err;
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct broker *broker = poll->data;
	int err = status;

	if (err) {
		lose(broker, err);
		return;
	}
	(void)events;
	if (!take_results(broker))
		return;
	/* readable is also what kseald is when it takes requests again */
	if (broker->held >= 0) {
		err = submit(broker, broker->held);
		if (err == -EAGAIN)
			return;
		if (err) {
			lose(broker, err);
			return;
		}
		broker->held = -1;
	}
	broker->on_change(broker->data);
}

int broker_open(struct broker *broker, uv_loop_t *loop)
{
	int err;

	broker->held = -1;
	uv_timer_init(loop, &broker->retry);
	broker->retry.data = broker;
	err = try_connect(broker);
	if (err)
		log_error("cannot connect to kseald on %s: %s; is it running, "
			  "may this user use it, does --broker name its socket?",
			  path_of(broker), strerror(-err));
	return err;
}

bool broker_ready(const struct broker *broker)
{
	return broker->handle && broker->held < 0 &&
	       broker->pending < broker->limit;
}

void broker_submit(struct broker *broker, int fd)
{
	int err = submit(broker, fd);

	if (!err) {
		broker->on_change(broker->data);
		return;
	}
	if (err == -EAGAIN) {
		broker->held = fd;
		broker->on_change(broker->data);
		return;
	}
	close(fd);
	if (err == -EINVAL || err == -ENOMEM)
		log_error("cannot hand a connection to kseald: %s",
			  strerror(-err));
	else
		lose(broker, err);
}

void broker_close(struct broker *broker)
{
	drop(broker);
	uv_timer_stop(&broker->retry);
}
