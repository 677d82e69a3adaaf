// SPDX-License-Identifier: GPL-2.0
/* How a connection ends: with close_notify, or because something went wrong. */
#include <net/tcp.h>

#include "kseal.h"
#include "trace.h"

/* No alert: the peer is gone, or it is none of its business. */
#define KSEAL_NO_ALERT	(-1)

/* Why, what readers get, and what to tell the peer, by default and in kernel-control
 * mode.
 */
static const struct {
	int err;
	int alert;
	int control_alert;
} kseal_ends[] = {
	[KSEAL_END_ALERT] = { -ECONNRESET, KSEAL_NO_ALERT, KSEAL_NO_ALERT },
	[KSEAL_END_TRUNCATED] = { -ECONNRESET, KSEAL_NO_ALERT, KSEAL_NO_ALERT },
	[KSEAL_END_BAD_RECORD] = { -EBADMSG, KSEAL_BAD_RECORD_MAC, KSEAL_BAD_RECORD_MAC },
	[KSEAL_END_TOO_LONG] = { -EMSGSIZE, KSEAL_RECORD_OVERFLOW, KSEAL_RECORD_OVERFLOW },
	[KSEAL_END_VERSION] = { -EINVAL, KSEAL_PROTOCOL_VERSION, KSEAL_PROTOCOL_VERSION },
	[KSEAL_END_UNEXPECTED] = { -EPROTO, KSEAL_NO_ALERT, KSEAL_UNEXPECTED_MESSAGE },
	[KSEAL_END_DECODE] = { -EPROTO, KSEAL_NO_ALERT, KSEAL_DECODE_ERROR },
	[KSEAL_END_PARAMETER] = { -EPROTO, KSEAL_NO_ALERT, KSEAL_ILLEGAL_PARAMETER },
	[KSEAL_END_FLOOD] = { -EPROTO, KSEAL_NO_ALERT, KSEAL_UNEXPECTED_MESSAGE },
	[KSEAL_END_RENEGOTIATION] = { -EPROTO, KSEAL_NO_ALERT, KSEAL_HANDSHAKE_FAILURE },
	[KSEAL_END_KEY_LIMIT] = { -EKEYEXPIRED, KSEAL_NO_ALERT, KSEAL_INTERNAL_ERROR },
	[KSEAL_END_NO_SECRET] = { -EKEYEXPIRED, KSEAL_NO_ALERT, KSEAL_INTERNAL_ERROR },
	[KSEAL_END_USED_UP] = { -EBADMSG, KSEAL_BAD_RECORD_MAC, KSEAL_INTERNAL_ERROR },
	[KSEAL_END_CIPHER] = { -EIO, KSEAL_NO_ALERT, KSEAL_INTERNAL_ERROR },
	/* behind a hole in the stream no record can be opened */
	[KSEAL_END_PUSH] = { -EIO, KSEAL_NO_ALERT, KSEAL_NO_ALERT },
};

static bool may_tell(const struct sock *sk, const struct kseal_tx *tx)
{
	return tx && !tx->dead && !tx->closed && !tx->key.record.used_up && !sk->sk_err &&
	       !(sk->sk_shutdown & SEND_SHUTDOWN);
}

/**
 * kseal_send_alert() - tell the peer, without waiting for room
 * @sk: socket, locked
 * @level: of the alert
 * @description: of the alert
 *
 * Return: 0; -EPIPE nothing can be sent any more; as kseal_tx_control().
 */
int kseal_send_alert(struct sock *sk, u8 level, u8 description)
{
	struct kseal_sock *ks = kseal_sk(sk);
	const u8 alert[KSEAL_ALERT_SIZE] = { level, description };
	int err;

	if (!may_tell(sk, ks->tx))
		return -EPIPE;
	err = kseal_tx_control(sk, ks->tx, KSEAL_ALERT, alert, sizeof(alert));
	if (err)
		return err;
	ks->alert_out_level = level;
	ks->alert_out = description;
	trace_kseal_alert(sk, TLS_TX, level, description);
	return 0;
}

/**
 * kseal_close_notify() - no more data will follow
 * @sk: socket, locked; what MSG_MORE left open has gone down
 *
 * In kernel-control mode, once, and only where the peer can still hear of it.
 */
void kseal_close_notify(struct sock *sk)
{
	struct kseal_sock *ks = kseal_sk(sk);

	if (!ks->control || !may_tell(sk, ks->tx))
		return;
	/* it may have the number that is kept for the last record */
	ks->tx->turn_at = KSEAL_SEQ_END;
	if (kseal_send_alert(sk, KSEAL_ALERT_WARNING, KSEAL_CLOSE_NOTIFY))
		return;
	ks->tx->closed = true;
	kseal_count(sk, KSEAL_STAT_CLOSE_NOTIFY_SENT, 1);
}

/* Return: description of the alert that was sent; -1 none was. */
static int tell(struct sock *sk, const struct kseal_sock *ks, enum kseal_end why)
{
	int alert = ks->control ? kseal_ends[why].control_alert : kseal_ends[why].alert;

	if (alert == KSEAL_NO_ALERT)
		return -1;
	ks->tx->turn_at = KSEAL_SEQ_END;
	if (kseal_send_alert(sk, KSEAL_ALERT_FATAL, alert))
		return -1;
	kseal_count(sk, KSEAL_STAT_ALERTS_SENT, 1);
	return alert;
}

/* Return: as tell(). */
static int end_tx(struct sock *sk, struct kseal_sock *ks, enum kseal_end why)
{
	struct kseal_tx *tx = ks->tx;
	int alert = tell(sk, ks, why);

	tx->dead = true;
	kseal_tx_drop(sk, tx);
	kseal_key_wipe(&tx->key);
	kseal_schedule_free(&tx->schedule);
	return alert;
}

static void end_rx(struct kseal_rx *rx, int err)
{
	rx->err = err;
	WRITE_ONCE(rx->whole, true);
	WRITE_ONCE(rx->ready, true);
	WRITE_ONCE(rx->unsettled, false);
	kseal_key_wipe(&rx->key);
	kseal_schedule_free(&rx->schedule);
}

/**
 * kseal_abort_by() - end the connection, for a reason with an error of its own
 * @sk: socket, locked, in process context
 * @why: for KSEAL_INFO, and what the peer is told
 * @err: a negative errno; every read and write fails from now on, reads with this
 *	one once the records opened before are delivered
 *
 * Tells the peer with a fatal alert where there is one for it and a key to
 * seal it with, sends FIN, wipes the keys. Done once, the first reason stays.
 */
void kseal_abort_by(struct sock *sk, enum kseal_end why, int err)
{
	struct kseal_sock *ks = kseal_sk(sk);
	int alert = -1;

	BUILD_BUG_ON(ARRAY_SIZE(kseal_ends) != KSEAL_END_COUNT);
	if (ks->end)
		return;
	ks->end = why;
	kseal_untie(ks);
	if (ks->tx)
		alert = end_tx(sk, ks, why);
	if (ks->rx)
		end_rx(ks->rx, err);
	trace_kseal_abort(sk, err, alert, why);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | SEND_SHUTDOWN);
	ks->base->shutdown(sk, SEND_SHUTDOWN);
	WRITE_ONCE(sk->sk_err, -err);
	sk_error_report(sk);
}

/**
 * kseal_abort() - end the connection, the one way it is done
 * @sk: socket, locked, in process context
 * @why: of the reasons that have an error
 *
 * As kseal_abort_by().
 *
 * Return: the error, a negative errno.
 */
int kseal_abort(struct sock *sk, enum kseal_end why)
{
	kseal_abort_by(sk, why, kseal_ends[why].err);
	return kseal_ends[why].err;
}
