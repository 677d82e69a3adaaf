// SPDX-License-Identifier: GPL-2.0
/*
 * Sending: sendmsg, sendfile and splice become records.
 *
 *	      type or room          content          full, other type,
 *	closed ----------> open ------------> open -----------------> sealed
 *	  ^                                     | MSG_MORE: stays        |
 *	  +-------------------------------------+------- push into TCP --+
 *
 * Whether there is room in the send buffer is asked while no record is open,
 * which is also the only time this code sleeps with the lock released: two
 * senders never mix inside one record. Nothing read before such a sleep is
 * used after it. A record that cannot grow for want of memory is sealed short.
 */
#include <linux/slab.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "kseal.h"

#define KSEAL_SEND_FLAGS (MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL | MSG_EOR |	\
			  MSG_WAITALL | MSG_BATCH | MSG_CMSG_COMPAT |		\
			  MSG_SPLICE_PAGES)

/* How one call appends: by copy, or by reference. */
typedef ssize_t kseal_append_fn(struct sock *sk, struct kseal_tx *tx, struct msghdr *msg);

/**
 * kseal_tx_alloc() - memory for a sending direction
 *
 * Return: zeroed, freed with kseal_tx_free(), or with kfree() when it was
 * never used; NULL.
 */
struct kseal_tx *kseal_tx_alloc(void)
{
	return kzalloc(sizeof(struct kseal_tx), GFP_KERNEL);
}

/**
 * kseal_tx_free() - drop what was not sent, wipe the key
 * @sk: socket, locked
 * @tx: no sender is or will be in it
 */
void kseal_tx_free(struct sock *sk, struct kseal_tx *tx)
{
	kseal_tx_drop(sk, tx);
	kseal_tx_idle(tx);
	kseal_schedule_free(&tx->schedule);
	kseal_key_wipe(&tx->key);
	kfree_rcu(tx, rcu);
	kseal_count(sk, KSEAL_STAT_CURR_TX, -1);
}

static int may_send(const struct sock *sk, const struct kseal_tx *tx)
{
	return tx->dead || tx->closed || sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN) ? -EPIPE : 0;
}

/* Room for one more record in the batch. */
static int make_room(struct sock *sk, struct kseal_tx *tx)
{
	if (tx->n_batch + KSEAL_RECORD_SEGS > KSEAL_BATCH_SEGS ||
	    tx->batch_len >= KSEAL_BATCH_BYTES ||
	    tx->batch_len >= (u32)tcp_notsent_lowat(tcp_sk(sk)) ||
	    sk->sk_wmem_queued + (int)tx->batch_len >= sk->sk_sndbuf)
		return kseal_tx_push(sk, tx);
	return 0;
}

/* As sk_stream_wait_memory(), where it is room that lacks; but what comes meanwhile is
 * looked into, as it may be the end.
 */
static int wait_or_settle(struct sock *sk, struct kseal_rx *rx, long *timeo)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);

	if (signal_pending(current))
		return sock_intr_errno(*timeo);
	set_bit(SOCK_NOSPACE, &sk->sk_socket->flags);
	sk_set_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	sk->sk_write_pending++;
	add_wait_queue(sk_sleep(sk), &wait);
	sk_wait_event(sk, timeo, READ_ONCE(sk->sk_err) ||
		      (READ_ONCE(sk->sk_shutdown) & SEND_SHUTDOWN) ||
		      sk_stream_memory_free(sk) || READ_ONCE(rx->unsettled), &wait);
	remove_wait_queue(sk_sleep(sk), &wait);
	sk->sk_write_pending--;
	return 0;
}

/* Sleep for room or for memory; the batch is on its way before. */
static int wait_for_room(struct sock *sk, struct kseal_tx *tx, long *timeo)
{
	struct kseal_rx *rx = kseal_sk(sk)->rx;
	int err = kseal_tx_push(sk, tx);
	bool settled;

	if (err)
		return err;
	kseal_tx_idle(tx);
	if (!kseal_sk(sk)->control || !rx)
		return sk_stream_wait_memory(sk, timeo);
	settled = kseal_settle(sk, U32_MAX);
	if (may_send(sk, tx))
		return 0;
	if (!settled || !*timeo || sk_stream_memory_free(sk))
		return sk_stream_wait_memory(sk, timeo);
	return wait_or_settle(sk, rx, timeo);
}

static int open_record(struct sock *sk, struct kseal_tx *tx, u8 type, size_t len)
{
	int err;

	if (tx->key.record.seq >= tx->turn_at) {
		err = kseal_tx_turn(sk, tx);
		if (err)
			return err;
	}
	return kseal_tx_open(sk, tx, type, len);
}

/* The open record takes no more: on to the batch with it. */
static int seal_or_drop(struct sock *sk, struct kseal_tx *tx)
{
	if (tx->len)
		return kseal_tx_seal(sk, tx);
	kseal_tx_drop(sk, tx);
	return 0;
}

/* Make sure a record of @type is open, for @len bytes and perhaps more. Return: 1
 * it is; 0 the lock was released, look again; -errno.
 */
static int get_record(struct sock *sk, struct kseal_tx *tx, u8 type, size_t len, long *timeo)
{
	int err;

	if (kseal_tx_is_open(tx)) {
		if (tx->type == type)
			return 1;
		err = seal_or_drop(sk, tx);
		if (err)
			return err;
	}
	err = make_room(sk, tx);
	if (err)
		return err;
	/* An alert on the way to the end waits for nothing. */
	if (timeo && !sk_stream_memory_free(sk))
		return wait_for_room(sk, tx, timeo);
	err = open_record(sk, tx, type, len);
	if (err == -ENOMEM && timeo)
		return wait_for_room(sk, tx, timeo);
	return err ?: 1;
}

/* Move some of the message into the open record. Return: bytes; 0 the record
 * had to be sealed before it could take any; -errno.
 */
static ssize_t fill_record(struct sock *sk, struct kseal_tx *tx, struct msghdr *msg,
			   kseal_append_fn *append, long *timeo)
{
	ssize_t done = append(sk, tx, msg);
	int err;

	if (done == -ENOMEM && !tx->len) {
		kseal_tx_drop(sk, tx);
		return timeo ? wait_for_room(sk, tx, timeo) : -ENOMEM;
	}
	if (done == -ENOMEM || done == -ENOSPC)
		return seal_or_drop(sk, tx);
	if (done > 0 && tx->len >= tx->limit) {
		err = kseal_tx_seal(sk, tx);
		if (err)
			return err;
	}
	return done;
}

static ssize_t send_all(struct sock *sk, struct kseal_tx *tx, struct msghdr *msg,
			u8 type, kseal_append_fn *append, long *timeo)
{
	ssize_t copied = 0, done;

	while (msg_data_left(msg)) {
		done = may_send(sk, tx);
		if (!done)
			done = get_record(sk, tx, type, msg_data_left(msg), timeo);
		if (done > 0) {
			done = fill_record(sk, tx, msg, append, timeo);
			copied += max_t(ssize_t, done, 0);
		}
		if (done < 0)
			return copied ?: done;
	}
	return copied;
}

/* The call is over: what it leaves open, and the rest down. */
static int end_call(struct sock *sk, struct kseal_tx *tx, bool more)
{
	int err = 0;

	if (kseal_tx_is_open(tx)) {
		if (more && tx->len)
			kseal_tx_keep_open(sk, tx);
		else
			err = seal_or_drop(sk, tx);
	}
	err = kseal_tx_push(sk, tx) ?: err;
	if (!kseal_tx_is_open(tx))
		kseal_tx_idle(tx);
	return err;
}

static ssize_t send_locked(struct sock *sk, struct kseal_tx *tx, struct msghdr *msg,
			   u8 type, kseal_append_fn *append)
{
	long timeo = sock_sndtimeo(sk, msg->msg_flags & MSG_DONTWAIT);
	ssize_t copied;
	int err;

	sk_clear_bit(SOCKWQ_ASYNC_NOSPACE, sk);
	if (kseal_sk(sk)->control && type != KSEAL_APPLICATION_DATA)
		return -EOPNOTSUPP;
	if (kseal_sk(sk)->rx && READ_ONCE(kseal_sk(sk)->rx->unsettled))
		kseal_settle(sk, KSEAL_CONTROL_SIZE);
	err = may_send(sk, tx);
	if (err)
		return sk_stream_error(sk, msg->msg_flags, err);
	copied = send_all(sk, tx, msg, type, append, &timeo);
	err = end_call(sk, tx, msg->msg_flags & MSG_MORE);
	if (copied > 0) {
		/* what was accepted is this call's answer, why it went wrong the
		 * next one's
		 */
		if (err && err != -EPIPE && !sk->sk_err)
			WRITE_ONCE(sk->sk_err, -err);
		return copied;
	}
	err = copied ?: err;
	if (!err)
		return 0;
	/* as TCP does: nothing on its way could wake an edge-triggered poller */
	if (err == -EAGAIN && tcp_rtx_and_write_queues_empty(sk))
		READ_ONCE(sk->sk_write_space)(sk);
	return sk_stream_error(sk, msg->msg_flags, err);
}

static int get_record_type(struct msghdr *msg, u8 *type)
{
	struct cmsghdr *cmsg;

	*type = KSEAL_APPLICATION_DATA;
	for_each_cmsghdr(cmsg, msg) {
		if (!CMSG_OK(msg, cmsg))
			return -EINVAL;
		if (cmsg->cmsg_level != SOL_TLS)
			continue;
		if (cmsg->cmsg_type != TLS_SET_RECORD_TYPE ||
		    cmsg->cmsg_len < CMSG_LEN(sizeof(*type)))
			return -EINVAL;
		*type = *(const u8 *)CMSG_DATA(cmsg);
		/* whose record would the next call then continue? */
		if (msg->msg_flags & MSG_MORE)
			return -EINVAL;
	}
	return 0;
}

static int check_flags(const struct msghdr *msg)
{
	if (msg->msg_flags & ~KSEAL_SEND_FLAGS)
		return -EOPNOTSUPP;
	if ((msg->msg_flags & MSG_EOR) && (msg->msg_flags & MSG_MORE))
		return -EINVAL;
	return 0;
}

static int send_msg(struct sock *sk, struct msghdr *msg, kseal_append_fn *append)
{
	u8 type;
	int ret;

	ret = check_flags(msg);
	if (!ret)
		ret = get_record_type(msg, &type);
	if (ret)
		return ret;
	lock_sock(sk);
	ret = send_locked(sk, kseal_sk(sk)->tx, msg, type, append);
	release_sock(sk);
	return ret;
}

/**
 * kseal_sendmsg() - proto.sendmsg
 * @sk: socket
 * @msg: data, or pages with MSG_SPLICE_PAGES; flags and record type
 * @size: bytes
 *
 * Return: bytes accepted, all of them sealed and on TCP's queue except what
 * MSG_MORE keeps open; -EAGAIN, -EINTR, -EPIPE, -EFAULT, -EOPNOTSUPP for a
 * flag that has no meaning here, -EINVAL for a control message.
 */
int kseal_sendmsg(struct sock *sk, struct msghdr *msg, size_t size)
{
	struct kseal_sock *ks = kseal_sk(sk);

	if (!smp_load_acquire(&ks->tx))
		return ks->base->sendmsg(sk, msg, size);
	if (kseal_compat_is_splice(msg))
		return kseal_sendpages(sk, msg, size);
	return send_msg(sk, msg, kseal_tx_append);
}

/**
 * kseal_sendpages() - send pages that are read where they lie
 * @sk: socket
 * @msg: with an iterator of pages
 * @size: bytes
 *
 * Return: as kseal_sendmsg().
 */
int kseal_sendpages(struct sock *sk, struct msghdr *msg, size_t size)
{
	struct kseal_sock *ks = kseal_sk(sk);

	if (!smp_load_acquire(&ks->tx))
		return kseal_compat_base_sendpages(ks->base, sk, msg, size);
	return send_msg(sk, msg, kseal_tx_append_pages);
}

/**
 * kseal_tx_finish() - seal what MSG_MORE left open, and push
 * @sk: socket, locked
 * @tx: may be dead
 *
 * Return: 0; -EPIPE the socket takes no more.
 */
int kseal_tx_finish(struct sock *sk, struct kseal_tx *tx)
{
	if (!kseal_tx_is_open(tx))
		return 0;
	if (may_send(sk, tx)) {
		kseal_tx_drop(sk, tx);
		return -EPIPE;
	}
	return end_call(sk, tx, false);
}

/**
 * kseal_tx_control() - send a record of our own, without waiting for room
 * @sk: socket, locked
 * @tx: not dead
 * @type: content type
 * @data: content
 * @len: bytes of it, at most KSEAL_PLAINTEXT_MAX
 *
 * Return: 0; -ENOMEM, -EPIPE or an error of the cipher.
 */
int kseal_tx_control(struct sock *sk, struct kseal_tx *tx, u8 type,
		     const void *data, size_t len)
{
	struct kvec vec = { .iov_base = (void *)data, .iov_len = len };
	struct msghdr msg = {};
	ssize_t copied;
	int err;

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, len);
	copied = send_all(sk, tx, &msg, type, kseal_tx_append, NULL);
	err = end_call(sk, tx, false);
	return copied < 0 ? copied : err;
}

/**
 * kseal_shut_tx() - nothing more will be sent
 * @sk: socket, not locked
 */
void kseal_shut_tx(struct sock *sk)
{
	struct kseal_tx *tx = smp_load_acquire(&kseal_sk(sk)->tx);

	if (!tx)
		return;
	lock_sock(sk);
	kseal_tx_finish(sk, tx);
	kseal_close_notify(sk);
	release_sock(sk);
}

/**
 * kseal_flush() - a sender is done for now: close its record
 * @sk: socket, not locked
 */
void kseal_flush(struct sock *sk)
{
	struct kseal_tx *tx = smp_load_acquire(&kseal_sk(sk)->tx);

	if (!tx)
		return;
	lock_sock(sk);
	kseal_tx_finish(sk, tx);
	release_sock(sk);
}
