// SPDX-License-Identifier: GPL-2.0
/* Whom kseald believes: certificates of clients, and what a program asks of servers. */
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

#include "cert_text.h"
#include "certs.h"
#include "driver.h"
#include "loopback.h"
#include "peer.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *const versions[] = {
	"NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2",
};

static struct certs certs, strangers;
static struct credentials credentials;

/** struct session - kseald's end and the other */
struct session {
	struct kseald_request request;
	struct kseal_result result;
	struct tls tls;
	struct peer peer;
	int pair[2];
	enum tls_step step;
};

#define IDENTITY(name, more) \
	"{ name = \"" name "\"; certificate = \"%s/server.pem\"; key = \"%s/server.key\"; " \
	more " },\n"
#define CLIENT_CA "client-ca = \"%s/ca.pem\"; "

static const char config[] =
	"ca = \"%s/ca.pem\"\n"
	"identities = (\n"
	IDENTITY("plain", "")
	IDENTITY("able", CLIENT_CA)
	IDENTITY("optional", CLIENT_CA "client-auth = \"optional\"")
	IDENTITY("required", CLIENT_CA "client-auth = \"required\"")
	IDENTITY("revoking", CLIENT_CA "client-auth = \"required\"; "
		 "client-crl = \"%s/revoked.crl\"")
	IDENTITY("stale", CLIENT_CA "client-auth = \"required\"; client-crl = \"%s/old.crl\"")
	"{ name = \"me\"; certificate = \"%s/alice.pem\"; key = \"%s/alice.key\"; "
	"role = \"client\" }\n)\n";

static int set_up_group(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "server", "a.example", CERT_ECDSA, -1, 10);
	certs.purpose = GNUTLS_KP_TLS_WWW_CLIENT;
	certs_issue(&certs, "alice", "alice.example", CERT_ECDSA, -1, 10);
	certs_issue(&certs, "bob", "bob.example", CERT_ECDSA, -1, 10);
	certs_issue(&certs, "late", "late.example", CERT_ECDSA, -10, -2);
	certs_issue(&certs, "early", "early.example", CERT_ECDSA, 2, 10);
	certs_revoke(&certs, "revoked.crl", "bob", 10);
	certs_revoke(&certs, "old.crl", "bob", -1);
	certs_begin(&strangers);
	strangers.purpose = GNUTLS_KP_TLS_WWW_CLIENT;
	certs_issue(&strangers, "alice", "alice.example", CERT_ECDSA, -1, 10);
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(driver_load_config(&credentials, &certs, config), 0);
	log_set_level(LOG_LEVEL_INFO);
	return 0;
}

static int tear_down_group(void **state)
{
	(void)state;
	credentials_free(&credentials);
	certs_end(&certs);
	certs_end(&strangers);
	return 0;
}

/* Both ends until they have ended. */
static void shake(struct session *s, const struct certs *theirs)
{
	loopback_pair(s->pair);
	assert_int_equal(tls_start(&s->tls, s->pair[0], &s->request, &credentials, &s->result), 0);
	peer_start(&s->peer, theirs, s->pair[1]);
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
}

/* In TLS 1.3 a client has finished before it hears what the server thinks of it. */
static gnutls_alert_description_t alert_heard(struct session *s)
{
	char byte;

	if (!s->peer.ret)
		while (gnutls_record_recv(s->peer.session, &byte, 1) == GNUTLS_E_AGAIN)
			;
	return gnutls_alert_get(s->peer.session);
}

static void assert_reason(const struct session *s, int error, const char *words)
{
	if (s->step != TLS_FAILED)
		fail_msg("no failure with: %s", words);
	if (!strstr(s->result.reason, words))
		fail_msg("\"%s\" is not in: %s", words, s->result.reason);
	assert_int_equal(s->result.error, error);
}

/* ---- certificates of clients ---------------------------------------------- */

/** struct row - a client at an identity, and whom the program hears of */
static const struct {
	const char *identity;
	enum kseal_client_auth wish;
	const char *cert;
	const char *subject;
} believed[] = {
	{ "plain", KSEAL_CLIENT_AUTH_NONE, "alice", "" },
	{ "able", KSEAL_CLIENT_AUTH_NONE, "alice", "" },
	{ "able", KSEAL_CLIENT_AUTH_OPTIONAL, NULL, "" },
	{ "able", KSEAL_CLIENT_AUTH_OPTIONAL, "alice", "CN=alice" },
	{ "able", KSEAL_CLIENT_AUTH_REQUIRED, "alice", "CN=alice" },
	{ "optional", KSEAL_CLIENT_AUTH_NONE, NULL, "" },
	{ "optional", KSEAL_CLIENT_AUTH_NONE, "alice", "CN=alice" },
	{ "required", KSEAL_CLIENT_AUTH_NONE, "alice", "CN=alice" },
	{ "required", KSEAL_CLIENT_AUTH_OPTIONAL, "bob", "CN=bob" },
	{ "revoking", KSEAL_CLIENT_AUTH_NONE, "alice", "CN=alice" },
};

static void check_fingerprint(const struct session *s, const char *cert)
{
	uint8_t expected[KSEAL_FINGERPRINT_SIZE] = { 0 };
	size_t size = sizeof(expected);
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;
	char file[64];

	if (cert) {
		snprintf(file, sizeof(file), "%s.pem", cert);
		assert_int_equal(gnutls_load_file(certs_path(&certs, file), &pem), 0);
		assert_int_equal(gnutls_x509_crt_init(&crt), 0);
		assert_int_equal(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM), 0);
		gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, expected, &size);
		gnutls_x509_crt_deinit(crt);
		gnutls_free(pem.data);
	}
	assert_memory_equal(s->result.peer_fingerprint, expected, sizeof(expected));
}

static void check_believed(size_t i, const char *version)
{
	struct session s = { .peer = { .priority = version, .cert = believed[i].cert } };
	char names[64] = "";

	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	strcpy(s.request.identity, believed[i].identity);
	s.request.client_auth = believed[i].wish;
	shake(&s, &certs);
	assert_string_equal(s.result.reason, "");
	assert_int_equal(s.step, TLS_DONE);
	assert_int_equal(s.peer.ret, 0);
	assert_string_equal(s.result.peer_subject, believed[i].subject);
	if (believed[i].subject[0])
		snprintf(names, sizeof(names), "DNS:%s.example", believed[i].cert);
	assert_string_equal(s.result.peer_names, names);
	check_fingerprint(&s, believed[i].subject[0] ? believed[i].cert : NULL);
	end(&s);
}

static void clients_are_told_of_if_they_were_to_show_who_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(believed); i++)
		for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
			check_believed(i, versions[v]);
}

static const struct {
	const char *what;
	const char *identity;
	enum kseal_client_auth wish;
	const char *cert;
	const struct certs *theirs;
	const char *words;
	gnutls_alert_description_t alert;
} refused[] = {
	{ "none shown", "required", KSEAL_CLIENT_AUTH_NONE, NULL, &certs,
	  "has shown no certificate", GNUTLS_A_CERTIFICATE_REQUIRED },
	{ "a program cannot ask for less", "required", KSEAL_CLIENT_AUTH_OPTIONAL, NULL, &certs,
	  "has shown no certificate", GNUTLS_A_CERTIFICATE_REQUIRED },
	{ "a program can ask for more", "optional", KSEAL_CLIENT_AUTH_REQUIRED, NULL, &certs,
	  "has shown no certificate", GNUTLS_A_CERTIFICATE_REQUIRED },
	{ "optional is not arbitrary", "optional", KSEAL_CLIENT_AUTH_NONE, "late", &certs,
	  "it expired on 20", GNUTLS_A_CERTIFICATE_EXPIRED },
	{ "expired", "required", KSEAL_CLIENT_AUTH_NONE, "late", &certs,
	  "it expired on 20", GNUTLS_A_CERTIFICATE_EXPIRED },
	{ "not yet valid", "required", KSEAL_CLIENT_AUTH_NONE, "early", &certs,
	  "it is not valid before 20", GNUTLS_A_CERTIFICATE_EXPIRED },
	{ "a server's", "required", KSEAL_CLIENT_AUTH_NONE, "server", &certs,
	  "it is not meant for clients", GNUTLS_A_UNSUPPORTED_CERTIFICATE },
	{ "unknown authority", "required", KSEAL_CLIENT_AUTH_NONE, "alice", &strangers,
	  "its issuer is unknown: CN=/tmp/", GNUTLS_A_UNKNOWN_CA },
	{ "revoked", "revoking", KSEAL_CLIENT_AUTH_NONE, "bob", &certs,
	  "it has been revoked", GNUTLS_A_CERTIFICATE_REVOKED },
	{ "old list", "stale", KSEAL_CLIENT_AUTH_NONE, "alice", &certs,
	  "(client-crl) expired on 20", GNUTLS_A_CERTIFICATE_UNKNOWN },
};

static void check_refused(size_t i, size_t v)
{
	struct session s = {
		.peer = { .priority = versions[v], .cert = refused[i].cert, .insist = 1 },
	};
	gnutls_alert_description_t alert = refused[i].alert;
	uint8_t nothing[KSEAL_FINGERPRINT_SIZE] = { 0 };

	if (v && alert == GNUTLS_A_CERTIFICATE_REQUIRED)	/* there is none in TLS 1.2 */
		alert = GNUTLS_A_HANDSHAKE_FAILURE;
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	strcpy(s.request.identity, refused[i].identity);
	s.request.client_auth = refused[i].wish;
	shake(&s, refused[i].theirs);
	assert_reason(&s, EACCES, refused[i].words);
	if (alert_heard(&s) != alert)
		fail_msg("%s: alert %d", refused[i].what, gnutls_alert_get(s.peer.session));
	assert_string_equal(s.result.peer_subject, "");
	assert_memory_equal(s.result.peer_fingerprint, nothing, sizeof(nothing));
	end(&s);
}

static void bad_clients_are_refused_with_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		for (size_t v = 0; v < ARRAY_SIZE(versions); v++)
			check_refused(i, v);
}

static void nobody_is_asked_where_nobody_vouches(void **state)
{
	struct session s = { .peer = { .cert = "alice" } };

	(void)state;
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	strcpy(s.request.identity, "plain");
	s.request.client_auth = KSEAL_CLIENT_AUTH_OPTIONAL;
	shake(&s, &certs);
	assert_reason(&s, EINVAL, "\"plain\" has no client-ca");
	assert_int_equal(s.peer.alert, GNUTLS_A_INTERNAL_ERROR);
	end(&s);
}

/* ---- sessions that go on -------------------------------------------------- */

/** struct visit - one of a client's connections, with the session of the one before */
struct visit {
	const char *version;
	const char *identity;
	enum kseal_client_auth wish;
	gnutls_datum_t session;
};

/* Fills in result; returns whether the session was resumed. */
static int visit(struct visit *v, struct kseal_result *result)
{
	struct session s = {
		.peer = { .priority = v->version, .cert = "alice", .resume = v->session },
	};
	int resumed;
	char byte;

	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	strcpy(s.request.identity, v->identity);
	s.request.client_auth = v->wish;
	shake(&s, &certs);
	*result = s.result;
	resumed = gnutls_session_is_resumed(s.tls.session);
	gnutls_free(v->session.data);
	v->session.data = NULL;
	if (s.step == TLS_DONE) {
		/* TLS 1.3: the ticket is behind the handshake, so before any data */
		assert_int_equal(gnutls_record_send(s.tls.session, "x", 1), 1);
		while (gnutls_record_recv(s.peer.session, &byte, 1) == GNUTLS_E_AGAIN)
			;
		assert_int_equal(gnutls_session_get_data2(s.peer.session, &v->session), 0);
	}
	end(&s);
	return resumed;
}

static void sessions_that_go_on_keep_whose_they_are(void **state)
{
	struct kseal_result first, second;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct visit v = { .version = versions[i], .identity = "required" };

		assert_false(visit(&v, &first));
		assert_int_equal(first.error, 0);
		assert_true(visit(&v, &second));
		assert_int_equal(second.error, 0);
		assert_string_equal(second.peer_subject, "CN=alice");
		assert_string_equal(second.peer_names, first.peer_names);
		assert_memory_equal(second.peer_fingerprint, first.peer_fingerprint,
				    KSEAL_FINGERPRINT_SIZE);
		gnutls_free(v.session.data);
	}
}

/* As after a reload, with other authorities or lists, that keeps ticket keys. */
static void sessions_that_go_on_are_checked_by_what_is_known_now(void **state)
{
	struct identity *identity;
	struct kseal_result result;

	(void)state;
	identity = (struct identity *)credentials_by_name(&credentials, "revoking");
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct visit v = { .version = versions[i], .identity = "revoking" };
		const time_t until = identity->crl_until;

		assert_false(visit(&v, &result));
		assert_int_equal(result.error, 0);
		identity->crl_until = 1;
		assert_true(visit(&v, &result));
		identity->crl_until = until;
		assert_int_equal(result.error, EACCES);
		assert_non_null(strstr(result.reason, "expired on 1970"));
		assert_string_equal(result.peer_subject, "");
	}
}

/* Neither without a certificate to where one is asked for, nor the other way. */
static void sessions_do_not_go_on_where_something_else_is_asked_for(void **state)
{
	struct kseal_result result;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct visit v = { .version = versions[i], .identity = "able" };

		assert_false(visit(&v, &result));
		assert_int_equal(result.error, 0);
		v.wish = KSEAL_CLIENT_AUTH_REQUIRED;
		assert_false(visit(&v, &result));
		assert_int_equal(result.error, 0);
		assert_string_equal(result.peer_subject, "CN=alice");
		v.wish = KSEAL_CLIENT_AUTH_NONE;
		assert_false(visit(&v, &result));
		assert_int_equal(result.error, 0);
		assert_string_equal(result.peer_subject, "");
		gnutls_free(v.session.data);
	}
}

/* ---- the client role ------------------------------------------------------ */

static void pin_of(const char *file, char *pin)
{
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;

	assert_int_equal(gnutls_load_file(certs_path(&certs, file), &pem), 0);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(cert_pin(crt, pin), 0);
	gnutls_x509_crt_deinit(crt);
	gnutls_free(pem.data);
}

static void check_pins(const char *pins, const char *mismatch, const char *version)
{
	struct session s = { .peer = { .server = 1, .cert = "server", .priority = version } };

	driver_request(&s.request, KSEAL_CLIENT, "a.example", NULL);
	strcpy(s.request.pin, pins);
	shake(&s, &certs);
	if (mismatch) {
		assert_reason(&s, EACCES, mismatch);
		assert_int_equal(s.peer.alert, GNUTLS_A_CERTIFICATE_UNKNOWN);
	} else {
		assert_string_equal(s.result.reason, "");
		assert_int_equal(s.step, TLS_DONE);
		assert_string_equal(s.result.peer_subject, "CN=server");
		assert_string_equal(s.result.peer_names, "DNS:a.example");
	}
	end(&s);
}

static void server_has_one_of_the_keys_pinned(void **state)
{
	char right[CERT_PIN_SIZE], wrong[CERT_PIN_SIZE], both[2 * CERT_PIN_SIZE], other[128];

	(void)state;
	pin_of("server.pem", right);
	pin_of("alice.pem", wrong);
	snprintf(both, sizeof(both), "%s;%s", wrong, right);
	snprintf(other, sizeof(other), "its key is %s, which is not pinned", right);
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		check_pins(right, NULL, versions[i]);
		check_pins(both, NULL, versions[i]);
		check_pins(wrong, other, versions[i]);
	}
}

/* A pin replaces no other check. */
static void pinned_key_in_a_bad_certificate_is_refused(void **state)
{
	struct session s = { .peer = { .server = 1, .cert = "server" } };

	(void)state;
	driver_request(&s.request, KSEAL_CLIENT, "b.example", NULL);
	pin_of("server.pem", s.request.pin);
	shake(&s, &certs);
	assert_reason(&s, EACCES, "it is for another name: DNS:a.example");
	end(&s);
}

static void check_shown(const char *version, int ask, const char *identity, const char *shown)
{
	struct session s = {
		.peer = { .server = 1, .cert = "server", .priority = version, .ask = ask },
	};

	driver_request(&s.request, KSEAL_CLIENT, "a.example", NULL);
	strcpy(s.request.client_identity, identity);
	shake(&s, &certs);
	assert_string_equal(s.result.reason, "");
	assert_int_equal(s.step, TLS_DONE);
	assert_int_equal(s.peer.ret, 0);
	assert_string_equal(s.peer.shown, shown);
	end(&s);
}

static void client_shows_its_certificate_if_asked_and_told_to(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		check_shown(versions[i], 1, "me", "CN=alice");
		check_shown(versions[i], 1, "", "");
		check_shown(versions[i], 0, "me", "");
	}
}

/* ---- requests that make no sense ------------------------------------------ */

static void set_pin(struct kseald_request *request)
{
	strcpy(request->pin, "sha256//AAAA");
}

static void set_client_identity(struct kseald_request *request)
{
	strcpy(request->client_identity, "nobody");
}

static void set_server_identity(struct kseald_request *request)
{
	strcpy(request->client_identity, "plain");
}

static void set_client_auth(struct kseald_request *request)
{
	request->client_auth = KSEAL_CLIENT_AUTH_OPTIONAL;
}

static void set_odd_auth(struct kseald_request *request)
{
	request->client_auth = 3;
}

static void set_client_as_server(struct kseald_request *request)
{
	strcpy(request->identity, "me");
}

static const struct {
	enum kseal_role role;
	void (*set)(struct kseald_request *request);
	int error;
	const char *words;
} nonsense[] = {
	{ KSEAL_CLIENT, set_pin, EINVAL, "\"sha256//AAAA\" is no pin" },
	{ KSEAL_CLIENT, set_client_identity, ENOENT, "no identity \"nobody\"" },
	{ KSEAL_CLIENT, set_server_identity, EINVAL, "\"plain\" is not for the client role" },
	{ KSEAL_CLIENT, set_client_auth, EINVAL, "server role only" },
	{ KSEAL_SERVER, set_pin, EINVAL, "client role only" },
	{ KSEAL_SERVER, set_client_identity, EINVAL, "client role only" },
	{ KSEAL_SERVER, set_odd_auth, EINVAL, "3 says nothing" },
	{ KSEAL_SERVER, set_client_as_server, EINVAL, "\"me\" is for the client role only" },
};

static void nonsense_is_refused_with_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(nonsense); i++) {
		struct session s = { .step = TLS_FAILED };

		driver_request(&s.request, nonsense[i].role,
			       nonsense[i].role == KSEAL_CLIENT ? "a.example" : NULL, NULL);
		nonsense[i].set(&s.request);
		assert_int_equal(tls_start(&s.tls, 0, &s.request, &credentials, &s.result),
				 -nonsense[i].error);
		assert_reason(&s, nonsense[i].error, nonsense[i].words);
	}
}

/* Certificates for the client role only are no answer to any name. */
static void servers_show_no_certificate_of_the_client_role(void **state)
{
	struct session s = { .peer.host = "alice.example" };

	(void)state;
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	shake(&s, &certs);
	assert_int_equal(s.peer.ret, GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR);
	assert_string_equal(s.tls.shown->name, "plain");
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clients_are_told_of_if_they_were_to_show_who_they_are),
		cmocka_unit_test(bad_clients_are_refused_with_words),
		cmocka_unit_test(nobody_is_asked_where_nobody_vouches),
		cmocka_unit_test(sessions_that_go_on_keep_whose_they_are),
		cmocka_unit_test(sessions_that_go_on_are_checked_by_what_is_known_now),
		cmocka_unit_test(sessions_do_not_go_on_where_something_else_is_asked_for),
		cmocka_unit_test(server_has_one_of_the_keys_pinned),
		cmocka_unit_test(pinned_key_in_a_bad_certificate_is_refused),
		cmocka_unit_test(client_shows_its_certificate_if_asked_and_told_to),
		cmocka_unit_test(nonsense_is_refused_with_words),
		cmocka_unit_test(servers_show_no_certificate_of_the_client_role),
	};

	return cmocka_run_group_tests_name("tls_peer", tests, set_up_group, tear_down_group);
}
