/* SPDX-License-Identifier: GPL-2.0 */
/* One program's connection. */
#ifndef KSEALD_CLIENT_H
#define KSEALD_CLIENT_H

#include <sys/queue.h>
#include <sys/types.h>
#include <uv.h>

#include "adopted.h"
#include "handshake.h"
#include "listener.h"
#include "policy.h"

struct server;

STAILQ_HEAD(messages, message);

/**
 * struct client - one program's connection
 * @sock: -1 once it is closing
 * @events: what @poll watches for
 * @greeted: its hello has been answered
 * @holds: the last request wants no more to be read before it has its result
 * @program: whose it is
 * @handshakes: under way for it
 * @adopted: sockets that kseald accepts from for it
 * @busy: how many handshakes are under way, those of @adopted among them
 * @subscriptions: listeners whose sockets it takes
 * @unsent: answers it has not made room for; while there are any, it is not
 *	read from, so that they are bounded
 */
struct client {
	LIST_ENTRY(client) link;
	struct server *server;
	uv_poll_t poll;
	int sock;
	int events;
	int greeted;
	int holds;
	pid_t pid;
	struct program program;
	struct handshakes handshakes;
	struct adopted_list adopted;
	unsigned int busy;
	struct subscriptions subscriptions;
	struct messages unsent;
};

LIST_HEAD(clients, client);

/** client_add() - serve an accepted connection; @sock is its own from now on */
void client_add(struct server *server, int sock);

/**
 * client_send() - send one message, or queue it
 * @fd: goes with it; taken over, in any case; -1 for none
 *
 * The client may be closed on return.
 */
void client_send(struct client *client, const uint8_t *data, size_t size, int fd);

/** client_close() - end it and its handshakes */
void client_close(struct client *client);

/** client_takes() - is there nothing that it has still to read? */
int client_takes(const struct client *client);

/** client_is_full() - has its program as many handshakes under way as it may have? */
int client_is_full(const struct client *client);

/**
 * client_hand_over() - tell it of a connection that was accepted for it
 * @result: only logged if the handshake failed; result->fd is the client's
 *
 * The client may be closed on return.
 */
void client_hand_over(struct client *client, struct kseal_result *result);

#endif /* KSEALD_CLIENT_H */
