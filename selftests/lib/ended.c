// SPDX-License-Identifier: GPL-2.0
/* What is left of a connection that a bad record has ended. */
#include "kt.h"
#include <errno.h>
#include <poll.h>
#include <string.h>

int kt_recv_errno(int fd, int flags)
{
	static __thread uint8_t got[20000];
	ssize_t n = recv(fd, got, sizeof(got), flags);

	if (n >= 0)
		kt_say("recv gave %zd bytes where it should fail", n);
	return n < 0 ? errno : 0;
}

static int readers_get(int fd, int error)
{
	for (int i = 0; i < 3; i++) {
		int got = kt_recv_errno(fd, 0);

		if (got == error)
			continue;
		kt_say("read %d: %s, want %s", i, strerror(got),
		       strerror(error));
		return -1;
	}
	if (!(kt_poll(fd, POLLIN, 0) & POLLIN)) {
		kt_say("the error is not readable");
		return -1;
	}
	return 0;
}

static int writers_get(int fd, int error)
{
	if (send(fd, "late", 4, MSG_NOSIGNAL) == -1 &&
	    (errno == EPIPE || errno == error))
		return 0;
	return kt_errno("send after the end");
}

static int nothing_counted(const struct kseal_info *before, int fd)
{
	struct kseal_info after;

	if (kt_info_get(fd, &after))
		return -1;
	if (after.rx_records == before->rx_records &&
	    after.rx_bytes == before->rx_bytes &&
	    after.rx_direct_bytes == before->rx_direct_bytes)
		return 0;
	kt_say("a bad record was counted");
	return -1;
}

int kt_expect_ended(struct kt_link *link, int error, int alert)
{
	struct kseal_info before;
	int got;

	if (kt_info_get(link->fd, &before) || readers_get(link->fd, error) ||
	    writers_get(link->fd, error) || nothing_counted(&before, link->fd) ||
	    kt_expect_end(link, &got))
		return -1;
	if (got != alert)
		kt_say("alert %d, want %d", got, alert);
	return got == alert ? 0 : -1;
}
