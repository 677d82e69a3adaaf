// SPDX-License-Identifier: LGPL-2.1-or-later
/* Listening sockets, whose connections kseald accepts. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/un.h>

#include "../libkseal/broker.h"
#include "broker.h"
#include "kseal.h"
#include "protocol.h"
#include "real.h"
#include "rules.h"
#include "special.h"

enum {
	ANSWER_MS = 10000,
	/* between two tries to reach a kseald that has gone */
	PAUSE_MS = 100,
};

/* ---- giving it to kseald ---------------------------------------------------- */

static int await_answer(struct kseal_broker *broker, char *why, size_t size)
{
	struct kseal_result result;
	int ret = kseal_receive(broker, &result, ANSWER_MS);

	why[0] = '\0';
	if (ret)
		return ret == -EAGAIN ? -ETIMEDOUT : ret;
	if (result.fd >= 0)
		REAL(close)(result.fd);
	snprintf(why, size, "%s", result.reason);
	return -result.error;
}

/*
 * Return: a connection to kseald on which sockets arrive, or -errno and @why, which may
 * be empty.
 */
static int ask_to_accept(int tcp, char *why, size_t size)
{
	const struct kseal_request request = {
		.size = sizeof(request),
		.role = KSEAL_SERVER,
		.identity = rules_setting(RUN_IDENTITY),
		.alpn = rules_setting(RUN_ALPN),
		.control = KSEAL_CONTROL_BY_KERNEL,
	};
	struct kseal_broker *broker;
	uint32_t id;
	int ret, fd;

	why[0] = '\0';
	ret = kseal_broker_open(rules_setting(RUN_BROKER), &broker);
	if (ret)
		return ret;
	ret = kseal_submit(broker, tcp, &request, &id);
	if (!ret)
		ret = await_answer(broker, why, size);
	fd = ret ? ret : fcntl(broker->sock, F_DUPFD_CLOEXEC, 3);
	if (!ret && fd < 0)
		fd = -errno;
	kseal_broker_close(broker);
	return fd;
}

static int give(int fd, int tcp, char *why, size_t size)
{
	/* kseald does not wait in accept(), and its flags are those of the program's socket */
	const int status = fcntl(fd, F_GETFL);
	int sock = ask_to_accept(tcp, why, size), ret;

	ret = sock < 0 ? sock : special_replace(fd, sock);
	if (!ret)
		fcntl(fd, F_SETFL, status);
	return ret;
}

int run_listen(int fd)
{
	struct special special = { .kind = SPECIAL_LISTENING };
	char why[KSEAL_REASON_SIZE];
	int ret;

	special.tcp = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (special.tcp < 0)
		return -1;
	ret = give(fd, special.tcp, why, sizeof(why));
	if (!ret)
		ret = special_set(fd, &special);
	if (!ret)
		return 0;
	REAL(close)(special.tcp);
	say("kseald does not take the listening socket: %s", why[0] ? why : strerror(-ret));
	errno = -ret;
	return -1;
}

/* kseald has gone. It may come back, as after a restart: the socket is still ours. */
static int give_again(int fd)
{
	struct special special;
	char why[KSEAL_REASON_SIZE];
	int ret, tcp;

	if (special_get(fd, &special) != SPECIAL_LISTENING)
		return -ECONNABORTED;
	tcp = fcntl(special.tcp, F_DUPFD_CLOEXEC, 3);
	if (tcp < 0)
		return -errno;
	special.tcp = tcp;
	ret = give(fd, tcp, why, sizeof(why));
	if (!ret)
		ret = special_set(fd, &special);
	if (ret)
		REAL(close)(tcp);
	else
		say("kseald is there again");
	return ret;
}

/* ---- taking connections ----------------------------------------------------- */

int run_is_listener(int fd)
{
	struct sockaddr_un address;
	socklen_t len = sizeof(address), type_len = sizeof(int);
	int type = 0;

	return rules_setting(RUN_LISTEN) &&
	       !REAL(getsockopt)(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) &&
	       type == SOCK_SEQPACKET &&
	       !REAL(getpeername)(fd, (struct sockaddr *)&address, &len) &&
	       address.sun_family == AF_UNIX;
}

/* Return: a socket; -EAGAIN; -ECONNRESET kseald has gone. */
static int take(int fd)
{
	struct kseald_header header;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;
	int sock;

	for (;;) {
		len = kseald_receive_packet(fd, buf, sizeof(buf), &sock);
		if (len == -EINTR)
			continue;
		if (len <= 0)
			return len && len != -EBADMSG ? len : -ECONNRESET;
		if (sock == -EMFILE)
			return -EMFILE;
		if (sock >= 0 && !kseald_decode_header(buf, len, &header) &&
		    header.type == KSEALD_HANDED)
			return sock;
		if (sock >= 0)
			REAL(close)(sock);
	}
}

static int is_blocking(int fd)
{
	return !(fcntl(fd, F_GETFL) & O_NONBLOCK);
}

static int pause_for(int fd, int ms)
{
	struct pollfd pfd = { .fd = fd, .events = ms ? 0 : POLLIN };

	return poll(ms ? NULL : &pfd, ms ? 0 : 1, ms ? ms : -1);
}

/* Without kseald: tries to get it back, but does not let the program spin. */
static int without_kseald(int fd)
{
	static int complained;
	int ret = give_again(fd);

	if (!ret) {
		complained = 0;
		return 0;
	}
	if (!complained)
		say("kseald has gone (%s); connections wait until it is there again",
		    strerror(-ret));
	complained = 1;
	ret = pause_for(fd, PAUSE_MS) < 0 ? -errno : -EAGAIN;
	special_watch_anew(fd);
	return ret;
}

static int describe(int sock, struct sockaddr *address, socklen_t *len, int flags)
{
	const int status = fcntl(sock, F_GETFL);

	if (!(flags & SOCK_CLOEXEC))
		fcntl(sock, F_SETFD, 0);
	fcntl(sock, F_SETFL, flags & SOCK_NONBLOCK ? status | O_NONBLOCK : status & ~O_NONBLOCK);
	/* of a peer that has left already */
	if (address && len && REAL(getpeername)(sock, address, len))
		*len = 0;
	return sock;
}

int run_accept(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	int ret;

	for (;;) {
		ret = take(fd);
		if (ret >= 0) {
			say_verbose("accepted a connection that speaks TLS");
			return describe(ret, address, len, flags);
		}
		if (ret == -ECONNRESET)
			ret = without_kseald(fd);
		else if (ret == -EAGAIN && is_blocking(fd))
			ret = pause_for(fd, 0) < 0 ? -errno : 0;
		if (ret && !(ret == -EAGAIN && is_blocking(fd))) {
			errno = -ret;
			return -1;
		}
	}
}
