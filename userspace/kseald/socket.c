// SPDX-License-Identifier: GPL-2.0
/* The sockets that programs hand over: what they are, whom they lead to. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "socket.h"
#include "tls.h"

static void format_peer(const struct sockaddr_storage *addr, char *buf,
			size_t size)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)addr;
	const struct sockaddr_in *in = (const struct sockaddr_in *)addr;
	const int mapped = addr->ss_family == AF_INET6 &&
			   IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
	const void *v4 = mapped ? (const void *)&in6->sin6_addr.s6_addr[12] :
				  (const void *)&in->sin_addr;
	char text[INET6_ADDRSTRLEN];

	/* Both structures have the port at the same place. */
	if ((mapped || addr->ss_family == AF_INET) &&
	    inet_ntop(AF_INET, v4, text, sizeof(text)))
		snprintf(buf, size, "%s:%u", text, ntohs(in->sin_port));
	else if (addr->ss_family == AF_INET6 &&
		 inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text)))
		snprintf(buf, size, "[%s]:%u", text, ntohs(in6->sin6_port));
}

static int is_tcp(int fd)
{
	int protocol;
	socklen_t len = sizeof(protocol);

	return !getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) &&
	       protocol == IPPROTO_TCP;
}

/* kseal without keys does no harm: the program may have attached it itself. */
static int has_other_ulp(int fd)
{
	char name[16] = "";
	socklen_t len = sizeof(name) - 1;

	return !getsockopt(fd, IPPROTO_TCP, TCP_ULP, name, &len) && len &&
	       *name && strcmp(name, KSEAL_ULP_NAME);
}

/* Its program did not wait for connect(2). What becomes of it, the handshake will see. */
static int is_connecting(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	return !getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) && info.tcpi_state == TCP_SYN_SENT;
}

int socket_peer(int fd, struct kseal_result *result)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);

	if (getpeername(fd, (struct sockaddr *)&addr, &len))
		return -errno;
	format_peer(&addr, result->peer, sizeof(result->peer));
	return 0;
}

int socket_check(int fd, struct kseal_result *result)
{
	if (!is_tcp(fd))
		return tls_fail(result, EINVAL,
				"what came along is not a TCP socket");
	if (socket_peer(fd, result) && !is_connecting(fd))
		return tls_fail(result, EINVAL, "the socket is not connected");
	if (has_other_ulp(fd))
		return tls_fail(result, EINVAL, "the socket has another "
				"upper-layer protocol already");
	return 0;
}
