// SPDX-License-Identifier: GPL-2.0
/* Connections over the loopback. */
#include "bench.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

static int listener(struct sockaddr_in *to)
{
	socklen_t len = sizeof(*to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*to = (struct sockaddr_in){ .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (void *)to, sizeof(*to)) || listen(fd, 16) ||
	    getsockname(fd, (void *)to, &len)) {
		kt_errno("listen");
		kt_close(&fd);
	}
	return fd;
}

static struct sockaddr_in address;
static int accepting = -1;

/** bench_conn_elsewhere() - this process is in another network namespace now. */
void bench_conn_elsewhere(void)
{
	kt_close(&accepting);
}

static int connect_pair(int fd[2])
{
	int one = 1;

	if (accepting < 0)
		accepting = listener(&address);
	if (accepting < 0)
		return -1;
	fd[READER] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd[READER] < 0 || connect(fd[READER], (void *)&address, sizeof(address)))
		return kt_errno("connect");
	fd[SENDER] = accept4(accepting, NULL, NULL, SOCK_CLOEXEC);
	if (fd[SENDER] < 0)
		return kt_errno("accept");
	if (setsockopt(fd[SENDER], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    setsockopt(fd[READER], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)))
		return kt_errno("setsockopt(TCP_NODELAY)");
	return 0;
}

/**
 * bench_conn_open() - connect, and make both ends speak
 * @conn: to fill; bench_conn_close() is due, whatever is returned
 */
int bench_conn_open(struct bench_conn *conn, const struct bench_transport *transport,
		    const struct bench_suite *suite, unsigned int record, bool raw)
{
	*conn = (struct bench_conn){ .transport = transport, .suite = suite,
				     .fd = { -1, -1 }, .record = record, .raw = raw };
	return connect_pair(conn->fd) || transport->open(conn) ? -1 : 0;
}

/** bench_conn_close() - close both ends. */
void bench_conn_close(struct bench_conn *conn)
{
	if (conn->transport->close)
		conn->transport->close(conn);
	kt_close(&conn->fd[SENDER]);
	kt_close(&conn->fd[READER]);
}

/** bench_blocking() - make a socket so. */
int bench_blocking(int fd, bool blocking)
{
	int flags = fcntl(fd, F_GETFL);

	flags = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) ? kt_errno("fcntl") : 0;
}

/**
 * bench_handshake() - both sides' steps in turn
 * @step: of one session: 0 when its handshake is done, 1 if it waits, -1 it failed
 */
int bench_handshake(struct bench_conn *conn, int (*step)(void *session))
{
	int left = 3, tries = 0, ret;

	bench_blocking(conn->fd[SENDER], false);
	bench_blocking(conn->fd[READER], false);
	for (; left && tries < 10000; tries++)
		for (int side = SENDER; side <= READER; side++) {
			if (!(left & 1 << side))
				continue;
			ret = step(conn->session[side]);
			if (ret < 0)
				return -1;
			if (!ret)
				left &= ~(1 << side);
		}
	if (left) {
		kt_say("a handshake does not end");
		return -1;
	}
	return bench_blocking(conn->fd[SENDER], true) | bench_blocking(conn->fd[READER], true);
}
