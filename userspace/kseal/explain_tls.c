// SPDX-License-Identifier: GPL-2.0
/* The session that is told about: GnuTLS does it, and shows each message on its way. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "explain.h"
#include "registry.h"

enum {
	/* as much as a server may send while it is told goodbye */
	DATA_MAX = 1 << 16,
};

static int fail(struct explain *e, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct explain *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->error, sizeof(e->error), format, args);
	va_end(args);
	return -1;
}

/* ---- what goes over the wire -------------------------------------------------- */

static ssize_t give_up(struct explain *e, int error)
{
	e->socket_error = error;
	gnutls_transport_set_errno(e->session, error);
	return -1;
}

/* Waits for it, as GnuTLS is not to be asked twice. */
static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t size)
{
	struct explain *e = ptr;
	double from;
	ssize_t n;

	while ((n = recv(e->fd, data, size, 0)) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return give_up(e, errno);
		from = dial_now();
		if (dial_wait(e->fd, POLLIN, e->deadline))
			return give_up(e, ETIMEDOUT);
		e->waited += dial_now() - from;
	}
	explain_bytes(e, WAY_RECEIVED, data, n);
	return n;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t size)
{
	struct explain *e = ptr;
	ssize_t n;

	while ((n = send(e->fd, data, size, MSG_NOSIGNAL)) < 0) {
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return give_up(e, errno);
		if (dial_wait(e->fd, POLLOUT, e->deadline))
			return give_up(e, ETIMEDOUT);
	}
	explain_bytes(e, WAY_SENT, data, n);
	return n;
}

static int see_message(gnutls_session_t session, unsigned int type, unsigned int when,
		       unsigned int incoming, const gnutls_datum_t *body)
{
	struct explain *e = gnutls_session_get_ptr(session);
	const char *name;

	(void)when;
	if (type == MESSAGE_SERVER_HELLO && message_is_retry(body->data, body->size))
		type = MESSAGE_HELLO_RETRY_REQUEST;
	name = message_name(type);
	explain_step(e, incoming ? WAY_RECEIVED : WAY_SENT, "message",
		     name ? name : "unknown message", body->size);
	if (!message_tell(&e->context, !incoming, type, body->data, body->size, &e->fields))
		e->malformed = true;
	fields_close(&e->fields);
	return 0;
}

static int check_certificate(gnutls_session_t session)
{
	return explain_verdict(gnutls_session_get_ptr(session));
}

/* ---- set-up ------------------------------------------------------------------- */

static int load_credentials(struct explain *e)
{
	const struct explain_options *options = e->options;
	int ret = gnutls_certificate_allocate_credentials(&e->credentials);

	if (ret)
		return fail(e, "no credentials: %s", gnutls_strerror(ret));
	ret = options->ca ? gnutls_certificate_set_x509_trust_file(e->credentials, options->ca,
								   GNUTLS_X509_FMT_PEM) :
			    gnutls_certificate_set_x509_system_trust(e->credentials);
	if (options->ca && ret <= 0)
		return fail(e, "no authority's certificate could be read from %s: %s", options->ca,
			    ret ? gnutls_strerror(ret) : "there is none in it");
	if (options->cert) {
		ret = gnutls_certificate_set_x509_key_file(e->credentials, options->cert,
				options->key ? options->key : options->cert, GNUTLS_X509_FMT_PEM);
		if (ret < 0)
			return fail(e, "the certificate %s and its key %s cannot be used: %s",
				    options->cert, options->key ? options->key : options->cert,
				    gnutls_strerror(ret));
	}
	gnutls_certificate_set_verify_function(e->credentials, check_certificate);
	return 0;
}

static int set_priority(struct explain *e)
{
	const char *tls = e->options->tls, *at;
	char text[512];
	int ret;

	if (snprintf(text, sizeof(text), "%s%s%s",
		     e->options->priority ? e->options->priority :
		     "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2",
		     tls ? ":-VERS-ALL:+VERS-TLS" : "", tls ? tls : "") >= (int)sizeof(text))
		return fail(e, "--priority has more than %zu bytes", sizeof(text));
	ret = gnutls_priority_set_direct(e->session, text, &at);
	if (ret)
		return fail(e, "--priority: GnuTLS does not understand \"%s\"", at);
	return 0;
}

static int set_alpn(struct explain *e)
{
	const char *at = e->options->alpn;
	gnutls_datum_t names[EXPLAIN_ALPN_MAX];
	unsigned int n = 0;

	while (at && *at && n < EXPLAIN_ALPN_MAX) {
		names[n++] = (gnutls_datum_t){ (unsigned char *)at, strcspn(at, ",") };
		at += names[n - 1].size;
		at += *at == ',';
	}
	return n ? gnutls_alpn_set_protocols(e->session, names, n, 0) : 0;
}

static int set_names(struct explain *e)
{
	const struct explain_options *options = e->options;
	const char *name = options->server_name;
	int ret = 0;

	if (!name && !options->target.is_address)
		name = options->target.host;
	if (name)
		ret = gnutls_server_name_set(e->session, GNUTLS_NAME_DNS, name, strlen(name));
	if (ret)
		return fail(e, "%s cannot be asked for by name: %s", name, gnutls_strerror(ret));
	ret = set_alpn(e);
	return ret ? fail(e, "--alpn: %s", gnutls_strerror(ret)) : 0;
}

int explain_start(struct explain *e)
{
	if (load_credentials(e))
		return -1;
	if (gnutls_init(&e->session, GNUTLS_CLIENT))
		return fail(e, "no memory for a session");
	gnutls_session_set_ptr(e->session, e);
	gnutls_transport_set_ptr(e->session, e);
	gnutls_transport_set_pull_function(e->session, pull);
	gnutls_transport_set_push_function(e->session, push);
	gnutls_handshake_set_hook_function(e->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE,
					   see_message);
	if (gnutls_credentials_set(e->session, GNUTLS_CRD_CERTIFICATE, e->credentials))
		return fail(e, "no memory for credentials");
	e->context.certificate = explain_certificate;
	return set_priority(e) || set_names(e) ? -1 : 0;
}

void explain_stop(struct explain *e)
{
	if (e->session)
		gnutls_deinit(e->session);
	if (e->credentials)
		gnutls_certificate_free_credentials(e->credentials);
	if (e->fd >= 0)
		close(e->fd);
	free(e->bad_certificate);
}

/* ---- the handshake ------------------------------------------------------------ */

/* Alerts in the clear were told of as their bytes went by. */
static void tell_sealed_alert(struct explain *e, enum fields_way way, unsigned int level,
			      unsigned int alert)
{
	if (way == WAY_SENT ? e->out.encrypted : e->in.encrypted)
		explain_alert(e, way, level, alert);
}

/* Alerts that come encrypted are known to GnuTLS alone. */
static int note_alert(struct explain *e, int ret)
{
	const char *name, *hint;

	if (ret != GNUTLS_E_FATAL_ALERT_RECEIVED && ret != GNUTLS_E_WARNING_ALERT_RECEIVED)
		return 0;
	e->alert_received = gnutls_alert_get(e->session);
	name = registry_alert(e->alert_received);
	hint = registry_alert_hint(e->alert_received);
	tell_sealed_alert(e, WAY_RECEIVED, ret == GNUTLS_E_FATAL_ALERT_RECEIVED ?
			  GNUTLS_AL_FATAL : GNUTLS_AL_WARNING, e->alert_received);
	fail(e, "the server sent alert %d (%s)%s%s", e->alert_received, name ? name : "unknown",
	     hint ? ": " : "", hint ? hint : "");
	return 1;
}

static int send_alert(struct explain *e, int ret)
{
	const int number = gnutls_error_to_alert(ret, NULL);
	const size_t len = strlen(e->error);
	const char *name;

	if (ret == GNUTLS_E_PULL_ERROR || ret == GNUTLS_E_PUSH_ERROR || number < 0 ||
	    gnutls_alert_send(e->session, GNUTLS_AL_FATAL, number) < 0)
		return -1;
	tell_sealed_alert(e, WAY_SENT, GNUTLS_AL_FATAL, number);
	e->alert_sent = number;
	name = registry_alert(number);
	snprintf(e->error + len, sizeof(e->error) - len, " (the server was told: alert %d, %s)",
		 number, name ? name : "unknown");
	return -1;
}

static int explain_failure(struct explain *e, int ret)
{
	if (note_alert(e, ret))
		return -1;
	if (e->socket_error == ETIMEDOUT)
		return fail(e, "the server did not answer within %.1f s",
			    e->options->timeout_ms / 1e3);
	if (ret == GNUTLS_E_PREMATURE_TERMINATION)
		return fail(e, "the server closed the connection without a word");
	if (e->socket_error)
		return fail(e, "the connection broke: %s", strerror(e->socket_error));
	if (e->bad_certificate)
		fail(e, "the certificate is refused: %s", e->bad_certificate);
	else if (e->in.odd)
		fail(e, "what the server sends is not TLS");
	else
		fail(e, "%s", gnutls_strerror(ret));
	return send_alert(e, ret);
}

int explain_shake(struct explain *e)
{
	int ret;

	do {
		ret = gnutls_handshake(e->session);
	} while (ret < 0 && !gnutls_error_is_fatal(ret));
	return ret < 0 ? explain_failure(e, ret) : 0;
}

static void tell_end(struct explain *e, const char *title)
{
	explain_step(e, WAY_NONE, "end", title, -1);
	fields_close(&e->fields);
}

void explain_finish(struct explain *e)
{
	char data[4096];
	ssize_t n = 1;

	if (gnutls_bye(e->session, GNUTLS_SHUT_WR) < 0)
		return;
	explain_alert(e, WAY_SENT, GNUTLS_AL_WARNING, GNUTLS_A_CLOSE_NOTIFY);
	/* A server that is told goodbye says it as well; tickets come before that. */
	while ((n > 0 || n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED) && e->data < DATA_MAX) {
		n = gnutls_record_recv(e->session, data, sizeof(data));
		if (n > 0)
			e->data += n;
	}
	if (!n)
		explain_alert(e, WAY_RECEIVED, GNUTLS_AL_WARNING, GNUTLS_A_CLOSE_NOTIFY);
	else if (n > 0)
		tell_end(e, "the server sends on, which is of no interest here");
	else if (e->socket_error == ETIMEDOUT)
		tell_end(e, "the server says no goodbye, and leaves the connection open");
	else if (!note_alert(e, n))
		tell_end(e, "the server closes the connection without a goodbye");
	e->error[0] = '\0';
}
