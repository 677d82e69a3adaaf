/* SPDX-License-Identifier: GPL-2.0 */
/* What is in assembly, and what both worlds call differently. */
#ifndef KSEAL_GCM_FORMS_H
#define KSEAL_GCM_FORMS_H

#include "core.h"

/* aes.S */
u32 kseal_gcm_subword(u32 word);
void kseal_gcm_block(const struct kseal_gcm_key *key, u8 *out, const u8 *in);
void kseal_gcm_multiply(u8 *a, const u8 *b);
void kseal_gcm_hash(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
		    const u8 *data, size_t blocks);

void kseal_gcm_hash_words(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
			  u64 first, u64 second);

/*
 * avx512.S, avx2.S, aesni.S: one byte at least, beginning with a block. Only the
 * first may end with a part of one: for the others @len is a multiple of 16.
 */
typedef void kseal_gcm_bulk(const struct kseal_gcm_key *key, struct kseal_gcm_state *state,
			    u8 *dst, const u8 *src, size_t len);
kseal_gcm_bulk kseal_gcm_encrypt_avx512, kseal_gcm_decrypt_avx512;
kseal_gcm_bulk kseal_gcm_encrypt_avx2, kseal_gcm_decrypt_avx2;
kseal_gcm_bulk kseal_gcm_encrypt_aesni, kseal_gcm_decrypt_aesni;

/* Forgets a secret; the compiler cannot leave it out. */
#ifdef __KERNEL__
#define kseal_gcm_wipe(p, n)	memzero_explicit(p, n)
#else
#define kseal_gcm_wipe(p, n)	explicit_bzero(p, n)
#endif

#endif /* KSEAL_GCM_FORMS_H */
