// SPDX-License-Identifier: LGPL-2.1-or-later
/* A socket and its upper-layer protocol: attach, set, query. */
#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "kseal.h"

/* Kernels answer a TCP_ULP on another protocol in several ways. */
static int require_tcp(int fd)
{
	int protocol;
	socklen_t len = sizeof(protocol);

	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len))
		return -errno;
	return protocol == IPPROTO_TCP ? 0 : -EINVAL;
}

static int is_attached(int fd)
{
	char name[16] = "";
	socklen_t len = sizeof(name) - 1;

	if (getsockopt(fd, IPPROTO_TCP, TCP_ULP, name, &len))
		return 0;
	return !strcmp(name, KSEAL_ULP_NAME);
}

int kseal_attach(int fd)
{
	int ret = require_tcp(fd);

	if (ret)
		return ret;
	if (!setsockopt(fd, IPPROTO_TCP, TCP_ULP, KSEAL_ULP_NAME,
			sizeof(KSEAL_ULP_NAME)))
		return 0;
	ret = -errno;
	return ret == -EEXIST && is_attached(fd) ? 0 : ret;
}

/* IPv4 calls an unknown level EOPNOTSUPP, IPv6 ENOPROTOOPT. */
static int option_error(void)
{
	return errno == EOPNOTSUPP ? -ENOPROTOOPT : -errno;
}

int kseal_set_record_sizing(int fd, uint32_t bytes, uint32_t idle_ms)
{
	struct kseal_record_sizing sizing = { .bytes = bytes, .idle_ms = idle_ms };

	return setsockopt(fd, SOL_TLS, KSEAL_TX_RECORD_SIZING, &sizing, sizeof(sizing)) ?
	       option_error() : 0;
}

int kseal_set_rx_prefix(int fd, const void *data, size_t size)
{
	if (size > KSEAL_RX_PREFIX_MAX)
		return -EMSGSIZE;
	return setsockopt(fd, SOL_TLS, KSEAL_RX_PREFIX, data, size) ? option_error() : 0;
}

int kseal_set_control(int fd, uint32_t flags, uint64_t tx_records)
{
	const struct kseal_control control = { .flags = flags, .tx_records = tx_records };

	return setsockopt(fd, SOL_TLS, KSEAL_CONTROL, &control, sizeof(control)) ?
	       option_error() : 0;
}

/** struct secret_kind - what a cipher of TLS 1.3 has secrets of */
struct secret_kind {
	uint16_t cipher;
	uint8_t hash;
	uint8_t size;
};

static const struct secret_kind secret_kinds[] = {
	{ TLS_CIPHER_AES_GCM_128, KSEAL_HASH_SHA256, 32 },
	{ TLS_CIPHER_AES_GCM_256, KSEAL_HASH_SHA384, 48 },
	{ TLS_CIPHER_AES_CCM_128, KSEAL_HASH_SHA256, 32 },
	{ TLS_CIPHER_CHACHA20_POLY1305, KSEAL_HASH_SHA256, 32 },
	{ TLS_CIPHER_SM4_GCM, KSEAL_HASH_SM3, 32 },
	{ TLS_CIPHER_SM4_CCM, KSEAL_HASH_SM3, 32 },
};

static int start_secret(struct kseal_secret *secret, uint16_t cipher, size_t size)
{
	size_t i;

	for (i = 0; i < sizeof(secret_kinds) / sizeof(secret_kinds[0]); i++) {
		if (secret_kinds[i].cipher != cipher)
			continue;
		secret->cipher = cipher;
		secret->hash = secret_kinds[i].hash;
		secret->len = secret_kinds[i].size;
		return size == secret->len ? 0 : -EINVAL;
	}
	return -ENOTSUP;
}

/* On a socket of kseal EOPNOTSUPP is about the key, and no word for an unknown level. */
static int secret_error(int fd)
{
	const int error = errno;

	if (error == EOPNOTSUPP)
		return is_attached(fd) ? -EOPNOTSUPP : -ENOPROTOOPT;
	return -error;
}

int kseal_set_secret(int fd, enum kseal_direction direction, uint16_t cipher,
		     const void *secret, size_t size)
{
	const int option = direction == KSEAL_TX ? KSEAL_TX_SECRET : KSEAL_RX_SECRET;
	struct kseal_secret given = { 0 };
	int ret;

	if (direction != KSEAL_TX && direction != KSEAL_RX)
		return -EINVAL;
	ret = start_secret(&given, cipher, size);
	if (ret)
		return ret;
	memcpy(given.secret, secret, size);
	if (setsockopt(fd, SOL_TLS, option, &given, sizeof(given)))
		ret = secret_error(fd);
	explicit_bzero(&given, sizeof(given));
	return ret;
}

int kseal_get_info(int fd, struct kseal_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	if (getsockopt(fd, SOL_TLS, KSEAL_INFO, info, &len))
		return option_error();
	info->tx_driver[sizeof(info->tx_driver) - 1] = '\0';
	info->rx_driver[sizeof(info->rx_driver) - 1] = '\0';
	return 0;
}
