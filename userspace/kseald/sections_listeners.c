// SPDX-License-Identifier: GPL-2.0
/* The list "listeners" of kseald's configuration file. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parser.h"

enum {
	DEFAULT_CONNECT_MS = 5000,
	DEFAULT_BACKLOG = 4096,
	DEFAULT_CONNECTIONS = 4096,
	MAX_NUMBER = 1000000,
};

static const char wanted_place[] =
	"must be addresses such as \"0.0.0.0:443, [::]:443\", a port for all addresses of both "
	"families, or \"systemd:NAME\"; names are not looked up";

int options_begin_listener(void *context)
{
	struct parser *parser = context;
	struct listener_option *listener = calloc(1, sizeof(*listener));

	if (!listener)
		return -ENOMEM;
	listener->connect_ms = DEFAULT_CONNECT_MS;
	listener->backlog = DEFAULT_BACKLOG;
	listener->max_connections = DEFAULT_CONNECTIONS;
	/* from now on the options' to free */
	STAILQ_INSERT_TAIL(&parser->options->listeners, listener, next);
	parser->listener = listener;
	return options_keep(&listener->where, parser, parser->where);
}

static const struct listener_option *find(const struct options *options, const char *name)
{
	const struct listener_option *listener;

	STAILQ_FOREACH(listener, &options->listeners, next)
		if (!strcmp(listener->name, name))
			return listener;
	return NULL;
}

static int set_name(void *context, const char *value)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	struct parser *parser = context;

	if (!*value || strlen(value) >= LISTENER_NAME_SIZE || value[strspn(value, allowed)])
		return options_complain(parser, "name", value,
					"must be letters, digits, '.', '_' and '-', at most 63");
	if (find(parser->options, value))
		return options_complain(parser, "name", value, "there is a listener of that name");
	strcpy(parser->listener->name, value);
	return 0;
}

/* ---- places ---------------------------------------------------------------- */

static int is_taken(const struct options *options, const char *text)
{
	const struct listener_option *listener;

	STAILQ_FOREACH(listener, &options->listeners, next)
		for (unsigned int i = 0; i < listener->place_count; i++)
			if (!strcmp(listener->places[i].text, text))
				return 1;
	return 0;
}

/* Port 0 is another one each time. */
static int is_free_port(const char *text)
{
	return strncmp(text, LISTENER_PASSED, strlen(LISTENER_PASSED)) &&
	       !strcmp(strrchr(text, ':'), ":0");
}

static int add_place(struct parser *parser, const struct listener_place *place)
{
	struct listener_option *listener = parser->listener;

	if (listener->place_count == LISTENER_PLACES)
		return options_complain(parser, "listen", place->text,
					"a listener has at most 16 places");
	if (!is_free_port(place->text) && is_taken(parser->options, place->text))
		return options_complain(parser, "listen", place->text, "stands there twice");
	listener->places[listener->place_count++] = *place;
	return 0;
}

static int add_address(struct parser *parser, const char *text, size_t length)
{
	struct listener_place place;

	if (address_parse_tcp(text, length, &place.address))
		return options_complain(parser, "listen", text, wanted_place);
	address_format(&place.address, place.text);
	return add_place(parser, &place);
}

/* A port alone, or behind an asterisk. */
static int add_port(struct parser *parser, const char *port)
{
	char v4[ADDRESS_TEXT_SIZE], v6[ADDRESS_TEXT_SIZE];
	int ret;

	ret = snprintf(v4, sizeof(v4), "0.0.0.0:%s", port) >= (int)sizeof(v4);
	snprintf(v6, sizeof(v6), "[::]:%s", port);
	if (ret)
		return options_complain(parser, "listen", port, wanted_place);
	ret = add_address(parser, v4, strlen(v4));
	return ret ? ret : add_address(parser, v6, strlen(v6));
}

static int add_passed(struct parser *parser, const char *text)
{
	struct listener_place place = { 0 };

	if (!text[strlen(LISTENER_PASSED)] || strlen(text) >= sizeof(place.text))
		return options_complain(parser, "listen", text, wanted_place);
	strcpy(place.text, text);
	return add_place(parser, &place);
}

static int add_one(struct parser *parser, const char *text)
{
	if (!strncmp(text, LISTENER_PASSED, strlen(LISTENER_PASSED)))
		return add_passed(parser, text);
	if (!strncmp(text, "*:", 2))
		return add_port(parser, text + 2);
	if (*text && !text[strspn(text, "0123456789")])
		return add_port(parser, text);
	return add_address(parser, text, strlen(text));
}

static int set_listen(void *context, const char *value)
{
	struct parser *parser = context;
	char *copy = strdup(value), *rest = copy, *text;
	size_t len;
	int ret = copy ? 0 : -ENOMEM;

	while (!ret && (text = strsep(&rest, ","))) {
		text += strspn(text, " \t");
		len = strlen(text);
		while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
			text[--len] = '\0';
		ret = add_one(parser, text);
	}
	free(copy);
	return ret;
}

/* ---- what becomes of connections -------------------------------------------- */

static int set_identity(void *context, const char *value)
{
	struct parser *parser = context;

	if (!*value || strlen(value) >= KSEAL_NAME_SIZE)
		return options_complain(parser, "identity", value, "is no name of an identity");
	strcpy(parser->listener->identity, value);
	return 0;
}

static int set_alpn(void *context, const char *value)
{
	struct parser *parser = context;

	if (kseald_alpn_parse(value, &parser->listener->alpn))
		return options_complain(parser, "alpn", value,
					"must be protocols separated by commas: \"h2,http/1.1\"");
	return 0;
}

static int set_proxy(void *context, const char *value)
{
	struct parser *parser = context;
	struct listener_option *listener = parser->listener;

	if (address_parse(value, &listener->proxy))
		return options_complain(parser, "proxy", value,
					"must be an address such as \"127.0.0.1:8080\" or "
					"\"[::1]:8080\", or the path of a socket; names are not "
					"looked up");
	address_format(&listener->proxy, listener->proxy_text);
	return 0;
}

static int set_proxy_protocol(void *context, const char *value)
{
	struct parser *parser = context;

	parser->listener->proxy_header = !strcmp(value, "true");
	if (parser->listener->proxy_header || !strcmp(value, "false"))
		return 0;
	return options_complain(parser, "proxy-protocol", value, "must be true or false");
}

static int set_connect_timeout(void *context, const char *value)
{
	struct parser *parser = context;

	if (options_seconds(value, &parser->listener->connect_ms))
		return options_complain(parser, "connect-timeout", value,
					"must be seconds, more than 0 and at most 3600");
	return 0;
}

static int set_idle_timeout(void *context, const char *value)
{
	struct parser *parser = context;

	parser->listener->idle_ms = 0;
	if (strcmp(value, "0") && options_seconds(value, &parser->listener->idle_ms))
		return options_complain(parser, "idle-timeout", value,
					"must be seconds, at most 3600; 0 for no limit");
	return 0;
}

static int set_number(struct parser *parser, const char *name, const char *value,
		      unsigned int *to)
{
	unsigned long number;

	if (options_number(value, 10, MAX_NUMBER, &number) || !number)
		return options_complain(parser, name, value, "must be a number from 1 to 1000000");
	*to = number;
	return 0;
}

static int set_backlog(void *context, const char *value)
{
	struct parser *parser = context;

	return set_number(parser, "backlog", value, &parser->listener->backlog);
}

static int set_max_connections(void *context, const char *value)
{
	struct parser *parser = context;

	return set_number(parser, "max-connections", value, &parser->listener->max_connections);
}

const struct config_member listener_members[LISTENER_MEMBERS] = {
	{ "name", set_name },
	{ "listen", set_listen },
	{ "identity", set_identity },
	{ "alpn", set_alpn },
	{ "proxy", set_proxy },
	{ "proxy-protocol", set_proxy_protocol },
	{ "connect-timeout", set_connect_timeout },
	{ "idle-timeout", set_idle_timeout },
	{ "backlog", set_backlog },
	{ "max-connections", set_max_connections },
};

/* ---- the whole -------------------------------------------------------------- */

int options_end_listener(void *context)
{
	struct parser *parser = context;
	const struct listener_option *listener = parser->listener;

	if (!listener->name[0] || !listener->place_count) {
		fprintf(parser->err, "kseald: %s: %s needs a name and where to listen\n",
			parser->where, listener->name[0] ? listener->name : "a listener");
		return -EINVAL;
	}
	if (!listener->proxy.size && (listener->proxy_header || listener->idle_ms ||
				      listener->connect_ms != DEFAULT_CONNECT_MS)) {
		fprintf(parser->err, "kseald: %s: %s: proxy-protocol, connect-timeout and "
			"idle-timeout go with proxy\n", parser->where, listener->name);
		return -EINVAL;
	}
	return 0;
}

static int has_identity(const struct options *options, const char *name)
{
	const struct identity_option *identity;

	STAILQ_FOREACH(identity, &options->identities, next)
		if (!*name || !strcmp(identity->name, name))
			return 1;
	return 0;
}

int options_check_listeners(struct parser *parser)
{
	const struct listener_option *listener;

	STAILQ_FOREACH(listener, &parser->options->listeners, next) {
		if (has_identity(parser->options, listener->identity))
			continue;
		fprintf(parser->err, "kseald: %s: %s: there is no identity%s%s to show its clients\n",
			listener->where, listener->name, listener->identity[0] ? " " : "",
			listener->identity);
		return -EINVAL;
	}
	return 0;
}
