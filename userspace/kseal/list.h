/* SPDX-License-Identifier: GPL-2.0 */
/* How sockets are shown. */
#ifndef KSEAL_LIST_H
#define KSEAL_LIST_H

#include <stdio.h>

#include "sockets.h"

/** list_bytes() - "1.2 MB" for so many bytes, in @text, which is returned. */
const char *list_bytes(double bytes, char *text, size_t size);

/** list_version_name() - "TLS 1.3" for 0x0304, "-" for what is no version. */
const char *list_version_name(uint16_t version);

/** list_suite_name() - of the suite that @socket's keys are for, "-" without keys. */
const char *list_suite_name(const struct ksocket *socket);

/** list_find() - ksockets_find(), and say on stderr what is wrong. Return: an exit status. */
int list_find(struct ksockets *found);

/** list_print() - a table. */
void list_print(FILE *out, const struct ksockets *found);

/** list_print_json() - an array with an object for each. */
void list_print_json(FILE *out, const struct ksockets *found);

/**
 * list_print_rates() - what went over each socket since, the busiest first
 * @now: sockets
 * @before: those of @seconds ago; those that are new count as quiet
 * @most: rows at most
 *
 * Return: 0; -ENOMEM.
 */
int list_print_rates(FILE *out, const struct ksockets *now, const struct ksockets *before,
		     double seconds, size_t most);

#endif /* KSEAL_LIST_H */
