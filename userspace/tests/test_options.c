// SPDX-License-Identifier: GPL-2.0
/* kseald's command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "kseal.h"
#include "options.h"

enum {
	MAX_ARGS = 24,
};

/** struct run - one call of options_parse() and what it printed */
struct run {
	struct options options;
	enum options_verdict verdict;
	char *out;
	char *err;
};

static void parse(struct run *run, const char *const *args)
{
	char *argv[MAX_ARGS + 2] = { "kseald" };
	size_t out_size, err_size;
	FILE *out = open_memstream(&run->out, &out_size);
	FILE *err = open_memstream(&run->err, &err_size);
	int argc = 1;

	while (args[argc - 1]) {
		argv[argc] = (char *)args[argc - 1];
		argc++;
	}
	run->verdict = options_parse(&run->options, argc, argv, out, err);
	fclose(out);
	fclose(err);
}

static void end(struct run *run)
{
	options_free(&run->options);
	free(run->out);
	free(run->err);
}

#define PARSE(run, ...) parse(run, (const char *const[]){ __VA_ARGS__, NULL })

static void defaults_are_as_documented(void **state)
{
	struct run run;

	(void)state;
	parse(&run, (const char *const[]){ NULL });
	assert_int_equal(run.verdict, OPTIONS_RUN);
	assert_string_equal(run.options.socket, KSEAL_BROKER_PATH);
	assert_int_equal(run.options.mode, 0660);
	assert_int_equal(run.options.timeout_ms, 10000);
	assert_int_equal(run.options.max_handshakes, 1024);
	assert_in_range(run.options.workers, 1, 256);
	assert_int_equal(run.options.max_per_program, 0);
	assert_int_equal(run.options.rate, 0);
	assert_int_equal(run.options.handover.sizing.bytes, 0);
	assert_true(run.options.handover.kernel_control);
	assert_int_equal(run.options.handover.key_records, 0);
	assert_int_equal(run.options.ready_fd, -1);
	assert_int_equal(run.options.log_level, LOG_LEVEL_INFO);
	assert_null(run.options.group);
	assert_null(run.options.user);
	assert_true(run.options.sandbox);
	assert_null(run.options.ca);
	assert_string_equal(suites_list(&run.options.suites, SUITES_VERSIONS), "1.3,1.2");
	assert_non_null(strstr(suites_list(&run.options.suites, SUITES_CIPHERS),
			       "AES-128-GCM,AES-256-GCM"));
	assert_string_equal(suites_list(&run.options.suites, SUITES_KEY_EXCHANGES),
			    "ECDHE-ECDSA,ECDHE-RSA");
	assert_non_null(strstr(suites_list(&run.options.suites, SUITES_GROUPS),
			       "X25519,secp256r1,"));
	assert_null(run.options.clients.ca);
	assert_null(run.options.clients.crl);
	assert_int_equal(run.options.clients.auth, KSEAL_CLIENT_AUTH_NONE);
	assert_int_equal(run.options.resumption.lifetime, 7200);
	assert_int_equal(run.options.resumption.key_period, 14400);
	assert_int_equal(run.options.resumption.sessions, 4096);
	assert_true(STAILQ_EMPTY(&run.options.identities));
	assert_string_equal(run.err, "");
	end(&run);
}

static void every_option_is_taken(void **state)
{
	struct run run;

	(void)state;
	PARSE(&run, "--socket=/x/y", "--mode", "0600", "--group=web",
	      "--timeout=2.5", "--max-handshakes=7", "--ready-fd=3",
	      "--record-sizing=30000,2.5", "--workers=3", "--max-per-program=4",
	      "--rate=20,100", "--stop-timeout=1.5", "--user=web:www", "--sandbox=no",
	      "--kernel-control=false", "--key-records=100",
	      "--log-level=debug", "--ca=/ca.pem", "--client-ca=/clients.pem",
	      "--client-crl=/revoked.pem", "--client-auth=required", "--check", "--foreground");
	assert_int_equal(run.verdict, OPTIONS_RUN);
	assert_string_equal(run.options.socket, "/x/y");
	assert_int_equal(run.options.mode, 0600);
	assert_string_equal(run.options.group, "web");
	assert_string_equal(run.options.user, "web:www");
	assert_false(run.options.sandbox);
	assert_int_equal(run.options.timeout_ms, 2500);
	assert_int_equal(run.options.max_handshakes, 7);
	assert_int_equal(run.options.workers, 3);
	assert_int_equal(run.options.max_per_program, 4);
	assert_int_equal(run.options.rate, 20);
	assert_int_equal(run.options.burst, 100);
	assert_int_equal(run.options.stop_ms, 1500);
	assert_int_equal(run.options.handover.sizing.bytes, 30000);
	assert_int_equal(run.options.handover.sizing.idle_ms, 2500);
	assert_false(run.options.handover.kernel_control);
	assert_int_equal(run.options.handover.key_records, 100);
	assert_int_equal(run.options.ready_fd, 3);
	assert_int_equal(run.options.log_level, LOG_LEVEL_DEBUG);
	assert_string_equal(run.options.ca, "/ca.pem");
	assert_string_equal(run.options.clients.ca, "/clients.pem");
	assert_string_equal(run.options.clients.crl, "/revoked.pem");
	assert_int_equal(run.options.clients.auth, KSEAL_CLIENT_AUTH_REQUIRED);
	assert_true(run.options.check);
	end(&run);
}

static void what_is_agreed_to_is_taken_by_name(void **state)
{
	struct run run;

	(void)state;
	PARSE(&run, "--versions=1.2", "--ciphers=chacha20-poly1305,AES-128-CCM",
	      "--key-exchange", "RSA,DHE-RSA", "--groups=SECP256R1,ffdhe3072",
	      "--session-lifetime=0", "--ticket-key-period=60", "--session-cache=0",
	      "--client-session-cache=7", "--key-log=/keys",
	      "--cert=/c.pem", "--key=/c.key", "--ocsp=/c.der");
	assert_int_equal(run.verdict, OPTIONS_RUN);
	assert_string_equal(suites_list(&run.options.suites, SUITES_VERSIONS), "1.2");
	assert_string_equal(suites_list(&run.options.suites, SUITES_CIPHERS),
			    "chacha20-poly1305,AES-128-CCM");
	assert_string_equal(suites_list(&run.options.suites, SUITES_KEY_EXCHANGES),
			    "RSA,DHE-RSA");
	assert_string_equal(suites_list(&run.options.suites, SUITES_GROUPS),
			    "SECP256R1,ffdhe3072");
	assert_string_equal(run.options.key_log, "/keys");
	assert_string_equal(STAILQ_FIRST(&run.options.identities)->ocsp, "/c.der");
	assert_int_equal(run.options.resumption.lifetime, 0);
	assert_int_equal(run.options.resumption.key_period, 60);
	assert_int_equal(run.options.resumption.sessions, 0);
	assert_true(suites_have(SUITES_GROUPS, "SECP256R1,ffdhe3072", 0x0101));
	assert_false(suites_have(SUITES_GROUPS, "SECP256R1,ffdhe3072", 0x001d));
	end(&run);
}

static void records_are_small_again_after_a_second(void **state)
{
	struct run run;

	(void)state;
	PARSE(&run, "--record-sizing", "4294967295");
	assert_int_equal(run.verdict, OPTIONS_RUN);
	assert_int_equal(run.options.handover.sizing.bytes, UINT32_MAX);
	assert_int_equal(run.options.handover.sizing.idle_ms, 1000);
	end(&run);
}

static void identities_keep_their_order(void **state)
{
	const struct identity_option *identity;
	struct run run;

	(void)state;
	PARSE(&run, "--identity=a=/a=1.pem,/a.key", "--cert=/c.pem",
	      "--key=/c.key", "--identity=b=/b.pem,/b,1.key");
	assert_int_equal(run.verdict, OPTIONS_RUN);
	identity = STAILQ_FIRST(&run.options.identities);
	assert_string_equal(identity->name, "a");
	assert_string_equal(identity->cert, "/a=1.pem");
	assert_string_equal(identity->key, "/a.key");
	identity = STAILQ_NEXT(identity, next);
	assert_string_equal(identity->name, "b");
	assert_string_equal(identity->cert, "/b.pem");
	assert_string_equal(identity->key, "/b,1.key");
	identity = STAILQ_NEXT(identity, next);
	assert_string_equal(identity->name, DEFAULT_IDENTITY);
	assert_string_equal(identity->cert, "/c.pem");
	assert_string_equal(identity->key, "/c.key");
	assert_null(STAILQ_NEXT(identity, next));
	end(&run);
}

static const char *const bad[][MAX_ARGS] = {
	{ "--nonsense" },
	{ "--socket" },
	{ "--socket=" },
	{ "argument" },
	{ "--identity=" },
	{ "--identity=web" },
	{ "--identity=web=/c.pem" },
	{ "--identity=web=/c.pem," },
	{ "--identity=web=,/k.pem" },
	{ "--identity==/c.pem,/k.pem" },
	{ "--cert=/c.pem" },
	{ "--key=/k.pem" },
	{ "--timeout=0" },
	{ "--timeout=-1" },
	{ "--timeout=nan" },
	{ "--timeout=1e3" },
	{ "--timeout=1.2.3" },
	{ "--timeout=3601" },
	{ "--timeout=" },
	{ "--timeout=0.0001" },
	{ "--versions=" },
	{ "--versions=1.1" },
	{ "--ciphers=AES-128-CBC" },
	{ "--ciphers=AES-128-GCM," },
	{ "--ciphers=AES-128-GCM,aes-128-gcm" },
	{ "--key-exchange=DHE" },
	{ "--groups=X25519,,secp256r1" },
	{ "--groups=1.3" },
	{ "--session-lifetime=604801" },
	{ "--session-lifetime=-1" },
	{ "--key-log=" },
	{ "--ocsp=/x.der" },
	{ "--ticket-key-period=0" },
	{ "--session-cache=many" },
	{ "--client-session-cache=-1" },
	{ "--max-handshakes=0" },
	{ "--kernel-control=maybe" },
	{ "--key-records=1" },
	{ "--key-records=99999999" },
	{ "--max-handshakes=1000001" },
	{ "--max-handshakes=+5" },
	{ "--max-handshakes=5x" },
	{ "--max-handshakes=99999999999999999999" },
	{ "--max-per-program=0" },
	{ "--rate=x" },
	{ "--rate=5," },
	{ "--rate=5,0" },
	{ "--rate=5,6,7" },
	{ "--rate=1000001" },
	{ "--workers=0" },
	{ "--workers=257" },
	{ "--record-sizing=" },
	{ "--record-sizing=30k" },
	{ "--record-sizing=-1" },
	{ "--record-sizing=4294967296" },
	{ "--record-sizing=1," },
	{ "--record-sizing=1,2,3" },
	{ "--record-sizing=,1" },
	{ "--record-sizing=1,0" },
	{ "--mode=1000" },
	{ "--mode=08" },
	{ "--ready-fd=-1" },
	{ "--ready-fd=4294967297" },
	{ "--log-level=loud" },
	{ "--client-auth=" },
	{ "--client-auth=yes" },
	{ "--user=" },
	{ "--user=:web" },
	{ "--user=web:" },
	{ "--sandbox" },
	{ "--sandbox=maybe" },
	{ "--check=yes" },
};

static void bad_command_lines_are_refused_with_words(void **state)
{
	struct run run;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		parse(&run, bad[i]);
		if (run.verdict != OPTIONS_BAD)
			fail_msg("%s is accepted", bad[i][0]);
		/* says what, and what to do */
		assert_non_null(strstr(run.err, "kseald: "));
		assert_non_null(strstr(run.err, "--help"));
		end(&run);
	}
}

static void help_names_every_option(void **state)
{
	static const char *const names[] = {
		"--identity", "--cert", "--key", "--ca", "--socket", "--mode",
		"--group", "--timeout", "--max-handshakes", "--ready-fd",
		"--max-per-program", "--rate", "--workers", "--stop-timeout",
		"--record-sizing", "--versions", "--ciphers", "--key-exchange", "--groups",
		"--record-sizing", "--client-ca", "--client-auth", "--client-crl",
		"--key-log", "--ocsp", "--session-lifetime", "--ticket-key-period", "--session-cache",
		"--client-session-cache",
		"--user", "--sandbox",
		"--log-level", "--check", "--foreground", "--help", "--version",
	};
	struct run run;
	size_t i;

	(void)state;
	PARSE(&run, "--help");
	assert_int_equal(run.verdict, OPTIONS_EXIT);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_non_null(strstr(run.out, names[i]));
	assert_string_equal(run.err, "");
	end(&run);
}

static void version_is_printed(void **state)
{
	struct run run;

	(void)state;
	PARSE(&run, "--version");
	assert_int_equal(run.verdict, OPTIONS_EXIT);
	assert_string_equal(run.out, "kseald " KSEAL_VERSION "\n");
	end(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_as_documented),
		cmocka_unit_test(every_option_is_taken),
		cmocka_unit_test(what_is_agreed_to_is_taken_by_name),
		cmocka_unit_test(records_are_small_again_after_a_second),
		cmocka_unit_test(identities_keep_their_order),
		cmocka_unit_test(bad_command_lines_are_refused_with_words),
		cmocka_unit_test(help_names_every_option),
		cmocka_unit_test(version_is_printed),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
