// SPDX-License-Identifier: GPL-2.0
/* The command line: one row per option. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <microhttpd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "options.h"

#define DEFAULT_LISTEN	"8443"

enum kind { TEXT, NUMBER, FLAG, LISTEN, HELP, VERSION };

static const struct row {
	const char *name;
	char letter;
	enum kind kind;
	size_t offset;
	unsigned int min, max;
	const char *argument;
	const char *help;
} rows[] = {
#define AT(member) offsetof(struct options, member)
	{ "listen", 'l', LISTEN, 0, 0, 0, "ADDR:PORT",
	  "where to listen; may be repeated; PORT alone is all addresses,\n"
	  "port 0 one that is free (" DEFAULT_LISTEN ")" },
	{ "backend", 'B', TEXT, AT(backend), 0, 0, "LISTENER",
	  "do not listen: serve what comes in by this listener of kseald" },
	{ "broker", 'b', TEXT, AT(broker), 0, 0, "PATH",
	  "kseald's socket (/run/kseald/broker.sock)" },
	{ "identity", 'i', TEXT, AT(identity), 0, 0, "NAME",
	  "kseald's certificate to use (the one the client's SNI picks)" },
	{ "access-log", 'a', TEXT, AT(access_log), 0, 0, "FILE",
	  "append a line per request here (standard output);\n"
	  "SIGHUP opens it anew" },
	{ "mime-types", 'm', TEXT, AT(mime_types), 0, 0, "FILE",
	  "content types beside the built-in ones (/etc/mime.types)" },
	{ "no-listing", 'n', FLAG, AT(no_listing), 0, 0, NULL,
	  "no page for a directory without an index.html" },
	{ "threads", 't', NUMBER, AT(threads), 1, 1024, "N",
	  "threads that serve (one per processor)" },
	{ "max-connections", 'c', NUMBER, AT(connections), 1, 1000000, "N",
	  "connections at a time; more wait in the kernel (1000)" },
	{ "idle-timeout", 0, NUMBER, AT(idle_seconds), 1, 86400, "SECONDS",
	  "close a connection that is quiet for so long (60)" },
	{ "handshake-timeout", 0, NUMBER, AT(handshake_ms), 1, 3600000, "MS",
	  "time for a handshake in milliseconds (kseald's own limit)" },
	{ "stop-timeout", 0, NUMBER, AT(stop_seconds), 0, 86400, "SECONDS",
	  "time that running responses get after SIGTERM (30)" },
	{ "ready-fd", 0, NUMBER, AT(ready_fd), 0, INT_MAX, "FD",
	  "write the addresses, then \"ready\", to this descriptor" },
	{ "verbose", 'v', FLAG, AT(verbose), 0, 0, NULL,
	  "also say what goes right, on standard error" },
	{ "help", 'h', HELP, 0, 0, 0, NULL, "print this" },
	{ "version", 'V', VERSION, 0, 0, 0, NULL, "print the release" },
#undef AT
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))

static void print_help(void)
{
	printf("usage: kseal-serve [OPTION...] DIRECTORY\n"
	       "Serve a directory over HTTPS. kseald does the handshakes, the\n"
	       "kernel module kseal seals the records, sendfile(2) feeds it.\n\n");
	for (size_t i = 0; i < ROWS; i++) {
		const char *at = rows[i].help, *end;
		char left[40];

		snprintf(left, sizeof(left), "--%s%s%s", rows[i].name,
			 rows[i].argument ? " " : "",
			 rows[i].argument ? rows[i].argument : "");
		printf("  %c%c%c %-28s ", rows[i].letter ? '-' : ' ',
		       rows[i].letter ? rows[i].letter : ' ',
		       rows[i].letter ? ',' : ' ', left);
		while ((end = strchr(at, '\n'))) {
			printf("%.*s\n%35s", (int)(end - at), at, "");
			at = end + 1;
		}
		printf("%s\n", at);
	}
	printf("\nSIGTERM and SIGINT: take no more connections, finish what runs, end.\n"
	       "See also: kseal-serve(8), kseald(8).\n");
}

static int parse_number(const struct row *row, const char *text,
			unsigned int *number)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || *text < '0' || *text > '9' || value < row->min ||
	    value > row->max) {
		log_error("--%s %s: a number from %u to %u is wanted",
			  row->name, text, row->min, row->max);
		return -EINVAL;
	}
	*number = value;
	return 0;
}

static int apply(struct options *options, const struct row *row,
		 const char *argument)
{
	void *member = (char *)options + row->offset;

	switch (row->kind) {
	case TEXT:
		*(const char **)member = argument;
		return 0;
	case NUMBER:
		return parse_number(row, argument, member);
	case FLAG:
		*(bool *)member = true;
		return 0;
	case LISTEN:
		if (options->listens == LISTEN_MAX) {
			log_error("--listen %s: more than %d of them", argument,
				  LISTEN_MAX);
			return -EINVAL;
		}
		options->listen[options->listens++] = argument;
		return 0;
	case HELP:
		print_help();
		return 1;
	case VERSION:
		printf("kseal-serve " KSEAL_VERSION ", libmicrohttpd %s\n",
		       MHD_get_version());
		return 1;
	}
	return -EINVAL;
}

/* getopt_long() wants its tables; an option is known by its row's number. */
static void make_tables(struct option longs[ROWS + 1], char *shorts)
{
	memset(longs, 0, (ROWS + 1) * sizeof(*longs));
	for (size_t i = 0; i < ROWS; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = rows[i].argument ? required_argument :
						      no_argument;
		longs[i].val = 256 + i;
		if (!rows[i].letter)
			continue;
		*shorts++ = rows[i].letter;
		if (rows[i].argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
}

static const struct row *row_of(int value)
{
	if (value >= 256)
		return &rows[value - 256];
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].letter == value)
			return &rows[i];
	return NULL;
}

static void set_defaults(struct options *options)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	memset(options, 0, sizeof(*options));
	options->ready_fd = -1;
	options->threads = processors > 0 ? processors : 1;
	options->connections = 1000;
	options->idle_seconds = 60;
	options->stop_seconds = 30;
}

int options_parse(struct options *options, int argc, char **argv)
{
	struct option longs[ROWS + 1];
	char shorts[2 * ROWS + 1];
	const struct row *row;
	int value, ret;

	set_defaults(options);
	make_tables(longs, shorts);
	while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		row = row_of(value);
		ret = row ? apply(options, row, optarg) : -EINVAL;
		if (ret) {
			if (!row)
				log_error("see kseal-serve --help");
			return ret;
		}
	}
	if (optind != argc - 1) {
		log_error("one directory to serve is wanted; see kseal-serve --help");
		return -EINVAL;
	}
	options->dir = argv[optind];
	if (options->backend && (options->listens || options->identity)) {
		log_error("--backend goes without --listen and --identity: kseald.conf(5) says "
			  "where that listener is, and what it shows");
		return -EINVAL;
	}
	if (!options->listens && !options->backend)
		options->listen[options->listens++] = DEFAULT_LISTEN;
	return 0;
}
