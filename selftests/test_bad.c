// SPDX-License-Identifier: GPL-2.0
/* Input that is wrong: the errno, the end it puts to things, what is counted. */
#include "lib/fixture.h"
#include <fcntl.h>
#include <poll.h>

KT_FIXTURE_OPEN(bad)

/* A record of 100 bytes with the byte at @offset (from the end if < 0) flipped. */
static int send_flipped(struct kt_link *link, ssize_t offset, uint8_t mask)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(link, 100, wire);

	wire[offset < 0 ? len + offset : offset] ^= mask;
	return kt_write_here(link, wire, len);
}

KT_TEST(bad, flipped_tag)
{
	ASSERT_EQ(0, send_flipped(&self->link, -1, 1));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(bad, flipped_ciphertext)
{
	ASSERT_EQ(0, send_flipped(&self->link, 20, 0x80));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* TLS 1.2: the explicit nonce; TLS 1.3: the first byte of ciphertext. */
KT_TEST(bad, flipped_byte_behind_the_header)
{
	ASSERT_EQ(0, send_flipped(&self->link, KT_HEADER, 1));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* The header is additional data: another type does not authenticate. */
KT_TEST(bad, flipped_type)
{
	ASSERT_EQ(0, send_flipped(&self->link, 0, KT_DATA ^ KT_HANDSHAKE));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* One byte less than there is: what is left would be the next header. */
KT_TEST(bad, flipped_length)
{
	ASSERT_EQ(0, send_flipped(&self->link, 4, 1));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(bad, replayed_record)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 100, wire);
	uint8_t got[100];

	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	ASSERT_EQ(100, recv(self->link.fd, got, 100, 0));
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(bad, missing_record)
{
	static uint8_t wire[KT_MAX_WIRE];

	ASSERT_GT(kt_seal_pattern(&self->link, 100, wire), 0);
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(bad, record_of_another_key)
{
	struct kt_key key;

	kt_key_make(&key, &variant->params, 300, 0);
	kt_flow_done(&self->link.in);
	ASSERT_EQ(0, kt_flow_init(&self->link.in, &key));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* RFC 8446 5.2: sealed, but nothing inside; in TLS 1.2 such a record is empty. */
KT_TEST(bad, no_content_type)
{
	static uint8_t wire[KT_MAX_WIRE];
	static uint8_t zeros[200];
	bool has_type = variant->params.version == TLS_1_2_VERSION;
	ssize_t len = kt_seal(&self->link.in, 0, zeros, 100, 50, wire);

	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	if (has_type) {
		uint8_t type;

		EXPECT_EQ(100, kt_recv_type(self->link.fd, &type, zeros, 200, 0));
		EXPECT_EQ(0, type);
	} else {
		EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
	}
}

KT_TEST(bad, bad_record_wakes_the_reader)
{
	struct kt_reader reader;

	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 2000, 0));
	ASSERT_EQ(0, send_flipped(&self->link, -1, 1));
	EXPECT_EQ(-1, kt_task_join(&reader.task));
	EXPECT_EQ(EBADMSG, reader.task.error);
}

/* Keys do not outlive the connection they ended with. */
KT_TEST(bad, keys_are_gone_afterwards)
{
	union kt_info info;
	socklen_t len = kt_key_info(&self->link.out.key, &info), got = len;
	bool may_rekey = variant->params.version == TLS_1_3_VERSION;

	ASSERT_EQ(0, send_flipped(&self->link, -1, 1));
	EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
	memset(&info, 0, sizeof(info));
	EXPECT_ERRNO(EBUSY, getsockopt(self->link.fd, SOL_TLS, TLS_TX, &info, &got));
	EXPECT_ERRNO(EBUSY, getsockopt(self->link.fd, SOL_TLS, TLS_RX, &info, &got));
	/* and there is no starting over with others */
	EXPECT_ERRNO(may_rekey ? EPIPE : EBUSY,
		     kt_install(self->link.fd, TLS_TX, &self->link.out.key));
	EXPECT_ERRNO(may_rekey ? EBADMSG : EBUSY,
		     kt_install(self->link.fd, TLS_RX, &self->link.in.key));
}

/* ---- good records first ------------------------------------------------- */

KT_TEST(bad, good_records_before_it_are_delivered)
{
	uint8_t got[2000];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 500, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 500, 500));
	ASSERT_EQ(0, send_flipped(&self->link, -1, 1));
	ASSERT_EQ(1000, recv(self->link.fd, got, sizeof(got), 0));
	EXPECT_EQ(0, kt_check(got, 1000, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(bad, waitall_gives_what_was_good)
{
	uint8_t got[2000];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 500, 0));
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, 0x0301, 100));
	ASSERT_EQ(500, recv(self->link.fd, got, sizeof(got), MSG_WAITALL));
	EXPECT_EQ(0, kt_check(got, 500, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EINVAL, KT_PROTOCOL_VERSION));
}

/* Opened while all was well: delivered, to the last byte. */
KT_TEST(bad, rest_of_a_good_record_is_delivered)
{
	uint8_t got[500];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 500, 0));
	ASSERT_EQ(0, send_flipped(&self->link, -1, 1));
	for (int i = 0; i < 500; i += 100) {
		ASSERT_EQ(100, recv(self->link.fd, got, 100, 0));
		EXPECT_EQ(0, kt_check(got, 100, i));
	}
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(bad, good_records_behind_it_are_not)
{
	ASSERT_EQ(0, send_flipped(&self->link, -1, 1));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 100));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(bad, control_records_too)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal(&self->link.in, KT_ALERT, "\1\0", 2, 0, wire);
	uint8_t got[10], type;

	wire[len - 1] ^= 1;
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	EXPECT_ERRNO(EBADMSG, kt_recv_type(self->link.fd, &type, got, 10, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(bad, peek_sees_no_bad_record)
{
	ASSERT_EQ(0, send_flipped(&self->link, -1, 1));
	EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, MSG_PEEK));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(bad, splice_moves_no_bad_record)
{
	int pipe[2];

	ASSERT_EQ(0, pipe2(pipe, O_CLOEXEC));
	ASSERT_EQ(0, send_flipped(&self->link, -1, 1));
	EXPECT_ERRNO(EBADMSG, splice(self->link.fd, NULL, pipe[1], NULL, 1000, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
	close(pipe[0]);
	close(pipe[1]);
}

/* Room for less than the record, so that it goes through a buffer. */
KT_TEST(bad, small_read_sees_no_bad_record)
{
	uint8_t got[10];

	ASSERT_EQ(0, send_flipped(&self->link, -1, 1));
	EXPECT_ERRNO(EBADMSG, recv(self->link.fd, got, sizeof(got), 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(bad, record_longer_than_the_window)
{
	static uint8_t wire[KT_MAX_WIRE];
	struct kt_tune tune = { .fd_rcvbuf = 4096 };
	struct kt_reader reader;
	ssize_t len;

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	len = kt_seal_pattern(&self->link, 16384, wire);
	wire[len - 1] ^= 1;
	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 2000, 0));
	ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
	EXPECT_EQ(-1, kt_task_join(&reader.task));
	EXPECT_EQ(EBADMSG, reader.task.error);
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* An open record must not leave behind the alert, nor hold it back. */
KT_TEST(bad, with_a_record_open_for_sending)
{
	struct kt_record record;
	int alert;

	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	ASSERT_EQ(0, send_flipped(&self->link, -1, 1));
	EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
	ASSERT_EQ(0, kt_recv_record(&self->link, &record));
	if (record.type == KT_DATA) {
		EXPECT_EQ(4, record.len);
		EXPECT_EQ(0, kt_expect_end(&self->link, &alert));
		EXPECT_EQ(KT_BAD_RECORD_MAC, alert);
	} else {
		EXPECT_EQ(KT_ALERT, record.type);
		EXPECT_EQ(0, kt_expect_end(&self->link, &alert));
		EXPECT_EQ(-1, alert);
	}
}

/* Without a sending key there is nothing to seal an alert with. */
KT_TEST(bad, without_a_sending_key)
{
	uint8_t byte;

	ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	ASSERT_EQ(0, send_flipped(&self->link, -1, 1));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
	EXPECT_EQ(-1, send(self->link.fd, "late", 4, MSG_NOSIGNAL));
	ASSERT_NE(0, kt_poll(self->link.raw, POLLIN, KT_WAIT_MS));
	EXPECT_LE(recv(self->link.raw, &byte, 1, MSG_DONTWAIT), 0);
}

/* ---- sequence numbers --------------------------------------------------- */

static int open_at_last(struct kt_link *link, const struct kt_params *params)
{
	struct kt_tune tune = { .out_seq = KT_LAST_SEQ, .in_seq = KT_LAST_SEQ };

	kt_link_close(link);
	return kt_link_open(link, params, &tune);
}

KT_TEST(bad, last_number_can_be_received_and_no_other)
{
	uint8_t got[100];

	ASSERT_EQ(0, open_at_last(&self->link, &variant->params));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(100, recv(self->link.fd, got, 100, 0));
	EXPECT_EQ(0, kt_check(got, 100, 0));
	/* it would authenticate */
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 100));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
	EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
}

KT_TEST(bad, last_number_can_be_sent_and_no_other)
{
	ASSERT_EQ(0, open_at_last(&self->link, &variant->params));
	ASSERT_EQ(4, send(self->link.fd, "last", 4, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "last", 4));
	EXPECT_ERRNO(EBADMSG, send(self->link.fd, "over", 4, MSG_NOSIGNAL));
	EXPECT_EQ(-1, send(self->link.fd, "over", 4, MSG_NOSIGNAL));
	/* and no alert, which would want a number as well */
	ASSERT_NE(0, kt_poll(self->link.raw, POLLIN, KT_WAIT_MS));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

/* ---- anything at all ---------------------------------------------------- */

static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* A header that passes, most of the time, and noise behind it. */
static size_t make_noise(uint8_t *noise, size_t len, uint32_t *state)
{
	for (size_t i = 0; i < len; i++)
		noise[i] = next_random(state);
	if (next_random(state) % 4) {
		noise[0] = KT_DATA;
		noise[1] = 3;
		noise[2] = 3;
		noise[3] = next_random(state) % 8;
	}
	return 1 + next_random(state) % len;
}

static int survives_noise(struct kt_link *link, uint32_t *state)
{
	static uint8_t noise[3000], got[20000];
	size_t len = make_noise(noise, sizeof(noise), state);
	ssize_t n;

	if (kt_write_full(link->raw, noise, len) || shutdown(link->raw, SHUT_WR))
		return -1;
	n = recv(link->fd, got, sizeof(got), 0);
	if (n != -1)
		kt_say("%zd bytes out of %zu bytes of noise", n, len);
	return n == -1 ? 0 : -1;
}

KT_TEST(bad, noise_never_becomes_data)
{
	uint32_t state = 20240229 + variant->params.version;

	for (int i = 0; i < 20; i++) {
		kt_link_close(&self->link);
		ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
		ASSERT_EQ(0, survives_noise(&self->link, &state))
			TH_LOG("round %d", i);
	}
}

TEST_HARNESS_MAIN
