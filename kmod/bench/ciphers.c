// SPDX-License-Identifier: GPL-2.0
/*
 * What the crypto API's ciphers are worth by themselves: a record layer cannot be
 * faster than its cipher.
 *
 * Written to /sys/module/kseal_bench/parameters/run:
 *	ALGORITHM KEY PREFIX RECORD COUNT
 * seals COUNT records of RECORD bytes of content, KEY being the bytes of its key,
 * and opens as many. The content lies in pages, as sendfile's does, and what is
 * sealed in the pages of records, behind a header of PREFIX bytes. Read back:
 *	DRIVER NANOSECONDS-SEALING NANOSECONDS-OPENING
 */
#include <crypto/aead.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#define RECORD_MAX	16384
#define PREFIX_MAX	16
#define TAG		16
#define PAGES		(RECORD_MAX / PAGE_SIZE + 1)
/* Records of different places, so that the caches see more than one. */
#define PLACES		16

/**
 * struct aead_bench - one measurement
 * @algorithm: as the crypto API calls it
 * @key_len: bytes of its key
 * @prefix: bytes of additional data; as much is in front of what is sealed
 * @record: bytes of content
 * @count: records
 * @plain: pages of content, those of one record after the other
 * @sealed: pages of records
 * @clear: where that list begins, header, content, tag
 * @hidden: likewise, header, ciphertext, tag
 * @headers: the additional data
 * @tfm: the cipher
 * @req: the one request there is
 * @wait: for implementations that call back
 * @iv: of the record in work
 */
struct aead_bench {
	char algorithm[CRYPTO_MAX_ALG_NAME];
	unsigned int key_len, prefix, record, count;
	struct page *plain[PLACES * PAGES], *sealed[PLACES * PAGES];
	struct scatterlist clear[PLACES][PAGES + 2], hidden[PLACES][PAGES + 2];
	u8 headers[PLACES][PREFIX_MAX];
	struct crypto_aead *tfm;
	struct aead_request *req;
	struct crypto_wait wait;
	u8 iv[16];
};

static DEFINE_MUTEX(lock);
static char result[CRYPTO_MAX_ALG_NAME + 48] = "nothing was measured\n";

/* @len bytes from @offset of the first page on; the rest of the pages from their start. */
static struct scatterlist *list_pages(struct scatterlist *sg, struct page **pages,
				      unsigned int offset, unsigned int len)
{
	unsigned int n;

	for (; len; len -= n, offset = 0) {
		n = min_t(unsigned int, len, PAGE_SIZE - offset);
		sg_set_page(sg++, *pages++, n, offset);
	}
	return sg;
}

static void make_lists(struct aead_bench *b)
{
	struct scatterlist *sg;
	unsigned int i;

	for (i = 0; i < PLACES; i++) {
		sg_init_table(b->clear[i], PAGES + 2);
		sg_set_buf(b->clear[i], b->headers[i], b->prefix);
		sg = list_pages(b->clear[i] + 1, b->plain + i * PAGES, 0, b->record);
		sg_mark_end(sg - 1);
		sg_init_table(b->hidden[i], PAGES + 2);
		sg = list_pages(b->hidden[i], b->sealed + i * PAGES, 0,
				b->prefix + b->record + TAG);
		sg_mark_end(sg - 1);
	}
}

static int get_pages_for(struct page **pages)
{
	unsigned int i;

	for (i = 0; i < PLACES * PAGES; i++) {
		pages[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!pages[i])
			return -ENOMEM;
	}
	return 0;
}

static int alloc_cipher(struct aead_bench *b)
{
	static const u8 key[64];
	int err;

	b->tfm = crypto_alloc_aead(b->algorithm, 0, 0);
	if (IS_ERR(b->tfm)) {
		err = PTR_ERR(b->tfm);
		b->tfm = NULL;
		return err;
	}
	err = crypto_aead_setauthsize(b->tfm, TAG);
	if (!err)
		err = crypto_aead_setkey(b->tfm, key, b->key_len);
	if (err)
		return err;
	b->req = aead_request_alloc(b->tfm, GFP_KERNEL);
	if (!b->req)
		return -ENOMEM;
	crypto_init_wait(&b->wait);
	aead_request_set_callback(b->req, CRYPTO_TFM_REQ_MAY_SLEEP | CRYPTO_TFM_REQ_MAY_BACKLOG,
				  crypto_req_done, &b->wait);
	aead_request_set_ad(b->req, b->prefix);
	return 0;
}

/* The next of @count records, sealed or opened. */
static int one_record(struct aead_bench *b, unsigned int i, bool seal)
{
	unsigned int at = i % PLACES;

	/* each place has a nonce of its own, which opens what it sealed */
	b->iv[0] = at;
	if (seal) {
		aead_request_set_crypt(b->req, b->clear[at], b->hidden[at], b->record, b->iv);
		return crypto_wait_req(crypto_aead_encrypt(b->req), &b->wait);
	}
	aead_request_set_crypt(b->req, b->hidden[at], b->clear[at], b->record + TAG, b->iv);
	return crypto_wait_req(crypto_aead_decrypt(b->req), &b->wait);
}

static int many_records(struct aead_bench *b, unsigned int count, bool seal, u64 *ns)
{
	u64 begun = ktime_get_ns();
	unsigned int i;
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		err = one_record(b, i, seal);
		cond_resched();
	}
	*ns = ktime_get_ns() - begun;
	return err;
}

static int measure(struct aead_bench *b)
{
	u64 sealing, opening;
	int err;

	err = get_pages_for(b->plain) ?: get_pages_for(b->sealed) ?: alloc_cipher(b);
	if (err)
		return err;
	make_lists(b);
	/* first without a look at the clock: each place is sealed once, at least */
	err = many_records(b, PLACES, true, &sealing) ?:
	      many_records(b, b->count, true, &sealing) ?:
	      many_records(b, b->count, false, &opening);
	if (err)
		return err;
	scnprintf(result, sizeof(result), "%s %llu %llu\n",
		  crypto_tfm_alg_driver_name(crypto_aead_tfm(b->tfm)), sealing, opening);
	return 0;
}

static void release(struct aead_bench *b)
{
	unsigned int i;

	for (i = 0; i < PLACES * PAGES; i++) {
		if (b->plain[i])
			__free_page(b->plain[i]);
		if (b->sealed[i])
			__free_page(b->sealed[i]);
	}
	aead_request_free(b->req);
	if (b->tfm)
		crypto_free_aead(b->tfm);
	kvfree(b);
}

static int run_set(const char *line, const struct kernel_param *kp)
{
	struct aead_bench *b = kvzalloc(sizeof(*b), GFP_KERNEL);
	int err = -EINVAL;

	BUILD_BUG_ON(sizeof(b->algorithm) != 128);
	if (!b)
		return -ENOMEM;
	if (sscanf(line, "%127s %u %u %u %u", b->algorithm, &b->key_len, &b->prefix,
		   &b->record, &b->count) == 5 && b->key_len <= 64 &&
	    b->prefix && b->prefix <= PREFIX_MAX && b->record && b->record <= RECORD_MAX) {
		mutex_lock(&lock);
		err = measure(b);
		mutex_unlock(&lock);
	}
	release(b);
	return err;
}

static int run_get(char *buffer, const struct kernel_param *kp)
{
	int len;

	mutex_lock(&lock);
	len = scnprintf(buffer, PAGE_SIZE, "%s", result);
	mutex_unlock(&lock);
	return len;
}

static const struct kernel_param_ops run_ops = {
	.set = run_set,
	.get = run_get,
};

module_param_cb(run, &run_ops, NULL, 0600);
MODULE_PARM_DESC(run, "write: ALGORITHM KEY PREFIX RECORD COUNT; read: DRIVER SEALING-NS OPENING-NS");
