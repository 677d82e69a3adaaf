// SPDX-License-Identifier: GPL-2.0
/* Telling whoever started us how far we are. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"
#include "ready.h"

/* One datagram to $NOTIFY_SOCKET: all there is to the protocol. */
static void notify_manager(const char *state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t length;
	int fd;

	if (!path)
		return;
	length = strlen(path);
	if ((path[0] != '/' && path[0] != '@') ||
	    length >= sizeof(address.sun_path)) {
		log_error("cannot notify '%s': not the path of a socket", path);
		return;
	}
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 ||
	    sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		   (struct sockaddr *)&address,
		   offsetof(struct sockaddr_un, sun_path) + length) < 0)
		log_error("cannot notify %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

void ready_announce(int fd, const struct listen_set *set)
{
	char text[LISTEN_MAX * 100 + 10];
	size_t len = 0;

	if (fd >= 0) {
		for (unsigned int i = 0; i < set->count; i++)
			len += sprintf(text + len, "listening %.79s\n",
				       set->sockets[i].name);
		len += sprintf(text + len, "ready\n");
		if (write(fd, text, len) != (ssize_t)len)
			log_error("cannot write to --ready-fd %d: %s", fd,
				  strerror(errno));
		if (fd > STDERR_FILENO)
			close(fd);
	}
	notify_manager("READY=1");
}

void ready_stopping(void)
{
	notify_manager("STOPPING=1");
}
