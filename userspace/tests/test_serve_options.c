// SPDX-License-Identifier: GPL-2.0
/* kseal-serve: the command line and where to listen */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../kseal-serve/listen.c"
#include "../kseal-serve/options.c"

/* Up to seven arguments after the program's name, ended by NULL. */
static int parse(struct options *options, const char *const *arguments)
{
	char *argv[9] = { "kseal-serve" };
	int argc = 1;

	for (; *arguments; arguments++)
		argv[argc++] = (char *)*arguments;
	optind = 0;
	opterr = 0;
	return options_parse(options, argc, argv);
}

static void defaults(void **state)
{
	const char *const arguments[] = { "dir", NULL };
	struct options options;

	(void)state;
	assert_int_equal(parse(&options, arguments), 0);
	assert_string_equal(options.dir, "dir");
	assert_int_equal(options.listens, 1);
	assert_string_equal(options.listen[0], "8443");
	assert_null(options.broker);
	assert_int_equal(options.ready_fd, -1);
	assert_true(options.threads >= 1);
	assert_int_equal(options.connections, 1000);
	assert_int_equal(options.stop_seconds, 30);
	assert_false(options.no_listing);
}

static void everything_is_taken(void **state)
{
	const char *const arguments[] = {
		"-l", "1", "--listen=[::1]:2", "-nvt8", "--stop-timeout=0",
		"--broker=b", "dir", NULL,
	};
	struct options options;

	(void)state;
	assert_int_equal(parse(&options, arguments), 0);
	assert_int_equal(options.listens, 2);
	assert_string_equal(options.listen[1], "[::1]:2");
	assert_true(options.no_listing);
	assert_true(options.verbose);
	assert_int_equal(options.threads, 8);
	assert_int_equal(options.stop_seconds, 0);
	assert_string_equal(options.broker, "b");
}

static void a_backend_listens_nowhere(void **state)
{
	const char *const arguments[] = { "--backend=www", "dir", NULL };
	struct options options;

	(void)state;
	assert_int_equal(parse(&options, arguments), 0);
	assert_string_equal(options.backend, "www");
	assert_int_equal(options.listens, 0);
}

static void nonsense_is_refused(void **state)
{
	static const char *const lines[][4] = {
		{ NULL }, { "a", "b", NULL }, { "--nothing", "a", NULL },
		{ "-t0", "a", NULL }, { "-t", "-1", NULL }, { "-tx", "a", NULL },
		{ "-t4294967297", "a", NULL }, { "-t 1", "a", NULL },
		{ "--ready-fd=-1", "a", NULL }, { "--max-connections=", "a", NULL },
		{ "a", "--broker", NULL }, { "-Bwww", "-l8443", "a", NULL },
		{ "-Bwww", "-ix", "a", NULL },
	};
	struct options options;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_int_equal(parse(&options, lines[i]), -EINVAL);
}

static void addresses(void **state)
{
	static const struct {
		const char *text;
		int err;
		const char *host;
		const char *port;
	} cases[] = {
		{ "8443", 0, NULL, "8443" },
		{ "*:0", 0, NULL, "0" },
		{ "192.0.2.1:443", 0, "192.0.2.1", "443" },
		{ "[2001:db8::1]:443", 0, "2001:db8::1", "443" },
		{ "localhost:443", 0, "localhost", "443" },
		{ "2001:db8::1", -EINVAL, NULL, NULL },
		{ "::1:443", -EINVAL, NULL, NULL },
		{ "localhost", -EINVAL, NULL, NULL },
		{ "localhost:", -EINVAL, NULL, NULL },
		{ "localhost:https", -EINVAL, NULL, NULL },
		{ "", -EINVAL, NULL, NULL },
	};
	char *host, *port, *text;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		text = strdup(cases[i].text);
		assert_int_equal(split(text, &host, &port), cases[i].err);
		if (!cases[i].err) {
			assert_string_equal(port, cases[i].port);
			assert_int_equal(!host, !cases[i].host);
			if (host)
				assert_string_equal(host, cases[i].host);
		}
		free(text);
	}
}

static void port_0_is_a_real_one(void **state)
{
	struct listen_set set = { 0 };

	(void)state;
	assert_int_equal(listen_add(&set, "127.0.0.1:0"), 0);
	assert_int_equal(set.count, 1);
	assert_int_equal(strncmp(set.sockets[0].name, "127.0.0.1:", 10), 0);
	assert_int_not_equal(atoi(set.sockets[0].name + 10), 0);
	/* the same port again is another program's, and said to be */
	assert_int_equal(listen_add(&set, set.sockets[0].name), -EADDRINUSE);
	assert_int_equal(set.count, 1);
	close(set.sockets[0].fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(everything_is_taken),
		cmocka_unit_test(a_backend_listens_nowhere),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(addresses),
		cmocka_unit_test(port_0_is_a_real_one),
	};

	return cmocka_run_group_tests_name("serve_options", tests, NULL, NULL);
}
