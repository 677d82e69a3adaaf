/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel module: is it there? */
#ifndef KSEALD_MODULE_H
#define KSEALD_MODULE_H

/**
 * module_find() - see whether this kernel has kseal, and load it if this process may
 *
 * The kernel loads it by itself, by its alias tcp-ulp-kseal, for a process with
 * CAP_NET_ADMIN that wants it on a socket. Logs what it found, and what to do when there
 * is none: without it every handshake fails in the end.
 *
 * Return: 0; -ENOENT there is none; another -errno: this could not be found out.
 */
int module_find(void);

#endif /* KSEALD_MODULE_H */
