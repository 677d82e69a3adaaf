// SPDX-License-Identifier: GPL-2.0
/* GnuTLS in user space. */
#include "bench.h"
#include <string.h>
#include <gnutls/gnutls.h>

static gnutls_certificate_credentials_t credentials[2];

static int complain(const char *call, int err)
{
	kt_say("%s: %s", call, gnutls_strerror(err));
	return -1;
}

static int start_gnutls(void)
{
	gnutls_datum_t cert, key;
	const char *cert_pem, *key_pem;
	int err;

	kt_say("GnuTLS %s", gnutls_check_version(NULL));
	if (bench_certificate(&cert_pem, &key_pem))
		return -1;
	cert = (gnutls_datum_t){ (void *)cert_pem, strlen(cert_pem) };
	key = (gnutls_datum_t){ (void *)key_pem, strlen(key_pem) };
	gnutls_certificate_allocate_credentials(&credentials[SENDER]);
	gnutls_certificate_allocate_credentials(&credentials[READER]);
	err = gnutls_certificate_set_x509_key_mem(credentials[SENDER], &cert, &key,
						  GNUTLS_X509_FMT_PEM);
	return err < 0 ? complain("gnutls_certificate_set_x509_key_mem", err) : 0;
}

static int step(void *session)
{
	int err = gnutls_handshake(session);

	if (!err)
		return 0;
	return gnutls_error_is_fatal(err) ? complain("gnutls_handshake", err) : 1;
}

static int open_gnutls(struct bench_conn *conn)
{
	gnutls_session_t session;
	int err;

	for (int side = SENDER; side <= READER; side++) {
		gnutls_init(&session, (side == SENDER ? GNUTLS_SERVER : GNUTLS_CLIENT) |
			    GNUTLS_NO_TICKETS);
		conn->session[side] = session;
		err = gnutls_priority_set_direct(session, conn->suite->gnutls, NULL);
		if (err)
			return complain(conn->suite->gnutls, err);
		gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials[side]);
		gnutls_transport_set_int(session, conn->fd[side]);
	}
	return bench_handshake(conn, step);
}

static int send_gnutls(struct bench_conn *conn, enum bench_side side, const void *data,
		       size_t len)
{
	size_t max = conn->record ?: len;
	ssize_t n;

	for (; len; len -= n, data = (const char *)data + n) {
		do {
			n = gnutls_record_send(conn->session[side], data, len < max ? len : max);
		} while (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED);
		if (n < 0)
			return complain("gnutls_record_send", n);
	}
	return 0;
}

static ssize_t recv_gnutls(struct bench_conn *conn, enum bench_side side, void *data, size_t len)
{
	ssize_t n;

	do {
		n = gnutls_record_recv(conn->session[side], data, len);
	} while (n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED);
	/* the other end just closes its socket */
	return n < 0 ? 0 : n;
}

static void close_gnutls(struct bench_conn *conn)
{
	for (int side = SENDER; side <= READER; side++)
		if (conn->session[side])
			gnutls_deinit(conn->session[side]);
}

const struct bench_transport bench_gnutls = {
	.name = "gnutls", .start = start_gnutls, .open = open_gnutls,
	.send = send_gnutls, .recv = recv_gnutls, .close = close_gnutls,
};
