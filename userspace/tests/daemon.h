/* SPDX-License-Identifier: GPL-2.0 */
/* kseald itself, as built, in a process of its own. */
#ifndef TESTS_DAEMON_H
#define TESTS_DAEMON_H

#include <sys/types.h>

/**
 * struct daemon - one kseald
 * @log: what it logs
 * @passed: a listening socket that it gets as a service manager would pass it; 0 for none
 * @passed_name: by this name; NULL for "broker"
 */
struct daemon {
	pid_t pid;
	int passed;
	const char *passed_name;
	char dir[64];
	char socket[96];
	char log[96];
};

/** daemon_prepare() - make its directory; the socket is not there yet */
void daemon_prepare(struct daemon *daemon);

/** daemon_start() - run it with --socket and @args, until it is ready */
void daemon_start(struct daemon *daemon, const char *const *args);

/** daemon_try() - likewise, but return its exit status: it is to fail */
int daemon_try(struct daemon *daemon, const char *const *args);

/** daemon_wait() - wait for its end; the exit status, or -signal */
int daemon_wait(struct daemon *daemon);

/** daemon_stop() - SIGTERM, and wait */
int daemon_stop(struct daemon *daemon);

/** daemon_logged() - is @text in what it logged? */
int daemon_logged(const struct daemon *daemon, const char *text);

/** daemon_descriptors() - how many it has open; root may know */
int daemon_descriptors(const struct daemon *daemon);

/** daemon_clean() - remove its directory */
void daemon_clean(struct daemon *daemon);

#endif /* TESTS_DAEMON_H */
