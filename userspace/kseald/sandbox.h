/* SPDX-License-Identifier: GPL-2.0 */
/* The system calls that are left to kseald once it works. */
#ifndef KSEALD_SANDBOX_H
#define KSEALD_SANDBOX_H

/**
 * sandbox_enter() - filter this process's system calls from now on, see seccomp(2)
 *
 * For all its threads, those there are and those to come. What a handshake, a reload and
 * an orderly end need is left. What no daemon needs that does as it should (execute
 * programs, trace processes, load modules, mount, become somebody) ends the process; the
 * rest does not exist (ENOSYS), so that libraries do without it. The kernel's audit log
 * tells of both.
 *
 * Needs no privileges. Logs what went wrong.
 *
 * Return: 0 or -errno.
 */
int sandbox_enter(void);

#endif /* KSEALD_SANDBOX_H */
