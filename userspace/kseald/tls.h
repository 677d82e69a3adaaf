/* SPDX-License-Identifier: GPL-2.0 */
/* One TLS session up to its hand-over to the kernel. Knows no event loop. */
#ifndef KSEALD_TLS_H
#define KSEALD_TLS_H

#include <gnutls/gnutls.h>

#include "hello.h"
#include "kseal.h"
#include "protocol.h"
#include "session_cache.h"
#include "ticket_keys.h"

struct credentials;
struct identity;

/** enum tls_step - what a session waits for */
enum tls_step {
	TLS_WAIT_READ,
	TLS_WAIT_WRITE,
	TLS_DONE,
	TLS_FAILED,
};

enum {
	TLS_FIRST = 5,			/* bytes of a record's header */
	/* What a peer may send in a handshake: chains of certificates, above all. */
	TLS_MAX_RECEIVED = 128 * 1024,
};

/** enum peer_state - what became of the other end's certificate */
enum peer_state {
	PEER_UNSEEN,			/* there was none to look at, or not yet */
	PEER_BELIEVED,
	PEER_REFUSED,			/* for @verdict's reasons */
	PEER_NOT_PINNED,		/* good, but its key is not one of those asked for */
	PEER_LIST_OLD,			/* what is known of revoked ones is out of its time */
	PEER_MISSING,			/* a client that must show one has not */
	PEER_NOBODY_VOUCHES,		/* server: there is no authority to check it with */
};

/** struct traffic_secret - of one direction, in TLS 1.3; no bytes without it */
struct traffic_secret {
	size_t size;
	uint8_t bytes[KSEAL_SECRET_SIZE];
};

/**
 * struct tls - one session
 * @fd: its socket; not owned
 * @socket_error: errno of the last read or write that failed
 * @received: bytes, up to the end of the handshake
 * @first: the first of them
 * @credentials: outlives the session
 * @identity: the one the program insists on, NULL for SNI's choice
 * @shown: server: the one the client is answered with, once its hello is there
 * @hello: server: what the client offers, in @hello_bytes; empty before
 * @malformed: server: what is wrong with the client's hello, NULL for nothing
 * @context: server: sessions resume under the same only, see resumption.h
 * @ticket_generation: server: of the key that seals its tickets; 0 there is none yet
 * @tickets_wanted: server: the client takes tickets of TLS 1.3
 * @resumes: client: the session may be gone on with, and may go on with one
 * @session_key: client: under which those are kept that it may go on with
 * @session_until: client: when that which it offers to go on with ends, of time()
 * @ended: nothing more comes from the other end
 * @alerted: the other end sent an alert that ended it
 * @shaken: gnutls_handshake() is done
 * @server_name: client: the host to name and to verify, empty for a server
 * @verify: what the other end's certificate must show, @verify_count of it
 * @pins: client: keys that the server may have, empty for any
 * @client_auth: server: what the program wants of clients, at least
 * @peer: what became of the other end's certificate
 * @verdict: enum gnutls_certificate_status_t on it
 */
struct tls {
	gnutls_session_t session;
	int fd;
	int socket_error;
	size_t received;
	uint8_t first[TLS_FIRST];
	const struct credentials *credentials;
	const struct identity *identity;
	const struct identity *shown;
	struct hello hello;
	uint8_t *hello_bytes;
	const char *malformed;
	uint8_t context[RESUMPTION_CONTEXT_SIZE];
	uint64_t ticket_generation;
	int tickets_wanted;
	int resumes;
	uint8_t session_key[SESSION_KEY_SIZE];
	time_t session_until;
	int ended;
	int alerted;
	int shaken;
	char server_name[KSEAL_NAME_SIZE];
	gnutls_typed_vdata_st verify[2];
	struct traffic_secret tx_secret;
	struct traffic_secret rx_secret;
	unsigned int verify_count;
	char pins[KSEALD_PIN_SIZE];
	enum kseal_client_auth client_auth;
	enum peer_state peer;
	unsigned int verdict;
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

/* ---- handover.c --------------------------------------------------------- */

/**
 * struct handover - how sockets are given back
 * @sizing: of the kernel's records; 0 bytes, nothing is asked for
 * @kernel_control: the kernel takes what is not application data, unless the request wants
 *	to have it
 * @key_records: records that one key may seal; 0 for what the suite allows
 */
struct handover {
	struct kseal_record_sizing sizing;
	int kernel_control;
	uint64_t key_records;
};

/** handover_keep_secrets() - have GnuTLS tell @tls of its traffic secrets */
void handover_keep_secrets(struct tls *tls);

/** handover_forget_secrets() - wipe them */
void handover_forget_secrets(struct tls *tls);

/** handover_control() - who takes what is not application data: enum kseal_control_by, settled */
uint32_t handover_control(const struct handover *handover, uint32_t control);

/**
 * tls_hand_over() - let the kernel seal and open from here on
 * @control: enum kseal_control_by, of the request
 *
 * Return: 0, or -result->error with the reason set; the socket may be shut down then.
 */
int tls_hand_over(struct tls *tls, const struct handover *handover, uint32_t control,
		  struct kseal_result *result);

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

/**
 * server_check_resumed() - a session that goes on is as good as one that begins
 *
 * What the client has shown then is checked again, by what is asked and known now.
 *
 * Return: 0; GNUTLS_E_CERTIFICATE_ERROR, and @tls->peer tells why.
 */
int server_check_resumed(struct tls *tls);

/* ---- tls_client.c ------------------------------------------------------- */

/**
 * client_check_request() - check that it can be done
 *
 * Return: 0, or -result->error with the reason set.
 */
int client_check_request(struct tls *tls, const struct kseald_request *request,
			 struct kseal_result *result);

/** client_set_up() - all that makes @tls->session a client's; GnuTLS's error, 0 for none */
int client_set_up(struct tls *tls, const struct kseald_request *request);

/**
 * client_check_resumed() - a session that goes on with one of a server that was believed
 *
 * Return: 0; GNUTLS_E_CERTIFICATE_ERROR, and @tls->peer tells why.
 */
int client_check_resumed(struct tls *tls);

/* ---- tls_peer.c --------------------------------------------------------- */

/** peer_expect() - have the other end's certificate verified for @purpose, and @name if given */
void peer_expect(struct tls *tls, const char *purpose, char *name);

/**
 * peer_verify() - is the other end who it has to be?
 *
 * Return: 0; GNUTLS_E_CERTIFICATE_ERROR, and the session's tls.peer tells why.
 */
int peer_verify(gnutls_session_t session);

/** peer_describe() - whom the certificate that was believed is about */
void peer_describe(const struct tls *tls, struct kseal_result *result);

/**
 * peer_explain() - why the other end's certificate was refused, by @tls->peer
 * @result: error and reason are set
 *
 * Return: the alert that says so to the other end.
 */
gnutls_alert_description_t peer_explain(const struct tls *tls, struct kseal_result *result);

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
