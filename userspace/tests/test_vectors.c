// SPDX-License-Identifier: GPL-2.0
/* kmod/{record,frame,suite}.c: published records come out and go in bit for bit */
#include "../../kmod/frame.c"
#include "../../kmod/record.c"
#include "../../kmod/suite.c"

#include "vectors/gcm.h"
#include "vectors/seal.h"
#include "vectors/tls12.h"
#include "vectors/tls13.h"

enum { WIRE_MAX = 512 };

/* A record of a flow, in bytes. */
struct sample {
	char row[96];
	uint8_t type;
	uint8_t content[WIRE_MAX], wire[WIRE_MAX];
	size_t content_len, wire_len;
};

static bool sample_get(struct sample *s, const struct flow *flow, size_t n)
{
	if (n == FLOW_RECORDS || !flow->records[n].wire)
		return false;
	snprintf(s->row, sizeof(s->row), "%s, record %zu", flow->name, n);
	s->type = flow->records[n].type;
	s->content_len = unhex(flow->records[n].content, s->content, sizeof(s->content));
	s->wire_len = unhex(flow->records[n].wire, s->wire, sizeof(s->wire));
	return true;
}

/* The direction of a flow, at its record @n when that is the first used. */
static void flow_open(struct sealer *s, const struct flow *flow, size_t n)
{
	uint8_t key[KSEAL_KEY_MAX], nonce[KSEAL_NONCE_SIZE];

	unhex(flow->key, key, sizeof(key));
	unhex(flow->nonce, nonce, sizeof(nonce));
	sealer_open(s, flow->version, flow->cipher, key, nonce, flow->seq + n);
}

static void each_flow(void (*check)(const struct flow *flow))
{
	size_t i;

	for (i = 0; i < ROWS(tls12_flows); i++)
		check(&tls12_flows[i]);
	for (i = 0; i < ROWS(tls13_flows); i++)
		check(&tls13_flows[i]);
}

/* Before GnuTLS's AEAD is believed below, and in test_crosscheck. */
static void the_aead_is_that_of_its_specification(void **state)
{
	uint8_t key[32], iv[12], aad[32], text[128], sealed[144], out[144];
	size_t i;

	(void)state;
	for (i = 0; i < ROWS(aead_cases); i++) {
		const struct aead_case *c = &aead_cases[i];
		size_t iv_len = unhex(c->iv, iv, sizeof(iv));
		size_t aad_len = unhex(c->aad, aad, sizeof(aad));
		size_t text_len = unhex(c->text, text, sizeof(text));
		size_t sealed_len = unhex(c->sealed, sealed, sizeof(sealed));
		size_t len = sizeof(out);
		gnutls_aead_cipher_hd_t aead;

		unhex(c->key, key, sizeof(key));
		aead = aead_open(c->cipher, key);
		assert_int_equal(gnutls_aead_cipher_encrypt(aead, iv, iv_len, aad, aad_len,
							    16, text, text_len, out, &len), 0);
		check_num(c->name, "length sealed", len, sealed_len);
		check_bytes(c->name, "sealed", out, sealed, sealed_len);
		len = sizeof(out);
		assert_int_equal(gnutls_aead_cipher_decrypt(aead, iv, iv_len, aad, aad_len,
							    16, sealed, sealed_len, out, &len), 0);
		check_num(c->name, "length opened", len, text_len);
		check_bytes(c->name, "opened", out, text, text_len);
		gnutls_aead_cipher_deinit(aead);
	}
}

static void check_sealing(const struct flow *flow)
{
	static uint8_t out[KSEAL_RECORD_MAX];
	struct sample sample;
	struct sealer s;
	size_t n;

	flow_open(&s, flow, 0);
	for (n = 0; sample_get(&sample, flow, n); n++) {
		check_num(sample.row, "length",
			  seal_record(&s, sample.type, sample.content,
				      sample.content_len, 0, out), sample.wire_len);
		check_bytes(sample.row, "the record", out, sample.wire, sample.wire_len);
	}
	sealer_close(&s);
	assert_true(n > 0);
}

static void sealing_a_flow_gives_its_records_byte_for_byte(void **state)
{
	(void)state;
	each_flow(check_sealing);
}

static void check_opened(struct sealer *s, const struct sample *sample)
{
	static uint8_t content[KSEAL_PLAINTEXT_MAX + 1];
	uint8_t type = 0;
	size_t len = 0;

	check_num(sample->row, "result",
		  open_record(s, sample->wire, sample->wire_len, &type, content, &len), 0);
	check_num(sample->row, "type", type, sample->type);
	check_num(sample->row, "length", len, sample->content_len);
	check_bytes(sample->row, "content", content, sample->content, len);
}

static void check_opening(const struct flow *flow)
{
	struct sample sample;
	struct sealer s;
	size_t n;

	flow_open(&s, flow, 0);
	for (n = 0; sample_get(&sample, flow, n); n++)
		check_opened(&s, &sample);
	sealer_close(&s);
}

static void opening_a_flow_gives_types_and_contents(void **state)
{
	(void)state;
	each_flow(check_opening);
}

static bool has_nonce_on_the_wire(const struct flow *flow)
{
	return flow->version == TLS_1_2_VERSION &&
	       flow->cipher != TLS_CIPHER_CHACHA20_POLY1305;
}

/* The receiver's iv is not used: RFC 5288 3 puts the nonce into the record. */
static void tls_1_2_is_opened_with_the_nonce_on_the_wire(void **state)
{
	uint8_t key[KSEAL_KEY_MAX], nonce[KSEAL_NONCE_SIZE];
	struct sample sample;
	struct sealer s;
	size_t i, n;

	(void)state;
	for (i = 0; i < ROWS(tls12_flows); i++) {
		const struct flow *flow = &tls12_flows[i];

		if (!has_nonce_on_the_wire(flow))
			continue;
		unhex(flow->key, key, sizeof(key));
		unhex(flow->nonce, nonce, sizeof(nonce));
		memset(nonce + 4, 0x5a, 8);
		sealer_open(&s, flow->version, flow->cipher, key, nonce, flow->seq);
		for (n = 0; sample_get(&sample, flow, n); n++)
			check_opened(&s, &sample);
		sealer_close(&s);
	}
}

static int try_open(const struct flow *flow, uint64_t n, const uint8_t *wire, size_t len)
{
	static uint8_t content[KSEAL_PLAINTEXT_MAX + 1];
	struct sealer s;
	uint8_t type;
	size_t size;
	int err;

	flow_open(&s, flow, n);
	err = open_record(&s, wire, len, &type, content, &size);
	sealer_close(&s);
	return err;
}

/* As if a record before it had been dropped, repeated or put in another place. */
static void check_other_numbers(const struct flow *flow)
{
	static const int64_t off[] = { -1, 1, 2, 256, 1LL << 32, 1LL << 62 };
	struct sample sample;
	size_t n, i;

	for (n = 0; sample_get(&sample, flow, n); n++) {
		check_num(sample.row, "in its place",
			  try_open(flow, n, sample.wire, sample.wire_len), 0);
		for (i = 0; i < ROWS(off); i++)
			check_num(sample.row, "in another place",
				  try_open(flow, n + off[i], sample.wire, sample.wire_len),
				  -EBADMSG);
	}
}

static void a_record_is_refused_with_any_other_sequence_number(void **state)
{
	(void)state;
	each_flow(check_other_numbers);
}

/* A longer length is a record that never becomes whole; all else is an error. */
static void check_flips(const struct flow *flow)
{
	struct sample sample;
	size_t n, bit;

	for (n = 0; sample_get(&sample, flow, n); n++)
		for (bit = 0; bit < 8 * sample.wire_len; bit++) {
			uint8_t length = sample.wire[4];
			int err;

			sample.wire[bit / 8] ^= 1 << bit % 8;
			err = try_open(flow, n, sample.wire, sample.wire_len);
			if (!err)
				fail_msg("%s: opens with bit %zu flipped", sample.row, bit);
			if (err == -EAGAIN && bit / 8 != 3 && sample.wire[4] <= length)
				fail_msg("%s: bit %zu made it incomplete", sample.row, bit);
			if (bit / 8 == 1 || bit / 8 == 2)
				check_num(sample.row, "version flipped", err, -EINVAL);
			else if (bit / 8 > 4 || !bit / 8)
				check_num(sample.row, "flipped", err, -EBADMSG);
			sample.wire[bit / 8] ^= 1 << bit % 8;
		}
}

static void a_record_with_any_bit_flipped_is_refused(void **state)
{
	(void)state;
	each_flow(check_flips);
}

static void a_record_cut_short_is_never_whole(void **state)
{
	struct sample sample;
	size_t len;

	(void)state;
	sample_get(&sample, &tls13_flows[0], 1);
	for (len = 0; len < sample.wire_len; len++)
		check_num(sample.row, "cut", try_open(&tls13_flows[0], 1, sample.wire, len),
			  -EAGAIN);
	check_num(sample.row, "whole", try_open(&tls13_flows[0], 1, sample.wire, len), 0);
}

/* What getsockopt() must say after a flow, so that another can go on with it. */
static void check_export(const struct flow *flow)
{
	struct sample sample;
	union info before;
	struct sealer s;
	uint8_t seq[8], iv[8];
	size_t n;

	flow_open(&s, flow, 0);
	before = s.info;
	for (n = 0; sample_get(&sample, flow, n); n++)
		check_opened(&s, &sample);
	kseal_record_export(&s.rec, s.info.bytes);
	info_seq(seq, flow->seq + n);
	check_bytes(flow->name, "rec_seq", info_rec_seq(&s.info), seq, 8);
	if (has_nonce_on_the_wire(flow)) {
		unhex(flow->nonce + 9, iv, sizeof(iv));
		iv[7] += n;	/* no vector starts near a carry */
		check_bytes(flow->name, "iv", info_iv(&s.info), iv, 8);
		memcpy(info_iv(&before), iv, 8);
	}
	memcpy(info_rec_seq(&before), seq, 8);
	check_bytes(flow->name, "the rest", s.info.bytes, before.bytes, sizeof(before));
	sealer_close(&s);
}

static void export_after_a_flow_names_its_next_record(void **state)
{
	(void)state;
	each_flow(check_export);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_aead_is_that_of_its_specification),
		cmocka_unit_test(sealing_a_flow_gives_its_records_byte_for_byte),
		cmocka_unit_test(opening_a_flow_gives_types_and_contents),
		cmocka_unit_test(tls_1_2_is_opened_with_the_nonce_on_the_wire),
		cmocka_unit_test(a_record_is_refused_with_any_other_sequence_number),
		cmocka_unit_test(a_record_with_any_bit_flipped_is_refused),
		cmocka_unit_test(a_record_cut_short_is_never_whole),
		cmocka_unit_test(export_after_a_flow_names_its_next_record),
	};

	return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
