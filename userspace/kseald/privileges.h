/* SPDX-License-Identifier: GPL-2.0 */
/* Who kseald runs as, and what that may do. */
#ifndef KSEALD_PRIVILEGES_H
#define KSEALD_PRIVILEGES_H

#include <sys/types.h>

enum {
	ACCOUNT_GROUPS_MAX = 256,
};

/**
 * struct account - a user, as --user names one
 * @name: for messages, NULL for whoever started kseald
 * @groups: @gid and the user's supplementary groups
 */
struct account {
	const char *name;
	uid_t uid;
	gid_t gid;
	int group_count;
	gid_t groups[ACCOUNT_GROUPS_MAX];
};

/**
 * account_find() - look a user up
 * @account: filled; @account->name points to @text
 * @text: NAME or NAME:GROUP, both also as numbers; NULL: @account is the user that
 *	this process runs as
 *
 * Logs what went wrong.
 *
 * Return: 0; -EINVAL there is no such user or group; -E2BIG it is in more than
 * ACCOUNT_GROUPS_MAX groups.
 */
int account_find(struct account *account, const char *text);

/**
 * privileges_drop() - become @account, without any capability, for good
 *
 * For the calling thread and those that it starts later: call it before there are
 * others. The bounding and ambient sets go too, and no program that is executed can
 * bring anything back (no_new_privs). Logs what went wrong.
 *
 * Return: 0; -EPERM this process may not become that user; another -errno.
 */
int privileges_drop(const struct account *account);

/** privileges_has_net_admin() - whether this thread has CAP_NET_ADMIN */
int privileges_has_net_admin(void);

#endif /* KSEALD_PRIVILEGES_H */
