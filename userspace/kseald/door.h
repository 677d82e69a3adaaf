/* SPDX-License-Identifier: GPL-2.0 */
/* The sockets that listeners accept connections from. */
#ifndef KSEALD_DOOR_H
#define KSEALD_DOOR_H

#include <sys/queue.h>
#include <uv.h>

#include "activation.h"
#include "listener_option.h"

struct listener;

/**
 * struct door - one of them
 * @listener: whose connections come in by it; NULL while the configuration is changed
 * @text: the place, as struct listener_place has it
 * @name: its address, with the port that it got, for logs
 * @fd: the socket
 * @poll: watches it, if @watched
 * @watched: door_watch() has been called
 * @open: connections are taken
 * @told: the listener that its address was logged for
 */
struct door {
	LIST_ENTRY(door) link;
	struct listener *listener;
	char text[ADDRESS_TEXT_SIZE];
	char name[ADDRESS_TEXT_SIZE];
	int fd;
	uv_poll_t poll;
	int watched;
	int open;
	char told[LISTENER_NAME_SIZE];
};

LIST_HEAD(doors, door);

/**
 * doors_make() - listen at one place
 * @doors: what is made goes there: one, or as many as the service manager has passed
 * @activation: what it has passed
 * @listener: for messages: its name and backlog
 *
 * Logs what went wrong.
 *
 * Return: 0 or -errno.
 */
int doors_make(struct doors *doors, const struct listener_place *place,
	       struct activation *activation, const struct listener_option *listener);

/** door_watch() - put it on a loop; nothing is taken yet. 0 or -errno. */
int door_watch(struct door *door, uv_loop_t *loop);

/** door_set() - begin or cease to take connections; the kernel queues those that come */
void door_set(struct door *door, int open);

/** door_close() - stop listening, and free it */
void door_close(struct door *door);

#endif /* KSEALD_DOOR_H */
