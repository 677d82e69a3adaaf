// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions with servers, kept so that a later connection can go on with one.
 *
 * Who goes on with a session sees no certificate: the server is believed because it was
 * before. So a session is found by a hash of all that this depended on, and no longer than
 * the certificates of that time, and what was stapled to them, are good; nor longer than
 * --session-lifetime, through however many connections it has gone on. GnuTLS keeps the
 * certificates in a session, so that who the peer is can be told again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <gnutls/crypto.h>
#include <gnutls/ocsp.h>
#include <gnutls/x509.h>

#include "client_session.h"
#include "credentials.h"
#include "log.h"
#include "resumption.h"
#include "tls.h"

enum {
	WEEK_S = 604800,		/* RFC 8446 4.6.1: no ticket lives longer */
	CHAIN_MAX = 32,
};

/** struct blob - what is kept: the session as GnuTLS packs it */
struct blob {
	time_t until;
	uint8_t data[];
};

int client_session_is_wanted(const struct tls *tls, const struct kseald_request *request)
{
	return request->role == KSEAL_CLIENT && request->control == KSEAL_CONTROL_BY_KERNEL &&
	       resumption_lifetime(tls->credentials->resumption);
}

/* ---- the key -------------------------------------------------------------- */

/* With its length before it: no two lists of fields are the same bytes. */
static int add(gnutls_hash_hd_t hash, const void *field, size_t size)
{
	const uint32_t length = size;
	const int ret = gnutls_hash(hash, &length, sizeof(length));

	return ret || !size ? ret : gnutls_hash(hash, field, size);
}

static int add_text(gnutls_hash_hd_t hash, const char *text)
{
	return add(hash, text, strlen(text));
}

static int add_address(gnutls_hash_hd_t hash, int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);

	if (getpeername(fd, (struct sockaddr *)&address, &len))
		return GNUTLS_E_PULL_ERROR;
	return add(hash, &address, len);
}

static int add_configuration(gnutls_hash_hd_t hash, const struct tls *tls)
{
	const struct credentials *credentials = tls->credentials;
	size_t i;
	int ret;

	ret = add(hash, credentials->authorities, sizeof(credentials->authorities));
	for (i = 0; i < SUITES_KINDS && !ret; i++)
		ret = add_text(hash, credentials->accepts[i]);
	if (ret || !tls->identity)
		return ret;
	return add(hash, tls->identity->hash, sizeof(tls->identity->hash));
}

static int make_key(struct tls *tls, const struct kseald_request *request)
{
	gnutls_hash_hd_t hash;
	int ret;

	ret = gnutls_hash_init(&hash, GNUTLS_DIG_SHA256);
	if (ret)
		return ret;
	ret = add_text(hash, tls->server_name);
	if (!ret)
		ret = add_address(hash, tls->fd);
	if (!ret)
		ret = add_text(hash, tls->pins);
	if (!ret)
		ret = add(hash, request->alpn.names, request->alpn.size);
	if (!ret)
		ret = add_configuration(hash, tls);
	gnutls_hash_deinit(hash, tls->session_key);
	return ret;
}

/* ---- going on with one ---------------------------------------------------- */

static void wipe(gnutls_datum_t *data)
{
	if (data->data)
		explicit_bzero(data->data, data->size);
	gnutls_free(data->data);
	data->data = NULL;
}

/* One that GnuTLS does not take, since it is too old, is none. */
void client_session_offer(struct tls *tls, const struct kseald_request *request)
{
	struct resumption *resumption = tls->credentials->resumption;
	const struct blob *blob;
	gnutls_datum_t kept;

	if (make_key(tls, request)) {
		/* it may have gone by now: then nothing comes of the handshake either */
		tls->resumes = 0;
		return;
	}
	gnutls_db_set_cache_expiration(tls->session, resumption_lifetime(resumption));
	kept = resumption_find(resumption, tls->session_key);
	blob = (const struct blob *)kept.data;
	if (blob && blob->until > time(NULL) &&
	    !gnutls_session_set_data(tls->session, blob->data, kept.size - sizeof(*blob)))
		tls->session_until = blob->until;
	wipe(&kept);
}

/* ---- until when it is good ------------------------------------------------- */

static void end_at(time_t *until, time_t end)
{
	if (end < *until)
		*until = end;
}

/* What was stapled to a certificate. One without an end of its own is not relied on later. */
static void limit_by_staple(const struct tls *tls, unsigned int index, time_t *until)
{
	gnutls_datum_t staple;
	gnutls_ocsp_resp_t response;
	time_t next = 0;

	if (gnutls_ocsp_status_request_get2(tls->session, index, &staple) || !staple.size)
		return;
	if (!gnutls_ocsp_resp_init(&response)) {
		if (gnutls_ocsp_resp_import2(response, &staple, GNUTLS_X509_FMT_DER) ||
		    gnutls_ocsp_resp_get_single(response, 0, NULL, NULL, NULL, NULL, NULL, NULL,
						&next, NULL, NULL))
			next = 0;
		gnutls_ocsp_resp_deinit(response);
	}
	end_at(until, next);
}

/* Of the one that has signed the last of the chain. */
static void limit_by_authority(const struct tls *tls, gnutls_x509_crt_t last, time_t *until)
{
	gnutls_x509_trust_list_t list;
	gnutls_x509_crt_t issuer;

	gnutls_certificate_get_trust_list(tls->credentials->client, &list);
	if (gnutls_x509_trust_list_get_issuer(list, last, &issuer, 0))
		return;
	end_at(until, gnutls_x509_crt_get_expiration_time(issuer));
}

static time_t certificates_until(const struct tls *tls)
{
	time_t until = time(NULL) + resumption_lifetime(tls->credentials->resumption);
	const gnutls_datum_t *list;
	gnutls_x509_crt_t crt;
	unsigned int count = 0, i;

	list = gnutls_certificate_get_peers(tls->session, &count);
	if (!list || !count || count > CHAIN_MAX)
		return 0;
	for (i = 0; i < count; i++) {
		if (gnutls_x509_crt_init(&crt))
			return 0;
		if (gnutls_x509_crt_import(crt, &list[i], GNUTLS_X509_FMT_DER))
			until = 0;
		end_at(&until, gnutls_x509_crt_get_expiration_time(crt));
		limit_by_staple(tls, i, &until);
		if (i == count - 1)
			limit_by_authority(tls, crt, &until);
		gnutls_x509_crt_deinit(crt);
	}
	return until;
}

static time_t good_until(const struct tls *tls)
{
	time_t until = certificates_until(tls);

	if (gnutls_session_is_resumed(tls->session))
		end_at(&until, tls->session_until);
	return until;
}

/* ---- keeping one ----------------------------------------------------------- */

int client_session_of(const struct tls *tls, struct client_session *session)
{
	if (!tls->resumes || tls->peer != PEER_BELIEVED)
		return -ENOENT;
	session->until = good_until(tls);
	if (session->until <= time(NULL))
		return -ENOENT;
	session->resumption = resumption_hold(tls->credentials->resumption);
	memcpy(session->key, tls->session_key, sizeof(session->key));
	return 0;
}

void client_session_release(struct client_session *session)
{
	resumption_release(session->resumption);
	explicit_bzero(session, sizeof(*session));
}

static int keep_data(const struct client_session *session, const gnutls_datum_t *data,
		     time_t lifetime, int once)
{
	gnutls_datum_t kept = { .size = sizeof(struct blob) + data->size };
	struct blob *blob = gnutls_malloc(kept.size);
	int ret;

	if (!blob)
		return -ENOMEM;
	blob->until = session->until;
	memcpy(blob->data, data->data, data->size);
	kept.data = (unsigned char *)blob;
	ret = resumption_keep(session->resumption, session->key, &kept, lifetime, once);
	wipe(&kept);
	return ret;
}

int client_session_keep(const struct client_session *session, gnutls_session_t from,
			time_t lifetime, int once)
{
	const time_t left = session->until - time(NULL);
	gnutls_datum_t data = { 0 };
	int ret;

	end_at(&lifetime, WEEK_S);
	end_at(&lifetime, left);
	if (lifetime <= 0)
		return -ENOENT;
	if (gnutls_session_get_data2(from, &data))
		return -ENOENT;
	ret = keep_data(session, &data, lifetime, once);
	wipe(&data);
	return ret;
}

/* Without the extended master secret a session of TLS 1.2 may be another one's (RFC 7627
 * 5.3). One that went on with another is kept already.
 */
void client_session_keep_done(const struct tls *tls)
{
	struct client_session session;

	if (gnutls_protocol_get_version(tls->session) != GNUTLS_TLS1_2 ||
	    gnutls_session_is_resumed(tls->session) ||
	    !gnutls_session_ext_master_secret_status(tls->session) ||
	    client_session_of(tls, &session))
		return;
	client_session_keep(&session, tls->session, WEEK_S, 0);
	client_session_release(&session);
}
