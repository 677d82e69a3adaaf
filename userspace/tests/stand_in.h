/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A broker in kseald's place, in a process of its own: it answers as kseald does, but does
 * no handshake, so that what is around handshakes can be tested without a kernel module.
 */
#ifndef TESTS_STAND_IN_H
#define TESTS_STAND_IN_H

#include <sys/types.h>

/**
 * struct stand_in - one broker
 * @path: where programs connect
 * @gate: handshakes end when a byte is written here: '0' well, else badly. Their result has
 *	the request's role as its version, control as its cipher, identity as its subject
 */
struct stand_in {
	pid_t pid;
	char path[64];
	int gate;
};

/** stand_in_start() - run it, at @path if that is not NULL */
void stand_in_start(struct stand_in *stand_in, const char *path);

/** stand_in_stop() - kill it */
void stand_in_stop(struct stand_in *stand_in);

#endif /* TESTS_STAND_IN_H */
