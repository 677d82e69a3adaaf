// SPDX-License-Identifier: GPL-2.0
/* Who vouches for clients, and lists of those revoked, as kseald reads them at its start. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"
#include "driver.h"

static struct certs certs, strangers;

static int make_certs(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	certs_revoke(&certs, "good.crl", "a", 10);
	certs_revoke(&certs, "old.crl", "a", -2);
	certs_begin(&strangers);
	certs_revoke(&strangers, "good.crl", NULL, 10);
	return 0;
}

static int remove_certs(void **state)
{
	(void)state;
	certs_end(&certs);
	certs_end(&strangers);
	return 0;
}

/* @common: settings; @own: those of the one identity; returns what was logged */
static char *load(struct credentials *credentials, const char *common, const char *own, int *ret)
{
	FILE *terminal = stderr;
	char text[1024], *log;
	size_t size;

	snprintf(text, sizeof(text), "ca = \"%%s/ca.pem\"\n%s\nidentities = ( { name = \"web\"; "
		 "certificate = \"%%s/a.pem\"; key = \"%%s/a.key\"; %s } )\n", common, own);
	stderr = open_memstream(&log, &size);
	*ret = driver_load_config(credentials, &certs, text);
	fclose(stderr);
	stderr = terminal;
	return log;
}

static const struct {
	const char *what;
	const char *common;
	const char *own;
	const char *words[3];
} bad[] = {
	{ "missing authorities", "", "client-ca = \"%s/none.pem\";",
	  { "identity web", "client-ca", "none.pem: No such file" } },
	{ "no authorities in it", "", "client-ca = \"%s/a.key\";",
	  { "identity web", "client-ca", "a.key" } },
	{ "missing list", "", "client-ca = \"%s/ca.pem\"; client-crl = \"%s/none.crl\";",
	  { "identity web", "revoked certificates", "none.crl: No such file" } },
	{ "no list in it", "", "client-ca = \"%s/ca.pem\"; client-crl = \"%s/a.pem\";",
	  { "identity web", "revoked certificates", "a.pem" } },
	{ "list without authorities", "", "client-crl = \"%s/good.crl\";",
	  { "identity web", "client-crl", "needs the client-ca" } },
	{ "common list without authorities", "client-crl = \"%s/good.crl\"",
	  "client-ca = \"%s/ca.pem\";", { "client-crl", "good.crl", "needs the client-ca" } },
	{ "nobody to vouch", "", "client-auth = \"optional\";",
	  { "identity web", "client-auth", "needs the client-ca" } },
	{ "nobody to vouch, in common", "client-auth = \"required\"", "",
	  { "identity web", "client-auth", "needs the client-ca" } },
};

static void bad_files_are_refused_and_named(void **state)
{
	struct credentials credentials;
	char *log;
	int ret;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		log = load(&credentials, bad[i].common, bad[i].own, &ret);
		if (!ret)
			fail_msg("%s is accepted", bad[i].what);
		for (size_t w = 0; w < 3; w++)
			if (!strstr(log, bad[i].words[w]) || !strstr(log, "error"))
				fail_msg("\"%s\" is not in: %s", bad[i].words[w], log);
		credentials_free(&credentials);
		free(log);
	}
}

static void lists_of_other_authorities_are_refused(void **state)
{
	char own[256], *log;
	struct credentials credentials;
	int ret;

	(void)state;
	snprintf(own, sizeof(own), "client-ca = \"%%s/ca.pem\"; client-crl = \"%s/good.crl\";",
		 strangers.dir);
	log = load(&credentials, "", own, &ret);
	assert_int_not_equal(ret, 0);
	assert_non_null(strstr(log, "is signed by no authority of client-ca"));
	assert_non_null(strstr(log, strangers.dir));
	credentials_free(&credentials);
	free(log);
}

static void old_lists_are_warned_of(void **state)
{
	struct credentials credentials;
	char *log;
	int ret;

	(void)state;
	log = load(&credentials, "",
		   "client-ca = \"%s/ca.pem\"; client-crl = \"%s/old.crl\";", &ret);
	assert_int_equal(ret, 0);
	assert_non_null(strstr(log, "warning: identity web"));
	assert_non_null(strstr(log, "old.crl expired on 20"));
	assert_non_null(strstr(log, "clients are refused"));
	credentials_free(&credentials);
	free(log);
}

static const struct {
	const char *common;
	const char *own;
	enum kseal_client_auth auth;
	int vouched;
	int listed;
} good[] = {
	{ "", "", KSEAL_CLIENT_AUTH_NONE, 0, 0 },
	{ "", "client-ca = \"%s/ca.pem\";", KSEAL_CLIENT_AUTH_NONE, 1, 0 },
	{ "", "client-ca = \"%s/ca.pem\"; client-auth = \"optional\";",
	  KSEAL_CLIENT_AUTH_OPTIONAL, 1, 0 },
	{ "client-ca = \"%s/ca.pem\"", "client-auth = \"required\";",
	  KSEAL_CLIENT_AUTH_REQUIRED, 1, 0 },
	{ "client-ca = \"%s/ca.pem\"\nclient-crl = \"%s/good.crl\"\nclient-auth = \"optional\"", "",
	  KSEAL_CLIENT_AUTH_OPTIONAL, 1, 1 },
	/* the list of others says nothing about one's own authorities */
	{ "client-ca = \"%s/ca.pem\"\nclient-crl = \"%s/good.crl\"",
	  "client-ca = \"%s/ca.pem\";", KSEAL_CLIENT_AUTH_NONE, 1, 0 },
	{ "client-ca = \"%s/ca.pem\"\nclient-auth = \"required\"", "client-auth = \"optional\";",
	  KSEAL_CLIENT_AUTH_REQUIRED, 1, 0 },
	{ "client-ca = \"%s/ca.pem\"\nclient-auth = \"required\"", "role = \"client\";",
	  KSEAL_CLIENT_AUTH_NONE, 0, 0 },
};

static void identities_have_their_own_or_what_holds_for_all(void **state)
{
	struct credentials credentials;
	const struct identity *web;
	char *log;
	int ret;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		log = load(&credentials, good[i].common, good[i].own, &ret);
		assert_string_equal(log, "");
		assert_int_equal(ret, 0);
		web = credentials_by_name(&credentials, "web");
		assert_int_equal(web->client_auth, good[i].auth);
		assert_int_equal(web->has_client_ca, good[i].vouched);
		assert_int_equal(web->crl_until != 0, good[i].listed);
		credentials_free(&credentials);
		free(log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_files_are_refused_and_named),
		cmocka_unit_test(lists_of_other_authorities_are_refused),
		cmocka_unit_test(old_lists_are_warned_of),
		cmocka_unit_test(identities_have_their_own_or_what_holds_for_all),
	};

	return cmocka_run_group_tests_name("authorities", tests, make_certs, remove_certs);
}
