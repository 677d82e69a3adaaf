// SPDX-License-Identifier: GPL-2.0
/*
 * An end whose TLS is GnuTLS's. It takes 8 KeyUpdates in a second, and ends a
 * connection where more come (lib/tls13/key_update.c there): so what is received
 * and sent has a pace, of which these 8 are more than comes.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <gnutls/gnutls.h>

#include "updates.h"

static int again(struct end *end, int ret)
{
	if (ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED) {
		end->wants = gnutls_record_get_direction(end->session) ? POLLOUT : POLLIN;
		return -EAGAIN;
	}
	warnx("GnuTLS: %s", gnutls_strerror(ret));
	return -EPROTO;
}

static gnutls_certificate_credentials_t credentials(const struct end *end)
{
	gnutls_certificate_credentials_t creds;
	char pem[256], key[256], ca[256];
	int ret;

	snprintf(ca, sizeof(ca), "%s/ca.pem", end->where);
	snprintf(pem, sizeof(pem), "%s/server.pem", end->where);
	snprintf(key, sizeof(key), "%s/server.key", end->where);
	gnutls_certificate_allocate_credentials(&creds);
	if (end->server)
		ret = gnutls_certificate_set_x509_key_file(creds, pem, key, GNUTLS_X509_FMT_PEM);
	else
		ret = gnutls_certificate_set_x509_trust_file(creds, ca, GNUTLS_X509_FMT_PEM);
	if (ret < 0)
		errx(1, "GnuTLS does not take the certificates in %s", end->where);
	return creds;
}

static void gnutls_open(struct end *end)
{
	gnutls_session_t session;
	int ret;

	gnutls_init(&session, (end->server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NONBLOCK);
	gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials(end));
	if (!end->server) {
		gnutls_session_set_verify_cert(session, "localhost", 0);
		gnutls_server_name_set(session, GNUTLS_NAME_DNS, "localhost", strlen("localhost"));
	}
	gnutls_transport_set_int(session, end->fd);
	do {
		ret = gnutls_handshake(session);
	} while (ret < 0 && !gnutls_error_is_fatal(ret));
	if (ret < 0)
		errx(1, "GnuTLS's handshake has failed: %s", gnutls_strerror(ret));
	fcntl(end->fd, F_SETFL, O_NONBLOCK);
	end->session = session;
}

static ssize_t gnutls_way_send(struct end *end, const void *data, size_t size)
{
	const ssize_t n = gnutls_record_send(end->session, data, size);

	return n > 0 ? n : again(end, n);
}

/* GNUTLS_E_PREMATURE_TERMINATION is an end that is not clean. */
static ssize_t gnutls_way_receive(struct end *end, void *data, size_t size)
{
	const ssize_t n = gnutls_record_recv(end->session, data, size);

	return n >= 0 ? n : again(end, n);
}

static int gnutls_update(struct end *end)
{
	const int ret = gnutls_session_key_update(end->session,
						  end->updates % 2 ? GNUTLS_KU_PEER : 0);

	return ret >= 0 ? 0 : again(end, ret);
}

static int gnutls_shut(struct end *end)
{
	const int ret = gnutls_bye(end->session, GNUTLS_SHUT_WR);

	return ret >= 0 ? 0 : again(end, ret);
}

const struct way way_gnutls = {
	.name = "gnutls",
	.open = gnutls_open,
	.send = gnutls_way_send,
	.receive = gnutls_way_receive,
	.update = gnutls_update,
	.shut = gnutls_shut,
	.chunk = RECORD_SIZE,
	.per_second = 300,
};
