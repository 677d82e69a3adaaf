/* SPDX-License-Identifier: GPL-2.0 */
/* One handshake, told while it happens. */
#ifndef KSEAL_EXPLAIN_H
#define KSEAL_EXPLAIN_H

#include <gnutls/gnutls.h>

#include "dial.h"
#include "fields.h"
#include "message.h"

enum {
	EXPLAIN_ALPN_MAX = 16,
	/* What one flow of bytes keeps of a record: its header, an alert. */
	RECORD_KEPT = 7,
};

/** struct explain_options - what the command line asked for */
struct explain_options {
	struct dial_target target;
	const char *server_name;
	const char *alpn;
	const char *ca;
	const char *cert;
	const char *key;
	const char *priority;
	const char *tls;
	unsigned int timeout_ms;
	bool insecure;
	bool json;
};

/**
 * struct record_flow - one direction's bytes, as records
 * @have: bytes of the record under way that came, @kept are the first of them
 * @size: of its content, known with the header
 * @odd: a header was none of TLS
 * @encrypted: since a ChangeCipherSpec (TLS 1.2), or of type application data
 */
struct record_flow {
	size_t have;
	uint8_t kept[RECORD_KEPT];
	size_t size;
	bool odd;
	bool encrypted;
};

/**
 * struct explain - one handshake being told
 * @begin: CLOCK_MONOTONIC in ms
 * @waited: ms waited for the peer since the last step
 * @deadline: of all of it
 * @sent, @received: bytes, records' headers and all
 * @data: bytes of application data that came
 * @alert_received, @alert_sent: -1, or the last one
 * @malformed: a message was not as it should be
 * @checked: the server's certificate was
 * @bad_certificate: what is wrong with it, in words; NULL when nothing is
 * @peer: the address
 * @connected, @shaken: CLOCK_MONOTONIC in ms: when TCP was, when TLS was
 * @error: why there is no TLS
 */
struct explain {
	const struct explain_options *options;
	struct fields fields;
	struct message_context context;
	gnutls_session_t session;
	gnutls_certificate_credentials_t credentials;
	int fd;
	int socket_error;
	double begin;
	double deadline;
	double waited;
	struct record_flow out;
	struct record_flow in;
	unsigned long long sent;
	unsigned long long received;
	unsigned long long data;
	int alert_received;
	int alert_sent;
	bool malformed;
	bool checked;
	char *bad_certificate;
	char peer[128];
	double connected;
	double shaken;
	char error[512];
};

/** explain() - do it. Return: an exit status. */
int explain(const struct explain_options *options);

/** explain_step() - begin a step; fields_close() ends it. @size is -1 for none. */
void explain_step(struct explain *e, enum fields_way way, const char *kind, const char *title,
		  long size);

/** explain_brief() - likewise; people see @brief instead of its fields */
void explain_brief(struct explain *e, enum fields_way way, const char *kind, const char *title,
		   long size, const char *brief);

/* ---- explain_tls.c ------------------------------------------------------------ */

/**
 * explain_start() - a session for the options, on @e->fd
 *
 * Return: 0; -1, and @e->error says why not. explain_stop() is due in any case.
 */
int explain_start(struct explain *e);

/** explain_shake() - the handshake. Return: 0; -1, and @e->error says why not. */
int explain_shake(struct explain *e);

/** explain_finish() - say goodbye, and take what the server has sent until then */
void explain_finish(struct explain *e);

/** explain_stop() - free it all */
void explain_stop(struct explain *e);

/* ---- explain_record.c --------------------------------------------------------- */

/** explain_bytes() - bytes that went one way: tells of each record that they end */
void explain_bytes(struct explain *e, enum fields_way way, const uint8_t *data, size_t size);

/** explain_alert() - tell of one */
void explain_alert(struct explain *e, enum fields_way way, unsigned int level, unsigned int alert);

/* ---- explain_certificate.c ---------------------------------------------------- */

/** explain_certificate() - tell of one */
void explain_certificate(struct fields *f, const uint8_t *der, size_t size);

/** explain_verdict() - check the peer's, and tell. Return: 0; a GnuTLS error. */
int explain_verdict(struct explain *e);

#endif /* KSEAL_EXPLAIN_H */
