// SPDX-License-Identifier: GPL-2.0
/* What getsockopt(KSEAL_INFO) tells. */
#include "kseal.h"

static void fill_tx(const struct kseal_tx *tx, struct kseal_info *info)
{
	const struct kseal_suite *suite = tx->key.record.suite;

	info->tx_version = tx->key.record.version;
	info->tx_cipher = suite->cipher_type;
	info->tx_records = tx->stats.records;
	info->tx_bytes = tx->stats.bytes;
	info->tx_splice_bytes = tx->stats.splice_bytes;
	info->tx_pushes = tx->stats.pushes;
	info->tx_rekeys = tx->stats.rekeys;
	info->tx_key_updates = tx->stats.key_updates;
	info->tx_key_records = tx->key.record.seq;
	if (tx->closed)
		info->state |= KSEAL_STATE_TX_CLOSED;
	if (tx->schedule)
		info->state |= KSEAL_STATE_TX_SECRET;
	strscpy(info->tx_driver, kseal_aead_driver(&tx->key.aead), sizeof(info->tx_driver));
}

static void fill_rx(const struct kseal_rx *rx, struct kseal_info *info)
{
	info->rx_version = rx->key.record.version;
	info->rx_cipher = rx->key.record.suite->cipher_type;
	info->rx_records = rx->stats.records;
	info->rx_bytes = rx->stats.bytes;
	info->rx_direct_bytes = rx->stats.direct_bytes;
	info->rx_direct_retries = rx->stats.direct_retries;
	info->rx_held = rx->stats.held;
	info->rx_rekeys = rx->stats.rekeys;
	info->rx_key_updates = rx->stats.key_updates;
	info->rx_key_records = rx->key.record.seq;
	if (rx->closed)
		info->state |= KSEAL_STATE_RX_CLOSED;
	if (rx->key_expired)
		info->state |= KSEAL_STATE_RX_EXPIRED;
	if (rx->schedule)
		info->state |= KSEAL_STATE_RX_SECRET;
	strscpy(info->rx_driver, kseal_aead_driver(&rx->key.aead), sizeof(info->rx_driver));
}

static void fill_control(const struct kseal_sock *ks, struct kseal_info *info)
{
	u64 limit = ks->tx ? kseal_tx_limit(ks->tx, ks) : KSEAL_SEQ_END;

	if (ks->end)
		info->state |= KSEAL_STATE_ENDED;
	info->end = ks->end;
	info->control = ks->control;
	info->alert_in_level = ks->alert_in_level;
	info->alert_in = ks->alert_in;
	info->alert_out_level = ks->alert_out_level;
	info->alert_out = ks->alert_out;
	info->controls = ks->controls;
	info->tickets = ks->tickets;
	info->tickets_given = ks->tickets_given;
	info->warnings = ks->warnings;
	info->tx_key_limit = limit == KSEAL_SEQ_END ? 0 : limit;
}

/**
 * kseal_fill_info() - all of it
 * @ks: the socket's, locked
 * @info: to fill, zeroed
 */
void kseal_fill_info(const struct kseal_sock *ks, struct kseal_info *info)
{
	BUILD_BUG_ON(KSEAL_DRIVER_SIZE != CRYPTO_MAX_ALG_NAME);
	info->tx_max_payload = ks->tx_max_payload;
	if (ks->tx)
		fill_tx(ks->tx, info);
	if (ks->rx)
		fill_rx(ks->rx, info);
	fill_control(ks, info);
}
