/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections of kseald's client role, one after the other, to a server of plain GnuTLS,
 * and what stands for the kernel, which hands on the tickets that come behind a handshake.
 *
 * For programs that the linker wraps clock_gettime(), time(), getsockopt() and setsockopt()
 * of: libraries/NAME in the Makefile.
 */
#ifndef TESTS_VISITS_H
#define TESTS_VISITS_H

#include <uv.h>

#include "certs.h"
#include "credentials.h"
#include "protocol.h"
#include "tickets.h"

#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"

/**
 * struct visits - what they share
 * @certs: of the group: "a" for a.example and names below, "b" for b.example, and "short",
 *	like "a" but for a day
 * @credentials: of kseald
 * @ticket_key: of the server
 * @later, @wall_later: seconds that clocks are ahead: that of sessions, that of certificates
 * @has_queues: the kernel hands on tickets
 * @kernel: its end of the queue, -1 before there is one
 * @cookie: of the socket that was tied last
 * @ties: how many were
 * @listener, @other_listener: servers' addresses
 */
struct visits {
	struct certs certs;
	struct credentials credentials;
	gnutls_datum_t ticket_key;
	time_t later;
	time_t wall_later;
	int has_queues;
	int kernel;
	uint64_t cookie;
	unsigned int ties;
	int listener;
	int other_listener;
	uv_loop_t loop;
	struct watch watch;
	struct tickets tickets;
};

extern struct visits visits;

/**
 * struct visit - one connection
 * @host, @pin, @alpn, @control: of the request; a.example, none, none, the kernel
 * @cert, @priority, @staple: of the server; "a", TLS13, none
 * @spoil: makes another type of the messages that the kernel hands on
 * @hold: it hands on none
 * @listener: where to; 0 for visits.listener
 * @result: of the handshake
 * @offered_tickets: to take them
 * @given: tickets that were handed on
 */
struct visit {
	const char *host;
	const char *pin;
	const char *alpn;
	enum kseal_control_by control;
	const char *cert;
	const char *priority;
	const char *staple;
	uint8_t spoil;
	int hold;
	int listener;

	struct kseal_result result;
	int offered_tickets;
	unsigned int given;
};

/** visit() - make it; returns whether it went on with an earlier session */
int visit(struct visit *visit);

/** go() - likewise, of which nothing else is looked at */
#define go(...) visit(&(struct visit){ __VA_ARGS__ })

/** visits_request() - what is asked of kseald for it */
void visits_request(const struct visit *visit, struct kseald_request *request);

/** visits_connect() - both ends of a TCP connection to that listening socket */
void visits_connect(int at, int pair[2]);

/** visits_give() - the kernel hands on a message of visits.cookie; of 0 bytes, its end */
void visits_give(const uint8_t *message, size_t size);

/** visits_reload() - kseald is started anew with these options, up to NULL, as by SIGHUP */
void visits_reload(const char *const *options);

/** For cmocka_run_group_tests(). */
int visits_group(void **state);
int visits_group_ends(void **state);

/** For cmocka_unit_test_setup_teardown(). */
int visits_set_up(void **state);
int visits_tear_down(void **state);

#endif /* TESTS_VISITS_H */
