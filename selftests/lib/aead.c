// SPDX-License-Identifier: GPL-2.0
/*
 * AEAD ciphers out of three libraries, none of which has all eight suites:
 * GnuTLS lacks SM4 and ARIA, libgcrypt 1.10 has SM4, OpenSSL 3.0 ARIA.
 */
#include "kt.h"
#include "aead.h"
#include <stdlib.h>
#include <gcrypt.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <openssl/evp.h>

enum { NONCE = 12 };

/**
 * struct library - one library's way to do it
 * @open: with key; a handle, or NULL
 * @close: let go
 * @seal: ciphertext and tag
 * @unseal: plaintext, if it is authentic
 */
struct library {
	void *(*open)(int algorithm, const uint8_t *key, size_t key_size);
	void (*close)(void *handle);
	int (*seal)(void *handle, const struct kt_aead_text *text, uint8_t *out);
	int (*unseal)(void *handle, const struct kt_aead_text *text, uint8_t *out);
};

struct kt_aead {
	const struct library *library;
	void *handle;
};

/* ---- GnuTLS --------------------------------------------------------------- */

static int gnutls_failed(const char *call, int ret)
{
	kt_say("%s: %s", call, gnutls_strerror(ret));
	return -1;
}

static void *open_gnutls(int algorithm, const uint8_t *key, size_t key_size)
{
	gnutls_datum_t datum = { (unsigned char *)key, key_size };
	gnutls_aead_cipher_hd_t handle;
	int ret = gnutls_aead_cipher_init(&handle, algorithm, &datum);

	if (ret)
		gnutls_failed("gnutls_aead_cipher_init", ret);
	return ret ? NULL : handle;
}

static void close_gnutls(void *handle)
{
	gnutls_aead_cipher_deinit(handle);
}

static int seal_gnutls(void *handle, const struct kt_aead_text *text, uint8_t *out)
{
	size_t len = text->len + KT_TAG;
	int ret = gnutls_aead_cipher_encrypt(handle, text->nonce, NONCE, text->aad,
					     text->aad_len, KT_TAG, text->in,
					     text->len, out, &len);

	return ret ? gnutls_failed("gnutls_aead_cipher_encrypt", ret) : 0;
}

static int unseal_gnutls(void *handle, const struct kt_aead_text *text, uint8_t *out)
{
	size_t len = text->len;
	int ret = gnutls_aead_cipher_decrypt(handle, text->nonce, NONCE, text->aad,
					     text->aad_len, KT_TAG, text->in,
					     text->len + KT_TAG, out, &len);

	return ret ? gnutls_failed("gnutls_aead_cipher_decrypt", ret) : 0;
}

static const struct library gnutls = {
	open_gnutls, close_gnutls, seal_gnutls, unseal_gnutls,
};

/* ---- libgcrypt ------------------------------------------------------------ */

static int gcrypt_failed(const char *call, gcry_error_t err)
{
	kt_say("%s: %s", call, gcry_strerror(err));
	return -1;
}

/* SM4; @algorithm is the mode. */
static void *open_gcrypt(int algorithm, const uint8_t *key, size_t key_size)
{
	gcry_cipher_hd_t handle;
	gcry_error_t err;

	if (!gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) {
		gcry_check_version(NULL);
		gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
		gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
	}
	err = gcry_cipher_open(&handle, GCRY_CIPHER_SM4, algorithm, 0);
	if (err) {
		gcrypt_failed("gcry_cipher_open", err);
		return NULL;
	}
	err = gcry_cipher_setkey(handle, key, key_size);
	if (!err)
		return handle;
	gcrypt_failed("gcry_cipher_setkey", err);
	gcry_cipher_close(handle);
	return NULL;
}

static void close_gcrypt(void *handle)
{
	gcry_cipher_close(handle);
}

/* CCM has to know all lengths in advance. */
static gcry_error_t begin_gcrypt(gcry_cipher_hd_t handle,
				 const struct kt_aead_text *text)
{
	uint64_t lengths[] = { text->len, text->aad_len, KT_TAG };
	gcry_error_t err = gcry_cipher_setiv(handle, text->nonce, NONCE);

	/* GCM refuses this, and needs nothing of the kind */
	gcry_cipher_ctl(handle, GCRYCTL_SET_CCM_LENGTHS, lengths, sizeof(lengths));
	return err ? err : gcry_cipher_authenticate(handle, text->aad, text->aad_len);
}

static int seal_gcrypt(void *handle, const struct kt_aead_text *text, uint8_t *out)
{
	gcry_error_t err = begin_gcrypt(handle, text);

	if (!err)
		err = gcry_cipher_encrypt(handle, out, text->len, text->in, text->len);
	if (!err)
		err = gcry_cipher_gettag(handle, out + text->len, KT_TAG);
	return err ? gcrypt_failed("sealing with libgcrypt", err) : 0;
}

static int unseal_gcrypt(void *handle, const struct kt_aead_text *text, uint8_t *out)
{
	gcry_error_t err = begin_gcrypt(handle, text);

	if (!err)
		err = gcry_cipher_decrypt(handle, out, text->len, text->in, text->len);
	if (!err)
		err = gcry_cipher_checktag(handle, text->in + text->len, KT_TAG);
	return err ? gcrypt_failed("opening with libgcrypt", err) : 0;
}

static const struct library gcrypt = {
	open_gcrypt, close_gcrypt, seal_gcrypt, unseal_gcrypt,
};

/* ---- OpenSSL -------------------------------------------------------------- */

/* ARIA-GCM; @algorithm is the key's length in bits. */
static void *open_openssl(int algorithm, const uint8_t *key, size_t key_size)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const EVP_CIPHER *cipher = algorithm == 128 ? EVP_aria_128_gcm() :
						      EVP_aria_256_gcm();

	(void)key_size;
	if (ctx && EVP_CipherInit_ex(ctx, cipher, NULL, key, NULL, 1) == 1)
		return ctx;
	kt_say("EVP_CipherInit_ex of ARIA-%d-GCM failed", algorithm);
	EVP_CIPHER_CTX_free(ctx);
	return NULL;
}

static void close_openssl(void *handle)
{
	EVP_CIPHER_CTX_free(handle);
}

static int run_openssl(EVP_CIPHER_CTX *ctx, const struct kt_aead_text *text,
		       uint8_t *out)
{
	uint8_t rest[16];
	int n;

	if (EVP_CipherUpdate(ctx, NULL, &n, text->aad, text->aad_len) != 1)
		return -1;
	if (text->len && EVP_CipherUpdate(ctx, out, &n, text->in, text->len) != 1)
		return -1;
	return EVP_CipherFinal_ex(ctx, rest, &n) == 1 ? 0 : -1;
}

static int seal_openssl(void *handle, const struct kt_aead_text *text, uint8_t *out)
{
	if (EVP_CipherInit_ex(handle, NULL, NULL, NULL, text->nonce, 1) == 1 &&
	    !run_openssl(handle, text, out) &&
	    EVP_CIPHER_CTX_ctrl(handle, EVP_CTRL_AEAD_GET_TAG, KT_TAG,
				out + text->len) == 1)
		return 0;
	kt_say("sealing with OpenSSL failed");
	return -1;
}

static int unseal_openssl(void *handle, const struct kt_aead_text *text, uint8_t *out)
{
	if (EVP_CipherInit_ex(handle, NULL, NULL, NULL, text->nonce, 0) == 1 &&
	    EVP_CIPHER_CTX_ctrl(handle, EVP_CTRL_AEAD_SET_TAG, KT_TAG,
				(void *)(text->in + text->len)) == 1 &&
	    !run_openssl(handle, text, out))
		return 0;
	kt_say("opening with OpenSSL failed");
	return -1;
}

static const struct library openssl = {
	open_openssl, close_openssl, seal_openssl, unseal_openssl,
};

/* ---- which of them -------------------------------------------------------- */

static const struct {
	uint16_t cipher;
	const struct library *library;
	int algorithm;
} rows[] = {
	{ TLS_CIPHER_AES_GCM_128, &gnutls, GNUTLS_CIPHER_AES_128_GCM },
	{ TLS_CIPHER_AES_GCM_256, &gnutls, GNUTLS_CIPHER_AES_256_GCM },
	{ TLS_CIPHER_AES_CCM_128, &gnutls, GNUTLS_CIPHER_AES_128_CCM },
	{ TLS_CIPHER_CHACHA20_POLY1305, &gnutls, GNUTLS_CIPHER_CHACHA20_POLY1305 },
	{ TLS_CIPHER_SM4_GCM, &gcrypt, GCRY_CIPHER_MODE_GCM },
	{ TLS_CIPHER_SM4_CCM, &gcrypt, GCRY_CIPHER_MODE_CCM },
	{ TLS_CIPHER_ARIA_GCM_128, &openssl, 128 },
	{ TLS_CIPHER_ARIA_GCM_256, &openssl, 256 },
};

struct kt_aead *kt_aead_open(uint16_t cipher, const uint8_t *key)
{
	const struct kt_suite *suite = kt_suite(cipher);
	struct kt_aead *aead = malloc(sizeof(*aead));
	size_t i = 0;

	while (rows[i].cipher != cipher)
		i++;
	if (!aead)
		return NULL;
	aead->library = rows[i].library;
	aead->handle = aead->library->open(rows[i].algorithm, key, suite->key_size);
	if (aead->handle)
		return aead;
	free(aead);
	return NULL;
}

void kt_aead_close(struct kt_aead *aead)
{
	if (!aead)
		return;
	aead->library->close(aead->handle);
	free(aead);
}

int kt_aead_seal(struct kt_aead *aead, const struct kt_aead_text *text, uint8_t *out)
{
	return aead->library->seal(aead->handle, text, out);
}

int kt_aead_unseal(struct kt_aead *aead, const struct kt_aead_text *text, uint8_t *out)
{
	return aead->library->unseal(aead->handle, text, out);
}
