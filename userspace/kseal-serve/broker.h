/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_BROKER_H
#define SERVE_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include <kseal.h>

/**
 * struct broker - our end of the connection to kseald
 * @path: its socket; NULL for the usual one
 * @request: what is asked for each connection
 * @on_result: gets each handshake's result, and owns result->fd
 * @on_change: called when broker_ready() may have changed
 * @data: for both
 * @handle: libkseal's; NULL while there is no kseald
 * @poll: of @handle, allocated anew for each
 * @retry: runs while there is no kseald
 * @held: a socket that kseald had no room for yet; -1 for none
 * @pending: handshakes under way
 * @limit: of @pending
 * @lost: kseald's end was reported
 */
struct broker {
	const char *path;
	struct kseal_request request;
	void (*on_result)(void *data, const struct kseal_result *result);
	void (*on_change)(void *data);
	void *data;
	struct kseal_broker *handle;
	uv_poll_t *poll;
	uv_timer_t retry;
	int held;
	unsigned int pending;
	unsigned int limit;
	bool lost;
};

/**
 * broker_open() - connect to kseald
 * @broker: path, request, callbacks and limit set
 * @loop: runs it
 *
 * When kseald goes away later, it is connected to again as soon as it is back.
 *
 * Return: 0 or -errno, said already.
 */
int broker_open(struct broker *broker, uv_loop_t *loop);

/** broker_ready() - whether broker_submit() may be called now */
bool broker_ready(const struct broker *broker);

/**
 * broker_submit() - have a connection made TLS
 * @broker: ready
 * @fd: just accepted; closed by the call or later
 */
void broker_submit(struct broker *broker, int fd);

/** broker_close() - give up what is under way */
void broker_close(struct broker *broker);

#endif /* SERVE_BROKER_H */
