// SPDX-License-Identifier: GPL-2.0
/*
 * TCP's stream as whole records. The arithmetic is in frame.c.
 *
 *	nothing --header--> part --last byte--> whole --opened--> nothing
 *	   |                 |
 *	   | bad header      | the window closes first
 *	   v                 v
 *	  bad (final)       held: the record's bytes move into pages of ours
 *
 * Behind a KeyUpdate (rekey.c) records are still framed but not reported.
 *
 * The stream begins with what is held (held.c), and goes on with TCP's queue.
 * While the lock is not held only numbers are remembered: how long the record
 * at the head is, how much is held, whether a reader would find something. TCP's
 * queue is looked at anew each time.
 */
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "kseal.h"

/**
 * kseal_rx_head() - where the stream that is not opened begins
 * @sk: socket, locked
 * @rx: its receiving side
 *
 * Return: the first byte's number, in TCP's count; less than what is on TCP's
 * queue when bytes are held.
 */
u32 kseal_rx_head(const struct sock *sk, const struct kseal_rx *rx)
{
	return tcp_sk(sk)->copied_seq - kseal_rx_held(rx);
}

/**
 * kseal_rx_avail() - bytes of the stream that have arrived and are not opened
 * @sk: socket, locked
 * @rx: its receiving side
 *
 * Return: those held and those on TCP's queue.
 */
u32 kseal_rx_avail(const struct sock *sk, const struct kseal_rx *rx)
{
	return kseal_rx_held(rx) + kseal_queue_len(sk);
}

/**
 * kseal_rx_whole() - whether the record at the head can be opened
 * @sk: socket, locked
 * @rx: its receiving side, after kseal_rx_look()
 *
 * Return: true when all of it has arrived.
 */
bool kseal_rx_whole(const struct sock *sk, const struct kseal_rx *rx)
{
	return rx->frame.full && kseal_rx_avail(sk, rx) >= rx->frame.full;
}

/**
 * kseal_rx_copy() - copy bytes of the stream
 * @sk: socket, locked
 * @rx: its receiving side
 * @skb: where on TCP's queue to begin to look, moved to where the last one was
 * @off: where in the stream, counted from its head
 * @to: room for @len bytes
 * @len: bytes, all of which have arrived
 *
 * Return: 0; -EFAULT they have not.
 */
int kseal_rx_copy(const struct sock *sk, const struct kseal_rx *rx, struct sk_buff **skb,
		  u32 off, u8 *to, u32 len)
{
	u32 held = kseal_rx_held(rx);
	u32 n = off < held ? min(len, held - off) : 0;

	if (n)
		kseal_held_copy(rx->held, off, to, n);
	return kseal_queue_copy(sk, skb, kseal_rx_head(sk, rx) + off + n, to + n, len - n);
}

/**
 * kseal_rx_map() - list where the bytes of the record at the head lie
 * @sk: socket, locked
 * @rx: its receiving side; @rx->lists->sg_in is filled from its second entry on
 * @off: where in the record to begin
 * @len: bytes, all of which have arrived
 *
 * The list holds while the lock is held.
 *
 * Return: 0; -EMSGSIZE it would be too long; -EFAULT they have not arrived.
 */
int kseal_rx_map(struct sock *sk, struct kseal_rx *rx, u32 off, u32 len)
{
	struct kseal_rx_lists *lists = rx->lists;
	struct scatterlist *sg = lists->sg_in + 1;
	struct scatterlist *end = lists->sg_in + ARRAY_SIZE(lists->sg_in);
	u32 held = kseal_rx_held(rx), n;
	int err;

	BUILD_BUG_ON(KSEAL_RECORD_PAGES + 1 >= KSEAL_QUEUE_SEGS);
	/* the mark at the list's own end is what stops skb_to_sgvec() */
	if (lists->sg_in_end && lists->sg_in_end != end - 1)
		sg_unmark_end(lists->sg_in_end);
	lists->sg_in_end = NULL;
	if (off < held) {
		n = min(len, held - off);
		sg = kseal_held_map(rx->held, off, n, sg);
		off += n;
		len -= n;
	}
	err = kseal_queue_map(sk, kseal_rx_head(sk, rx) + off, len, &sg, end);
	if (err)
		return err;
	lists->sg_in_end = sg - 1;
	sg_mark_end(lists->sg_in_end);
	return 0;
}

/**
 * kseal_rx_lower_mark() - let TCP call back for every byte
 * @sk: socket, locked
 * @rx: its receiving side
 *
 * TCP counts what is on its own queue against SO_RCVLOWAT. That is too little
 * when bytes are held, or when a reader has a part of what it waits for.
 */
void kseal_rx_lower_mark(struct sock *sk, struct kseal_rx *rx)
{
	if (rx->lowat)
		return;
	rx->lowat = sk->sk_rcvlowat;
	WRITE_ONCE(sk->sk_rcvlowat, 1);
}

/**
 * kseal_rx_restore_mark() - and let it wait for SO_RCVLOWAT again
 * @sk: socket, locked
 * @rx: its receiving side; nothing happens while it has a reason for the other
 */
void kseal_rx_restore_mark(struct sock *sk, struct kseal_rx *rx)
{
	if (!rx->lowat || rx->held || rx->sleepers)
		return;
	WRITE_ONCE(sk->sk_rcvlowat, rx->lowat);
	rx->lowat = 0;
}

/**
 * kseal_set_rcvlowat() - proto_ops.set_rcvlowat
 * @sk: socket, locked
 * @val: bytes of content a read waits for
 *
 * Return: as TCP does.
 */
int kseal_set_rcvlowat(struct sock *sk, int val)
{
	struct kseal_sock *ks = kseal_sk(sk);
	struct kseal_rx *rx = ks->rx;
	int err;

	/* the new mark takes the old one's place, lowered or not */
	if (rx)
		rx->lowat = 0;
	err = ks->base_ops->set_rcvlowat(sk, val);
	if (rx && (rx->held || rx->sleepers))
		kseal_rx_lower_mark(sk, rx);
	return err;
}

/**
 * kseal_rx_hold() - move what has come of the record at the head off the queue
 * @sk: socket, locked
 * @rx: its receiving side; the record's header is known
 * @gfp: how to allocate
 *
 * Makes the window open again for the rest of it, or one list of pages of
 * what lies in too many pieces.
 *
 * Return: 0; -ENOMEM, @rx->stalled is set and what was moved so far stays moved.
 */
int kseal_rx_hold(struct sock *sk, struct kseal_rx *rx, gfp_t gfp)
{
	struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);
	u32 want = kseal_queue_len(sk), moved, n;
	int err = 0;
	u8 *room;

	BUILD_BUG_ON(KSEAL_RECORD_MAX > KSEAL_RECORD_PAGES * PAGE_SIZE);
	if (rx->frame.full)
		want = min(want, rx->frame.full - kseal_rx_held(rx));
	if (!kseal_rx_held(rx) && want) {
		kseal_count(sk, KSEAL_STAT_RX_HELD, 1);
		rx->stats.held++;
		kseal_rx_lower_mark(sk, rx);
	}
	for (moved = 0; moved < want; moved += n) {
		n = want - moved;
		room = kseal_held_room(sk, &rx->held, &n, gfp);
		err = room ? kseal_queue_copy(sk, &skb, tcp_sk(sk)->copied_seq + moved, room, n) :
			     -ENOMEM;
		if (err)
			break;
		rx->held->len += n;
	}
	WRITE_ONCE(rx->stalled, err);
	if (moved)
		tcp_read_done(sk, moved);
	return err;
}

/* In kernel-control mode: the head may be a record for the kernel. TLS 1.2 shows which are
 * not.
 */
static bool is_unsettled(const struct kseal_rx *rx)
{
	return rx->whole && !rx->err && !rx->bad && list_empty(&rx->plain) &&
	       (kseal_record_inner_type(&rx->key.record) ||
		rx->frame.header.type != KSEAL_APPLICATION_DATA || rx->handshake.have);
}

static void look(struct sock *sk, struct kseal_rx *rx)
{
	u32 avail = kseal_rx_avail(sk, rx);
	struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);
	u8 header[KSEAL_HEADER_SIZE];
	int state = KSEAL_FRAME_HEADER;

	WRITE_ONCE(rx->looked, tcp_sk(sk)->rcv_nxt);
	if (!rx->err && !rx->bad && !rx->closed) {
		if (!rx->frame.full && avail >= sizeof(header) &&
		    kseal_rx_copy(sk, rx, &skb, 0, header, sizeof(header)))
			avail = 0;
		state = kseal_frame_look(&rx->frame, &rx->key.record, header, avail);
		if (state < 0)
			rx->bad = state;
	}
	WRITE_ONCE(rx->whole, rx->err || (!rx->key_expired && !rx->closed &&
					  (rx->bad || state == KSEAL_FRAME_WHOLE)));
	WRITE_ONCE(rx->ready, rx->whole || (rx->stalled && !rx->key_expired) ||
		   !list_empty(&rx->plain));
	if (kseal_sk(sk)->control)
		WRITE_ONCE(rx->unsettled, is_unsettled(rx));
}

/* The window, or TCP's memory, is used up before the record is whole. */
static bool is_stuck(const struct sock *sk, const struct kseal_rx *rx)
{
	return !rx->err && !rx->bad && !rx->closed && !kseal_rx_whole(sk, rx) &&
	       kseal_queue_full(sk);
}

/**
 * kseal_rx_look() - see what the head of the stream holds
 * @sk: socket, locked
 * @rx: its receiving side; @rx->ready is made what poll shall say
 * @gfp: how to allocate, if a record has to be moved to let the rest of it in
 */
void kseal_rx_look(struct sock *sk, struct kseal_rx *rx, gfp_t gfp)
{
	look(sk, rx);
	if (rx->stalled || is_stuck(sk, rx)) {
		kseal_rx_hold(sk, rx, gfp);
		look(sk, rx);
	}
}

/**
 * kseal_rx_drop_held() - free what is held of the stream
 * @sk: socket, locked
 * @rx: its receiving side
 */
void kseal_rx_drop_held(struct sock *sk, struct kseal_rx *rx)
{
	kseal_held_free(sk, rx->held);
	rx->held = NULL;
	kseal_rx_restore_mark(sk, rx);
}

/**
 * kseal_rx_consume() - the record at the head has been opened
 * @sk: socket, locked
 * @rx: its receiving side
 */
void kseal_rx_consume(struct sock *sk, struct kseal_rx *rx)
{
	u32 full = rx->frame.full, held = kseal_rx_held(rx);

	kseal_frame_next(&rx->frame);
	kseal_record_advance(&rx->key.record);
	WRITE_ONCE(rx->stalled, false);
	if (full < held) {
		kseal_held_advance(sk, rx->held, full);
		return;
	}
	kseal_rx_drop_held(sk, rx);
	if (full > held)
		tcp_read_done(sk, full - held);
}

/* Has a record become whole, or a header been found bad, since this was asked
 * last? What was seen is not looked at again. @alert: it may be an alert.
 */
static bool is_news(struct sock *sk, struct kseal_rx *rx, bool *alert)
{
	u32 head = kseal_rx_head(sk, rx);
	struct kseal_header header;
	struct kseal_walk walk;
	bool news = false;
	int ret;

	*alert = false;
	if (rx->err || rx->seen_bad || rx->closed)
		return false;
	if (before(rx->seen, head))
		rx->seen = head;
	kseal_walk_late(sk, rx, &walk, rx->seen - head);
	while ((ret = kseal_walk(sk, rx, &walk, &header)) > 0) {
		news = true;
		*alert |= header.content == KSEAL_ALERT_SIZE;
	}
	rx->seen = head + walk.off;
	rx->seen_bad = ret < 0;
	return news || rx->seen_bad;
}

/* Look at what has come. Return: a reader, or poller, shall hear of it; set @alert:
 * and everybody else.
 */
static bool look_for_news(struct sock *sk, struct kseal_rx *rx, bool *alert)
{
	bool whole = rx->whole, ready = rx->ready, stalled = rx->stalled;
	bool news;

	kseal_rx_look(sk, rx, GFP_ATOMIC | __GFP_NOWARN);
	news = is_news(sk, rx, alert);
	return rx->ready && (news || !ready || (rx->whole && !whole) ||
			     (rx->stalled && !stalled));
}

/**
 * kseal_data_ready() - sk_data_ready: TCP has something
 * @sk: socket; its lock is held, by us or by the softirq that calls
 *
 * Wakes readers, and tells edge-triggered pollers, once for each whole record,
 * or for several that came at a time. In kernel-control mode a writer, or who polls
 * for other things, is woken as well for what may be the alert that ends it.
 */
void kseal_data_ready(struct sock *sk)
{
	struct kseal_sock *ks = kseal_sk(sk);
	bool alert = false;

	if (!ks->rx || look_for_news(sk, ks->rx, &alert) || (sk->sk_shutdown & RCV_SHUTDOWN))
		ks->data_ready(sk);
	if (alert && ks->control)
		sk->sk_state_change(sk);
}

/**
 * kseal_rx_call() - tell of what there is, news or not
 * @sk: socket, locked
 * @rx: its receiving side
 */
void kseal_rx_call(struct sock *sk, struct kseal_rx *rx)
{
	bool alert;

	look_for_news(sk, rx, &alert);
	if (kseal_kernel_reads(sk))
		sk->sk_data_ready(sk);
	else if (rx->ready || (sk->sk_shutdown & RCV_SHUTDOWN))
		kseal_sk(sk)->data_ready(sk);
}
