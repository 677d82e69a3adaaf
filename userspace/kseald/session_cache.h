/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions to go on with: of clients by their ID, in TLS 1.2, and with servers. */
#ifndef KSEALD_SESSION_CACHE_H
#define KSEALD_SESSION_CACHE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <time.h>
#include <gnutls/gnutls.h>

enum {
	SESSION_KEY_SIZE = 32,
	SESSION_BUCKETS = 1024,
	SESSION_SPARES = 4,		/* of one key, that are given out once */
};

/**
 * struct cached_session - one of them
 * @key: SHA-256 of what it is bound to
 * @until: when it is forgotten
 * @once: whoever gets it has it alone
 */
struct cached_session {
	TAILQ_ENTRY(cached_session) by_age;
	LIST_ENTRY(cached_session) in_bucket;
	uint8_t key[SESSION_KEY_SIZE];
	time_t until;
	int once;
	size_t size;
	uint8_t data[];
};

LIST_HEAD(session_bucket, cached_session);
TAILQ_HEAD(session_ages, cached_session);

/**
 * struct session_cache - all of them
 * @lock: all else
 * @by_age: the oldest first: the first to go when there are too many
 * @limit: how many there may be
 */
struct session_cache {
	pthread_mutex_t lock;
	struct session_bucket buckets[SESSION_BUCKETS];
	struct session_ages by_age;
	size_t count;
	size_t limit;
};

/** session_cache_init() - an empty one; session_cache_wipe() is due */
void session_cache_init(struct session_cache *cache, size_t limit);

void session_cache_wipe(struct session_cache *cache);

/**
 * session_cache_put() - keep a session, in place of one with the same key
 * @until: forget it then; in seconds, of a clock that does not go back, as @now is
 *
 * Return: 0, -ENOMEM, or -ENOSPC when no session is to be kept at all.
 */
int session_cache_put(struct session_cache *cache, const uint8_t key[SESSION_KEY_SIZE],
		      const gnutls_datum_t *session, time_t now, time_t until);

/**
 * session_cache_add() - keep a session beside others with the same key, to be given out
 * once
 *
 * Of one key SESSION_SPARES are kept, the newest ones.
 *
 * Return: as session_cache_put().
 */
int session_cache_add(struct session_cache *cache, const uint8_t key[SESSION_KEY_SIZE],
		      const gnutls_datum_t *session, time_t now, time_t until);

/** session_cache_get() - a copy of the newest, to be freed by gnutls_free(), or nothing */
gnutls_datum_t session_cache_get(struct session_cache *cache,
				 const uint8_t key[SESSION_KEY_SIZE], time_t now);

/** session_cache_remove() - forget it, if it is there */
void session_cache_remove(struct session_cache *cache, const uint8_t key[SESSION_KEY_SIZE]);

#endif /* KSEALD_SESSION_CACHE_H */
