// SPDX-License-Identifier: GPL-2.0
/* splice(2) out of the socket. (What goes in comes through tx.c.) */
#include <linux/fs.h>
#include <linux/pipe_fs_i.h>
#include <linux/splice.h>

#include "kseal.h"

static void release_page(struct splice_pipe_desc *spd, unsigned int i)
{
	put_page(spd->pages[i]);
}

/* Give pages of an opened record to a pipe. Return: bytes or -errno. */
static ssize_t give_to_pipe(struct kseal_plain *plain, struct pipe_inode_info *pipe,
			    size_t len)
{
	struct partial_page partial[KSEAL_RECORD_PAGES];
	struct page *pages[KSEAL_RECORD_PAGES];
	struct splice_pipe_desc spd = {
		.pages = pages,
		.partial = partial,
		.nr_pages_max = KSEAL_RECORD_PAGES,
		.ops = &nosteal_pipe_buf_ops,
		.spd_release = release_page,
	};
	u32 off = plain->off, n;

	for (len = min_t(size_t, len, plain->len - off); len; len -= n, off += n) {
		n = min_t(size_t, len, PAGE_SIZE - offset_in_page(off));
		pages[spd.nr_pages] = plain->pages[off / PAGE_SIZE];
		partial[spd.nr_pages].offset = offset_in_page(off);
		partial[spd.nr_pages].len = n;
		get_page(pages[spd.nr_pages++]);
	}
	return splice_to_pipe(pipe, &spd);
}

/**
 * kseal_first_record() - open a record if none is, for a reader of data alone
 * @sk: socket, locked; the lock is released while sleeping
 * @rx: its receiving side
 * @timeo: how long to sleep, in jiffies; reduced by what was slept
 * @plain: set to the first opened record
 *
 * Return: 1; 0 at the end of the stream; -EINVAL it is a control record; else
 * as kseal_rx_next().
 */
int kseal_first_record(struct sock *sk, struct kseal_rx *rx, long *timeo,
		       struct kseal_plain **plain)
{
	struct kseal_stint stint;
	int ret;

	kseal_stint_begin(&stint, *timeo);
	for (;;) {
		*plain = list_first_entry_or_null(&rx->plain, struct kseal_plain, node);
		if (*plain)
			return (*plain)->type == KSEAL_APPLICATION_DATA ? 1 : -EINVAL;
		ret = kseal_rx_next(sk, rx, timeo);
		if (ret == KSEAL_NEXT_WHOLE)
			ret = kseal_open_plain(sk, rx) ?:
			      kseal_rx_breathe(sk, &stint, *timeo);
		if (ret != KSEAL_NEXT_AGAIN)
			return ret;
	}
}

static ssize_t splice_locked(struct sock *sk, struct kseal_rx *rx,
			     struct pipe_inode_info *pipe, size_t len, long timeo)
{
	struct kseal_plain *plain;
	ssize_t ret;

	ret = kseal_first_record(sk, rx, &timeo, &plain);
	if (ret > 0) {
		ret = give_to_pipe(plain, pipe, len);
		plain->off += max_t(ssize_t, ret, 0);
		if (plain->off == plain->len)
			kseal_plain_free(sk, rx, plain);
	}
	kseal_rx_idle(rx);
	kseal_rx_look(sk, rx, sk->sk_allocation);
	return ret;
}

/**
 * kseal_splice_read() - proto_ops.splice_read
 * @sock: socket
 * @ppos: must be at 0, a socket has no positions
 * @pipe: locked
 * @len: bytes at most
 * @flags: SPLICE_F_NONBLOCK
 *
 * Return: bytes of application data, of one record; 0 at the end of the
 * stream; -EINVAL a control record is next, which a pipe has no way to show;
 * else as kseal_rx_next().
 */
ssize_t kseal_splice_read(struct socket *sock, loff_t *ppos,
			  struct pipe_inode_info *pipe, size_t len, unsigned int flags)
{
	struct sock *sk = sock->sk;
	struct kseal_sock *ks = kseal_sk(sk);
	struct kseal_rx *rx = smp_load_acquire(&ks->rx);
	bool nonblock = (sock->file->f_flags & O_NONBLOCK) || (flags & SPLICE_F_NONBLOCK);
	ssize_t ret;

	if (!rx)
		return ks->base_ops->splice_read(sock, ppos, pipe, len, flags);
	if (*ppos)
		return -ESPIPE;
	lock_sock(sk);
	ret = splice_locked(sk, rx, pipe, len, sock_rcvtimeo(sk, nonblock));
	release_sock(sk);
	return ret;
}
