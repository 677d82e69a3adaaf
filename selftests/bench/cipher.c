// SPDX-License-Identifier: GPL-2.0
/* The kernel's ciphers by themselves, by kseal_bench.ko. */
#include "bench.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RUN "/sys/module/kseal_bench/parameters/run"

/** bench_ask() - write @line to a parameter of kseal_bench.ko, and read its answer. */
int bench_ask(const char *parameter, const char *line, char *answer, size_t size)
{
	int fd = open(parameter, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return kt_errno(parameter);
	n = write(fd, line, strlen(line));
	close(fd);
	if (n < 0)
		return kt_errno(line);
	fd = open(parameter, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, answer, size - 1);
	if (n < 0)
		return kt_errno(parameter);
	answer[n] = 0;
	close(fd);
	return 0;
}

static int measure(const struct bench_case *what, const struct bench_suite *suite,
		   unsigned int records, char *driver, double *sealing, double *opening)
{
	const struct kt_suite *cipher = kt_suite(suite->cipher);
	char line[200], answer[200];

	snprintf(line, sizeof(line), "%s %zu %d %zu %u", cipher->aead, cipher->key_size,
		 suite->version == TLS_1_3_VERSION ? 5 : 13, what->size, records);
	if (bench_ask(RUN, line, answer, sizeof(answer)))
		return -1;
	if (sscanf(answer, "%127s %lf %lf", driver, sealing, opening) != 3) {
		kt_say("%s says: %s", RUN, answer);
		return -1;
	}
	return 0;
}

/** bench_cipher() - nanoseconds that a record of @what->size bytes takes. */
int bench_cipher(const struct bench_case *what, const struct bench_suite *suite)
{
	double sealing, opening;
	unsigned int records = 256;
	char driver[128];

	if (measure(what, suite, records, driver, &sealing, &opening))
		return -1;
	/* half the time for each direction */
	records = 1 + records * (bench_ms * 1e6 / 2) / (sealing + 1);
	if (measure(what, suite, records, driver, &sealing, &opening))
		return -1;
	bench_result(what, "-seal", driver, suite, "ns", sealing / records);
	bench_result(what, "-open", driver, suite, "ns", opening / records);
	return 0;
}
