/* SPDX-License-Identifier: GPL-2.0 */
/* AES-GCM of the module: each test with each form that this CPU can run. */
#ifndef TESTS_GCM_H
#define TESTS_GCM_H

#include "vectors/check.h"

#include "gcm/core.h"

/* A message in memory of its own, and what OpenSSL makes of it. */
struct gcm_message {
	uint8_t key[32], iv[12];
	size_t key_len, len, aad_len;
	const uint8_t *aad, *text;
	uint8_t *sealed;	/* len bytes, then the tag */
};

/* Runs the tests, a form as the state of each; the others are named. */
int gcm_run(const char *group, const struct CMUnitTest *tests, size_t count);

static inline enum kseal_gcm_form gcm_form(void **state)
{
	return *(enum kseal_gcm_form *)*state;
}

uint32_t gcm_random(void);
void gcm_random_bytes(uint8_t *p, size_t n);

/* Seals it with OpenSSL. */
void gcm_reference(const struct gcm_message *m);

#endif /* TESTS_GCM_H */
