// SPDX-License-Identifier: LGPL-2.1-or-later
/* A program's connection to kseald. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "kseal.h"
#include "protocol.h"

enum {
	HELLO_TIMEOUT_MS = 10000,
	STATUS_TIMEOUT_MS = 10000,
};

struct kseal_broker {
	int sock;
	uint32_t last_id;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Waits for @events until @deadline of now_ms(); -1 is for ever. */
static int wait_until(int sock, short events, int64_t deadline)
{
	struct pollfd pfd = { .fd = sock, .events = events };
	int64_t left = -1;
	int n;

	do {
		if (deadline >= 0) {
			left = deadline - now_ms();
			if (left < 0)
				left = 0;
		}
		n = poll(&pfd, 1, left);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n ? 0 : -EAGAIN;
}

static int64_t deadline_of(int timeout_ms)
{
	return timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
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

	ret = wait_until(sock, POLLIN, deadline_of(HELLO_TIMEOUT_MS));
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

int kseal_broker_open(const char *path, struct kseal_broker **broker)
{
	struct kseal_broker *b = calloc(1, sizeof(*b));
	int ret;

	if (!b)
		return -ENOMEM;
	b->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (b->sock < 0) {
		ret = -errno;
		goto free;
	}
	ret = connect_to(b->sock, path ? path : KSEAL_BROKER_PATH);
	if (!ret)
		ret = send_hello(b->sock);
	if (!ret)
		ret = receive_hello(b->sock);
	if (ret)
		goto close;
	*broker = b;
	return 0;

close:
	close(b->sock);
free:
	free(b);
	return ret;
}

void kseal_broker_close(struct kseal_broker *broker)
{
	if (!broker)
		return;
	close(broker->sock);
	free(broker);
}

int kseal_broker_fd(const struct kseal_broker *broker)
{
	return broker->sock;
}

/* ---- handshakes --------------------------------------------------------- */

static int copy_name(char *to, size_t size, const char *from)
{
	if (!from)
		return 0;
	if (!*from || strlen(from) >= size)
		return -EINVAL;
	strcpy(to, from);
	return 0;
}

/* The request of a program that knows an older or a newer one of these structures. */
static int take_known(struct kseal_request *request, const struct kseal_request *theirs)
{
	/* as it was at first */
	const size_t least = offsetof(struct kseal_request, pin);
	const size_t size = theirs->size;

	if (size < least)
		return -EINVAL;
	memset(request, 0, sizeof(*request));
	memcpy(request, theirs, size < sizeof(*request) ? size : sizeof(*request));
	return 0;
}

static int translate_client(const struct kseal_request *request, struct kseald_request *wire)
{
	int ret;

	ret = copy_name(wire->pin, sizeof(wire->pin), request->pin);
	if (!ret)
		ret = copy_name(wire->client_identity, sizeof(wire->client_identity),
				request->client_identity);
	return ret;
}

static int translate(const struct kseal_request *theirs, struct kseald_request *wire)
{
	struct kseal_request known;
	const struct kseal_request *request = &known;
	int ret;

	memset(wire, 0, sizeof(*wire));
	ret = take_known(&known, theirs);
	if (ret)
		return ret;
	if (request->role != KSEAL_SERVER && request->role != KSEAL_CLIENT)
		return -EINVAL;
	wire->role = request->role;
	wire->timeout_ms = request->timeout_ms;
	wire->client_auth = request->client_auth;
	ret = copy_name(wire->server_name, sizeof(wire->server_name),
			request->server_name);
	if (!ret)
		ret = copy_name(wire->identity, sizeof(wire->identity),
				request->identity);
	if (!ret)
		ret = translate_client(request, wire);
	if (!ret && request->alpn)
		ret = kseald_alpn_parse(request->alpn, &wire->alpn);
	return ret;
}

int kseal_submit(struct kseal_broker *broker, int fd,
		 const struct kseal_request *request, uint32_t *id)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	struct kseald_request wire;
	ssize_t len;
	int ret;

	if (fd < 0)
		return -EBADF;
	ret = translate(request, &wire);
	if (ret)
		return ret;
	len = kseald_encode_request(broker->last_id + 1, &wire, buf, sizeof(buf));
	if (len < 0)
		return -EINVAL;
	ret = kseald_send_packet(broker->sock, buf, len, fd);
	if (ret)
		return ret;
	*id = ++broker->last_id;
	return 0;
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

int kseal_receive(struct kseal_broker *broker, struct kseal_result *result,
		  int timeout_ms)
{
	const int64_t deadline = deadline_of(timeout_ms);
	int ret;

	for (;;) {
		ret = wait_until(broker->sock, POLLIN, deadline);
		if (ret)
			return ret;
		ret = take_result(broker, result);
		if (ret != -EAGAIN && ret != -EINTR)
			return ret;
	}
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
		ret = wait_until(broker->sock, POLLOUT, -1);
		if (ret)
			return ret;
	}
	if (ret)
		return ret;
	ret = kseal_receive(broker, result, -1);
	if (ret)
		return ret;
	if (result->id != id) {
		if (result->fd >= 0)
			close(result->fd);
		return -EPROTO;
	}
	return -result->error;
}

/* ---- status ------------------------------------------------------------- */

static int receive_status(int sock, uint32_t id, struct kseal_status *status)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	struct kseald_status answer;
	ssize_t len;
	int fd, ret;

	ret = wait_until(sock, POLLIN, deadline_of(STATUS_TIMEOUT_MS));
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
