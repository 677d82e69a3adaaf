// SPDX-License-Identifier: GPL-2.0
/*
 * What ties the parts together, and the order in which they end.
 *
 *	accepted -> kseald (handshake) -> libmicrohttpd (requests) -> linger
 *	         or accepted by kseald as well
 *
 * The main thread runs the loop: listening sockets, kseald, lingering sockets,
 * signals. libmicrohttpd's threads serve; they report through server.change.
 *
 * RUNNING -> (SIGTERM) -> FINISHING: no more connections; running requests end
 *	   -> (none is left, or out of time) -> LINGERING: threads have ended;
 *		sockets are seen off
 *	   -> (none is left, or out of time) -> the loop ends
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backend.h"
#include "broker.h"
#include "http.h"
#include "log.h"
#include "ready.h"
#include "server.h"

/* Handshakes under way at a time; kseald has a limit of its own. */
#define MAX_HANDSHAKES	256

/* For the last sockets, when the threads have ended. */
#define LINGER_LIMIT_MS	3000

enum state { RUNNING, FINISHING, LINGERING };

struct server {
	const struct options *options;
	uv_loop_t loop;
	uv_signal_t terminate, interrupt, hangup;
	uv_timer_t limit;
	uv_async_t change;
	struct listen_set listen;
	struct broker broker;
	struct backend backend;
	struct http http;
	enum state state;
	int result;
};

static void update_gate(struct server *server)
{
	unsigned int open = conns_count(&server->http.conns) +
			    server->broker.pending +
			    server->http.linger.active;

	if (server->options->backend) {
		backend_accept(&server->backend, server->state == RUNNING &&
			       open < server->options->connections);
		return;
	}
	listen_accept(&server->listen, server->state == RUNNING &&
		      broker_ready(&server->broker) &&
		      open < server->options->connections);
}

static void on_accept(void *data, int fd)
{
	struct server *server = data;

	broker_submit(&server->broker, fd);
}

static void on_result(void *data, const struct kseal_result *result)
{
	struct server *server = data;
	int err;

	if (result->error) {
		log_error("handshake with %s failed: %s%s%s",
			  *result->peer ? result->peer : "a client",
			  strerror(result->error), *result->reason ? ": " : "",
			  result->reason);
		return;
	}
	log_info("handshake with %s: %s, %s, server name '%s', protocol '%s'",
		 result->peer, kseal_version_name(result->version),
		 result->suite, result->server_name, result->alpn);
	err = http_add(&server->http, result->fd);
	if (err)
		log_error("cannot serve %s: %s", result->peer, strerror(-err));
}

static void on_handed(void *data, const struct kseal_result *result)
{
	on_result(data, result);
	update_gate(data);
}

static void on_broker_change(void *data)
{
	update_gate(data);
}

/* From any thread. */
static void on_http_change(void *data)
{
	struct server *server = data;

	uv_async_send(&server->change);
}

static void end_loop(struct server *server)
{
	uv_stop(&server->loop);
}

static void on_limit_lingering(uv_timer_t *timer)
{
	end_loop(timer->data);
}

static void on_linger_empty(void *data)
{
	struct server *server = data;

	if (server->state == LINGERING)
		end_loop(server);
	else
		update_gate(server);
}

static void stop_serving(struct server *server)
{
	server->state = LINGERING;
	conns_stop(&server->http.conns);	/* those that were busy before */
	http_stop(&server->http);
	linger_flush(&server->http.linger);
	uv_timer_start(&server->limit, on_limit_lingering, LINGER_LIMIT_MS, 0);
	if (!server->http.linger.active)
		end_loop(server);
}

static void cut_short(struct server *server, const char *why)
{
	log_error("%s: %u responses are cut short; see --stop-timeout", why,
		  conns_requests(&server->http.conns));
	server->result = -ETIME;
	stop_serving(server);
}

static void on_limit_finishing(uv_timer_t *timer)
{
	cut_short(timer->data, "out of time");
}

static void on_change(uv_async_t *change)
{
	struct server *server = change->data;

	if (server->state == RUNNING)
		update_gate(server);
	else if (server->state == FINISHING &&
		 !conns_requests(&server->http.conns))
		stop_serving(server);
}

static void on_stop(uv_signal_t *signal, int number)
{
	struct server *server = signal->data;
	unsigned int running;

	if (server->state != RUNNING) {
		if (server->state == FINISHING)
			cut_short(server, "told to stop a second time");
		return;
	}
	ready_stopping();
	server->state = FINISHING;
	if (server->options->backend) {
		backend_close(&server->backend);
	} else {
		listen_close(&server->listen);
		broker_close(&server->broker);
	}
	running = conns_stop(&server->http.conns);
	log_info("%s: finishing %u responses", strsignal(number), running);
	if (!running)
		stop_serving(server);
	else
		uv_timer_start(&server->limit, on_limit_finishing,
			       server->options->stop_seconds * 1000ULL, 0);
}

static void on_hangup(uv_signal_t *signal, int number)
{
	(void)signal;
	(void)number;
	log_reopen();
}

static int open_site(struct site *site, const struct options *options)
{
	const char *types = options->mime_types;
	FILE *file;
	int err;

	site->no_listing = options->no_listing;
	site->root = open(options->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (site->root < 0) {
		err = -errno;
		log_error("cannot serve %s: %s", options->dir, strerror(-err));
		return err;
	}
	file = fopen(types ? types : "/etc/mime.types", "re");
	if (!file && types) {
		err = -errno;
		log_error("cannot read %s: %s; see --mime-types", types,
			  strerror(-err));
		return err;
	}
	if (file) {
		site->mime = mime_read(file);
		fclose(file);
	}
	return 0;
}

/* A connection takes a descriptor, its file one, and seeing it off one. */
static void raise_descriptor_limit(const struct options *options)
{
	rlim_t wanted = 3 * (rlim_t)options->connections + MAX_HANDSHAKES + 64;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur < wanted)
		log_info("%llu descriptors may be too few for %u connections; "
			 "raise the limit or see --max-connections",
			 (unsigned long long)limit.rlim_cur,
			 options->connections);
}

static int open_sockets(struct server *server)
{
	const struct options *options = server->options;
	int err = 0;

	server->listen.on_accept = on_accept;
	server->listen.data = server;
	for (unsigned int i = 0; i < options->listens && !err; i++)
		err = listen_add(&server->listen, options->listen[i]);
	if (err)
		return err;
	server->broker = (struct broker){
		.path = options->broker,
		.request = {
			.size = sizeof(struct kseal_request),
			.role = KSEAL_SERVER,
			/* its last words are timed, see linger.c */
			.control = KSEAL_CONTROL_BY_PROGRAM,
			.alpn = "http/1.1",
			.identity = options->identity,
			.timeout_ms = options->handshake_ms,
		},
		.on_result = on_result,
		.on_change = on_broker_change,
		.data = server,
		.limit = MAX_HANDSHAKES,
	};
	err = broker_open(&server->broker, &server->loop);
	return err ? err : listen_open(&server->listen, &server->loop);
}

static int open_backend(struct server *server)
{
	server->backend = (struct backend){
		.path = server->options->broker,
		.listener = server->options->backend,
		.on_result = on_handed,
		.data = server,
	};
	return backend_open(&server->backend, &server->loop);
}

static int open_http(struct server *server)
{
	const struct http_limits limits = {
		.threads = server->options->threads,
		.connections = server->options->connections,
		.idle_seconds = server->options->idle_seconds,
	};
	struct http *http = &server->http;
	int err;

	http->on_change = on_http_change;
	http->data = server;
	err = linger_init(&http->linger, &server->loop);
	if (err)
		return err;
	http->linger.on_empty = on_linger_empty;
	http->linger.data = server;
	err = http_start(http, &limits);
	if (err)
		log_error("cannot start libmicrohttpd: %s", strerror(-err));
	return err;
}

static void watch_signals(struct server *server)
{
	signal(SIGPIPE, SIG_IGN);
	uv_signal_init(&server->loop, &server->terminate);
	uv_signal_init(&server->loop, &server->interrupt);
	uv_signal_init(&server->loop, &server->hangup);
	server->terminate.data = server;
	server->interrupt.data = server;
	uv_signal_start(&server->terminate, on_stop, SIGTERM);
	uv_signal_start(&server->interrupt, on_stop, SIGINT);
	uv_signal_start(&server->hangup, on_hangup, SIGHUP);
}

static int open_all(struct server *server)
{
	int err;

	err = uv_loop_init(&server->loop);
	if (err) {
		log_error("cannot set up the event loop: %s", strerror(-err));
		return err;
	}
	uv_timer_init(&server->loop, &server->limit);
	server->limit.data = server;
	uv_async_init(&server->loop, &server->change, on_change);
	server->change.data = server;
	watch_signals(server);
	err = open_site(&server->http.site, server->options);
	if (!err)
		err = server->options->backend ? open_backend(server) : open_sockets(server);
	return err ? err : open_http(server);
}

int server_run(const struct options *options)
{
	static struct server server;	/* larger than a stack should hold */
	int err;

	server.options = options;
	raise_descriptor_limit(options);
	err = open_all(&server);
	if (err)
		return err;
	update_gate(&server);
	if (options->backend)
		log_note("serving %s on listener %s of kseald", options->dir, options->backend);
	for (unsigned int i = 0; i < server.listen.count; i++)
		log_note("serving %s on https://%s/", options->dir,
			  server.listen.sockets[i].name);
	ready_announce(options->ready_fd, &server.listen);
	uv_run(&server.loop, UV_RUN_DEFAULT);
	mime_free(server.http.site.mime);
	close(server.http.site.root);
	return server.result;
}
