// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a name, or a listening socket, to a socket that speaks TLS. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "broker.h"

/* Whatever fails before there is a result, reason can be printed. */
static void clear(struct kseal_result *result)
{
	memset(result, 0, sizeof(*result));
	result->fd = -1;
}

int kseal_connect(struct kseal_broker *broker, const char *host, const char *service,
		  const struct kseal_request *request, struct kseal_result *result)
{
	uint32_t id;
	int ret;

	clear(result);
	ret = kseal_submit_connect(broker, host, service, request, &id);
	return ret ? ret : broker_wait(broker, id, result);
}

static int wait_for_connection(int listener)
{
	struct pollfd pfd = { .fd = listener, .events = POLLIN };

	while (poll(&pfd, 1, -1) < 0)
		if (errno != EINTR)
			return -errno;
	return pfd.revents & POLLNVAL ? -EBADF : 0;
}

int kseal_accept(struct kseal_broker *broker, int listener,
		 const struct kseal_request *request, struct kseal_result *result)
{
	uint32_t id;
	int ret;

	clear(result);
	/* somebody else may have been quicker to accept it */
	do {
		ret = wait_for_connection(listener);
		if (!ret)
			ret = kseal_submit_accept(broker, listener, request, &id);
	} while (ret == -EAGAIN);
	if (!ret)
		return broker_wait(broker, id, result);
	snprintf(result->reason, sizeof(result->reason), "cannot accept a connection: %s",
		 strerror(-ret));
	return ret;
}
