// SPDX-License-Identifier: GPL-2.0
/*
 * gcm(aes) for the crypto API: synchronous, in softirqs as well, and straight
 * from the pages of the source to those of the destination.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <crypto/aes.h>
#include <crypto/algapi.h>
#include <crypto/gcm.h>
#include <crypto/internal/aead.h>
#include <crypto/scatterwalk.h>
#include <linux/module.h>
#include <linux/scatterlist.h>

#include "core.h"
#include "fpu.h"

/* Bytes for which preemption stays disabled: a TLS record and what is around it. */
#define KSEAL_GCM_STRETCH	(20 * 1024)
#define KSEAL_GCM_ALIGN		16

static char *form_name;
module_param_named(form, form_name, charp, 0444);
MODULE_PARM_DESC(form, "avx512, avx2 or aesni, instead of the best that this CPU can run");

static int priority;
module_param(priority, int, 0444);
MODULE_PARM_DESC(priority, "for the crypto API, instead of one that depends on the form");

/**
 * struct kseal_gcm_ctx - a tfm's
 * @fallback: what is used where the vector registers cannot be
 * @expanded: is there a key in @room, and not only in @fallback?
 * @room: a struct kseal_gcm_key, aligned
 */
struct kseal_gcm_ctx {
	struct crypto_aead *fallback;
	bool expanded;
	u8 room[sizeof(struct kseal_gcm_key) + KSEAL_GCM_ALIGN - 1];
};

/* A place in a scatterlist. */
struct kseal_gcm_place {
	struct scatterlist *sg;
	size_t offset;
};

/* One request on its way; @left is what may still be done in this stretch. */
struct kseal_gcm_run {
	const struct kseal_gcm_key *key;
	struct kseal_gcm_state state;
	size_t left;
};

static enum kseal_gcm_form form;

static struct kseal_gcm_key *key_of(struct kseal_gcm_ctx *ctx)
{
	return PTR_ALIGN((struct kseal_gcm_key *)ctx->room, KSEAL_GCM_ALIGN);
}

/* ---- keys ---------------------------------------------------------------------- */

static int gcm_setkey(struct crypto_aead *tfm, const u8 *raw, unsigned int len)
{
	struct kseal_gcm_ctx *ctx = crypto_aead_ctx(tfm);
	int err;

	ctx->expanded = false;
	err = aes_check_keylen(len);
	if (err)
		return err;
	crypto_aead_clear_flags(ctx->fallback, CRYPTO_TFM_REQ_MASK);
	crypto_aead_set_flags(ctx->fallback,
			      crypto_aead_get_flags(tfm) & CRYPTO_TFM_REQ_MASK);
	err = crypto_aead_setkey(ctx->fallback, raw, len);
	if (err || !crypto_simd_usable())
		return err;
	kseal_gcm_fpu_begin();
	err = kseal_gcm_expand(key_of(ctx), form, raw, len);
	kseal_gcm_fpu_end();
	ctx->expanded = !err;
	return err;
}

static int gcm_setauthsize(struct crypto_aead *tfm, unsigned int size)
{
	struct kseal_gcm_ctx *ctx = crypto_aead_ctx(tfm);

	return crypto_gcm_check_authsize(size) ?:
	       crypto_aead_setauthsize(ctx->fallback, size);
}

/* ---- requests -------------------------------------------------------------------- */

/*
 * What is there in one piece, at most *@len bytes, which becomes how many they
 * are. There is no memory on x86-64 that the kernel would have to map first.
 */
static u8 *place_at(struct kseal_gcm_place *place, size_t *len)
{
	BUILD_BUG_ON(IS_ENABLED(CONFIG_HIGHMEM));
	while (place->offset >= place->sg->length) {
		place->offset -= place->sg->length;
		place->sg = sg_next(place->sg);
	}
	*len = min_t(size_t, *len, place->sg->length - place->offset);
	return (u8 *)sg_virt(place->sg) + place->offset;
}

static void run_begin(struct kseal_gcm_run *run)
{
	kseal_gcm_fpu_begin();
	run->left = KSEAL_GCM_STRETCH;
}

/* Lets others have the CPU when a stretch is over; how much of @len is in it. */
static size_t run_clamp(struct kseal_gcm_run *run, size_t len)
{
	if (!run->left) {
		kseal_gcm_fpu_end();
		run_begin(run);
	}
	len = min(len, run->left);
	run->left -= len;
	return len;
}

static void run_aad(struct kseal_gcm_run *run, struct kseal_gcm_place *src, size_t len)
{
	size_t n;
	u8 *from;

	for (; len; len -= n) {
		n = len;
		from = place_at(src, &n);
		n = run_clamp(run, n);
		kseal_gcm_aad(run->key, &run->state, from, n);
		src->offset += n;
	}
}

static void run_text(struct kseal_gcm_run *run, struct kseal_gcm_place *src,
		     struct kseal_gcm_place *dst, size_t len, bool enc)
{
	u8 *from, *to;
	size_t n;

	for (; len; len -= n) {
		n = len;
		from = place_at(src, &n);
		to = place_at(dst, &n);
		n = run_clamp(run, n);
		if (enc)
			kseal_gcm_encrypt(run->key, &run->state, to, from, n);
		else
			kseal_gcm_decrypt(run->key, &run->state, to, from, n);
		src->offset += n;
		dst->offset += n;
	}
}

/* The whole of a request, but for the tag's way in or out. */
static void run_request(struct aead_request *req, size_t len, bool enc, u8 *tag)
{
	struct kseal_gcm_ctx *ctx = crypto_aead_ctx(crypto_aead_reqtfm(req));
	struct kseal_gcm_place src = { req->src }, dst = { req->dst, req->assoclen };
	struct kseal_gcm_run run;

	run.key = key_of(ctx);
	kseal_gcm_start(&run.state, req->iv);
	run_begin(&run);
	run_aad(&run, &src, req->assoclen);
	run_text(&run, &src, &dst, len, enc);
	kseal_gcm_tag(run.key, &run.state, tag);
	kseal_gcm_fpu_end();
	memzero_explicit(&run.state, sizeof(run.state));
}

/* In interrupts that came while somebody else had the registers. */
static struct aead_request *fallback_request(struct aead_request *req)
{
	struct kseal_gcm_ctx *ctx = crypto_aead_ctx(crypto_aead_reqtfm(req));
	struct aead_request *sub = aead_request_ctx(req);

	aead_request_set_tfm(sub, ctx->fallback);
	aead_request_set_callback(sub, aead_request_flags(req), req->base.complete,
				  req->base.data);
	aead_request_set_crypt(sub, req->src, req->dst, req->cryptlen, req->iv);
	aead_request_set_ad(sub, req->assoclen);
	return sub;
}

static bool can_run(struct aead_request *req)
{
	const struct kseal_gcm_ctx *ctx = crypto_aead_ctx(crypto_aead_reqtfm(req));

	return ctx->expanded && crypto_simd_usable();
}

static int gcm_encrypt(struct aead_request *req)
{
	struct crypto_aead *tfm = crypto_aead_reqtfm(req);
	u8 tag[KSEAL_GCM_TAG];

	if (!can_run(req))
		return crypto_aead_encrypt(fallback_request(req));
	run_request(req, req->cryptlen, true, tag);
	scatterwalk_map_and_copy(tag, req->dst, req->assoclen + req->cryptlen,
				 crypto_aead_authsize(tfm), 1);
	return 0;
}

static int gcm_decrypt(struct aead_request *req)
{
	unsigned int size = crypto_aead_authsize(crypto_aead_reqtfm(req));
	unsigned int len = req->cryptlen - size;
	u8 tag[KSEAL_GCM_TAG], received[KSEAL_GCM_TAG];
	int err;

	if (!can_run(req))
		return crypto_aead_decrypt(fallback_request(req));
	scatterwalk_map_and_copy(received, req->src, req->assoclen + len, size, 0);
	run_request(req, len, false, tag);
	err = crypto_memneq(tag, received, size) ? -EBADMSG : 0;
	/* what the right tag would have been is nobody's business */
	memzero_explicit(tag, sizeof(tag));
	return err;
}

/* ---- registration ------------------------------------------------------------------ */

static int gcm_init_tfm(struct crypto_aead *tfm)
{
	struct kseal_gcm_ctx *ctx = crypto_aead_ctx(tfm);

	/* what is beyond that takes 2 KiB */
	BUILD_BUG_ON(sizeof(*tfm) + sizeof(*ctx) > 1024);
	ctx->fallback = crypto_alloc_aead("gcm(aes)", 0,
					  CRYPTO_ALG_ASYNC | CRYPTO_ALG_NEED_FALLBACK);
	if (IS_ERR(ctx->fallback))
		return PTR_ERR(ctx->fallback);
	crypto_aead_set_reqsize(tfm, sizeof(struct aead_request) +
				crypto_aead_reqsize(ctx->fallback));
	return 0;
}

static void gcm_exit_tfm(struct crypto_aead *tfm)
{
	struct kseal_gcm_ctx *ctx = crypto_aead_ctx(tfm);

	crypto_free_aead(ctx->fallback);
}

/*
 * What each form registers. The kernel's own have 400 up to 6.10, by AES-NI; from
 * 6.11 on also 500 with AVX, 600 or 700 with VAES, and 800 with AVX-512. Those with
 * VAES are beaten where that has been measured: then @known_priority.
 */
static const struct {
	const char *driver;
	int priority, known_priority;
} registered[KSEAL_GCM_FORMS] = {
	[KSEAL_GCM_AVX512] = { "gcm-aes-kseal-vaes-avx512", 590, 850 },
	[KSEAL_GCM_AVX2] = { "gcm-aes-kseal-vaes-avx2", 590, 750 },
	[KSEAL_GCM_AESNI] = { "gcm-aes-kseal-aesni", 390, 390 },
};

static struct aead_alg gcm_alg = {
	.setkey		= gcm_setkey,
	.setauthsize	= gcm_setauthsize,
	.encrypt	= gcm_encrypt,
	.decrypt	= gcm_decrypt,
	.init		= gcm_init_tfm,
	.exit		= gcm_exit_tfm,
	.ivsize		= GCM_AES_IV_SIZE,
	.maxauthsize	= KSEAL_GCM_TAG,
	.chunksize	= AES_BLOCK_SIZE,
	.base = {
		.cra_name	= "gcm(aes)",
		.cra_flags	= CRYPTO_ALG_NEED_FALLBACK,
		.cra_blocksize	= 1,
		.cra_ctxsize	= sizeof(struct kseal_gcm_ctx),
		.cra_module	= THIS_MODULE,
	},
};

/* The form that the parameter names, or the best; KSEAL_GCM_FORMS if there is none. */
static enum kseal_gcm_form choose_form(void)
{
	enum kseal_gcm_form f;

	if (!form_name)
		return kseal_gcm_best();
	for (f = 0; f < KSEAL_GCM_FORMS; f++)
		if (!strcmp(form_name, kseal_gcm_form_name(f)))
			break;
	if (f == KSEAL_GCM_FORMS)
		pr_err("form=%s: the forms are avx512, avx2 and aesni\n", form_name);
	else if (!kseal_gcm_usable(f))
		pr_err("form=%s: this CPU cannot run it\n", form_name);
	else
		return f;
	return KSEAL_GCM_FORMS;
}

static int __init kseal_gcm_init(void)
{
	struct crypto_alg *base = &gcm_alg.base;

	form = choose_form();
	if (form == KSEAL_GCM_FORMS)
		return -ENODEV;
	strscpy(base->cra_driver_name, registered[form].driver, sizeof(base->cra_driver_name));
	base->cra_priority = registered[form].priority;
	if (kseal_gcm_measured())
		base->cra_priority = registered[form].known_priority;
	if (priority)
		base->cra_priority = priority;
	return crypto_register_aead(&gcm_alg);
}

static void __exit kseal_gcm_exit(void)
{
	crypto_unregister_aead(&gcm_alg);
}

module_init(kseal_gcm_init);
module_exit(kseal_gcm_exit);
MODULE_DESCRIPTION("AES-GCM for CPUs with VAES and VPCLMULQDQ");
MODULE_LICENSE("GPL");
