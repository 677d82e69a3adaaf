// SPDX-License-Identifier: GPL-2.0
/* A TLS 1.3 client made by hand (RFC 8446 4.4.4, 5.2, 7.1). */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <openssl/evp.h>

#include "tls13.h"

enum {
	HEADER = 5,
	MESSAGE_HEADER = 4,
	KEY = 16,
	IV = 12,
	TAG = 16,
	RECORD_MAX = 16384 + 256,
	CHANGE_CIPHER_SPEC = 20,
	HANDSHAKE = 22,
	APPLICATION_DATA = 23,
	CLIENT_HELLO = 1,
	SERVER_HELLO = 2,
	ENCRYPTED_EXTENSIONS = 8,
	FINISHED = 20,
	PART_MAX = 256,
};

/** struct keys - of one direction */
struct keys {
	gnutls_aead_cipher_hd_t aead;
	uint8_t iv[IV];
	uint64_t number;
};

static int fail(struct tls13 *tls, const char *what)
{
	tls->failed = what;
	return -1;
}

/* ---- secrets -------------------------------------------------------------------- */

static void extract(const uint8_t *salt, const uint8_t *ikm, size_t size, uint8_t *out)
{
	const gnutls_datum_t key = { (unsigned char *)ikm, size };
	const gnutls_datum_t with = { (unsigned char *)salt, salt ? TLS13_HASH : 0 };

	gnutls_hkdf_extract(GNUTLS_MAC_SHA256, &key, &with, out);
}

static void expand_label(const uint8_t *secret, const char *label, const uint8_t *context,
			 size_t context_size, uint8_t *out, size_t size)
{
	uint8_t info[128] = { size >> 8, size, strlen("tls13 ") + strlen(label) };
	const gnutls_datum_t key = { (unsigned char *)secret, TLS13_HASH };
	gnutls_datum_t data = { info, 3 + info[2] + 1 + context_size };

	memcpy(info + 3, "tls13 ", strlen("tls13 "));
	memcpy(info + 3 + strlen("tls13 "), label, strlen(label));
	info[3 + info[2]] = context_size;
	if (context_size)
		memcpy(info + 4 + info[2], context, context_size);
	gnutls_hkdf_expand(GNUTLS_MAC_SHA256, &key, &data, out, size);
}

static void transcript_hash(const struct tls13 *tls, uint8_t *out)
{
	gnutls_hash_fast(GNUTLS_DIG_SHA256, tls->transcript, tls->transcript_size, out);
}

static int agree(struct tls13 *tls, const uint8_t *peer, uint8_t *shared)
{
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, peer, 32);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(tls->key, NULL);
	size_t size = 32;
	const bool good = other && ctx && EVP_PKEY_derive_init(ctx) == 1 &&
			  EVP_PKEY_derive_set_peer(ctx, other) == 1 &&
			  EVP_PKEY_derive(ctx, shared, &size) == 1;

	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(other);
	return good ? 0 : fail(tls, "X25519");
}

/* With ServerHello in the transcript. */
static void derive(struct tls13 *tls, const uint8_t *shared)
{
	static const uint8_t zeros[TLS13_HASH];
	uint8_t early[TLS13_HASH], derived[TLS13_HASH], empty[TLS13_HASH], hash[TLS13_HASH];

	gnutls_hash_fast(GNUTLS_DIG_SHA256, "", 0, empty);
	extract(NULL, zeros, sizeof(zeros), early);
	expand_label(early, "derived", empty, TLS13_HASH, derived, TLS13_HASH);
	extract(derived, shared, 32, tls->secret);
	transcript_hash(tls, hash);
	expand_label(tls->secret, "c hs traffic", hash, TLS13_HASH, tls->client, TLS13_HASH);
	expand_label(tls->secret, "s hs traffic", hash, TLS13_HASH, tls->server, TLS13_HASH);
}

static void finished(const struct tls13 *tls, const uint8_t *secret, uint8_t *out)
{
	uint8_t key[TLS13_HASH], hash[TLS13_HASH];

	expand_label(secret, "finished", NULL, 0, key, sizeof(key));
	transcript_hash(tls, hash);
	gnutls_hmac_fast(GNUTLS_MAC_SHA256, key, sizeof(key), hash, sizeof(hash), out);
}

/* ---- records -------------------------------------------------------------------- */

static void keys_begin(struct keys *keys, const uint8_t *secret)
{
	uint8_t key[KEY];
	const gnutls_datum_t data = { key, sizeof(key) };

	expand_label(secret, "key", NULL, 0, key, sizeof(key));
	expand_label(secret, "iv", NULL, 0, keys->iv, IV);
	keys->number = 0;
	gnutls_aead_cipher_init(&keys->aead, GNUTLS_CIPHER_AES_128_GCM, &data);
}

static void next_nonce(struct keys *keys, uint8_t *nonce)
{
	memcpy(nonce, keys->iv, IV);
	for (int i = 0; i < 8; i++)
		nonce[IV - 1 - i] ^= keys->number >> (8 * i);
	keys->number++;
}

static int send_all(struct tls13 *tls, const uint8_t *data, size_t size)
{
	return send(tls->fd, data, size, MSG_NOSIGNAL) == (ssize_t)size ? 0 : fail(tls, "sending");
}

/* One record but ChangeCipherSpec. Return: bytes of its body; -1. */
static ssize_t receive(struct tls13 *tls, uint8_t *record)
{
	size_t size;

	do {
		if (recv(tls->fd, record, HEADER, MSG_WAITALL) != HEADER)
			return fail(tls, "a record's header");
		size = (size_t)record[3] << 8 | record[4];
		if (size > RECORD_MAX ||
		    recv(tls->fd, record + HEADER, size, MSG_WAITALL) != (ssize_t)size)
			return fail(tls, "a record's body");
	} while (record[0] == CHANGE_CIPHER_SPEC);
	return size;
}

/* Appends what the next encrypted record holds to the transcript. */
static int receive_sealed(struct tls13 *tls, struct keys *keys)
{
	uint8_t record[HEADER + RECORD_MAX], nonce[IV], plain[RECORD_MAX];
	size_t size = sizeof(plain);
	ssize_t n = receive(tls, record);

	if (n < 0)
		return -1;
	if (record[0] != APPLICATION_DATA)
		return fail(tls, "an alert came, or a record in the clear");
	next_nonce(keys, nonce);
	if (gnutls_aead_cipher_decrypt(keys->aead, nonce, IV, record, HEADER, TAG, record + HEADER, n,
				       plain, &size))
		return fail(tls, "opening a record");
	while (size && !plain[size - 1])
		size--;
	if (!size || plain[size - 1] != HANDSHAKE ||
	    tls->transcript_size + size > sizeof(tls->transcript))
		return fail(tls, "a record of something else than the handshake");
	memcpy(tls->transcript + tls->transcript_size, plain, size - 1);
	tls->transcript_size += size - 1;
	return 0;
}

static int send_finished(struct tls13 *tls)
{
	uint8_t plain[MESSAGE_HEADER + TLS13_HASH + 1] = { FINISHED, 0, 0, TLS13_HASH };
	uint8_t record[HEADER + sizeof(plain) + TAG] = { APPLICATION_DATA, 3, 3, 0,
							 sizeof(plain) + TAG };
	uint8_t nonce[IV];
	size_t size = sizeof(record) - HEADER;
	struct keys keys;

	keys_begin(&keys, tls->client);
	finished(tls, tls->client, plain + MESSAGE_HEADER);
	plain[sizeof(plain) - 1] = HANDSHAKE;
	next_nonce(&keys, nonce);
	gnutls_aead_cipher_encrypt(keys.aead, nonce, IV, record, HEADER, TAG, plain, sizeof(plain),
				   record + HEADER, &size);
	gnutls_aead_cipher_deinit(keys.aead);
	return send_all(tls, record, sizeof(record));
}

/* ---- the handshake -------------------------------------------------------------- */

static int send_hello(struct tls13 *tls, const uint8_t *hello, size_t size)
{
	uint8_t *message = tls->transcript + HEADER;

	message[0] = CLIENT_HELLO;
	message[1] = 0;
	message[2] = size >> 8;
	message[3] = size;
	memcpy(message + MESSAGE_HEADER, hello, size);
	size += MESSAGE_HEADER;
	memcpy(tls->transcript, (uint8_t[]){ HANDSHAKE, 3, 1, size >> 8, size }, HEADER);
	if (send_all(tls, tls->transcript, HEADER + size))
		return -1;
	memmove(tls->transcript, message, size);
	tls->transcript_size = size;
	return 0;
}

/* Its key_share is the only extension of that size (RFC 8446 4.2.8). */
static const uint8_t *find_share(const uint8_t *body, size_t size)
{
	static const uint8_t head[] = { 0, 51, 0, 36, 0, 29, 0, 32 };
	const uint8_t *at = memmem(body, size, head, sizeof(head));

	return at && at + sizeof(head) + 32 <= body + size ? at + sizeof(head) : NULL;
}

static int take_server_hello(struct tls13 *tls, uint8_t *server_hello)
{
	uint8_t record[HEADER + RECORD_MAX], shared[32];
	ssize_t n = receive(tls, record);
	const uint8_t *share;

	if (n < 0)
		return -1;
	if (record[0] != HANDSHAKE || record[HEADER] != SERVER_HELLO || n > PART_MAX)
		return fail(tls, "no ServerHello came");
	memcpy(tls->transcript + tls->transcript_size, record + HEADER, n);
	tls->transcript_size += n;
	memcpy(server_hello, record + HEADER + MESSAGE_HEADER, n - MESSAGE_HEADER);
	share = find_share(record + HEADER, n);
	if (!share)
		return fail(tls, "the server's key share is not of X25519");
	if (agree(tls, share, shared))
		return -1;
	derive(tls, shared);
	return 0;
}

/*
 * Looks at the message at @at, which may not be whole. Return: its size; 0 when more
 * must come; -1 when it is a wrong Finished.
 */
static ssize_t take_message(struct tls13 *tls, size_t at, uint8_t *extensions)
{
	const uint8_t *m = tls->transcript + at;
	const size_t left = tls->transcript_size - at;
	const size_t size = left < MESSAGE_HEADER ? 0 : MESSAGE_HEADER +
			    ((size_t)m[1] << 16 | (size_t)m[2] << 8 | m[3]);
	uint8_t expected[TLS13_HASH];

	if (!size || size > left)
		return 0;
	if (m[0] == ENCRYPTED_EXTENSIONS && size <= PART_MAX)
		memcpy(extensions, m + MESSAGE_HEADER, size - MESSAGE_HEADER);
	if (m[0] != FINISHED)
		return size;
	tls->transcript_size = at;
	finished(tls, tls->server, expected);
	tls->transcript_size = at + size;
	if (size != MESSAGE_HEADER + TLS13_HASH || memcmp(expected, m + MESSAGE_HEADER, TLS13_HASH))
		return fail(tls, "the server's Finished is wrong");
	return size;
}

static int take_flight(struct tls13 *tls, struct keys *keys, uint8_t *extensions)
{
	size_t at = tls->transcript_size;
	ssize_t n;

	for (;;) {
		n = take_message(tls, at, extensions);
		if (n < 0 || (!n && receive_sealed(tls, keys)))
			return -1;
		if (n && tls->transcript[at] == FINISHED)
			return 0;
		at += n;
	}
}

int tls13_shake(struct tls13 *tls, const uint8_t *hello, size_t size, uint8_t *server_hello,
		uint8_t *extensions)
{
	struct keys keys;
	int ret;

	if (send_hello(tls, hello, size) || take_server_hello(tls, server_hello))
		return -1;
	keys_begin(&keys, tls->server);
	ret = take_flight(tls, &keys, extensions);
	gnutls_aead_cipher_deinit(keys.aead);
	return ret ? ret : send_finished(tls);
}

void tls13_begin(struct tls13 *tls, int fd)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_X25519, NULL);
	size_t size = sizeof(tls->share);

	memset(tls, 0, sizeof(*tls));
	tls->fd = fd;
	if (!ctx || EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_keygen(ctx, &key) != 1 ||
	    EVP_PKEY_get_raw_public_key(key, tls->share, &size) != 1)
		tls->failed = "making a key";
	EVP_PKEY_CTX_free(ctx);
	tls->key = key;
}

void tls13_end(struct tls13 *tls)
{
	EVP_PKEY_free(tls->key);
}
