/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions that clients come back to: tickets and session IDs. */
#ifndef KSEALD_RESUMPTION_H
#define KSEALD_RESUMPTION_H

#include <stdint.h>
#include <gnutls/gnutls.h>

#include "ticket_keys.h"

struct hello_span;
struct resumption;
struct tls;

/**
 * struct resumption_limits - what the options say of it
 * @lifetime: seconds that a session can be resumed for; 0: never
 * @key_period: seconds that tickets are sealed with one key
 * @sessions: how many are kept for clients without tickets
 */
struct resumption_limits {
	unsigned int lifetime;
	unsigned int key_period;
	unsigned int sessions;
};

/**
 * resumption_new() - nobody can resume anything yet
 *
 * Return: to be given to resumption_release(); NULL out of memory.
 */
struct resumption *resumption_new(const struct resumption_limits *limits);

/**
 * resumption_share() - let @fresh have the keys and sessions of @before
 *
 * So that those who come back after a reload find what they left. With limits of its
 * own @fresh begins anew instead.
 *
 * Return: what to use, with one user more; @fresh is released if that is not it.
 */
struct resumption *resumption_share(struct resumption *fresh, struct resumption *before);

/** resumption_release() - one user less; the last one wipes it. NULL is nobody. */
void resumption_release(struct resumption *resumption);

/**
 * resumption_enable() - let this server's session be resumed, and resume another
 *
 * Called once, when the client's hello is there and tls->context is set.
 *
 * Return: GnuTLS's error, 0 for none.
 */
int resumption_enable(struct tls *tls);

/** resumption_is_on() - are sessions resumed at all? */
int resumption_is_on(const struct resumption *resumption);

/** resumption_note_ticket() - @ticket, a NewSessionTicket as it is sent, went to a client */
void resumption_note_ticket(struct tls *tls, const gnutls_datum_t *message);

#endif /* KSEALD_RESUMPTION_H */
