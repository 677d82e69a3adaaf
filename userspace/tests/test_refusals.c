// SPDX-License-Identifier: GPL-2.0
/*
 * What kseald does with clients that speak badly: an alert that says what is wrong, one
 * line in the log, nothing left behind, and nothing that others would notice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "badclient.h"
#include "kseal.h"
#include "loopback.h"
#include "peer.h"
#include "refusal.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum {
	/* Alerts, in RFC 8446 6 */
	UNEXPECTED_MESSAGE = 10,
	RECORD_OVERFLOW = 22,
	HANDSHAKE_FAILURE = 40,
	DECODE_ERROR = 50,
	PROTOCOL_VERSION = 70,
	NONE = -1,
	SEALED = -1,			/* there is one, which only the reason tells of */
};

/* ---- what is refused at once ---------------------------------------------- */

static void tell_ssl3(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .version = 0x0300, .plain = 1, .suites = "0005000a" });
}

static void tell_tls10(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .version = 0x0301, .versions = "" });
}

static void tell_tls11(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .version = 0x0302, .versions = "" });
}

static void tell_old_versions(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .versions = "030203010300" });
}

static void tell_ssl2(struct bad *bad)
{
	/* length 28, CLIENT-HELLO, version 0.2, one cipher, no session, challenge */
	static const uint8_t hello[2 + 28] = { 0x80, 28, 1, 0, 2, 0, 3, 0, 0, 0, 16, 1, 0, 0x80 };

	bad_add(bad, hello, sizeof(hello));
}

static void tell_no_suite(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .suites = "0005000a1305" });
}

static void tell_no_suite_of_12(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .suites = "0005000a", .versions = "" });
}

static void tell_no_group(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .groups = "fe01fe02", .versions = "0304" });
}

static void tell_no_scheme(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .schemes = "02010203" });
}

static void tell_no_null_compression(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .compression = "01" });
}

static void tell_http(struct bad *bad)
{
	bad_add(bad, "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", 35);
}

static void tell_oversized(struct bad *bad)
{
	static const uint8_t zeros[RECORD_MAX + 2000];

	bad_record(bad, RECORD_HANDSHAKE, zeros, sizeof(zeros));
}

static void tell_endless_message(struct bad *bad)
{
	static const uint8_t header[] = { MESSAGE_CLIENT_HELLO, 0xff, 0xff, 0xff };
	static uint8_t body[250000];

	memcpy(body, header, sizeof(header));
	bad_records(bad, RECORD_HANDSHAKE, body, sizeof(body), RECORD_MAX);
}

static void tell_empty_fragments(struct bad *bad)
{
	for (int i = 0; i < 2000; i++)
		bad_record(bad, RECORD_HANDSHAKE, "", 0);
}

static void tell_data_first(struct bad *bad)
{
	bad_record(bad, RECORD_DATA, "hello", 5);
}

static void tell_unknown_type(struct bad *bad)
{
	bad_record(bad, 99, "hello", 5);
}

static void tell_server_hello(struct bad *bad)
{
	static struct bad message;

	message.size = 0;
	bad_message(&message, &(struct bad_hello){ 0 });
	message.data[0] = MESSAGE_SERVER_HELLO;
	bad_record(bad, RECORD_HANDSHAKE, message.data, message.size);
}

static void tell_finished_first(struct bad *bad)
{
	bad_record(bad, RECORD_HANDSHAKE, "\24\0\0\14abcdefghijkl", 16);
}

static void tell_truncated_hello(struct bad *bad)
{
	static struct bad message;

	message.size = 0;
	bad_message(&message, &(struct bad_hello){ 0 });
	message.data[3] -= 9;		/* the message ends within an extension */
	bad_record(bad, RECORD_HANDSHAKE, message.data, message.size - 9);
}

static void tell_alerts(struct bad *bad)
{
	for (int i = 0; i < 1000; i++)
		bad_record(bad, RECORD_ALERT, "\1\132", 2);	/* warning: user_canceled */
}

static void tell_change_cipher_specs(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .versions = "0304" });
	for (int i = 0; i < 1000; i++)
		bad_record(bad, RECORD_CCS, "\1", 1);
}

static void tell_second_hello(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .versions = "" });
	bad_hello(bad, &(struct bad_hello){ .versions = "" });
}

static void tell_data_in_clear(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .versions = "" });
	bad_record(bad, RECORD_DATA, "hello", 5);
}

static void tell_junk_as_sealed(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .versions = "0304" });
	bad_record(bad, RECORD_DATA, "0123456789abcdef0123456789abcdef", 32);
}

static void tell_alerts_behind_the_hello(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .versions = "" });
	tell_alerts(bad);
}

static void tell_fatal_alert(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .versions = "" });
	bad_record(bad, RECORD_ALERT, "\2\50", 2);
}

static const struct {
	const char *what;
	void (*tell)(struct bad *bad);
	int alert;
	const char *words;
} refusals[] = {
	{ "SSL 3", tell_ssl3, PROTOCOL_VERSION, "alert 70" },
	{ "TLS 1.0", tell_tls10, PROTOCOL_VERSION, "alert 70" },
	{ "TLS 1.1", tell_tls11, PROTOCOL_VERSION, "alert 70" },
	{ "supported_versions of old", tell_old_versions, PROTOCOL_VERSION, "alert 70" },
	{ "SSL 2", tell_ssl2, PROTOCOL_VERSION, "alert 70" },
	{ "no suite in common", tell_no_suite, HANDSHAKE_FAILURE, "alert 40" },
	{ "no suite of TLS 1.2 in common", tell_no_suite_of_12, HANDSHAKE_FAILURE, "alert 40" },
	{ "no group in common", tell_no_group, HANDSHAKE_FAILURE, "alert 40" },
	{ "no signature scheme in common", tell_no_scheme, HANDSHAKE_FAILURE, "alert 40" },
	{ "no null compression", tell_no_null_compression, DECODE_ERROR, "compression" },
	{ "HTTP", tell_http, UNEXPECTED_MESSAGE, "does not speak TLS, it begins with \"GET /\"" },
	{ "oversized record", tell_oversized, RECORD_OVERFLOW, "alert 22" },
	{ "message of 16 MiB", tell_endless_message, DECODE_ERROR, "more than 131072 bytes" },
	{ "empty fragments", tell_empty_fragments, UNEXPECTED_MESSAGE, "alert 10" },
	{ "data before all else", tell_data_first, UNEXPECTED_MESSAGE, "alert 10" },
	{ "unknown content type", tell_unknown_type, UNEXPECTED_MESSAGE, "alert 10" },
	{ "a server's hello", tell_server_hello, UNEXPECTED_MESSAGE, "alert 10" },
	{ "Finished before all else", tell_finished_first, UNEXPECTED_MESSAGE, "alert 10" },
	{ "truncated hello", tell_truncated_hello, DECODE_ERROR, "alert 50" },
	{ "flood of alerts", tell_alerts, UNEXPECTED_MESSAGE, "alert 10" },
	{ "flood of alerts behind the hello", tell_alerts_behind_the_hello, NONE,
	  "the peer sent alert 90" },
	{ "flood of ChangeCipherSpec", tell_change_cipher_specs, SEALED, "sent alert 10" },
	{ "second hello in TLS 1.2", tell_second_hello, UNEXPECTED_MESSAGE, "alert 10" },
	{ "data in clear in TLS 1.2", tell_data_in_clear, UNEXPECTED_MESSAGE, "alert 10" },
	{ "junk as a sealed record", tell_junk_as_sealed, SEALED, "sent alert 20" },
	{ "fatal alert", tell_fatal_alert, NONE, "the peer sent alert 40" },
};

static void check_refusal(size_t i)
{
	static struct bad bad;
	struct kseal_result result;
	int pair[2], alert;

	bad.size = 0;
	refusals[i].tell(&bad);
	loopback_pair(pair);
	refusal_submit(pair[0], 0, KSEAL_CLIENT_AUTH_NONE);
	bad_send(&bad, pair[1]);
	alert = bad_hear(pair[1], NULL);
	refusal_receive(&result);
	close(pair[1]);
	refusal_assert(refusals[i].what, &result, EPROTO, refusals[i].words);
	if (alert != refusals[i].alert)
		fail_msg("%s: alert %d", refusals[i].what, alert);
}

static void bad_speech_is_refused_with_an_alert(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		check_refusal(i);
}

/* ---- what is odd and allowed ---------------------------------------------- */

static void tell_byte_by_byte(struct bad *bad)
{
	static struct bad message;

	message.size = 0;
	bad_message(&message, &(struct bad_hello){ 0 });
	bad_records(bad, RECORD_HANDSHAKE, message.data, message.size, 1);
}

static void tell_large_hello(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .padding = 65000 });
}

static void tell_grease(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){
		.suites = "4a4a13011302c02bc02f", .groups = NULL, .schemes = "0a0a040308040401",
		.versions = "dada03040303" });
}

static void tell_change_cipher_spec(struct bad *bad)
{
	bad_hello(bad, &(struct bad_hello){ .versions = "0304" });
	bad_record(bad, RECORD_CCS, "\1", 1);
}

static const struct {
	const char *what;
	void (*tell)(struct bad *bad);
} allowed[] = {
	{ "fragments of a byte", tell_byte_by_byte },
	{ "hello of 65 KB", tell_large_hello },
	{ "GREASE", tell_grease },
	{ "one ChangeCipherSpec", tell_change_cipher_spec },
};

/* A ServerHello comes; the client leaves then. */
static void odd_speech_is_answered(void **state)
{
	static struct bad bad;
	struct kseal_result result;
	int pair[2], first;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		bad.size = 0;
		allowed[i].tell(&bad);
		loopback_pair(pair);
		refusal_submit(pair[0], 0, KSEAL_CLIENT_AUTH_NONE);
		bad_send(&bad, pair[1]);
		shutdown(pair[1], SHUT_WR);
		assert_int_equal(bad_hear(pair[1], &first), NONE);
		if (first != RECORD_HANDSHAKE)
			fail_msg("%s: answered by a record of type %d", allowed[i].what, first);
		refusal_receive(&result);
		close(pair[1]);
		refusal_assert(allowed[i].what, &result, ECONNRESET,
			       "closed the connection after the peer's CLIENT HELLO");
	}
}

/* ---- all at once ---------------------------------------------------------- */

static unsigned int open_descriptors(void)
{
	char path[64];
	struct dirent *entry;
	unsigned int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", refusal_kseald.pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	closedir(dir);
	return n;
}

/* There is no kseal in the kernel here: the handshake is all there is. */
static void assert_good_client_succeeds(void)
{
	struct peer peer = { .host = "a.example" };
	struct kseal_result result;
	int pair[2];

	loopback_pair(pair);
	refusal_submit(pair[0], 0, KSEAL_CLIENT_AUTH_NONE);
	peer_start(&peer, &refusal_certs, pair[1]);
	peer_join(&peer);
	assert_int_equal(peer.ret, 0);
	refusal_receive(&result);
	if (result.error && !strstr(result.reason, "the handshake is done"))
		fail_msg("a good client fails: %s", result.reason);
	if (result.fd >= 0)
		close(result.fd);
	peer_end(&peer);
}

static void begin_all(int *ends, unsigned int *begun)
{
	static struct bad bad;
	int pair[2];

	for (*begun = 0; *begun < ARRAY_SIZE(refusals); ++*begun) {
		bad.size = 0;
		refusals[*begun].tell(&bad);
		/* what fits the socket's buffer, so that nobody has to read meanwhile */
		if (bad.size > 40000)
			bad.size = 40000;
		loopback_pair(pair);
		bad_send(&bad, pair[1]);
		refusal_submit(pair[0], 0, KSEAL_CLIENT_AUTH_NONE);
		ends[*begun] = pair[1];
	}
}

static void bad_clients_side_by_side_leave_nothing_and_harm_nobody(void **state)
{
	int ends[ARRAY_SIZE(refusals)];
	struct kseal_result result;
	struct kseal_broker *ours = refusal_broker;
	unsigned int before, begun, i;

	(void)state;
	assert_good_client_succeeds();
	before = open_descriptors();
	for (int round = 0; round < 4; round++) {
		begin_all(ends, &begun);
		assert_int_equal(kseal_broker_open(refusal_kseald.socket, &refusal_broker), 0);
		assert_good_client_succeeds();
		kseal_broker_close(refusal_broker);
		refusal_broker = ours;
		for (i = 0; i < begun; i++)
			close(ends[i]);
		for (i = 0; i < begun; i++) {
			refusal_receive(&result);
			assert_int_not_equal(result.error, 0);
		}
		assert_good_client_succeeds();
	}
	/* another broker's end is noticed when it is noticed */
	for (i = 0; open_descriptors() > before && i < 1000; i++)
		usleep(10000);
	assert_int_equal(open_descriptors(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_speech_is_refused_with_an_alert),
		cmocka_unit_test(odd_speech_is_answered),
		cmocka_unit_test(bad_clients_side_by_side_leave_nothing_and_harm_nobody),
	};

	return cmocka_run_group_tests_name("refusals", tests, refusal_set_up, refusal_tear_down);
}
