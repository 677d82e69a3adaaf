// SPDX-License-Identifier: GPL-2.0
/* Finding KeyUpdate in the stream of handshake messages (RFC 8446 4, 5.1). */
#include "lib/fixture.h"
#include <poll.h>

KT_FIXTURE_13(keyupdate)

/* A handshake record, arrived. */
static int send_handshake(struct kt_link *link, const void *data, size_t len)
{
	return kt_send_record(link, KT_HANDSHAKE, data, len) || kt_all_here(link) ?
	       -1 : 0;
}

/* Send it, and read it as one record. */
static int pass_handshake(struct kt_link *link, const void *data, size_t len)
{
	return send_handshake(link, data, len) ||
	       kt_expect_handshake(link->fd, data, len) ? -1 : 0;
}

/* The header of a message of that type and length; room for 4 bytes. */
static size_t put_message(uint8_t *to, uint8_t type, size_t len)
{
	to[0] = type;
	to[1] = len >> 16;
	to[2] = len >> 8;
	to[3] = len;
	return 4;
}

/* Reading has not stopped: a record of data comes through. */
static int goes_on(struct kt_link *link)
{
	if (kt_recv_errno(link->fd, MSG_DONTWAIT) != EAGAIN) {
		kt_say("no EAGAIN where nothing has come");
		return -1;
	}
	return kt_sealed_in(link);
}

/* Reading has stopped, until the next key is in. */
static int stopped_until_the_key(struct kt_link *link)
{
	struct kt_key next;

	kt_key_next(&link->in.key, &next);
	if (kt_flow_rekey(&link->in, &next) || kt_send_pattern(link, 100, 0) ||
	    kt_all_here(link) || kt_expect_expired(link->fd))
		return -1;
	if (kt_install(link->fd, TLS_RX, &next))
		return kt_errno("a second TLS_RX");
	if (kt_recv_pattern(link->fd, 100, 0, MSG_DONTWAIT) != 100)
		return kt_errno("recv under the new key");
	return goes_on(link);
}

KT_TEST(keyupdate, alone)
{
	static const uint8_t requested[] = { 24, 0, 0, 1, 1 };

	ASSERT_EQ(0, pass_handshake(&self->link, kt_key_update, KT_KEY_UPDATE));
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
	ASSERT_EQ(0, pass_handshake(&self->link, requested, sizeof(requested)));
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
}

/* In-tree TLS looks at a record's first byte only. */
KT_TEST(keyupdate, behind_other_messages)
{
	static const size_t lens[] = { 0, 1, 3, 4, 5, 200, 4091, 4092, 4093, 16371 };
	static uint8_t data[16384];

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		size_t len = put_message(data, 4, lens[i]);

		memset(data + len, 24, lens[i]);
		len += lens[i];
		memcpy(data + len, kt_key_update, KT_KEY_UPDATE);
		ASSERT_EQ(0, pass_handshake(&self->link, data, len + KT_KEY_UPDATE));
		ASSERT_EQ(0, stopped_until_the_key(&self->link))
			TH_LOG("behind %zu bytes", lens[i]);
	}
}

KT_TEST(keyupdate, behind_many_messages)
{
	uint8_t data[1000];
	size_t len = 0;

	for (int i = 0; i < 40; i++)
		len += put_message(data + len, i % 2 ? 4 : 11, 0);
	len += put_message(data + len, 25, 17);
	memset(data + len, 24, 17);
	len += 17;
	memcpy(data + len, kt_key_update, KT_KEY_UPDATE);
	ASSERT_EQ(0, pass_handshake(&self->link, data, len + KT_KEY_UPDATE));
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
}

/* All 16 ways to cut 5 bytes; bit n of @cuts cuts behind byte n. */
static int pass_in_parts(struct kt_link *link, unsigned int cuts, bool with_data)
{
	size_t from = 0;

	for (size_t i = 0; i < KT_KEY_UPDATE; i++) {
		if (i < KT_KEY_UPDATE - 1 && !(cuts & 1 << i))
			continue;
		if (pass_handshake(link, kt_key_update + from, i + 1 - from))
			return -1;
		from = i + 1;
		/* not yet */
		if (from == KT_KEY_UPDATE)
			break;
		if (with_data && goes_on(link))
			return -1;
		if (kt_recv_errno(link->fd, MSG_DONTWAIT) != EAGAIN)
			return -1;
	}
	return 0;
}

KT_TEST(keyupdate, over_records)
{
	for (unsigned int cuts = 0; cuts < 16; cuts++) {
		ASSERT_EQ(0, pass_in_parts(&self->link, cuts, false));
		ASSERT_EQ(0, stopped_until_the_key(&self->link))
			TH_LOG("cut %#x", cuts);
	}
}

/* TLS 1.3 forbids it, and it changes nothing. */
KT_TEST(keyupdate, over_records_with_data_between)
{
	for (unsigned int cuts = 0; cuts < 16; cuts++) {
		ASSERT_EQ(0, pass_in_parts(&self->link, cuts, true));
		ASSERT_EQ(0, stopped_until_the_key(&self->link))
			TH_LOG("cut %#x", cuts);
	}
}

/* Nothing is read before all of it is there. */
KT_TEST(keyupdate, over_records_that_wait)
{
	uint8_t got[10], type;

	for (int i = 0; i < KT_KEY_UPDATE; i++) {
		ASSERT_EQ(0, kt_send_record(&self->link, KT_HANDSHAKE,
					    kt_key_update + i, 1));
		ASSERT_EQ(0, kt_send_record(&self->link, KT_HANDSHAKE, "", 0));
	}
	ASSERT_EQ(0, kt_all_here(&self->link));
	for (int i = 0; i < KT_KEY_UPDATE;) {
		ssize_t n = kt_recv_type(self->link.fd, &type, got, sizeof(got),
					 MSG_DONTWAIT);

		ASSERT_GE(n, 0);
		ASSERT_EQ(KT_HANDSHAKE, type);
		/* empty ones may be seen, or not */
		if (n) {
			EXPECT_EQ(kt_key_update[i], got[0]);
			i++;
		}
	}
	/* the last empty record stays behind the key, and cannot be opened */
	EXPECT_EQ(0, kt_expect_expired(self->link.fd));
}

/* In the bodies of others, at every place of the header, over records. */
KT_TEST(keyupdate, not_in_the_bodies_of_others)
{
	uint8_t data[604];

	for (size_t part = 1; part <= 601; part += 75) {
		put_message(data, 4, 600);
		for (int i = 4; i < 604; i++)
			data[i] = kt_key_update[i % KT_KEY_UPDATE];
		for (size_t done = 0, n; done < 604; done += n) {
			n = 604 - done < part ? 604 - done : part;
			ASSERT_EQ(0, pass_handshake(&self->link, data + done, n));
		}
		ASSERT_EQ(0, goes_on(&self->link));
	}
	ASSERT_EQ(0, pass_handshake(&self->link, kt_key_update, KT_KEY_UPDATE));
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
}

/* Lengths have three bytes: 24 as one of them is a length. */
KT_TEST(keyupdate, not_in_the_lengths_of_others)
{
	static uint8_t body[16384];
	uint8_t header[4];
	size_t len = 24 << 8 | 24;

	put_message(header, 11, len);
	memset(body, 24, sizeof(body));
	ASSERT_EQ(0, pass_handshake(&self->link, header, 4));
	ASSERT_EQ(0, pass_handshake(&self->link, body, len));
	EXPECT_EQ(0, goes_on(&self->link));
	ASSERT_EQ(0, pass_handshake(&self->link, kt_key_update, KT_KEY_UPDATE));
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
}

/* A message longer than any record, as a certificate may be. */
KT_TEST(keyupdate, behind_a_long_message)
{
	static uint8_t data[16384];
	size_t left = 70000, n;

	memset(data, 24, sizeof(data));
	put_message(data, 11, left);
	ASSERT_EQ(0, pass_handshake(&self->link, data, 16384));
	memset(data, 24, 4);
	for (left -= 16380; left > 5000; left -= n) {
		n = left < 16384 ? left : 16384;
		if (n == left)
			n -= 5000;
		ASSERT_EQ(0, pass_handshake(&self->link, data, n));
		ASSERT_EQ(0, goes_on(&self->link));
	}
	memcpy(data + left, kt_key_update, KT_KEY_UPDATE);
	ASSERT_EQ(0, pass_handshake(&self->link, data, left + KT_KEY_UPDATE));
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
}

KT_TEST(keyupdate, several_in_one_flight)
{
	struct kt_key next[3];
	uint64_t at = 0;

	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, 100, i * 100));
		ASSERT_EQ(0, kt_peer_rekey(&self->link, &next[i]));
	}
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 300));
	ASSERT_EQ(0, kt_all_here(&self->link));
	for (int i = 0; i < 3; i++, at += 100) {
		EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, at, 0));
		EXPECT_EQ(0, kt_expect_key_update(self->link.fd));
		EXPECT_EQ(0, kt_expect_expired(self->link.fd));
		ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &next[i]));
	}
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, at, 0));
	EXPECT_EQ(0, goes_on(&self->link));
}

/* RFC 8446 5.1 forbids bytes behind it; who reads them may say so. */
KT_TEST(keyupdate, what_stands_behind_it_is_delivered)
{
	uint8_t data[300] = { 24, 0, 0, 1, 0, 24, 0, 0, 1, 0, 24, 0 };
	static const size_t lens[] = { 6, 9, 10, 11, 300 };

	for (size_t i = 0; i < ARRAY_SIZE(lens); i++) {
		ASSERT_EQ(0, pass_handshake(&self->link, data, lens[i]));
		ASSERT_EQ(0, stopped_until_the_key(&self->link))
			TH_LOG("%zu bytes", lens[i]);
		/* the new key begins with a new message */
		ASSERT_EQ(0, pass_handshake(&self->link, kt_key_update, KT_KEY_UPDATE));
		ASSERT_EQ(0, stopped_until_the_key(&self->link));
	}
}

/* Whoever reads it has to judge it: no record behind it opens meanwhile. */
KT_TEST(keyupdate, of_another_length)
{
	static const uint8_t none[] = { 24, 0, 0, 0 };
	static const uint8_t two[] = { 24, 0, 0, 2, 0, 0 };
	static const uint8_t long_one[] = { 24, 1, 0, 0 };

	ASSERT_EQ(0, pass_handshake(&self->link, none, sizeof(none)));
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
	ASSERT_EQ(0, pass_handshake(&self->link, two, sizeof(two)));
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
	/* nor is there any waiting for its body */
	ASSERT_EQ(0, pass_handshake(&self->link, long_one, sizeof(long_one)));
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
}

KT_TEST(keyupdate, records_of_other_types_have_none)
{
	static const uint8_t types[] = { 20, 21, 24, 255 };
	uint8_t got[10], type;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		ASSERT_EQ(0, kt_send_record(&self->link, types[i], kt_key_update,
					    KT_KEY_UPDATE));
		ASSERT_EQ(KT_KEY_UPDATE, kt_recv_type(self->link.fd, &type, got,
						      sizeof(got), 0));
		EXPECT_EQ(types[i], type);
		EXPECT_EQ(0, goes_on(&self->link));
	}
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, kt_key_update, KT_KEY_UPDATE));
	ASSERT_EQ(KT_KEY_UPDATE, recv(self->link.fd, got, sizeof(got), 0));
	EXPECT_EQ(0, goes_on(&self->link));
}

/* There is no such message in TLS 1.2, only a record of that type. */
KT_TEST(keyupdate, tls_1_2_has_none)
{
	struct kt_params params = variant->params;

	params.version = TLS_1_2_VERSION;
	ASSERT_EQ(0, kt_link_reopen(&self->link, &params, NULL));
	ASSERT_EQ(0, pass_handshake(&self->link, kt_key_update, KT_KEY_UPDATE));
	EXPECT_EQ(0, goes_on(&self->link));
}

KT_TEST(keyupdate, in_a_padded_record)
{
	static const size_t pads[] = { 1, 100, 4087, 4091, 5000, 16379 };
	static uint8_t wire[KT_MAX_WIRE];

	for (size_t i = 0; i < ARRAY_SIZE(pads); i++) {
		ssize_t len = kt_seal(&self->link.in, KT_HANDSHAKE, kt_key_update,
				      KT_KEY_UPDATE, pads[i], wire);

		ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
		ASSERT_EQ(0, kt_expect_key_update(self->link.fd));
		ASSERT_EQ(0, stopped_until_the_key(&self->link));
	}
}

/* Looked at twice, it is one. */
KT_TEST(keyupdate, peeking_does_not_count_it_twice)
{
	uint8_t got[10], type;

	for (int part = 0; part < 2; part++) {
		size_t from = part * 2, len = part ? 3 : 2;

		ASSERT_EQ(0, send_handshake(&self->link, kt_key_update + from, len));
		for (int i = 0; i < 3; i++) {
			ASSERT_EQ(len, kt_recv_type(self->link.fd, &type, got,
						    sizeof(got), MSG_PEEK));
			EXPECT_EQ(0, memcmp(got, kt_key_update + from, len));
		}
		ASSERT_EQ(0, kt_expect_handshake(self->link.fd, kt_key_update + from,
						 len));
	}
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
}

/* What is left of the record is read before anything else is said. */
KT_TEST(keyupdate, read_byte_by_byte)
{
	uint8_t got, type;

	ASSERT_EQ(0, send_handshake(&self->link, kt_key_update, KT_KEY_UPDATE));
	for (int i = 0; i < KT_KEY_UPDATE; i++) {
		EXPECT_EQ(POLLIN, kt_poll(self->link.fd, POLLIN, 0));
		ASSERT_EQ(1, kt_recv_type(self->link.fd, &type, &got, 1, 0));
		EXPECT_EQ(KT_HANDSHAKE, type);
		EXPECT_EQ(kt_key_update[i], got);
	}
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
}

/* It cannot be told to a reader without room for the type; it stays. */
KT_TEST(keyupdate, waits_for_who_can_be_told)
{
	ASSERT_EQ(0, send_handshake(&self->link, kt_key_update, KT_KEY_UPDATE));
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(EIO, kt_recv_errno(self->link.fd, 0));
		EXPECT_EQ(POLLIN, kt_poll(self->link.fd, POLLIN, 0));
	}
	ASSERT_EQ(0, kt_expect_key_update(self->link.fd));
	EXPECT_EQ(0, stopped_until_the_key(&self->link));
}

/* ---- at random ------------------------------------------------------------- */

static uint32_t random_below(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005 + 1442695040888963407;
	return (*state >> 33) % below;
}

/* Messages that are none of ours, and the KeyUpdate at their end. */
static size_t random_messages(uint64_t *state, uint8_t *to, size_t room)
{
	size_t len = 0;

	for (int n = random_below(state, 8); n; n--) {
		size_t body = random_below(state, 3) ? random_below(state, 40) :
						       random_below(state, 3000);
		uint8_t type = random_below(state, 256);

		if (len + 4 + body + KT_KEY_UPDATE > room)
			break;
		len += put_message(to + len, type == 24 ? 4 : type, body);
		while (body--)
			to[len++] = random_below(state, 2) ? 24 : random_below(state, 2);
	}
	memcpy(to + len, kt_key_update, KT_KEY_UPDATE);
	return len + KT_KEY_UPDATE;
}

KT_TEST(keyupdate, random_messages_in_random_records)
{
	static uint8_t data[20000];

	for (uint64_t seed = 1; seed <= 60; seed++) {
		uint64_t state = seed;
		size_t len = random_messages(&state, data, sizeof(data)), n;
		bool small = random_below(&state, 2);

		for (size_t done = 0; done < len; done += n) {
			n = 1 + random_below(&state, small && len < 300 ? 6 : 6000);
			if (n > len - done)
				n = len - done;
			ASSERT_EQ(0, pass_handshake(&self->link, data + done, n))
				TH_LOG("seed %llu, byte %zu", (unsigned long long)seed,
				       done);
		}
		ASSERT_EQ(0, stopped_until_the_key(&self->link))
			TH_LOG("seed %llu", (unsigned long long)seed);
	}
}

TEST_HARNESS_MAIN
