// SPDX-License-Identifier: GPL-2.0
/*
 * TCP's receive queue: bytes found by their number, copied, or listed where
 * they lie. Neighbours may overlap after retransmissions, so each buffer tells
 * its own place.
 */
#include <linux/skbuff.h>
#include <net/tcp.h>

#include "kseal.h"

/**
 * kseal_queue_len() - bytes on TCP's queue
 * @sk: socket, locked
 *
 * Return: what can be read there, without the number its FIN takes.
 */
u32 kseal_queue_len(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 len = tp->rcv_nxt - tp->copied_seq;

	return len && sock_flag(sk, SOCK_DONE) ? len - 1 : len;
}

/**
 * kseal_queue_full() - whether nothing more can come before something is taken
 * @sk: socket, locked
 *
 * Return: true when the window, or the memory for it, is used up.
 */
bool kseal_queue_full(const struct sock *sk)
{
	return tcp_epollin_ready(sk, INT_MAX);
}

/**
 * kseal_queue_find() - look for a byte, forwards
 * @sk: socket, locked
 * @skb: where to begin; NULL nowhere
 * @seq: the byte's number
 * @off: set to its place in the buffer
 *
 * Return: the buffer that holds it; NULL.
 */
struct sk_buff *kseal_queue_find(const struct sock *sk, struct sk_buff *skb,
				 u32 seq, u32 *off)
{
	for (; skb; skb = skb_peek_next(skb, &sk->sk_receive_queue)) {
		*off = seq - TCP_SKB_CB(skb)->seq;
		if (*off < skb->len)
			return skb;
	}
	return NULL;
}

/**
 * kseal_queue_find_late() - look for a byte that came of late
 * @sk: socket, locked
 * @seq: the byte's number
 *
 * From the end on, as the queue may be long.
 *
 * Return: the buffer that holds it, or one before it; NULL.
 */
struct sk_buff *kseal_queue_find_late(const struct sock *sk, u32 seq)
{
	struct sk_buff *skb;

	skb_queue_reverse_walk(&sk->sk_receive_queue, skb) {
		if (!before(seq, TCP_SKB_CB(skb)->seq))
			return skb;
	}
	return NULL;
}

/**
 * kseal_queue_copy() - copy bytes
 * @sk: socket, locked
 * @skb: where to begin to look, moved to where the last one was
 * @seq: number of the first one
 * @to: room for @len bytes
 * @len: how many
 *
 * Return: 0; -EFAULT they are not all there.
 */
int kseal_queue_copy(const struct sock *sk, struct sk_buff **skb, u32 seq, u8 *to, u32 len)
{
	u32 at, n;

	for (; len; len -= n, seq += n, to += n) {
		*skb = kseal_queue_find(sk, *skb, seq, &at);
		if (!*skb)
			return -EFAULT;
		n = min(len, (*skb)->len - at);
		if (skb_copy_bits(*skb, at, to, n))
			return -EFAULT;
	}
	return 0;
}

/**
 * kseal_queue_map() - list where bytes lie
 * @sk: socket, locked
 * @seq: number of the first one
 * @len: how many
 * @sg: where to begin to write; moved behind what was written
 * @end: where the list ends
 *
 * Return: 0; -EMSGSIZE the list is too short; -EFAULT they are not all there.
 */
int kseal_queue_map(const struct sock *sk, u32 seq, u32 len, struct scatterlist **sg,
		    const struct scatterlist *end)
{
	struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);
	u32 at, n;
	int used;

	for (; len; len -= n, seq += n) {
		skb = kseal_queue_find(sk, skb, seq, &at);
		if (!skb)
			return -EFAULT;
		if (*sg == end)
			return -EMSGSIZE;
		n = min(len, skb->len - at);
		used = skb_to_sgvec_nomark(skb, *sg, at, n);
		if (used < 0)
			return used;
		*sg += used;
	}
	return 0;
}
