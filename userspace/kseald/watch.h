/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waiting for sockets that belong to others.
 *
 * libuv makes what it watches non-blocking, for the programs that have the socket
 * open as well. These are watched by an epoll of their own, and libuv watches that.
 */
#ifndef KSEALD_WATCH_H
#define KSEALD_WATCH_H

#include <stdint.h>
#include <sys/epoll.h>
#include <uv.h>

struct watched;

enum {
	WATCH_BATCH = 16,		/* sockets before others of the loop get their turn */
};

/** watched_fn - @events (EPOLL*) have come; it may unwatch any socket, this one too */
typedef void watched_fn(struct watched *watched, uint32_t events);

/**
 * struct watched - a socket, a member of what it is about; zeroed to begin with
 * @ready: set by its owner
 * @fd: its socket while it is watched
 * @events: that are waited for; 0 while it is not watched
 */
struct watched {
	watched_fn *ready;
	int fd;
	uint32_t events;
};

/**
 * struct watch - of one loop; all of it is for the loop's thread
 * @epoll_fd: watches the sockets
 * @poll: watches @epoll_fd
 * @batch: fetched, and not yet told of from @at on to @count
 */
struct watch {
	int epoll_fd;
	uv_poll_t poll;
	struct epoll_event batch[WATCH_BATCH];
	int at;
	int count;
};

/** watch_open() - set @watch up; 0 or -errno */
int watch_open(struct watch *watch, uv_loop_t *loop);

/**
 * watch_set() - wait for @events on @fd, and for no others
 *
 * They are levels: told of again for as long as they last.
 *
 * Return: 0 or -errno of epoll_ctl().
 */
int watch_set(struct watch *watch, struct watched *watched, int fd, uint32_t events);

/** watch_unset() - and no more; may be called again */
void watch_unset(struct watch *watch, struct watched *watched);

/** watch_close() - nothing is watched any more */
void watch_close(struct watch *watch);

#endif /* KSEALD_WATCH_H */
