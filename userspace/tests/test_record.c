// SPDX-License-Identifier: GPL-2.0
/* kmod/record.c: the bytes around the ciphertext, and the numbers behind them */
#include <stdlib.h>

#include "../../kmod/record.c"
#include "../../kmod/suite.c"

#include "vectors/direction.h"

#define LAST_SEQ	0xffffffffffffffff

/* Those with a nonce_explicit in TLS 1.2: all but ChaCha20-Poly1305. */
static const uint16_t ciphers[] = {
	TLS_CIPHER_AES_GCM_128, TLS_CIPHER_AES_GCM_256, TLS_CIPHER_AES_CCM_128,
	TLS_CIPHER_SM4_GCM, TLS_CIPHER_SM4_CCM, TLS_CIPHER_ARIA_GCM_128,
	TLS_CIPHER_ARIA_GCM_256,
};

static void sizes_around_the_content_are_those_of_the_rfc(void **state)
{
	static const struct {
		const char *row;
		uint16_t version;
		size_t prefix, tail;
		bool inner_type;
	} table[] = {
		/* header 5, nonce_explicit 8; tag 16 */
		{ "TLS 1.2", 0x0303, 13, 16, false },
		/* header 5; inner content type 1, tag 16 */
		{ "TLS 1.3", 0x0304, 5, 17, true },
	};
	struct kseal_record rec;
	union info info;
	size_t i, c;

	(void)state;
	for (i = 0; i < ROWS(table); i++)
		for (c = 0; c < ROWS(ciphers); c++) {
			start_cipher(&rec, &info, table[i].version, ciphers[c], 0);
			check_num(table[i].row, "prefix size",
				  kseal_record_prefix_size(&rec), table[i].prefix);
			check_num(table[i].row, "tail size",
				  kseal_record_tail_size(&rec), table[i].tail);
			check_num(table[i].row, "inner type",
				  kseal_record_inner_type(&rec), table[i].inner_type);
			assert_true(table[i].prefix <= KSEAL_PREFIX_MAX);
			assert_true(table[i].tail <= KSEAL_TAIL_MAX);
			assert_true(table[i].prefix + 16384 + table[i].tail <=
				    KSEAL_RECORD_MAX);
		}
}

static void prefix_is_written_as_the_rfc_draws_it(void **state)
{
	static const struct {
		const char *row;
		uint16_t version;
		uint8_t type;
		size_t len;
		const char *prefix;
	} table[] = {
		{ "1.2, no content", 0x0303, 23, 0, "17 0303 0018 b0b1b2b3b4b5b6b7" },
		{ "1.2, one byte", 0x0303, 23, 1, "17 0303 0019 b0b1b2b3b4b5b6b7" },
		{ "1.2, alert", 0x0303, 21, 2, "15 0303 001a b0b1b2b3b4b5b6b7" },
		{ "1.2, handshake", 0x0303, 22, 16, "16 0303 0028 b0b1b2b3b4b5b6b7" },
		{ "1.2, longest", 0x0303, 23, 16384, "17 0303 4018 b0b1b2b3b4b5b6b7" },
		{ "1.2, unknown type", 0x0303, 0xff, 255, "ff 0303 0117 b0b1b2b3b4b5b6b7" },
		{ "1.3, no content", 0x0304, 23, 0, "17 0303 0011" },
		{ "1.3, one byte", 0x0304, 23, 1, "17 0303 0012" },
		{ "1.3, alert is hidden", 0x0304, 21, 2, "17 0303 0013" },
		{ "1.3, handshake is hidden", 0x0304, 22, 239, "17 0303 0100" },
		{ "1.3, longest", 0x0304, 23, 16384, "17 0303 4011" },
	};
	uint8_t prefix[KSEAL_PREFIX_MAX + 1];
	struct kseal_record rec;
	size_t i, size;

	(void)state;
	for (i = 0; i < ROWS(table); i++) {
		start(&rec, table[i].version, 7);
		size = kseal_record_prefix_size(&rec);
		memset(prefix, 0xee, sizeof(prefix));
		kseal_record_write_prefix(&rec, table[i].type, table[i].len, prefix);
		check_hex(table[i].row, "prefix", prefix, size, table[i].prefix);
		check_num(table[i].row, "the byte behind the prefix", prefix[size], 0xee);
	}
}

static void additional_data_is_that_of_the_rfc(void **state)
{
	static const struct {
		const char *row;
		uint16_t version;
		uint64_t seq;
		uint8_t type;
		size_t content;
		const char *aad;
	} table[] = {
		{ "1.2, first", 0x0303, 0, 23, 6, "0000000000000000 17 0303 0006" },
		{ "1.2, second, alert", 0x0303, 1, 21, 2, "0000000000000001 15 0303 0002" },
		{ "1.2, empty", 0x0303, 2, 23, 0, "0000000000000002 17 0303 0000" },
		{ "1.2, order of bytes", 0x0303, 0x0102030405060708, 22, 0x1234,
		  "0102030405060708 16 0303 1234" },
		{ "1.2, last, longest", 0x0303, LAST_SEQ, 23, 16384,
		  "ffffffffffffffff 17 0303 4000" },
		{ "1.3, first", 0x0304, 0, 23, 6, "17 0303 0017" },
		{ "1.3, type on the wire only", 0x0304, 1, 21, 2, "17 0303 0013" },
		{ "1.3, empty", 0x0304, 2, 23, 0, "17 0303 0011" },
		{ "1.3, last, longest", 0x0304, LAST_SEQ, 22, 16384, "17 0303 4011" },
	};
	uint8_t aad[KSEAL_AAD_MAX + 1];
	struct kseal_record rec;
	size_t i, size;

	(void)state;
	for (i = 0; i < ROWS(table); i++) {
		start(&rec, table[i].version, table[i].seq);
		memset(aad, 0xee, sizeof(aad));
		size = kseal_record_aad(&rec, table[i].type, table[i].content, aad);
		check_hex(table[i].row, "aad", aad, size, table[i].aad);
		check_num(table[i].row, "the byte behind it", aad[size], 0xee);
	}
}

/* salt and iv are a0a1a2a3 b0b1b2b3b4b5b6b7 */
static void nonce_is_that_of_the_rfc(void **state)
{
	static const struct {
		const char *row;
		uint16_t version;
		uint64_t seq;
		const char *explicit;
		const char *nonce;
	} table[] = {
		{ "1.3, first", 0x0304, 0, NULL, "a0a1a2a3 b0b1b2b3b4b5b6b7" },
		{ "1.3, second", 0x0304, 1, NULL, "a0a1a2a3 b0b1b2b3b4b5b6b6" },
		{ "1.3, third", 0x0304, 2, NULL, "a0a1a2a3 b0b1b2b3b4b5b6b5" },
		{ "1.3, order of bytes", 0x0304, 0x0102030405060708, NULL,
		  "a0a1a2a3 b1b3b1b7b1b3b1bf" },
		{ "1.3, last", 0x0304, LAST_SEQ, NULL, "a0a1a2a3 4f4e4d4c4b4a4948" },
		{ "1.3, nothing off the wire", 0x0304, 0, "1111111111111111",
		  "a0a1a2a3 b0b1b2b3b4b5b6b7" },
		{ "1.2, own", 0x0303, 0, NULL, "a0a1a2a3 b0b1b2b3b4b5b6b7" },
		{ "1.2, not of the sequence number", 0x0303, 99, NULL,
		  "a0a1a2a3 b0b1b2b3b4b5b6b7" },
		{ "1.2, off the wire", 0x0303, 0, "1122334455667788",
		  "a0a1a2a3 1122334455667788" },
		{ "1.2, zeros off the wire", 0x0303, 0, "0000000000000000",
		  "a0a1a2a3 0000000000000000" },
	};
	uint8_t explicit[8], nonce[KSEAL_NONCE_SIZE + 1];
	struct kseal_record rec;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(table); i++) {
		start(&rec, table[i].version, table[i].seq);
		if (table[i].explicit)
			unhex(table[i].explicit, explicit, sizeof(explicit));
		memset(nonce, 0xee, sizeof(nonce));
		kseal_record_nonce(&rec, table[i].explicit ? explicit : NULL, nonce);
		check_hex(table[i].row, "nonce", nonce, KSEAL_NONCE_SIZE, table[i].nonce);
		check_num(table[i].row, "the byte behind it", nonce[KSEAL_NONCE_SIZE], 0xee);
	}
}

static void explicit_nonce_counts_from_the_iv_beside_the_sequence_number(void **state)
{
	static const char * const prefixes[] = {
		"17 0303 0018 b0b1b2b3b4b5b6b7",
		"17 0303 0018 b0b1b2b3b4b5b6b8",
		"17 0303 0018 b0b1b2b3b4b5b6b9",
	};
	static const char * const aads[] = {
		"00000000000000ff 17 0303 0000",
		"0000000000000100 17 0303 0000",
		"0000000000000101 17 0303 0000",
	};
	uint8_t prefix[KSEAL_PREFIX_MAX], nonce[KSEAL_NONCE_SIZE], aad[KSEAL_AAD_MAX];
	struct kseal_record rec;
	size_t i;

	(void)state;
	start(&rec, 0x0303, 0xff);
	for (i = 0; i < ROWS(prefixes); i++) {
		kseal_record_write_prefix(&rec, 23, 0, prefix);
		check_hex("record", "prefix", prefix, sizeof(prefix), prefixes[i]);
		kseal_record_nonce(&rec, NULL, nonce);
		check_bytes("record", "salt", nonce, nonce_bytes, 4);
		check_bytes("record", "nonce_explicit", nonce + 4, prefix + 5, 8);
		kseal_record_aad(&rec, 23, 0, aad);
		check_hex("record", "aad", aad, sizeof(aad), aads[i]);
		kseal_record_advance(&rec);
	}
}

/* It may start anywhere (RFC 5288 3); going round repeats nothing by itself. */
static void explicit_nonce_may_go_round(void **state)
{
	struct kseal_record rec;
	uint8_t prefix[KSEAL_PREFIX_MAX];
	union info info;

	(void)state;
	start_cipher(&rec, &info, 0x0303, TLS_CIPHER_AES_GCM_256, 0);
	memset(info.gcm_256.iv, 0xff, sizeof(info.gcm_256.iv));
	kseal_record_init(&rec, kseal_suite_find(TLS_CIPHER_AES_GCM_256), 0x0303,
			  info.bytes);
	kseal_record_write_prefix(&rec, 23, 0, prefix);
	check_hex("before", "prefix", prefix, sizeof(prefix),
		  "17 0303 0018 ffffffffffffffff");
	kseal_record_advance(&rec);
	kseal_record_write_prefix(&rec, 23, 0, prefix);
	check_hex("after", "prefix", prefix, sizeof(prefix),
		  "17 0303 0018 0000000000000000");
	assert_false(rec.used_up);
}

static void numbers_are_used_up_after_the_last(void **state)
{
	static const struct {
		const char *row;
		uint64_t seq;
		bool used_up[4];	/* before, and after each record */
	} table[] = {
		{ "first", 0, { false, false, false, false } },
		{ "middle", 0xffffffff, { false, false, false, false } },
		{ "second to last", LAST_SEQ - 2, { false, false, true } },
		{ "last", LAST_SEQ - 1, { false, true } },
		{ "none left", LAST_SEQ, { true } },
	};
	static const uint16_t versions[] = { 0x0303, 0x0304 };
	struct kseal_record rec;
	size_t i, v, n;

	(void)state;
	for (i = 0; i < ROWS(table); i++)
		for (v = 0; v < ROWS(versions); v++) {
			start(&rec, versions[v], table[i].seq);
			for (n = 0; n < ROWS(table[i].used_up); n++) {
				check_num(table[i].row, "used_up", rec.used_up,
					  table[i].used_up[n]);
				if (rec.used_up)
					break;
				kseal_record_advance(&rec);
			}
		}
}

/* What getsockopt() gives back: iv only moves where it is on the wire. */
static void export_gives_the_numbers_of_the_next_record(void **state)
{
	static const struct {
		const char *row;
		uint16_t version;
		uint64_t seq;
		size_t records;
		const char *iv, *rec_seq;
	} table[] = {
		{ "1.2, at once", 0x0303, 0, 0, "b0b1b2b3b4b5b6b7", "0000000000000000" },
		{ "1.2, after one", 0x0303, 0, 1, "b0b1b2b3b4b5b6b8", "0000000000000001" },
		{ "1.2, carry", 0x0303, 0xfffe, 80, "b0b1b2b3b4b5b707", "000000000001004e" },
		{ "1.3, at once", 0x0304, 5, 0, "b0b1b2b3b4b5b6b7", "0000000000000005" },
		{ "1.3, after one", 0x0304, 0, 1, "b0b1b2b3b4b5b6b7", "0000000000000001" },
		{ "1.3, up to the last", 0x0304, LAST_SEQ - 2, 2, "b0b1b2b3b4b5b6b7",
		  "ffffffffffffffff" },
	};
	union info info, want;
	struct kseal_record rec;
	size_t i, c, n;

	(void)state;
	for (i = 0; i < ROWS(table); i++)
		for (c = 0; c < ROWS(ciphers); c++) {
			start_cipher(&rec, &info, table[i].version, ciphers[c],
				     table[i].seq);
			want = info;
			unhex(table[i].iv, info_iv(&want), 8);
			unhex(table[i].rec_seq, info_rec_seq(&want), 8);
			for (n = 0; n < table[i].records; n++)
				kseal_record_advance(&rec);
			kseal_record_export(&rec, info.bytes);
			check_bytes(table[i].row, "struct", info.bytes, want.bytes,
				    sizeof(info));
		}
}

/* A key moved from one socket to another half way seals the same records. */
static void exported_numbers_continue_where_they_stopped(void **state)
{
	static const uint16_t versions[] = { 0x0303, 0x0304 };
	uint8_t prefix[2][KSEAL_PREFIX_MAX] = { { 0 } }, nonce[2][KSEAL_NONCE_SIZE];
	uint8_t aad[2][KSEAL_AAD_MAX] = { { 0 } };
	struct kseal_record rec[2];
	union info info;
	size_t v, n, i;

	(void)state;
	for (v = 0; v < ROWS(versions); v++) {
		start_cipher(&rec[0], &info, versions[v], TLS_CIPHER_AES_GCM_256, 250);
		for (n = 0; n < 20; n++) {
			kseal_record_export(&rec[0], info.bytes);
			kseal_record_init(&rec[1], rec[0].suite, versions[v], info.bytes);
			for (i = 0; i < 2; i++) {
				kseal_record_write_prefix(&rec[i], 22, n, prefix[i]);
				kseal_record_nonce(&rec[i], NULL, nonce[i]);
				kseal_record_aad(&rec[i], 22, n, aad[i]);
			}
			assert_memory_equal(prefix[0], prefix[1], sizeof(prefix[0]));
			assert_memory_equal(nonce[0], nonce[1], sizeof(nonce[0]));
			assert_memory_equal(aad[0], aad[1], sizeof(aad[0]));
			kseal_record_advance(&rec[0]);
		}
	}
}

/* RFC 7905 2: nothing of the nonce is on the wire, in either version. */
static void chacha20_has_the_nonce_of_tls_1_3(void **state)
{
	static const struct {
		const char *row;
		uint16_t version;
		uint64_t seq;
		const char *prefix, *nonce, *aad;
	} table[] = {
		{ "1.2, first", 0x0303, 0, "15 0303 0074", "a0a1a2a3 b0b1b2b3b4b5b6b7",
		  "0000000000000000 15 0303 0064" },
		{ "1.2, second", 0x0303, 1, "15 0303 0074", "a0a1a2a3 b0b1b2b3b4b5b6b6",
		  "0000000000000001 15 0303 0064" },
		{ "1.2, order of bytes", 0x0303, 0x0102030405060708, "15 0303 0074",
		  "a0a1a2a3 b1b3b1b7b1b3b1bf", "0102030405060708 15 0303 0064" },
		{ "1.3, second", 0x0304, 1, "17 0303 0075", "a0a1a2a3 b0b1b2b3b4b5b6b6",
		  "17 0303 0075" },
	};
	uint8_t prefix[KSEAL_PREFIX_MAX], nonce[KSEAL_NONCE_SIZE], aad[KSEAL_AAD_MAX];
	static const uint8_t wire[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct kseal_record rec;
	union info info;
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(table); i++) {
		const char *row = table[i].row;

		start_cipher(&rec, &info, table[i].version, TLS_CIPHER_CHACHA20_POLY1305,
			     table[i].seq);
		check_num(row, "prefix size", kseal_record_prefix_size(&rec), 5);
		check_num(row, "tail size", kseal_record_tail_size(&rec),
			  table[i].version == 0x0304 ? 17 : 16);
		kseal_record_write_prefix(&rec, 21, 100, prefix);
		check_hex(row, "prefix", prefix, 5, table[i].prefix);
		kseal_record_nonce(&rec, NULL, nonce);
		check_hex(row, "nonce", nonce, 12, table[i].nonce);
		kseal_record_nonce(&rec, wire, nonce);
		check_hex(row, "nonce of a received record", nonce, 12, table[i].nonce);
		check_hex(row, "aad", aad, kseal_record_aad(&rec, 21, 100, aad),
			  table[i].aad);
	}
}

static void chacha20_keeps_its_iv(void **state)
{
	static const uint16_t versions[] = { 0x0303, 0x0304 };
	union info info, want;
	struct kseal_record rec;
	size_t v, n;

	(void)state;
	for (v = 0; v < ROWS(versions); v++) {
		start_cipher(&rec, &info, versions[v], TLS_CIPHER_CHACHA20_POLY1305, 250);
		want = info;
		for (n = 0; n < 10; n++)
			kseal_record_advance(&rec);
		info_seq(info_rec_seq(&want), 260);
		kseal_record_export(&rec, info.bytes);
		check_bytes("after ten", "struct", info.bytes, want.bytes, sizeof(info));
	}
}

static void chacha20_records_are_eight_bytes_shorter_in_tls_1_2(void **state)
{
	static const struct {
		const char *header;
		int err;
		size_t content;
	} table[] = {
		{ "17 0303 000f", -EBADMSG, 0 }, { "17 0303 0010", 0, 0 },
		{ "15 0303 0012", 0, 2 }, { "17 0303 4010", 0, 16384 },
		{ "17 0303 4011", -EMSGSIZE, 0 }, { "17 0302 0010", -EINVAL, 0 },
	};
	struct kseal_header out;
	struct kseal_record rec;
	uint8_t header[5];
	union info info;
	size_t i;

	(void)state;
	start_cipher(&rec, &info, 0x0303, TLS_CIPHER_CHACHA20_POLY1305, 0);
	for (i = 0; i < ROWS(table); i++) {
		unhex(table[i].header, header, sizeof(header));
		check_num(table[i].header, "result", kseal_record_parse(&rec, header, &out),
			  table[i].err);
		if (!table[i].err)
			check_num(table[i].header, "content", out.content,
				  table[i].content);
	}
}

static void unpad_ends_at_the_last_byte_that_is_not_zero(void **state)
{
	static const struct {
		const char *row;
		const char *inner;
		size_t end;
	} table[] = {
		{ "nothing", "", 0 },
		{ "one zero", "00", 0 },
		{ "only zeros", "0000000000000000", 0 },
		{ "type alone", "17", 1 },
		{ "type, padding", "17 00", 1 },
		{ "content, type", "6869 17", 3 },
		{ "content, type, padding", "6869 17 000000", 3 },
		{ "zeros are content", "0000 17", 3 },
		{ "zeros are content and padding", "0000 15 0000", 3 },
		{ "any type", "6869 ff 00", 3 },
		{ "type 1", "01 00", 1 },
	};
	uint8_t inner[16];
	size_t i, len;

	(void)state;
	for (i = 0; i < ROWS(table); i++) {
		len = unhex(table[i].inner, inner, sizeof(inner));
		check_num(table[i].row, "end", kseal_record_unpad(inner, len),
			  table[i].end);
	}
}

/* malloc(), so that valgrind and ASan see a step before the first byte. */
static void unpad_finds_the_type_at_every_place_of_a_full_record(void **state)
{
	const size_t len = KSEAL_PLAINTEXT_MAX + 1;
	uint8_t *inner = calloc(1, len);
	size_t at;

	(void)state;
	assert_non_null(inner);
	assert_int_equal(kseal_record_unpad(inner, len), 0);
	for (at = 0; at < len; at += at < 64 ? 1 : 61) {
		inner[at] = 23;
		assert_int_equal(kseal_record_unpad(inner, len), at + 1);
		inner[at] = 0;
	}
	inner[len - 1] = 23;
	assert_int_equal(kseal_record_unpad(inner, len), len);
	free(inner);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_around_the_content_are_those_of_the_rfc),
		cmocka_unit_test(prefix_is_written_as_the_rfc_draws_it),
		cmocka_unit_test(additional_data_is_that_of_the_rfc),
		cmocka_unit_test(nonce_is_that_of_the_rfc),
		cmocka_unit_test(explicit_nonce_counts_from_the_iv_beside_the_sequence_number),
		cmocka_unit_test(explicit_nonce_may_go_round),
		cmocka_unit_test(numbers_are_used_up_after_the_last),
		cmocka_unit_test(export_gives_the_numbers_of_the_next_record),
		cmocka_unit_test(exported_numbers_continue_where_they_stopped),
		cmocka_unit_test(chacha20_has_the_nonce_of_tls_1_3),
		cmocka_unit_test(chacha20_keeps_its_iv),
		cmocka_unit_test(chacha20_records_are_eight_bytes_shorter_in_tls_1_2),
		cmocka_unit_test(unpad_ends_at_the_last_byte_that_is_not_zero),
		cmocka_unit_test(unpad_finds_the_type_at_every_place_of_a_full_record),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
