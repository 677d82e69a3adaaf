// SPDX-License-Identifier: GPL-2.0
/* Bytes in and out of sockets, each wait with an end. */
#include "kt.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>
#include <netinet/in.h>
#include <linux/sockios.h>
#include <linux/tcp.h>

static uint64_t pattern(uint64_t word)
{
	uint64_t x = (word + 1) * 0x9e3779b97f4a7c15;

	return x ^ x >> 29;
}

void kt_fill(void *buffer, size_t len, uint64_t position)
{
	uint8_t *to = buffer;
	uint64_t word = pattern(position / 8);

	for (; len--; position++) {
		if (position % 8 == 0)
			word = pattern(position / 8);
		*to++ = word >> position % 8 * 8;
	}
}

int kt_check(const void *buffer, size_t len, uint64_t position)
{
	const uint8_t *from = buffer;
	uint8_t want[256];

	for (size_t done = 0, n; done < len; done += n) {
		n = len - done < sizeof(want) ? len - done : sizeof(want);
		kt_fill(want, n, position + done);
		if (!memcmp(want, from + done, n))
			continue;
		for (n = 0; want[n] == from[done + n]; n++)
			;
		kt_say("byte %zu of %zu is %02x, want %02x (%llu of the stream)",
		       done + n, len, from[done + n], want[n],
		       (unsigned long long)(position + done + n));
		return -1;
	}
	return 0;
}

short kt_poll(int fd, short events, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int ret = poll(&pfd, 1, timeout_ms);

	if (ret < 0)
		kt_errno("poll");
	return ret > 0 ? pfd.revents : 0;
}

int kt_watch(int fd, uint32_t events)
{
	struct epoll_event event = { .events = events };
	int set = epoll_create1(EPOLL_CLOEXEC);

	if (set < 0 || epoll_ctl(set, EPOLL_CTL_ADD, fd, &event)) {
		kt_errno("epoll");
		kt_close(&set);
	}
	return set;
}

uint32_t kt_events(int set, int timeout_ms)
{
	struct epoll_event event;

	return epoll_wait(set, &event, 1, timeout_ms) == 1 ? event.events : 0;
}

static int wait_ready(int fd, short events)
{
	if (kt_poll(fd, events, KT_WAIT_MS) > 0)
		return 0;
	errno = ETIMEDOUT;
	return kt_errno(events & POLLIN ? "waiting to read" :
			"waiting to write");
}

int kt_write_full(int fd, const void *buffer, size_t len)
{
	const uint8_t *from = buffer;

	while (len) {
		ssize_t n = send(fd, from, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			return kt_errno("send");
		if (n < 0 && wait_ready(fd, POLLOUT))
			return -1;
		if (n > 0) {
			from += n;
			len -= n;
		}
	}
	return 0;
}

int kt_read_full(int fd, void *buffer, size_t len)
{
	uint8_t *to = buffer;
	size_t want = len;

	while (len) {
		ssize_t n = recv(fd, to, len, MSG_DONTWAIT);

		if (n < 0 && errno != EAGAIN)
			return kt_errno("recv");
		if (n < 0 && wait_ready(fd, POLLIN))
			return -1;
		if (!n) {
			kt_say("the stream ended %zu bytes early, of %zu", len,
			       want);
			return -1;
		}
		if (n > 0) {
			to += n;
			len -= n;
		}
	}
	return 0;
}

int kt_read_pipe(int fd, void *buffer, size_t len)
{
	ssize_t n = read(fd, buffer, len);

	if (n < 0)
		return kt_errno("read from a pipe");
	if (n != (ssize_t)len)
		kt_say("read of %zd bytes from a pipe of %zu", n, len);
	return n == (ssize_t)len ? 0 : -1;
}

int kt_read_eof(int fd)
{
	uint8_t byte;
	ssize_t n;

	if (wait_ready(fd, POLLIN))
		return -1;
	n = recv(fd, &byte, 1, MSG_DONTWAIT);
	if (n < 0)
		return kt_errno("recv, for the end of the stream");
	if (n)
		kt_say("byte %02x where the stream should end", byte);
	return n ? -1 : 0;
}

static int tcp_info(int fd, struct tcp_info *info)
{
	socklen_t len = sizeof(*info);

	memset(info, 0, sizeof(*info));
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &len))
		return kt_errno("getsockopt(TCP_INFO)");
	return 0;
}

static long long missing(void *arg)
{
	const int *fds = arg;
	struct tcp_info from, to;

	if (tcp_info(fds[0], &from) || tcp_info(fds[1], &to))
		return -1;
	return (long long)(from.tcpi_bytes_sent - from.tcpi_bytes_retrans +
			   from.tcpi_notsent_bytes - to.tcpi_bytes_received);
}

int kt_arrived(int from, int to)
{
	int fds[] = { from, to };

	return kt_wait_for(missing, fds, 0);
}

ssize_t kt_recv_pattern(int fd, size_t room, uint64_t position, int flags)
{
	enum { GUARD = 8 };
	static __thread uint8_t buffer[200000 + GUARD];
	ssize_t n;

	memset(buffer + room, 0xa5, GUARD);
	n = recv(fd, buffer, room, flags);
	for (int i = 0; i < GUARD; i++) {
		if (buffer[room + i] == 0xa5)
			continue;
		kt_say("recv wrote behind its buffer of %zu bytes", room);
		errno = EBADE;
		return -1;
	}
	if (n > 0 && kt_check(buffer, n, position)) {
		errno = EBADE;
		return -1;
	}
	return n;
}

int kt_unread(int fd)
{
	int len;

	if (ioctl(fd, SIOCINQ, &len))
		return kt_errno("ioctl(SIOCINQ)");
	return len;
}

struct unread {
	int fd;
	int len;
};

static long long enough_unread(void *arg)
{
	const struct unread *want = arg;

	return kt_unread(want->fd) >= want->len;
}

int kt_unread_at_least(int fd, int len)
{
	struct unread want = { fd, len };

	return kt_wait_for(enough_unread, &want, 1);
}

int kt_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return kt_errno("fcntl(O_NONBLOCK)");
	return 0;
}

int kt_timeout(int fd, int option, int ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	if (setsockopt(fd, SOL_SOCKET, option, &tv, sizeof(tv)))
		return kt_errno("setsockopt(SO_RCVTIMEO or SO_SNDTIMEO)");
	return 0;
}

void kt_reset(int *fd)
{
	struct linger linger = { .l_onoff = 1 };

	if (setsockopt(*fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)))
		kt_errno("setsockopt(SO_LINGER)");
	kt_close(fd);
}

ssize_t kt_send_type(int fd, uint8_t type, const void *buffer, size_t len,
		     int flags)
{
	union {
		char room[CMSG_SPACE(1)];
		struct cmsghdr align;
	} control = { };
	struct iovec iov = { (void *)buffer, len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(1);
	*CMSG_DATA(cmsg) = type;
	return sendmsg(fd, &msg, flags);
}

ssize_t kt_recv_type(int fd, uint8_t *type, void *buffer, size_t len,
		     int flags)
{
	union {
		char room[CMSG_SPACE(1)];
		struct cmsghdr align;
	} control;
	struct iovec iov = { buffer, len };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.room),
	};
	ssize_t ret = recvmsg(fd, &msg, flags);
	struct cmsghdr *cmsg;

	*type = 0;
	if (ret < 0)
		return ret;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_level == SOL_TLS &&
	    cmsg->cmsg_type == TLS_GET_RECORD_TYPE &&
	    cmsg->cmsg_len == CMSG_LEN(1))
		*type = *CMSG_DATA(cmsg);
	return ret;
}

ssize_t kt_fill_buffers(int fd, size_t chunk, uint64_t position)
{
	uint8_t buffer[65536];
	ssize_t total = 0;

	for (;;) {
		ssize_t n;

		kt_fill(buffer, chunk, position + total);
		n = send(fd, buffer, chunk, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN)
			return total;
		if (n <= 0)
			return kt_errno("send without blocking");
		total += n;
	}
}
