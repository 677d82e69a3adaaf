/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_MIME_H
#define SERVE_MIME_H

#include <stdio.h>

/** struct mime_table - suffixes and types read from a mime.types file */
struct mime_table;

/**
 * mime_read() - read a table in the format of mime.types(5)
 * @file: read to its end, stays the caller's
 *
 * Return: the table, to be freed with mime_free(); NULL when out of memory.
 */
struct mime_table *mime_read(FILE *file);

/** mime_free() - free a table; NULL is fine */
void mime_free(struct mime_table *table);

/**
 * mime_type() - the Content-Type for a file's name
 * @table: looked at for what the built-in rows do not know; may be NULL
 * @name: file name, with or without directories
 *
 * Return: never NULL; lives as long as @table.
 */
const char *mime_type(const struct mime_table *table, const char *name);

#endif /* SERVE_MIME_H */
