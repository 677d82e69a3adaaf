// SPDX-License-Identifier: GPL-2.0
/*
 * kseald accepts connections itself. Where the module is not loaded its handshakes end
 * with that, after the client is content; what comes after them is test_proxy's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "broker.h"
#include "certs.h"
#include "daemon.h"
#include "loopback.h"
#include "peer.h"

static struct certs certs;
static struct daemon kseald;

static int set_up(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	certs_end(&certs);
	return 0;
}

/* With these listeners: groups, and commas between them. */
static void configure(const char *listeners)
{
	FILE *file = fopen(certs_path(&certs, "kseald.conf"), "we");

	assert_non_null(file);
	fprintf(file, "identities = ( { name = \"x\"; certificate = \"%s/a.pem\"; key = "
		"\"%s/a.key\" } )\nlisteners = ( %s )\n", certs.dir, certs.dir, listeners);
	fclose(file);
}

static void start(const char *listeners)
{
	char option[128];

	configure(listeners);
	snprintf(option, sizeof(option), "--config=%s", certs_path(&certs, "kseald.conf"));
	daemon_start(&kseald, (const char *const[]){ option, NULL });
}

static int try_to_start(const char *listeners)
{
	char option[128];

	configure(listeners);
	snprintf(option, sizeof(option), "--config=%s", certs_path(&certs, "kseald.conf"));
	return daemon_try(&kseald, (const char *const[]){ option, NULL });
}

static void end(void)
{
	assert_int_equal(daemon_stop(&kseald), 0);
	daemon_clean(&kseald);
}

static void await_log(const char *text)
{
	for (int i = 0; i < 1500 && !daemon_logged(&kseald, text); i++)
		usleep(10000);
	if (!daemon_logged(&kseald, text))
		fail_msg("nothing of '%s' in %s", text, kseald.log);
}

static void reload(const char *listeners, const char *logged)
{
	configure(listeners);
	kill(kseald.pid, SIGHUP);
	await_log(logged);
}

/* Where the listener is, as it was logged last. */
static int port_of(const char *name)
{
	FILE *file = fopen(kseald.log, "re");
	char line[1024], text[96];
	int port = 0;
	char *at;

	assert_non_null(file);
	snprintf(text, sizeof(text), "listener %s: listens at 127.0.0.1:", name);
	while (fgets(line, sizeof(line), file))
		if ((at = strstr(line, text)))
			port = atoi(at + strlen(text));
	fclose(file);
	assert_int_not_equal(port, 0);
	return port;
}

static int try_to_connect(int port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	close(fd);
	return -errno;
}

static int connect_to(int port)
{
	const int fd = try_to_connect(port);

	assert_true(fd >= 0);
	return fd;
}

/* A whole handshake there. */
static void shake_at(int port)
{
	struct peer peer = { .host = "a.example" };

	peer_start(&peer, &certs, connect_to(port));
	peer_join(&peer);
	assert_int_equal(peer.ret, 0);
	peer_end(&peer);
}

#define PROXY "proxy = \"127.0.0.1:1\""

static void it_accepts_and_does_the_handshakes(void **state)
{
	(void)state;
	daemon_prepare(&kseald);
	start("{ name = \"www\"; listen = \"127.0.0.1:0\"; " PROXY " },"
	      "{ name = \"other\"; listen = \"127.0.0.1:0\"; identity = \"x\"; " PROXY " }");
	shake_at(port_of("www"));
	shake_at(port_of("other"));
	await_log("listener=www peer=127.0.0.1:");
	await_log("listener=other peer=127.0.0.1:");
	end();
}

static int listen_somewhere(int *port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(addr);

	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &size), 0);
	*port = ntohs(addr.sin_port);
	return fd;
}

static void an_address_in_use_is_named(void **state)
{
	char listeners[128], wanted[128];
	int port, fd = listen_somewhere(&port);

	(void)state;
	daemon_prepare(&kseald);
	snprintf(listeners, sizeof(listeners),
		 "{ name = \"www\"; listen = \"127.0.0.1:%d\"; " PROXY " }", port);
	snprintf(wanted, sizeof(wanted), "listener www: cannot listen at 127.0.0.1:%d: "
		 "Address already in use: another process does", port);
	assert_int_equal(try_to_start(listeners), 1);
	assert_true(daemon_logged(&kseald, wanted));
	/* and nothing is left of the rest */
	assert_int_equal(access(kseald.socket, F_OK), -1);
	close(fd);
	daemon_clean(&kseald);
}

static void a_reload_that_cannot_listen_changes_nothing(void **state)
{
	char listeners[256];
	int port, fd = listen_somewhere(&port);

	(void)state;
	daemon_prepare(&kseald);
	start("{ name = \"a\"; listen = \"127.0.0.1:0\"; " PROXY " }");
	snprintf(listeners, sizeof(listeners), "{ name = \"b\"; listen = \"127.0.0.1:0\"; " PROXY
		 " }, { name = \"c\"; listen = \"127.0.0.1:%d\"; " PROXY " }", port);
	reload(listeners, "not reloaded: see above");
	shake_at(port_of("a"));
	close(fd);
	reload(listeners, "info: reloaded");
	shake_at(port_of("b"));
	shake_at(port);
	end();
}

static void a_reload_keeps_adds_and_removes(void **state)
{
	int kept, removed, stalled;
	char listeners[256];

	(void)state;
	daemon_prepare(&kseald);
	start("{ name = \"a\"; listen = \"127.0.0.1:0\"; " PROXY " },"
	      "{ name = \"b\"; listen = \"127.0.0.2:0\"; " PROXY " }");
	kept = port_of("a");
	stalled = connect_to(kept);
	await_log("listens at 127.0.0.2:");
	snprintf(listeners, sizeof(listeners), "{ name = \"renamed\"; listen = \"127.0.0.1:0\"; "
		 PROXY " }, { name = \"c\"; listen = \"127.0.0.1:%d\"; " PROXY " }", kept);
	/* the port that it got is not one that it was told */
	reload(listeners, "not reloaded: see above");
	reload("{ name = \"renamed\"; listen = \"127.0.0.1:0\"; " PROXY " }", "info: reloaded");
	assert_true(daemon_logged(&kseald, "listener b: listens no more"));
	shake_at(kept);
	await_log("listener=renamed");
	/* the handshake of before goes on */
	assert_int_equal(send(stalled, "junk!", 5, MSG_NOSIGNAL), 5);
	await_log("listener=a peer=127.0.0.1");
	close(stalled);
	removed = kept;
	reload("{ name = \"last\"; listen = \"127.0.0.2:0\"; " PROXY " }",
	       "listener renamed: listens no more");
	await_log("listener last: listens at 127.0.0.2:");
	assert_int_equal(try_to_connect(removed), -ECONNREFUSED);
	end();
}

static void a_socket_of_the_service_manager_is_used(void **state)
{
	int port, fd = listen_somewhere(&port);

	(void)state;
	daemon_prepare(&kseald);
	/* out of the way of the descriptors that the daemon gets */
	kseald.passed = fcntl(fd, F_DUPFD_CLOEXEC, 20);
	close(fd);
	kseald.passed_name = "https";
	start("{ name = \"www\"; listen = \"systemd:https\"; " PROXY " }");
	close(kseald.passed);
	assert_int_equal(port_of("www"), port);
	shake_at(port);
	end();
}

static void a_socket_that_was_not_passed_is_named(void **state)
{
	(void)state;
	daemon_prepare(&kseald);
	assert_int_equal(try_to_start("{ name = \"www\"; listen = \"systemd:https\" }"), 1);
	assert_true(daemon_logged(&kseald, "has passed no socket https"));
	daemon_clean(&kseald);
}

/* Connections wait in the kernel's queue, and so do not cost a thing. */
static void at_the_limit_connections_wait(void **state)
{
	int stalled;

	(void)state;
	daemon_prepare(&kseald);
	start("{ name = \"www\"; listen = \"127.0.0.1:0\"; max-connections = 1; " PROXY " }");
	stalled = connect_to(port_of("www"));
	await_log("listener www: connections wait: there are as many as there may be");
	close(stalled);
	shake_at(port_of("www"));
	end();
}

/* ---- programs -------------------------------------------------------------------- */

static int wait_for_message(int sock, uint8_t *buf, size_t size)
{
	ssize_t n;
	int fd;

	loopback_wait(sock, POLLIN);
	n = kseald_receive_packet(sock, buf, size, &fd);
	assert_true(n > 0);
	assert_int_equal(fd, -1);
	return n;
}

static void subscribe(struct kseal_broker *broker, const char *listener, uint32_t room)
{
	struct kseald_subscribe message = { .room = room };
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t size;

	strcpy(message.listener, listener);
	size = kseald_encode_subscribe(7, &message, buf, sizeof(buf));
	assert_true(size > 0);
	assert_int_equal(kseald_send_packet(broker->sock, buf, size, -1), 0);
}

static void expect_answer(struct kseal_broker *broker, const char *listener, uint32_t error)
{
	struct kseald_subscribe message;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	int size = wait_for_message(broker->sock, buf, sizeof(buf));

	assert_int_equal(kseald_decode_subscribe(buf, size, &message), 0);
	assert_string_equal(message.listener, listener);
	assert_int_equal(message.error, error);
	assert_int_equal(error != 0, message.reason[0] != '\0');
}

static void only_listeners_for_programs_are_subscribed_to(void **state)
{
	struct kseal_backend *backend;
	struct kseal_broker *broker;
	struct kseal_result result;

	(void)state;
	daemon_prepare(&kseald);
	start("{ name = \"app\"; listen = \"127.0.0.1:0\" },"
	      "{ name = \"www\"; listen = \"127.0.0.1:0\"; " PROXY " }");
	assert_int_equal(kseal_broker_open(kseald.socket, &broker), 0);
	subscribe(broker, "none", 1);
	expect_answer(broker, "none", ENXIO);
	subscribe(broker, "www", 1);
	expect_answer(broker, "www", EINVAL);
	subscribe(broker, "app", 1);
	expect_answer(broker, "app", 0);
	assert_int_equal(kseal_backend_open(kseald.socket, "none", 1, &backend), -ENXIO);
	assert_int_equal(kseal_backend_open(kseald.socket, "www", 1, &backend), -EINVAL);
	assert_int_equal(kseal_backend_open(kseald.socket, "app", 0, &backend), -EINVAL);
	assert_int_equal(kseal_backend_open(kseald.socket, "app", 1, &backend), 0);
	assert_int_equal(kseal_backend_accept(backend, &result, 0), -EAGAIN);
	reload("{ name = \"www\"; listen = \"127.0.0.1:0\"; " PROXY " }", "info: reloaded");
	expect_answer(broker, "app", ENXIO);
	loopback_wait(kseal_backend_fd(backend), POLLIN);
	assert_int_equal(kseal_backend_accept(backend, &result, 0), -ENXIO);
	kseal_backend_close(backend);
	kseal_broker_close(broker);
	end();
}

static void callers_that_may_show_nothing_get_nothing(void **state)
{
	struct kseal_broker *broker;
	FILE *file;
	char option[128];

	(void)state;
	daemon_prepare(&kseald);
	configure("{ name = \"app\"; listen = \"127.0.0.1:0\"; identity = \"x\" },"
		  "{ name = \"any\"; listen = \"127.0.0.1:0\" }");
	file = fopen(certs_path(&certs, "kseald.conf"), "ae");
	assert_non_null(file);
	fprintf(file, "callers = ( { user = \"%d\"; identities = \"y\" } )\n", getuid());
	fclose(file);
	snprintf(option, sizeof(option), "--config=%s", certs_path(&certs, "kseald.conf"));
	daemon_start(&kseald, (const char *const[]){ option, NULL });
	assert_int_equal(kseal_broker_open(kseald.socket, &broker), 0);
	subscribe(broker, "app", 1);
	expect_answer(broker, "app", EACCES);
	/* y is not what its clients might ask for */
	subscribe(broker, "any", 1);
	expect_answer(broker, "any", EACCES);
	kseal_broker_close(broker);
	end();
}

static int has_events(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 200);
}

static void connections_wait_for_a_program_with_room(void **state)
{
	struct kseal_broker *broker;
	int waiting;

	(void)state;
	daemon_prepare(&kseald);
	start("{ name = \"app\"; listen = \"127.0.0.1:0\" }");
	await_log("listener app: connections wait: no program takes them");
	waiting = connect_to(port_of("app"));
	/* what is no hello is answered with an alert, once somebody reads it */
	assert_int_equal(send(waiting, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 18);
	assert_int_equal(kseal_broker_open(kseald.socket, &broker), 0);
	subscribe(broker, "app", 0);
	expect_answer(broker, "app", 0);
	assert_int_equal(has_events(waiting), 0);
	subscribe(broker, "app", 1);
	loopback_wait(waiting, POLLIN);
	close(waiting);
	kseal_broker_close(broker);
	/* the next one waits again */
	await_log("takes no more of its sockets");
	waiting = connect_to(port_of("app"));
	assert_int_equal(send(waiting, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 18);
	assert_int_equal(has_events(waiting), 0);
	close(waiting);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_accepts_and_does_the_handshakes),
		cmocka_unit_test(an_address_in_use_is_named),
		cmocka_unit_test(a_reload_that_cannot_listen_changes_nothing),
		cmocka_unit_test(a_reload_keeps_adds_and_removes),
		cmocka_unit_test(a_socket_of_the_service_manager_is_used),
		cmocka_unit_test(a_socket_that_was_not_passed_is_named),
		cmocka_unit_test(at_the_limit_connections_wait),
		cmocka_unit_test(only_listeners_for_programs_are_subscribed_to),
		cmocka_unit_test(callers_that_may_show_nothing_get_nothing),
		cmocka_unit_test(connections_wait_for_a_program_with_room),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("front", tests, set_up, tear_down);
}
