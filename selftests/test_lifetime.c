// SPDX-License-Identifier: GPL-2.0
/* Sockets that change hands, end early or late; the module beneath them. */
#include "lib/fixture.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/tcp.h>

KT_FIXTURE_OPEN(life)

static long long users_are_down(void *base)
{
	int users = kt_module_users();

	return users >= 0 && users <= *(int *)base;
}

/* Sockets of earlier tests may still be on their way out: so many, or fewer. */
static int users_go_down_to(int base)
{
	return kt_wait_for(users_are_down, &base, 1);
}

static int unload(void)
{
	return syscall(SYS_delete_module, kt_ulp(), O_NONBLOCK);
}

KT_TEST(life, module_in_use_stays)
{
	ASSERT_EQ(0, geteuid()) TH_LOG("only root can try to unload a module");
	EXPECT_ERRNO(EWOULDBLOCK, unload());
	ASSERT_EQ(4, send(self->link.fd, "data", 4, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "data", 4));
}

KT_TEST(life, module_in_use_without_keys_stays)
{
	ASSERT_EQ(0, geteuid()) TH_LOG("only root can try to unload a module");
	ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
	EXPECT_ERRNO(EWOULDBLOCK, unload());
}

KT_TEST(life, closed_socket_lets_the_module_go)
{
	int base = kt_module_users() - 1;

	ASSERT_GE(base, 0);
	kt_close(&self->link.fd);
	kt_close(&self->link.raw);
	EXPECT_EQ(0, users_go_down_to(base));
}

KT_TEST(life, reset_socket_lets_the_module_go)
{
	int base = kt_module_users() - 1;

	ASSERT_GE(base, 0);
	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	kt_reset(&self->link.raw);
	ASSERT_NE(0, kt_poll(self->link.fd, POLLHUP, KT_WAIT_MS));
	kt_close(&self->link.fd);
	EXPECT_EQ(0, users_go_down_to(base));
}

KT_TEST(life, failed_attach_holds_nothing)
{
	int base = kt_module_users();
	int fd = socket(variant->params.family, SOCK_STREAM, 0);
	const char *ulp = kt_ulp();

	ASSERT_GE(fd, 0);
	EXPECT_EQ(-1, setsockopt(fd, IPPROTO_TCP, TCP_ULP, ulp, strlen(ulp) + 1));
	EXPECT_EQ(-1, setsockopt(self->link.fd, IPPROTO_TCP, TCP_ULP, ulp,
				 strlen(ulp) + 1));
	EXPECT_LE(kt_module_users(), base);
	close(fd);
}

KT_TEST(life, a_hundred_sockets)
{
	static struct kt_link links[100];
	int base = kt_module_users() - 1;

	ASSERT_GE(base, 0);
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(0, kt_link_open(&links[i], &variant->params, NULL));
		ASSERT_EQ(4, send(links[i].fd, "data", 4, i % 2 ? MSG_MORE : 0));
		ASSERT_EQ(0, kt_send_pattern(&links[i], 10, 0));
	}
	EXPECT_GE(kt_module_users(), 101);
	for (int i = 0; i < 100; i++)
		kt_link_close(&links[i]);
	kt_link_close(&self->link);
	EXPECT_EQ(0, users_go_down_to(base));
}

/* ---- closing ------------------------------------------------------------ */

KT_TEST(life, close_delivers_what_was_accepted)
{
	int base = kt_module_users() - 1;
	ssize_t sent;

	ASSERT_GE(base, 0);
	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	sent = kt_fill_buffers(self->link.fd, 30000, 0);
	ASSERT_GT(sent, 0);
	kt_close(&self->link.fd);
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
	kt_close(&self->link.raw);
	EXPECT_EQ(0, users_go_down_to(base));
}

/* The buffer is full and a record is open on top of it. */
KT_TEST(life, close_delivers_the_open_record_too)
{
	static uint8_t chunk[3000];
	uint64_t sent = 0;
	ssize_t n;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	do {
		kt_fill(chunk, sizeof(chunk), sent);
		n = send(self->link.fd, chunk, sizeof(chunk),
			 MSG_MORE | MSG_DONTWAIT);
		if (n > 0)
			sent += n;
	} while (n > 0);
	ASSERT_EQ(EAGAIN, errno);
	kt_close(&self->link.fd);
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

KT_TEST(life, close_with_records_unread)
{
	uint8_t got[10];

	ASSERT_EQ(0, kt_send_stream(&self->link, 30000, 5000, 0));
	ASSERT_EQ(0, kt_arrived(self->link.raw, self->link.fd));
	ASSERT_EQ(10, recv(self->link.fd, got, 10, MSG_PEEK));
	kt_close(&self->link.fd);
	ASSERT_NE(0, kt_poll(self->link.raw, POLLIN, KT_WAIT_MS));
	EXPECT_LE(recv(self->link.raw, got, 10, 0), 0);
}

KT_TEST(life, abortive_close_with_an_open_record)
{
	struct linger linger = { .l_onoff = 1 };
	uint8_t got[100];

	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_LINGER, &linger,
				sizeof(linger)));
	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	kt_close(&self->link.fd);
	/* whether the record gets out ahead of it is all one */
	while (recv(self->link.raw, got, sizeof(got), 0) > 0)
		;
	EXPECT_EQ(ECONNRESET, errno);
}

/* The peer is gone before the close: nothing to flush to, nothing to wait for. */
KT_TEST(life, close_after_the_peer)
{
	struct linger linger = { .l_onoff = 1, .l_linger = 30 };

	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_LINGER, &linger,
				sizeof(linger)));
	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	kt_reset(&self->link.raw);
	ASSERT_NE(0, kt_poll(self->link.fd, POLLHUP, KT_WAIT_MS));
	kt_close(&self->link.fd);
}

/* ---- processes ---------------------------------------------------------- */

/* Run @child on the link; its exit status, or -1. */
static int in_child(int (*child)(struct kt_link *link), struct kt_link *link)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(child(link));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return kt_errno("fork or waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int send_child(struct kt_link *link)
{
	return send(link->fd, "child", 5, 0) == 5 ? 0 : 1;
}

/* Numbers belong to the socket, not to the process. */
KT_TEST(life, child_goes_on_where_its_parent_stopped)
{
	ASSERT_EQ(6, send(self->link.fd, "parent", 6, 0));
	ASSERT_EQ(0, in_child(send_child, &self->link));
	ASSERT_EQ(6, send(self->link.fd, "parent", 6, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "parent", 6));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "child", 5));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "parent", 6));
}

static int recv_child(struct kt_link *link)
{
	uint8_t got[60];

	return recv(link->fd, got, 60, 0) == 60 && !kt_check(got, 60, 0) ? 0 : 1;
}

KT_TEST(life, child_reads_the_first_half_of_a_record)
{
	uint8_t got[60];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, in_child(recv_child, &self->link));
	ASSERT_EQ(40, recv(self->link.fd, got, 60, 0));
	EXPECT_EQ(0, kt_check(got, 40, 60));
}

KT_TEST(life, close_in_the_child_does_not_end_it)
{
	int copy = dup(self->link.fd);

	ASSERT_GE(copy, 0);
	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	kt_close(&self->link.fd);
	EXPECT_EQ(0, kt_expect_nothing(&(struct kt_link){ .fd = copy,
				       .raw = self->link.raw }));
	self->link.fd = copy;
	ASSERT_EQ(4, send(copy, "more", 4, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "openmore", 8));
}

static int die_with_an_open_record(struct kt_link *link)
{
	if (send(link->fd, "last words", 10, MSG_MORE) != 10)
		return 1;
	return kill(getpid(), SIGKILL);
}

/* Closed by the kernel, in a process with a fatal signal pending. */
KT_TEST(life, killed_process_delivers_what_was_accepted)
{
	int fd = self->link.fd;

	self->link.fd = dup(fd);
	ASSERT_EQ(128 + SIGKILL, in_child(die_with_an_open_record, &self->link));
	close(fd);
	kt_close(&self->link.fd);
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "last words", 10));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

/* A pid's state, from /proc: the third field. */
static long long sleeps(void *arg)
{
	char path[64], line[512] = "", *state;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", *(pid_t *)arg);
	file = fopen(path, "re");
	if (file) {
		if (!fgets(line, sizeof(line), file))
			line[0] = 0;
		fclose(file);
	}
	state = strrchr(line, ')');
	return state && state[1] && state[2] == 'S';
}

/* Killed while it sleeps for room: what did leave is whole records. */
KT_TEST(life, killed_sender_leaves_whole_records)
{
	static uint8_t buffer[400000];
	static struct kt_record record;
	uint64_t seen = 0;
	int ret, status;
	pid_t pid;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid) {
		kt_fill(buffer, sizeof(buffer), 0);
		_exit(send(self->link.fd, buffer, sizeof(buffer), 0) > 0);
	}
	kt_close(&self->link.fd);
	ASSERT_EQ(0, kt_wait_for(sleeps, &pid, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	while (!(ret = kt_recv_record(&self->link, &record))) {
		ASSERT_EQ(0, kt_check(record.data, record.len, seen));
		seen += record.len;
	}
	EXPECT_EQ(1, ret);
	EXPECT_GT(seen, 0);
	EXPECT_LT(seen, sizeof(buffer));
}

/* ---- passed on ---------------------------------------------------------- */

/* As kseald gives sockets to programs. */
KT_TEST(life, passed_socket_still_speaks_tls)
{
	uint8_t got[10];
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	ASSERT_EQ(0, kt_pass(pair[0], self->link.fd));
	kt_close(&self->link.fd);
	self->link.fd = kt_take(pair[1]);
	ASSERT_GE(self->link.fd, 0);
	ASSERT_EQ(4, send(self->link.fd, "data", 4, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "data", 4));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(10, recv(self->link.fd, got, 10, 0));
	EXPECT_EQ(0, kt_check(got, 10, 0));
	close(pair[0]);
	close(pair[1]);
}

/* Nobody takes it: it ends with the socket it lies in. */
KT_TEST(life, socket_lost_in_transit_is_closed)
{
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	ASSERT_EQ(4, send(self->link.fd, "open", 4, MSG_MORE));
	ASSERT_EQ(0, kt_pass(pair[0], self->link.fd));
	kt_close(&self->link.fd);
	close(pair[0]);
	close(pair[1]);
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "open", 4));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

TEST_HARNESS_MAIN
