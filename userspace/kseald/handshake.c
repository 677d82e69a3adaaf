// SPDX-License-Identifier: GPL-2.0
/*
 * One handshake, as its worker does it.
 *
 *	run --> waiting to read or write --> hand over --> ended
 *	  |            |          |              |
 *	  |            |    time limit, or       |
 *	  |            |       stopped           |
 *	  +------------+----------+--------------+--> ended, with a reason
 *
 * One that has ended has its socket in the result or nowhere. libuv has its timer
 * until the loop comes round; only then it goes back to the main thread, which may
 * free it at once.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "client_session.h"
#include "handshake.h"
#include "socket.h"
#include "worker.h"

enum {
	NS_PER_MS = 1000000,
};

/* ---- the end ------------------------------------------------------------ */

static void go_back(uv_handle_t *timer)
{
	struct handshake *handshake = timer->data;
	struct mailbox *mailbox = handshake->engine->mailbox;
	/* without it the main thread may free it now */
	const int answer = handshake->answer;

	handshake->state = HANDSHAKE_CLOSED;
	mailbox_post(mailbox, &handshake->work, handshake->work.run, handshake);
	if (answer)
		mailbox_post(mailbox, &handshake->cancel, handshake->cancel.run, handshake);
}

static void end(struct handshake *handshake)
{
	const int fd = handshake->tls.fd;

	watch_unset(&handshake->worker->watch, &handshake->watched);
	/* it may have connected since it came */
	if (!handshake->result.peer[0])
		socket_peer(fd, &handshake->result);
	tls_stop(&handshake->tls);
	if (handshake->result.error)
		close(fd);
	else
		handshake->result.fd = fd;
	handshake->state = HANDSHAKE_CLOSES;
	uv_close((uv_handle_t *)&handshake->timer, go_back);
}

static void time_out(uv_timer_t *timer)
{
	struct handshake *handshake = timer->data;

	tls_time_out(&handshake->tls, handshake->timeout_ms, &handshake->result);
	handshake->cause = KSEAL_COUNTER_FAILED_TIMEOUT;
	end(handshake);
}

void handshake_stop(struct handshake *handshake, note_fn *stopped)
{
	if (handshake->state == HANDSHAKE_CLOSED) {
		mailbox_post(handshake->engine->mailbox, &handshake->cancel, stopped, handshake);
		return;
	}
	handshake->cancel.run = stopped;
	handshake->answer = 1;
	if (handshake->state == HANDSHAKE_RUNS) {
		tls_fail(&handshake->result, ECANCELED, "given up");
		end(handshake);
	}
}

/* ---- progress ----------------------------------------------------------- */

static int watch(struct handshake *handshake, uint32_t events)
{
	const int ret = watch_set(&handshake->worker->watch, &handshake->watched,
				  handshake->tls.fd, events);

	if (!ret)
		return 0;
	handshake->cause = KSEAL_COUNTER_FAILED_OTHER;
	return tls_fail(&handshake->result, -ret, "the socket cannot be watched: %s",
			strerror(-ret));
}

static void hand_over(struct handshake *handshake)
{
	struct kseal_result *result = &handshake->result;

	handshake->resumed = gnutls_session_is_resumed(handshake->tls.session);
	if (tls_hand_over(&handshake->tls, &handshake->handover, handshake->request.control, result)) {
		handshake->cause = result->error == ECONNRESET ? KSEAL_COUNTER_FAILED_CLOSED :
								 KSEAL_COUNTER_FAILED_KERNEL;
	} else {
		/* nobody has read from the socket yet, so no ticket has gone by */
		client_session_keep_done(&handshake->tls);
		tickets_follow(&handshake->worker->tickets, &handshake->tls);
	}
	end(handshake);
}

static void advance(struct handshake *handshake)
{
	struct kseal_result *result = &handshake->result;
	const enum tls_step step = tls_step(&handshake->tls, result);

	switch (step) {
	case TLS_WAIT_READ:
	case TLS_WAIT_WRITE:
		if (watch(handshake, step == TLS_WAIT_READ ? EPOLLIN : EPOLLOUT))
			end(handshake);
		break;
	case TLS_DONE:
		hand_over(handshake);
		break;
	default:
		handshake->cause = cause_of_failure(&handshake->tls, result->error);
		end(handshake);
	}
}

static void on_ready(struct watched *watched, uint32_t events)
{
	(void)events;
	advance((struct handshake *)((char *)watched - offsetof(struct handshake, watched)));
}

/* ---- the beginning ------------------------------------------------------ */

/* Waiting for this thread counts as well. Return: is there time left? */
static int start_timer(struct handshake *handshake)
{
	const uint64_t waited = (uv_hrtime() - handshake->begun) / NS_PER_MS;

	if (waited >= handshake->timeout_ms)
		return 0;
	/* the loop's time is that of its last turn, which may be long ago */
	uv_update_time(&handshake->worker->loop);
	uv_timer_start(&handshake->timer, time_out, handshake->timeout_ms - waited, 0);
	return 1;
}

void handshake_run(struct handshake *handshake, note_fn *ended)
{
	handshake->work.run = ended;
	handshake->watched.ready = on_ready;
	handshake->request.control = handover_control(&handshake->handover,
						      handshake->request.control);
	uv_timer_init(&handshake->worker->loop, &handshake->timer);
	handshake->timer.data = handshake;
	if (tls_start(&handshake->tls, handshake->tls.fd, &handshake->request,
		      handshake->credentials, &handshake->result)) {
		handshake->tls.session = NULL;
		handshake->cause = KSEAL_COUNTER_FAILED_REQUEST;
		end(handshake);
		return;
	}
	if (start_timer(handshake))
		advance(handshake);
	else
		time_out(&handshake->timer);
}
