// SPDX-License-Identifier: GPL-2.0
/* kseald: TLS handshakes for other programs, record keys for the kernel. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

#include "activation.h"
#include "confine.h"
#include "credentials.h"
#include "log.h"
#include "memory.h"
#include "module.h"
#include "notify.h"
#include "options.h"
#include "server.h"
#include "watchdog.h"
#include "worker.h"

enum {
	EXIT_OK = 0,
	EXIT_TROUBLE = 1,
	EXIT_USAGE = 2,
	/* Descriptors beside one per handshake: programs and our own. */
	SPARE_DESCRIPTORS = 256,
	/* sd_listen_fds(3) */
	FIRST_PASSED = 3,
};

/** struct daemon - all there is */
struct daemon {
	struct options options;
	int argc;
	char **argv;
	struct server server;
	uv_loop_t loop;
	struct mailbox mailbox;
	struct workers workers;
	struct watchdog watchdog;
	uv_signal_t term;
	uv_signal_t interrupt;
	uv_signal_t hangup;
	uv_signal_t user;
};

/* One for each handshake and each worker's tickets, two for each proxied connection. */
static unsigned long descriptors_wanted(const struct options *options)
{
	unsigned long count = options->max_handshakes + options->workers + SPARE_DESCRIPTORS;
	const struct listener_option *listener;

	STAILQ_FOREACH(listener, &options->listeners, next)
		if (listener->proxy.size)
			count += 2ul * listener->max_connections;
	return count;
}

static void raise_descriptor_limit(const struct options *options)
{
	const unsigned long wanted = descriptors_wanted(options);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < wanted)
		log_warning("--max-handshakes and the listeners' max-connections may need %lu "
			    "descriptors, and the limit is %lu: raise it (ulimit -n, "
			    "LimitNOFILE=)", wanted, (unsigned long)limit.rlim_cur);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct daemon *daemon = handle->data;

	if (daemon->server.stopping) {
		log_info("signal %d again: stopping at once", number);
		server_abort(&daemon->server);
		return;
	}
	log_info("signal %d: stopping", number);
	notify_stopping();
	server_stop(&daemon->server);
}

/* What may change while kseald runs. */
static void apply(struct server *server, const struct options *options)
{
	struct engine *engine = &server->engine;

	engine->timeout_ms = options->timeout_ms;
	engine->handover = options->handover;
	engine->limit = options->max_handshakes;
	/* rounded up, so that there is at least one */
	engine->program_limit = options->max_per_program ? options->max_per_program :
				(3ULL * options->max_handshakes + 3) / 4;
	engine->rate.per_second = options->rate;
	engine->rate.burst = options->burst;
	server->stop_ms = options->stop_ms;
	log_set_level(options->log_level);
}

static int differ(const char *one, const char *other)
{
	return one && other ? strcmp(one, other) : one != other;
}

/* The file, certificates and keys are read anew. What is wrong with any of them
 * leaves everything as it was. Handshakes go on with what they began with.
 */
static void reload(struct daemon *daemon)
{
	struct front *front = &daemon->server.front;
	struct credentials *credentials = NULL;
	struct options fresh;
	struct doors doors;

	if (options_parse(&fresh, daemon->argc, daemon->argv, stdout, stderr) == OPTIONS_RUN)
		credentials = credentials_new(&fresh);
	if (!credentials || front_prepare(front, &fresh, &doors)) {
		log_error("not reloaded: see above; what was read before stays in use");
		if (credentials)
			credentials_release(credentials);
		options_free(&fresh);
		return;
	}
	engine_replace(&daemon->server.engine, credentials);
	policy_replace(&daemon->server.callers, &fresh.callers);
	front_commit(front, &fresh, &doors);
	apply(&daemon->server, &fresh);
	raise_descriptor_limit(&fresh);
	if (fresh.workers != daemon->options.workers)
		log_warning("another number of workers wants a restart");
	if (differ(fresh.socket, daemon->options.socket) ||
	    differ(fresh.group, daemon->options.group) || fresh.mode != daemon->options.mode)
		log_warning("another socket, mode or group wants a restart");
	if (differ(fresh.user, daemon->options.user) || fresh.sandbox != daemon->options.sandbox)
		log_warning("another user or sandbox wants a restart");
	log_info("reloaded");
	options_free(&fresh);
}

static void on_hangup(uv_signal_t *handle, int number)
{
	struct daemon *daemon = handle->data;

	(void)number;
	if (daemon->server.stopping)
		return;
	notify_reloading();
	reload(daemon);
	notify_reloaded();
}

static void log_counters(const struct server *server)
{
	uint64_t counters[KSEAL_COUNTERS_MAX];

	server_count(server, counters);
	report_counters(counters);
}

static void on_user(uv_signal_t *handle, int number)
{
	struct daemon *daemon = handle->data;

	(void)number;
	log_counters(&daemon->server);
}

/* They do not keep the loop running: the server's end is the loop's. */
static void watch_signal(struct daemon *daemon, uv_signal_t *handle, int number,
			 uv_signal_cb called)
{
	uv_signal_init(&daemon->loop, handle);
	handle->data = daemon;
	uv_signal_start(handle, called, number);
	uv_unref((uv_handle_t *)handle);
}

/* Workers come last: privileges and filters are a thread's, and theirs are to be
 * those that are left by now.
 */
static int start(struct daemon *daemon)
{
	const struct options *options = &daemon->options;
	struct server *server = &daemon->server;
	int ret;

	STAILQ_INIT(&server->callers);
	policy_replace(&server->callers, &daemon->options.callers);
	server->loop = &daemon->loop;
	server->engine.mailbox = &daemon->mailbox;
	server->engine.workers = &daemon->workers;
	engine_start(&server->engine);
	apply(server, options);
	ret = activation_begin(&server->activation, FIRST_PASSED);
	if (ret)
		log_warning("sockets of the service manager cannot be used: %s", strerror(-ret));
	ret = server_start(server, options);
	if (ret)
		return ret;
	activation_end(&server->activation);
	ret = confine(options, &server->owner);
	if (ret)
		goto abort;
	ret = workers_start(&daemon->workers, options->workers);
	if (!ret)
		return 0;
	log_error("cannot start %u threads (--workers): %s", options->workers, strerror(-ret));

abort:
	server_abort(server);
	return ret;
}

static void watch_signals(struct daemon *daemon)
{
	watch_signal(daemon, &daemon->term, SIGTERM, on_signal);
	watch_signal(daemon, &daemon->interrupt, SIGINT, on_signal);
	watch_signal(daemon, &daemon->hangup, SIGHUP, on_hangup);
	watch_signal(daemon, &daemon->user, SIGUSR1, on_user);
}

static void serve(struct daemon *daemon)
{
	const struct options *options = &daemon->options;
	int ret;

	watch_signals(daemon);
	log_info("ready at %s", options->socket);
	ret = notify_ready(options->ready_fd);
	if (ret)
		log_warning("cannot tell that kseald is ready: %s",
			    strerror(-ret));
	daemon->watchdog.mailbox = &daemon->mailbox;
	daemon->watchdog.workers = &daemon->workers;
	watchdog_start(&daemon->watchdog, &daemon->loop);
	uv_run(&daemon->loop, UV_RUN_DEFAULT);
	watchdog_stop(&daemon->watchdog);
	log_counters(&daemon->server);
	workers_stop(&daemon->workers);
	uv_close((uv_handle_t *)&daemon->term, NULL);
	uv_close((uv_handle_t *)&daemon->interrupt, NULL);
	uv_close((uv_handle_t *)&daemon->hangup, NULL);
	uv_close((uv_handle_t *)&daemon->user, NULL);
	log_info("stopped");
}

static int run_loop(struct daemon *daemon)
{
	int ret = uv_loop_init(&daemon->loop);

	if (ret)
		return ret;
	ret = mailbox_open(&daemon->mailbox, &daemon->loop);
	if (!ret) {
		ret = start(daemon);
		if (!ret)
			serve(daemon);
		mailbox_close(&daemon->mailbox);
	}
	uv_run(&daemon->loop, UV_RUN_DEFAULT);
	uv_loop_close(&daemon->loop);
	return ret;
}

static int run(struct daemon *daemon)
{
	struct credentials *credentials;
	int ret = 0;

	log_set_level(daemon->options.log_level);
	memory_protect();
	signal(SIGPIPE, SIG_IGN);
	/* until there is a loop to hear of it */
	signal(SIGHUP, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	if (account_find(&daemon->server.owner, daemon->options.user))
		return EXIT_TROUBLE;
	credentials = credentials_new(&daemon->options);
	if (!credentials)
		return EXIT_TROUBLE;
	daemon->server.engine.credentials = credentials;
	if (daemon->options.check)
		log_info("options, certificates and keys are in order");
	else {
		module_find();
		raise_descriptor_limit(&daemon->options);
		ret = run_loop(daemon);
	}
	policy_free(&daemon->server.callers);
	credentials_release(daemon->server.engine.credentials);
	return ret ? EXIT_TROUBLE : EXIT_OK;
}

int main(int argc, char **argv)
{
	static struct daemon daemon;
	int ret;

	daemon.argc = argc;
	daemon.argv = argv;
	switch (options_parse(&daemon.options, argc, argv, stdout, stderr)) {
	case OPTIONS_RUN:
		ret = run(&daemon);
		break;
	case OPTIONS_EXIT:
		ret = EXIT_OK;
		break;
	default:
		ret = EXIT_USAGE;
	}
	options_free(&daemon.options);
	return ret;
}
