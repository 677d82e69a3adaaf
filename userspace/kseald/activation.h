/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets that a service manager has opened for kseald: sd_listen_fds(3). */
#ifndef KSEALD_ACTIVATION_H
#define KSEALD_ACTIVATION_H

enum {
	ACTIVATION_MAX = 64,		/* sockets, and no more */
	ACTIVATION_NAME_SIZE = 256,	/* as systemd has it: 255 and a NUL */
};

/** struct passed_socket - one of them; @fd is -1 once somebody has taken it */
struct passed_socket {
	int fd;
	char name[ACTIVATION_NAME_SIZE];
};

/** struct activation - all that were passed to this process */
struct activation {
	unsigned int count;
	struct passed_socket sockets[ACTIVATION_MAX];
};

/**
 * activation_begin() - find out what was passed
 * @activation: filled; empty when nothing was
 * @first: the first descriptor, which is 3 for any service manager
 *
 * Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES and removes them from the
 * environment. The sockets become close-on-exec and non-blocking.
 *
 * Return: 0; -EINVAL the variables make no sense; -E2BIG there are more than
 * ACTIVATION_MAX; -EBADF one is not open. Nothing can be taken then.
 */
int activation_begin(struct activation *activation, int first);

/**
 * activation_take() - the next socket of that name
 * @name: FileDescriptorName= of its unit, or that unit's own name
 *
 * Sockets of one name come in the order of the unit's lines; call it until
 * there are no more.
 *
 * Return: the descriptor, the caller's from now on; -ENOENT none is left.
 */
int activation_take(struct activation *activation, const char *name);

/**
 * activation_end() - close what nobody took, and say so
 *
 * Such a socket would be connected to and never answered.
 */
void activation_end(struct activation *activation);

#endif /* KSEALD_ACTIVATION_H */
