// SPDX-License-Identifier: GPL-2.0
/* SIGHUP: kseald's configuration and certificates are read anew while it works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "certs.h"
#include "commands.h"
#include "daemon.h"
#include "kseal.h"
#include "loopback.h"
#include "peer.h"

enum { RESULT_MS = 15000 };

static const struct kseal_request as_server = {
	.size = sizeof(as_server),
	.role = KSEAL_SERVER,
};

static struct certs certs;
static struct daemon kseald;
static struct kseal_broker *broker;

static void write_config(const char *text)
{
	FILE *file = fopen(certs_path(&certs, "kseald.conf"), "we");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void write_identity(const char *name)
{
	char text[512];

	snprintf(text, sizeof(text), "identities = ( { name = \"x\"; certificate = \"%s/%s.pem\"; "
		 "key = \"%s/%s.key\" } )\n", certs.dir, name, certs.dir, name);
	write_config(text);
}

static int set_up(void **state)
{
	char option[128];

	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	certs_issue(&certs, "b", "b.example", CERT_ECDSA, -1, 10);
	daemon_prepare(&kseald);
	write_identity("a");
	snprintf(option, sizeof(option), "--config=%s", certs_path(&certs, "kseald.conf"));
	daemon_start(&kseald, (const char *const[]){ option, NULL });
	assert_int_equal(kseal_broker_open(kseald.socket, &broker), 0);
	return 0;
}

static int tear_down(void **state)
{
	int ret;

	(void)state;
	kseal_broker_close(broker);
	ret = daemon_stop(&kseald);
	daemon_clean(&kseald);
	certs_end(&certs);
	return ret;
}

static void hang_up(const char *logged)
{
	kill(kseald.pid, SIGHUP);
	for (int i = 0; i < 1500 && !daemon_logged(&kseald, logged); i++)
		usleep(10000);
	assert_true(daemon_logged(&kseald, logged));
}

/* Where the module is not loaded, that is what is wrong in the end. */
static void assert_shaken(struct kseal_result *result)
{
	if (result->error)
		assert_int_equal(result->error, ENOENT);
	else
		close(result->fd);
	assert_int_equal(result->version, 0x0304);
}

/* A client that wants a certificate for @host. Return: what became of its handshake. */
static int shake_with(const char *host)
{
	struct peer peer = { .host = host };
	struct kseal_result result;
	int pair[2], ret;

	loopback_pair(pair);
	peer_start(&peer, &certs, pair[1]);
	kseal_handshake(broker, pair[0], &as_server, &result);
	if (result.fd >= 0)
		close(result.fd);
	close(pair[0]);
	peer_join(&peer);
	ret = peer.ret;
	peer_end(&peer);
	return ret;
}

static void other_certificates_are_shown_from_then_on(void **state)
{
	(void)state;
	assert_int_equal(shake_with("a.example"), 0);
	assert_int_not_equal(shake_with("b.example"), 0);
	write_identity("b");
	hang_up("info: reloaded");
	assert_int_equal(shake_with("b.example"), 0);
	assert_int_not_equal(shake_with("a.example"), 0);
}

/* kseal reload, where kseald is, and where none is. */
static void by_the_command(void **state)
{
	char *argv[] = { "reload", "--broker", kseald.socket, NULL };
	char *nowhere[] = { "reload", "--broker", "/nonexistent/socket", NULL };
	char *extra[] = { "reload", "now", NULL };

	(void)state;
	write_identity("b");
	assert_int_equal(command_reload(3, argv), EXIT_OK);
	for (int i = 0; i < 1500 && !daemon_logged(&kseald, "info: reloaded"); i++)
		usleep(10000);
	assert_int_equal(shake_with("b.example"), 0);
	optind = 0;
	assert_int_equal(command_reload(3, nowhere), EXIT_TROUBLE);
	optind = 0;
	assert_int_equal(command_reload(2, extra), EXIT_USAGE);
}

static void what_is_wrong_changes_nothing(void **state)
{
	(void)state;
	write_config("timeout = 0\n");
	hang_up("not reloaded");
	assert_true(daemon_logged(&kseald, "kseald.conf:1: timeout = 0: must be"));
	assert_int_equal(shake_with("a.example"), 0);
	write_identity("nobody");
	hang_up("cannot read certificate");
	assert_int_equal(shake_with("a.example"), 0);
}

static void handshakes_go_on_with_what_they_began_with(void **state)
{
	struct peer peer = { .host = "a.example" };
	struct kseal_result result;
	uint32_t id;
	int pair[2];

	(void)state;
	loopback_pair(pair);
	assert_int_equal(kseal_submit(broker, pair[0], &as_server, &id), 0);
	close(pair[0]);
	/* which is in work when another that came later has been done */
	assert_int_equal(shake_with("a.example"), 0);
	write_identity("b");
	hang_up("info: reloaded");
	/* and once more, so that nobody but it needs those of the beginning */
	write_config("log-level = \"debug\"\nmode = \"0600\"\n");
	hang_up("wants a restart");
	peer_start(&peer, &certs, pair[1]);
	assert_int_equal(kseal_receive(broker, &result, RESULT_MS), 0);
	assert_int_equal(result.id, id);
	assert_shaken(&result);
	peer_join(&peer);
	assert_int_equal(peer.ret, 0);
	peer_end(&peer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(other_certificates_are_shown_from_then_on),
		TEST(by_the_command),
		TEST(what_is_wrong_changes_nothing),
		TEST(handshakes_go_on_with_what_they_began_with),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
