// SPDX-License-Identifier: GPL-2.0
/* Users and groups, by name or by number. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>

#include "ids.h"

/* -1 stands for "leave it" in system calls: nobody has it. */
static int number(const char *text, uint32_t *to)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return -ENOENT;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || value >= UINT32_MAX)
		return -ENOENT;
	*to = value;
	return 0;
}

int id_of_user(const char *text, uid_t *uid)
{
	const struct passwd *entry = getpwnam(text);

	if (!entry)
		return number(text, uid);
	*uid = entry->pw_uid;
	return 0;
}

int id_of_group(const char *text, gid_t *gid)
{
	const struct group *entry = getgrnam(text);

	if (!entry)
		return number(text, gid);
	*gid = entry->gr_gid;
	return 0;
}
