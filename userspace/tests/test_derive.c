// SPDX-License-Identifier: GPL-2.0
/* Keys from traffic secrets: RFC 8448's, and those of GnuTLS's own sessions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "certs.h"
#include "kseal.h"

/* RFC 8448 3: {client} and {server} derive write traffic keys for application data */
static const struct {
	uint8_t secret[32], key[16], iv[12];
} vectors[] = {
	{ { 0x9e, 0x40, 0x64, 0x6c, 0xe7, 0x9a, 0x7f, 0x9d, 0xc0, 0x5a, 0xf8, 0x88,
	    0x9b, 0xce, 0x65, 0x52, 0x87, 0x5a, 0xfa, 0x0b, 0x06, 0xdf, 0x00, 0x87,
	    0xf7, 0x92, 0xeb, 0xb7, 0xc1, 0x75, 0x04, 0xa5 },
	  { 0x17, 0x42, 0x2d, 0xda, 0x59, 0x6e, 0xd5, 0xd9, 0xac, 0xd8, 0x90, 0xe3,
	    0xc6, 0x3f, 0x50, 0x51 },
	  { 0x5b, 0x78, 0x92, 0x3d, 0xee, 0x08, 0x57, 0x90, 0x33, 0xe5, 0x23, 0xd9 } },
	{ { 0xa1, 0x1a, 0xf9, 0xf0, 0x55, 0x31, 0xf8, 0x56, 0xad, 0x47, 0x11, 0x6b,
	    0x45, 0xa9, 0x50, 0x32, 0x82, 0x04, 0xb4, 0xf4, 0x4b, 0xfb, 0x6b, 0x3a,
	    0x4b, 0x4f, 0x1f, 0x3f, 0xcb, 0x63, 0x16, 0x43 },
	  { 0x9f, 0x02, 0x28, 0x3b, 0x6c, 0x9c, 0x07, 0xef, 0xc2, 0x6b, 0xb9, 0xf2,
	    0xac, 0x92, 0xe3, 0x56 },
	  { 0xcf, 0x78, 0x2b, 0x88, 0xdd, 0x83, 0x54, 0x9a, 0xad, 0xf1, 0xe9, 0x84 } },
};

static void keys_are_those_of_rfc_8448(void **state)
{
	struct kseal_keys keys;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		assert_int_equal(kseal_derive_keys(TLS_CIPHER_AES_GCM_128, vectors[i].secret,
						   sizeof(vectors[i].secret), &keys), 0);
		assert_int_equal(keys.size, sizeof(keys));
		assert_int_equal(keys.version, TLS_1_3_VERSION);
		assert_int_equal(keys.cipher, TLS_CIPHER_AES_GCM_128);
		assert_int_equal(keys.key_size, 16);
		assert_int_equal(keys.iv_size, 12);
		assert_int_equal(keys.sequence, 0);
		assert_memory_equal(keys.key, vectors[i].key, 16);
		assert_memory_equal(keys.iv, vectors[i].iv, 12);
	}
}

static void what_no_key_can_be_had_for_is_refused(void **state)
{
	struct kseal_keys keys;
	uint8_t secret[64] = { 1 };
	size_t size;

	(void)state;
	for (size = 0; size <= sizeof(secret); size++) {
		if (size != 32)
			assert_int_equal(kseal_derive_keys(TLS_CIPHER_AES_GCM_128, secret,
							   size, &keys), -EINVAL);
		if (size != 48)
			assert_int_equal(kseal_next_secret(TLS_CIPHER_AES_GCM_256, secret,
							   size), -EINVAL);
	}
	assert_int_equal(kseal_derive_keys(TLS_CIPHER_SM4_GCM, secret, 32, &keys), -ENOTSUP);
	assert_int_equal(kseal_derive_keys(TLS_CIPHER_ARIA_GCM_128, secret, 32, &keys),
			 -ENOTSUP);
	assert_int_equal(kseal_next_secret(99, secret, 32), -ENOTSUP);
}

/* ---- two sessions of GnuTLS ---------------------------------------------- */

static struct certs certs;
static uint8_t client_secret[64];
static size_t client_secret_size;

static int keep_secret(gnutls_session_t session, const char *label,
		       const gnutls_datum_t *secret)
{
	(void)session;
	if (strcmp(label, "CLIENT_TRAFFIC_SECRET_0"))
		return 0;
	assert_true(secret->size <= sizeof(client_secret));
	memcpy(client_secret, secret->data, secret->size);
	client_secret_size = secret->size;
	return 0;
}

static void start(gnutls_session_t *session, unsigned int side, const char *cipher, int fd,
		  gnutls_certificate_credentials_t credentials)
{
	char priority[128];

	snprintf(priority, sizeof(priority), "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:"
		 "+%s", cipher);
	assert_int_equal(gnutls_init(session, side | GNUTLS_NONBLOCK), 0);
	assert_int_equal(gnutls_priority_set_direct(*session, priority, NULL), 0);
	assert_int_equal(gnutls_credentials_set(*session, GNUTLS_CRD_CERTIFICATE,
						credentials), 0);
	gnutls_transport_set_int(*session, fd);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
}

static void shake_hands(gnutls_session_t client, gnutls_session_t server)
{
	int c = GNUTLS_E_AGAIN, s = GNUTLS_E_AGAIN;

	while (c || s) {
		if (c)
			c = gnutls_handshake(client);
		if (s)
			s = gnutls_handshake(server);
		assert_false(gnutls_error_is_fatal(c));
		assert_false(gnutls_error_is_fatal(s));
	}
}

static void assert_keys(gnutls_session_t session, uint16_t cipher)
{
	gnutls_datum_t iv, key;
	struct kseal_keys keys;
	unsigned char seq[8];

	assert_int_equal(gnutls_record_get_state(session, 0, NULL, &iv, &key, seq), 0);
	assert_int_equal(kseal_derive_keys(cipher, client_secret, client_secret_size, &keys), 0);
	assert_int_equal(keys.key_size, key.size);
	assert_memory_equal(keys.key, key.data, key.size);
	assert_memory_equal(keys.iv, iv.data, 12);
}

static void check_session(const char *name, uint16_t cipher)
{
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t client, server;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
	assert_int_equal(gnutls_certificate_set_x509_key_file(credentials,
			certs_path(&certs, "a.pem"), certs_path(&certs, "a.key"),
			GNUTLS_X509_FMT_PEM), 0);
	start(&client, GNUTLS_CLIENT, name, pair[0], credentials);
	start(&server, GNUTLS_SERVER, name, pair[1], credentials);
	gnutls_session_set_keylog_function(client, keep_secret);
	shake_hands(client, server);
	assert_keys(client, cipher);
	/* RFC 8446 7.2 */
	assert_int_equal(gnutls_session_key_update(client, 0), 0);
	assert_int_equal(kseal_next_secret(cipher, client_secret, client_secret_size), 0);
	assert_keys(client, cipher);
	gnutls_deinit(client);
	gnutls_deinit(server);
	gnutls_certificate_free_credentials(credentials);
	close(pair[0]);
	close(pair[1]);
}

static void keys_are_those_of_gnutls_before_and_after_an_update(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	check_session("AES-128-GCM", TLS_CIPHER_AES_GCM_128);
	check_session("AES-256-GCM", TLS_CIPHER_AES_GCM_256);
	check_session("CHACHA20-POLY1305", TLS_CIPHER_CHACHA20_POLY1305);
	check_session("AES-128-CCM", TLS_CIPHER_AES_CCM_128);
	certs_end(&certs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_of_rfc_8448),
		cmocka_unit_test(what_no_key_can_be_had_for_is_refused),
		cmocka_unit_test(keys_are_those_of_gnutls_before_and_after_an_update),
	};

	return cmocka_run_group_tests_name("derive", tests, NULL, NULL);
}
