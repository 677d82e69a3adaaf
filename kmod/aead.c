// SPDX-License-Identifier: GPL-2.0
/*
 * One direction's cipher: set up with the key, then one record at a time.
 * Requests are waited for; nothing completes behind the caller's back.
 */
#include <crypto/aead.h>
#include <linux/err.h>
#include <linux/slab.h>

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
	if (err)
		goto err_tfm;
	err = -ENOMEM;
	aead->req = aead_request_alloc(tfm, GFP_KERNEL);
	if (!aead->req)
		goto err_tfm;
	/* The nonce's length decides the length field's: 3 bytes for 12. The
	 * rest of the iv is the counter, and zero.
	 */
	aead->ccm = suite->ccm_flags ? 1 : 0;
	aead->iv[0] = suite->ccm_flags;
	aead->tfm = tfm;
	return 0;

err_tfm:
	crypto_free_aead(tfm);
	return err;
}

/**
 * kseal_aead_destroy() - free cipher and key
 * @aead: as filled by kseal_aead_init(), or zeroed, or destroyed before
 */
void kseal_aead_destroy(struct kseal_aead *aead)
{
	if (!aead->tfm)
		return;
	aead_request_free(aead->req);
	crypto_free_aead(aead->tfm);
	aead->req = NULL;
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

/* Start the request, and wait for implementations that call back. */
static int run(struct kseal_aead *aead, int (*start)(struct aead_request *req))
{
	DECLARE_CRYPTO_WAIT(wait);

	aead_request_set_callback(aead->req, KSEAL_AEAD_FLAGS, crypto_req_done, &wait);
	return crypto_wait_req(start(aead->req), &wait);
}

/**
 * kseal_aead_seal() - encrypt and authenticate the next record
 * @key: the direction; its sequence number stays
 * @type: content type
 * @content: bytes of content, without the inner type
 * @in: first entry for the additional data, then content and, in TLS 1.3, the
 *	inner type
 * @out: first entry for the additional data, then as many bytes and the tag;
 *	may be @in
 *
 * Return: 0 or an error of the cipher.
 */
int kseal_aead_seal(struct kseal_key *key, u8 type, size_t content,
		    struct scatterlist *in, struct scatterlist *out)
{
	const struct kseal_record *rec = &key->record;
	struct kseal_aead *aead = &key->aead;
	size_t aad = kseal_record_aad(rec, type, content, aead->aad);

	kseal_record_nonce(rec, NULL, aead->iv + aead->ccm);
	sg_set_buf(in, aead->aad, aad);
	if (out != in)
		sg_set_buf(out, aead->aad, aad);
	aead_request_set_ad(aead->req, aad);
	aead_request_set_crypt(aead->req, in, out,
			       content + kseal_record_inner_type(rec), aead->iv);
	return run(aead, crypto_aead_encrypt);
}

/**
 * kseal_aead_open() - decrypt and check the next record
 * @key: the direction; its sequence number stays
 * @header: of the record
 * @explicit_nonce: off the wire, for TLS 1.2
 * @in: first entry for the additional data, then ciphertext and tag
 * @out: first entry for the additional data, then content and inner type
 *
 * Return: 0; -EBADMSG it is not authentic; or an error of the cipher.
 */
int kseal_aead_open(struct kseal_key *key, const struct kseal_header *header,
		    const u8 *explicit_nonce, struct scatterlist *in,
		    struct scatterlist *out)
{
	const struct kseal_record *rec = &key->record;
	struct kseal_aead *aead = &key->aead;
	size_t aad = kseal_record_aad(rec, header->type, header->content, aead->aad);

	kseal_record_nonce(rec, explicit_nonce, aead->iv + aead->ccm);
	sg_set_buf(in, aead->aad, aad);
	sg_set_buf(out, aead->aad, aad);
	aead_request_set_ad(aead->req, aad);
	aead_request_set_crypt(aead->req, in, out,
			       header->content + kseal_record_tail_size(rec), aead->iv);
	return run(aead, crypto_aead_decrypt);
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
