// SPDX-License-Identifier: GPL-2.0
/*
 * Bytes between two sockets: when the one, the other or both of them end or break.
 *
 * Each flow goes from FLOWING by ENDING to ENDED (flow.h). When both have ended the
 * relay is over. Otherwise:
 *
 * - The client breaks, or its connection ends without close_notify, which the kernel tells
 *   if the socket is in kernel-control mode, and this code else: the relay is over.
 *   The back end gets a reset, so that it cannot take the part for the whole.
 * - The back end breaks: what it had sent goes to the client, then the alert
 *   internal_error, and then, for FAREWELL_MS, what the client says is dropped. Closing
 *   at once would reset the connection, and the client might not see the alert.
 * - Nothing moves for too long, or somebody cuts it off: both ends get a reset.
 *
 * The memory of a relay that is over stays until libuv has let go of its timer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "flow.h"
#include "record.h"

enum {
	FAREWELL_MS = 2000,
	/* A client has so long to go on, once the back end has ended. */
	HALF_MS = 60000,
};

/* ---- the end ------------------------------------------------------------ */

static void free_relay(uv_handle_t *timer)
{
	free(timer->data);
}

static void close_end(struct end *end, int reset)
{
	const struct linger linger = { .l_onoff = 1 };

	if (end->fd < 0)
		return;
	watch_unset(end->relay->relays->watch, &end->watched);
	if (reset)
		setsockopt(end->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(end->fd);
	end->fd = -1;
}

static void finish(struct relay *relay)
{
	if (relay->over)
		return;
	relay->over = 1;
	close_end(&relay->client, relay->out.state != ENDED);
	close_end(&relay->backend, relay->in.state != ENDED || relay->in.dropping);
	flow_close(&relay->in);
	flow_close(&relay->out);
	LIST_REMOVE(relay, link);
	relay->report.in = relay->in.bytes;
	relay->report.out = relay->out.bytes;
	relay->report.ms = uv_now(relay->relays->loop) - relay->started;
	if (!relay->report.how[0])
		strcpy(relay->report.how, "both sides ended");
	relay->done(relay->owner, &relay->report);
	uv_close((uv_handle_t *)&relay->timer, free_relay);
}

static void note(struct relay *relay, int error, const char *who, const char *what)
{
	if (relay->report.how[0])
		return;
	relay->report.error = error;
	snprintf(relay->report.how, sizeof(relay->report.how), "%s: %s", who, what);
}

void relay_abort(struct relay *relay, const char *why)
{
	note(relay, ECANCELED, "cut off", why);
	finish(relay);
}

/* Who has been told that there is no more may leave in any way. */
static int may_leave(const struct relay *relay)
{
	return relay->out.state == ENDED;
}

static void client_failed(struct relay *relay, int error, const char *what)
{
	if (!may_leave(relay))
		note(relay, error, "the client broke", what);
	finish(relay);
}

static void backend_failed(struct relay *relay, int error, const char *what)
{
	relay->report.fault |= !relay->report.error;
	note(relay, error, "the back end broke", what);
	relay->in.dropping = 1;
	relay->in.wants_write = 0;
}

void relay_end_failed(struct end *end, int error, const char *what)
{
	char why[128];

	if (end->by_kernel && record_why_ended(end->fd, why, sizeof(why)))
		what = why;
	if (end == &end->relay->client)
		client_failed(end->relay, error, what);
	else
		backend_failed(end->relay, error, what);
}

void relay_truncated(struct relay *relay)
{
	client_failed(relay, ECONNRESET, "the connection ended without close_notify");
}

/* ---- time ----------------------------------------------------------------- */

/* How long nothing may move. Return: milliseconds, 0 for ever. */
static unsigned int limit_of(const struct relay *relay)
{
	if (relay->out.state != ENDED)
		return relay->idle_ms;
	if (relay->report.error)
		return FAREWELL_MS;
	return relay->idle_ms && relay->idle_ms < HALF_MS ? relay->idle_ms : HALF_MS;
}

static void on_timer(uv_timer_t *timer);

static void rearm(struct relay *relay)
{
	const uint64_t now = uv_now(relay->relays->loop);
	const unsigned int limit = limit_of(relay);

	if (!limit)
		return;
	uv_timer_start(&relay->timer, on_timer,
		       relay->moved + limit > now ? relay->moved + limit - now : 0, 0);
}

/* Bytes that move do not touch the timer: it looks at them when it is due. */
static void on_timer(uv_timer_t *timer)
{
	struct relay *relay = timer->data;
	const unsigned int limit = limit_of(relay);
	char what[64];

	if (uv_now(timer->loop) < relay->moved + limit) {
		rearm(relay);
		return;
	}
	snprintf(what, sizeof(what), "nothing moved for %u s", limit / 1000);
	note(relay, ETIMEDOUT, "cut off", what);
	finish(relay);
}

void relay_flow_ended(struct flow *flow)
{
	struct relay *relay = flow->from->relay;

	relay->moved = uv_now(relay->relays->loop);
	if (relay->in.state == ENDED && relay->out.state == ENDED)
		finish(relay);
	else
		rearm(relay);
}

/* ---- events --------------------------------------------------------------- */

/* One that breaks is told of in any case, if anything is waited for. */
static int watch(struct end *end, int in, int out)
{
	if (end->fd < 0 || end->hung)
		return 0;
	return watch_set(end->relay->relays->watch, &end->watched, end->fd,
			 EPOLLERR | (in ? EPOLLIN : 0) | (out ? EPOLLOUT : 0));
}

static int watch_both(struct relay *relay)
{
	const int ret = watch(&relay->client, relay->in.wants_read, relay->out.wants_write);

	return ret ? ret : watch(&relay->backend, relay->out.wants_read, relay->in.wants_write);
}

static void hang_up(struct end *end)
{
	int error = 0;
	socklen_t len = sizeof(error);

	watch_unset(end->relay->relays->watch, &end->watched);
	end->hung = 1;
	if (!getsockopt(end->fd, SOL_SOCKET, SO_ERROR, &error, &len) && error)
		relay_end_failed(end, error, strerror(error));
}

static void pump(struct relay *relay, int out, int in)
{
	if (out && !relay->over)
		flow_pump(&relay->out);
	/* without a back end it waits for nothing but the client */
	if ((in || relay->in.dropping) && !relay->over)
		flow_pump(&relay->in);
	if (relay->over)
		return;
	if (relay->in.starved || relay->out.starved)
		relays_starved(relay->relays);
	if (watch_both(relay))
		relay_abort(relay, "the sockets cannot be watched");
}

static void on_ready(struct watched *watched, uint32_t events)
{
	struct end *end = (struct end *)((char *)watched - offsetof(struct end, watched));
	struct relay *relay = end->relay;
	const uint32_t from_client = end == &relay->client ? EPOLLIN : EPOLLOUT;
	const uint32_t to_client = end == &relay->client ? EPOLLOUT : EPOLLIN;
	const uint32_t gone = EPOLLERR | EPOLLHUP;

	if (events & gone)
		hang_up(end);
	pump(relay, events & (to_client | gone), events & (from_client | gone));
}

void relay_resume(struct relay *relay)
{
	pump(relay, relay->out.starved, relay->in.starved);
}

/* ---- the beginning -------------------------------------------------------- */

static void prepare(int fd)
{
	const int on = 1;

	if (fd < 0)
		return;
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	/* whatever is there goes on at once; UNIX sockets have no such options */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* an end that died without a word is found out in the end */
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

static void set_up_flow(struct flow *flow, struct end *from, struct end *to)
{
	flow->from = from;
	flow->to = to;
	flow->pipe[0] = -1;
	flow->pipe[1] = -1;
	flow->wants_read = 1;
}

static void set_up(struct relay *relay, struct relays *relays, const struct relay_setup *setup)
{
	relay->relays = relays;
	relay->client = (struct end){ .relay = relay, .fd = setup->client, .tls = setup->tls,
				      .by_kernel = setup->tls && record_kernel_takes(setup->client),
				      .watched.ready = on_ready };
	relay->backend = (struct end){ .relay = relay, .fd = setup->backend,
				       .watched.ready = on_ready };
	set_up_flow(&relay->in, &relay->client, &relay->backend);
	set_up_flow(&relay->out, &relay->backend, &relay->client);
	relay->idle_ms = setup->idle_ms;
	relay->done = setup->done;
	relay->owner = setup->owner;
	relay->started = uv_now(relays->loop);
	relay->moved = relay->started;
	if (setup->backend >= 0)
		return;
	relay->out.state = ENDING;
	relay->out.wants_read = 0;
	relay->out.wants_write = 1;
	backend_failed(relay, setup->error, setup->how);
}

struct relay *relay_start(struct relays *relays, const struct relay_setup *setup)
{
	struct relay *relay = calloc(1, sizeof(*relay));

	prepare(setup->client);
	prepare(setup->backend);
	if (!relay)
		goto close;
	set_up(relay, relays, setup);
	if (watch_both(relay))
		goto free;
	uv_timer_init(relays->loop, &relay->timer);
	relay->timer.data = relay;
	LIST_INSERT_HEAD(&relays->list, relay, link);
	rearm(relay);
	return relay;

free:
	close_end(&relay->client, 0);
	close_end(&relay->backend, 0);
	free(relay);
	return NULL;

close:
	close(setup->client);
	if (setup->backend >= 0)
		close(setup->backend);
	return NULL;
}
