// SPDX-License-Identifier: GPL-2.0
/* A kseald whose clients do not get far, and what it says about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <gnutls/x509.h>

#include "refusal.h"

enum {
	RESULT_MS = 120000,
};

struct certs refusal_certs;
struct daemon refusal_kseald;
struct kseal_broker *refusal_broker;

static void start_daemon(void)
{
	char cert[128], key[128], ca[128];

	snprintf(cert, sizeof(cert), "--cert=%s", certs_path(&refusal_certs, "a.pem"));
	snprintf(key, sizeof(key), "--key=%s", certs_path(&refusal_certs, "a.key"));
	snprintf(ca, sizeof(ca), "--client-ca=%s", certs_path(&refusal_certs, "ca.pem"));
	daemon_prepare(&refusal_kseald);
	daemon_start(&refusal_kseald, (const char *const[]){ cert, key, ca, "--timeout=60", NULL });
	assert_int_equal(kseal_broker_open(refusal_kseald.socket, &refusal_broker), 0);
}

int refusal_set_up(void **state)
{
	(void)state;
	certs_begin(&refusal_certs);
	certs_issue(&refusal_certs, "a", "a.example", CERT_ECDSA, -1, 10);
	refusal_certs.purpose = GNUTLS_KP_TLS_WWW_CLIENT;
	certs_issue(&refusal_certs, "alice", "alice.example", CERT_ECDSA, -1, 10);
	start_daemon();
	return 0;
}

int refusal_tear_down(void **state)
{
	(void)state;
	kseal_broker_close(refusal_broker);
	assert_int_equal(daemon_stop(&refusal_kseald), 0);
	daemon_clean(&refusal_kseald);
	certs_end(&refusal_certs);
	return 0;
}

/* ---- one handshake -------------------------------------------------------- */

void refusal_submit(int fd, unsigned int timeout_ms, enum kseal_client_auth auth)
{
	const struct kseal_request request = {
		.size = sizeof(request), .role = KSEAL_SERVER,
		.timeout_ms = timeout_ms, .client_auth = auth,
	};
	uint32_t id;

	assert_int_equal(kseal_submit(refusal_broker, fd, &request, &id), 0);
	close(fd);
}

void refusal_receive(struct kseal_result *result)
{
	assert_int_equal(kseal_receive(refusal_broker, result, RESULT_MS), 0);
}

/* The log has one line about @result, and it says why. A reason with quotes in it has
 * other ones there.
 */
static void assert_one_line(const char *what, const struct kseal_result *result)
{
	const int length = strcspn(result->reason, "\"");
	FILE *file = fopen(refusal_kseald.log, "r");
	char line[2048], id[64], reason[KSEAL_REASON_SIZE];
	int lines = 0, good = 0;

	assert_non_null(file);
	snprintf(id, sizeof(id), "conn=%s ", result->connection);
	snprintf(reason, sizeof(reason), "%.*s", length, result->reason);
	while (fgets(line, sizeof(line), file)) {
		if (!strstr(line, id))
			continue;
		lines++;
		good += strstr(line, "outcome=failed") && strstr(line, reason);
	}
	fclose(file);
	if (lines != 1 || good != 1)
		fail_msg("%s: %d lines in the log, %d good", what, lines, good);
}

void refusal_assert(const char *what, const struct kseal_result *result, int error,
			   const char *words)
{
	if (result->error != error || !strstr(result->reason, words))
		fail_msg("%s: %d, %s", what, result->error, result->reason);
	assert_int_equal(result->fd, -1);
	assert_one_line(what, result);
}
