// SPDX-License-Identifier: GPL-2.0
/* kseald, its protocol and libkseal's half of it, process to process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "kseal.h"
#include "loopback.h"
#include "one_kseald.h"
#include "peer.h"
#include "protocol.h"

enum {
	RESULT_MS = 15000,
	MANY = 12,
};

static const struct kseal_request as_server = {
	.size = sizeof(as_server),
	.role = KSEAL_SERVER,
};

#define START(...) \
	daemon_start(&kseald, (const char *const[]){ identity, __VA_ARGS__ NULL })

static struct kseal_broker *open_broker(void)
{
	struct kseal_broker *broker;

	assert_int_equal(kseal_broker_open(kseald.socket, &broker), 0);
	return broker;
}

static uint32_t submit(struct kseal_broker *broker, int fd)
{
	uint32_t id;

	assert_int_equal(kseal_submit(broker, fd, &as_server, &id), 0);
	return id;
}

static void receive(struct kseal_broker *broker, struct kseal_result *result)
{
	assert_int_equal(kseal_receive(broker, result, RESULT_MS), 0);
}

static void assert_reason(const struct kseal_result *result, int error,
			  const char *words)
{
	assert_int_equal(result->error, error);
	assert_int_equal(result->fd, -1);
	if (!strstr(result->reason, words))
		fail_msg("\"%s\" is not in: %s", words, result->reason);
}

/* The other end of a connection that kseald has let go of. */
static void assert_closed(int fd)
{
	char byte;

	loopback_wait(fd, POLLIN);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

/* ---- by hand ------------------------------------------------------------ */

static int connect_raw(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(addr.sun_path, kseald.socket);
	assert_int_equal(connect(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return sock;
}

static void hello_raw(int sock, uint16_t protocol, struct kseald_hello *answer)
{
	const uint8_t hello[] = {
		0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, protocol >> 8, protocol,
	};
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	assert_int_equal(send(sock, hello, sizeof(hello), 0), sizeof(hello));
	loopback_wait(sock, POLLIN);
	len = recv(sock, buf, sizeof(buf), 0);
	assert_true(len > 0);
	assert_int_equal(kseald_decode_hello(buf, len, answer), 0);
}

static void result_raw(int sock, struct kseal_result *result)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	loopback_wait(sock, POLLIN);
	len = recv(sock, buf, sizeof(buf), 0);
	assert_true(len > 0);
	assert_int_equal(kseald_decode_result(buf, len, result), 0);
}

static void hello_agrees_on_the_version(void **state)
{
	struct kseald_hello answer;
	int sock;

	(void)state;
	START();
	sock = connect_raw();
	hello_raw(sock, 9, &answer);
	assert_int_equal(answer.protocol, 1);
	assert_int_equal(answer.error, 0);
	assert_string_equal(answer.software, "kseald " KSEAL_VERSION);
	close(sock);
	sock = connect_raw();
	hello_raw(sock, 0, &answer);
	assert_int_equal(answer.error, EPROTONOSUPPORT);
	assert_int_equal(answer.protocol, 1);
	close(sock);
}

static const struct {
	const char *what;
	const char *bytes;
	size_t size;
	int greet;
} nonsense[] = {
	{ "a request before the hello", "\0\2\0\0\0\0\0\1\0\5\0\4\0\0\0\1", 16, 0 },
	{ "a short message", "\0\1\0", 3, 0 },
	{ "a hello without a version", "\0\1\0\0\0\0\0\0", 8, 0 },
	{ "a second hello", "\0\1\0\0\0\0\0\0\0\1\0\2\0\1", 14, 1 },
	{ "a result", "\0\3\0\0\0\0\0\1", 8, 1 },
	{ "an unknown message", "\7\7\0\0\0\0\0\1", 8, 1 },
	{ "a request without a role", "\0\2\0\0\0\0\0\1", 8, 1 },
	{ "a length over the end", "\0\2\0\0\0\0\0\1\0\5\0\4\0", 13, 1 },
};

static void nonsense_ends_that_connection_only(void **state)
{
	struct kseal_broker *other;
	struct kseald_hello answer;
	struct kseal_result result;
	size_t i;
	int sock, pair[2];

	(void)state;
	START();
	other = open_broker();
	for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		sock = connect_raw();
		if (nonsense[i].greet)
			hello_raw(sock, 1, &answer);
		assert_int_equal(send(sock, nonsense[i].bytes, nonsense[i].size,
				      0), nonsense[i].size);
		assert_closed(sock);
		close(sock);
	}
	loopback_pair(pair);
	submit(other, pair[0]);
	close(pair[1]);
	receive(other, &result);
	assert_reason(&result, ECONNRESET, "closed the connection");
	close(pair[0]);
	kseal_broker_close(other);
}

static void request_with_an_unknown_critical_attribute_is_refused(void **state)
{
	static const uint8_t request[] = {
		0, 2, 0, 0, 0, 0, 0, 77, 0, 5, 0, 4, 0, 0, 0, 1,
		0xf0, 0, 0, 1, 'x',
	};
	struct kseald_hello answer;
	struct kseal_result result;
	int sock;

	(void)state;
	START();
	sock = connect_raw();
	hello_raw(sock, 1, &answer);
	assert_int_equal(send(sock, request, sizeof(request), 0),
			 sizeof(request));
	result_raw(sock, &result);
	assert_int_equal(result.id, 77);
	assert_reason(&result, EINVAL, "critical");
	close(sock);
}

/* Answers wait in kseald until there is room, and it asks for no more. */
static void program_that_does_not_read_is_waited_for(void **state)
{
	static const uint8_t request[] = {
		0, 2, 0, 0, 0, 0, 0, 5, 0, 5, 0, 4, 0, 0, 0, 1,
	};
	struct kseal_broker *other;
	struct kseald_hello answer;
	struct kseal_result result;
	struct pollfd pfd;
	int sock, sent = 0;

	(void)state;
	START("--log-level=error",);
	sock = connect_raw();
	hello_raw(sock, 1, &answer);
	pfd = (struct pollfd){ .fd = sock, .events = POLLOUT };
	/* until neither kseald nor the queue to it takes any more */
	while (poll(&pfd, 1, 500) == 1) {
		assert_int_equal(send(sock, request, sizeof(request),
				      MSG_DONTWAIT), sizeof(request));
		sent++;
	}
	assert_true(sent > 100);
	other = open_broker();
	kseal_broker_close(other);
	for (; sent; sent--) {
		result_raw(sock, &result);
		assert_reason(&result, EINVAL, "no socket came along");
	}
	close(sock);
}

/* ---- sockets that will not do ------------------------------------------- */

static void check_refused(int fd, const char *words)
{
	struct kseal_broker *broker = open_broker();
	struct kseal_result result;

	assert_int_equal(kseal_handshake(broker, fd, &as_server, &result),
			 -EINVAL);
	assert_reason(&result, EINVAL, words);
	kseal_broker_close(broker);
	close(fd);
}

static void other_descriptors_are_refused(void **state)
{
	int pair[2];

	(void)state;
	START();
	check_refused(open("/dev/null", O_RDWR), "not a TCP socket");
	check_refused(socket(AF_INET, SOCK_DGRAM, 0), "not a TCP socket");
	check_refused(socket(AF_INET, SOCK_STREAM, 0), "not connected");
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	check_refused(pair[0], "not a TCP socket");
	close(pair[1]);
}

static void senseless_requests_do_not_leave_the_library(void **state)
{
	struct kseal_request request = as_server;
	struct kseal_broker *broker;
	uint32_t id;

	(void)state;
	START();
	broker = open_broker();
	assert_int_equal(kseal_submit(broker, -1, &request, &id), -EBADF);
	request.size = 8;
	assert_int_equal(kseal_submit(broker, 0, &request, &id), -EINVAL);
	request = as_server;
	request.role = 3;
	assert_int_equal(kseal_submit(broker, 0, &request, &id), -EINVAL);
	request = as_server;
	request.alpn = "h2,,x";
	assert_int_equal(kseal_submit(broker, 0, &request, &id), -EINVAL);
	request = as_server;
	request.identity = "";
	assert_int_equal(kseal_submit(broker, 0, &request, &id), -EINVAL);
	kseal_broker_close(broker);
}

static void brokers_that_are_not_there_are_told_apart(void **state)
{
	struct kseal_broker *broker;

	(void)state;
	assert_int_equal(kseal_broker_open(kseald.socket, &broker), -ENOENT);
	START();
	kill(kseald.pid, SIGKILL);
	daemon_wait(&kseald);
	assert_int_equal(kseal_broker_open(kseald.socket, &broker),
			 -ECONNREFUSED);
	assert_int_equal(kseal_broker_open("", &broker), -EINVAL);
}

/* ---- handshakes --------------------------------------------------------- */

/*
 * Where the module is loaded the socket comes back speaking TLS, elsewhere the
 * reason says what to do.
 */
static void assert_handed_over(const struct kseal_result *result)
{
	if (access("/sys/module/kseal", F_OK)) {
		assert_reason(result, ENOENT, "modprobe kseal");
		return;
	}
	assert_int_equal(result->error, 0);
	assert_true(result->fd >= 0);
	close(result->fd);
}

static void handshake_is_done_and_described(void **state)
{
	struct peer peer = { .host = "a.example", .alpn = "h2" };
	struct kseal_request request = as_server;
	struct kseal_broker *broker;
	struct kseal_result result;
	int pair[2];

	(void)state;
	START();
	broker = open_broker();
	request.alpn = "h2";
	loopback_pair(pair);
	peer_start(&peer, &certs, pair[1]);
	kseal_handshake(broker, pair[0], &request, &result);
	assert_handed_over(&result);
	assert_false(fcntl(pair[0], F_GETFL) & O_NONBLOCK);
	assert_int_equal(result.version, 0x0304);
	assert_string_equal(result.alpn, "h2");
	assert_string_equal(result.server_name, "a.example");
	assert_non_null(strstr(result.peer, "127.0.0.1:"));
	assert_non_null(strstr(result.suite, "TLS_AES_"));
	close(pair[0]);
	kseal_broker_close(broker);
	peer_join(&peer);
	assert_int_equal(peer.ret, 0);
	peer_end(&peer);
}

static void handshakes_run_side_by_side(void **state)
{
	struct peer peers[MANY];
	struct kseal_broker *broker;
	struct kseal_result result;
	int pair[2], silent[2], i;
	uint32_t seen = 0;

	(void)state;
	START();
	broker = open_broker();
	/* one that says nothing goes first, and holds nobody up */
	loopback_pair(silent);
	assert_int_equal(submit(broker, silent[0]), 1);
	for (i = 0; i < MANY; i++) {
		memset(&peers[i], 0, sizeof(peers[i]));
		loopback_pair(pair);
		assert_int_equal(submit(broker, pair[0]), 2 + i);
		close(pair[0]);
		peer_start(&peers[i], &certs, pair[1]);
	}
	for (i = 0; i < MANY; i++) {
		receive(broker, &result);
		assert_in_range(result.id, 2, 1 + MANY);
		assert_false(seen & 1U << result.id);
		seen |= 1U << result.id;
		assert_handed_over(&result);
	}
	kseal_broker_close(broker);
	for (i = 0; i < MANY; i++)
		peer_end(&peers[i]);
	close(silent[0]);
	assert_closed(silent[1]);
	close(silent[1]);
}

static void silent_peers_run_into_the_time_limit(void **state)
{
	struct kseal_request request = as_server;
	struct kseal_broker *broker;
	struct kseal_result result;
	int pair[2];

	(void)state;
	START("--timeout=0.3",);
	broker = open_broker();
	loopback_pair(pair);
	kseal_handshake(broker, pair[0], &request, &result);
	assert_reason(&result, ETIMEDOUT, "300 ms");
	/* a program may ask for less, not for more */
	request.timeout_ms = 100;
	kseal_handshake(broker, pair[0], &request, &result);
	assert_reason(&result, ETIMEDOUT, "100 ms");
	request.timeout_ms = 60000;
	kseal_handshake(broker, pair[0], &request, &result);
	assert_reason(&result, ETIMEDOUT, "300 ms");
	close(pair[0]);
	assert_closed(pair[1]);
	close(pair[1]);
	kseal_broker_close(broker);
}

static void handshakes_are_limited_over_all_programs(void **state)
{
	struct kseal_broker *one, *two;
	struct kseal_result result;
	int pair[2];

	(void)state;
	START("--max-handshakes=2", "--max-per-program=9",);
	one = open_broker();
	two = open_broker();
	loopback_pair(pair);
	submit(one, pair[0]);
	submit(one, pair[0]);
	assert_int_equal(kseal_receive(one, &result, 300), -EAGAIN);
	submit(two, pair[0]);
	receive(two, &result);
	assert_reason(&result, EBUSY, "--max-handshakes");
	/* as soon as the others are given up, there is room */
	kseal_broker_close(one);
	close(pair[1]);
	do {
		submit(two, pair[0]);
		receive(two, &result);
	} while (result.error == EBUSY);
	assert_reason(&result, ECONNRESET, "closed");
	close(pair[0]);
	kseal_broker_close(two);
}

static void death_of_a_program_ends_its_handshakes(void **state)
{
	struct kseal_broker *broker;
	int pair[2];

	(void)state;
	START("--timeout=600",);
	broker = open_broker();
	loopback_pair(pair);
	submit(broker, pair[0]);
	close(pair[0]);
	kseal_broker_close(broker);
	assert_closed(pair[1]);
	close(pair[1]);
}

/* ---- the socket file, beginning and end --------------------------------- */

static void socket_has_the_mode_asked_for(void **state)
{
	struct stat st;

	(void)state;
	START("--mode=0640",);
	assert_int_equal(stat(kseald.socket, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(daemon_stop(&kseald), 0);
	assert_int_equal(stat(kseald.socket, &st), -1);
	assert_int_equal(errno, ENOENT);
}

static void socket_nobody_listens_on_is_replaced(void **state)
{
	(void)state;
	START();
	kill(kseald.pid, SIGKILL);
	assert_int_equal(daemon_wait(&kseald), -SIGKILL);
	assert_int_equal(access(kseald.socket, F_OK), 0);
	START();
	kseal_broker_close(open_broker());
}

static void socket_in_use_is_left_alone(void **state)
{
	struct daemon second;

	(void)state;
	START();
	second = kseald;
	snprintf(second.log, sizeof(second.log), "%s/log2", kseald.dir);
	assert_int_equal(daemon_try(&second, (const char *const[]){ NULL }), 1);
	assert_true(daemon_logged(&second, "another process does already"));
	unlink(second.log);
	kseal_broker_close(open_broker());
}

static void file_that_is_no_socket_is_left_alone(void **state)
{
	struct stat st;

	(void)state;
	strcpy(strrchr(kseald.socket, '/'), "");
	close(open(kseald.socket, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(daemon_try(&kseald, (const char *const[]){ NULL }), 1);
	assert_true(daemon_logged(&kseald, "is not a socket"));
	assert_int_equal(stat(kseald.socket, &st), 0);
	assert_true(S_ISREG(st.st_mode));
}

static void stopping_waits_for_handshakes_under_way(void **state)
{
	struct kseal_broker *broker;
	struct kseal_result result;
	int pair[2];

	(void)state;
	START("--timeout=1",);
	broker = open_broker();
	loopback_pair(pair);
	submit(broker, pair[0]);
	assert_int_equal(kseal_receive(broker, &result, 100), -EAGAIN);
	kill(kseald.pid, SIGTERM);
	receive(broker, &result);
	assert_reason(&result, ETIMEDOUT, "1000 ms");
	assert_int_equal(kseal_receive(broker, &result, RESULT_MS), -ECONNRESET);
	assert_int_equal(daemon_wait(&kseald), 0);
	kseal_broker_close(broker);
	close(pair[0]);
	close(pair[1]);
}

static void second_signal_stops_at_once(void **state)
{
	struct kseal_broker *broker;
	struct kseal_result result;
	int pair[2];

	(void)state;
	START("--timeout=600",);
	broker = open_broker();
	loopback_pair(pair);
	submit(broker, pair[0]);
	assert_int_equal(kseal_receive(broker, &result, 100), -EAGAIN);
	kill(kseald.pid, SIGTERM);
	while (!daemon_logged(&kseald, "stopping after 1"))
		poll(NULL, 0, 10);
	kill(kseald.pid, SIGINT);
	assert_int_equal(daemon_wait(&kseald), 0);
	assert_int_equal(kseal_receive(broker, &result, RESULT_MS), -ECONNRESET);
	kseal_broker_close(broker);
	close(pair[0]);
	assert_closed(pair[1]);
	close(pair[1]);
}

static void bad_configuration_is_an_exit_status(void **state)
{
	char missing[256];

	(void)state;
	snprintf(missing, sizeof(missing), "--identity=x=%s/none.pem,%s/a.key",
		 certs.dir, certs.dir);
	assert_int_equal(daemon_try(&kseald, (const char *const[]){
				"--nonsense", NULL }), 2);
	assert_int_equal(daemon_try(&kseald, (const char *const[]){
				missing, NULL }), 1);
	assert_true(daemon_logged(&kseald, "none.pem"));
	assert_int_equal(daemon_try(&kseald, (const char *const[]){
				identity, "--check", NULL }), 0);
	assert_true(daemon_logged(&kseald, "in order"));
}

static void core_dumps_are_off(void **state)
{
	char path[64], line[256];
	FILE *file;

	(void)state;
	START();
	snprintf(path, sizeof(path), "/proc/%d/limits", kseald.pid);
	file = fopen(path, "r");
	assert_non_null(file);
	do {
		assert_non_null(fgets(line, sizeof(line), file));
	} while (strncmp(line, "Max core file size", 18));
	fclose(file);
	assert_non_null(strstr(line, " 0 "));
	assert_null(strstr(line, "unlimited"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, one_kseald_prepare, one_kseald_clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hello_agrees_on_the_version),
		TEST(nonsense_ends_that_connection_only),
		TEST(request_with_an_unknown_critical_attribute_is_refused),
		TEST(program_that_does_not_read_is_waited_for),
		TEST(other_descriptors_are_refused),
		TEST(senseless_requests_do_not_leave_the_library),
		TEST(brokers_that_are_not_there_are_told_apart),
		TEST(handshake_is_done_and_described),
		TEST(handshakes_run_side_by_side),
		TEST(silent_peers_run_into_the_time_limit),
		TEST(handshakes_are_limited_over_all_programs),
		TEST(death_of_a_program_ends_its_handshakes),
		TEST(socket_has_the_mode_asked_for),
		TEST(socket_nobody_listens_on_is_replaced),
		TEST(socket_in_use_is_left_alone),
		TEST(file_that_is_no_socket_is_left_alone),
		TEST(stopping_waits_for_handshakes_under_way),
		TEST(second_signal_stops_at_once),
		TEST(bad_configuration_is_an_exit_status),
		TEST(core_dumps_are_off),
	};

	return cmocka_run_group_tests_name("daemon", tests, one_kseald_group,
					   one_kseald_group_ends);
}
