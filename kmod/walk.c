// SPDX-License-Identifier: GPL-2.0
/*
 * From record to record through what has arrived, by their headers, opening
 * none. A walk is good while the lock is held. Records may be small and the
 * queue long: it is gone through once.
 */
#include <net/tcp.h>

#include "kseal.h"

/**
 * kseal_walk_early() - begin at the head of the stream
 * @sk: socket, locked
 * @walk: to fill
 */
void kseal_walk_early(const struct sock *sk, struct kseal_walk *walk)
{
	walk->skb = skb_peek(&sk->sk_receive_queue);
	walk->off = 0;
}

/**
 * kseal_walk_late() - begin at a record that came of late
 * @sk: socket, locked
 * @rx: its receiving side
 * @walk: to fill
 * @off: where in the stream the record begins, counted from the head
 */
void kseal_walk_late(const struct sock *sk, const struct kseal_rx *rx, struct kseal_walk *walk,
		     u32 off)
{
	walk->skb = kseal_queue_find_late(sk, kseal_rx_head(sk, rx) + off);
	if (!walk->skb)
		walk->skb = skb_peek(&sk->sk_receive_queue);
	walk->off = off;
}

/**
 * kseal_walk() - pass a record
 * @sk: socket, locked
 * @rx: its receiving side
 * @walk: moved behind the record
 * @header: set to the record's
 *
 * Return: 1; 0 no whole record is there; an error of kseal_record_parse().
 */
int kseal_walk(const struct sock *sk, const struct kseal_rx *rx, struct kseal_walk *walk,
	       struct kseal_header *header)
{
	u32 avail = kseal_rx_avail(sk, rx) - walk->off;
	u8 bytes[KSEAL_HEADER_SIZE];
	int err;

	if (!walk->off && rx->frame.full) {
		*header = rx->frame.header;
	} else {
		if (avail < sizeof(bytes) ||
		    kseal_rx_copy(sk, rx, &walk->skb, walk->off, bytes, sizeof(bytes)))
			return 0;
		err = kseal_record_parse(&rx->key.record, bytes, header);
		if (err)
			return err;
	}
	if (avail < KSEAL_HEADER_SIZE + header->body)
		return 0;
	walk->off += KSEAL_HEADER_SIZE + header->body;
	return 1;
}
