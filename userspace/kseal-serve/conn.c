// SPDX-License-Identifier: GPL-2.0
/*
 * The connections being served, whatever thread of libmicrohttpd serves them.
 *
 * idle -> (request begins) -> busy -> (ends) -> idle ... -> removed
 *
 * A stop waits for the busy ones and says goodbye to the idle ones. Between
 * that goodbye and the close a request may still arrive; it is answered, but
 * the client, which has read close_notify, does not look any more.
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alert.h"
#include "conn.h"

void conns_init(struct conns *conns)
{
	memset(conns, 0, sizeof(*conns));
	pthread_mutex_init(&conns->lock, NULL);
}

void conn_peer_name(const struct sockaddr *address, socklen_t length,
		    char name[CONN_PEER_SIZE])
{
	const char *form = "%.64s:%.7s";
	char host[65], port[8];

	if (getnameinfo(address, length, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV)) {
		snprintf(name, CONN_PEER_SIZE, "unknown");
		return;
	}
	if (address->sa_family == AF_INET6)
		form = "[%.64s]:%.7s";
	snprintf(name, CONN_PEER_SIZE, form, host, port);
}

struct conn *conn_add(struct conns *conns, int fd,
		      const struct sockaddr *address, socklen_t length)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL;
	conn->fd = fd;
	conn_peer_name(address, length, conn->peer);
	pthread_mutex_lock(&conns->lock);
	conn->next = conns->head;
	if (conn->next)
		conn->next->prev = conn;
	conns->head = conn;
	conns->count++;
	pthread_mutex_unlock(&conns->lock);
	return conn;
}

void conn_remove(struct conns *conns, struct conn *conn, bool *goodbye)
{
	pthread_mutex_lock(&conns->lock);
	if (conn->next)
		conn->next->prev = conn->prev;
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		conns->head = conn->next;
	conns->count--;
	*goodbye = !conn->cut_short && !conn->said_goodbye;
	pthread_mutex_unlock(&conns->lock);
	free(conn);
}

void conn_request_begins(struct conns *conns, struct conn *conn)
{
	pthread_mutex_lock(&conns->lock);
	conn->requests++;
	conns->requests++;
	pthread_mutex_unlock(&conns->lock);
}

bool conn_request_ends(struct conns *conns, struct conn *conn, bool complete)
{
	bool last;

	pthread_mutex_lock(&conns->lock);
	conn->requests--;
	conns->requests--;
	if (!complete)
		conn->cut_short = true;
	last = conns->stopping && !conns->requests;
	pthread_mutex_unlock(&conns->lock);
	return last;
}

unsigned int conns_stop(struct conns *conns)
{
	unsigned int running;

	pthread_mutex_lock(&conns->lock);
	conns->stopping = true;
	running = conns->requests;
	for (struct conn *conn = conns->head; conn; conn = conn->next)
		if (!conn->requests && !conn->cut_short &&
		    !conn->said_goodbye && !alert_close_notify(conn->fd, MSG_DONTWAIT))
			conn->said_goodbye = true;
	pthread_mutex_unlock(&conns->lock);
	return running;
}

bool conns_stopping(struct conns *conns)
{
	bool stopping;

	pthread_mutex_lock(&conns->lock);
	stopping = conns->stopping;
	pthread_mutex_unlock(&conns->lock);
	return stopping;
}

unsigned int conns_requests(struct conns *conns)
{
	unsigned int requests;

	pthread_mutex_lock(&conns->lock);
	requests = conns->requests;
	pthread_mutex_unlock(&conns->lock);
	return requests;
}

unsigned int conns_count(struct conns *conns)
{
	unsigned int count;

	pthread_mutex_lock(&conns->lock);
	count = conns->count;
	pthread_mutex_unlock(&conns->lock);
	return count;
}
