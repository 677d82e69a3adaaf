// SPDX-License-Identifier: GPL-2.0
/* The sockets that connections come in by. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conn.h"
#include "listen.h"
#include "log.h"

/* Connections taken in one turn of the loop. */
#define ACCEPT_BATCH	64

#define LISTEN_ADVICE	"see --listen"

/* "[::1]:80", "1.2.3.4:80", "*:80" and "80", in place. */
static int split(char *text, char **host, char **port)
{
	char *colon = strrchr(text, ':');

	*host = NULL;
	*port = text;
	if (colon) {
		*colon = '\0';
		*host = text;
		*port = colon + 1;
		if (text[0] == '[' && colon > text + 1 && colon[-1] == ']') {
			colon[-1] = '\0';
			*host = text + 1;
		} else if (strchr(text, ':')) {
			return -EINVAL;		/* IPv6 wants its brackets */
		}
		if (!strcmp(*host, "*"))
			*host = NULL;
	}
	return **port && strspn(*port, "0123456789") == strlen(*port) ?
	       0 : -EINVAL;
}

static int open_socket(const struct addrinfo *ai)
{
	int fd, err, on = 1;

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		    IPPROTO_TCP);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) || listen(fd, SOMAXCONN)) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

static int add_socket(struct listen_set *set, const struct addrinfo *ai)
{
	struct sockaddr_storage bound;
	socklen_t length = sizeof(bound);
	struct listen_socket *s;
	int fd;

	if (set->count == LISTEN_MAX)
		return -E2BIG;
	fd = open_socket(ai);
	if (fd < 0)
		return fd;
	s = &set->sockets[set->count++];
	s->set = set;
	s->fd = fd;
	getsockname(fd, (struct sockaddr *)&bound, &length);
	conn_peer_name((struct sockaddr *)&bound, length, s->name);
	return 0;
}

/*
 * Of the addresses a name has, a machine may be without one family: one that
 * can be listened at is enough, unless another program holds one of them.
 */
static int add_all(struct listen_set *set, const struct addrinfo *list)
{
	unsigned int before = set->count;
	int err = -EADDRNOTAVAIL;

	for (; list; list = list->ai_next) {
		int ret = add_socket(set, list);

		if (!ret)
			continue;
		err = ret;
		if (ret != -EADDRNOTAVAIL && ret != -EAFNOSUPPORT)
			return ret;
	}
	return set->count > before ? 0 : err;
}

int listen_add(struct listen_set *set, const char *address)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	char *text = strdup(address), *host, *port;
	struct addrinfo *list;
	int err;

	if (!text)
		return -ENOMEM;
	err = split(text, &host, &port);
	if (err) {
		log_error("cannot listen at '%s': it is not ADDRESS:PORT; "
			  LISTEN_ADVICE, address);
		goto out;
	}
	err = getaddrinfo(host, port, &hints, &list);
	if (err) {
		log_error("cannot listen at %s: %s; " LISTEN_ADVICE, address,
			  gai_strerror(err));
		err = -EINVAL;
		goto out;
	}
	err = add_all(set, list);
	freeaddrinfo(list);
	if (err)
		log_error("cannot listen at %s: %s; " LISTEN_ADVICE, address,
			  strerror(-err));
out:
	free(text);
	return err;
}

int listen_open(struct listen_set *set, uv_loop_t *loop)
{
	int err;

	set->loop = loop;
	for (unsigned int i = 0; i < set->count; i++) {
		err = uv_poll_init(loop, &set->sockets[i].poll,
				   set->sockets[i].fd);
		if (err)
			return err;
		set->sockets[i].poll.data = &set->sockets[i];
	}
	return 0;
}

/* Until there are descriptors again, connections wait in the kernel's queue. */
static void on_accept_error(struct listen_socket *s)
{
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM) {
		log_error("cannot take a connection at %s: %s; will try again "
			  "when one ends", s->name, strerror(errno));
		listen_accept(s->set, false);
	}
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct listen_socket *s = poll->data;
	int fd;

	(void)events;
	if (status < 0)
		return;
	for (int i = 0; i < ACCEPT_BATCH && s->set->accepting; i++) {
		fd = accept4(s->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			on_accept_error(s);
			return;
		}
		s->set->on_accept(s->set->data, fd);
	}
}

void listen_accept(struct listen_set *set, bool accept)
{
	if (set->accepting == accept)
		return;
	set->accepting = accept;
	for (unsigned int i = 0; i < set->count; i++) {
		if (accept)
			uv_poll_start(&set->sockets[i].poll, UV_READABLE,
				      on_readable);
		else
			uv_poll_stop(&set->sockets[i].poll);
	}
}

void listen_close(struct listen_set *set)
{
	listen_accept(set, false);
	for (unsigned int i = 0; i < set->count; i++) {
		uv_close((uv_handle_t *)&set->sockets[i].poll, NULL);
		close(set->sockets[i].fd);
	}
	set->count = 0;
}
