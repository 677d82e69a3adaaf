// SPDX-License-Identifier: GPL-2.0
/*
 * What `ss -tie` shows of a socket: the attributes of the in-tree module, so
 * that programs which know those need not know kseal.
 *
 * The socket is not locked, and may be closed meanwhile. What is read here is
 * constant once it is seen, or one member that stands for itself, and freed
 * behind a grace period.
 */
#include <linux/inet_diag.h>
#include <net/netlink.h>

#include "compat/compat.h"
#include "kseal.h"

static int put_suite(struct sk_buff *skb, const struct kseal_record *rec)
{
	return nla_put_u16(skb, TLS_INFO_VERSION, rec->version) ?:
	       nla_put_u16(skb, TLS_INFO_CIPHER, rec->suite->cipher_type);
}

static int put_directions(struct sk_buff *skb, const struct kseal_tx *tx,
			  const struct kseal_rx *rx)
{
	int err = 0;

	/* both directions have the same */
	if (tx)
		err = put_suite(skb, &tx->key.record);
	else if (rx)
		err = put_suite(skb, &rx->key.record);
	return err ?: nla_put_u16(skb, TLS_INFO_TXCONF, tx ? TLS_CONF_SW : TLS_CONF_BASE) ?:
	       nla_put_u16(skb, TLS_INFO_RXCONF, rx ? TLS_CONF_SW : TLS_CONF_BASE);
}

static int put_options(struct sk_buff *skb, const struct kseal_sock *ks)
{
	int err = 0;

	if (READ_ONCE(ks->tx_zerocopy_ro))
		err = nla_put_flag(skb, TLS_INFO_ZC_RO_TX);
	if (!err && READ_ONCE(ks->rx_expect_no_pad))
		err = nla_put_flag(skb, TLS_INFO_RX_NO_PAD);
	return err ?: nla_put_u16(skb, KSEAL_DIAG_TX_MAX_PAYLOAD_LEN,
				  READ_ONCE(ks->tx_max_payload));
}

static int put_sock(struct sk_buff *skb, const struct kseal_sock *ks)
{
	return put_directions(skb, smp_load_acquire(&ks->tx), smp_load_acquire(&ks->rx)) ?:
	       put_options(skb, ks);
}

/**
 * kseal_diag_fill() - tcp_ulp_ops.get_info, its last argument left out
 * @sk: socket
 * @skb: answer to a query of INET_DIAG_ULP_INFO; gets one nest of attributes,
 *	or, for a socket that is being closed, nothing
 *
 * Return: 0; -EMSGSIZE there is no room for it.
 */
int kseal_diag_fill(struct sock *sk, struct sk_buff *skb)
{
	const struct kseal_sock *ks;
	struct nlattr *nest;
	int err = 0;

	nest = nla_nest_start_noflag(skb, INET_ULP_INFO_TLS);
	if (!nest)
		return -EMSGSIZE;
	rcu_read_lock();
	ks = rcu_dereference(inet_csk(sk)->icsk_ulp_data);
	if (ks)
		err = put_sock(skb, ks);
	rcu_read_unlock();
	if (ks && !err)
		nla_nest_end(skb, nest);
	else
		nla_nest_cancel(skb, nest);
	return err;
}

/**
 * kseal_diag_size() - tcp_ulp_ops.get_info_size, its last argument left out
 * @sk: socket
 *
 * Return: bytes that kseal_diag_fill() adds at most.
 */
size_t kseal_diag_size(const struct sock *sk)
{
	return nla_total_size(0) +		/* INET_ULP_INFO_TLS */
	       nla_total_size(sizeof(u16)) +	/* TLS_INFO_VERSION */
	       nla_total_size(sizeof(u16)) +	/* TLS_INFO_CIPHER */
	       nla_total_size(sizeof(u16)) +	/* TLS_INFO_TXCONF */
	       nla_total_size(sizeof(u16)) +	/* TLS_INFO_RXCONF */
	       nla_total_size(0) +		/* TLS_INFO_ZC_RO_TX */
	       nla_total_size(0) +		/* TLS_INFO_RX_NO_PAD */
	       nla_total_size(sizeof(u16));	/* KSEAL_DIAG_TX_MAX_PAYLOAD_LEN */
}
