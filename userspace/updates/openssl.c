// SPDX-License-Identifier: GPL-2.0
/* An end whose TLS is OpenSSL's. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "updates.h"

/* What a call did not do, as -EAGAIN where it may go on. */
static int again(struct end *end, int ret)
{
	switch (SSL_get_error(end->session, ret)) {
	case SSL_ERROR_WANT_READ:
		end->wants = POLLIN;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		end->wants = POLLOUT;
		return -EAGAIN;
	default:
		ERR_print_errors_fp(stderr);
		return -EPROTO;
	}
}

static SSL_CTX *context(const struct end *end)
{
	SSL_CTX *ctx = SSL_CTX_new(end->server ? TLS_server_method() : TLS_client_method());
	char pem[256], key[256], ca[256];

	snprintf(ca, sizeof(ca), "%s/ca.pem", end->where);
	snprintf(pem, sizeof(pem), "%s/server.pem", end->where);
	snprintf(key, sizeof(key), "%s/server.key", end->where);
	if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION))
		errx(1, "OpenSSL does not know TLS 1.3");
	if (end->server && (SSL_CTX_use_certificate_chain_file(ctx, pem) != 1 ||
			    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1))
		errx(1, "OpenSSL does not take %s and %s", pem, key);
	if (!end->server) {
		if (SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1)
			errx(1, "OpenSSL does not take %s", ca);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	}
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE);
	return ctx;
}

static void openssl_open(struct end *end)
{
	SSL_CTX *ctx = context(end);
	SSL *ssl = SSL_new(ctx);
	int ret;

	SSL_set_fd(ssl, end->fd);
	SSL_set1_host(ssl, "localhost");
	SSL_set_tlsext_host_name(ssl, "localhost");
	ret = end->server ? SSL_accept(ssl) : SSL_connect(ssl);
	if (ret != 1) {
		ERR_print_errors_fp(stderr);
		errx(1, "OpenSSL's handshake has failed");
	}
	/* it waited that long, and no longer */
	fcntl(end->fd, F_SETFL, O_NONBLOCK);
	end->session = ssl;
	SSL_CTX_free(ctx);
}

static ssize_t openssl_send(struct end *end, const void *data, size_t size)
{
	const int n = SSL_write(end->session, data, size);

	return n > 0 ? n : again(end, n);
}

static ssize_t openssl_receive(struct end *end, void *data, size_t size)
{
	const int n = SSL_read(end->session, data, size);

	/* a close_notify, and nothing else */
	if (n <= 0 && SSL_get_error(end->session, n) == SSL_ERROR_ZERO_RETURN)
		return 0;
	return n > 0 ? n : again(end, n);
}

/* Every second one asks kseal for one as well. */
static int openssl_update(struct end *end)
{
	const int type = end->updates % 2 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED;
	int ret;

	/* who reads in between sends it, too */
	if (!end->updating && SSL_key_update(end->session, type) != 1)
		return -EPROTO;
	end->updating = 1;
	ret = SSL_do_handshake(end->session);
	if (ret != 1)
		return again(end, ret);
	end->updating = 0;
	return 0;
}

static int openssl_shut(struct end *end)
{
	const int ret = SSL_shutdown(end->session);

	return ret >= 0 ? 0 : again(end, ret);
}

const struct way way_openssl = {
	.name = "openssl",
	.open = openssl_open,
	.send = openssl_send,
	.receive = openssl_receive,
	.update = openssl_update,
	.shut = openssl_shut,
	.chunk = RECORD_SIZE,
};
