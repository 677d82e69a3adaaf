/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many handshakes an address may ask for.
 *
 * Each address has a bucket of tokens that fills up with time, and a handshake takes
 * one out. An IPv6 address is its first 64 bits, since whoever has one has them all.
 * The table does not grow: where it is full, the fullest bucket, which tells least,
 * makes room.
 */
#ifndef KSEALD_RATE_H
#define KSEALD_RATE_H

#include <stdint.h>
#include <sys/socket.h>

enum {
	RATE_MAX = 1000000,		/* handshakes per second, or at once */
	RATE_SETS = 1024,
	RATE_WAYS = 8,			/* buckets in a set; an address has one set */
};

/**
 * struct bucket - of one address
 * @network: the address
 * @at: when it had @tokens, in nanoseconds; 0 it is nobody's
 * @tokens: in millionths
 */
struct bucket {
	uint64_t network;
	uint64_t at;
	uint64_t tokens;
};

/**
 * struct rate - the limit, and who has used how much of it
 * @per_second: tokens that come back in a second; 0 there is no limit
 * @burst: tokens of a full bucket
 * @secret: so that nobody can aim at another's set
 */
struct rate {
	unsigned int per_second;
	unsigned int burst;
	uint64_t secret;
	struct bucket buckets[RATE_SETS][RATE_WAYS];
};

/** rate_start() - an empty table; @per_second and @burst are set whenever one likes */
void rate_start(struct rate *rate);

/**
 * rate_take() - may this address have a handshake now?
 * @now: nanoseconds of a clock that never goes back, more than 0
 *
 * Return: 1, and one token less; 0 it has none. Addresses that are not IP always may.
 */
int rate_take(struct rate *rate, const struct sockaddr *address, uint64_t now);

#endif /* KSEALD_RATE_H */
