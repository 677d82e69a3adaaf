/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEALD_NOTIFY_H
#define KSEALD_NOTIFY_H

/**
 * notify_ready() - tell whoever started kseald that it accepts programs
 * @ready_fd: gets one newline and is closed; -1 for none
 *
 * Also sends READY=1 to NOTIFY_SOCKET (sd_notify(3)) when that is set.
 *
 * Return: 0 or -errno.
 */
int notify_ready(int ready_fd);

/** notify_stopping() - likewise STOPPING=1, to NOTIFY_SOCKET only */
void notify_stopping(void);

#endif /* KSEALD_NOTIFY_H */
