/* SPDX-License-Identifier: GPL-2.0 */
/* What the files that parse kseald's options share. */
#ifndef KSEALD_PARSER_H
#define KSEALD_PARSER_H

#include <stdio.h>

#include "config.h"
#include "options.h"

/**
 * struct parser - what an option's function gets
 * @options: to be filled
 * @cert, @key, @ocsp: of the identity given by --cert and --key
 * @identity, @caller, @listener: the group of the file that is being read
 * @where: file and line, NULL on the command line
 * @err: where complaints go
 */
struct parser {
	struct options *options;
	const char *cert;
	const char *key;
	const char *ocsp;
	struct identity_option *identity;
	struct caller *caller;
	struct listener_option *listener;
	const char *where;
	FILE *err;
};

/**
 * options_complain() - say what is wrong with an option, and where it stands
 * @wanted: what its value should be: "must be a number"
 *
 * Return: -EINVAL.
 */
int options_complain(struct parser *parser, const char *option, const char *value,
		     const char *wanted);

/** options_keep() - copy @value to live as long as the options do; 0 or -ENOMEM */
int options_keep(const char **to, struct parser *parser, const char *value);

/**
 * options_seconds() - more than 0 and at most 3600, with decimals, in milliseconds
 *
 * Return: 0 or -EINVAL.
 */
int options_seconds(const char *text, unsigned int *ms);

/* ---- options_tls.c ------------------------------------------------------ */

/* Each takes one option's value; 0 or a negative errno, and what is wrong was said. */
int options_versions(struct parser *parser, const char *value);
int options_ciphers(struct parser *parser, const char *value);
int options_key_exchange(struct parser *parser, const char *value);
int options_groups(struct parser *parser, const char *value);
int options_session_lifetime(struct parser *parser, const char *value);
int options_ticket_key_period(struct parser *parser, const char *value);
int options_session_cache(struct parser *parser, const char *value);
int options_client_session_cache(struct parser *parser, const char *value);
int options_key_log(struct parser *parser, const char *value);
int options_ocsp(struct parser *parser, const char *value);

/** options_tls_defaults() - of all these */
void options_tls_defaults(struct options *options);

/**
 * options_client_auth() - read "none", "optional" or "required"
 *
 * Return: 0, or -EINVAL, having complained.
 */
int options_client_auth(struct parser *parser, const char *value, enum kseal_client_auth *auth);

/** options_number() - @text, all of it, as a number up to @max; 0 or -EINVAL */
int options_number(const char *text, int base, unsigned long max, unsigned long *number);

/* ---- options_limits.c ---------------------------------------------------- */

int options_max_handshakes(struct parser *parser, const char *value);
int options_max_per_program(struct parser *parser, const char *value);
int options_rate(struct parser *parser, const char *value);
int options_stop_timeout(struct parser *parser, const char *value);
int options_workers(struct parser *parser, const char *value);

/* ---- sections.c --------------------------------------------------------- */

/** The lists of groups of the configuration file. */
extern const struct config_section option_sections[];
extern const size_t option_section_count;

/** options_add_identity() - one more, behind the others; 0 or -ENOMEM */
int options_add_identity(struct options *options, const char *name, size_t len,
			 const char *cert, size_t cert_len, const char *key);

/** options_set_ocsp() - show this along with the last identity; 0 or -ENOMEM */
int options_set_ocsp(struct options *options, const char *ocsp);

/* ---- callers.c ---------------------------------------------------------- */

enum { CALLER_MEMBERS = 4 };

/** The settings of a caller, and what happens before and after them. */
extern const struct config_member caller_members[CALLER_MEMBERS];
int caller_begin(void *context);
int caller_end(void *context);

/* ---- sections_listeners.c ----------------------------------------------- */

/** The settings of a listener, and what happens before and after them. */
enum { LISTENER_MEMBERS = 10 };
extern const struct config_member listener_members[LISTENER_MEMBERS];
int options_begin_listener(void *context);
int options_end_listener(void *context);

/** options_check_listeners() - do they fit what else was read? 0, or -EINVAL, said already */
int options_check_listeners(struct parser *parser);

#endif /* KSEALD_PARSER_H */
