// SPDX-License-Identifier: GPL-2.0
/* kseald's command line. An option is a row in the table below. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "kseal.h"
#include "options.h"
#include "worker.h"
#include "parser.h"

enum {
	DEFAULT_TIMEOUT_MS = 10000,
	MAX_TIMEOUT_S = 3600,
	DEFAULT_MAX_HANDSHAKES = 1024,
	DEFAULT_IDLE_MS = 1000,
	DEFAULT_MODE = 0660,
	DEFAULT_STOP_MS = 30000,
	/* the least that any suite allows: AES-CCM, RFC 9147 4.5.3 */
	MAX_KEY_RECORDS = 1 << 23,
};

struct option_row {
	const char *name;
	const char *argument;
	const char *help;
	int (*parse)(struct parser *parser, const char *value);
};

int options_complain(struct parser *parser, const char *option, const char *value,
		     const char *wanted)
{
	if (parser->where)
		fprintf(parser->err, "kseald: %s: %s = %s: %s\n", parser->where, option, value,
			wanted);
	else
		fprintf(parser->err, "kseald: --%s %s: %s\n", option, value, wanted);
	return -EINVAL;
}

int options_keep(const char **to, struct parser *parser, const char *value)
{
	struct kept_string *kept = malloc(sizeof(*kept) + strlen(value) + 1);

	if (!kept)
		return -ENOMEM;
	strcpy(kept->text, value);
	STAILQ_INSERT_TAIL(&parser->options->kept, kept, next);
	*to = kept->text;
	return 0;
}

int options_number(const char *text, int base, unsigned long max, unsigned long *number)
{
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*number = strtoul(text, &end, base);
	return errno || *end || *number > max ? -EINVAL : 0;
}

/* Decimals are allowed, so that tests need not wait long. */
int options_seconds(const char *text, unsigned int *ms)
{
	double seconds;
	char *end;

	if (!*text || text[strspn(text, "0123456789.")])
		return -EINVAL;
	seconds = strtod(text, &end);
	if (*end || seconds > MAX_TIMEOUT_S)
		return -EINVAL;
	*ms = seconds * 1000;
	return *ms ? 0 : -EINVAL;
}

static int parse_socket(struct parser *parser, const char *value)
{
	if (!*value)
		return options_complain(parser, "socket", value, "needs a path");
	return options_keep(&parser->options->socket, parser, value);
}

static int parse_identity(struct parser *parser, const char *value)
{
	const char *equals = strchr(value, '=');
	const char *comma = equals ? strchr(equals, ',') : NULL;
	const size_t len = equals ? equals - value : 0;

	if (!comma || !len || len >= KSEAL_NAME_SIZE || comma == equals + 1 ||
	    !comma[1])
		return options_complain(parser, "identity", value,
				"must be NAME=CERTIFICATE.pem,KEY.pem");
	return options_add_identity(parser->options, value, len, equals + 1,
			    comma - equals - 1, comma + 1);
}

static int parse_cert(struct parser *parser, const char *value)
{
	return options_keep(&parser->cert, parser, value);
}

static int parse_key(struct parser *parser, const char *value)
{
	return options_keep(&parser->key, parser, value);
}

static int parse_ca(struct parser *parser, const char *value)
{
	return options_keep(&parser->options->ca, parser, value);
}

int options_client_auth(struct parser *parser, const char *value, enum kseal_client_auth *auth)
{
	static const struct {
		const char *name;
		enum kseal_client_auth auth;
	} words[] = {
		{ "none", KSEAL_CLIENT_AUTH_NONE },
		{ "optional", KSEAL_CLIENT_AUTH_OPTIONAL },
		{ "required", KSEAL_CLIENT_AUTH_REQUIRED },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].name, value))
			continue;
		*auth = words[i].auth;
		return 0;
	}
	return options_complain(parser, "client-auth", value,
				"must be none, optional or required");
}

static int parse_client_ca(struct parser *parser, const char *value)
{
	return options_keep(&parser->options->clients.ca, parser, value);
}

static int parse_client_crl(struct parser *parser, const char *value)
{
	return options_keep(&parser->options->clients.crl, parser, value);
}

static int parse_client_auth(struct parser *parser, const char *value)
{
	return options_client_auth(parser, value, &parser->options->clients.auth);
}

static int parse_timeout(struct parser *parser, const char *value)
{
	if (options_seconds(value, &parser->options->timeout_ms))
		return options_complain(parser, "timeout", value,
				"must be seconds, more than 0 and at most 3600");
	return 0;
}

/* BYTES[,SECONDS] */
static int parse_record_sizing(struct parser *parser, const char *value)
{
	struct kseal_record_sizing *sizing = &parser->options->handover.sizing;
	char *bytes = strndup(value, strcspn(value, ","));
	const char *comma = strchr(value, ',');
	unsigned long number;
	int bad;

	if (!bytes)
		return -ENOMEM;
	sizing->idle_ms = DEFAULT_IDLE_MS;
	bad = options_number(bytes, 10, UINT32_MAX, &number) ||
	      (comma && options_seconds(comma + 1, &sizing->idle_ms));
	free(bytes);
	if (bad)
		return options_complain(parser, "record-sizing", value,
				"must be bytes, or bytes,seconds of at most 3600");
	sizing->bytes = number;
	return 0;
}

static int parse_kernel_control(struct parser *parser, const char *value)
{
	if (strcmp(value, "true") && strcmp(value, "false"))
		return options_complain(parser, "kernel-control", value, "must be true or false");
	parser->options->handover.kernel_control = !strcmp(value, "true");
	return 0;
}

static int parse_key_records(struct parser *parser, const char *value)
{
	unsigned long number;

	if (options_number(value, 10, MAX_KEY_RECORDS, &number) || number < 2)
		return options_complain(parser, "key-records", value,
					"must be a number from 2 to 8388608");
	parser->options->handover.key_records = number;
	return 0;
}

static int parse_mode(struct parser *parser, const char *value)
{
	unsigned long number;

	if (options_number(value, 8, 0777, &number))
		return options_complain(parser, "mode", value,
				"must be octal permissions such as 0660");
	parser->options->mode = number;
	return 0;
}

static int parse_group(struct parser *parser, const char *value)
{
	return options_keep(&parser->options->group, parser, value);
}

static int parse_user(struct parser *parser, const char *value)
{
	if (!*value || *value == ':' || value[strlen(value) - 1] == ':')
		return options_complain(parser, "user", value, "must be NAME or NAME:GROUP");
	return options_keep(&parser->options->user, parser, value);
}

static int parse_sandbox(struct parser *parser, const char *value)
{
	const int yes = !strcmp(value, "yes") || !strcmp(value, "true");

	if (!yes && strcmp(value, "no") && strcmp(value, "false"))
		return options_complain(parser, "sandbox", value, "must be yes or no");
	parser->options->sandbox = yes;
	return 0;
}

static int parse_ready_fd(struct parser *parser, const char *value)
{
	unsigned long number;

	if (options_number(value, 10, INT_MAX, &number))
		return options_complain(parser, "ready-fd", value,
				"must be the number of an open descriptor");
	parser->options->ready_fd = number;
	return 0;
}

static int parse_log_level(struct parser *parser, const char *value)
{
	int level = log_level_from_name(value);

	if (level < 0)
		return options_complain(parser, "log-level", value,
				"must be error, warning, info or debug");
	parser->options->log_level = level;
	return 0;
}

/* read_config() has been there, before all others. */
static int parse_config(struct parser *parser, const char *value)
{
	(void)parser;
	(void)value;
	return 0;
}

static int parse_check(struct parser *parser, const char *value)
{
	(void)value;
	parser->options->check = 1;
	return 0;
}

/* Accepted because service managers and people say it; there is no other way. */
static int parse_foreground(struct parser *parser, const char *value)
{
	(void)parser;
	(void)value;
	return 0;
}

static const struct option_row rows[] = {
	{ "config", "FILE", "read this first; options here are stronger\n"
	  "(see kseald.conf(5))", parse_config },
	{ "identity", "NAME=CERT,KEY",
	  "certificate chain and key (PEM) for the server role;\n"
	  "repeat it for more names, or for one name with RSA and\n"
	  "ECDSA; the first one also answers when SNI fits none",
	  parse_identity },
	{ "cert", "FILE", "with --key: the identity \"" DEFAULT_IDENTITY "\"",
	  parse_cert },
	{ "key", "FILE", "its private key", parse_key },
	{ "ocsp", "FILE", "a response of OCSP (DER or PEM) to show along with it", options_ocsp },
	{ "ca", "FILE", "certificate authorities (PEM) for the client role\n"
	  "(default: the system's)", parse_ca },
	{ "versions", "LIST", "versions of TLS (default: 1.3,1.2)", options_versions },
	{ "ciphers", "LIST", "ciphers, most wanted first: AES-128-GCM, AES-256-GCM,\n"
	  "CHACHA20-POLY1305, AES-128-CCM (default: all)", options_ciphers },
	{ "key-exchange", "LIST",
	  "of TLS 1.2, most wanted first: ECDHE-ECDSA, ECDHE-RSA,\n"
	  "DHE-RSA, RSA (default: the first two)", options_key_exchange },
	{ "groups", "LIST", "for key exchange, most wanted first: X25519, secp256r1,\n"
	  "... (default: all)", options_groups },
	{ "client-ca", "FILE", "authorities (PEM) that clients' certificates are\n"
	  "checked against, in the server role", parse_client_ca },
	{ "client-auth", "HOW", "none (default), optional or required: whether clients\n"
	  "are asked for a certificate", parse_client_auth },
	{ "client-crl", "FILE", "lists of revoked certificates (PEM) of --client-ca",
	  parse_client_crl },
	{ "session-lifetime", "SECONDS",
	  "how long clients may resume a session (default: 7200;\n"
	  "0: not at all)", options_session_lifetime },
	{ "ticket-key-period", "SECONDS",
	  "make another key for session tickets so often; the last\n"
	  "one is taken as long again (default: 14400)", options_ticket_key_period },
	{ "session-cache", "N", "sessions kept for clients without tickets (default: 4096)",
	  options_session_cache },
	{ "client-session-cache", "N",
	  "sessions with servers kept, to be resumed in the client\n"
	  "role (default: 1024; 0: none is resumed)", options_client_session_cache },
	{ "key-log", "FILE", "write the secrets of all sessions there, for Wireshark:\n"
	  "for finding faults only", options_key_log },
	{ "socket", "PATH", "where programs connect\n"
	  "(default: " KSEAL_BROKER_PATH ")", parse_socket },
	{ "mode", "OCTAL", "permissions of that socket (default: 0660)",
	  parse_mode },
	{ "group", "GROUP", "group of that socket", parse_group },
	{ "user", "NAME[:GROUP]", "run as that user once keys are read and sockets are\n"
	  "bound (default: whoever started kseald)", parse_user },
	{ "sandbox", "yes|no", "filter system calls from then on (default: yes)",
	  parse_sandbox },
	{ "timeout", "SECONDS", "limit for one handshake (default: 10)",
	  parse_timeout },
	{ "stop-timeout", "SECONDS", "what proxied connections get after SIGTERM (default: 30)",
	  options_stop_timeout },
	{ "max-handshakes", "N", "limit of handshakes at a time (default: 1024)",
	  options_max_handshakes },
	{ "max-per-program", "N", "of these for one program (default: three quarters)",
	  options_max_per_program },
	{ "rate", "N[,BURST]",
	  "limit of handshakes per second that one address may ask\n"
	  "a server for, and at once (default: 0, no limit)", options_rate },
	{ "workers", "N", "threads that do handshakes (default: one for each\n"
	  "processor)", options_workers },
	{ "record-sizing", "BYTES[,SECONDS]",
	  "send so many bytes in records of one packet each, at\n"
	  "the beginning and after idling so long (1 second):\n"
	  "the first byte comes sooner over slow links (default: 0,\n"
	  "records as large as may be)", parse_record_sizing },
	{ "kernel-control", "true|false",
	  "the kernel takes close_notify, alerts, tickets and key\n"
	  "updates, so that programs see none of them (default:\n"
	  "true; a request may want it otherwise)", parse_kernel_control },
	{ "key-records", "N", "update a key of TLS 1.3 when it has sealed so many\n"
	  "records (default: what RFC 8446 5.5 allows)", parse_key_records },
	{ "ready-fd", "N", "write a newline to this descriptor when ready",
	  parse_ready_fd },
	{ "log-level", "LEVEL", "error, warning, info (default) or debug",
	  parse_log_level },
	{ "check", NULL, "check options, certificates and keys, then exit",
	  parse_check },
	{ "check-config", NULL, "the same", parse_check },
	{ "foreground", NULL, "stay in the foreground (always so)",
	  parse_foreground },
};

enum {
	ROW_COUNT = sizeof(rows) / sizeof(rows[0]),
	OPT_HELP = ROW_COUNT,
	OPT_VERSION,
};

static void print_help(FILE *out)
{
	const char *line, *end;
	size_t i;
	int pad;

	fprintf(out, "Usage: kseald [OPTION]...\n"
		"Does TLS handshakes for other programs and gives the keys to the "
		"kernel.\n\n");
	for (i = 0; i < ROW_COUNT; i++) {
		pad = 28 - fprintf(out, "  --%s %s", rows[i].name,
				   rows[i].argument ? rows[i].argument : "");
		for (line = rows[i].help; line; line = *end ? end + 1 : NULL) {
			end = strchrnul(line, '\n');
			fprintf(out, "%*s%.*s\n", pad > 1 ? pad : 2, "",
				(int)(end - line), line);
			pad = 28;
		}
	}
	fprintf(out, "  --help                    print this and exit\n"
		"  --version                 print the release and exit\n\n"
		"See kseald(8).\n");
}

static void fill_getopt(struct option *table)
{
	size_t i;

	memset(table, 0, (ROW_COUNT + 3) * sizeof(*table));
	for (i = 0; i < ROW_COUNT; i++) {
		table[i].name = rows[i].name;
		table[i].has_arg = rows[i].argument ? required_argument :
						      no_argument;
		table[i].val = i;
	}
	table[OPT_HELP] = (struct option){ "help", no_argument, NULL, OPT_HELP };
	table[OPT_VERSION] = (struct option){ "version", no_argument, NULL,
					      OPT_VERSION };
}

static int finish(struct parser *parser)
{
	if (!parser->cert != !parser->key) {
		fprintf(parser->err, "kseald: --cert and --key go together\n");
		return -EINVAL;
	}
	if (parser->ocsp && !parser->cert) {
		fprintf(parser->err, "kseald: --ocsp goes with --cert and --key\n");
		return -EINVAL;
	}
	if (parser->cert && options_add_identity(parser->options, DEFAULT_IDENTITY,
						 strlen(DEFAULT_IDENTITY), parser->cert,
						 strlen(parser->cert), parser->key))
		return -ENOMEM;
	if (parser->ocsp && options_set_ocsp(parser->options, parser->ocsp))
		return -ENOMEM;
	return options_check_listeners(parser);
}

/* ---- the file --------------------------------------------------------------- */

/* What a file may set: the rows with an argument, but for those that belong to one
 * process, and those that sections are for.
 */
static int is_setting(const struct option_row *row)
{
	static const char *const others[] = { "config", "ready-fd", "identity", "cert", "key",
					      "ocsp" };
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(row->name, others[i]))
			return 0;
	return row->argument != NULL;
}

static void at(void *context, const char *where)
{
	struct parser *parser = context;

	parser->where = where;
}

static int set_from_file(void *context, const char *name, const char *value)
{
	struct parser *parser = context;
	size_t i;

	for (i = 0; i < ROW_COUNT; i++)
		if (!strcmp(rows[i].name, name))
			return rows[i].parse(parser, value);
	return -EINVAL;
}

static int read_file(struct parser *parser, const char *path)
{
	const char *names[ROW_COUNT];
	struct config_reader reader = {
		.names = names, .set = set_from_file, .sections = option_sections,
		.section_count = option_section_count, .at = at, .context = parser,
		.err = parser->err,
	};
	size_t i;
	int ret;

	for (i = 0; i < ROW_COUNT; i++)
		if (is_setting(&rows[i]))
			names[reader.count++] = rows[i].name;
	ret = config_file_read(path, &reader);
	parser->where = NULL;
	return ret;
}

/* The file that the command line names, if it does, wherever. */
static int read_config(struct parser *parser, int argc, char **argv, const struct option *table)
{
	const char *path = NULL;
	int c;

	optind = 0;
	while ((c = getopt_long(argc, argv, ":", table, NULL)) != -1)
		if (c >= 0 && c < ROW_COUNT && rows[c].parse == parse_config)
			path = optarg;
	return path ? read_file(parser, path) : 0;
}

static void set_defaults(struct options *options)
{
	memset(options, 0, sizeof(*options));
	STAILQ_INIT(&options->identities);
	STAILQ_INIT(&options->callers);
	STAILQ_INIT(&options->listeners);
	STAILQ_INIT(&options->kept);
	options->socket = KSEAL_BROKER_PATH;
	options->mode = DEFAULT_MODE;
	options->sandbox = 1;
	options->timeout_ms = DEFAULT_TIMEOUT_MS;
	options->max_handshakes = DEFAULT_MAX_HANDSHAKES;
	options->workers = workers_default();
	options->stop_ms = DEFAULT_STOP_MS;
	options->ready_fd = -1;
	options->handover.kernel_control = 1;
	options->log_level = LOG_LEVEL_INFO;
	options_tls_defaults(options);
}

static enum options_verdict refuse(FILE *err)
{
	fprintf(err, "Try 'kseald --help'.\n");
	return OPTIONS_BAD;
}

enum options_verdict options_parse(struct options *options, int argc,
				   char **argv, FILE *out, FILE *err)
{
	struct option table[ROW_COUNT + 3];
	struct parser parser = { .options = options, .err = err };
	int c;

	set_defaults(options);
	fill_getopt(table);
	opterr = 0;
	if (read_config(&parser, argc, argv, table))
		return refuse(err);
	optind = 0;
	while ((c = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		if (c == OPT_HELP) {
			print_help(out);
			return OPTIONS_EXIT;
		}
		if (c == OPT_VERSION) {
			fprintf(out, "kseald " KSEAL_VERSION "\n");
			return OPTIONS_EXIT;
		}
		if (c == '?' || c == ':') {
			fprintf(err, "kseald: %s: %s\n", argv[optind - 1],
				c == '?' ? "unknown option" : "needs a value");
			return refuse(err);
		}
		if (rows[c].parse(&parser, optarg))
			return refuse(err);
	}
	if (optind < argc) {
		fprintf(err, "kseald: %s: takes no arguments but options\n",
			argv[optind]);
		return refuse(err);
	}
	return finish(&parser) ? refuse(err) : OPTIONS_RUN;
}

void options_free(struct options *options)
{
	struct identity_option *identity;
	struct listener_option *listener;
	struct kept_string *kept;

	policy_free(&options->callers);
	while ((listener = STAILQ_FIRST(&options->listeners))) {
		STAILQ_REMOVE_HEAD(&options->listeners, next);
		free(listener);
	}
	while ((kept = STAILQ_FIRST(&options->kept))) {
		STAILQ_REMOVE_HEAD(&options->kept, next);
		free(kept);
	}
	while ((identity = STAILQ_FIRST(&options->identities))) {
		STAILQ_REMOVE_HEAD(&options->identities, next);
		free(identity->name);
		free(identity->cert);
		free(identity->key);
		free(identity->ocsp);
		free(identity);
	}
}
