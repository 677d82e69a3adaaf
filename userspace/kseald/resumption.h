/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions that clients come back to: tickets and session IDs. */
#ifndef KSEALD_RESUMPTION_H
#define KSEALD_RESUMPTION_H

#include <stdint.h>
#include <time.h>
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
 * @servers: how many with servers are kept, to go on with as a client
 */
struct resumption_limits {
	unsigned int lifetime;
	unsigned int key_period;
	unsigned int sessions;
	unsigned int servers;
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

/** resumption_hold() - one user more; returns @resumption */
struct resumption *resumption_hold(struct resumption *resumption);

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

/** resumption_lifetime() - seconds that a session with a server is kept; 0: none is */
unsigned int resumption_lifetime(const struct resumption *resumption);

/**
 * resumption_keep() - keep a session with a server
 * @key: a hash of all that has led to it
 * @lifetime: seconds, of which no more than resumption_lifetime() are granted
 * @once: it is to be given out once, and others beside it
 *
 * Return: as session_cache_put().
 */
int resumption_keep(struct resumption *resumption, const uint8_t *key,
		    const gnutls_datum_t *data, time_t lifetime, int once);

/** resumption_find() - a copy of one, to be freed by gnutls_free(), or nothing */
gnutls_datum_t resumption_find(struct resumption *resumption, const uint8_t *key);

/** resumption_note_ticket() - @ticket, a NewSessionTicket as it is sent, went to a client */
void resumption_note_ticket(struct tls *tls, const gnutls_datum_t *message);

#endif /* KSEALD_RESUMPTION_H */
