// SPDX-License-Identifier: GPL-2.0
/* Accepting for programs that know nothing of handshakes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "adopted.h"
#include "client.h"
#include "log.h"
#include "server.h"

enum {
	ACCEPT_BATCH = 16,
	/* until descriptors, or handshakes, may have become free */
	RETRY_MS = 20,
};

static void accept_some(uv_poll_t *poll, int status, int events);

int adopted_is(int fd)
{
	int listens = 0;
	socklen_t len = sizeof(listens);

	return !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) && listens;
}

/* ---- pauses ------------------------------------------------------------------- */

static void go_on(struct adopted *adopted)
{
	if (!adopted->paused || !client_takes(adopted->client))
		return;
	adopted->paused = 0;
	uv_poll_start(&adopted->poll, UV_READABLE, accept_some);
}

static void retry(uv_timer_t *timer)
{
	go_on(timer->data);
}

static void pause_accepting(struct adopted *adopted)
{
	adopted->paused = 1;
	uv_poll_stop(&adopted->poll);
}

void adopted_update(struct client *client)
{
	struct adopted *adopted;

	LIST_FOREACH(adopted, &client->adopted, link)
		if (!uv_is_active((uv_handle_t *)&adopted->retry))
			go_on(adopted);
}

/* ---- connections -------------------------------------------------------------- */

static void hand_over(void *owner, struct kseal_result *result)
{
	struct adopted *adopted = owner;

	adopted->client->busy--;
	client_hand_over(adopted->client, result);
}

/* Return: 0 go on, 1 there may be more, but not now. */
static int accept_one(struct adopted *adopted)
{
	struct engine *engine = &adopted->client->server->engine;
	int sock;

	/* they stay in its queue, for the next kseald */
	if (adopted->client->server->stopping) {
		pause_accepting(adopted);
		return 1;
	}
	if (engine->active >= engine->limit || client_is_full(adopted->client)) {
		pause_accepting(adopted);
		uv_timer_start(&adopted->retry, retry, RETRY_MS, 0);
		return 1;
	}
	sock = accept4(adopted->fd, NULL, NULL, SOCK_CLOEXEC);
	if (sock >= 0) {
		adopted->client->busy++;
		handshake_begin(engine, adopted->id, sock, &adopted->request,
				&adopted->handshakes, hand_over, adopted);
		return 0;
	}
	/* of a connection that has ended already, others may follow */
	if (errno == ECONNABORTED || errno == EINTR || errno == EPROTO)
		return 0;
	if (errno != EAGAIN) {
		log_warning("process %d: its connections wait, none can be accepted: %s",
			    adopted->client->pid, strerror(errno));
		pause_accepting(adopted);
		uv_timer_start(&adopted->retry, retry, RETRY_MS, 0);
	}
	return 1;
}

static void accept_some(uv_poll_t *poll, int status, int events)
{
	struct adopted *adopted = poll->data;
	const struct client *client = adopted->client;
	int i;

	(void)status;
	(void)events;
	for (i = 0; i < ACCEPT_BATCH; i++) {
		/* a handshake that is refused at once may have ended the client */
		if (client->sock < 0)
			return;
		if (!client_takes(client)) {
			pause_accepting(adopted);
			return;
		}
		if (accept_one(adopted))
			return;
	}
}

/* ---- beginning and end -------------------------------------------------------- */

static int watch(struct adopted *adopted, struct client *client)
{
	int ret;

	uv_timer_init(client->server->loop, &adopted->retry);
	adopted->retry.data = adopted;
	adopted->poll.data = adopted;
	ret = uv_poll_init(client->server->loop, &adopted->poll, adopted->fd);
	if (ret)
		return ret;
	return uv_poll_start(&adopted->poll, UV_READABLE, accept_some);
}

int adopted_add(struct client *client, uint32_t id, const struct kseald_request *request, int fd,
		struct kseal_result *result)
{
	struct adopted *adopted = calloc(1, sizeof(*adopted));

	result->id = id;
	result->fd = dup(fd);
	if (!adopted || result->fd < 0) {
		close(fd);
		free(adopted);
		return tls_fail(result, adopted ? errno : ENOMEM, "kseald cannot accept for the "
				"program: %s", strerror(adopted ? errno : ENOMEM));
	}
	adopted->client = client;
	adopted->request = *request;
	adopted->id = id;
	adopted->fd = fd;
	adopted->open = 2;
	/* logged as the program's */
	adopted->handshakes = client->handshakes;
	LIST_INIT(&adopted->handshakes);
	LIST_INSERT_HEAD(&client->adopted, adopted, link);
	if (!watch(adopted, client))
		return 0;
	close(result->fd);
	result->fd = -1;
	adopted_close(adopted);
	return tls_fail(result, EINVAL, "the listening socket cannot be watched");
}

static void closed(uv_handle_t *handle)
{
	struct adopted *adopted = handle->data;

	if (--adopted->open)
		return;
	close(adopted->fd);
	free(adopted);
}

void adopted_close(struct adopted *adopted)
{
	while (!LIST_EMPTY(&adopted->handshakes)) {
		handshake_cancel(LIST_FIRST(&adopted->handshakes));
		adopted->client->busy--;
	}
	LIST_REMOVE(adopted, link);
	uv_close((uv_handle_t *)&adopted->poll, closed);
	uv_close((uv_handle_t *)&adopted->retry, closed);
}
