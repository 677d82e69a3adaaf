// SPDX-License-Identifier: GPL-2.0
/*
 * gnutls-install PORT CERT KEY - echo one client's first words over TLS, without kseald:
 * the handshake is done here with GnuTLS, and kseal_install() moves its keys into
 * the kernel.
 */
#include <err.h>
#include <string.h>
#include <unistd.h>
#include <kseal.h>

#include "listen.h"

static gnutls_session_t shake_hands(int fd, gnutls_certificate_credentials_t credentials)
{
	gnutls_session_t session;
	int ret;

	if (gnutls_init(&session, GNUTLS_SERVER) || gnutls_set_default_priority(session) ||
	    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials))
		errx(1, "out of memory");
	gnutls_transport_set_int(session, fd);
	do {
		ret = gnutls_handshake(session);
	} while (ret < 0 && !gnutls_error_is_fatal(ret));
	if (ret < 0)
		errx(1, "no TLS: %s", gnutls_strerror(ret));
	return session;
}

static void echo(int fd)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n < 0)
		err(1, "read");
	if (write(fd, buf, n) != n)
		err(1, "write");
}

int main(int argc, char **argv)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	int listener, fd, ret;

	if (argc < 4)
		errx(2, "usage: gnutls-install PORT CERT KEY");
	if (gnutls_certificate_allocate_credentials(&credentials))
		errx(1, "out of memory");
	ret = gnutls_certificate_set_x509_key_file(credentials, argv[2], argv[3],
						   GNUTLS_X509_FMT_PEM);
	if (ret < 0)
		errx(1, "%s, %s: %s", argv[2], argv[3], gnutls_strerror(ret));
	listener = listen_at(argv[1]);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		err(1, "accept");
	/* before the handshake: later the client might have ended its side */
	ret = kseal_attach(fd);
	if (ret)
		errx(1, "no kseal on this socket: %s", strerror(-ret));
	session = shake_hands(fd, credentials);
	ret = kseal_install(fd, session, KSEAL_BOTH);
	if (ret)
		errx(1, "the keys do not go in: %s", strerror(-ret));
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	echo(fd);
	kseal_close(fd);
	return 0;
}
