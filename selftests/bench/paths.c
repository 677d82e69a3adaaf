// SPDX-License-Identifier: GPL-2.0
/*
 * Ways to send and to receive, each timed for a while. The other end is another
 * process, on the same CPU: what is measured is the work of both. An end that is
 * not of interest throws away what comes, without looking at it.
 */
#include "bench.h"
#include "lib/ring.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>

enum {
	FILE_SIZE = 8 << 20,
	BUFFER = 1 << 20,
	BATCH = 64,		/* calls that are made as one, at most */
	PINGS_MAX = 1 << 20,
	CONNS_MAX = 1024,
};

unsigned int bench_ms = 100;
static int file = -1;
static char *buffer, *received;
static uint32_t *pings;

static void *room(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/** bench_paths_init() - a file in the page cache, and buffers. */
int bench_paths_init(void)
{
	buffer = room(BUFFER);
	received = room(BUFFER);
	pings = room(PINGS_MAX * sizeof(*pings));
	file = memfd_create("bench", MFD_CLOEXEC);
	if (!buffer || !received || !pings || file < 0)
		return kt_errno("mmap, or memfd_create");
	kt_fill(buffer, BUFFER, 0);
	for (int i = 0; i < FILE_SIZE / BUFFER; i++)
		if (write(file, buffer, BUFFER) != BUFFER)
			return kt_errno("write to a file in memory");
	return 0;
}

/* ---- the other end ------------------------------------------------------------- */

/**
 * struct other - the process at the other end
 * @conns: its connections
 * @count: how many
 * @pid: its number
 * @pipe: it says there how many bytes came, when they have ended
 */
struct other {
	struct bench_conn *conns;
	unsigned int count;
	pid_t pid;
	int pipe[2];
};

/* Reads without a copy, so that it costs as little as can be. */
static uint64_t discard(struct other *other)
{
	uint64_t total = 0;
	ssize_t n;

	while ((n = recv(other->conns->fd[READER], NULL, 4 * BUFFER, MSG_TRUNC)) > 0)
		total += n;
	return total;
}

static uint64_t discard_many(struct other *other)
{
	unsigned int left = other->count;
	struct epoll_event event = { .events = EPOLLIN }, events[64];
	int set = epoll_create1(0), ready;
	uint64_t total = 0;
	ssize_t n;

	for (unsigned int i = 0; i < other->count; i++) {
		event.data.fd = other->conns[i].fd[READER];
		epoll_ctl(set, EPOLL_CTL_ADD, event.data.fd, &event);
	}
	while (left) {
		ready = epoll_wait(set, events, 64, -1);
		for (int i = 0; i < ready; i++) {
			n = recv(events[i].data.fd, NULL, 4 * BUFFER, MSG_TRUNC | MSG_DONTWAIT);
			if (n > 0) {
				total += n;
			} else if (!n || errno != EAGAIN) {
				epoll_ctl(set, EPOLL_CTL_DEL, events[i].data.fd, NULL);
				left--;
			}
		}
	}
	return total;
}

static size_t recv_size;

static uint64_t receive(struct other *other)
{
	struct bench_conn *conn = other->conns;
	uint64_t total = 0;
	ssize_t n;

	while ((n = conn->transport->recv(conn, READER, received, recv_size)) > 0)
		total += n;
	return total;
}

static int recv_full(struct bench_conn *conn, enum bench_side side, size_t len)
{
	ssize_t n;

	for (; len; len -= n) {
		n = conn->transport->recv(conn, side, received, len);
		if (n <= 0)
			return -1;
	}
	return 0;
}

static uint64_t echo(struct other *other)
{
	struct bench_conn *conn = other->conns;
	uint64_t total = 0;

	for (; !recv_full(conn, READER, recv_size); total += recv_size)
		if (conn->transport->send(conn, READER, received, recv_size))
			break;
	return total;
}

static int other_start(struct other *other, uint64_t (*run)(struct other *other))
{
	uint64_t total;

	if (pipe(other->pipe))
		return kt_errno("pipe");
	other->pid = fork();
	if (other->pid < 0)
		return kt_errno("fork");
	for (unsigned int i = 0; i < other->count; i++)
		kt_close(&other->conns[i].fd[other->pid ? READER : SENDER]);
	if (other->pid) {
		kt_close(&other->pipe[1]);
		return 0;
	}
	total = run(other);
	_exit(write(other->pipe[1], &total, sizeof(total)) == sizeof(total) ? 0 : 1);
}

/* Waits until all has come that was sent. Return: bytes, 0 if it failed. */
static uint64_t other_ends(struct other *other)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < other->count; i++)
		shutdown(other->conns[i].fd[SENDER], SHUT_WR);
	if (read(other->pipe[0], &total, sizeof(total)) != sizeof(total))
		kt_say("the other end died");
	return total;
}

static void other_close(struct other *other)
{
	for (int i = 0; i < 2; i++)
		kt_close(&other->pipe[i]);
	if (other->pid > 0) {
		kill(other->pid, SIGKILL);
		waitpid(other->pid, NULL, 0);
	}
	for (unsigned int i = 0; i < other->count; i++)
		bench_conn_close(&other->conns[i]);
}

/* ---- what is timed ---------------------------------------------------------------- */

/* One call, or what stands for it. Return: bytes sent; -1 it failed. */
typedef ssize_t one_call(const struct bench_case *what, struct bench_conn *conn, uint64_t turn);

static ssize_t call_sendfile(const struct bench_case *what, struct bench_conn *conn, uint64_t turn)
{
	off_t at = turn * what->size % FILE_SIZE;
	size_t left = what->size;
	ssize_t n;

	for (; left; left -= n) {
		if (conn->transport->kernel) {
			n = sendfile(conn->fd[SENDER], file, &at, left);
			if (n <= 0)
				return kt_errno("sendfile");
			continue;
		}
		/* as servers do */
		n = pread(file, buffer, left < BUFFER ? left : BUFFER, at);
		if (n <= 0 || conn->transport->send(conn, SENDER, buffer, n))
			return -1;
		at += n;
	}
	return what->size;
}

static ssize_t call_write(const struct bench_case *what, struct bench_conn *conn, uint64_t turn)
{
	(void)turn;
	return conn->transport->send(conn, SENDER, buffer, what->size) ? -1 : (ssize_t)what->size;
}

static ssize_t call_sendmmsg(const struct bench_case *what, struct bench_conn *conn, uint64_t turn)
{
	struct mmsghdr messages[BATCH] = { 0 };
	struct iovec iov = { buffer, what->size };
	unsigned int done = 0;
	int n;

	(void)turn;
	for (unsigned int i = 0; i < what->count; i++) {
		messages[i].msg_hdr.msg_iov = &iov;
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (; done < what->count; done += n) {
		n = sendmmsg(conn->fd[SENDER], messages + done, what->count - done, MSG_NOSIGNAL);
		if (n <= 0)
			return kt_errno("sendmmsg");
	}
	return what->size * what->count;
}

static struct kt_ring ring = { .fd = -1 };

static ssize_t call_uring(const struct bench_case *what, struct bench_conn *conn, uint64_t turn)
{
	struct io_uring_sqe *sqe;
	struct io_uring_cqe cqe;
	ssize_t sent = 0;

	(void)turn;
	for (unsigned int i = 0; i < what->count; i++) {
		sqe = kt_ring_add(&ring, IORING_OP_SEND, conn->fd[SENDER], buffer, what->size, i);
		sqe->msg_flags = MSG_WAITALL;
		/* in order, and none of them before the one in front is done */
		sqe->flags |= i + 1 < what->count ? IOSQE_IO_LINK : 0;
	}
	if (kt_ring_submit(&ring))
		return -1;
	for (unsigned int i = 0; i < what->count; i++) {
		if (kt_ring_wait(&ring, &cqe))
			return -1;
		if (cqe.res < 0) {
			errno = -cqe.res;
			return kt_errno("IORING_OP_SEND");
		}
		sent += cqe.res;
	}
	return sent;
}

/* For bench_ms. Return: bytes, 0 it failed. */
static uint64_t call_for_a_while(const struct bench_case *what, struct other *other, one_call *call)
{
	uint64_t end = bench_now() + bench_ms * 1000000ULL, total = 0, turn = 0;
	/* a look at the clock costs as much as a small call */
	uint64_t looks = what->size < 16384 ? 15 : 0;
	ssize_t n;

	do {
		n = call(what, &other->conns[turn % other->count], turn);
		if (n < 0)
			return 0;
		total += n;
	} while ((++turn & looks) || bench_now() < end);
	return total;
}

/* @check: what comes at the other end is what was sent, not records */
static int throughput(const struct bench_case *what, const struct bench_transport *transport,
		      const struct bench_suite *suite, one_call *call,
		      uint64_t (*reader)(struct other *other), bool check)
{
	static struct bench_conn conns[CONNS_MAX];
	struct other other = { .conns = conns, .pipe = { -1, -1 } };
	unsigned int want = reader == discard_many ? what->count : 1;
	uint64_t begun, sent = 0, came = 0;
	int err = -1;

	for (; other.count < want; other.count++)
		if (bench_conn_open(&conns[other.count], transport, suite, what->record,
				    reader != receive))
			goto out;
	if (other_start(&other, reader))
		goto out;
	begun = bench_now();
	sent = call_for_a_while(what, &other, call);
	came = sent ? other_ends(&other) : 0;
	if (!sent || came < sent || (check && came != sent))
		goto out;
	bench_result(what, "", transport->name, suite,
		     what->record ? "records/s" : "B/s",
		     sent * 1e9 / (bench_now() - begun) / (what->record ?: 1));
	err = 0;
out:
	if (other.count < want)
		other.count++;	/* the one that could not be opened */
	other_close(&other);
	return err;
}

/** bench_sendfile() - a file, into connections whose other end looks at nothing. */
int bench_sendfile(const struct bench_case *what, const struct bench_transport *transport,
		   const struct bench_suite *suite)
{
	return throughput(what, transport, suite, call_sendfile, discard, false);
}

/** bench_write() - the same of memory, into @what->count connections in turn. */
int bench_write(const struct bench_case *what, const struct bench_transport *transport,
		const struct bench_suite *suite)
{
	return throughput(what, transport, suite, call_write,
			  what->count ? discard_many : discard, false);
}

/** bench_sendmmsg() - @what->count messages a call. */
int bench_sendmmsg(const struct bench_case *what, const struct bench_transport *transport,
		   const struct bench_suite *suite)
{
	return throughput(what, transport, suite, call_sendmmsg, discard, false);
}

/** bench_uring() - @what->count sends, submitted as one. */
int bench_uring(const struct bench_case *what, const struct bench_transport *transport,
		const struct bench_suite *suite)
{
	int err;

	if (kt_ring_open(&ring, BATCH))
		return -1;
	err = throughput(what, transport, suite, call_uring, discard, false);
	kt_ring_close(&ring);
	return err;
}

/** bench_recv() - into a buffer of @what->size; both ends of the connection work. */
int bench_recv(const struct bench_case *what, const struct bench_transport *transport,
	       const struct bench_suite *suite)
{
	recv_size = what->size;
	return throughput(what, transport, suite, call_write, receive, true);
}

/* ---- latency ------------------------------------------------------------------------ */

static int in_order(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static unsigned int ping_for_a_while(const struct bench_case *what, struct bench_conn *conn)
{
	uint64_t begun = bench_now(), end = begun + bench_ms * 1000000ULL, now;
	unsigned int n;

	for (n = 0; n < PINGS_MAX && begun < end; n++, begun = now) {
		if (conn->transport->send(conn, SENDER, buffer, what->size) ||
		    recv_full(conn, SENDER, what->size))
			return 0;
		now = bench_now();
		pings[n] = now - begun;
	}
	return n;
}

/** bench_ping() - a message there, and back: half of them take p50, p99 all but 1%. */
int bench_ping(const struct bench_case *what, const struct bench_transport *transport,
	       const struct bench_suite *suite)
{
	struct bench_conn conn;
	struct other other = { .conns = &conn, .count = 1, .pipe = { -1, -1 } };
	unsigned int n = 0;

	recv_size = what->size;
	if (!bench_conn_open(&conn, transport, suite, 0, false) && !other_start(&other, echo))
		n = ping_for_a_while(what, &conn);
	other_close(&other);
	if (!n)
		return -1;
	qsort(pings, n, sizeof(*pings), in_order);
	bench_result(what, "-p50", transport->name, suite, "ns", pings[n / 2]);
	bench_result(what, "-p99", transport->name, suite, "ns", pings[n * 99ULL / 100]);
	return 0;
}
