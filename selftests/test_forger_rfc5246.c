// SPDX-License-Identifier: GPL-2.0
/*
 * Records that break RFC 5246 6.2, by a peer that has the keys. A test is named
 * after what is malformed; what the kernel leaves to the program is there too.
 */
#include "lib/forge.h"
#include "lib/fixture.h"

FIXTURE(rfc5246) { struct kt_link link; };
FIXTURE_VARIANT(rfc5246) { struct kt_params params; };
KT_VARIANT(rfc5246, aes128_ipv4, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
KT_VARIANT(rfc5246, aes256_ipv6, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6);

FIXTURE_SETUP(rfc5246)
{
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
}

FIXTURE_TEARDOWN(rfc5246)
{
	kt_link_close(&self->link);
}

static uint8_t content[KT_MAX_WIRE];

/* 6.2.1: "The length MUST NOT exceed 2^14"; authentic in every other way. */
KT_TEST(rfc5246, fragment_of_one_byte_too_many)
{
	const struct kt_forgery forgery = { .inner = content, .len = KT_MAX_PLAIN + 1 };

	ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

/* 6.2.3: what compression might add, 1024 bytes, and a cipher, 1024 more, is
 * no excuse: there is no compression, and GCM adds 24 bytes.
 */
KT_TEST(rfc5246, fragment_with_room_for_compression)
{
	const struct kt_forgery forgery = { .inner = content, .len = KT_MAX_PLAIN + 2048 - 24 };

	ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

KT_TEST(rfc5246, fragment_as_long_as_a_header_can_say)
{
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, TLS_1_2_VERSION, 0xffff));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

KT_TEST(rfc5246, fragment_of_exactly_2_to_the_14)
{
	struct kt_forgery forgery = { .inner = content, .len = KT_MAX_PLAIN };

	kt_fill(content, KT_MAX_PLAIN, 0);
	ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_EQ(KT_MAX_PLAIN, kt_recv_pattern(self->link.fd, 20000, 0, 0));
}

/* 6.2.1: zero-length fragments of application data MAY be sent. */
KT_TEST(rfc5246, zero_length_fragment_of_application_data)
{
	const struct kt_forgery forgery = { .inner = "" };

	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_ERRNO(EAGAIN, recv(self->link.fd, content, 1, MSG_DONTWAIT));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

/* The others MUST NOT be sent; what to do about it is the program's decision:
 * it is shown the type, and that there is nothing.
 */
KT_TEST(rfc5246, zero_length_fragments_of_other_types)
{
	static const uint8_t types[] = { KT_CCS, KT_ALERT, KT_HANDSHAKE, 24, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		struct kt_forgery forgery = { .type = types[i], .inner = "" };
		uint8_t type = 77;

		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		EXPECT_ERRNO(EIO, recv(self->link.fd, content, 10, 0));
		EXPECT_EQ(0, kt_recv_type(self->link.fd, &type, content, 10, 0));
		EXPECT_EQ(types[i], type);
		EXPECT_EQ(0, kt_sealed_in(&self->link));
	}
}

/* 6: "If a TLS implementation receives an unexpected record type, it MUST send
 * an unexpected_message alert": only the program knows what it expects.
 */
KT_TEST(rfc5246, unknown_types)
{
	for (int i = 1; i < 256; i++) {
		struct kt_forgery forgery = { .type = i, .inner = "fgh", .len = 3 };
		uint8_t type, got[10];

		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		ASSERT_EQ(3, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
		ASSERT_EQ(i, type);
		ASSERT_EQ(0, memcmp(got, "fgh", 3));
	}
}

/* 6.2.1: TLS 1.2 uses version { 3, 3 }. All of these authenticate. */
KT_TEST(rfc5246, wrong_version_bytes)
{
	static const uint16_t versions[] = {
		0x0300, 0x0301, 0x0302, 0x0304, 0x0203, 0x0403, 0xfefd, 0xffff, 0x0003, 0x0300,
	};

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct kt_forgery forgery = { .version = versions[i], .inner = "x", .len = 1 };

		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		EXPECT_EQ(0, kt_expect_ended(&self->link, EINVAL, KT_PROTOCOL_VERSION))
			TH_LOG("version %04x", versions[i]);
	}
}

/* 6.2.3.3: explicit nonce and tag are always there. */
KT_TEST(rfc5246, too_short_for_nonce_and_tag)
{
	for (unsigned int len = 0; len < KT_EXPLICIT + KT_TAG; len++) {
		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, TLS_1_2_VERSION, len));
		ASSERT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC))
			TH_LOG("length %u", len);
	}
}

/* The header lies, and the tag vouches for the lie: next to it lies the end. */
KT_TEST(rfc5246, header_longer_than_the_record)
{
	const struct kt_forgery forgery = { .lie = 1, .inner = "data", .len = 4 };

	ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_ERRNO(EAGAIN, recv(self->link.fd, content, 10, MSG_DONTWAIT));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(rfc5246, header_shorter_than_the_record)
{
	const struct kt_forgery forgery = { .lie = -1, .inner = "data", .len = 4 };

	ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* 6.1: sequence numbers are implicit, and every one counts. */
KT_TEST(rfc5246, wrong_sequence_numbers)
{
	static const uint64_t shifts[] = { 1, -1ULL, 256, 1ULL << 32, 1ULL << 63 };

	for (size_t i = 0; i < ARRAY_SIZE(shifts); i++) {
		struct kt_forgery forgery = { .shift = shifts[i], .inner = "x", .len = 1 };

		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, kt_forge_send(&self->link, &forgery));
		EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
	}
}

KT_TEST(rfc5246, records_in_the_wrong_order)
{
	ASSERT_EQ(0, kt_send_reordered(&self->link));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* As it would be without protection: header, content, nothing else. */
KT_TEST(rfc5246, unprotected_records)
{
	static const uint8_t types[] = { KT_CCS, KT_ALERT, KT_HANDSHAKE, KT_DATA };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		uint8_t wire[KT_HEADER + 100] = { types[i], 3, 3, 0, 100, 1 };

		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, kt_write_here(&self->link, wire, sizeof(wire)));
		EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
	}
}

/* 7.2.1: what comes behind a close_notify is ignored, by the program, which is
 * told of both in their order.
 */
KT_TEST(rfc5246, data_behind_a_close_notify)
{
	EXPECT_EQ(0, kt_data_behind_close(&self->link));
}

KT_TEST(rfc5246, garbage_behind_a_good_record)
{
	static const char garbage[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_write_here(&self->link, garbage, sizeof(garbage)));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

TEST_HARNESS_MAIN
