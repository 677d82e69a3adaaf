// SPDX-License-Identifier: GPL-2.0
/*
 * stdin to a TLS socket and back, one thread each way, so that neither waits
 * for the other. What is not data comes as records of another type: the end of
 * the peer's data is a close_notify alert.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "alert.h"
#include "endpoint.h"

enum {
	BUFFER_SIZE = 65536,
	/* RFC 8446 B.1, B.2, B.3 */
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
	ALERT_CLOSE_NOTIFY = 0,
	HANDSHAKE_TICKET = 4,
};

union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(unsigned char))];
};

static int fail(const char *what, int error)
{
	fprintf(stderr, "kseal: %s: %s\n", what, strerror(error));
	return -error;
}

/* ---- out ---------------------------------------------------------------- */

static int send_all(int fd, const char *data, size_t size)
{
	ssize_t n;

	while (size) {
		n = send(fd, data, size, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail("cannot send", errno);
		data += n;
		size -= n;
	}
	return 0;
}

static int send_stdin(int fd)
{
	char buf[BUFFER_SIZE];
	ssize_t n;
	int ret;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf)))) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail("cannot read stdin", errno);
		ret = send_all(fd, buf, n);
		if (ret)
			return ret;
	}
	ret = alert_close_notify(fd, 0);
	shutdown(fd, SHUT_WR);
	return ret ? fail("cannot send the end of the data", -ret) : 0;
}

/* ---- in ----------------------------------------------------------------- */

/* Bytes and the type of the record they are from; 0 is the end of TCP. */
static ssize_t receive(int fd, char *buf, size_t size, int *type)
{
	union control control;
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg;
	ssize_t n;

	do {
		n = recvmsg(fd, &msg, 0);
	} while (n < 0 && errno == EINTR);
	*type = RECORD_DATA;
	if (n < 0)
		return fail("cannot receive", errno);
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_level == SOL_TLS &&
	    cmsg->cmsg_type == TLS_GET_RECORD_TYPE)
		*type = *CMSG_DATA(cmsg);
	return n;
}

static int write_stdout(const char *data, size_t size)
{
	ssize_t n;

	while (size) {
		n = write(STDOUT_FILENO, data, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail("cannot write to stdout", errno);
		data += n;
		size -= n;
	}
	return 0;
}

/* 1 when this ends the peer's data, 0 to go on, or -errno. */
static int take_control(int type, const char *data, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)data;
	const char *name;

	if (type == RECORD_ALERT && size >= 2) {
		if (bytes[1] == ALERT_CLOSE_NOTIFY)
			return 1;
		name = gnutls_alert_get_name(bytes[1]);
		fprintf(stderr, "kseal: the peer sent alert %d (%s)\n", bytes[1],
			name ? name : "unknown");
		return -EPROTO;
	}
	if (type == RECORD_HANDSHAKE && size && bytes[0] == HANDSHAKE_TICKET)
		return 0;
	fprintf(stderr, "kseal: the peer sent a record of type %d, message %d, "
		"that cannot be answered here\n", type, size ? bytes[0] : -1);
	return -EPROTO;
}

static int receive_to_stdout(int fd)
{
	char buf[BUFFER_SIZE];
	int type, ret;
	ssize_t n;

	for (;;) {
		n = receive(fd, buf, sizeof(buf), &type);
		if (n < 0)
			return n;
		if (!n) {
			fprintf(stderr, "kseal: the peer closed the connection "
				"without close_notify: its data may be cut\n");
			return 0;
		}
		ret = type == RECORD_DATA ? write_stdout(buf, n) :
					    take_control(type, buf, n);
		if (ret)
			return ret < 0 ? ret : 0;
	}
}

/* ---- both --------------------------------------------------------------- */

struct sender {
	int fd;
	int result;
};

static void *run_sender(void *arg)
{
	struct sender *sender = arg;

	sender->result = send_stdin(sender->fd);
	return NULL;
}

int relay(int fd)
{
	struct sender sender = { .fd = fd };
	pthread_t thread;
	int ret;

	ret = pthread_create(&thread, NULL, run_sender, &sender);
	if (ret)
		return fail("cannot start a thread", ret);
	ret = receive_to_stdout(fd);
	if (ret) {
		/* Whatever stdin still has to say, nobody is there to hear it. */
		shutdown(fd, SHUT_RDWR);
		pthread_cancel(thread);
	}
	pthread_join(thread, NULL);
	return ret ? ret : sender.result;
}
