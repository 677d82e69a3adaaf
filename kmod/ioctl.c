// SPDX-License-Identifier: GPL-2.0
/* How much there is to read: ioctl(SIOCINQ), and the same for the kernel. */
#include <net/tcp.h>

#include "kseal.h"

/* Records may be small and the queue long: it is walked once, @skb moves on. */
static bool copy_header(const struct sock *sk, struct sk_buff **skb, u32 seq, u8 *header)
{
	u32 done = 0, at, n;

	for (; done < KSEAL_HEADER_SIZE; done += n) {
		*skb = kseal_queue_find(sk, *skb, seq + done, &at);
		if (!*skb)
			return false;
		n = min_t(u32, KSEAL_HEADER_SIZE - done, (*skb)->len - at);
		if (skb_copy_bits(*skb, at, header + done, n))
			return false;
	}
	return true;
}

/* Content of the whole records that begin at @off in what has arrived. */
static u64 count_queue(const struct sock *sk, const struct kseal_rx *rx, u32 off, u32 avail)
{
	struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);
	u32 seq = tcp_sk(sk)->copied_seq - rx->held;
	u8 header[KSEAL_HEADER_SIZE];
	struct kseal_header parsed;
	u64 sum = 0;

	while (avail - off >= KSEAL_HEADER_SIZE) {
		if (!copy_header(sk, &skb, seq + off, header) ||
		    kseal_record_parse(&rx->key.record, header, &parsed) ||
		    avail - off < KSEAL_HEADER_SIZE + parsed.body)
			break;
		off += KSEAL_HEADER_SIZE + parsed.body;
		sum += parsed.content;
	}
	return sum;
}

static u64 count_records(const struct sock *sk, const struct kseal_rx *rx)
{
	u32 avail = kseal_rx_avail(sk, rx), first = rx->frame.full;

	if (rx->err || rx->bad || rx->key_expired)
		return 0;
	/* its header may have been moved, so it is not parsed again */
	if (!first)
		return count_queue(sk, rx, 0, avail);
	if (avail < first)
		return 0;
	return rx->frame.header.content + count_queue(sk, rx, first, avail);
}

/**
 * kseal_rx_inq() - bytes that could be read without waiting
 * @sk: socket, locked
 * @rx: its receiving side
 *
 * Return: what is left of the opened records, and the content of the whole ones
 * that have arrived. Of these the padding of TLS 1.3 is not known yet and
 * counted as content.
 */
int kseal_rx_inq(const struct sock *sk, const struct kseal_rx *rx)
{
	const struct kseal_plain *plain;
	u64 sum = 0;

	list_for_each_entry(plain, &rx->plain, node)
		sum += plain->len - plain->off;
	return min_t(u64, sum + count_records(sk, rx), INT_MAX);
}

/**
 * kseal_inq() - answer ioctl(SIOCINQ)
 * @sk: socket, not locked
 * @answer: set to the bytes of kseal_rx_inq()
 *
 * Return: true; false when there is no key to receive with, and TCP's own
 * answer holds.
 */
bool kseal_inq(struct sock *sk, int *answer)
{
	struct kseal_rx *rx = smp_load_acquire(&kseal_sk(sk)->rx);

	if (!rx)
		return false;
	lock_sock(sk);
	*answer = kseal_rx_inq(sk, rx);
	release_sock(sk);
	return true;
}
