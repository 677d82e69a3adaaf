// SPDX-License-Identifier: GPL-2.0
/*
 * How fast each form of kmod/gcm/ is, beside OpenSSL: the contenders take turns,
 * a few milliseconds each, many times over, and the median of each one's turns is
 * what counts. See scripts/bench-gcm.
 */
#include <dlfcn.h>
#include <err.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/evp.h>

#include "gcm/core.h"

enum {
	PAGE		= 4096,
	POOL		= 16,		/* pages of source, and of destination */
	ROUNDS		= 41,
	TURN_NS		= 1500000,
	BATCH		= 256,		/* messages between two looks at the clock */
	LIBRARIES_MAX	= 4,
	CONTENDERS_MAX	= KSEAL_GCM_FORMS + LIBRARIES_MAX,
};

/* What is measured: a message, and how it lies in memory. */
static const struct shape {
	const char *name;
	size_t len, aad_len;
	bool pages;		/* the source in pages of anywhere, the destination too */
	size_t offset;		/* where in the destination's first page */
} shapes[] = {
	{ "16384 bytes in one piece", 16384, 5, false, 0 },
	{ "1400 bytes in one piece", 1400, 5, false, 0 },
	{ "256 bytes in one piece", 256, 5, false, 0 },
	{ "16384 bytes in pages, TLS 1.3", 16384, 5, true, 5 },
	{ "16384 bytes in pages, TLS 1.2", 16384, 13, true, 13 },
};

struct library {
	void *handle;
	EVP_CIPHER_CTX *ctx;
	__typeof__(EVP_EncryptInit_ex) *init;
	__typeof__(EVP_EncryptUpdate) *update;
	__typeof__(EVP_EncryptFinal_ex) *final;
	__typeof__(EVP_CIPHER_CTX_ctrl) *ctrl;
};

static struct contender {
	char name[64];
	struct kseal_gcm_key key;
	struct kseal_gcm_state state;
	struct library lib;
	double seconds[ROUNDS];		/* for one message */
} contenders[CONTENDERS_MAX];
static int count, libraries;

static uint8_t key[16] = "a key of no use", iv[12], aad[13];
static uint8_t *src_pool, *dst_pool;
/* pages in no order that a prefetcher would guess */
static const int order[POOL] = { 3, 9, 0, 14, 6, 11, 1, 8, 15, 4, 12, 2, 10, 5, 13, 7 };

/* ---- one message ----------------------------------------------------------------- */

static void piece(struct contender *c, uint8_t *dst, const uint8_t *src, size_t len)
{
	int n;

	if (c->lib.handle)
		c->lib.update(c->lib.ctx, dst, &n, src, len);
	else
		kseal_gcm_encrypt(&c->key, &c->state, dst, src, len);
}

static void text_in_pages(struct contender *c, const struct shape *s)
{
	size_t from = 0, to = s->offset, left = s->len, n;

	while (left) {
		n = PAGE - from % PAGE;
		if (n > PAGE - to % PAGE)
			n = PAGE - to % PAGE;
		if (n > left)
			n = left;
		piece(c, dst_pool + order[POOL - 1 - to / PAGE] * PAGE + to % PAGE,
		      src_pool + order[from / PAGE] * PAGE + from % PAGE, n);
		from += n;
		to += n;
		left -= n;
	}
}

static void text(struct contender *c, const struct shape *s)
{
	if (s->pages)
		text_in_pages(c, s);
	else
		piece(c, dst_pool, src_pool, s->len);
}

static void message(struct contender *c, const struct shape *s)
{
	uint8_t tag[16];
	int n;

	iv[0]++;
	if (!c->lib.handle) {
		kseal_gcm_start(&c->state, iv);
		kseal_gcm_aad(&c->key, &c->state, aad, s->aad_len);
		text(c, s);
		kseal_gcm_tag(&c->key, &c->state, tag);
		return;
	}
	c->lib.init(c->lib.ctx, NULL, NULL, NULL, iv);
	c->lib.update(c->lib.ctx, NULL, &n, aad, s->aad_len);
	text(c, s);
	c->lib.final(c->lib.ctx, tag, &n);
	c->lib.ctrl(c->lib.ctx, EVP_CTRL_GCM_GET_TAG, sizeof(tag), tag);
}

/* ---- turns ------------------------------------------------------------------------ */

/* of this thread on its CPU, so that what else runs there does not count */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec * 1e-9;
}

static double turn(struct contender *c, const struct shape *s)
{
	double begin = now(), end;
	int n = 0, i;

	do {
		for (i = 0; i < BATCH; i++)
			message(c, s);
		n += BATCH;
		end = now();
	} while ((end - begin) * 1e9 < TURN_NS);
	return (end - begin) / n;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* GB/s of each, to speeds */
static void measure(const struct shape *s, double *speeds)
{
	int i, round;

	for (i = 0; i < count; i++)
		turn(&contenders[i], s);
	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < count; i++)
			contenders[i].seconds[round] = turn(&contenders[i], s);
	for (i = 0; i < count; i++) {
		qsort(contenders[i].seconds, ROUNDS, sizeof(double), by_value);
		speeds[i] = s->len / contenders[i].seconds[ROUNDS / 2] / 1e9;
	}
}

/* ---- who takes part ----------------------------------------------------------------- */

static void add_forms(void)
{
	int form;

	for (form = 0; form < KSEAL_GCM_FORMS; form++) {
		struct contender *c = &contenders[count];

		if (!kseal_gcm_usable(form)) {
			printf("form %s is not available on this CPU\n", kseal_gcm_form_name(form));
			continue;
		}
		snprintf(c->name, sizeof(c->name), "%s", kseal_gcm_form_name(form));
		kseal_gcm_expand(&c->key, form, key, sizeof(key));
		count++;
	}
}

static void *symbol(void *handle, const char *name)
{
	void *p = dlsym(handle, name);

	if (!p)
		errx(1, "libcrypto has no %s", name);
	return p;
}

static void add_library(const char *path)
{
	struct contender *c = &contenders[count++];
	struct library *lib = &c->lib;
	__typeof__(EVP_CIPHER_CTX_new) *new;
	__typeof__(EVP_aes_128_gcm) *cipher;
	__typeof__(OpenSSL_version) *version;

	lib->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!lib->handle)
		errx(1, "cannot load %s: %s", path, dlerror());
	lib->init = symbol(lib->handle, "EVP_EncryptInit_ex");
	lib->update = symbol(lib->handle, "EVP_EncryptUpdate");
	lib->final = symbol(lib->handle, "EVP_EncryptFinal_ex");
	lib->ctrl = symbol(lib->handle, "EVP_CIPHER_CTX_ctrl");
	new = symbol(lib->handle, "EVP_CIPHER_CTX_new");
	cipher = symbol(lib->handle, "EVP_aes_128_gcm");
	version = symbol(lib->handle, "OpenSSL_version");
	strcpy(c->name, "OpenSSL ");
	sscanf(version(OPENSSL_VERSION), "OpenSSL %40s", c->name + 8);
	lib->ctx = new();
	if (!lib->ctx || lib->init(lib->ctx, cipher(), NULL, key, iv) != 1)
		errx(1, "%s does not encrypt", path);
	libraries++;
}

/* The first form beside the last library: does it reach what is asked for? */
static int judge(double speeds[][CONTENDERS_MAX])
{
	const double goal = 0.9;
	double whole = speeds[0][0] / speeds[0][count - 1];
	double pages, worst = 1e9;
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		if (!shapes[i].pages)
			continue;
		pages = speeds[i][0] / speeds[0][count - 1];
		worst = pages < worst ? pages : worst;
	}
	printf("\n%s beside %s: %.2f of it at 16 KiB in one piece (%.2f is asked for),\n"
	       "at worst %.2f in pages (%.2f is asked for)\n", contenders[0].name,
	       contenders[count - 1].name, whole, goal, worst, 0.85 * goal);
	return whole >= goal && worst >= 0.85 * goal ? 0 : 1;
}

int main(int argc, char **argv)
{
	static double speeds[sizeof(shapes) / sizeof(*shapes)][CONTENDERS_MAX];
	size_t s;
	int i;

	if (argc < 2 || argc > 1 + LIBRARIES_MAX)
		errx(2, "usage: %s LIBCRYPTO...", argv[0]);
	src_pool = aligned_alloc(PAGE, POOL * PAGE);
	dst_pool = aligned_alloc(PAGE, POOL * PAGE);
	if (!src_pool || !dst_pool)
		errx(1, "no memory");
	memset(src_pool, 1, POOL * PAGE);
	memset(dst_pool, 2, POOL * PAGE);
	add_forms();
	for (i = 1; i < argc; i++)
		add_library(argv[i]);
	printf("AES-128-GCM, GB/s, medians of %d turns\n\n%-32s", ROUNDS, "");
	for (i = 0; i < count; i++)
		printf("%16s", contenders[i].name);
	for (s = 0; s < sizeof(shapes) / sizeof(*shapes); s++) {
		measure(&shapes[s], speeds[s]);
		printf("\n%-32s", shapes[s].name);
		for (i = 0; i < count; i++)
			printf("%16.2f", speeds[s][i]);
		fflush(stdout);
	}
	printf("\n");
	return judge(speeds);
}
