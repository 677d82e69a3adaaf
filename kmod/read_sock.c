// SPDX-License-Identifier: GPL-2.0
/*
 * Readers inside the kernel (NVMe over TCP, iSCSI, strparser and so KCM): they
 * get what was opened as a socket buffer, whose pages they may keep.
 */
#include <linux/skbuff.h>
#include <net/tcp.h>

#include "kseal.h"

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
	struct sk_buff *skb = wrap(sk, plain);
	u32 left = plain->len - plain->off;
	int used;

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

static bool is_control_next(const struct kseal_rx *rx)
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
	kseal_rx_look(sk, ks->rx, sk->sk_allocation);
	if (is_control_next(ks->rx))
		ks->data_ready(sk);
	return ret;
}

/**
 * kseal_peek_len() - proto_ops.peek_len
 * @sock: its socket is locked
 *
 * Return: bytes kseal_read_sock() can give, more by padding not known yet.
 */
int kseal_peek_len(struct socket *sock)
{
	const struct kseal_sock *ks = kseal_sk(sock->sk);

	if (!ks->rx)
		return ks->base_ops->peek_len(sock);
	/* strparser's callback has taken the place of the one that does this */
	kseal_rx_look(sock->sk, ks->rx, GFP_ATOMIC | __GFP_NOWARN);
	return kseal_rx_inq(sock->sk, ks->rx);
}
