// SPDX-License-Identifier: GPL-2.0
/* Sessions to go on with: bounded, and wiped when they go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "session_cache.h"

void session_cache_init(struct session_cache *cache, size_t limit)
{
	memset(cache, 0, sizeof(*cache));
	TAILQ_INIT(&cache->by_age);
	cache->limit = limit;
	pthread_mutex_init(&cache->lock, NULL);
}

/* The key is a hash: any bytes of it do. */
static struct session_bucket *bucket_of(struct session_cache *cache, const uint8_t *key)
{
	return &cache->buckets[(key[0] << 8 | key[1]) % SESSION_BUCKETS];
}

static void forget(struct session_cache *cache, struct cached_session *session)
{
	TAILQ_REMOVE(&cache->by_age, session, by_age);
	LIST_REMOVE(session, in_bucket);
	cache->count--;
	explicit_bzero(session->data, session->size);
	free(session);
}

void session_cache_wipe(struct session_cache *cache)
{
	while (!TAILQ_EMPTY(&cache->by_age))
		forget(cache, TAILQ_FIRST(&cache->by_age));
	pthread_mutex_destroy(&cache->lock);
}

static struct cached_session *find(struct session_cache *cache, const uint8_t *key)
{
	struct cached_session *session;

	LIST_FOREACH(session, bucket_of(cache, key), in_bucket)
		if (!memcmp(session->key, key, SESSION_KEY_SIZE))
			return session;
	return NULL;
}

/* All that are over, and the oldest others until there is room for one. */
static void make_room(struct session_cache *cache, time_t now)
{
	struct cached_session *oldest;

	while ((oldest = TAILQ_FIRST(&cache->by_age)) &&
	       (oldest->until <= now || cache->count >= cache->limit))
		forget(cache, oldest);
}

static struct cached_session *new_session(const uint8_t key[SESSION_KEY_SIZE],
					   const gnutls_datum_t *data, time_t until)
{
	struct cached_session *session = malloc(sizeof(*session) + data->size);

	if (!session)
		return NULL;
	memcpy(session->key, key, SESSION_KEY_SIZE);
	memcpy(session->data, data->data, data->size);
	session->size = data->size;
	session->until = until;
	session->once = 0;
	return session;
}

static void insert(struct session_cache *cache, struct cached_session *session, time_t now)
{
	make_room(cache, now);
	TAILQ_INSERT_TAIL(&cache->by_age, session, by_age);
	LIST_INSERT_HEAD(bucket_of(cache, session->key), session, in_bucket);
	cache->count++;
}

int session_cache_put(struct session_cache *cache, const uint8_t key[SESSION_KEY_SIZE],
		      const gnutls_datum_t *data, time_t now, time_t until)
{
	struct cached_session *session, *before;

	if (!cache->limit)
		return -ENOSPC;
	session = new_session(key, data, until);
	if (!session)
		return -ENOMEM;
	pthread_mutex_lock(&cache->lock);
	before = find(cache, key);
	if (before)
		forget(cache, before);
	insert(cache, session, now);
	pthread_mutex_unlock(&cache->lock);
	return 0;
}

/* The newest are first in their bucket. */
static void drop_spares(struct session_cache *cache, const uint8_t *key)
{
	struct cached_session *session, *oldest = NULL;
	size_t count = 0;

	LIST_FOREACH(session, bucket_of(cache, key), in_bucket) {
		if (memcmp(session->key, key, SESSION_KEY_SIZE))
			continue;
		oldest = session;
		count++;
	}
	if (count >= SESSION_SPARES)
		forget(cache, oldest);
}

int session_cache_add(struct session_cache *cache, const uint8_t key[SESSION_KEY_SIZE],
		      const gnutls_datum_t *data, time_t now, time_t until)
{
	struct cached_session *session;

	if (!cache->limit)
		return -ENOSPC;
	session = new_session(key, data, until);
	if (!session)
		return -ENOMEM;
	session->once = 1;
	pthread_mutex_lock(&cache->lock);
	drop_spares(cache, key);
	insert(cache, session, now);
	pthread_mutex_unlock(&cache->lock);
	return 0;
}

gnutls_datum_t session_cache_get(struct session_cache *cache,
				 const uint8_t key[SESSION_KEY_SIZE], time_t now)
{
	gnutls_datum_t copy = { 0 };
	struct cached_session *session;

	pthread_mutex_lock(&cache->lock);
	session = find(cache, key);
	if (session && session->until > now)
		copy.data = gnutls_malloc(session->size);
	if (copy.data) {
		memcpy(copy.data, session->data, session->size);
		copy.size = session->size;
	}
	if (session && session->once)
		forget(cache, session);
	pthread_mutex_unlock(&cache->lock);
	return copy;
}

void session_cache_remove(struct session_cache *cache, const uint8_t key[SESSION_KEY_SIZE])
{
	struct cached_session *session;

	pthread_mutex_lock(&cache->lock);
	session = find(cache, key);
	if (session)
		forget(cache, session);
	pthread_mutex_unlock(&cache->lock);
}
