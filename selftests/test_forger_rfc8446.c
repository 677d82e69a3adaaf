// SPDX-License-Identifier: GPL-2.0
/*
 * Records that break RFC 8446 5, by a peer that has the keys. A test is named
 * after what is malformed; what the kernel leaves to the program is there too.
 */
#include "lib/forge.h"
#include "lib/fixture.h"

FIXTURE(rfc8446) { struct kt_link link; };
FIXTURE_VARIANT(rfc8446) { struct kt_params params; };
KT_VARIANT(rfc8446, aes128_ipv4, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
KT_VARIANT(rfc8446, aes256_ipv6, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6);

FIXTURE_SETUP(rfc8446)
{
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
}

FIXTURE_TEARDOWN(rfc8446)
{
	kt_link_close(&self->link);
}

/* What is sealed: content, its type, zeros. */
static uint8_t inner[KT_MAX_WIRE];

static struct kt_forgery forgery_of(size_t len, uint8_t type, size_t pad)
{
	kt_fill(inner, len, 0);
	inner[len] = type;
	memset(inner + len + 1, 0, pad);
	return (struct kt_forgery){ .inner = inner, .len = len + 1 + pad };
}

/* ---- lengths ------------------------------------------------------------- */

/* 5.4: "The presence of padding does not change the overall record size
 * limitations": 2^14 + 1 bytes of content, type and padding.
 */
KT_TEST(rfc8446, content_of_one_byte_too_many)
{
	struct kt_forgery forgery = forgery_of(KT_MAX_PLAIN + 1, KT_DATA, 0);

	ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

KT_TEST(rfc8446, padding_of_one_byte_too_many)
{
	struct kt_forgery forgery = forgery_of(10, KT_DATA, KT_MAX_PLAIN - 10 + 1);

	ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

/* 5.2: the length MUST NOT exceed 2^14 + 256; with the 17 bytes that these
 * suites add, it cannot honestly come near that.
 */
KT_TEST(rfc8446, ciphertext_at_and_above_the_limit)
{
	static const size_t bodies[] = { KT_MAX_PLAIN + 256, KT_MAX_PLAIN + 257, 65000 };

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		struct kt_forgery forgery = forgery_of(bodies[i] - KT_TAG - 1, KT_DATA, 0);

		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
	}
}

KT_TEST(rfc8446, content_of_exactly_2_to_the_14)
{
	struct kt_forgery forgery = forgery_of(KT_MAX_PLAIN, KT_DATA, 0);

	ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_EQ(KT_MAX_PLAIN, kt_recv_pattern(self->link.fd, 20000, 0, 0));
}

KT_TEST(rfc8446, too_short_for_type_and_tag)
{
	for (unsigned int len = 0; len < 1 + KT_TAG; len++) {
		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, TLS_1_2_VERSION, len));
		ASSERT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC))
			TH_LOG("length %u", len);
	}
}

KT_TEST(rfc8446, header_longer_than_the_record)
{
	struct kt_forgery forgery = forgery_of(4, KT_DATA, 0);

	forgery.lie = 1;
	ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_ERRNO(EAGAIN, recv(self->link.fd, inner, 10, MSG_DONTWAIT));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(rfc8446, header_shorter_than_the_record)
{
	struct kt_forgery forgery = forgery_of(4, KT_DATA, 0);

	forgery.lie = -1;
	ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* ---- types and padding --------------------------------------------------- */

/* 5.4: all zero has no content type: terminate the connection. */
KT_TEST(rfc8446, nothing_but_zeros)
{
	static const size_t lengths[] = { 1, 2, 100, 4096, 4097, KT_MAX_PLAIN + 1 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct kt_forgery forgery = forgery_of(0, 0, lengths[i] - 1);

		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC))
			TH_LOG("%zu zeros", lengths[i]);
	}
}

/* Not a bit of it is delivered, into however much room. */
KT_TEST(rfc8446, nothing_but_zeros_in_small_reads)
{
	struct kt_forgery forgery = forgery_of(0, 0, 1000);
	char byte;

	ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_ERRNO(EBADMSG, recv(self->link.fd, &byte, 1, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(rfc8446, huge_padding)
{
	for (int i = 0; i < 20; i++) {
		struct kt_forgery forgery = forgery_of(1, KT_DATA, KT_MAX_PLAIN - 1);

		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		EXPECT_EQ(1, kt_recv_pattern(self->link.fd, 20000, 0, 0));
	}
}

/* Nothing but a type in it, 16 KiB long: no content, and no end either. */
KT_TEST(rfc8446, huge_padding_of_nothing)
{
	for (int i = 0; i < 20; i++) {
		struct kt_forgery forgery = forgery_of(0, KT_DATA, KT_MAX_PLAIN);

		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 20000, 0, MSG_DONTWAIT));
	}
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

/* Type and content on different pages, the type first or last on one. */
KT_TEST(rfc8446, type_at_the_edge_of_a_page)
{
	static const size_t lengths[] = { 4094, 4095, 4096, 4097, 8191, 8192, 16383 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		for (size_t pad = 0; pad < 2 && lengths[i] + pad <= KT_MAX_PLAIN; pad++) {
			struct kt_forgery forgery = forgery_of(lengths[i], KT_ALERT, pad);
			static uint8_t got[20000];
			uint8_t type;

			ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
			ASSERT_EQ(lengths[i], kt_recv_type(self->link.fd, &type, got,
							   sizeof(got), 0));
			EXPECT_EQ(KT_ALERT, type);
			EXPECT_EQ(0, kt_check(got, lengths[i], 0));
		}
	}
}

/* 5.4: zero-length content of application data is allowed, padded or not. */
KT_TEST(rfc8446, zero_length_application_data)
{
	for (size_t pad = 0; pad < 300; pad += 100) {
		struct kt_forgery forgery = forgery_of(0, KT_DATA, pad);

		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	}
	EXPECT_ERRNO(EAGAIN, recv(self->link.fd, inner, 1, MSG_DONTWAIT));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

/* 5.4: "Implementations MUST NOT send Handshake and Alert records that have a
 * zero-length content": the program is shown the type, and that it is empty.
 */
KT_TEST(rfc8446, zero_length_records_of_other_types)
{
	static const uint8_t types[] = { KT_CCS, KT_ALERT, KT_HANDSHAKE, 24, 255, 1 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		for (size_t pad = 0; pad < 200; pad += 100) {
			struct kt_forgery forgery = forgery_of(0, types[i], pad);
			uint8_t type = 77;

			ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
			EXPECT_ERRNO(EIO, recv(self->link.fd, inner, 10, 0));
			EXPECT_EQ(0, kt_recv_type(self->link.fd, &type, inner, 10, 0));
			EXPECT_EQ(types[i], type);
			EXPECT_EQ(0, kt_sealed_in(&self->link));
		}
	}
}

/* 5: an unexpected type is unexpected by the program, which is told. */
KT_TEST(rfc8446, unknown_inner_types)
{
	for (int i = 1; i < 256; i++) {
		uint8_t sealed[] = { 'f', 'g', 'h', i }, type, got[10];
		struct kt_forgery forgery = { .inner = sealed, .len = sizeof(sealed) };

		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		ASSERT_EQ(3, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
		ASSERT_EQ(i, type);
		ASSERT_EQ(0, memcmp(got, "fgh", 3));
	}
}

/* 5.2: "The outer opaque_type field of a TLSCiphertext record is always set to
 * the value 23". These authenticate.
 */
KT_TEST(rfc8446, wrong_outer_types)
{
	static const uint8_t types[] = { KT_CCS, KT_ALERT, KT_HANDSHAKE, 24, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct kt_forgery forgery = forgery_of(4, KT_DATA, 0);

		forgery.type = types[i];
		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC))
			TH_LOG("outer type %u", types[i]);
	}
}

/* 5: once the handshake is over there is no change_cipher_spec any more. */
KT_TEST(rfc8446, change_cipher_spec_behind_the_handshake)
{
	static const uint8_t ccs[] = { KT_CCS, 3, 3, 0, 1, 1 };

	ASSERT_EQ(0, kt_write_here(&self->link, ccs, sizeof(ccs)));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* 5.1: MUST be 0x0303 from a peer in 1.3; these authenticate. */
KT_TEST(rfc8446, wrong_version_bytes)
{
	static const uint16_t versions[] = {
		0x0300, 0x0301, 0x0302, 0x0304, 0x0203, 0x0403, 0xfefd, 0xffff,
	};

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct kt_forgery forgery = forgery_of(4, KT_DATA, 0);

		forgery.version = versions[i];
		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		EXPECT_EQ(0, kt_expect_ended(&self->link, EINVAL, KT_PROTOCOL_VERSION))
			TH_LOG("version %04x", versions[i]);
	}
}

/* ---- order --------------------------------------------------------------- */

KT_TEST(rfc8446, wrong_sequence_numbers)
{
	static const uint64_t shifts[] = { 1, -1ULL, 256, 1ULL << 32, 1ULL << 63 };

	for (size_t i = 0; i < ARRAY_SIZE(shifts); i++) {
		struct kt_forgery forgery = forgery_of(4, KT_DATA, 0);

		forgery.shift = shifts[i];
		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
	}
}

KT_TEST(rfc8446, records_in_the_wrong_order)
{
	ASSERT_EQ(0, kt_send_reordered(&self->link));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* 5.1: handshake messages may be cut over records, but nothing comes between:
 * that, too, is for the program to see, which gets them as they were.
 */
KT_TEST(rfc8446, handshake_message_in_pieces_with_data_between)
{
	uint8_t type, got[10];

	ASSERT_EQ(0, kt_send_record(&self->link, KT_HANDSHAKE, "\4\0", 2));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "data", 4));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_HANDSHAKE, "\0\1x", 3));
	ASSERT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_HANDSHAKE, type);
	ASSERT_EQ(4, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_DATA, type);
	ASSERT_EQ(3, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_HANDSHAKE, type);
	EXPECT_EQ(0, memcmp(got, "\0\1x", 3));
}

/* 6.1: data behind a close_notify is ignored, by the program. */
KT_TEST(rfc8446, data_behind_a_close_notify)
{
	EXPECT_EQ(0, kt_data_behind_close(&self->link));
}

TEST_HARNESS_MAIN
