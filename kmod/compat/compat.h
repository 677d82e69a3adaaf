/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels kseal is built for. The core calls these
 * and knows no version; Kbuild probes the headers at hand for each member or
 * function and defines KSEAL_HAVE_*.
 */
#ifndef KSEAL_COMPAT_H
#define KSEAL_COMPAT_H

#include <linux/net.h>
#include <net/sock.h>

struct bio_vec;
struct tcp_ulp_ops;

/* proto.c: members of struct proto and struct proto_ops that changed */
void kseal_compat_fill_proto(struct proto *prot);
void kseal_compat_fill_ops(struct proto_ops *ops);
int kseal_compat_base_recvmsg(const struct proto *base, struct sock *sk,
			      struct msghdr *msg, size_t len, int flags);

/* ulp.c: members of struct tcp_ulp_ops that changed */
void kseal_compat_fill_ulp(struct tcp_ulp_ops *ops);

/* push.c: pages into TCP without a copy */
ssize_t kseal_compat_push_pages(struct sock *sk, struct bio_vec *bvec,
				unsigned int n, size_t size);
int kseal_compat_base_sendpages(const struct proto *base, struct sock *sk,
				struct msghdr *msg, size_t size);
bool kseal_compat_is_splice(const struct msghdr *msg);
ssize_t kseal_compat_next_page(struct iov_iter *iter, size_t want,
			       struct page **page, size_t *offset);

#endif /* KSEAL_COMPAT_H */
