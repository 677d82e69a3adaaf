// SPDX-License-Identifier: GPL-2.0
/* kseald's side of a handshake, driven without its event loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "certs.h"
#include "driver.h"
#include "loopback.h"

enum {
	MAX_NAMES = 6,
	MAX_OPTIONS = 6,
};

void driver_load_with(struct credentials *credentials, const struct certs *certs,
		      const char *const *names, const char *const *more)
{
	char args[MAX_NAMES + 1][256];
	char *argv[MAX_NAMES + MAX_OPTIONS + 3] = { "kseald" };
	struct options options;
	int argc;

	for (argc = 1; names[argc - 1]; argc++) {
		assert_true(argc <= MAX_NAMES);
		snprintf(args[argc], sizeof(args[0]),
			 "--identity=%1$s=%2$s/%1$s.pem,%2$s/%1$s.key",
			 names[argc - 1], certs->dir);
		argv[argc] = args[argc];
	}
	snprintf(args[0], sizeof(args[0]), "--ca=%s/ca.pem", certs->dir);
	argv[argc++] = args[0];
	for (; *more; more++) {
		assert_true(argc < MAX_NAMES + MAX_OPTIONS + 2);
		argv[argc++] = (char *)*more;
	}
	assert_int_equal(options_parse(&options, argc, argv, stdout, stderr),
			 OPTIONS_RUN);
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(credentials_load(credentials, &options), 0);
	log_set_level(LOG_LEVEL_INFO);
	options_free(&options);
}

void driver_load(struct credentials *credentials, const struct certs *certs,
		 const char *const *names)
{
	driver_load_with(credentials, certs, names, (const char *const[]){ NULL });
}

static void write_config(const struct certs *certs, const char *text, const char *path)
{
	FILE *file = fopen(path, "w");
	const char *at;

	assert_non_null(file);
	for (; (at = strstr(text, "%s")); text = at + 2)
		fprintf(file, "%.*s%s", (int)(at - text), text, certs->dir);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

int driver_load_config(struct credentials *credentials, const struct certs *certs,
		       const char *text)
{
	const char *path = certs_path(certs, "kseald.conf");
	char *argv[] = { "kseald", "--config", (char *)path, NULL };
	struct options options;
	int ret;

	write_config(certs, text, path);
	assert_int_equal(options_parse(&options, 3, argv, stdout, stderr), OPTIONS_RUN);
	ret = credentials_load(credentials, &options);
	options_free(&options);
	return ret;
}

void driver_request(struct kseald_request *request, enum kseal_role role,
		    const char *server_name, const char *alpn)
{
	memset(request, 0, sizeof(*request));
	request->role = role;
	if (server_name)
		strcpy(request->server_name, server_name);
	if (alpn)
		assert_int_equal(kseald_alpn_parse(alpn, &request->alpn), 0);
}

enum tls_step driver_run(struct tls *tls, struct kseal_result *result)
{
	enum tls_step step;

	for (;;) {
		step = tls_step(tls, result);
		if (step == TLS_DONE || step == TLS_FAILED)
			return step;
		loopback_wait(tls->fd, step == TLS_WAIT_READ ? POLLIN : POLLOUT);
	}
}
