// SPDX-License-Identifier: GPL-2.0
/* The server's side of a TLS session: hello, certificate, tickets, extensions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "credentials.h"
#include "log.h"
#include "match.h"
#include "protocol.h"
#include "tls.h"

enum {
	/* Extensions that limit the size of records: RFC 6066 4, RFC 8449. */
	EXT_MAX_FRAGMENT_LENGTH = 1,
	EXT_RECORD_SIZE_LIMIT = 28,
	TICKETS = 2,
};

/* ---- the certificate ---------------------------------------------------- */

/* A program may ask for more than the configuration, never for less. */
static enum kseal_client_auth wanted_auth(const struct tls *tls)
{
	const enum kseal_client_auth least = tls->shown->client_auth;

	return tls->client_auth > least ? tls->client_auth : least;
}

static int ask_for_certificate(struct tls *tls)
{
	static const gnutls_certificate_request_t requests[] = {
		[KSEAL_CLIENT_AUTH_NONE] = GNUTLS_CERT_IGNORE,
		[KSEAL_CLIENT_AUTH_OPTIONAL] = GNUTLS_CERT_REQUEST,
		[KSEAL_CLIENT_AUTH_REQUIRED] = GNUTLS_CERT_REQUIRE,
	};
	const enum kseal_client_auth wanted = wanted_auth(tls);

	if (wanted && !tls->shown->has_client_ca) {
		tls->peer = PEER_NOBODY_VOUCHES;
		return GNUTLS_E_CERTIFICATE_ERROR;
	}
	gnutls_certificate_server_set_request(tls->session, requests[wanted]);
	return 0;
}

static int show_identity(struct tls *tls, const struct identity *identity)
{
	int ret;

	tls->shown = identity;
	ret = gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, identity->server);
	return ret ? ret : ask_for_certificate(tls);
}

/* Who was let in without a certificate does not come back to where one is asked for. */
static void make_context(struct tls *tls)
{
	memcpy(tls->context, tls->shown->hash, sizeof(tls->shown->hash));
	tls->context[sizeof(tls->shown->hash)] = wanted_auth(tls);
}

/* A ticket says what was true when it was made; authorities and lists of revoked
 * certificates may be others by now, and so may be what is asked for.
 */
int server_check_resumed(struct tls *tls)
{
	unsigned int count = 0;

	if (!tls->shown || !gnutls_session_is_resumed(tls->session) || !wanted_auth(tls))
		return 0;
	if (gnutls_certificate_get_peers(tls->session, &count) && count)
		return peer_verify(tls->session);
	if (wanted_auth(tls) == KSEAL_CLIENT_AUTH_OPTIONAL)
		return 0;
	tls->peer = PEER_MISSING;
	return GNUTLS_E_CERTIFICATE_ERROR;
}

/* ---- extensions --------------------------------------------------------- */

static int ignore_extension(gnutls_session_t session, const unsigned char *data,
			    size_t size)
{
	(void)session;
	(void)data;
	(void)size;
	return 0;
}

/*
 * The kernel fills records to the brim, so a client's wish for smaller ones is
 * not granted: left unanswered, it does not bind (RFC 6066 4, RFC 8449 4).
 */
static int ignore_record_limits(gnutls_session_t session)
{
	static const struct {
		const char *name;
		int id;
	} extensions[] = {
		{ "max_fragment_length", EXT_MAX_FRAGMENT_LENGTH },
		{ "record_size_limit", EXT_RECORD_SIZE_LIMIT },
	};
	size_t i;
	int ret;

	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		ret = gnutls_session_ext_register(session, extensions[i].name,
						  extensions[i].id,
						  GNUTLS_EXT_TLS,
						  ignore_extension, NULL, NULL,
						  NULL, NULL,
						  GNUTLS_EXT_FLAG_OVERRIDE_INTERNAL |
						  GNUTLS_EXT_FLAG_TLS |
						  GNUTLS_EXT_FLAG_CLIENT_HELLO);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- the client's hello ------------------------------------------------- */

/* A copy: GnuTLS's goes with the message, but why nothing was agreed on is told later. */
static int keep_hello(struct tls *tls, const gnutls_datum_t *message)
{
	free(tls->hello_bytes);
	memset(&tls->hello, 0, sizeof(tls->hello));
	tls->hello_bytes = malloc(message->size);
	if (!tls->hello_bytes)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(tls->hello_bytes, message->data, message->size);
	if (hello_parse(&tls->hello, tls->hello_bytes, message->size, &tls->malformed))
		return GNUTLS_E_UNEXPECTED_PACKET_LENGTH;
	return 0;
}

static void log_hello(const struct tls *tls)
{
	char text[1024];

	if (log_enabled(LOG_LEVEL_DEBUG))
		log_debug("descriptor %d: the client %s", tls->fd,
			  hello_describe(&tls->hello, text, sizeof(text)));
}

/*
 * Before GnuTLS reads it, since what it may resume depends on who answers. Tickets of
 * TLS 1.3 must not go to clients without psk_key_exchange_modes (RFC 8446 4.2.9), as
 * GnuTLS's do: to one whose records a kernel opens, as kseald's own clients, they are
 * records that a plain read() cannot get past.
 */
static int read_hello(struct tls *tls, const gnutls_datum_t *message)
{
	int ret;

	ret = keep_hello(tls, message);
	if (ret)
		return ret;
	log_hello(tls);
	/* GnuTLS would tell clients of older versions of a handshake_failure */
	if (!match_version(tls->credentials, &tls->hello))
		return GNUTLS_E_UNSUPPORTED_VERSION_PACKET;
	tls->tickets_wanted = tls->hello.psk_modes.size > 0 &&
			      resumption_is_on(tls->credentials->resumption);
	ret = show_identity(tls, tls->identity ? tls->identity :
			    credentials_by_hello(tls->credentials, &tls->hello));
	/* in answer to a HelloRetryRequest there is a second hello */
	if (ret || tls->ticket_generation)
		return ret;
	make_context(tls);
	return resumption_enable(tls);
}

static int see_message(gnutls_session_t session, unsigned int type, unsigned int when,
		       unsigned int incoming, const gnutls_datum_t *message)
{
	struct tls *tls = gnutls_session_get_ptr(session);

	(void)when;
	if (incoming && type == GNUTLS_HANDSHAKE_CLIENT_HELLO)
		return read_hello(tls, message);
	if (!incoming && type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET)
		resumption_note_ticket(tls, message);
	return 0;
}

/* ---- tickets ------------------------------------------------------------ */

/* Tickets of TLS 1.2 are part of the handshake itself. */
int server_send_tickets(struct tls *tls)
{
	int ret;

	if (!tls->tickets_wanted ||
	    gnutls_protocol_get_version(tls->session) != GNUTLS_TLS1_3)
		return 0;
	do {
		ret = gnutls_session_ticket_send(tls->session, TICKETS, 0);
	} while (ret == GNUTLS_E_INTERRUPTED);
	if (!ret)
		tls->tickets_wanted = 0;
	return ret;
}

/* ---- set-up ------------------------------------------------------------- */

int server_find_identity(struct tls *tls, const struct kseald_request *request,
			 struct kseal_result *result)
{
	if (!credentials_by_host(tls->credentials, NULL))
		return tls_fail(result, ENOENT, "kseald has no certificate for the "
				"server role: start it with --identity");
	if (request->client_auth > KSEAL_CLIENT_AUTH_REQUIRED)
		return tls_fail(result, EINVAL, "%u says nothing about certificates of clients",
				request->client_auth);
	if (!request->identity[0])
		return 0;
	tls->identity = credentials_by_name(tls->credentials, request->identity);
	if (!tls->identity)
		return tls_fail(result, ENOENT, "kseald has no identity \"%s\"",
				request->identity);
	if (!(tls->identity->roles & KSEAL_SERVER))
		return tls_fail(result, EINVAL, "the identity \"%s\" is for the client role only",
				request->identity);
	return 0;
}

int server_set_up(struct tls *tls, const struct kseald_request *request)
{
	const struct identity *identity;
	int ret;

	tls->client_auth = request->client_auth;
	peer_expect(tls, GNUTLS_KP_TLS_WWW_CLIENT, NULL);
	gnutls_handshake_set_hook_function(tls->session, GNUTLS_HANDSHAKE_ANY,
					   GNUTLS_HOOK_PRE, see_message);
	identity = tls->identity ? tls->identity : credentials_by_host(tls->credentials, NULL);
	ret = gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, identity->server);
	if (!ret)
		ret = ignore_record_limits(tls->session);
	if (!ret)
		ret = tls_set_alpn(tls, &request->alpn, GNUTLS_ALPN_MANDATORY |
				   GNUTLS_ALPN_SERVER_PRECEDENCE);
	return ret;
}

void server_clean_up(struct tls *tls)
{
	free(tls->hello_bytes);
	tls->hello_bytes = NULL;
	memset(&tls->hello, 0, sizeof(tls->hello));
}
