/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>
#include <uv.h>

/** Listening sockets, over all --listen options and addresses of a name. */
#define LISTEN_MAX	16

/**
 * struct listen_set - sockets that connections come in by
 * @sockets: the sockets, each with its poll handle
 * @count: how many
 * @loop: runs them
 * @on_accept: gets each new connection's descriptor, to keep
 * @data: for @on_accept
 * @accepting: connections are taken just now
 */
struct listen_set {
	struct listen_socket {
		struct listen_set *set;
		int fd;
		char name[80];
		uv_poll_t poll;
	} sockets[LISTEN_MAX];
	unsigned int count;
	uv_loop_t *loop;
	void (*on_accept)(void *data, int fd);
	void *data;
	bool accepting;
};

/**
 * listen_add() - listen at an address
 * @set: zeroed before the first call
 * @address: "8443" or "*:8443" (all addresses of both families),
 *	"192.0.2.1:8443", "[::1]:8443" or "name:8443"; port 0 lets the kernel
 *	choose
 *
 * Return: 0 or -errno, said already.
 */
int listen_add(struct listen_set *set, const char *address);

/** listen_open() - put the sockets on a loop; nothing is accepted yet */
int listen_open(struct listen_set *set, uv_loop_t *loop);

/** listen_accept() - begin or cease to take connections; the kernel queues */
void listen_accept(struct listen_set *set, bool accept);

/** listen_close() - stop listening; queued connections are reset */
void listen_close(struct listen_set *set);

#endif /* SERVE_LISTEN_H */
