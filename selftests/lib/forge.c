// SPDX-License-Identifier: GPL-2.0
/*
 * Records as no honest peer makes them. Works from what the kernel is given,
 * union kt_info, and shares no code with kt_seal().
 */
#include "forge.h"
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <string.h>

enum { NONCE = 12, SALT = 4, MOST = 65000 };

struct forge {
	const uint8_t *key;
	size_t key_len;
	const uint8_t *salt;
	const uint8_t *iv;
	uint8_t nonce[NONCE];
	uint8_t aad[13];
	size_t aad_len;
};

static void take_key(struct forge *forge, const union kt_info *info)
{
	if (info->head.cipher_type == TLS_CIPHER_AES_GCM_128) {
		forge->key = info->gcm128.key;
		forge->key_len = sizeof(info->gcm128.key);
		forge->salt = info->gcm128.salt;
		forge->iv = info->gcm128.iv;
	} else {
		forge->key = info->gcm256.key;
		forge->key_len = sizeof(info->gcm256.key);
		forge->salt = info->gcm256.salt;
		forge->iv = info->gcm256.iv;
	}
}

static void put_header(uint8_t *wire, const struct kt_forgery *forgery, size_t body)
{
	uint16_t version = forgery->version ? forgery->version : TLS_1_2_VERSION;

	wire[0] = forgery->type ? forgery->type : KT_DATA;
	wire[1] = version >> 8;
	wire[2] = version;
	body += forgery->lie;
	wire[3] = body >> 8;
	wire[4] = body;
}

/* RFC 8446 5.2, 5.3 */
static void nonce_13(struct forge *forge, uint64_t seq, const uint8_t *wire)
{
	uint8_t number[8];

	kt_put64(number, seq);
	memcpy(forge->nonce, forge->salt, SALT);
	for (int i = 0; i < 8; i++)
		forge->nonce[SALT + i] = forge->iv[i] ^ number[i];
	memcpy(forge->aad, wire, KT_HEADER);
	forge->aad_len = KT_HEADER;
}

/* RFC 5246 6.2.3.3, RFC 5288 3; the length is the one the header implies. */
static void nonce_12(struct forge *forge, uint64_t seq, const uint8_t *wire)
{
	size_t body = wire[3] << 8 | wire[4];
	size_t content = body - KT_EXPLICIT - KT_TAG;

	memcpy(forge->nonce, forge->salt, SALT);
	memcpy(forge->nonce + SALT, wire + KT_HEADER, KT_EXPLICIT);
	kt_put64(forge->aad, seq);
	memcpy(forge->aad + 8, wire, 3);
	forge->aad[11] = content >> 8;
	forge->aad[12] = content;
	forge->aad_len = 13;
}

static ssize_t encrypt(const struct forge *forge, const struct kt_forgery *forgery, uint8_t *to)
{
	gnutls_datum_t key = { (unsigned char *)forge->key, forge->key_len };
	size_t len = forgery->len + KT_TAG;
	gnutls_aead_cipher_hd_t aead;
	int ret;

	ret = gnutls_aead_cipher_init(&aead, forge->key_len == 16 ? GNUTLS_CIPHER_AES_128_GCM :
				      GNUTLS_CIPHER_AES_256_GCM, &key);
	if (!ret) {
		ret = gnutls_aead_cipher_encrypt(aead, forge->nonce, NONCE, forge->aad,
						 forge->aad_len, KT_TAG, forgery->inner,
						 forgery->len, to, &len);
		gnutls_aead_cipher_deinit(aead);
	}
	if (ret)
		kt_say("forging a record: %s", gnutls_strerror(ret));
	return ret ? -1 : (ssize_t)len;
}

ssize_t kt_forge(struct kt_flow *flow, const struct kt_forgery *forgery, uint8_t *wire)
{
	bool is_13 = flow->key.version == TLS_1_3_VERSION;
	size_t prefix = is_13 ? KT_HEADER : KT_HEADER + KT_EXPLICIT;
	struct forge forge;
	union kt_info info;
	ssize_t len;

	if (forgery->len > MOST)
		return -1;
	kt_key_info(&flow->key, &info);
	take_key(&forge, &info);
	put_header(wire, forgery, prefix - KT_HEADER + forgery->len + KT_TAG);
	if (is_13) {
		nonce_13(&forge, kt_info_seq(&info) + forgery->shift, wire);
	} else {
		memcpy(wire + KT_HEADER, forge.iv, KT_EXPLICIT);
		nonce_12(&forge, kt_info_seq(&info) + forgery->shift, wire);
	}
	len = encrypt(&forge, forgery, wire + prefix);
	kt_key_count(&flow->key, 1);
	return len < 0 ? -1 : (ssize_t)prefix + len;
}

int kt_forge_send(struct kt_link *link, const struct kt_forgery *forgery)
{
	static __thread uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_forge(&link->in, forgery, wire);

	return len < 0 ? -1 : kt_write_here(link, wire, len);
}

int kt_send_reordered(struct kt_link *link)
{
	static __thread uint8_t first[KT_MAX_WIRE], second[KT_MAX_WIRE];
	ssize_t n = kt_seal_pattern(link, 100, first);
	ssize_t m = kt_seal_pattern(link, 200, second);

	if (n < 0 || m < 0)
		return -1;
	return kt_write_here(link, second, m) || kt_write_here(link, first, n) ? -1 : 0;
}

/* The next thing to read is that, of that type. */
static int expect_type(int fd, uint8_t want, const char *data, ssize_t len)
{
	uint8_t type, got[10];
	ssize_t n = kt_recv_type(fd, &type, got, sizeof(got), 0);

	if (n == len && type == want && !memcmp(got, data, len))
		return 0;
	kt_say("%zd bytes of type %u, want %zd of type %u", n, type, len, want);
	return -1;
}

int kt_data_behind_close(struct kt_link *link)
{
	char byte;

	if (kt_send_record(link, KT_ALERT, "\1\0", 2) ||
	    kt_send_record(link, KT_DATA, "late", 4) || kt_all_here(link))
		return -1;
	if (recv(link->fd, &byte, 1, 0) != -1 || errno != EIO)
		return kt_errno("a plain read of an alert: want EIO");
	return expect_type(link->fd, KT_ALERT, "\1\0", 2) ||
	       expect_type(link->fd, KT_DATA, "late", 4) ? -1 : 0;
}
