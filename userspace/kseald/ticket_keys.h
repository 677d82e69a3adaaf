/* SPDX-License-Identifier: GPL-2.0 */
/* Keys that seal session tickets, replaced from time to time. */
#ifndef KSEALD_TICKET_KEYS_H
#define KSEALD_TICKET_KEYS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

enum {
	TICKET_SECRET_SIZE = 64,
	TICKET_KEY_SIZE = 64,		/* what GnuTLS wants */
	TICKET_NAME_SIZE = 16,		/* each ticket begins with the name of its key */
	/* hash of an identity, and what its clients are asked for */
	RESUMPTION_CONTEXT_SIZE = 33,
};

/**
 * struct ticket_generation - a secret that keys are made of, and the names of these keys
 * @number: 0 for none; they count up
 * @names: of all keys that tickets were sealed with, TICKET_NAME_SIZE bytes each
 */
struct ticket_generation {
	uint64_t number;
	uint8_t secret[TICKET_SECRET_SIZE];
	time_t made;
	uint8_t *names;
	size_t name_count;
};

/**
 * struct ticket_keys - the generation in use and the one before
 * @lock: all else
 * @period: seconds that tickets are sealed with one generation; for as many more they are
 *	taken
 */
struct ticket_keys {
	pthread_mutex_t lock;
	struct ticket_generation current;
	struct ticket_generation previous;
	unsigned int period;
};

/** ticket_keys_init() - no generation yet; ticket_keys_wipe() is due */
void ticket_keys_init(struct ticket_keys *keys, unsigned int period);

void ticket_keys_wipe(struct ticket_keys *keys);

/**
 * ticket_keys_pick() - the key for a session
 * @context: who may resume it: another one makes another key
 * @ticket: the client's, which decides between old and new; of @size bytes, 0 for none
 * @now: in seconds, of a clock that does not go back
 * @key: to be wiped by the caller
 * @generation: set to the number of its generation
 *
 * Return: 0, or GnuTLS's error.
 */
int ticket_keys_pick(struct ticket_keys *keys, const uint8_t context[RESUMPTION_CONTEXT_SIZE],
		     const uint8_t *ticket, size_t size, time_t now,
		     uint8_t key[TICKET_KEY_SIZE], uint64_t *generation);

/**
 * ticket_keys_note() - a ticket was sealed
 * @generation: of the key that ticket_keys_pick() gave
 */
void ticket_keys_note(struct ticket_keys *keys, uint64_t generation, const uint8_t *ticket,
		      size_t size);

#endif /* KSEALD_TICKET_KEYS_H */
