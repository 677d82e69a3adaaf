// SPDX-License-Identifier: GPL-2.0
/* kseal check, with and without the module, with and without kseald. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "certs.h"
#include "commands.h"
#include "daemon.h"
#include "loop.h"
#include "../kseal/module.h"

static struct certs certs;
static struct daemon kseald;

/* Runs "kseal check" with these words; what it prints is in the file out. */
static int check(const char *first, const char *second)
{
	char *argv[] = { "check", (char *)first, (char *)second, NULL };
	int out, status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		out = open(certs_path(&certs, "out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		exit(command_check(second ? 3 : first ? 2 : 1, argv));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static const char *output(void)
{
	static char text[1 << 14];
	FILE *file = fopen(certs_path(&certs, "out"), "re");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

static void says_whether_the_module_is_there(void **state)
{
	const int status = check("--no-kseald", NULL);

	(void)state;
	assert_non_null(strstr(output(), "kernel             OK     Linux "));
	assert_null(strstr(output(), "kseald"));
	if (module_is_loaded("kseal")) {
		assert_int_equal(status, EXIT_OK);
		assert_non_null(strstr(output(), "all is well"));
		return;
	}
	assert_int_equal(status, EXIT_TROUBLE);
	assert_non_null(strstr(output(), "module             WRONG  not loaded"));
	assert_non_null(strstr(output(), "modprobe kseal"));
	assert_non_null(strstr(output(), "1 wrong"));
}

static void says_whether_kseald_is_there(void **state)
{
	char socket[128];

	(void)state;
	snprintf(socket, sizeof(socket), "--broker=%s", kseald.socket);
	check(socket, NULL);
	assert_non_null(strstr(output(), "kseald             OK     kseald " KSEAL_VERSION " at /"));
	assert_int_equal(check("--broker=/nowhere/broker", NULL), EXIT_TROUBLE);
	assert_non_null(strstr(output(), "kseald             WRONG  nobody to talk to at /nowhere"));
	assert_non_null(strstr(output(), "--no-kseald"));
}

static void tells_machines_the_same(void **state)
{
	char *script;
	int status;

	(void)state;
	status = check("--json", "--broker=/nowhere/broker");
	assert_int_equal(status, EXIT_TROUBLE);
	assert_true(asprintf(&script, "/usr/bin/python3 -I -c \"import json; d = json.load(open('%s')); "
		"i = {x['item']: x for x in d['items']}; assert d['ok'] is False and "
		"i['kernel']['verdict'] == 'ok' and i['kseald']['verdict'] == 'wrong' and "
		"i['kseald']['advice']\"", certs_path(&certs, "out")) > 0);
	assert_int_equal(system(script), 0);
	free(script);
}

/* Where there is no module they get as far as that, which is the whole handshake. */
static void connections_of_its_own_end_with_the_kernel(void **state)
{
	static const unsigned int versions[] = { 0x0303, 0x0304 };
	struct loop_result result;

	(void)state;
	for (int i = 0; i < 2; i++) {
		loop_alone(versions[i], &result);
		assert_int_equal(result.ok, module_is_loaded("kseal"));
		assert_non_null(strstr(result.words, result.ok ? "40000 bytes each way" :
				       "kseal does not attach to the socket"));
	}
	loop_through(kseald.socket, &result);
	assert_int_equal(result.ok, module_is_loaded("kseal"));
	assert_non_null(strstr(result.words, result.ok ? "40000 bytes each way" :
			       "the handshake is done, but the kernel module"));
	loop_through("/nowhere/broker", &result);
	assert_false(result.ok);
	assert_non_null(strstr(result.words, "does not answer"));
}

static void refuses_what_it_does_not_understand(void **state)
{
	(void)state;
	assert_int_equal(check("x", NULL), EXIT_USAGE);
	assert_non_null(strstr(output(), "takes no arguments"));
	assert_int_equal(check("--nonsense", NULL), EXIT_USAGE);
	assert_int_equal(check("--broker", NULL), EXIT_USAGE);
	assert_int_equal(check("--help", NULL), EXIT_OK);
	assert_non_null(strstr(output(), "--no-kseald"));
}

static int set_up(void **state)
{
	const char *args[] = { "--cert", NULL, "--key", NULL, NULL };

	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "good", "good.test", CERT_ECDSA, -1, 1);
	args[1] = certs_path(&certs, "good.pem");
	args[3] = certs_path(&certs, "good.key");
	daemon_prepare(&kseald);
	daemon_start(&kseald, args);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	daemon_stop(&kseald);
	daemon_clean(&kseald);
	certs_end(&certs);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_whether_the_module_is_there),
		cmocka_unit_test(says_whether_kseald_is_there),
		cmocka_unit_test(tells_machines_the_same),
		cmocka_unit_test(connections_of_its_own_end_with_the_kernel),
		cmocka_unit_test(refuses_what_it_does_not_understand),
	};

	return cmocka_run_group_tests_name("check", tests, set_up, tear_down);
}
