// SPDX-License-Identifier: GPL-2.0
/*
 * Fields for people: a line for each, names in a column, lists of words in as many
 * lines as they need, objects of a list each with a dash before its first field.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"

enum {
	MARGIN = 14,
	NAMES = 22,
	WIDTH = 100,
	HEX_SHOWN = 32,
};

void fields_string(struct fields *f, const char *name, const char *text)
{
	f->ops->text(f, name, text, strlen(text));
}

void fields_open(struct fields *f, const char *name)
{
	f->ops->open(f, name, false);
}

void fields_list(struct fields *f, const char *name)
{
	f->ops->open(f, name, true);
}

void fields_close(struct fields *f)
{
	f->ops->close(f);
}

/* ---- lines -------------------------------------------------------------------- */

/* Where the names of this level begin. */
static int names_at(const struct fields *f)
{
	return MARGIN + (f->depth > 1 ? (f->depth - 1) * 2 : 0);
}

/* An object of a list has a dash before its first name. Return: the column then. */
static int put_name(struct fields *f, const char *name)
{
	const bool dash = f->depth > 1 && f->level[f->depth - 1].list &&
			  !f->level[f->depth].count;

	f->level[f->depth].count++;
	return fprintf(f->out, "%*s%s%s", names_at(f) - 2, "", dash ? "- " : "  ", name);
}

static void put_blanks(struct fields *f, int from, int to)
{
	fprintf(f->out, "%*s", from < to ? to - from : 1, "");
}

/* A value in a list goes behind the last one, if there is room. */
static void next_in_list(struct fields *f, size_t len)
{
	int *column = &f->level[f->depth].column;
	const int start = names_at(f) - 2 + NAMES;

	if (!f->level[f->depth].count++) {
		put_blanks(f, *column, start);
		*column = start;
	} else if (*column + (int)len + 2 > WIDTH) {
		fprintf(f->out, ",\n%*s", start, "");
		*column = start;
	} else {
		fputs(", ", f->out);
		*column += 2;
	}
	*column += len;
}

static void put_value(struct fields *f, const char *name, const char *value)
{
	if (f->quiet)
		return;
	if (f->level[f->depth].list) {
		next_in_list(f, strlen(value));
		fputs(value, f->out);
		return;
	}
	put_blanks(f, put_name(f, name), names_at(f) + NAMES);
	fprintf(f->out, "%s\n", value);
}

static void put_line(struct fields *f, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void put_line(struct fields *f, const char *name, const char *format, ...)
{
	char *line;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&line, format, args);
	va_end(args);
	if (len < 0)
		return;
	put_value(f, name, line);
	free(line);
}

/* ---- fields ------------------------------------------------------------------- */

/* A list's first value decides whether it goes on in this line. */
static void open_level(struct fields *f, const char *name, bool list)
{
	const bool in_list = f->depth && f->level[f->depth].list;
	int column = 0;

	if (name)
		column = put_name(f, name);
	if ((name && !list) || (in_list && !f->level[f->depth].count++))
		fputc('\n', f->out);
	f->depth++;
	f->level[f->depth].list = list;
	f->level[f->depth].count = 0;
	f->level[f->depth].column = column;
	f->level[f->depth].objects = false;
	if (in_list)
		f->level[f->depth - 1].objects = true;
}

static void close_level(struct fields *f)
{
	if (f->level[f->depth].list && !f->level[f->depth].objects) {
		if (!f->level[f->depth].count)
			put_value(f, NULL, "none");
		fputc('\n', f->out);
	}
	f->depth--;
	f->quiet = false;
}

static void put_code(struct fields *f, const char *name, uint32_t value, int digits,
		     const char *meaning)
{
	put_line(f, name, "%s (0x%0*x)", meaning ? meaning : "unknown", digits, value);
}

static void put_number(struct fields *f, const char *name, double value, const char *unit)
{
	put_line(f, name, "%.*f%s%s", value == (double)(int64_t)value ? 0 : 3, value,
		 unit ? " " : "", unit ? unit : "");
}

/* Anything a terminal may take for a command goes as \xNN. */
static void put_text(struct fields *f, const char *name, const void *text, size_t len)
{
	const uint8_t *at = text, *end = at + len;
	char *line = malloc(len * 4 + 1), *to = line;

	if (!line)
		return;
	for (; at < end; at++) {
		if (*at < ' ' || *at >= 0x7f || *at == '\\')
			to += sprintf(to, "\\x%02x", *at);
		else
			*to++ = *at;
	}
	*to = '\0';
	put_value(f, name, len ? line : "(empty)");
	free(line);
}

static void put_hex(struct fields *f, const char *name, const uint8_t *data, size_t len)
{
	char line[HEX_SHOWN * 2 + 1] = "";
	size_t i;

	for (i = 0; i < len && i < HEX_SHOWN; i++)
		sprintf(line + i * 2, "%02x", data[i]);
	if (len > HEX_SHOWN)
		put_line(f, name, "%s... (%zu bytes)", line, len);
	else
		put_value(f, name, len ? line : "(empty)");
}

static void put_flag(struct fields *f, const char *name, bool value)
{
	put_value(f, name, value ? "yes" : "no");
}

static void put_step(struct fields *f, const struct fields_step *step)
{
	static const char *const arrows[] = {
		[WAY_NONE] = "   ", [WAY_SENT] = "-->", [WAY_RECEIVED] = "<--",
	};

	fprintf(f->out, "%7.1f ms %s %s", step->at_ms, arrows[step->way], step->title);
	if (step->size >= 0)
		fprintf(f->out, ", %ld bytes", step->size);
	if (step->brief)
		fprintf(f->out, ", %s", step->brief);
	if (step->waited_ms >= 0.05)
		fprintf(f->out, ", after %.1f ms of waiting", step->waited_ms);
	fputc('\n', f->out);
	f->depth++;
	memset(&f->level[f->depth], 0, sizeof(f->level[0]));
	f->quiet = step->brief != NULL;
}

static void put_note(struct fields *f, const char *words)
{
	if (!f->quiet)
		fprintf(f->out, "%*s%s\n", names_at(f) - (f->depth > 1 ? 0 : 2), "", words);
}

void fields_to_text(struct fields *f, FILE *out)
{
	static const struct fields_ops ops = {
		.step = put_step, .open = open_level, .close = close_level, .code = put_code,
		.number = put_number, .text = put_text, .hex = put_hex,
		.flag = put_flag, .note = put_note,
	};

	memset(f, 0, sizeof(*f));
	f->ops = &ops;
	f->out = out;
}
