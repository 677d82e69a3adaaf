/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_HTTP_H
#define SERVE_HTTP_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "conn.h"
#include "linger.h"
#include "reply.h"

/**
 * struct http - HTTP/1.1 on TLS sockets
 * @daemon: libmicrohttpd's
 * @site: what is served
 * @conns: connections being served
 * @linger: where connections go that are done
 * @copy_warned: a file response that was not sent by sendfile(2) was reported
 * @on_change: called from any thread when a connection ended, and when the
 *	last request ended that conns_stop() waits for
 * @data: for @on_change
 */
struct http {
	struct MHD_Daemon *daemon;
	struct site site;
	struct conns conns;
	struct lingering linger;
	atomic_bool copy_warned;
	void (*on_change)(void *data);
	void *data;
};

/**
 * struct http_limits - for http_start()
 * @threads: that serve connections
 * @connections: served at a time, at most
 * @idle_seconds: after which a connection without progress is closed
 */
struct http_limits {
	unsigned int threads;
	unsigned int connections;
	unsigned int idle_seconds;
};

/**
 * http_start() - start the threads that serve
 * @http: site, linger and on_change set
 * @limits: see there
 *
 * Return: 0 or -errno.
 */
int http_start(struct http *http, const struct http_limits *limits);

/**
 * http_add() - serve a connection
 * @http: started
 * @fd: TLS socket; closed by libmicrohttpd, also on failure
 *
 * A socket that the kernel does not seal and open is refused: nothing is ever
 * served in the clear.
 *
 * Return: 0 or -errno.
 */
int http_add(struct http *http, int fd);

/** http_stop() - close all connections and end the threads */
void http_stop(struct http *http);

#endif /* SERVE_HTTP_H */
