/* SPDX-License-Identifier: GPL-2.0 */
/* What kseald gives up once it has what it needs. */
#ifndef KSEALD_CONFINE_H
#define KSEALD_CONFINE_H

struct account;
struct options;

/**
 * confine() - give up privileges and system calls, for good
 * @account: whom to become
 *
 * Keys are read and sockets bound before; threads are started afterwards. Warns of what
 * a reload will not be able to read any more. Logs what went wrong.
 *
 * Return: 0 or -errno.
 */
int confine(const struct options *options, const struct account *account);

#endif /* KSEALD_CONFINE_H */
