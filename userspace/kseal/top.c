// SPDX-License-Identifier: GPL-2.0
/* kseal top: what goes over every socket of kseal on the machine, live. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "list.h"

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

/* As it was before, if it was there and could be looked at. */
static const struct ksocket *same_socket(const struct ksockets *found, const struct ksocket *s)
{
	const struct ksocket *same = ksockets_by_inode(found, s->inode);

	return same && same->has_info ? same : NULL;
}

struct rate {
	const struct ksocket *socket;
	double sent, received;
};

static int compare_rates(const void *a, const void *b)
{
	const struct rate *one = a, *other = b;
	double x = one->sent + one->received, y = other->sent + other->received;

	return (x < y) - (x > y);
}

int list_print_rates(FILE *out, const struct ksockets *now, const struct ksockets *before,
		     double seconds, size_t most)
{
	struct rate *rates = calloc(now->count + 1, sizeof(*rates)), all = { 0 };
	char sent[16], received[16], owner[48];

	if (!rates)
		return -ENOMEM;
	for (size_t i = 0; i < now->count; i++) {
		const struct ksocket *s = &now->all[i], *then = same_socket(before, s);

		rates[i].socket = s;
		if (s->has_info && then) {
			rates[i].sent = (s->info.tx_bytes - then->info.tx_bytes) / seconds;
			rates[i].received = (s->info.rx_bytes - then->info.rx_bytes) / seconds;
		}
		all.sent += rates[i].sent;
		all.received += rates[i].received;
	}
	qsort(rates, now->count, sizeof(*rates), compare_rates);
	fprintf(out, "%zu sockets, sending %s/s, receiving %s/s\n\n", now->count,
		list_bytes(all.sent, sent, sizeof(sent)),
		list_bytes(all.received, received, sizeof(received)));
	fprintf(out, "%-22s %-24s %-24s %-8s %-18s %11s %11s\n", "PROGRAM", "LOCAL", "PEER",
		"VERSION", "SUITE", "SENT/s", "RECEIVED/s");
	for (size_t i = 0; i < now->count && i < most; i++) {
		const struct ksocket *s = rates[i].socket;

		snprintf(owner, sizeof(owner), s->pid ? "%s/%d" : "-", s->program, s->pid);
		fprintf(out, "%-22s %-24s %-24s %-8s %-18s %11s %11s\n", owner, s->local, s->peer,
			list_version_name(s->version), list_suite_name(s),
			list_bytes(rates[i].sent, sent, sizeof(sent)),
			list_bytes(rates[i].received, received, sizeof(received)));
	}
	free(rates);
	return 0;
}

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec * 1e-9;
}

static void wait_for(double seconds)
{
	struct timespec span = { .tv_sec = seconds };

	span.tv_nsec = (seconds - span.tv_sec) * 1e9;
	nanosleep(&span, NULL);
}

/* Rows that fit a terminal; all of them elsewhere. */
static size_t rows(void)
{
	const char *lines = getenv("LINES");

	if (!isatty(STDOUT_FILENO))
		return SIZE_MAX;
	return lines && atoi(lines) > 6 ? atoi(lines) - 4 : 20;
}

static int watch(double delay, unsigned long times)
{
	struct ksockets before, now;
	double then = seconds_now(), at;
	int ret = list_find(&before);

	for (unsigned long i = 0; ret == EXIT_OK && !stopped && (!times || i < times); i++) {
		wait_for(delay);
		if (stopped)
			break;
		ret = list_find(&now);
		at = seconds_now();
		if (isatty(STDOUT_FILENO))
			fputs("\033[H\033[J", stdout);
		if (ret == EXIT_OK && list_print_rates(stdout, &now, &before, at - then, rows()))
			ret = EXIT_TROUBLE;
		fflush(stdout);
		then = at;
		ksockets_free(&before);
		before = now;
	}
	ksockets_free(&before);
	return ret;
}

int command_top(int argc, char **argv)
{
	unsigned long times = 0;
	double delay = 1;
	char *end;
	int o;

	while ((o = getopt(argc, argv, "d:n:h")) != -1) {
		end = "";
		if (o == 'd')
			delay = strtod(optarg, &end);
		else if (o == 'n')
			times = strtoul(optarg, &end, 10);
		if ((o == 'd' || o == 'n') && !*end && *optarg && delay >= 0.1 && delay <= 3600)
			continue;
		fprintf(o == 'h' ? stdout : stderr,
			"Usage: kseal top [-d SECONDS] [-n TIMES]\n"
			"Shows, live, what each socket of kseal sends and receives, the busiest first.\n"
			"  -d SECONDS   between two looks, at least 0.1 (1)\n"
			"  -n TIMES     look so often, then end (until ^C)\n");
		return o == 'h' ? EXIT_OK : EXIT_USAGE;
	}
	if (optind < argc) {
		fprintf(stderr, "kseal: top takes no arguments\n");
		return EXIT_USAGE;
	}
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	return watch(delay, times);
}
