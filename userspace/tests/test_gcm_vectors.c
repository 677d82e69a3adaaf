// SPDX-License-Identifier: GPL-2.0
/*
 * kmod/gcm/ against the vectors of NIST's Cryptographic Algorithm Validation
 * Program, those with nonces of 96 bits, as Debian has them in the package
 * python3-cryptography-vectors.
 */
#include <stdlib.h>

#include "gcm.h"

#define VECTORS "/usr/lib/python3/dist-packages/cryptography_vectors/ciphers/AES/GCM"

enum { FIELD_MAX = 256 };

/* One vector, as its lines come. */
struct vector {
	uint8_t key[FIELD_MAX], iv[FIELD_MAX], pt[FIELD_MAX], ct[FIELD_MAX], aad[FIELD_MAX];
	uint8_t tag[FIELD_MAX];
	size_t key_len, iv_len, pt_len, ct_len, aad_len, tag_len;
	int count;
	bool authentic;
};

static void take(struct vector *v, const char *name, const char *hex)
{
	const struct {
		const char *name;
		uint8_t *to;
		size_t *len;
	} fields[] = {
		{ "Key", v->key, &v->key_len }, { "IV", v->iv, &v->iv_len },
		{ "PT", v->pt, &v->pt_len }, { "CT", v->ct, &v->ct_len },
		{ "AAD", v->aad, &v->aad_len }, { "Tag", v->tag, &v->tag_len },
	};
	size_t i;

	for (i = 0; i < ROWS(fields); i++)
		if (!strcmp(name, fields[i].name))
			*fields[i].len = unhex(hex, fields[i].to, FIELD_MAX);
}

static void check_vector(enum kseal_gcm_form form, const struct vector *v, const char *file)
{
	struct kseal_gcm_key key;
	struct kseal_gcm_state s;
	uint8_t out[FIELD_MAX], tag[16];
	char what[64];

	snprintf(what, sizeof(what), "%s, AES-%zu, count %d", file, v->key_len * 8, v->count);
	assert_int_equal(kseal_gcm_expand(&key, form, v->key, v->key_len), 0);
	kseal_gcm_start(&s, v->iv);
	kseal_gcm_aad(&key, &s, v->aad, v->aad_len);
	kseal_gcm_decrypt(&key, &s, out, v->ct, v->ct_len);
	kseal_gcm_tag(&key, &s, tag);
	check_num(what, "authentic", !memcmp(tag, v->tag, v->tag_len), v->authentic);
	if (!v->authentic)
		return;
	check_num(what, "length of the plaintext", v->pt_len, v->ct_len);
	check_bytes(what, "plaintext", out, v->pt, v->pt_len);
	kseal_gcm_start(&s, v->iv);
	kseal_gcm_aad(&key, &s, v->aad, v->aad_len);
	kseal_gcm_encrypt(&key, &s, out, v->pt, v->pt_len);
	kseal_gcm_tag(&key, &s, tag);
	check_bytes(what, "ciphertext", out, v->ct, v->ct_len);
	check_bytes(what, "tag", tag, v->tag, v->tag_len);
}

/* Checks a vector that is complete, and makes room; returns if there was one. */
static int flush(enum kseal_gcm_form form, struct vector *v, const char *file)
{
	int ours = v->key_len && v->iv_len == KSEAL_GCM_IV;

	if (ours)
		check_vector(form, v, file);
	memset(v, 0, sizeof(*v));
	v->authentic = true;
	return ours;
}

/* How many vectors of the file were ours. */
static int check_file(enum kseal_gcm_form form, const char *file)
{
	char path[256], line[1024], name[16], hex[1024];
	struct vector v = { 0 };
	int checked = 0, fields;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", VECTORS, file);
	f = fopen(path, "r");
	if (!f)
		fail_msg("%s cannot be opened: scripts/setup check installs it", path);
	while (fgets(line, sizeof(line), f)) {
		hex[0] = '\0';
		fields = sscanf(line, "%15[A-Za-z] = %1023[0-9a-f]", name, hex);
		if (fields < 1)
			continue;
		if (!strcmp(name, "FAIL")) {
			v.authentic = false;
		} else if (!strcmp(name, "Count")) {
			checked += flush(form, &v, file);
			v.count = atoi(hex);
		} else {
			take(&v, name, hex);
		}
	}
	fclose(f);
	return checked + flush(form, &v, file);
}

static void published_vectors(void **state)
{
	static const char *const files[] = {
		"gcmEncryptExtIV128.rsp", "gcmEncryptExtIV192.rsp", "gcmEncryptExtIV256.rsp",
		"gcmDecrypt128.rsp", "gcmDecrypt192.rsp", "gcmDecrypt256.rsp",
	};
	size_t i;

	/* of each file, the third with nonces of 96 bits: 5 x 5 x 7 groups of 15 */
	for (i = 0; i < ROWS(files); i++)
		check_num(files[i], "vectors with nonces of 96 bits",
			  check_file(gcm_form(state), files[i]), 2625);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_vectors),
	};

	return gcm_run("gcm_vectors", tests, ROWS(tests));
}
