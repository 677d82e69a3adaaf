// SPDX-License-Identifier: GPL-2.0
/* The numbers a seed gives, and what is said of a run that fails. */
#include "model.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- what happened ------------------------------------------------------ */

void model_log(struct model_actor *actor, const char *format, ...)
{
	char *line = actor->log[actor->logged++ % MODEL_LOG];
	va_list args;
	int n;

	n = snprintf(line, sizeof(actor->log[0]), "%s %u: ", actor->name,
		     actor->step);
	va_start(args, format);
	vsnprintf(line + n, sizeof(actor->log[0]) - n, format, args);
	va_end(args);
}

static void show_log(const struct model_actor *actor)
{
	unsigned int n = actor->logged < MODEL_LOG ? actor->logged : MODEL_LOG;

	for (unsigned int i = actor->logged - n; i != actor->logged; i++)
		kt_say("  %s", actor->log[i % MODEL_LOG]);
}

int model_fail(struct model_actor *actor, const char *format, ...)
{
	struct model *model = actor->model;
	const struct model_plan *plan = &model->plan;
	char text[300];
	va_list args;

	if (__atomic_exchange_n(&model->failed, 1, __ATOMIC_SEQ_CST))
		return -1;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	kt_say("%s, step %u: %s", actor->name, actor->step, text);
	kt_say("KSEAL_SEED=%" PRIu64 " TLS 1.%d %s %s %s, cipher %u",
	       plan->seed, plan->version == TLS_1_3_VERSION ? 3 : 2,
	       plan->plain ? "one end plain" : "both ends sealed",
	       plan->threads ? "threads" : "lock-step",
	       model->dirs[0].params.family == AF_INET ? "IPv4" : "IPv6",
	       model->dirs[0].params.cipher);
	for (int i = 0; i < 4; i++)
		show_log(&model->actors[i]);
	/* whoever sleeps in a call is to see the end of it */
	shutdown(model->fd[0], SHUT_RDWR);
	shutdown(model->fd[1], SHUT_RDWR);
	return -1;
}

/* ---- numbers ------------------------------------------------------------ */

static uint64_t mix(uint64_t x)
{
	x ^= x >> 30;
	x *= 0xbf58476d1ce4e5b9;
	x ^= x >> 27;
	x *= 0x94d049bb133111eb;
	return x ^ x >> 31;
}

void model_rng_seed(struct model_rng *rng, uint64_t seed, uint64_t who,
		    uint64_t step)
{
	rng->state = mix(mix(mix(seed + 1) + who) + step);
}

uint64_t model_rand(struct model_rng *rng, uint64_t below)
{
	rng->state += 0x9e3779b97f4a7c15;
	return mix(rng->state) % below;
}

size_t model_size(struct model_rng *rng, size_t max)
{
	static const size_t edges[] = {
		0, 1, 2, 15, 16, 17, 63, 64, 4095, 4096, 4097, 8192, 16383,
		16384, 16385, 32767, 32768, 49152, 65535, 65536, MODEL_MAX,
	};
	size_t size;

	switch (model_rand(rng, 10)) {
	case 0 ... 3:
		size = edges[model_rand(rng, sizeof(edges) / sizeof(edges[0]))];
		break;
	case 4 ... 6:
		size = model_rand(rng, 300);
		break;
	case 7 ... 8:
		size = model_rand(rng, 20000);
		break;
	default:
		size = model_rand(rng, MODEL_MAX + 1);
	}
	return size > max ? size % (max + 1) : size;
}

size_t model_cut(struct model_rng *rng, struct iovec *iov, uint8_t *buffer, size_t len)
{
	size_t n = 1 + model_rand(rng, MODEL_IOVS), part;

	for (size_t i = 0; i < n; i++, buffer += part, len -= part) {
		part = i == n - 1 ? len : model_size(rng, len);
		iov[i] = (struct iovec) { buffer, part };
	}
	return n;
}
