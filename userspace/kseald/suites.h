/* SPDX-License-Identifier: GPL-2.0 */
/* What kseald agrees to: versions, ciphers, key exchanges and groups, by name. */
#ifndef KSEALD_SUITES_H
#define KSEALD_SUITES_H

#include <stddef.h>
#include <stdint.h>

/** enum suites_kind - what there is a list of */
enum suites_kind {
	SUITES_VERSIONS,
	SUITES_CIPHERS,
	SUITES_KEY_EXCHANGES,
	SUITES_GROUPS,
	SUITES_KINDS,
};

/**
 * struct suites - names separated by commas, most wanted first
 * @lists: of each kind; NULL for kseald's own choice
 */
struct suites {
	const char *lists[SUITES_KINDS];
};

enum {
	SUITES_PRIORITY_SIZE = 1024,	/* holds any priority, with its NUL */
	SUITES_NAMES_SIZE = 256,	/* holds all names of a kind, with its NUL */
};

/**
 * suites_check() - is each of these a name of that kind, and none there twice?
 *
 * Upper or lower case is all the same.
 *
 * Return: 0; -EINVAL.
 */
int suites_check(enum suites_kind kind, const char *list);

/** suites_names() - all names of a kind, for messages; returns @text */
const char *suites_names(enum suites_kind kind, char text[SUITES_NAMES_SIZE]);

/** suites_list() - the list in use: the one given, or kseald's own */
const char *suites_list(const struct suites *suites, enum suites_kind kind);

/**
 * suites_have() - does a list have what goes by this number on the wire?
 * @kind: SUITES_VERSIONS or SUITES_GROUPS; the others are no numbers
 */
int suites_have(enum suites_kind kind, const char *list, uint16_t number);

/** suites_priority() - the lists as a priority string of GnuTLS; the server's order decides */
void suites_priority(const struct suites *suites, char text[SUITES_PRIORITY_SIZE]);

#endif /* KSEALD_SUITES_H */
