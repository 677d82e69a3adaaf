// SPDX-License-Identifier: GPL-2.0
/*
 * A ticket as a record again. The kernel has opened it, but GnuTLS takes messages from
 * records alone: it gets one that is sealed with the key and number it opens next. No such
 * record leaves this process, so that a nonce is used for two of them does no harm.
 */
#include <string.h>
#include <gnutls/crypto.h>

#include "tickets.h"

enum {
	HEADER_SIZE = 5,
	NONCE_SIZE = 12,
	SEQUENCE_SIZE = 8,
	/* RFC 8446 B.1 */
	TYPE_HANDSHAKE = 22,
	TYPE_DATA = 23,
};

/** struct sealing - what a record is sealed with */
struct sealing {
	gnutls_aead_cipher_hd_t cipher;
	size_t tag_size;
	uint8_t nonce[NONCE_SIZE];
};

/* RFC 8446 5.3: the nonce is the iv, with the record's number in its last bytes. */
static int start(struct sealing *sealing, gnutls_session_t session)
{
	const gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(session);
	unsigned char sequence[SEQUENCE_SIZE];
	gnutls_datum_t iv, key;
	size_t i;

	if (gnutls_record_get_state(session, 1, NULL, &iv, &key, sequence) ||
	    iv.size != NONCE_SIZE)
		return -1;
	memcpy(sealing->nonce, iv.data, NONCE_SIZE);
	for (i = 0; i < SEQUENCE_SIZE; i++)
		sealing->nonce[NONCE_SIZE - SEQUENCE_SIZE + i] ^= sequence[i];
	sealing->tag_size = gnutls_cipher_get_tag_size(cipher);
	return gnutls_aead_cipher_init(&sealing->cipher, cipher, &key);
}

size_t ticket_record_seal(gnutls_session_t session, const uint8_t *message, size_t size,
			  uint8_t *record)
{
	uint8_t inner[KSEAL_TICKET_MESSAGE_MAX + 1];
	size_t sealed, capacity = TICKET_RECORD_MAX - HEADER_SIZE;
	struct sealing sealing;
	int ret;

	if (size > KSEAL_TICKET_MESSAGE_MAX || start(&sealing, session))
		return 0;
	memcpy(inner, message, size);
	inner[size] = TYPE_HANDSHAKE;
	sealed = size + 1 + sealing.tag_size;
	memcpy(record, (const uint8_t[]){ TYPE_DATA, 3, 3, sealed >> 8, sealed }, HEADER_SIZE);
	ret = gnutls_aead_cipher_encrypt(sealing.cipher, sealing.nonce, NONCE_SIZE, record,
					 HEADER_SIZE, sealing.tag_size, inner, size + 1,
					 record + HEADER_SIZE, &capacity);
	gnutls_aead_cipher_deinit(sealing.cipher);
	explicit_bzero(inner, size);
	explicit_bzero(&sealing, sizeof(sealing));
	return ret || capacity != sealed ? 0 : HEADER_SIZE + sealed;
}
