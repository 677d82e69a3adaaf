// SPDX-License-Identifier: GPL-2.0
/* The data path, with every suite: what differs is in keys, nonces and lengths. */
#include "lib/fixture.h"
#include <fcntl.h>
#include <sys/sendfile.h>

KT_SUITE_FIXTURE(suites)

static const size_t sizes[] = {
	1, 2, 15, 16, 17, 255, 256, 1000, 4080, 4095, 4096, 4097, 8192, 16000,
	16382, 16383, 16384,
};

/* ---- sending -------------------------------------------------------------- */

static int send_pattern(struct kt_link *link, size_t len, uint64_t position)
{
	static uint8_t data[100000];

	kt_fill(data, len, position);
	return kt_write_full(link->fd, data, len);
}

KT_SUITE_TEST(suites, sends_records_of_any_size)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, send_pattern(&self->link, sizes[i], i));
		ASSERT_EQ(0, kt_expect_pattern(&self->link, sizes[i], i))
			TH_LOG("%zu bytes", sizes[i]);
	}
}

KT_SUITE_TEST(suites, splits_at_16384_bytes)
{
	ASSERT_EQ(0, send_pattern(&self->link, 16385, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 16384, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 1, 16384));
	ASSERT_EQ(0, send_pattern(&self->link, 50000, 0));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, kt_expect_pattern(&self->link, 16384, i * 16384));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 50000 - 3 * 16384, 3 * 16384));
}

/* RFC 5246 6.2.3, RFC 8446 5.2 */
KT_SUITE_TEST(suites, header_is_that_of_the_rfc)
{
	static const uint8_t types[] = { KT_ALERT, KT_HANDSHAKE, KT_DATA };
	size_t body = kt_key_overhead(&self->link.out.key) - KT_HEADER + 300;
	bool tls13 = variant->params.version == TLS_1_3_VERSION;
	uint8_t data[300] = { }, wire[400];

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		uint8_t want[] = { tls13 ? KT_DATA : types[i], 3, 3, body >> 8, body };

		ASSERT_EQ(300, kt_send_type(self->link.fd, types[i], data, 300, 0));
		ASSERT_EQ(0, kt_read_full(self->link.raw, wire, KT_HEADER + body));
		EXPECT_EQ(0, memcmp(want, wire, KT_HEADER));
	}
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
}

KT_SUITE_TEST(suites, sends_records_of_any_type)
{
	static const uint8_t types[] = { 20, 21, 22, 23, 24, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		ASSERT_EQ(4, kt_send_type(self->link.fd, types[i], "type", 4, 0));
		EXPECT_EQ(0, kt_expect_record(&self->link, types[i], "type", 4));
	}
}

KT_SUITE_TEST(suites, more_keeps_the_record_open)
{
	uint8_t data[1000];

	kt_fill(data, sizeof(data), 0);
	for (int i = 0; i < 9; i++)
		ASSERT_EQ(100, send(self->link.fd, data + 100 * i, 100, MSG_MORE));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(100, send(self->link.fd, data + 900, 100, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 1000, 0));
}

/* Pages that are read where they lie, and one record that mixes the ways. */
KT_SUITE_TEST(suites, sends_a_file)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	static uint8_t data[50100];
	off_t at = 100;

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(50100, pwrite(file, data, sizeof(data), 0));
	ASSERT_EQ(100, send(self->link.fd, data, 100, MSG_MORE));
	ASSERT_EQ(50000, sendfile(self->link.fd, file, &at, 50000));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 50100, 0, NULL));
	EXPECT_EQ(50000, kt_spliced_bytes(self->link.fd));
	close(file);
}

KT_SUITE_TEST(suites, sends_from_a_pipe)
{
	uint8_t data[6000];
	int ends[2];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
	ASSERT_EQ(6000, write(ends[1], data, 6000));
	ASSERT_EQ(6000, splice(ends[0], NULL, self->link.fd, NULL, 6000, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 6000, 0, NULL));
	close(ends[0]);
	close(ends[1]);
}

/* ---- receiving ------------------------------------------------------------ */

/* Straight into the reader's memory, and by way of the kernel's. */
KT_SUITE_TEST(suites, receives_records_of_any_size)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, sizes[i], i));
		ASSERT_EQ(0, kt_all_here(&self->link));
		ASSERT_EQ(sizes[i], kt_recv_pattern(self->link.fd, 20000, i, 0));
		ASSERT_EQ(0, kt_send_pattern(&self->link, sizes[i], i));
		ASSERT_EQ(0, kt_all_here(&self->link));
		ASSERT_EQ(sizes[i], kt_recv_pattern(self->link.fd, 20000, i, MSG_PEEK));
		ASSERT_EQ(sizes[i], kt_recv_pattern(self->link.fd, 20000, i, 0));
	}
}

KT_SUITE_TEST(suites, receives_into_the_readers_memory)
{
	struct kseal_info info;

	ASSERT_EQ(0, kt_send_stream(&self->link, 3 * 16384, 16384, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(3 * 16384, kt_recv_pattern(self->link.fd, 100000, 0, 0));
	ASSERT_EQ(0, kt_info_get(self->link.fd, &info));
	EXPECT_EQ(3 * 16384, info.rx_direct_bytes);
}

KT_SUITE_TEST(suites, passes_over_empty_records)
{
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 10));
	EXPECT_EQ(20, kt_recv_pattern(self->link.fd, 20, 0, MSG_WAITALL));
}

KT_SUITE_TEST(suites, receives_records_of_any_type)
{
	static const uint8_t types[] = { 20, 21, 22, 23, 24, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		uint8_t got[10], type;

		ASSERT_EQ(0, kt_send_record(&self->link, types[i], "\4\0\0\0", 4));
		ASSERT_EQ(4, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
		EXPECT_EQ(types[i], type);
		EXPECT_EQ(0, memcmp(got, "\4\0\0\0", 4));
	}
}

KT_SUITE_TEST(suites, takes_padding_off)
{
	static const size_t pads[] = { 0, 1, 15, 16, 17, 1000, 16284 };
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t plain[100];

	/* TLS 1.2 has none: what is sent there is not padded */
	for (size_t i = 0; i < ARRAY_SIZE(pads); i++) {
		ssize_t len;

		kt_fill(plain, 100, i * 100);
		len = kt_seal(&self->link.in, KT_DATA, plain, 100, pads[i], wire);
		ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
		EXPECT_EQ(100, kt_recv_pattern(self->link.fd, i % 2 ? 100 : 20000,
					       i * 100, 0));
	}
}

KT_SUITE_TEST(suites, receives_into_a_pipe)
{
	uint8_t got[9000];
	int ends[2];

	ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 9000, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(9000, splice(self->link.fd, NULL, ends[1], NULL, 20000, 0));
	ASSERT_EQ(0, kt_read_pipe(ends[0], got, 9000));
	EXPECT_EQ(0, kt_check(got, 9000, 0));
	close(ends[0]);
	close(ends[1]);
}

/* Cut in the header, behind it, in the explicit nonce if any, and in the tag. */
KT_SUITE_TEST(suites, receives_records_in_two_parts)
{
	static uint8_t wire[KT_MAX_WIRE];

	for (ssize_t cut = -18; cut < 16; cut++) {
		ssize_t len = kt_seal_pattern(&self->link, 100, wire);
		ssize_t first = cut <= 0 ? len - 1 + cut : cut;

		ASSERT_EQ(0, kt_write_here(&self->link, wire, first));
		EXPECT_EQ(EAGAIN, kt_recv_errno(self->link.fd, MSG_DONTWAIT));
		ASSERT_EQ(0, kt_write_here(&self->link, wire + first, len - first));
		EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 200, 0, 0));
	}
}

static ssize_t send_long_records(void *arg)
{
	return kt_send_stream(arg, 200000, 16384, 0);
}

KT_SUITE_TEST(suites, receives_records_longer_than_the_window)
{
	struct kt_tune tune = { .fd_rcvbuf = 4096 };
	struct kt_task task;

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	EXPECT_EQ(200000, kt_recv_pattern(self->link.fd, 200000, 0, MSG_WAITALL));
	EXPECT_EQ(0, kt_task_join(&task));
}

KT_SUITE_TEST(suites, both_directions_at_once)
{
	struct kt_writer writer = { .fd = self->link.fd, .len = 200000, .chunk = 7000 };
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	ASSERT_EQ(0, kt_writer_start(&writer));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 200000, 0, NULL));
	EXPECT_EQ(200000, kt_recv_pattern(self->link.fd, 200000, 0, MSG_WAITALL));
	EXPECT_EQ(0, kt_task_join(&task));
	EXPECT_EQ(200000, kt_task_join(&writer.task));
}

/* ---- what is not right ----------------------------------------------------- */

/* A record of 100 bytes with the byte at @offset (from the end if < 0) flipped. */
static int send_flipped(struct kt_link *link, ssize_t offset, uint8_t mask)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(link, 100, wire);

	wire[offset < 0 ? len + offset : offset] ^= mask;
	return kt_write_here(link, wire, len);
}

KT_SUITE_TEST(suites, one_flipped_bit_is_the_end)
{
	/* behind the header, ciphertext, tag */
	static const ssize_t places[] = { 5, 6, 12, 13, 50, -17, -16, -1 };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		ASSERT_EQ(0, send_flipped(&self->link, places[i], 1 << i));
		EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
	}
}

KT_SUITE_TEST(suites, another_number_is_the_end)
{
	static const int64_t wrong[] = { 1, -1, 256, 1LL << 32 };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		self->link.in.key.seq += wrong[i];
		ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
		ASSERT_EQ(0, kt_all_here(&self->link));
		EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
	}
}

/* Each direction has its own: what was sent does not open as received. */
KT_SUITE_TEST(suites, the_other_directions_key_is_the_end)
{
	struct kt_key out = self->link.out.key;

	ASSERT_EQ(0, kt_flow_rekey(&self->link.in, &out));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* Key and nonce matter from their first byte to their last. */
KT_SUITE_TEST(suites, any_other_secret_is_the_end)
{
	size_t size = kt_suite(variant->params.cipher)->key_size;
	size_t nonce = 12 - kt_key_explicit(&self->link.in.key);
	const size_t places[] = { 0, 7, size - 1, size, size + nonce - 1 };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		struct kt_key key = self->link.in.key;

		if (places[i] < size)
			key.key[places[i]] ^= 0x10;
		else
			key.nonce[places[i] - size] ^= 0x10;
		ASSERT_EQ(0, kt_flow_rekey(&self->link.in, &key));
		ASSERT_EQ(0, kt_send_pattern(&self->link, 20, 0));
		ASSERT_EQ(0, kt_all_here(&self->link));
		ASSERT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
	}
}

KT_SUITE_TEST(suites, a_record_too_long_is_the_end)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 16385, 0));
	ASSERT_EQ(16384, kt_recv_pattern(self->link.fd, 16384, 0, MSG_WAITALL));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

KT_SUITE_TEST(suites, a_record_too_short_is_the_end)
{
	size_t least = kt_key_overhead(&self->link.in.key) - KT_HEADER;

	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, 0x0303, least - 1));
	EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
}

/* ---- numbers --------------------------------------------------------------- */

static int numbers_are(int fd, int direction, const struct kt_key *key)
{
	union kt_info want, got = { };
	socklen_t len = kt_key_info(key, &want);

	if (getsockopt(fd, SOL_TLS, direction, &got, &len))
		return kt_errno("getsockopt of a key");
	if (len != kt_suite(key->cipher)->info_size || memcmp(&want, &got, len)) {
		kt_say("not the key as it should be after record %llu",
		       (unsigned long long)key->seq);
		return -1;
	}
	return 0;
}

/* The sender's iv counts where it is on the wire; the receiver's is unused. */
KT_SUITE_TEST(suites, getsockopt_gives_the_next_numbers)
{
	struct kt_link *link = &self->link;
	struct kt_key in = link->in.key;

	EXPECT_EQ(0, numbers_are(link->fd, TLS_TX, &link->out.key));
	EXPECT_EQ(0, numbers_are(link->fd, TLS_RX, &in));
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(0, kt_sealed_out(link));
		EXPECT_EQ(0, numbers_are(link->fd, TLS_TX, &link->out.key));
		ASSERT_EQ(0, kt_sealed_in(link));
		kt_key_count(&in, 1);
		EXPECT_EQ(0, numbers_are(link->fd, TLS_RX, &in));
	}
}

KT_SUITE_TEST(suites, numbers_go_on_over_every_carry)
{
	static const uint64_t starts[] = {
		0xfe, 0xfffe, 0xfffffffe, 0x00ffffffffffffff, 0x7ffffffffffffffe,
		0x0102030405060708,
	};

	for (size_t i = 0; i < ARRAY_SIZE(starts); i++) {
		struct kt_tune tune = { .out_seq = starts[i], .in_seq = starts[i] };

		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
		for (int n = 0; n < 4; n++) {
			EXPECT_EQ(0, kt_sealed_out(&self->link));
			EXPECT_EQ(0, kt_sealed_in(&self->link));
		}
	}
}

/* RFC 5246 6.1, RFC 8446 5.3: they never wrap. As with in-tree TLS the very last
 * stays unused, and can be told.
 */
KT_SUITE_TEST(suites, the_last_number_is_the_last)
{
	struct kt_tune tune = { .out_seq = ~0ULL - 1, .in_seq = ~0ULL - 1 };
	struct kt_key in;

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	in = self->link.in.key;
	EXPECT_EQ(0, kt_sealed_in(&self->link));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	kt_key_count(&in, 1);
	EXPECT_EQ(0, numbers_are(self->link.fd, TLS_TX, &self->link.out.key));
	EXPECT_EQ(0, numbers_are(self->link.fd, TLS_RX, &in));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
	EXPECT_EQ(-1, send(self->link.fd, "late", 4, MSG_NOSIGNAL));
}

/* test_rekey has the rest; here every suite's key is replaced once or twice. */
KT_SUITE_TEST(suites, rekeys_in_tls_1_3)
{
	struct kt_key next;

	EXPECT_EQ(0, kt_sealed_out(&self->link));
	for (int i = 0; i < 2; i++) {
		if (variant->params.version == TLS_1_3_VERSION) {
			ASSERT_EQ(0, kt_rekey_in(&self->link));
			ASSERT_EQ(0, kt_rekey_out(&self->link));
		} else {
			kt_key_next(&self->link.out.key, &next);
			EXPECT_ERRNO(EBUSY, kt_install(self->link.fd, TLS_TX, &next));
			EXPECT_ERRNO(EBUSY, kt_install(self->link.fd, TLS_RX, &next));
		}
		EXPECT_EQ(0, kt_sealed_out(&self->link));
		EXPECT_EQ(0, kt_sealed_in(&self->link));
	}
}

KT_SUITE_TEST(suites, info_names_suite_and_version)
{
	struct kseal_info info;

	ASSERT_EQ(0, kt_info_get(self->link.fd, &info));
	EXPECT_EQ(variant->params.cipher, info.tx_cipher);
	EXPECT_EQ(variant->params.cipher, info.rx_cipher);
	EXPECT_EQ(variant->params.version, info.tx_version);
	EXPECT_EQ(variant->params.version, info.rx_version);
	EXPECT_NE('\0', info.tx_driver[0]);
	EXPECT_STREQ(info.tx_driver, info.rx_driver);
}

TEST_HARNESS_MAIN
