// SPDX-License-Identifier: GPL-2.0
/*
 * Secrets of sessions, in a file that Wireshark reads (SSLKEYLOGFILE: LABEL, the client's
 * random, SECRET on a line). A line is one write to a file opened for appending, so threads
 * do not mix theirs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "credentials.h"
#include "keylog.h"
#include "log.h"
#include "tls.h"

enum {
	LINE_SIZE = 256,
	HEX_SIZE = 2 * 64 + 1,		/* no secret of TLS is longer than 64 bytes */
};

static int is_private(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && !(st.st_mode & (S_IRWXG | S_IRWXO));
}

int keylog_open(const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		      0600);

	if (fd < 0) {
		log_error("cannot write the key log %s: %s", path, strerror(errno));
		return -EINVAL;
	}
	if (!is_private(fd)) {
		log_error("the key log %s is no file of its owner's alone: remove it, or chmod "
			  "600 it", path);
		close(fd);
		return -EINVAL;
	}
	log_warning("THE SECRETS OF ALL CONNECTIONS ARE WRITTEN TO %s: whoever reads it reads "
		    "them; never use --key-log for real traffic", path);
	return fd;
}

static void write_line(const struct tls *tls, const char *label, const gnutls_datum_t *secret)
{
	char client[HEX_SIZE], hex[HEX_SIZE], line[LINE_SIZE + 2 * HEX_SIZE];
	size_t client_size = sizeof(client), hex_size = sizeof(hex);
	gnutls_datum_t random;
	int size;

	gnutls_session_get_random(tls->session, &random, NULL);
	if (!gnutls_hex_encode(&random, client, &client_size) &&
	    !gnutls_hex_encode(secret, hex, &hex_size)) {
		size = snprintf(line, sizeof(line), "%s %s %s\n", label, client, hex);
		if (write(tls->credentials->keylog, line, size) != size)
			log_warning("a line of the key log is lost: %s", strerror(errno));
	}
	explicit_bzero(hex, sizeof(hex));
	explicit_bzero(line, sizeof(line));
}

static int on_secret(gnutls_session_t session, const char *label, const gnutls_datum_t *secret)
{
	const struct tls *tls = gnutls_session_get_ptr(session);

	if (tls->credentials->keylog >= 0)
		write_line(tls, label, secret);
	return 0;
}

void keylog_attach(struct tls *tls)
{
	gnutls_session_set_keylog_function(tls->session, on_secret);
}

void keylog_resumed(const struct tls *tls)
{
	gnutls_datum_t secret;

	if (tls->credentials->keylog < 0 || !gnutls_session_is_resumed(tls->session) ||
	    gnutls_protocol_get_version(tls->session) != GNUTLS_TLS1_2)
		return;
	gnutls_session_get_master_secret(tls->session, &secret);
	write_line(tls, "CLIENT_RANDOM", &secret);
}
