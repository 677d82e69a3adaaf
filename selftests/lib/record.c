// SPDX-License-Identifier: GPL-2.0
/*
 * One record sealed, one opened, from the RFCs:
 *
 *		TLS 1.2 (RFC 5246 6.2.3.3, RFC 5288 3)
 *	wire	type 0303 length | explicit nonce | ciphertext | tag
 *	nonce	salt | explicit nonce
 *	AAD	sequence number | type | 0303 | length of the content
 *
 *		TLS 1.3 (RFC 8446 5.2, 5.3)
 *	wire	23 0303 length | ciphertext of (content type zeros) | tag
 *	nonce	(salt | iv) xor sequence number
 *	AAD	the five bytes of header
 */
#include "kt.h"
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

static gnutls_cipher_algorithm_t algorithm(const struct kt_key *key)
{
	return key->cipher == TLS_CIPHER_AES_GCM_128 ?
	       GNUTLS_CIPHER_AES_128_GCM : GNUTLS_CIPHER_AES_256_GCM;
}

static int gnutls_failed(const char *call, int ret)
{
	kt_say("%s: %s", call, gnutls_strerror(ret));
	return -1;
}

int kt_flow_init(struct kt_flow *flow, const struct kt_key *key)
{
	gnutls_datum_t datum = {
		.data = (unsigned char *)key->key,
		.size = gnutls_cipher_get_key_size(algorithm(key)),
	};
	int ret;

	flow->key = *key;
	ret = gnutls_aead_cipher_init(&flow->aead, algorithm(key), &datum);
	return ret ? gnutls_failed("gnutls_aead_cipher_init", ret) : 0;
}

void kt_flow_done(struct kt_flow *flow)
{
	if (flow->aead)
		gnutls_aead_cipher_deinit(flow->aead);
	flow->aead = NULL;
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

static void count(struct kt_key *key)
{
	key->seq++;
	if (!is_13(key))
		kt_put64(key->iv, explicit_nonce(key) + 1);
}

static void seal_12(struct seal *seal, const struct kt_key *key,
		    const uint8_t *wire, size_t len)
{
	memcpy(seal->nonce, key->salt, 4);
	memcpy(seal->nonce + 4, wire + KT_HEADER, 8);
	kt_put64(seal->aad, key->seq);
	memcpy(seal->aad + 8, wire, 3);
	seal->aad[11] = len >> 8;
	seal->aad[12] = len;
	seal->aad_len = 13;
}

static void seal_13(struct seal *seal, const struct kt_key *key,
		    const uint8_t *wire)
{
	uint8_t seq[8];

	kt_put64(seq, key->seq);
	memcpy(seal->nonce, key->salt, 4);
	for (int i = 0; i < 8; i++)
		seal->nonce[4 + i] = key->iv[i] ^ seq[i];
	memcpy(seal->aad, wire, KT_HEADER);
	seal->aad_len = KT_HEADER;
}

static void put_header(uint8_t *wire, uint8_t type, size_t len)
{
	wire[0] = type;
	wire[1] = 3;
	wire[2] = 3;
	wire[3] = len >> 8;
	wire[4] = len;
}

static ssize_t encrypt(struct kt_flow *flow, const struct seal *seal,
		       const uint8_t *plain, size_t len, uint8_t *to)
{
	size_t to_len = len + KT_TAG;
	int ret;

	ret = gnutls_aead_cipher_encrypt(flow->aead, seal->nonce,
					 sizeof(seal->nonce), seal->aad,
					 seal->aad_len, KT_TAG, plain, len, to,
					 &to_len);
	if (ret)
		return gnutls_failed("gnutls_aead_cipher_encrypt", ret);
	count(&flow->key);
	return to_len;
}

static ssize_t kt_seal_12(struct kt_flow *flow, uint8_t type, const void *data,
			  size_t len, uint8_t *wire)
{
	uint8_t *body = wire + KT_HEADER + KT_EXPLICIT;
	struct seal seal;
	ssize_t ret;

	put_header(wire, type, KT_EXPLICIT + len + KT_TAG);
	kt_put64(wire + KT_HEADER, explicit_nonce(&flow->key));
	seal_12(&seal, &flow->key, wire, len);
	ret = encrypt(flow, &seal, data, len, body);
	return ret < 0 ? ret : ret + KT_HEADER + KT_EXPLICIT;
}

static ssize_t kt_seal_13(struct kt_flow *flow, uint8_t type, const void *data,
			  size_t len, size_t pad, uint8_t *wire)
{
	static __thread uint8_t inner[KT_MAX_WIRE];
	struct seal seal;
	ssize_t ret;

	memcpy(inner, data, len);
	inner[len] = type;
	memset(inner + len + 1, 0, pad);
	len += 1 + pad;
	put_header(wire, KT_DATA, len + KT_TAG);
	seal_13(&seal, &flow->key, wire);
	ret = encrypt(flow, &seal, inner, len, wire + KT_HEADER);
	return ret < 0 ? ret : ret + KT_HEADER;
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

	if (wire_len < kt_overhead(key->version) || len != wire_len - KT_HEADER) {
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
	if (!is_13(key) &&
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
	size_t prefix = is_13(&flow->key) ? KT_HEADER : KT_HEADER + KT_EXPLICIT;
	struct seal seal;
	int ret;

	if (check_header(flow, wire, wire_len))
		return -1;
	if (is_13(&flow->key))
		seal_13(&seal, &flow->key, wire);
	else
		seal_12(&seal, &flow->key, wire, wire_len - prefix - KT_TAG);
	record->type = wire[0];
	record->pad = 0;
	record->wire_len = wire_len;
	record->len = sizeof(record->data);
	ret = gnutls_aead_cipher_decrypt(flow->aead, seal.nonce,
					 sizeof(seal.nonce), seal.aad,
					 seal.aad_len, KT_TAG, wire + prefix,
					 wire_len - prefix, record->data,
					 &record->len);
	if (ret)
		return gnutls_failed("gnutls_aead_cipher_decrypt", ret);
	count(&flow->key);
	if (record->len > (size_t)KT_MAX_PLAIN + is_13(&flow->key)) {
		kt_say("record of %zu bytes of plaintext", record->len);
		return -1;
	}
	return is_13(&flow->key) ? strip_inner(record) : 0;
}
