/* SPDX-License-Identifier: GPL-2.0 */
/* What a client and kseald have in common. */
#ifndef KSEALD_MATCH_H
#define KSEALD_MATCH_H

#include <stddef.h>

struct credentials;
struct hello;
struct identity;
struct tls;

/** match_version() - do they speak a version in common? */
int match_version(const struct credentials *credentials, const struct hello *hello);

/**
 * match_identity() - can this identity answer the client?
 *
 * Return: 1 when it has a certificate whose signatures the client can verify, and they
 * have a suite in common that goes with one of its keys; else 0.
 */
int match_identity(const struct credentials *credentials, const struct identity *identity,
		   const struct hello *hello);

/**
 * match_describe_failure() - what is not in common with this client
 * @tls: a server's session, whose handshake failed
 * @ret: what gnutls_handshake() returned
 *
 * Return: 1, and @text says it; 0 it did not fail for that.
 */
int match_describe_failure(const struct tls *tls, int ret, char *text, size_t size);

#endif /* KSEALD_MATCH_H */
