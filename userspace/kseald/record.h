/* SPDX-License-Identifier: GPL-2.0 */
/* Records that are not data, on a socket that the kernel seals and opens. */
#ifndef KSEALD_RECORD_H
#define KSEALD_RECORD_H

#include <stddef.h>

/** Alerts sent or looked for (RFC 8446 6); their level is 1, warning, or 2, fatal. */
enum {
	ALERT_CLOSE_NOTIFY = 0,
	ALERT_UNEXPECTED_MESSAGE = 10,
	ALERT_INTERNAL_ERROR = 80,
	ALERT_USER_CANCELED = 90,
	ALERT_NO_RENEGOTIATION = 100,
};

/**
 * record_send_alert() - send one alert, without waiting
 *
 * On a socket in kernel-control mode the mode ends with it; but for close_notify, which
 * the kernel sends itself when sending is shut down.
 *
 * Return: 0; -EAGAIN the socket takes nothing just now; another -errno of sendmsg().
 */
int record_send_alert(int fd, unsigned char alert);

/** record_kernel_takes() - the socket is in kernel-control mode: it gives nothing but data */
int record_kernel_takes(int fd);

/**
 * record_why_ended() - why the kernel has ended a connection in that mode
 * @why: set to that, in words
 * @room: of @why
 *
 * Return: 1; 0 it has not.
 */
int record_why_ended(int fd, char *why, size_t room);

/** enum record_kind - what a record means for whoever moves data */
enum record_kind {
	RECORD_NONE,			/* it was none but data, or none is there */
	RECORD_IGNORED,			/* nothing that matters here; go on */
	RECORD_END,			/* close_notify: the peer's data ends */
	RECORD_BAD,			/* the connection is of no use any more */
};

/**
 * record_take() - take the record that stopped splice(2) off the socket
 * @why: on RECORD_BAD set to what is wrong, in words
 * @size: of @why
 *
 * A peer that wants to renegotiate TLS 1.2 is told that it may not.
 */
enum record_kind record_take(int fd, char *why, size_t size);

#endif /* KSEALD_RECORD_H */
