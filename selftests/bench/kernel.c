// SPDX-License-Identifier: GPL-2.0
/* Sockets alone: plain TCP, and the record layers that are ULPs of the kernel. */
#include "bench.h"
#include <string.h>
#include <netinet/in.h>
#include <linux/tcp.h>

enum { KEY_TO_READER = 1, KEY_TO_SENDER = 2 };	/* seeds */

static int open_plain(struct bench_conn *conn)
{
	(void)conn;
	return 0;
}

static int install(struct bench_conn *conn, enum bench_side side, int direction,
		   unsigned int seed)
{
	struct kt_params params = { conn->suite->version, conn->suite->cipher, AF_INET };
	struct kt_key key;

	kt_key_make(&key, &params, seed, 0);
	return kt_install(conn->fd[side], direction, &key) ?
	       kt_errno("setsockopt(SOL_TLS)") : 0;
}

static int set_record(struct bench_conn *conn)
{
	uint16_t len = conn->record;

	if (!len)
		return 0;
	return setsockopt(conn->fd[SENDER], SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &len, sizeof(len)) ?
	       kt_errno("setsockopt(TLS_TX_MAX_PAYLOAD_LEN)") : 0;
}

static int open_ulp(struct bench_conn *conn, const char *ulp)
{
	for (int side = SENDER; side <= (conn->raw ? SENDER : READER); side++) {
		if (setsockopt(conn->fd[side], IPPROTO_TCP, TCP_ULP, ulp, strlen(ulp)))
			return kt_errno("setsockopt(TCP_ULP)");
		if (install(conn, side, TLS_TX, side == SENDER ? KEY_TO_READER : KEY_TO_SENDER) ||
		    install(conn, side, TLS_RX, side == SENDER ? KEY_TO_SENDER : KEY_TO_READER))
			return -1;
	}
	return set_record(conn);
}

static int open_in_tree(struct bench_conn *conn)
{
	return open_ulp(conn, "tls");
}

static int open_kseal(struct bench_conn *conn)
{
	return open_ulp(conn, "kseal");
}

static int send_all(struct bench_conn *conn, enum bench_side side, const void *data, size_t len)
{
	ssize_t n;

	for (; len; len -= n, data = (const char *)data + n) {
		n = send(conn->fd[side], data, len, MSG_NOSIGNAL);
		if (n <= 0)
			return kt_errno("send");
	}
	return 0;
}

static ssize_t recv_some(struct bench_conn *conn, enum bench_side side, void *data, size_t len)
{
	return recv(conn->fd[side], data, len, 0);
}

#define BENCH_KERNEL(id, called, how)				\
const struct bench_transport id = {				\
	.name = called, .kernel = true, .open = how,		\
	.send = send_all, .recv = recv_some,			\
}

BENCH_KERNEL(bench_plain, "plain", open_plain);
BENCH_KERNEL(bench_in_tree, "in-tree", open_in_tree);
BENCH_KERNEL(bench_kseal, "kseal", open_kseal);
