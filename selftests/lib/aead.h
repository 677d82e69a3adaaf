/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ciphers of user space: one call, one record. Who computes which suite is
 * aead.c's business.
 */
#ifndef KT_AEAD_H
#define KT_AEAD_H

#include <stddef.h>
#include <stdint.h>

struct kt_aead;

/** kt_aead_open() - a cipher with its key, NULL on failure. */
struct kt_aead *kt_aead_open(uint16_t cipher, const uint8_t *key);

/** kt_aead_close() - let go; @aead may be NULL. */
void kt_aead_close(struct kt_aead *aead);

/**
 * struct kt_aead_text - what one record gives the cipher
 * @nonce: 12 bytes
 * @aad: additional data
 * @aad_len: its length
 * @in: plaintext, or ciphertext and tag
 * @len: bytes of plaintext either way
 */
struct kt_aead_text {
	const uint8_t *nonce;
	const uint8_t *aad;
	size_t aad_len;
	const uint8_t *in;
	size_t len;
};

/** kt_aead_seal() - ciphertext and tag to @out. */
int kt_aead_seal(struct kt_aead *aead, const struct kt_aead_text *text,
		 uint8_t *out);

/** kt_aead_unseal() - plaintext to @out; -1 too when it is not authentic. */
int kt_aead_unseal(struct kt_aead *aead, const struct kt_aead_text *text,
		   uint8_t *out);

#endif /* KT_AEAD_H */
