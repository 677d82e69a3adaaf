// SPDX-License-Identifier: GPL-2.0
/* Which program may have which handshakes done. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kseal.h"
#include "policy.h"
#include "protocol.h"
#include "tls.h"

/* ---- who it is ---------------------------------------------------------- */

static int find_groups(struct program *program, int sock)
{
	socklen_t len = 0;

	/* how many there are, by failing; none succeeds */
	if (!getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, NULL, &len))
		return 0;
	if (errno != ERANGE)
		return -errno;
	program->groups = malloc(len);
	if (!program->groups)
		return -ENOMEM;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, program->groups, &len))
		return -errno;
	program->group_count = len / sizeof(*program->groups);
	return 0;
}

int program_find(struct program *program, int sock)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	memset(program, 0, sizeof(*program));
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return -errno;
	program->pid = cred.pid;
	program->uid = cred.uid;
	program->gid = cred.gid;
	return find_groups(program, sock);
}

void program_free(struct program *program)
{
	free(program->groups);
	program->groups = NULL;
	program->group_count = 0;
}

static int is_in_group(const struct program *program, gid_t gid)
{
	if (program->gid == gid)
		return 1;
	for (unsigned int i = 0; i < program->group_count; i++)
		if (program->groups[i] == gid)
			return 1;
	return 0;
}

static int is_for(const struct caller *caller, const struct program *program)
{
	return (!caller->has_user || caller->uid == program->uid) &&
	       (!caller->has_group || is_in_group(program, caller->gid));
}

/* ---- what it may -------------------------------------------------------- */

static int has_role(const struct caller *caller, uint32_t role)
{
	return !caller->roles || (role < 32 && caller->roles >> role & 1);
}

/* Is @name one of "a,b"? */
static int is_listed(const char *list, const char *name)
{
	const size_t len = strlen(name);
	size_t one;

	for (; *list; list += one + (list[one] == ',')) {
		one = strcspn(list, ",");
		if (one == len && !strncmp(list, name, len))
			return 1;
	}
	return 0;
}

/*
 * struct verdict - of all entries for a program
 * @known: there is one
 * @role: one with the role wanted
 * @identity: one with that and the identity wanted
 * @list: identities of one that does not have it
 */
struct verdict {
	int known;
	int role;
	int identity;
	const char *list;
};

static struct verdict judge(const struct callers *callers, const struct program *program,
			    uint32_t role, const char *identity)
{
	struct verdict verdict = { 0 };
	const struct caller *caller;

	STAILQ_FOREACH(caller, callers, next) {
		if (!is_for(caller, program))
			continue;
		verdict.known = 1;
		if (!has_role(caller, role))
			continue;
		verdict.role = 1;
		if (!caller->identities || (*identity && is_listed(caller->identities, identity)))
			verdict.identity = 1;
		else
			verdict.list = caller->identities;
	}
	return verdict;
}

/* Without one the peer would choose, by SNI, and any that there is. */
static int choose_identity(const struct verdict *verdict, const struct program *program,
			   char *identity, struct kseal_result *result)
{
	if (*identity)
		return tls_fail(result, EACCES, "user %u may not use the identity \"%s\": the "
				"configuration gives it %s", program->uid, identity, verdict->list);
	if (strchr(verdict->list, ','))
		return tls_fail(result, EACCES, "user %u may not use every identity, so the request "
				"has to name one of %s", program->uid, verdict->list);
	strcpy(identity, verdict->list);
	return 0;
}

int policy_check(const struct callers *callers, const struct program *program,
		 struct kseald_request *request, struct kseal_result *result)
{
	const int client = request->role == KSEAL_CLIENT;
	char *identity = client ? request->client_identity : request->identity;
	struct verdict verdict;

	if (STAILQ_EMPTY(callers))
		return 0;
	verdict = judge(callers, program, request->role, identity);
	if (!verdict.known)
		return tls_fail(result, EACCES, "user %u may not use kseald: no entry of callers in "
				"its configuration is for that user or its groups", program->uid);
	if (!verdict.role)
		return tls_fail(result, EACCES, "user %u may not be a %s: the configuration does not "
				"give it that role", program->uid,
				client ? "client" : "server");
	/* a client need not show a certificate */
	if (verdict.identity || (client && !*identity))
		return 0;
	return choose_identity(&verdict, program, identity, result);
}

/* ---- memory ------------------------------------------------------------- */

void policy_free(struct callers *callers)
{
	struct caller *caller;

	while ((caller = STAILQ_FIRST(callers))) {
		STAILQ_REMOVE_HEAD(callers, next);
		free(caller->identities);
		free(caller);
	}
}

void policy_replace(struct callers *callers, struct callers *fresh)
{
	policy_free(callers);
	STAILQ_CONCAT(callers, fresh);
}
