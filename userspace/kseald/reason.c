// SPDX-License-Identifier: GPL-2.0
/* Why a handshake failed, in an errno and in words. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "match.h"
#include "tls.h"

const char *reason_stage(const struct tls *tls, char *buf, size_t size)
{
	const int last = (int)gnutls_handshake_get_last_in(tls->session);
	const char *name = gnutls_handshake_description_get_name(last);

	if (last < 0 || !name)
		return "before the peer's first message";
	snprintf(buf, size, "after the peer's %s", name);
	return buf;
}

/* A verdict on a certificate, with the alert that says so. */
static void certificate_refused(struct tls *tls, struct kseal_result *result)
{
	const gnutls_alert_description_t alert = peer_explain(tls, result);
	const size_t len = strlen(result->reason);

	if (!gnutls_alert_send(tls->session, GNUTLS_AL_FATAL, alert))
		snprintf(result->reason + len, sizeof(result->reason) - len,
			 "; sent alert %d (%s)", alert, gnutls_alert_get_name(alert));
}

/* The alert that goes with @ret, sent now; NULL when none does. */
static const char *send_alert(struct tls *tls, int ret, int *number)
{
	int level;

	/* GnuTLS would make an internal error of it */
	if (ret == GNUTLS_E_TOO_MANY_EMPTY_PACKETS)
		ret = GNUTLS_E_UNEXPECTED_PACKET;
	*number = gnutls_error_to_alert(ret, &level);
	if (*number < 0 || gnutls_alert_send_appropriate(tls->session, ret) < 0)
		return NULL;
	return gnutls_alert_get_name(*number);
}

static void alert_received(struct tls *tls, const char *stage,
			   struct kseal_result *result)
{
	const gnutls_alert_description_t alert = gnutls_alert_get(tls->session);
	const char *name = gnutls_alert_get_name(alert);

	tls->alerted = 1;
	tls_fail(result, EPROTO, "the peer sent alert %d (%s) %s", alert,
		 name ? name : "unknown", stage);
}

/* What connect(2) fails with, of a program that did not wait for it. */
static int never_connected(int error)
{
	return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH ||
	       error == ETIMEDOUT;
}

static void connection_lost(struct tls *tls, const char *stage,
			    struct kseal_result *result)
{
	if (never_connected(tls->socket_error))
		tls_fail(result, tls->socket_error, "no connection: %s",
			 strerror(tls->socket_error));
	else if (tls->socket_error && tls->socket_error != EAGAIN)
		tls_fail(result, ECONNRESET, "the connection broke %s: %s", stage,
			 strerror(tls->socket_error));
	else
		tls_fail(result, ECONNRESET, "the peer closed the connection %s",
			 stage);
}

static void too_much_received(struct tls *tls, const char *stage, struct kseal_result *result)
{
	const gnutls_alert_description_t alert = GNUTLS_A_DECODE_ERROR;

	gnutls_alert_send(tls->session, GNUTLS_AL_FATAL, alert);
	tls_fail(result, EPROTO, "sent alert %d (%s): the peer has sent more than %d bytes of a "
		 "handshake, %s", alert, gnutls_alert_get_name(alert), TLS_MAX_RECEIVED, stage);
}

/* Somebody takes it for a port of another protocol: "it begins with "GET /"". */
static int is_no_tls(const struct tls *tls, int ret, char *buf, size_t size)
{
	size_t i;

	if (ret != GNUTLS_E_UNEXPECTED_PACKET && ret != GNUTLS_E_UNSUPPORTED_VERSION_PACKET)
		return 0;
	for (i = 0; i < sizeof(tls->first); i++)
		if (tls->first[i] < ' ' || tls->first[i] > '~')
			return 0;
	snprintf(buf, size, "the peer does not speak TLS, it begins with \"%.*s\"", TLS_FIRST,
		 (const char *)tls->first);
	return 1;
}

static void handshake_failed(struct tls *tls, int ret, const char *stage,
			     struct kseal_result *result)
{
	char why[KSEAL_REASON_SIZE];
	const char *alert;
	int number;

	alert = send_alert(tls, ret, &number);
	if (tls->malformed)
		snprintf(why, sizeof(why), "the ClientHello is malformed: %s", tls->malformed);
	else if (!is_no_tls(tls, ret, why, sizeof(why)) && !match_describe_failure(tls, ret, why, sizeof(why)))
		snprintf(why, sizeof(why), "%s %s", gnutls_strerror(ret), stage);
	if (alert)
		tls_fail(result, EPROTO, "sent alert %d (%s): %s", number, alert, why);
	else
		tls_fail(result, EPROTO, "%s", why);
}

/* What is not read when the socket is closed has the kernel reset the connection, and the
 * alert may get lost.
 */
static void discard_received(const struct tls *tls)
{
	recv(tls->fd, NULL, TLS_MAX_RECEIVED, MSG_TRUNC | MSG_DONTWAIT);
}

static void find_reason(struct tls *tls, int ret, struct kseal_result *result)
{
	char buf[64];
	const char *stage = reason_stage(tls, buf, sizeof(buf));

	if (ret == GNUTLS_E_CERTIFICATE_ERROR && tls->peer > PEER_BELIEVED) {
		certificate_refused(tls, result);
		return;
	}
	switch (ret) {
	case GNUTLS_E_FATAL_ALERT_RECEIVED:
	case GNUTLS_E_WARNING_ALERT_RECEIVED:
		alert_received(tls, stage, result);
		break;
	case GNUTLS_E_PREMATURE_TERMINATION:
	case GNUTLS_E_PULL_ERROR:
		if (tls->socket_error == EMSGSIZE) {
			too_much_received(tls, stage, result);
			break;
		}
		/* fallthrough */
	case GNUTLS_E_PUSH_ERROR:
		connection_lost(tls, stage, result);
		break;
	case GNUTLS_E_CERTIFICATE_REQUIRED:
	case GNUTLS_E_NO_CERTIFICATE_FOUND:
		tls->peer = PEER_MISSING;
		certificate_refused(tls, result);
		break;
	default:
		/* inside of a record GnuTLS has another name for it */
		if (tls->ended)
			connection_lost(tls, stage, result);
		else
			handshake_failed(tls, ret, stage, result);
	}
}

void reason_of_handshake(struct tls *tls, int ret, struct kseal_result *result)
{
	find_reason(tls, ret, result);
	discard_received(tls);
}

void reason_of_attach(int ret, struct kseal_result *result)
{
	switch (ret) {
	case -ENOENT:
		tls_fail(result, ENOENT, "the handshake is done, but the kernel "
			 "module kseal is not loaded: modprobe kseal");
		break;
	case -ENOTCONN:
		tls_fail(result, ECONNRESET, "the handshake is done, but the peer "
			 "has closed the connection since");
		break;
	case -EEXIST:
		tls_fail(result, EINVAL, "the socket has another upper-layer "
			 "protocol already");
		break;
	default:
		tls_fail(result, -ret, "the handshake is done, but the kernel does "
			 "not attach kseal to the socket: %s", strerror(-ret));
	}
}

/* What the kernel needs for the session's cipher, and how to get it. */
static const char *algorithm(const struct tls *tls)
{
	switch (gnutls_cipher_get(tls->session)) {
	case GNUTLS_CIPHER_CHACHA20_POLY1305:
		return "rfc7539(chacha20,poly1305): modprobe chacha20poly1305, or leave "
		       "CHACHA20-POLY1305 out of --ciphers";
	case GNUTLS_CIPHER_AES_128_CCM:
		return "ccm(aes): modprobe ccm, or leave AES-128-CCM out of --ciphers";
	default:
		return "gcm(aes): modprobe gcm aesni_intel";
	}
}

void reason_of_install(const struct tls *tls, int ret, struct kseal_result *result)
{
	switch (ret) {
	case -ENOENT:
		tls_fail(result, ENOENT, "the handshake is done, but the kernel "
			 "has no %s", algorithm(tls));
		break;
	case -EBUSY:
		tls_fail(result, EINVAL, "the socket has its keys already");
		break;
	case -ENODATA:
		tls_fail(result, EPROTO, "the peer sent data inside the handshake");
		break;
	case -ENOTSUP:
		tls_fail(result, EPROTO, "the peer takes no records of full size");
		break;
	default:
		tls_fail(result, -ret, "the handshake is done, but the kernel does "
			 "not take the keys: %s", strerror(-ret));
	}
}
