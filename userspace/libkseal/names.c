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

static const char *const ends[] = {
	[KSEAL_END_NONE] = "none",
	[KSEAL_END_ALERT] = "fatal alert of the peer",
	[KSEAL_END_TRUNCATED] = "no close_notify before the end",
	[KSEAL_END_BAD_RECORD] = "record that is not authentic",
	[KSEAL_END_TOO_LONG] = "record that is too long",
	[KSEAL_END_VERSION] = "record of another version",
	[KSEAL_END_UNEXPECTED] = "record or message where it has no place",
	[KSEAL_END_DECODE] = "malformed message",
	[KSEAL_END_PARAMETER] = "message with an illegal value",
	[KSEAL_END_FLOOD] = "too much that is no data",
	[KSEAL_END_RENEGOTIATION] = "renegotiation, which is refused",
	[KSEAL_END_KEY_LIMIT] = "key that has sealed all it may",
	[KSEAL_END_NO_SECRET] = "key update without a secret to follow it",
	[KSEAL_END_USED_UP] = "sequence numbers are used up",
	[KSEAL_END_CIPHER] = "the cipher failed",
	[KSEAL_END_PUSH] = "TCP takes no more records",
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

const char *kseal_end_name(unsigned int end)
{
	return end < ARRAY_SIZE(ends) ? ends[end] : NULL;
}
