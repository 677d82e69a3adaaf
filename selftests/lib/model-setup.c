// SPDX-License-Identifier: GPL-2.0
/* A connection before its first call, and behind its last. */
#include "model.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	SLEEP_MS = 15,			/* of a call in lock-step that blocks */
	SETUP = 1000,			/* ids for numbers beside the actors' */
};

static int wrong_count(struct model_actor *actor, const struct model_dir *dir,
		       const char *what, uint64_t counted, uint64_t of)
{
	return counted == of ? 0 :
	       model_fail(actor, "%s: %" PRIu64 " %s counted, of %" PRIu64, dir->name,
			  counted, what, of);
}

/* What the kernel counted is what went through. An end that is closed has
 * nothing more to say.
 */
static int check_counters(struct model_actor *actor, struct model_dir *dir)
{
	bool sends = dir->out.sealed && dir->out.fd >= 0;
	bool receives = dir->in.sealed && dir->in.fd >= 0;
	struct kseal_info out = { }, in = { };

	if ((sends && kt_info_get(dir->out.fd, &out)) ||
	    (receives && kt_info_get(dir->in.fd, &in)))
		return model_fail(actor, "no counters");
	if ((sends && wrong_count(actor, dir, "bytes sent", out.tx_bytes, dir->accepted)) ||
	    (receives && wrong_count(actor, dir, "bytes received", in.rx_bytes,
				     dir->accepted)))
		return -1;
	if (sends && receives)
		return wrong_count(actor, dir, "records received", in.rx_records,
				   out.tx_records);
	if (sends && !dir->in.sealed)
		return wrong_count(actor, dir, "records sent", out.tx_records, dir->records);
	if (receives && !dir->out.sealed)
		return wrong_count(actor, dir, "records received", in.rx_records,
				   dir->records);
	return 0;
}

int model_check_end(struct model *model)
{
	for (int i = 0; i < 2; i++)
		if (model_dir_done(&model->actors[0], &model->dirs[i]) ||
		    check_counters(&model->actors[0], &model->dirs[i]))
			return -1;
	return 0;
}

static int open_pipe(int *pipe)
{
	return pipe2(pipe, O_CLOEXEC) || kt_nonblock(pipe[0]) ||
	       fcntl(pipe[1], F_SETPIPE_SZ, 1 << 20) < 0 ? kt_errno("pipe") : 0;
}

static int init_side(struct model *model, struct model_dir *dir, struct model_side *side,
		     int end)
{
	side->dir = dir;
	side->fd = model->fd[end];
	side->sealed = !(model->plan.plain && end);
	side->pipe[0] = side->pipe[1] = side->tee[0] = side->tee[1] = -1;
	side->buffer = malloc(MODEL_MAX + MODEL_GUARD + 1);
	side->ring = mmap(NULL, MODEL_RING, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	side->wire = malloc(MODEL_WIRE);
	if (!side->buffer || !side->wire || side->ring == MAP_FAILED)
		abort();
	return open_pipe(side->pipe) || open_pipe(side->tee) ? -1 : 0;
}

static void done_side(struct model_side *side)
{
	free(side->buffer);
	free(side->wire);
	if (side->ring)
		munmap(side->ring, MODEL_RING);
	for (int i = 0; i < 2; i++) {
		kt_close(&side->pipe[i]);
		kt_close(&side->tee[i]);
	}
	kt_flow_done(&side->flow);
}

/* The kernel has not every suite. Return: 1 when it lacks this one. */
static int install(struct model *model)
{
	for (int i = 0; i < 2; i++) {
		struct model_dir *dir = &model->dirs[i];
		struct kt_key key;

		kt_key_make(&key, &dir->params, dir->key_seed, 0);
		if (dir->out.sealed && kt_install(dir->out.fd, TLS_TX, &key))
			return errno == ENOENT ? 1 : kt_errno("setsockopt(TLS_TX)");
		if (dir->in.sealed && kt_install(dir->in.fd, TLS_RX, &key))
			return kt_errno("setsockopt(TLS_RX)");
		if ((!dir->out.sealed && kt_flow_init(&dir->out.flow, &key)) ||
		    (!dir->in.sealed && kt_flow_init(&dir->in.flow, &key)))
			return -1;
	}
	return 0;
}

static int install_any(struct model *model, struct model_rng *rng)
{
	unsigned int first = model_rand(rng, 8);
	int ret = 1;

	for (unsigned int i = 0; i < 8 && ret > 0; i++) {
		uint16_t cipher = TLS_CIPHER_AES_GCM_128 + (first + i) % 8;

		if (model->plan.version == TLS_1_3_VERSION && !kt_suite(cipher)->tls13)
			continue;
		model->dirs[0].params.cipher = cipher;
		model->dirs[1].params.cipher = cipher;
		ret = install(model);
	}
	return ret ? -1 : 0;
}

static int connect_ends(struct model *model, struct model_rng *rng)
{
	struct kt_params params = {
		.version = model->plan.version,
		.cipher = TLS_CIPHER_AES_GCM_128,
		.family = model_rand(rng, 2) ? AF_INET6 : AF_INET,
	};
	static const int rcvbufs[] = { 0, 0, 0, 0, 4 << 10, 8 << 10, 16 << 10, 64 << 10 };
	struct kt_tune tune = {
		.fd_rcvbuf = rcvbufs[model_rand(rng, 8)],
		.raw_rcvbuf = rcvbufs[model_rand(rng, 8)],
	};
	struct kt_link link;
	int ret = kt_link_pair(&link, &params, &tune);

	kt_flow_done(&link.out);
	kt_flow_done(&link.in);
	model->fd[0] = link.fd;
	model->fd[1] = link.raw;
	for (int i = 0; i < 2; i++) {
		model->dirs[i].params = params;
		model->dirs[i].key_seed = 1000 + 10000 * i;
		model->dirs[i].max = KT_MAX_PLAIN;
		model->dirs[i].lowat = 1;
		model->dirs[i].name = i ? "<-" : "->";
		model->dirs[i].model = model;
		pthread_mutex_init(&model->dirs[i].lock, NULL);
	}
	return ret;
}

/* Calls that block end: in lock-step soon, with threads when something is lost. */
static int tune(struct model *model, struct model_rng *rng)
{
	bool threads = model->plan.threads;
	int ms = threads ? KT_WAIT_MS : SLEEP_MS;

	for (int i = 0; i < 2; i++) {
		if (kt_timeout(model->fd[i], SO_RCVTIMEO, ms) ||
		    kt_timeout(model->fd[i], SO_SNDTIMEO, ms))
			return -1;
		if (!threads || model_rand(rng, 2))
			continue;
		if (kt_nonblock(model->fd[i]))
			return -1;
		model->dirs[i].out.nonblock = true;
		model->dirs[!i].in.nonblock = true;
	}
	return 0;
}

int model_set_up(struct model *model)
{
	struct model_rng rng;
	int ret;

	model_rng_seed(&rng, model->plan.seed, SETUP, 0);
	ret = connect_ends(model, &rng);
	for (int i = 0; i < 2 && !ret; i++) {
		struct model_dir *dir = &model->dirs[i];

		ret = init_side(model, dir, &dir->out, i) ||
		      init_side(model, dir, &dir->in, !i) ? -1 : 0;
	}
	for (int i = 0; i < 4; i++) {
		static const char *const names[] = {
			"sender ->", "receiver ->", "sender <-", "receiver <-",
		};

		model->actors[i] = (struct model_actor) {
			.model = model, .id = i,
			.name = model->plan.threads ? names[i] : "step",
		};
		model_rng_seed(&model->actors[i].rng, model->plan.seed, i, 0);
	}
	if (!ret)
		ret = kt_attach(model->fd[0]) ||
		      (!model->plan.plain && kt_attach(model->fd[1])) ||
		      tune(model, &rng) || install_any(model, &rng) ? -1 : 0;
	return ret;
}

void model_clean_up(struct model *model)
{
	for (int i = 0; i < 2; i++) {
		struct model_dir *dir = &model->dirs[i];

		kt_close(&model->fd[i]);
		if (!dir->out.dir)
			continue;
		done_side(&dir->out);
		done_side(&dir->in);
		for (size_t n = 0; n < dir->n_spans; n++)
			free(dir->spans[n].literal);
		for (size_t n = 0; n < dir->n_facts; n++)
			free(dir->facts[n].copy);
		free(dir->spans);
		free(dir->facts);
	}
	free(model);
}
