/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Alerts, which the kernel seals as records of their own. */
#ifndef KSEAL_ALERT_H
#define KSEAL_ALERT_H

/** Levels, RFC 8446 B.2. */
enum {
	ALERT_WARNING = 1,
	ALERT_FATAL = 2,
};

/**
 * alert_send() - send one alert
 * @fd: socket with a sending key
 * @level: ALERT_WARNING or ALERT_FATAL
 * @alert: its description (RFC 8446 6)
 * @flags: of sendmsg(2); MSG_NOSIGNAL is added
 *
 * Return: 0; -EOPNOTSUPP the socket is in kernel-control mode, where the kernel sends
 * alerts; -EAGAIN with MSG_DONTWAIT, it takes nothing just now; another -errno of
 * sendmsg().
 */
int alert_send(int fd, unsigned char level, unsigned char alert, int flags);

/**
 * alert_close_notify() - say that no more will be sent
 * @flags: as of alert_send()
 *
 * In kernel-control mode nothing is sent: the kernel does so itself, with the
 * shutdown(2) or close(2) that comes next.
 *
 * Return: 0, or as alert_send(), but for -EOPNOTSUPP.
 */
int alert_close_notify(int fd, int flags);

#endif /* KSEAL_ALERT_H */
