// SPDX-License-Identifier: GPL-2.0
/* Receiving: recvmsg. */
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "kseal.h"

/**
 * struct kseal_read - one call of recvmsg
 * @type: content type of what it returns; 0 while it has nothing
 * @peek: nothing is taken
 * @discard: nothing is written (MSG_TRUNC, as TCP has it)
 * @expect_no_pad: TLS_RX_EXPECT_NO_PAD is set
 * @strict: KSEAL_CONTROL is set
 * @peeked: last record looked at when @peek, or the list's head; good while
 *	@taken is kseal_rx.taken
 * @taken: see @peeked
 * @stop: nothing more can be returned in the same call
 * @copied: bytes returned so far
 */
struct kseal_read {
	u8 type;
	bool peek;
	bool discard;
	bool expect_no_pad;
	bool strict;
	struct list_head *peeked;
	u32 taken;
	bool stop;
	size_t copied;
};

/**
 * kseal_rx_alloc() - memory for a receiving direction
 *
 * Return: initialised, freed with kseal_rx_free(), or with kfree() when it was
 * never used; NULL.
 */
struct kseal_rx *kseal_rx_alloc(void)
{
	struct kseal_rx *rx = kzalloc(sizeof(*rx), GFP_KERNEL);

	/* connections are many: what is beyond that takes 512 */
	BUILD_BUG_ON(sizeof(*rx) > 256);
	if (rx)
		INIT_LIST_HEAD(&rx->plain);
	return rx;
}

/**
 * kseal_rx_free() - drop what was not read, wipe the key
 * @sk: socket, locked
 * @rx: no reader is or will be in it
 */
void kseal_rx_free(struct sock *sk, struct kseal_rx *rx)
{
	struct kseal_plain *plain, *next;

	list_for_each_entry_safe(plain, next, &rx->plain, node)
		kseal_plain_free(sk, rx, plain);
	kseal_rx_drop_held(sk, rx);
	kseal_rx_idle(rx);
	kseal_schedule_free(&rx->schedule);
	kseal_key_wipe(&rx->key);
	kfree_rcu(rx, rcu);
	kseal_count(sk, KSEAL_STAT_CURR_RX, -1);
}

static int fail(struct sock *sk, enum kseal_counter counter, enum kseal_end why)
{
	int err;

	kseal_count(sk, counter, 1);
	err = kseal_abort(sk, why);
	sock_error(sk);
	return err;
}

/* In kernel-control mode only close_notify is the end, and that is not looked for here. */
static bool is_truncated(const struct sock *sk)
{
	u8 control = kseal_sk(sk)->control;

	return control && !(control & KSEAL_CONTROL_TRUNCATION);
}

/* TCP's error, a reset above all. In kernel-control mode that is one more end without a
 * close_notify: it stays, where TCP would tell of the stream's end next.
 */
static int fail_below(struct sock *sk)
{
	int err = sock_error(sk);

	if (!err || !kseal_sk(sk)->control || sk->sk_state != TCP_CLOSE)
		return err;
	kseal_count(sk, KSEAL_STAT_RX_TRUNCATED, 1);
	kseal_abort_by(sk, KSEAL_END_TRUNCATED, err);
	sock_error(sk);
	return err;
}

/* The stream's state where no whole record is at its head. Return: 1 wait;
 * 0 it has ended; -errno.
 */
static int check_stream(struct sock *sk, struct kseal_rx *rx)
{
	bool done = sock_flag(sk, SOCK_DONE);

	/* like TCP: behind a FIN no later error is the reader's */
	if (sk->sk_err && !done)
		return fail_below(sk);
	if ((done || sk->sk_state == TCP_CLOSE) && (kseal_rx_avail(sk, rx) || is_truncated(sk)))
		return fail(sk, KSEAL_STAT_RX_TRUNCATED, KSEAL_END_TRUNCATED);
	if ((sk->sk_shutdown & RCV_SHUTDOWN) || sk->sk_state == TCP_CLOSE)
		return 0;
	return 1;
}

/* A TLS 1.3 record that does not show itself as application data: a type that has no
 * place here, not a bad record (RFC 8446 5, 5.2).
 */
static bool shows_type(struct sock *sk, struct kseal_rx *rx)
{
	struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);
	u8 type;

	return kseal_record_inner_type(&rx->key.record) &&
	       !kseal_rx_copy(sk, rx, &skb, 0, &type, sizeof(type)) &&
	       type != KSEAL_APPLICATION_DATA;
}

static enum kseal_end header_end(struct sock *sk, struct kseal_rx *rx)
{
	if (rx->bad == -EMSGSIZE)
		return KSEAL_END_TOO_LONG;
	if (rx->bad == -EINVAL)
		return KSEAL_END_VERSION;
	return kseal_sk(sk)->control && shows_type(sk, rx) ? KSEAL_END_UNEXPECTED :
							     KSEAL_END_BAD_RECORD;
}

/* Return: 1 a whole record is at the head; 0 there is none; -errno. */
static int check_head(struct sock *sk, struct kseal_rx *rx)
{
	kseal_rx_look(sk, rx, sk->sk_allocation);
	if (rx->err) {
		sock_error(sk);
		return rx->err;
	}
	if (rx->key_expired)
		return -EKEYEXPIRED;
	if (rx->stalled)
		return -ENOMEM;
	if (rx->bad)
		return fail(sk, KSEAL_STAT_RX_HEADER_ERROR, header_end(sk, rx));
	if (!kseal_rx_whole(sk, rx))
		return 0;
	if (rx->key.record.used_up)
		return fail(sk, KSEAL_STAT_RX_SEQ_USED_UP, KSEAL_END_USED_UP);
	return 1;
}

/* Sleep until something is there that the caller, who has seen all that is
 * opened, has not seen: a whole record, or one that another reader opened and
 * left, or took.
 */
static int wait_for_data(struct sock *sk, struct kseal_rx *rx, long *timeo)
{
	u32 opened = rx->opened, taken = rx->taken;
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	if (!*timeo)
		return -EAGAIN;
	if (signal_pending(current))
		return sock_intr_errno(*timeo);
	kseal_rx_idle(rx);
	rx->sleepers++;
	kseal_rx_lower_mark(sk, rx);
	add_wait_queue(sk_sleep(sk), &wait);
	sk_set_bit(SOCKWQ_ASYNC_WAITDATA, sk);
	sk_wait_event(sk, timeo, READ_ONCE(rx->whole) || READ_ONCE(rx->stalled) ||
		      READ_ONCE(sk->sk_err) ||
		      (READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN) ||
		      READ_ONCE(rx->opened) != opened || READ_ONCE(rx->taken) != taken, &wait);
	sk_clear_bit(SOCKWQ_ASYNC_WAITDATA, sk);
	remove_wait_queue(sk_sleep(sk), &wait);
	rx->sleepers--;
	kseal_rx_restore_mark(sk, rx);
	return 0;
}

/* What in-tree TLS does that nobody would ask for, but that programs made for it
 * may go by, is done under its name only.
 */
static bool as_in_tree(const struct sock *sk)
{
	return !strcmp(inet_csk(sk)->icsk_ulp_ops->name, "tls");
}

/* It tells of a bad header once to those who would not wait. */
static int tell_error(struct sock *sk, struct kseal_rx *rx, int err, long timeo)
{
	bool again = rx->told && rx->bad && !timeo && as_in_tree(sk);

	rx->told = true;
	return again ? -EAGAIN : err;
}

/**
 * kseal_rx_next() - look for a whole record at the head, sleep once if there is
 * none
 * @sk: socket, locked; the lock is released while sleeping
 * @rx: its receiving side; the caller has no use for what @rx->plain holds
 * @timeo: how long, in jiffies; reduced by what was slept
 *
 * Return: enum kseal_next; -EAGAIN, -EINTR or -ERESTARTSYS; -ENOMEM the record
 * does not fit the window, nor memory; -EKEYEXPIRED the next record wants
 * another key; -EBADMSG,
 * -EMSGSIZE, -EINVAL, -ECONNRESET, -EPROTO the stream is of no use any more
 * (<linux/kseal.h>); an error of the socket.
 */
int kseal_rx_next(struct sock *sk, struct kseal_rx *rx, long *timeo)
{
	int ret;

	if (rx->closed)
		return KSEAL_NEXT_END;
	ret = check_head(sk, rx);
	if (ret < 0 && rx->err)
		return tell_error(sk, rx, ret, *timeo);
	if (ret)
		return ret < 0 ? ret : KSEAL_NEXT_WHOLE;
	/* what came while we held the lock */
	if (sk_flush_backlog(sk))
		return KSEAL_NEXT_AGAIN;
	ret = check_stream(sk, rx);
	if (ret <= 0)
		return ret < 0 ? ret : KSEAL_NEXT_END;
	return wait_for_data(sk, rx, timeo) ?: KSEAL_NEXT_AGAIN;
}

/**
 * kseal_stint_begin() - a call begins to look for something to deliver
 * @stint: to fill
 * @timeo: the time it may take, in jiffies
 */
void kseal_stint_begin(struct kseal_stint *stint, long timeo)
{
	stint->barren = 0;
	stint->end = jiffies + timeo;
}

static bool stint_is_over(const struct kseal_stint *stint, long timeo)
{
	return timeo != MAX_SCHEDULE_TIMEOUT && time_after_eq(jiffies, stint->end);
}

/**
 * kseal_rx_breathe() - a call has opened one more record without content
 * @sk: socket, locked; the lock may be released
 * @stint: of this call
 * @timeo: what is left of the time it may sleep, in jiffies
 *
 * A peer may send such records for ever, as fast as they can be opened.
 *
 * Return: KSEAL_NEXT_AGAIN; -EAGAIN, -EINTR or -ERESTARTSYS.
 */
int kseal_rx_breathe(struct sock *sk, struct kseal_stint *stint, long timeo)
{
	if (++stint->barren % KSEAL_BARREN_MAX)
		return KSEAL_NEXT_AGAIN;
	if (signal_pending(current))
		return sock_intr_errno(timeo);
	if (!timeo || stint_is_over(stint, timeo)) {
		/* an edge-triggered poller will not ask again by itself */
		kseal_rx_call(sk, kseal_sk(sk)->rx);
		return -EAGAIN;
	}
	release_sock(sk);
	cond_resched();
	lock_sock(sk);
	return KSEAL_NEXT_AGAIN;
}

/* Tell the reader what type it gets. Return: 0; 1 it has another already;
 * -EIO it left no room for a type that is not application data.
 */
static int tell_type(struct msghdr *msg, struct kseal_read *rd, u8 type)
{
	int err = 0;

	if (rd->type)
		return rd->type != type;
	if (msg->msg_controllen)
		err = put_cmsg(msg, SOL_TLS, TLS_GET_RECORD_TYPE, sizeof(type), &type);
	else if (type != KSEAL_APPLICATION_DATA)
		err = -EIO;
	if (type != KSEAL_APPLICATION_DATA && (err || (msg->msg_flags & MSG_CTRUNC)))
		return -EIO;
	rd->type = type;
	return 0;
}

static int copy_plain(const struct kseal_plain *plain, u32 off, u32 len,
		      struct iov_iter *to)
{
	u32 done = 0, n, at;

	for (; done < len; done += n) {
		at = offset_in_page(off + done);
		n = min_t(u32, len - done, PAGE_SIZE - at);
		n = copy_page_to_iter(plain->pages[(off + done) / PAGE_SIZE], at, n, to);
		if (!n)
			break;
	}
	return done;
}

/* Deliver from one opened record. Return: 0 or -errno. */
static int read_record(struct sock *sk, struct kseal_rx *rx, struct kseal_plain *plain,
		       struct msghdr *msg, struct kseal_read *rd)
{
	u32 want = min_t(size_t, plain->len - plain->off, msg_data_left(msg));
	bool data = plain->type == KSEAL_APPLICATION_DATA;
	u32 done;
	int ret;

	ret = tell_type(msg, rd, plain->type);
	rd->stop = ret || !data;
	if (ret)
		return min(ret, 0);
	done = want;
	if (rd->discard)
		iov_iter_advance(&msg->msg_iter, want);
	else
		done = copy_plain(plain, plain->off, want, &msg->msg_iter);
	rd->copied += done;
	rd->peeked = &plain->node;
	if (!rd->peek) {
		plain->off += done;
		if (plain->off == plain->len) {
			msg->msg_flags |= MSG_EOR;
			kseal_plain_free(sk, rx, plain);
		}
	}
	return done < want ? -EFAULT : 0;
}

/* Deliver what is opened already. Return: 0 or -errno. */
static int read_opened(struct sock *sk, struct kseal_rx *rx, struct msghdr *msg,
		       struct kseal_read *rd)
{
	struct list_head *node;
	int err = 0;

	while (!err && !rd->stop && msg_data_left(msg)) {
		node = rd->peek ? rd->peeked->next : rx->plain.next;
		if (node == &rx->plain)
			break;
		err = read_record(sk, rx, list_entry(node, struct kseal_plain, node), msg, rd);
	}
	return err;
}

static bool fits_reader(const struct kseal_rx *rx, struct msghdr *msg,
			const struct kseal_read *rd)
{
	const struct kseal_header *header = &rx->frame.header;

	/* inside a handshake message data has no place: kseal_control_is() */
	return !rd->peek && !rd->discard && header->type == KSEAL_APPLICATION_DATA &&
	       !(rd->strict && rx->handshake.have) &&
	       header->content && header->content <= msg_data_left(msg) &&
	       (!rx->pad_skip || rd->expect_no_pad) && user_backed_iter(&msg->msg_iter);
}

/* An empty record of application data is passed over, but in-tree TLS lets it
 * decide the call's type: if another type follows, the call returns 0.
 */
static int open_apart(struct sock *sk, struct kseal_rx *rx, struct msghdr *msg,
		      struct kseal_read *rd)
{
	u32 opened = rx->opened;
	int ret = kseal_open_plain(sk, rx);

	if (!ret && rx->opened == opened && as_in_tree(sk))
		ret = tell_type(msg, rd, KSEAL_APPLICATION_DATA);
	return ret;
}

/* Open the record at the head, and deliver it if that is the same thing. */
static int open_next(struct sock *sk, struct kseal_rx *rx, struct msghdr *msg,
		     struct kseal_read *rd)
{
	int ret = -EAGAIN;

	if (fits_reader(rx, msg, rd))
		ret = kseal_open_direct(sk, rx, msg);
	if (ret == -EAGAIN)
		return open_apart(sk, rx, msg, rd);
	if (ret < 0)
		return ret;
	rd->copied += ret;
	msg->msg_flags |= MSG_EOR;
	return tell_type(msg, rd, KSEAL_APPLICATION_DATA);
}

/* Another record is wanted: wait for it if the call has too little so far. */
static int next_record(struct sock *sk, struct kseal_rx *rx, struct kseal_read *rd,
		       size_t target, long *timeo)
{
	long none = 0;

	/* what is peeked at makes room in the window for more of it */
	if (rd->peek && rx->plain_charged >= sk->sk_rcvbuf)
		return KSEAL_NEXT_END;
	/* the socket's error is for the next call, this one has something */
	if (rd->copied && sk->sk_err) {
		kseal_rx_look(sk, rx, sk->sk_allocation);
		if (!kseal_rx_whole(sk, rx))
			return KSEAL_NEXT_END;
	}
	return kseal_rx_next(sk, rx, rd->copied >= target ? &none : timeo);
}

/* Records that were peeked at may be gone, if somebody else read meanwhile. */
static void look_again(struct kseal_rx *rx, struct kseal_read *rd)
{
	if (!rd->peek || rx->taken == rd->taken)
		return;
	if (rd->copied)
		rd->stop = true;
	rd->peeked = &rx->plain;
	rd->taken = rx->taken;
}

static int recv_records(struct sock *sk, struct kseal_rx *rx, struct msghdr *msg,
			struct kseal_read *rd, size_t target, long timeo)
{
	struct kseal_stint stint;
	u32 opened;
	int ret;

	kseal_stint_begin(&stint, timeo);
	for (;;) {
		ret = read_opened(sk, rx, msg, rd);
		if (ret || rd->stop || !msg_data_left(msg))
			return ret;
		ret = next_record(sk, rx, rd, target, &timeo);
		if (ret == KSEAL_NEXT_WHOLE) {
			opened = rx->opened + rd->copied;
			ret = open_next(sk, rx, msg, rd) ?: KSEAL_NEXT_AGAIN;
			if (ret == KSEAL_NEXT_AGAIN && opened == rx->opened + rd->copied)
				ret = kseal_rx_breathe(sk, &stint, rd->copied ? 0 : timeo);
		}
		if (ret != KSEAL_NEXT_AGAIN)
			return ret;
		look_again(rx, rd);
		cond_resched();
	}
}

/* Bytes a call waits for; TCP's own mark may be lowered for the moment. */
static size_t read_target(const struct sock *sk, const struct kseal_rx *rx,
			  size_t len, int flags)
{
	size_t lowat = rx->lowat ? rx->lowat : READ_ONCE(sk->sk_rcvlowat);

	return (flags & MSG_WAITALL) ? len : max_t(size_t, min(lowat, len), 1);
}

static int recv_locked(struct sock *sk, struct kseal_rx *rx, struct msghdr *msg,
		       size_t len, int flags)
{
	struct kseal_read rd = {
		.peek = flags & MSG_PEEK, .discard = flags & MSG_TRUNC,
		.expect_no_pad = kseal_sk(sk)->rx_expect_no_pad,
		.strict = kseal_sk(sk)->control,
		.peeked = &rx->plain, .taken = rx->taken,
	};
	int ret;

	ret = recv_records(sk, rx, msg, &rd, read_target(sk, rx, len, flags),
			   sock_rcvtimeo(sk, flags & MSG_DONTWAIT));
	kseal_rx_idle(rx);
	kseal_rx_look(sk, rx, sk->sk_allocation);
	/* a reader in the kernel has stopped at a control record, for us to take */
	if (rx->ready && kseal_kernel_reads(sk))
		sk->sk_data_ready(sk);
	return rd.copied ?: ret;
}

/**
 * kseal_recvmsg() - proto.recvmsg, its address argument left out
 * @sk: socket
 * @msg: where to
 * @len: bytes at most
 * @flags: MSG_PEEK, MSG_WAITALL, MSG_DONTWAIT, MSG_ERRQUEUE; MSG_TRUNC counts
 *	and takes bytes without writing them
 *
 * Return: bytes, all of one type; 0 at the end of the stream, or for a control
 * record that is empty; -EIO a control record is next and @msg has no room to
 * tell; else as kseal_rx_next().
 */
int kseal_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	struct kseal_sock *ks = kseal_sk(sk);
	struct kseal_rx *rx = smp_load_acquire(&ks->rx);
	int ret;

	if (!rx || (flags & MSG_ERRQUEUE))
		return kseal_compat_base_recvmsg(ks->base, sk, msg, len, flags);
	if (flags & MSG_OOB)
		return -EINVAL;
	lock_sock(sk);
	ret = recv_locked(sk, rx, msg, len, flags);
	release_sock(sk);
	return ret;
}
