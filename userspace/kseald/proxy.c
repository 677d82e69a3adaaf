// SPDX-License-Identifier: GPL-2.0
/* Connections whose bytes move to a back end, as the main thread sees them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "listener.h"
#include "log.h"
#include "proxy.h"
#include "worker.h"

enum {
	MS_PER_S = 1000,
};

/* ---- the end ------------------------------------------------------------ */

static void log_ended(const struct proxied *proxied)
{
	const struct relay_report *report = &proxied->report;
	struct log_line line;
	char seconds[32];

	snprintf(seconds, sizeof(seconds), "%llu.%03u",
		 (unsigned long long)(report->ms / MS_PER_S),
		 (unsigned int)(report->ms % MS_PER_S));
	log_begin(&line);
	log_text(&line, "conn", proxied->connection);
	log_text(&line, "listener", proxied->listener_name);
	log_text(&line, "peer", proxied->peer);
	log_text(&line, "outcome", report->error ? "proxy_failed" : "proxied");
	log_text(&line, "backend", proxied->target_text);
	log_number(&line, "in", report->in);
	log_number(&line, "out", report->out);
	log_text(&line, "seconds", seconds);
	log_text(&line, "reason", report->how);
	/* clients come and go as they like */
	log_end(report->fault ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, &line);
}

static void free_proxied(struct proxied *proxied)
{
	struct listener *listener = proxied->listener;

	LIST_REMOVE(proxied, link);
	worker_give_back(proxied->worker);
	mailbox_let_go(proxied->mailbox);
	free(proxied);
	listener->proxied--;
	listener_settle(listener);
}

static void work_is_back(void *context)
{
	struct proxied *proxied = context;

	log_ended(proxied);
	if (!proxied->cancelled)
		free_proxied(proxied);
}

static void cancel_is_back(void *context)
{
	free_proxied(context);
}

static void stop(void *context)
{
	dial_stop(context, cancel_is_back);
}

void proxy_abort_all(struct proxied_list *list)
{
	struct proxied *proxied;

	LIST_FOREACH(proxied, list, link) {
		if (proxied->cancelled)
			continue;
		proxied->cancelled = 1;
		worker_post(proxied->worker, &proxied->cancel, stop, proxied);
	}
}

/* ---- the beginning ------------------------------------------------------ */

static void run(void *context)
{
	dial_run(context, work_is_back);
}

static void describe(struct proxied *proxied, const struct listener_option *option,
		     const struct kseal_result *result)
{
	proxied->client = result->fd;
	/* a handshake without a version was none: the socket is a plain one */
	proxied->tls = result->version != 0;
	proxied->target = option->proxy;
	proxied->connect_ms = option->connect_ms;
	proxied->idle_ms = option->idle_ms;
	if (option->proxy_header)
		proxy_header_make(&proxied->header, result);
	strcpy(proxied->listener_name, option->name);
	strcpy(proxied->target_text, option->proxy_text);
	strcpy(proxied->peer, result->peer);
	strcpy(proxied->connection, result->connection);
}

void proxy_begin(struct listener *listener, struct kseal_result *result)
{
	struct front *front = listener->front;
	struct proxied *proxied = calloc(1, sizeof(*proxied));

	if (!proxied) {
		log_error("listener %s: a connection is closed: out of memory",
			  listener->option.name);
		close(result->fd);
		return;
	}
	describe(proxied, &listener->option, result);
	proxied->listener = listener;
	proxied->mailbox = front->engine->mailbox;
	proxied->worker = worker_take(front->engine->workers);
	listener->proxied++;
	LIST_INSERT_HEAD(&front->proxied, proxied, link);
	mailbox_hold(proxied->mailbox);
	worker_post(proxied->worker, &proxied->work, run, proxied);
}
