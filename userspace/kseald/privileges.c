// SPDX-License-Identifier: GPL-2.0
/* Who kseald runs as, and what that may do. */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "ids.h"
#include "log.h"
#include "memory.h"
#include "privileges.h"

enum {
	CAP_MAX = 63,			/* there is room for so many in the kernel's sets */
};

/* ---- the user ----------------------------------------------------------- */

/* A number needs no entry, and then it is in no more groups. */
static int find_groups(struct account *account, const struct passwd *user)
{
	account->group_count = ACCOUNT_GROUPS_MAX;
	if (user && getgrouplist(user->pw_name, account->gid, account->groups,
				 &account->group_count) < 0) {
		log_error("cannot run as %s: that user is in more than %d groups", account->name,
			  ACCOUNT_GROUPS_MAX);
		return -E2BIG;
	}
	if (!user) {
		account->groups[0] = account->gid;
		account->group_count = 1;
	}
	return 0;
}

static int find_user(struct account *account, const char *user, const char *group)
{
	const struct passwd *entry;

	if (id_of_user(user, &account->uid)) {
		log_error("cannot run as %s: there is no user \"%s\"", account->name, user);
		return -EINVAL;
	}
	entry = getpwuid(account->uid);
	account->gid = entry ? entry->pw_gid : account->uid;
	if (group && id_of_group(group, &account->gid)) {
		log_error("cannot run as %s: there is no group \"%s\"", account->name, group);
		return -EINVAL;
	}
	return find_groups(account, entry);
}

int account_find(struct account *account, const char *text)
{
	const char *colon = text ? strchr(text, ':') : NULL;
	char *user;
	int ret;

	memset(account, 0, sizeof(*account));
	if (!text) {
		account->uid = getuid();
		account->gid = getgid();
		return 0;
	}
	account->name = text;
	user = strndup(text, colon ? (size_t)(colon - text) : strlen(text));
	if (!user)
		return -ENOMEM;
	ret = find_user(account, user, colon ? colon + 1 : NULL);
	free(user);
	return ret;
}

static int become(const struct account *account)
{
	uid_t real, effective, saved;

	if (!account->name)
		return 0;
	getresuid(&real, &effective, &saved);
	if (real == account->uid && effective == account->uid && saved == account->uid &&
	    real && getegid() == account->gid)
		return 0;
	if (setgroups(account->group_count, account->groups) ||
	    setresgid(account->gid, account->gid, account->gid) ||
	    setresuid(account->uid, account->uid, account->uid)) {
		const int ret = -errno;

		log_error("cannot become the user %s: %s; --user needs a kseald that root starts",
			  account->name, strerror(-ret));
		return ret;
	}
	return 0;
}

/* ---- capabilities ------------------------------------------------------- */

static int get_capabilities(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return syscall(SYS_capget, &header, data) ? -errno : 0;
}

int privileges_has_net_admin(void)
{
	struct __user_cap_data_struct data[2];

	return !get_capabilities(data) && data[0].effective >> CAP_NET_ADMIN & 1;
}

/* Whoever lacks CAP_SETPCAP cannot, and has nothing it would take away. */
static void drop_bounding_set(void)
{
	for (int cap = 0; cap <= CAP_MAX; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0))
			return;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	const struct __user_cap_data_struct none[2] = { 0 };

	if (syscall(SYS_capset, &header, none) ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
		const int ret = -errno;

		log_error("cannot give up capabilities: %s", strerror(-ret));
		return ret;
	}
	return 0;
}

/* What must not be so is tried, not believed. */
static int is_harmless(const struct account *account)
{
	struct __user_cap_data_struct data[2];
	uid_t real, effective, saved;

	if (get_capabilities(data) || data[0].permitted || data[1].permitted)
		return 0;
	getresuid(&real, &effective, &saved);
	if (real != account->uid || effective != account->uid || saved != account->uid)
		return 0;
	return !account->uid || setuid(0);
}

int privileges_drop(const struct account *account)
{
	int ret;

	drop_bounding_set();
	ret = become(account);
	if (!ret)
		ret = drop_capabilities();
	if (ret)
		return ret;
	memory_no_dumps();
	if (is_harmless(account))
		return 0;
	log_error("privileges were given up, and yet are there: kseald does not go on");
	return -EPERM;
}
