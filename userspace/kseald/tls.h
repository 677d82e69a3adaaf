/* SPDX-License-Identifier: GPL-2.0 */
/* One TLS session up to its hand-over to the kernel. Knows no event loop. */
#ifndef KSEALD_TLS_H
#define KSEALD_TLS_H

#include <gnutls/gnutls.h>

#include "hello.h"
#include "kseal.h"

struct credentials;
struct identity;
struct kseald_alpn;
struct kseald_request;

/** enum tls_step - what a session waits for */
enum tls_step {
	TLS_WAIT_READ,
	TLS_WAIT_WRITE,
	TLS_DONE,
	TLS_FAILED,
};

/**
 * struct tls - one session
 * @fd: its socket; not owned
 * @socket_error: errno of the last read or write that failed
 * @credentials: outlives the session
 * @identity: the one the program insists on, NULL for SNI's choice
 * @shown: server: the one the client is answered with, once its hello is there
 * @hello: server: what the client offers, in @hello_bytes; empty before
 * @malformed: server: what is wrong with the client's hello, NULL for nothing
 * @tickets_wanted: server: the client takes tickets of TLS 1.3
 * @shaken: gnutls_handshake() is done
 * @server_name: client: the host to name and to verify, empty for a server
 * @verify: what @server_name's certificate must show
 */
struct tls {
	gnutls_session_t session;
	int fd;
	int socket_error;
	const struct credentials *credentials;
	const struct identity *identity;
	const struct identity *shown;
	struct hello hello;
	uint8_t *hello_bytes;
	const char *malformed;
	int tickets_wanted;
	int shaken;
	char server_name[KSEAL_NAME_SIZE];
	gnutls_typed_vdata_st verify[2];
};

/**
 * tls_start() - set up a session as a program asked for it
 * @fd: connected socket; its flags are never changed
 * @result: on failure error and reason are set
 *
 * Return: 0, then tls_stop() is due; or -result->error.
 */
int tls_start(struct tls *tls, int fd, const struct kseald_request *request,
	      const struct credentials *credentials,
	      struct kseal_result *result);

/**
 * tls_step() - get on with the handshake as far as it goes without waiting
 * @result: on TLS_FAILED error and reason are set, on TLS_DONE all that
 *	describes the connection
 *
 * Nothing beyond the handshake is ever read from the socket, and on TLS_DONE
 * everything GnuTLS had to say, tickets included, has been given to it.
 */
enum tls_step tls_step(struct tls *tls, struct kseal_result *result);

/**
 * tls_hand_over() - let the kernel seal and open from here on
 * @sizing: of its records; 0 bytes, nothing is asked for
 *
 * Return: 0, or -result->error with the reason set.
 */
int tls_hand_over(struct tls *tls, const struct kseal_record_sizing *sizing,
		  struct kseal_result *result);

/** tls_time_out() - fill @result for a handshake that took @ms without end */
void tls_time_out(struct tls *tls, unsigned int ms, struct kseal_result *result);

/** tls_stop() - free the session and wipe its keys; the socket stays */
void tls_stop(struct tls *tls);

/** tls_fail() - set error and reason; returns -error */
int tls_fail(struct kseal_result *result, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * tls_set_alpn() - offer or accept these protocols
 * @flags: GNUTLS_ALPN_*
 *
 * Return: GnuTLS's error, 0 for none.
 */
int tls_set_alpn(struct tls *tls, const struct kseald_alpn *alpn, unsigned int flags);

/* ---- tls_server.c ------------------------------------------------------- */

/**
 * server_find_identity() - check that there is a certificate, and the one asked for
 *
 * Return: 0, or -result->error with the reason set.
 */
int server_find_identity(struct tls *tls, const struct kseald_request *request,
			 struct kseal_result *result);

/** server_set_up() - all that makes @tls->session a server's; GnuTLS's error, 0 for none */
int server_set_up(struct tls *tls, const struct kseald_request *request);

/**
 * server_send_tickets() - of TLS 1.3, to a client that takes them
 *
 * Those of TLS 1.2 are part of the handshake itself.
 *
 * Return: GnuTLS's error, GNUTLS_E_AGAIN to be called again; 0 all is sent.
 */
int server_send_tickets(struct tls *tls);

/** server_clean_up() - free what is a server's alone */
void server_clean_up(struct tls *tls);

/* ---- tls_client.c ------------------------------------------------------- */

/** client_set_up() - all that makes @tls->session a client's; GnuTLS's error, 0 for none */
int client_set_up(struct tls *tls, const struct kseald_request *request);

/* ---- reason.c ----------------------------------------------------------- */

/**
 * reason_of_handshake() - why gnutls_handshake() failed
 * @ret: what it returned
 * @result: error and reason are set
 *
 * Sends the alert that belongs to it, if one does.
 */
void reason_of_handshake(struct tls *tls, int ret, struct kseal_result *result);

/** reason_stage() - how far the handshake got: "after the peer's FINISHED" */
const char *reason_stage(const struct tls *tls, char *buf, size_t size);

/** reason_of_attach() - why kseal_attach() returned @ret */
void reason_of_attach(int ret, struct kseal_result *result);

/** reason_of_install() - why kseal_install() returned @ret */
void reason_of_install(const struct tls *tls, int ret, struct kseal_result *result);

#endif /* KSEALD_TLS_H */
