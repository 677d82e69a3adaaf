// SPDX-License-Identifier: LGPL-2.1-or-later
/* Connections that the program makes, and for which kseald shakes hands. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/un.h>

#include "broker.h"
#include "kseal.h"
#include "protocol.h"
#include "real.h"
#include "rules.h"
#include "special.h"

enum {
	/* the kernel's least: few messages fill it */
	FULL_BYTES = 1,
	REQUEST_ID = 1,
};

static int failed(const char *host, int error, const char *reason)
{
	say("the connection to %s has failed: %s", host, *reason ? reason : strerror(error));
	errno = error;
	return -1;
}

/* ---- a program that waits in connect() -------------------------------------- */

static int shake_hands(int fd, const char *host)
{
	const struct kseal_request request = {
		.size = sizeof(request), .role = KSEAL_CLIENT, .server_name = host,
		.control = KSEAL_CONTROL_BY_KERNEL,
	};
	struct kseal_result result = { 0 };
	struct kseal_broker *broker;
	int ret;

	ret = kseal_broker_open(rules_setting(RUN_BROKER), &broker);
	if (ret)
		return failed(host, -ret, "kseald cannot be reached");
	ret = kseal_handshake(broker, fd, &request, &result);
	kseal_broker_close(broker);
	if (ret) {
		/* nothing unsealed is to pass */
		REAL(shutdown)(fd, SHUT_RDWR);
		return failed(host, -ret, result.reason);
	}
	/* a second descriptor of the same socket */
	REAL(close)(result.fd);
	say_verbose("connected to %s: %s", host, result.suite);
	return 0;
}

/* ---- a program that does not wait ------------------------------------------- */

static int send_hello(int sock)
{
	const struct kseald_hello hello = {
		.protocol = KSEALD_PROTOCOL, .software = "kseal run " KSEAL_VERSION,
	};
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len = kseald_encode_hello(&hello, buf, sizeof(buf));

	return len < 0 ? (int)len : kseald_send_packet(sock, buf, len, -1);
}

static int send_request(int sock, int tcp, const char *host)
{
	struct kseald_request request = {
		.role = KSEAL_CLIENT, .hold = 1, .control = KSEAL_CONTROL_BY_KERNEL,
	};
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	strcpy(request.server_name, host);
	len = kseald_encode_request(REQUEST_ID, &request, buf, sizeof(buf));
	return len < 0 ? (int)len : kseald_send_packet(sock, buf, len, tcp);
}

/* kseald reads no more while the handshake is under way: what is sent now stays. */
static int fill(int sock)
{
	uint8_t buf[KSEALD_HEADER_SIZE];
	ssize_t len = kseald_encode_fill(buf, sizeof(buf));
	int ret;

	do {
		ret = kseald_send_packet(sock, buf, len, -1);
	} while (!ret);
	return ret == -EAGAIN ? 0 : ret;
}

/* Return: a connection to kseald that is not writable before it has done the handshake. */
static int ask_to_connect(int tcp, const char *host)
{
	const char *path = rules_setting(RUN_BROKER);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int size = FULL_BYTES;
	int sock, ret;

	path = path ? path : KSEAL_BROKER_PATH;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	ret = 0;
	if (REAL(setsockopt)(sock, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) ||
	    REAL(connect)(sock, (struct sockaddr *)&address, sizeof(address)))
		ret = -errno;
	if (!ret)
		ret = send_hello(sock);
	if (!ret)
		ret = send_request(sock, tcp, host);
	if (!ret)
		ret = fill(sock);
	if (!ret)
		return sock;
	REAL(close)(sock);
	return ret;
}

static int begin(int fd, const char *host)
{
	struct special special = { .kind = SPECIAL_CONNECTING };
	int sock, ret;

	special.tcp = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (special.tcp < 0)
		return -1;
	snprintf(special.host, sizeof(special.host), "%s", host);
	sock = ask_to_connect(special.tcp, host);
	ret = sock < 0 ? sock : special_replace(fd, sock);
	if (!ret)
		ret = special_set(fd, &special);
	if (ret) {
		REAL(shutdown)(special.tcp, SHUT_RDWR);
		REAL(close)(special.tcp);
		return failed(host, -ret, sock < 0 ? "kseald cannot be reached" : "");
	}
	errno = EINPROGRESS;
	return -1;
}

int run_connect(int fd, const struct sockaddr *address, socklen_t len, const char *host)
{
	const int blocking = !(fcntl(fd, F_GETFL) & O_NONBLOCK);

	if (REAL(connect)(fd, address, len)) {
		if (errno != EINPROGRESS)
			return -1;
	} else if (blocking) {
		return shake_hands(fd, host);
	}
	return begin(fd, host);
}

/* ---- the end of the handshake ------------------------------------------------ */

/* Return: 0; -EAGAIN there is none yet; another error that the connection ended with. */
static int result_of(int fd, struct kseal_result *result)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	struct kseald_hello hello;
	struct kseald_header header;
	ssize_t len;
	int sock;

	result->reason[0] = '\0';
	for (;;) {
		len = kseald_receive_packet(fd, buf, sizeof(buf), &sock);
		if (len == -EINTR)
			continue;
		if (len <= 0)
			return len == -EAGAIN ? -EAGAIN : -ECONNRESET;
		if (sock >= 0)
			REAL(close)(sock);
		if (kseald_decode_header(buf, len, &header))
			return -EPROTO;
		if (header.type == KSEALD_HELLO && !kseald_decode_hello(buf, len, &hello) &&
		    !hello.error)
			continue;
		return kseald_decode_result(buf, len, result) ? -EPROTO : -result->error;
	}
}

/* The kernel tells a program once, by connect(2), that a connection which it began is
 * there, and takes the next call for another: ours was that.
 */
static void end_connecting(int tcp)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (!REAL(getpeername)(tcp, (struct sockaddr *)&address, &len))
		REAL(connect)(tcp, (struct sockaddr *)&address, len);
}

static int put_back(int fd, const struct special *special, const struct kseal_result *result)
{
	int tcp = special_take(fd), ret;

	if (tcp < 0)
		return 0;
	end_connecting(tcp);
	say_verbose("connected to %s: %s", special->host, result->suite);
	ret = special_replace(fd, tcp);
	return -ret;
}

/* From now on every call on it fails so; the socket itself has been shut down. */
static int keep_error(int fd, struct special special, int error, const char *reason)
{
	failed(special.host, error, reason);
	special.kind = SPECIAL_FAILED;
	special.error = error;
	special.tcp = special_take(fd);
	if (special.tcp < 0)
		return error;
	REAL(shutdown)(special.tcp, SHUT_RDWR);
	special_set(fd, &special);
	return error;
}

static int settle(int fd)
{
	struct kseal_result result;
	struct special special;
	int ret;

	switch (special_get(fd, &special)) {
	case SPECIAL_CONNECTING:
		ret = result_of(fd, &result);
		if (ret == -EAGAIN)
			return EAGAIN;
		return ret ? keep_error(fd, special, -ret, result.reason) :
			     put_back(fd, &special, &result);
	case SPECIAL_FAILED:
		return special.error;
	default:
		return 0;
	}
}

/* What settle() calls comes through here as well, on the very same descriptor. */
int run_settle(int fd)
{
	static __thread int inside;
	int ret;

	if (inside)
		return 0;
	inside = 1;
	ret = settle(fd);
	inside = 0;
	return ret;
}
