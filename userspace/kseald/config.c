// SPDX-License-Identifier: GPL-2.0
/* The configuration file, read by libconfig. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <libconfig.h>

#include "config.h"

enum {
	WHERE_SIZE = 512,
	/* any number as text */
	TEXT_SIZE = 32,
};

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
	place->reader->at(place->reader->context, place->where);
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
	case CONFIG_TYPE_BOOL:
		return config_setting_get_bool(setting) ? "true" : "false";
	case CONFIG_TYPE_FLOAT:
		snprintf(text, size, "%.9g", config_setting_get_float(setting));
		return text;
	default:
		return NULL;
	}
}

static int is_known(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return 1;
	return 0;
}

/* The value of a setting of which there is one. Return: it, or NULL, having complained. */
static const char *value_of(struct place *place, const config_setting_t *setting, char *text,
			    size_t size)
{
	const char *value = text_of(setting, text, size);

	if (!value)
		complain(place, config_setting_name(setting),
			 "wants one value: a number, true, false, or text in double quotes");
	return value;
}

static int one_setting(struct place *place, const config_setting_t *setting)
{
	const struct config_reader *reader = place->reader;
	const char *name = config_setting_name(setting), *value;
	char text[TEXT_SIZE];

	go_to(place, setting);
	if (!is_known(reader->names, reader->count, name))
		return complain(place, name, "is nothing that can be set here");
	value = value_of(place, setting, text, sizeof(text));
	return value ? reader->set(reader->context, name, value) : -EINVAL;
}

/* ---- lists of groups ---------------------------------------------------------- */

static int unknown_member(const struct place *place, const struct config_section *section,
			  const char *name)
{
	FILE *err = place->reader->err;

	fprintf(err, "kseald: %s: %s is nothing that %s has:", place->where, name, section->entry);
	for (size_t i = 0; i < section->count; i++)
		fprintf(err, "%s %s", i ? "," : "", section->members[i].name);
	fputc('\n', err);
	return -EINVAL;
}

static int one_member(struct place *place, const struct config_section *section,
		      const config_setting_t *setting)
{
	const char *name = config_setting_name(setting), *value;
	char text[TEXT_SIZE];
	size_t i = 0;

	go_to(place, setting);
	while (i < section->count && strcmp(section->members[i].name, name))
		i++;
	if (i == section->count)
		return unknown_member(place, section, name);
	value = value_of(place, setting, text, sizeof(text));
	return value ? section->members[i].set(place->reader->context, value) : -EINVAL;
}

static int one_group(struct place *place, const struct config_section *section,
		     const config_setting_t *group)
{
	int i, ret;

	go_to(place, group);
	if (!config_setting_is_group(group))
		return complain(place, section->name,
				"are a list of groups in braces, { name = value; ... }");
	ret = section->begin(place->reader->context);
	for (i = 0; i < config_setting_length(group) && !ret; i++)
		ret = one_member(place, section, config_setting_get_elem(group, i));
	if (ret)
		return ret;
	go_to(place, group);
	return section->end(place->reader->context);
}

static int groups(struct place *place, const struct config_section *section,
		  const config_setting_t *list)
{
	int i, ret = 0;

	go_to(place, list);
	if (!config_setting_is_list(list))
		return complain(place, section->name, "are a list, in parentheses");
	if (!config_setting_length(list))
		return complain(place, section->name, "has nothing in it: leave it out");
	for (i = 0; i < config_setting_length(list) && !ret; i++)
		ret = one_group(place, section, config_setting_get_elem(list, i));
	return ret;
}

static const struct config_section *section_of(const struct config_reader *reader, const char *name)
{
	for (size_t i = 0; i < reader->section_count; i++)
		if (!strcmp(reader->sections[i].name, name))
			return &reader->sections[i];
	return NULL;
}

static int all(struct place *place, const config_t *config)
{
	const config_setting_t *root = config_root_setting(config), *setting;
	const struct config_section *section;
	int i, ret = 0;

	for (i = 0; i < config_setting_length(root) && !ret; i++) {
		setting = config_setting_get_elem(root, i);
		section = section_of(place->reader, config_setting_name(setting));
		ret = section ? groups(place, section, setting) : one_setting(place, setting);
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
