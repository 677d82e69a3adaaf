/* SPDX-License-Identifier: GPL-2.0 */
/* Users and groups, by name or by number. */
#ifndef KSEALD_IDS_H
#define KSEALD_IDS_H

#include <sys/types.h>

/**
 * id_of_user(), id_of_group() - look a name up
 * @text: a name that the system knows, or else a decimal number
 *
 * Return: 0; -ENOENT it is neither.
 */
int id_of_user(const char *text, uid_t *uid);
int id_of_group(const char *text, gid_t *gid);

#endif /* KSEALD_IDS_H */
