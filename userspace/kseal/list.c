// SPDX-License-Identifier: GPL-2.0
/* kseal list: every socket of kseal on the machine. kseal top: the same, live. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "kseal.h"
#include "list.h"

/* ---- words ------------------------------------------------------------------ */

const char *list_bytes(double bytes, char *text, size_t size)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	size_t unit = 0;

	for (; bytes >= 1000 && unit < 5; unit++)
		bytes /= 1000;
	snprintf(text, size, unit && bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
	return text;
}

static const char *version_name(uint16_t version)
{
	return version == 0x0304 ? "TLS 1.3" : version == 0x0303 ? "TLS 1.2" : "-";
}

static const char *suite_name(const struct ksocket *socket)
{
	const char *name = socket->cipher ? kseal_cipher_name(socket->cipher) : NULL;

	return name ? name : "-";
}

static const char *directions(const struct ksocket *socket)
{
	return socket->tx && socket->rx ? "both" : socket->tx ? "send" : socket->rx ? "recv" : "none";
}

/* ---- a table ---------------------------------------------------------------- */

static void print_row(FILE *out, const struct ksocket *s)
{
	char sent[16] = "-", received[16] = "-", owner[48] = "-";

	if (s->pid)
		snprintf(owner, sizeof(owner), "%s/%d", s->program, s->pid);
	if (s->has_info) {
		list_bytes(s->info.tx_bytes, sent, sizeof(sent));
		list_bytes(s->info.rx_bytes, received, sizeof(received));
	}
	fprintf(out, "%-22s %-24s %-24s %-8s %-18s %-5s %9s %9llu %9s %9llu %6u\n", owner, s->local,
		s->peer, version_name(s->version), suite_name(s), directions(s), sent,
		(unsigned long long)s->info.tx_records, received,
		(unsigned long long)s->info.rx_records, s->info.tx_rekeys + s->info.rx_rekeys);
}

void list_print(FILE *out, const struct ksockets *found)
{
	fprintf(out, "%-22s %-24s %-24s %-8s %-18s %-5s %9s %9s %9s %9s %6s\n", "PROGRAM", "LOCAL",
		"PEER", "VERSION", "SUITE", "KEYS", "SENT", "RECORDS", "RECEIVED", "RECORDS", "REKEYS");
	for (size_t i = 0; i < found->count; i++)
		print_row(out, &found->all[i]);
}

/* ---- JSON ------------------------------------------------------------------- */

/* A program's name may hold anything. */
static void print_string(FILE *out, const char *name, const char *value)
{
	fprintf(out, "\"%s\": \"", name);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else if ((unsigned char)*value < ' ' || *value == 127)
			fprintf(out, "\\u%04x", *value);
		else
			fputc(*value, out);
	}
	fputs("\", ", out);
}

static void print_number(FILE *out, const char *name, unsigned long long value)
{
	fprintf(out, "\"%s\": %llu, ", name, value);
}

static void print_object(FILE *out, const struct ksocket *s)
{
	const struct kseal_info *info = &s->info;

	fputs("{", out);
	print_string(out, "local", s->local);
	print_string(out, "peer", s->peer);
	print_string(out, "ulp", s->ulp);
	print_string(out, "version", version_name(s->version));
	print_string(out, "suite", suite_name(s));
	print_string(out, "keys", directions(s));
	print_number(out, "inode", s->inode);
	print_number(out, "netns", s->netns);
	if (s->pid) {
		print_number(out, "pid", s->pid);
		print_number(out, "fd", s->fd);
		print_string(out, "program", s->program);
	}
	if (s->has_info) {
		print_number(out, "tx_bytes", info->tx_bytes);
		print_number(out, "tx_splice_bytes", info->tx_splice_bytes);
		print_number(out, "tx_records", info->tx_records);
		print_number(out, "tx_rekeys", info->tx_rekeys);
		print_number(out, "rx_bytes", info->rx_bytes);
		print_number(out, "rx_direct_bytes", info->rx_direct_bytes);
		print_number(out, "rx_records", info->rx_records);
		print_number(out, "rx_rekeys", info->rx_rekeys);
		print_number(out, "rx_key_updates", info->rx_key_updates);
		print_string(out, "tx_driver", info->tx_driver);
		print_string(out, "rx_driver", info->rx_driver);
	}
	fprintf(out, "\"has_counters\": %s}", s->has_info ? "true" : "false");
}

void list_print_json(FILE *out, const struct ksockets *found)
{
	fputs("[", out);
	for (size_t i = 0; i < found->count; i++) {
		fputs(i ? ",\n " : "", out);
		print_object(out, &found->all[i]);
	}
	fputs("]\n", out);
}

/* ---- the command list ------------------------------------------------------- */

/* Return: an exit status. */
static int find(struct ksockets *found)
{
	int ret = ksockets_find(found);

	if (ret == -EPERM)
		fprintf(stderr, "kseal: the kernel tells only root (CAP_NET_ADMIN) which sockets "
			"these are: try sudo\n");
	else if (ret)
		fprintf(stderr, "kseal: cannot look for sockets: %s\n", strerror(-ret));
	return ret ? EXIT_TROUBLE : EXIT_OK;
}

static void tell_hidden(const struct ksockets *found)
{
	if (found->hidden)
		fprintf(stderr, "kseal: without permission to look at %u processes or network "
			"namespaces; root sees all\n", found->hidden);
}

int command_list(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct ksockets found;
	bool json = false;
	int o, ret;

	while ((o = getopt_long(argc, argv, "jh", options, NULL)) != -1) {
		if (o == 'j') {
			json = true;
			continue;
		}
		fprintf(o == 'h' ? stdout : stderr,
			"Usage: kseal list [--json]\n"
			"Lists every socket of kseal on this machine, in all network namespaces:\n"
			"program, addresses, version, suite, and what it has sent and received.\n"
			"  -j, --json   all that is known, as an array of objects\n");
		return o == 'h' ? EXIT_OK : EXIT_USAGE;
	}
	if (optind < argc) {
		fprintf(stderr, "kseal: list takes no arguments\n");
		return EXIT_USAGE;
	}
	ret = find(&found);
	if (ret == EXIT_OK) {
		(json ? list_print_json : list_print)(stdout, &found);
		tell_hidden(&found);
	}
	ksockets_free(&found);
	return ret;
}

/* ---- the command top -------------------------------------------------------- */

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static const struct ksocket *same_socket(const struct ksockets *found, const struct ksocket *s)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->all[i].inode == s->inode && found->all[i].has_info)
			return &found->all[i];
	return NULL;
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
			version_name(s->version), suite_name(s),
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
	int ret = find(&before);

	for (unsigned long i = 0; ret == EXIT_OK && !stopped && (!times || i < times); i++) {
		wait_for(delay);
		if (stopped)
			break;
		ret = find(&now);
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
