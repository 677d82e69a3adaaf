/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, system kseal: what happens to each record, and to the keys.
 * All of them are called with the socket locked, in process context.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kseal

#if !defined(KSEAL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define KSEAL_TRACE_H

#include <linux/tracepoint.h>
#include <net/inet_sock.h>

#include "kseal.h"

/* Which connection: what every event begins with. Ports in host order. */
#define KSEAL_SOCK_FIELDS		\
	__field(const void *, sk)	\
	__field(u16, family)		\
	__field(u16, sport)		\
	__field(u16, dport)

#define KSEAL_SOCK_ASSIGN						\
	do {								\
		__entry->sk = sk;					\
		__entry->family = sk->sk_family;			\
		__entry->sport = ntohs(inet_sk(sk)->inet_sport);	\
		__entry->dport = ntohs(inet_sk(sk)->inet_dport);	\
	} while (0)

#define KSEAL_SOCK_FORMAT "sk=%p family=%u sport=%u dport=%u "

#define KSEAL_SOCK_ARGS \
	__entry->sk, __entry->family, __entry->sport, __entry->dport

#define kseal_show_type(type)						\
	__print_symbolic(type,						\
			 { KSEAL_CHANGE_CIPHER_SPEC, "ccs" },		\
			 { KSEAL_ALERT, "alert" },			\
			 { KSEAL_HANDSHAKE, "handshake" },		\
			 { KSEAL_APPLICATION_DATA, "data" })

/* A record is encrypted, and will be handed to TCP. @spliced of its @len bytes
 * of content were read in pages from sendfile or splice.
 */
TRACE_EVENT(kseal_record_sealed,
	TP_PROTO(const struct sock *sk, const struct kseal_tx *tx),
	TP_ARGS(sk, tx),
	TP_STRUCT__entry(
		KSEAL_SOCK_FIELDS
		__field(u8, type)
		__field(u32, len)
		__field(u32, spliced)
		__field(u64, seq)
	),
	TP_fast_assign(
		KSEAL_SOCK_ASSIGN;
		__entry->type = tx->type;
		__entry->len = tx->len;
		__entry->spliced = tx->spliced;
		__entry->seq = tx->key.record.seq;
	),
	TP_printk(KSEAL_SOCK_FORMAT "type=%u(%s) len=%u seq=%llu spliced=%u",
		  KSEAL_SOCK_ARGS, __entry->type, kseal_show_type(__entry->type),
		  __entry->len, __entry->seq, __entry->spliced)
);

/* A record was authentic and is decrypted; @direct: into the reader's memory.
 * @padding: zeros behind its content.
 */
TRACE_EVENT(kseal_record_opened,
	TP_PROTO(const struct sock *sk, const struct kseal_rx *rx, u8 type, u32 len,
		 bool direct),
	TP_ARGS(sk, rx, type, len, direct),
	TP_STRUCT__entry(
		KSEAL_SOCK_FIELDS
		__field(u8, type)
		__field(bool, direct)
		__field(u32, len)
		__field(u32, padding)
		__field(u64, seq)
	),
	TP_fast_assign(
		KSEAL_SOCK_ASSIGN;
		__entry->type = type;
		__entry->direct = direct;
		__entry->len = len;
		__entry->padding = rx->frame.header.content - len;
		__entry->seq = rx->key.record.seq;
	),
	TP_printk(KSEAL_SOCK_FORMAT "type=%u(%s) len=%u seq=%llu direct=%d padding=%u",
		  KSEAL_SOCK_ARGS, __entry->type, kseal_show_type(__entry->type),
		  __entry->len, __entry->seq, __entry->direct, __entry->padding)
);

/* A direction (TLS_TX or TLS_RX) has another key, its @generation-th after the
 * first. @seq: number of the first record under it.
 */
TRACE_EVENT(kseal_rekey,
	TP_PROTO(const struct sock *sk, int direction, u32 generation,
		 const struct kseal_key *key),
	TP_ARGS(sk, direction, generation, key),
	TP_STRUCT__entry(
		KSEAL_SOCK_FIELDS
		__field(int, direction)
		__field(u32, generation)
		__field(u64, seq)
	),
	TP_fast_assign(
		KSEAL_SOCK_ASSIGN;
		__entry->direction = direction;
		__entry->generation = generation;
		__entry->seq = key->record.seq;
	),
	TP_printk(KSEAL_SOCK_FORMAT "direction=%s generation=%u seq=%llu",
		  KSEAL_SOCK_ARGS,
		  __print_symbolic(__entry->direction, { TLS_TX, "tx" }, { TLS_RX, "rx" }),
		  __entry->generation, __entry->seq)
);

/* In kernel-control mode an alert was received (@direction TLS_RX); or one was sent. */
TRACE_EVENT(kseal_alert,
	TP_PROTO(const struct sock *sk, int direction, u8 level, u8 description),
	TP_ARGS(sk, direction, level, description),
	TP_STRUCT__entry(
		KSEAL_SOCK_FIELDS
		__field(int, direction)
		__field(u8, level)
		__field(u8, description)
	),
	TP_fast_assign(
		KSEAL_SOCK_ASSIGN;
		__entry->direction = direction;
		__entry->level = level;
		__entry->description = description;
	),
	TP_printk(KSEAL_SOCK_FORMAT "direction=%s level=%u description=%u",
		  KSEAL_SOCK_ARGS,
		  __print_symbolic(__entry->direction, { TLS_TX, "tx" }, { TLS_RX, "rx" }),
		  __entry->level, __entry->description)
);

/* The connection is ended. @err: what readers get, a negative errno; @alert:
 * description of the fatal alert that went to the peer, -1 for none; @why: enum
 * kseal_end of <linux/kseal.h>.
 */
TRACE_EVENT(kseal_abort,
	TP_PROTO(const struct sock *sk, int err, int alert, int why),
	TP_ARGS(sk, err, alert, why),
	TP_STRUCT__entry(
		KSEAL_SOCK_FIELDS
		__field(int, err)
		__field(int, alert)
		__field(int, why)
	),
	TP_fast_assign(
		KSEAL_SOCK_ASSIGN;
		__entry->err = err;
		__entry->alert = alert;
		__entry->why = why;
	),
	TP_printk(KSEAL_SOCK_FORMAT "err=%d alert=%d why=%d",
		  KSEAL_SOCK_ARGS, __entry->err, __entry->alert, __entry->why)
);

#endif /* KSEAL_TRACE_H */

/* This part is read once more, outside the guard. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
