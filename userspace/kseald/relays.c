// SPDX-License-Identifier: GPL-2.0
/* What the relays of one loop share. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "flow.h"
#include "log.h"

enum {
	RETRY_MS = 100,
};

static void resume(uv_timer_t *retry)
{
	struct relays *relays = retry->data;
	struct relay *relay, *next;

	for (relay = LIST_FIRST(&relays->list); relay; relay = next) {
		next = LIST_NEXT(relay, link);
		relay_resume(relay);
	}
}

void relays_starved(struct relays *relays)
{
	if (uv_is_active((uv_handle_t *)&relays->retry))
		return;
	log_warning("out of descriptors: connections to back ends wait; raise the limit "
		    "(ulimit -n, LimitNOFILE=)");
	uv_timer_start(&relays->retry, resume, RETRY_MS, 0);
}

int relays_open(struct relays *relays, uv_loop_t *loop, struct watch *watch)
{
	LIST_INIT(&relays->list);
	relays->loop = loop;
	relays->watch = watch;
	relays->pipes.count = 0;
	relays->null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (relays->null_fd < 0)
		return -errno;
	uv_timer_init(loop, &relays->retry);
	relays->retry.data = relays;
	return 0;
}

void relays_close(struct relays *relays)
{
	close(relays->null_fd);
	pipes_free(&relays->pipes);
	uv_close((uv_handle_t *)&relays->retry, NULL);
}
