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
 */
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
	kseal_key_move(&tx->key, key);
	tx->stats.rekeys++;
	trace_kseal_rekey(sk, TLS_TX, tx->stats.rekeys, &tx->key);
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
	/* a reader that gave the lock away for a moment has them */
	kseal_rx_idle(rx);
	kseal_key_move(&rx->key, key);
	rx->stats.rekeys++;
	trace_kseal_rekey(sk, TLS_RX, rx->stats.rekeys, &rx->key);
	memset(&rx->handshake, 0, sizeof(rx->handshake));
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
