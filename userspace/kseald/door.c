// SPDX-License-Identifier: GPL-2.0
/* The sockets that listeners accept connections from. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "door.h"
#include "listener.h"
#include "log.h"

enum {
	ACCEPT_BATCH = 64,		/* before others of the loop get their turn */
};

/* ---- making them ------------------------------------------------------------ */

static int open_socket(const struct listener_place *place, unsigned int backlog)
{
	const struct address *address = &place->address;
	const int on = 1;
	int fd, ret;

	fd = socket(address->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    IPPROTO_TCP);
	if (fd < 0)
		return -errno;
	/* connections of the kseald before this one may linger */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* [::] is IPv6 alone, whatever the system's default */
	if (address->addr.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (!bind(fd, (const struct sockaddr *)&address->addr, address->size) &&
	    !listen(fd, backlog))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

static int add_door(struct doors *doors, const struct listener_place *place, int fd)
{
	struct door *door = calloc(1, sizeof(*door));
	struct address bound = { .size = sizeof(bound.addr) };

	if (!door) {
		close(fd);
		return -ENOMEM;
	}
	door->fd = fd;
	strcpy(door->text, place->text);
	getsockname(fd, (struct sockaddr *)&bound.addr, &bound.size);
	address_format(&bound, door->name);
	LIST_INSERT_HEAD(doors, door, link);
	return 0;
}

static int option_of(int fd, int option)
{
	socklen_t len = sizeof(int);
	int value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) ? -1 : value;
}

static int take_passed(struct doors *doors, const struct listener_place *place,
		       struct activation *activation, const char *listener)
{
	const char *name = place->text + strlen(LISTENER_PASSED);
	int fd, count = 0, ret = 0;

	while (!ret && (fd = activation_take(activation, name)) >= 0) {
		count++;
		if (option_of(fd, SO_PROTOCOL) == IPPROTO_TCP &&
		    option_of(fd, SO_ACCEPTCONN) == 1) {
			ret = add_door(doors, place, fd);
			continue;
		}
		log_error("listener %s: the socket %s that the service manager passed cannot be "
			  "used: its unit needs ListenStream= with an address", listener, name);
		close(fd);
		ret = -EINVAL;
	}
	if (count)
		return ret;
	log_error("listener %s: the service manager has passed no socket %s: see "
		  "FileDescriptorName= in systemd.socket(5); after a change kseald must be "
		  "started anew", listener, name);
	return -ENOENT;
}

int doors_make(struct doors *doors, const struct listener_place *place,
	       struct activation *activation, const struct listener_option *listener)
{
	int fd;

	if (!place->address.size)
		return take_passed(doors, place, activation, listener->name);
	fd = open_socket(place, listener->backlog);
	if (fd >= 0)
		return add_door(doors, place, fd);
	log_error("listener %s: cannot listen at %s: %s%s", listener->name, place->text,
		  strerror(-fd), fd == -EADDRINUSE ? ": another process does, see ss -ltnp" :
		  fd == -EACCES ? ": such ports want CAP_NET_BIND_SERVICE, or a socket of the "
		  "service manager" : "");
	return fd;
}

/* ---- accepting --------------------------------------------------------------- */

/* Those that broke while they waited are no reason to stop. */
static int is_passing(int error)
{
	return error == ECONNABORTED || error == EINTR || error == EPROTO || error == EPERM;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct door *door = poll->data;
	int fd;

	(void)status;
	(void)events;
	for (int i = 0; i < ACCEPT_BATCH && door->open; i++) {
		/* in the mode that accept(2) makes: back ends get it so */
		fd = accept4(door->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0) {
			listener_take(door->listener, fd);
			continue;
		}
		if (is_passing(errno))
			continue;
		if (errno != EAGAIN)
			listener_exhausted(door->listener, errno);
		return;
	}
}

int door_watch(struct door *door, uv_loop_t *loop)
{
	int ret = uv_poll_init(loop, &door->poll, door->fd);

	door->poll.data = door;
	door->watched = !ret;
	return ret;
}

void door_set(struct door *door, int open)
{
	if (door->open == open || !door->watched)
		return;
	door->open = open;
	if (open)
		uv_poll_start(&door->poll, UV_READABLE, on_readable);
	else
		uv_poll_stop(&door->poll);
}

static void free_door(uv_handle_t *poll)
{
	free(poll->data);
}

void door_close(struct door *door)
{
	door_set(door, 0);
	LIST_REMOVE(door, link);
	close(door->fd);
	if (door->watched)
		uv_close((uv_handle_t *)&door->poll, free_door);
	else
		free(door);
}
