/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Another record layer, to compare with: written from the text of RFC 5246
 * 6.2.3.3, RFC 5288 3, RFC 6655 3, RFC 7905 2 and RFC 8446 5.2 to 5.4 on
 * OpenSSL's AEADs. It shares nothing with the module's code and is meant to be
 * read beside the RFCs.
 */
#ifndef VECTORS_REFERENCE_H
#define VECTORS_REFERENCE_H

#include <stdbool.h>
#include <linux/tls.h>
#include <openssl/evp.h>

#include "check.h"

enum {
	REFERENCE_MAX	= 5 + 8 + 16384 + 1 + 16,
};

/* What both ends of a direction know. */
struct reference {
	unsigned int version;		/* 0x0303, 0x0304 */
	unsigned int cipher;		/* TLS_CIPHER_* */
	const uint8_t *key;
	uint8_t iv[12];			/* TLS 1.2: salt[4] */
	uint64_t seq;
};

static inline void reference_number(uint8_t *out, uint64_t value, size_t size)
{
	while (size--) {
		out[size] = value & 0xff;
		value >>= 8;
	}
}

/* Bytes in front of the ciphertext: is there a nonce_explicit? */
static inline size_t reference_head(const struct reference *r)
{
	return r->version == 0x0303 && r->cipher != TLS_CIPHER_CHACHA20_POLY1305 ? 13 : 5;
}

/* RFC 8446 5.3, RFC 7905 2: the sequence number, padded on the left to iv_length, XORed. */
static inline void reference_nonce(const struct reference *r, const uint8_t *explicit,
				   uint8_t *nonce)
{
	uint8_t padded[12] = { 0 };
	size_t i;

	memcpy(nonce, r->iv, 12);
	if (reference_head(r) == 13) {
		memcpy(nonce + 4, explicit, 8);
		return;
	}
	reference_number(padded + 4, r->seq, 8);
	for (i = 0; i < 12; i++)
		nonce[i] ^= padded[i];
}

/*
 * RFC 5246: seq_num + TLSCompressed.type + .version + .length
 * RFC 8446: TLSCiphertext.opaque_type || .legacy_record_version || .length
 */
static inline size_t reference_aad(const struct reference *r, const uint8_t *record,
				   size_t content, uint8_t *aad)
{
	if (r->version == 0x0304) {
		memcpy(aad, record, 5);
		return 5;
	}
	reference_number(aad, r->seq, 8);
	memcpy(aad + 8, record, 3);
	reference_number(aad + 11, content, 2);
	return 13;
}

static inline const EVP_CIPHER *reference_cipher(const struct reference *r)
{
	switch (r->cipher) {
	case TLS_CIPHER_AES_GCM_128:		return EVP_aes_128_gcm();
	case TLS_CIPHER_AES_GCM_256:		return EVP_aes_256_gcm();
	case TLS_CIPHER_AES_CCM_128:		return EVP_aes_128_ccm();
	case TLS_CIPHER_CHACHA20_POLY1305:	return EVP_chacha20_poly1305();
	}
	fail_msg("this record layer does not have cipher %u", r->cipher);
	return NULL;
}

/*
 * The cipher itself. CCM wants all lengths, and the tag, before anything else,
 * and tells of a wrong one with the data. Return: 1, or what OpenSSL fails with.
 */
static inline int reference_run(const struct reference *r, int seal,
				const uint8_t *nonce, const uint8_t *aad, size_t aad_len,
				const uint8_t *in, size_t len, uint8_t *out, uint8_t *tag)
{
	bool ccm = r->cipher == TLS_CIPHER_AES_CCM_128;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t none[16] = { 0 };
	int n, good = 1;

	assert_non_null(ctx);
	assert_int_equal(EVP_CipherInit_ex(ctx, reference_cipher(r), NULL, NULL, NULL,
					   seal), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL), 1);
	if (ccm || !seal)
		assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, 16,
						     seal ? NULL : tag), 1);
	assert_int_equal(EVP_CipherInit_ex(ctx, NULL, NULL, r->key, nonce, seal), 1);
	if (ccm)
		assert_int_equal(EVP_CipherUpdate(ctx, NULL, &n, NULL, len), 1);
	assert_int_equal(EVP_CipherUpdate(ctx, NULL, &n, aad, aad_len), 1);
	if (len || ccm)
		good = EVP_CipherUpdate(ctx, out, &n, len ? in : none, len);
	if (good == 1 && !(ccm && !seal))
		good = EVP_CipherFinal_ex(ctx, none, &n);
	if (good == 1 && seal)
		assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, tag),
				 1);
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

/*
 * reference_seal() - a record of @content
 * @explicit: TLS 1.2: nonce_explicit
 * @pad: TLS 1.3: zeros behind the content type
 *
 * Return: bytes of the record.
 */
static inline size_t reference_seal(const struct reference *r, uint8_t type,
				    const uint8_t *content, size_t len,
				    const uint8_t *explicit, size_t pad, uint8_t *record)
{
	static uint8_t inner[16384 + 1];
	uint8_t aad[13], nonce[12];
	size_t head = reference_head(r);
	size_t sealed = r->version == 0x0303 ? len : len + 1 + pad;

	assert_true(sealed <= sizeof(inner));
	memcpy(inner, content, len);
	if (r->version == 0x0304) {
		inner[len] = type;
		memset(inner + len + 1, 0, pad);
	}
	record[0] = r->version == 0x0304 ? 23 : type;
	reference_number(record + 1, 0x0303, 2);
	reference_number(record + 3, head - 5 + sealed + 16, 2);
	if (head == 13)
		memcpy(record + 5, explicit, 8);
	reference_nonce(r, explicit, nonce);
	assert_int_equal(reference_run(r, 1, nonce, aad, reference_aad(r, record, len, aad),
				       inner, sealed, record + head,
				       record + head + sealed), 1);
	return head + sealed + 16;
}

/*
 * reference_open() - open a whole record of @size bytes
 * @content: room for 16385 bytes
 *
 * Return: bytes of content, or -1 when the record is not what it should be.
 */
static inline int reference_open(const struct reference *r, uint8_t *record, size_t size,
				 uint8_t *type, uint8_t *content)
{
	size_t head = reference_head(r);
	size_t sealed = size - head - 16;
	uint8_t aad[13], nonce[12];

	if (size < head + 16 || sealed > 16384 + 1 || record[1] != 3 || record[2] != 3 ||
	    (size_t)record[3] << 8 != ((size - 5) & 0xff00) || record[4] != ((size - 5) & 0xff))
		return -1;
	reference_nonce(r, record + 5, nonce);
	if (reference_run(r, 0, nonce, aad, reference_aad(r, record, sealed, aad),
			  record + head, sealed, content, record + head + sealed) != 1)
		return -1;
	*type = record[0];
	if (r->version == 0x0303)
		return sealed;
	while (sealed && !content[sealed - 1])
		sealed--;
	if (!sealed || record[0] != 23)
		return -1;
	*type = content[sealed - 1];
	return sealed - 1;
}

#endif /* VECTORS_REFERENCE_H */
