// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel keeps for a connection, both ends together: the difference of
 * all memory in use, without what programs have, over many connections.
 */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lines of /proc/meminfo, in KiB. */
static long long meminfo(const char *const *names)
{
	FILE *file = fopen("/proc/meminfo", "re");
	long long sum = 0, value;
	char name[64];

	if (!file)
		return kt_errno("/proc/meminfo");
	while (fscanf(file, "%63[^:]: %lld%*[^\n]\n", name, &value) == 2)
		for (int i = 0; names[i]; i++)
			if (!strcmp(names[i], name))
				sum += value;
	fclose(file);
	return sum * 1024;
}

static long long kernel_bytes(void)
{
	static const char *const total[] = { "MemTotal", NULL };
	static const char *const others[] = {
		"MemFree", "AnonPages", "Cached", "Buffers", "PageTables", NULL
	};

	return meminfo(total) - meminfo(others);
}

static int open_all(struct bench_conn *conns, unsigned int count, unsigned int *opened,
		    const struct bench_transport *transport, const struct bench_suite *suite)
{
	for (; *opened < count; ++*opened)
		if (bench_conn_open(&conns[*opened], transport, suite, 0, false))
			return -1;
	return 0;
}

/** bench_memory() - of @what->count connections with @what->size bytes unread in each. */
int bench_memory(const struct bench_case *what, const struct bench_transport *transport,
		 const struct bench_suite *suite)
{
	struct bench_conn *conns = calloc(what->count, sizeof(*conns));
	char *data = calloc(1, what->size + 1);
	unsigned int opened = 0, warm = 0;
	long long before, after;
	int err = -1;

	if (!conns || !data)
		return kt_errno("calloc");
	/* what one connection needs that the others share; and pages of slabs */
	if (open_all(conns, 16, &warm, transport, suite))
		goto out;
	while (warm)
		bench_conn_close(&conns[--warm]);
	before = kernel_bytes();
	if (open_all(conns, what->count, &opened, transport, suite))
		goto out;
	for (unsigned int i = 0; i < opened && what->size; i++)
		if (transport->send(&conns[i], SENDER, data, what->size))
			goto out;
	after = kernel_bytes();
	bench_result(what, "", transport->name, suite, "B",
		     (double)(after - before) / what->count);
	err = 0;
out:
	for (; opened; opened--)
		bench_conn_close(&conns[opened - 1]);
	for (; warm; warm--)
		bench_conn_close(&conns[warm - 1]);
	free(conns);
	free(data);
	/* what closed sockets keep goes with a grace period of RCU */
	usleep(200000);
	return err;
}
