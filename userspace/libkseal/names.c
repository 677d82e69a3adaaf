// SPDX-License-Identifier: LGPL-2.1-or-later
/* Numbers of <linux/tls.h> in words. */
#include <linux/tls.h>

#include "kseal.h"

struct name {
	uint16_t value;
	const char *text;
};

static const struct name versions[] = {
	{ TLS_1_2_VERSION, "TLS 1.2" },
	{ TLS_1_3_VERSION, "TLS 1.3" },
};

static const struct name ciphers[] = {
	{ TLS_CIPHER_AES_GCM_128, "AES-128-GCM" },
	{ TLS_CIPHER_AES_GCM_256, "AES-256-GCM" },
	{ TLS_CIPHER_CHACHA20_POLY1305, "CHACHA20-POLY1305" },
	{ TLS_CIPHER_AES_CCM_128, "AES-128-CCM" },
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *lookup(const struct name *names, size_t count, uint16_t value)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (names[i].value == value)
			return names[i].text;
	return NULL;
}

const char *kseal_version_name(uint16_t version)
{
	return lookup(versions, ARRAY_SIZE(versions), version);
}

const char *kseal_cipher_name(uint16_t cipher)
{
	return lookup(ciphers, ARRAY_SIZE(ciphers), cipher);
}
