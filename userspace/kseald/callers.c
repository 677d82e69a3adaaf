// SPDX-License-Identifier: GPL-2.0
/* The list of callers in kseald's configuration file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "kseal.h"
#include "parser.h"
#include "policy.h"

int caller_begin(void *context)
{
	struct parser *parser = context;

	parser->caller = calloc(1, sizeof(*parser->caller));
	if (!parser->caller)
		return -ENOMEM;
	/* from now on the options' to free */
	STAILQ_INSERT_TAIL(&parser->options->callers, parser->caller, next);
	return 0;
}

static int caller_user(void *context, const char *value)
{
	struct parser *parser = context;
	struct caller *caller = parser->caller;

	if (id_of_user(value, &caller->uid))
		return options_complain(parser, "user", value, "is no user here");
	caller->has_user = 1;
	return 0;
}

static int caller_group(void *context, const char *value)
{
	struct parser *parser = context;
	struct caller *caller = parser->caller;

	if (id_of_group(value, &caller->gid))
		return options_complain(parser, "group", value, "is no group here");
	caller->has_group = 1;
	return 0;
}

static unsigned int role_of(const char *name, size_t len)
{
	static const struct {
		const char *name;
		unsigned int role;
	} roles[] = { { "server", KSEAL_SERVER }, { "client", KSEAL_CLIENT } };

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strlen(roles[i].name) == len && !strncmp(roles[i].name, name, len))
			return roles[i].role;
	return 0;
}

static int caller_roles(void *context, const char *value)
{
	struct parser *parser = context;
	struct caller *caller = parser->caller;
	const char *at = value;
	unsigned int role;
	size_t len;

	do {
		len = strcspn(at, ",");
		role = role_of(at, len);
		if (!role)
			return options_complain(parser, "roles", value,
						"must be \"server\", \"client\" or \"server,client\"");
		caller->roles |= 1U << role;
		at += len;
	} while (*at++);
	return 0;
}

/* Each of them fits a request. */
static int caller_identities(void *context, const char *value)
{
	struct parser *parser = context;
	struct caller *caller = parser->caller;
	const char *at = value;
	size_t len;

	do {
		len = strcspn(at, ",");
		if (!len || len >= KSEAL_NAME_SIZE)
			return options_complain(parser, "identities", value,
						"must be names of identities, separated by commas");
		at += len;
	} while (*at++);
	free(caller->identities);
	caller->identities = strdup(value);
	return caller->identities ? 0 : -ENOMEM;
}

/* An entry for everybody is written by leaving the list out. */
int caller_end(void *context)
{
	const struct parser *parser = context;
	const struct caller *caller = parser->caller;

	if (caller->has_user || caller->has_group)
		return 0;
	fprintf(parser->err, "kseald: %s: a caller needs a user or a group\n", parser->where);
	return -EINVAL;
}

const struct config_member caller_members[CALLER_MEMBERS] = {
	{ "user", caller_user },
	{ "group", caller_group },
	{ "roles", caller_roles },
	{ "identities", caller_identities },
};
