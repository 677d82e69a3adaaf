/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TESTS_LOOPBACK_H
#define TESTS_LOOPBACK_H

/** loopback_pair() - both ends of a TCP connection; fails the test if not */
void loopback_pair(int pair[2]);

/** loopback_wait() - poll() for @events for at most 10 s; fails on nothing */
void loopback_wait(int fd, short events);

#endif /* TESTS_LOOPBACK_H */
