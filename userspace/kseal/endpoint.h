/* SPDX-License-Identifier: GPL-2.0 */
/* What kseal client and kseal server have in common. */
#ifndef KSEAL_ENDPOINT_H
#define KSEAL_ENDPOINT_H

#include "kseal.h"

/**
 * struct endpoint - their options
 * @arguments: what follows the options, @count of them
 */
struct endpoint {
	const char *broker;
	const char *server_name;
	const char *identity;
	const char *alpn;
	const char *bind;
	const char *pin;
	enum kseal_client_auth client_auth;
	unsigned int timeout_ms;
	int verbose;
	char **arguments;
	int count;
};

/**
 * endpoint_parse() - read the options of one of the two
 * @role: the other one's options are refused
 *
 * Return: -1 to go on, else the exit status.
 */
int endpoint_parse(struct endpoint *endpoint, enum kseal_role role, int argc,
		   char **argv);

/**
 * endpoint_run() - hand @fd to kseald, then relay until both ways have ended
 * @fd: connected; closed in any case
 *
 * Return: the exit status.
 */
int endpoint_run(const struct endpoint *endpoint, enum kseal_role role, int fd);

/* ---- relay.c ------------------------------------------------------------ */

/**
 * relay() - stdin to the socket, the socket to stdout, until both have ended
 * @fd: speaks TLS by kseal
 *
 * The end of stdin becomes a close_notify alert and a half-closed connection.
 * Says on stderr what went wrong.
 *
 * Return: 0 or -errno.
 */
int relay(int fd);

#endif /* KSEAL_ENDPOINT_H */
