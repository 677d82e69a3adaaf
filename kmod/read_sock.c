// SPDX-License-Identifier: GPL-2.0
/*
 * Readers inside the kernel (NVMe over TCP, iSCSI, strparser and so KCM): they
 * get what was opened as a socket buffer, whose pages they may keep.
 */
#include <linux/skbuff.h>
#include <net/tcp.h>

#include "kseal.h"

/* Bytes of a record that is copied: a reader may keep what it is given for long,
 * and a page is much for a few bytes.
 */
#define KSEAL_COPY_MAX	512

static struct sk_buff *copy_small(const struct sock *sk, const struct kseal_plain *plain)
{
	struct sk_buff *skb = alloc_skb(plain->len, sk->sk_allocation);

	BUILD_BUG_ON(KSEAL_COPY_MAX > PAGE_SIZE);
	if (skb)
		skb_put_data(skb, page_address(plain->pages[0]), plain->len);
	return skb;
}

/* All of an opened record, its pages by reference. */
static struct sk_buff *wrap(const struct sock *sk, const struct kseal_plain *plain)
{
	struct sk_buff *skb = alloc_skb(0, sk->sk_allocation);
	u32 off, n;

	BUILD_BUG_ON(KSEAL_RECORD_PAGES > MAX_SKB_FRAGS);
	if (!skb)
		return NULL;
	for (off = 0; off < plain->len; off += n) {
		n = min_t(u32, plain->len - off, PAGE_SIZE);
		get_page(plain->pages[off / PAGE_SIZE]);
		skb_add_rx_frag(skb, off / PAGE_SIZE, plain->pages[off / PAGE_SIZE], 0, n,
				PAGE_SIZE);
	}
	return skb;
}

/* Return: bytes the reader took; 0 or a negative errno it wants no more now. */
static int give(struct sock *sk, struct kseal_rx *rx, struct kseal_plain *plain,
		read_descriptor_t *desc, sk_read_actor_t actor)
{
	u32 left = plain->len - plain->off;
	struct sk_buff *skb;
	int used;

	skb = plain->len <= KSEAL_COPY_MAX ? copy_small(sk, plain) : wrap(sk, plain);
	if (!skb) {
		desc->error = -ENOMEM;
		return -ENOMEM;
	}
	used = actor(desc, skb, plain->off, left);
	consume_skb(skb);
	if (WARN_ON_ONCE(used > (int)left))
		used = left;
	if (used <= 0)
		return used;
	plain->off += used;
	if (plain->off == plain->len)
		kseal_plain_free(sk, rx, plain);
	return used;
}

static int read_records(struct sock *sk, struct kseal_rx *rx, read_descriptor_t *desc,
			sk_read_actor_t actor)
{
	struct kseal_plain *plain;
	int copied = 0, ret = 0;
	long none = 0;

	while (desc->count) {
		ret = kseal_first_record(sk, rx, &none, &plain);
		if (ret > 0)
			ret = give(sk, rx, plain, desc, actor);
		if (ret <= 0)
			break;
		copied += ret;
	}
	return copied ?: ret;
}

static bool is_control_next(struct kseal_rx *rx)
{
	const struct kseal_plain *plain;

	plain = list_first_entry_or_null(&rx->plain, struct kseal_plain, node);
	return plain && plain->type != KSEAL_APPLICATION_DATA;
}

/**
 * kseal_read_sock() - proto_ops.read_sock
 * @sk: socket, locked
 * @desc: the reader's; it wants more while its count is not 0
 * @actor: gets a record's content as far as it is not taken yet; returns how
 *	much of that it takes, and does not release the lock
 *
 * A control record is left to the program that owns the socket, and it is woken.
 * Opening a record may sleep. Called with the lock's spinlock only, in softirq,
 * it leaves -ENOMEM in @desc: strparser then comes back from its work queue.
 *
 * Return: bytes taken, all of them application data; if there are none: 0 at
 * the end of the stream; -EINVAL a control record is next, which has no way
 * to be shown; what @actor returned; -EAGAIN; else as kseal_rx_next().
 */
int kseal_read_sock(struct sock *sk, read_descriptor_t *desc, sk_read_actor_t actor)
{
	struct kseal_sock *ks = kseal_sk(sk);
	int ret;

	if (!ks->rx)
		return ks->base_ops->read_sock(sk, desc, actor);
	if (!sock_owned_by_user_nocheck(sk)) {
		desc->error = -ENOMEM;
		return -ENOMEM;
	}
	ret = read_records(sk, ks->rx, desc, actor);
	kseal_rx_idle(ks->rx);
	kseal_rx_look(sk, ks->rx, sk->sk_allocation);
	if (is_control_next(ks->rx))
		ks->data_ready(sk);
	/* it waits for more than is here, and that would never be */
	if (ret > 0 && !desc->count && ks->rx->ready && kseal_queue_full(sk))
		sk->sk_data_ready(sk);
	return ret;
}

/**
 * kseal_peek_len() - proto_ops.peek_len
 * @sock: its socket is locked
 *
 * In softirq this is asked by who may decide to wait for more (strparser, for
 * the rest of a message). With the window full there is no more: content takes
 * far less room than the small records it may come in.
 *
 * Return: bytes kseal_read_sock() can give, more by padding not known yet; there,
 * with the window full, as much as anybody could wait for.
 */
int kseal_peek_len(struct socket *sock)
{
	struct sock *sk = sock->sk;
	const struct kseal_sock *ks = kseal_sk(sk);

	if (!ks->rx)
		return ks->base_ops->peek_len(sock);
	if (!sock_owned_by_user_nocheck(sk) && kseal_queue_full(sk))
		return INT_MAX;
	return kseal_rx_inq(sk, ks->rx);
}
