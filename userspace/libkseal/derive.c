// SPDX-License-Identifier: LGPL-2.1-or-later
/* From a traffic secret of TLS 1.3 to its keys (RFC 8446 7.1 to 7.3). */
#include <errno.h>
#include <string.h>
#include <linux/tls.h>
#include <gnutls/crypto.h>

#include "kseal.h"

enum {
	SECRET_MAX = 48,		/* of SHA-384 */
	LABEL_MAX = 32,
};

/** struct schedule - what a cipher's keys are derived with, and how long they are */
struct schedule {
	uint16_t cipher;
	gnutls_mac_algorithm_t hash;
	size_t secret_size;
	size_t key_size;
};

static const struct schedule schedules[] = {
	{ TLS_CIPHER_AES_GCM_128, GNUTLS_MAC_SHA256, 32, TLS_CIPHER_AES_GCM_128_KEY_SIZE },
	{ TLS_CIPHER_AES_GCM_256, GNUTLS_MAC_SHA384, 48, TLS_CIPHER_AES_GCM_256_KEY_SIZE },
	{ TLS_CIPHER_AES_CCM_128, GNUTLS_MAC_SHA256, 32, TLS_CIPHER_AES_CCM_128_KEY_SIZE },
	{ TLS_CIPHER_CHACHA20_POLY1305, GNUTLS_MAC_SHA256, 32,
	  TLS_CIPHER_CHACHA20_POLY1305_KEY_SIZE },
};

static const struct schedule *find_schedule(uint16_t cipher)
{
	size_t i;

	for (i = 0; i < sizeof(schedules) / sizeof(schedules[0]); i++)
		if (schedules[i].cipher == cipher)
			return &schedules[i];
	return NULL;
}

/* HKDF-Expand-Label with an empty context; struct HkdfLabel is what it hashes. */
static int expand(const struct schedule *schedule, const void *secret, const char *name,
		  uint8_t *out, size_t size)
{
	const gnutls_datum_t key = { (void *)secret, schedule->secret_size };
	const size_t length = strlen(name);
	uint8_t label[LABEL_MAX] = { size >> 8, size, strlen("tls13 ") + length };
	gnutls_datum_t info = { label, 3 + label[2] + 1 };

	memcpy(label + 3, "tls13 ", strlen("tls13 "));
	memcpy(label + 3 + strlen("tls13 "), name, length);
	return gnutls_hkdf_expand(schedule->hash, &key, &info, out, size) ? -ENOTSUP : 0;
}

static int look_up(uint16_t cipher, size_t size, const struct schedule **schedule)
{
	*schedule = find_schedule(cipher);
	if (!*schedule)
		return -ENOTSUP;
	return size == (*schedule)->secret_size ? 0 : -EINVAL;
}

int kseal_derive_keys(uint16_t cipher, const void *secret, size_t size,
		      struct kseal_keys *keys)
{
	const struct schedule *schedule;
	int ret = look_up(cipher, size, &schedule);

	if (ret)
		return ret;
	memset(keys, 0, sizeof(*keys));
	keys->size = sizeof(*keys);
	keys->version = TLS_1_3_VERSION;
	keys->cipher = cipher;
	keys->key_size = schedule->key_size;
	keys->iv_size = KSEAL_IV_MAX;
	ret = expand(schedule, secret, "key", keys->key, keys->key_size);
	if (!ret)
		ret = expand(schedule, secret, "iv", keys->iv, keys->iv_size);
	if (ret)
		explicit_bzero(keys, sizeof(*keys));
	return ret;
}

int kseal_next_secret(uint16_t cipher, void *secret, size_t size)
{
	const struct schedule *schedule;
	uint8_t next[SECRET_MAX];
	int ret = look_up(cipher, size, &schedule);

	if (!ret)
		ret = expand(schedule, secret, "traffic upd", next, size);
	if (!ret)
		memcpy(secret, next, size);
	explicit_bzero(next, sizeof(next));
	return ret;
}
