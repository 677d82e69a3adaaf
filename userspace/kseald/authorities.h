/* SPDX-License-Identifier: GPL-2.0 */
/* Who may vouch for the other end, and which certificates they have revoked. */
#ifndef KSEALD_AUTHORITIES_H
#define KSEALD_AUTHORITIES_H

#include <gnutls/gnutls.h>

struct credentials;
struct options;

/**
 * authorities_load() - whom the client role believes
 * @ca: file in PEM, NULL for the system's
 *
 * Logs what is wrong.
 *
 * Return: 0 or -EINVAL.
 */
int authorities_load(gnutls_certificate_credentials_t credentials, const char *ca);

/**
 * authorities_load_for_servers() - the same, and members client and authorities of
 * @credentials with it
 *
 * Return: 0, -EINVAL or -ENOMEM.
 */
int authorities_load_for_servers(struct credentials *credentials, const char *ca);

/**
 * authorities_load_for_clients() - what the identities ask of their clients
 *
 * That is, their members client_auth, has_client_ca and crl_until, and the authorities
 * and lists of revoked certificates in their server credentials. Logs what is wrong. A
 * list out of its time is a warning: clients are refused until there is another one.
 *
 * Return: 0 or -EINVAL.
 */
int authorities_load_for_clients(struct credentials *credentials, const struct options *options);

#endif /* KSEALD_AUTHORITIES_H */
