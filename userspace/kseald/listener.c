// SPDX-License-Identifier: GPL-2.0
/* Connections that kseald accepts itself, and where they go on to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "listener.h"
#include "log.h"
#include "record.h"

enum {
	/* Between lines that say the same. */
	TELL_MS = 10000,
	/* For a program to take a socket. */
	WAIT_MS = 10000,
};

/** struct parcel - a socket that waits for a program with room for it */
struct parcel {
	STAILQ_ENTRY(parcel) next;
	uint64_t since;
	struct kseal_result result;
};

struct listener *listener_new(struct front *front, const struct listener_option *option)
{
	struct listener *listener = calloc(1, sizeof(*listener));

	if (!listener)
		return NULL;
	listener->front = front;
	listener->option = *option;
	listener->handshakes.key = "listener";
	strcpy(listener->handshakes.value, option->name);
	STAILQ_INIT(&listener->parcels);
	return listener;
}

/* ---- whether connections are taken ------------------------------------------- */

static int engine_is_full(const struct listener *listener)
{
	const struct engine *engine = listener->front->engine;

	return engine->taken >= engine->limit;
}

/* Return: why they are not; NULL when they are. */
static const char *reason_to_wait(const struct listener *listener)
{
	if (engine_is_full(listener))
		return "all handshakes that kseald may do at a time are taken (--max-handshakes)";
	if (listener->handshaking + listener->proxied >= listener->option.max_connections)
		return "there are as many as there may be (max-connections)";
	if (listener->option.proxy.size)
		return NULL;
	if (LIST_EMPTY(&listener->subscriptions))
		return "no program takes them, see kseald-protocol(7)";
	if (listener->waiting || !subscribe_room(listener))
		return "its programs take no more just now";
	return NULL;
}

static void tell(struct listener *listener, const char *why)
{
	const uint64_t now = uv_now(listener->front->loop);

	if (listener->why == why)
		return;
	listener->why = why;
	if (listener->told && now - listener->told < TELL_MS)
		return;
	listener->told = now;
	log_warning("listener %s: connections wait: %s", listener->option.name, why);
}

void listener_exhausted(struct listener *listener, int error)
{
	if (error == EMFILE || error == ENFILE)
		tell(listener, "out of descriptors; raise the limit (ulimit -n, LimitNOFILE=)");
	else
		tell(listener, "the kernel is out of memory for them");
	front_set_doors(listener->front, listener, 0);
	front_look_again(listener->front);
}

static int is_unused(const struct listener *listener)
{
	return listener_is_idle(listener) && LIST_EMPTY(&listener->subscriptions);
}

void listener_settle(struct listener *listener)
{
	struct front *front = listener->front;
	const char *why = listener->gone ? "" : reason_to_wait(listener);

	front_set_doors(front, listener, !why);
	if (listener->gone && is_unused(listener)) {
		LIST_REMOVE(listener, link);
		free(listener);
	} else if (!why) {
		listener->why = NULL;
	} else if (!listener->gone) {
		tell(listener, why);
		/* others' handshakes end without a word to us */
		if (engine_is_full(listener))
			front_look_again(front);
	}
	front_settle(front);
}

int listener_is_idle(const struct listener *listener)
{
	return !listener->handshaking && !listener->proxied && !listener->waiting;
}

/* ---- finished sockets --------------------------------------------------------- */

static void turn_away(struct listener *listener, struct kseal_result *result, const char *why)
{
	struct log_line line;

	log_begin(&line);
	log_text(&line, "conn", result->connection);
	log_text(&line, "listener", listener->option.name);
	log_text(&line, "peer", result->peer);
	log_text(&line, "outcome", "turned_away");
	log_text(&line, "reason", why);
	log_end(LOG_LEVEL_WARNING, &line);
	record_send_alert(result->fd, ALERT_INTERNAL_ERROR);
	close(result->fd);
}

static void keep(struct listener *listener, struct kseal_result *result)
{
	struct parcel *parcel = calloc(1, sizeof(*parcel));

	if (!parcel) {
		turn_away(listener, result, "kseald is out of memory");
		return;
	}
	parcel->since = uv_now(listener->front->loop);
	parcel->result = *result;
	STAILQ_INSERT_TAIL(&listener->parcels, parcel, next);
	listener->waiting++;
	front_look_again(listener->front);
}

static void drop_first(struct listener *listener, const char *why)
{
	struct parcel *parcel = STAILQ_FIRST(&listener->parcels);

	STAILQ_REMOVE_HEAD(&listener->parcels, next);
	listener->waiting--;
	if (why)
		turn_away(listener, &parcel->result, why);
	free(parcel);
}

static void hand_out(struct listener *listener)
{
	struct parcel *parcel;

	while ((parcel = STAILQ_FIRST(&listener->parcels))) {
		if (subscribe_hand(listener, &parcel->result))
			return;
		drop_first(listener, NULL);
	}
}

void listener_age(struct listener *listener)
{
	const uint64_t now = uv_now(listener->front->loop);
	struct parcel *parcel;

	hand_out(listener);
	while ((parcel = STAILQ_FIRST(&listener->parcels)) &&
	       (now - parcel->since >= WAIT_MS || listener->front->stopping))
		drop_first(listener, "no program has taken it");
	listener_settle(listener);
}

/* In the order in which the handshakes ended. */
static void pass_on(struct listener *listener, struct kseal_result *result)
{
	hand_out(listener);
	if (listener->waiting || subscribe_hand(listener, result))
		keep(listener, result);
}

/* ---- handshakes ----------------------------------------------------------------- */

static void shaken(void *owner, struct kseal_result *result)
{
	struct listener *listener = owner;

	listener->handshaking--;
	if (!result->error) {
		if (listener->option.proxy.size)
			proxy_begin(listener, result);
		else
			pass_on(listener, result);
	}
	listener_settle(listener);
}

void listener_take(struct listener *listener, int fd)
{
	struct kseald_request request = { .role = KSEAL_SERVER };

	strcpy(request.identity, listener->option.identity);
	request.alpn = listener->option.alpn;
	listener->handshaking++;
	handshake_begin(listener->front->engine, 0, fd, &request, &listener->handshakes, shaken,
			listener);
	listener_settle(listener);
}

void listener_end(struct listener *listener, const char *why)
{
	struct handshake *handshake;

	while ((handshake = LIST_FIRST(&listener->handshakes))) {
		handshake_cancel(handshake);
		listener->handshaking--;
	}
	while (listener->waiting)
		drop_first(listener, why);
	subscribe_refuse(listener, why);
}
