// SPDX-License-Identifier: GPL-2.0
/*
 * One record sealed, one opened, from the RFCs:
 *
 *		TLS 1.2 (RFC 5246 6.2.3.3, RFC 5288 3, RFC 6655 3, RFC 6209 2)
 *	wire	type 0303 length | explicit nonce | ciphertext | tag
 *	nonce	salt | explicit nonce
 *	AAD	sequence number | type | 0303 | length of the content
 *
 *		TLS 1.2 with ChaCha20-Poly1305 (RFC 7905 2)
 *	wire	type 0303 length | ciphertext | tag
 *	nonce	iv xor sequence number
 *	AAD	as above
 *
 *		TLS 1.3 (RFC 8446 5.2, 5.3)
 *	wire	23 0303 length | ciphertext of (content type zeros) | tag
 *	nonce	(salt | iv) xor sequence number
 *	AAD	the five bytes of header
 */
#include "kt.h"
#include "aead.h"
#include <string.h>

struct seal {
	uint8_t nonce[12];
	uint8_t aad[13];
	size_t aad_len;
};

static bool is_13(const struct kt_key *key)
{
	return key->version == TLS_1_3_VERSION;
}

static size_t prefix_size(const struct kt_key *key)
{
	return KT_HEADER + kt_key_explicit(key);
}

int kt_flow_init(struct kt_flow *flow, const struct kt_key *key)
{
	flow->key = *key;
	flow->aead = kt_aead_open(key->cipher, key->key);
	return flow->aead ? 0 : -1;
}

void kt_flow_done(struct kt_flow *flow)
{
	kt_aead_close(flow->aead);
	flow->aead = NULL;
}

int kt_flow_rekey(struct kt_flow *flow, const struct kt_key *key)
{
	kt_flow_done(flow);
	return kt_flow_init(flow, key);
}

size_t kt_overhead(uint16_t version)
{
	return KT_HEADER + KT_TAG +
	       (version == TLS_1_3_VERSION ? 1 : KT_EXPLICIT);
}

/* The explicit nonce this key's sealer uses for its next record. */
static uint64_t explicit_nonce(const struct kt_key *key)
{
	return kt_get64(key->iv);
}

static void seal_nonce(struct seal *seal, const struct kt_key *key,
		       const uint8_t *wire)
{
	uint8_t seq[8];

	memcpy(seal->nonce, key->nonce, sizeof(seal->nonce));
	if (kt_key_explicit(key)) {
		memcpy(seal->nonce + 4, wire + KT_HEADER, 8);
		return;
	}
	kt_put64(seq, key->seq);
	for (int i = 0; i < 8; i++)
		seal->nonce[4 + i] ^= seq[i];
}

/* @len: bytes of content */
static void seal_aad(struct seal *seal, const struct kt_key *key,
		     const uint8_t *wire, size_t len)
{
	seal->aad_len = is_13(key) ? KT_HEADER : 13;
	if (is_13(key)) {
		memcpy(seal->aad, wire, KT_HEADER);
		return;
	}
	kt_put64(seal->aad, key->seq);
	memcpy(seal->aad + 8, wire, 3);
	seal->aad[11] = len >> 8;
	seal->aad[12] = len;
}

static struct kt_aead_text text_of(const struct seal *seal, const uint8_t *in,
				   size_t len)
{
	return (struct kt_aead_text) {
		.nonce = seal->nonce,
		.aad = seal->aad,
		.aad_len = seal->aad_len,
		.in = in,
		.len = len,
	};
}

static void put_header(uint8_t *wire, uint8_t type, size_t len)
{
	wire[0] = type;
	wire[1] = 3;
	wire[2] = 3;
	wire[3] = len >> 8;
	wire[4] = len;
}

/* @data: what is enciphered; header and explicit nonce are written already. */
static ssize_t encrypt(struct kt_flow *flow, const uint8_t *data, size_t len,
		       uint8_t *wire)
{
	size_t prefix = prefix_size(&flow->key);
	struct kt_aead_text text;
	struct seal seal;

	seal_nonce(&seal, &flow->key, wire);
	seal_aad(&seal, &flow->key, wire, len);
	text = text_of(&seal, data, len);
	if (kt_aead_seal(flow->aead, &text, wire + prefix))
		return -1;
	kt_key_count(&flow->key, 1);
	return prefix + len + KT_TAG;
}

static ssize_t kt_seal_12(struct kt_flow *flow, uint8_t type, const void *data,
			  size_t len, uint8_t *wire)
{
	size_t explicit = kt_key_explicit(&flow->key);

	put_header(wire, type, explicit + len + KT_TAG);
	if (explicit)
		kt_put64(wire + KT_HEADER, explicit_nonce(&flow->key));
	return encrypt(flow, data, len, wire);
}

static ssize_t kt_seal_13(struct kt_flow *flow, uint8_t type, const void *data,
			  size_t len, size_t pad, uint8_t *wire)
{
	static __thread uint8_t inner[KT_MAX_WIRE];

	memcpy(inner, data, len);
	inner[len] = type;
	memset(inner + len + 1, 0, pad);
	len += 1 + pad;
	put_header(wire, KT_DATA, len + KT_TAG);
	return encrypt(flow, inner, len, wire);
}

ssize_t kt_seal(struct kt_flow *flow, uint8_t type, const void *data,
		size_t len, size_t pad, uint8_t *wire)
{
	if (KT_HEADER + KT_EXPLICIT + len + 1 + pad + KT_TAG > KT_MAX_WIRE) {
		kt_say("kt_seal: %zu bytes fit no record", len + pad);
		return -1;
	}
	return is_13(&flow->key) ? kt_seal_13(flow, type, data, len, pad, wire) :
				   kt_seal_12(flow, type, data, len, wire);
}

static int check_header(const struct kt_flow *flow, const uint8_t *wire,
			size_t wire_len)
{
	const struct kt_key *key = &flow->key;
	size_t len = wire[3] << 8 | wire[4];

	if (wire_len < kt_key_overhead(key) || len != wire_len - KT_HEADER) {
		kt_say("record of %zu bytes says %zu", wire_len, len);
		return -1;
	}
	if (wire[1] != 3 || wire[2] != 3) {
		kt_say("record version %02x%02x", wire[1], wire[2]);
		return -1;
	}
	if (is_13(key) && wire[0] != KT_DATA) {
		kt_say("TLS 1.3 record of outer type %u", wire[0]);
		return -1;
	}
	if (kt_key_explicit(key) &&
	    kt_get64(wire + KT_HEADER) != explicit_nonce(key)) {
		kt_say("explicit nonce %016llx, want %016llx",
		       (unsigned long long)kt_get64(wire + KT_HEADER),
		       (unsigned long long)explicit_nonce(key));
		return -1;
	}
	return 0;
}

/* Take content type and padding off; RFC 8446 5.4. */
static int strip_inner(struct kt_record *record)
{
	size_t inner = record->len;

	while (record->len && !record->data[record->len - 1])
		record->len--;
	if (!record->len) {
		kt_say("record without a content type");
		return -1;
	}
	record->len--;
	record->type = record->data[record->len];
	record->pad = inner - record->len - 1;
	return 0;
}

int kt_open(struct kt_flow *flow, const uint8_t *wire, size_t wire_len,
	    struct kt_record *record)
{
	size_t prefix = prefix_size(&flow->key);
	struct kt_aead_text text;
	struct seal seal;

	if (check_header(flow, wire, wire_len))
		return -1;
	record->type = wire[0];
	record->pad = 0;
	record->wire_len = wire_len;
	record->len = wire_len - prefix - KT_TAG;
	seal_nonce(&seal, &flow->key, wire);
	seal_aad(&seal, &flow->key, wire, record->len);
	text = text_of(&seal, wire + prefix, record->len);
	if (kt_aead_unseal(flow->aead, &text, record->data))
		return -1;
	kt_key_count(&flow->key, 1);
	if (record->len > (size_t)KT_MAX_PLAIN + is_13(&flow->key)) {
		kt_say("record of %zu bytes of plaintext", record->len);
		return -1;
	}
	return is_13(&flow->key) ? strip_inner(record) : 0;
}
