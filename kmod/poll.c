// SPDX-License-Identifier: GPL-2.0
/* poll: what a socket is ready for. */
#include <linux/poll.h>
#include <net/tcp.h>

#include "kseal.h"

/* Bytes came and our callback was not told: a reader in the kernel had another in
 * its place, and has let go since.
 */
static void look_if_missed(struct sock *sk, struct kseal_rx *rx)
{
	if (READ_ONCE(rx->looked) == READ_ONCE(tcp_sk(sk)->rcv_nxt))
		return;
	lock_sock(sk);
	kseal_rx_look(sk, rx, sk->sk_allocation);
	release_sock(sk);
}

/* Who would sleep in read() is told of what he can read; who asks for other things than
 * that may be the only one who looks.
 */
static bool shall_settle(const struct file *file, const struct poll_table_struct *wait)
{
	return !file || !(file->f_flags & O_NONBLOCK) || !(poll_requested_events(wait) & EPOLLIN);
}

static void settle_all(struct sock *sk)
{
	lock_sock(sk);
	kseal_settle(sk, U32_MAX);
	release_sock(sk);
}

/**
 * kseal_poll() - proto_ops.poll: readable when a record, or the end, is there
 * @file: the socket's
 * @sock: the socket
 * @wait: as poll methods get it
 *
 * Return: TCP's events, those for reading replaced by ours.
 */
__poll_t kseal_poll(struct file *file, struct socket *sock,
		    struct poll_table_struct *wait)
{
	struct sock *sk = sock->sk;
	struct kseal_rx *rx = smp_load_acquire(&kseal_sk(sk)->rx);
	__poll_t mask = tcp_poll(file, sock, wait);

	if (!rx)
		return mask;
	if (mask & EPOLLIN)
		look_if_missed(sk, rx);
	if (READ_ONCE(rx->unsettled) && shall_settle(file, wait)) {
		settle_all(sk);
		mask = tcp_poll(file, sock, NULL);
	}
	if (READ_ONCE(rx->ready))
		return mask | EPOLLIN | EPOLLRDNORM;
	if (!(READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN))
		mask &= ~(EPOLLIN | EPOLLRDNORM);
	return mask;
}
