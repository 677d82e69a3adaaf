/* SPDX-License-Identifier: GPL-2.0 */
/* Listening sockets that programs hand over, to have kseald accept for them. */
#ifndef KSEALD_ADOPTED_H
#define KSEALD_ADOPTED_H

#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

#include "handshake.h"

struct client;

/**
 * struct adopted - one of them
 *
 * What is accepted goes through a handshake as its request says, and then to the program, in
 * a message of type HANDED. While the program does not take these, or there are as many
 * handshakes as there may be, connections wait in the socket's queue.
 *
 * @id: of the request
 * @client: whose it is
 * @fd: not the program's any more; it is non-blocking
 * @poll: watches @fd, with @paused not at present
 * @retry: goes on after a pause
 * @handshakes: under way
 * @open: handles that are not closed yet
 */
struct adopted {
	LIST_ENTRY(adopted) link;
	struct client *client;
	struct kseald_request request;
	uint32_t id;
	int fd;
	int paused;
	unsigned int open;
	uv_poll_t poll;
	uv_timer_t retry;
	struct handshakes handshakes;
};

LIST_HEAD(adopted_list, adopted);

/** adopted_is() - is @fd a socket that listens? */
int adopted_is(int fd);

/**
 * adopted_add() - accept from a socket from now on
 * @id, @request: as the program has it; copied
 * @fd: adopted's from now on, in any case
 * @result: set to what the program is to be told; with @fd once more on success
 *
 * Return: 0, or -result->error.
 */
int adopted_add(struct client *client, uint32_t id, const struct kseald_request *request, int fd,
		struct kseal_result *result);

/** adopted_update() - its program has taken messages, or has some not taken */
void adopted_update(struct client *client);

/** adopted_close() - accept no more, give up its handshakes; it frees itself */
void adopted_close(struct adopted *adopted);

#endif /* KSEALD_ADOPTED_H */
