// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel-control mode: records that are no application data, taken by the kernel.
 *
 *	opened -> judged (alert.c, handshake.c) -> done here, the record is gone
 *
 * That happens where records are opened, so in the same way for every kind of
 * reader. Nothing runs by itself: where nobody reads, who writes, polls or
 * closes opens what is at the head of the stream ("settles" it) while no data
 * waits for a reader. What turns out to be data does wait from then on.
 */
#include <net/tcp.h>

#include "kseal.h"
#include "trace.h"

/**
 * kseal_control_is() - whether an opened record is taken here
 * @sk: socket, locked
 * @rx: its receiving side
 * @plain: the record
 *
 * Return: true in kernel-control mode for what is no data, and for data inside a
 * handshake message, where nothing else may stand (RFC 8446 5.1).
 */
bool kseal_control_is(const struct sock *sk, const struct kseal_rx *rx,
		      const struct kseal_plain *plain)
{
	return kseal_sk(sk)->control &&
	       (plain->type != KSEAL_APPLICATION_DATA || rx->handshake.have);
}

static u8 roles(const struct kseal_sock *ks)
{
	if (ks->control & KSEAL_CONTROL_CLIENT)
		return KSEAL_ROLE_CLIENT;
	return ks->control & KSEAL_CONTROL_SERVER ? KSEAL_ROLE_SERVER : KSEAL_ROLE_EITHER;
}

/* One more of what a peer may not send without end. Return: 0 or -errno. */
static int spend(struct sock *sk, const struct kseal_rx *rx)
{
	struct kseal_sock *ks = kseal_sk(sk);
	u32 data = (u32)rx->stats.records - ks->controls;

	if (kseal_flood_take(&ks->flood, data, ktime_get_seconds()))
		return 0;
	return kseal_abort(sk, KSEAL_END_FLOOD);
}

/* The peer's last word. Its FIN may come late, or never. */
static void close_rx(struct sock *sk, struct kseal_rx *rx)
{
	rx->closed = true;
	kseal_untie(kseal_sk(sk));
	kseal_count(sk, KSEAL_STAT_CLOSE_NOTIFY_RECEIVED, 1);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	kseal_rx_look(sk, rx, sk->sk_allocation);
	sk->sk_state_change(sk);
}

static int take_alert(struct sock *sk, struct kseal_rx *rx, const struct kseal_plain *plain)
{
	const u8 *alert = plain->len ? page_address(plain->pages[0]) : NULL;
	int verdict = kseal_alert_judge(rx->key.record.version, alert, plain->len);
	struct kseal_sock *ks = kseal_sk(sk);

	if (verdict < 0)
		return kseal_abort(sk, -verdict);
	ks->alert_in_level = alert[0];
	ks->alert_in = alert[1];
	trace_kseal_alert(sk, TLS_RX, alert[0], alert[1]);
	if (verdict == KSEAL_CLOSED) {
		close_rx(sk, rx);
	} else if (verdict == KSEAL_FAILED) {
		kseal_count(sk, KSEAL_STAT_ALERTS_RECEIVED, 1);
		return kseal_abort(sk, KSEAL_END_ALERT);
	} else {
		ks->warnings++;
		kseal_count(sk, KSEAL_STAT_WARNINGS, 1);
	}
	return 0;
}

/* Between two of our records, now if none is open. Without memory it waits for the next
 * one, as it may (RFC 8446 4.6.3).
 */
static int answer_update(struct sock *sk)
{
	struct kseal_tx *tx = kseal_sk(sk)->tx;
	int err = 0;

	if (!tx || tx->dead || tx->closed || sk->sk_err || (sk->sk_shutdown & SEND_SHUTDOWN))
		return 0;
	tx->update_wanted = true;
	tx->turn_at = 0;
	if (!kseal_tx_is_open(tx))
		err = kseal_tx_turn(sk, tx);
	return err == -ENOMEM || err == -EPIPE ? 0 : err;
}

/* @last: it ends its record, as it must, for the next one has another key. */
static int take_update(struct sock *sk, struct kseal_rx *rx, bool requested, bool last)
{
	int err;

	if (!last)
		return kseal_abort(sk, KSEAL_END_UNEXPECTED);
	rx->stats.key_updates++;
	kseal_count(sk, KSEAL_STAT_RX_KEY_UPDATES, 1);
	if (!rx->schedule)
		return kseal_abort(sk, KSEAL_END_NO_SECRET);
	rx->renew = true;
	err = kseal_rx_renew(sk, rx);
	if (err && err != -ENOMEM)
		return err;
	return requested ? answer_update(sk) : 0;
}

static void take_ticket(struct sock *sk, struct kseal_sock *ks)
{
	ks->tickets++;
	kseal_count(sk, KSEAL_STAT_TICKETS, 1);
	if (!kseal_tickets_give(ks))
		return;
	ks->tickets_given++;
	kseal_count(sk, KSEAL_STAT_TICKETS_GIVEN, 1);
}

static int take_message(struct sock *sk, struct kseal_rx *rx, int verdict, bool last)
{
	struct kseal_sock *ks = kseal_sk(sk);

	switch (verdict) {
	case KSEAL_UPDATE:
	case KSEAL_UPDATE_REQUESTED:
		return take_update(sk, rx, verdict == KSEAL_UPDATE_REQUESTED, last);
	case KSEAL_HELLO:
		/* where it cannot be told, there is no harm in that */
		kseal_send_alert(sk, KSEAL_ALERT_WARNING, KSEAL_NO_RENEGOTIATION);
		return ks->end ? rx->err : 0;
	default:
		take_ticket(sk, ks);
		return 0;
	}
}

static int take_handshake(struct sock *sk, struct kseal_rx *rx, const struct kseal_plain *plain)
{
	struct kseal_sock *ks = kseal_sk(sk);
	u16 version = rx->key.record.version;
	int err = 0, verdict, messages = 0;
	size_t n, used;
	const u8 *data;
	bool begins;
	u32 off;

	if (!plain->len)
		return kseal_abort(sk, KSEAL_END_UNEXPECTED);
	for (off = 0; off < plain->len && !err; off += used) {
		n = min_t(size_t, plain->len - off, PAGE_SIZE - offset_in_page(off));
		data = page_address(plain->pages[off / PAGE_SIZE]) + offset_in_page(off);
		begins = !rx->handshake.have;
		verdict = kseal_handshake_judge(&rx->handshake, version, roles(ks), data, n,
						&used);
		if (verdict < 0)
			return kseal_abort(sk, -verdict);
		kseal_tickets_collect(sk, begins, data, used);
		if (verdict == KSEAL_PASS)
			continue;
		/* the first one has been paid for with its record */
		if (messages++)
			err = spend(sk, rx);
		if (!err)
			err = take_message(sk, rx, verdict, off + used == plain->len);
	}
	return err;
}

/**
 * kseal_control_take() - do what a record that is no data asks for
 * @sk: socket, locked
 * @rx: its receiving side; the record is no longer at the head
 * @plain: the record, kseal_control_is()
 *
 * Return: 0; -ECONNRESET, -EPROTO, -EKEYEXPIRED (<linux/kseal.h>) or an error of
 * the cipher, the connection is aborted.
 */
int kseal_control_take(struct sock *sk, struct kseal_rx *rx, const struct kseal_plain *plain)
{
	int err;

	if (plain->type == KSEAL_APPLICATION_DATA)
		return kseal_abort(sk, KSEAL_END_UNEXPECTED);
	kseal_sk(sk)->controls++;
	kseal_count(sk, KSEAL_STAT_CONTROLS, 1);
	err = spend(sk, rx);
	if (err)
		return err;
	if (plain->type == KSEAL_ALERT)
		return take_alert(sk, rx, plain);
	if (plain->type == KSEAL_HANDSHAKE)
		return take_handshake(sk, rx, plain);
	return kseal_abort(sk, KSEAL_END_UNEXPECTED);
}

/**
 * kseal_settle() - take what is at the head of the stream and no data
 * @sk: socket, locked
 * @most: bytes of content a record may have to be looked into
 *
 * Return: true unless there is a record that could not be looked into.
 */
bool kseal_settle(struct sock *sk, u32 most)
{
	struct kseal_rx *rx = kseal_sk(sk)->rx;
	unsigned int left = KSEAL_BARREN_MAX;
	bool done = true;

	while (done && rx->unsettled && left--) {
		/* numbers that are used up are for who reads to find */
		done = rx->frame.header.content <= most && !sk->sk_err &&
		       !rx->key.record.used_up && (!kseal_open_plain(sk, rx) || rx->err);
		kseal_rx_look(sk, rx, sk->sk_allocation);
	}
	kseal_rx_idle(rx);
	return done;
}

/**
 * kseal_control_drain() - the socket is closed: leave TCP nothing that was not data
 * @sk: socket, locked
 *
 * With bytes on its queue TCP would send RST, which takes what we sent last away
 * from the peer.
 */
void kseal_control_drain(struct sock *sk)
{
	struct kseal_rx *rx = kseal_sk(sk)->rx;

	if (READ_ONCE(rx->unsettled))
		kseal_settle(sk, U32_MAX);
	if (rx->closed && kseal_queue_len(sk))
		tcp_read_done(sk, kseal_queue_len(sk));
}
