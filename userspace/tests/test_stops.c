// SPDX-License-Identifier: GPL-2.0
/*
 * What kseald does with clients that prove nothing, and with those that stop talking or
 * leave, at each message: it says behind which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "kseal.h"
#include "loopback.h"
#include "peer.h"
#include "refusal.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum {
	LONGEST_MS = 60000,
};

/* ---- messages that prove nothing ------------------------------------------ */

static const struct {
	const char *what;
	const char *version;
	gnutls_handshake_description_t spoils;
} proofs[] = {
	{ "Finished of TLS 1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2", GNUTLS_HANDSHAKE_FINISHED },
	{ "Finished of TLS 1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3", GNUTLS_HANDSHAKE_FINISHED },
	{ "CertificateVerify of TLS 1.2", "NORMAL:-VERS-ALL:+VERS-TLS1.2",
	  GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY },
	{ "CertificateVerify of TLS 1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.3",
	  GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY },
};

static void wrong_proofs_are_told_by_decrypt_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(proofs); i++) {
		struct peer peer = {
			.priority = proofs[i].version, .cert = "alice", .spoils = proofs[i].spoils,
		};
		struct kseal_result result;
		char byte;
		int pair[2];

		loopback_pair(pair);
		refusal_submit(pair[0], 0, KSEAL_CLIENT_AUTH_REQUIRED);
		peer_start(&peer, &refusal_certs, pair[1]);
		peer_join(&peer);
		refusal_receive(&result);
		refusal_assert(proofs[i].what, &result, EPROTO, "sent alert 51");
		/* in TLS 1.3 the client had finished by then */
		if (!peer.ret)
			while (gnutls_record_recv(peer.session, &byte, 1) == GNUTLS_E_AGAIN)
				;
		assert_int_equal(gnutls_alert_get(peer.session), GNUTLS_A_DECRYPT_ERROR);
		peer_end(&peer);
	}
}

/* ---- clients that stop on the way ----------------------------------------- */

/* What kseald waits behind, with so many records of a client that shows a certificate. */
static const struct {
	const char *version;
	unsigned int records;
	const char *stage;
} stops[] = {
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", 1, "after the peer's CLIENT HELLO" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", 2, "after the peer's CERTIFICATE" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", 3, "after the peer's CLIENT KEY EXCHANGE" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", 4, "after the peer's CERTIFICATE VERIFY" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2", 5, "after the peer's CERTIFICATE VERIFY" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.3", 1, "after the peer's CLIENT HELLO" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.3", 2, "after the peer's CLIENT HELLO" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.3", 3, "after the peer's CERTIFICATE" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.3", 4, "after the peer's CERTIFICATE VERIFY" },
};

static void stop_at(size_t i, int closes, unsigned int timeout_ms, struct kseal_result *result)
{
	struct peer peer = {
		.priority = stops[i].version, .cert = "alice", .records = stops[i].records,
		.closes = closes,
	};
	int pair[2];

	loopback_pair(pair);
	refusal_submit(pair[0], timeout_ms, KSEAL_CLIENT_AUTH_REQUIRED);
	peer_start(&peer, &refusal_certs, pair[1]);
	refusal_receive(result);
	peer_end(&peer);
}

static void closing_at_each_message_is_told(void **state)
{
	struct kseal_result result;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
		stop_at(i, 1, 0, &result);
		refusal_assert(stops[i].stage, &result, ECONNRESET, "closed the connection");
		refusal_assert(stops[i].stage, &result, ECONNRESET, stops[i].stage);
	}
}

/* A machine that is slow gets more time, since the client must come that far. */
static void stalling_at_each_message_ends_at_the_time_limit(void **state)
{
	struct kseal_result result;
	unsigned int limit;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(stops); i++) {
		limit = 100;
		do {
			stop_at(i, 0, limit, &result);
			limit *= 2;
		} while (limit < LONGEST_MS && !strstr(result.reason, stops[i].stage));
		refusal_assert(stops[i].stage, &result, ETIMEDOUT, stops[i].stage);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_proofs_are_told_by_decrypt_error),
		cmocka_unit_test(closing_at_each_message_is_told),
		cmocka_unit_test(stalling_at_each_message_ends_at_the_time_limit),
	};

	return cmocka_run_group_tests_name("stops", tests, refusal_set_up, refusal_tear_down);
}
