// SPDX-License-Identifier: GPL-2.0
/*
 * The cases, and who does them. In each round everything is measured once, and the
 * transports that are compared one right after the other.
 */
#include "bench.h"
#include <errno.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/resource.h>

#define ALL_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct bench_suite suites[] = {
	{ "tls13-aes128gcm", TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128,
	  "TLS_AES_128_GCM_SHA256",
	  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM" },
	{ "tls12-aes128gcm", TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128,
	  "ECDHE-ECDSA-AES128-GCM-SHA256",
	  "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+AES-128-GCM" },
	{ "tls13-aes256gcm", TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256,
	  "TLS_AES_256_GCM_SHA384",
	  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-256-GCM" },
	{ "tls13-chacha20", TLS_1_3_VERSION, TLS_CIPHER_CHACHA20_POLY1305,
	  "TLS_CHACHA20_POLY1305_SHA256",
	  "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+CHACHA20-POLY1305" },
};

static const struct bench_transport *transports[] = {
	&bench_plain, &bench_in_tree, &bench_kseal, &bench_gnutls, &bench_openssl,
};
static bool usable[ALL_OF(transports)];

#define KIB(n) ((n) << 10)

static const struct bench_case cases[] = {
	/* name			suites	user	run		bytes	    count record */
	{ "sendfile-1m",	true,	true,	bench_sendfile, KIB(1024),  0,	  0 },
	{ "sendfile-128k",	false,	true,	bench_sendfile, KIB(128),   0,	  0 },
	{ "sendfile-16k",	false,	true,	bench_sendfile, KIB(16),    0,	  0 },
	{ "write-64k",		true,	true,	bench_write,	KIB(64),    0,	  0 },
	{ "write-16k",		false,	true,	bench_write,	KIB(16),    0,	  0 },
	{ "write-1400",		false,	true,	bench_write,	1400,	    0,	  0 },
	{ "records-256",	false,	true,	bench_write,	KIB(64),    0,	  256 },
	{ "records-1400",	false,	true,	bench_write,	KIB(64),    0,	  1400 },
	{ "sendmmsg-1400",	false,	false,	bench_sendmmsg, 1400,	    32,	  0 },
	{ "uring-16k",		false,	false,	bench_uring,	KIB(16),    8,	  0 },
	{ "recv-64k",		false,	true,	bench_recv,	KIB(64),    0,	  0 },
	{ "recv-256k",		true,	true,	bench_recv,	KIB(256),   0,	  0 },
	{ "ping-1",		false,	true,	bench_ping,	1,	    0,	  0 },
	{ "ping-1k",		false,	true,	bench_ping,	KIB(1),	    0,	  0 },
	{ "ping-16k",		false,	true,	bench_ping,	KIB(16),    0,	  0 },
	{ "inside-sendfile-1m",	true,	false,	bench_inside_pages, KIB(1024), 0, 0 },
	{ "inside-sendfile-128k", false, false,	bench_inside_pages, KIB(128), 0, 0 },
	{ "inside-write-64k",	true,	false,	bench_inside_write, KIB(64), 0,	  0 },
	{ "inside-records-256",	false,	false,	bench_inside_write, KIB(64), 0,	  256 },
	{ "inside-records-1400", false,	false,	bench_inside_write, KIB(64), 0,	  1400 },
	{ "connections-16",	false,	true,	bench_write,	KIB(16),    16,	  0 },
	{ "connections-256",	false,	true,	bench_write,	KIB(16),    256,  0 },
};

/* What -q measures. */
static const char *const quick_cases[] = {
	"cipher-16k", "cipher-1400", "cipher-256", "sendfile-1m", "sendfile-128k", "write-64k",
	"records-256", "records-1400", "recv-256k", "ping-1k", "inside-sendfile-1m",
	"inside-sendfile-128k", "inside-write-64k", "inside-records-256", "inside-records-1400",
};
static bool quick;

/* Once, at the end: they take long, and have their own repetitions if they need any. */
static const struct bench_case once[] = {
	{ "memory-idle",	false,	true,	bench_memory,	0,	    1000, 0 },
	{ "memory-16k",		false,	true,	bench_memory,	KIB(16),    1000, 0 },
	{ "response-256k",	false,	false,	bench_first,	KIB(256),   10,	  0 },
};

static const struct bench_case ciphers[] = {
	{ "cipher-16k",		true,	false,	NULL,		KIB(16),    0,	  0 },
	{ "cipher-1400",	false,	false,	NULL,		1400,	    0,	  0 },
	{ "cipher-256",		false,	false,	NULL,		256,	    0,	  0 },
};

static const char *usage =
"usage: bench [-r ROUNDS] [-t MS] [-p PATTERN] [-T TRANSPORT]... [-s SUITE]... [-m]\n"
"  -r ROUNDS     so many times (7)\n"
"  -t MS         that long each (100)\n"
"  -p PATTERN    only cases whose names match\n"
"  -T TRANSPORT  only this one, repeatable (plain, in-tree, kseal, gnutls, openssl)\n"
"  -s SUITE      only this one, repeatable\n"
"  -m            without memory, and what a slow link makes of a response\n"
"  -q            a quick look: some cases, three rounds, one suite, no memory\n"
"  -l            list cases and suites\n";

static const char *pattern = "*";
static const char *chosen[16];
static unsigned int n_chosen, rounds = 7, now;

uint64_t bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

void bench_result(const struct bench_case *what, const char *more, const char *transport,
		  const struct bench_suite *suite, const char *unit, double value)
{
	printf("{\"case\": \"%s%s\", \"suite\": \"%s\", \"transport\": \"%s\", \"round\": %u, "
	       "\"unit\": \"%s\", \"value\": %.6g}\n",
	       what->name, more, suite->name, transport, now, unit, value);
	fflush(stdout);
}

static bool wanted(const struct bench_case *what)
{
	for (size_t i = 0; quick && strcmp(quick_cases[i], what->name);)
		if (++i == ALL_OF(quick_cases))
			return false;
	return !fnmatch(pattern, what->name, 0);
}

static bool is_chosen(const char *name, const char *const *all, size_t n)
{
	bool any = false;

	for (unsigned int i = 0; i < n_chosen; i++) {
		if (!strcmp(chosen[i], name))
			return true;
		for (size_t j = 0; j < n; j++)
			any |= !strcmp(chosen[i], all[j]);
	}
	return !any;
}

static bool is_known(const char *name)
{
	for (size_t i = 0; i < ALL_OF(transports); i++)
		if (!strcmp(transports[i]->name, name))
			return true;
	for (size_t i = 0; i < ALL_OF(suites); i++)
		if (!strcmp(suites[i].name, name))
			return true;
	return false;
}

static bool suite_is_chosen(const struct bench_suite *suite)
{
	const char *all[ALL_OF(suites)];

	for (size_t i = 0; i < ALL_OF(suites); i++)
		all[i] = suites[i].name;
	return is_chosen(suite->name, all, ALL_OF(suites));
}

static bool transport_is_chosen(const struct bench_transport *transport)
{
	const char *all[ALL_OF(transports)];

	for (size_t i = 0; i < ALL_OF(transports); i++)
		all[i] = transports[i]->name;
	return is_chosen(transport->name, all, ALL_OF(transports));
}

static void measure(const struct bench_case *what, const struct bench_suite *suite)
{
	const struct bench_transport *transport;
	size_t n = ALL_OF(transports), i;

	/* another one first each time */
	for (size_t turn = 0; turn < n; turn++) {
		i = (turn + now) % n;
		transport = transports[i];
		if (!usable[i] || (!transport->kernel && !what->userspace))
			continue;
		/* plain TCP has no suites, nor records */
		if (transport == &bench_plain && (suite != suites || what->record))
			continue;
		if (what->run(what, transport, suite))
			kt_say("%s by %s, %s: no result", what->name, transport->name, suite->name);
	}
}

static void measure_all(const struct bench_case *what, size_t n)
{
	for (; n; n--, what++)
		for (size_t i = 0; i < ALL_OF(suites) && wanted(what); i++) {
			if (!suite_is_chosen(&suites[i]) || (i && (quick || !what->suites)))
				continue;
			if (what->run)
				measure(what, &suites[i]);
			else
				bench_cipher(what, &suites[i]);
		}
}

static int list(void)
{
	for (size_t i = 0; i < ALL_OF(cases); i++)
		puts(cases[i].name);
	for (size_t i = 0; i < ALL_OF(once); i++)
		puts(once[i].name);
	for (size_t i = 0; i < ALL_OF(ciphers); i++)
		puts(ciphers[i].name);
	for (size_t i = 0; i < ALL_OF(suites); i++)
		puts(suites[i].name);
	return 0;
}

static int prepare(void)
{
	struct rlimit files = { 8192, 8192 };

	signal(SIGPIPE, SIG_IGN);
	if (setrlimit(RLIMIT_NOFILE, &files))
		return kt_errno("setrlimit(RLIMIT_NOFILE)");
	for (size_t i = 0; i < ALL_OF(transports); i++) {
		usable[i] = transport_is_chosen(transports[i]);
		if (usable[i] && transports[i]->start && transports[i]->start())
			return -1;
	}
	return bench_paths_init();
}

int main(int argc, char **argv)
{
	bool with_memory = true;
	int o;

	while ((o = getopt(argc, argv, "r:t:p:T:s:qmlh")) != -1) {
		if (o == 'r')
			rounds = atoi(optarg);
		else if (o == 't')
			bench_ms = atoi(optarg);
		else if (o == 'p')
			pattern = optarg;
		else if ((o == 'T' || o == 's') && n_chosen < ALL_OF(chosen))
			chosen[n_chosen++] = optarg;
		else if (o == 'm')
			with_memory = false;
		else if (o == 'q')
			quick = true, with_memory = false, rounds = 3, bench_ms = 40;
		else if (o == 'l')
			return list();
		else
			return fputs(usage, o == 'h' ? stdout : stderr), o != 'h';
	}
	for (unsigned int i = 0; i < n_chosen; i++)
		if (!is_known(chosen[i]))
			return fprintf(stderr, "bench: %s is neither transport nor suite; -h and "
				       "-l list them\n", chosen[i]), 2;
	if (prepare())
		return 1;
	for (now = 1; now <= rounds; now++) {
		kt_say("round %u of %u", now, rounds);
		measure_all(ciphers, ALL_OF(ciphers));
		measure_all(cases, ALL_OF(cases));
	}
	now = 1;
	if (with_memory)
		measure_all(once, ALL_OF(once));
	return 0;
}
