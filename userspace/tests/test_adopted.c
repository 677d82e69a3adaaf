// SPDX-License-Identifier: GPL-2.0
/* What kseald does for kseal run: it accepts for programs, and holds on to connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "broker.h"
#include "kseal.h"
#include "loopback.h"
#include "one_kseald.h"
#include "peer.h"
#include "protocol.h"

enum {
	RESULT_MS = 15000,
	MOMENT_MS = 200,
};

static void start(const char *option)
{
	daemon_start(&kseald, (const char *const[]){ identity, ca, option, NULL });
}

static int make_listener(struct sockaddr_in *address, int backlog)
{
	socklen_t len = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*address = (struct sockaddr_in){
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	assert_return_code(bind(fd, (struct sockaddr *)address, len), errno);
	assert_return_code(listen(fd, backlog), errno);
	getsockname(fd, (struct sockaddr *)address, &len);
	return fd;
}

static int begin_to_connect(const struct sockaddr_in *address, int type)
{
	int fd = socket(AF_INET, SOCK_STREAM | type, 0);

	assert_true(!connect(fd, (struct sockaddr *)address, sizeof(*address)) ||
		    errno == EINPROGRESS);
	return fd;
}

/* Until the log says @text. */
static void assert_logged(const char *text)
{
	for (int tries = 0; tries < RESULT_MS / 20; tries++) {
		if (daemon_logged(&kseald, text))
			return;
		poll(NULL, 0, 20);
	}
	fail_msg("not logged: %s", text);
}

/* ---- listening sockets -------------------------------------------------------- */

static struct kseal_broker *hand_over(int listener, enum kseal_role role,
				      struct kseal_result *result)
{
	const struct kseal_request request = {
		.size = sizeof(request), .role = role,
		.server_name = role == KSEAL_CLIENT ? "a.example" : NULL,
	};
	struct kseal_broker *broker;
	uint32_t id;

	assert_int_equal(kseal_broker_open(kseald.socket, &broker), 0);
	assert_int_equal(kseal_submit(broker, listener, &request, &id), 0);
	assert_int_equal(kseal_receive(broker, result, RESULT_MS), 0);
	assert_int_equal(result->id, id);
	return broker;
}

static int has_message(const struct kseal_broker *broker, int ms)
{
	struct pollfd pfd = { .fd = broker->sock, .events = POLLIN };

	return poll(&pfd, 1, ms);
}

/* The kernel module makes the difference whether its socket arrives. */
static void assert_arrives(const struct kseal_broker *broker)
{
	struct kseald_header header;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;
	int fd;

	if (access("/sys/module/kseal", F_OK)) {
		assert_logged("modprobe kseal");
		assert_false(has_message(broker, MOMENT_MS));
		return;
	}
	assert_true(has_message(broker, RESULT_MS));
	len = kseald_receive_packet(broker->sock, buf, sizeof(buf), &fd);
	assert_true(len > 0 && fd >= 0);
	assert_int_equal(kseald_decode_header(buf, len, &header), 0);
	assert_int_equal(header.type, KSEALD_HANDED);
	close(fd);
}

static void connections_are_accepted_for_a_program(void **state)
{
	struct peer peer = { .host = "a.example" };
	struct sockaddr_in address;
	struct kseal_result result;
	struct kseal_broker *broker;
	int listener = make_listener(&address, 8), silent, junk;

	(void)state;
	start(NULL);
	broker = hand_over(listener, KSEAL_SERVER, &result);
	assert_int_equal(result.error, 0);
	assert_true(result.fd >= 0);
	close(result.fd);
	close(listener);

	/* neither who says nothing nor who talks nonsense delays the others */
	silent = begin_to_connect(&address, 0);
	junk = begin_to_connect(&address, 0);
	assert_int_equal(send(junk, "GET / HTTP/1.0\r\n\r\n", 18, 0), 18);
	assert_logged("failed");
	peer_start(&peer, &certs, begin_to_connect(&address, 0));
	assert_arrives(broker);
	peer_join(&peer);
	assert_int_equal(peer.ret, 0);
	peer_end(&peer);

	/* with the program nobody accepts any more */
	kseal_broker_close(broker);
	loopback_wait(silent, POLLIN);
	close(silent);
	close(junk);
}

static void a_client_does_not_listen(void **state)
{
	struct sockaddr_in address;
	struct kseal_result result;
	int listener = make_listener(&address, 8);

	(void)state;
	start(NULL);
	kseal_broker_close(hand_over(listener, KSEAL_CLIENT, &result));
	assert_int_equal(result.error, EINVAL);
	assert_non_null(strstr(result.reason, "server role only"));
	close(listener);
}

/* What cannot be taken yet waits in the socket's queue, and is not refused. */
static void assert_one_at_a_time(const char *limit)
{
	struct sockaddr_in address;
	struct kseal_result result;
	struct kseal_broker *broker;
	int listener = make_listener(&address, 8), first, second;

	start(limit);
	broker = hand_over(listener, KSEAL_SERVER, &result);
	close(result.fd);
	first = begin_to_connect(&address, 0);
	second = begin_to_connect(&address, 0);
	assert_int_equal(send(second, "junk that is no TLS", 19, 0), 19);
	poll(NULL, 0, MOMENT_MS);
	assert_false(daemon_logged(&kseald, "failed"));
	close(first);
	loopback_wait(second, POLLIN);
	kseal_broker_close(broker);
	close(second);
	close(listener);
}

static void connections_wait_for_handshakes_to_end(void **state)
{
	(void)state;
	assert_one_at_a_time("--max-handshakes=1");
}

static void connections_wait_for_those_of_their_program(void **state)
{
	(void)state;
	assert_one_at_a_time("--max-per-program=1");
}

/* ---- connections that are held ------------------------------------------------- */

static int connect_to_kseald(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int least = 1;
	int sock = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	strcpy(address.sun_path, kseald.socket);
	setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &least, sizeof(least));
	assert_return_code(connect(sock, (struct sockaddr *)&address, sizeof(address)), errno);
	return sock;
}

static void send_all(int sock, int tcp)
{
	const struct kseald_hello hello = { .protocol = KSEALD_PROTOCOL };
	const struct kseald_request request = {
		.role = KSEAL_CLIENT, .server_name = "a.example", .hold = 1,
	};
	uint8_t buf[KSEALD_MESSAGE_MAX];
	int ret;

	assert_int_equal(kseald_send_packet(sock, buf,
					    kseald_encode_hello(&hello, buf, sizeof(buf)), -1), 0);
	assert_int_equal(kseald_send_packet(sock, buf,
					    kseald_encode_request(7, &request, buf, sizeof(buf)),
					    tcp), 0);
	do {
		ret = kseald_send_packet(sock, buf, kseald_encode_fill(buf, sizeof(buf)), -1);
	} while (!ret);
	assert_int_equal(ret, -EAGAIN);
}

static int writable(int sock, int ms)
{
	struct pollfd pfd = { .fd = sock, .events = POLLOUT };

	return poll(&pfd, 1, ms);
}

static void assert_result(int sock, int error, const char *words)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	struct kseald_hello hello;
	struct kseal_result result;
	ssize_t len;

	assert_true(writable(sock, RESULT_MS));
	len = recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
	assert_int_equal(kseald_decode_hello(buf, len, &hello), 0);
	/* it has been sent before room was made */
	len = recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
	assert_int_equal(kseald_decode_result(buf, len, &result), 0);
	assert_int_equal(result.id, 7);
	assert_int_equal(result.error, error);
	if (!strstr(result.reason, words))
		fail_msg("\"%s\" is not in: %s", words, result.reason);
}

static void the_socket_is_writable_with_the_result(void **state)
{
	struct sockaddr_in address;
	int listener = make_listener(&address, 8), tcp, peer, sock;

	(void)state;
	start(NULL);
	tcp = begin_to_connect(&address, SOCK_NONBLOCK);
	sock = connect_to_kseald();
	send_all(sock, tcp);
	peer = accept(listener, NULL, NULL);
	assert_false(writable(sock, MOMENT_MS));
	close(peer);
	assert_result(sock, ECONNRESET, "");
	close(sock);
	close(tcp);
	close(listener);
}

/* A socket whose connect(2) has not ended yet; here it never does. */
static void a_socket_may_still_connect(void **state)
{
	struct sockaddr_in address;
	int listener = make_listener(&address, 0), others[2], tcp, sock;

	(void)state;
	start("--timeout=0.5");
	others[0] = begin_to_connect(&address, SOCK_NONBLOCK);
	others[1] = begin_to_connect(&address, SOCK_NONBLOCK);
	tcp = begin_to_connect(&address, SOCK_NONBLOCK);
	sock = connect_to_kseald();
	send_all(sock, tcp);
	assert_result(sock, ETIMEDOUT, "did not end in 500 ms");
	close(sock);
	close(tcp);
	close(others[0]);
	close(others[1]);
	close(listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(test) cmocka_unit_test_setup_teardown(test, one_kseald_prepare, one_kseald_clean)
		WITH(connections_are_accepted_for_a_program),
		WITH(a_client_does_not_listen),
		WITH(connections_wait_for_handshakes_to_end),
		WITH(connections_wait_for_those_of_their_program),
		WITH(the_socket_is_writable_with_the_result),
		WITH(a_socket_may_still_connect),
	};

	return cmocka_run_group_tests(tests, one_kseald_group, one_kseald_group_ends);
}
