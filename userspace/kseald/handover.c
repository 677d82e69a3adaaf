// SPDX-License-Identifier: GPL-2.0
/*
 * Giving a finished handshake to the kernel: its keys, and with them what it takes to be
 * left alone with the connection: the secrets that later keys are made from.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/tls.h>

#include "protocol.h"
#include "tls.h"

/* ---- secrets ---------------------------------------------------------------- */

static void keep(struct traffic_secret *secret, const void *bytes, size_t size)
{
	if (!bytes || size > sizeof(secret->bytes))
		return;
	memcpy(secret->bytes, bytes, size);
	secret->size = size;
}

static int secrets(gnutls_session_t session, gnutls_record_encryption_level_t level,
		   const void *read, const void *write, size_t size)
{
	struct tls *tls = gnutls_session_get_ptr(session);

	if (level == GNUTLS_ENCRYPTION_LEVEL_APPLICATION) {
		keep(&tls->rx_secret, read, size);
		keep(&tls->tx_secret, write, size);
	}
	return 0;
}

void handover_keep_secrets(struct tls *tls)
{
	gnutls_handshake_set_secret_function(tls->session, secrets);
}

void handover_forget_secrets(struct tls *tls)
{
	explicit_bzero(&tls->tx_secret, sizeof(tls->tx_secret));
	explicit_bzero(&tls->rx_secret, sizeof(tls->rx_secret));
}

/* ---- options of the socket ---------------------------------------------------- */

static int refused(struct kseal_result *result, const char *what, int error)
{
	return tls_fail(result, error == ENOPROTOOPT ? EPROTO : error,
			"the kernel module does not take %s (%s)%s", what, strerror(error),
			error == ENOPROTOOPT ? "; is it older than kseald?" : "");
}

static int set_sizing(int fd, const struct kseal_record_sizing *sizing, struct kseal_result *result)
{
	int ret;

	if (!sizing->bytes)
		return 0;
	ret = kseal_set_record_sizing(fd, sizing->bytes, sizing->idle_ms);
	return ret ? refused(result, "--record-sizing", -ret) : 0;
}

static int set_secret(struct tls *tls, enum kseal_direction direction,
		      const struct traffic_secret *secret, struct kseal_result *result)
{
	const int ret = kseal_set_secret(tls->fd, direction, result->cipher, secret->bytes,
					 secret->size);

	/* a kernel without that HMAC: all goes well as long as no key is updated */
	return ret && ret != -ENOENT ? refused(result, "traffic secrets", -ret) : 0;
}

static int set_secrets(struct tls *tls, struct kseal_result *result)
{
	int ret;

	if (result->version != TLS_1_3_VERSION)
		return 0;
	ret = set_secret(tls, KSEAL_TX, &tls->tx_secret, result);
	return ret ? ret : set_secret(tls, KSEAL_RX, &tls->rx_secret, result);
}

static int set_control(struct tls *tls, const struct handover *handover,
		       struct kseal_result *result)
{
	const uint32_t role = tls->server_name[0] ? KSEAL_CONTROL_CLIENT : KSEAL_CONTROL_SERVER;
	const int ret = kseal_set_control(tls->fd, KSEAL_CONTROL_ON | role, handover->key_records);

	return ret ? refused(result, "kernel-control mode", -ret) : 0;
}

/* ---- all of it ------------------------------------------------------------------ */

uint32_t handover_control(const struct handover *handover, uint32_t control)
{
	if (control != KSEAL_CONTROL_AS_CONFIGURED)
		return control;
	return handover->kernel_control ? KSEAL_CONTROL_BY_KERNEL : KSEAL_CONTROL_BY_PROGRAM;
}

/* The keys are in: a socket on which something of this fails must not be used. */
static int give_control(struct tls *tls, const struct handover *handover,
			struct kseal_result *result)
{
	int ret = set_secrets(tls, result);

	if (!ret)
		ret = set_control(tls, handover, result);
	if (ret)
		shutdown(tls->fd, SHUT_RDWR);
	return ret;
}

int tls_hand_over(struct tls *tls, const struct handover *handover, uint32_t control,
		  struct kseal_result *result)
{
	int ret;

	ret = kseal_attach(tls->fd);
	if (ret) {
		reason_of_attach(ret, result);
		return -result->error;
	}
	/* before the keys: the first record is to be a small one */
	ret = set_sizing(tls->fd, &handover->sizing, result);
	if (ret)
		return ret;
	ret = kseal_install(tls->fd, tls->session, KSEAL_BOTH);
	if (ret) {
		reason_of_install(tls, ret, result);
		return -result->error;
	}
	if (handover_control(handover, control) != KSEAL_CONTROL_BY_KERNEL)
		return 0;
	return give_control(tls, handover, result);
}
