/* SPDX-License-Identifier: GPL-2.0 */
/*
 * AES-GCM, PURE: the module and the unit tests compile it unchanged. What calls
 * it in the kernel owns the vector registers (fpu.h).
 *
 * A message is kseal_gcm_start(), kseal_gcm_aad() any number of times,
 * kseal_gcm_encrypt() or _decrypt() any number of times, kseal_gcm_tag().
 * Pieces may have any length and alignment, and end in the middle of a block.
 */
#ifndef KSEAL_GCM_CORE_H
#define KSEAL_GCM_CORE_H

#include "../pure.h"

enum {
	KSEAL_GCM_BLOCK		= 16,
	KSEAL_GCM_IV		= 12,
	KSEAL_GCM_TAG		= 16,
	KSEAL_GCM_ROUND_KEYS	= 15,	/* AES-256 */
	KSEAL_GCM_POWERS	= 32,
	KSEAL_GCM_NARROW_POWERS	= 16,	/* for registers of up to 256 bits */
	KSEAL_GCM_MIXED		= 8,
};

/* Forms of the code for the bulk of a message, the fastest first. */
enum kseal_gcm_form {
	KSEAL_GCM_AVX512,	/* registers of 512 bits, VAES, VPCLMULQDQ */
	KSEAL_GCM_AVX2,		/* registers of 256 bits, VAES, VPCLMULQDQ */
	KSEAL_GCM_AESNI,	/* registers of 128 bits, AES-NI, PCLMULQDQ, AVX */
	KSEAL_GCM_FORMS,
};

/**
 * struct kseal_gcm_key - an expanded key; asm.h knows the layout
 * @round_keys: of AES
 * @rounds: 10, 12 or 14
 * @form: of the bulk code
 * @powers: H^32 ... H^1, bytes reversed, divided by x. The narrow forms know H^16
 *	... H^1 only, and have the sums of their halves, each twice, before them
 * @mixed: the same sums of H^32, H^28 ... H^4, for the widest form. Whole registers
 *	are loaded from behind the last power as well
 *
 * With what the crypto API puts around it, it is to fit into 1 KiB: there is one for
 * each direction of each connection.
 */
struct kseal_gcm_key {
	u8 round_keys[KSEAL_GCM_ROUND_KEYS][KSEAL_GCM_BLOCK];
	u32 rounds;
	u32 form;
	u64 reserved;
	u64 powers[KSEAL_GCM_POWERS][2];
	u64 mixed[KSEAL_GCM_MIXED][2];
};

/**
 * struct kseal_gcm_state - a message on its way; asm.h knows the layout
 * @hash: of all whole blocks so far, bytes reversed
 * @counter: the next block's, bytes reversed: the first word counts
 * @stream: of the block that a piece ended in, the keystream where none is used yet
 * @block: what is to be hashed of it, as far as it goes
 * @begun: how far that is, 0 to 15 bytes
 * @aad_len: bytes of additional data
 * @len: bytes of text
 */
struct kseal_gcm_state {
	u64 hash[2];
	u32 counter[4];
	u64 stream[2];
	u64 block[2];
	size_t begun;
	u64 aad_len;
	u64 len;
};

/* features.c */
bool kseal_gcm_usable(enum kseal_gcm_form form);
enum kseal_gcm_form kseal_gcm_best(void);
bool kseal_gcm_measured(void);
const char *kseal_gcm_form_name(enum kseal_gcm_form form);

/* core.c */
int kseal_gcm_expand(struct kseal_gcm_key *key, enum kseal_gcm_form form,
		     const u8 *raw, size_t len);
void kseal_gcm_start(struct kseal_gcm_state *state, const u8 *iv);
void kseal_gcm_aad(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
		   const u8 *data, size_t len);
void kseal_gcm_encrypt(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
		       u8 *dst, const u8 *src, size_t len);
void kseal_gcm_decrypt(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
		       u8 *dst, const u8 *src, size_t len);
void kseal_gcm_tag(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
		   u8 *tag);

#endif /* KSEAL_GCM_CORE_H */
