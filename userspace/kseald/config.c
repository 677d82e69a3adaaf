// SPDX-License-Identifier: GPL-2.0
/* The configuration file, read by libconfig. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <libconfig.h>

#include "config.h"

enum { WHERE_SIZE = 512 };

/** struct place - in a file, for messages */
struct place {
	const struct config_reader *reader;
	const char *path;
	char where[WHERE_SIZE];
};

static void go_to(struct place *place, const config_setting_t *setting)
{
	snprintf(place->where, sizeof(place->where), "%s:%u", place->path,
		 config_setting_source_line(setting));
}

static int complain(const struct place *place, const char *name, const char *why)
{
	fprintf(place->reader->err, "kseald: %s: %s %s\n", place->where, name, why);
	return -EINVAL;
}

/* A value as a command line would have it. Return: it, or NULL if it is a list. */
static const char *text_of(const config_setting_t *setting, char *text, size_t size)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		return config_setting_get_string(setting);
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(text, size, "%lld", config_setting_get_int64(setting));
		return text;
	case CONFIG_TYPE_FLOAT:
		snprintf(text, size, "%.9g", config_setting_get_float(setting));
		return text;
	default:
		return NULL;
	}
}

static int is_known(const struct config_reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->count; i++)
		if (!strcmp(reader->names[i], name))
			return 1;
	return 0;
}

static int one_setting(struct place *place, const config_setting_t *setting)
{
	const char *name = config_setting_name(setting), *value;
	char text[32];

	go_to(place, setting);
	if (!is_known(place->reader, name))
		return complain(place, name, "is nothing that can be set here");
	value = text_of(setting, text, sizeof(text));
	if (!value)
		return complain(place, name, "wants one value: a number, or text in double quotes");
	return place->reader->set(place->reader->context, place->where, name, value);
}

/* A string of an identity, by its name; others are not known. */
static int member(struct place *place, const config_setting_t *setting, const char **name,
		  const char **certificate, const char **key)
{
	const char *what = config_setting_name(setting);
	const char **to = !strcmp(what, "name") ? name : !strcmp(what, "certificate") ? certificate :
			  !strcmp(what, "key") ? key : NULL;

	go_to(place, setting);
	if (!to)
		return complain(place, what, "is nothing that an identity has: name, certificate, key");
	*to = config_setting_get_string(setting);
	return *to ? 0 : complain(place, what, "wants text in double quotes");
}

static int one_identity(struct place *place, const config_setting_t *group)
{
	const char *name = NULL, *certificate = NULL, *key = NULL;
	int i, ret = 0;

	go_to(place, group);
	if (!config_setting_is_group(group))
		return complain(place, "identities", "are a list of { name, certificate, key }");
	for (i = 0; i < config_setting_length(group) && !ret; i++)
		ret = member(place, config_setting_get_elem(group, i), &name, &certificate, &key);
	if (ret)
		return ret;
	go_to(place, group);
	if (!name || !certificate || !key)
		return complain(place, name ? name : "an identity",
				"needs a name, a certificate and its key");
	return place->reader->identity(place->reader->context, place->where, name, certificate, key);
}

static int identities(struct place *place, const config_setting_t *list)
{
	int i, ret = 0;

	go_to(place, list);
	if (!config_setting_is_list(list))
		return complain(place, "identities", "are a list, in parentheses");
	for (i = 0; i < config_setting_length(list) && !ret; i++)
		ret = one_identity(place, config_setting_get_elem(list, i));
	return ret;
}

static int all(struct place *place, const config_t *config)
{
	const config_setting_t *root = config_root_setting(config), *setting;
	int i, ret = 0;

	for (i = 0; i < config_setting_length(root) && !ret; i++) {
		setting = config_setting_get_elem(root, i);
		if (!strcmp(config_setting_name(setting), "identities"))
			ret = identities(place, setting);
		else
			ret = one_setting(place, setting);
	}
	return ret;
}

int config_file_read(const char *path, const struct config_reader *reader)
{
	struct place place = { .reader = reader, .path = path };
	FILE *file = fopen(path, "re");
	config_t config;
	int ret;

	if (!file) {
		ret = -errno;
		fprintf(reader->err, "kseald: %s: %s\n", path, strerror(-ret));
		return ret;
	}
	config_init(&config);
	if (config_read(&config, file)) {
		ret = all(&place, &config);
	} else {
		fprintf(reader->err, "kseald: %s:%d: %s\n", path, config_error_line(&config),
			config_error_text(&config));
		ret = -EINVAL;
	}
	config_destroy(&config);
	fclose(file);
	return ret;
}
