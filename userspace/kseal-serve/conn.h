/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_CONN_H
#define SERVE_CONN_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>

#include <kseal.h>

/** Bytes for "[address%scope]:port" and its NUL. */
#define CONN_PEER_SIZE	80

/**
 * struct conn - one TLS connection that libmicrohttpd serves
 * @next, @prev: the list; under conns.lock
 * @fd: the socket, libmicrohttpd's; open as long as the connection is listed
 * @peer: the client's address
 * @seen: what the kernel had counted when the last request ended; only for the
 *	thread that serves the connection
 * @requests: begun and not yet completed; under conns.lock
 * @cut_short: a response ended before its last byte; under conns.lock
 * @said_goodbye: close_notify was sent; under conns.lock
 */
struct conn {
	struct conn *next, *prev;
	int fd;
	char peer[CONN_PEER_SIZE];
	struct kseal_info seen;
	unsigned int requests;
	bool cut_short;
	bool said_goodbye;
};

/**
 * struct conns - all of them
 * @lock: protects the list, the counts and what struct conn says
 * @head: first of the list
 * @count: length of the list
 * @requests: being answered on any of them
 * @stopping: no further request is to be waited for
 */
struct conns {
	pthread_mutex_t lock;
	struct conn *head;
	unsigned int count;
	unsigned int requests;
	bool stopping;
};

/** conns_init() - an empty list */
void conns_init(struct conns *conns);

/**
 * conn_add() - a connection begins
 *
 * Return: it, owned by the list until conn_remove(); NULL when out of memory.
 */
struct conn *conn_add(struct conns *conns, int fd,
		      const struct sockaddr *address, socklen_t length);

/**
 * conn_remove() - a connection is about to be closed
 * @conns: the list
 * @conn: freed by the call
 * @goodbye: set to whether close_notify is still to be sent
 */
void conn_remove(struct conns *conns, struct conn *conn, bool *goodbye);

/** conn_request_begins() - its first line is there */
void conn_request_begins(struct conns *conns, struct conn *conn);

/**
 * conn_request_ends() - its last byte is with the kernel, or never will be
 * @conns: the list
 * @conn: the request's
 * @complete: the response went out whole
 *
 * Return: whether it was the last one that a stop waits for.
 */
bool conn_request_ends(struct conns *conns, struct conn *conn, bool complete);

/**
 * conns_stop() - from now on only running requests are waited for
 *
 * Idle connections are told that they end; a second call tells those that
 * have become idle since.
 *
 * Return: number of running requests.
 */
unsigned int conns_stop(struct conns *conns);

/** conns_stopping() - whether conns_stop() was called */
bool conns_stopping(struct conns *conns);

/** conns_requests() - requests running now */
unsigned int conns_requests(struct conns *conns);

/** conns_count() - connections open now */
unsigned int conns_count(struct conns *conns);

/** conn_peer_name() - "192.0.2.1:443", "[2001:db8::1]:443" */
void conn_peer_name(const struct sockaddr *address, socklen_t length,
		    char name[CONN_PEER_SIZE]);

#endif /* SERVE_CONN_H */
