// SPDX-License-Identifier: GPL-2.0
/*
 * Connections of this process to itself that become TLS, sealed by the kernel.
 *
 * One thread works both ends in turns: neither socket blocks, and nobody waits for
 * the one that is its turn.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "dial.h"
#include "kseal.h"
#include "loop.h"
#include "probe.h"

enum {
	CLIENT,
	SERVER,
	LIMIT_MS = 20000,
	/* records of full size and a part of one */
	BYTES = 40000,
};

/**
 * struct loop - one connection
 * @tls: of an end that GnuTLS works; its records too, unless @sealed
 * @key, @crt: the server's, made for this
 */
struct loop {
	int fd[2];
	gnutls_session_t tls[2];
	gnutls_certificate_credentials_t credentials[2];
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	int sealed[2];
	double deadline;
	struct loop_result *result;
};

static int fail(struct loop *loop, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct loop *loop, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(loop->result->words, sizeof(loop->result->words), format, args);
	va_end(args);
	return -1;
}

/* ---- set-up ------------------------------------------------------------------- */

static int make_certificate(struct loop *loop)
{
	const time_t now = time(NULL);
	const unsigned char serial = 1;
	int ret;

	ret = gnutls_x509_privkey_init(&loop->key);
	if (!ret)
		ret = gnutls_x509_privkey_generate(loop->key, GNUTLS_PK_ECDSA,
				GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (!ret)
		ret = gnutls_x509_crt_init(&loop->crt);
	if (!ret)
		ret = gnutls_x509_crt_set_version(loop->crt, 3);
	if (!ret)
		ret = gnutls_x509_crt_set_serial(loop->crt, &serial, sizeof(serial));
	if (!ret)
		ret = gnutls_x509_crt_set_activation_time(loop->crt, now - 60);
	if (!ret)
		ret = gnutls_x509_crt_set_expiration_time(loop->crt, now + 3600);
	if (!ret)
		ret = gnutls_x509_crt_set_dn(loop->crt, "CN=kseal check", NULL);
	if (!ret)
		ret = gnutls_x509_crt_set_key(loop->crt, loop->key);
	if (!ret)
		ret = gnutls_x509_crt_sign2(loop->crt, loop->crt, loop->key, GNUTLS_DIG_SHA256, 0);
	return ret;
}

/* Functions of our own keep GnuTLS's use of kernel TLS out of the way. */
static ssize_t pull(gnutls_transport_ptr_t ptr, void *data, size_t size)
{
	return recv(*(int *)ptr, data, size, MSG_DONTWAIT);
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *data, size_t size)
{
	return send(*(int *)ptr, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static int start(struct loop *loop, int end, unsigned int flags, const char *priority)
{
	int ret = gnutls_init(&loop->tls[end], flags | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS);

	if (!ret)
		ret = gnutls_priority_set_direct(loop->tls[end], priority, NULL);
	if (!ret)
		ret = gnutls_certificate_allocate_credentials(&loop->credentials[end]);
	if (!ret && end == SERVER)
		ret = gnutls_certificate_set_x509_key(loop->credentials[end], &loop->crt, 1,
						      loop->key);
	if (!ret)
		ret = gnutls_credentials_set(loop->tls[end], GNUTLS_CRD_CERTIFICATE,
					     loop->credentials[end]);
	if (ret)
		return ret;
	gnutls_transport_set_ptr(loop->tls[end], &loop->fd[end]);
	gnutls_transport_set_pull_function(loop->tls[end], pull);
	gnutls_transport_set_push_function(loop->tls[end], push);
	return 0;
}

static int begin(struct loop *loop, struct loop_result *result)
{
	int ret;

	memset(loop, 0, sizeof(*loop));
	memset(result, 0, sizeof(*result));
	loop->result = result;
	loop->deadline = dial_now() + LIMIT_MS;
	ret = probe_connect(loop->fd);
	return ret ? fail(loop, "no connection over loopback: %s", strerror(-ret)) : 0;
}

static void end(struct loop *loop)
{
	int i;

	for (i = CLIENT; i <= SERVER; i++) {
		if (loop->tls[i])
			gnutls_deinit(loop->tls[i]);
		if (loop->credentials[i])
			gnutls_certificate_free_credentials(loop->credentials[i]);
		if (loop->fd[i] >= 0)
			close(loop->fd[i]);
	}
	if (loop->crt)
		gnutls_x509_crt_deinit(loop->crt);
	if (loop->key)
		gnutls_x509_privkey_deinit(loop->key);
}

/* ---- the handshake ------------------------------------------------------------ */

/* Both ends in turns. Return: 0; a GnuTLS error. */
static int shake(struct loop *loop)
{
	int ret[2] = { GNUTLS_E_AGAIN, GNUTLS_E_AGAIN }, i;

	while (ret[CLIENT] || ret[SERVER]) {
		for (i = CLIENT; i <= SERVER; i++) {
			if (ret[i])
				ret[i] = gnutls_handshake(loop->tls[i]);
			if (ret[i] < 0 && gnutls_error_is_fatal(ret[i]))
				return ret[i];
		}
		if (dial_now() > loop->deadline)
			return GNUTLS_E_TIMEDOUT;
	}
	return 0;
}

static int seal(struct loop *loop, int end)
{
	int ret = kseal_attach(loop->fd[end]);

	if (ret)
		return fail(loop, "kseal does not attach to the socket: %s", strerror(-ret));
	ret = kseal_install(loop->fd[end], loop->tls[end], KSEAL_BOTH);
	if (ret)
		return fail(loop, "the kernel does not take the keys: %s", strerror(-ret));
	loop->sealed[end] = 1;
	return 0;
}

/* ---- data --------------------------------------------------------------------- */

/* 0 or more bytes, -errno; -EAGAIN when it is not its turn. */
static ssize_t put(struct loop *loop, int end, const void *data, size_t size)
{
	ssize_t n;

	if (loop->sealed[end]) {
		n = send(loop->fd[end], data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		return n < 0 ? -errno : n;
	}
	n = gnutls_record_send(loop->tls[end], data, size);
	return n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED ? -EAGAIN : n < 0 ? -EIO : n;
}

static ssize_t get(struct loop *loop, int end, void *data, size_t size)
{
	ssize_t n;

	if (loop->sealed[end]) {
		n = recv(loop->fd[end], data, size, MSG_DONTWAIT);
		return n < 0 ? -errno : n ? n : -EPIPE;
	}
	n = gnutls_record_recv(loop->tls[end], data, size);
	return n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED ? -EAGAIN : n < 0 ? -EIO :
	       n ? n : -EPIPE;
}

/* Bytes of chance from one end to the other. Return: 0; -1, and the result says why. */
static int carry(struct loop *loop, int from, int to)
{
	static unsigned char sent[BYTES], received[BYTES];
	size_t out = 0, in = 0;
	ssize_t n;

	for (out = 0; out < BYTES; out += n) {
		n = getrandom(sent + out, BYTES - out, 0);
		if (n < 0)
			return fail(loop, "no random numbers: %s", strerror(errno));
	}
	for (out = 0; in < BYTES; in += n > 0 ? n : 0) {
		n = out < BYTES ? put(loop, from, sent + out, BYTES - out) : 0;
		if (n < 0 && n != -EAGAIN)
			return fail(loop, "sending fails: %s", strerror(-n));
		out += n > 0 ? n : 0;
		n = get(loop, to, received + in, BYTES - in);
		if (n < 0 && n != -EAGAIN)
			return fail(loop, "receiving fails: %s", strerror(-n));
		if (dial_now() > loop->deadline)
			return fail(loop, "%zu of %d bytes did not arrive within %d s", BYTES - in,
				    BYTES, LIMIT_MS / 1000);
	}
	if (memcmp(sent, received, BYTES))
		return fail(loop, "what arrives is not what was sent");
	return 0;
}

static int carry_both_ways(struct loop *loop)
{
	return carry(loop, CLIENT, SERVER) || carry(loop, SERVER, CLIENT) ? -1 : 0;
}

/* What the kernel itself counted at that end. */
static int conclude(struct loop *loop, int end, const char *suite)
{
	struct kseal_info info;
	int ret = kseal_get_info(loop->fd[end], &info);

	if (ret)
		return fail(loop, "the kernel does not tell what it did: %s", strerror(-ret));
	if (info.tx_bytes < BYTES || info.rx_bytes < BYTES)
		return fail(loop, "the kernel sealed %llu and opened %llu of %d bytes",
			    (unsigned long long)info.tx_bytes, (unsigned long long)info.rx_bytes,
			    BYTES);
	loop->result->ok = 1;
	snprintf(loop->result->words, sizeof(loop->result->words),
		 "%s, %d bytes each way, %llu records sealed and %llu opened", suite, BYTES,
		 (unsigned long long)info.tx_records, (unsigned long long)info.rx_records);
	return 0;
}

static void try_alone(struct loop *loop, unsigned int version)
{
	const char *priority = version == 0x0304 ?
		"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM" :
		"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM";
	int ret = make_certificate(loop);

	if (!ret)
		ret = start(loop, CLIENT, GNUTLS_CLIENT, priority);
	if (!ret)
		ret = start(loop, SERVER, GNUTLS_SERVER, priority);
	if (!ret)
		ret = shake(loop);
	if (ret) {
		fail(loop, "GnuTLS: %s", gnutls_strerror(ret));
		return;
	}
	if (seal(loop, CLIENT) || seal(loop, SERVER) || carry_both_ways(loop))
		return;
	conclude(loop, SERVER, gnutls_ciphersuite_get(loop->tls[CLIENT]));
}

void loop_alone(unsigned int version, struct loop_result *result)
{
	struct loop loop;

	if (!begin(&loop, result))
		try_alone(&loop, version);
	end(&loop);
}

/* ---- through kseald ----------------------------------------------------------- */

/* The client's side, while kseald works on the other. Return: 0; a GnuTLS error. */
static int shake_client(struct loop *loop)
{
	int ret;

	while ((ret = gnutls_handshake(loop->tls[CLIENT])) < 0 && !gnutls_error_is_fatal(ret))
		if (dial_wait(loop->fd[CLIENT], gnutls_record_get_direction(loop->tls[CLIENT]) ?
			      POLLOUT : POLLIN, loop->deadline))
			return GNUTLS_E_TIMEDOUT;
	return ret;
}

static int shake_through(struct loop *loop, struct kseal_broker *kseald)
{
	const struct kseal_request request = { .size = sizeof(request), .role = KSEAL_SERVER };
	struct kseal_result result = { .fd = -1 };
	uint32_t id;
	int ret;

	ret = start(loop, CLIENT, GNUTLS_CLIENT, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2");
	if (ret)
		return fail(loop, "GnuTLS: %s", gnutls_strerror(ret));
	ret = kseal_submit(kseald, loop->fd[SERVER], &request, &id);
	if (ret)
		return fail(loop, "kseald does not take a socket: %s", strerror(-ret));
	close(loop->fd[SERVER]);
	loop->fd[SERVER] = -1;
	ret = shake_client(loop);
	if (kseal_receive(kseald, &result, dial_left(loop->deadline)))
		return fail(loop, "kseald gives no answer within %d s", LIMIT_MS / 1000);
	loop->fd[SERVER] = result.fd;
	loop->sealed[SERVER] = 1;
	if (result.error)
		return fail(loop, "%s", result.reason[0] ? result.reason : strerror(result.error));
	return ret ? fail(loop, "the client's side: %s", gnutls_strerror(ret)) : 0;
}

static void try_through(struct loop *loop, const char *path)
{
	struct kseal_broker *kseald;
	int ret = kseal_broker_open(path, &kseald);

	if (ret) {
		fail(loop, "it does not answer: %s", strerror(-ret));
		return;
	}
	if (!shake_through(loop, kseald) && !carry_both_ways(loop))
		conclude(loop, SERVER, gnutls_ciphersuite_get(loop->tls[CLIENT]));
	kseal_broker_close(kseald);
}

void loop_through(const char *path, struct loop_result *result)
{
	struct loop loop;

	if (!begin(&loop, result))
		try_through(&loop, path);
	end(&loop);
}
