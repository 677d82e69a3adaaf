/* SPDX-License-Identifier: GPL-2.0 */
/* The sockets that programs hand over. */
#ifndef KSEALD_SOCKET_H
#define KSEALD_SOCKET_H

#include "kseal.h"

/**
 * socket_peer() - whom it leads to
 * @result: peer is set
 *
 * Return: 0; -ENOTCONN to nobody, or nobody yet.
 */
int socket_peer(int fd, struct kseal_result *result);

/**
 * socket_check() - is this a socket that kseal can work on?
 * @result: peer is set, unless it still connects; on failure error and reason too
 *
 * Return: 0 or -result->error.
 */
int socket_check(int fd, struct kseal_result *result);

#endif /* KSEALD_SOCKET_H */
