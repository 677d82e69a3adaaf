/* SPDX-License-Identifier: GPL-2.0 */
/* Certificates, keys and authorities, loaded once and then only read. */
#ifndef KSEALD_CREDENTIALS_H
#define KSEALD_CREDENTIALS_H

#include <time.h>
#include <sys/queue.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "hello.h"
#include "resumption.h"
#include "suites.h"
#include "kseal.h"

struct options;

enum {
	IDENTITY_HASH_SIZE = 32,
};

/**
 * struct identity - one name of --identity
 * @server: its certificates and keys, and the authorities for its clients' ones
 * @client: the same certificates, to show as a client, and the authorities for servers;
 *	NULL unless @roles has KSEAL_CLIENT
 * @roles: enum kseal_role, in which it may be shown; several added
 * @client_auth: what its clients are asked for, at least
 * @has_client_ca: their certificates can be checked
 * @crl_until: when what is known of revoked ones gets old, 0 for never
 * @leaves: the certificates of @server that name hosts
 * @keys: kinds of their keys, a bit for each enum hello_key
 * @hash: of its name and certificates: sessions resume under the same only
 */
struct identity {
	STAILQ_ENTRY(identity) next;
	gnutls_certificate_credentials_t server;
	gnutls_certificate_credentials_t client;
	unsigned int roles;
	enum kseal_client_auth client_auth;
	int has_client_ca;
	time_t crl_until;
	gnutls_x509_crt_t *leaves;
	size_t leaf_count;
	unsigned int keys;
	uint8_t hash[IDENTITY_HASH_SIZE];
	char name[];
};

STAILQ_HEAD(identities, identity);

/**
 * struct credentials - all that handshakes need
 *
 * Every worker looks at them at the same time, with no lock. The main thread alone
 * counts @users.
 *
 * @identities: in the order of the options; the first of the server role is the default
 * @client: the authorities that a server's certificate is checked against
 * @authorities: a hash of them: sessions with servers resume under the same only
 * @priority: versions and suites
 * @accepts: the same as lists of names, for messages
 * @resumption: sessions that clients come back to; never NULL
 * @keylog: descriptor of the file that secrets go to, -1 for none
 * @users: handshakes that look at it. Others may be put in its place meanwhile; the
 *	last of those handshakes then releases it.
 */
struct credentials {
	struct identities identities;
	gnutls_certificate_credentials_t client;
	uint8_t authorities[IDENTITY_HASH_SIZE];
	gnutls_priority_t priority;
	char *accepts[SUITES_KINDS];
	struct resumption *resumption;
	int keylog;
	unsigned int users;
};

/**
 * credentials_load() - read everything the options name
 *
 * Logs each problem with the file it is about. A certificate out of its time
 * is a warning.
 *
 * Return: 0; -EINVAL something cannot be used; -ENOMEM. Call
 * credentials_free() in any case.
 */
int credentials_load(struct credentials *credentials,
		     const struct options *options);

void credentials_free(struct credentials *credentials);

/**
 * credentials_new() - credentials_load() into memory of their own
 *
 * Return: to be given to credentials_release(); NULL, and it was logged why.
 */
struct credentials *credentials_new(const struct options *options);

/** credentials_inherit() - let clients resume what they began with @before, where they may */
void credentials_inherit(struct credentials *credentials, const struct credentials *before);

/** credentials_release() - free what credentials_new() has made; @credentials may be NULL */
void credentials_release(struct credentials *credentials);

/** credentials_by_name() - the identity of that name, NULL when there is none */
const struct identity *
credentials_by_name(const struct credentials *credentials, const char *name);

/**
 * credentials_by_host() - the identity to answer a client with
 * @host: what it asked for by SNI, NULL for nothing
 *
 * Return: the first identity of the server role with a certificate for @host
 * (wildcards as in RFC 6125 6.4.3); else the first of all; NULL when there are none.
 */
const struct identity *
credentials_by_host(const struct credentials *credentials, const char *host);

/**
 * credentials_by_hello() - the identity to answer this client with
 *
 * Return: the first identity with a certificate for the host it asks for that can answer
 * it (see match_identity()); else as credentials_by_host().
 */
const struct identity *
credentials_by_hello(const struct credentials *credentials, const struct hello *hello);

/** identity_has_key() - has one of its certificates a key of that kind? */
int identity_has_key(const struct identity *identity, enum hello_key key);

#endif /* KSEALD_CREDENTIALS_H */
