// SPDX-License-Identifier: GPL-2.0
/* kseald as another user, without privileges; the parts, and the daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <gmp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "certs.h"
#include "daemon.h"
#include "kseal.h"
#include "loopback.h"
#include "memory.h"
#include "peer.h"
#include "privileges.h"

enum {
	RESULT_MS = 15000,
};

static const struct kseal_request as_server = {
	.size = sizeof(as_server),
	.role = KSEAL_SERVER,
};

static struct certs certs;
static struct daemon kseald;
static char identity[256];

static void need_root(void)
{
	if (getuid()) {
		print_message("only root can become somebody else\n");
		skip();
	}
}

/* ---- the parts ---------------------------------------------------------- */

static void users_are_found_by_name_and_number(void **state)
{
	const struct passwd *nobody = getpwnam("nobody");
	struct account account;
	uid_t uid;
	gid_t gid;

	(void)state;
	assert_non_null(nobody);
	uid = nobody->pw_uid;
	gid = nobody->pw_gid;
	assert_int_equal(account_find(&account, "nobody"), 0);
	assert_int_equal(account.uid, uid);
	assert_int_equal(account.gid, gid);
	assert_true(account.group_count >= 1);
	assert_int_equal(account_find(&account, "nobody:daemon"), 0);
	assert_int_equal(account.gid, getgrnam("daemon")->gr_gid);
	assert_int_equal(account_find(&account, "54321:54322"), 0);
	assert_int_equal(account.uid, 54321);
	assert_int_equal(account.gid, 54322);
	assert_int_equal(account.group_count, 1);
	assert_int_equal(account.groups[0], 54322);
	assert_int_equal(account_find(&account, NULL), 0);
	assert_int_equal(account.uid, getuid());
	assert_null(account.name);
}

static void users_that_there_are_not_are_errors(void **state)
{
	static const char *const rows[] = {
		"no user of this name", "nobody:no group of this name", "", "-1", "4294967295",
		"99999999999999999999", "1x",
	};
	struct account account;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (account_find(&account, rows[i]) != -EINVAL)
			fail_msg("\"%s\" is no error", rows[i]);
}

/* Exit status of a process that drops all for @text and then tries to get it back. */
static int drop_as(const char *text)
{
	struct account account;
	const pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		if (account_find(&account, text) || privileges_drop(&account))
			_exit(1);
		if (!seteuid(0) && account.uid)
			_exit(2);
		if (!setgroups(0, NULL))
			_exit(3);
		if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl(PR_CAPBSET_READ, 0) ||
		    prctl(PR_CAPBSET_READ, 12) || prctl(PR_GET_DUMPABLE))
			_exit(4);
		if (getuid() != account.uid || getegid() != account.gid)
			_exit(5);
		/* once more is no error */
		_exit(privileges_drop(&account) ? 6 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void what_is_dropped_does_not_come_back(void **state)
{
	(void)state;
	need_root();
	assert_int_equal(drop_as("nobody"), 0);
	assert_int_equal(drop_as("54321:54322"), 0);
	/* root stays root, and yet can do nothing special */
	assert_int_equal(drop_as(NULL), 0);
}

static void only_root_becomes_another_user(void **state)
{
	const pid_t pid = fork();
	struct account account;
	int status;

	(void)state;
	assert_true(pid >= 0);
	if (!pid) {
		if (!getuid() && (setgid(54321) || setuid(54321)))
			_exit(1);
		_exit(!account_find(&account, "nobody") &&
		      privileges_drop(&account) == -EPERM ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- memory ------------------------------------------------------------- */

/* What a number leaves behind where it was, as long as nothing else uses that. */
static void freed_numbers_are_wiped(void **state)
{
	void *(*allocate)(size_t);
	void *(*reallocate)(void *, size_t, size_t);
	void (*wipe)(void *, size_t);
	char arena[64], *number;

	(void)state;
	memory_wipe_numbers();
	mp_get_memory_functions(&allocate, &reallocate, &wipe);
	number = allocate(sizeof(arena));
	memset(number, 'k', sizeof(arena));
	number = reallocate(number, sizeof(arena), 2 * sizeof(arena));
	for (size_t i = 0; i < sizeof(arena); i++)
		assert_int_equal(number[i], 'k');
	number = reallocate(number, 2 * sizeof(arena), 8);
	assert_memory_equal(number, "kkkkkkkk", 8);
	wipe(number, 8);
}

/* ---- the daemon --------------------------------------------------------- */

static int set_up(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	snprintf(identity, sizeof(identity), "--identity=a=%s/a.pem,%s/a.key", certs.dir,
		 certs.dir);
	daemon_prepare(&kseald);
	/* a user without privileges finds its socket, certificate and key */
	chmod(kseald.dir, 0755);
	chmod(certs.dir, 0755);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	daemon_clean(&kseald);
	certs_end(&certs);
	return 0;
}

static void set_key_mode(mode_t mode)
{
	assert_int_equal(chmod(certs_path(&certs, "a.pem"), 0644), 0);
	assert_int_equal(chmod(certs_path(&certs, "a.key"), mode), 0);
}

/* The value of NAME in a status file of proc(5). */
static void status_of(const char *path, const char *name, char *value, size_t size)
{
	char line[256];
	FILE *file = fopen(path, "re");

	*value = '\0';
	assert_non_null(file);
	while (!*value && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			snprintf(value, size, "%s", line + strlen(name) + 2);
	fclose(file);
	value[strcspn(value, "\n")] = '\0';
}

static void assert_harmless(const char *path, const char *uids)
{
	static const struct {
		const char *name;
		const char *value;
	} rows[] = {
		{ "CapInh", "0000000000000000" }, { "CapPrm", "0000000000000000" },
		{ "CapEff", "0000000000000000" }, { "CapBnd", "0000000000000000" },
		{ "CapAmb", "0000000000000000" }, { "NoNewPrivs", "1" }, { "Seccomp", "2" },
	};
	char value[256];

	status_of(path, "Uid", value, sizeof(value));
	assert_string_equal(value, uids);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		status_of(path, rows[i].name, value, sizeof(value));
		if (strcmp(value, rows[i].value))
			fail_msg("%s has %s: %s", path, rows[i].name, value);
	}
}

/* Return: how many threads of kseald @is accepts, by the path of their status. */
static unsigned int count_threads(int (*is)(const char *path, const char *what), const char *what)
{
	char dir[64], path[384];
	const struct dirent *entry;
	unsigned int count = 0;
	DIR *tasks;

	snprintf(dir, sizeof(dir), "/proc/%d/task", kseald.pid);
	tasks = opendir(dir);
	assert_non_null(tasks);
	while ((entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s/status", dir, entry->d_name);
		count += is(path, what);
	}
	closedir(tasks);
	return count;
}

static int is_harmless(const char *path, const char *uids)
{
	assert_harmless(path, uids);
	return 1;
}

static unsigned int assert_all_threads_harmless(const char *uids)
{
	return count_threads(is_harmless, uids);
}

/* Where the module is not loaded, that is what is wrong in the end. */
static void assert_shakes(void)
{
	struct peer peer = { .host = "a.example" };
	struct kseal_broker *broker;
	struct kseal_result result;
	int pair[2];

	assert_int_equal(kseal_broker_open(kseald.socket, &broker), 0);
	loopback_pair(pair);
	peer_start(&peer, &certs, pair[1]);
	kseal_handshake(broker, pair[0], &as_server, &result);
	if (result.error)
		assert_int_equal(result.error, ENOENT);
	else
		close(result.fd);
	assert_int_equal(result.version, 0x0304);
	close(pair[0]);
	peer_join(&peer);
	assert_int_equal(peer.ret, 0);
	peer_end(&peer);
	kseal_broker_close(broker);
}

static void hang_up(const char *logged)
{
	kill(kseald.pid, SIGHUP);
	for (int i = 0; i < 1500 && !daemon_logged(&kseald, logged); i++)
		usleep(10000);
	assert_true(daemon_logged(&kseald, logged));
}

static void kseald_works_as_nobody_without_privileges(void **state)
{
	char path[64], value[64];
	struct stat st;

	(void)state;
	need_root();
	/* root reads the key, before it is nobody */
	set_key_mode(0600);
	daemon_start(&kseald, (const char *const[]){ identity, "--user=65534:65534", NULL });
	assert_shakes();
	assert_true(assert_all_threads_harmless("65534\t65534\t65534\t65534") >= 1);
	/* no core dump: it is root's although its user is not */
	snprintf(path, sizeof(path), "/proc/%d/status", kseald.pid);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 0);
	status_of(path, "VmLck", value, sizeof(value));
	if (!daemon_logged(&kseald, "memory cannot be locked"))
		assert_true(strtoul(value, NULL, 10) > 0);
	assert_int_equal(daemon_stop(&kseald), 0);
	/* it could remove its socket */
	assert_int_equal(access(kseald.socket, F_OK), -1);
}

static int is_named(const char *path, const char *wanted)
{
	char name[64];

	status_of(path, "Name", name, sizeof(name));
	return !strcmp(name, wanted);
}

/* Is there a thread of that name now? */
static int has_thread(const char *wanted)
{
	return count_threads(is_named, wanted) > 0;
}

/* Not all at once: each does it when it first runs. */
static void threads_have_names_of_their_own_as_nobody(void **state)
{
	(void)state;
	need_root();
	set_key_mode(0600);
	daemon_start(&kseald, (const char *const[]){ identity, "--user=65534:65534",
						     "--workers=2", NULL });
	for (int i = 0; i < 1500 && !(has_thread("kseald/0") && has_thread("kseald/1")); i++)
		usleep(10000);
	assert_true(has_thread("kseald"));
	assert_true(has_thread("kseald/0"));
	assert_true(has_thread("kseald/1"));
	assert_int_equal(daemon_stop(&kseald), 0);
}

static void keys_that_cannot_be_read_again_are_told_of(void **state)
{
	(void)state;
	need_root();
	set_key_mode(0600);
	daemon_start(&kseald, (const char *const[]){ identity, "--user=65534:65534", NULL });
	assert_true(daemon_logged(&kseald, "warning: identity a: the user that kseald runs as"));
	hang_up("not reloaded");
	assert_true(daemon_logged(&kseald, "a.key: Permission denied"));
	assert_true(daemon_logged(&kseald, "mode 0640"));
	assert_shakes();
	/* as said */
	assert_int_equal(chown(certs_path(&certs, "a.key"), 0, 65534), 0);
	set_key_mode(0640);
	hang_up("info: reloaded");
	assert_shakes();
	assert_int_equal(daemon_stop(&kseald), 0);
}

static void root_has_no_privileges_either(void **state)
{
	(void)state;
	need_root();
	set_key_mode(0600);
	daemon_start(&kseald, (const char *const[]){ identity, NULL });
	assert_true(daemon_logged(&kseald, "kseald runs as root"));
	assert_all_threads_harmless("0\t0\t0\t0");
	hang_up("info: reloaded");
	assert_shakes();
	assert_int_equal(daemon_stop(&kseald), 0);
}

static void sandbox_can_be_turned_off(void **state)
{
	char path[64], value[64];

	(void)state;
	daemon_start(&kseald, (const char *const[]){ identity, "--sandbox=no", NULL });
	assert_true(daemon_logged(&kseald, "system calls are not filtered"));
	snprintf(path, sizeof(path), "/proc/%d/status", kseald.pid);
	status_of(path, "Seccomp", value, sizeof(value));
	assert_string_equal(value, "0");
	assert_int_equal(daemon_stop(&kseald), 0);
}

static void another_user_wants_root(void **state)
{
	(void)state;
	assert_int_equal(daemon_try(&kseald, (const char *const[]){
				identity, "--user=no user of this name", NULL }), 1);
	assert_true(daemon_logged(&kseald, "there is no user \"no user of this name\""));
}

#define DAEMON(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_found_by_name_and_number),
		cmocka_unit_test(users_that_there_are_not_are_errors),
		cmocka_unit_test(what_is_dropped_does_not_come_back),
		cmocka_unit_test(only_root_becomes_another_user),
		cmocka_unit_test(freed_numbers_are_wiped),
		DAEMON(kseald_works_as_nobody_without_privileges),
		DAEMON(threads_have_names_of_their_own_as_nobody),
		DAEMON(keys_that_cannot_be_read_again_are_told_of),
		DAEMON(root_has_no_privileges_either),
		DAEMON(sandbox_can_be_turned_off),
		DAEMON(another_user_wants_root),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("privileges", tests, NULL, NULL);
}
