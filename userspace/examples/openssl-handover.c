// SPDX-License-Identifier: GPL-2.0
/*
 * openssl-handover PORT CERT KEY - echo one client's first words over TLS 1.3: the
 * handshake is done by OpenSSL, which reads from a memory BIO that is filled with
 * all that has come. What is left in there when the handshake is done are the
 * client's first records: kseal_set_rx_prefix() gives them to the kernel.
 */
#include <err.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <linux/tls.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <kseal.h>

#include "listen.h"

enum { SECRET_MAX = 48 };

/** struct secrets - what OpenSSL's key log tells of a connection */
struct secrets {
	uint8_t client[SECRET_MAX];
	uint8_t server[SECRET_MAX];
	size_t size;
};

static void fail(const char *what)
{
	warnx("%s", what);
	ERR_print_errors_fp(stderr);
	exit(1);
}

static void take_hex(uint8_t *secret, size_t *size, const char *hex)
{
	unsigned int byte;

	for (*size = 0; *size < SECRET_MAX && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		secret[(*size)++] = byte;
}

/* A line is LABEL CLIENT_RANDOM SECRET. */
static void on_key_log(const SSL *ssl, const char *line)
{
	struct secrets *secrets = SSL_get_app_data(ssl);
	const char *hex = strrchr(line, ' ') + 1;

	if (!strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24))
		take_hex(secrets->client, &secrets->size, hex);
	if (!strncmp(line, "SERVER_TRAFFIC_SECRET_0 ", 24))
		take_hex(secrets->server, &secrets->size, hex);
}

static void send_pending(SSL *ssl, int fd)
{
	char buf[16384];
	int n;

	while ((n = BIO_read(SSL_get_wbio(ssl), buf, sizeof(buf))) > 0)
		if (write(fd, buf, n) != n)
			err(1, "write");
}

static void receive_more(SSL *ssl, int fd)
{
	char buf[16384];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n <= 0)
		errx(1, "the client left");
	BIO_write(SSL_get_rbio(ssl), buf, n);
}

static void shake_hands(SSL *ssl, int fd)
{
	int ret;

	while ((ret = SSL_accept(ssl)) != 1) {
		if (SSL_get_error(ssl, ret) != SSL_ERROR_WANT_READ) {
			send_pending(ssl, fd);
			fail("no TLS");
		}
		send_pending(ssl, fd);
		receive_more(ssl, fd);
	}
	send_pending(ssl, fd);
}

static uint16_t kernel_cipher(const SSL *ssl)
{
	switch (SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl))) {
	case 0x1301:
		return TLS_CIPHER_AES_GCM_128;
	case 0x1302:
		return TLS_CIPHER_AES_GCM_256;
	default:
		return TLS_CIPHER_CHACHA20_POLY1305;
	}
}

/* No tickets are sent and nothing was read: both directions begin with record 0. */
static void install(int fd, const struct secrets *secrets, uint16_t cipher)
{
	struct kseal_keys tx, rx;
	int ret;

	ret = kseal_derive_keys(cipher, secrets->server, secrets->size, &tx);
	if (!ret)
		ret = kseal_derive_keys(cipher, secrets->client, secrets->size, &rx);
	if (!ret)
		ret = kseal_install_keys(fd, &tx, &rx);
	explicit_bzero(&tx, sizeof(tx));
	explicit_bzero(&rx, sizeof(rx));
	if (ret)
		errx(1, "the keys do not go in: %s", strerror(-ret));
}

static void hand_over(SSL *ssl, int fd)
{
	struct secrets *secrets = SSL_get_app_data(ssl);
	char *ahead;
	long size = BIO_get_mem_data(SSL_get_rbio(ssl), &ahead);
	int ret = kseal_set_rx_prefix(fd, ahead, size);

	if (ret)
		errx(1, "what was read ahead does not go in: %s", strerror(-ret));
	fprintf(stderr, "%ld bytes read ahead are the kernel's now\n", size);
	install(fd, secrets, kernel_cipher(ssl));
	explicit_bzero(secrets, sizeof(*secrets));
}

static SSL *make_session(const char *cert, const char *key)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	SSL *ssl;

	if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) ||
	    !SSL_CTX_set_num_tickets(ctx, 0) ||
	    SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		fail("certificate or key");
	SSL_CTX_set_keylog_callback(ctx, on_key_log);
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	if (!ssl)
		fail("out of memory");
	SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	return ssl;
}

int main(int argc, char **argv)
{
	struct secrets secrets = { .size = 0 };
	char buf[4096];
	ssize_t n;
	int fd, ret;
	SSL *ssl;

	if (argc < 4)
		errx(2, "usage: openssl-handover PORT CERT KEY");
	ssl = make_session(argv[2], argv[3]);
	SSL_set_app_data(ssl, &secrets);
	fd = accept(listen_at(argv[1]), NULL, NULL);
	if (fd < 0)
		err(1, "accept");
	ret = kseal_attach(fd);
	if (ret)
		errx(1, "no kseal on this socket: %s", strerror(-ret));
	shake_hands(ssl, fd);
	hand_over(ssl, fd);
	SSL_free(ssl);
	n = read(fd, buf, sizeof(buf));
	if (n < 0 || write(fd, buf, n) != n)
		err(1, "echo");
	kseal_close(fd);
	return 0;
}
