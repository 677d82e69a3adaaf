/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Session tickets that come behind a handshake of TLS 1.3, when its socket is a program's
 * and the kernel opens its records.
 *
 * The kernel hands them to a queue, which each worker has one of. Only GnuTLS can make of
 * a ticket what a later connection goes on with, so the session that it is for is kept
 * here for as long as tickets may come.
 */
#ifndef KSEALD_TICKETS_H
#define KSEALD_TICKETS_H

#include <stdint.h>
#include <sys/queue.h>
#include <linux/kseal.h>
#include <gnutls/gnutls.h>

#include "client_session.h"
#include "watch.h"

struct tls;

enum {
	TICKETS_SESSIONS = 1024,	/* that are kept, of one worker */
	TICKETS_BUCKETS = 256,
	TICKETS_EACH = 2,		/* that are taken, of one connection */
};

/**
 * struct ticketed - a session that tickets may come for
 * @cookie: by which the kernel calls it
 * @left: tickets that are still taken
 * @record, @size, @at: a record that GnuTLS reads
 */
struct ticketed {
	TAILQ_ENTRY(ticketed) by_age;
	LIST_ENTRY(ticketed) in_bucket;
	uint64_t cookie;
	unsigned int left;
	gnutls_session_t session;
	struct client_session kept;
	const uint8_t *record;
	size_t size;
	size_t at;
};

LIST_HEAD(ticketed_bucket, ticketed);
TAILQ_HEAD(ticketed_ages, ticketed);

/** enum tickets_state - does the kernel hand them on? */
enum tickets_state {
	TICKETS_UNKNOWN,
	TICKETS_COME,
	TICKETS_NEVER,
};

/**
 * struct tickets - those of one worker; its thread's, but for @taken
 * @queue: the kernel's, while @state is TICKETS_COME
 * @last: cookie given last
 * @limit: how many sessions are kept
 * @by_age: the oldest first: the first to go when there are too many
 * @taken: tickets that a session was kept by; to be read by any thread
 */
struct tickets {
	struct watch *watch;
	struct watched watched;
	enum tickets_state state;
	int queue;
	uint64_t last;
	unsigned int count;
	unsigned int limit;
	struct ticketed_ages by_age;
	struct ticketed_bucket buckets[TICKETS_BUCKETS];
	uint64_t taken;
};

/** tickets_open() - none are waited for; the queue is made when there is a socket */
void tickets_open(struct tickets *tickets, struct watch *watch);

/**
 * tickets_follow() - take the tickets of a handshake that was handed over, if it wants them
 * @tls: its session is taken away if tickets are waited for
 */
void tickets_follow(struct tickets *tickets, struct tls *tls);

/** tickets_taken() - how many were, so far */
uint64_t tickets_taken(const struct tickets *tickets);

/** tickets_close() - forget all sessions; their sockets go on */
void tickets_close(struct tickets *tickets);

/* ---- ticket_record.c ------------------------------------------------------ */

enum {
	/* what a record adds: header, content type, tag (RFC 8446 5.2) */
	TICKET_RECORD_MAX = 5 + KSEAL_TICKET_MESSAGE_MAX + 1 + 16,
};

/**
 * ticket_record_seal() - a handshake message as a record that @session opens next
 * @record: TICKET_RECORD_MAX bytes
 *
 * Return: its length; 0 @session has no such keys, or @message is too long.
 */
size_t ticket_record_seal(gnutls_session_t session, const uint8_t *message, size_t size,
			  uint8_t *record);

#endif /* KSEALD_TICKETS_H */
