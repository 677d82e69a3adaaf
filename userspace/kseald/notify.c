// SPDX-License-Identifier: GPL-2.0
/* Readiness: a descriptor, or the protocol of sd_notify(3). */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "notify.h"

static int notify_systemd(const char *state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	socklen_t len;
	int sock, ret = 0;

	if (!path)
		return 0;
	if ((*path != '/' && *path != '@') ||
	    strlen(path) >= sizeof(addr.sun_path))
		return -EINVAL;
	len = offsetof(struct sockaddr_un, sun_path) + strlen(path);
	memcpy(addr.sun_path, path, strlen(path));
	if (*path == '@')
		addr.sun_path[0] = '\0';

	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return -errno;
	if (sendto(sock, state, strlen(state), MSG_NOSIGNAL,
		   (struct sockaddr *)&addr, len) < 0)
		ret = -errno;
	close(sock);
	return ret;
}

int notify_ready(int ready_fd)
{
	int ret = 0;

	if (ready_fd >= 0) {
		if (write(ready_fd, "\n", 1) != 1)
			ret = -errno;
		close(ready_fd);
	}
	return ret ? ret : notify_systemd("READY=1");
}

void notify_stopping(void)
{
	notify_systemd("STOPPING=1");
}
