// SPDX-License-Identifier: GPL-2.0
/* OCSP responses, made by OpenSSL: which are sent along, and what is said of others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <openssl/ocsp.h>

#include "certs.h"
#include "driver.h"
#include "loopback.h"
#include "ocsp.h"
#include "peer.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct certs certs;

static int set_up(void **state)
{
	FILE *junk;

	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	certs_issue(&certs, "b", "b.example", CERT_ECDSA, -1, 10);
	ocsp_write(&certs, "a.pem", "good.der", V_OCSP_CERTSTATUS_GOOD, -60, 86400);
	ocsp_write(&certs, "b.pem", "other.der", V_OCSP_CERTSTATUS_GOOD, -60, 86400);
	ocsp_write(&certs, "a.pem", "late.der", V_OCSP_CERTSTATUS_GOOD, -7200, -3600);
	ocsp_write(&certs, "a.pem", "revoked.der", V_OCSP_CERTSTATUS_REVOKED, -60, 86400);
	junk = fopen(certs_path(&certs, "junk.der"), "w");
	assert_non_null(junk);
	fputs("junk", junk);
	fclose(junk);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	certs_end(&certs);
	return 0;
}

/* ---- using them --------------------------------------------------------- */

/* Return: as credentials_load() does; *@log is to be freed. */
static int load(struct credentials *credentials, const char *ocsp, char **log)
{
	char cert[160], key[160], ca[160], file[160];
	char *argv[] = { "kseald", cert, key, ca, file, NULL };
	FILE *terminal = stderr;
	struct options options;
	size_t size;
	int ret;

	snprintf(cert, sizeof(cert), "--cert=%s", certs_path(&certs, "a.pem"));
	snprintf(key, sizeof(key), "--key=%s", certs_path(&certs, "a.key"));
	snprintf(ca, sizeof(ca), "--ca=%s", certs_path(&certs, "ca.pem"));
	snprintf(file, sizeof(file), "--ocsp=%s", certs_path(&certs, ocsp));
	assert_int_equal(options_parse(&options, 5, argv, stdout, stderr), OPTIONS_RUN);
	stderr = open_memstream(log, &size);
	ret = credentials_load(credentials, &options);
	fclose(stderr);
	stderr = terminal;
	options_free(&options);
	return ret;
}

/* Has the client of one handshake been sent a response? */
static int is_sent(struct credentials *credentials, const char *priority)
{
	struct peer peer = { .priority = priority, .host = "a.example" };
	struct kseald_request request;
	struct kseal_result result = { 0 };
	gnutls_datum_t response;
	struct tls tls;
	int pair[2], sent;

	driver_request(&request, KSEAL_SERVER, NULL, NULL);
	loopback_pair(pair);
	assert_int_equal(tls_start(&tls, pair[0], &request, credentials, &result), 0);
	peer_start(&peer, &certs, pair[1]);
	assert_int_equal(driver_run(&tls, &result), TLS_DONE);
	peer_join(&peer);
	assert_int_equal(peer.ret, 0);
	sent = !gnutls_ocsp_status_request_get(peer.session, &response);
	if (sent)
		assert_true(gnutls_ocsp_status_request_is_checked(peer.session, 0));
	tls_stop(&tls);
	close(pair[0]);
	peer_end(&peer);
	return sent;
}

static void good_responses_are_sent_along(void **state)
{
	struct credentials credentials;
	char *log;

	(void)state;
	assert_int_equal(load(&credentials, "good.der", &log), 0);
	assert_string_equal(log, "");
	assert_true(is_sent(&credentials, "NORMAL:-VERS-ALL:+VERS-TLS1.3"));
	assert_true(is_sent(&credentials, "NORMAL:-VERS-ALL:+VERS-TLS1.2"));
	credentials_free(&credentials);
	free(log);
}

static void late_ones_are_warned_of_and_not_sent(void **state)
{
	struct credentials credentials;
	char *log;

	(void)state;
	assert_int_equal(load(&credentials, "late.der", &log), 0);
	assert_non_null(strstr(log, "warning: identity default"));
	assert_non_null(strstr(log, "late.der expired on 20"));
	assert_false(is_sent(&credentials, "NORMAL"));
	credentials_free(&credentials);
	free(log);
}

static void bad_ones_are_refused_and_named(void **state)
{
	static const struct {
		const char *file;
		const char *words;
	} bad[] = {
		{ "none.der", "none.der cannot be read: is it there" },
		{ "junk.der", "junk.der cannot be read: it must be DER or PEM" },
		{ "other.der", "other.der is not about the certificate" },
		{ "revoked.der", "revoked.der says that the certificate is revoked" },
	};
	struct credentials credentials;
	char *log;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_not_equal(load(&credentials, bad[i].file, &log), 0);
		if (!strstr(log, bad[i].words) || !strstr(log, "error: identity default"))
			fail_msg("\"%s\" is not in: %s", bad[i].words, log);
		credentials_free(&credentials);
		free(log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_responses_are_sent_along),
		cmocka_unit_test(late_ones_are_warned_of_and_not_sent),
		cmocka_unit_test(bad_ones_are_refused_and_named),
	};

	return cmocka_run_group_tests_name("staple", tests, set_up, tear_down);
}
