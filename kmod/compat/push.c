// SPDX-License-Identifier: GPL-2.0
/* Pages into TCP, and out of an iterator, without a copy. */
#include <linux/bvec.h>
#include <linux/uio.h>
#include <net/tcp.h>

#include "../kseal.h"
#include "compat.h"

#ifdef KSEAL_HAVE_SENDPAGE
/* 6.1 defines MSG_SPLICE_PAGES but its TCP ignores it: pages go by sendpage,
 * one piece at a time, and only the last piece pushes.
 */
ssize_t kseal_compat_push_pages(struct sock *sk, struct bio_vec *bvec,
				unsigned int n, size_t size)
{
	ssize_t done = 0;
	unsigned int i;
	int flags, ret;

	/* not tcp_sendpage_locked(): without scatter-gather on the route that
	 * asks for an operation kseal does not offer
	 */
	tcp_rate_check_app_limited(sk);
	for (i = 0; i < n; i++) {
		flags = MSG_DONTWAIT | MSG_NOSIGNAL;
		if (i + 1 < n)
			flags |= MSG_SENDPAGE_NOTLAST;
		ret = do_tcp_sendpages(sk, bvec[i].bv_page, bvec[i].bv_offset,
				       bvec[i].bv_len, flags);
		if (ret < 0)
			return done ?: ret;
		done += ret;
		if (ret < bvec[i].bv_len)
			break;
	}
	return done;
}

/* The iterator is the one of compat_sendpage(): one piece of one page. */
ssize_t kseal_compat_next_page(struct iov_iter *iter, size_t want,
			       struct page **page, size_t *offset)
{
	const struct bio_vec *bv = iter->bvec;
	size_t at = bv->bv_offset + iter->iov_offset;
	size_t len;

	*page = bv->bv_page + at / PAGE_SIZE;
	*offset = at % PAGE_SIZE;
	len = min3(want, (size_t)(bv->bv_len - iter->iov_offset),
		   (size_t)(PAGE_SIZE - *offset));
	iov_iter_advance(iter, len);
	return len;
}

int kseal_compat_base_sendpages(const struct proto *base, struct sock *sk,
				struct msghdr *msg, size_t size)
{
	const struct bio_vec *bv = msg->msg_iter.bvec;

	return base->sendpage(sk, bv->bv_page, bv->bv_offset, bv->bv_len, msg->msg_flags);
}

bool kseal_compat_is_splice(const struct msghdr *msg)
{
	return false;
}
#else
/**
 * kseal_compat_push_pages() - queue pages on TCP
 * @sk: socket, locked
 * @bvec: pieces of pages; TCP takes references of its own
 * @n: how many
 * @size: bytes in them
 *
 * Return: bytes queued, fewer than @size when TCP ran out of room; -errno when
 * none were.
 */
ssize_t kseal_compat_push_pages(struct sock *sk, struct bio_vec *bvec,
				unsigned int n, size_t size)
{
	struct msghdr msg = {
		.msg_flags = MSG_SPLICE_PAGES | MSG_DONTWAIT | MSG_NOSIGNAL |
			     MSG_NO_SHARED_FRAGS,
	};

	iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, bvec, n, size);
	return tcp_sendmsg_locked(sk, &msg, size);
}

/**
 * kseal_compat_next_page() - take the next piece of a page off an iterator
 * @iter: of pages, advanced past the piece
 * @want: bytes at most
 * @page: set to the page; no reference is taken
 * @offset: set to where in it the piece begins
 *
 * Return: bytes in the piece, or -errno.
 */
ssize_t kseal_compat_next_page(struct iov_iter *iter, size_t want,
			       struct page **page, size_t *offset)
{
	struct page **pages = page;

	return iov_iter_extract_pages(iter, &pages, want, 1, 0, offset);
}

/**
 * kseal_compat_base_sendpages() - what kseal_sendpages() does without a key
 * @base: TCP's own struct proto
 * @sk: socket
 * @msg: with an iterator of pages
 * @size: bytes
 *
 * Return: as TCP does.
 */
int kseal_compat_base_sendpages(const struct proto *base, struct sock *sk,
				struct msghdr *msg, size_t size)
{
	return base->sendmsg(sk, msg, size);
}

/**
 * kseal_compat_is_splice() - whether a message's data are pages to be read
 * where they lie
 * @msg: as sendmsg got it
 *
 * Return: true for what sendfile and splice send from 6.5 on.
 */
bool kseal_compat_is_splice(const struct msghdr *msg)
{
	return (msg->msg_flags & MSG_SPLICE_PAGES) && iov_iter_is_bvec(&msg->msg_iter);
}
#endif
