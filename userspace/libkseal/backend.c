// SPDX-License-Identifier: LGPL-2.1-or-later
/* A program that takes the sockets of one of kseald's listeners. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

enum {
	ANSWER_TIMEOUT_MS = 10000,
};

/**
 * struct kseal_backend - one
 * @broker: its connection to kseald
 * @listener: its name
 * @taken: sockets that kseald has not been told of yet
 * @batch: so many are told of at a time
 */
struct kseal_backend {
	struct kseal_broker *broker;
	char listener[KSEAL_NAME_SIZE];
	unsigned int taken;
	unsigned int batch;
};

static int say(struct kseal_backend *backend, unsigned int room)
{
	struct kseald_subscribe subscribe = { .room = room };
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	strcpy(subscribe.listener, backend->listener);
	len = kseald_encode_subscribe(0, &subscribe, buf, sizeof(buf));
	return len < 0 ? len : kseald_send_packet(backend->broker->sock, buf, len, -1);
}

/* Whether kseald agrees. What it sends next is sockets. */
static int await_answer(struct kseal_backend *backend)
{
	const int sock = backend->broker->sock;
	struct kseald_subscribe answer;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;
	int ret, fd;

	ret = broker_wait_until(sock, POLLIN, broker_deadline(ANSWER_TIMEOUT_MS));
	if (ret)
		return ret == -EAGAIN ? -ETIMEDOUT : ret;
	len = kseald_receive_packet(sock, buf, sizeof(buf), &fd);
	if (len <= 0)
		return len ? len : -ECONNRESET;
	if (fd >= 0)
		close(fd);
	if (kseald_decode_subscribe(buf, len, &answer))
		return -EPROTO;
	return -(int)answer.error;
}

int kseal_backend_open(const char *path, const char *listener, unsigned int backlog,
		       struct kseal_backend **backend)
{
	struct kseal_backend *b;
	int ret;

	if (!listener[0] || strlen(listener) >= sizeof(b->listener) || !backlog)
		return -EINVAL;
	b = calloc(1, sizeof(*b));
	if (!b)
		return -ENOMEM;
	strcpy(b->listener, listener);
	b->batch = (backlog + 1) / 2;
	ret = kseal_broker_open(path, &b->broker);
	if (ret)
		goto free;
	ret = say(b, backlog);
	if (!ret)
		ret = await_answer(b);
	if (ret)
		goto close;
	*backend = b;
	return 0;

close:
	kseal_broker_close(b->broker);
free:
	free(b);
	return ret;
}

void kseal_backend_close(struct kseal_backend *backend)
{
	if (!backend)
		return;
	kseal_broker_close(backend->broker);
	free(backend);
}

int kseal_backend_fd(const struct kseal_backend *backend)
{
	return backend->broker->sock;
}

/* Not for each: half of the backlog is there to bridge the time. When it cannot be said
 * now it is said with the next one; that kseald is gone is told by reading.
 */
static void make_room(struct kseal_backend *backend)
{
	if (++backend->taken >= backend->batch && !say(backend, backend->taken))
		backend->taken = 0;
}

static int is_end(const uint8_t *buf, size_t size)
{
	struct kseald_subscribe answer;

	return !kseald_decode_subscribe(buf, size, &answer) && answer.error;
}

/* One socket comes with each message. */
static int take(struct kseal_backend *backend, struct kseal_result *result)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;
	int fd;

	len = kseald_receive_packet(backend->broker->sock, buf, sizeof(buf), &fd);
	if (len <= 0)
		return !len ? -ECONNRESET : len == -EBADMSG ? -EPROTO : len;
	if (fd < 0 && is_end(buf, len))
		return -ENXIO;
	if (kseald_decode_handed(buf, len, result) || fd == -1) {
		if (fd >= 0)
			close(fd);
		return -EPROTO;
	}
	make_room(backend);
	result->fd = fd;
	return fd == -EMFILE ? -EMFILE : 0;
}

int kseal_backend_accept(struct kseal_backend *backend, struct kseal_result *result,
			 int timeout_ms)
{
	const int64_t deadline = broker_deadline(timeout_ms);
	int ret;

	for (;;) {
		ret = broker_wait_until(backend->broker->sock, POLLIN, deadline);
		if (ret)
			return ret;
		ret = take(backend, result);
		if (ret != -EAGAIN && ret != -EINTR)
			return ret;
	}
}
