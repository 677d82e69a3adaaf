// SPDX-License-Identifier: GPL-2.0
/*
 * One TLS session up to its hand-over to the kernel.
 *
 * GnuTLS asks the pull function for the five bytes of a record's header, then
 * for exactly its body: as long as pull never reads more than asked, what
 * follows the handshake stays in the socket for the kernel. Having functions
 * of our own also keeps GnuTLS's own use of kernel TLS out of the way.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/tls.h>

#include "credentials.h"
#include "protocol.h"
#include "tls.h"

enum {
	/* Warning alerts and the like; RFC 8446 6 knows no reason for many. */
	MAX_ODD_RECORDS = 16,
	MAX_ALPN_NAMES = KSEALD_ALPN_MAX / 2,
	/* Extensions that limit the size of records: RFC 6066 4, RFC 8449. */
	EXT_MAX_FRAGMENT_LENGTH = 1,
	EXT_RECORD_SIZE_LIMIT = 28,
	/* RFC 8446 4.2.9 */
	EXT_PSK_KEY_EXCHANGE_MODES = 45,
	TICKETS = 2,
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

static ssize_t pull(gnutls_transport_ptr_t ptr, void *buf, size_t size)
{
	struct tls *tls = ptr;

	return report(tls, recv(tls->fd, buf, size, MSG_DONTWAIT));
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

/* ---- set-up ------------------------------------------------------------- */

static int set_alpn(struct tls *tls, const struct kseald_alpn *alpn,
		    unsigned int flags)
{
	gnutls_datum_t names[MAX_ALPN_NAMES];
	size_t position = 0, length;
	const uint8_t *name;
	unsigned int n = 0;

	while ((name = kseald_alpn_next(alpn, &position, &length)))
		names[n++] = (gnutls_datum_t){ (uint8_t *)name, length };
	return n ? gnutls_alpn_set_protocols(tls->session, names, n, flags) : 0;
}

static int use_identity(gnutls_session_t session, const struct identity *identity)
{
	return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
				      identity->server);
}

static int pick_by_sni(gnutls_session_t session)
{
	const struct tls *tls = gnutls_session_get_ptr(session);
	char host[KSEAL_NAME_SIZE];
	size_t size = sizeof(host);
	unsigned int type;

	if (gnutls_server_name_get(session, host, &size, &type, 0) ||
	    type != GNUTLS_NAME_DNS)
		return 0;
	return use_identity(session, credentials_by_host(tls->credentials, host));
}

static int ignore_extension(gnutls_session_t session, const unsigned char *data,
			    size_t size)
{
	(void)session;
	(void)data;
	(void)size;
	return 0;
}

/*
 * The kernel fills records to the brim, so a client's wish for smaller ones is
 * not granted: left unanswered, it does not bind (RFC 6066 4, RFC 8449 4).
 */
static int ignore_record_limits(gnutls_session_t session)
{
	static const struct {
		const char *name;
		int id;
	} extensions[] = {
		{ "max_fragment_length", EXT_MAX_FRAGMENT_LENGTH },
		{ "record_size_limit", EXT_RECORD_SIZE_LIMIT },
	};
	size_t i;
	int ret;

	for (i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
		ret = gnutls_session_ext_register(session, extensions[i].name,
						  extensions[i].id,
						  GNUTLS_EXT_TLS,
						  ignore_extension, NULL, NULL,
						  NULL, NULL,
						  GNUTLS_EXT_FLAG_OVERRIDE_INTERNAL |
						  GNUTLS_EXT_FLAG_TLS |
						  GNUTLS_EXT_FLAG_CLIENT_HELLO);
		if (ret)
			return ret;
	}
	return 0;
}

/* ---- tickets ------------------------------------------------------------ */

static int note_extension(void *ctx, unsigned int id, const unsigned char *data,
			  unsigned int size)
{
	struct tls *tls = ctx;

	(void)data;
	(void)size;
	if (id == EXT_PSK_KEY_EXCHANGE_MODES)
		tls->tickets_wanted = 1;
	return 0;
}

/*
 * GnuTLS would send TLS 1.3 tickets to clients that cannot use them, against
 * RFC 8446 4.2.9. To a client whose records a kernel opens, as kseald's own
 * clients, they are a record that a plain read() cannot get past.
 */
static int note_ticket_offer(gnutls_session_t session, unsigned int type,
			     unsigned int when, unsigned int incoming,
			     const gnutls_datum_t *hello)
{
	(void)type;
	(void)when;
	(void)incoming;
	return gnutls_ext_raw_parse(gnutls_session_get_ptr(session),
				    note_extension, hello,
				    GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO);
}

/* Tickets of TLS 1.2 are part of the handshake itself. */
static int send_tickets(struct tls *tls)
{
	int ret;

	if (!tls->tickets_wanted ||
	    gnutls_protocol_get_version(tls->session) != GNUTLS_TLS1_3)
		return 0;
	do {
		ret = gnutls_session_ticket_send(tls->session, TICKETS, 0);
	} while (ret == GNUTLS_E_INTERRUPTED);
	if (!ret)
		tls->tickets_wanted = 0;
	return ret;
}

/* ---- set-up of either role ---------------------------------------------- */

static int find_identity(struct tls *tls, const struct kseald_request *request,
			 struct kseal_result *result)
{
	if (!credentials_by_host(tls->credentials, NULL))
		return tls_fail(result, ENOENT, "kseald has no certificate for the "
				"server role: start it with --identity");
	if (!request->identity[0])
		return 0;
	tls->identity = credentials_by_name(tls->credentials, request->identity);
	if (!tls->identity)
		return tls_fail(result, ENOENT, "kseald has no identity \"%s\"",
				request->identity);
	return 0;
}

/* Sets up @tls->session; what it returns is GnuTLS's error. */
static int set_up_server(struct tls *tls, const struct kseald_request *request)
{
	const gnutls_datum_t *ticket_key = &tls->credentials->ticket_key;
	const struct identity *identity = tls->identity;
	int ret;

	if (identity) {
		ticket_key = &identity->ticket_key;
	} else {
		identity = credentials_by_host(tls->credentials, NULL);
		gnutls_handshake_set_post_client_hello_function(tls->session,
								pick_by_sni);
	}
	gnutls_handshake_set_hook_function(tls->session,
					   GNUTLS_HANDSHAKE_CLIENT_HELLO,
					   GNUTLS_HOOK_PRE, note_ticket_offer);
	ret = use_identity(tls->session, identity);
	if (!ret)
		ret = gnutls_session_ticket_enable_server(tls->session,
							  ticket_key);
	if (!ret)
		ret = ignore_record_limits(tls->session);
	if (!ret)
		ret = set_alpn(tls, &request->alpn, GNUTLS_ALPN_MANDATORY |
						    GNUTLS_ALPN_SERVER_PRECEDENCE);
	return ret;
}

static int is_address(const char *name)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, buf) == 1 ||
	       inet_pton(AF_INET6, name, buf) == 1;
}

static int set_up_client(struct tls *tls, const struct kseald_request *request)
{
	int ret;

	strcpy(tls->server_name, request->server_name);
	tls->verify[0] = (gnutls_typed_vdata_st){
		.type = GNUTLS_DT_DNS_HOSTNAME,
		.data = (unsigned char *)tls->server_name,
	};
	tls->verify[1] = (gnutls_typed_vdata_st){
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER,
	};
	gnutls_session_set_verify_cert2(tls->session, tls->verify, 2, 0);

	ret = gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE,
				     tls->credentials->client);
	/* RFC 6066 3: a literal address is not a host name. */
	if (!ret && !is_address(tls->server_name))
		ret = gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS,
					     tls->server_name,
					     strlen(tls->server_name));
	if (!ret)
		ret = set_alpn(tls, &request->alpn, 0);
	return ret;
}

static int check_request(struct tls *tls, const struct kseald_request *request,
			 struct kseal_result *result)
{
	switch (request->role) {
	case KSEAL_SERVER:
		if (request->server_name[0])
			return tls_fail(result, EINVAL, "a server name goes with "
					"the client role only");
		return find_identity(tls, request, result);
	case KSEAL_CLIENT:
		if (!request->server_name[0])
			return tls_fail(result, EINVAL, "the client role needs the "
					"name of the server to verify");
		if (request->identity[0])
			return tls_fail(result, EINVAL, "an identity goes with the "
					"server role only");
		return 0;
	default:
		return tls_fail(result, EINVAL, "unknown role %u", request->role);
	}
}

/*
 * A client says it wants no tickets: with no psk_key_exchange_modes from it a
 * server must not send any (RFC 8446 4.2.9), and nothing but data follows the
 * handshake.
 */
static int set_up(struct tls *tls, const struct kseald_request *request)
{
	const int server = request->role == KSEAL_SERVER;
	int ret;

	ret = gnutls_init(&tls->session, GNUTLS_NONBLOCK |
			  (server ? GNUTLS_SERVER | GNUTLS_NO_AUTO_SEND_TICKET :
				    GNUTLS_CLIENT | GNUTLS_NO_TICKETS));
	if (ret)
		return ret;
	gnutls_session_set_ptr(tls->session, tls);
	gnutls_transport_set_ptr(tls->session, tls);
	gnutls_transport_set_pull_function(tls->session, pull);
	gnutls_transport_set_vec_push_function(tls->session, push);

	ret = gnutls_priority_set(tls->session, tls->credentials->priority);
	if (!ret)
		ret = server ? set_up_server(tls, request) :
			       set_up_client(tls, request);
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

static void describe(const struct tls *tls, struct kseal_result *result)
{
	const char *suite = gnutls_ciphersuite_get(tls->session);

	result->version =
		gnutls_protocol_get_version(tls->session) == GNUTLS_TLS1_3 ?
			TLS_1_3_VERSION : TLS_1_2_VERSION;
	result->cipher =
		gnutls_cipher_get(tls->session) == GNUTLS_CIPHER_AES_256_GCM ?
			TLS_CIPHER_AES_GCM_256 : TLS_CIPHER_AES_GCM_128;
	if (suite)
		snprintf(result->suite, sizeof(result->suite), "%s", suite);
	describe_alpn(tls, result);
	describe_server_name(tls, result);
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
	tls->shaken = !ret;
	return ret;
}

enum tls_step tls_step(struct tls *tls, struct kseal_result *result)
{
	int ret;

	ret = shake(tls);
	if (!ret)
		ret = send_tickets(tls);
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

static int set_sizing(int fd, const struct kseal_record_sizing *sizing,
		      struct kseal_result *result)
{
	int ret;

	if (!sizing->bytes)
		return 0;
	ret = kseal_set_record_sizing(fd, sizing->bytes, sizing->idle_ms);
	if (ret)
		return tls_fail(result, EPROTO, "the kernel module does not take "
				"--record-sizing (%s); is it older than kseald?",
				strerror(-ret));
	return 0;
}

int tls_hand_over(struct tls *tls, const struct kseal_record_sizing *sizing,
		  struct kseal_result *result)
{
	int ret;

	ret = kseal_attach(tls->fd);
	if (ret) {
		reason_of_attach(ret, result);
		return -result->error;
	}
	/* before the keys: the first record is to be a small one */
	ret = set_sizing(tls->fd, sizing, result);
	if (ret)
		return ret;
	ret = kseal_install(tls->fd, tls->session, KSEAL_BOTH);
	if (ret) {
		reason_of_install(ret, result);
		return -result->error;
	}
	return 0;
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
}
