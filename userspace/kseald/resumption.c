// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions that clients come back to: tickets and session IDs.
 *
 * Both are bound to a context, a hash of the identity, its certificates and whatever else
 * the client was let in by: the ticket's key is made of it, and so is the key that a session
 * is kept under. Who comes back to another context does a full handshake.
 */
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>

#include "credentials.h"
#include "resumption.h"
#include "session_cache.h"
#include "tls.h"

/** struct resumption - shared by all threads, and by what a reload replaces */
struct resumption {
	int users;
	struct resumption_limits limits;
	struct ticket_keys keys;
	struct session_cache sessions;
	struct session_cache servers;
};

struct resumption *resumption_new(const struct resumption_limits *limits)
{
	struct resumption *resumption = calloc(1, sizeof(*resumption));

	if (!resumption)
		return NULL;
	resumption->users = 1;
	resumption->limits = *limits;
	ticket_keys_init(&resumption->keys, limits->key_period);
	session_cache_init(&resumption->sessions, limits->sessions);
	session_cache_init(&resumption->servers, limits->servers);
	return resumption;
}

struct resumption *resumption_share(struct resumption *fresh, struct resumption *before)
{
	if (memcmp(&fresh->limits, &before->limits, sizeof(fresh->limits)))
		return fresh;
	resumption_release(fresh);
	return resumption_hold(before);
}

struct resumption *resumption_hold(struct resumption *resumption)
{
	__atomic_add_fetch(&resumption->users, 1, __ATOMIC_RELAXED);
	return resumption;
}

void resumption_release(struct resumption *resumption)
{
	if (!resumption || __atomic_sub_fetch(&resumption->users, 1, __ATOMIC_ACQ_REL))
		return;
	ticket_keys_wipe(&resumption->keys);
	session_cache_wipe(&resumption->sessions);
	session_cache_wipe(&resumption->servers);
	free(resumption);
}

int resumption_is_on(const struct resumption *resumption)
{
	return resumption->limits.lifetime > 0;
}

/* Of a clock that nobody sets. */
static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

/* ---- session IDs -------------------------------------------------------- */

static int session_key(const struct tls *tls, const gnutls_datum_t *id,
		       uint8_t key[SESSION_KEY_SIZE])
{
	return gnutls_hmac_fast(GNUTLS_MAC_SHA256, tls->context, sizeof(tls->context), id->data,
				id->size, key);
}

static int store(void *context, gnutls_datum_t id, gnutls_datum_t data)
{
	const struct tls *tls = context;
	struct resumption *resumption = tls->credentials->resumption;
	uint8_t key[SESSION_KEY_SIZE];
	const time_t now = seconds();

	if (session_key(tls, &id, key))
		return -1;
	return session_cache_put(&resumption->sessions, key, &data, now,
				 now + resumption->limits.lifetime);
}

static gnutls_datum_t retrieve(void *context, gnutls_datum_t id)
{
	const struct tls *tls = context;
	uint8_t key[SESSION_KEY_SIZE];

	if (session_key(tls, &id, key))
		return (gnutls_datum_t){ 0 };
	return session_cache_get(&tls->credentials->resumption->sessions, key, seconds());
}

static int forget(void *context, gnutls_datum_t id)
{
	const struct tls *tls = context;
	uint8_t key[SESSION_KEY_SIZE];

	if (session_key(tls, &id, key))
		return -1;
	session_cache_remove(&tls->credentials->resumption->sessions, key);
	return 0;
}

/* ---- tickets ------------------------------------------------------------ */

static int enable_tickets(struct tls *tls)
{
	const struct hello_span *ticket = tls->hello.psk.data ? &tls->hello.psk :
								 &tls->hello.ticket;
	uint8_t key[TICKET_KEY_SIZE];
	gnutls_datum_t datum = { key, sizeof(key) };
	int ret;

	ret = ticket_keys_pick(&tls->credentials->resumption->keys, tls->context, ticket->data,
			       ticket->size, seconds(), key, &tls->ticket_generation);
	if (!ret)
		ret = gnutls_session_ticket_enable_server(tls->session, &datum);
	explicit_bzero(key, sizeof(key));
	return ret;
}

/* Where the ticket stands: RFC 5077 3.3, RFC 8446 4.6.1. GnuTLS shows what it sends without
 * a header.
 */
void resumption_note_ticket(struct tls *tls, const gnutls_datum_t *message)
{
	const int has_nonce = gnutls_protocol_get_version(tls->session) == GNUTLS_TLS1_3;
	size_t at = has_nonce ? 8 : 4;

	if (has_nonce && at < message->size)
		at += 1 + message->data[at];
	at += 2;
	if (at < message->size)
		ticket_keys_note(&tls->credentials->resumption->keys, tls->ticket_generation,
				 message->data + at, message->size - at);
}

int resumption_enable(struct tls *tls)
{
	const struct resumption *resumption = tls->credentials->resumption;

	if (!resumption_is_on(resumption))
		return 0;
	gnutls_db_set_cache_expiration(tls->session, resumption->limits.lifetime);
	gnutls_db_set_ptr(tls->session, tls);
	gnutls_db_set_retrieve_function(tls->session, retrieve);
	gnutls_db_set_store_function(tls->session, store);
	gnutls_db_set_remove_function(tls->session, forget);
	return enable_tickets(tls);
}

/* ---- sessions with servers ------------------------------------------------ */

unsigned int resumption_lifetime(const struct resumption *resumption)
{
	return resumption->limits.servers ? resumption->limits.lifetime : 0;
}

int resumption_keep(struct resumption *resumption, const uint8_t *key,
		    const gnutls_datum_t *data, time_t lifetime, int once)
{
	const time_t now = seconds(), most = resumption_lifetime(resumption);
	const time_t until = now + (lifetime < most ? lifetime : most);

	return once ? session_cache_add(&resumption->servers, key, data, now, until) :
		      session_cache_put(&resumption->servers, key, data, now, until);
}

gnutls_datum_t resumption_find(struct resumption *resumption, const uint8_t *key)
{
	return session_cache_get(&resumption->servers, key, seconds());
}
