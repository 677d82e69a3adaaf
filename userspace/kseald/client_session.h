/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions with servers, kept so that a later connection can go on with one. */
#ifndef KSEALD_CLIENT_SESSION_H
#define KSEALD_CLIENT_SESSION_H

#include <stdint.h>
#include <time.h>
#include <gnutls/gnutls.h>

#include "session_cache.h"

struct kseald_request;
struct resumption;
struct tls;

/**
 * struct client_session - what it takes to keep a session, once its struct tls is gone
 * @resumption: where to, with one user more
 * @key: under which, see client_session_offer()
 * @until: when what the server was believed by ends, of time()
 */
struct client_session {
	struct resumption *resumption;
	uint8_t key[SESSION_KEY_SIZE];
	time_t until;
};

/**
 * client_session_is_wanted() - may this handshake resume a session, and be resumed?
 *
 * A client's, if the kernel takes the tickets that follow it.
 */
int client_session_is_wanted(const struct tls *tls, const struct kseald_request *request);

/**
 * client_session_offer() - set @tls->session_key, and go on with a session if there is one
 *
 * The key is a hash of all that has led to the server being believed, and to what was
 * agreed on: its name and address, pins, the authorities, what it was offered and shown.
 * Without one the handshake is a full one, and its session is not kept.
 */
void client_session_offer(struct tls *tls, const struct kseald_request *request);

/**
 * client_session_of() - fill @session for @tls, whose handshake is done
 *
 * Return: 0, and client_session_release() is due; -ENOENT it is not to be kept.
 */
int client_session_of(const struct tls *tls, struct client_session *session);

void client_session_release(struct client_session *session);

/**
 * client_session_keep() - keep what @from can be gone on with by
 * @lifetime: seconds, as the server has it; no more than a week is granted
 * @once: it is good for one connection
 *
 * Return: 0 or -errno.
 */
int client_session_keep(const struct client_session *session, gnutls_session_t from,
			time_t lifetime, int once);

/** client_session_keep_done() - likewise, if @tls is of TLS 1.2, where all is there by now */
void client_session_keep_done(const struct tls *tls);

#endif /* KSEALD_CLIENT_SESSION_H */
