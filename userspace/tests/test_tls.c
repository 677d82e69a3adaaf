// SPDX-License-Identifier: GPL-2.0
/*
 * Handshakes of kseald, in both roles, with another GnuTLS over loopback, up to
 * where the kernel would take over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>
#include <poll.h>
#include <linux/tls.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "certs.h"
#include "driver.h"
#include "loopback.h"
#include "peer.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct certs certs;
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

static int set_up_group(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	certs_issue(&certs, "b", "b.example *.b.example", CERT_ECDSA, -1, 10);
	certs_issue(&certs, "r", "r.example", CERT_RSA, -1, 10);
	certs_issue(&certs, "old", "old.example", CERT_ECDSA, -10, -2);
	certs.padding = 100000;
	certs_issue(&certs, "big", "big.example", CERT_ECDSA, -1, 10);
	certs.padding = 0;
	driver_load(&credentials, &certs,
		    (const char *const[]){ "a", "b", "r", "old", "big", NULL });
	return 0;
}

static int tear_down_group(void **state)
{
	(void)state;
	credentials_free(&credentials);
	certs_end(&certs);
	return 0;
}

/* request and peer are filled; nothing has been said yet. */
static void begin(struct session *s)
{
	loopback_pair(s->pair);
	assert_int_equal(tls_start(&s->tls, s->pair[0], &s->request, &credentials,
				   &s->result), 0);
	peer_start(&s->peer, &certs, s->pair[1]);
}

/* Both ends until they have ended. */
static void shake(struct session *s)
{
	begin(s);
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

static void assert_reason(const struct session *s, int error, const char *words)
{
	assert_int_equal(s->step, TLS_FAILED);
	assert_int_equal(s->result.error, error);
	if (!strstr(s->result.reason, words))
		fail_msg("\"%s\" is not in: %s", words, s->result.reason);
}

/* ---- success ------------------------------------------------------------ */

static const struct {
	const char *priority;
	const char *host;
	uint16_t version;
	uint16_t cipher;
	const char *suite;
} suites[] = {
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM", "a.example",
	  TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128, "TLS_AES_128_GCM_SHA256" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM", "a.example",
	  TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, "TLS_AES_256_GCM_SHA384" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM", "a.example",
	  TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128,
	  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM", "a.example",
	  TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_256,
	  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM", "r.example",
	  TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_256,
	  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM", "r.example",
	  TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128,
	  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305", "a.example",
	  TLS_1_3_VERSION, TLS_CIPHER_CHACHA20_POLY1305, "TLS_CHACHA20_POLY1305_SHA256" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CHACHA20-POLY1305", "a.example",
	  TLS_1_2_VERSION, TLS_CIPHER_CHACHA20_POLY1305,
	  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-CCM", "a.example",
	  TLS_1_3_VERSION, TLS_CIPHER_AES_CCM_128, "TLS_AES_128_CCM_SHA256" },
	{ "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CCM", "a.example",
	  TLS_1_2_VERSION, TLS_CIPHER_AES_CCM_128,
	  "TLS_ECDHE_ECDSA_WITH_AES_128_CCM" },
};

static void check_suite(size_t i, enum kseal_role role)
{
	char cert[2] = { suites[i].host[0], '\0' };
	struct session s = {
		.peer = {
			.server = role == KSEAL_CLIENT,
			.priority = suites[i].priority,
			.host = suites[i].host,
			.cert = cert,
			.alpn = "h2",
		},
	};

	driver_request(&s.request, role,
		       role == KSEAL_CLIENT ? suites[i].host : NULL,
		       "http/1.1,h2");
	shake(&s);
	assert_string_equal(s.result.reason, "");
	assert_int_equal(s.step, TLS_DONE);
	assert_int_equal(s.peer.ret, 0);
	assert_int_equal(s.result.version, suites[i].version);
	assert_int_equal(s.result.cipher, suites[i].cipher);
	assert_string_equal(s.result.suite, suites[i].suite);
	assert_string_equal(s.result.server_name, suites[i].host);
	assert_string_equal(s.result.alpn, "h2");
	end(&s);
}

static void servers_speak_every_suite(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(suites); i++)
		check_suite(i, KSEAL_SERVER);
}

static void clients_speak_every_suite(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(suites); i++)
		check_suite(i, KSEAL_CLIENT);
}

static void sni_and_alpn_are_empty_when_not_asked_for(void **state)
{
	struct session s = { 0 };

	(void)state;
	driver_request(&s.request, KSEAL_SERVER, NULL, "h2");
	shake(&s);
	assert_int_equal(s.step, TLS_DONE);
	assert_int_equal(s.peer.ret, 0);
	assert_string_equal(s.result.server_name, "");
	assert_string_equal(s.result.alpn, "");
	end(&s);
}

/* The peer verifies the name, so it knows which certificate it was shown. */
static void server_shows_the_certificate_of_the_name_asked_for(void **state)
{
	static const char *const hosts[] = {
		"a.example", "b.example", "www.b.example", "r.example",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(hosts); i++) {
		struct session s = { .peer.host = hosts[i] };

		driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
		shake(&s);
		assert_int_equal(s.peer.ret, 0);
		assert_int_equal(s.step, TLS_DONE);
		end(&s);
	}
}

static void identity_overrules_the_name_asked_for(void **state)
{
	struct session s = { .peer.host = "a.example" };

	(void)state;
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	strcpy(s.request.identity, "b");
	shake(&s);
	assert_int_equal(s.peer.ret, GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR);
	assert_reason(&s, EPROTO, "the peer sent alert 42");
	end(&s);
}

static void server_prefers_its_own_order_of_protocols(void **state)
{
	struct session s = { .peer = { .server = 1, .cert = "a" } };

	(void)state;
	s.peer.alpn = "http/1.1";
	driver_request(&s.request, KSEAL_CLIENT, "a.example", "h2,http/1.1");
	shake(&s);
	assert_int_equal(s.step, TLS_DONE);
	assert_string_equal(s.result.alpn, "http/1.1");
	end(&s);
}

/* ---- what is left for the kernel ---------------------------------------- */

static size_t bytes_waiting(int fd)
{
	int n = 0;

	assert_int_equal(ioctl(fd, FIONREAD, &n), 0);
	return n;
}

/* Goes on as far as it goes; returns the last message it read. */
static gnutls_handshake_description_t assert_waiting(struct session *s)
{
	assert_int_equal(tls_step(&s->tls, &s->result), TLS_WAIT_READ);
	return gnutls_handshake_get_last_in(s->tls.session);
}

/*
 * The peer's first data is there before we read its Finished: it may not read
 * what makes it finish before we have found that there is nothing more to read.
 */
static void check_data_behind(struct session *s, size_t overhead)
{
	const char *said = "already here";
	const gnutls_handshake_description_t gate = s->peer.gate;
	unsigned char header[5];

	s->peer.say = said;
	begin(s);
	while (assert_waiting(s) != gate)
		loopback_wait(s->pair[0], POLLIN);
	peer_open_gate(&s->peer);
	peer_join(&s->peer);
	s->step = driver_run(&s->tls, &s->result);
	assert_int_equal(s->step, TLS_DONE);
	assert_int_equal(gnutls_record_check_pending(s->tls.session), 0);
	assert_int_equal(bytes_waiting(s->pair[0]),
			 sizeof(header) + overhead + strlen(said));
	assert_int_equal(recv(s->pair[0], header, sizeof(header), MSG_PEEK),
			 sizeof(header));
	assert_int_equal(header[0], 23);
	assert_int_equal(header[3] << 8 | header[4], overhead + strlen(said));
	end(s);
}

static void data_behind_the_handshake_stays_in_the_socket(void **state)
{
	struct session s13 = {
		.peer = {
			.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3",
			.gate = GNUTLS_HANDSHAKE_CLIENT_HELLO,
		},
	};
	struct session s12 = {
		.peer = {
			.server = 1,
			.cert = "a",
			.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2",
			.gate = GNUTLS_HANDSHAKE_SERVER_HELLO_DONE,
		},
	};

	(void)state;
	driver_request(&s13.request, KSEAL_SERVER, NULL, NULL);
	check_data_behind(&s13, 1 + 16);
	driver_request(&s12.request, KSEAL_CLIENT, "a.example", NULL);
	check_data_behind(&s12, 8 + 16);
}

static void full_send_buffer_is_waited_for(void **state)
{
	const int tiny = 1, small = 16384;
	struct session s = { .peer = { .host = "big.example",
				      .gate = GNUTLS_HANDSHAKE_CLIENT_HELLO } };
	enum tls_step step;

	(void)state;
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	loopback_pair(s.pair);
	setsockopt(s.pair[0], SOL_SOCKET, SO_SNDBUF, &tiny, sizeof(tiny));
	setsockopt(s.pair[1], SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(tls_start(&s.tls, s.pair[0], &s.request, &credentials,
				   &s.result), 0);
	peer_start(&s.peer, &certs, s.pair[1]);
	loopback_wait(s.pair[0], POLLIN);
	while ((step = tls_step(&s.tls, &s.result)) == TLS_WAIT_READ)
		loopback_wait(s.pair[0], POLLIN);
	assert_int_equal(step, TLS_WAIT_WRITE);
	peer_open_gate(&s.peer);
	s.step = driver_run(&s.tls, &s.result);
	assert_string_equal(s.result.reason, "");
	assert_int_equal(s.step, TLS_DONE);
	peer_join(&s.peer);
	assert_int_equal(s.peer.ret, 0);
	end(&s);
}

static void socket_flags_are_left_alone(void **state)
{
	struct session s = { 0 };
	int before;

	(void)state;
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	begin(&s);
	before = fcntl(s.pair[0], F_GETFL);
	assert_false(before & O_NONBLOCK);
	assert_int_equal(driver_run(&s.tls, &s.result), TLS_DONE);
	assert_int_equal(fcntl(s.pair[0], F_GETFL), before);
	end(&s);
}

/*
 * A client of GnuTLS that wants none sends no psk_key_exchange_modes; then the
 * first record behind the handshake must be data.
 */
static void tickets_go_to_clients_that_take_them(void **state)
{
	char byte;
	int want;

	(void)state;
	for (want = 0; want < 2; want++) {
		struct session s = {
			.peer = {
				.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3",
				.no_tickets = !want,
			},
		};

		driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
		shake(&s);
		assert_int_equal(s.step, TLS_DONE);
		assert_int_equal(gnutls_record_send(s.tls.session, "x", 1), 1);
		assert_int_equal(gnutls_record_recv(s.peer.session, &byte, 1),
				 want ? GNUTLS_E_AGAIN : 1);
		end(&s);
	}
}

static void client_offers_to_take_no_tickets(void **state)
{
	static const char *const versions[] = {
		"NORMAL:-VERS-ALL:+VERS-TLS1.3", "NORMAL:-VERS-ALL:+VERS-TLS1.2",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		struct session s = {
			.peer = {
				.server = 1,
				.cert = "a",
				.priority = versions[i],
			},
		};

		driver_request(&s.request, KSEAL_CLIENT, "a.example", NULL);
		shake(&s);
		assert_int_equal(s.step, TLS_DONE);
		assert_int_equal(s.peer.offered_tickets, 0);
		end(&s);
	}
}

/* ---- failure, in words -------------------------------------------------- */

static const struct {
	const char *what;
	const char *name;
	const char *cert;
	const char *words;
	gnutls_alert_description_t alert;
} refused[] = {
	{ "another name", "b.example", "a", "it is for another name: DNS:a.example",
	  GNUTLS_A_BAD_CERTIFICATE },
	{ "an address", "192.0.2.1", "a", "it is for another name: DNS:a.example",
	  GNUTLS_A_BAD_CERTIFICATE },
	{ "expired", "old.example", "old", "it expired on 20", GNUTLS_A_CERTIFICATE_EXPIRED },
};

static void client_refuses_bad_certificates(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(refused); i++) {
		struct session s = {
			.peer = { .server = 1, .cert = refused[i].cert },
		};

		driver_request(&s.request, KSEAL_CLIENT, refused[i].name, NULL);
		shake(&s);
		assert_reason(&s, EACCES, refused[i].words);
		assert_reason(&s, EACCES, refused[i].name);
		assert_int_equal(s.peer.alert, refused[i].alert);
		assert_int_not_equal(s.peer.ret, 0);
		end(&s);
	}
}

static void client_refuses_unknown_authorities(void **state)
{
	struct session s = { .peer = { .server = 1, .cert = "a" } };
	struct certs others = { 0 };
	struct certs ours = certs;

	(void)state;
	certs_begin(&others);
	certs_issue(&others, "a", "a.example", CERT_ECDSA, -1, 10);
	driver_request(&s.request, KSEAL_CLIENT, "a.example", NULL);
	certs = others;
	shake(&s);
	certs = ours;
	assert_reason(&s, EACCES, "issuer is unknown: CN=/tmp/");
	assert_int_equal(s.peer.alert, GNUTLS_A_UNKNOWN_CA);
	end(&s);
	certs_end(&others);
}

static void no_protocol_in_common_is_told_to_both(void **state)
{
	struct session s = { .peer.alpn = "smtp" };

	(void)state;
	driver_request(&s.request, KSEAL_SERVER, NULL, "h2,http/1.1");
	shake(&s);
	assert_reason(&s, EPROTO, "sent alert 120");
	assert_int_equal(s.peer.alert, GNUTLS_A_NO_APPLICATION_PROTOCOL);
	end(&s);
}

static void no_suite_in_common_is_told_to_both(void **state)
{
	struct session s = {
		.peer.priority = "NORMAL:-CIPHER-ALL:+AES-256-CCM",
	};

	(void)state;
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	shake(&s);
	assert_reason(&s, EPROTO, "sent alert 40");
	assert_reason(&s, EPROTO, "the client offers TLS_ECDHE_ECDSA_WITH_AES_256_CCM");
	assert_reason(&s, EPROTO, "kseald accepts AES-");
	assert_int_equal(s.peer.alert, GNUTLS_A_HANDSHAKE_FAILURE);
	end(&s);
}

static void old_versions_are_refused(void **state)
{
	struct session s = {
		.peer.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.1",
	};

	(void)state;
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	shake(&s);
	assert_reason(&s, EPROTO, "sent alert 70");
	assert_reason(&s, EPROTO, "the client offers TLS1.1, kseald accepts 1.3,1.2");
	assert_int_equal(s.peer.alert, GNUTLS_A_PROTOCOL_VERSION);
	end(&s);
}

/* No GnuTLS at the other end: it says @said, then closes. */
static void check_rude_peer(enum kseal_role role, const char *said, size_t size,
			    int error, const char *words)
{
	struct session s = { 0 };

	driver_request(&s.request, role,
		       role == KSEAL_CLIENT ? "a.example" : NULL, NULL);
	loopback_pair(s.pair);
	assert_int_equal(tls_start(&s.tls, s.pair[0], &s.request, &credentials,
				   &s.result), 0);
	assert_int_equal(send(s.pair[1], said, size, 0), size);
	shutdown(s.pair[1], SHUT_WR);
	s.step = driver_run(&s.tls, &s.result);
	assert_reason(&s, error, words);
	tls_stop(&s.tls);
	close(s.pair[0]);
	close(s.pair[1]);
}

static void rude_peers_are_described(void **state)
{
	(void)state;
	check_rude_peer(KSEAL_SERVER, "", 0, ECONNRESET,
			"closed the connection before the peer's first message");
	check_rude_peer(KSEAL_CLIENT, "", 0, ECONNRESET,
			"closed the connection before the peer's first message");
	check_rude_peer(KSEAL_SERVER, "\x16\3\1", 3, ECONNRESET,
			"closed the connection");
	check_rude_peer(KSEAL_SERVER, "GET / HTTP/1.0\r\n\r\n", 18, EPROTO, "");
	check_rude_peer(KSEAL_CLIENT, "220 mail.example ESMTP\r\n", 24, EPROTO,
			"");
	/* fatal alert 40 */
	check_rude_peer(KSEAL_CLIENT, "\x15\3\3\0\2\2\x28", 7, EPROTO,
			"the peer sent alert 40");
}

static void reset_connection_is_told(void **state)
{
	const struct linger none = { .l_onoff = 1 };
	struct session s = { 0 };

	(void)state;
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	loopback_pair(s.pair);
	assert_int_equal(tls_start(&s.tls, s.pair[0], &s.request, &credentials,
				   &s.result), 0);
	setsockopt(s.pair[1], SOL_SOCKET, SO_LINGER, &none, sizeof(none));
	close(s.pair[1]);
	s.step = driver_run(&s.tls, &s.result);
	assert_reason(&s, ECONNRESET, strerror(ECONNRESET));
	tls_stop(&s.tls);
	close(s.pair[0]);
}

static void time_limit_tells_the_stage(void **state)
{
	struct session s = { .peer.gate = GNUTLS_HANDSHAKE_CLIENT_HELLO };

	(void)state;
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	begin(&s);
	loopback_wait(s.pair[0], POLLIN);
	assert_int_equal(tls_step(&s.tls, &s.result), TLS_WAIT_READ);
	tls_time_out(&s.tls, 1500, &s.result);
	assert_int_equal(s.result.error, ETIMEDOUT);
	assert_non_null(strstr(s.result.reason, "1500 ms"));
	assert_non_null(strstr(s.result.reason, "CLIENT HELLO"));
	shutdown(s.pair[0], SHUT_RDWR);
	peer_open_gate(&s.peer);
	end(&s);
}

/* ---- requests that make no sense ---------------------------------------- */

static const struct {
	uint32_t role;
	const char *server_name;
	const char *identity;
	int error;
	const char *words;
} nonsense[] = {
	{ KSEAL_CLIENT, "", "", EINVAL, "needs the name" },
	{ KSEAL_CLIENT, "a.example", "a", EINVAL, "server role only" },
	{ KSEAL_SERVER, "a.example", "", EINVAL, "client role only" },
	{ KSEAL_SERVER, "", "nobody", ENOENT, "no identity \"nobody\"" },
	{ 0, "", "", EINVAL, "role 0" },
	{ 3, "", "", EINVAL, "role 3" },
};

static void nonsense_is_refused_with_words(void **state)
{
	struct session s;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(nonsense); i++) {
		memset(&s, 0, sizeof(s));
		driver_request(&s.request, nonsense[i].role,
			       nonsense[i].server_name, NULL);
		strcpy(s.request.identity, nonsense[i].identity);
		s.step = TLS_FAILED;
		assert_int_equal(tls_start(&s.tls, 0, &s.request, &credentials,
					   &s.result), -nonsense[i].error);
		assert_reason(&s, nonsense[i].error, nonsense[i].words);
	}
}

static void server_without_certificates_says_so(void **state)
{
	struct credentials none;
	struct session s = { .step = TLS_FAILED };

	(void)state;
	driver_load(&none, &certs, (const char *const[]){ NULL });
	driver_request(&s.request, KSEAL_SERVER, NULL, NULL);
	assert_int_equal(tls_start(&s.tls, 0, &s.request, &none, &s.result),
			 -ENOENT);
	assert_reason(&s, ENOENT, "--identity");
	credentials_free(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(servers_speak_every_suite),
		cmocka_unit_test(clients_speak_every_suite),
		cmocka_unit_test(sni_and_alpn_are_empty_when_not_asked_for),
		cmocka_unit_test(server_shows_the_certificate_of_the_name_asked_for),
		cmocka_unit_test(identity_overrules_the_name_asked_for),
		cmocka_unit_test(server_prefers_its_own_order_of_protocols),
		cmocka_unit_test(data_behind_the_handshake_stays_in_the_socket),
		cmocka_unit_test(full_send_buffer_is_waited_for),
		cmocka_unit_test(socket_flags_are_left_alone),
		cmocka_unit_test(tickets_go_to_clients_that_take_them),
		cmocka_unit_test(client_offers_to_take_no_tickets),
		cmocka_unit_test(client_refuses_bad_certificates),
		cmocka_unit_test(client_refuses_unknown_authorities),
		cmocka_unit_test(no_protocol_in_common_is_told_to_both),
		cmocka_unit_test(no_suite_in_common_is_told_to_both),
		cmocka_unit_test(old_versions_are_refused),
		cmocka_unit_test(rude_peers_are_described),
		cmocka_unit_test(reset_connection_is_told),
		cmocka_unit_test(time_limit_tells_the_stage),
		cmocka_unit_test(nonsense_is_refused_with_words),
		cmocka_unit_test(server_without_certificates_says_so),
	};

	return cmocka_run_group_tests_name("tls", tests, set_up_group,
					   tear_down_group);
}
