// SPDX-License-Identifier: GPL-2.0
/*
 * The record layer of user space itself, which judges the kernel's in all other
 * tests: ciphers as published, and records that open only as they were sealed.
 */
#include "lib/fixture.h"
#include "lib/aead.h"
#include "lib/vectors.h"

static size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (unsigned int byte; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		out[n++] = byte;
	return n;
}

static int check_vector(const struct kt_vector *vector)
{
	uint8_t key[32], nonce[12], aad[32], text[200], sealed[200], got[200];
	struct kt_aead_text plain = { .nonce = nonce, .aad = aad, .in = text };
	struct kt_aead_text wire = { .nonce = nonce, .aad = aad, .in = sealed };
	size_t len = unhex(vector->sealed, sealed);
	struct kt_aead *aead;
	int ret;

	unhex(vector->key, key);
	unhex(vector->nonce, nonce);
	plain.aad_len = wire.aad_len = unhex(vector->aad, aad);
	plain.len = wire.len = unhex(vector->text, text);
	aead = kt_aead_open(vector->cipher, key);
	if (!aead)
		return -1;
	ret = len == plain.len + KT_TAG && !kt_aead_seal(aead, &plain, got) &&
	      !memcmp(got, sealed, len) && !kt_aead_unseal(aead, &wire, got) &&
	      !memcmp(got, text, plain.len) ? 0 : -1;
	sealed[3] ^= 1;
	if (!ret && !kt_aead_unseal(aead, &wire, got)) {
		kt_say("opens with a bit flipped");
		ret = -1;
	}
	kt_aead_close(aead);
	return ret;
}

TEST(ciphers_are_those_of_the_rfcs)
{
	for (size_t i = 0; i < ARRAY_SIZE(kt_vectors); i++) {
		EXPECT_EQ(0, check_vector(&kt_vectors[i]))
			TH_LOG("%s", kt_vectors[i].name);
	}
}

/* RFC 8448 3: two records of the server with its application keys. */
TEST(records_are_those_of_rfc_8448)
{
	static const char * const wire[] = {
		"17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36"
		"e30efaf97d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf33254"
		"0dd032e167c2955d",
		"1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9",
	};
	static struct kt_record record;
	struct kt_key key = {
		.version = TLS_1_3_VERSION,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.seq = 1,
	};
	uint8_t sealed[100], got[KT_MAX_WIRE], data[50];
	struct kt_flow in, out;
	size_t len;

	unhex("9f02283b6c9c07efc26bb9f2ac92e356", key.key);
	unhex("cf782b88dd83549aadf1e984", key.nonce);
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = i;
	ASSERT_EQ(0, kt_flow_init(&in, &key));
	ASSERT_EQ(0, kt_flow_init(&out, &key));
	len = unhex(wire[0], sealed);
	ASSERT_EQ(len, kt_seal(&out, KT_DATA, data, sizeof(data), 0, got));
	EXPECT_EQ(0, memcmp(sealed, got, len));
	ASSERT_EQ(0, kt_open(&in, sealed, len, &record));
	EXPECT_EQ(KT_DATA, record.type);
	EXPECT_EQ(sizeof(data), record.len);
	EXPECT_EQ(0, memcmp(data, record.data, sizeof(data)));
	len = unhex(wire[1], sealed);
	ASSERT_EQ(0, kt_open(&in, sealed, len, &record));
	EXPECT_EQ(KT_ALERT, record.type);
	ASSERT_EQ(len, kt_seal(&out, KT_ALERT, "\1\0", 2, 0, got));
	EXPECT_EQ(0, memcmp(sealed, got, len));
	kt_flow_done(&in);
	kt_flow_done(&out);
}

FIXTURE(sealer) { struct kt_flow in, out; };
KT_SUITE_VARIANTS(sealer);

FIXTURE_SETUP(sealer)
{
	struct kt_key key;

	kt_key_make(&key, &variant->params, 3, 0xfffe);
	ASSERT_EQ(0, kt_flow_init(&self->in, &key));
	ASSERT_EQ(0, kt_flow_init(&self->out, &key));
}

FIXTURE_TEARDOWN(sealer)
{
	kt_flow_done(&self->in);
	kt_flow_done(&self->out);
}

KT_TEST(sealer, opens_what_it_seals)
{
	static const size_t sizes[] = { 0, 1, 16, 255, 4096, 16384 };
	static uint8_t data[KT_MAX_PLAIN], wire[KT_MAX_WIRE];
	static struct kt_record record;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t pad = variant->params.version == TLS_1_3_VERSION &&
			     sizes[i] < 16384 ? i * 7 : 0;
		ssize_t len;

		kt_fill(data, sizes[i], i);
		len = kt_seal(&self->out, 20 + i, data, sizes[i], pad, wire);
		ASSERT_EQ(kt_key_overhead(&self->out.key) + sizes[i] + pad, len);
		ASSERT_EQ(0, kt_open(&self->in, wire, len, &record));
		EXPECT_EQ(20 + i, record.type);
		EXPECT_EQ(sizes[i], record.len);
		EXPECT_EQ(pad, record.pad);
		EXPECT_EQ(0, kt_check(record.data, record.len, i));
	}
}

KT_TEST(sealer, opens_nothing_else)
{
	uint8_t wire[200], data[50] = { };
	static struct kt_record record;
	ssize_t len = kt_seal(&self->out, KT_DATA, data, sizeof(data), 0, wire);

	for (ssize_t i = 0; i < len; i++) {
		wire[i] ^= 1 << i % 8;
		EXPECT_EQ(-1, kt_open(&self->in, wire, len, &record))
			TH_LOG("byte %zd", i);
		wire[i] ^= 1 << i % 8;
	}
	kt_key_count(&self->in.key, 1);
	EXPECT_EQ(-1, kt_open(&self->in, wire, len, &record));
	kt_key_count(&self->in.key, -1);
	EXPECT_EQ(0, kt_open(&self->in, wire, len, &record));
}

TEST_HARNESS_MAIN
