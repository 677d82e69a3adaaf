// SPDX-License-Identifier: GPL-2.0
/*
 * Connections whose bytes go on to a back end, without the handshakes before: a plain
 * socket in place of one that the kernel seals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "front.h"
#include "loopback.h"
#include "options.h"
#include "worker.h"

/**
 * struct rig - a front with one listener, which has no doors
 * @stop: has the main thread's loop stop the front, by @abort at once
 * @client: far end of the connection
 */
struct rig {
	uv_loop_t loop;
	struct mailbox mailbox;
	struct workers workers;
	struct engine engine;
	struct activation activation;
	struct front front;
	struct options options;
	struct listener_option option;
	uv_async_t stop;
	unsigned int stop_ms;
	int abort;
	pthread_t thread;
	int client;
};

static void on_idle(void *context)
{
	front_abort(context);
}

static void on_stop(uv_async_t *stop)
{
	struct rig *rig = stop->data;

	front_stop(&rig->front, rig->stop_ms);
	if (rig->abort)
		front_abort(&rig->front);
	uv_close((uv_handle_t *)stop, NULL);
}

static void *run(void *arg)
{
	struct rig *rig = arg;

	uv_run(&rig->loop, UV_RUN_DEFAULT);
	return NULL;
}

static void rig_open(struct rig *rig)
{
	memset(rig, 0, sizeof(*rig));
	STAILQ_INIT(&rig->options.listeners);
	strcpy(rig->option.name, "test");
	rig->option.connect_ms = 20000;
	rig->option.max_connections = 10;
	STAILQ_INSERT_TAIL(&rig->options.listeners, &rig->option, next);
	uv_loop_init(&rig->loop);
	assert_int_equal(mailbox_open(&rig->mailbox, &rig->loop), 0);
	assert_int_equal(workers_start(&rig->workers, 2), 0);
	rig->engine.mailbox = &rig->mailbox;
	rig->engine.workers = &rig->workers;
	rig->engine.limit = 10;
	rig->front.loop = &rig->loop;
	rig->front.engine = &rig->engine;
	rig->front.activation = &rig->activation;
	rig->front.on_idle = on_idle;
	rig->front.context = &rig->front;
	uv_async_init(&rig->loop, &rig->stop, on_stop);
	rig->stop.data = rig;
	rig->stop_ms = 20000;
}

/* One connection to the target of @rig->option, on the loop's thread from then on. */
static void rig_begin(struct rig *rig)
{
	struct kseal_result result = { .peer = "192.0.2.1:5", .server_name = "a.example",
				       .alpn = "h2" };
	int pair[2];

	strcpy(rig->option.proxy_text, "the back end");
	assert_int_equal(front_start(&rig->front, &rig->options), 0);
	loopback_pair(pair);
	rig->client = pair[0];
	result.fd = pair[1];
	proxy_begin(front_find(&rig->front, "test"), &result);
	assert_int_equal(pthread_create(&rig->thread, NULL, run, rig), 0);
}

/* All ends when the connection has. */
static void rig_close(struct rig *rig)
{
	uv_async_send(&rig->stop);
	pthread_join(rig->thread, NULL);
	workers_stop(&rig->workers);
	mailbox_close(&rig->mailbox);
	uv_run(&rig->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&rig->loop), 0);
	assert_null(LIST_FIRST(&rig->front.listeners));
	assert_int_equal(rig->workers.count, 0);
	close(rig->client);
}

static int listen_tcp(struct address *address)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(address_parse("127.0.0.1:0", address), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address->addr, address->size), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address->addr, &address->size), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

static void expect(int fd, const char *text)
{
	char buf[64];

	assert_int_equal(recv(fd, buf, strlen(text), MSG_WAITALL), strlen(text));
	assert_memory_equal(buf, text, strlen(text));
}

static void expect_end(int fd)
{
	char byte;

	assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

/* A question, an answer, and both ends. */
static void converse(struct rig *rig, int backend)
{
	assert_int_equal(send(rig->client, "hello", 5, 0), 5);
	expect(backend, "hello");
	assert_int_equal(send(backend, "welcome", 7, 0), 7);
	expect(rig->client, "welcome");
	shutdown(rig->client, SHUT_WR);
	expect_end(backend);
	close(backend);
	expect_end(rig->client);
}

static void to_an_address(void **state)
{
	struct rig rig;
	int listener;

	(void)state;
	rig_open(&rig);
	listener = listen_tcp(&rig.option.proxy);
	rig_begin(&rig);
	converse(&rig, accept(listener, NULL, NULL));
	rig_close(&rig);
	close(listener);
}

static int listen_unix(struct address *address, int backlog)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[64];

	snprintf(path, sizeof(path), "/tmp/test_proxy.%d", getpid());
	unlink(path);
	assert_int_equal(address_parse(path, address), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address->addr, address->size), 0);
	assert_int_equal(listen(fd, backlog), 0);
	return fd;
}

static void forget_unix(const struct address *address, int listener)
{
	unlink(((const struct sockaddr_un *)&address->addr)->sun_path);
	close(listener);
}

static void to_a_socket_of_the_file_system(void **state)
{
	struct rig rig;
	int listener;

	(void)state;
	rig_open(&rig);
	listener = listen_unix(&rig.option.proxy, 4);
	rig_begin(&rig);
	converse(&rig, accept(listener, NULL, NULL));
	rig_close(&rig);
	forget_unix(&rig.option.proxy, listener);
}

static int connect_to(const struct address *address)
{
	const int fd = socket(address->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(connect(fd, (const struct sockaddr *)&address->addr, address->size), 0);
	return fd;
}

/* It says so at once, unlike TCP, and is tried again. */
static void a_full_queue_is_waited_for(void **state)
{
	struct rig rig;
	int listener, other;

	(void)state;
	rig_open(&rig);
	listener = listen_unix(&rig.option.proxy, 0);
	other = connect_to(&rig.option.proxy);
	rig_begin(&rig);
	close(accept(listener, NULL, NULL));
	converse(&rig, accept(listener, NULL, NULL));
	rig_close(&rig);
	close(other);
	forget_unix(&rig.option.proxy, listener);
}

static void expect_broken(struct rig *rig)
{
	char byte;

	assert_int_equal(recv(rig->client, &byte, 1, 0), -1);
	assert_int_equal(errno, ECONNRESET);
}

static void a_back_end_that_is_down_breaks_the_connection(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	close(listen_tcp(&rig.option.proxy));
	rig_begin(&rig);
	expect_broken(&rig);
	rig_close(&rig);
}

static void a_back_end_that_does_not_answer_does_so_in_the_end(void **state)
{
	struct rig rig;
	int listener, other;

	(void)state;
	rig_open(&rig);
	rig.option.connect_ms = 100;
	listener = listen_unix(&rig.option.proxy, 0);
	other = connect_to(&rig.option.proxy);
	rig_begin(&rig);
	expect_broken(&rig);
	rig_close(&rig);
	close(other);
	forget_unix(&rig.option.proxy, listener);
}

/* ---- the header ------------------------------------------------------------------ */

static void the_header_comes_first(void **state)
{
	static const uint8_t names[] = "\1\0\2h2\2\0\11a.example";
	uint8_t buf[sizeof(names) - 1 + 16 + 12];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	struct rig rig;
	int listener, backend;

	(void)state;
	rig_open(&rig);
	listener = listen_tcp(&rig.option.proxy);
	rig.option.proxy_header = 1;
	rig_begin(&rig);
	backend = accept(listener, NULL, NULL);
	assert_int_equal(recv(backend, buf, sizeof(buf), MSG_WAITALL), sizeof(buf));
	assert_memory_equal(buf, "\r\n\r\n\0\r\nQUIT\n\x21\x11", 14);
	assert_int_equal(buf[14] << 8 | buf[15], sizeof(buf) - 16);
	assert_memory_equal(buf + 16, "\x7f\0\0\1\x7f\0\0\1", 8);
	assert_int_equal(getsockname(rig.client, (struct sockaddr *)&from, &size), 0);
	assert_memory_equal(buf + 24, &from.sin_port, 2);
	assert_memory_equal(buf + 28, names, sizeof(names) - 1);
	converse(&rig, backend);
	rig_close(&rig);
	close(listener);
}

static void the_header_tells_of_tls(void **state)
{
	static const uint8_t wanted[] =
		"\r\n\r\n\0\r\nQUIT\n\x21\0\0\x29"
		"\x20\0\x26\1\0\0\0\0\x21\0\7TLS 1.3\x23\0\x14TLS_AES_128_GCM_SHA2";
	const struct kseal_result result = { .fd = -1, .version = 0x0304,
					     .suite = "TLS_AES_128_GCM_SHA2" };
	struct proxy_header header;

	(void)state;
	proxy_header_make(&header, &result);
	assert_int_equal(header.size, sizeof(wanted) - 1);
	assert_memory_equal(header.bytes, wanted, sizeof(wanted) - 1);
}

static void the_longest_header_fits(void **state)
{
	struct kseal_result result = { .fd = -1, .version = 0x0304 };
	struct proxy_header header;

	(void)state;
	memset(result.alpn, 'a', sizeof(result.alpn) - 1);
	memset(result.server_name, 'b', sizeof(result.server_name) - 1);
	memset(result.suite, 'c', sizeof(result.suite) - 1);
	proxy_header_make(&header, &result);
	/* and addresses of IPv6 */
	assert_true(header.size + 36 <= PROXY_HEADER_MAX);
}

/* ---- the end --------------------------------------------------------------------- */

static void stopping_waits_for_what_goes_on(void **state)
{
	struct rig rig;
	int listener, backend;

	(void)state;
	rig_open(&rig);
	listener = listen_tcp(&rig.option.proxy);
	rig_begin(&rig);
	backend = accept(listener, NULL, NULL);
	uv_async_send(&rig.stop);
	converse(&rig, backend);
	/* it stops by itself now */
	pthread_join(rig.thread, NULL);
	assert_int_equal(pthread_create(&rig.thread, NULL, run, &rig), 0);
	rig_close(&rig);
	close(listener);
}

static void stopping_cuts_off_what_takes_too_long(void **state)
{
	struct rig rig;
	int listener, backend;

	(void)state;
	rig_open(&rig);
	rig.stop_ms = 50;
	listener = listen_tcp(&rig.option.proxy);
	rig_begin(&rig);
	backend = accept(listener, NULL, NULL);
	rig_close(&rig);
	close(backend);
	close(listener);
}

static void aborting_ends_one_that_connects(void **state)
{
	struct rig rig;
	int listener, other;

	(void)state;
	rig_open(&rig);
	rig.abort = 1;
	listener = listen_unix(&rig.option.proxy, 0);
	other = connect_to(&rig.option.proxy);
	rig_begin(&rig);
	rig_close(&rig);
	close(other);
	forget_unix(&rig.option.proxy, listener);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_an_address),
		cmocka_unit_test(to_a_socket_of_the_file_system),
		cmocka_unit_test(a_full_queue_is_waited_for),
		cmocka_unit_test(a_back_end_that_is_down_breaks_the_connection),
		cmocka_unit_test(a_back_end_that_does_not_answer_does_so_in_the_end),
		cmocka_unit_test(the_header_comes_first),
		cmocka_unit_test(the_header_tells_of_tls),
		cmocka_unit_test(the_longest_header_fits),
		cmocka_unit_test(stopping_waits_for_what_goes_on),
		cmocka_unit_test(stopping_cuts_off_what_takes_too_long),
		cmocka_unit_test(aborting_ends_one_that_connects),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("proxy", tests, NULL, NULL);
}
