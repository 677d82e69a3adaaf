// SPDX-License-Identifier: GPL-2.0
/* The end of a connection that went wrong. */
#include <net/tcp.h>

#include "kseal.h"
#include "trace.h"

/* RFC 8446 6, RFC 5246 7.2 */
enum kseal_alert {
	KSEAL_ALERT_FATAL		= 2,
	KSEAL_BAD_RECORD_MAC		= 20,
	KSEAL_RECORD_OVERFLOW		= 22,
	KSEAL_PROTOCOL_VERSION		= 70,
};

/* What to tell the peer; what is not listed is none of its business. */
static const struct {
	int err;
	u8 alert;
} kseal_alerts[] = {
	{ -EBADMSG,	KSEAL_BAD_RECORD_MAC },
	{ -EMSGSIZE,	KSEAL_RECORD_OVERFLOW },
	{ -EINVAL,	KSEAL_PROTOCOL_VERSION },
};

/* Return: description of the alert that was sent; -1 none was. */
static int send_alert(struct sock *sk, struct kseal_tx *tx, int err)
{
	u8 alert[2] = { KSEAL_ALERT_FATAL };
	size_t i;

	/* no number is left to seal it with */
	if (tx->key.record.used_up)
		return -1;
	for (i = 0; i < ARRAY_SIZE(kseal_alerts); i++) {
		if (kseal_alerts[i].err != err)
			continue;
		alert[1] = kseal_alerts[i].alert;
		if (kseal_tx_control(sk, tx, KSEAL_ALERT, alert, sizeof(alert)))
			return -1;
		kseal_count(sk, KSEAL_STAT_ALERTS_SENT, 1);
		return alert[1];
	}
	return -1;
}

/* Return: as send_alert(). */
static int end_tx(struct sock *sk, struct kseal_tx *tx, int err)
{
	int alert = send_alert(sk, tx, err);

	tx->dead = true;
	kseal_tx_drop(sk, tx);
	kseal_key_wipe(&tx->key);
	return alert;
}

static void end_rx(struct sock *sk, struct kseal_rx *rx, int err)
{
	rx->err = err;
	WRITE_ONCE(rx->whole, true);
	WRITE_ONCE(rx->ready, true);
	kseal_key_wipe(&rx->key);
}

/**
 * kseal_abort() - end the connection, the one way it is done
 * @sk: socket, locked, in process context
 * @err: why, a negative errno; every read and write fails from now on, reads
 *	with this one once the records opened before are delivered
 *
 * Tells the peer with a fatal alert where there is one for it and a key to
 * seal it with, sends FIN, wipes the keys. Done once, the first reason stays.
 */
void kseal_abort(struct sock *sk, int err)
{
	struct kseal_sock *ks = kseal_sk(sk);
	int alert = -1;

	if (ks->aborted)
		return;
	ks->aborted = true;
	if (ks->tx)
		alert = end_tx(sk, ks->tx, err);
	if (ks->rx)
		end_rx(sk, ks->rx, err);
	trace_kseal_abort(sk, err, alert);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	ks->base->shutdown(sk, SEND_SHUTDOWN);
	WRITE_ONCE(sk->sk_err, -err);
	sk_error_report(sk);
}
