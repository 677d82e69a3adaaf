// SPDX-License-Identifier: GPL-2.0
/* Random calls that receive, on a side that opens. */
#include "model.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <fcntl.h>
#include <unistd.h>
#include <linux/sockios.h>

/**
 * struct call - one receiving call, and what it gave
 * @name: of the system call
 * @room: bytes asked for
 * @flags: MSG_*
 * @shows: it can tell a record's type
 * @nonblock: EAGAIN is in order
 * @splice: the bytes went through a pipe, EINVAL refuses what is no data
 * @faulty: the memory ends early
 * @discard: the bytes are not written anywhere
 * @type: content type that it told, 0 for none
 * @eor: MSG_EOR: as in struct model_fact
 */
struct call {
	const char *name;
	size_t room;
	int flags;
	bool shows;
	bool nonblock;
	bool splice;
	bool faulty;
	bool discard;
	uint8_t type;
	int eor;
};

static bool flag(struct model_actor *actor, unsigned int of)
{
	return !model_rand(&actor->rng, of);
}

static bool lock_step(const struct model_actor *actor)
{
	return !actor->model->plan.threads;
}

static int check_guard(struct model_actor *actor, const struct model_side *side,
		       size_t room)
{
	for (int i = 0; i < MODEL_GUARD; i++)
		if (side->buffer[room + i] != 0xa5)
			return model_fail(actor, "bytes behind what was asked for");
	return 0;
}

/* Bytes of one type: data is judged at once, the rest when more is known. */
static int got_bytes(struct model_actor *actor, struct model_side *side,
		     const struct call *call, size_t len)
{
	struct model_dir *dir = side->dir;
	struct model_fact fact = {
		.kind = call->flags & MSG_PEEK ? MODEL_PEEK : MODEL_READ,
		.pos = dir->read, .len = len,
		.type = call->shows ? call->type : KT_DATA,
		.eor = call->flags & MSG_PEEK ? -1 : call->eor,
	};

	if (!fact.type)
		return model_fail(actor, "no record type was told");
	if (dir->expired)
		return model_fail(actor, "bytes after EKEYEXPIRED");
	if (lock_step(actor) && dir->read + len > model_visible(dir))
		return model_fail(actor, "%s: bytes of a record that is not closed",
				  dir->name);
	if (fact.kind == MODEL_READ)
		dir->read += len;
	if (call->discard)
		return model_observe(actor, dir, &fact);
	if (fact.type != KT_DATA) {
		fact.copy = malloc(len);
		memcpy(fact.copy, side->buffer, len);
	} else if (kt_check(side->buffer, len, fact.pos)) {
		return model_fail(actor, "%s: other bytes than were sent", dir->name);
	}
	return model_observe(actor, dir, &fact);
}

/* No byte: an empty record of control, or the end. */
static int got_nothing(struct model_actor *actor, struct model_side *side,
		       const struct call *call)
{
	struct model_dir *dir = side->dir;
	struct model_fact fact = { .kind = MODEL_END, .pos = dir->read, .eor = -1 };

	if (!call->room)
		return 0;
	/* in-tree TLS, too, tells of empty data when a record of control follows */
	if (call->shows && call->type == KT_DATA && !dir->out.sealed)
		return 0;
	if (call->shows && call->type) {
		fact.kind = call->flags & MSG_PEEK ? MODEL_PEEK : MODEL_READ;
		fact.type = call->type;
		if (fact.kind == MODEL_READ)
			dir->empties--;
		return model_observe(actor, dir, &fact);
	}
	if (lock_step(actor) && !dir->shut)
		return model_fail(actor, "%s: the end of the stream, too early", dir->name);
	dir->ended = true;
	return model_observe(actor, dir, &fact);
}

static int got_error(struct model_actor *actor, struct model_side *side,
		     const struct call *call, int error)
{
	struct model_dir *dir = side->dir;
	struct model_fact fact = { .pos = dir->read, .eor = -1 };

	if ((error == EIO && !call->shows && !call->splice) ||
	    (error == EINVAL && call->splice)) {
		fact.kind = MODEL_REFUSED;
		return model_observe(actor, dir, &fact);
	}
	if (error == EKEYEXPIRED) {
		if (lock_step(actor) && !model_expired(dir))
			return model_fail(actor, "%s: EKEYEXPIRED without a KeyUpdate",
					  dir->name);
		dir->expired = true;
		return 0;
	}
	if (error == EFAULT && call->faulty)
		return 0;
	if (error == EAGAIN && lock_step(actor) && call->room && model_expired(dir))
		return model_fail(actor, "%s: EAGAIN behind a KeyUpdate", dir->name);
	if (error == EAGAIN && (call->nonblock || !call->room))
		return 0;
	return model_fail(actor, "%s: %s", call->name, strerror(error));
}

/* Must a call that does not wait find something? In lock-step only. */
static bool must_find(const struct model_dir *dir)
{
	return dir->read < model_sealed(dir) || dir->empties || dir->shut;
}

static int answer(struct model_actor *actor, struct model_side *side,
		  const struct call *call, ssize_t ret)
{
	struct model_dir *dir = side->dir;
	int error = errno;

	model_log(actor, "%s %s(%zu, flags %x) = %zd%s%s, type %u, eor %d", dir->name,
		  call->name, call->room, call->flags, ret, ret < 0 ? " " : "",
		  ret < 0 ? strerrorname_np(error) : "", call->type, call->eor);
	if (ret > (ssize_t)call->room)
		return model_fail(actor, "more received than asked for");
	if (check_guard(actor, side, call->room))
		return -1;
	if (ret > 0)
		return got_bytes(actor, side, call, ret);
	if (!ret)
		return got_nothing(actor, side, call);
	if (got_error(actor, side, call, error))
		return -1;
	if (error != EAGAIN || !call->room)
		return 0;
	if (!lock_step(actor))
		return 1;
	return must_find(dir) && dir->lowat <= 1 ? model_recv_wait(actor, side) : 0;
}

static struct call begin(struct model_actor *actor, struct model_side *side,
			 const char *name, int flags)
{
	struct call call = {
		.name = name, .room = model_size(&actor->rng, MODEL_MAX),
		.flags = flags, .eor = -1,
		.nonblock = (flags & MSG_DONTWAIT) || side->nonblock ||
			    lock_step(actor),
	};

	/* a sleeper that asks for nothing would wait for something */
	if (!lock_step(actor) && !call.room)
		call.room = 1;
	memset(side->buffer + call.room, 0xa5, MODEL_GUARD);
	return call;
}

static int flags(struct model_actor *actor)
{
	int flags = 0;

	switch (model_rand(&actor->rng, 8)) {
	case 0 ... 1:
		flags |= MSG_PEEK;
		break;
	case 2:
		flags |= MSG_WAITALL;
		break;
	case 3:
		flags |= MSG_PEEK | MSG_WAITALL;
	}
	/* sleeping in lock-step ends with a timeout, and takes its time */
	if (!flag(actor, lock_step(actor) ? 8 : 3))
		flags |= MSG_DONTWAIT;
	return flags;
}

/* recvmsg() of a call into these pieces, with room for a type if it @shows. */
static ssize_t take(struct model_side *side, struct call *call, struct iovec *iov,
		    size_t n)
{
	union {
		char room[CMSG_SPACE(1)];
		struct cmsghdr align;
	} control;
	struct msghdr msg = {
		.msg_iov = iov, .msg_iovlen = n,
		.msg_control = call->shows ? &control : NULL,
		.msg_controllen = call->shows ? sizeof(control.room) : 0,
	};
	ssize_t ret = recvmsg(side->fd, &msg, call->flags);
	struct cmsghdr *cmsg = ret < 0 ? NULL : CMSG_FIRSTHDR(&msg);

	if (cmsg && cmsg->cmsg_level == SOL_TLS &&
	    cmsg->cmsg_type == TLS_GET_RECORD_TYPE)
		call->type = *CMSG_DATA(cmsg);
	if (ret > 0)
		call->eor = !!(msg.msg_flags & MSG_EOR);
	return ret;
}

static int do_recvmsg(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "recvmsg", flags(actor));
	struct iovec iov[MODEL_IOVS];
	size_t n;

	call.shows = !flag(actor, 6);
	n = model_cut(&actor->rng, iov, side->buffer, call.room);
	return answer(actor, side, &call, take(side, &call, iov, n));
}

static int do_recv(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "recv", flags(actor));

	return answer(actor, side, &call,
		      recv(side->fd, side->buffer, call.room, call.flags));
}

static int do_read(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "read", 0);
	struct iovec iov[MODEL_IOVS];
	size_t n = model_cut(&actor->rng, iov, side->buffer, call.room);

	if (flag(actor, 2))
		return answer(actor, side, &call,
			      read(side->fd, side->buffer, call.room));
	call.name = "readv";
	return answer(actor, side, &call, readv(side->fd, iov, n));
}

/* Memory that ends in the middle: up to there, or nothing. */
static int do_fault(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "faulty recvmsg",
				 flags(actor) & ~MSG_WAITALL);
	struct iovec iov[] = { { side->buffer, call.room }, { (void *)8, 100 } };

	call.shows = true;
	call.faulty = true;
	return answer(actor, side, &call, take(side, &call, iov, 2));
}

/* What tee() copied is what was there, and leaves it there. */
static int check_tee(struct model_actor *actor, struct model_side *side, size_t len)
{
	ssize_t n = tee(side->pipe[0], side->tee[1], len, SPLICE_F_NONBLOCK);

	if (n <= 0)
		return model_fail(actor, "tee: %s", strerror(errno));
	if (kt_read_pipe(side->tee[0], side->buffer, n) ||
	    kt_check(side->buffer, n, side->dir->read))
		return model_fail(actor, "tee gave other bytes than were sent");
	return 0;
}

static int do_splice(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "splice", 0);
	bool nonblock = !flag(actor, lock_step(actor) ? 8 : 3);
	ssize_t ret;

	call.splice = true;
	call.nonblock |= nonblock;
	memset(side->buffer + call.room, 0xa5, MODEL_GUARD + 1);
	call.room += !call.room;
	ret = splice(side->fd, NULL, side->pipe[1], NULL, call.room,
		     nonblock ? SPLICE_F_NONBLOCK : 0);
	if (ret > 0) {
		if (flag(actor, 3) && check_tee(actor, side, ret))
			return -1;
		if (kt_read_pipe(side->pipe[0], side->buffer, ret))
			return model_fail(actor, "splice: not in the pipe");
	}
	return answer(actor, side, &call, ret);
}

/* ---- poll, and what it promises ------------------------------------------- */

/* Take what poll said is there. Return: 1 when it was not. */
static int keep_promise(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "recvmsg after POLLIN",
				 MSG_DONTWAIT | (flag(actor, 4) ? MSG_PEEK : 0));
	struct iovec iov = { side->buffer, call.room };
	ssize_t ret;

	if (!call.room) {
		iov.iov_len = call.room = 1;
		memset(side->buffer + call.room, 0xa5, MODEL_GUARD);
	}
	call.shows = true;
	ret = take(side, &call, &iov, 1);
	if (ret < 0 && errno == EAGAIN) {
		model_log(actor, "%s recvmsg after POLLIN = EAGAIN", side->dir->name);
		return 1;
	}
	return answer(actor, side, &call, ret);
}

int model_recv_wait(struct model_actor *actor, struct model_side *side)
{
	struct model_dir *dir = side->dir;
	int ret;

	do {
		if (model_expired(dir))
			return 0;
		if (!(kt_poll(side->fd, POLLIN, KT_WAIT_MS) & POLLIN))
			return model_fail(actor, "%s: bytes %" PRIu64 " to %" PRIu64
					  " are sealed, and poll does not say so",
					  dir->name, dir->read, model_sealed(dir));
		ret = keep_promise(actor, side);
	} while (ret == 1 && dir->barren && dir->barren--);
	if (ret == 1)
		return model_fail(actor, "%s: POLLIN, and nothing to read", dir->name);
	return ret;
}

static int do_poll(struct model_actor *actor, struct model_side *side)
{
	struct model_dir *dir = side->dir;
	bool said = kt_poll(side->fd, POLLIN, 0) & POLLIN;
	int ret;

	model_log(actor, "%s poll = %d", dir->name, said);
	if (!lock_step(actor))
		return said ? do_recvmsg(actor, side) : 0;
	if (model_expired(dir) && !dir->shut) {
		if (said)
			return model_fail(actor, "%s: POLLIN, and no key", dir->name);
		return do_recvmsg(actor, side);
	}
	if (must_find(dir) && dir->lowat <= 1)
		return model_recv_wait(actor, side);
	if (!said)
		return do_recvmsg(actor, side);
	ret = keep_promise(actor, side);
	if (ret == 1 && dir->barren) {
		dir->barren--;
		return 0;
	}
	if (ret == 1)
		return model_fail(actor, "%s: POLLIN, and nothing to read", dir->name);
	return ret;
}

/* Bytes that wait: not more than were sent, and if there are, they are there. */
static int do_inq(struct model_actor *actor, struct model_side *side)
{
	struct model_dir *dir = side->dir;
	int waiting;

	if (ioctl(side->fd, SIOCINQ, &waiting))
		return model_fail(actor, "SIOCINQ: %s", strerror(errno));
	model_log(actor, "%s SIOCINQ = %d", dir->name, waiting);
	if (!lock_step(actor) || actor->model->plan.plain)
		return 0;
	if (waiting < 0 || dir->read + waiting > model_visible(dir))
		return model_fail(actor, "%s: SIOCINQ counts too much", dir->name);
	if (waiting && !model_expired(dir) && keep_promise(actor, side) == 1)
		return model_fail(actor, "%s: SIOCINQ, and nothing to read", dir->name);
	return 0;
}

/* Bytes taken and not wanted: counted, and the memory left as it was. */
static int do_discard(struct model_actor *actor, struct model_side *side)
{
	struct call call = begin(actor, side, "recv to nowhere",
				 MSG_TRUNC | MSG_DONTWAIT);
	bool null = flag(actor, 2);
	ssize_t ret;

	call.discard = true;
	memset(side->buffer, 0xa5, call.room);
	ret = recv(side->fd, null ? NULL : side->buffer, call.room, call.flags);
	for (ssize_t i = 0; i < ret; i++)
		if (side->buffer[i] != 0xa5)
			return model_fail(actor, "MSG_TRUNC wrote bytes");
	return answer(actor, side, &call, ret);
}

int model_recv_step(struct model_actor *actor, struct model_side *side)
{
	static int (*const calls[])(struct model_actor *, struct model_side *) = {
		do_recv, do_recv, do_recvmsg, do_recvmsg, do_recvmsg, do_recvmsg,
		do_recvmsg, do_recvmsg, do_read, do_read, do_splice, do_splice,
		do_fault, do_poll, do_poll, do_poll, do_inq, do_discard,
	};

	/* asked once more while there is none, then given */
	if (side->dir->expired && flag(actor, 2))
		return model_rekey(actor, side, TLS_RX);
	return calls[model_rand(&actor->rng, sizeof(calls) / sizeof(calls[0]))]
	       (actor, side);
}
