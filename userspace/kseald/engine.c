// SPDX-License-Identifier: GPL-2.0
/*
 * Handshakes as the main thread sees them.
 *
 *	begin --> work posted to a worker --> work is back --> done
 *	  |               |
 *	  +--> done,      +--> cancelled: cancel posted after it --> both are back
 *	       refused
 *
 * A handshake that is cancelled may have ended just before, and what it led to be
 * on its way back. So both notes are waited for, whichever was first.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "credentials.h"
#include "handshake.h"
#include "log.h"
#include "socket.h"
#include "worker.h"

/* ---- the end ------------------------------------------------------------ */

/* Nobody looks at them any more, and nobody will. */
static void release_unused(struct engine *engine, struct credentials *credentials)
{
	if (!credentials->users && credentials != engine->credentials)
		credentials_release(credentials);
}

static void free_handshake(struct handshake *handshake)
{
	struct engine *engine = handshake->engine;

	handshake->credentials->users--;
	release_unused(engine, handshake->credentials);
	worker_give_back(handshake->worker);
	engine->taken--;
	mailbox_let_go(engine->mailbox);
	free(handshake);
}

static void work_is_back(void *context)
{
	struct handshake *handshake = context;

	if (handshake->cancelled) {
		if (handshake->result.fd >= 0)
			close(handshake->result.fd);
		return;
	}
	LIST_REMOVE(handshake, link);
	handshake->engine->active--;
	handshake->done(handshake->owner, &handshake->result);
	free_handshake(handshake);
}

static void cancel_is_back(void *context)
{
	free_handshake(context);
}

static void stop(void *context)
{
	handshake_stop(context, cancel_is_back);
}

void handshake_cancel(struct handshake *handshake)
{
	LIST_REMOVE(handshake, link);
	handshake->engine->active--;
	handshake->cancelled = 1;
	worker_post(handshake->worker, &handshake->cancel, stop, handshake);
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
	if (engine->taken >= engine->limit)
		return tls_fail(result, EBUSY, "kseald does %u handshakes at a time "
				"and all are taken: try again, or raise "
				"--max-handshakes", engine->limit);
	return socket_check(fd, result);
}

static void run(void *context)
{
	handshake_run(context, work_is_back);
}

static void give_to_worker(struct engine *engine, struct handshake *handshake)
{
	handshake->engine = engine;
	handshake->credentials = engine->credentials;
	handshake->credentials->users++;
	handshake->worker = worker_take(engine->workers);
	engine->active++;
	engine->taken++;
	mailbox_hold(engine->mailbox);
	worker_post(handshake->worker, &handshake->work, run, handshake);
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
	handshake->begun = uv_hrtime();
	handshake->tls.fd = fd;
	handshake->request = *request;
	handshake->result = refused;
	handshake->done = done;
	handshake->owner = owner;
	handshake->timeout_ms = time_limit(engine, request);
	handshake->sizing = engine->sizing;
	LIST_INSERT_HEAD(list, handshake, link);
	give_to_worker(engine, handshake);
	return;

refuse:
	close(fd);
	done(owner, &refused);
}

void engine_replace(struct engine *engine, struct credentials *credentials)
{
	struct credentials *before = engine->credentials;

	engine->credentials = credentials;
	release_unused(engine, before);
}
