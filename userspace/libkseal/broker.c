// SPDX-License-Identifier: LGPL-2.1-or-later
/* A program's connection to kseald. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "broker.h"

enum {
	HELLO_TIMEOUT_MS = 10000,
	STATUS_TIMEOUT_MS = 10000,
};

int64_t broker_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int broker_wait_until(int sock, short events, int64_t deadline)
{
	struct pollfd pfd = { .fd = sock, .events = events };
	int64_t left = -1;
	int n;

	do {
		if (deadline >= 0) {
			left = deadline - broker_now_ms();
			if (left < 0)
				left = 0;
		}
		n = poll(&pfd, 1, left);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -EAGAIN;
}

int64_t broker_deadline(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : broker_now_ms() + timeout_ms;
}

/* ---- opening ------------------------------------------------------------ */

static int connect_to(int sock, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);

	if (!len || len >= sizeof(addr.sun_path))
		return -EINVAL;
	memcpy(addr.sun_path, path, len);
	if (connect(sock, (struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	return 0;
}

static int send_hello(int sock)
{
	const struct kseald_hello hello = {
		.protocol = KSEALD_PROTOCOL,
		.software = "libkseal " KSEAL_VERSION,
	};
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len = kseald_encode_hello(&hello, buf, sizeof(buf));

	return len < 0 ? len : kseald_send_packet(sock, buf, len, -1);
}

static int receive_hello(int sock)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	struct kseald_hello hello;
	ssize_t len;
	int ret, fd;

	ret = broker_wait_until(sock, POLLIN, broker_deadline(HELLO_TIMEOUT_MS));
	if (ret)
		return ret == -EAGAIN ? -ETIMEDOUT : ret;
	len = kseald_receive_packet(sock, buf, sizeof(buf), &fd);
	if (len < 0)
		return len;
	if (!len)
		return -ECONNRESET;
	if (fd >= 0)
		close(fd);
	if (kseald_decode_hello(buf, len, &hello) == -EBADMSG)
		return -EPROTO;
	if (hello.error || hello.protocol != KSEALD_PROTOCOL)
		return -EPROTONOSUPPORT;
	return 0;
}

/* The set that tells of the socket, and of more when there is more (dial.c). */
static int make_set(struct kseal_broker *b)
{
	struct epoll_event event = { .events = EPOLLIN };

	b->set = epoll_create1(EPOLL_CLOEXEC);
	if (b->set < 0 || epoll_ctl(b->set, EPOLL_CTL_ADD, b->sock, &event))
		return -errno;
	return 0;
}

static int open_at(struct kseal_broker *b, const char *path)
{
	int ret;

	b->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (b->sock < 0)
		return -errno;
	ret = connect_to(b->sock, path);
	if (!ret)
		ret = send_hello(b->sock);
	if (!ret)
		ret = receive_hello(b->sock);
	return ret ? ret : make_set(b);
}

int kseal_broker_open(const char *path, struct kseal_broker **broker)
{
	struct kseal_broker *b = calloc(1, sizeof(*b));
	int ret;

	if (!b)
		return -ENOMEM;
	b->sock = -1;
	b->set = -1;
	b->timer = -1;
	ret = open_at(b, path ? path : KSEAL_BROKER_PATH);
	if (ret)
		kseal_broker_close(b);
	else
		*broker = b;
	return ret;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void kseal_broker_close(struct kseal_broker *broker)
{
	if (!broker)
		return;
	dial_free_all(broker);
	close_if_open(broker->timer);
	close_if_open(broker->set);
	close_if_open(broker->sock);
	free(broker);
}

int kseal_broker_fd(const struct kseal_broker *broker)
{
	return broker->set;
}

/* ---- handshakes --------------------------------------------------------- */

static void watch_room(struct kseal_broker *broker, int wanted)
{
	struct epoll_event event = { .events = EPOLLIN | (wanted ? EPOLLOUT : 0) };

	if (broker->wants_room == wanted)
		return;
	broker->wants_room = wanted;
	epoll_ctl(broker->set, EPOLL_CTL_MOD, broker->sock, &event);
}

int broker_send(struct kseal_broker *broker, uint32_t id, int fd,
		const struct kseald_request *wire)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len = kseald_encode_request(id, wire, buf, sizeof(buf));
	int ret;

	if (len < 0)
		return -EINVAL;
	ret = kseald_send_packet(broker->sock, buf, len, fd);
	if (ret == -EAGAIN)
		watch_room(broker, 1);
	return ret;
}

int kseal_submit(struct kseal_broker *broker, int fd,
		 const struct kseal_request *request, uint32_t *id)
{
	struct kseald_request wire;
	int ret;

	if (fd < 0)
		return -EBADF;
	ret = broker_translate(request, &wire);
	if (!ret)
		ret = broker_send(broker, broker->last_id + 1, fd, &wire);
	if (!ret)
		*id = ++broker->last_id;
	return ret;
}

/* A result tells of a socket exactly when it comes with one. */
static int take_result(struct kseal_broker *broker, struct kseal_result *result)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;
	int fd, ret;

	len = kseald_receive_packet(broker->sock, buf, sizeof(buf), &fd);
	if (len < 0)
		return len == -EBADMSG ? -EPROTO : len;
	if (!len)
		return -ECONNRESET;
	ret = kseald_decode_result(buf, len, result);
	if (!ret && fd == -EMFILE && !result->error)
		return -EMFILE;
	if (ret || (fd >= 0) == (result->error != 0)) {
		if (fd >= 0)
			close(fd);
		return -EPROTO;
	}
	result->fd = fd < 0 ? -1 : fd;
	return 0;
}

/* Do what there is to do for sockets that kseald does not have yet. */
static int look_around(struct kseal_broker *broker)
{
	struct epoll_event events[16];
	int i, n = epoll_wait(broker->set, events, 16, 0);

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (i = 0; i < n; i++) {
		if (events[i].data.ptr == &broker->timer) {
			dial_timer(broker);
		} else if (events[i].data.ptr) {
			dial_event(broker, events[i].data.ptr);
		} else if (events[i].events & EPOLLOUT) {
			watch_room(broker, 0);
			dial_room(broker);
		}
	}
	return 0;
}

int kseal_receive(struct kseal_broker *broker, struct kseal_result *result,
		  int timeout_ms)
{
	const int64_t deadline = broker_deadline(timeout_ms);
	int ret;

	for (;;) {
		ret = broker_wait_until(broker->set, POLLIN, deadline);
		if (!ret)
			ret = look_around(broker);
		if (ret)
			return ret;
		if (dial_result(broker, result))
			return 0;
		ret = take_result(broker, result);
		if (ret != -EAGAIN && ret != -EINTR)
			return ret;
	}
}

int broker_wait(struct kseal_broker *broker, uint32_t id, struct kseal_result *result)
{
	int ret = kseal_receive(broker, result, -1);

	if (ret)
		return ret;
	if (result->id != id) {
		close_if_open(result->fd);
		return -EPROTO;
	}
	return -result->error;
}

int kseal_handshake(struct kseal_broker *broker, int fd,
		    const struct kseal_request *request,
		    struct kseal_result *result)
{
	uint32_t id;
	int ret;

	/* Whatever fails before there is a result, reason can be printed. */
	memset(result, 0, sizeof(*result));
	result->fd = -1;
	while ((ret = kseal_submit(broker, fd, request, &id)) == -EAGAIN) {
		ret = broker_wait_until(broker->sock, POLLOUT, -1);
		if (ret)
			return ret;
	}
	if (ret)
		return ret;
	return broker_wait(broker, id, result);
}

/* ---- status ------------------------------------------------------------- */

static int receive_status(int sock, uint32_t id, struct kseal_status *status)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	struct kseald_status answer;
	ssize_t len;
	int fd, ret;

	ret = broker_wait_until(sock, POLLIN, broker_deadline(STATUS_TIMEOUT_MS));
	if (ret)
		return ret == -EAGAIN ? -ETIMEDOUT : ret;
	len = kseald_receive_packet(sock, buf, sizeof(buf), &fd);
	if (fd >= 0)
		close(fd);
	/* to one that knows no such message this is nonsense */
	if (!len || len == -ECONNRESET)
		return -EOPNOTSUPP;
	if (len < 0)
		return len == -EBADMSG ? -EPROTO : len;
	if (kseald_decode_status(buf, len, &answer) || answer.id != id)
		return -EPROTO;
	*status = answer.status;
	return 0;
}

int kseal_get_status(struct kseal_broker *broker, struct kseal_status *status)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	const uint32_t id = ++broker->last_id;
	ssize_t len = kseald_encode_status_request(id, buf, sizeof(buf));
	int ret;

	if (len < 0)
		return len;
	ret = kseald_send_packet(broker->sock, buf, len, -1);
	return ret ? ret : receive_status(broker->sock, id, status);
}
