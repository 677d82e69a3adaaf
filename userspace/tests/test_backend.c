// SPDX-License-Identifier: GPL-2.0
/* A program that takes a listener's sockets, against a thread in kseald's place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "kseal.h"
#include "loopback.h"
#include "protocol.h"

/**
 * struct rig - the thread, and the program's end
 * @sock: the thread's, given to the test once the program has subscribed
 * @room: what the program has said
 */
struct rig {
	char path[64];
	int listener;
	int sock;
	uint32_t room;
	pthread_t thread;
	struct kseal_backend *backend;
};

static size_t receive(int sock, uint8_t *buf)
{
	ssize_t n;
	int fd;

	loopback_wait(sock, POLLIN);
	n = kseald_receive_packet(sock, buf, KSEALD_MESSAGE_MAX, &fd);
	assert_true(n > 0);
	return n;
}

static uint32_t receive_room(int sock)
{
	struct kseald_subscribe message;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	const size_t size = receive(sock, buf);

	assert_int_equal(kseald_decode_subscribe(buf, size, &message), 0);
	assert_string_equal(message.listener, "www");
	return message.room;
}

static void send_subscribe(int sock, uint32_t error)
{
	const struct kseald_subscribe message = { .listener = "www", .error = error };
	uint8_t buf[KSEALD_MESSAGE_MAX];

	kseald_send_packet(sock, buf, kseald_encode_subscribe(0, &message, buf, sizeof(buf)), -1);
}

static void *welcome(void *arg)
{
	const struct kseald_hello hello = { .protocol = KSEALD_PROTOCOL };
	struct rig *rig = arg;
	uint8_t buf[KSEALD_MESSAGE_MAX];

	rig->sock = accept4(rig->listener, NULL, NULL, SOCK_CLOEXEC);
	receive(rig->sock, buf);
	kseald_send_packet(rig->sock, buf, kseald_encode_hello(&hello, buf, sizeof(buf)), -1);
	rig->room = receive_room(rig->sock);
	send_subscribe(rig->sock, 0);
	return NULL;
}

static void rig_open(struct rig *rig, unsigned int backlog)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(rig->path, sizeof(rig->path), "/tmp/test_backend.%d", getpid());
	strcpy(addr.sun_path, rig->path);
	unlink(rig->path);
	rig->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(rig->listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(rig->listener, 1), 0);
	assert_int_equal(pthread_create(&rig->thread, NULL, welcome, rig), 0);
	assert_int_equal(kseal_backend_open(rig->path, "www", backlog, &rig->backend), 0);
	pthread_join(rig->thread, NULL);
	unlink(rig->path);
}

static void rig_close(struct rig *rig)
{
	kseal_backend_close(rig->backend);
	close(rig->listener);
	close(rig->sock);
}

/* One end of a pair; the other is returned. */
static int hand(struct rig *rig)
{
	struct kseal_result result = { .version = 0x0304, .listener = "www",
				       .peer = "192.0.2.1:5" };
	uint8_t buf[KSEALD_MESSAGE_MAX];
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(kseald_send_packet(rig->sock, buf,
					    kseald_encode_handed(&result, buf, sizeof(buf)),
					    pair[1]), 0);
	close(pair[1]);
	return pair[0];
}

static void sockets_come_with_what_is_known_of_them(void **state)
{
	struct kseal_result result;
	struct rig rig;
	char byte;
	int fd;

	(void)state;
	rig_open(&rig, 5);
	assert_int_equal(rig.room, 5);
	fd = hand(&rig);
	loopback_wait(kseal_backend_fd(rig.backend), POLLIN);
	assert_int_equal(kseal_backend_accept(rig.backend, &result, 0), 0);
	assert_int_equal(result.version, 0x0304);
	assert_string_equal(result.listener, "www");
	assert_string_equal(result.peer, "192.0.2.1:5");
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(result.fd, &byte, 1), 1);
	close(result.fd);
	close(fd);
	assert_int_equal(kseal_backend_accept(rig.backend, &result, 0), -EAGAIN);
	rig_close(&rig);
}

/* In the end it has said each that it took, and has never said more. */
static void room_is_made_for_those_that_were_taken(void **state)
{
	struct kseal_result result;
	struct rig rig;

	(void)state;
	rig_open(&rig, 4);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 2; i++) {
			close(hand(&rig));
			assert_int_equal(kseal_backend_accept(rig.backend, &result, -1), 0);
			close(result.fd);
		}
		assert_int_equal(receive_room(rig.sock), 2);
	}
	rig_close(&rig);
}

static void a_backlog_of_one_is_enough(void **state)
{
	struct kseal_result result;
	struct rig rig;

	(void)state;
	rig_open(&rig, 1);
	close(hand(&rig));
	assert_int_equal(kseal_backend_accept(rig.backend, &result, -1), 0);
	close(result.fd);
	assert_int_equal(receive_room(rig.sock), 1);
	rig_close(&rig);
}

static void the_end_of_the_listener_or_of_kseald_is_told(void **state)
{
	struct kseal_result result;
	struct rig rig;

	(void)state;
	rig_open(&rig, 1);
	send_subscribe(rig.sock, ENXIO);
	assert_int_equal(kseal_backend_accept(rig.backend, &result, -1), -ENXIO);
	shutdown(rig.sock, SHUT_RDWR);
	assert_int_equal(kseal_backend_accept(rig.backend, &result, -1), -ECONNRESET);
	rig_close(&rig);
}

static void nonsense_is_told(void **state)
{
	struct kseal_result handed = { .version = 0x0304 }, result;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	struct rig rig;

	(void)state;
	rig_open(&rig, 1);
	/* no socket comes with it */
	kseald_send_packet(rig.sock, buf, kseald_encode_handed(&handed, buf, sizeof(buf)), -1);
	assert_int_equal(kseal_backend_accept(rig.backend, &result, -1), -EPROTO);
	kseald_send_packet(rig.sock, (const uint8_t *)"x", 1, -1);
	assert_int_equal(kseal_backend_accept(rig.backend, &result, -1), -EPROTO);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_come_with_what_is_known_of_them),
		cmocka_unit_test(room_is_made_for_those_that_were_taken),
		cmocka_unit_test(a_backlog_of_one_is_enough),
		cmocka_unit_test(the_end_of_the_listener_or_of_kseald_is_told),
		cmocka_unit_test(nonsense_is_told),
	};

	return cmocka_run_group_tests_name("backend", tests, NULL, NULL);
}
