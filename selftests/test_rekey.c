// SPDX-License-Identifier: GPL-2.0
/* A second TLS_TX or TLS_RX: the next key, and keys that are refused. */
#include "lib/fixture.h"
#include <fcntl.h>

KT_FIXTURE_13(rekey)

/* ---- sending --------------------------------------------------------------- */

KT_TEST(rekey, next_record_has_the_new_key)
{
	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(0, kt_sealed_out(&self->link));
		ASSERT_EQ(0, kt_rekey_out(&self->link));
		EXPECT_EQ(0, kt_sealed_out(&self->link));
	}
}

KT_TEST(rekey, before_the_first_record)
{
	struct kt_key next;

	kt_key_next(&self->link.out.key, &next);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &next));
	ASSERT_EQ(0, kt_flow_rekey(&self->link.out, &next));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	kt_key_next(&self->link.in.key, &next);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &next));
	ASSERT_EQ(0, kt_flow_rekey(&self->link.in, &next));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

/* Bytes given before the key are the old key's. */
KT_TEST(rekey, open_record_goes_out_under_the_old_key)
{
	struct kt_key next;
	uint8_t data[200];

	kt_fill(data, sizeof(data), 0);
	kt_key_next(&self->link.out.key, &next);
	ASSERT_EQ(100, send(self->link.fd, data, 100, MSG_MORE));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &next));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, 0));
	ASSERT_EQ(100, send(self->link.fd, data + 100, 100, 0));
	ASSERT_EQ(0, kt_flow_rekey(&self->link.out, &next));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, 100));
}

KT_TEST(rekey, open_record_of_spliced_pages_too)
{
	struct kt_key next;
	uint8_t data[5000];
	int ends[2];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
	ASSERT_EQ(5000, write(ends[1], data, 5000));
	ASSERT_EQ(5000, splice(ends[0], NULL, self->link.fd, NULL, 5000, SPLICE_F_MORE));
	kt_key_next(&self->link.out.key, &next);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &next));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 5000, 0));
	ASSERT_EQ(0, kt_flow_rekey(&self->link.out, &next));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	close(ends[0]);
	close(ends[1]);
}

/* RFC 8446 5.5: what the limit of one key takes, the next one gives. */
KT_TEST(rekey, saves_a_sender_at_its_last_number)
{
	struct kt_tune tune = { .out_seq = ~0ULL - 2 };

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	/* the KeyUpdate is the last record of that key */
	ASSERT_EQ(0, kt_rekey_out(&self->link));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
}

KT_TEST(rekey, saves_a_receiver_at_its_last_number)
{
	struct kt_tune tune = { .in_seq = ~0ULL - 2 };

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
	ASSERT_EQ(0, kt_rekey_in(&self->link));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

/* The peer cannot know where the key changes: it tries the old one, then ours. */
static int expect_stream_of_two(struct kt_link *link, const struct kt_key *next,
				size_t len, size_t *with_next)
{
	static uint8_t wire[KT_MAX_WIRE];
	static struct kt_record record;
	size_t done = 0;

	for (*with_next = 0; done < len; done += record.len) {
		size_t body;

		if (kt_read_full(link->raw, wire, KT_HEADER))
			return -1;
		body = wire[3] << 8 | wire[4];
		if (kt_read_full(link->raw, wire + KT_HEADER, body))
			return -1;
		if (!*with_next && !kt_open(&link->out, wire, KT_HEADER + body, &record)) {
			if (kt_check(record.data, record.len, done))
				return -1;
			continue;
		}
		if ((!*with_next && kt_flow_rekey(&link->out, next)) ||
		    kt_open(&link->out, wire, KT_HEADER + body, &record) ||
		    kt_check(record.data, record.len, done))
			return -1;
		*with_next += record.len;
	}
	return 0;
}

/* A sender sleeps in the middle of a call, perhaps of a record. */
KT_TEST(rekey, while_a_sender_sleeps)
{
	struct kt_writer writer = { .len = 400000 };
	struct kt_key next;
	size_t with_next;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	writer.fd = self->link.fd;
	kt_key_next(&self->link.out.key, &next);
	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &next));
	EXPECT_EQ(0, expect_stream_of_two(&self->link, &next, 400000, &with_next));
	EXPECT_GT(with_next, 200000);
	EXPECT_EQ(400000, kt_task_join(&writer.task));
}

/* ---- both ------------------------------------------------------------------ */

KT_TEST(rekey, both_directions)
{
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, kt_rekey_out(&self->link));
		ASSERT_EQ(0, kt_rekey_in(&self->link));
		EXPECT_EQ(0, kt_sealed_in(&self->link));
		EXPECT_EQ(0, kt_sealed_out(&self->link));
	}
}

KT_TEST(rekey, a_thousand_times)
{
	struct kseal_info info;

	for (int i = 0; i < 1000; i++) {
		ASSERT_EQ(0, kt_rekey_in(&self->link));
		ASSERT_EQ(0, kt_rekey_out(&self->link));
		if (i % 50 == 0) {
			ASSERT_EQ(0, kt_sealed_in(&self->link));
			ASSERT_EQ(0, kt_sealed_out(&self->link));
		}
	}
	ASSERT_EQ(0, kt_info_get(self->link.fd, &info));
	EXPECT_EQ(1000, info.tx_rekeys);
	EXPECT_EQ(1000, info.rx_rekeys);
	EXPECT_EQ(1000, info.rx_key_updates);
}

static int numbers_are(int fd, int direction, const struct kt_key *key)
{
	union kt_info want, got = { };
	socklen_t len = kt_key_info(key, &want);

	if (getsockopt(fd, SOL_TLS, direction, &got, &len))
		return kt_errno("getsockopt of a key");
	if (!memcmp(&want, &got, len))
		return 0;
	kt_say("another key than at record %llu", (unsigned long long)key->seq);
	return -1;
}

KT_TEST(rekey, numbers_start_where_they_are_told_to)
{
	struct kt_link *link = &self->link;
	struct kt_key next;

	for (int i = 0; i < 5; i++)
		ASSERT_EQ(0, kt_sealed_out(link));
	kt_key_next(&link->out.key, &next);
	next.seq = 0x123456789a;
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &next));
	ASSERT_EQ(0, kt_flow_rekey(&link->out, &next));
	EXPECT_EQ(0, numbers_are(link->fd, TLS_TX, &next));
	EXPECT_EQ(0, kt_sealed_out(link));
	EXPECT_EQ(0, numbers_are(link->fd, TLS_TX, &link->out.key));
	EXPECT_EQ(0x123456789b, link->out.key.seq);
	ASSERT_EQ(0, kt_peer_rekey(link, &next));
	next.seq = 0xff;
	ASSERT_EQ(0, kt_flow_rekey(&link->in, &next));
	ASSERT_EQ(0, kt_expect_key_update(link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &next));
	EXPECT_EQ(0, numbers_are(link->fd, TLS_RX, &next));
	EXPECT_EQ(0, kt_sealed_in(link));
	EXPECT_EQ(0, numbers_are(link->fd, TLS_RX, &link->in.key));
}

KT_TEST(rekey, one_direction_alone)
{
	struct kt_link *link = &self->link;
	struct kt_key next;

	ASSERT_EQ(0, kt_link_reopen_keyless(link, &variant->params));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	ASSERT_EQ(0, kt_rekey_out(link));
	EXPECT_EQ(0, kt_sealed_out(link));
	ASSERT_EQ(0, kt_link_reopen_keyless(link, &variant->params));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	ASSERT_EQ(0, kt_rekey_in(link));
	EXPECT_EQ(0, kt_sealed_in(link));
	/* the other direction begins with what this one has come to */
	kt_key_next(&link->out.key, &next);
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &next));
	ASSERT_EQ(0, kt_flow_rekey(&link->out, &next));
	EXPECT_EQ(0, kt_sealed_out(link));
}

/* The old key's, with the number that no record of it will have. */
KT_TEST(rekey, getsockopt_before_the_new_key)
{
	struct kt_key old = self->link.in.key, next;

	ASSERT_EQ(0, kt_sealed_in(&self->link));
	ASSERT_EQ(0, kt_peer_rekey(&self->link, &next));
	ASSERT_EQ(0, kt_expect_key_update(self->link.fd));
	kt_key_count(&old, 2);
	EXPECT_EQ(0, numbers_are(self->link.fd, TLS_RX, &old));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &next));
	EXPECT_EQ(0, numbers_are(self->link.fd, TLS_RX, &next));
}

KT_TEST(rekey, is_counted)
{
	static const char * const names[] = {
		"TxRekeys", "RxRekeys", "RxKeyUpdates", "TxRekeyErrors", "RxRekeyErrors",
		"TxKeys", "RxKeys",
	};
	static const int more[] = { 2, 1, 1, 1, 2, 0, 0 };
	long long before[ARRAY_SIZE(names)];
	struct kt_key wrong = self->link.out.key;
	struct kseal_info info;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		before[i] = kt_stat(names[i]);
	wrong.version = TLS_1_2_VERSION;
	ASSERT_EQ(0, kt_rekey_out(&self->link));
	ASSERT_EQ(0, kt_rekey_out(&self->link));
	ASSERT_EQ(0, kt_rekey_in(&self->link));
	EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_TX, &wrong));
	EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_RX, &wrong));
	EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_RX, &wrong));
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQ(before[i] + more[i], kt_stat(names[i]))
			TH_LOG("%s", names[i]);
	}
	ASSERT_EQ(0, kt_info_get(self->link.fd, &info));
	EXPECT_EQ(2, info.tx_rekeys);
	EXPECT_EQ(1, info.rx_rekeys);
	EXPECT_EQ(1, info.rx_key_updates);
}

/* ---- keys that are refused ------------------------------------------------- */

static int still_works(struct kt_link *link)
{
	return kt_sealed_out(link) || kt_sealed_in(link) ? -1 : 0;
}

KT_TEST(rekey, another_version_is_refused)
{
	static const uint16_t versions[] = { 0, 0x0302, TLS_1_2_VERSION, 0x0305 };
	struct kt_key next;

	ASSERT_EQ(0, still_works(&self->link));
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		kt_key_next(&self->link.out.key, &next);
		next.version = versions[i];
		EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_TX, &next));
		EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_RX, &next));
		EXPECT_EQ(0, still_works(&self->link));
	}
}

KT_TEST(rekey, another_suite_is_refused)
{
	static const uint16_t ciphers[] = {
		TLS_CIPHER_AES_GCM_128, TLS_CIPHER_AES_GCM_256, TLS_CIPHER_AES_CCM_128,
		TLS_CIPHER_CHACHA20_POLY1305, TLS_CIPHER_SM4_GCM, TLS_CIPHER_SM4_CCM,
		TLS_CIPHER_ARIA_GCM_128, TLS_CIPHER_ARIA_GCM_256,
	};
	struct kt_key next;

	ASSERT_EQ(0, still_works(&self->link));
	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++) {
		if (ciphers[i] == variant->params.cipher)
			continue;
		kt_key_next(&self->link.out.key, &next);
		next.cipher = ciphers[i];
		EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_TX, &next));
		EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_RX, &next));
	}
	EXPECT_EQ(0, still_works(&self->link));
}

KT_TEST(rekey, wrong_sizes_and_memory_are_refused)
{
	char room[sizeof(union kt_info) + 8] = { };
	void *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct kt_key next;
	union kt_info info;
	socklen_t len;

	ASSERT_EQ(0, still_works(&self->link));
	kt_key_next(&self->link.out.key, &next);
	len = kt_key_info(&next, &info);
	memcpy(room, &info, sizeof(info));
	for (socklen_t wrong = 0; wrong <= sizeof(room); wrong++) {
		if (wrong == len)
			continue;
		EXPECT_ERRNO(EINVAL, setsockopt(self->link.fd, SOL_TLS, TLS_TX, room,
						wrong));
		EXPECT_ERRNO(EINVAL, setsockopt(self->link.fd, SOL_TLS, TLS_RX, room,
						wrong));
	}
	EXPECT_ERRNO(EFAULT, setsockopt(self->link.fd, SOL_TLS, TLS_TX, nowhere, len));
	EXPECT_ERRNO(EFAULT, setsockopt(self->link.fd, SOL_TLS, TLS_RX, nowhere, len));
	EXPECT_EQ(0, still_works(&self->link));
	munmap(nowhere, 4096);
}

/* A pair of key and nonce is never used twice (RFC 5116 3.1). */
KT_TEST(rekey, passed_numbers_of_the_same_key_are_refused)
{
	struct kt_link *link = &self->link;
	struct kt_key out = link->out.key, in = link->in.key;

	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, still_works(link));
	for (; out.seq < 3; out.seq++, in.seq++) {
		EXPECT_ERRNO(EINVAL, kt_install(link->fd, TLS_TX, &out));
		EXPECT_ERRNO(EINVAL, kt_install(link->fd, TLS_RX, &in));
	}
	EXPECT_EQ(0, still_works(link));
	/* numbers to come are nobody's yet */
	out.seq += 1;
	in.seq += 100;
	EXPECT_EQ(0, kt_install(link->fd, TLS_TX, &out));
	EXPECT_EQ(0, kt_install(link->fd, TLS_RX, &in));
	ASSERT_EQ(0, kt_flow_rekey(&link->in, &in));
	EXPECT_EQ(0, still_works(link));
}

KT_TEST(rekey, used_up_key_is_not_taken_again)
{
	struct kt_tune tune = { .out_seq = ~0ULL - 1, .in_seq = ~0ULL - 1 };
	struct kt_key out, in;

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	out = self->link.out.key;
	in = self->link.in.key;
	ASSERT_EQ(0, still_works(&self->link));
	EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_TX, &out));
	EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_RX, &in));
	out.seq = 0;
	in.seq = 0;
	EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_TX, &out));
	EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_RX, &in));
	/* and a new one is */
	kt_key_next(&out, &out);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &out));
	ASSERT_EQ(0, kt_flow_rekey(&self->link.out, &out));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
}

KT_TEST(rekey, refused_key_leaves_the_open_record_open)
{
	struct kt_key next;
	uint8_t data[200];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(100, send(self->link.fd, data, 100, MSG_MORE));
	kt_key_next(&self->link.out.key, &next);
	next.version = TLS_1_2_VERSION;
	EXPECT_ERRNO(EINVAL, kt_install(self->link.fd, TLS_TX, &next));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(100, send(self->link.fd, data + 100, 100, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 200, 0));
}

/* A connection that ended stays so. */
KT_TEST(rekey, no_key_revives_the_dead)
{
	struct kt_key next;

	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, 0x0303, 20000));
	ASSERT_EQ(EMSGSIZE, kt_recv_errno(self->link.fd, 0));
	kt_key_next(&self->link.in.key, &next);
	EXPECT_EQ(-1, kt_install(self->link.fd, TLS_RX, &next));
	EXPECT_EQ(-1, kt_install(self->link.fd, TLS_TX, &next));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

TEST_HARNESS_MAIN
