// SPDX-License-Identifier: GPL-2.0
/*
 * Keys that seal session tickets, replaced from time to time.
 *
 * GnuTLS replaces a session's ticket key by itself, by the clock, but derives each from the
 * one it was given: who gets hold of that can open all tickets there ever were. So what
 * it is given is replaced here. A generation is a random secret; a session's key is made
 * of that and its context. For one more period the generation before is kept, for tickets
 * that bear a name that it sealed under. Then it is wiped.
 */
#include <stdlib.h>
#include <string.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "ticket_keys.h"

enum {
	/* One for each identity, and again when GnuTLS has replaced it. */
	MAX_NAMES = 4096,
};

void ticket_keys_init(struct ticket_keys *keys, unsigned int period)
{
	memset(keys, 0, sizeof(*keys));
	keys->period = period;
	pthread_mutex_init(&keys->lock, NULL);
}

static void wipe(struct ticket_generation *generation)
{
	free(generation->names);
	explicit_bzero(generation, sizeof(*generation));
}

void ticket_keys_wipe(struct ticket_keys *keys)
{
	wipe(&keys->current);
	wipe(&keys->previous);
	pthread_mutex_destroy(&keys->lock);
}

static int renew(struct ticket_keys *keys, time_t now)
{
	struct ticket_generation *current = &keys->current;
	const uint64_t number = current->number;

	wipe(&keys->previous);
	/* after a long rest the one in use is too old for another period as well */
	if (number && now - current->made < 2 * (time_t)keys->period)
		keys->previous = *current;
	else
		wipe(current);
	memset(current, 0, sizeof(*current));
	current->number = number + 1;
	current->made = now;
	return gnutls_rnd(GNUTLS_RND_KEY, current->secret, sizeof(current->secret));
}

static int has_name(const struct ticket_generation *generation, const uint8_t *name)
{
	size_t i;

	for (i = 0; i < generation->name_count; i++)
		if (!memcmp(generation->names + i * TICKET_NAME_SIZE, name, TICKET_NAME_SIZE))
			return 1;
	return 0;
}

int ticket_keys_pick(struct ticket_keys *keys, const uint8_t context[RESUMPTION_CONTEXT_SIZE],
		     const uint8_t *ticket, size_t size, time_t now,
		     uint8_t key[TICKET_KEY_SIZE], uint64_t *generation)
{
	const struct ticket_generation *from = &keys->current;
	int ret = 0;

	pthread_mutex_lock(&keys->lock);
	if (!keys->current.number || now - keys->current.made >= (time_t)keys->period)
		ret = renew(keys, now);
	if (keys->previous.number && size >= TICKET_NAME_SIZE && has_name(&keys->previous, ticket))
		from = &keys->previous;
	if (!ret)
		ret = gnutls_hmac_fast(GNUTLS_MAC_SHA512, from->secret, sizeof(from->secret),
				       context, RESUMPTION_CONTEXT_SIZE, key);
	*generation = from->number;
	pthread_mutex_unlock(&keys->lock);
	return ret;
}

static void add_name(struct ticket_generation *generation, const uint8_t *name)
{
	uint8_t *names;

	if (has_name(generation, name) || generation->name_count >= MAX_NAMES)
		return;
	names = realloc(generation->names, (generation->name_count + 1) * TICKET_NAME_SIZE);
	/* without it such tickets are not taken any more after the next renewal */
	if (!names)
		return;
	memcpy(names + generation->name_count++ * TICKET_NAME_SIZE, name, TICKET_NAME_SIZE);
	generation->names = names;
}

void ticket_keys_note(struct ticket_keys *keys, uint64_t generation, const uint8_t *ticket,
		      size_t size)
{
	if (size < TICKET_NAME_SIZE)
		return;
	pthread_mutex_lock(&keys->lock);
	if (keys->current.number == generation)
		add_name(&keys->current, ticket);
	else if (keys->previous.number == generation)
		add_name(&keys->previous, ticket);
	pthread_mutex_unlock(&keys->lock);
}
