/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEAL_STATS_H
#define KSEAL_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

/* The counters of /proc/net/kseal_stat, a row each: index, name, meaning. */
#define KSEAL_COUNTERS(row)						\
	row(CURR_SOCKETS, CurrSockets, "sockets with the ULP now")	\
	row(CURR_TX, CurrTx, "sockets with a sending key now")		\
	row(CURR_RX, CurrRx, "sockets with a receiving key now")	\
	row(TX_KEYS, TxKeys, "sending keys installed")			\
	row(RX_KEYS, RxKeys, "receiving keys installed")		\
	row(TX_REKEYS, TxRekeys, "sending keys replaced by another")	\
	row(RX_REKEYS, RxRekeys, "receiving keys replaced by another")	\
	row(TX_REKEY_ERRORS, TxRekeyErrors,				\
	    "second sending keys refused; the first works on")		\
	row(RX_REKEY_ERRORS, RxRekeyErrors, "likewise, receiving")	\
	row(RX_KEY_UPDATES, RxKeyUpdates,				\
	    "KeyUpdate messages met, each of which pauses receiving")	\
	row(TX_RECORDS, TxRecords, "records sealed")			\
	row(TX_BYTES, TxBytes, "plaintext bytes in them")		\
	row(TX_SPLICE_BYTES, TxSpliceBytes,				\
	    "of these, read in pages from sendfile or splice")		\
	row(TX_COPIED_TWICE, TxCopiedTwice,				\
	    "records that were moved: a cipher's block lay in two pieces") \
	row(TX_PUSHES, TxPushes, "batches of records handed to TCP")	\
	row(TX_NO_MEMORY, TxNoMemory, "times TCP lacked memory for one")	\
	row(TX_ABORTS, TxAborts, "connections ended by the sender")	\
	row(RX_RECORDS, RxRecords, "records opened")			\
	row(RX_BYTES, RxBytes, "plaintext bytes in them")		\
	row(RX_DIRECT_BYTES, RxDirectBytes,				\
	    "of these, decrypted into the reader's memory")		\
	row(RX_DIRECT_RETRIES, RxDirectRetries,				\
	    "records opened twice: padded, or not data after all")	\
	row(RX_NO_PAD_VIOLATIONS, RxNoPadViolations,			\
	    "of these, with TLS_RX_EXPECT_NO_PAD set: padded all the same")	\
	row(RX_HELD, RxHeld,						\
	    "records moved out of a receive window too small for them")	\
	row(RX_PREFIX_BYTES, RxPrefixBytes,				\
	    "sealed bytes that programs had read ahead, and gave back")	\
	row(RX_DECRYPT_ERROR, RxDecryptError, "records that failed authentication")	\
	row(RX_HEADER_ERROR, RxHeaderError, "headers refused")		\
	row(RX_TRUNCATED, RxTruncated,					\
	    "streams that ended inside a record, or without close_notify")	\
	row(RX_SEQ_USED_UP, RxSeqUsedUp, "streams at the last sequence number")	\
	row(TX_SEQ_USED_UP, TxSeqUsedUp, "likewise, sending")		\
	row(ALERTS_SENT, AlertsSent, "fatal alerts sent")		\
	row(TX_KEY_LIMIT, TxKeyLimit,					\
	    "connections ended as a key had sealed all that it may")	\
	row(TX_KEY_UPDATES, TxKeyUpdates, "KeyUpdate messages sent by the kernel") \
	row(CLOSE_NOTIFY_SENT, CloseNotifySent,				\
	    "in kernel-control mode: close_notify alerts sent")		\
	row(CLOSE_NOTIFY_RECEIVED, CloseNotifyReceived, "likewise: taken")	\
	row(CONTROLS, Controls, "likewise: records taken that were no data")	\
	row(ALERTS_RECEIVED, AlertsReceived, "likewise: fatal alerts")	\
	row(WARNINGS, Warnings, "likewise: warning alerts")		\
	row(TICKETS, Tickets, "likewise: tickets taken")		\
	row(TICKETS_GIVEN, TicketsGiven, "of these, put in a ticket queue")

#define KSEAL_COUNTER_INDEX(index, name, meaning) KSEAL_STAT_##index,
enum kseal_counter {
	KSEAL_COUNTERS(KSEAL_COUNTER_INDEX)
	KSEAL_STAT_COUNT
};

/* One CPU's share; a gauge may be negative on one CPU, never in the sum. */
struct kseal_stats {
	u64 value[KSEAL_STAT_COUNT];
};

struct kseal_net {
	struct kseal_stats __percpu *stats;
};

extern unsigned int kseal_net_id;

static inline void kseal_count(const struct sock *sk, enum kseal_counter index, u64 n)
{
	struct kseal_net *kn = net_generic(sock_net(sk), kseal_net_id);

	this_cpu_add(kn->stats->value[index], n);
}

u64 kseal_stat(const struct net *net, enum kseal_counter index);
int kseal_stats_init(void);
void kseal_stats_exit(void);

#endif /* KSEAL_STATS_H */
