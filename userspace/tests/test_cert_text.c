// SPDX-License-Identifier: GPL-2.0
/* Names of certificates as text: nothing in them reads as something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "cert_text.h"

static gnutls_x509_privkey_t key;

static int make_key(void **state)
{
	(void)state;
	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	return gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
}

static int remove_key(void **state)
{
	(void)state;
	gnutls_x509_privkey_deinit(key);
	return 0;
}

static gnutls_x509_crt_t begin(void)
{
	gnutls_x509_crt_t crt;

	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(crt, "\1", 1), 0);
	assert_int_equal(gnutls_x509_crt_set_key(crt, key), 0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(crt, 1000000000), 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(crt, 2000000000), 0);
	return crt;
}

/* As it comes from the wire. */
static gnutls_x509_crt_t finish(gnutls_x509_crt_t crt)
{
	gnutls_datum_t der;

	assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der), 0);
	gnutls_x509_crt_deinit(crt);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER), 0);
	gnutls_free(der.data);
	return crt;
}

static void add_cn(gnutls_x509_crt_t crt, const char *cn, size_t size)
{
	assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, cn,
						       size), 0);
}

static const struct {
	const char *cn;
	size_t size;
	const char *text;
} subjects[] = {
	{ "alice", 5, "CN=alice" },
	{ "a,O=root", 8, "CN=a\\,O=root" },
	{ "a+b=c;d", 7, "CN=a\\+b=c\\;d" },
	{ "back\\slash", 10, "CN=back\\\\slash" },
	{ "line\nCN=root", 12, "CN=line\\0ACN=root" },
	{ "\\\n", 2, "CN=\\\\\\0A" },
	{ "\x1b[2J\x7f", 5, "CN=\\1B[2J\\7F" },
	{ "\xc3\xa4\xc2\x9b" "1m", 6, "CN=\xc3\xa4\\C2\\9B1m" },
	/* what holds a NUL is shown as the bytes of its encoding: a UTF8String of 10 */
	{ "root\0.evil", 10, "CN=#0C0A726F6F74002E6576696C" },
};

static void subjects_are_told_unmistakably(void **state)
{
	char text[256];
	gnutls_x509_crt_t crt;

	(void)state;
	for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		crt = begin();
		add_cn(crt, subjects[i].cn, subjects[i].size);
		crt = finish(crt);
		assert_int_equal(cert_subject(crt, text, sizeof(text)), 0);
		if (strcasecmp(text, subjects[i].text))
			fail_msg("%s is told as %s", subjects[i].text, text);
		assert_int_equal(cert_issuer(crt, text, sizeof(text)), 0);
		assert_int_equal(strcasecmp(text, subjects[i].text), 0);
		gnutls_x509_crt_deinit(crt);
	}
}

static void subjects_have_the_last_first_as_in_rfc_4514(void **state)
{
	gnutls_x509_crt_t crt = begin();
	char text[64];

	(void)state;
	assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0,
						       "Example", 7), 0);
	add_cn(crt, "alice", 5);
	crt = finish(crt);
	assert_int_equal(cert_subject(crt, text, sizeof(text)), 0);
	assert_string_equal(text, "CN=alice,O=Example");
	gnutls_x509_crt_deinit(crt);
}

static void no_subject_is_an_empty_one(void **state)
{
	gnutls_x509_crt_t crt = finish(begin());
	char text[64] = "before";

	(void)state;
	assert_int_equal(cert_subject(crt, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	assert_int_equal(cert_names(crt, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	gnutls_x509_crt_deinit(crt);
}

/* "CN=alice" is 8 bytes and a NUL. */
static void what_does_not_fit_is_not_told_at_all(void **state)
{
	gnutls_x509_crt_t crt = begin();
	char text[64];

	(void)state;
	add_cn(crt, "alice", 5);
	assert_int_equal(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, "a.example",
							      9, GNUTLS_FSAN_APPEND), 0);
	crt = finish(crt);
	assert_int_equal(cert_subject(crt, text, 9), 0);
	assert_int_equal(cert_subject(crt, text, 8), -EMSGSIZE);
	assert_string_equal(text, "");
	assert_int_equal(cert_names(crt, text, 14), 0);
	assert_string_equal(text, "DNS:a.example");
	assert_int_equal(cert_names(crt, text, 13), -EMSGSIZE);
	assert_string_equal(text, "");
	gnutls_x509_crt_deinit(crt);
}

static const struct {
	gnutls_x509_subject_alt_name_t type;
	const char *name;
	size_t size;
	const char *text;
} names[] = {
	{ GNUTLS_SAN_DNSNAME, "www.example", 11, "DNS:www.example" },
	{ GNUTLS_SAN_IPADDRESS, "\xc0\0\2\1", 4, "IP:192.0.2.1" },
	{ GNUTLS_SAN_IPADDRESS, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16, "IP:2001:db8::1" },
	{ GNUTLS_SAN_RFC822NAME, "alice@example", 13, "email:alice@example" },
	{ GNUTLS_SAN_URI, "spiffe://example/a", 18, "URI:spiffe://example/a" },
	{ GNUTLS_SAN_DNSNAME, "a,DNS:root", 10, "DNS:a\\,DNS:root" },
	{ GNUTLS_SAN_DNSNAME, "a\\", 2, "DNS:a\\\\" },
};

static void other_names_are_told_unmistakably(void **state)
{
	gnutls_x509_crt_t crt;
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		crt = begin();
		assert_int_equal(gnutls_x509_crt_set_subject_alt_name(crt, names[i].type,
				names[i].name, names[i].size, GNUTLS_FSAN_APPEND), 0);
		crt = finish(crt);
		assert_int_equal(cert_names(crt, text, sizeof(text)), 0);
		assert_string_equal(text, names[i].text);
		gnutls_x509_crt_deinit(crt);
	}
}

/* GnuTLS would not write them, but reads them: a dNSName of 10 bytes, an address of 5, and
 * a URI of 7.
 */
static void odd_names_are_told_byte_by_byte(void **state)
{
	static const char san[] = "\x30\x1c\x82\x0aroot\0.evil"
				  "\x87\x05\1\2\3\4\5" "\x86\x07x:\n\x1b[2J";
	gnutls_x509_crt_t crt = begin();
	char text[64];

	(void)state;
	assert_int_equal(gnutls_x509_crt_set_extension_by_oid(crt, GNUTLS_X509EXT_OID_SAN, san,
							      sizeof(san) - 1, 0), 0);
	crt = finish(crt);
	assert_int_equal(cert_names(crt, text, sizeof(text)), 0);
	assert_string_equal(text, "DNS:root\\00.evil,IP:\\01\\02\\03\\04\\05,"
				  "URI:x:\\0A\\1B[2J");
	gnutls_x509_crt_deinit(crt);
}

static void other_names_keep_their_order(void **state)
{
	gnutls_x509_crt_t crt = begin();
	char text[256];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(gnutls_x509_crt_set_subject_alt_name(crt, names[i].type,
				names[i].name, names[i].size, GNUTLS_FSAN_APPEND), 0);
	crt = finish(crt);
	assert_int_equal(cert_names(crt, text, sizeof(text)), 0);
	assert_string_equal(text, "DNS:www.example,IP:192.0.2.1,IP:2001:db8::1");
	gnutls_x509_crt_deinit(crt);
}

static void dates_are_in_utc(void **state)
{
	char date[CERT_DATE_SIZE];

	(void)state;
	assert_string_equal(cert_date(1000000000, date), "2001-09-09 01:46 UTC");
}

#define PIN_A "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PIN_B "sha256//BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA="

static void pins_are_checked(void **state)
{
	static const char *const bad[] = {
		"", ";", "sha256//", "x", PIN_A ";", ";" PIN_A, PIN_A ";;" PIN_B, PIN_A "," PIN_B,
		"sha1//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"sha256//AAAAAAAAAAAAAAAAAAAAAAAA*AAAAAAAAAAAAAAAAAA=",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!cert_pins_check(bad[i]))
			fail_msg("%s is taken", bad[i]);
	assert_int_equal(cert_pins_check(PIN_A), 0);
	assert_int_equal(cert_pins_check(PIN_A ";" PIN_B), 0);
	assert_true(cert_pins_match(PIN_A, PIN_A));
	assert_true(cert_pins_match(PIN_A ";" PIN_B, PIN_A));
	assert_true(cert_pins_match(PIN_A ";" PIN_B, PIN_B));
	assert_false(cert_pins_match(PIN_A, PIN_B));
}

static void pin_is_of_the_key_not_of_the_certificate(void **state)
{
	char one[CERT_PIN_SIZE], other[CERT_PIN_SIZE];
	gnutls_x509_crt_t crt;

	(void)state;
	crt = finish(begin());
	assert_int_equal(cert_pin(crt, one), 0);
	gnutls_x509_crt_deinit(crt);
	crt = begin();
	add_cn(crt, "alice", 5);
	crt = finish(crt);
	assert_int_equal(cert_pin(crt, other), 0);
	gnutls_x509_crt_deinit(crt);
	assert_string_equal(one, other);
	assert_int_equal(cert_pins_check(one), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subjects_are_told_unmistakably),
		cmocka_unit_test(subjects_have_the_last_first_as_in_rfc_4514),
		cmocka_unit_test(no_subject_is_an_empty_one),
		cmocka_unit_test(what_does_not_fit_is_not_told_at_all),
		cmocka_unit_test(other_names_are_told_unmistakably),
		cmocka_unit_test(odd_names_are_told_byte_by_byte),
		cmocka_unit_test(other_names_keep_their_order),
		cmocka_unit_test(dates_are_in_utc),
		cmocka_unit_test(pins_are_checked),
		cmocka_unit_test(pin_is_of_the_key_not_of_the_certificate),
	};

	return cmocka_run_group_tests_name("cert_text", tests, make_key, remove_key);
}
