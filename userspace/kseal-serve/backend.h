/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_BACKEND_H
#define SERVE_BACKEND_H

#include <stdbool.h>
#include <uv.h>

#include <kseal.h>

/**
 * struct backend - sockets that kseald accepts, instead of listening ourselves
 * @path: kseald's socket; NULL for the usual one
 * @listener: whose sockets
 * @on_result: gets each socket, in result->fd, to keep
 * @data: for it
 * @handle: libkseal's; NULL while there is no kseald
 * @poll: of @handle, allocated anew for each
 * @retry: runs while there is no kseald
 * @accepting: sockets are taken just now
 * @lost: kseald's end was reported
 */
struct backend {
	const char *path;
	const char *listener;
	void (*on_result)(void *data, const struct kseal_result *result);
	void *data;
	struct kseal_backend *handle;
	uv_poll_t *poll;
	uv_timer_t retry;
	bool accepting;
	bool lost;
};

/**
 * backend_open() - subscribe
 * @backend: path, listener, on_result and data set
 * @loop: runs it
 *
 * When kseald goes away later, it is subscribed to again as soon as it is back.
 *
 * Return: 0 or -errno, said already.
 */
int backend_open(struct backend *backend, uv_loop_t *loop);

/** backend_accept() - begin or cease to take sockets; kseald lets connections wait */
void backend_accept(struct backend *backend, bool accept);

/** backend_close() - take none any more; those that wait are closed */
void backend_close(struct backend *backend);

#endif /* SERVE_BACKEND_H */
