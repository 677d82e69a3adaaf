/* SPDX-License-Identifier: GPL-2.0 */
/* What is told of a handshake, field by field, to people or to machines. */
#ifndef KSEAL_FIELDS_H
#define KSEAL_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct fields;

/** enum fields_way - which way a step's bytes went */
enum fields_way {
	WAY_NONE,
	WAY_SENT,
	WAY_RECEIVED,
};

/**
 * struct fields_step - what one step is headed by
 * @at_ms: when, since all began
 * @waited_ms: how much of that went by waiting for the peer, since the last step
 * @kind: for machines
 * @title: for people; for machines the "name"
 * @size: bytes, or -1
 * @brief: if set, for people in place of the step's fields
 */
struct fields_step {
	double at_ms;
	double waited_ms;
	enum fields_way way;
	const char *kind;
	const char *title;
	long size;
	const char *brief;
};

/**
 * struct fields_ops - how fields are written
 * @step: an object that begins with these
 * @open: an object, or a list, of which @close is the end
 * @code: a number of TLS's registries, so many hexadecimal digits long, and its
 *	name there, or NULL
 * @number: an amount, and its unit, or NULL
 * @text: words, perhaps the peer's: any bytes
 * @hex: bytes as such
 * @flag: yes or no
 * @note: explains what comes; for people only
 *
 * A name is NULL in a list.
 */
struct fields_ops {
	void (*step)(struct fields *f, const struct fields_step *step);
	void (*open)(struct fields *f, const char *name, bool list);
	void (*close)(struct fields *f);
	void (*code)(struct fields *f, const char *name, uint32_t value, int digits,
		     const char *meaning);
	void (*number)(struct fields *f, const char *name, double value, const char *unit);
	void (*text)(struct fields *f, const char *name, const void *text, size_t len);
	void (*hex)(struct fields *f, const char *name, const uint8_t *data, size_t len);
	void (*flag)(struct fields *f, const char *name, bool value);
	void (*note)(struct fields *f, const char *words);
};

enum { FIELDS_DEPTH = 16 };

/** struct fields - where they go; set up by one of the functions below */
struct fields {
	const struct fields_ops *ops;
	FILE *out;
	int depth;
	bool quiet;
	struct {
		bool list;
		bool objects;
		unsigned int count;
		int column;
	} level[FIELDS_DEPTH];
};

/** fields_to_text() - to people: nothing of the peer reaches a terminal as it is */
void fields_to_text(struct fields *f, FILE *out);

/** fields_to_json() - to machines: one value, in ASCII */
void fields_to_json(struct fields *f, FILE *out);

/** fields_string() - text that ends with NUL */
void fields_string(struct fields *f, const char *name, const char *text);

/** fields_open() - an object */
void fields_open(struct fields *f, const char *name);

/** fields_list() - a list */
void fields_list(struct fields *f, const char *name);

/** fields_close() - the end of either */
void fields_close(struct fields *f);

#endif /* KSEAL_FIELDS_H */
