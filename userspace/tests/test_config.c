// SPDX-License-Identifier: GPL-2.0
/* kseald's configuration file, as options_parse() takes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

/**
 * struct run - one call of options_parse()
 * @path: of the file
 * @err: what was printed there
 */
struct run {
	char path[64];
	struct options options;
	enum options_verdict verdict;
	char *out, *err;
};

/* With --config and up to two other options, NULL for none. */
static void parse(struct run *run, const char *text, const char *option, const char *other)
{
	char *argv[] = { "kseald", (char *)option, (char *)other, "--config", run->path, NULL };
	size_t out_size, err_size;
	FILE *out = open_memstream(&run->out, &out_size);
	FILE *err = open_memstream(&run->err, &err_size);
	int fd, argc = 1;

	strcpy(run->path, "/tmp/test_config.XXXXXX");
	fd = mkstemp(run->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	for (size_t i = 1; i < sizeof(argv) / sizeof(argv[0]); i++)
		if (argv[i])
			argv[argc++] = argv[i];
	argv[argc] = NULL;
	run->verdict = options_parse(&run->options, argc, argv, out, err);
	fclose(out);
	fclose(err);
	unlink(run->path);
}

static void end(struct run *run)
{
	options_free(&run->options);
	free(run->out);
	free(run->err);
}

static void every_setting_is_taken(void **state)
{
	struct identity_option *identity;
	struct run run;

	(void)state;
	parse(&run, "# how handshakes are done here\n"
	      "socket = \"/run/x.sock\";\nmode = \"0600\"\ngroup = \"www\"\nca = \"/ca.pem\"\n"
	      "timeout = 2.5\nmax-handshakes = 7\nrecord-sizing = \"30000,2\"\n"
	      "log-level = \"debug\"\nclient-ca = \"/clients.pem\"\n"
	      "client-crl = \"/revoked.pem\"\nclient-auth = \"optional\"\n"
	      "user = \"web\"\nsandbox = false\n"
	      "identities = (\n"
	      "\t{ name = \"a.example\"; certificate = \"/a.pem\"; key = \"/a.key\";\n"
	      "\t  role = \"both\"; client-ca = \"/own.pem\"; client-crl = \"/own.crl\";\n"
	      "\t  client-auth = \"required\"; },\n"
	      "\t{ name = \"b\"; certificate = \"/rsa.pem\"; key = \"/rsa.key\" },\n"
	      "\t{ name = \"b\"; certificate = \"/ec.pem\"; key = \"/ec.key\" }\n)\n", NULL, NULL);
	assert_string_equal(run.err, "");
	assert_int_equal(run.verdict, OPTIONS_RUN);
	assert_string_equal(run.options.socket, "/run/x.sock");
	assert_int_equal(run.options.mode, 0600);
	assert_string_equal(run.options.group, "www");
	assert_string_equal(run.options.ca, "/ca.pem");
	assert_int_equal(run.options.timeout_ms, 2500);
	assert_int_equal(run.options.max_handshakes, 7);
	assert_int_equal(run.options.handover.sizing.bytes, 30000);
	assert_int_equal(run.options.handover.sizing.idle_ms, 2000);
	assert_int_equal(run.options.log_level, LOG_LEVEL_DEBUG);
	assert_string_equal(run.options.clients.ca, "/clients.pem");
	assert_string_equal(run.options.clients.crl, "/revoked.pem");
	assert_int_equal(run.options.clients.auth, KSEAL_CLIENT_AUTH_OPTIONAL);
	assert_string_equal(run.options.user, "web");
	assert_false(run.options.sandbox);
	identity = STAILQ_FIRST(&run.options.identities);
	assert_string_equal(identity->name, "a.example");
	assert_string_equal(identity->cert, "/a.pem");
	assert_string_equal(identity->key, "/a.key");
	assert_int_equal(identity->roles, KSEAL_SERVER | KSEAL_CLIENT);
	assert_string_equal(identity->clients.ca, "/own.pem");
	assert_string_equal(identity->clients.crl, "/own.crl");
	assert_int_equal(identity->clients.auth, KSEAL_CLIENT_AUTH_REQUIRED);
	identity = STAILQ_NEXT(identity, next);
	assert_int_equal(identity->roles, 0);
	assert_null(identity->clients.ca);
	assert_null(identity->clients.crl);
	assert_int_equal(identity->clients.auth, KSEAL_CLIENT_AUTH_NONE);
	assert_string_equal(identity->name, "b");
	assert_string_equal(identity->cert, "/rsa.pem");
	assert_string_equal(identity->key, "/rsa.key");
	identity = STAILQ_NEXT(identity, next);
	assert_string_equal(identity->name, "b");
	assert_string_equal(identity->cert, "/ec.pem");
	assert_null(STAILQ_NEXT(identity, next));
	end(&run);
}

static void what_is_agreed_to_is_taken_by_name(void **state)
{
	struct run run;

	(void)state;
	parse(&run, "versions = \"1.3\"\nciphers = \"AES-256-GCM\"\n"
	      "key-exchange = \"ECDHE-RSA,RSA\"\ngroups = \"secp256r1\"\n"
	      "session-lifetime = 60\nticket-key-period = 30\nsession-cache = 5\n"
	      "client-session-cache = 6\n"
	      "key-log = \"/keys\"\nidentities = ({ name = \"a\"; certificate = \"/a.pem\";\n"
	      "key = \"/a.key\"; ocsp = \"/a.der\"; })\n", NULL, NULL);
	assert_string_equal(run.err, "");
	assert_int_equal(run.verdict, OPTIONS_RUN);
	assert_string_equal(suites_list(&run.options.suites, SUITES_VERSIONS), "1.3");
	assert_string_equal(suites_list(&run.options.suites, SUITES_CIPHERS), "AES-256-GCM");
	assert_string_equal(suites_list(&run.options.suites, SUITES_KEY_EXCHANGES),
			    "ECDHE-RSA,RSA");
	assert_string_equal(suites_list(&run.options.suites, SUITES_GROUPS), "secp256r1");
	assert_string_equal(run.options.key_log, "/keys");
	assert_string_equal(STAILQ_FIRST(&run.options.identities)->ocsp, "/a.der");
	assert_int_equal(run.options.resumption.lifetime, 60);
	assert_int_equal(run.options.resumption.key_period, 30);
	assert_int_equal(run.options.resumption.sessions, 5);
	end(&run);
}

static void expect_place(const struct listener_option *listener, unsigned int i, const char *text)
{
	assert_true(i < listener->place_count);
	assert_string_equal(listener->places[i].text, text);
	assert_int_equal(listener->places[i].address.size == 0, !strncmp(text, "systemd:", 8));
}

static const char identity_x[] =
	"identities = ( { name = \"x\"; certificate = \"a\"; key = \"b\" } )\n";

static void listeners_are_taken(void **state)
{
	const struct listener_option *listener;
	char text[1024];
	struct run run;

	(void)state;
	snprintf(text, sizeof(text), "listeners = (\n"
		 "{ name = \"www\"; listen = \"192.0.2.1:443, [2001:DB8::1]:443,*:8443\";\n"
		 "  identity = \"x\"; alpn = \"h2,http/1.1\"; proxy = \"127.0.0.1:8080\";\n"
		 "  proxy-protocol = true; connect-timeout = 2.5; idle-timeout = 60;\n"
		 "  backlog = 100; max-connections = 7 },\n"
		 "{ name = \"mail.in\"; listen = 993 },\n"
		 "{ name = \"b\"; listen = \"systemd:https\"; proxy = \"unix:/run/b.sock\" } )\n%s",
		 identity_x);
	parse(&run, text, "--stop-timeout=0", NULL);
	assert_string_equal(run.err, "");
	assert_int_equal(run.options.stop_ms, 0);
	listener = STAILQ_FIRST(&run.options.listeners);
	assert_string_equal(listener->name, "www");
	assert_int_equal(listener->place_count, 4);
	expect_place(listener, 0, "192.0.2.1:443");
	expect_place(listener, 1, "[2001:db8::1]:443");
	expect_place(listener, 2, "0.0.0.0:8443");
	expect_place(listener, 3, "[::]:8443");
	assert_string_equal(listener->identity, "x");
	assert_int_equal(listener->alpn.size, 12);
	assert_string_equal(listener->proxy_text, "127.0.0.1:8080");
	assert_int_equal(listener->proxy_header, 1);
	assert_int_equal(listener->connect_ms, 2500);
	assert_int_equal(listener->idle_ms, 60000);
	assert_int_equal(listener->backlog, 100);
	assert_int_equal(listener->max_connections, 7);
	listener = STAILQ_NEXT(listener, next);
	assert_string_equal(listener->name, "mail.in");
	expect_place(listener, 0, "0.0.0.0:993");
	expect_place(listener, 1, "[::]:993");
	assert_int_equal(listener->proxy.size, 0);
	assert_int_equal(listener->connect_ms, 5000);
	assert_int_equal(listener->idle_ms, 0);
	listener = STAILQ_NEXT(listener, next);
	expect_place(listener, 0, "systemd:https");
	assert_string_equal(listener->proxy_text, "unix:/run/b.sock");
	assert_null(STAILQ_NEXT(listener, next));
	end(&run);
}

/* What is wrong with a listener, and in which line. */
static void errors_in_listeners_name_the_line(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *says;
	} rows[] = {
		{ "name = \"a b\"", 2, "must be letters" },
		{ "name = \"\"", 2, "must be letters" },
		{ "name = \"a\"; listen = \"1\" }, {\nname = \"a\"", 3, "there is a listener of that" },
		{ "name = \"a\"", 2, "a needs a name and where to listen" },
		{ "listen = \"1\"", 2, "a listener needs a name and" },
		{ "\nlisten = \"www.example:443\"", 3, "names are not looked up" },
		{ "listen = \"1.2.3.4\"", 2, "must be addresses" },
		{ "listen = \"::1:443\"", 2, "must be addresses" },
		{ "listen = \"[::1:443\"", 2, "must be addresses" },
		{ "listen = \"1.2.3.4:65536\"", 2, "must be addresses" },
		{ "listen = \"70000\"", 2, "must be addresses" },
		{ "listen = \"1.2.3.4:4x\"", 2, "must be addresses" },
		{ "listen = \"1.2.3.4:\"", 2, "must be addresses" },
		{ "listen = \"1.2.3.4:1,\"", 2, "must be addresses" },
		{ "listen = \"systemd:\"", 2, "must be addresses" },
		{ "listen = \"1,*:1\"", 2, "stands there twice" },
		{ "name = \"a\"; listen = \"1\" }, { listen = \"[::]:1\"", 2, "stands there twice" },
		{ "listen = \"1,2,3,4,5,6,7,8,9\"", 2, "at most 16 places" },
		{ "identity = \"\"", 2, "is no name of an identity" },
		{ "alpn = \"h2,,x\"", 2, "must be protocols" },
		{ "proxy = \"localhost:80\"", 2, "names are not looked up" },
		{ "proxy = \"8080\"", 2, "must be an address such as" },
		{ "proxy-protocol = 2", 2, "must be true or false" },
		{ "connect-timeout = 0", 2, "must be seconds" },
		{ "idle-timeout = 3601", 2, "must be seconds" },
		{ "backlog = 0", 2, "must be a number" },
		{ "max-connections = -1", 2, "must be a number" },
		{ "name = \"a\"; listen = \"1\"; idle-timeout = 5", 2, "go with proxy" },
		{ "name = \"a\"; listen = \"1\"; identity = \"y\"", 2, "a: there is no identity y" },
		{ "port = 1", 2, "port is nothing that a listener has: name, listen, identity, alpn, "
		  "proxy, proxy-protocol, connect-timeout, idle-timeout, backlog, max-connections\n" },
	};
	char text[512], place[128];
	struct run run;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), "%slisteners = ( { %s } )\n", identity_x, rows[i].text);
		parse(&run, text, NULL, NULL);
		snprintf(place, sizeof(place), "kseald: %s:%d: ", run.path, rows[i].line);
		if (run.verdict != OPTIONS_BAD || !strstr(run.err, place) ||
		    !strstr(run.err, rows[i].says))
			fail_msg("%s gives %d and: %s", rows[i].text, run.verdict, run.err);
		end(&run);
	}
}

/* One that comes with the command line will do. */
static void a_listener_wants_something_to_show(void **state)
{
	struct run run;

	(void)state;
	parse(&run, "listeners = ( { name = \"a\"; listen = \"1\" } )\n", NULL, NULL);
	assert_int_equal(run.verdict, OPTIONS_BAD);
	assert_non_null(strstr(run.err, ":1: a: there is no identity to show"));
	end(&run);
	parse(&run, "listeners = ( { name = \"a\"; listen = \"1\" } )\n", "--cert=c", "--key=k");
	assert_int_equal(run.verdict, OPTIONS_RUN);
	end(&run);
}

static void an_empty_file_changes_nothing(void **state)
{
	struct run run;

	(void)state;
	parse(&run, "", NULL, NULL);
	assert_int_equal(run.verdict, OPTIONS_RUN);
	assert_int_equal(run.options.timeout_ms, 10000);
	end(&run);
}

/* Wherever --config stands among them. */
static void the_command_line_is_stronger(void **state)
{
	struct run run;

	(void)state;
	parse(&run, "timeout = 5\nsocket = \"/file\"\n"
	      "identities = ( { name = \"f\"; certificate = \"c\"; key = \"k\" } )\n", "--timeout=6",
	      "--identity=l=c2,k2");
	assert_int_equal(run.verdict, OPTIONS_RUN);
	assert_int_equal(run.options.timeout_ms, 6000);
	assert_string_equal(run.options.socket, "/file");
	/* identities add up, the file's first */
	assert_string_equal(STAILQ_FIRST(&run.options.identities)->name, "f");
	assert_string_equal(STAILQ_NEXT(STAILQ_FIRST(&run.options.identities), next)->name, "l");
	end(&run);
}

/* What is wrong, and in which line. */
static void errors_name_the_line(void **state)
{
	static const struct {
		const char *text;
		int line;
		const char *says;
	} rows[] = {
		{ "timeout = 0\n", 1, "timeout = 0: must be seconds" },
		{ "\n\ntimeout = \"soon\"\n", 3, "must be seconds" },
		{ "max-handshakes = 0\n", 1, "max-handshakes = 0: must be a number" },
		{ "mode = \"0888\"\n", 1, "mode = 0888: must be octal" },
		{ "record-sizing = \"x\"\n", 1, "must be bytes" },
		{ "# a\n// b\n/* c\n */\nlog-level = \"loud\"\n", 5, "must be error, warning" },
		{ "socket = \"\"\n", 1, "needs a path" },
		{ "timeout = [ 1, 2 ]\n", 1, "timeout wants one value" },
		{ "timeout = true\n", 1, "timeout = true: must be seconds" },
		{ "timeout = { a = 1; }\n", 1, "timeout wants one value" },
		{ "\ncolour = \"red\"\n", 2, "colour is nothing that can be set" },
		/* these belong on a command line */
		{ "ready-fd = 3\n", 1, "ready-fd is nothing" },
		{ "config = \"x\"\n", 1, "config is nothing" },
		{ "cert = \"x\"\n", 1, "cert is nothing" },
		{ "identities = \"x\"\n", 1, "are a list, in parentheses" },
		{ "identities = ( 1 )\n", 1, "are a list of groups in braces" },
		{ "identities = (\n{ name = \"x\";\ncertificate = \"a\" } )\n", 2,
		  "x needs a name, a certificate and its key" },
		{ "identities = ( { key = \"a\" } )\n", 1, "an identity needs a name" },
		{ "identities = (\n{\ncolour = 1 } )\n", 3,
		  "colour is nothing that an identity has: name, certificate, key" },
		{ "identities = ( {\n key = [ 1 ] } )\n", 2, "key wants one value" },
		{ "identities = ( { name = \"\"; certificate = \"a\"; key = \"b\" } )\n", 1,
		  "is no name for an identity" },
		{ "identities = (\n{\nrole = \"peer\" } )\n", 3, "must be server, client or both" },
		{ "identities = (\n{ client-auth = \"no\" } )\n", 2,
		  "must be none, optional or required" },
		{ "identities = ()\n", 1, "has nothing in it" },
		{ "callers = ()\n", 1, "has nothing in it" },
		{ "callers = (\n{ roles = \"server\" } )\n", 2, "needs a user or a group" },
		{ "callers = ( { user = \"no such user\" } )\n", 1, "no such user: is no user" },
		{ "callers = ( {\ngroup = \"no such group\" } )\n", 2, "is no group" },
		{ "callers = ( { user = 1; roles = \"server,\" } )\n", 1, "roles = server,: must" },
		{ "callers = ( { user = 1; roles = \"root\" } )\n", 1, "must be \"server\"" },
		{ "callers = ( { user = 1; identities = \"a,,b\" } )\n", 1, "names of identities" },
		{ "callers = ( { user = 1; identities = \"\" } )\n", 1, "names of identities" },
		{ "timeout\n", 2, "syntax error" },
		{ "\ntimeout = soon\n", 2, "syntax error" },
		{ "timeout = 1\ntimeout = 2\n", 2, "duplicate" },
	};
	char place[128];
	struct run run;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parse(&run, rows[i].text, NULL, NULL);
		snprintf(place, sizeof(place), "kseald: %s:%d: ", run.path, rows[i].line);
		if (run.verdict != OPTIONS_BAD || !strstr(run.err, place) ||
		    !strstr(run.err, rows[i].says))
			fail_msg("%s gives %d and: %s", rows[i].text, run.verdict, run.err);
		end(&run);
	}
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
	char *argv[] = { "kseald", "--config=/nonexistent/kseald.conf", NULL };
	struct options options;
	char *err;
	size_t size;
	FILE *to = open_memstream(&err, &size);

	(void)state;
	assert_int_equal(options_parse(&options, 2, argv, stdout, to), OPTIONS_BAD);
	fclose(to);
	assert_non_null(strstr(err, "/nonexistent/kseald.conf: No such file"));
	options_free(&options);
	free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_setting_is_taken),
		cmocka_unit_test(what_is_agreed_to_is_taken_by_name),
		cmocka_unit_test(listeners_are_taken),
		cmocka_unit_test(errors_in_listeners_name_the_line),
		cmocka_unit_test(a_listener_wants_something_to_show),
		cmocka_unit_test(an_empty_file_changes_nothing),
		cmocka_unit_test(the_command_line_is_stronger),
		cmocka_unit_test(errors_name_the_line),
		cmocka_unit_test(a_file_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
