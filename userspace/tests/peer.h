/* SPDX-License-Identifier: GPL-2.0 */
/* The other end of a handshake: plain GnuTLS, in a thread of its own. */
#ifndef TESTS_PEER_H
#define TESTS_PEER_H

#include <pthread.h>
#include <semaphore.h>
#include <gnutls/gnutls.h>

struct certs;

/**
 * struct peer - one other end; zeroed, then filled by the test
 * @server: the side it takes
 * @priority: GnuTLS's, NULL for NORMAL
 * @cert: NAME of NAME.pem and NAME.key; a client shows it if asked, if the server knows
 *	its issuer or @insist is set
 * @insist: client: show it in any case
 * @ask: server: ask for a certificate, and tell whose in @shown
 * @host: client: name to send and to verify; NULL for neither
 * @alpn: one protocol it speaks, NULL for none
 * @say: sent as soon as its handshake is done
 * @max_record: limit it asks for, 0 for none
 * @resume: client: session to go on with
 * @no_tickets: client: it takes none
 * @staple: server: what is stapled to its certificate, a file; NULL for nothing
 * @ticket_key: server: seals tickets with it; empty, it sends none
 * @records: it sends so many only, and goes on as if it had sent the others too; 0 all
 * @closes: behind the last of these it closes its side of the connection
 * @spoils: client: the last byte of this message is another one; 0 of none
 * @gate: once it has sent this message, it reads nothing before
 *	peer_open_gate(); 0 for no gate
 * @ret: what its handshake returned
 * @alert: the last one it received
 * @shown: server: the subject of the client's certificate, empty for none
 * @sent: records so far, those held back included
 * @offered_tickets: server: the client offered to take session tickets
 */
struct peer {
	int server;
	const char *priority;
	const char *cert;
	int insist;
	int ask;
	const char *host;
	const char *alpn;
	const char *say;
	size_t max_record;
	gnutls_datum_t resume;
	int no_tickets;
	const char *staple;
	gnutls_datum_t ticket_key;
	unsigned int records;
	int closes;
	gnutls_handshake_description_t spoils;
	gnutls_handshake_description_t gate;

	int ret;
	gnutls_alert_description_t alert;
	int offered_tickets;
	char shown[64];
	unsigned int sent;

	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	int fd;
	sem_t opened;
	pthread_t thread;
	int running;
};

/** peer_start() - begin; @fd is its own from now on */
void peer_start(struct peer *peer, const struct certs *certs, int fd);

/** peer_open_gate() - let a gated one read */
void peer_open_gate(struct peer *peer);

/** peer_join() - wait until its handshake has ended; its session stays */
void peer_join(struct peer *peer);

/** peer_end() - join, free all, close the socket */
void peer_end(struct peer *peer);

#endif /* TESTS_PEER_H */
