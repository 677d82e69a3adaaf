// SPDX-License-Identifier: GPL-2.0
/* The options that say how handshakes are done. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "parser.h"

enum {
	WEEK_S = 604800,		/* RFC 8446 4.6.1: no ticket lives longer */
	DEFAULT_LIFETIME_S = 7200,
	DEFAULT_KEY_PERIOD_S = 14400,
	DEFAULT_SESSIONS = 4096,
	DEFAULT_SERVERS = 1024,
	MAX_SESSIONS = 1000000,
};

static int parse_list(struct parser *parser, const char *option, enum suites_kind kind,
		      const char *value)
{
	char names[SUITES_NAMES_SIZE], wanted[SUITES_NAMES_SIZE + 64];

	if (!suites_check(kind, value))
		return options_keep(&parser->options->suites.lists[kind], parser, value);
	snprintf(wanted, sizeof(wanted), "must be names separated by commas, each once, of: %s",
		 suites_names(kind, names));
	return options_complain(parser, option, value, wanted);
}

int options_versions(struct parser *parser, const char *value)
{
	return parse_list(parser, "versions", SUITES_VERSIONS, value);
}

int options_ciphers(struct parser *parser, const char *value)
{
	return parse_list(parser, "ciphers", SUITES_CIPHERS, value);
}

int options_key_exchange(struct parser *parser, const char *value)
{
	return parse_list(parser, "key-exchange", SUITES_KEY_EXCHANGES, value);
}

int options_groups(struct parser *parser, const char *value)
{
	return parse_list(parser, "groups", SUITES_GROUPS, value);
}

/* ---- resumption --------------------------------------------------------- */

static int parse_number(struct parser *parser, const char *option, const char *value,
			unsigned long min, unsigned long max, unsigned int *number)
{
	char wanted[80], *end;
	unsigned long n;

	errno = 0;
	n = strtoul(value, &end, 10);
	if (*value >= '0' && *value <= '9' && !*end && !errno && n >= min && n <= max) {
		*number = n;
		return 0;
	}
	snprintf(wanted, sizeof(wanted), "must be a number from %lu to %lu", min, max);
	return options_complain(parser, option, value, wanted);
}

int options_session_lifetime(struct parser *parser, const char *value)
{
	return parse_number(parser, "session-lifetime", value, 0, WEEK_S,
			    &parser->options->resumption.lifetime);
}

int options_ticket_key_period(struct parser *parser, const char *value)
{
	return parse_number(parser, "ticket-key-period", value, 1, WEEK_S,
			    &parser->options->resumption.key_period);
}

int options_session_cache(struct parser *parser, const char *value)
{
	return parse_number(parser, "session-cache", value, 0, MAX_SESSIONS,
			    &parser->options->resumption.sessions);
}

int options_client_session_cache(struct parser *parser, const char *value)
{
	return parse_number(parser, "client-session-cache", value, 0, MAX_SESSIONS,
			    &parser->options->resumption.servers);
}

void options_tls_defaults(struct options *options)
{
	options->resumption = (struct resumption_limits){
		.lifetime = DEFAULT_LIFETIME_S,
		.key_period = DEFAULT_KEY_PERIOD_S,
		.sessions = DEFAULT_SESSIONS,
		.servers = DEFAULT_SERVERS,
	};
}

/* ---- files -------------------------------------------------------------- */

int options_key_log(struct parser *parser, const char *value)
{
	if (!*value)
		return options_complain(parser, "key-log", value, "needs a path");
	return options_keep(&parser->options->key_log, parser, value);
}

int options_ocsp(struct parser *parser, const char *value)
{
	return options_keep(&parser->ocsp, parser, value);
}
