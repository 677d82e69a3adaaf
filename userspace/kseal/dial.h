/* SPDX-License-Identifier: GPL-2.0 */
/* To a host by its name, within a time. */
#ifndef KSEAL_DIAL_H
#define KSEAL_DIAL_H

#include <netdb.h>
#include <stddef.h>

/**
 * struct dial_target - HOST[:PORT] taken apart
 * @host: without the brackets of an IPv6 address
 * @is_address: it is one, and no name
 */
struct dial_target {
	char host[256];
	char port[6];
	int is_address;
};

/**
 * dial_parse() - take HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT apart
 * @port: when none is given
 *
 * Return: 0; -EINVAL, and stderr says what is wrong.
 */
int dial_parse(const char *text, const char *port, struct dial_target *target);

/** dial_left() - milliseconds until @deadline (CLOCK_MONOTONIC, ms), at least 0 */
int dial_left(double deadline);

/** dial_now() - milliseconds of CLOCK_MONOTONIC */
double dial_now(void);

/**
 * dial_wait() - until @fd has one of @events
 *
 * Return: 0; -ETIMEDOUT.
 */
int dial_wait(int fd, short events, double deadline);

/**
 * dial() - connect to one address
 *
 * Return: a socket that does not block, the caller's; -errno.
 */
int dial(const struct addrinfo *address, double deadline);

/** dial_name() - "192.0.2.1" or "2001:db8::1" of an address */
const char *dial_name(const struct addrinfo *address, char *text, size_t size);

#endif /* KSEAL_DIAL_H */
