// SPDX-License-Identifier: GPL-2.0
/* kseal explain: whole handshakes with servers of this process, good ones and bad ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "certs.h"
#include "commands.h"
#include "peer.h"

enum { MAX_ARGS = 16 };

static struct certs certs;

/* ---- running it ------------------------------------------------------------------- */

static int listen_somewhere(char *port, size_t size)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	snprintf(port, size, "%d", ntohs(addr.sin_port));
	return fd;
}

/* Runs "kseal explain" with the words of @options; what it prints is in the file out. */
static pid_t explain_in_child(const char *options, const char *target)
{
	char words[512], *argv[MAX_ARGS + 3] = { "explain" };
	int out, argc = 1;
	pid_t pid;

	snprintf(words, sizeof(words), "%s", options);
	for (char *w = strtok(words, " "); w && argc <= MAX_ARGS; w = strtok(NULL, " "))
		argv[argc++] = w;
	if (target)
		argv[argc++] = (char *)target;
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid)
		return pid;
	out = open(certs_path(&certs, "out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	exit(command_explain(argc, argv));
}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static const char *output(void)
{
	static char text[1 << 16];
	FILE *file = fopen(certs_path(&certs, "out"), "re");

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* Is @expression true of what was printed? d: the document, m: its messages by name. */
static void require(const char *what, const char *expression)
{
	char *script;
	pid_t pid;

	assert_true(asprintf(&script,
		"import json, sys\n"
		"d = json.load(open('%s'))\n"
		"r = d['result']\n"
		"steps = d['steps']\n"
		"order = [s['name'] for s in steps if s['kind'] == 'message']\n"
		"m = {s['name']: s for s in steps if s['kind'] == 'message'}\n"
		"sys.exit(0 if (%s) else 'not so: %%s, %%s' %% (r, order))\n",
		certs_path(&certs, "out"), expression) > 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		execl("/usr/bin/python3", "python3", "-I", "-c", script, (char *)NULL);
		_exit(127);
	}
	if (status_of(pid))
		fail_msg("%s: not so: %s", what, expression);
	free(script);
}

/* ---- servers ---------------------------------------------------------------------- */

#define NO_TLS13	"NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS13		"NORMAL:-VERS-ALL:+VERS-TLS1.3"

static const struct handshake {
	const char *what;
	const char *options;
	struct peer peer;
	int status;
	const char *expression;
} handshakes[] = {
	{ "the messages of TLS 1.3, in their order", "--ca CA",
	  { .server = 1, .cert = "good", .priority = TLS13 }, 0,
	  "r['ok'] and r['trusted'] and r['version']['name'] == 'TLS 1.3' and order[:7] == "
	  "['ClientHello', 'ServerHello', 'EncryptedExtensions', 'Certificate', "
	  "'CertificateVerify', 'Finished', 'Finished'] and "
	  "[m['ClientHello']['direction'], m['ServerHello']['direction']] == ['sent', 'received']" },
	{ "the messages of TLS 1.2, in their order", "--ca CA --tls 1.2",
	  { .server = 1, .cert = "good" }, 0,
	  "r['ok'] and r['version']['name'] == 'TLS 1.2' and [o for o in order if o != "
	  "'NewSessionTicket'] == ['ClientHello', 'ServerHello', 'Certificate', "
	  "'ServerKeyExchange', 'ServerHelloDone', 'ClientKeyExchange', 'Finished', 'Finished'] "
	  "and sum(s['kind'] == 'change_cipher_spec' for s in steps) == 2 and "
	  "m['ServerKeyExchange']['group'] == r['group']" },
	{ "RSA key transport has no ServerKeyExchange",
	  "--ca CA --priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA",
	  { .server = 1, .cert = "rsa" }, 0,
	  "r['suite']['name'].startswith('TLS_RSA_WITH') and 'ServerKeyExchange' not in m and "
	  "len(m['ClientKeyExchange']['encrypted_premaster']) == 512 and 'group' not in r" },
	{ "Diffie-Hellman of TLS 1.2",
	  "--ca CA --priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+DHE-RSA",
	  { .server = 1, .cert = "rsa", .priority = "NORMAL:+DHE-RSA" }, 0,
	  "r['suite']['name'].startswith('TLS_DHE_RSA') and "
	  "len(m['ServerKeyExchange']['prime']) >= 512" },
	{ "a HelloRetryRequest names the group", "--ca CA",
	  { .server = 1, .cert = "good", .priority = "NORMAL:-GROUP-ALL:+GROUP-SECP521R1" }, 0,
	  "order[:4] == ['ClientHello', 'HelloRetryRequest', 'ClientHello', 'ServerHello'] and "
	  "[e['group']['name'] for e in m['HelloRetryRequest']['extensions'] if 'group' in e] == "
	  "['secp521r1'] and r['group']['name'] == 'secp521r1'" },
	{ "what the client offers is in its hello",
	  "--ca CA --alpn h2,http/1.1 --priority NORMAL:-GROUP-ALL:+GROUP-X25519",
	  { .server = 1, .cert = "good", .alpn = "http/1.1" }, 0,
	  "r['alpn'] == 'http/1.1' and [e for e in m['ClientHello']['extensions'] if "
	  "e['extension']['code'] == 16][0]['protocols'] == ['h2', 'http/1.1'] and "
	  "[e for e in m['ClientHello']['extensions'] if e['extension']['name'] == "
	  "'server_name'][0]['host'] == 'good.test' and r['group']['code'] == 29" },
	{ "the certificate is told whole", "--ca CA",
	  { .server = 1, .cert = "good" }, 0,
	  "[(c['names'], len(c['sha256']), c['key_type'], c['authority']) for c in "
	  "m['Certificate']['certificates']][0] == (['good.test', 'other.test'], 64, 'EC/ECDSA', "
	  "False)" },
	{ "the client proves who it is, TLS 1.3", "--ca CA",
	  { .server = 1, .cert = "good", .priority = TLS13, .ask = 1 }, 0,
	  "[(s['name'], s['direction']) for s in steps if s['name'] in ('CertificateRequest', "
	  "'Certificate', 'CertificateVerify')] == [('CertificateRequest', 'received'), "
	  "('Certificate', 'received'), ('CertificateVerify', 'received'), "
	  "('Certificate', 'sent'), ('CertificateVerify', 'sent')]" },
	{ "the client proves who it is, TLS 1.2", "--ca CA --tls 1.2",
	  { .server = 1, .cert = "good", .ask = 1 }, 0,
	  "[(s['name'], s['direction']) for s in steps if s['name'].startswith('Certificate')] == "
	  "[('Certificate', 'received'), ('CertificateRequest', 'received'), "
	  "('Certificate', 'sent'), ('CertificateVerify', 'sent')] and 'malformed' not in r" },
	{ "an unknown authority is refused", "", { .server = 1, .cert = "good" }, 1,
	  "not r['ok'] and not r['trusted'] and 'issuer is unknown' in r['certificate_error'] and "
	  "r['alert_sent']['name'] == 'bad_certificate'" },
	{ "--insecure goes on, and says so", "--insecure", { .server = 1, .cert = "good" }, 0,
	  "r['ok'] and not r['trusted'] and 'issuer is unknown' in r['certificate_error'] and "
	  "'Finished' in m" },
	{ "another name is refused", "--ca CA --server-name wrong.test",
	  { .server = 1, .cert = "good" }, 1,
	  "not r['ok'] and 'does not match' in r['error']" },
	{ "a certificate out of its time is refused", "--ca CA", { .server = 1, .cert = "old" }, 1,
	  "not r['ok'] and 'expired' in r['error']" },
	{ "no common suite is an alert in words", "--ca CA --priority NORMAL:-CIPHER-ALL:+AES-128-GCM",
	  { .server = 1, .cert = "good", .priority = "NORMAL:-CIPHER-ALL:+AES-256-GCM" }, 1,
	  "r['alert_received']['name'] == 'handshake_failure' and 'no suite' in r['error'] and "
	  "order == ['ClientHello'] and [s['alert']['code'] for s in steps if s['kind'] == 'alert'] "
	  "== [40]" },
};

/* The target is a name that the resolver need not know: --server-name. */
static void run_handshake(const struct handshake *h)
{
	struct peer peer = h->peer;
	char port[8], target[32], client[256] = "", options[512];
	const char *ca = strstr(h->options, "--ca CA");
	int fd, listener = listen_somewhere(port, sizeof(port));
	pid_t pid;

	snprintf(target, sizeof(target), "127.0.0.1:%s", port);
	if (peer.ask)
		snprintf(client, sizeof(client), "--cert %s --key %s", certs_path(&certs, "rsa.pem"),
			 certs_path(&certs, "rsa.key"));
	snprintf(options, sizeof(options), "--json --timeout 60 %s %s%s%s %s", client,
		 ca ? "--ca " : "", ca ? certs_path(&certs, "ca.pem") : "",
		 strstr(h->options, "--server-name") ? "" : " --server-name good.test",
		 ca ? ca + strlen("--ca CA") : h->options);
	pid = explain_in_child(options, target);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	close(listener);
	peer_start(&peer, &certs, fd);
	peer_join(&peer);
	if (!peer.ret)
		gnutls_bye(peer.session, GNUTLS_SHUT_WR);
	shutdown(fd, SHUT_WR);
	if (status_of(pid) != h->status)
		fail_msg("%s: the exit status is not %d: %s", h->what, h->status, output());
	if (peer.ask)
		assert_string_equal(peer.shown, "CN=rsa");
	peer_end(&peer);
	require(h->what, h->expression);
}

static void tells_of_every_handshake_in_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(handshakes) / sizeof(handshakes[0]); i++)
		run_handshake(&handshakes[i]);
}

/* Sends @reply, if any, and closes, unless it is to stall. Returns the exit status. */
static int with_rude_server(const char *options, const char *reply, int stall)
{
	char port[8], target[32], all[512];
	int fd, status, listener = listen_somewhere(port, sizeof(port));
	pid_t pid;

	snprintf(target, sizeof(target), "127.0.0.1:%s", port);
	snprintf(all, sizeof(all), "--json --insecure %s", options);
	pid = explain_in_child(all, target);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd >= 0);
	if (reply)
		assert_true(send(fd, reply, strlen(reply), MSG_NOSIGNAL) > 0);
	if (!stall)
		shutdown(fd, SHUT_WR);
	status = status_of(pid);
	close(fd);
	close(listener);
	return status;
}

static void says_why_there_is_no_tls(void **state)
{
	(void)state;
	assert_int_equal(with_rude_server("", "HTTP/1.1 400 Bad Request\r\n\r\n", 0), EXIT_TROUBLE);
	require("a server of plain HTTP", "not r['ok'] and 'not TLS' in r['error']");
	assert_int_equal(with_rude_server("", NULL, 0), EXIT_TROUBLE);
	require("a server that leaves", "'closed the connection' in r['error'] and "
		"order == ['ClientHello'] and r['bytes_received'] == 0");
	assert_int_equal(with_rude_server("--timeout 0.2", NULL, 1), EXIT_TROUBLE);
	require("a server that stalls", "'did not answer within 0.2 s' in r['error']");
}

static void says_when_nothing_answers(void **state)
{
	char port[8], target[32];

	(void)state;
	close(listen_somewhere(port, sizeof(port)));
	snprintf(target, sizeof(target), "127.0.0.1:%s", port);
	assert_int_equal(status_of(explain_in_child("--json", target)), EXIT_TROUBLE);
	require("a closed port", "'Connection refused' in r['error'] and "
		"[s['kind'] for s in steps] == ['lookup', 'connect']");
	assert_int_equal(status_of(explain_in_child("", target)), EXIT_TROUBLE);
	assert_non_null(strstr(output(), "Connection refused"));
}

/* ---- the command line ------------------------------------------------------------- */

static const struct wrong {
	const char *options;
	const char *target;
	const char *message;
} wrongs[] = {
	{ "", NULL, "needs one HOST" },
	{ "a b", NULL, "needs one HOST" },
	{ "", "::1", "in brackets" },
	{ "", "[::1", "[ADDRESS]:PORT" },
	{ "", "[::1]443", "[ADDRESS]:PORT" },
	{ "", "[name]:443", "no address in the brackets" },
	{ "", ":443", "1 to 255 bytes" },
	{ "", "host:", "1 to 65535" },
	{ "", "host:0", "1 to 65535" },
	{ "", "host:65536", "1 to 65535" },
	{ "", "host:44x", "1 to 65535" },
	{ "--tls 1.1", "host", "must be 1.2 or 1.3" },
	{ "--timeout 0", "host", "0.001 to 3600" },
	{ "--timeout 1s", "host", "0.001 to 3600" },
	{ "--timeout nan", "host", "0.001 to 3600" },
	{ "--alpn h2,,x", "host", "separated by commas" },
	{ "--alpn h2,", "host", "separated by commas" },
	{ "--key file", "host", "--cert" },
	{ "--nonsense", "host", "Usage: kseal explain" },
	{ "--ca", NULL, "Usage: kseal explain" },
};

static void refuses_what_it_does_not_understand(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *w = &wrongs[i];

		if (status_of(explain_in_child(w->options, w->target)) != EXIT_USAGE ||
		    !strstr(output(), w->message))
			fail_msg("kseal explain %s %s: %s", w->options, w->target, output());
	}
}

static void names_files_it_cannot_use(void **state)
{
	(void)state;
	assert_int_equal(status_of(explain_in_child("--ca /nowhere/ca", "127.0.0.1:1")), EXIT_TROUBLE);
	assert_non_null(strstr(output(), "/nowhere/ca"));
	assert_int_equal(status_of(explain_in_child("--cert /nowhere/c", "127.0.0.1:1")),
			 EXIT_TROUBLE);
	assert_non_null(strstr(output(), "/nowhere/c"));
	assert_int_equal(status_of(explain_in_child("--priority NORMAL:+NOTHING", "127.0.0.1:1")),
			 EXIT_TROUBLE);
	assert_non_null(strstr(output(), "NOTHING"));
	assert_null(strstr(output(), "TCP connects"));
}

static void tells_its_options(void **state)
{
	(void)state;
	assert_int_equal(status_of(explain_in_child("--help", NULL)), EXIT_OK);
	assert_non_null(strstr(output(), "--server-name NAME"));
}

static int set_up(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "good", "good.test other.test", CERT_ECDSA, -1, 1);
	certs_issue(&certs, "rsa", "good.test", CERT_RSA, -1, 1);
	certs_issue(&certs, "old", "good.test", CERT_ECDSA, -3, -1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(certs_path(&certs, "out"));
	certs_end(&certs);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_of_every_handshake_in_order),
		cmocka_unit_test(says_why_there_is_no_tls),
		cmocka_unit_test(says_when_nothing_answers),
		cmocka_unit_test(refuses_what_it_does_not_understand),
		cmocka_unit_test(names_files_it_cannot_use),
		cmocka_unit_test(tells_its_options),
	};

	return cmocka_run_group_tests_name("explain", tests, set_up, tear_down);
}
