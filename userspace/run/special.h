/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors behind which there is another socket than the program thinks.
 *
 * A listening socket is given to kseald, which accepts and does handshakes; in its place
 * the program gets its connection to kseald, on which each finished socket arrives as a
 * message: it is readable when a connection is ready, and accept() takes one. A socket
 * that connects without blocking is given to kseald as well, and in its place there is
 * that connection, full, so that it becomes writable when the handshake has ended; the next
 * call on it puts the socket back. Either way poll(2), select(2) and epoll(7) mean what they
 * mean on a TCP socket, and nobody waits for a handshake.
 */
#ifndef KSEAL_RUN_SPECIAL_H
#define KSEAL_RUN_SPECIAL_H

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

#include "kseal.h"

/** enum special_kind - what a descriptor is */
enum special_kind {
	SPECIAL_NONE,
	SPECIAL_LISTENING,
	SPECIAL_CONNECTING,
	SPECIAL_FAILED,			/* a handshake that did; @error says how */
};

/**
 * struct special - one descriptor
 * @tcp: the socket that the program made, a descriptor of ours; of a failed one also
 * @inode: of what is in its place, to notice that the program has closed it behind our back
 * @error: errno of a failed one
 * @told: SO_ERROR has told @error already, as it does once
 * @host: that it connects to, for messages
 */
struct special {
	enum special_kind kind;
	int tcp;
	ino_t inode;
	int error;
	int told;
	char host[KSEAL_NAME_SIZE];
};

/**
 * special_get() - what @fd is
 *
 * Cheap while there are none.
 *
 * Return: its kind, and a copy in @special.
 */
enum special_kind special_get(int fd, struct special *special);

/**
 * special_set() - from now on @fd is this
 * @special: its tcp is the table's from now on; inode is filled in here
 *
 * Return: 0 or -ENOMEM.
 */
int special_set(int fd, const struct special *special);

/**
 * special_take() - @fd is to be an ordinary socket again
 *
 * Who watches it is still known, for special_replace().
 *
 * Return: its tcp, the caller's from now on; -1 another thread was first.
 */
int special_take(int fd);

/** special_told() - SO_ERROR has been read of a failed one */
void special_told(int fd);

/** special_forget() - the program closes @fd */
void special_forget(int fd);

/**
 * special_replace() - put another open file behind the program's descriptor
 * @with: closed in any case
 *
 * It gets O_NONBLOCK and FD_CLOEXEC as @fd has them, and is watched by the epoll
 * descriptors that watched @fd.
 *
 * Return: 0 or -errno.
 */
int special_replace(int fd, int with);

/**
 * special_watch_anew() - have those who watch @fd told once more of what they were told
 *
 * Of a descriptor that stays as it is, EPOLLET would tell once only.
 */
void special_watch_anew(int fd);

/** special_watched() - the program has called epoll_ctl(), with success */
void special_watched(int epoll, int op, int fd, const struct epoll_event *event);

#endif /* KSEAL_RUN_SPECIAL_H */
