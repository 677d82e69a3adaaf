// SPDX-License-Identifier: GPL-2.0
/*
 * faults MODULE [PATTERN] - run all operations, or those whose names match, with
 * all their failure points, and print TAP. For a guest whose kernel has
 * CONFIG_FAULT_INJECTION; the module must not be loaded. Memory is locked, so
 * that only what is under test allocates. With FAULTS_VERBOSE in the environment
 * the kernel logs where it failed each time.
 */
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <sys/mman.h>

#include "faults.h"

static const struct {
	const char *name;
	struct kt_params params;
} suites[] = {
	{ "TLS 1.2", { TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET } },
	{ "TLS 1.3", { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6 } },
};

static const char *pattern = "*";
static unsigned int count, failed, points;

/* Milliseconds since the last time. */
static long lap(void)
{
	static struct timespec last;
	struct timespec now;
	long ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (now.tv_sec - last.tv_sec) * 1000 + (now.tv_nsec - last.tv_nsec) / 1000000;
	last = now;
	return ms;
}

static void result(int ok, const char *suite, const char *name, const struct outcome *outcome)
{
	count++;
	failed += !ok;
	points += outcome->points;
	printf("%sok %u %s: %s: %u failure points\n", ok ? "" : "not ", count, suite, name,
	       outcome->points);
	printf("# succeeded at %u, failed cleanly at %u; connections ended: %u; %ld ms\n",
	       outcome->through, outcome->failed, outcome->ended, lap());
	fflush(stdout);
}

static void run(const struct operation *op, size_t suite)
{
	const struct kt_params *params = &suites[suite].params;
	struct outcome outcome;

	if (((op->flags & ONLY_13) && params->version != TLS_1_3_VERSION) ||
	    ((op->flags & (ONCE | NO_LINK)) && suite) || fnmatch(pattern, op->name, 0))
		return;
	result(!fault_step(op, params, &outcome),
	       op->flags & (ONCE | NO_LINK) ? "any" : suites[suite].name, op->name, &outcome);
}

static void run_all(const struct operation *op, size_t suite)
{
	for (; op->name; op++)
		run(op, suite);
}

static void run_softirq(size_t suite)
{
	static const char name[] = "records that arrive with nobody reading";
	struct outcome outcome;

	if (fnmatch(pattern, name, 0))
		return;
	result(!fault_softirq_step(&suites[suite].params, &outcome), suites[suite].name, name,
	       &outcome);
}

static int begin(const char *module)
{
	unsigned long start, end;

	if (module_path(module) || module_load("")) {
		kt_errno("loading the module");
		return -1;
	}
	fault_stream();
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		return kt_errno("mlockall");
	return module_text(&start, &end) || fault_arm_init(start) ? -1 : 0;
}

int main(int argc, char **argv)
{
	if (argc != 2 && argc != 3) {
		fprintf(stderr, "usage: faults MODULE [PATTERN]\n");
		return 2;
	}
	pattern = argc == 3 ? argv[2] : pattern;
	signal(SIGPIPE, SIG_IGN);
	printf("TAP version 13\n");
	if (begin(argv[1])) {
		printf("Bail out! nothing can be made to fail here\n");
		return 1;
	}
	lap();
	for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		run_all(setup_operations, i);
		run_all(send_operations, i);
		run_all(recv_operations, i);
		run_all(call_operations, i);
		run_all(net_operations, i);
		run_all(ticket_operations, i);
		run_softirq(i);
	}
	if (module_unload())
		kt_errno("unloading the module");
	else
		run_all(load_operations, 0);
	count++;
	failed += !points;
	printf("%sok %u failures were made: %u\n", points ? "" : "not ", count, points);
	printf("1..%u\n", count);
	return !!failed;
}
