// SPDX-License-Identifier: GPL-2.0
/*
 * How long a response takes over a slow link, 10 Mbit/s and 50 ms there and back:
 * until its first byte can be read, and its last. In a network of its own.
 */
#include "bench.h"
#include "lib/net.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#define LINK "netem delay 25ms rate 10mbit limit 10000"

enum { MTU = 1500, SMALL = 30000, IDLE_MS = 1000, TRIES_MAX = 100 };

/* Nanoseconds from when the sender begins. */
struct times {
	uint64_t first, last;
};

static int set_sizing(struct bench_conn *conn)
{
	struct kseal_record_sizing sizing = { SMALL, IDLE_MS };

	return setsockopt(conn->fd[SENDER], SOL_TLS, KSEAL_TX_RECORD_SIZING, &sizing,
			  sizeof(sizing)) ? kt_errno("KSEAL_TX_RECORD_SIZING") : 0;
}

static int read_response(struct bench_conn *conn, size_t size, uint64_t begun,
			 struct times *times)
{
	static char data[65536];
	size_t done = 0;
	ssize_t n;

	for (times->first = 0; done < size; done += n) {
		n = conn->transport->recv(conn, READER, data, sizeof(data));
		if (n <= 0)
			return kt_errno("recv");
		times->last = bench_now() - begun;
		if (!times->first)
			times->first = times->last;
	}
	return 0;
}

/* One connection, new, as its window decides as well. */
static int one_response(const struct bench_case *what, const struct bench_transport *transport,
			const struct bench_suite *suite, bool sized, struct times *times)
{
	static char data[1 << 20];
	struct bench_conn conn;
	uint64_t begun;
	int err = -1;
	pid_t pid;

	if (bench_conn_open(&conn, transport, suite, 0, false) || (sized && set_sizing(&conn)))
		goto out;
	begun = bench_now();
	pid = fork();
	if (!pid)
		_exit(transport->send(&conn, SENDER, data, what->size) ? 1 : 0);
	if (pid < 0)
		goto out;
	err = read_response(&conn, what->size, begun, times);
	waitpid(pid, NULL, 0);
out:
	bench_conn_close(&conn);
	return err;
}

static int in_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double median(uint64_t *values, unsigned int n)
{
	qsort(values, n, sizeof(*values), in_order);
	return values[n / 2];
}

static int responses(const struct bench_case *what, const struct bench_transport *transport,
		     const struct bench_suite *suite, bool sized)
{
	const char *name = sized ? "kseal, small records first" : transport->name;
	uint64_t first[TRIES_MAX], last[TRIES_MAX];
	struct times times = { };

	for (unsigned int i = 0; i < what->count; i++) {
		if (one_response(what, transport, suite, sized, &times))
			return -1;
		first[i] = times.first;
		last[i] = times.last;
	}
	bench_result(what, "-first", name, suite, "ns", median(first, what->count));
	bench_result(what, "-last", name, suite, "ns", median(last, what->count));
	return 0;
}

/** bench_first() - @what->count responses of @what->size bytes. */
int bench_first(const struct bench_case *what, const struct bench_transport *transport,
		const struct bench_suite *suite)
{
	int status;
	pid_t pid;

	/* this process stays where it is */
	pid = fork();
	if (pid < 0)
		return kt_errno("fork");
	if (!pid) {
		bench_conn_elsewhere();
		if (kt_own_network(MTU) || kt_run("tc qdisc add dev lo root " LINK) ||
		    responses(what, transport, suite, false) ||
		    (transport == &bench_kseal && responses(what, transport, suite, true)))
			_exit(1);
		_exit(0);
	}
	return waitpid(pid, &status, 0) == pid && !status ? 0 : -1;
}
