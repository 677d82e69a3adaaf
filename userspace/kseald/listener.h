/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections that kseald accepts itself, and where they go on to.
 *
 *	door (accept) --> handshake --> proxied: bytes move to a back end
 *				    --> handed to a program that subscribes
 *				    --> waiting for one
 *
 * All of it is the main thread's.
 */
#ifndef KSEALD_LISTENER_H
#define KSEALD_LISTENER_H

#include <sys/queue.h>

#include "handshake.h"
#include "listener_option.h"

struct front;
struct parcel;
struct subscription;

STAILQ_HEAD(parcels, parcel);
LIST_HEAD(subscriptions, subscription);

/**
 * struct listener - one of the configuration's
 * @option: its settings, a copy
 * @handshakes: under way
 * @handshaking: how many
 * @proxied: connections whose bytes move to a back end
 * @subscriptions: programs that take its sockets
 * @parcels: sockets that are ready while no program has room for one
 * @waiting: how many
 * @gone: it is not in the configuration any more
 * @told: when it was last said that connections wait, in ms
 * @why: they wait, NULL when they do not
 */
struct listener {
	LIST_ENTRY(listener) link;
	struct front *front;
	struct listener_option option;
	struct handshakes handshakes;
	unsigned int handshaking;
	unsigned int proxied;
	struct subscriptions subscriptions;
	struct parcels parcels;
	unsigned int waiting;
	int gone;
	uint64_t told;
	const char *why;
};

LIST_HEAD(listeners, listener);

/** listener_new() - one without doors; NULL when out of memory */
struct listener *listener_new(struct front *front, const struct listener_option *option);

/** listener_take() - an accepted connection, @fd, the listener's from now on */
void listener_take(struct listener *listener, int fd);

/** listener_exhausted() - accepting failed with @error: pause it, and say so */
void listener_exhausted(struct listener *listener, int error);

/**
 * listener_settle() - something about it has changed
 *
 * Opens or closes its doors. Frees it when it is gone and nothing is left of it.
 */
void listener_settle(struct listener *listener);

/** listener_age() - give up sockets that have waited for a program for too long */
void listener_age(struct listener *listener);

/** listener_end() - no handshakes, programs and waiting sockets any more; then settle it */
void listener_end(struct listener *listener, const char *why);

/** listener_is_idle() - neither handshakes nor anything that comes after them */
int listener_is_idle(const struct listener *listener);

/* ---- subscribe.c ---------------------------------------------------------- */

struct client;

/**
 * struct subscription - a program takes the sockets of a listener
 * @id: of its first message about it
 * @room: how many it still takes
 */
struct subscription {
	LIST_ENTRY(subscription) of_listener;
	LIST_ENTRY(subscription) of_client;
	struct listener *listener;
	struct client *client;
	uint32_t id;
	uint64_t room;
};

/**
 * subscribe_take() - a program's message about a listener
 * @buf, @size: the message
 *
 * Return: 0; -EBADMSG it is malformed.
 */
int subscribe_take(struct client *client, uint32_t id, const uint8_t *buf, size_t size);

/**
 * subscribe_hand() - hand a finished socket to the program with the most room
 * @result: of its handshake; result->fd is gone on success
 *
 * Return: 0; -EAGAIN no program has room.
 */
int subscribe_hand(struct listener *listener, struct kseal_result *result);

/** subscribe_room() - how many sockets the programs of a listener still take */
uint64_t subscribe_room(const struct listener *listener);

/** subscribe_refuse() - tell all programs of a listener that it is gone */
void subscribe_refuse(struct listener *listener, const char *why);

/** subscribe_end() - a program is gone, and takes nothing any more */
void subscribe_end(struct subscription *subscription);

/* ---- proxy.c -------------------------------------------------------------- */

/**
 * proxy_begin() - have the bytes of a connection moved to the back end
 * @result: of its handshake; result->fd is taken over, in any case
 */
void proxy_begin(struct listener *listener, struct kseal_result *result);

#endif /* KSEALD_LISTENER_H */
