// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls at both ends of a connection, held against a plain model
 * (lib/model.h). A failure prints its seed and the last calls; the same seed
 * makes the same calls:
 *
 *	KSEAL_SEED=N		this one connection, in every test
 *	KSEAL_MODEL_SEEDS=N	so many connections a test, instead of the few
 *	KSEAL_MODEL_STEPS=N	calls of each actor
 *	KSEAL_MODEL_FIRST=N	the first seed, 1 unless given
 *
 * -t model.tls13_plain.lock_step and the like choose among the tests.
 */
#include "lib/fixture.h"
#include <stdlib.h>
#include "lib/model.h"

FIXTURE(model) { int unused; };

FIXTURE_VARIANT(model) {
	uint16_t version;
	bool plain;
};

FIXTURE_VARIANT_ADD(model, tls12_sealed) { TLS_1_2_VERSION, false };
FIXTURE_VARIANT_ADD(model, tls12_plain) { TLS_1_2_VERSION, true };
FIXTURE_VARIANT_ADD(model, tls13_sealed) { TLS_1_3_VERSION, false };
FIXTURE_VARIANT_ADD(model, tls13_plain) { TLS_1_3_VERSION, true };

FIXTURE_SETUP(model)
{
	self->unused = 0;
}

FIXTURE_TEARDOWN(model) { }

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

static int run_seeds(struct model_plan *plan, unsigned int steps, unsigned int seeds)
{
	uint64_t only = number("KSEAL_SEED", 0);
	uint64_t first = only ? only : number("KSEAL_MODEL_FIRST", 1);
	uint64_t count = only ? 1 : number("KSEAL_MODEL_SEEDS", seeds);

	plan->steps = number("KSEAL_MODEL_STEPS", steps);
	for (plan->seed = first; plan->seed < first + count; plan->seed++)
		if (model_run(plan))
			return -1;
	return 0;
}

TEST_F_TIMEOUT(model, lock_step, 600)
{
	struct model_plan plan = { .version = variant->version, .plain = variant->plain };

	EXPECT_EQ(0, run_seeds(&plan, 200, 3));
}

/* Connections that once stood still: with a small window, and part of a header
 * alone on TCP's queue, where it held on to the buffer it came in.
 */
static int run_known(struct model_plan *plan)
{
	static const uint64_t seeds[] = { 5105 };

	plan->steps = 80;
	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++) {
		plan->seed = seeds[i];
		if (model_run(plan))
			return -1;
	}
	return 0;
}

TEST_F_TIMEOUT(model, threads, 600)
{
	struct model_plan plan = {
		.version = variant->version, .plain = variant->plain, .threads = true,
	};

	EXPECT_EQ(0, run_seeds(&plan, 60, 4));
	EXPECT_EQ(0, run_known(&plan));
}

TEST_HARNESS_MAIN
