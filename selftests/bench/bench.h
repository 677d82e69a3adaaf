/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The benchmark: every transport does the same calls, in turns, in one guest.
 * scripts/bench starts it and makes tables of what it prints: a line of JSON for
 * each measurement.
 *
 * As in lib/kt.h functions return -1 on failure, having said why on stderr.
 */
#ifndef BENCH_H
#define BENCH_H

#include "lib/kt.h"

/** struct bench_suite - a version and cipher, and what each world calls them. */
struct bench_suite {
	const char *name;
	uint16_t version, cipher;
	const char *openssl, *gnutls;
};

/* The end that sends, a server as for OpenSSL and GnuTLS, and the one that reads. */
enum bench_side { SENDER, READER };

/**
 * struct bench_conn - a connection, both ends
 * @fd: sockets
 * @session: of a library in user space, NULL else
 * @record: most bytes of content in a record, 0 for as many as there may be
 * @raw: the reader will look at nothing: it needs no keys
 */
struct bench_conn {
	const struct bench_transport *transport;
	const struct bench_suite *suite;
	int fd[2];
	void *session[2];
	unsigned int record;
	bool raw;
};

/**
 * struct bench_transport - a way to send
 * @name: in the results
 * @kernel: the sockets' own calls are what is measured
 * @start: gets it ready, once; NULL if there is nothing to do
 * @open: makes a connected pair of sockets talk
 * @send: all of it
 * @recv: what there is; 0 at the end
 * @close: what @open has made
 */
struct bench_transport {
	const char *name;
	bool kernel;
	int (*start)(void);
	int (*open)(struct bench_conn *conn);
	int (*send)(struct bench_conn *conn, enum bench_side side, const void *data, size_t len);
	ssize_t (*recv)(struct bench_conn *conn, enum bench_side side, void *data, size_t len);
	void (*close)(struct bench_conn *conn);
};

/* kernel.c */
extern const struct bench_transport bench_plain, bench_in_tree, bench_kseal;
/* openssl.c, gnutls.c */
extern const struct bench_transport bench_openssl, bench_gnutls;

/** bench_certificate() - self-signed, in PEM, the same for both libraries. */
int bench_certificate(const char **certificate, const char **key);

/* conn.c */
int bench_conn_open(struct bench_conn *conn, const struct bench_transport *transport,
		    const struct bench_suite *suite, unsigned int record, bool raw);
void bench_conn_close(struct bench_conn *conn);
int bench_handshake(struct bench_conn *conn, int (*step)(void *session));
int bench_blocking(int fd, bool blocking);
void bench_conn_elsewhere(void);

/**
 * struct bench_case - what is measured
 * @name: in the results
 * @suites: with every suite, not the first alone
 * @userspace: libraries in user space can do it
 * @run: does it
 * @size: of a call, or of a message, in bytes
 * @count: of connections, or of calls that are made as one
 * @record: as in struct bench_conn
 */
struct bench_case {
	const char *name;
	bool suites, userspace;
	int (*run)(const struct bench_case *what, const struct bench_transport *transport,
		   const struct bench_suite *suite);
	size_t size;
	unsigned int count;
	unsigned int record;
};

/* paths.c: how long one of them takes, set by the command line */
extern unsigned int bench_ms;
int bench_paths_init(void);
int bench_sendfile(const struct bench_case *what, const struct bench_transport *transport,
		   const struct bench_suite *suite);
int bench_write(const struct bench_case *what, const struct bench_transport *transport,
		const struct bench_suite *suite);
int bench_sendmmsg(const struct bench_case *what, const struct bench_transport *transport,
		   const struct bench_suite *suite);
int bench_uring(const struct bench_case *what, const struct bench_transport *transport,
		const struct bench_suite *suite);
int bench_recv(const struct bench_case *what, const struct bench_transport *transport,
	       const struct bench_suite *suite);
int bench_ping(const struct bench_case *what, const struct bench_transport *transport,
	       const struct bench_suite *suite);

/* first.c */
int bench_first(const struct bench_case *what, const struct bench_transport *transport,
		const struct bench_suite *suite);

/* memory.c */
int bench_memory(const struct bench_case *what, const struct bench_transport *transport,
		 const struct bench_suite *suite);

/* inside.c */
int bench_inside_pages(const struct bench_case *what, const struct bench_transport *transport,
		       const struct bench_suite *suite);
int bench_inside_write(const struct bench_case *what, const struct bench_transport *transport,
		       const struct bench_suite *suite);

/* cipher.c */
int bench_ask(const char *parameter, const char *line, char *answer, size_t size);
int bench_cipher(const struct bench_case *what, const struct bench_suite *suite);

/* main.c */

/** bench_now() - nanoseconds. */
uint64_t bench_now(void);

/**
 * bench_result() - print a measurement
 * @more: behind the case's name, perhaps ""
 * @unit: B/s, records/s, ns or B
 */
void bench_result(const struct bench_case *what, const char *more, const char *transport,
		  const struct bench_suite *suite, const char *unit, double value);

#endif /* BENCH_H */
