/* SPDX-License-Identifier: GPL-2.0 */
/* One connection under load: a client of GnuTLS's, and a program with kseald's socket. */
#ifndef LOAD_CONN_H
#define LOAD_CONN_H

#include <stdint.h>
#include <gnutls/gnutls.h>

/** enum conn_state - what is next */
enum conn_state {
	CONN_SHAKES,			/* the client's handshake, and kseald's result */
	CONN_ASKED,			/* the client has sent, the program has to read */
	CONN_ANSWERED,			/* the other way round */
	CONN_DONE,			/* both got what the other sent */
	CONN_ENDED,			/* the client had an error or its end */
	CONN_WRONG,			/* what must not be; @why */
};

/**
 * struct conn - both ends
 * @client: the client's socket
 * @program: as kseald gave it back; -1 before
 * @id: of the request to kseald
 * @shaken: the client's handshake is done
 */
struct conn {
	enum conn_state state;
	gnutls_session_t session;
	int client;
	int program;
	uint32_t id;
	int shaken;
	unsigned int rounds;
	const char *why;
};

/** struct conn_setup - what all of them share; @resume is kept up to date */
struct conn_setup {
	gnutls_certificate_credentials_t credentials;
	gnutls_priority_t priority;
	gnutls_datum_t resume;
	int listener;
	uint64_t resumed;
};

/**
 * conn_open() - connect
 * @server: set to the other end, for kseald
 *
 * Return: 0 or -errno.
 */
int conn_open(struct conn *conn, struct conn_setup *setup, int *server);

/** conn_step() - go on as far as it goes without waiting */
void conn_step(struct conn *conn, struct conn_setup *setup);

/** conn_again() - one that is done has one exchange more to do */
void conn_again(struct conn *conn);

/** conn_close() - both ends */
void conn_close(struct conn *conn);

#endif /* LOAD_CONN_H */
