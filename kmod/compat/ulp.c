// SPDX-License-Identifier: GPL-2.0
/* The members of struct tcp_ulp_ops whose shape depends on the kernel. */
#include <net/tcp.h>

#include "../kseal.h"
#include "compat.h"

#ifdef KSEAL_HAVE_ULP_NET_ADMIN
/* Since 6.15 everybody may ask; what kseal tells is no secret. Before, only who
 * has CAP_NET_ADMIN gets this far.
 */
static int compat_get_info(struct sock *sk, struct sk_buff *skb, bool net_admin)
{
	return kseal_diag_fill(sk, skb);
}

static size_t compat_get_info_size(const struct sock *sk, bool net_admin)
{
	return kseal_diag_size(sk);
}
#else
static int compat_get_info(struct sock *sk, struct sk_buff *skb)
{
	return kseal_diag_fill(sk, skb);
}

static size_t compat_get_info_size(const struct sock *sk)
{
	return kseal_diag_size(sk);
}
#endif

/**
 * kseal_compat_fill_ulp() - set the members whose shape varies
 * @ops: to be registered
 */
void kseal_compat_fill_ulp(struct tcp_ulp_ops *ops)
{
	ops->get_info = compat_get_info;
	ops->get_info_size = compat_get_info_size;
}
