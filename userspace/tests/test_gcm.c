// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/gcm/: AES-GCM in pieces, against OpenSSL. Every length, every place where
 * two pieces can meet, any number of pieces at any alignment, in place and not;
 * nothing outside a piece is read or written.
 */
#include <stdlib.h>

#include <sys/mman.h>

#include "gcm.h"

enum {
	PAGE		= 4096,
	LONGEST		= 4096,
	SPLIT_LONGEST	= 1600,		/* three steps of the widest form, and a tail */
	BUFFER		= 1 << 16,
	PIECES_MAX	= 24,
	RANDOM_RUNS	= 6000,
	AAD_MAX		= 600,
	ALIGNMENTS	= 65,
};

static const size_t key_sizes[] = { 16, 24, 32 };

/* How a message is fed: pieces of the text, and of the additional data. */
struct pieces {
	size_t text[PIECES_MAX], texts;
	size_t aad[PIECES_MAX], aads;
};

static struct buffers {
	uint8_t text[BUFFER + 128], sealed[BUFFER + 16 + 128], aad[AAD_MAX];
	uint8_t out[BUFFER + 256], again[BUFFER + 256];
	struct gcm_message m;
	struct kseal_gcm_key key;
} *b;

static int set_up(void **state)
{
	(void)state;
	b = aligned_alloc(PAGE, (sizeof(*b) + PAGE - 1) & -PAGE);
	assert_non_null(b);
	memset(b, 0, sizeof(*b));
	gcm_random_bytes(b->text, sizeof(b->text));
	gcm_random_bytes(b->aad, sizeof(b->aad));
	b->m.text = b->text;
	b->m.aad = b->aad;
	b->m.sealed = b->sealed;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(b);
	return 0;
}

static void new_key(enum kseal_gcm_form form, size_t size)
{
	gcm_random_bytes(b->m.key, sizeof(b->m.key));
	b->m.key_len = size;
	assert_int_equal(kseal_gcm_expand(&b->key, form, b->m.key, size), 0);
}

/* A message of that size with a nonce of its own, sealed by OpenSSL. */
static void new_message(size_t len, size_t aad_len)
{
	gcm_random_bytes(b->m.iv, sizeof(b->m.iv));
	b->m.len = len;
	b->m.aad_len = aad_len;
	gcm_reference(&b->m);
}

static void begin(struct kseal_gcm_state *s, const struct pieces *p)
{
	size_t i, done = 0;

	kseal_gcm_start(s, b->m.iv);
	for (i = 0; i < p->aads; i++) {
		kseal_gcm_aad(&b->key, s, b->m.aad + done, p->aad[i]);
		done += p->aad[i];
	}
	kseal_gcm_aad(&b->key, s, b->m.aad + done, b->m.aad_len - done);
}

static void check_tag(struct kseal_gcm_state *s, const char *what)
{
	uint8_t tag[16];

	kseal_gcm_tag(&b->key, s, tag);
	check_bytes(what, "tag", tag, b->m.sealed + b->m.len, sizeof(tag));
}

/* Encrypts from src to dst; the pieces' sum may fall short of the length. */
static void encrypt(uint8_t *dst, const uint8_t *src, const struct pieces *p, const char *what)
{
	struct kseal_gcm_state s;
	size_t i, done = 0;

	begin(&s, p);
	for (i = 0; i < p->texts; i++) {
		kseal_gcm_encrypt(&b->key, &s, dst + done, src + done, p->text[i]);
		done += p->text[i];
	}
	kseal_gcm_encrypt(&b->key, &s, dst + done, src + done, b->m.len - done);
	check_bytes(what, "ciphertext", dst, b->m.sealed, b->m.len);
	check_tag(&s, what);
}

static void decrypt(uint8_t *dst, const uint8_t *src, const struct pieces *p, const char *what)
{
	struct kseal_gcm_state s;
	size_t i, done = 0;

	begin(&s, p);
	for (i = 0; i < p->texts; i++) {
		kseal_gcm_decrypt(&b->key, &s, dst + done, src + done, p->text[i]);
		done += p->text[i];
	}
	kseal_gcm_decrypt(&b->key, &s, dst + done, src + done, b->m.len - done);
	check_bytes(what, "plaintext", dst, b->m.text, b->m.len);
	check_tag(&s, what);
}

/* Both ways, from one buffer to another, then in place. */
static void both_ways(const struct pieces *p, const char *what)
{
	encrypt(b->out, b->m.text, p, what);
	decrypt(b->again, b->m.sealed, p, what);
	decrypt(b->out, b->out, p, what);
	encrypt(b->again, b->again, p, what);
}

static void wrong_key_sizes_are_refused(void **state)
{
	size_t i;

	for (i = 0; i < 64; i++)
		if (i != 16 && i != 24 && i != 32)
			assert_int_equal(kseal_gcm_expand(&b->key, gcm_form(state), b->m.key, i),
					 -EINVAL);
}

static void every_length(void **state)
{
	static const struct pieces whole;
	char what[64];
	size_t i, len;

	for (i = 0; i < ROWS(key_sizes); i++) {
		new_key(gcm_form(state), key_sizes[i]);
		for (len = 0; len <= LONGEST; len++) {
			snprintf(what, sizeof(what), "AES-%zu, %zu bytes", key_sizes[i] * 8, len);
			new_message(len, 5 + len % 9);
			both_ways(&whole, what);
		}
	}
}

static void every_length_of_additional_data(void **state)
{
	struct pieces p = { .aads = 1 };
	char what[64];
	size_t len, at;

	new_key(gcm_form(state), 16);
	for (len = 0; len <= 70; len++) {
		new_message(len * 7, len);
		for (at = 0; at <= len; at++) {
			snprintf(what, sizeof(what), "%zu bytes, %zu first", len, at);
			p.aad[0] = at;
			both_ways(&p, what);
		}
	}
	for (len = 0; len <= AAD_MAX; len++) {
		snprintf(what, sizeof(what), "%zu bytes", len);
		new_message(3, len);
		p.aad[0] = len / 3;
		both_ways(&p, what);
	}
}

/*
 * Every place where two pieces can meet, for lengths around those at which the
 * forms change their ways: a block, a register, a step, two.
 */
static void every_split(void **state)
{
	static const size_t around[] = {
		1, 16, 32, 48, 64, 128, 192, 240, 256, 320, 384, 512, 768, 1024, 1280, 1536,
	};
	struct pieces p = { .texts = 1 };
	size_t i, len, at;
	char what[64];

	new_key(gcm_form(state), 16);
	for (i = 0; i < ROWS(around); i++) {
		for (len = around[i] - 1; len <= around[i] + 1; len++) {
			new_message(len, 13);
			for (at = 0; at <= len; at++) {
				snprintf(what, sizeof(what), "%zu bytes, %zu first", len, at);
				p.text[0] = at;
				both_ways(&p, what);
			}
		}
	}
}

/* A piece within one block, at each place in it, between two others. */
static void every_piece_of_a_block(void **state)
{
	struct pieces p = { .texts = 2 };
	size_t first, second;
	char what[64];

	new_key(gcm_form(state), 32);
	new_message(3 * 512 + 77, 0);
	for (first = 0; first <= 48; first++) {
		for (second = 0; second <= 48; second++) {
			snprintf(what, sizeof(what), "%zu and %zu bytes", first, second);
			p.text[0] = first;
			p.text[1] = second;
			both_ways(&p, what);
		}
	}
}

/* Mostly small pieces, some long; which of both is the state of a coin. */
static void random_pieces(struct pieces *p, size_t len)
{
	size_t n;

	p->texts = gcm_random() % (PIECES_MAX + 1);
	for (n = 0; n < p->texts; n++) {
		size_t most = gcm_random() % 3 ? 40 : len;

		p->text[n] = gcm_random() % ((most < len ? most : len) + 1);
		len -= p->text[n];
	}
}

/* The bytes before and behind what is written stay what they were. */
static void check_around(const uint8_t *out, size_t len, const char *what)
{
	size_t i;

	for (i = 1; i <= 64; i++) {
		check_num(what, "byte before the output", out[-(ptrdiff_t)i], 0xa5);
		check_num(what, "byte behind the output", out[len + i - 1], 0xa5);
	}
}

static void any_pieces_at_any_alignment(void **state)
{
	struct pieces p = { 0 };
	char what[64];
	int run;

	for (run = 0; run < RANDOM_RUNS; run++) {
		size_t len = gcm_random() % (run % 16 ? SPLIT_LONGEST : 20000);
		uint8_t *src = b->again + 64 + gcm_random() % ALIGNMENTS;
		uint8_t *dst = b->out + 64 + gcm_random() % ALIGNMENTS;

		snprintf(what, sizeof(what), "run %d, %zu bytes", run, len);
		if (run % 50 == 0)
			new_key(gcm_form(state), key_sizes[run / 50 % 3]);
		new_message(len, gcm_random() % 40);
		random_pieces(&p, len);
		memcpy(src, b->m.text, len);
		memset(dst - 64, 0xa5, len + 128);
		encrypt(dst, src, &p, what);
		check_around(dst, len, what);
		random_pieces(&p, len);
		memset(src - 64, 0xa5, len + 128);
		decrypt(src, dst, &p, what);
		check_around(src, len, what);
		decrypt(dst, dst, &p, what);
		check_around(dst, len, what);
	}
}

/* The counter goes through its second and third byte. */
static void a_long_message(void **state)
{
	enum { LEN = (1 << 20) + 4096 + 7 };
	struct pieces p = { .texts = 3, .text = { 4091, 4096, 77777 } };
	uint8_t *text = malloc(LEN), *sealed = malloc(LEN + 16), *out = malloc(LEN);

	assert_non_null(text);
	assert_non_null(sealed);
	assert_non_null(out);
	gcm_random_bytes(text, LEN);
	new_key(gcm_form(state), 16);
	b->m.text = text;
	b->m.sealed = sealed;
	new_message(LEN, 13);
	encrypt(out, text, &p, "a megabyte");
	decrypt(out, out, &p, "a megabyte");
	free(text);
	free(sealed);
	free(out);
}

/* Source and destination between pages that cannot be touched. */
static void nothing_outside_is_touched(void **state)
{
	uint8_t *map = mmap(NULL, 6 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *src = map + PAGE, *dst = map + 4 * PAGE;
	static const struct pieces whole;
	char what[64];
	size_t len;

	assert_ptr_not_equal(map, MAP_FAILED);
	assert_int_equal(mprotect(src, PAGE, PROT_READ | PROT_WRITE), 0);
	assert_int_equal(mprotect(dst, PAGE, PROT_READ | PROT_WRITE), 0);
	new_key(gcm_form(state), 16);
	for (len = 0; len <= 700; len++) {
		struct pieces p = { .texts = 1, .text = { len / 2 } };

		snprintf(what, sizeof(what), "%zu bytes", len);
		new_message(len, 5);
		memcpy(src, b->m.text, len);
		encrypt(dst, src, &whole, what);
		decrypt(dst, dst, &p, what);
		memcpy(src + PAGE - len, b->m.text, len);
		encrypt(dst + PAGE - len, src + PAGE - len, &whole, what);
		decrypt(dst + PAGE - len, dst + PAGE - len, &p, what);
	}
	munmap(map, 6 * PAGE);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(wrong_key_sizes_are_refused),
		TEST(every_length),
		TEST(every_length_of_additional_data),
		TEST(every_split),
		TEST(every_piece_of_a_block),
		TEST(any_pieces_at_any_alignment),
		TEST(a_long_message),
		TEST(nothing_outside_is_touched),
	};

	return gcm_run("gcm", tests, ROWS(tests));
}
