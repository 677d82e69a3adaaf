// SPDX-License-Identifier: GPL-2.0
/* Which program may have which handshakes done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "certs.h"
#include "daemon.h"
#include "kseal.h"
#include "loopback.h"
#include "options.h"
#include "peer.h"
#include "policy.h"
#include "protocol.h"

/* ---- the rules ---------------------------------------------------------- */

static struct options options;

/* As a file has them, in the order of the file. */
static void read_callers(const char *text)
{
	char path[] = "/tmp/kseal-test-XXXXXX";
	char *argv[] = { "kseald", "--config", path, NULL };
	const int fd = mkstemp(path);
	char all[1024];
	int len;

	len = snprintf(all, sizeof(all), "callers = ( %s )\n", text);
	assert_int_equal(write(fd, all, len), len);
	close(fd);
	assert_int_equal(options_parse(&options, 3, argv, stdout, stderr), OPTIONS_RUN);
	unlink(path);
}

struct try {
	uid_t uid;
	gid_t gid;
	gid_t group;
	uint32_t role;
	const char *identity;
	int ret;
	const char *says;		/* the reason, or the identity it gets */
};

static void check(const struct try *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		gid_t groups[] = { 900, rows[i].group };
		const struct program program = {
			.uid = rows[i].uid, .gid = rows[i].gid, .groups = groups,
			.group_count = 2,
		};
		struct kseald_request request = { .role = rows[i].role };
		struct kseal_result result = { 0 };
		char *identity;
		int ret;

		identity = rows[i].role == KSEAL_CLIENT ? request.client_identity :
							  request.identity;
		strcpy(identity, rows[i].identity);
		ret = policy_check(&options.callers, &program, &request, &result);
		if (ret != rows[i].ret || result.error != -ret ||
		    (ret && !strstr(result.reason, rows[i].says)) ||
		    (!ret && strcmp(identity, rows[i].says)))
			fail_msg("row %zu gives %d, \"%s\", identity \"%s\"", i, ret,
				 result.reason, identity);
	}
	options_free(&options);
}

#define CHECK(...) do {								\
	const struct try rows_[] = { __VA_ARGS__ };				\
										\
	check(rows_, sizeof(rows_) / sizeof(rows_[0]));				\
} while (0)

static void without_callers_everybody_may_do_everything(void **state)
{
	char *argv[] = { "kseald", NULL };

	(void)state;
	assert_int_equal(options_parse(&options, 1, argv, stdout, stderr), OPTIONS_RUN);
	CHECK({ 5, 5, 5, KSEAL_SERVER, "www", 0, "www" }, { 5, 5, 5, KSEAL_SERVER, "", 0, "" },
	      { 5, 5, 5, KSEAL_CLIENT, "", 0, "" });
}

static void users_and_groups_are_told_apart(void **state)
{
	(void)state;
	read_callers("{ user = 10 }, { group = 20 }, { user = 30; group = 31 }");
	CHECK({ 10, 1, 1, KSEAL_SERVER, "any", 0, "any" },
	      { 11, 1, 1, KSEAL_SERVER, "", -EACCES, "user 11 may not use kseald: no entry" },
	      { 11, 20, 1, KSEAL_CLIENT, "", 0, "" },
	      /* a supplementary group counts as well */
	      { 11, 1, 20, KSEAL_CLIENT, "", 0, "" },
	      { 30, 1, 31, KSEAL_CLIENT, "", 0, "" },
	      { 30, 1, 1, KSEAL_CLIENT, "", -EACCES, "no entry" },
	      { 1, 31, 1, KSEAL_CLIENT, "", -EACCES, "no entry" },
	      /* root is somebody like others */
	      { 0, 0, 0, KSEAL_SERVER, "", -EACCES, "user 0 may not" });
}

static void roles_are_limited(void **state)
{
	(void)state;
	read_callers("{ user = 10; roles = \"client\" }, { user = 11; roles = \"server\" }, "
		     "{ user = 12; roles = \"client,server\" }");
	CHECK({ 10, 1, 1, KSEAL_CLIENT, "", 0, "" },
	      { 10, 1, 1, KSEAL_SERVER, "", -EACCES, "user 10 may not be a server" },
	      { 11, 1, 1, KSEAL_SERVER, "x", 0, "x" },
	      { 11, 1, 1, KSEAL_CLIENT, "", -EACCES, "may not be a client" },
	      { 12, 1, 1, KSEAL_CLIENT, "", 0, "" }, { 12, 1, 1, KSEAL_SERVER, "", 0, "" },
	      { 12, 1, 1, 1000, "", -EACCES, "role" });
}

static void identities_are_limited(void **state)
{
	(void)state;
	read_callers("{ user = 10; identities = \"www,api\" }, { user = 11; identities = \"www\" }");
	CHECK({ 10, 1, 1, KSEAL_SERVER, "www", 0, "www" },
	      { 10, 1, 1, KSEAL_SERVER, "api", 0, "api" },
	      { 10, 1, 1, KSEAL_SERVER, "ap", -EACCES, "may not use the identity \"ap\"" },
	      { 10, 1, 1, KSEAL_SERVER, "www,api", -EACCES, "gives it www,api" },
	      { 10, 1, 1, KSEAL_SERVER, "mail", -EACCES, "\"mail\"" },
	      /* or the client's SNI would choose any */
	      { 10, 1, 1, KSEAL_SERVER, "", -EACCES, "has to name one of www,api" },
	      { 11, 1, 1, KSEAL_SERVER, "", 0, "www" },
	      { 11, 1, 1, KSEAL_SERVER, "api", -EACCES, "\"api\"" },
	      /* what a client shows is one as well, but it need not show any */
	      { 10, 1, 1, KSEAL_CLIENT, "api", 0, "api" },
	      { 10, 1, 1, KSEAL_CLIENT, "mail", -EACCES, "\"mail\"" },
	      { 10, 1, 1, KSEAL_CLIENT, "", 0, "" }, { 11, 1, 1, KSEAL_CLIENT, "", 0, "" });
}

static void entries_add_up(void **state)
{
	(void)state;
	read_callers("{ user = 10; roles = \"server\"; identities = \"www\" }, "
		     "{ group = 20; roles = \"client\" }, { group = 21; identities = \"mail\" }");
	CHECK({ 10, 1, 20, KSEAL_CLIENT, "", 0, "" },
	      { 10, 1, 20, KSEAL_SERVER, "www", 0, "www" },
	      { 10, 1, 20, KSEAL_SERVER, "mail", -EACCES, "gives it www" },
	      { 10, 21, 1, KSEAL_SERVER, "mail", 0, "mail" },
	      { 10, 21, 1, KSEAL_SERVER, "www", 0, "www" });
}

/* ---- what the kernel says ----------------------------------------------- */

static void the_kernel_says_whose_a_socket_is(void **state)
{
	gid_t before[64], groups[] = { 4001, 4002, 4003 };
	const int count = getgroups(64, before);
	struct program program;
	int pair[2];

	(void)state;
	if (getuid())
		skip();
	assert_int_equal(setgroups(3, groups), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(program_find(&program, pair[0]), 0);
	assert_int_equal(program.pid, getpid());
	assert_int_equal(program.uid, getuid());
	assert_int_equal(program.gid, getgid());
	assert_int_equal(program.group_count, 3);
	assert_memory_equal(program.groups, groups, sizeof(groups));
	program_free(&program);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(setgroups(0, NULL), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	assert_int_equal(program_find(&program, pair[0]), 0);
	assert_int_equal(program.group_count, 0);
	program_free(&program);
	close(pair[0]);
	close(pair[1]);
	assert_int_equal(setgroups(count, before), 0);
	assert_int_equal(program_find(&program, STDERR_FILENO), -ENOTSOCK);
}

/* ---- the daemon --------------------------------------------------------- */

static struct certs certs;
static struct daemon kseald;

static void configure(const char *callers)
{
	FILE *file = fopen(certs_path(&certs, "kseald.conf"), "we");

	assert_non_null(file);
	fprintf(file, "mode = \"0666\"\nidentities = ( { name = \"a\"; certificate = \"%s\"; "
		"key = \"%s\" } )\ncallers = ( %s )\n", certs_path(&certs, "a.pem"),
		certs_path(&certs, "a.key"), callers);
	fclose(file);
}

static int set_up(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	daemon_prepare(&kseald);
	chmod(kseald.dir, 0755);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	daemon_clean(&kseald);
	certs_end(&certs);
	return 0;
}

/* The error of a handshake that a process of @uid, @gid wants, and the reason in it. */
static int shake_as(uid_t uid, gid_t gid, const char *identity, const char *says)
{
	const struct kseal_request request = {
		.size = sizeof(request), .role = KSEAL_SERVER, .identity = identity,
	};
	const pid_t pid = fork();
	struct kseal_broker *broker;
	struct kseal_result result;
	int pair[2], status;

	if (!pid) {
		loopback_pair(pair);
		/* whoever is let in meets a peer that is gone */
		close(pair[1]);
		if (setgroups(1, &gid) || setresgid(50000, 50000, 50000) ||
		    setresuid(uid, uid, uid) || kseal_broker_open(kseald.socket, &broker))
			_exit(1);
		kseal_handshake(broker, pair[0], &request, &result);
		_exit(strstr(result.reason, says) ? result.error : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void hang_up(const char *logged)
{
	kill(kseald.pid, SIGHUP);
	for (int i = 0; i < 1500 && !daemon_logged(&kseald, logged); i++)
		usleep(10000);
	assert_true(daemon_logged(&kseald, logged));
}

static void kseald_asks_the_kernel_who_calls(void **state)
{
	char option[128];

	(void)state;
	if (getuid())
		skip();
	snprintf(option, sizeof(option), "--config=%s", certs_path(&certs, "kseald.conf"));
	configure("{ user = 50001; identities = \"a\" }, { group = 50002; identities = \"b\" }");
	daemon_start(&kseald, (const char *const[]){ option, NULL });
	assert_int_equal(shake_as(50001, 1, NULL, "closed"), ECONNRESET);
	assert_int_equal(shake_as(50001, 1, "a", "closed"), ECONNRESET);
	assert_int_equal(shake_as(50001, 1, "b", "may not use the identity"), EACCES);
	assert_int_equal(shake_as(50003, 50002, "a", "may not use the identity"), EACCES);
	assert_int_equal(shake_as(50003, 50002, "b", "no identity"), ENOENT);
	assert_int_equal(shake_as(50003, 1, NULL, "no entry of callers"), EACCES);
	assert_true(daemon_logged(&kseald, "user 50003 may not use kseald"));
	/* others from now on */
	configure("{ user = 50003 }");
	hang_up("info: reloaded");
	assert_int_equal(shake_as(50003, 1, NULL, "closed"), ECONNRESET);
	assert_int_equal(shake_as(50001, 1, "a", "no entry of callers"), EACCES);
	assert_int_equal(daemon_stop(&kseald), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_callers_everybody_may_do_everything),
		cmocka_unit_test(users_and_groups_are_told_apart),
		cmocka_unit_test(roles_are_limited),
		cmocka_unit_test(identities_are_limited),
		cmocka_unit_test(entries_add_up),
		cmocka_unit_test(the_kernel_says_whose_a_socket_is),
		cmocka_unit_test_setup_teardown(kseald_asks_the_kernel_who_calls, set_up,
						tear_down),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
