// SPDX-License-Identifier: GPL-2.0
/* Every kind of reader that knows nothing of TLS. */
#include "mode.h"
#include "ring.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static ssize_t by_read(int fd, void *buffer, size_t len)
{
	return read(fd, buffer, len);
}

static ssize_t by_readv(int fd, void *buffer, size_t len)
{
	struct iovec iov[2] = {
		{ buffer, len / 2 }, { (char *)buffer + len / 2, len - len / 2 },
	};

	return readv(fd, iov, 2);
}

static ssize_t by_recvmsg(int fd, void *buffer, size_t len)
{
	uint8_t type;
	ssize_t n = kt_recv_type(fd, &type, buffer, len, 0);

	if (n > 0 && type != KT_DATA) {
		kt_say("a record of type %u reached the reader", type);
		errno = EBADE;
		return -1;
	}
	return n;
}

/* As an event loop does it: EAGAIN is in order, and means to poll again. */
static ssize_t by_poll(int fd, void *buffer, size_t len)
{
	ssize_t n;

	if (kt_nonblock(fd))
		return -1;
	do {
		if (!kt_poll(fd, POLLIN | POLLRDHUP, KT_WAIT_MS)) {
			errno = ETIME;
			return -1;
		}
		n = recv(fd, buffer, len, 0);
	} while (n < 0 && errno == EAGAIN);
	return n;
}

/* As select() is used by many: what poll promises is there, with nothing to wait for. */
static ssize_t by_poll_then_block(int fd, void *buffer, size_t len)
{
	if (!kt_poll(fd, POLLIN, KT_WAIT_MS)) {
		errno = ETIME;
		return -1;
	}
	return recv(fd, buffer, len, MSG_DONTWAIT);
}

static ssize_t by_peek(int fd, void *buffer, size_t len)
{
	ssize_t n = recv(fd, buffer, len, MSG_PEEK);

	return n <= 0 ? n : recv(fd, buffer, n, MSG_WAITALL);
}

static ssize_t by_splice(int fd, void *buffer, size_t len)
{
	int pipes[2], error;
	ssize_t n;

	if (pipe(pipes))
		return -1;
	n = splice(fd, NULL, pipes[1], NULL, len, 0);
	error = errno;
	if (n > 0 && kt_read_pipe(pipes[0], buffer, n))
		n = -1;
	close(pipes[0]);
	close(pipes[1]);
	errno = error;
	return n;
}

static ssize_t by_ring(int fd, void *buffer, size_t len)
{
	struct kt_ring ring;
	int n;

	if (kt_ring_open(&ring, 4))
		return -1;
	kt_ring_add(&ring, IORING_OP_RECV, fd, buffer, len, 1);
	n = kt_ring_result(&ring, 1);
	kt_ring_close(&ring);
	errno = n < 0 ? -n : 0;
	return n < 0 ? -1 : n;
}

const struct kt_kind kt_kinds[] = {
	{ "read", by_read },
	{ "readv", by_readv },
	{ "recvmsg", by_recvmsg },
	{ "poll, non-blocking", by_poll },
	{ "poll, blocking", by_poll_then_block },
	{ "peek", by_peek },
	{ "splice", by_splice },
	{ "io_uring", by_ring },
	{ NULL, NULL },
};

int kt_kind_expect(const struct kt_kind *kind, int fd, size_t len, uint64_t from)
{
	static __thread uint8_t got[KT_MAX_WIRE];
	ssize_t n;

	for (; len; len -= n, from += n) {
		n = kind->read(fd, got, len < sizeof(got) ? len : sizeof(got));
		if (n <= 0) {
			kt_say("%s gave %zd (%s), %zu bytes missing", kind->name, n,
			       n ? strerror(errno) : "the end", len);
			return -1;
		}
		if (kt_check(got, n, from))
			return -1;
	}
	return 0;
}

int kt_kind_eof(const struct kt_kind *kind, int fd)
{
	uint8_t got[100];

	for (int i = 0; i < 3; i++) {
		ssize_t n = kind->read(fd, got, sizeof(got));

		if (n) {
			kt_say("%s gave %zd (%s), want the end", kind->name, n,
			       n < 0 ? strerror(errno) : "bytes");
			return -1;
		}
	}
	return 0;
}

int kt_kind_fails(const struct kt_kind *kind, int fd, int error)
{
	uint8_t got[100];

	for (int i = 0; i < 3; i++) {
		ssize_t n = kind->read(fd, got, sizeof(got));

		if (n == -1 && errno == error)
			continue;
		kt_say("%s, time %d: %zd (%s), want %s", kind->name, i, n,
		       n < 0 ? strerror(errno) : "no error", strerror(error));
		return -1;
	}
	return 0;
}
