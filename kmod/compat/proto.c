// SPDX-License-Identifier: GPL-2.0
/*
 * The members of struct proto whose shape depends on the kernel, as thin
 * wrappers around the core's functions.
 */
#include <linux/bvec.h>
#include <linux/sockios.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <asm/ioctls.h>

#include "../kseal.h"
#include "compat.h"

#ifdef KSEAL_HAVE_RECVMSG_ADDR_LEN
/* Until 7.1 proto.recvmsg has an argument for the peer's address, which TCP
 * never fills.
 */
static int compat_recvmsg(struct sock *sk, struct msghdr *msg, size_t len,
			  int flags, int *addr_len)
{
	return kseal_recvmsg(sk, msg, len, flags);
}

int kseal_compat_base_recvmsg(const struct proto *base, struct sock *sk,
			      struct msghdr *msg, size_t len, int flags)
{
	int addr_len = 0;

	return base->recvmsg(sk, msg, len, flags, &addr_len);
}
#else
static int compat_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags)
{
	return kseal_recvmsg(sk, msg, len, flags);
}

int kseal_compat_base_recvmsg(const struct proto *base, struct sock *sk,
			      struct msghdr *msg, size_t len, int flags)
{
	return base->recvmsg(sk, msg, len, flags);
}
#endif

#ifdef KSEAL_HAVE_SENDPAGE
/* Until 6.5 sendfile and splice come page by page through sendpage; the core
 * takes them as one piece of what MSG_SPLICE_PAGES brings later kernels.
 */
static int compat_sendpage(struct sock *sk, struct page *page, int offset,
			   size_t size, int flags)
{
	struct bio_vec bvec = {
		.bv_page = page, .bv_offset = offset, .bv_len = size,
	};
	struct msghdr msg = {
		.msg_flags = flags & (MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE),
	};

	if (flags & MSG_SENDPAGE_NOTLAST)
		msg.msg_flags |= MSG_MORE;
	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, &bvec, 1, size);
	return kseal_sendpages(sk, &msg, size);
}

static void fill_sendpage(struct proto *prot)
{
	prot->sendpage = compat_sendpage;
}

/* In-kernel users that send with the lock held must take the copying path. */
static void drop_locked_ops(struct proto_ops *ops)
{
	ops->sendmsg_locked = NULL;
	ops->sendpage_locked = NULL;
}
#else
static void fill_sendpage(struct proto *prot)
{
}

static void drop_locked_ops(struct proto_ops *ops)
{
	ops->sendmsg_locked = NULL;
}
#endif

#ifdef KSEAL_HAVE_IOCTL_KARG
/* Since 6.5 the caller copies the answer out. */
static int compat_proto_ioctl(struct sock *sk, int cmd, int *karg)
{
	if (cmd == SIOCINQ && kseal_inq(sk, karg))
		return 0;
	return kseal_sk(sk)->base->ioctl(sk, cmd, karg);
}
#else
static int compat_proto_ioctl(struct sock *sk, int cmd, unsigned long arg)
{
	int answer;

	if (cmd == SIOCINQ && kseal_inq(sk, &answer))
		return put_user(answer, (int __user *)arg);
	return kseal_sk(sk)->base->ioctl(sk, cmd, arg);
}
#endif

#ifdef KSEAL_HAVE_SPLICE_EOF
/* Since 6.5, and in later releases of 6.1: sendfile(2) met the end of the file
 * before its count. Without it such a call leaves the last record open until
 * the next call, as the kernel then gives no sign that it was the last.
 */
static void compat_splice_eof(struct socket *sock)
{
	struct kseal_sock *ks = kseal_sk(sock->sk);

	if (smp_load_acquire(&ks->tx))
		kseal_flush(sock->sk);
	else if (ks->base->splice_eof)
		ks->base->splice_eof(sock);
}

static void fill_splice_eof(struct proto *prot)
{
	prot->splice_eof = compat_splice_eof;
}
#else
static void fill_splice_eof(struct proto *prot)
{
}
#endif

/**
 * kseal_compat_fill_proto() - set the members whose shape varies
 * @prot: copy of TCP's, to be changed
 */
void kseal_compat_fill_proto(struct proto *prot)
{
	prot->recvmsg = compat_recvmsg;
	prot->ioctl = compat_proto_ioctl;
	fill_sendpage(prot);
	fill_splice_eof(prot);
}

/**
 * kseal_compat_fill_ops() - drop the operations that would bypass the records
 * @ops: copy of inet's, to be changed
 */
void kseal_compat_fill_ops(struct proto_ops *ops)
{
	drop_locked_ops(ops);
}
