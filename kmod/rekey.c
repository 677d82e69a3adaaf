// SPDX-License-Identifier: GPL-2.0
/*
 * A direction's key replaced by the next one (RFC 8446 4.6.3, 7.2).
 *
 *		KeyUpdate opened		TLS_RX
 *	reading ----------------> key expired ----------> reading
 *
 * While the key is expired no record is opened and none is reported; TCP goes
 * on receiving. Sending knows no such state: its program changes the key when
 * it has sent its own KeyUpdate.
 *
 * In kernel-control mode the next key comes from the traffic secret: the receiving
 * one with the peer's KeyUpdate, or, for want of memory, before the next record is
 * opened; the sending one when its turn has come, between two records.
 */
#include <linux/slab.h>
#include <net/tcp.h>

#include "kseal.h"
#include "trace.h"

/* Records numbered from there on would take nonces that were used already, by
 * us or by the peer.
 */
static bool goes_back(const struct kseal_key *old, const struct kseal_key *new)
{
	const struct kseal_suite *suite = old->record.suite;

	return !memcmp(old->info + suite->key_offset, new->info + suite->key_offset,
		       suite->key_size) &&
	       !memcmp(old->record.nonce, new->record.nonce, KSEAL_NONCE_SIZE) &&
	       new->record.seq < old->record.seq;
}

/* The key may be replaced, and by this one. */
static int check_key(const struct kseal_key *old, const struct kseal_key *new)
{
	if (old->record.version != TLS_1_3_VERSION)
		return -EBUSY;
	if (new->record.version != old->record.version ||
	    new->record.suite != old->record.suite)
		return -EINVAL;
	return goes_back(old, new) ? -EINVAL : 0;
}

static void take_tx_key(struct sock *sk, struct kseal_tx *tx, struct kseal_key *key)
{
	kseal_key_move(&tx->key, key);
	tx->stats.rekeys++;
	tx->update_wanted = false;
	kseal_tx_set_turn(kseal_sk(sk), tx);
	trace_kseal_rekey(sk, TLS_TX, tx->stats.rekeys, &tx->key);
}

static void take_rx_key(struct sock *sk, struct kseal_rx *rx, struct kseal_key *key)
{
	/* a reader that gave the lock away for a moment has them */
	kseal_rx_idle(rx);
	kseal_key_move(&rx->key, key);
	rx->stats.rekeys++;
	trace_kseal_rekey(sk, TLS_RX, rx->stats.rekeys, &rx->key);
	memset(&rx->handshake, 0, sizeof(rx->handshake));
}

static int rekey_tx(struct sock *sk, struct kseal_tx *tx, struct kseal_key *key)
{
	int err;

	if (tx->dead)
		return -EPIPE;
	err = check_key(&tx->key, key);
	if (err)
		return err;
	/* what was written before the new key goes out under the old one */
	err = kseal_tx_finish(sk, tx);
	if (err)
		return err;
	kseal_schedule_free(&tx->schedule);
	take_tx_key(sk, tx, key);
	return 0;
}

static int rekey_rx(struct sock *sk, struct kseal_rx *rx, struct kseal_key *key)
{
	int err;

	if (rx->err)
		return rx->err;
	err = check_key(&rx->key, key);
	if (err)
		return err;
	kseal_schedule_free(&rx->schedule);
	rx->renew = false;
	take_rx_key(sk, rx, key);
	rx->key_expired = false;
	/* records that came meanwhile are waited for */
	kseal_rx_call(sk, rx);
	return 0;
}

/**
 * kseal_rekey_tx() - seal with another key from here on
 * @sk: socket, locked
 * @tx: its sending side
 * @key: moved from on success
 *
 * Return: 0; -EBUSY TLS 1.2 has no such thing; -EINVAL another version or
 * suite, or the same key with numbers that were used; -EPIPE the connection
 * takes no more. The old key stays on error.
 */
int kseal_rekey_tx(struct sock *sk, struct kseal_tx *tx, struct kseal_key *key)
{
	int err = rekey_tx(sk, tx, key);

	kseal_count(sk, err ? KSEAL_STAT_TX_REKEY_ERRORS : KSEAL_STAT_TX_REKEYS, 1);
	return err;
}

/**
 * kseal_rekey_rx() - open with another key from here on
 * @sk: socket, locked
 * @rx: its receiving side
 * @key: moved from on success
 *
 * Return: as kseal_rekey_tx(), but the error that the connection ended with in
 * place of -EPIPE.
 */
int kseal_rekey_rx(struct sock *sk, struct kseal_rx *rx, struct kseal_key *key)
{
	int err = rekey_rx(sk, rx, key);

	kseal_count(sk, err ? KSEAL_STAT_RX_REKEY_ERRORS : KSEAL_STAT_RX_REKEYS, 1);
	return err;
}

/**
 * kseal_tx_limit() - how many records the sending key may seal
 * @tx: sending side
 * @ks: its socket's, locked
 *
 * Return: so many; KSEAL_SEQ_END: until the numbers are used up.
 */
u64 kseal_tx_limit(const struct kseal_tx *tx, const struct kseal_sock *ks)
{
	if (!ks->control)
		return KSEAL_SEQ_END;
	if (ks->tx_records)
		return min(ks->tx_records, tx->key.record.suite->record_limit);
	return tx->key.record.suite->record_limit;
}

/**
 * kseal_tx_set_turn() - see how long the sending key may be used
 * @ks: the socket's, locked
 * @tx: its sending side; nothing comes behind a close_notify
 */
void kseal_tx_set_turn(const struct kseal_sock *ks, struct kseal_tx *tx)
{
	u64 limit = kseal_tx_limit(tx, ks);

	tx->turn_at = KSEAL_SEQ_END;
	/* the last one is what ends it */
	if (limit != KSEAL_SEQ_END && !tx->closed)
		tx->turn_at = limit - 1;
	if (tx->update_wanted)
		tx->turn_at = 0;
}

/* What kseal_schedule_next() makes. */
struct kseal_generation {
	struct kseal_schedule schedule;
	struct kseal_key key;
};

static struct kseal_generation *next_generation(const struct kseal_schedule *schedule,
						const struct kseal_record *rec, int *err)
{
	struct kseal_generation *next = kzalloc(sizeof(*next), GFP_NOIO | __GFP_NOWARN);

	*err = -ENOMEM;
	if (!next)
		return NULL;
	*err = kseal_schedule_next(schedule, rec, &next->schedule, &next->key);
	if (!*err)
		return next;
	kseal_key_wipe(&next->key);
	kfree_sensitive(next);
	return NULL;
}

/* Error of the crypto API: that of no memory may pass. */
static int renew_failed(struct sock *sk, int err)
{
	if (err != -ENOMEM)
		kseal_abort_by(sk, KSEAL_END_CIPHER, err);
	return err;
}

/**
 * kseal_rx_renew() - open with the next key from here on
 * @sk: socket, locked
 * @rx: its receiving side, with a secret; the peer's KeyUpdate was the last record
 *
 * Return: 0; -ENOMEM, @rx->renew stays set; an error of the crypto API, the
 * connection is aborted.
 */
int kseal_rx_renew(struct sock *sk, struct kseal_rx *rx)
{
	struct kseal_generation *next;
	int err;

	next = next_generation(rx->schedule, &rx->key.record, &err);
	if (!next) {
		kseal_rx_idle(rx);
		return renew_failed(sk, err);
	}
	*rx->schedule = next->schedule;
	take_rx_key(sk, rx, &next->key);
	rx->renew = false;
	kfree_sensitive(next);
	kseal_count(sk, KSEAL_STAT_RX_REKEYS, 1);
	return 0;
}

/* No record may follow under this key, and there is no other. */
static int end_of_key(struct sock *sk, struct kseal_tx *tx)
{
	int err;

	if (tx->key.record.used_up)
		kseal_count(sk, KSEAL_STAT_TX_SEQ_USED_UP, 1);
	else
		kseal_count(sk, KSEAL_STAT_TX_KEY_LIMIT, 1);
	err = kseal_tx_push(sk, tx);
	return err ?: kseal_abort(sk, tx->key.record.used_up ? KSEAL_END_USED_UP :
							      KSEAL_END_KEY_LIMIT);
}

/**
 * kseal_tx_turn() - the sending key's turn is over: seal with the next one
 * @sk: socket, locked
 * @tx: its sending side, without an open record
 *
 * Return: 0, a KeyUpdate has gone out under the old key; -ENOMEM nothing has
 * happened; -EBADMSG, -EKEYEXPIRED or an error of cipher or TCP, the connection is
 * aborted.
 */
int kseal_tx_turn(struct sock *sk, struct kseal_tx *tx)
{
	static const u8 update[] = { KSEAL_KEY_UPDATE, 0, 0, KSEAL_KEY_UPDATE_SIZE, 0 };
	struct kseal_generation *next;
	u64 turn_at = tx->turn_at;
	int err;

	if (tx->key.record.used_up)
		return end_of_key(sk, tx);
	if (!tx->schedule)
		return tx->update_wanted ? kseal_abort(sk, KSEAL_END_NO_SECRET) :
					   end_of_key(sk, tx);
	next = next_generation(tx->schedule, &tx->key.record, &err);
	if (!next)
		return renew_failed(sk, err);
	tx->turn_at = KSEAL_SEQ_END;
	err = kseal_tx_control(sk, tx, KSEAL_HANDSHAKE, update, sizeof(update));
	if (!err && !tx->dead) {
		*tx->schedule = next->schedule;
		take_tx_key(sk, tx, &next->key);
		tx->stats.key_updates++;
		kseal_count(sk, KSEAL_STAT_TX_REKEYS, 1);
		kseal_count(sk, KSEAL_STAT_TX_KEY_UPDATES, 1);
	} else {
		tx->turn_at = turn_at;
	}
	kseal_key_wipe(&next->key);
	kfree_sensitive(next);
	return err;
}
