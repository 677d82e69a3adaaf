/* SPDX-License-Identifier: GPL-2.0 */
/* A stock of pipes: bytes on their way between two sockets are in one. */
#ifndef KSEALD_PIPES_H
#define KSEALD_PIPES_H

enum {
	PIPES_KEPT = 32,
};

/**
 * struct pipes - pipes that nobody uses just now
 * @ends: of each, the end to read and the end to write
 * @count: how many
 */
struct pipes {
	int ends[PIPES_KEPT][2];
	unsigned int count;
};

/**
 * pipes_take() - an empty pipe whose ends do not wait
 * @ends: set to the end to read and the end to write, the caller's until pipes_put()
 *
 * Return: 0 or -errno of pipe2(), -EMFILE for one.
 */
int pipes_take(struct pipes *pipes, int ends[2]);

/** pipes_put() - give an empty pipe back; both of @ends are -1 then */
void pipes_put(struct pipes *pipes, int ends[2]);

/** pipes_close() - close a pipe, whatever is in it; both of @ends are -1 then */
void pipes_close(int ends[2]);

/** pipes_free() - close all that were kept */
void pipes_free(struct pipes *pipes);

#endif /* KSEALD_PIPES_H */
