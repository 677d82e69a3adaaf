/* SPDX-License-Identifier: GPL-2.0 */
/* One end of a connection whose keys are updated all the time. */
#ifndef UPDATES_H
#define UPDATES_H

#include <stdint.h>
#include <sys/types.h>

/** Bytes of content of a full record (RFC 8446 5.1). */
#define RECORD_SIZE	16384

/** A library updates its key when it has sent so many records. */
#define UPDATE_EVERY	100

struct way;

/**
 * struct end - this end
 * @way: how it moves bytes
 * @fd: its socket
 * @server: its role
 * @bytes: how many it sends, and receives
 * @where: certificates, or kseald's socket
 * @sent, @received: so far
 * @updates: of keys, that it has made
 * @session: of a library
 * @updating: it has begun to make one, and has not sent it yet
 * @wants: poll() events without which the last call would not go on
 */
struct end {
	const struct way *way;
	int fd;
	int server;
	uint64_t bytes;
	const char *where;
	uint64_t sent, received;
	unsigned int updates;
	void *session;
	int updating;
	short wants;
};

/**
 * struct way - how bytes are moved: by TLS of a library, or by calls for any socket
 * @name: on the command line
 * @open: from a connected socket to one that speaks TLS, where the way does that
 * @send: bytes; -EAGAIN. What could not be sent is given again
 * @receive: bytes of one record, or more; 0 the clean end; -EAGAIN
 * @update: begin to send with the next key. Returns 0 or -EAGAIN
 * @shut: end what is sent, cleanly. Returns 0 or -EAGAIN
 * @chunk: bytes given to @send
 * @per_second: records it may receive, and send; 0 any number
 * @run: moves all, in place of send_and_receive()
 * @kseald: its TLS is done by kseald and the kernel
 *
 * Any other error ends the program.
 */
struct way {
	const char *name;
	void (*open)(struct end *end);
	ssize_t (*send)(struct end *end, const void *data, size_t size);
	ssize_t (*receive)(struct end *end, void *data, size_t size);
	int (*update)(struct end *end);
	int (*shut)(struct end *end);
	size_t chunk;
	unsigned int per_second;
	void (*run)(struct end *end);
	int kseald;
};

extern const struct way way_openssl, way_gnutls, way_poll, way_blocking, way_splice;

/** send_seed(), receive_seed() - the streams of an end: each other's */
uint64_t send_seed(const struct end *end);
uint64_t receive_seed(const struct end *end);

/** send_and_receive() - all bytes, both ways at once, by poll() */
void send_and_receive(struct end *end);

#endif
