// SPDX-License-Identifier: GPL-2.0
/* One program's connection: its requests in, its results out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "client.h"
#include "log.h"
#include "protocol.h"
#include "server.h"

enum {
	READ_BATCH = 16,		/* requests before others get their turn */
};

/** struct message - an answer that waits, with the socket that goes with it */
struct message {
	STAILQ_ENTRY(message) next;
	int fd;
	size_t size;
	uint8_t data[];
};

/* ---- the end ------------------------------------------------------------ */

static void free_message(struct message *message)
{
	if (message->fd >= 0)
		close(message->fd);
	free(message);
}

static void free_client(uv_handle_t *poll)
{
	struct client *client = poll->data;

	program_free(&client->program);
	free(client);
}

void client_close(struct client *client)
{
	struct message *message;

	if (client->sock < 0)
		return;
	while (!LIST_EMPTY(&client->handshakes))
		handshake_cancel(LIST_FIRST(&client->handshakes));
	while (!LIST_EMPTY(&client->adopted))
		adopted_close(LIST_FIRST(&client->adopted));
	while (!LIST_EMPTY(&client->subscriptions))
		subscribe_end(LIST_FIRST(&client->subscriptions));
	while ((message = STAILQ_FIRST(&client->unsent))) {
		STAILQ_REMOVE_HEAD(&client->unsent, next);
		free_message(message);
	}
	uv_poll_stop(&client->poll);
	close(client->sock);
	client->sock = -1;
	LIST_REMOVE(client, link);
	uv_close((uv_handle_t *)&client->poll, free_client);
	server_client_gone(client->server);
}

static void drop(struct client *client, const char *why)
{
	log_warning("process %d dropped: %s", client->pid, why);
	client_close(client);
}

/* ---- answers ------------------------------------------------------------ */

static void on_event(uv_poll_t *poll, int status, int events);

static void update_poll(struct client *client)
{
	const int events = UV_DISCONNECT | (!client_takes(client) ? UV_WRITABLE :
					    client->holds ? 0 : UV_READABLE);

	if (client->events == events)
		return;
	client->events = events;
	uv_poll_start(&client->poll, events, on_event);
	adopted_update(client);
}

int client_takes(const struct client *client)
{
	return STAILQ_EMPTY(&client->unsent);
}

static int queue(struct client *client, const uint8_t *data, size_t size, int fd)
{
	struct message *message = malloc(sizeof(*message) + size);

	if (!message)
		return -ENOMEM;
	message->fd = fd;
	message->size = size;
	memcpy(message->data, data, size);
	STAILQ_INSERT_TAIL(&client->unsent, message, next);
	update_poll(client);
	return 0;
}

void client_send(struct client *client, const uint8_t *data, size_t size, int fd)
{
	int ret = -EAGAIN;

	if (STAILQ_EMPTY(&client->unsent))
		ret = kseald_send_packet(client->sock, data, size, fd);
	if (ret == -EAGAIN) {
		ret = queue(client, data, size, fd);
		if (!ret)
			return;
	}
	if (fd >= 0)
		close(fd);
	if (ret)
		drop(client, strerror(-ret));
}

static void flush(struct client *client)
{
	struct message *message;
	int ret;

	while ((message = STAILQ_FIRST(&client->unsent))) {
		ret = kseald_send_packet(client->sock, message->data,
					 message->size, message->fd);
		if (ret == -EAGAIN)
			return;
		STAILQ_REMOVE_HEAD(&client->unsent, next);
		free_message(message);
		if (ret) {
			drop(client, strerror(-ret));
			return;
		}
	}
	update_poll(client);
}

static void answer_encoded(struct client *client, const uint8_t *buf, ssize_t len,
			   const struct kseal_result *result)
{
	if (len > 0) {
		client_send(client, buf, len, result->fd);
	} else {
		if (result->fd >= 0)
			close(result->fd);
		drop(client, "a result does not fit a message");
	}
}

static void answer_result(void *owner, struct kseal_result *result)
{
	struct client *client = owner;
	struct server *server = client->server;
	uint8_t buf[KSEALD_MESSAGE_MAX];

	client->holds = 0;
	update_poll(client);
	answer_encoded(client, buf, kseald_encode_result(result, buf, sizeof(buf)), result);
	server_handshake_ended(server);
}

void client_hand_over(struct client *client, struct kseal_result *result)
{
	struct server *server = client->server;
	uint8_t buf[KSEALD_MESSAGE_MAX];

	if (!result->error)
		answer_encoded(client, buf, kseald_encode_handed(result, buf, sizeof(buf)), result);
	server_handshake_ended(server);
}

/* ---- requests ----------------------------------------------------------- */

static void say_hello(struct client *client, const struct kseald_hello *theirs)
{
	struct kseald_hello hello = {
		.protocol = KSEALD_PROTOCOL,
		.software = "kseald " KSEAL_VERSION,
	};
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	if (theirs->protocol < KSEALD_PROTOCOL) {
		hello.error = EPROTONOSUPPORT;
		strcpy(hello.reason, "this kseald speaks version 1 of the protocol");
	}
	log_debug("process %d: %s, protocol %u", client->pid,
		  theirs->software[0] ? theirs->software : "unnamed",
		  theirs->protocol);
	len = kseald_encode_hello(&hello, buf, sizeof(buf));
	client->greeted = !hello.error;
	client_send(client, buf, len, -1);
}

static int refuse_as(struct client *client, enum kseal_counter cause, struct kseal_result *result)
{
	engine_refuse(&client->server->engine, &client->handshakes, cause, result);
	answer_result(client, result);
	return 0;
}

static int refuse(struct client *client, uint32_t id, enum kseal_counter cause, int error,
		  const char *why)
{
	struct kseal_result result = { .id = id, .fd = -1 };

	tls_fail(&result, error, "%s", why);
	return refuse_as(client, cause, &result);
}

static void handshake_done(void *owner, struct kseal_result *result)
{
	struct client *client = owner;

	client->busy--;
	answer_result(client, result);
}

/* Over all its connections. Programs of another PID namespace have no number here, so
 * each connection of theirs counts for itself.
 */
static unsigned int busy_for_program(const struct client *client)
{
	const struct client *other;
	unsigned int busy = client->busy;

	if (client->pid > 0)
		LIST_FOREACH(other, &client->server->clients, link)
			if (other != client && other->pid == client->pid)
				busy += other->busy;
	return busy;
}

int client_is_full(const struct client *client)
{
	return busy_for_program(client) >= client->server->engine.program_limit;
}

/* A socket that listens: kseald accepts for the program from now on. */
static int adopt(struct client *client, uint32_t id, const struct kseald_request *request, int fd)
{
	struct kseal_result result = { .fd = -1 };
	uint8_t buf[KSEALD_MESSAGE_MAX];

	if (request->role != KSEAL_SERVER)
		return refuse(client, id, KSEAL_COUNTER_REFUSED_REQUEST, EINVAL,
			      "a socket that listens goes with the server role only");
	if (adopted_add(client, id, request, fd, &result))
		log_warning("process %d: %s", client->pid, result.reason);
	else
		log_info("process %d: accepting for it", client->pid);
	answer_encoded(client, buf, kseald_encode_result(&result, buf, sizeof(buf)), &result);
	return 1;
}

static int take_request(struct client *client, uint32_t id, const uint8_t *buf,
			size_t size, int fd)
{
	struct kseal_result refused = { .id = id, .fd = -1 };
	struct kseald_request request;
	int ret = kseald_decode_request(buf, size, &request);

	if (ret == -EBADMSG)
		return ret;
	if (ret)
		return refuse(client, id, KSEAL_COUNTER_REFUSED_REQUEST, EINVAL,
			      "the request has a critical attribute that this kseald does "
			      "not know");
	if (fd == -EMFILE)
		return refuse(client, id, KSEAL_COUNTER_REFUSED_DESCRIPTORS, EBUSY,
			      "kseald has no descriptors left: raise its limit "
			      "(ulimit -n, LimitNOFILE=)");
	if (fd < 0)
		return refuse(client, id, KSEAL_COUNTER_REFUSED_REQUEST, EINVAL,
			      "no socket came along with the request");
	if (client->server->stopping)
		return refuse(client, id, KSEAL_COUNTER_REFUSED_STOPPING, EBUSY,
			      "kseald is stopping");
	if (policy_check(&client->server->callers, &client->program, &request, &refused))
		return refuse_as(client, KSEAL_COUNTER_REFUSED_CALLER, &refused);
	if (adopted_is(fd))
		return adopt(client, id, &request, fd);
	if (client_is_full(client))
		return refuse(client, id, KSEAL_COUNTER_REFUSED_PROGRAM, EBUSY,
			      "this program has as many handshakes under way as one may have: "
			      "try again, or raise --max-per-program");
	client->holds = request.hold;
	update_poll(client);
	client->busy++;
	handshake_begin(&client->server->engine, id, fd, &request,
			&client->handshakes, handshake_done, client);
	return 1;
}

static int take_hello(struct client *client, const uint8_t *buf, size_t size)
{
	struct kseald_hello hello;

	if (kseald_decode_hello(buf, size, &hello) == -EBADMSG)
		return -EBADMSG;
	say_hello(client, &hello);
	return 0;
}

static int take_status(struct client *client, uint32_t id)
{
	struct kseald_status status = {
		.id = id,
		.status.software = "kseald " KSEAL_VERSION,
	};
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	server_count(client->server, status.status.counters);
	len = kseald_encode_status(&status, buf, sizeof(buf));
	client_send(client, buf, len, -1);
	return 0;
}

/* 1 when @fd has been taken over, 0 when not, -EBADMSG not understood. */
static int take_message(struct client *client, const uint8_t *buf, size_t size,
			int fd)
{
	struct kseald_header header;

	if (kseald_decode_header(buf, size, &header))
		return -EBADMSG;
	if (!client->greeted && header.type == KSEALD_HELLO)
		return take_hello(client, buf, size);
	if (client->greeted && header.type == KSEALD_FILL)
		return 0;
	if (client->greeted && header.type == KSEALD_REQUEST)
		return take_request(client, header.id, buf, size, fd);
	if (client->greeted && header.type == KSEALD_STATUS)
		return take_status(client, header.id);
	if (client->greeted && header.type == KSEALD_SUBSCRIBE)
		return subscribe_take(client, header.id, buf, size);
	return -EBADMSG;
}

static void read_requests(struct client *client)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;
	int i, fd, ret;

	for (i = 0; i < READ_BATCH; i++) {
		if (client->sock < 0 || client->holds || !client_takes(client))
			return;
		len = kseald_receive_packet(client->sock, buf, sizeof(buf), &fd);
		if (len == -EAGAIN)
			return;
		if (len < 0) {
			drop(client, strerror(-len));
			return;
		}
		if (!len) {
			client_close(client);
			return;
		}
		ret = take_message(client, buf, len, fd);
		if (ret <= 0 && fd >= 0)
			close(fd);
		if (ret < 0) {
			drop(client, "it does not speak kseald-protocol(7)");
			return;
		}
	}
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	struct client *client = poll->data;

	if (status < 0 || events & UV_DISCONNECT) {
		client_close(client);
		return;
	}
	if (events & UV_WRITABLE)
		flush(client);
	if (client->sock >= 0 && events & UV_READABLE)
		read_requests(client);
}

/* ---- the beginning ------------------------------------------------------ */

void client_add(struct server *server, int sock)
{
	struct client *client = calloc(1, sizeof(*client));
	int ret = client ? program_find(&client->program, sock) : -ENOMEM;

	if (!ret)
		ret = uv_poll_init(server->loop, &client->poll, sock);
	if (ret) {
		log_error("a program is turned away: %s", strerror(-ret));
		if (client)
			program_free(&client->program);
		free(client);
		close(sock);
		return;
	}
	client->server = server;
	client->sock = sock;
	client->pid = client->program.pid;
	client->poll.data = client;
	LIST_INIT(&client->handshakes);
	client->handshakes.key = "pid";
	snprintf(client->handshakes.value, sizeof(client->handshakes.value), "%d", client->pid);
	LIST_INIT(&client->adopted);
	STAILQ_INIT(&client->unsent);
	LIST_INSERT_HEAD(&server->clients, client, link);
	update_poll(client);
}
