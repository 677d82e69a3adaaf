// SPDX-License-Identifier: GPL-2.0
/* Certificates and keys: what is wrong is named, SNI picks the right one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "certs.h"
#include "credentials.h"
#include "options.h"

enum {
	MAX_ARGS = 8,
};

static struct certs certs;

/** struct load - one credentials_load() and what it logged */
struct load {
	struct options options;
	struct credentials credentials;
	char *log;
	int ret;
};

static int make_certs(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example www.a.example", CERT_ECDSA, -1, 10);
	certs_issue(&certs, "b", "b.example *.b.example", CERT_ECDSA, -1, 10);
	certs_issue(&certs, "expired", "old.example", CERT_ECDSA, -10, -2);
	certs_issue(&certs, "early", "new.example", CERT_ECDSA, 2, 10);
	return 0;
}

static int remove_certs(void **state)
{
	(void)state;
	certs_end(&certs);
	return 0;
}

/* @specs: "NAME CERT KEY" of files in the certificates' directory */
static void load(struct load *load, const char *ca, const char *const *specs)
{
	char args[MAX_ARGS][512], name[64], cert[64], key[64];
	char *argv[MAX_ARGS + 1] = { "kseald" };
	FILE *terminal = stderr;
	size_t size;
	int argc;

	for (argc = 1; specs[argc - 1]; argc++) {
		assert_int_equal(sscanf(specs[argc - 1], "%63s %63s %63s", name,
					cert, key), 3);
		snprintf(args[argc], sizeof(args[0]), "--identity=%s=%s,%s", name,
			 certs_path(&certs, cert), certs_path(&certs, key));
		argv[argc] = args[argc];
	}
	if (ca) {
		snprintf(args[0], sizeof(args[0]), "--ca=%s",
			 certs_path(&certs, ca));
		argv[argc++] = args[0];
	}
	assert_int_equal(options_parse(&load->options, argc, argv, stdout, stderr),
			 OPTIONS_RUN);
	stderr = open_memstream(&load->log, &size);
	load->ret = credentials_load(&load->credentials, &load->options);
	fclose(stderr);
	stderr = terminal;
}

static void end(struct load *load)
{
	credentials_free(&load->credentials);
	options_free(&load->options);
	free(load->log);
}

#define LOAD(l, ca, ...) load(l, ca, (const char *const[]){ __VA_ARGS__, NULL })

static void assert_logged(const struct load *l, const char *text)
{
	if (!strstr(l->log, text))
		fail_msg("\"%s\" is not in: %s", text, l->log);
}

static void good_files_load_without_a_word(void **state)
{
	struct load l;

	(void)state;
	LOAD(&l, "ca.pem", "web a.pem a.key", "other b.pem b.key");
	assert_int_equal(l.ret, 0);
	assert_string_equal(l.log, "");
	assert_non_null(credentials_by_name(&l.credentials, "web"));
	assert_non_null(credentials_by_name(&l.credentials, "other"));
	assert_null(credentials_by_name(&l.credentials, "third"));
	end(&l);
}

static const struct {
	const char *what;
	const char *spec;
	const char *ca;
	const char *words[3];
} bad[] = {
	{ "missing certificate", "web none.pem a.key", "ca.pem",
	  { "identity web", "none.pem", "No such file" } },
	{ "missing key", "web a.pem none.key", "ca.pem",
	  { "identity web", "none.key", "No such file" } },
	{ "key of another", "web a.pem b.key", "ca.pem",
	  { "b.key", "does not belong", "a.pem" } },
	{ "no certificate in it", "web a.key a.key", "ca.pem",
	  { "identity web", "a.key", "PEM" } },
	{ "no key in it", "web a.pem a.pem", "ca.pem",
	  { "identity web", "a.pem", "PEM" } },
	{ "missing authorities", "web a.pem a.key", "none.pem",
	  { "authorities", "none.pem", "" } },
	{ "no authorities in it", "web a.pem a.key", "a.key",
	  { "authorities", "a.key", "" } },
};

static void bad_files_are_refused_and_named(void **state)
{
	struct load l;
	size_t i, w;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		LOAD(&l, bad[i].ca, bad[i].spec);
		if (!l.ret)
			fail_msg("%s is accepted", bad[i].what);
		assert_logged(&l, "error");
		for (w = 0; w < 3; w++)
			assert_logged(&l, bad[i].words[w]);
		end(&l);
	}
}

static void every_bad_file_is_named_at_once(void **state)
{
	struct load l;

	(void)state;
	LOAD(&l, "none.pem", "one a.pem b.key", "two b.pem none.key");
	assert_int_not_equal(l.ret, 0);
	assert_logged(&l, "identity one");
	assert_logged(&l, "identity two");
	assert_logged(&l, "authorities");
	end(&l);
}

static void certificates_out_of_their_time_are_warned_of(void **state)
{
	struct load l;

	(void)state;
	LOAD(&l, "ca.pem", "old expired.pem expired.key", "new early.pem early.key");
	assert_int_equal(l.ret, 0);
	assert_logged(&l, "warning: identity old");
	assert_logged(&l, "expired on 20");
	assert_logged(&l, "warning: identity new");
	assert_logged(&l, "not valid before 20");
	end(&l);
}

static void chains_that_lead_nowhere_are_warned_of(void **state)
{
	struct load l;

	(void)state;
	LOAD(&l, NULL, "web a.pem a.key");
	assert_int_equal(l.ret, 0);
	assert_logged(&l, "warning: identity web");
	assert_logged(&l, "which is no authority known here");
	end(&l);
}

static void chains_in_disorder_are_warned_of(void **state)
{
	char command[512];
	struct load l;

	(void)state;
	snprintf(command, sizeof(command), "cat %1$s/a.pem %1$s/b.pem >%1$s/mixed.pem",
		 certs.dir);
	assert_int_equal(system(command), 0);
	LOAD(&l, "ca.pem", "web mixed.pem a.key");
	assert_logged(&l, "mixed.pem is not signed by the one behind it");
	end(&l);
	snprintf(command, sizeof(command), "cat %1$s/a.pem %1$s/ca.pem >%1$s/mixed.pem",
		 certs.dir);
	assert_int_equal(system(command), 0);
	LOAD(&l, "ca.pem", "web mixed.pem a.key");
	assert_string_equal(l.log, "");
	end(&l);
}

static void keys_that_everybody_reads_are_warned_of(void **state)
{
	struct load l;

	(void)state;
	assert_int_equal(chmod(certs_path(&certs, "a.key"), 0644), 0);
	LOAD(&l, "ca.pem", "web a.pem a.key");
	assert_int_equal(chmod(certs_path(&certs, "a.key"), 0600), 0);
	assert_int_equal(l.ret, 0);
	assert_logged(&l, "everybody can read");
	assert_logged(&l, "a.key");
	end(&l);
}

static void sni_picks_the_identity(void **state)
{
	static const struct {
		const char *host;
		const char *identity;
	} cases[] = {
		{ "a.example", "one" },
		{ "www.a.example", "one" },
		{ "WWW.A.example", "one" },
		{ "b.example", "two" },
		{ "x.b.example", "two" },
		{ "x.y.b.example", "one" },	/* a star is one label */
		{ "xb.example", "one" },
		{ "elsewhere.example", "one" },	/* the first is the default */
		{ "", "one" },
		{ NULL, "one" },
	};
	const struct identity *identity;
	struct load l;
	size_t i;

	(void)state;
	LOAD(&l, "ca.pem", "one a.pem a.key", "two b.pem b.key");
	assert_int_equal(l.ret, 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		identity = credentials_by_host(&l.credentials, cases[i].host);
		assert_non_null(identity);
		if (strcmp(identity->name, cases[i].identity))
			fail_msg("%s leads to %s", cases[i].host, identity->name);
	}
	end(&l);
}

static void one_identity_may_have_several_certificates(void **state)
{
	struct load l;

	(void)state;
	LOAD(&l, "ca.pem", "first early.pem early.key", "both a.pem a.key",
	     "both b.pem b.key");
	assert_int_equal(l.ret, 0);
	assert_string_equal(credentials_by_host(&l.credentials,
						"a.example")->name, "both");
	assert_string_equal(credentials_by_host(&l.credentials,
						"x.b.example")->name, "both");
	assert_int_equal(credentials_by_name(&l.credentials, "both")->leaf_count,
			 2);
	end(&l);
}

static void no_identity_is_no_error(void **state)
{
	struct load l;

	(void)state;
	load(&l, "ca.pem", (const char *const[]){ NULL });
	assert_int_equal(l.ret, 0);
	assert_null(credentials_by_host(&l.credentials, "a.example"));
	end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_files_load_without_a_word),
		cmocka_unit_test(bad_files_are_refused_and_named),
		cmocka_unit_test(every_bad_file_is_named_at_once),
		cmocka_unit_test(certificates_out_of_their_time_are_warned_of),
		cmocka_unit_test(chains_that_lead_nowhere_are_warned_of),
		cmocka_unit_test(chains_in_disorder_are_warned_of),
		cmocka_unit_test(keys_that_everybody_reads_are_warned_of),
		cmocka_unit_test(sni_picks_the_identity),
		cmocka_unit_test(one_identity_may_have_several_certificates),
		cmocka_unit_test(no_identity_is_no_error),
	};

	return cmocka_run_group_tests_name("credentials", tests, make_certs,
					   remove_certs);
}
