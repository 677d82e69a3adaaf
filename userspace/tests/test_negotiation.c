// SPDX-License-Identifier: GPL-2.0
/* What a server agrees to: by its own order, and only what its options allow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <gnutls/x509.h>

#include "certs.h"
#include "driver.h"
#include "loopback.h"
#include "peer.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct certs certs;

/** struct session - a server with options, and its client */
struct session {
	struct credentials credentials;
	struct kseald_request request;
	struct kseal_result result;
	struct tls tls;
	struct peer peer;
	int pair[2];
	enum tls_step step;
};

static int set_up_group(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	certs_issue(&certs, "r", "a.example r.example", CERT_RSA, -1, 10);
	return 0;
}

static int tear_down_group(void **state)
{
	(void)state;
	certs_end(&certs);
	return 0;
}

/* @names: identities; the peer is filled. */
static void shake(struct session *s, const char *const *names, const char *const *options)
{
	driver_load_with(&s->credentials, &certs, names, options);
	driver_request(&s->request, KSEAL_SERVER, NULL, NULL);
	loopback_pair(s->pair);
	assert_int_equal(tls_start(&s->tls, s->pair[0], &s->request, &s->credentials,
				   &s->result), 0);
	peer_start(&s->peer, &certs, s->pair[1]);
	s->step = driver_run(&s->tls, &s->result);
	if (s->step == TLS_FAILED)
		shutdown(s->pair[0], SHUT_WR);
	peer_join(&s->peer);
}

static void end(struct session *s)
{
	tls_stop(&s->tls);
	close(s->pair[0]);
	peer_end(&s->peer);
	credentials_free(&s->credentials);
}

#define NAMES(...) (const char *const[]){ __VA_ARGS__, NULL }
#define OPTIONS NAMES
#define NONE (const char *const[]){ NULL }

/* ---- order -------------------------------------------------------------- */

static const struct {
	const char *option;
	const char *client;
	const char *suite;
} orders[] = {
	{ "--ciphers=AES-256-GCM,AES-128-GCM", "NORMAL:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM",
	  "TLS_AES_256_GCM_SHA384" },
	{ "--ciphers=aes-128-gcm,aes-256-gcm", "NORMAL:-CIPHER-ALL:+AES-256-GCM:+AES-128-GCM",
	  "TLS_AES_128_GCM_SHA256" },
	{ "--ciphers=CHACHA20-POLY1305,AES-128-GCM", "NORMAL:-VERS-ALL:+VERS-TLS1.2",
	  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ "--ciphers=AES-128-GCM,CHACHA20-POLY1305",
	  "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CHACHA20-POLY1305:+AES-128-GCM",
	  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
	{ "--versions=1.2", "NORMAL", "TLS_ECDHE_ECDSA_WITH_" },
	{ "--versions=1.2,1.3", "NORMAL", "TLS_AES_" },
};

static void the_server_s_order_decides(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(orders); i++) {
		struct session s = { .peer.priority = orders[i].client };

		shake(&s, NAMES("a"), OPTIONS(orders[i].option));
		assert_string_equal(s.result.reason, "");
		if (strncmp(s.result.suite, orders[i].suite, strlen(orders[i].suite)))
			fail_msg("%s: %s", orders[i].option, s.result.suite);
		end(&s);
	}
}

/* A list as long as this, of each of which the client sends a share in TLS 1.3. */
static const struct {
	const char *option;
	const char *client;
	gnutls_group_t group;
} groups[] = {
	{ "--groups=X25519", "NORMAL", GNUTLS_GROUP_X25519 },
	{ "--groups=secp256r1", "NORMAL", GNUTLS_GROUP_SECP256R1 },
	{ "--groups=secp384r1,X25519", "NORMAL:-GROUP-ALL:+GROUP-SECP384R1:+GROUP-SECP256R1",
	  GNUTLS_GROUP_SECP384R1 },
	{ "--groups=X25519,secp256r1",
	  "NORMAL:-VERS-ALL:+VERS-TLS1.2:-GROUP-ALL:+GROUP-SECP256R1:+GROUP-X25519",
	  GNUTLS_GROUP_X25519 },
	{ "--groups=secp256r1,X25519",
	  "NORMAL:-VERS-ALL:+VERS-TLS1.2:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1",
	  GNUTLS_GROUP_SECP256R1 },
	{ "--groups=ffdhe2048", "NORMAL:-GROUP-ALL:+GROUP-FFDHE2048", GNUTLS_GROUP_FFDHE2048 },
};

static void groups_are_those_of_the_option(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		struct session s = { .peer.priority = groups[i].client };

		shake(&s, NAMES("a"), OPTIONS(groups[i].option));
		assert_string_equal(s.result.reason, "");
		assert_int_equal(gnutls_group_get(s.tls.session), groups[i].group);
		end(&s);
	}
}

/* ---- key exchange ------------------------------------------------------- */

static const struct {
	const char *client;
	const char *suite;
} old_exchanges[] = {
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA:-CIPHER-ALL:+AES-256-GCM",
	  "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA:-CIPHER-ALL:+AES-128-GCM:-GROUP-ALL",
	  "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA:-CIPHER-ALL:+AES-256-GCM",
	  "TLS_RSA_WITH_AES_256_GCM_SHA384" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA:-CIPHER-ALL:+AES-128-GCM",
	  "TLS_RSA_WITH_AES_128_GCM_SHA256" },
};

static void old_key_exchanges_are_done_when_asked_for(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(old_exchanges); i++) {
		struct session s = { .peer.priority = old_exchanges[i].client };

		shake(&s, NAMES("r"), OPTIONS("--key-exchange=ECDHE-RSA,DHE-RSA,RSA"));
		assert_string_equal(s.result.reason, "");
		assert_string_equal(s.result.suite, old_exchanges[i].suite);
		end(&s);
	}
}

static void assert_refused(const struct session *s, const char *words)
{
	assert_int_equal(s->step, TLS_FAILED);
	assert_int_equal(s->result.error, EPROTO);
	if (!strstr(s->result.reason, words))
		fail_msg("\"%s\" is not in: %s", words, s->result.reason);
}

static void old_key_exchanges_are_not_done_otherwise(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(old_exchanges); i++) {
		struct session s = { .peer.priority = old_exchanges[i].client };

		shake(&s, NAMES("r"), NONE);
		assert_refused(&s, "sent alert 40");
		assert_refused(&s, "no common suite: the client offers TLS_");
		assert_refused(&s, "with ECDHE-ECDSA,ECDHE-RSA");
		assert_int_equal(s.peer.alert, GNUTLS_A_HANDSHAKE_FAILURE);
		end(&s);
	}
}

/* ---- certificates ------------------------------------------------------- */

static gnutls_pk_algorithm_t shown(const struct session *s)
{
	const gnutls_datum_t *der = gnutls_certificate_get_peers(s->peer.session, NULL);
	gnutls_pk_algorithm_t kind;
	gnutls_x509_crt_t crt;

	assert_non_null(der);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER), 0);
	kind = gnutls_x509_crt_get_pk_algorithm(crt, NULL);
	gnutls_x509_crt_deinit(crt);
	return kind;
}

#define SIGN_RSA	"-SIGN-ALL:+SIGN-RSA-SHA256:+SIGN-RSA-PSS-RSAE-SHA256"
#define SIGN_ECDSA	"-SIGN-ALL:+SIGN-ECDSA-SHA256:+SIGN-ECDSA-SECP256R1-SHA256"
#define TLS12		"NORMAL:-VERS-ALL:+VERS-TLS1.2:"
#define TLS13		"NORMAL:-VERS-ALL:+VERS-TLS1.3:"

/* What the client verifies, and so what it is shown, whether or not it gives a name. */
static const struct {
	const char *client;
	gnutls_pk_algorithm_t kind;
} keys[] = {
	{ TLS13 SIGN_RSA, GNUTLS_PK_RSA },
	{ TLS13 SIGN_ECDSA, GNUTLS_PK_ECDSA },
	{ TLS12 SIGN_RSA, GNUTLS_PK_RSA },
	{ TLS12 SIGN_ECDSA, GNUTLS_PK_ECDSA },
	{ TLS12 "-KX-ALL:+ECDHE-RSA", GNUTLS_PK_RSA },
};

static void check_keys(const char *host, const char *const *names, const char *const *options)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		struct session s = {
			.peer = { .priority = keys[i].client, .host = host },
		};

		shake(&s, names, options);
		assert_string_equal(s.result.reason, "");
		if (shown(&s) != keys[i].kind)
			fail_msg("%s is shown another key", keys[i].client);
		end(&s);
	}
}

static void one_name_s_certificates_go_by_what_the_client_verifies(void **state)
{
	char second[256];

	(void)state;
	/* both pairs in the identity a */
	snprintf(second, sizeof(second), "--identity=a=%s/r.pem,%s/r.key", certs.dir, certs.dir);
	check_keys("a.example", NAMES("a"), OPTIONS(second));
	check_keys(NULL, NAMES("a"), OPTIONS(second));
}

static void identities_of_one_host_go_by_what_the_client_verifies(void **state)
{
	(void)state;
	check_keys("a.example", NAMES("a", "r"), NONE);
	check_keys("a.example", NAMES("r", "a"), NONE);
}

/* ---- nothing in common -------------------------------------------------- */

static const struct {
	const char *name;
	const char *option;
	const char *client;
	const char *words[3];
} mismatches[] = {
	{ "a", "--versions=1.3", TLS12 "+VERS-TLS1.2", { "sent alert 70", "no common version",
	  "the client offers TLS1.2, kseald accepts 1.3" } },
	{ "a", "--versions=1.2", TLS13 "+VERS-TLS1.3", { "no common version", "offers TLS1.3",
	  "kseald accepts 1.2" } },
	{ "a", "--ciphers=AES-128-GCM", TLS13 "-CIPHER-ALL:+AES-256-GCM",
	  { "no common suite", "the client offers TLS_AES_256_GCM_SHA384",
	    "kseald accepts AES-128-GCM with" } },
	{ "a", "--groups=X25519", TLS13 "-GROUP-ALL:+GROUP-SECP384R1",
	  { "no common group", "the client offers secp384r1", "kseald accepts X25519" } },
	{ "a", "--groups=X25519", TLS12 "-GROUP-ALL:+GROUP-SECP384R1",
	  { "no common group", "the client offers secp384r1", "kseald accepts X25519" } },
	{ "a", "--versions=1.2,1.3", TLS13 SIGN_RSA,
	  { "identity a has no certificate", "it verifies", "rsa_pss_rsae_sha256" } },
	{ "r", "--versions=1.2,1.3", TLS12 "-KX-ALL:+ECDHE-ECDSA",
	  { "identity r has no certificate", "a key that the client can use", "" } },
};

static void what_is_not_in_common_is_told(void **state)
{
	size_t i, w;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(mismatches); i++) {
		struct session s = { .peer.priority = mismatches[i].client };

		shake(&s, NAMES(mismatches[i].name), OPTIONS(mismatches[i].option));
		for (w = 0; w < ARRAY_SIZE(mismatches[0].words); w++)
			assert_refused(&s, mismatches[i].words[w]);
		end(&s);
	}
}

/* A hello whose extensions are cut short, in a record of the right length. */
static void a_malformed_hello_is_refused_with_decode_error(void **state)
{
	uint8_t record[5 + 4 + 2 + 32 + 1 + 4 + 2 + 2 + 4] = {
		22, 3, 1, 0, sizeof(record) - 5, 1, 0, 0, sizeof(record) - 9, 3, 3,
	};
	uint8_t *tail = record + sizeof(record) - 13, alert[7];
	struct session s = { 0 };

	(void)state;
	memcpy(tail, "\0\0\2\xc0\x2b\1\0\0\4\0\x17\0\1", 13);
	driver_load(&s.credentials, &certs, NAMES("a"));
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	loopback_pair(s.pair);
	assert_int_equal(tls_start(&s.tls, s.pair[0], &s.request, &s.credentials, &s.result), 0);
	assert_int_equal(send(s.pair[1], record, sizeof(record), 0), sizeof(record));
	s.step = driver_run(&s.tls, &s.result);
	assert_refused(&s, "ClientHello is malformed: its extensions are cut short");
	assert_refused(&s, "sent alert 50");
	assert_int_equal(recv(s.pair[1], alert, sizeof(alert), MSG_WAITALL), sizeof(alert));
	assert_int_equal(alert[6], 50);
	tls_stop(&s.tls);
	close(s.pair[0]);
	close(s.pair[1]);
	credentials_free(&s.credentials);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_server_s_order_decides),
		cmocka_unit_test(groups_are_those_of_the_option),
		cmocka_unit_test(old_key_exchanges_are_done_when_asked_for),
		cmocka_unit_test(old_key_exchanges_are_not_done_otherwise),
		cmocka_unit_test(one_name_s_certificates_go_by_what_the_client_verifies),
		cmocka_unit_test(identities_of_one_host_go_by_what_the_client_verifies),
		cmocka_unit_test(what_is_not_in_common_is_told),
		cmocka_unit_test(a_malformed_hello_is_refused_with_decode_error),
	};

	return cmocka_run_group_tests_name("negotiation", tests, set_up_group, tear_down_group);
}
