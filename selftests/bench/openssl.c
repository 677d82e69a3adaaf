// SPDX-License-Identifier: GPL-2.0
/* OpenSSL in user space, and the certificate of both libraries. */
#include "bench.h"
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static EVP_PKEY *key;
static X509 *certificate;

static int complain(const char *call)
{
	kt_say("%s: %s", call, ERR_reason_error_string(ERR_get_error()) ?: strerror(errno));
	return -1;
}

static const char *pem(void *what, bool is_key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;

	if (is_key)
		PEM_write_bio_PrivateKey(bio, what, NULL, NULL, 0, NULL, NULL);
	else
		PEM_write_bio_X509(bio, what);
	BIO_write(bio, "", 1);
	BIO_get_mem_data(bio, &text);
	return text;	/* the BIO stays, and with it the text */
}

static int make_certificate(void)
{
	key = EVP_EC_gen("P-256");
	certificate = X509_new();
	if (!key || !certificate)
		return complain("making a certificate");
	X509_set_version(certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
	X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
	X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
				   (const unsigned char *)"localhost", -1, -1, 0);
	X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
	X509_set_pubkey(certificate, key);
	return X509_sign(certificate, key, EVP_sha256()) ? 0 : complain("X509_sign");
}

int bench_certificate(const char **cert_pem, const char **key_pem)
{
	if (!certificate && make_certificate())
		return -1;
	*cert_pem = pem(certificate, false);
	*key_pem = pem(key, true);
	return 0;
}

/* A context for a side; one suite at a time, so the last is kept. */
static SSL_CTX *context(enum bench_side side, const struct bench_suite *suite)
{
	static const struct bench_suite *have[2];
	static SSL_CTX *contexts[2];
	int version = suite->version == TLS_1_3_VERSION ? TLS1_3_VERSION : TLS1_2_VERSION;
	SSL_CTX *ctx;

	if (have[side] == suite)
		return contexts[side];
	SSL_CTX_free(contexts[side]);
	ctx = SSL_CTX_new(side == SENDER ? TLS_server_method() : TLS_client_method());
	contexts[side] = ctx;
	have[side] = suite;
	SSL_CTX_set_min_proto_version(ctx, version);
	SSL_CTX_set_max_proto_version(ctx, version);
	if (version == TLS1_3_VERSION ? !SSL_CTX_set_ciphersuites(ctx, suite->openssl) :
	    !SSL_CTX_set_cipher_list(ctx, suite->openssl))
		complain(suite->openssl);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (side == SENDER && (SSL_CTX_use_certificate(ctx, certificate) != 1 ||
			       SSL_CTX_use_PrivateKey(ctx, key) != 1))
		complain("SSL_CTX_use_certificate");
	return ctx;
}

static int step(void *session)
{
	int ret = SSL_do_handshake(session), why = SSL_get_error(session, ret);

	if (ret == 1)
		return 0;
	if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE)
		return 1;
	return complain("SSL_do_handshake");
}

static int open_openssl(struct bench_conn *conn)
{
	SSL *ssl;

	for (int side = SENDER; side <= READER; side++) {
		ssl = SSL_new(context(side, conn->suite));
		if (!ssl)
			return complain("SSL_new");
		conn->session[side] = ssl;
		SSL_set_fd(ssl, conn->fd[side]);
		if (side == SENDER)
			SSL_set_accept_state(ssl);
		else
			SSL_set_connect_state(ssl);
		SSL_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
	}
	return bench_handshake(conn, step);
}

static int send_openssl(struct bench_conn *conn, enum bench_side side, const void *data,
			size_t len)
{
	size_t n, max = conn->record ?: INT_MAX;
	size_t put;

	for (; len; len -= put, data = (const char *)data + put) {
		n = len < max ? len : max;
		if (SSL_write_ex(conn->session[side], data, n, &put) != 1)
			return complain("SSL_write");
	}
	return 0;
}

static ssize_t recv_openssl(struct bench_conn *conn, enum bench_side side, void *data,
			    size_t len)
{
	size_t n;

	if (SSL_read_ex(conn->session[side], data, len, &n) == 1)
		return n;
	/* the other end just closes its socket */
	return 0;
}

static void close_openssl(struct bench_conn *conn)
{
	SSL_free(conn->session[SENDER]);
	SSL_free(conn->session[READER]);
}

static int start_openssl(void)
{
	const char *cert_pem, *key_pem;

	kt_say("%s", OpenSSL_version(OPENSSL_VERSION));
	return bench_certificate(&cert_pem, &key_pem);
}

const struct bench_transport bench_openssl = {
	.name = "openssl", .start = start_openssl, .open = open_openssl,
	.send = send_openssl, .recv = recv_openssl, .close = close_openssl,
};
