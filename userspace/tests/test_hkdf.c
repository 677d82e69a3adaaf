// SPDX-License-Identifier: GPL-2.0
/* kmod/hkdf.c: HKDF-Expand-Label, with GnuTLS's HMAC, against RFC 8448 and GnuTLS's HKDF */
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>

#include "vectors/check.h"

#include "../../kmod/hkdf.c"

/* RFC 8448 3: application traffic secrets of the simple handshake, and their keys */
static const struct {
	const char *row;
	const char *secret;
	const char *key;
	const char *iv;
} traffic[] = {
	{ "server",
	  "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
	  "9f02283b6c9c07efc26bb9f2ac92e356", "cf782b88dd83549aadf1e984" },
	{ "client",
	  "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
	  "17422dda596ed5d9acd890e3c63f5051", "5b78923dee08579033e523d9" },
};

/* What schedule.c does with the crypto API's HMAC. */
static void expand(const u8 *secret, size_t size, const char *label, u8 *out, size_t len)
{
	gnutls_mac_algorithm_t mac = size == 48 ? GNUTLS_MAC_SHA384 : GNUTLS_MAC_SHA256;
	u8 info[KSEAL_HKDF_INFO_MAX], block[KSEAL_HASH_MAX];
	size_t n = kseal_hkdf_info(label, len, info);

	assert_true(n <= sizeof(info) && len <= size);
	assert_int_equal(gnutls_hmac_fast(mac, secret, size, info, n, block), 0);
	memcpy(out, block, len);
}

static void check_expand(const char *row, const u8 *secret, const char *label, const char *want)
{
	u8 got[48], bytes[48];
	size_t len = unhex(want, bytes, sizeof(bytes));

	expand(secret, 32, label, got, len);
	check_bytes(row, label, got, bytes, len);
}

static void keys_are_those_of_rfc_8448(void **state)
{
	u8 secret[32];
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(traffic); i++) {
		unhex(traffic[i].secret, secret, sizeof(secret));
		check_expand(traffic[i].row, secret, "key", traffic[i].key);
		check_expand(traffic[i].row, secret, "iv", traffic[i].iv);
	}
}

/* RFC 8446 7.1 byte by byte: 48 bytes, label "tls13 traffic upd", no context. */
static void the_label_is_that_of_rfc_8446(void **state)
{
	static const char want[] = "0030 11 746c733133207472616666696320757064 00 01";
	u8 info[KSEAL_HKDF_INFO_MAX], bytes[KSEAL_HKDF_INFO_MAX];
	size_t len = unhex(want, bytes, sizeof(bytes));

	(void)state;
	check_num("traffic upd", "length", kseal_hkdf_info("traffic upd", 48, info), len);
	check_bytes("traffic upd", "info", info, bytes, len);
}

/* Whatever is asked for, it is what GnuTLS expands. */
static void it_is_gnutls_hkdf(void **state)
{
	static const char *const labels[] = { "key", "iv", "traffic upd" };
	u8 secret[48], info[KSEAL_HKDF_INFO_MAX], got[48], want[48];
	size_t size, len, i;

	(void)state;
	for (i = 0; i < sizeof(secret); i++)
		secret[i] = i * 11;
	for (size = 32; size <= 48; size += 16) {
		gnutls_datum_t key = { secret, size };

		for (i = 0; i < ROWS(labels); i++) {
			for (len = 1; len <= size; len++) {
				gnutls_datum_t label = { info, 0 };

				label.size = kseal_hkdf_info(labels[i], len, info) - 1;
				assert_int_equal(gnutls_hkdf_expand(size == 48 ? GNUTLS_MAC_SHA384 :
								    GNUTLS_MAC_SHA256, &key,
								    &label, want, len), 0);
				expand(secret, size, labels[i], got, len);
				check_bytes(labels[i], "block", got, want, len);
			}
		}
	}
}

static void hashes_are_found_by_number(void **state)
{
	(void)state;
	check_num("SHA-256", "size", kseal_hash_find(KSEAL_HASH_SHA256)->size, 32);
	check_num("SHA-384", "size", kseal_hash_find(KSEAL_HASH_SHA384)->size, 48);
	check_num("SM3", "size", kseal_hash_find(KSEAL_HASH_SM3)->size, 32);
	assert_null(kseal_hash_find(0));
	assert_null(kseal_hash_find(4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_those_of_rfc_8448),
		cmocka_unit_test(the_label_is_that_of_rfc_8446),
		cmocka_unit_test(it_is_gnutls_hkdf),
		cmocka_unit_test(hashes_are_found_by_number),
	};

	return cmocka_run_group_tests_name("hkdf", tests, NULL, NULL);
}
