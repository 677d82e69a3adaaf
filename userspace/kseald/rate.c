// SPDX-License-Identifier: GPL-2.0
/* How many handshakes an address may ask for: buckets of tokens. */
#include <string.h>
#include <netinet/in.h>
#include <sys/random.h>

#include "rate.h"

enum {
	TOKEN = 1000000,		/* a millionth comes in a microsecond, at one per second */
	NS_PER_US = 1000,
	US_PER_HOUR = 3600 * 1000000U,
};

void rate_start(struct rate *rate)
{
	memset(rate->buckets, 0, sizeof(rate->buckets));
	/* without it the table works, only that it can be guessed at */
	if (getrandom(&rate->secret, sizeof(rate->secret), 0) != sizeof(rate->secret))
		rate->secret = 0;
}

/* Whom a bucket is for, as a number that is not 0. Return: is it an IP address? */
static int network_of(const struct sockaddr *address, uint64_t *network)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
	const struct sockaddr_in *in = (const struct sockaddr_in *)address;
	uint32_t v4;

	if (address->sa_family == AF_INET)
		v4 = in->sin_addr.s_addr;
	else if (address->sa_family != AF_INET6)
		return 0;
	else if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
		memcpy(&v4, &in6->sin6_addr.s6_addr[12], sizeof(v4));
	else {
		memcpy(network, &in6->sin6_addr, sizeof(*network));
		return 1;
	}
	/* as an IPv6 address this would be a group, and nobody connects from one */
	memset(network, 0xff, sizeof(*network));
	memcpy((uint8_t *)network + 4, &v4, sizeof(v4));
	return 1;
}

/* The finalizer of MurmurHash3: every bit of the number moves every bit of it. */
static unsigned int set_of(const struct rate *rate, uint64_t network)
{
	uint64_t hash = network ^ rate->secret;

	hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccdULL;
	hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return (hash ^ hash >> 33) % RATE_SETS;
}

static uint64_t tokens_now(const struct rate *rate, const struct bucket *bucket, uint64_t now)
{
	const uint64_t full = (uint64_t)rate->burst * TOKEN;
	uint64_t us = now > bucket->at ? (now - bucket->at) / NS_PER_US : 0;
	uint64_t tokens;

	if (!bucket->at)
		return full;
	if (us > US_PER_HOUR)
		us = US_PER_HOUR;
	tokens = bucket->tokens + us * rate->per_second;
	return tokens < full ? tokens : full;
}

/* The address's own, or the one that is missed least. */
static struct bucket *find(const struct rate *rate, struct bucket *set, uint64_t network,
			   uint64_t now)
{
	struct bucket *fullest = set;
	int i;

	for (i = 0; i < RATE_WAYS; i++) {
		if (set[i].at && set[i].network == network)
			return &set[i];
		if (tokens_now(rate, &set[i], now) > tokens_now(rate, fullest, now))
			fullest = &set[i];
	}
	fullest->at = 0;
	fullest->network = network;
	return fullest;
}

int rate_take(struct rate *rate, const struct sockaddr *address, uint64_t now)
{
	struct bucket *bucket;
	uint64_t network;

	if (!rate->per_second || !network_of(address, &network))
		return 1;
	bucket = find(rate, rate->buckets[set_of(rate, network)], network, now);
	bucket->tokens = tokens_now(rate, bucket, now);
	bucket->at = now;
	if (bucket->tokens < TOKEN)
		return 0;
	bucket->tokens -= TOKEN;
	return 1;
}
