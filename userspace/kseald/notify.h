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

/**
 * notify_reloading() - the configuration is being read anew; to NOTIFY_SOCKET only
 *
 * notify_reloaded() follows, whatever comes of it.
 */
void notify_reloading(void);

/** notify_reloaded() - kseald works as before, or with what it has read */
void notify_reloaded(void);

/**
 * notify_watchdog_ms() - how often the service manager wants to hear of this process
 *
 * From WATCHDOG_USEC and WATCHDOG_PID, see sd_watchdog_enabled(3).
 *
 * Return: milliseconds; 0 it does not.
 */
unsigned int notify_watchdog_ms(void);

/** notify_watchdog() - all is well; to NOTIFY_SOCKET only */
void notify_watchdog(void);

/** notify_stopping() - likewise STOPPING=1, to NOTIFY_SOCKET only */
void notify_stopping(void);

#endif /* KSEALD_NOTIFY_H */
