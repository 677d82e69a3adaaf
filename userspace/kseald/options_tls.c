// SPDX-License-Identifier: GPL-2.0
/* The options that say how handshakes are done. */
#include <stdio.h>

#include "parser.h"

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
