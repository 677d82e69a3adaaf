/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whole records, made and opened as the module does it: the PURE code writes
 * everything but the ciphertext, which is GnuTLS's here and the crypto API's
 * there.
 */
#ifndef VECTORS_SEAL_H
#define VECTORS_SEAL_H

#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>

#include "../../../kmod/frame.h"
#include "info.h"

/* Of the suites that GnuTLS has. */
static inline gnutls_cipher_algorithm_t aead_algorithm(uint16_t cipher)
{
	switch (cipher) {
	case TLS_CIPHER_AES_GCM_128:		return GNUTLS_CIPHER_AES_128_GCM;
	case TLS_CIPHER_AES_GCM_256:		return GNUTLS_CIPHER_AES_256_GCM;
	case TLS_CIPHER_AES_CCM_128:		return GNUTLS_CIPHER_AES_128_CCM;
	case TLS_CIPHER_CHACHA20_POLY1305:	return GNUTLS_CIPHER_CHACHA20_POLY1305;
	}
	fail_msg("GnuTLS does not have cipher %u", cipher);
	return GNUTLS_CIPHER_UNKNOWN;
}

static inline gnutls_aead_cipher_hd_t aead_open(uint16_t cipher, const uint8_t *key)
{
	gnutls_cipher_algorithm_t algorithm = aead_algorithm(cipher);
	gnutls_datum_t datum = {
		(uint8_t *)key, gnutls_cipher_get_key_size(algorithm),
	};
	gnutls_aead_cipher_hd_t aead;

	assert_int_equal(gnutls_aead_cipher_init(&aead, algorithm, &datum), 0);
	return aead;
}

/* One direction with its cipher; end with sealer_close(). */
struct sealer {
	struct kseal_record rec;
	union info info;
	gnutls_aead_cipher_hd_t aead;
};

static inline void sealer_open(struct sealer *s, uint16_t version, uint16_t cipher,
			       const uint8_t *key, const uint8_t *nonce, uint64_t seq)
{
	const struct kseal_suite *suite = kseal_suite_find(cipher);

	assert_non_null(suite);
	info_fill(&s->info, version, cipher, key, nonce, seq);
	kseal_record_init(&s->rec, suite, version, s->info.bytes);
	s->aead = aead_open(cipher, key);
}

static inline void sealer_close(struct sealer *s)
{
	gnutls_aead_cipher_deinit(s->aead);
}

/*
 * seal_record() - make one record and count it
 * @pad: TLS 1.3: zeros behind the content type
 * @out: room for KSEAL_RECORD_MAX bytes
 *
 * Return: bytes of the record.
 */
static inline size_t seal_record(struct sealer *s, uint8_t type, const uint8_t *content,
				 size_t len, size_t pad, uint8_t *out)
{
	uint8_t inner[KSEAL_PLAINTEXT_MAX + 1] = { 0 };
	uint8_t aad[KSEAL_AAD_MAX], nonce[KSEAL_NONCE_SIZE];
	size_t prefix = kseal_record_prefix_size(&s->rec), aad_size;
	size_t room = KSEAL_RECORD_MAX - prefix;

	memcpy(inner, content, len);
	kseal_record_write_prefix(&s->rec, type, len + pad, out);
	aad_size = kseal_record_aad(&s->rec, type, len + pad, aad);
	kseal_record_nonce(&s->rec, NULL, nonce);
	if (kseal_record_inner_type(&s->rec)) {
		inner[len] = type;
		len += pad + 1;
	}
	assert_int_equal(gnutls_aead_cipher_encrypt(s->aead, nonce, sizeof(nonce),
						    aad, aad_size, s->rec.suite->tag_size,
						    inner, len, out + prefix, &room), 0);
	kseal_record_advance(&s->rec);
	return prefix + room;
}

/*
 * open_record() - open the record at the start of @wire and count it
 * @content: room for KSEAL_PLAINTEXT_MAX + 1 bytes
 * @type, @len: set on success
 *
 * Return: 0; an error of kseal_frame_look(); -EAGAIN it is not whole; -EBADMSG
 * it is not authentic, or has no content type.
 */
static inline int open_record(struct sealer *s, const uint8_t *wire, size_t wire_len,
			      uint8_t *type, uint8_t *content, size_t *len)
{
	size_t prefix = kseal_record_prefix_size(&s->rec), aad_size;
	uint8_t aad[KSEAL_AAD_MAX], nonce[KSEAL_NONCE_SIZE];
	struct kseal_frame frame = { .full = 0 };
	size_t room = KSEAL_PLAINTEXT_MAX + 1;
	int err = kseal_frame_look(&frame, &s->rec, wire, wire_len);

	if (err < 0)
		return err;
	if (err != KSEAL_FRAME_WHOLE)
		return -EAGAIN;
	*type = frame.header.type;
	aad_size = kseal_record_aad(&s->rec, *type, frame.header.content, aad);
	kseal_record_nonce(&s->rec, wire + KSEAL_HEADER_SIZE, nonce);
	err = gnutls_aead_cipher_decrypt(s->aead, nonce, sizeof(nonce), aad, aad_size,
					 s->rec.suite->tag_size, wire + prefix,
					 frame.full - prefix, content, &room);
	if (err) {
		assert_int_equal(err, GNUTLS_E_DECRYPTION_FAILED);
		return -EBADMSG;
	}
	kseal_record_advance(&s->rec);
	if (kseal_record_inner_type(&s->rec)) {
		room = kseal_record_unpad(content, room);
		if (!room)
			return -EBADMSG;
		*type = content[--room];
	}
	*len = room;
	return 0;
}

#endif /* VECTORS_SEAL_H */
