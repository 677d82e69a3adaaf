// SPDX-License-Identifier: GPL-2.0
/* Sockets that a service manager has opened for kseald. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "activation.h"
#include "log.h"

static int number_of(const char *text, long max, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	return errno || end == text || *end || *number < 0 || *number > max ? -EINVAL : 0;
}

/* The variables are inherited by whatever a process starts; they say for whom. */
static int for_this_process(const char *pid)
{
	long number;

	return pid && !number_of(pid, INT_MAX, &number) && number == getpid();
}

static int prepare(int fd)
{
	const int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) || fcntl(fd, F_SETFD, FD_CLOEXEC))
		return -errno;
	return 0;
}

/* "broker:https:https"; names that are missing are "unknown", as systemd says. */
static void name_all(struct activation *activation, const char *names)
{
	struct passed_socket *socket;
	size_t len;

	for (unsigned int i = 0; i < activation->count; i++) {
		socket = &activation->sockets[i];
		len = names ? strcspn(names, ":") : 0;
		snprintf(socket->name, sizeof(socket->name), "%.*s", (int)len,
			 len ? names : "");
		if (!len)
			strcpy(socket->name, "unknown");
		if (names)
			names = names[len] ? names + len + 1 : NULL;
	}
}

static int take_over(struct activation *activation, int first, long count, const char *names)
{
	int ret;

	for (long i = 0; i < count; i++) {
		ret = prepare(first + i);
		if (ret)
			return ret;
		activation->sockets[i].fd = first + i;
	}
	activation->count = count;
	name_all(activation, names);
	return 0;
}

int activation_begin(struct activation *activation, int first)
{
	const char *fds = getenv("LISTEN_FDS");
	long count = 0;
	int ret = 0;

	activation->count = 0;
	if (fds && for_this_process(getenv("LISTEN_PID"))) {
		ret = number_of(fds, INT_MAX - first, &count);
		if (!ret && count > ACTIVATION_MAX)
			ret = -E2BIG;
		if (!ret)
			ret = take_over(activation, first, count, getenv("LISTEN_FDNAMES"));
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	return ret;
}

int activation_take(struct activation *activation, const char *name)
{
	struct passed_socket *socket;
	int fd;

	for (unsigned int i = 0; i < activation->count; i++) {
		socket = &activation->sockets[i];
		if (socket->fd < 0 || strcmp(socket->name, name))
			continue;
		fd = socket->fd;
		socket->fd = -1;
		return fd;
	}
	return -ENOENT;
}

void activation_end(struct activation *activation)
{
	struct passed_socket *socket;

	for (unsigned int i = 0; i < activation->count; i++) {
		socket = &activation->sockets[i];
		if (socket->fd < 0)
			continue;
		log_warning("the service manager passed a socket \"%s\", which nothing here is "
			    "configured for: it is closed", socket->name);
		close(socket->fd);
	}
	activation->count = 0;
}
