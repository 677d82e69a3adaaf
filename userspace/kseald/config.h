/* SPDX-License-Identifier: GPL-2.0 */
/* kseald's configuration file. */
#ifndef KSEALD_CONFIG_H
#define KSEALD_CONFIG_H

#include <stddef.h>
#include <stdio.h>

/**
 * struct config_member - a setting of a group
 * @name: as in the file
 * @set: called with its value. Return: 0; a negative errno, having said why on the
 *	reader's @err, behind the place that its @at was told of
 */
struct config_member {
	const char *name;
	int (*set)(void *context, const char *value);
};

/**
 * struct config_section - lists of groups there may be, such as identities
 * @name: of the list
 * @entry: one of its groups, for messages: "an identity"
 * @members: settings of a group, each with one value
 * @count: how many
 * @begin: called where a group begins; returns as config_member.set does
 * @end: likewise when all of it was read; the place is where it began
 */
struct config_section {
	const char *name;
	const char *entry;
	const struct config_member *members;
	size_t count;
	int (*begin)(void *context);
	int (*end)(void *context);
};

/**
 * struct config_reader - who gets what a file says
 * @names: settings there may be, each with one value
 * @count: how many
 * @set: called for each setting as it is read: @name's value; returns as config_member.set
 * @sections: lists of groups
 * @section_count: how many
 * @at: called before all others, with file and line of what they are about, to be put
 *	before errors; valid until it is called again
 * @context: handed to all functions
 * @err: where errors go
 */
struct config_reader {
	const char *const *names;
	size_t count;
	int (*set)(void *context, const char *name, const char *value);
	const struct config_section *sections;
	size_t section_count;
	void (*at)(void *context, const char *where);
	void *context;
	FILE *err;
};

/**
 * config_file_read() - read a file
 * @path: the file
 * @reader: hears of what it says
 *
 * As libconfig has it: lines NAME = VALUE, with numbers, true, false, or text in double
 * quotes; and lists of groups
 *
 *	identities = (
 *		{ name = "NAME"; certificate = "FILE"; key = "FILE"; },
 *	)
 *
 * Return: 0; -EINVAL something in it is wrong, and was complained about with its line;
 * another negative errno: it cannot be read, likewise.
 */
int config_file_read(const char *path, const struct config_reader *reader);

#endif /* KSEALD_CONFIG_H */
