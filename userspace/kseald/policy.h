/* SPDX-License-Identifier: GPL-2.0 */
/* Which program may have which handshakes done: the callers of kseald.conf(5). */
#ifndef KSEALD_POLICY_H
#define KSEALD_POLICY_H

#include <sys/queue.h>
#include <sys/types.h>

struct kseal_result;
struct kseald_request;

/**
 * struct caller - one entry: who may do what
 * @has_user, @has_group: whether @uid, @gid count; both must be so when both do
 * @roles: a bit, 1 << enum kseal_role, for each; 0 for any
 * @identities: names separated by commas, NULL for any
 */
struct caller {
	STAILQ_ENTRY(caller) next;
	int has_user;
	int has_group;
	uid_t uid;
	gid_t gid;
	unsigned int roles;
	char *identities;
};

/** struct callers - all entries; none at all: everybody may do everything */
STAILQ_HEAD(callers, caller);

/**
 * struct program - who is at the other end of a UNIX socket, as the kernel says
 * @pid, @uid, @gid: when it connected
 * @groups: its supplementary groups
 */
struct program {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	unsigned int group_count;
};

/** program_find() - fill @program in, to be given to program_free(); 0 or -errno */
int program_find(struct program *program, int sock);

/** program_free() - free what program_find() has made */
void program_free(struct program *program);

/**
 * policy_check() - whether @program may have this handshake done
 * @callers: the entries; those that are for @program add up
 * @request: of the server role: gets the identity, if it names none and the program may
 *	use only one
 * @result: error and reason are set when it may not
 *
 * Return: 0 or -EACCES.
 */
int policy_check(const struct callers *callers, const struct program *program,
		 struct kseald_request *request, struct kseal_result *result);

/** policy_replace() - free what @callers holds, and move all of @fresh there */
void policy_replace(struct callers *callers, struct callers *fresh);

/** policy_free() - free all entries */
void policy_free(struct callers *callers);

#endif /* KSEALD_POLICY_H */
