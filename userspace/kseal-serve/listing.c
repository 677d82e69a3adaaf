// SPDX-License-Identifier: GPL-2.0
/* A directory as a page of HTML. PURE: no system calls. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listing.h"
#include "path.h"

/*
 * Length of the UTF-8 sequence at @at (Unicode 15, table 3-7), 0 if none is
 * there. The NUL at the end is no continuation byte, so nothing past it is read.
 */
static size_t utf8_length(const unsigned char *at)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	length = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	if (at[0] == 0xe0)
		low = 0xa0;
	else if (at[0] == 0xed)
		high = 0x9f;
	else if (at[0] == 0xf0)
		low = 0x90;
	else if (at[0] == 0xf4)
		high = 0x8f;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (at[i] < 0x80 || at[i] > 0xbf)
			return 0;
	return length;
}

static void put_text(FILE *out, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;
	size_t length;

	for (; *at; at += length ? length : 1) {
		length = utf8_length(at);
		if (*at == '<')
			fputs("&lt;", out);
		else if (*at == '>')
			fputs("&gt;", out);
		else if (*at == '&')
			fputs("&amp;", out);
		else if (*at == '"')
			fputs("&quot;", out);
		else if (*at == '\'')
			fputs("&#39;", out);
		else if (!length || *at < 0x20 || *at == 0x7f)
			fputs("\xef\xbf\xbd", out);	/* U+FFFD */
		else
			fwrite(at, 1, length, out);
	}
}

static void put_entry(FILE *out, const struct listing_entry *entry)
{
	const char *slash = entry->is_dir ? "/" : "";
	char href[3 * NAME_MAX + 1];
	char when[32] = "";
	struct tm tm;

	if (path_encode(entry->name, href, sizeof(href)) < 0)
		return;
	if (gmtime_r(&entry->mtime, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	/* "./" first: a name with a colon is no scheme (RFC 3986 4.2) */
	fprintf(out, "<tr><td><a href=\"./%s%s\">", href, slash);
	put_text(out, entry->name);
	fprintf(out, "%s</a></td><td>", slash);
	if (!entry->is_dir)
		fprintf(out, "%" PRIu64, entry->size);
	fprintf(out, "</td><td>%s</td></tr>\n", when);
}

static int compare_entries(const void *a, const void *b)
{
	const struct listing_entry *left = a, *right = b;

	if (left->is_dir != right->is_dir)
		return right->is_dir - left->is_dir;
	return strcmp(left->name, right->name);
}

static void put_page(FILE *out, const char *path,
		     const struct listing_entry *entries, size_t count)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width\">\n"
	      "<title>/", out);
	put_text(out, path);
	fputs("</title>\n<style>body{font-family:sans-serif;margin:2em}"
	      "td,th{padding:.1em 1em .1em 0;text-align:left}"
	      "td:nth-child(2){text-align:right}</style></head>\n<body><h1>/",
	      out);
	put_text(out, path);
	fputs("</h1>\n<table><tr><th>Name</th><th>Size</th>"
	      "<th>Last changed (UTC)</th></tr>\n", out);
	if (*path)
		fputs("<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n",
		      out);
	for (size_t i = 0; i < count; i++)
		put_entry(out, &entries[i]);
	fputs("</table></body></html>\n", out);
}

char *listing_html(const char *path, struct listing_entry *entries,
		   size_t count, size_t *length)
{
	char *page = NULL;
	FILE *out = open_memstream(&page, length);

	if (!out)
		return NULL;
	if (count)
		qsort(entries, count, sizeof(*entries), compare_entries);
	put_page(out, path, entries, count);
	if (fclose(out)) {
		free(page);
		return NULL;
	}
	return page;
}
