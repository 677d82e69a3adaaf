// SPDX-License-Identifier: GPL-2.0
/*
 * One proxied connection, as its worker has it.
 *
 *	connect to the back end --> its header --> relay --> closes --> back
 *	            |                   |            ^
 *	            +-------------------+------------+ without a back end: the client
 *						       is told by an alert
 *
 * The back end is connected to when the handshake is done, so that clients that
 * do not get that far cost it nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "proxy.h"
#include "worker.h"

enum {
	/* A UNIX socket's queue is full: it does not tell when it is not any more. */
	RETRY_MS = 20,
};

static void connect_again(struct proxied *proxied);

/* ---- the end ------------------------------------------------------------ */

static void go_back(uv_handle_t *timer)
{
	struct proxied *proxied = timer->data;
	struct mailbox *mailbox = proxied->mailbox;
	/* without it the main thread may free it now */
	const int answer = proxied->answer;

	proxied->state = PROXIED_CLOSED;
	mailbox_post(mailbox, &proxied->work, proxied->work.run, proxied);
	if (answer)
		mailbox_post(mailbox, &proxied->cancel, proxied->cancel.run, proxied);
}

static void end(struct proxied *proxied)
{
	proxied->state = PROXIED_CLOSES;
	uv_close((uv_handle_t *)&proxied->timer, go_back);
}

static void relay_is_over(void *owner, const struct relay_report *report)
{
	struct proxied *proxied = owner;

	proxied->report = *report;
	end(proxied);
}

/* @error and @how: why @backend is -1 */
static void relay(struct proxied *proxied, int backend, int error, const char *how)
{
	const struct relay_setup setup = {
		.client = proxied->client,
		.backend = backend,
		.tls = proxied->tls,
		.error = error,
		.how = how,
		.idle_ms = proxied->idle_ms,
		.done = relay_is_over,
		.owner = proxied,
	};

	uv_timer_stop(&proxied->timer);
	watch_unset(&proxied->worker->watch, &proxied->watched);
	proxied->backend = -1;
	proxied->client = -1;
	proxied->state = PROXIED_RELAYS;
	proxied->relay = relay_start(&proxied->worker->relays, &setup);
	if (proxied->relay)
		return;
	proxied->report.error = ENOMEM;
	strcpy(proxied->report.how, "out of memory");
	end(proxied);
}

static void fail(struct proxied *proxied, int error, const char *what)
{
	char how[128];

	if (proxied->backend >= 0) {
		watch_unset(&proxied->worker->watch, &proxied->watched);
		close(proxied->backend);
	}
	snprintf(how, sizeof(how), "%s: %s", what, strerror(error));
	relay(proxied, -1, error, how);
}

void dial_stop(struct proxied *proxied, note_fn *stopped)
{
	static const char why[] = "kseald stops";

	if (proxied->state == PROXIED_CLOSED) {
		mailbox_post(proxied->mailbox, &proxied->cancel, stopped, proxied);
		return;
	}
	proxied->cancel.run = stopped;
	proxied->answer = 1;
	if (proxied->state == PROXIED_CONNECTS)
		fail(proxied, ECANCELED, why);
	if (proxied->state == PROXIED_RELAYS)
		relay_abort(proxied->relay, why);
}

/* ---- the back end --------------------------------------------------------- */

static void connected(struct proxied *proxied)
{
	const struct proxy_header *header = &proxied->header;
	ssize_t n;

	if (header->size) {
		/* an empty socket takes all of it */
		n = send(proxied->backend, header->bytes, header->size,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n != (ssize_t)header->size) {
			fail(proxied, n < 0 ? errno : EIO, "it takes no header");
			return;
		}
	}
	relay(proxied, proxied->backend, 0, "");
}

static void on_ready(struct watched *watched, uint32_t events)
{
	struct proxied *proxied =
		(struct proxied *)((char *)watched - offsetof(struct proxied, watched));
	int error = 0;
	socklen_t len = sizeof(error);

	(void)events;
	getsockopt(proxied->backend, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error)
		fail(proxied, error, "cannot connect");
	else
		connected(proxied);
}

/* The limit, or the next try. */
static void on_timer(uv_timer_t *timer)
{
	struct proxied *proxied = timer->data;

	if (uv_now(timer->loop) >= proxied->deadline)
		fail(proxied, ETIMEDOUT, "cannot connect");
	else
		connect_again(proxied);
}

static void wait_for(struct proxied *proxied, uint64_t ms)
{
	uv_timer_start(&proxied->timer, on_timer, ms, 0);
}

static void connect_again(struct proxied *proxied)
{
	const struct address *target = &proxied->target;
	int ret;

	if (!connect(proxied->backend, (const struct sockaddr *)&target->addr, target->size)) {
		connected(proxied);
		return;
	}
	if (errno == EAGAIN) {
		wait_for(proxied, RETRY_MS);
		return;
	}
	if (errno != EINPROGRESS) {
		fail(proxied, errno, "cannot connect");
		return;
	}
	ret = watch_set(&proxied->worker->watch, &proxied->watched, proxied->backend, EPOLLOUT);
	if (ret)
		fail(proxied, -ret, "it cannot be watched");
	else
		wait_for(proxied, proxied->connect_ms);
}

void dial_run(struct proxied *proxied, note_fn *ended)
{
	uv_loop_t *loop = &proxied->worker->loop;

	proxied->work.run = ended;
	proxied->watched.ready = on_ready;
	uv_timer_init(loop, &proxied->timer);
	proxied->timer.data = proxied;
	uv_update_time(loop);
	proxied->deadline = uv_now(loop) + proxied->connect_ms;
	proxied->backend = socket(proxied->target.addr.ss_family,
				  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (proxied->backend < 0)
		fail(proxied, errno, "no socket for it");
	else
		connect_again(proxied);
}
