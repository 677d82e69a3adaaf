// SPDX-License-Identifier: GPL-2.0
/*
 * The key schedule's last steps (RFC 8446 7.2, 7.3): a traffic secret makes a key
 * and an iv, and the secret that comes next.
 */
#include <crypto/hash.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "kseal.h"

/* HKDF-Expand-Label() with the secret that @hmac has for a key. */
static int expand(struct crypto_shash *hmac, const char *label, u8 *out, size_t size)
{
	SHASH_DESC_ON_STACK(desc, hmac);
	u8 info[KSEAL_HKDF_INFO_MAX], block[KSEAL_HASH_MAX];
	int err;

	desc->tfm = hmac;
	err = crypto_shash_digest(desc, info, kseal_hkdf_info(label, size, info), block);
	shash_desc_zero(desc);
	if (!err)
		memcpy(out, block, size);
	memzero_explicit(block, sizeof(block));
	return err;
}

/* Return: an HMAC keyed with @secret, for crypto_free_shash(); ERR_PTR(). */
static struct crypto_shash *keyed(const struct kseal_hash *hash, const u8 *secret)
{
	struct crypto_shash *hmac = crypto_alloc_shash(hash->hmac, 0, 0);
	int err;

	if (IS_ERR(hmac))
		return hmac;
	err = crypto_shash_setkey(hmac, secret, hash->size);
	if (!err)
		return hmac;
	crypto_free_shash(hmac);
	return ERR_PTR(err);
}

/* Key and iv of a secret, for the first record under it, as setsockopt() would have
 * them.
 */
static int expand_info(const struct kseal_schedule *schedule, const struct kseal_record *rec,
		       u8 *info)
{
	const struct kseal_suite *suite = rec->suite;
	struct tls_crypto_info *head = (void *)info;
	u8 iv[KSEAL_NONCE_SIZE];
	struct crypto_shash *hmac;
	int err;

	hmac = keyed(schedule->hash, schedule->secret);
	if (IS_ERR(hmac))
		return PTR_ERR(hmac);
	memset(info, 0, KSEAL_INFO_MAX);
	head->version = rec->version;
	head->cipher_type = suite->cipher_type;
	err = expand(hmac, "key", info + suite->key_offset, suite->key_size) ?:
	      expand(hmac, "iv", iv, sizeof(iv));
	if (!err) {
		memcpy(info + suite->salt_offset, iv, suite->salt_size);
		memcpy(info + suite->iv_offset, iv + suite->salt_size, suite->iv_size);
	}
	memzero_explicit(iv, sizeof(iv));
	crypto_free_shash(hmac);
	return err;
}

static int next_secret(const struct kseal_schedule *schedule, u8 *secret)
{
	struct crypto_shash *hmac = keyed(schedule->hash, schedule->secret);
	int err;

	if (IS_ERR(hmac))
		return PTR_ERR(hmac);
	err = expand(hmac, "traffic upd", secret, schedule->hash->size);
	crypto_free_shash(hmac);
	return err;
}

static int derive(const struct kseal_schedule *schedule, const struct kseal_record *rec,
		  struct kseal_schedule *next, struct kseal_key *key)
{
	int err;

	next->hash = schedule->hash;
	err = next_secret(schedule, next->secret) ?: expand_info(next, rec, key->info);
	if (err)
		return err;
	kseal_record_init(&key->record, rec->suite, rec->version, key->info);
	return kseal_aead_init(&key->aead, rec->suite,
			       key->info + rec->suite->key_offset);
}

/**
 * kseal_schedule_next() - the key that follows
 * @schedule: of the present key; moves on when the caller takes @next for it
 * @rec: the present key's numbers
 * @next: to fill; to be wiped after an error as well
 * @key: to fill, zeroed; to be freed with kseal_key_wipe() in any case
 *
 * What it allocates it does without any input or output, like the socket may be
 * used.
 *
 * Return: 0; -ENOMEM; an error of the crypto API.
 */
int kseal_schedule_next(const struct kseal_schedule *schedule, const struct kseal_record *rec,
			struct kseal_schedule *next, struct kseal_key *key)
{
	unsigned int noio = memalloc_noio_save();
	int err;

	BUILD_BUG_ON(KSEAL_HASH_MAX != KSEAL_SECRET_SIZE);
	BUILD_BUG_ON((int)KSEAL_KEY_MAX > 32 || (int)KSEAL_NONCE_SIZE > 32);
	err = derive(schedule, rec, next, key);
	memalloc_noio_restore(noio);
	return err;
}

/**
 * kseal_schedule_check() - whether a key comes from a secret
 * @schedule: the secret
 * @key: the key
 *
 * Return: 0; -EKEYREJECTED it does not; -ENOENT the kernel has no such HMAC;
 * -ENOMEM.
 */
int kseal_schedule_check(const struct kseal_schedule *schedule, const struct kseal_key *key)
{
	const struct kseal_suite *suite = key->record.suite;
	u8 info[KSEAL_INFO_MAX] __aligned(__alignof__(struct tls_crypto_info));
	int err;

	err = expand_info(schedule, &key->record, info);
	if (!err && (memcmp(info + suite->key_offset, key->info + suite->key_offset,
			    suite->key_size) ||
		     memcmp(info + suite->salt_offset, key->record.nonce, suite->salt_size) ||
		     memcmp(info + suite->iv_offset, key->record.nonce + suite->salt_size,
			    suite->iv_size)))
		err = -EKEYREJECTED;
	memzero_explicit(info, sizeof(info));
	return err;
}

/**
 * kseal_schedule_free() - forget a secret
 * @schedule: its place; NULL after it
 */
void kseal_schedule_free(struct kseal_schedule **schedule)
{
	kfree_sensitive(*schedule);
	*schedule = NULL;
}
