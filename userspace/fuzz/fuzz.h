/* SPDX-License-Identifier: GPL-2.0 */
/* What the fuzz targets share: taking an input apart, and failing. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/tls.h>

#include "../../kmod/record.h"

#define REQUIRE(condition) do {						\
	if (!(condition)) {						\
		fprintf(stderr, "%s:%d: not so: %s\n", __FILE__,	\
			__LINE__, #condition);				\
		abort();						\
	}								\
} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

/* The next byte, 0 when there are no more. */
static inline uint8_t input_byte(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

static inline void input_fill(struct input *in, uint8_t *out, size_t size)
{
	while (size--)
		*out++ = input_byte(in);
}

/*
 * A direction with the suite and version its first byte picks and the numbers
 * of the bytes behind it.
 */
static inline void input_direction(struct input *in, struct kseal_record *rec,
				   uint8_t *info)
{
	static const uint16_t ciphers[] = {
		TLS_CIPHER_AES_GCM_128, TLS_CIPHER_AES_GCM_256, TLS_CIPHER_AES_CCM_128,
		TLS_CIPHER_CHACHA20_POLY1305, TLS_CIPHER_SM4_GCM, TLS_CIPHER_SM4_CCM,
		TLS_CIPHER_ARIA_GCM_128, TLS_CIPHER_ARIA_GCM_256,
	};
	uint8_t pick = input_byte(in);
	const struct kseal_suite *suite = kseal_suite_find(ciphers[(pick & 1) |
								   (pick >> 1 & 6)]);

	REQUIRE(suite);
	input_fill(in, info, suite->info_size);
	kseal_record_init(rec, suite, pick & 2 ? TLS_1_3_VERSION : TLS_1_2_VERSION, info);
}

#endif /* FUZZ_H */
