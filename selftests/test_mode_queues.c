// SPDX-License-Identifier: GPL-2.0
/* Ticket queues as files: read, poll, descriptors; what is refused. */
#include "lib/fixture.h"
#include "lib/mode.h"
#include "lib/tickets.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const struct kt_params params = {
	.version = TLS_1_3_VERSION, .cipher = TLS_CIPHER_AES_GCM_256, .family = AF_INET6,
};

enum { COOKIE = 0x4321 };

FIXTURE(queue)
{
	struct kt_mode mode;
	int queue;
};

FIXTURE_SETUP(queue)
{
	self->queue = -1;
	ASSERT_EQ(0, kt_mode_open(&self->mode, &params, 0));
	self->queue = kt_ticket_queue(self->mode.link.fd);
	ASSERT_GE(self->queue, 0);
	ASSERT_EQ(0, kt_tickets(self->mode.link.fd, self->queue, COOKIE));
}

FIXTURE_TEARDOWN(queue)
{
	kt_mode_close(&self->mode);
	kt_close(&self->queue);
}

/* A ticket comes, and the program writes something. */
static int give(struct kt_link *link, size_t len, unsigned int seed)
{
	return kt_send_ticket(link, len, seed) || kt_all_here(link) || kt_sealed_out(link) ?
	       -1 : 0;
}

/* ---- read -------------------------------------------------------------------- */

KT_TEST(queue, one_read_takes_one_ticket)
{
	struct kt_link *link = &self->mode.link;
	uint8_t got[1000];

	ASSERT_EQ(0, give(link, 100, 1));
	ASSERT_EQ(0, give(link, 50, 2));
	EXPECT_EQ(100 + 16, read(self->queue, got, sizeof(got)));
	EXPECT_EQ(50 + 16, read(self->queue, got, 50 + 16));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
}

KT_TEST(queue, small_buffer_takes_nothing)
{
	struct kt_link *link = &self->mode.link;
	uint8_t got[200] = { };

	ASSERT_EQ(0, give(link, 100, 1));
	EXPECT_ERRNO(EMSGSIZE, read(self->queue, got, 0));
	EXPECT_ERRNO(EMSGSIZE, read(self->queue, got, 16));
	EXPECT_ERRNO(EMSGSIZE, read(self->queue, got, 16 + 99));
	EXPECT_EQ(0, got[0]);
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, 1));
	kt_close(&link->fd);
	EXPECT_ERRNO(EMSGSIZE, read(self->queue, got, 15));
	EXPECT_EQ(16, read(self->queue, got, 16));
}

/* A buffer that ends, for the kernel, in the middle of the ticket. */
KT_TEST(queue, bad_buffer_takes_nothing)
{
	struct kt_link *link = &self->mode.link;
	uint8_t *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)pages);
	ASSERT_EQ(0, munmap(pages + 4096, 4096));
	ASSERT_EQ(0, give(link, 100, 1));
	ASSERT_EQ(0, give(link, 100, 2));
	EXPECT_ERRNO(EFAULT, read(self->queue, pages + 4096 - 8, 200));
	EXPECT_ERRNO(EFAULT, read(self->queue, pages + 4096 - 50, 200));
	EXPECT_EQ(POLLIN, kt_poll(self->queue, POLLIN, 0));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, 1));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, 2));
	kt_close(&link->fd);
	EXPECT_ERRNO(EFAULT, read(self->queue, pages + 4096 - 8, 200));
	EXPECT_EQ(0, kt_expect_last_ticket(self->queue, COOKIE));
	EXPECT_EQ(0, munmap(pages, 4096));
}

static ssize_t read_one(void *arg)
{
	static __thread uint8_t got[KT_TICKET_READ];

	return read(*(int *)arg, got, sizeof(got));
}

KT_TEST(queue, read_waits)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, read_one, &self->queue));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, give(&self->mode.link, 100, 1));
	EXPECT_EQ(16 + 100, kt_task_join(&task));
	ASSERT_EQ(0, kt_task_start(&task, read_one, &self->queue));
	ASSERT_EQ(0, kt_task_asleep(&task));
	kt_close(&self->mode.link.fd);
	EXPECT_EQ(16, kt_task_join(&task));
}

KT_TEST(queue, each_of_two_readers_gets_one)
{
	struct kt_task tasks[2];

	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, kt_task_start(&tasks[i], read_one, &self->queue));
		ASSERT_EQ(0, kt_task_asleep(&tasks[i]));
	}
	ASSERT_EQ(0, give(&self->mode.link, 100, 1));
	ASSERT_EQ(0, give(&self->mode.link, 100, 2));
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(16 + 100, kt_task_join(&tasks[i]));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
}

static void nothing(int number)
{
	(void)number;
}

KT_TEST(queue, signal_ends_the_wait)
{
	struct sigaction action = { .sa_handler = nothing };
	struct kt_task task;

	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	ASSERT_EQ(0, kt_task_start(&task, read_one, &self->queue));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, pthread_kill(task.thread, SIGUSR1));
	EXPECT_EQ(-1, kt_task_join(&task));
	EXPECT_EQ(EINTR, task.error);
}

/* ---- poll -------------------------------------------------------------------- */

KT_TEST(queue, poll_and_epoll_tell)
{
	int level = kt_watch(self->queue, EPOLLIN), edge;
	struct kt_link *link = &self->mode.link;

	edge = kt_watch(self->queue, EPOLLIN | EPOLLET);
	ASSERT_GE(level, 0);
	ASSERT_GE(edge, 0);
	EXPECT_EQ(0, kt_poll(self->queue, POLLIN | POLLOUT, 0));
	EXPECT_EQ(0, kt_events(level, 0));
	EXPECT_EQ(0, kt_events(edge, 0));
	ASSERT_EQ(0, give(link, 100, 1));
	EXPECT_EQ(POLLIN, kt_poll(self->queue, POLLIN | POLLOUT, 0));
	EXPECT_EQ(EPOLLIN, kt_events(level, 0));
	EXPECT_EQ(EPOLLIN, kt_events(level, 0));
	EXPECT_EQ(EPOLLIN, kt_events(edge, 0));
	EXPECT_EQ(0, kt_events(edge, 0));
	ASSERT_EQ(0, give(link, 100, 2));
	EXPECT_EQ(EPOLLIN, kt_events(edge, 0));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, 1));
	EXPECT_EQ(EPOLLIN, kt_events(level, 0));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, 2));
	EXPECT_EQ(0, kt_events(level, 0));
	kt_close(&link->fd);
	EXPECT_EQ(EPOLLIN, kt_events(level, 0));
	EXPECT_EQ(EPOLLIN, kt_events(edge, 0));
	/* closed while it is watched, and tied no more */
	kt_close(&self->queue);
	EXPECT_EQ(0, kt_events(level, 0));
	kt_close(&level);
	kt_close(&edge);
}

static ssize_t poll_one(void *arg)
{
	return kt_poll(*(int *)arg, POLLIN, KT_WAIT_MS);
}

KT_TEST(queue, poll_wakes)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, poll_one, &self->queue));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, give(&self->mode.link, 100, 1));
	EXPECT_EQ(POLLIN, kt_task_join(&task));
}

/* ---- descriptors ------------------------------------------------------------- */

KT_TEST(queue, is_a_file_with_a_name)
{
	char path[64], name[64] = "";
	uint8_t byte = 0;

	EXPECT_EQ(FD_CLOEXEC, fcntl(self->queue, F_GETFD));
	EXPECT_EQ(O_RDONLY, fcntl(self->queue, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->queue);
	ASSERT_GT(readlink(path, name, sizeof(name) - 1), 0);
	EXPECT_EQ(0, strcmp("anon_inode:[kseal-tickets]", name)) TH_LOG("%s", name);
	EXPECT_ERRNO(EBADF, write(self->queue, &byte, 1));
	EXPECT_ERRNO(ESPIPE, lseek(self->queue, 0, SEEK_SET));
}

/* As dup() and fork() do it: the last one counts. */
KT_TEST(queue, lives_with_its_last_descriptor)
{
	int other = dup(self->queue), status;
	pid_t pid;

	ASSERT_GE(other, 0);
	kt_close(&self->queue);
	ASSERT_EQ(0, give(&self->mode.link, 100, 1));
	EXPECT_EQ(0, kt_expect_ticket(other, COOKIE, 100, 1));
	ASSERT_EQ(0, give(&self->mode.link, 100, 2));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(kt_expect_ticket(other, COOKIE, 100, 2) ? 1 : 0);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, kt_expect_no_ticket(other));
	kt_close(&other);
}

static long long users(void *arg)
{
	(void)arg;
	return kt_module_users();
}

KT_TEST(queue, keeps_the_module)
{
	int base = kt_module_users() - 2;

	ASSERT_GE(base, 0);
	ASSERT_EQ(0, give(&self->mode.link, 100, 1));
	kt_mode_close(&self->mode);
	EXPECT_EQ(0, kt_wait_for(users, NULL, base + 1));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, 1));
	/* with what it still holds */
	kt_close(&self->queue);
	EXPECT_EQ(0, kt_wait_for(users, NULL, base));
}

/* Neither keeps the other open, in flight both in the same socket. */
KT_TEST(queue, in_flight_with_its_socket_is_freed)
{
	int base = kt_module_users() - 2, pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(0, kt_pass(pair[0], self->queue));
	ASSERT_EQ(0, kt_pass(pair[0], self->mode.link.fd));
	ASSERT_EQ(0, kt_pass(pair[0], pair[0]));
	ASSERT_EQ(0, kt_pass(pair[0], pair[1]));
	kt_mode_close(&self->mode);
	kt_close(&self->queue);
	/* a circle of theirs alone: the next socket that is closed has it looked for */
	kt_close(&pair[0]);
	kt_close(&pair[1]);
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	kt_close(&pair[0]);
	kt_close(&pair[1]);
	EXPECT_EQ(0, kt_wait_for(users, NULL, base));
}

/* ---- what is refused ----------------------------------------------------------- */

static int get(int fd, void *value, socklen_t len)
{
	return getsockopt(fd, SOL_TLS, KSEAL_TICKET_QUEUE, value, &len);
}

static int set(int fd, const void *value, socklen_t len)
{
	return setsockopt(fd, SOL_TLS, KSEAL_TICKETS, value, len);
}

/* The descriptor that the next file gets. */
static int next_descriptor(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

KT_TEST(queue, bad_arguments_make_none)
{
	int fd = self->mode.link.fd, next = next_descriptor(), value[2] = { -5, -5 };
	socklen_t len = sizeof(value);

	EXPECT_ERRNO(EINVAL, get(fd, value, 3));
	EXPECT_ERRNO(EINVAL, get(fd, value, 0));
	EXPECT_ERRNO(EINVAL, get(fd, value, -1));
	EXPECT_ERRNO(EFAULT, get(fd, NULL, sizeof(int)));
	EXPECT_ERRNO(EFAULT, get(fd, (void *)1, sizeof(int)));
	EXPECT_ERRNO(EFAULT, getsockopt(fd, SOL_TLS, KSEAL_TICKET_QUEUE, value, NULL));
	EXPECT_ERRNO(ENOPROTOOPT, setsockopt(fd, SOL_TLS, KSEAL_TICKET_QUEUE, value, 4));
	EXPECT_ERRNO(ENOPROTOOPT, getsockopt(fd, SOL_TLS, KSEAL_TICKETS, value, &len));
	EXPECT_EQ(next, next_descriptor());
	EXPECT_EQ(-5, value[0]);
	/* more room than it takes */
	ASSERT_EQ(0, getsockopt(fd, SOL_TLS, KSEAL_TICKET_QUEUE, value, &len));
	EXPECT_EQ(sizeof(int), len);
	EXPECT_EQ(next, value[0]);
	EXPECT_EQ(-5, value[1]);
	kt_close(&value[0]);
}

KT_TEST(queue, no_descriptor_left)
{
	struct rlimit limit, none;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = next_descriptor();
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	EXPECT_ERRNO(EMFILE, kt_ticket_queue(self->mode.link.fd));
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
}

KT_TEST(queue, bad_ties_change_nothing)
{
	struct kseal_tickets tickets = { .queue = self->queue, .cookie = 1 };
	int fd = self->mode.link.fd, pipes[2];
	uint8_t larger[sizeof(tickets) + 1] = { };

	ASSERT_EQ(0, pipe(pipes));
	EXPECT_ERRNO(EINVAL, set(fd, &tickets, sizeof(tickets) - 1));
	EXPECT_ERRNO(EINVAL, set(fd, larger, sizeof(larger)));
	EXPECT_ERRNO(EINVAL, set(fd, &tickets, 0));
	EXPECT_ERRNO(EFAULT, set(fd, (void *)1, sizeof(tickets)));
	EXPECT_ERRNO(EINVAL, kt_tickets(fd, pipes[0], 1));
	EXPECT_ERRNO(EINVAL, kt_tickets(fd, fd, 1));
	EXPECT_ERRNO(EBADF, kt_tickets(fd, next_descriptor(), 1));
	EXPECT_ERRNO(EBADF, kt_tickets(fd, -2, 1));
	EXPECT_ERRNO(EBADF, kt_tickets(fd, INT32_MIN, 1));
	tickets.reserved = 1;
	EXPECT_ERRNO(EINVAL, set(fd, &tickets, sizeof(tickets)));
	tickets.queue = -1;
	EXPECT_ERRNO(EINVAL, set(fd, &tickets, sizeof(tickets)));
	EXPECT_EQ(0, kt_expect_no_ticket(self->queue));
	ASSERT_EQ(0, give(&self->mode.link, 100, 1));
	EXPECT_EQ(0, kt_expect_ticket(self->queue, COOKIE, 100, 1));
	kt_close(&pipes[0]);
	kt_close(&pipes[1]);
}

/* ---- many at once -------------------------------------------------------------- */

enum { SOCKETS = 8, ROUNDS = 25 };

/* Ties and unties, for as many ends to be read. */
static ssize_t tie_often(void *arg)
{
	struct { int fd, queue; } *at = arg;

	for (int i = 0; i < ROUNDS; i++)
		if (kt_tickets(at->fd, at->queue, i) || kt_tickets(at->fd, -1, 0))
			return kt_errno("setsockopt(KSEAL_TICKETS)");
	return 0;
}

static ssize_t read_often(void *arg)
{
	for (int i = 0; i < SOCKETS * ROUNDS / 2; i++)
		if (read_one(arg) != 16)
			return kt_errno("read");
	return 0;
}

KT_TEST(queue, every_end_is_told_once)
{
	static struct kt_mode modes[SOCKETS];
	struct { int fd, queue; } at[SOCKETS];
	struct kt_task readers[2], tiers[SOCKETS];
	int queue = kt_ticket_queue(self->mode.link.fd);

	ASSERT_GE(queue, 0);
	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, kt_task_start(&readers[i], read_often, &queue));
	for (int i = 0; i < SOCKETS; i++) {
		ASSERT_EQ(0, kt_mode_open(&modes[i], &params, 0));
		at[i].fd = modes[i].link.fd;
		at[i].queue = queue;
		ASSERT_EQ(0, kt_task_start(&tiers[i], tie_often, &at[i]));
	}
	for (int i = 0; i < SOCKETS; i++)
		EXPECT_EQ(0, kt_task_join(&tiers[i]));
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(0, kt_task_join(&readers[i]));
	EXPECT_EQ(0, kt_expect_no_ticket(queue));
	kt_close(&queue);
	for (int i = 0; i < SOCKETS; i++)
		kt_mode_close(&modes[i]);
}

static ssize_t write_often(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		if (send(*(int *)arg, "x", 1, MSG_NOSIGNAL) != 1)
			return kt_errno("send");
	return 0;
}

/* The queue is closed while tickets come: each is in it, or dropped. */
KT_TEST(queue, closed_while_tickets_come)
{
	static struct kt_mode modes[SOCKETS];
	struct kt_task tasks[SOCKETS];

	for (int i = 0; i < SOCKETS; i++) {
		ASSERT_EQ(0, kt_mode_open(&modes[i], &params, 0));
		ASSERT_EQ(0, kt_tickets(modes[i].link.fd, self->queue, i));
		for (int j = 0; j < 20; j++)
			ASSERT_EQ(0, kt_send_ticket(&modes[i].link, 100, j));
		ASSERT_EQ(0, kt_all_here(&modes[i].link));
	}
	for (int i = 0; i < SOCKETS; i++)
		ASSERT_EQ(0, kt_task_start(&tasks[i], write_often, &modes[i].link.fd));
	kt_close(&self->queue);
	for (int i = 0; i < SOCKETS; i++) {
		struct kseal_info info;

		EXPECT_EQ(0, kt_task_join(&tasks[i]));
		ASSERT_EQ(0, kt_info_get(modes[i].link.fd, &info));
		EXPECT_EQ(20, info.tickets);
		EXPECT_LE(info.tickets_given, 20);
		kt_mode_close(&modes[i]);
	}
}

TEST_HARNESS_MAIN
