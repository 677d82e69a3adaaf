// SPDX-License-Identifier: GPL-2.0
/* The other end of a handshake: plain GnuTLS, in a thread of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <gnutls/x509.h>

#include "certs.h"
#include "peer.h"

enum {
	/* RFC 5077, RFC 8446 4.2 */
	EXT_SESSION_TICKET = 35,
	EXT_PSK_KEY_EXCHANGE_MODES = 45,
	TIMEOUT_MS = 20000,
};

static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t size)
{
	struct peer *peer = ptr;

	if (peer->gate &&
	    gnutls_handshake_get_last_out(peer->session) == peer->gate) {
		while (sem_wait(&peer->opened) && errno == EINTR)
			;
		peer->gate = 0;
	}
	return recv(peer->fd, data, size, 0);
}

static void send_all(const struct peer *peer, const uint8_t *data, size_t size)
{
	ssize_t n;

	for (; size; size -= n, data += n) {
		n = send(peer->fd, data, size, MSG_NOSIGNAL);
		if (n <= 0)
			return;
	}
}

/* Whole records come here, one or several. */
static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t size)
{
	struct peer *peer = ptr;
	const uint8_t *record = data;
	size_t left = size, length;

	if (!peer->records)
		return send(peer->fd, data, size, MSG_NOSIGNAL);
	for (; left; left -= length, record += length) {
		length = 5 + (record[3] << 8 | record[4]);
		assert_true(length <= left);
		if (++peer->sent > peer->records)
			continue;
		send_all(peer, record, length);
		if (peer->closes && peer->sent == peer->records)
			shutdown(peer->fd, SHUT_WR);
	}
	return size;
}

/* GnuTLS has computed it, and not sealed it yet. */
static int spoil(gnutls_session_t session, unsigned int type, unsigned int when,
		 unsigned int incoming, const gnutls_datum_t *message)
{
	(void)session;
	(void)type;
	(void)when;
	if (!incoming)
		message->data[message->size - 1] ^= 1;
	return 0;
}

static int note_extension(void *ctx, unsigned int id, const unsigned char *data,
			  unsigned int size)
{
	struct peer *peer = ctx;

	(void)data;
	(void)size;
	if (id == EXT_SESSION_TICKET || id == EXT_PSK_KEY_EXCHANGE_MODES)
		peer->offered_tickets = 1;
	return 0;
}

static int look_at_hello(gnutls_session_t session, unsigned int type,
			 unsigned int when, unsigned int incoming,
			 const gnutls_datum_t *msg)
{
	(void)type;
	(void)when;
	(void)incoming;
	return gnutls_ext_raw_parse(gnutls_session_get_ptr(session),
				    note_extension, msg,
				    GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
}

static void use_cert(struct peer *peer, const struct certs *certs)
{
	char cert[64], key[64];

	snprintf(cert, sizeof(cert), "%s.pem", peer->cert);
	snprintf(key, sizeof(key), "%s.key", peer->cert);
	assert_int_equal(gnutls_certificate_set_x509_key_file(peer->credentials,
				certs_path(certs, cert), certs_path(certs, key),
				GNUTLS_X509_FMT_PEM), 0);
}

static void set_up_server(struct peer *peer, const struct certs *certs)
{
	use_cert(peer, certs);
	if (peer->staple)
		assert_int_equal(gnutls_certificate_set_ocsp_status_request_file(
				peer->credentials, certs_path(certs, peer->staple), 0), 0);
	if (peer->ticket_key.data)
		assert_int_equal(gnutls_session_ticket_enable_server(peer->session,
								     &peer->ticket_key), 0);
	if (peer->ask)
		gnutls_certificate_server_set_request(peer->session, GNUTLS_CERT_REQUEST);
	gnutls_handshake_set_hook_function(peer->session,
					   GNUTLS_HANDSHAKE_CLIENT_HELLO,
					   GNUTLS_HOOK_PRE, look_at_hello);
}

static void set_up_client(struct peer *peer, const struct certs *certs)
{
	assert_true(gnutls_certificate_set_x509_trust_file(peer->credentials,
				certs_path(certs, "ca.pem"),
				GNUTLS_X509_FMT_PEM) > 0);
	if (peer->cert)
		use_cert(peer, certs);
	if (peer->spoils)
		gnutls_handshake_set_hook_function(peer->session, peer->spoils, GNUTLS_HOOK_PRE,
						   spoil);
	if (peer->host) {
		gnutls_session_set_verify_cert(peer->session, peer->host, 0);
		assert_int_equal(gnutls_server_name_set(peer->session,
					GNUTLS_NAME_DNS, peer->host,
					strlen(peer->host)), 0);
	}
	if (peer->resume.data)
		assert_int_equal(gnutls_session_set_data(peer->session,
					peer->resume.data, peer->resume.size), 0);
}

static void set_up(struct peer *peer, const struct certs *certs)
{
	gnutls_datum_t alpn;

	assert_int_equal(gnutls_init(&peer->session, peer->server ?
				     GNUTLS_SERVER : GNUTLS_CLIENT |
				     (peer->no_tickets ? GNUTLS_NO_TICKETS : 0) |
				     (peer->insist ? GNUTLS_FORCE_CLIENT_CERT : 0)), 0);
	assert_int_equal(gnutls_certificate_allocate_credentials(
				&peer->credentials), 0);
	assert_int_equal(gnutls_priority_set_direct(peer->session,
			peer->priority ? peer->priority : "NORMAL", NULL), 0);
	gnutls_session_set_ptr(peer->session, peer);
	if (peer->server)
		set_up_server(peer, certs);
	else
		set_up_client(peer, certs);
	assert_int_equal(gnutls_credentials_set(peer->session,
				GNUTLS_CRD_CERTIFICATE, peer->credentials), 0);
	if (peer->max_record)
		assert_int_equal(gnutls_record_set_max_size(peer->session,
							peer->max_record), 0);
	if (peer->alpn) {
		alpn = (gnutls_datum_t){ (unsigned char *)peer->alpn,
					 strlen(peer->alpn) };
		assert_int_equal(gnutls_alpn_set_protocols(peer->session, &alpn,
							   1, 0), 0);
	}
	gnutls_transport_set_ptr(peer->session, peer);
	gnutls_transport_set_pull_function(peer->session, pull);
	gnutls_transport_set_push_function(peer->session, push);
}

static void note_shown(struct peer *peer)
{
	size_t size = sizeof(peer->shown);
	const gnutls_datum_t *list;
	gnutls_x509_crt_t crt;
	unsigned int count = 0;

	list = gnutls_certificate_get_peers(peer->session, &count);
	if (!list || !count || gnutls_x509_crt_init(&crt))
		return;
	if (!gnutls_x509_crt_import(crt, list, GNUTLS_X509_FMT_DER))
		gnutls_x509_crt_get_dn(crt, peer->shown, &size);
	gnutls_x509_crt_deinit(crt);
}

static void *run(void *arg)
{
	struct peer *peer = arg;

	do {
		peer->ret = gnutls_handshake(peer->session);
	} while (peer->ret < 0 && !gnutls_error_is_fatal(peer->ret));
	peer->alert = gnutls_alert_get(peer->session);
	if (peer->ask)
		note_shown(peer);
	if (peer->ret < 0)
		gnutls_alert_send_appropriate(peer->session, peer->ret);
	else if (peer->say)
		gnutls_record_send(peer->session, peer->say, strlen(peer->say));
	return NULL;
}

void peer_start(struct peer *peer, const struct certs *certs, int fd)
{
	const struct timeval limit = { .tv_sec = TIMEOUT_MS / 1000 };

	/* A test that went wrong ends, and says so. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	peer->fd = fd;
	sem_init(&peer->opened, 0, 0);
	set_up(peer, certs);
	assert_int_equal(pthread_create(&peer->thread, NULL, run, peer), 0);
	peer->running = 1;
}

void peer_open_gate(struct peer *peer)
{
	sem_post(&peer->opened);
}

void peer_join(struct peer *peer)
{
	if (!peer->running)
		return;
	pthread_join(peer->thread, NULL);
	peer->running = 0;
}

void peer_end(struct peer *peer)
{
	peer_join(peer);
	gnutls_deinit(peer->session);
	gnutls_certificate_free_credentials(peer->credentials);
	sem_destroy(&peer->opened);
	close(peer->fd);
}
