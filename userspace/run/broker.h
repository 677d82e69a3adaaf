/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What kseal run's library asks of kseald. */
#ifndef KSEAL_RUN_BROKER_H
#define KSEAL_RUN_BROKER_H

#include <sys/socket.h>

/**
 * say() - one line on the program's standard error
 *
 * It begins with "kseal run: ".
 */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** say_verbose() - likewise, with kseal run --verbose only */
void say_verbose(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- listen.c ----------------------------------------------------------- */

/**
 * run_listen() - a socket that listens by now is kseald's to accept from
 *
 * Return: 0; -1 and errno, the program's socket is as it was.
 */
int run_listen(int fd);

/**
 * run_accept() - take a finished connection
 * @fd: in place of a listening socket
 * @flags: as of accept4(2)
 *
 * Return: as accept4(2).
 */
int run_accept(int fd, struct sockaddr *address, socklen_t *len, int flags);

/** run_is_listener() - is this, though not in the table, what run_listen() has left?
 * A child has inherited it through execve(2).
 */
int run_is_listener(int fd);

/* ---- connect.c ---------------------------------------------------------- */

/**
 * run_connect() - connect, and shake hands
 * @host: to verify
 *
 * Return: as connect(2).
 */
int run_connect(int fd, const struct sockaddr *address, socklen_t len, const char *host);

/**
 * run_settle() - before the program uses a socket
 *
 * One that connects, and has ended to: is put back, if all went well.
 *
 * Return: 0, it is an ordinary one; an errno for the program's call: EAGAIN not yet, or what
 * the connection failed with.
 */
int run_settle(int fd);

#endif /* KSEAL_RUN_BROKER_H */
