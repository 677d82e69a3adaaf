// SPDX-License-Identifier: GPL-2.0
/*
 * One TLS session up to its hand-over to the kernel.
 *
 * GnuTLS asks the pull function for the five bytes of a record's header, then
 * for exactly its body: as long as pull never reads more than asked, what
 * follows the handshake stays in the socket for the kernel. Having functions
 * of our own also keeps GnuTLS's own use of kernel TLS out of the way.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/tls.h>

#include "client_session.h"
#include "credentials.h"
#include "keylog.h"
#include "protocol.h"
#include "tls.h"

enum {
	/* Warning alerts and the like; RFC 8446 6 knows no reason for many. */
	MAX_ODD_RECORDS = 16,
	MAX_ALPN_NAMES = KSEALD_ALPN_MAX / 2,
};

int tls_fail(struct kseal_result *result, int error, const char *format, ...)
{
	va_list args;

	result->error = error;
	va_start(args, format);
	vsnprintf(result->reason, sizeof(result->reason), format, args);
	va_end(args);
	return -error;
}

/* ---- the socket --------------------------------------------------------- */

static ssize_t report(struct tls *tls, ssize_t n)
{
	if (n < 0) {
		tls->socket_error = errno;
		gnutls_transport_set_errno(tls->session, errno);
	}
	return n;
}

static void note_received(struct tls *tls, const uint8_t *buf, size_t size)
{
	size_t i;

	for (i = 0; i < size && tls->received + i < sizeof(tls->first); i++)
		tls->first[tls->received + i] = buf[i];
	tls->received += size;
}

/* GnuTLS keeps a message until it is complete, and 16 MiB may be announced for one. */
static ssize_t pull(gnutls_transport_ptr_t ptr, void *buf, size_t size)
{
	struct tls *tls = ptr;
	ssize_t n;

	if (tls->received >= TLS_MAX_RECEIVED) {
		errno = EMSGSIZE;
		return report(tls, -1);
	}
	n = report(tls, recv(tls->fd, buf, size, MSG_DONTWAIT));
	if (n > 0)
		note_received(tls, buf, n);
	if (!n)
		tls->ended = 1;
	return n;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *iov, int count)
{
	struct tls *tls = ptr;
	struct msghdr msg = {
		.msg_iov = (struct iovec *)iov,
		.msg_iovlen = count,
	};

	return report(tls, sendmsg(tls->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL));
}

/* ---- set-up of either role ---------------------------------------------- */

int tls_set_alpn(struct tls *tls, const struct kseald_alpn *alpn, unsigned int flags)
{
	gnutls_datum_t names[MAX_ALPN_NAMES];
	size_t position = 0, length;
	const uint8_t *name;
	unsigned int n = 0;

	while ((name = kseald_alpn_next(alpn, &position, &length)))
		names[n++] = (gnutls_datum_t){ (uint8_t *)name, length };
	return n ? gnutls_alpn_set_protocols(tls->session, names, n, flags) : 0;
}

static int check_request(struct tls *tls, const struct kseald_request *request,
			 struct kseal_result *result)
{
	switch (request->role) {
	case KSEAL_SERVER:
		if (request->server_name[0] || request->pin[0] || request->client_identity[0])
			return tls_fail(result, EINVAL, "a server name, a pin and an identity "
					"to show to a server go with the client role only");
		return server_find_identity(tls, request, result);
	case KSEAL_CLIENT:
		return client_check_request(tls, request, result);
	default:
		return tls_fail(result, EINVAL, "unknown role %u", request->role);
	}
}

/*
 * Unless a client resumes sessions, and the kernel takes its tickets, it says it wants
 * none: with no psk_key_exchange_modes from it a server must not send any (RFC 8446
 * 4.2.9), and nothing but data follows the handshake.
 */
static unsigned int role_flags(const struct tls *tls, const struct kseald_request *request)
{
	if (request->role == KSEAL_SERVER)
		return GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET;
	return GNUTLS_CLIENT | (tls->resumes ? 0 : GNUTLS_NO_TICKETS);
}

static int set_up(struct tls *tls, const struct kseald_request *request)
{
	const int server = request->role == KSEAL_SERVER;
	int ret;

	tls->resumes = client_session_is_wanted(tls, request);
	ret = gnutls_init(&tls->session, GNUTLS_NONBLOCK | role_flags(tls, request));
	if (ret)
		return ret;
	gnutls_session_set_ptr(tls->session, tls);
	handover_keep_secrets(tls);
	gnutls_transport_set_ptr(tls->session, tls);
	keylog_attach(tls);
	gnutls_transport_set_pull_function(tls->session, pull);
	gnutls_transport_set_vec_push_function(tls->session, push);

	ret = gnutls_priority_set(tls->session, tls->credentials->priority);
	if (!ret)
		ret = server ? server_set_up(tls, request) :
			       client_set_up(tls, request);
	if (ret)
		gnutls_deinit(tls->session);
	return ret;
}

int tls_start(struct tls *tls, int fd, const struct kseald_request *request,
	      const struct credentials *credentials,
	      struct kseal_result *result)
{
	int ret;

	memset(tls, 0, sizeof(*tls));
	tls->fd = fd;
	tls->credentials = credentials;
	ret = check_request(tls, request, result);
	if (ret)
		return ret;
	ret = set_up(tls, request);
	if (ret)
		return tls_fail(result, EINVAL, "the session cannot be set up: %s",
				gnutls_strerror(ret));
	return 0;
}

/* ---- the handshake ------------------------------------------------------ */

static void describe_alpn(const struct tls *tls, struct kseal_result *result)
{
	gnutls_datum_t name;

	if (gnutls_alpn_get_selected_protocol(tls->session, &name))
		return;
	snprintf(result->alpn, sizeof(result->alpn), "%.*s", (int)name.size,
		 name.data);
}

static void describe_server_name(const struct tls *tls,
				 struct kseal_result *result)
{
	char name[KSEAL_NAME_SIZE];
	size_t size = sizeof(name);
	unsigned int type;

	if (tls->server_name[0])
		strcpy(result->server_name, tls->server_name);
	else if (!gnutls_server_name_get(tls->session, name, &size, &type, 0))
		strcpy(result->server_name, name);
}

static uint16_t cipher_of(gnutls_session_t session)
{
	switch (gnutls_cipher_get(session)) {
	case GNUTLS_CIPHER_AES_256_GCM:
		return TLS_CIPHER_AES_GCM_256;
	case GNUTLS_CIPHER_CHACHA20_POLY1305:
		return TLS_CIPHER_CHACHA20_POLY1305;
	case GNUTLS_CIPHER_AES_128_CCM:
		return TLS_CIPHER_AES_CCM_128;
	default:
		return TLS_CIPHER_AES_GCM_128;
	}
}

static void describe(const struct tls *tls, struct kseal_result *result)
{
	const char *suite = gnutls_ciphersuite_get(tls->session);

	result->version =
		gnutls_protocol_get_version(tls->session) == GNUTLS_TLS1_3 ?
			TLS_1_3_VERSION : TLS_1_2_VERSION;
	result->cipher = cipher_of(tls->session);
	if (suite)
		snprintf(result->suite, sizeof(result->suite), "%s", suite);
	result->resumed = gnutls_session_is_resumed(tls->session);
	describe_alpn(tls, result);
	describe_server_name(tls, result);
	peer_describe(tls, result);
}

static int shake(struct tls *tls)
{
	int ret, odd = 0;

	if (tls->shaken)
		return 0;
	do {
		ret = gnutls_handshake(tls->session);
	} while (ret < 0 && ret != GNUTLS_E_AGAIN &&
		 !gnutls_error_is_fatal(ret) && ++odd < MAX_ODD_RECORDS);
	if (!ret && gnutls_session_is_resumed(tls->session))
		ret = tls->server_name[0] ? client_check_resumed(tls) : server_check_resumed(tls);
	tls->shaken = !ret;
	if (!ret)
		keylog_resumed(tls);
	return ret;
}

enum tls_step tls_step(struct tls *tls, struct kseal_result *result)
{
	int ret;

	ret = shake(tls);
	if (!ret)
		ret = server_send_tickets(tls);
	if (ret == GNUTLS_E_AGAIN)
		return gnutls_record_get_direction(tls->session) ?
			TLS_WAIT_WRITE : TLS_WAIT_READ;
	if (ret < 0) {
		reason_of_handshake(tls, ret, result);
		return TLS_FAILED;
	}
	describe(tls, result);
	return TLS_DONE;
}

void tls_time_out(struct tls *tls, unsigned int ms, struct kseal_result *result)
{
	char stage[64];

	tls_fail(result, ETIMEDOUT, "the handshake did not end in %u ms; it stopped %s",
		 ms, reason_stage(tls, stage, sizeof(stage)));
}

void tls_stop(struct tls *tls)
{
	if (tls->session)
		gnutls_deinit(tls->session);
	tls->session = NULL;
	handover_forget_secrets(tls);
	server_clean_up(tls);
}
