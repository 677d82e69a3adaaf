// SPDX-License-Identifier: GPL-2.0
/*
 * The lists of groups in kseald's configuration file: a row of the table at the end each,
 * and the settings of its groups a table of rows of their own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kseal.h"
#include "parser.h"

/* ---- identities ----------------------------------------------------------- */

int options_add_identity(struct options *options, const char *name, size_t len,
			 const char *cert, size_t cert_len, const char *key)
{
	struct identity_option *identity = calloc(1, sizeof(*identity));

	if (!identity)
		return -ENOMEM;
	identity->name = strndup(name, len);
	identity->cert = strndup(cert, cert_len);
	identity->key = strdup(key);
	STAILQ_INSERT_TAIL(&options->identities, identity, next);
	if (!identity->name || !identity->cert || !identity->key)
		return -ENOMEM;
	return 0;
}

int options_set_ocsp(struct options *options, const char *ocsp)
{
	struct identity_option *identity, *last = NULL;

	STAILQ_FOREACH(identity, &options->identities, next)
		last = identity;
	last->ocsp = strdup(ocsp);
	return last->ocsp ? 0 : -ENOMEM;
}

static int begin_identity(void *context)
{
	struct parser *parser = context;

	parser->identity = calloc(1, sizeof(*parser->identity));
	if (!parser->identity)
		return -ENOMEM;
	/* from now on the options' to free */
	STAILQ_INSERT_TAIL(&parser->options->identities, parser->identity, next);
	return 0;
}

static int copy(char **to, const char *value)
{
	free(*to);
	*to = strdup(value);
	return *to ? 0 : -ENOMEM;
}

static int identity_name(void *context, const char *value)
{
	struct parser *parser = context;

	if (!*value || strlen(value) >= KSEAL_NAME_SIZE)
		return options_complain(parser, "name", value, "is no name for an identity");
	return copy(&parser->identity->name, value);
}

static int identity_certificate(void *context, const char *value)
{
	struct parser *parser = context;

	return copy(&parser->identity->cert, value);
}

static int identity_key(void *context, const char *value)
{
	struct parser *parser = context;

	return copy(&parser->identity->key, value);
}

static int identity_ocsp(void *context, const char *value)
{
	struct parser *parser = context;

	return copy(&parser->identity->ocsp, value);
}

static int identity_role(void *context, const char *value)
{
	static const struct {
		const char *name;
		unsigned int roles;
	} words[] = {
		{ "server", KSEAL_SERVER },
		{ "client", KSEAL_CLIENT },
		{ "both", KSEAL_SERVER | KSEAL_CLIENT },
	};
	struct parser *parser = context;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].name, value))
			continue;
		parser->identity->roles = words[i].roles;
		return 0;
	}
	return options_complain(parser, "role", value, "must be server, client or both");
}

static int identity_client_ca(void *context, const char *value)
{
	struct parser *parser = context;

	return options_keep(&parser->identity->clients.ca, parser, value);
}

static int identity_client_crl(void *context, const char *value)
{
	struct parser *parser = context;

	return options_keep(&parser->identity->clients.crl, parser, value);
}

static int identity_client_auth(void *context, const char *value)
{
	struct parser *parser = context;

	return options_client_auth(parser, value, &parser->identity->clients.auth);
}

static const struct config_member identity_members[] = {
	{ "name", identity_name },
	{ "certificate", identity_certificate },
	{ "key", identity_key },
	{ "ocsp", identity_ocsp },
	{ "role", identity_role },
	{ "client-ca", identity_client_ca },
	{ "client-auth", identity_client_auth },
	{ "client-crl", identity_client_crl },
};

static int end_identity(void *context)
{
	const struct parser *parser = context;
	const struct identity_option *identity = parser->identity;

	if (identity->name && identity->cert && identity->key)
		return 0;
	fprintf(parser->err, "kseald: %s: %s needs a name, a certificate and its key\n",
		parser->where, identity->name ? identity->name : "an identity");
	return -EINVAL;
}

/* ---- all of them ---------------------------------------------------------- */

const struct config_section option_sections[] = {
	{ "identities", "an identity", identity_members,
	  sizeof(identity_members) / sizeof(identity_members[0]), begin_identity, end_identity },
	{ "callers", "a caller", caller_members, CALLER_MEMBERS, caller_begin, caller_end },
	{ "listeners", "a listener", listener_members, LISTENER_MEMBERS, options_begin_listener,
	  options_end_listener },
};

const size_t option_section_count = sizeof(option_sections) / sizeof(option_sections[0]);
