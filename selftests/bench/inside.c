// SPDX-License-Identifier: GPL-2.0
/* Sending, by kseal_bench.ko: both ends worked inside the kernel, without system calls. */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>

#define SOCKETS "/sys/module/kseal_bench/parameters/sockets"

/* Return: nanoseconds; -1 */
static long long ask(const struct bench_case *what, const struct bench_conn *conn,
		     const char *how, unsigned int count)
{
	char line[100], answer[100];

	snprintf(line, sizeof(line), "%d %d %s %zu %u", conn->fd[SENDER], conn->fd[READER], how,
		 what->size, count);
	return bench_ask(SOCKETS, line, answer, sizeof(answer)) ? -1 : atoll(answer);
}

static int inside(const struct bench_case *what, const struct bench_transport *transport,
		  const struct bench_suite *suite, const char *how)
{
	unsigned int count = 16;
	struct bench_conn conn;
	long long ns = -1;

	if (!bench_conn_open(&conn, transport, suite, what->record, true)) {
		/* windows open in the first ones */
		ns = ask(what, &conn, how, count);
		if (ns > 0) {
			count = 1 + count * (bench_ms * 1e6) / ns;
			ns = ask(what, &conn, how, count);
		}
	}
	bench_conn_close(&conn);
	if (ns <= 0)
		return -1;
	bench_result(what, "", transport->name, suite, what->record ? "records/s" : "B/s",
		     (double)what->size * count * 1e9 / ns / (what->record ?: 1));
	return 0;
}

/** bench_inside_pages() - pages, as sendfile sends them. */
int bench_inside_pages(const struct bench_case *what, const struct bench_transport *transport,
		       const struct bench_suite *suite)
{
	return inside(what, transport, suite, "pages");
}

/** bench_inside_write() - the same from memory. */
int bench_inside_write(const struct bench_case *what, const struct bench_transport *transport,
		       const struct bench_suite *suite)
{
	return inside(what, transport, suite, "write");
}
