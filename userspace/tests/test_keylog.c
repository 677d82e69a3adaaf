// SPDX-License-Identifier: GPL-2.0
/* The key log: only when asked for, nobody else's to read, a line for each secret. */
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
#include <sys/stat.h>

#include "certs.h"
#include "driver.h"
#include "keylog.h"
#include "loopback.h"
#include "peer.h"

#define TLS12	"NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS13	"NORMAL:-VERS-ALL:+VERS-TLS1.3"

static struct certs certs;

static int set_up(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	/* GnuTLS looks at it once */
	setenv("SSLKEYLOGFILE", certs_path(&certs, "environment"), 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	certs_end(&certs);
	return 0;
}

/* One handshake; *@resume goes in and out. */
static void shake(const char *priority, struct credentials *credentials, gnutls_datum_t *resume)
{
	struct peer peer = { .priority = priority, .resume = *resume };
	struct kseald_request request;
	struct kseal_result result = { 0 };
	struct tls tls;
	int pair[2];

	driver_request(&request, KSEAL_SERVER, NULL, NULL);
	loopback_pair(pair);
	assert_int_equal(tls_start(&tls, pair[0], &request, credentials, &result), 0);
	peer_start(&peer, &certs, pair[1]);
	assert_int_equal(driver_run(&tls, &result), TLS_DONE);
	peer_join(&peer);
	assert_int_equal(peer.ret, 0);
	assert_int_equal(gnutls_session_is_resumed(peer.session), resume->data != NULL);
	gnutls_free(resume->data);
	assert_int_equal(gnutls_session_get_data2(peer.session, resume), 0);
	tls_stop(&tls);
	close(pair[0]);
	peer_end(&peer);
}

/* How many lines begin so, with two fields of hexadecimal digits behind. */
static int count_lines(const char *path, const char *label)
{
	char line[512], format[64], random[256], secret[256], rest[2];
	FILE *file = fopen(path, "r");
	int n = 0;

	assert_non_null(file);
	snprintf(format, sizeof(format), "%s %%255[0-9a-f] %%255[0-9a-f]%%1[^\n]", label);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, format, random, secret, rest) == 2) {
			assert_int_equal(strlen(random), 64);
			n++;
		}
	fclose(file);
	return n;
}

static void each_session_s_secrets_are_a_line_each(void **state)
{
	gnutls_datum_t none = { 0 }, resume = { 0 };
	struct credentials credentials;
	const char *path = certs_path(&certs, "keys");
	char option[160];
	struct stat st;

	(void)state;
	snprintf(option, sizeof(option), "--key-log=%s", path);
	driver_load_with(&credentials, &certs, (const char *const[]){ "a", NULL },
			 (const char *const[]){ option, NULL });
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	shake(TLS13, &credentials, &none);
	assert_int_equal(count_lines(path, "CLIENT_HANDSHAKE_TRAFFIC_SECRET"), 1);
	assert_int_equal(count_lines(path, "SERVER_HANDSHAKE_TRAFFIC_SECRET"), 1);
	assert_int_equal(count_lines(path, "CLIENT_TRAFFIC_SECRET_0"), 1);
	assert_int_equal(count_lines(path, "SERVER_TRAFFIC_SECRET_0"), 1);
	assert_int_equal(count_lines(path, "CLIENT_RANDOM"), 0);
	shake(TLS12, &credentials, &resume);
	assert_int_equal(count_lines(path, "CLIENT_RANDOM"), 1);
	/* resumed, which GnuTLS does not tell of */
	shake(TLS12, &credentials, &resume);
	assert_int_equal(count_lines(path, "CLIENT_RANDOM"), 2);
	gnutls_free(none.data);
	gnutls_free(resume.data);
	credentials_free(&credentials);
}

/* Whatever GnuTLS makes of its environment: the client, a GnuTLS too, tells of its side. */
static void without_the_option_nothing_is_written(void **state)
{
	gnutls_datum_t none = { 0 };
	struct credentials credentials;
	const char *path = certs_path(&certs, "environment");
	int before;

	(void)state;
	driver_load(&credentials, &certs, (const char *const[]){ "a", NULL });
	shake(TLS12, &credentials, &none);
	before = count_lines(path, "CLIENT_RANDOM");
	assert_true(before > 0);
	gnutls_free(none.data);
	none.data = NULL;
	shake(TLS12, &credentials, &none);
	assert_int_equal(count_lines(path, "CLIENT_RANDOM"), before + 1);
	gnutls_free(none.data);
	credentials_free(&credentials);
}

static void files_that_others_read_are_refused(void **state)
{
	const char *path = certs_path(&certs, "public"), *link = certs_path(&certs, "link");
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	(void)state;
	assert_int_equal(fchmod(fd, 0640), 0);
	close(fd);
	assert_int_equal(symlink(path, link), 0);
	log_set_level(-1);
	assert_true(keylog_open(path) < 0);
	assert_true(keylog_open(link) < 0);
	assert_true(keylog_open(certs.dir) < 0);
	assert_true(keylog_open("/dev/null") < 0);
	assert_int_equal(chmod(path, 0600), 0);
	fd = keylog_open(path);
	log_set_level(LOG_LEVEL_INFO);
	assert_true(fd >= 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_session_s_secrets_are_a_line_each),
		cmocka_unit_test(without_the_option_nothing_is_written),
		cmocka_unit_test(files_that_others_read_are_refused),
	};

	return cmocka_run_group_tests_name("keylog", tests, set_up, tear_down);
}
