/* SPDX-License-Identifier: GPL-2.0 */
/* What JSON makes of words. */
#ifndef KSEAL_JSON_H
#define KSEAL_JSON_H

#include <stddef.h>
#include <stdio.h>

/**
 * json_string() - write a string in quotes, in ASCII only
 * @text: UTF-8; bytes that are not become U+FFFD
 */
void json_string(FILE *out, const void *text, size_t len);

#endif /* KSEAL_JSON_H */
