// SPDX-License-Identifier: GPL-2.0
/* Messages with a descriptor: none is lost, none leaks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "protocol.h"

static int pair[2];

static int setup(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
}

static int teardown(void **state)
{
	(void)state;
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* As kseald_send_packet(), but with @count descriptors. */
static void send_descriptors(const int *fds, size_t count)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(8 * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = "x", .iov_len = 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *cmsg;

	memset(&control, 0, sizeof(control));
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(cmsg), fds, count * sizeof(int));
	assert_int_equal(sendmsg(pair[0], &msg, 0), 1);
}

static void descriptor_arrives_with_its_message(void **state)
{
	uint8_t buf[16];
	struct stat in, out;
	int fd, null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(kseald_send_packet(pair[0], (uint8_t *)"one", 3, null),
			 0);
	assert_int_equal(kseald_send_packet(pair[0], (uint8_t *)"two", 3, -1), 0);
	assert_int_equal(kseald_receive_packet(pair[1], buf, sizeof(buf), &fd), 3);
	assert_memory_equal(buf, "one", 3);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(null, &in), 0);
	assert_int_equal(fstat(fd, &out), 0);
	assert_true(in.st_ino == out.st_ino && in.st_dev == out.st_dev);
	close(fd);
	assert_int_equal(kseald_receive_packet(pair[1], buf, sizeof(buf), &fd), 3);
	assert_memory_equal(buf, "two", 3);
	assert_int_equal(fd, -1);
	assert_int_equal(kseald_receive_packet(pair[1], buf, sizeof(buf), &fd),
			 -EAGAIN);
	close(null);
}

static void more_than_one_descriptor_is_refused(void **state)
{
	const int fds[8] = { 0, 0, 0, 0, 0, 0, 0, 0 };
	uint8_t buf[16];
	size_t count;
	int fd, before;

	(void)state;
	before = open_descriptors();
	for (count = 2; count <= 8; count++) {
		send_descriptors(fds, count);
		assert_int_equal(kseald_receive_packet(pair[1], buf, sizeof(buf),
						       &fd), -EBADMSG);
		assert_int_equal(fd, -1);
		assert_int_equal(open_descriptors(), before);
	}
}

static void too_long_message_is_refused(void **state)
{
	uint8_t buf[16];
	int fd, before;

	(void)state;
	before = open_descriptors();
	memset(buf, 0, sizeof(buf));
	assert_int_equal(kseald_send_packet(pair[0], buf, sizeof(buf), 0), 0);
	assert_int_equal(kseald_receive_packet(pair[1], buf, sizeof(buf) - 1, &fd),
			 -EBADMSG);
	assert_int_equal(fd, -1);
	assert_int_equal(open_descriptors(), before);
}

static void message_arrives_even_without_room_for_its_descriptor(void **state)
{
	struct rlimit limit, tight;
	uint8_t buf[16];
	int fd, next;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(kseald_send_packet(pair[0], (uint8_t *)"abc", 3, 0), 0);
	next = dup(0);
	close(next);
	tight = limit;
	tight.rlim_cur = next;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	assert_int_equal(kseald_receive_packet(pair[1], buf, sizeof(buf), &fd), 3);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	assert_int_equal(fd, -EMFILE);
}

static void closed_connection_is_told(void **state)
{
	uint8_t buf[16] = { 0 };
	int fd;

	(void)state;
	close(pair[0]);
	assert_int_equal(kseald_receive_packet(pair[1], buf, sizeof(buf), &fd), 0);
	assert_int_equal(kseald_send_packet(pair[1], buf, 1, -1), -EPIPE);
	pair[0] = dup(pair[1]);
}

static void full_connection_does_not_block(void **state)
{
	uint8_t buf[KSEALD_MESSAGE_MAX] = { 0 };
	int ret, sent = 0;

	(void)state;
	while (!(ret = kseald_send_packet(pair[0], buf, sizeof(buf), -1)))
		sent++;
	assert_int_equal(ret, -EAGAIN);
	assert_true(sent > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(descriptor_arrives_with_its_message),
		TEST(more_than_one_descriptor_is_refused),
		TEST(too_long_message_is_refused),
		TEST(message_arrives_even_without_room_for_its_descriptor),
		TEST(closed_connection_is_told),
		TEST(full_connection_does_not_block),
	};

	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
