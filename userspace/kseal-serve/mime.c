// SPDX-License-Identifier: GPL-2.0
/*
 * Content types by file name. PURE: reads only the stream it is given.
 *
 * The built-in rows come first, so that what browsers are strict about (scripts,
 * styles, WebAssembly) and the character set are right wherever kseal-serve
 * runs; a mime.types file adds the long tail.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mime.h"

#define FALLBACK_TYPE	"application/octet-stream"

struct mime_row {
	const char *suffix;
	const char *type;
};

struct mime_table {
	struct mime_row *rows;
	size_t count;
	size_t room;
};

/* Sorted by suffix: searched with bsearch(). */
static const struct mime_row builtin[] = {
	{ "avif",	"image/avif" },
	{ "bz2",	"application/x-bzip2" },
	{ "c",		"text/plain; charset=utf-8" },
	{ "conf",	"text/plain; charset=utf-8" },
	{ "css",	"text/css; charset=utf-8" },
	{ "csv",	"text/csv; charset=utf-8" },
	{ "gif",	"image/gif" },
	{ "gz",		"application/gzip" },
	{ "h",		"text/plain; charset=utf-8" },
	{ "htm",	"text/html; charset=utf-8" },
	{ "html",	"text/html; charset=utf-8" },
	{ "ico",	"image/vnd.microsoft.icon" },
	{ "jpeg",	"image/jpeg" },
	{ "jpg",	"image/jpeg" },
	{ "js",		"text/javascript; charset=utf-8" },
	{ "json",	"application/json" },
	{ "log",	"text/plain; charset=utf-8" },
	{ "md",		"text/markdown; charset=utf-8" },
	{ "mjs",	"text/javascript; charset=utf-8" },
	{ "mp3",	"audio/mpeg" },
	{ "mp4",	"video/mp4" },
	{ "pdf",	"application/pdf" },
	{ "png",	"image/png" },
	{ "svg",	"image/svg+xml" },
	{ "tar",	"application/x-tar" },
	{ "txt",	"text/plain; charset=utf-8" },
	{ "wasm",	"application/wasm" },
	{ "webm",	"video/webm" },
	{ "webp",	"image/webp" },
	{ "woff2",	"font/woff2" },
	{ "xml",	"application/xml" },
	{ "xz",		"application/x-xz" },
	{ "zip",	"application/zip" },
	{ "zst",	"application/zstd" },
};

static int compare_rows(const void *a, const void *b)
{
	const struct mime_row *left = a, *right = b;

	return strcasecmp(left->suffix, right->suffix);
}

static const char *find(const struct mime_row *rows, size_t count,
			const char *suffix)
{
	const struct mime_row key = { .suffix = suffix };
	const struct mime_row *row;

	if (!count)
		return NULL;
	row = bsearch(&key, rows, count, sizeof(*rows), compare_rows);
	return row ? row->type : NULL;
}

static bool add_row(struct mime_table *table, const char *suffix,
		    const char *type)
{
	struct mime_row *row;

	if (table->count == table->room) {
		size_t room = table->room ? 2 * table->room : 256;

		row = reallocarray(table->rows, room, sizeof(*row));
		if (!row)
			return false;
		table->rows = row;
		table->room = room;
	}
	row = &table->rows[table->count];
	row->suffix = strdup(suffix);
	row->type = strdup(type);
	table->count++;
	return row->suffix && row->type;
}

/* "text/html	html htm	# comment" */
static bool add_line(struct mime_table *table, char *line)
{
	char *save, *type, *suffix;

	line[strcspn(line, "#\r\n")] = '\0';
	type = strtok_r(line, " \t", &save);
	if (!type)
		return true;
	while ((suffix = strtok_r(NULL, " \t", &save)))
		if (!add_row(table, suffix, type))
			return false;
	return true;
}

struct mime_table *mime_read(FILE *file)
{
	struct mime_table *table = calloc(1, sizeof(*table));
	char *line = NULL;
	size_t size = 0;

	if (!table)
		return NULL;
	while (getline(&line, &size, file) >= 0) {
		if (!add_line(table, line)) {
			mime_free(table);
			table = NULL;
			break;
		}
	}
	free(line);
	if (table && table->count)
		qsort(table->rows, table->count, sizeof(*table->rows),
		      compare_rows);
	return table;
}

void mime_free(struct mime_table *table)
{
	if (!table)
		return;
	for (size_t i = 0; i < table->count; i++) {
		free((char *)table->rows[i].suffix);
		free((char *)table->rows[i].type);
	}
	free(table->rows);
	free(table);
}

const char *mime_type(const struct mime_table *table, const char *name)
{
	const char *slash = strrchr(name, '/'), *dot, *type;

	if (slash)
		name = slash + 1;
	dot = strrchr(name, '.');
	if (!dot || dot == name)
		return FALLBACK_TYPE;
	type = find(builtin, sizeof(builtin) / sizeof(builtin[0]), dot + 1);
	if (!type && table)
		type = find(table->rows, table->count, dot + 1);
	return type ? type : FALLBACK_TYPE;
}
