// SPDX-License-Identifier: LGPL-2.1-or-later
/* A connected socket, made one that speaks TLS by one call. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

static void explain(struct kseal_result *result, const char *what, int error)
{
	if (!result->reason[0])
		snprintf(result->reason, sizeof(result->reason), "%s: %s", what, strerror(error));
}

static int shake(struct kseal_broker *broker, int fd, const struct kseal_request *request,
		 struct kseal_result *result)
{
	int ret = kseal_handshake(broker, fd, request, result);

	if (ret)
		explain(result, "kseald cannot be given the socket", -ret);
	return ret;
}

static int shake_at_default(int fd, const struct kseal_request *request,
			    struct kseal_result *result)
{
	struct kseal_broker *broker;
	int ret = kseal_broker_open(NULL, &broker);

	if (ret) {
		explain(result, "kseald cannot be reached at " KSEAL_BROKER_PATH, -ret);
		return ret;
	}
	ret = shake(broker, fd, request, result);
	kseal_broker_close(broker);
	return ret;
}

/* The socket comes back by a descriptor of its own: the one given here has served. */
static int secure(struct kseal_broker *broker, int fd, const struct kseal_request *request,
		  struct kseal_result *result)
{
	struct kseal_result own;
	int ret;

	if (!result)
		result = &own;
	memset(result, 0, sizeof(*result));
	result->fd = -1;
	ret = broker ? shake(broker, fd, request, result) :
		       shake_at_default(fd, request, result);
	if (fd >= 0)
		close(fd);
	return ret ? ret : result->fd;
}

int kseal_secure_accepted(struct kseal_broker *broker, int fd, const char *identity,
			  struct kseal_result *result)
{
	const struct kseal_request request = {
		.size = sizeof(request), .role = KSEAL_SERVER, .identity = identity,
		.control = KSEAL_CONTROL_BY_KERNEL,
	};

	return secure(broker, fd, &request, result);
}

int kseal_secure_connected(struct kseal_broker *broker, int fd, const char *host,
			   struct kseal_result *result)
{
	const struct kseal_request request = {
		.size = sizeof(request), .role = KSEAL_CLIENT, .server_name = host,
		.control = KSEAL_CONTROL_BY_KERNEL,
	};

	return secure(broker, fd, &request, result);
}
