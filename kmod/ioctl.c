// SPDX-License-Identifier: GPL-2.0
/* How much there is to read: ioctl(SIOCINQ), and the same for the kernel. */
#include "kseal.h"

/* Content of the whole records that have arrived. */
static u64 count_records(const struct sock *sk, const struct kseal_rx *rx)
{
	struct kseal_header header;
	struct kseal_walk walk;
	u64 sum = 0;

	if (rx->err || rx->bad || rx->key_expired || rx->closed)
		return 0;
	kseal_walk_early(sk, &walk);
	while (kseal_walk(sk, rx, &walk, &header) > 0)
		sum += header.content;
	return sum;
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
