// SPDX-License-Identifier: GPL-2.0
/* Accepting programs, and coming to an end. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "log.h"
#include "options.h"
#include "server.h"
#include "worker.h"

enum {
	ACCEPT_BATCH = 16,
	RETRY_MS = 100,
};

static void accept_programs(uv_poll_t *listener, int status, int events);

static void resume_accepting(uv_timer_t *retry)
{
	struct server *server = retry->data;

	uv_poll_start(&server->listener, UV_READABLE, accept_programs);
}

/* Without this the loop would spin: the connection stays to be accepted. */
static void pause_accepting(struct server *server)
{
	log_warning("out of descriptors: programs wait; raise the limit "
		    "(ulimit -n, LimitNOFILE=)");
	uv_poll_stop(&server->listener);
	uv_timer_start(&server->retry, resume_accepting, RETRY_MS, 0);
}

static void accept_programs(uv_poll_t *listener, int status, int events)
{
	struct server *server = listener->data;
	int i, sock;

	(void)status;
	(void)events;
	for (i = 0; i < ACCEPT_BATCH; i++) {
		sock = accept4(server->sock, NULL, NULL,
			       SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (sock >= 0) {
			client_add(server, sock);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS)
			pause_accepting(server);
		return;
	}
}

static void close_listener(struct server *server)
{
	if (server->sock < 0)
		return;
	listen_remove(server->path, &server->stat);
	uv_poll_stop(&server->listener);
	uv_close((uv_handle_t *)&server->listener, NULL);
	uv_close((uv_handle_t *)&server->retry, NULL);
	close(server->sock);
	server->sock = -1;
}

static void end_if_idle(void *context);

static int start_front(struct server *server, const struct options *options)
{
	struct front *front = &server->front;

	front->loop = server->loop;
	front->engine = &server->engine;
	front->activation = &server->activation;
	front->on_idle = end_if_idle;
	front->context = server;
	return front_start(front, options);
}

int server_start(struct server *server, const struct options *options)
{
	int ret;

	LIST_INIT(&server->clients);
	server->stopping = 0;
	server->closed = 0;
	server->path = options->socket;
	server->sock = listen_at(options, &server->activation, &server->owner,
				 &server->stat);
	if (server->sock < 0)
		return server->sock;
	uv_timer_init(server->loop, &server->retry);
	server->retry.data = server;
	server->listener.data = server;
	ret = uv_poll_init(server->loop, &server->listener, server->sock);
	if (!ret)
		ret = uv_poll_start(&server->listener, UV_READABLE,
				    accept_programs);
	if (ret) {
		log_error("cannot watch the socket %s: %s", server->path, strerror(-ret));
		listen_remove(server->path, &server->stat);
		close(server->sock);
		return ret;
	}
	ret = start_front(server, options);
	if (ret)
		close_listener(server);
	return ret;
}

void server_count(const struct server *server, uint64_t *counters)
{
	const struct workers *workers = server->engine.workers;
	const struct client *client;
	unsigned int i;

	memcpy(counters, server->engine.counters, sizeof(server->engine.counters));
	counters[KSEAL_COUNTER_WORKERS] = workers->count;
	for (i = 0; i < workers->count; i++)
		counters[KSEAL_COUNTER_TICKETS_TAKEN] += tickets_taken(&workers->list[i].tickets);
	counters[KSEAL_COUNTER_IN_FLIGHT] = server->engine.taken;
	LIST_FOREACH(client, &server->clients, link)
		counters[KSEAL_COUNTER_PROGRAMS]++;
}

/* ---- the end ------------------------------------------------------------ */

void server_abort(struct server *server)
{
	struct client *client;

	server->stopping = 1;
	close_listener(server);
	if (server->closed)
		return;
	server->closed = 1;
	front_abort(&server->front);
	while ((client = LIST_FIRST(&server->clients)))
		client_close(client);
}

static void end_if_idle(void *context)
{
	struct server *server = context;

	if (server->stopping && !server->engine.active && front_is_idle(&server->front))
		server_abort(server);
}

void server_stop(struct server *server)
{
	server->stopping = 1;
	close_listener(server);
	if (server->engine.active)
		log_info("stopping after %u handshakes under way",
			 server->engine.active);
	front_stop(&server->front, server->stop_ms);
	end_if_idle(server);
}

void server_handshake_ended(struct server *server)
{
	end_if_idle(server);
}

void server_client_gone(struct server *server)
{
	end_if_idle(server);
}
