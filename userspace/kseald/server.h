/* SPDX-License-Identifier: GPL-2.0 */
/* The socket where programs connect, and all that serves them. */
#ifndef KSEALD_SERVER_H
#define KSEALD_SERVER_H

#include <sys/stat.h>
#include <uv.h>

#include "activation.h"
#include "client.h"
#include "front.h"
#include "handshake.h"
#include "policy.h"
#include "privileges.h"

struct options;

/**
 * struct server - kseald, but for its credentials
 * @loop: runs it
 * @engine: has the handshakes done
 * @activation: sockets that the service manager passed
 * @callers: which programs may do what
 * @owner: whom kseald runs as in the end
 * @front: listeners, whose connections kseald accepts itself
 * @listener: watches @sock
 * @retry: takes up accepting again after descriptors ran out
 * @sock: -1 once kseald is stopping
 * @path: of @sock, removed at the end if it is still the one in @stat
 * @stop_ms: for proxied connections, once kseald is stopping
 * @stopping: no new handshakes; when the last one ends, so does the server
 * @closed: it has ended, the loop is about to
 */
struct server {
	uv_loop_t *loop;
	struct engine engine;
	struct activation activation;
	struct callers callers;
	struct account owner;
	struct clients clients;
	struct front front;
	uv_poll_t listener;
	uv_timer_t retry;
	int sock;
	const char *path;
	struct stat stat;
	unsigned int stop_ms;
	int stopping;
	int closed;
};

/**
 * server_start() - listen
 * @server: loop, activation, callers, owner and the engine's members are filled before
 *
 * Logs what went wrong.
 *
 * Return: 0 or -errno.
 */
int server_start(struct server *server, const struct options *options);

/** server_count() - all counters, those included that are as they are now */
void server_count(const struct server *server, uint64_t *counters);

/** server_stop() - take nothing new, and end when the handshakes have ended */
void server_stop(struct server *server);

/** server_abort() - end at once */
void server_abort(struct server *server);

/** server_handshake_ended(), server_client_gone() - called by client.c */
void server_handshake_ended(struct server *server);
void server_client_gone(struct server *server);

/* ---- listen.c ----------------------------------------------------------- */

/**
 * listen_at() - make the socket where programs connect
 * @activation: a socket named "broker" in it is used instead
 * @owner: gets the directory, if one is made, to be able to remove the socket
 * @stat: set to what was made there; all 0 when nothing was
 *
 * Makes the last directory of the path if it is missing, and replaces a socket
 * that nobody listens on any more. Logs what went wrong.
 *
 * Return: the listening socket, non-blocking, or -errno.
 */
int listen_at(const struct options *options, struct activation *activation,
	      const struct account *owner, struct stat *stat);

/** listen_remove() - remove the socket at @path if it is still that one */
void listen_remove(const char *path, const struct stat *stat);

#endif /* KSEALD_SERVER_H */
