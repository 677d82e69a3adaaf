/* SPDX-License-Identifier: GPL-2.0 */
/* kseald's configuration file. */
#ifndef KSEALD_CONFIG_H
#define KSEALD_CONFIG_H

#include <stddef.h>
#include <stdio.h>

/**
 * struct config_reader - who gets what a file says
 * @names: settings there may be, each with one value
 * @count: how many
 * @set: called for each setting as it is read: @name's value. Return: 0; a negative
 *	errno, having said why on @err, behind @where, which names file and line
 * @identity: likewise for a certificate and its key, of the identity @name
 * @context: handed to them
 * @err: where errors go
 */
struct config_reader {
	const char *const *names;
	size_t count;
	int (*set)(void *context, const char *where, const char *name, const char *value);
	int (*identity)(void *context, const char *where, const char *name, const char *certificate,
			const char *key);
	void *context;
	FILE *err;
};

/**
 * config_file_read() - read a file
 * @path: the file
 * @reader: hears of what it says
 *
 * As libconfig has it: lines NAME = VALUE, numbers or text in double quotes; and
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
