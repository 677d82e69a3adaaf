// SPDX-License-Identifier: GPL-2.0
/* kseal explain: a handshake, message by message. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <netdb.h>

#include "commands.h"
#include "explain.h"
#include "registry.h"

enum {
	SCHEMA = 1,
	/* what a server may take to say goodbye */
	GOODBYE_MS = 3000,
};

void explain_brief(struct explain *e, enum fields_way way, const char *kind, const char *title,
		   long size, const char *brief)
{
	const struct fields_step step = {
		.at_ms = dial_now() - e->begin,
		.waited_ms = e->waited,
		.way = way,
		.kind = kind,
		.title = title,
		.size = size,
		.brief = brief,
	};

	e->waited = 0;
	e->fields.ops->step(&e->fields, &step);
}

void explain_step(struct explain *e, enum fields_way way, const char *kind, const char *title,
		  long size)
{
	explain_brief(e, way, kind, title, size, NULL);
}

/* ---- to the server ------------------------------------------------------------ */

static void tell_addresses(struct explain *e, const struct addrinfo *list)
{
	char name[128];

	explain_step(e, WAY_NONE, "lookup", "the name is looked up", -1);
	fields_string(&e->fields, "host", e->options->target.host);
	fields_list(&e->fields, "addresses");
	for (; list; list = list->ai_next)
		fields_string(&e->fields, NULL, dial_name(list, name, sizeof(name)));
	fields_close(&e->fields);
	fields_close(&e->fields);
}

/* One address. Return: whether it answers. */
static bool try_address(struct explain *e, const struct addrinfo *address)
{
	const double from = dial_now();

	dial_name(address, e->peer, sizeof(e->peer));
	e->fd = dial(address, e->deadline);
	e->connected = dial_now();
	e->waited = e->connected - from;
	explain_step(e, WAY_NONE, "connect", e->fd < 0 ? "TCP does not connect" : "TCP connects", -1);
	fields_string(&e->fields, "address", e->peer);
	fields_string(&e->fields, "port", e->options->target.port);
	if (e->fd < 0)
		fields_string(&e->fields, "error", strerror(-e->fd));
	else
		e->fields.ops->number(&e->fields, "round_trip_ms", e->connected - from, NULL);
	fields_close(&e->fields);
	return e->fd >= 0;
}

static int connect_to(struct explain *e)
{
	const struct dial_target *target = &e->options->target;
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const struct addrinfo *address;
	struct addrinfo *list;
	int ret;

	ret = getaddrinfo(target->host, target->port, &hints, &list);
	if (ret) {
		snprintf(e->error, sizeof(e->error), "%s is not found: %s", target->host,
			 gai_strerror(ret));
		return -1;
	}
	e->waited = dial_now() - e->begin;
	tell_addresses(e, list);
	for (address = list; address; address = address->ai_next)
		if (try_address(e, address))
			break;
	if (!address)
		snprintf(e->error, sizeof(e->error), "no connection to %s port %s: %s", e->peer,
			 target->port, strerror(-e->fd));
	freeaddrinfo(list);
	return address ? 0 : -1;
}

/* ---- the result --------------------------------------------------------------- */

static void tell_agreed(struct explain *e)
{
	const struct message_context *agreed = &e->context;
	struct fields *f = &e->fields;
	gnutls_datum_t alpn;

	f->ops->code(f, "version", agreed->version, 4, registry_version(agreed->version));
	f->ops->code(f, "suite", agreed->suite, 4, registry_suite(agreed->suite));
	if (agreed->group)
		f->ops->code(f, "group", agreed->group, 4, registry_group(agreed->group));
	if (agreed->signature)
		f->ops->code(f, "signature", agreed->signature, 4,
			     registry_signature(agreed->signature));
	if (!gnutls_alpn_get_selected_protocol(e->session, &alpn))
		f->ops->text(f, "alpn", alpn.data, alpn.size);
	f->ops->number(f, "handshake_ms", e->shaken - e->connected, NULL);
	f->ops->number(f, "data_received", e->data, "bytes");
}

static void tell_result(struct explain *e, bool done)
{
	struct fields *f = &e->fields;
	const struct fields_step end = {
		.at_ms = dial_now() - e->begin,
		.kind = "result",
		.title = done ? "the handshake is done" : "there is no TLS",
		.size = -1,
	};

	if (e->options->json) {
		fields_close(f);
		fields_open(f, "result");
	} else {
		f->ops->step(f, &end);
	}
	f->ops->flag(f, "ok", done);
	if (done)
		tell_agreed(e);
	else
		fields_string(f, "error", e->error);
	if (e->checked) {
		f->ops->flag(f, "trusted", !e->bad_certificate);
		if (e->bad_certificate)
			fields_string(f, "certificate_error", e->bad_certificate);
	}
	if (e->alert_received >= 0)
		f->ops->code(f, "alert_received", e->alert_received, 2,
			     registry_alert(e->alert_received));
	if (e->alert_sent >= 0)
		f->ops->code(f, "alert_sent", e->alert_sent, 2, registry_alert(e->alert_sent));
	if (e->malformed)
		f->ops->flag(f, "malformed", true);
	f->ops->number(f, "bytes_sent", e->sent, NULL);
	f->ops->number(f, "bytes_received", e->received, NULL);
	fields_close(f);
}

static void begin(struct explain *e)
{
	const struct explain_options *options = e->options;

	if (!options->json) {
		fields_to_text(&e->fields, stdout);
		return;
	}
	fields_to_json(&e->fields, stdout);
	fields_open(&e->fields, NULL);
	e->fields.ops->number(&e->fields, "schema", SCHEMA, NULL);
	fields_string(&e->fields, "host", options->target.host);
	fields_string(&e->fields, "port", options->target.port);
	fields_list(&e->fields, "steps");
}

int explain(const struct explain_options *options)
{
	struct explain e = {
		.options = options, .fd = -1, .alert_received = -1, .alert_sent = -1,
		.begin = dial_now(),
	};
	bool done;

	e.deadline = e.begin + options->timeout_ms;
	begin(&e);
	done = !explain_start(&e) && !connect_to(&e) && !explain_shake(&e);
	if (done) {
		e.shaken = dial_now();
		if (e.deadline > e.shaken + GOODBYE_MS)
			e.deadline = e.shaken + GOODBYE_MS;
		explain_finish(&e);
	}
	tell_result(&e, done);
	if (options->json)
		fields_close(&e.fields);
	explain_stop(&e);
	return done ? EXIT_OK : EXIT_TROUBLE;
}

/* ---- the command line --------------------------------------------------------- */

static void print_help(FILE *out)
{
	fprintf(out,
		"Usage: kseal explain [OPTION]... HOST[:PORT]\n"
		"Does a TLS handshake, and tells of it message by message. PORT is 443 unless\n"
		"given; an IPv6 address goes in brackets.\n"
		"  --server-name NAME   ask for, and verify, NAME (default: HOST)\n"
		"  --alpn LIST          protocols to offer: h2,http/1.1\n"
		"  --ca FILE            authorities to believe (default: the system's)\n"
		"  --insecure           go on though the certificate is bad\n"
		"  --cert FILE          certificate of the client, PEM\n"
		"  --key FILE           its key (default: in the same file)\n"
		"  --tls 1.2|1.3        this version only\n"
		"  --priority STRING    what to offer, as GnuTLS writes it\n"
		"  --timeout SECONDS    limit for all of it (default: 10)\n"
		"  --json               for machines\n"
		"The exit status is 0 when the handshake was done, else 1.\n");
}

static int parse_seconds(const char *text, unsigned int *ms)
{
	char *end;
	const double seconds = strtod(text, &end);

	if (end == text || *end || !(seconds >= 0.001 && seconds <= 3600)) {
		fprintf(stderr, "kseal: --timeout %s: must be 0.001 to 3600 seconds\n", text);
		return EXIT_USAGE;
	}
	*ms = (unsigned int)(seconds * 1000);
	return -1;
}

/* RFC 7301 3.1: a protocol has 1 to 255 bytes. */
static int check_alpn(const char *list)
{
	unsigned int n = 0;
	size_t len;

	for (;; list += len + 1) {
		len = strcspn(list, ",");
		if (!len || len > 255 || ++n > EXPLAIN_ALPN_MAX)
			break;
		if (!list[len])
			return -1;
	}
	fprintf(stderr, "kseal: --alpn: up to %d names of 1 to 255 bytes, separated by commas\n",
		EXPLAIN_ALPN_MAX);
	return EXIT_USAGE;
}

static int check_tls(const char *tls)
{
	if (!strcmp(tls, "1.2") || !strcmp(tls, "1.3"))
		return -1;
	fprintf(stderr, "kseal: --tls %s: must be 1.2 or 1.3\n", tls);
	return EXIT_USAGE;
}

/* Return: -1 to go on, else the exit status. */
static int set_option(struct explain_options *o, int option)
{
	switch (option) {
	case 's':
		o->server_name = optarg;
		return -1;
	case 'a':
		o->alpn = optarg;
		return check_alpn(optarg);
	case 'c':
		o->ca = optarg;
		return -1;
	case 'C':
		o->cert = optarg;
		return -1;
	case 'k':
		o->key = optarg;
		return -1;
	case 'p':
		o->priority = optarg;
		return -1;
	case 'T':
		o->tls = optarg;
		return check_tls(optarg);
	case 't':
		return parse_seconds(optarg, &o->timeout_ms);
	case 'i':
		o->insecure = true;
		return -1;
	case 'j':
		o->json = true;
		return -1;
	default:
		print_help(option == 'h' ? stdout : stderr);
		return option == 'h' ? EXIT_OK : EXIT_USAGE;
	}
}

int command_explain(int argc, char **argv)
{
	static const struct option table[] = {
		{ "server-name", required_argument, NULL, 's' },
		{ "alpn", required_argument, NULL, 'a' },
		{ "ca", required_argument, NULL, 'c' },
		{ "cert", required_argument, NULL, 'C' },
		{ "key", required_argument, NULL, 'k' },
		{ "priority", required_argument, NULL, 'p' },
		{ "tls", required_argument, NULL, 'T' },
		{ "timeout", required_argument, NULL, 't' },
		{ "insecure", no_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct explain_options options = { .timeout_ms = 10000 };
	int option, status;

	while ((option = getopt_long(argc, argv, "h", table, NULL)) != -1) {
		status = set_option(&options, option);
		if (status >= 0)
			return status;
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "kseal: explain needs one HOST[:PORT]; try 'kseal explain --help'\n");
		return EXIT_USAGE;
	}
	if (options.key && !options.cert) {
		fprintf(stderr, "kseal: --key is of no use without --cert\n");
		return EXIT_USAGE;
	}
	if (dial_parse(argv[optind], "443", &options.target))
		return EXIT_USAGE;
	return explain(&options);
}
