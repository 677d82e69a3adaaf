// SPDX-License-Identifier: GPL-2.0
/*
 * Session tickets that come behind a handshake of TLS 1.3.
 *
 *	tickets_follow(): KSEAL_TICKETS ties the socket to the queue
 *		|
 *	waiting --> a ticket: GnuTLS takes it, the session is kept by it
 *		|	|
 *		|	TICKETS_EACH of them
 *		v	v
 *	the socket's end, or too many others --> forgotten
 *
 * What comes for a socket that is forgotten is dropped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "log.h"
#include "tickets.h"
#include "tls.h"

enum {
	BATCH = 16,			/* tickets before others of the loop get their turn */
	MESSAGE_HEADER_SIZE = 4,
	LIFETIME_SIZE = 4,
	/* RFC 8446 B.3 */
	TYPE_TICKET = 4,
};

/* ---- sessions ------------------------------------------------------------- */

static struct ticketed_bucket *bucket_of(struct tickets *tickets, uint64_t cookie)
{
	return &tickets->buckets[cookie % TICKETS_BUCKETS];
}

static struct ticketed *find(struct tickets *tickets, uint64_t cookie)
{
	struct ticketed *ticketed;

	LIST_FOREACH(ticketed, bucket_of(tickets, cookie), in_bucket)
		if (ticketed->cookie == cookie)
			return ticketed;
	return NULL;
}

static void free_ticketed(struct ticketed *ticketed)
{
	gnutls_deinit(ticketed->session);
	client_session_release(&ticketed->kept);
	free(ticketed);
}

static void forget(struct tickets *tickets, struct ticketed *ticketed)
{
	TAILQ_REMOVE(&tickets->by_age, ticketed, by_age);
	LIST_REMOVE(ticketed, in_bucket);
	tickets->count--;
	free_ticketed(ticketed);
}

static void insert(struct tickets *tickets, struct ticketed *ticketed)
{
	if (tickets->count >= tickets->limit)
		forget(tickets, TAILQ_FIRST(&tickets->by_age));
	TAILQ_INSERT_TAIL(&tickets->by_age, ticketed, by_age);
	LIST_INSERT_HEAD(bucket_of(tickets, ticketed->cookie), ticketed, in_bucket);
	tickets->count++;
}

/* ---- a ticket --------------------------------------------------------------- */

/* What GnuTLS reads is the one record that there is. */
static ssize_t pull(gnutls_transport_ptr_t ptr, void *buf, size_t size)
{
	struct ticketed *ticketed = ptr;
	const size_t left = ticketed->size - ticketed->at;

	if (!left) {
		gnutls_transport_set_errno(ticketed->session, EAGAIN);
		return -1;
	}
	if (size > left)
		size = left;
	memcpy(buf, ticketed->record + ticketed->at, size);
	ticketed->at += size;
	return size;
}

/* Whatever it has to say, nobody hears it. */
static ssize_t push(gnutls_transport_ptr_t ptr, const giovec_t *iov, int count)
{
	struct ticketed *ticketed = ptr;

	(void)iov;
	(void)count;
	gnutls_transport_set_errno(ticketed->session, EPIPE);
	return -1;
}

/* RFC 8446 4.6.1: seconds, the first field. Return: 0 it is no ticket, or not to be kept. */
static time_t lifetime_of(const uint8_t *message, size_t size)
{
	const uint8_t *at = message + MESSAGE_HEADER_SIZE;

	if (size < MESSAGE_HEADER_SIZE + LIFETIME_SIZE || message[0] != TYPE_TICKET)
		return 0;
	return (time_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3];
}

static int feed(struct ticketed *ticketed, const uint8_t *message, size_t size)
{
	uint8_t record[TICKET_RECORD_MAX], byte;
	int ret = GNUTLS_E_INVALID_REQUEST;

	ticketed->record = record;
	ticketed->at = 0;
	ticketed->size = ticket_record_seal(ticketed->session, message, size, record);
	if (ticketed->size)
		ret = gnutls_record_recv(ticketed->session, &byte, 1);
	ticketed->record = NULL;
	ticketed->size = ticketed->at = 0;
	explicit_bzero(record, sizeof(record));
	if (ret != GNUTLS_E_AGAIN)
		return -EPROTO;
	return gnutls_session_get_flags(ticketed->session) & GNUTLS_SFLAGS_SESSION_TICKET ?
	       0 : -EPROTO;
}

static void take(struct tickets *tickets, struct ticketed *ticketed, const uint8_t *message,
		 size_t size)
{
	const time_t lifetime = lifetime_of(message, size);

	ticketed->left--;
	if (!lifetime)
		return;
	if (feed(ticketed, message, size)) {
		log_debug("a session ticket is no use");
		ticketed->left = 0;
	} else if (!client_session_keep(&ticketed->kept, ticketed->session, lifetime, 1)) {
		__atomic_add_fetch(&tickets->taken, 1, __ATOMIC_RELAXED);
	}
}

/* ---- the queue ---------------------------------------------------------------- */

/* Return: 0 there is nothing more. */
static int take_one(struct tickets *tickets)
{
	struct {
		struct kseal_ticket head;
		uint8_t message[KSEAL_TICKET_MESSAGE_MAX];
	} got;
	const ssize_t n = read(tickets->queue, &got, sizeof(got));
	struct ticketed *ticketed;

	if (n < (ssize_t)sizeof(got.head))
		return 0;
	ticketed = find(tickets, got.head.cookie);
	if (ticketed && got.head.len && got.head.len == n - sizeof(got.head))
		take(tickets, ticketed, got.message, got.head.len);
	if (ticketed && (!got.head.len || !ticketed->left))
		forget(tickets, ticketed);
	explicit_bzero(&got, n);
	return 1;
}

static void on_ready(struct watched *watched, uint32_t events)
{
	struct tickets *tickets = (struct tickets *)((char *)watched -
						     offsetof(struct tickets, watched));
	int i;

	(void)events;
	for (i = 0; i < BATCH && take_one(tickets); i++)
		;
}

static int make_queue(struct tickets *tickets, int fd)
{
	socklen_t len = sizeof(tickets->queue);

	if (getsockopt(fd, SOL_TLS, KSEAL_TICKET_QUEUE, &tickets->queue, &len))
		return -errno;
	if (fcntl(tickets->queue, F_SETFL, O_NONBLOCK) ||
	    watch_set(tickets->watch, &tickets->watched, tickets->queue, EPOLLIN)) {
		close(tickets->queue);
		return -EIO;
	}
	return 0;
}

/* What may pass is tried again with the next one. */
static int need_queue(struct tickets *tickets, int fd)
{
	int ret;

	if (tickets->state != TICKETS_UNKNOWN)
		return tickets->state == TICKETS_COME;
	ret = make_queue(tickets, fd);
	if (!ret)
		tickets->state = TICKETS_COME;
	else if (ret == -ENOPROTOOPT || ret == -EOPNOTSUPP)
		tickets->state = TICKETS_NEVER;
	if (ret)
		log_debug("the kernel does not hand on session tickets (%s): no session of TLS "
			  "1.3 is resumed in the client role", strerror(-ret));
	return !ret;
}

static int tie(const struct tickets *tickets, int fd, uint64_t cookie)
{
	const struct kseal_tickets option = { .queue = tickets->queue, .cookie = cookie };

	return setsockopt(fd, SOL_TLS, KSEAL_TICKETS, &option, sizeof(option));
}

/* ---- following -------------------------------------------------------------------- */

void tickets_open(struct tickets *tickets, struct watch *watch)
{
	memset(tickets, 0, sizeof(*tickets));
	TAILQ_INIT(&tickets->by_age);
	tickets->limit = TICKETS_SESSIONS;
	tickets->watch = watch;
	tickets->watched.ready = on_ready;
}

/* Nothing of its handshake is left by then: neither its struct tls nor its credentials. */
static void move_session(struct ticketed *ticketed, struct tls *tls)
{
	gnutls_session_t session = tls->session;

	tls->session = NULL;
	ticketed->session = session;
	gnutls_session_set_ptr(session, ticketed);
	gnutls_transport_set_ptr(session, ticketed);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_transport_set_vec_push_function(session, push);
	gnutls_handshake_set_secret_function(session, NULL);
	gnutls_session_set_keylog_function(session, NULL);
	gnutls_credentials_clear(session);
}

void tickets_follow(struct tickets *tickets, struct tls *tls)
{
	struct ticketed *ticketed;

	if (!tls->resumes || gnutls_protocol_get_version(tls->session) != GNUTLS_TLS1_3 ||
	    !need_queue(tickets, tls->fd))
		return;
	ticketed = calloc(1, sizeof(*ticketed));
	if (!ticketed)
		return;
	ticketed->cookie = ++tickets->last;
	ticketed->left = TICKETS_EACH;
	if (client_session_of(tls, &ticketed->kept)) {
		free(ticketed);
		return;
	}
	if (tie(tickets, tls->fd, ticketed->cookie)) {
		client_session_release(&ticketed->kept);
		free(ticketed);
		return;
	}
	move_session(ticketed, tls);
	insert(tickets, ticketed);
}

uint64_t tickets_taken(const struct tickets *tickets)
{
	return __atomic_load_n(&tickets->taken, __ATOMIC_RELAXED);
}

void tickets_close(struct tickets *tickets)
{
	while (!TAILQ_EMPTY(&tickets->by_age))
		forget(tickets, TAILQ_FIRST(&tickets->by_age));
	if (tickets->state != TICKETS_COME)
		return;
	watch_unset(tickets->watch, &tickets->watched);
	close(tickets->queue);
	tickets->state = TICKETS_NEVER;
}
