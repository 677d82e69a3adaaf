// SPDX-License-Identifier: GPL-2.0
/* Each test with each form of the module's AES-GCM, and OpenSSL beside it. */
#include <stdlib.h>

#include <openssl/evp.h>

#include "gcm.h"

static enum kseal_gcm_form form_of[KSEAL_GCM_FORMS];

/* The form that every CPU has on which AES-GCM is worth anything. */
static void aesni_is_tested(void **state)
{
	(void)state;
	assert_true(kseal_gcm_usable(KSEAL_GCM_AESNI));
}

static char *name_for(const char *name, const char *form)
{
	char *s;

	if (asprintf(&s, "%s (%s)", name, form) < 0)
		abort();
	return s;
}

int gcm_run(const char *group, const struct CMUnitTest *tests, size_t count)
{
	struct CMUnitTest *all = calloc(count * KSEAL_GCM_FORMS + 1, sizeof(*all));
	size_t n = 0, i;
	int form, failed;

	if (!all)
		abort();
	all[n++] = (struct CMUnitTest)cmocka_unit_test(aesni_is_tested);
	for (form = 0; form < KSEAL_GCM_FORMS; form++) {
		const char *name = kseal_gcm_form_name(form);

		form_of[form] = form;
		if (!kseal_gcm_usable(form)) {
			printf("# %s: form %s is not available on this CPU\n", group, name);
			continue;
		}
		for (i = 0; i < count; i++, n++) {
			all[n] = tests[i];
			all[n].name = name_for(tests[i].name, name);
			all[n].initial_state = &form_of[form];
		}
	}
	fflush(stdout);
	failed = _cmocka_run_group_tests(group, all, n, NULL, NULL);
	for (i = 1; i < n; i++)
		free((void *)all[i].name);
	free(all);
	return failed;
}

/* xorshift; the same in each run */
uint32_t gcm_random(void)
{
	static uint32_t x = 2463534242;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}

void gcm_random_bytes(uint8_t *p, size_t n)
{
	while (n--)
		*p++ = gcm_random() >> 11;
}

void gcm_reference(const struct gcm_message *m)
{
	const EVP_CIPHER *cipher = m->key_len == 16 ? EVP_aes_128_gcm() :
				   m->key_len == 24 ? EVP_aes_192_gcm() :
				   EVP_aes_256_gcm();
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t none[16];
	int n;

	assert_non_null(ctx);
	assert_int_equal(EVP_EncryptInit_ex(ctx, cipher, NULL, m->key, m->iv), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, m->aad, m->aad_len), 1);
	assert_int_equal(EVP_EncryptUpdate(ctx, m->sealed, &n, m->text, m->len), 1);
	assert_int_equal(EVP_EncryptFinal_ex(ctx, none, &n), 1);
	assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, 16,
					     m->sealed + m->len), 1);
	EVP_CIPHER_CTX_free(ctx);
}
