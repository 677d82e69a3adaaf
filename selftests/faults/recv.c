// SPDX-License-Identifier: GPL-2.0
/* Receiving: a failure takes nothing off the stream. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faults.h"

static const uint8_t ticket[] = { 4, 0, 0, 2, 1, 2 };

static int feed_full(struct scene *scene)
{
	return fault_feed(scene, KT_MAX_PLAIN);
}

static int feed_three(struct scene *scene)
{
	return fault_feed(scene, 5000) || fault_feed(scene, 1) || fault_feed(scene, 5000);
}

static int recv_some(struct scene *scene, size_t len, int flags)
{
	return fault_gave(scene, kt_recv_pattern(scene->link.fd, len, scene->read, flags));
}

static int direct(struct scene *scene)
{
	return recv_some(scene, KT_MAX_PLAIN, 0);
}

static int into_own(struct scene *scene)
{
	return recv_some(scene, 100, 0) || recv_some(scene, 10000, 0) ? -1 : 0;
}

static int all(struct scene *scene)
{
	return recv_some(scene, 10001, MSG_WAITALL);
}

/* Looking changes nothing. */
static int peek(struct scene *scene)
{
	return kt_recv_pattern(scene->link.fd, 6000, scene->read, MSG_PEEK) < 0 ? -1 : 0;
}

static int discard(struct scene *scene)
{
	return fault_gave(scene, recv(scene->link.fd, NULL, 3000, MSG_TRUNC));
}

/* In memory that no page is behind yet. */
static int in_pieces(struct scene *scene)
{
	static uint8_t room[16][1000];
	struct iovec vec[16];
	struct msghdr msg = { .msg_iov = vec, .msg_iovlen = 16 };
	ssize_t n;

	for (int i = 0; i < 16; i++)
		vec[i] = (struct iovec){ room[i], sizeof(room[i]) };
	n = recvmsg(scene->link.fd, &msg, 0);
	if (n > 0 && kt_check(room, n, scene->read)) {
		errno = EBADE;
		return -1;
	}
	return fault_gave(scene, n);
}

static int feed_padded(struct scene *scene)
{
	ssize_t n = kt_seal(&scene->link.in, KT_DATA, fault_stream(), 1000, 500, scene->wire);

	scene->fed += 1000;
	return n < 0 ? -1 : kt_write_here(&scene->link, scene->wire, n);
}

static int feed_control(struct scene *scene)
{
	return kt_send_record(&scene->link, KT_HANDSHAKE, ticket, sizeof(ticket)) ||
	       kt_all_here(&scene->link);
}

static int control(struct scene *scene)
{
	uint8_t type, got[100];
	ssize_t n = kt_recv_type(scene->link.fd, &type, got, sizeof(got), 0);

	if (n < 0)
		return -1;
	if (n == sizeof(ticket) && type == KT_HANDSHAKE && !memcmp(got, ticket, n))
		return 0;
	errno = EBADE;
	return -1;
}

static int control_settle(struct scene *scene)
{
	return scene->error && control(scene) ? kt_errno("the control record again") : 0;
}

/* Without room for its type: it stays. */
static int control_refused(struct scene *scene)
{
	char c;

	if (recv(scene->link.fd, &c, 1, 0) >= 0)
		errno = EBADE;
	return errno == EIO ? 0 : -1;
}

static int refused_settle(struct scene *scene)
{
	return control(scene) ? kt_errno("the control record that was refused") : 0;
}

static ssize_t write_wire(void *arg)
{
	struct scene *scene = arg;

	return kt_write_full(scene->link.raw, scene->wire, scene->wire_len);
}

/* A record that the window cannot hold comes as it is taken. */
static int feed_by_and_by(struct scene *scene)
{
	ssize_t n = kt_seal_pattern(&scene->link, KT_MAX_PLAIN, scene->wire);

	scene->wire_len = n;
	if (n < 0 || kt_task_start(&scene->writer, write_wire, scene))
		return -1;
	scene->writing = true;
	scene->fed += KT_MAX_PLAIN;
	return 0;
}

static int make_pipe(struct scene *scene)
{
	return feed_three(scene) || pipe2(scene->fd, O_CLOEXEC) ? -1 : 0;
}

/* What comes out at the other end of the pipe is the stream. */
static int splice_out(struct scene *scene)
{
	ssize_t n = splice(scene->link.fd, NULL, scene->fd[1], NULL, 10001, 0);
	static uint8_t got[10001];

	if (n > 0 && (kt_read_pipe(scene->fd[0], got, n) || kt_check(got, n, scene->read))) {
		errno = EBADE;
		return -1;
	}
	return fault_gave(scene, n);
}

static int pipe_is_empty(struct scene *scene)
{
	int n = -1;

	if (ioctl(scene->fd[0], FIONREAD, &n) || n) {
		kt_say("%d bytes are left in the pipe", n);
		return -1;
	}
	return 0;
}

static int feed_forged(struct scene *scene)
{
	ssize_t n = kt_seal_pattern(&scene->link, 1000, scene->wire);

	if (n < 0)
		return -1;
	scene->wire[n - 1] ^= 1;
	return kt_write_here(&scene->link, scene->wire, n);
}

static int forged(struct scene *scene)
{
	char got[1000];

	return recv(scene->link.fd, got, sizeof(got), 0) < 0 ? -1 : 0;
}

/* It is not believed, however little memory there is to say so. */
static int forged_settle(struct scene *scene)
{
	int alert, ret;

	if (!scene->error) {
		kt_say("a forged record is delivered");
		return -1;
	}
	ret = kt_recv_errno(scene->link.fd, 0);
	if (ret != EBADMSG) {
		kt_say("after a forged record reading says %s", strerror(ret));
		return -1;
	}
	return fault_close(scene) || kt_expect_end(&scene->link, &alert) ? -1 : 0;
}

#define TINY { .fd_rcvbuf = 2304 }

const struct operation recv_operations[] = {
	{ .name = "recv, into the reader's memory", .flags = MAYBE_POINTS,
	  .prepare = feed_full, .act = direct },
	{ .name = "recv, into own pages", .prepare = feed_full, .act = into_own },
	{ .name = "recv, MSG_WAITALL", .flags = MAYBE_POINTS, .prepare = feed_three,
	  .act = all },
	{ .name = "recv, MSG_PEEK", .prepare = feed_three, .act = peek },
	{ .name = "recv, MSG_TRUNC", .prepare = feed_three, .act = discard },
	{ .name = "recv, in pieces", .prepare = feed_full, .act = in_pieces },
	{ .name = "recv, padded record", .flags = ONLY_13, .prepare = feed_padded,
	  .act = direct },
	{ .name = "recv, control record", .prepare = feed_control, .act = control,
	  .settle = control_settle, .errors = { EIO } },
	{ .name = "recv, control record refused", .prepare = feed_control,
	  .act = control_refused, .settle = refused_settle },
	{ .name = "recv, through a tiny window", .prepare = feed_by_and_by, .act = all,
	  .tune = TINY },
	{ .name = "recv, MSG_PEEK through a tiny window", .prepare = feed_by_and_by,
	  .act = peek, .tune = TINY },
	{ .name = "splice out", .prepare = make_pipe, .act = splice_out,
	  .settle = pipe_is_empty },
	{ .name = "recv, forged record", .flags = ENDS, .prepare = feed_forged,
	  .act = forged, .settle = forged_settle, .errors = { EBADMSG } },
	{}
};
