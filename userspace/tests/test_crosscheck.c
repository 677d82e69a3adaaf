// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/{record,frame,suite}.c against a record layer of other code on another
 * library's cipher: what one seals the other opens, at every boundary of
 * length and sequence number, where there are no published records.
 */
#include "../../kmod/frame.c"
#include "../../kmod/record.c"
#include "../../kmod/suite.c"

#include "vectors/reference.h"
#include "vectors/seal.h"

static const uint16_t versions[] = { 0x0303, 0x0304 };
/* Those that both libraries have; SM4 and ARIA differ in nothing but the cipher. */
static const uint16_t ciphers[] = {
	TLS_CIPHER_AES_GCM_128, TLS_CIPHER_AES_GCM_256, TLS_CIPHER_AES_CCM_128,
	TLS_CIPHER_CHACHA20_POLY1305,
};
static const uint8_t types[] = { 20, 21, 22, 23 };
static const size_t lengths[] = {
	0, 1, 2, 15, 16, 17, 231, 232, 239, 240, 255, 256, 1400, 16359, 16360,
	16383, 16384,
};
static const uint64_t numbers[] = {
	0, 1, 254, 255, 0xffff, 0xffffffff, 1ULL << 32, 0x0102030405060708,
	(1ULL << 63) - 1, 1ULL << 63, ~1ULL, ~0ULL,
};

/* Both record layers with the same secrets. */
struct pair {
	uint8_t key[KSEAL_KEY_MAX], nonce[KSEAL_NONCE_SIZE];
	struct sealer ours;
	struct reference theirs;
	char row[96];
};

static void pair_open(struct pair *p, uint16_t version, uint16_t cipher, uint64_t seq,
		      uint64_t *rng)
{
	size_t i;

	for (i = 0; i < sizeof(p->key); i++)
		p->key[i] = random_next(rng);
	for (i = 0; i < sizeof(p->nonce); i++)
		p->nonce[i] = random_next(rng);
	sealer_open(&p->ours, version, cipher, p->key, p->nonce, seq);
	p->theirs.version = version;
	p->theirs.key = p->key;
	p->theirs.cipher = cipher;
	p->theirs.seq = seq;
	memcpy(p->theirs.iv, p->nonce, sizeof(p->nonce));
	snprintf(p->row, sizeof(p->row), "version %04x, cipher %u, number %llu", version,
		 cipher, (unsigned long long)seq);
}

static void fill(uint8_t *content, size_t len, uint64_t *rng)
{
	size_t i;

	for (i = 0; i < len; i++)
		content[i] = random_next(rng);
}

static void check_content(const char *row, int got, const uint8_t *content, uint8_t type,
			  size_t want, const uint8_t *want_content, uint8_t want_type)
{
	check_num(row, "length", got, want);
	check_num(row, "type", type, want_type);
	check_bytes(row, "content", content, want_content, want);
}

/* Two records in a row, so that counting is crossed too. */
static void they_open_what_we_seal(struct pair *p, size_t len, uint64_t *rng)
{
	static uint8_t content[KSEAL_PLAINTEXT_MAX], record[KSEAL_RECORD_MAX];
	static uint8_t opened[KSEAL_PLAINTEXT_MAX + 1 + 16];
	size_t size, n;
	uint8_t type, got = 0;
	int got_len;

	for (n = 0; n < 2 && !p->ours.rec.used_up; n++) {
		fill(content, len, rng);
		type = types[random_below(rng, ROWS(types))];
		size = seal_record(&p->ours, type, content, len, 0, record);
		got_len = reference_open(&p->theirs, record, size, &got, opened);
		check_content(p->row, got_len, opened, got, len, content, type);
		p->theirs.seq++;
	}
}

static void we_open_what_they_seal(struct pair *p, size_t len, uint64_t *rng)
{
	static uint8_t content[KSEAL_PLAINTEXT_MAX], record[KSEAL_RECORD_MAX];
	static uint8_t opened[KSEAL_PLAINTEXT_MAX + 1];
	size_t size, n, pad, got_len = 0;
	uint8_t type, got = 0, explicit[8];

	for (n = 0; n < 2 && !p->ours.rec.used_up; n++) {
		fill(content, len, rng);
		fill(explicit, sizeof(explicit), rng);
		type = types[random_below(rng, ROWS(types))];
		pad = random_below(rng, 2) ? random_below(rng, KSEAL_PLAINTEXT_MAX - len + 1) : 0;
		size = reference_seal(&p->theirs, type, content, len, explicit, pad, record);
		check_num(p->row, "result",
			  open_record(&p->ours, record, size, &got, opened, &got_len), 0);
		check_content(p->row, got_len, opened, got, len, content, type);
		p->theirs.seq++;
	}
}

static void each_boundary(void (*check)(struct pair *p, size_t len, uint64_t *rng))
{
	uint64_t rng = 5288;
	struct pair p;
	size_t v, c, s, l;

	for (v = 0; v < ROWS(versions); v++)
		for (c = 0; c < ROWS(ciphers); c++)
			for (s = 0; s < ROWS(numbers); s++)
				for (l = 0; l < ROWS(lengths); l++) {
					pair_open(&p, versions[v], ciphers[c], numbers[s], &rng);
					check(&p, lengths[l], &rng);
					sealer_close(&p.ours);
				}
}

static void an_independent_record_layer_opens_what_is_sealed(void **state)
{
	(void)state;
	each_boundary(they_open_what_we_seal);
}

static void what_an_independent_record_layer_seals_is_opened(void **state)
{
	(void)state;
	each_boundary(we_open_what_they_seal);
}

/* Both pad: the same bytes, up to a record that is nothing but padding. */
static void padding_is_that_of_rfc_8446_5_4(void **state)
{
	static const struct {
		const char *row;
		size_t len, pad;
	} table[] = {
		{ "none", 5, 0 },
		{ "one zero", 5, 1 },
		{ "no content, no padding", 0, 0 },
		{ "no content, one zero", 0, 1 },
		{ "no content, full", 0, 16384 },
		{ "one byte short of full", 100, 16283 },
		{ "full", 100, 16284 },
	};
	static uint8_t ours[KSEAL_RECORD_MAX], theirs[KSEAL_RECORD_MAX];
	static uint8_t opened[KSEAL_PLAINTEXT_MAX + 1];
	static const uint8_t content[100];
	uint64_t rng = 8446;
	struct pair p;
	uint8_t type = 0;
	size_t i, size, len = 1;

	(void)state;
	for (i = 0; i < ROWS(table); i++) {
		pair_open(&p, 0x0304, TLS_CIPHER_AES_GCM_256, i, &rng);
		size = reference_seal(&p.theirs, 22, content, table[i].len, NULL,
				      table[i].pad, theirs);
		check_num(table[i].row, "size", seal_record(&p.ours, 22, content,
							    table[i].len, table[i].pad,
							    ours), size);
		check_bytes(table[i].row, "record", ours, theirs, size);
		sealer_close(&p.ours);
		sealer_open(&p.ours, 0x0304, TLS_CIPHER_AES_GCM_256, p.key, p.nonce, i);
		check_num(table[i].row, "result",
			  open_record(&p.ours, theirs, size, &type, opened, &len), 0);
		check_content(table[i].row, len, opened, type, table[i].len, content, 22);
		sealer_close(&p.ours);
	}
}

/* It authenticates, and is not a record: content type 0 with its padding. */
static void only_zeros_inside_is_refused(void **state)
{
	static uint8_t record[KSEAL_RECORD_MAX], opened[KSEAL_PLAINTEXT_MAX + 1];
	static const size_t pads[] = { 0, 1, 300, 16384 };
	uint64_t rng = 54;
	struct pair p;
	uint8_t type;
	size_t i, size, len;

	(void)state;
	for (i = 0; i < ROWS(pads); i++) {
		pair_open(&p, 0x0304, TLS_CIPHER_AES_GCM_128, 0, &rng);
		size = reference_seal(&p.theirs, 0, opened, 0, NULL, pads[i], record);
		check_num("only zeros", "result",
			  open_record(&p.ours, record, size, &type, opened, &len), -EBADMSG);
		sealer_close(&p.ours);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_independent_record_layer_opens_what_is_sealed),
		cmocka_unit_test(what_an_independent_record_layer_seals_is_opened),
		cmocka_unit_test(padding_is_that_of_rfc_8446_5_4),
		cmocka_unit_test(only_zeros_inside_is_refused),
	};

	return cmocka_run_group_tests_name("crosscheck", tests, NULL, NULL);
}
