// SPDX-License-Identifier: LGPL-2.1-or-later
/* A socket and its upper-layer protocol: attach, set, query. */
#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
