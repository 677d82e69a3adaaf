// SPDX-License-Identifier: GPL-2.0
/*
 * AES-GCM around the assembly: keys, the ends of messages, and blocks that a
 * piece ends in the middle of. No branch and no address depends on a secret.
 */
#include "core.h"
#include "asm.h"
#include "forms.h"

#define CHECK_OFFSET(what, member, offset)				\
	_Static_assert(offsetof(struct kseal_gcm_ ## what, member) == (offset), #member)

CHECK_OFFSET(key, round_keys, KEY_ROUND_KEYS);
CHECK_OFFSET(key, rounds, KEY_ROUNDS);
CHECK_OFFSET(key, powers, KEY_POWERS);
CHECK_OFFSET(key, mixed, KEY_MIXED);
CHECK_OFFSET(state, hash, STATE_HASH);
CHECK_OFFSET(state, counter, STATE_COUNTER);
CHECK_OFFSET(state, stream, STATE_STREAM);
CHECK_OFFSET(state, block, STATE_BLOCK);
_Static_assert(KSEAL_GCM_POWERS == POWERS && 2 * KSEAL_GCM_NARROW_POWERS == POWERS &&
	       KSEAL_GCM_NARROW_POWERS * KSEAL_GCM_BLOCK == -(NARROW_MIXED), "asm.h");

/* A block as two words in registers: what is written in pieces reads slowly. */
struct words {
	u64 w[2];
};

static inline u64 load_word(const u8 *p)
{
	u64 x;

	memcpy(&x, p, sizeof(x));
	return x;
}

static inline struct words load(const void *p)
{
	struct words x;

	memcpy(&x, p, sizeof(x));
	return x;
}

static inline void store(void *p, struct words x)
{
	memcpy(p, &x, sizeof(x));
}

static inline struct words reversed(const void *p)
{
	struct words x = load(p);

	return (struct words){ { __builtin_bswap64(x.w[1]), __builtin_bswap64(x.w[0]) } };
}

/* by 1 to 15 bytes, towards the end of the block */
static inline struct words shift_up(struct words x, size_t bytes)
{
	size_t bits = bytes * 8;

	if (bits >= 64)
		return (struct words){ { 0, x.w[0] << (bits - 64) } };
	return (struct words){ { x.w[0] << bits, x.w[1] << bits | x.w[0] >> (64 - bits) } };
}

/* by 1 to 15 bytes, towards the start of the block */
static inline struct words shift_down(struct words x, size_t bytes)
{
	size_t bits = bytes * 8;

	if (bits >= 64)
		return (struct words){ { x.w[1] >> (bits - 64), 0 } };
	return (struct words){ { x.w[0] >> bits | x.w[1] << (64 - bits), x.w[1] >> bits } };
}

/* 1 to 7 bytes; none outside is touched */
static inline u64 load_short(const u8 *p, size_t n)
{
	u32 a, b;

	if (n >= 4) {
		memcpy(&a, p, 4);
		memcpy(&b, p + n - 4, 4);
		return a | (u64)b << (n - 4) * 8;
	}
	return p[0] | (u32)p[n / 2] << n / 2 * 8 | (u32)p[n - 1] << (n - 1) * 8;
}

static inline void store_short(u8 *p, u64 x, size_t n)
{
	u32 a = x, b;

	if (n >= 4) {
		b = x >> (n - 4) * 8;
		memcpy(p, &a, 4);
		memcpy(p + n - 4, &b, 4);
		return;
	}
	p[0] = a;
	p[n / 2] = a >> n / 2 * 8;
	p[n - 1] = a >> (n - 1) * 8;
}

/* 1 to 15 bytes, zeros behind them */
static inline struct words load_part(const u8 *p, size_t n)
{
	struct words x = { { 0, 0 } };

	if (n > 8) {
		x.w[0] = load_word(p);
		x.w[1] = load_word(p + n - 8) >> (16 - n) * 8;
	} else if (n == 8) {
		x.w[0] = load_word(p);
	} else {
		x.w[0] = load_short(p, n);
	}
	return x;
}

static inline void store_part(u8 *p, struct words x, size_t n)
{
	u64 last;

	if (n < 8) {
		store_short(p, x.w[0], n);
		return;
	}
	memcpy(p, &x.w[0], 8);
	if (n == 8)
		return;
	last = x.w[0] >> (n - 8) * 8 | x.w[1] << (16 - n) * 8;
	memcpy(p + n - 8, &last, 8);
}

/* ---- keys -------------------------------------------------------------------- */

/*
 * FIPS 197, 5.2, on words as they lie in memory: RotWord rotates to the right,
 * and the round constant is in the lowest byte.
 */
static void expand_aes(struct kseal_gcm_key *key, const u8 *raw, size_t len)
{
	size_t i, per_key = len / 4, words = (key->rounds + 1) * 4;
	u32 w[KSEAL_GCM_ROUND_KEYS * 4];
	u32 constant = 1, t;

	memcpy(w, raw, len);
	for (i = per_key; i < words; i++) {
		t = w[i - 1];
		if (i % per_key == 0) {
			t = kseal_gcm_subword(t >> 8 | t << 24) ^ constant;
			/* the next constant: times x in the field of 2^8 */
			constant = constant << 1 ^ (constant >> 7) * 0x11b;
		} else if (per_key > 6 && i % per_key == 4) {
			t = kseal_gcm_subword(t);
		}
		w[i] = w[i - per_key] ^ t;
	}
	memcpy(key->round_keys, w, words * sizeof(*w));
	kseal_gcm_wipe(w, sizeof(w));
}

/* times x, as the product of reversed numbers lacks one; x^128 = x^7 + x^2 + x + 1 */
static void times_x(u64 h[2])
{
	u64 carry = -(h[1] >> 63);

	h[1] = h[1] << 1 | h[0] >> 63;
	h[0] <<= 1;
	h[0] ^= carry & 1;
	h[1] ^= carry & 0xc200000000000000;
}

/* The sum of a power's halves, twice: Karatsuba's multiplication wants it. */
static void mix(u64 mixed[2], const u64 power[2])
{
	mixed[0] = power[0] ^ power[1];
	mixed[1] = mixed[0];
}

static void mix_powers(struct kseal_gcm_key *key)
{
	const int first = KSEAL_GCM_POWERS - KSEAL_GCM_NARROW_POWERS;
	int i;

	if (key->form == KSEAL_GCM_AVX512) {
		for (i = 0; i < KSEAL_GCM_MIXED; i++)
			mix(key->mixed[i], key->powers[4 * i]);
		return;
	}
	for (i = 0; i < KSEAL_GCM_NARROW_POWERS; i++)
		mix(key->powers[i], key->powers[first + i]);
}

static void expand_powers(struct kseal_gcm_key *key)
{
	int i = KSEAL_GCM_POWERS - 1, last = 0;
	u8 h[KSEAL_GCM_BLOCK] = { 0 };
	struct words x;

	if (key->form != KSEAL_GCM_AVX512)
		last = KSEAL_GCM_POWERS - KSEAL_GCM_NARROW_POWERS;
	kseal_gcm_block(key, h, h);
	x = reversed(h);
	times_x(x.w);
	memcpy(key->powers[i], &x, sizeof(x));
	while (i-- > last) {
		memcpy(key->powers[i], key->powers[i + 1], sizeof(x));
		kseal_gcm_multiply((u8 *)key->powers[i], (const u8 *)&x);
	}
	mix_powers(key);
	kseal_gcm_wipe(h, sizeof(h));
	kseal_gcm_wipe(&x, sizeof(x));
}

/**
 * kseal_gcm_expand() - expand a key for one of the forms
 * @key: to fill, and for the caller to wipe
 * @form: one that kseal_gcm_usable() said can be used here
 * @raw: the key
 * @len: its size in bytes
 *
 * Return: 0, or -EINVAL if AES has no keys of that size.
 */
int kseal_gcm_expand(struct kseal_gcm_key *key, enum kseal_gcm_form form,
		     const u8 *raw, size_t len)
{
	if (len != 16 && len != 24 && len != 32)
		return -EINVAL;
	memset(key, 0, sizeof(*key));
	key->form = form;
	key->rounds = len / 4 + 6;
	expand_aes(key, raw, len);
	expand_powers(key);
	return 0;
}

/* ---- one message --------------------------------------------------------------- */

/**
 * kseal_gcm_start() - begin a message
 * @state: to fill, and for the caller to wipe
 * @iv: 12 bytes
 */
void kseal_gcm_start(struct kseal_gcm_state *state, const u8 *iv)
{
	u8 counter[KSEAL_GCM_BLOCK] = { [KSEAL_GCM_BLOCK - 1] = 2 };
	struct words x;

	memcpy(counter, iv, KSEAL_GCM_IV);
	x = reversed(counter);
	memset(state, 0, sizeof(*state));
	memcpy(state->counter, &x, sizeof(x));
}

/* The first bytes of it, zeros behind them: 0 to 15. */
static inline struct words first_bytes(const void *p, size_t n)
{
	struct words x = load(p);

	if (n < 8)
		return (struct words){ { x.w[0] & ~(-1ULL << n * 8), 0 } };
	return (struct words){ { x.w[0], x.w[1] & ~(-1ULL << (n - 8) * 8) } };
}

/* Hashes the block begun, filled up with zeros. */
static void hash_begun(const struct kseal_gcm_key *key, struct kseal_gcm_state *state)
{
	struct words x;

	if (!state->begun)
		return;
	x = first_bytes(state->block, state->begun);
	kseal_gcm_hash_words(key, state, x.w[0], x.w[1]);
	state->begun = 0;
}

/*
 * Adds to the block begun, and hashes it when it is full; @n bytes of it, at
 * the place where they belong in @x, zeros elsewhere.
 */
static inline void add_to_block(const struct kseal_gcm_key *key,
				struct kseal_gcm_state *state, struct words x, size_t n)
{
	struct words y = first_bytes(state->block, state->begun);

	x.w[0] |= y.w[0];
	x.w[1] |= y.w[1];
	state->begun += n;
	if (state->begun == KSEAL_GCM_BLOCK) {
		kseal_gcm_hash_words(key, state, x.w[0], x.w[1]);
		state->begun = 0;
		return;
	}
	store(state->block, x);
}

/**
 * kseal_gcm_aad() - additional data, before any text
 * @key: the key
 * @state: of the message
 * @data: a piece of it
 * @len: bytes
 */
void kseal_gcm_aad(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
		   const u8 *data, size_t len)
{
	struct words x;
	size_t n;

	state->aad_len += len;
	while (len) {
		if (!state->begun && len >= KSEAL_GCM_BLOCK) {
			n = len & -KSEAL_GCM_BLOCK;
			kseal_gcm_hash(key, state, data, n / KSEAL_GCM_BLOCK);
		} else {
			n = KSEAL_GCM_BLOCK - state->begun;
			n = n < len ? n : len;
			x = load_part(data, n);
			if (state->begun)
				x = shift_up(x, state->begun);
			add_to_block(key, state, x, n);
		}
		data += n;
		len -= n;
	}
}

/* Keystream for a block of which only a part is there yet. */
static void begin_block(const struct kseal_gcm_key *key, struct kseal_gcm_state *state)
{
	struct words counter = reversed(state->counter);

	kseal_gcm_block(key, (u8 *)state->stream, (const u8 *)&counter);
	state->counter[0]++;
}

/* 1 to 15 bytes, which do not go beyond the end of the block begun */
static void crypt_part(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
		       u8 *dst, const u8 *src, size_t n, bool enc)
{
	struct words in = load_part(src, n), out = load(state->stream);

	if (state->begun)
		out = shift_down(out, state->begun);
	out.w[0] ^= in.w[0];
	out.w[1] ^= in.w[1];
	store_part(dst, out, n);
	if (enc)
		in = first_bytes(&out, n);
	if (state->begun)
		in = shift_up(in, state->begun);
	add_to_block(key, state, in, n);
}

static void crypt_blocks(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
			 u8 *dst, const u8 *src, size_t len, bool enc)
{
	/* no table of pointers: where calls through one are made safe, they are slow */
	if (key->form == KSEAL_GCM_AVX2) {
		if (enc)
			kseal_gcm_encrypt_avx2(key, state, dst, src, len);
		else
			kseal_gcm_decrypt_avx2(key, state, dst, src, len);
	} else {
		if (enc)
			kseal_gcm_encrypt_aesni(key, state, dst, src, len);
		else
			kseal_gcm_decrypt_aesni(key, state, dst, src, len);
	}
}

/* The part of a block at the end as well: masks make that cheap. */
static void crypt_all(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
		      u8 *dst, const u8 *src, size_t len, bool enc)
{
	if (enc)
		kseal_gcm_encrypt_avx512(key, state, dst, src, len);
	else
		kseal_gcm_decrypt_avx512(key, state, dst, src, len);
	state->begun = len % KSEAL_GCM_BLOCK;
}

static inline void crypt(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
			 u8 *dst, const u8 *src, size_t len, bool enc)
{
	size_t n;

	if (!state->len)
		hash_begun(key, state);	/* the end of the additional data */
	state->len += len;
	if (state->begun && len) {
		n = KSEAL_GCM_BLOCK - state->begun;
		n = n < len ? n : len;
		crypt_part(key, state, dst, src, n, enc);
		dst += n;
		src += n;
		len -= n;
	}
	if (!len)
		return;
	if (key->form == KSEAL_GCM_AVX512) {
		crypt_all(key, state, dst, src, len, enc);
		return;
	}
	n = len % KSEAL_GCM_BLOCK;
	len -= n;
	if (len)
		crypt_blocks(key, state, dst, src, len, enc);
	if (!n)
		return;
	begin_block(key, state);
	crypt_part(key, state, dst + len, src + len, n, enc);
}

/**
 * kseal_gcm_encrypt() - encrypt the next piece
 * @key: the key
 * @state: of the message
 * @dst: to here; the same as @src, or not overlapping it
 * @src: from here
 * @len: bytes
 */
void kseal_gcm_encrypt(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
		       u8 *dst, const u8 *src, size_t len)
{
	crypt(key, state, dst, src, len, true);
}

/**
 * kseal_gcm_decrypt() - decrypt the next piece
 * @key: the key
 * @state: of the message
 * @dst: to here; the same as @src, or not overlapping it
 * @src: from here; each byte is read once
 * @len: bytes
 */
void kseal_gcm_decrypt(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
		       u8 *dst, const u8 *src, size_t len)
{
	crypt(key, state, dst, src, len, false);
}

/**
 * kseal_gcm_tag() - end a message
 * @key: the key
 * @state: of the message
 * @tag: 16 bytes, of which the caller may need fewer
 */
void kseal_gcm_tag(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
		   u8 *tag)
{
	struct words counter, mask, x;

	hash_begun(key, state);
	kseal_gcm_hash_words(key, state, __builtin_bswap64(state->aad_len * 8),
			     __builtin_bswap64(state->len * 8));
	state->counter[0] = 1;
	counter = reversed(state->counter);
	kseal_gcm_block(key, (u8 *)&mask, (const u8 *)&counter);
	x = reversed(state->hash);
	x.w[0] ^= mask.w[0];
	x.w[1] ^= mask.w[1];
	store(tag, x);
	kseal_gcm_wipe(&mask, sizeof(mask));
}
