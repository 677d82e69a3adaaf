// SPDX-License-Identifier: GPL-2.0
/*
 * get HOST PORT [BROKER] - fetch / over HTTPS and print the answer: a client with
 * kseal_connect(). The name is verified by kseald.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/tls.h>
#include <sys/socket.h>
#include <kseal.h>

enum { ALERT = 21, DATA = 23 };	/* RFC 8446 B.1 */

/*
 * Plain read() would do for data alone. Records of another type, a server's session
 * tickets and the alert at the end, come only to who can be told their type.
 */
static ssize_t receive(int fd, char *buf, size_t size, int *type)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(1)];
	} control;
	struct iovec iov = { buf, size };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg, 0);
	struct cmsghdr *cmsg = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);

	*type = DATA;
	if (cmsg && cmsg->cmsg_level == SOL_TLS && cmsg->cmsg_type == TLS_GET_RECORD_TYPE)
		*type = *CMSG_DATA(cmsg);
	return n;
}

static void print_answer(int fd)
{
	char buf[16384];
	int type;
	ssize_t n;

	while ((n = receive(fd, buf, sizeof(buf), &type)) > 0 && type != ALERT)
		if (type == DATA)
			fwrite(buf, 1, n, stdout);
	if (n < 0)
		err(1, "cannot receive");
}

int main(int argc, char **argv)
{
	struct kseal_request request = {
		.size = sizeof(request), .role = KSEAL_CLIENT, .alpn = "http/1.1",
		.timeout_ms = 30000,
	};
	struct kseal_broker *kseald;
	struct kseal_result result;
	char text[512];
	int ret;

	if (argc < 3)
		errx(2, "usage: get HOST PORT [BROKER]");
	ret = kseal_broker_open(argc > 3 ? argv[3] : NULL, &kseald);
	if (ret)
		errx(1, "kseald cannot be reached: %s", strerror(-ret));
	ret = kseal_connect(kseald, argv[1], argv[2], &request, &result);
	kseal_broker_close(kseald);
	if (ret)
		errx(1, "%s", result.reason[0] ? result.reason : strerror(-ret));
	fprintf(stderr, "%s, %s, %s\n", result.peer, kseal_version_name(result.version),
		result.suite);
	snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
		 argv[1]);
	if (write(result.fd, text, strlen(text)) < 0)
		err(1, "cannot send the request");
	print_answer(result.fd);
	kseal_close(result.fd);
	return 0;
}
