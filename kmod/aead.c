// SPDX-License-Identifier: GPL-2.0
/*
 * One direction's cipher: set up with the key, then one record at a time.
 * Requests are waited for; nothing completes behind the caller's back.
 */
#include <crypto/aead.h>
#include <linux/err.h>

#include "kseal.h"

#define KSEAL_AEAD_FLAGS (CRYPTO_TFM_REQ_MAY_BACKLOG | CRYPTO_TFM_REQ_MAY_SLEEP)

/**
 * kseal_aead_init() - allocate and key the algorithm of a suite
 * @aead: to fill; on error nothing is kept
 * @suite: the suite
 * @key: @suite->key_size bytes
 *
 * Asynchronous implementations are welcome: up to 6.13 the AES-NI gcm(aes)
 * carries that flag, and masking it would pick plain C without a word.
 *
 * Return: 0; -ENOENT the kernel has no such algorithm; -ENOMEM.
 */
int kseal_aead_init(struct kseal_aead *aead, const struct kseal_suite *suite,
		    const u8 *key)
{
	struct crypto_aead *tfm;
	int err;

	tfm = crypto_alloc_aead(suite->aead, 0, 0);
	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	err = crypto_aead_setauthsize(tfm, suite->tag_size);
	if (!err)
		err = crypto_aead_setkey(tfm, key, suite->key_size);
	if (err) {
		crypto_free_aead(tfm);
		return err;
	}
	aead->tfm = tfm;
	return 0;
}

/**
 * kseal_aead_destroy() - free cipher and key
 * @aead: as filled by kseal_aead_init(), or zeroed, or destroyed before
 */
void kseal_aead_destroy(struct kseal_aead *aead)
{
	crypto_free_aead(aead->tfm);
	aead->tfm = NULL;
}

/**
 * kseal_aead_driver() - which implementation the crypto API picked
 * @aead: the cipher
 *
 * Return: its cra_driver_name, "" when the key is wiped.
 */
const char *kseal_aead_driver(const struct kseal_aead *aead)
{
	return aead->tfm ? crypto_tfm_alg_driver_name(crypto_aead_tfm(aead->tfm)) : "";
}

/**
 * kseal_aead_work_size() - memory for a struct kseal_aead_work
 * @aead: the cipher, not wiped
 *
 * Connections are many and mostly idle, so none keeps this: the generic gcm(aes) alone
 * wants half a KiB.
 *
 * Return: bytes, with what the algorithm wants behind the structure.
 */
size_t kseal_aead_work_size(const struct kseal_aead *aead)
{
	return sizeof(struct kseal_aead_work) + crypto_aead_reqsize(aead->tfm);
}

/**
 * kseal_aead_work_init() - before the first record of a call
 * @work: room for kseal_aead_work_size() bytes
 * @aead: the cipher; a new key in its place wants another @work
 */
void kseal_aead_work_init(struct kseal_aead_work *work, const struct kseal_aead *aead)
{
	work->size = kseal_aead_work_size(aead) - offsetof(struct kseal_aead_work, iv);
	memset(work->iv, 0, sizeof(work->iv));
	aead_request_set_tfm(&work->req, aead->tfm);
}

/**
 * kseal_aead_work_wipe() - behind the last record of a call
 * @work: as filled by kseal_aead_work_init(); the cipher may be gone
 */
void kseal_aead_work_wipe(struct kseal_aead_work *work)
{
	memzero_explicit(work->iv, work->size);
}

/* Start the request, and wait for implementations that call back. */
static int run(struct aead_request *req, int (*start)(struct aead_request *req))
{
	DECLARE_CRYPTO_WAIT(wait);

	aead_request_set_callback(req, KSEAL_AEAD_FLAGS, crypto_req_done, &wait);
	return crypto_wait_req(start(req), &wait);
}

/* The next record's nonce, as the algorithm wants it. */
static void set_iv(const struct kseal_record *rec, const u8 *explicit_nonce, u8 *iv)
{
	/* The nonce's length decides the length field's: 3 bytes for 12. The
	 * rest of the iv is the counter, and zero.
	 */
	if (rec->suite->ccm_flags)
		*iv++ = rec->suite->ccm_flags;
	kseal_record_nonce(rec, explicit_nonce, iv);
}

/**
 * kseal_aead_seal() - encrypt and authenticate the next record
 * @key: the direction; its sequence number stays
 * @work: the call's
 * @type: content type
 * @content: bytes of content, without the inner type
 * @in: first entry for the additional data, then content and, in TLS 1.3, the
 *	inner type
 * @out: first entry for the additional data, then as many bytes and the tag;
 *	may be @in
 *
 * Return: 0 or an error of the cipher.
 */
int kseal_aead_seal(const struct kseal_key *key, struct kseal_aead_work *work, u8 type,
		    size_t content, struct scatterlist *in, struct scatterlist *out)
{
	const struct kseal_record *rec = &key->record;
	size_t aad = kseal_record_aad(rec, type, content, work->aad);

	set_iv(rec, NULL, work->iv);
	sg_set_buf(in, work->aad, aad);
	if (out != in)
		sg_set_buf(out, work->aad, aad);
	aead_request_set_ad(&work->req, aad);
	aead_request_set_crypt(&work->req, in, out,
			       content + kseal_record_inner_type(rec), work->iv);
	return run(&work->req, crypto_aead_encrypt);
}

/**
 * kseal_aead_open() - decrypt and check the next record
 * @key: the direction; its sequence number stays
 * @work: the call's
 * @header: of the record
 * @explicit_nonce: off the wire, for TLS 1.2
 * @in: first entry for the additional data, then ciphertext and tag
 * @out: first entry for the additional data, then content and inner type
 *
 * Return: 0; -EBADMSG it is not authentic; or an error of the cipher.
 */
int kseal_aead_open(const struct kseal_key *key, struct kseal_aead_work *work,
		    const struct kseal_header *header, const u8 *explicit_nonce,
		    struct scatterlist *in, struct scatterlist *out)
{
	const struct kseal_record *rec = &key->record;
	size_t aad = kseal_record_aad(rec, header->type, header->content, work->aad);

	set_iv(rec, explicit_nonce, work->iv);
	sg_set_buf(in, work->aad, aad);
	sg_set_buf(out, work->aad, aad);
	aead_request_set_ad(&work->req, aad);
	aead_request_set_crypt(&work->req, in, out,
			       header->content + kseal_record_tail_size(rec), work->iv);
	return run(&work->req, crypto_aead_decrypt);
}

/**
 * kseal_key_move() - a key takes another one's place
 * @to: its secrets are wiped
 * @from: has none any more
 */
void kseal_key_move(struct kseal_key *to, struct kseal_key *from)
{
	kseal_key_wipe(to);
	*to = *from;
	memzero_explicit(from, sizeof(*from));
}

/**
 * kseal_key_wipe() - forget a direction's secrets
 * @key: no record can be sealed or opened after it
 */
void kseal_key_wipe(struct kseal_key *key)
{
	kseal_aead_destroy(&key->aead);
	memzero_explicit(key->info, sizeof(key->info));
	memzero_explicit(key->record.nonce, sizeof(key->record.nonce));
}
