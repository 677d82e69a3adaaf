// SPDX-License-Identifier: GPL-2.0
/* Readiness: a descriptor, or the protocol of sd_notify(3). */
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
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

void notify_reloading(void)
{
	struct timespec now;
	char state[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 now.tv_sec * 1000000ULL + now.tv_nsec / 1000);
	notify_systemd(state);
}

void notify_reloaded(void)
{
	notify_systemd("READY=1");
}

static unsigned long long number_in(const char *name)
{
	const char *text = getenv(name);
	char *end;
	unsigned long long value;

	if (!text || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	value = strtoull(text, &end, 10);
	return errno || *end ? 0 : value;
}

unsigned int notify_watchdog_ms(void)
{
	const unsigned long long ms = number_in("WATCHDOG_USEC") / 1000;

	if (getenv("WATCHDOG_PID") && number_in("WATCHDOG_PID") != (unsigned long long)getpid())
		return 0;
	return ms < UINT_MAX ? ms : UINT_MAX;
}

void notify_watchdog(void)
{
	notify_systemd("WATCHDOG=1");
}

void notify_stopping(void)
{
	notify_systemd("STOPPING=1");
}
