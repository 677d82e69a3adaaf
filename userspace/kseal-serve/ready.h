/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_READY_H
#define SERVE_READY_H

#include "listen.h"

/**
 * ready_announce() - connections can come
 * @fd: of --ready-fd: gets a line "listening ADDRESS:PORT" for each socket and
 *	then "ready", and is closed; -1 for none
 * @set: the sockets
 *
 * Tells the service manager as well, see sd_notify(3).
 */
void ready_announce(int fd, const struct listen_set *set);

/** ready_stopping() - tell the service manager that the end has begun */
void ready_stopping(void);

#endif /* SERVE_READY_H */
