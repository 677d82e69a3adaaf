// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets that kseald accepts by one of its listeners.
 *
 * SUBSCRIBED -> (kseald or the listener ends) -> LOST -> (timer, open) -> SUBSCRIBED
 *
 * While it is lost kseald, if it runs, accepts nothing for us: clients wait in the
 * kernel's queue.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "log.h"

#define RETRY_MS	200

/* Sockets that wait for us. More would wait here while others have time for them. */
#define BACKLOG		32

/* Sockets taken in one turn of the loop. */
#define ACCEPT_BATCH	16

static const char *path_of(const struct backend *backend)
{
	return backend->path ? backend->path : KSEAL_BROKER_PATH;
}

static void free_handle(uv_handle_t *handle)
{
	free(handle);
}

static void drop(struct backend *backend)
{
	if (backend->poll) {
		uv_poll_stop(backend->poll);
		uv_close((uv_handle_t *)backend->poll, free_handle);
		backend->poll = NULL;
	}
	kseal_backend_close(backend->handle);
	backend->handle = NULL;
}

static void on_retry(uv_timer_t *timer);

static void lose(struct backend *backend, int err)
{
	drop(backend);
	if (!backend->lost)
		log_error("lost listener %s of kseald on %s: %s; no connections come until it is "
			  "back", backend->listener, path_of(backend), strerror(-err));
	backend->lost = true;
	uv_timer_start(&backend->retry, on_retry, RETRY_MS, RETRY_MS);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct backend *backend = poll->data;
	struct kseal_result result;
	int err = status;

	(void)events;
	for (int i = 0; !err && i < ACCEPT_BATCH && backend->accepting; i++) {
		err = kseal_backend_accept(backend->handle, &result, 0);
		if (err)
			break;
		/* it comes as accept(2) makes it */
		fcntl(result.fd, F_SETFL, O_NONBLOCK);
		backend->on_result(backend->data, &result);
	}
	if (err == -EMFILE)
		log_error("a connection is lost: %s", strerror(EMFILE));
	else if (err && err != -EAGAIN)
		lose(backend, err);
}

static int watch(struct backend *backend)
{
	return backend->accepting ? uv_poll_start(backend->poll, UV_READABLE, on_readable) :
				    uv_poll_stop(backend->poll);
}

static int try_open(struct backend *backend)
{
	int err;

	err = kseal_backend_open(backend->path, backend->listener, BACKLOG, &backend->handle);
	if (err) {
		backend->handle = NULL;
		return err;
	}
	backend->poll = malloc(sizeof(*backend->poll));
	err = backend->poll ? uv_poll_init(backend->retry.loop, backend->poll,
					   kseal_backend_fd(backend->handle)) : -ENOMEM;
	if (err) {
		free(backend->poll);
		backend->poll = NULL;
	} else {
		backend->poll->data = backend;
		err = watch(backend);
	}
	if (err)
		drop(backend);
	return err;
}

static void on_retry(uv_timer_t *timer)
{
	struct backend *backend = timer->data;

	if (try_open(backend))
		return;
	uv_timer_stop(timer);
	backend->lost = false;
	log_note("listener %s of kseald on %s is back", backend->listener, path_of(backend));
}

int backend_open(struct backend *backend, uv_loop_t *loop)
{
	int err;

	uv_timer_init(loop, &backend->retry);
	backend->retry.data = backend;
	err = try_open(backend);
	if (err == -ENXIO)
		log_error("cannot take the sockets of listener %s: kseald on %s has none of that "
			  "name, see kseald.conf(5)", backend->listener, path_of(backend));
	else if (err)
		log_error("cannot take the sockets of listener %s from kseald on %s: %s; is it "
			  "running, may this user use it, has the listener no proxy?",
			  backend->listener, path_of(backend), strerror(-err));
	return err;
}

void backend_accept(struct backend *backend, bool accept)
{
	if (backend->accepting == accept)
		return;
	backend->accepting = accept;
	if (backend->poll)
		watch(backend);
}

void backend_close(struct backend *backend)
{
	backend->accepting = false;
	drop(backend);
	uv_timer_stop(&backend->retry);
}
