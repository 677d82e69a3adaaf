// SPDX-License-Identifier: GPL-2.0
/* Random calls that send, on a side that seals. */
#include "model.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <fcntl.h>
#include <unistd.h>

/**
 * struct call - one sending call
 * @name: of the system call
 * @len: bytes offered
 * @flags: MSG_*
 * @splice: pages are given, not bytes: where records end is not known
 * @loose: a short count is in order
 * @nonblock: so is EAGAIN
 * @sent: what of it is known before
 */
struct call {
	const char *name;
	size_t len;
	int flags;
	bool splice;
	bool loose;
	bool nonblock;
	struct model_sent sent;
};

/* What the kernel said to it. */
static int answer(struct model_actor *actor, struct model_side *side,
		  const struct call *call, ssize_t ret)
{
	struct model_sent sent = call->sent;
	int error = errno;

	model_log(actor, "%s %s(%zu, flags %x, type %u) = %zd%s%s", side->dir->name,
		  call->name, call->len, call->flags, sent.type, ret,
		  ret < 0 ? " " : "", ret < 0 ? strerrorname_np(error) : "");
	if (ret > (ssize_t)call->len)
		return model_fail(actor, "more accepted than offered");
	if (ret < 0 && error != EAGAIN)
		return model_fail(actor, "%s: %s", call->name, strerror(error));
	if (ret < (ssize_t)call->len && !call->loose && !call->nonblock)
		return model_fail(actor, "a blocking call took part of it");
	if (ret < 0) {
		side->dir->full = true;
		sent.close = MODEL_UNSURE;
		sent.len = 0;
	} else {
		sent.len = ret;
		if (call->splice && sent.len < call->len)
			sent.close = MODEL_UNSURE;
	}
	return model_accept(actor, side->dir, &sent);
}

static bool flag(struct model_actor *actor, unsigned int of)
{
	return !model_rand(&actor->rng, of);
}

/* Flags of a call; all but the first step of lock-step may block. */
static int flags(struct model_actor *actor)
{
	int flags = MSG_NOSIGNAL;

	switch (model_rand(&actor->rng, 5)) {
	case 0 ... 1:
		flags |= MSG_MORE;
		break;
	case 2:
		flags |= MSG_EOR;
	}
	if (!flag(actor, 3))
		flags |= MSG_DONTWAIT;
	return flags;
}

static struct call begin(struct model_actor *actor, struct model_side *side,
			 const char *name, size_t max, int flags)
{
	struct call call = {
		.name = name,
		.len = model_size(&actor->rng, max),
		.flags = flags,
		.nonblock = (flags & MSG_DONTWAIT) || side->nonblock ||
			    !actor->model->plan.threads,
		.sent = {
			.type = KT_DATA,
			.close = flags & MSG_MORE ? MODEL_OPEN : MODEL_CLOSED,
			.exact = true,
		},
	};

	kt_fill(side->buffer, call.len, side->dir->accepted);
	return call;
}

static int do_send(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "send", MODEL_MAX, flags(actor));

	return answer(actor, side, &call, send(side->fd, side->buffer, call.len,
					       call.flags));
}

static int do_write(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "write", MODEL_MAX, 0);
	struct iovec iov[MODEL_IOVS];
	size_t n;

	if (!call.len)
		call.sent.close = MODEL_UNSURE;
	if (flag(actor, 2))
		return answer(actor, side, &call,
			      write(side->fd, side->buffer, call.len));
	call.name = "writev";
	n = model_cut(&actor->rng, iov, side->buffer, call.len);
	return answer(actor, side, &call, writev(side->fd, iov, n));
}

static int do_sendmsg(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "sendmsg", MODEL_MAX, flags(actor));
	struct iovec iov[MODEL_IOVS];
	struct msghdr msg = { .msg_iov = iov };

	msg.msg_iovlen = model_cut(&actor->rng, iov, side->buffer, call.len);
	return answer(actor, side, &call, sendmsg(side->fd, &msg, call.flags));
}

uint8_t model_control_type(struct model_rng *rng, const struct model_dir *dir)
{
	/* TLS 1.3 handshake records are read by the receiver: not random */
	static const uint8_t types[] = { KT_ALERT, 24, 99, KT_CCS, KT_HANDSHAKE };

	return types[model_rand(rng, dir->params.version == TLS_1_3_VERSION ?
				3 : 5)];
}

static int do_typed(struct model_actor *actor, struct model_side *side)
{
	int how = flags(actor) & ~MSG_MORE;
	struct call call = begin(actor, side, "typed sendmsg", MODEL_CONTROL_MAX, how);

	if (!flag(actor, 5))
		call.sent.type = model_control_type(&actor->rng, side->dir);
	return answer(actor, side, &call,
		      kt_send_type(side->fd, call.sent.type, side->buffer,
				   call.len, call.flags));
}

static int do_sendmmsg(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "sendmmsg", MODEL_MAX, flags(actor));
	unsigned int n = 1 + model_rand(&actor->rng, 4);
	size_t part = call.len / n;
	struct mmsghdr msgs[4] = { };
	struct iovec iov[4];
	int done;

	for (unsigned int i = 0; i < n; i++) {
		iov[i] = (struct iovec) { side->buffer + i * part, part };
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	done = sendmmsg(side->fd, msgs, n, call.flags);
	call.len = part;
	for (int i = 0; i < done; i++)
		if (answer(actor, side, &call, msgs[i].msg_len))
			return -1;
	/* why it stopped is not told when some went through */
	if (done > 0)
		errno = EAGAIN;
	return done < (int)n ? answer(actor, side, &call, -1) : 0;
}

static int do_sendfile(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "sendfile", MODEL_MAX, 0);
	size_t ask = call.len + (flag(actor, 3) ? 777 : 0);
	int file = memfd_create("model", MFD_CLOEXEC);
	off_t offset = 0;
	ssize_t ret;

	if (file < 0 || write(file, side->buffer, call.len) != (ssize_t)call.len)
		return model_fail(actor, "no file to send");
	ret = sendfile(side->fd, file, &offset, ask);
	close(file);
	call.splice = true;
	if (!call.len)
		call.sent.close = MODEL_UNSURE;
	return answer(actor, side, &call, ret);
}

/* Take what a pipe still holds out of it. */
static int drain_pipe(struct model_actor *actor, struct model_side *side)
{
	ssize_t n;

	while ((n = read(side->pipe[0], side->buffer, MODEL_MAX)) > 0)
		;
	if (n == -1 && errno == EAGAIN)
		return 0;
	return model_fail(actor, "draining a pipe: %s", strerror(errno));
}

/* The pipe holds @in bytes: some of them, or more, on to the socket. */
static int splice_in(struct model_actor *actor, struct model_side *side,
		     struct call *call, size_t in)
{
	size_t ask = in;
	ssize_t ret;

	switch (model_rand(&actor->rng, 3)) {
	case 0:
		ask = 1 + model_rand(&actor->rng, in);
		break;
	case 1:
		/* splice_to_socket() takes a sixteenth piece for one of more */
		ask += 1000;
		call->sent.close = MODEL_UNSURE;
	}
	call->len = ask < in ? ask : in;
	call->splice = true;
	call->sent.exact = false;
	ret = splice(side->pipe[0], NULL, side->fd, NULL, ask, call->flags);
	if (answer(actor, side, call, ret))
		return -1;
	return drain_pipe(actor, side);
}

static int splice_flags(struct model_actor *actor)
{
	return flag(actor, 3) ? SPLICE_F_MORE : 0;
}

static int do_splice(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "splice", MODEL_MAX - 1, 0);
	ssize_t in;

	call.flags = splice_flags(actor);
	if (call.flags)
		call.sent.close = MODEL_OPEN;
	kt_fill(side->buffer, ++call.len, side->dir->accepted);
	in = write(side->pipe[1], side->buffer, call.len);
	if (in <= 0)
		return model_fail(actor, "write to a pipe: %s", strerror(errno));
	return splice_in(actor, side, &call, in);
}

/* Memory of ours is lent until the record that reads it is sealed. */
static int do_vmsplice(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "vmsplice", 65535, 0);
	uint64_t before = side->dir->accepted;
	struct iovec iov[MODEL_IOVS];
	ssize_t in;
	size_t n;

	call.flags = splice_flags(actor);
	if (call.flags)
		call.sent.close = MODEL_OPEN;
	call.len++;
	if (side->ring_at + call.len > MODEL_RING)
		side->ring_at = 0;
	kt_fill(side->ring + side->ring_at, call.len, before);
	n = model_cut(&actor->rng, iov, side->ring + side->ring_at, call.len);
	in = vmsplice(side->pipe[1], iov, n, 0);
	if (in <= 0)
		return model_fail(actor, "vmsplice: %s", strerror(errno));
	if (splice_in(actor, side, &call, in))
		return -1;
	side->ring_at += side->dir->accepted - before;
	return 0;
}

/* Flags and control messages that mean nothing: refused, and no more. */
static int do_refused(struct model_actor *actor, struct model_side *side)
{
	int want = EINVAL;
	ssize_t ret;

	switch (model_rand(&actor->rng, 3)) {
	case 0:
		ret = send(side->fd, "x", 1, MSG_MORE | MSG_EOR | MSG_NOSIGNAL);
		break;
	case 1:
		ret = kt_send_type(side->fd, KT_ALERT, "x", 1, MSG_MORE);
		break;
	default:
		ret = send(side->fd, "x", 1, MSG_OOB | MSG_NOSIGNAL);
		want = EOPNOTSUPP;
	}
	model_log(actor, "%s refused send = %zd", side->dir->name, ret);
	if (ret < 0 && errno == want)
		return 0;
	return model_fail(actor, "a call to be refused gave %zd, %s", ret,
			  strerror(errno));
}

/* Memory that ends in the middle: up to there, or nothing. */
static int do_fault(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "faulty writev", 40000, flags(actor));
	struct iovec iov[] = { { side->buffer, call.len }, { (void *)8, 100 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t ret = sendmsg(side->fd, &msg, call.flags);

	call.loose = true;
	call.sent.exact = false;
	call.sent.close = MODEL_UNSURE;
	if (ret < 0 && errno == EFAULT)
		errno = EAGAIN;
	return answer(actor, side, &call, ret);
}

/* What poll promises, send keeps. */
static int do_poll(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "send after POLLOUT", MODEL_MAX - 1,
				 flags(actor) | MSG_DONTWAIT);
	bool room = kt_poll(side->fd, POLLOUT, 0) & POLLOUT;
	ssize_t ret;

	kt_fill(side->buffer, ++call.len, side->dir->accepted);
	ret = send(side->fd, side->buffer, call.len, call.flags);
	if (room && ret < 0 && errno == EAGAIN)
		return model_fail(actor, "%s: EAGAIN after POLLOUT", side->dir->name);
	return answer(actor, side, &call, ret);
}

/* ---- KeyUpdate ---------------------------------------------------------- */

void model_key_update(struct model_rng *rng, struct model_dir *dir)
{
	uint8_t bytes[60] = { 4, 0, 0, 0 };	/* a NewSessionTicket in front */
	size_t body = model_rand(rng, 40), len = 0, part;

	if (model_rand(rng, 2)) {
		bytes[3] = body;
		kt_fill(bytes + 4, body, dir->accepted);
		len = 4 + body;
	}
	memcpy(bytes + len, "\x18\0\0\1\0", 5);
	len += 5;
	dir->at_hs = 0;
	dir->n_hs = 1 + model_rand(rng, MODEL_HS);
	for (unsigned int i = 0, at = 0; i < dir->n_hs; i++, at += part) {
		unsigned int left = dir->n_hs - 1 - i;

		part = left ? 1 + model_rand(rng, len - at - left) : len - at;
		memcpy(dir->hs[i], bytes + at, part);
		dir->hs_len[i] = part;
	}
}

/* The next record of those that hold a KeyUpdate; behind the last, the key. */
static int send_handshake(struct model_actor *actor, struct model_side *side)
{
	struct model_dir *dir = side->dir;
	bool last = dir->at_hs == dir->n_hs - 1;
	const uint8_t *bytes = dir->hs[dir->at_hs];
	struct call call = {
		.name = "handshake", .len = dir->hs_len[dir->at_hs],
		.flags = MSG_NOSIGNAL, .nonblock = true,
		.sent = {
			.type = KT_HANDSHAKE, .close = MODEL_CLOSED,
			.exact = true, .key_update = last, .literal = bytes,
		},
	};
	ssize_t ret = kt_send_type(side->fd, KT_HANDSHAKE, bytes, call.len,
				   call.flags);

	if (ret < 0 && errno == EAGAIN)
		call.sent.literal = NULL;
	else if (ret != (ssize_t)call.len)
		return model_fail(actor, "handshake record of %zu: %zd, %s",
				  call.len, ret, strerror(errno));
	if (answer(actor, side, &call, ret))
		return -1;
	if (ret < 0)
		return 0;
	dir->at_hs++;
	if (!last)
		return 0;
	dir->n_hs = 0;
	return model_rekey(actor, side, TLS_TX);
}

int model_send_rest(struct model_actor *actor, struct model_side *side)
{
	return side->dir->n_hs ? send_handshake(actor, side) : 1;
}

static int do_key_update(struct model_actor *actor, struct model_side *side)
{
	if (side->dir->params.version != TLS_1_3_VERSION)
		return do_typed(actor, side);
	model_key_update(&actor->rng, side->dir);
	return send_handshake(actor, side);
}

int model_send_step(struct model_actor *actor, struct model_side *side)
{
	static int (*const calls[])(struct model_actor *, struct model_side *) = {
		do_send, do_send, do_send, do_write, do_write, do_sendmsg,
		do_sendmsg, do_typed, do_typed, do_sendmmsg, do_sendfile,
		do_sendfile, do_splice, do_splice, do_vmsplice, do_refused,
		do_fault, do_poll, do_poll, do_key_update,
	};

	if (side->dir->n_hs)
		return send_handshake(actor, side);
	return calls[model_rand(&actor->rng, sizeof(calls) / sizeof(calls[0]))]
	       (actor, side);
}
