// SPDX-License-Identifier: GPL-2.0
/*
 * The upper-layer protocol: attach, the proto tables, release.
 *
 * A socket gets a copy of its own struct proto and struct proto_ops with a few
 * members replaced. The copies are made once for each protocol below (TCP over
 * IPv4, over IPv6) and kept until the module goes.
 */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <net/inet_common.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "kseal.h"

struct kseal_layer {
	const struct proto *base;
	const struct proto_ops *base_ops;
	struct proto prot;
	struct proto_ops ops;
};

/* kseal_layer_lock protects the building of rows; a built row is constant. */
static DEFINE_MUTEX(kseal_layer_lock);
static struct kseal_layer kseal_layers[4];

/* The module is loaded for good. A name is answered to before that is certain,
 * and a socket would stay behind.
 */
static bool kseal_live;

static int kseal_disconnect(struct sock *sk, int flags)
{
	return -EOPNOTSUPP;
}

/* While a sealed batch is on its way down it must not stop half-way. */
static bool kseal_stream_memory_free(const struct sock *sk, int wake)
{
	const struct kseal_sock *ks = kseal_sk(sk);

	if (ks->tx && ks->tx->pushing)
		return true;
	return !ks->base->stream_memory_free || ks->base->stream_memory_free(sk, wake);
}

/* For tcp_poll(), which kseal_poll() corrects, and for who asks in the kernel. */
static bool kseal_sock_is_readable(struct sock *sk)
{
	const struct kseal_sock *ks = kseal_sk(sk);
	const struct kseal_rx *rx = smp_load_acquire(&ks->rx);

	if (rx)
		return READ_ONCE(rx->ready);
	return ks->base->sock_is_readable && ks->base->sock_is_readable(sk);
}

/* inet_shutdown() forbids sending before it asks the protocol, so what is
 * still open, and close_notify, have to go down before.
 */
static int kseal_shutdown(struct socket *sock, int how)
{
	if (how == SHUT_WR || how == SHUT_RDWR)
		kseal_shut_tx(sock->sk);
	return inet_shutdown(sock, how);
}

static void kseal_detach(struct sock *sk, struct kseal_sock *ks)
{
	write_lock_bh(&sk->sk_callback_lock);
	rcu_assign_pointer(inet_csk(sk)->icsk_ulp_data, NULL);
	WRITE_ONCE(sk->sk_prot, (struct proto *)ks->base);
	if (!kseal_kernel_reads(sk))
		sk->sk_data_ready = ks->data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
}

/* What a killed process was to send may not be all there: let the peer see that. An
 * abortive close takes all of it back.
 */
static bool ends_cleanly(const struct sock *sk)
{
	bool killed = (current->flags & PF_EXITING) && (current->exit_code & 0x7f);

	return !killed && !(sock_flag(sk, SOCK_LINGER) && !sk->sk_lingertime);
}

static void kseal_close(struct sock *sk, long timeout)
{
	struct kseal_sock *ks = kseal_sk(sk);
	const struct proto *base = ks->base;

	lock_sock(sk);
	if (ks->tx)
		kseal_tx_finish(sk, ks->tx);
	if (ks->control && ks->rx)
		kseal_control_drain(sk);
	if (ks->tx && ends_cleanly(sk))
		kseal_close_notify(sk);
	kseal_untie(ks);
	kseal_detach(sk, ks);
	if (ks->tx)
		kseal_tx_free(sk, ks->tx);
	if (ks->rx)
		kseal_rx_free(sk, ks->rx);
	kseal_held_free(sk, ks->rx_prefix);
	kseal_count(sk, KSEAL_STAT_CURR_SOCKETS, -1);
	release_sock(sk);
	kfree_rcu(ks, rcu);
	/* Last, and as a jump: it may drop the reference that keeps this module
	 * loaded.
	 */
	base->close(sk, timeout);
}

static void kseal_fill_layer(struct kseal_layer *layer, const struct proto *base,
			     const struct proto_ops *base_ops)
{
	layer->prot = *base;
	layer->prot.close = kseal_close;
	layer->prot.disconnect = kseal_disconnect;
	layer->prot.setsockopt = kseal_setsockopt;
	layer->prot.getsockopt = kseal_getsockopt;
	layer->prot.sendmsg = kseal_sendmsg;
	layer->prot.stream_memory_free = kseal_stream_memory_free;
	layer->prot.sock_is_readable = kseal_sock_is_readable;
	kseal_compat_fill_proto(&layer->prot);

	layer->ops = *base_ops;
	layer->ops.poll = kseal_poll;
	layer->ops.shutdown = kseal_shutdown;
	layer->ops.splice_read = kseal_splice_read;
	layer->ops.set_rcvlowat = kseal_set_rcvlowat;
	layer->ops.read_sock = kseal_read_sock;
	layer->ops.peek_len = kseal_peek_len;
	/* These would hand out, or map, what is still encrypted. */
	layer->ops.read_skb = NULL;
	layer->ops.set_peek_off = NULL;
	layer->ops.mmap = sock_no_mmap;
	kseal_compat_fill_ops(&layer->ops);

	layer->base_ops = base_ops;
	/* Pairs with the acquire in kseal_find_layer(): seen last, whole. */
	smp_store_release(&layer->base, base);
}

static struct kseal_layer *kseal_find_layer(const struct proto *base,
					    const struct proto_ops *base_ops)
{
	struct kseal_layer *layer;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kseal_layers); i++) {
		layer = &kseal_layers[i];
		if (smp_load_acquire(&layer->base) == base && layer->base_ops == base_ops)
			return layer;
	}
	return NULL;
}

static struct kseal_layer *kseal_get_layer(const struct proto *base,
					   const struct proto_ops *base_ops)
{
	struct kseal_layer *layer;
	size_t i;

	layer = kseal_find_layer(base, base_ops);
	if (layer)
		return layer;
	mutex_lock(&kseal_layer_lock);
	layer = kseal_find_layer(base, base_ops);
	for (i = 0; !layer && i < ARRAY_SIZE(kseal_layers); i++) {
		if (kseal_layers[i].base)
			continue;
		layer = &kseal_layers[i];
		kseal_fill_layer(layer, base, base_ops);
	}
	mutex_unlock(&kseal_layer_lock);
	return layer;
}

/* Plain TCP below: a BPF sockmap replaces close in every variant of it. */
static bool kseal_base_is_tcp(const struct sock *sk)
{
	return sk->sk_prot->close == tcp_close && sk->sk_prot->sendmsg == tcp_sendmsg &&
	       sk->sk_socket;
}

static int kseal_init_sock(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct kseal_layer *layer;
	struct kseal_sock *ks;

	if (!READ_ONCE(kseal_live))
		return -ENOENT;
	if (sk->sk_state != TCP_ESTABLISHED)
		return -ENOTCONN;
	if (!kseal_base_is_tcp(sk))
		return -EINVAL;
	layer = kseal_get_layer(sk->sk_prot, sk->sk_socket->ops);
	if (!layer)
		return -EINVAL;
	/* connections are many: what is beyond that takes 192 */
	BUILD_BUG_ON(sizeof(*ks) > 128);
	ks = kzalloc(sizeof(*ks), GFP_KERNEL);
	if (!ks)
		return -ENOMEM;
	ks->base = layer->base;
	ks->base_ops = layer->base_ops;
	ks->tx_max_payload = KSEAL_PLAINTEXT_MAX;

	write_lock_bh(&sk->sk_callback_lock);
	/* Somebody else (KCM, say) works with this socket's callbacks. */
	if (sk->sk_user_data) {
		write_unlock_bh(&sk->sk_callback_lock);
		kfree(ks);
		return -EINVAL;
	}
	ks->data_ready = sk->sk_data_ready;
	rcu_assign_pointer(icsk->icsk_ulp_data, ks);
	WRITE_ONCE(sk->sk_prot, &layer->prot);
	WRITE_ONCE(sk->sk_socket->ops, &layer->ops);
	sk->sk_data_ready = kseal_data_ready;
	write_unlock_bh(&sk->sk_callback_lock);
	kseal_count(sk, KSEAL_STAT_CURR_SOCKETS, 1);
	return 0;
}

static struct tcp_ulp_ops kseal_ulp_ops __read_mostly = {
	.name	= KSEAL_ULP_NAME,
	.owner	= THIS_MODULE,
	.init	= kseal_init_sock,
};

/* Under the other name: the same, and a socket shows the one it asked for. */
static struct tcp_ulp_ops kseal_tls_ulp_ops __read_mostly = {
	.name	= "tls",
	.owner	= THIS_MODULE,
	.init	= kseal_init_sock,
};

/**
 * kseal_ulp_init() - answer to setsockopt(SOL_TCP, TCP_ULP, "kseal")
 *
 * Last of what can fail when the module is loaded.
 *
 * Return: 0; -EEXIST the name is taken.
 */
int kseal_ulp_init(void)
{
	int err;

	kseal_compat_fill_ulp(&kseal_ulp_ops);
	err = tcp_register_ulp(&kseal_ulp_ops);
	WRITE_ONCE(kseal_live, !err);
	return err;
}

/**
 * kseal_ulp_claim() - answer to the name "tls" as well
 *
 * Before kseal_ulp_init().
 *
 * Return: 0; -EEXIST the name is taken.
 */
int kseal_ulp_claim(void)
{
	kseal_compat_fill_ulp(&kseal_tls_ulp_ops);
	return tcp_register_ulp(&kseal_tls_ulp_ops);
}

/** kseal_ulp_unclaim() - and to that name no more. */
void kseal_ulp_unclaim(void)
{
	tcp_unregister_ulp(&kseal_tls_ulp_ops);
}

/** kseal_ulp_exit() - answer no more; no socket has the protocol then. */
void kseal_ulp_exit(void)
{
	tcp_unregister_ulp(&kseal_ulp_ops);
}
