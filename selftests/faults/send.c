// SPDX-License-Identifier: GPL-2.0
/* Sending: the peer gets what was accepted, and nothing twice. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "faults.h"

enum {
	LARGE = 40000,		/* three records; fits every buffer on the way */
	PIECES = 24,		/* more than a record has room for */
};

static int send_some(struct scene *scene, size_t len, int flags)
{
	return fault_took(scene, send(scene->link.fd, fault_stream() + scene->sent, len,
				      flags | MSG_NOSIGNAL));
}

static int small(struct scene *scene)
{
	return send_some(scene, 100, 0);
}

static int large(struct scene *scene)
{
	return send_some(scene, LARGE, 0);
}

static int more(struct scene *scene)
{
	return send_some(scene, 100, MSG_MORE) || send_some(scene, 10000, MSG_MORE) ||
	       send_some(scene, 10000, 0) ? -1 : 0;
}

static int eor(struct scene *scene)
{
	return send_some(scene, 100, MSG_MORE) || send_some(scene, 100, MSG_EOR) ? -1 : 0;
}

static int without_room(struct scene *scene)
{
	return send_some(scene, LARGE, MSG_DONTWAIT);
}

static int in_pieces(struct scene *scene)
{
	struct iovec vec[PIECES];
	struct msghdr msg = { .msg_iov = vec, .msg_iovlen = PIECES };
	uint8_t *from = (uint8_t *)fault_stream() + scene->sent;

	for (int i = 0; i < PIECES; i++, from += 999)
		vec[i] = (struct iovec){ from, 999 };
	return fault_took(scene, sendmsg(scene->link.fd, &msg, MSG_NOSIGNAL));
}

static int many_messages(struct scene *scene)
{
	struct iovec vec[3];
	struct mmsghdr msgs[3] = {};
	uint8_t *from = (uint8_t *)fault_stream() + scene->sent;
	int n;

	for (int i = 0; i < 3; i++, from += 5000) {
		vec[i] = (struct iovec){ from, 5000 };
		msgs[i].msg_hdr.msg_iov = &vec[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	n = sendmmsg(scene->link.fd, msgs, 3, MSG_NOSIGNAL);
	for (int i = 0; i < n; i++)
		scene->sent += msgs[i].msg_len;
	return n < 0 ? -1 : 0;
}

static int control(struct scene *scene)
{
	return kt_send_type(scene->link.fd, KT_ALERT, "\1\0", 2, 0) < 0 ? -1 : 0;
}

/* The record of data that the alert closed comes before it. */
static int control_settle(struct scene *scene)
{
	uint64_t open = scene->sent - scene->seen;

	if (scene->error)
		return 0;
	scene->seen = scene->sent;
	return (open && kt_expect_stream(&scene->link, open, scene->seen - open, NULL)) ||
	       kt_expect_record(&scene->link, KT_ALERT, "\1\0", 2) ? -1 : 0;
}

static int leave_open(struct scene *scene)
{
	return send_some(scene, 50, MSG_MORE);
}

static int make_file(struct scene *scene)
{
	scene->fd[0] = memfd_create("faults", MFD_CLOEXEC);
	return scene->fd[0] < 0 ||
	       pwrite(scene->fd[0], fault_stream(), LARGE, 0) != LARGE ? -1 : 0;
}

static int file(struct scene *scene)
{
	off_t at = scene->sent;

	return fault_took(scene, sendfile(scene->link.fd, scene->fd[0], &at, LARGE - at));
}

static int open_and_file(struct scene *scene)
{
	return make_file(scene) || leave_open(scene) ? -1 : 0;
}

static int fill_pipe(struct scene *scene)
{
	if (pipe2(scene->fd, O_CLOEXEC))
		return kt_errno("pipe2");
	return write(scene->fd[1], fault_stream(), LARGE) == LARGE ? 0 : kt_errno("a pipe");
}

static int lend_pipe(struct scene *scene)
{
	struct iovec vec = { (uint8_t *)fault_stream(), LARGE };

	if (pipe2(scene->fd, O_CLOEXEC))
		return kt_errno("pipe2");
	return vmsplice(scene->fd[1], &vec, 1, 0) == LARGE ? 0 : kt_errno("vmsplice");
}

static int splice_in(struct scene *scene)
{
	return fault_took(scene, splice(scene->fd[0], NULL, scene->link.fd, NULL, LARGE, 0));
}

static int splice_in_more(struct scene *scene)
{
	return fault_took(scene, splice(scene->fd[0], NULL, scene->link.fd, NULL, 20000,
					SPLICE_F_MORE));
}

#define SMALL { .fd_sndbuf = 4096, .raw_rcvbuf = 4096 }

const struct operation send_operations[] = {
	{ .name = "send, small", .act = small },
	{ .name = "send, large", .act = large },
	{ .name = "send, MSG_MORE", .act = more },
	{ .name = "send, MSG_EOR", .act = eor },
	{ .name = "send, large, into small buffers", .act = without_room,
	  .tune = SMALL, .errors = { EAGAIN } },
	{ .name = "send, in pieces", .act = in_pieces },
	{ .name = "sendmmsg", .act = many_messages },
	{ .name = "send, control record", .act = control, .settle = control_settle },
	{ .name = "send, control record behind an open one", .prepare = leave_open,
	  .act = control, .settle = control_settle },
	{ .name = "sendfile", .prepare = make_file, .act = file },
	{ .name = "sendfile behind an open record", .prepare = open_and_file, .act = file },
	{ .name = "splice in", .prepare = fill_pipe, .act = splice_in },
	{ .name = "splice in, lent pages", .prepare = lend_pipe, .act = splice_in },
	{ .name = "splice in, more to come", .prepare = fill_pipe, .act = splice_in_more },
	{}
};
