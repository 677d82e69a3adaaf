// SPDX-License-Identifier: GPL-2.0
/* Fields for machines. */
#include <inttypes.h>
#include <string.h>

#include "fields.h"
#include "json.h"

/* What goes before a value: a comma, a new line, its name. */
static void begin(struct fields *f, const char *name)
{
	if (f->depth) {
		fputs(f->level[f->depth].count++ ? ",\n" : "\n", f->out);
		fprintf(f->out, "%*s", f->depth * 2, "");
	}
	if (name) {
		json_string(f->out, name, strlen(name));
		fputs(": ", f->out);
	}
}

static void open_level(struct fields *f, const char *name, bool list)
{
	begin(f, name);
	fputc(list ? '[' : '{', f->out);
	f->depth++;
	f->level[f->depth].list = list;
	f->level[f->depth].count = 0;
}

static void close_level(struct fields *f)
{
	const bool list = f->level[f->depth].list;

	if (f->level[f->depth].count)
		fprintf(f->out, "\n%*s", f->depth * 2 - 2, "");
	fputc(list ? ']' : '}', f->out);
	if (!--f->depth)
		fputc('\n', f->out);
}

static void put_code(struct fields *f, const char *name, uint32_t value, int digits,
		     const char *meaning)
{
	(void)digits;
	begin(f, name);
	fprintf(f->out, "{\"code\": %" PRIu32 ", \"name\": ", value);
	if (meaning)
		json_string(f->out, meaning, strlen(meaning));
	else
		fputs("null", f->out);
	fputc('}', f->out);
}

static void put_number(struct fields *f, const char *name, double value, const char *unit)
{
	(void)unit;
	begin(f, name);
	fprintf(f->out, value == (double)(int64_t)value ? "%.0f" : "%.3f", value);
}

static void put_text(struct fields *f, const char *name, const void *text, size_t len)
{
	begin(f, name);
	json_string(f->out, text, len);
}

static void put_hex(struct fields *f, const char *name, const uint8_t *data, size_t len)
{
	begin(f, name);
	fputc('"', f->out);
	while (len--)
		fprintf(f->out, "%02x", *data++);
	fputc('"', f->out);
}

static void put_flag(struct fields *f, const char *name, bool value)
{
	begin(f, name);
	fputs(value ? "true" : "false", f->out);
}

static void put_step(struct fields *f, const struct fields_step *step)
{
	static const char *const ways[] = {
		[WAY_SENT] = "sent", [WAY_RECEIVED] = "received",
	};

	open_level(f, NULL, false);
	fields_string(f, "kind", step->kind);
	fields_string(f, "name", step->title);
	if (step->way)
		fields_string(f, "direction", ways[step->way]);
	put_number(f, "at_ms", step->at_ms, NULL);
	put_number(f, "waited_ms", step->waited_ms, NULL);
	if (step->size >= 0)
		put_number(f, "size", step->size, NULL);
}

static void put_note(struct fields *f, const char *words)
{
	(void)f;
	(void)words;
}

void fields_to_json(struct fields *f, FILE *out)
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
