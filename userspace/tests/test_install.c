// SPDX-License-Identifier: GPL-2.0
/*
 * What kseal_install() gives the kernel: with nothing but that, this test seals
 * and opens records as include/uapi/linux/kseal.h says the kernel does, and the
 * peer's GnuTLS takes and makes them.
 *
 * setsockopt() and shutdown() are wrapped by the linker: what goes to level
 * SOL_TLS is kept here, and fails when a test wants it to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <poll.h>
#include <gnutls/crypto.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "certs.h"
#include "driver.h"
#include "loopback.h"
#include "peer.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

enum {
	HEADER_SIZE = 5,
	NONCE_SIZE = 12,
	SEQ_SIZE = 8,
	TAG_SIZE = 16,
	RECORD_DATA = 23,
};

/**
 * struct layout - a cipher's structure in <linux/tls.h>, behind its info
 * @explicit_size: bytes of the nonce that records of TLS 1.2 carry
 */
static const struct layout {
	uint16_t id;
	gnutls_cipher_algorithm_t cipher;
	size_t iv_size, key_size, salt_size;
	size_t explicit_size;
} layouts[] = {
	{ TLS_CIPHER_AES_GCM_128, GNUTLS_CIPHER_AES_128_GCM, 8, 16, 4, 8 },
	{ TLS_CIPHER_AES_GCM_256, GNUTLS_CIPHER_AES_256_GCM, 8, 32, 4, 8 },
	{ TLS_CIPHER_AES_CCM_128, GNUTLS_CIPHER_AES_128_CCM, 8, 16, 4, 8 },
	{ TLS_CIPHER_CHACHA20_POLY1305, GNUTLS_CIPHER_CHACHA20_POLY1305, 12, 32, 0, 0 },
};

/** struct direction - what one setsockopt() brought */
struct direction {
	int installed;
	int fail;			/* errno to fail with */
	uint16_t version;
	const struct layout *layout;
	uint8_t key[32];
	uint8_t nonce[NONCE_SIZE];	/* salt and iv */
	uint8_t seq[SEQ_SIZE];
};

static struct direction tx, rx;
static int was_shut_down;

int __real_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t size);
int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t size);
int __real_shutdown(int fd, int how);
int __wrap_shutdown(int fd, int how);

static const struct layout *layout_of(uint16_t id)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++)
		if (layouts[i].id == id)
			return &layouts[i];
	fail_msg("cipher %u", id);
	return NULL;
}

static int keep(struct direction *d, const void *value, socklen_t size)
{
	const struct tls_crypto_info *info = value;
	const uint8_t *at = (const uint8_t *)(info + 1);
	const struct layout *layout;

	if (d->fail) {
		errno = d->fail;
		return -1;
	}
	layout = layout_of(info->cipher_type);
	assert_int_equal(size, sizeof(*info) + NONCE_SIZE + layout->key_size + SEQ_SIZE);
	d->installed = 1;
	d->version = info->version;
	d->layout = layout;
	memcpy(d->nonce + layout->salt_size, at, layout->iv_size);
	at += layout->iv_size;
	memcpy(d->key, at, layout->key_size);
	at += layout->key_size;
	memcpy(d->nonce, at, layout->salt_size);
	memcpy(d->seq, at + layout->salt_size, SEQ_SIZE);
	return 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value,
		      socklen_t size)
{
	if (level != SOL_TLS)
		return __real_setsockopt(fd, level, name, value, size);
	assert_true(name == TLS_TX || name == TLS_RX);
	return keep(name == TLS_TX ? &tx : &rx, value, size);
}

int __wrap_shutdown(int fd, int how)
{
	was_shut_down = how == SHUT_RDWR;
	return __real_shutdown(fd, how);
}

/* ---- the record layer, by hand ------------------------------------------ */

static gnutls_aead_cipher_hd_t cipher_of(const struct direction *d)
{
	const gnutls_datum_t key = { (uint8_t *)d->key, d->layout->key_size };
	gnutls_aead_cipher_hd_t cipher;

	assert_int_equal(gnutls_aead_cipher_init(&cipher, d->layout->cipher, &key), 0);
	return cipher;
}

/* Bytes of the nonce in each record. */
static size_t explicit_size(const struct direction *d)
{
	return d->version == TLS_1_2_VERSION ? d->layout->explicit_size : 0;
}

/* TLS 1.3: RFC 8446 5.3; TLS 1.2: RFC 5288 3, RFC 6655 3, RFC 7905 2. */
static void make_nonce(const struct direction *d, const uint8_t *explicit,
		       uint8_t *nonce)
{
	size_t i;

	memcpy(nonce, d->nonce, NONCE_SIZE);
	for (i = 0; i < SEQ_SIZE; i++) {
		if (explicit_size(d))
			nonce[4 + i] = explicit[i];
		else
			nonce[4 + i] ^= d->seq[i];
	}
}

/* TLS 1.3: RFC 8446 5.2; TLS 1.2: RFC 5246 6.2.3.3. Returns its size. */
static size_t make_aad(const struct direction *d, const uint8_t *header,
		       size_t plain_size, uint8_t *aad)
{
	if (d->version == TLS_1_3_VERSION) {
		memcpy(aad, header, HEADER_SIZE);
		return HEADER_SIZE;
	}
	memcpy(aad, d->seq, 8);
	memcpy(aad + 8, header, 3);
	aad[11] = plain_size >> 8;
	aad[12] = plain_size;
	return 13;
}

static void count_up(uint8_t *number)
{
	int i;

	for (i = 7; i >= 0 && !++number[i]; i--)
		;
}

static void send_record(int fd, struct direction *d, const char *text)
{
	const size_t prefix = explicit_size(d);
	const size_t inner = d->version == TLS_1_3_VERSION ? 1 : 0;
	const size_t size = strlen(text) + inner;
	const size_t body = prefix + size + TAG_SIZE;
	gnutls_aead_cipher_hd_t cipher = cipher_of(d);
	uint8_t record[256] = { RECORD_DATA, 3, 3, body >> 8, body };
	uint8_t plain[128], nonce[NONCE_SIZE], aad[13];
	size_t aad_size, sealed = sizeof(record) - HEADER_SIZE - prefix;

	memcpy(plain, text, strlen(text));
	plain[strlen(text)] = RECORD_DATA;
	memcpy(record + HEADER_SIZE, d->nonce + 4, prefix);
	make_nonce(d, d->nonce + 4, nonce);
	aad_size = make_aad(d, record, size, aad);
	assert_int_equal(gnutls_aead_cipher_encrypt(cipher, nonce, sizeof(nonce),
			aad, aad_size, TAG_SIZE, plain, size,
			record + HEADER_SIZE + prefix, &sealed), 0);
	assert_int_equal(sealed, size + TAG_SIZE);
	assert_int_equal(send(fd, record, HEADER_SIZE + body, 0),
			 HEADER_SIZE + body);
	gnutls_aead_cipher_deinit(cipher);
	count_up(d->seq);
	if (prefix)
		count_up(d->nonce + 4);
}

static void receive_record(int fd, struct direction *d, char *text, size_t room)
{
	const size_t prefix = explicit_size(d);
	gnutls_aead_cipher_hd_t cipher = cipher_of(d);
	uint8_t header[HEADER_SIZE], body[256], nonce[NONCE_SIZE], aad[13];
	size_t size, plain = room, aad_size;

	assert_int_equal(recv(fd, header, sizeof(header), MSG_WAITALL),
			 sizeof(header));
	assert_int_equal(header[0], RECORD_DATA);
	size = header[3] << 8 | header[4];
	assert_in_range(size, prefix + TAG_SIZE, sizeof(body));
	assert_int_equal(recv(fd, body, size, MSG_WAITALL), size);
	make_nonce(d, body, nonce);
	aad_size = make_aad(d, header, size - prefix - TAG_SIZE, aad);
	assert_int_equal(gnutls_aead_cipher_decrypt(cipher, nonce, sizeof(nonce),
			aad, aad_size, TAG_SIZE, body + prefix, size - prefix,
			text, &plain), 0);
	gnutls_aead_cipher_deinit(cipher);
	count_up(d->seq);
	if (d->version == TLS_1_3_VERSION)
		assert_int_equal(text[--plain], RECORD_DATA);
	text[plain] = '\0';
}

/* ---- sessions ----------------------------------------------------------- */

static struct certs certs;
static struct credentials credentials;

/** struct session - kseald's end and the other, shaken hands */
struct session {
	struct kseal_result result;
	struct tls tls;
	struct peer peer;
	int pair[2];
};

static int set_up_group(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	driver_load(&credentials, &certs, (const char *const[]){ "a", NULL });
	return 0;
}

static int tear_down_group(void **state)
{
	(void)state;
	credentials_free(&credentials);
	certs_end(&certs);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&tx, 0, sizeof(tx));
	memset(&rx, 0, sizeof(rx));
	was_shut_down = 0;
	return 0;
}

static void begin(struct session *s, enum kseal_role role)
{
	struct kseald_request request;

	s->peer.server = role == KSEAL_CLIENT;
	s->peer.cert = "a";
	driver_request(&request, role,
		       role == KSEAL_CLIENT ? "a.example" : NULL, NULL);
	loopback_pair(s->pair);
	assert_int_equal(tls_start(&s->tls, s->pair[0], &request, &credentials,
				   &s->result), 0);
	peer_start(&s->peer, &certs, s->pair[1]);
	assert_int_equal(driver_run(&s->tls, &s->result), TLS_DONE);
	peer_join(&s->peer);
	assert_int_equal(s->peer.ret, 0);
}

static void end(struct session *s)
{
	tls_stop(&s->tls);
	close(s->pair[0]);
	peer_end(&s->peer);
}

static void assert_peer_reads(struct session *s, const char *text)
{
	char buf[64];
	ssize_t n;

	do {
		n = gnutls_record_recv(s->peer.session, buf, sizeof(buf));
	} while (n == GNUTLS_E_AGAIN);	/* that was a ticket */
	assert_int_equal(n, strlen(text));
	assert_memory_equal(buf, text, n);
}

static void assert_peer_writes(struct session *s, const char *text)
{
	char buf[128];

	assert_int_equal(gnutls_record_send(s->peer.session, text, strlen(text)),
			 strlen(text));
	receive_record(s->pair[0], &rx, buf, sizeof(buf));
	assert_string_equal(buf, text);
}

/* ---- tests -------------------------------------------------------------- */

static const char *const priorities[] = {
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM",
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM",
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM",
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-GCM",
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305",
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CHACHA20-POLY1305",
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-CCM",
	"NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CCM",
};

static void check_keys(const char *priority, enum kseal_role role)
{
	struct session s = { .peer.priority = priority };

	set_up(NULL);
	begin(&s, role);
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, KSEAL_BOTH), 0);
	assert_true(tx.installed && rx.installed);
	assert_int_equal(tx.version, s.result.version);
	assert_int_equal(rx.layout->id, s.result.cipher);
	send_record(s.pair[0], &tx, "first");
	assert_peer_reads(&s, "first");
	assert_peer_writes(&s, "second");
	send_record(s.pair[0], &tx, "third");
	assert_peer_reads(&s, "third");
	assert_peer_writes(&s, "fourth");
	assert_false(was_shut_down);
	end(&s);
}

static void installed_keys_seal_and_open_the_next_records(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(priorities); i++) {
		check_keys(priorities[i], KSEAL_SERVER);
		check_keys(priorities[i], KSEAL_CLIENT);
	}
}

/* Tickets take numbers too; the peer must have been sent some for this. */
static void numbers_go_on_behind_the_tickets(void **state)
{
	static const uint8_t zero[8];
	struct session s = { .peer.priority = priorities[0] };

	(void)state;
	begin(&s, KSEAL_SERVER);
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, KSEAL_BOTH), 0);
	assert_memory_not_equal(tx.seq, zero, sizeof(zero));
	assert_memory_equal(rx.seq, zero, sizeof(zero));
	end(&s);
}

static void one_direction_leaves_the_other(void **state)
{
	struct session s = { 0 };

	(void)state;
	begin(&s, KSEAL_SERVER);
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, KSEAL_TX), 0);
	assert_true(tx.installed && !rx.installed);
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, KSEAL_RX), 0);
	assert_true(rx.installed);
	end(&s);
}

static void first_failure_leaves_the_socket_whole(void **state)
{
	struct session s = { 0 };

	(void)state;
	begin(&s, KSEAL_SERVER);
	rx.fail = ENOMEM;
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, KSEAL_BOTH),
			 -ENOMEM);
	assert_false(tx.installed);
	assert_false(was_shut_down);
	end(&s);
}

static void second_failure_shuts_the_socket_down(void **state)
{
	struct session s = { 0 };

	(void)state;
	begin(&s, KSEAL_SERVER);
	tx.fail = ENOMEM;
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, KSEAL_BOTH),
			 -ENOMEM);
	assert_true(rx.installed);
	assert_true(was_shut_down);
	end(&s);
}

static void failure_of_one_direction_alone_does_not(void **state)
{
	struct session s = { 0 };

	(void)state;
	begin(&s, KSEAL_SERVER);
	tx.fail = EBUSY;
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, KSEAL_TX),
			 -EBUSY);
	assert_false(was_shut_down);
	end(&s);
}

static void data_already_read_is_not_lost_silently(void **state)
{
	struct session s = { .peer.say = "read ahead" };
	char byte;

	(void)state;
	begin(&s, KSEAL_SERVER);
	loopback_wait(s.pair[0], POLLIN);
	assert_int_equal(gnutls_record_recv(s.tls.session, &byte, 1), 1);
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, KSEAL_BOTH),
			 -ENODATA);
	assert_false(rx.installed || tx.installed);
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, KSEAL_TX), 0);
	end(&s);
}

static void wish_for_small_records_is_not_granted_to_clients(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(priorities); i++) {
		struct session s = {
			.peer = { .priority = priorities[i], .max_record = 512 },
		};

		begin(&s, KSEAL_SERVER);
		assert_int_equal(kseal_install(s.pair[0], s.tls.session,
					       KSEAL_BOTH), 0);
		end(&s);
	}
}

static void server_that_wants_small_records_is_refused(void **state)
{
	struct session s = { .peer.max_record = 1024 };

	(void)state;
	begin(&s, KSEAL_CLIENT);
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, KSEAL_BOTH),
			 -ENOTSUP);
	assert_false(rx.installed || tx.installed);
	end(&s);
}

static void senseless_directions_are_refused(void **state)
{
	struct session s = { 0 };

	(void)state;
	begin(&s, KSEAL_SERVER);
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, 0), -EINVAL);
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, 4), -EINVAL);
	assert_int_equal(kseal_install(s.pair[0], s.tls.session, 7), -EINVAL);
	assert_false(rx.installed || tx.installed);
	end(&s);
}

static void session_without_keys_is_refused(void **state)
{
	gnutls_session_t session;

	(void)state;
	assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
	assert_int_equal(kseal_install(0, session, KSEAL_BOTH), -EPROTO);
	assert_int_equal(gnutls_priority_set_direct(session, "NORMAL", NULL), 0);
	assert_int_equal(kseal_install(0, session, KSEAL_BOTH), -EPROTO);
	gnutls_deinit(session);
}

/* kseald never agrees to these: two plain sessions, in two peers. */
static void check_other(const char *priority)
{
	struct peer server = { .server = 1, .cert = "a", .priority = priority };
	struct peer client = { .priority = priority };
	int pair[2];

	loopback_pair(pair);
	peer_start(&server, &certs, pair[0]);
	peer_start(&client, &certs, pair[1]);
	peer_join(&server);
	peer_join(&client);
	assert_int_equal(server.ret, 0);
	assert_int_equal(kseal_install(pair[0], server.session, KSEAL_BOTH),
			 -ENOTSUP);
	assert_false(rx.installed || tx.installed);
	peer_end(&server);
	peer_end(&client);
}

static void other_ciphers_and_versions_are_refused(void **state)
{
	(void)state;
	check_other("NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-CCM-8");
	check_other("NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-256-CCM");
	check_other("NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-CBC");
	check_other("NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT");
}

static void names_are_those_of_the_rfcs(void **state)
{
	(void)state;
	assert_string_equal(kseal_version_name(0x0303), "TLS 1.2");
	assert_string_equal(kseal_version_name(0x0304), "TLS 1.3");
	assert_null(kseal_version_name(0x0302));
	assert_string_equal(kseal_cipher_name(51), "AES-128-GCM");
	assert_string_equal(kseal_cipher_name(52), "AES-256-GCM");
	assert_string_equal(kseal_cipher_name(53), "AES-128-CCM");
	assert_string_equal(kseal_cipher_name(54), "CHACHA20-POLY1305");
	assert_null(kseal_cipher_name(0));
}

static void ends_have_names(void **state)
{
	(void)state;
	assert_string_equal(kseal_end_name(KSEAL_END_NONE), "none");
	assert_string_equal(kseal_end_name(KSEAL_END_ALERT), "fatal alert of the peer");
	for (unsigned int end = 0; end < KSEAL_END_COUNT; end++)
		assert_non_null(kseal_end_name(end));
	assert_null(kseal_end_name(KSEAL_END_COUNT));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(installed_keys_seal_and_open_the_next_records),
		cmocka_unit_test_setup(numbers_go_on_behind_the_tickets, set_up),
		cmocka_unit_test_setup(one_direction_leaves_the_other, set_up),
		cmocka_unit_test_setup(first_failure_leaves_the_socket_whole,
				       set_up),
		cmocka_unit_test_setup(second_failure_shuts_the_socket_down,
				       set_up),
		cmocka_unit_test_setup(failure_of_one_direction_alone_does_not,
				       set_up),
		cmocka_unit_test_setup(data_already_read_is_not_lost_silently,
				       set_up),
		cmocka_unit_test_setup(
			wish_for_small_records_is_not_granted_to_clients, set_up),
		cmocka_unit_test_setup(server_that_wants_small_records_is_refused,
				       set_up),
		cmocka_unit_test_setup(senseless_directions_are_refused, set_up),
		cmocka_unit_test_setup(session_without_keys_is_refused, set_up),
		cmocka_unit_test_setup(other_ciphers_and_versions_are_refused,
				       set_up),
		cmocka_unit_test(names_are_those_of_the_rfcs),
		cmocka_unit_test(ends_have_names),
	};

	return cmocka_run_group_tests_name("install", tests, set_up_group,
					   tear_down_group);
}
