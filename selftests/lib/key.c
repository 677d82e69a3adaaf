// SPDX-License-Identifier: GPL-2.0
/* Traffic keys, and the structures the kernel takes them in. */
#include "kt.h"
#include <string.h>

void kt_put64(uint8_t *to, uint64_t value)
{
	for (int i = 7; i >= 0; i--, value >>= 8)
		to[i] = value;
}

uint64_t kt_get64(const uint8_t *from)
{
	uint64_t value = 0;

	for (int i = 0; i < 8; i++)
		value = value << 8 | from[i];
	return value;
}

static void fill(uint8_t *to, size_t len, unsigned int seed)
{
	while (len--) {
		seed = seed * 1103515245 + 12345;
		*to++ = seed >> 16;
	}
}

void kt_key_make(struct kt_key *key, const struct kt_params *params,
		 unsigned int seed, uint64_t seq)
{
	memset(key, 0, sizeof(*key));
	key->version = params->version;
	key->cipher = params->cipher;
	key->seq = seq;
	fill(key->key, sizeof(key->key), seed);
	fill(key->salt, sizeof(key->salt), seed + 1);
	fill(key->iv, sizeof(key->iv), seed + 2);
	/* so that counting up by a few carries into the next byte */
	key->iv[7] = 0xfe;
}

void kt_key_rewind(struct kt_key *key, unsigned int records)
{
	key->seq -= records;
	if (key->version == TLS_1_2_VERSION)
		kt_put64(key->iv, kt_get64(key->iv) - records);
}

socklen_t kt_key_info(const struct kt_key *key, union kt_info *info)
{
	memset(info, 0, sizeof(*info));
	info->head.version = key->version;
	info->head.cipher_type = key->cipher;
	if (key->cipher == TLS_CIPHER_AES_GCM_128) {
		memcpy(info->gcm128.key, key->key, sizeof(info->gcm128.key));
		memcpy(info->gcm128.salt, key->salt, sizeof(key->salt));
		memcpy(info->gcm128.iv, key->iv, sizeof(key->iv));
		kt_put64(info->gcm128.rec_seq, key->seq);
		return sizeof(info->gcm128);
	}
	memcpy(info->gcm256.key, key->key, sizeof(info->gcm256.key));
	memcpy(info->gcm256.salt, key->salt, sizeof(key->salt));
	memcpy(info->gcm256.iv, key->iv, sizeof(key->iv));
	kt_put64(info->gcm256.rec_seq, key->seq);
	return sizeof(info->gcm256);
}

const uint8_t *kt_info_iv(const union kt_info *info)
{
	return info->head.cipher_type == TLS_CIPHER_AES_GCM_128 ?
	       info->gcm128.iv : info->gcm256.iv;
}

uint64_t kt_info_seq(const union kt_info *info)
{
	return kt_get64(info->head.cipher_type == TLS_CIPHER_AES_GCM_128 ?
			info->gcm128.rec_seq : info->gcm256.rec_seq);
}
