/* SPDX-License-Identifier: GPL-2.0 */
/* A kseald whose clients do not get far, and what it says about them. */
#ifndef TESTS_REFUSAL_H
#define TESTS_REFUSAL_H

#include "certs.h"
#include "daemon.h"
#include "kseal.h"

/** refusal_certs - a and alice: a server's certificate and a client's */
extern struct certs refusal_certs;
extern struct daemon refusal_kseald;

/** refusal_broker - where handshakes go; a test may put another one here */
extern struct kseal_broker *refusal_broker;

/** refusal_set_up(), refusal_tear_down() - of a group of tests: one kseald for all */
int refusal_set_up(void **state);
int refusal_tear_down(void **state);

/**
 * refusal_submit() - have kseald be the server
 * @fd: closed in this process
 * @timeout_ms: 0 for a minute
 */
void refusal_submit(int fd, unsigned int timeout_ms, enum kseal_client_auth auth);

/** refusal_receive() - wait for the next result */
void refusal_receive(struct kseal_result *result);

/**
 * refusal_assert() - it failed with @error, for @words, and there is one line about it
 * @what: the case, for messages
 */
void refusal_assert(const char *what, const struct kseal_result *result, int error,
		    const char *words);

#endif /* TESTS_REFUSAL_H */
