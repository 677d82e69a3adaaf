// SPDX-License-Identifier: GPL-2.0
/* kseald: TLS handshakes for other programs, record keys for the kernel. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <uv.h>

#include "credentials.h"
#include "log.h"
#include "notify.h"
#include "options.h"
#include "server.h"

enum {
	EXIT_OK = 0,
	EXIT_TROUBLE = 1,
	EXIT_USAGE = 2,
	/* Descriptors beside one per handshake: programs and our own. */
	SPARE_DESCRIPTORS = 256,
};

/** struct daemon - all there is */
struct daemon {
	struct options options;
	struct credentials credentials;
	struct server server;
	uv_loop_t loop;
	uv_signal_t term;
	uv_signal_t interrupt;
};

/* Private keys are in this process: it leaves no image of itself behind. */
static void protect_memory(void)
{
	const struct rlimit none = { 0, 0 };

	if (prctl(PR_SET_DUMPABLE, 0) || setrlimit(RLIMIT_CORE, &none))
		log_warning("core dumps cannot be turned off: %s",
			    strerror(errno));
}

static void raise_descriptor_limit(unsigned int handshakes)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur < handshakes + SPARE_DESCRIPTORS)
		log_warning("--max-handshakes %u is more than %lu descriptors "
			    "allow: raise the limit (ulimit -n, LimitNOFILE=)",
			    handshakes, (unsigned long)limit.rlim_cur);
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

/* They do not keep the loop running: the server's end is the loop's. */
static void watch_signal(struct daemon *daemon, uv_signal_t *handle, int number)
{
	uv_signal_init(&daemon->loop, handle);
	handle->data = daemon;
	uv_signal_start(handle, on_signal, number);
	uv_unref((uv_handle_t *)handle);
}

static int serve(struct daemon *daemon)
{
	const struct options *options = &daemon->options;
	int ret;

	daemon->server.loop = &daemon->loop;
	daemon->server.engine.loop = &daemon->loop;
	daemon->server.engine.credentials = &daemon->credentials;
	daemon->server.engine.timeout_ms = options->timeout_ms;
	daemon->server.engine.sizing = options->sizing;
	daemon->server.engine.limit = options->max_handshakes;
	ret = server_start(&daemon->server, options);
	if (ret)
		return ret;
	watch_signal(daemon, &daemon->term, SIGTERM);
	watch_signal(daemon, &daemon->interrupt, SIGINT);
	log_info("ready at %s", options->socket);
	ret = notify_ready(options->ready_fd);
	if (ret)
		log_warning("cannot tell that kseald is ready: %s",
			    strerror(-ret));
	uv_run(&daemon->loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&daemon->term, NULL);
	uv_close((uv_handle_t *)&daemon->interrupt, NULL);
	uv_run(&daemon->loop, UV_RUN_DEFAULT);
	log_info("stopped");
	return 0;
}

static int run(struct daemon *daemon)
{
	int ret;

	log_set_level(daemon->options.log_level);
	protect_memory();
	signal(SIGPIPE, SIG_IGN);
	ret = credentials_load(&daemon->credentials, &daemon->options);
	if (!ret && daemon->options.check)
		log_info("options, certificates and keys are in order");
	else if (!ret) {
		raise_descriptor_limit(daemon->options.max_handshakes);
		ret = uv_loop_init(&daemon->loop);
		if (!ret) {
			ret = serve(daemon);
			uv_loop_close(&daemon->loop);
		}
	}
	credentials_free(&daemon->credentials);
	return ret ? EXIT_TROUBLE : EXIT_OK;
}

int main(int argc, char **argv)
{
	static struct daemon daemon;
	int ret;

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
