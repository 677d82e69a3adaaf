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
#include <string.h>
#include <unistd.h>
#include <sys/random.h>
#include <sys/socket.h>

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
	report_ended(handshake);
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
	report_given_up(handshake);
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

/* Clients choose whom they connect to, servers do not. */
static int is_too_fast(struct engine *engine, int fd, const struct kseald_request *request)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	return request->role == KSEAL_SERVER && engine->rate.per_second &&
	       !getpeername(fd, (struct sockaddr *)&address, &len) &&
	       !rate_take(&engine->rate, (struct sockaddr *)&address, uv_hrtime());
}

static int admit(struct engine *engine, int fd, const struct kseald_request *request,
		 enum kseal_counter *cause, struct kseal_result *result)
{
	*cause = KSEAL_COUNTER_REFUSED_REQUEST;
	if (socket_check(fd, result))
		return -result->error;
	*cause = KSEAL_COUNTER_REFUSED_LIMIT;
	if (engine->taken >= engine->limit)
		return tls_fail(result, EBUSY, "kseald does %u handshakes at a time "
				"and all are taken: try again, or raise "
				"--max-handshakes", engine->limit);
	*cause = KSEAL_COUNTER_REFUSED_RATE;
	if (is_too_fast(engine, fd, request))
		return tls_fail(result, EBUSY, "this address asks for more than %u handshakes "
				"per second (--rate)", engine->rate.per_second);
	return 0;
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
	report_begun(handshake);
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
	enum kseal_counter cause;

	if (admit(engine, fd, request, &cause, &refused))
		goto refuse;
	handshake = calloc(1, sizeof(*handshake));
	if (!handshake) {
		cause = KSEAL_COUNTER_FAILED_OTHER;
		tls_fail(&refused, ENOMEM, "kseald is out of memory");
		goto refuse;
	}
	report_name(engine, &refused);
	handshake->list = list;
	handshake->begun = uv_hrtime();
	handshake->tls.fd = fd;
	handshake->request = *request;
	handshake->result = refused;
	handshake->done = done;
	handshake->owner = owner;
	handshake->timeout_ms = time_limit(engine, request);
	handshake->handover = engine->handover;
	LIST_INSERT_HEAD(list, handshake, link);
	give_to_worker(engine, handshake);
	return;

refuse:
	close(fd);
	engine_refuse(engine, list, cause, &refused);
	done(owner, &refused);
}

void engine_refuse(struct engine *engine, const struct handshakes *list,
		   enum kseal_counter cause, struct kseal_result *result)
{
	report_name(engine, result);
	report_refused(engine, list, cause, result);
}

void engine_start(struct engine *engine)
{
	engine->active = engine->taken = 0;
	engine->last = 0;
	rate_start(&engine->rate);
	memset(engine->counters, 0, sizeof(engine->counters));
	/* any number will do where there is none at random */
	if (getrandom(&engine->run, sizeof(engine->run), 0) != sizeof(engine->run))
		engine->run = getpid();
}

void engine_replace(struct engine *engine, struct credentials *credentials)
{
	struct credentials *before = engine->credentials;

	credentials_inherit(credentials, before);
	engine->credentials = credentials;
	release_unused(engine, before);
}
