// SPDX-License-Identifier: GPL-2.0
/*
 * Handshakes side by side in one event loop.
 *
 *	begin --> waiting to read or write --> hand over --> done
 *	  |            |          |               |
 *	  |            |       time limit         |
 *	  +------------+----------+---------------+--> done, with a reason
 *
 * and from waiting, when the owner dies, to cancelled. A handshake that has
 * ended is in no list and has no socket; its memory stays until libuv has let
 * go of its timer, so events already fetched for it are met and ignored.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>

#include "credentials.h"
#include "handshake.h"
#include "log.h"
#include "protocol.h"
#include "socket.h"

enum {
	EVENT_BATCH = 64,
};

/* ---- the end ------------------------------------------------------------ */

/* Nobody looks at them any more, and nobody will. */
static void release_unused(struct engine *engine, struct credentials *credentials)
{
	if (!credentials->users && credentials != engine->credentials)
		credentials_release(credentials);
}

static void free_handshake(uv_handle_t *timer)
{
	free(timer->data);
}

/*
 * Out of everything but memory. The registration is removed by hand: closing
 * our descriptor does not end it while the program has the socket open too.
 */
static void retire(struct handshake *handshake)
{
	epoll_ctl(handshake->engine->epoll_fd, EPOLL_CTL_DEL, handshake->tls.fd,
		  NULL);
	tls_stop(&handshake->tls);
	handshake->credentials->users--;
	release_unused(handshake->engine, handshake->credentials);
	handshake->tls.fd = -1;
	handshake->engine->active--;
	LIST_REMOVE(handshake, link);
	uv_close((uv_handle_t *)&handshake->timer, free_handshake);
}

static void end(struct handshake *handshake)
{
	struct kseal_result *result = &handshake->result;
	const int fd = handshake->tls.fd;

	retire(handshake);
	if (result->error)
		close(fd);
	else
		result->fd = fd;
	handshake->done(handshake->owner, result);
}

void handshake_cancel(struct handshake *handshake)
{
	const int fd = handshake->tls.fd;

	log_debug("%s: given up, the program is gone", handshake->result.peer);
	retire(handshake);
	close(fd);
}

static void time_out(uv_timer_t *timer)
{
	struct handshake *handshake = timer->data;

	tls_time_out(&handshake->tls, handshake->timeout_ms, &handshake->result);
	end(handshake);
}

/* ---- progress ----------------------------------------------------------- */

static int watch(struct handshake *handshake, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = handshake };
	const int op = handshake->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (events == handshake->events)
		return 0;
	if (epoll_ctl(handshake->engine->epoll_fd, op, handshake->tls.fd, &event))
		return tls_fail(&handshake->result, errno,
				"the socket cannot be watched: %s",
				strerror(errno));
	handshake->events = events;
	return 0;
}

static void advance(struct handshake *handshake)
{
	int ret;

	switch (tls_step(&handshake->tls, &handshake->result)) {
	case TLS_WAIT_READ:
		ret = watch(handshake, EPOLLIN);
		break;
	case TLS_WAIT_WRITE:
		ret = watch(handshake, EPOLLOUT);
		break;
	case TLS_DONE:
		tls_hand_over(&handshake->tls, &handshake->engine->sizing,
			      &handshake->result);
		ret = -1;
		break;
	default:
		ret = -1;
	}
	if (ret)
		end(handshake);
}

static void dispatch(uv_poll_t *poll, int status, int events)
{
	struct engine *engine = poll->data;
	struct epoll_event batch[EVENT_BATCH];
	struct handshake *handshake;
	int i, n;

	(void)status;
	(void)events;
	n = epoll_wait(engine->epoll_fd, batch, EVENT_BATCH, 0);
	for (i = 0; i < n; i++) {
		handshake = batch[i].data.ptr;
		if (handshake->tls.fd >= 0)
			advance(handshake);
	}
}

/* ---- the beginning ------------------------------------------------------ */

static unsigned int time_limit(const struct engine *engine,
			       const struct kseald_request *request)
{
	if (!request->timeout_ms || request->timeout_ms > engine->timeout_ms)
		return engine->timeout_ms;
	return request->timeout_ms;
}

static int admit(const struct engine *engine, int fd,
		 struct kseal_result *result)
{
	if (engine->active >= engine->limit)
		return tls_fail(result, EBUSY, "kseald does %u handshakes at a time "
				"and all are taken: try again, or raise "
				"--max-handshakes", engine->limit);
	return socket_check(fd, result);
}

void handshake_begin(struct engine *engine, uint32_t id, int fd,
		     const struct kseald_request *request,
		     struct handshakes *list, handshake_done_fn *done,
		     void *owner)
{
	struct kseal_result refused = { .id = id, .fd = -1 };
	struct handshake *handshake;

	if (admit(engine, fd, &refused))
		goto refuse;
	handshake = calloc(1, sizeof(*handshake));
	if (!handshake) {
		tls_fail(&refused, ENOMEM, "kseald is out of memory");
		goto refuse;
	}
	if (tls_start(&handshake->tls, fd, request, engine->credentials,
		      &refused)) {
		free(handshake);
		goto refuse;
	}
	handshake->engine = engine;
	handshake->credentials = engine->credentials;
	handshake->credentials->users++;
	handshake->result = refused;
	handshake->done = done;
	handshake->owner = owner;
	handshake->timeout_ms = time_limit(engine, request);
	uv_timer_init(engine->loop, &handshake->timer);
	handshake->timer.data = handshake;
	uv_timer_start(&handshake->timer, time_out, handshake->timeout_ms, 0);
	LIST_INSERT_HEAD(list, handshake, link);
	engine->active++;
	advance(handshake);
	return;

refuse:
	close(fd);
	done(owner, &refused);
}

/* ---- the engine --------------------------------------------------------- */

int engine_start(struct engine *engine)
{
	int ret;

	engine->active = 0;
	engine->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (engine->epoll_fd < 0)
		return -errno;
	ret = uv_poll_init(engine->loop, &engine->poll, engine->epoll_fd);
	if (!ret) {
		engine->poll.data = engine;
		ret = uv_poll_start(&engine->poll, UV_READABLE, dispatch);
	}
	return ret;
}

void engine_replace(struct engine *engine, struct credentials *credentials)
{
	struct credentials *before = engine->credentials;

	engine->credentials = credentials;
	release_unused(engine, before);
}

static void close_epoll(uv_handle_t *poll)
{
	struct engine *engine = poll->data;

	close(engine->epoll_fd);
}

void engine_stop(struct engine *engine)
{
	uv_close((uv_handle_t *)&engine->poll, close_epoll);
}
