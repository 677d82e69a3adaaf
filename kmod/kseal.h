/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared types of the module. One lock protects them all: the socket lock
 * (lock_sock() in process context, the lock's spinlock with nobody owning it
 * in softirq). What else may be read says so at the member. Ticket queues, which
 * sockets share, have a lock of their own (tickets.c): it is taken with the socket's
 * held, and nothing is while it is held.
 */
#ifndef KSEAL_H
#define KSEAL_H

#include <crypto/aead.h>
#include <linux/bvec.h>
#include <linux/crypto.h>
#include <linux/list.h>
#include <linux/net.h>
#include <linux/scatterlist.h>
#include <linux/socket.h>
#include <linux/kseal.h>
#include <linux/tls.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>

#include "alert.h"
#include "flood.h"
#include "frame.h"
#include "handshake.h"
#include "hkdf.h"
#include "record.h"
#include "stats.h"
#include "suite.h"
#include "verdict.h"

struct kseal_tie;
struct pipe_inode_info;
struct poll_table_struct;

enum kseal_sizes {
	/* Pieces of pages one record may consist of, before it is closed
	 * early. 16 KiB is 5 pages; more only with many small splices.
	 */
	KSEAL_RECORD_SEGS	= 16,
	/* Bytes a cipher works on at a time: AES, SM4, ARIA; ChaCha20's are 64,
	 * of which its implementation buffers parts without memory.
	 */
	KSEAL_BLOCK_SIZE	= 16,
	/* Pieces of sealed records collected for one push into TCP, and of the
	 * open record. Records that lie behind each other share a piece.
	 */
	KSEAL_BATCH_SEGS	= 2 * KSEAL_RECORD_SEGS + 7,
	/* Bytes of them: more gains nothing, TCP cuts at 64 KiB. */
	KSEAL_BATCH_BYTES	= 128 << 10,
	/* Pieces a record may lie in on TCP's queue before it is moved into
	 * pages of ours.
	 */
	KSEAL_QUEUE_SEGS	= 32,
	/* Bytes of content in a small record, however small segments are. */
	KSEAL_SMALL_MIN		= 64,
	/* Records without content one call opens before it looks around. */
	KSEAL_BARREN_MAX	= 32,
	/* Bytes of a record that a writer looks into to see whether it is an alert. */
	KSEAL_CONTROL_SIZE	= 4096,
	/* Records behind a padded one that are not opened into the reader's
	 * memory: two to this power at most.
	 */
	KSEAL_PAD_BACKOFF_MAX	= 8,
	/* Pages that hold a whole record. */
	KSEAL_RECORD_PAGES	= DIV_ROUND_UP(KSEAL_RECORD_MAX, PAGE_SIZE),
};

/**
 * struct kseal_aead - one direction's cipher
 * @tfm: keyed algorithm, NULL once the key is wiped
 */
struct kseal_aead {
	struct crypto_aead *tfm;
};

/**
 * struct kseal_aead_work - what the cipher needs for the records of one call
 * @size: bytes from @iv to the end of @req
 * @iv: of the record in work: its nonce, behind the flags that CCM wants
 * @aad: likewise
 * @req: the algorithm's own room follows it, kseal_aead_work_size() tells how much
 */
struct kseal_aead_work {
	u32 size;
	u8 iv[16];
	u8 aad[KSEAL_AAD_MAX];
	struct aead_request req;
};

/**
 * struct kseal_key - what setsockopt(TLS_TX / TLS_RX) installs
 * @record: the numbers
 * @aead: the cipher
 * @info: the structure as it was given, for getsockopt
 */
struct kseal_key {
	struct kseal_record record;
	struct kseal_aead aead;
	u8 info[KSEAL_INFO_MAX];
};

/**
 * struct kseal_schedule - what the next key of a direction is made from
 * @hash: of the cipher suite
 * @secret: application_traffic_secret_N (RFC 8446 7.1), @hash->size bytes
 */
struct kseal_schedule {
	const struct kseal_hash *hash;
	u8 secret[KSEAL_HASH_MAX];
};

/**
 * struct kseal_tx_lists - what records are made of while they are in work
 * @out: our pages, a reference each
 * @from: where a borrowing record's content lies, a reference each
 * @inner_type: source of the inner content type of a borrowing record
 * @sg_in: for the cipher: additional data, content, inner type
 * @sg_out: likewise: additional data, ciphertext, tag
 * @work: the cipher's own
 */
struct kseal_tx_lists {
	struct bio_vec out[KSEAL_BATCH_SEGS];
	struct bio_vec from[KSEAL_RECORD_SEGS];
	u8 inner_type;
	struct scatterlist sg_in[KSEAL_RECORD_SEGS + 2];
	struct scatterlist sg_out[KSEAL_RECORD_SEGS + 2];
	struct kseal_aead_work work;
};

/**
 * struct kseal_tx - sending (state machine: tx.c)
 * @key: numbers and cipher
 * @schedule: where the next key comes from, NULL where it is not known
 * @turn_at: sequence number before which the key has to be left: KSEAL_SEQ_END, less
 *	in kernel-control mode, 0 when the peer wants it
 * @dead: the connection was aborted; nothing is sealed any more
 * @closed: close_notify was sent; nothing may follow
 * @update_wanted: the peer has requested a KeyUpdate that is still to be sent
 * @pushing: TCP is taking a batch, and must take all of it
 * @type: content type of the open record
 * @len: bytes of content in it
 * @limit: bytes it may have
 * @small_left: bytes of content that go in small records before others do
 * @spliced: of these, bytes in pages that were given to be read where they lie
 * @charged: bytes of memory charged to the socket for it
 * @batch_charged: likewise for the sealed ones
 * @batch_len: bytes sealed and not yet pushed
 * @borrowed: the open record reads pages that are not ours; then @from lists
 *	its content and what @out reserves is only written
 * @tail_reserved: bytes of the page fragment kept behind an open record
 * @n_batch: pieces of @lists->out that are sealed
 * @n_out: pieces of @lists->out, those of the open record behind the sealed ones
 * @n_from: pieces of @lists->from
 * @lists: there from a record's start to the end of the call that leaves none
 *	open; idle connections are many
 * @stats: for KSEAL_INFO, as it says
 * @rcu: diag.c may still look at it
 */
struct kseal_tx {
	struct kseal_key key;
	struct kseal_schedule *schedule;
	u64 turn_at;
	bool dead;
	bool closed;
	bool update_wanted;
	bool pushing;
	u8 type;
	u16 limit;
	u32 len;
	u32 small_left;
	u32 spliced;
	u32 charged;
	u32 batch_charged;
	u32 batch_len;
	bool borrowed;
	u8 tail_reserved;
	u16 n_batch;
	u16 n_out;
	u16 n_from;
	struct kseal_tx_lists *lists;
	struct {
		u64 records;
		u64 bytes;
		u64 splice_bytes;
		u64 pushes;
		u32 rekeys;
		u32 key_updates;
	} stats;
	struct rcu_head rcu;
};

/**
 * struct kseal_plain - one opened record that waits for its reader
 * @node: in kseal_rx.plain
 * @type: content type
 * @off: bytes already delivered
 * @len: bytes of content
 * @charged: bytes of memory charged to the socket
 * @n_pages: pages in use
 * @pages: the content
 */
struct kseal_plain {
	struct list_head node;
	u8 type;
	u32 off;
	u32 len;
	u32 charged;
	u32 n_pages;
	struct page *pages[KSEAL_RECORD_PAGES];
};

/**
 * struct kseal_rx_lists - where a record in work lies, and shall lie
 * @sg_in: for the cipher: additional data, ciphertext, tag
 * @sg_in_end: the entry of it where the record ended that was there before;
 *	NULL: only the last one is marked
 * @sg_out: likewise: additional data, content, inner type
 * @work: the cipher's own
 */
struct kseal_rx_lists {
	struct scatterlist sg_in[KSEAL_QUEUE_SEGS + 1];
	struct scatterlist *sg_in_end;
	struct scatterlist sg_out[KSEAL_RECORD_PAGES + 4];
	struct kseal_aead_work work;
};

/**
 * struct kseal_held - bytes of the stream that are not on TCP's queue, in front of
 * what is (held.c)
 * @len: bytes
 * @charged: bytes of memory charged to the socket for them
 * @at: where in the first page they begin
 * @n: pages
 * @pages: room for a whole record whose first byte may lie anywhere in the first
 *	page, and for all of KSEAL_RX_PREFIX
 */
struct kseal_held {
	u32 len;
	u32 charged;
	u16 at;
	u8 n;
	struct page *pages[];
};

/**
 * struct kseal_rx - receiving (state machine: framer.c)
 * @key: numbers and cipher
 * @plain: opened records, oldest first
 * @rcu: diag.c may still look at it, but not at those
 * @lists: there while a call opens records
 * @schedule: where the next key comes from, NULL where it is not known
 * @held: the front of the stream, what is not on TCP's queue; NULL while all is
 * @frame: the record at the head of the stream
 * @handshake: where in the peer's handshake messages the stream is, in TLS 1.3 or
 *	kernel-control mode
 * @err: the stream is of no use any more: a negative errno for every reader
 * @bad: the header at the head is refused with this negative errno; the next
 *	reader makes it @err
 * @looked: TCP's next sequence number when the head was looked at last. Read
 *	without the lock by poll.
 * @seen: number, in TCP's count, of the first byte behind the records that
 *	readers were woken for; less than the head's is as good as that
 * @lowat: the socket's SO_RCVLOWAT while TCP's own mark is lowered, 0 else
 * @sleepers: readers asleep in the socket
 * @plain_charged: bytes of memory charged to the socket for what @plain holds
 * @opened: records ever put on @plain; read without the lock by readers that
 *	have seen all of it
 * @taken: records ever taken off @plain; likewise
 * @whole: a record at the head can be opened, or the stream is in error. Read
 *	without the lock by sleeping readers.
 * @ready: that, or @stalled, or @plain has a record. Read without the lock by
 *	poll.
 * @unsettled: in kernel-control mode: a record at the head can be opened that may
 *	be for the kernel, and no data waits before it. Read without the lock.
 * @closed: close_notify has come; the stream is over
 * @renew: the peer has announced another key, and it could not be made yet
 * @stalled: the window is closed and there was no memory to open it; a reader
 *	has to try. Read without the lock by sleeping readers.
 * @seen_bad: readers were woken for a bad header at @seen
 * @key_expired: the peer has announced another key (KeyUpdate); no record is
 *	opened until it is in
 * @told: a reader was told of @err
 * @tail: inner content type of a record opened into the reader's memory
 * @pad_backoff: how often of late the peer's padding had a record opened twice
 * @pad_skip: records that are not opened into the reader's memory therefore
 * @stats: for KSEAL_INFO, as it says
 */
struct kseal_rx {
	struct kseal_key key;
	union {
		struct list_head plain;
		struct rcu_head rcu;
	};
	struct kseal_rx_lists *lists;
	struct kseal_schedule *schedule;
	struct kseal_held *held;
	struct kseal_frame frame;
	struct kseal_handshake handshake;
	int err;
	int bad;
	u32 looked;
	u32 seen;
	int lowat;
	u32 sleepers;
	u32 plain_charged;
	u32 opened;
	u32 taken;
	bool whole;
	bool ready;
	bool stalled;
	bool seen_bad;
	bool key_expired;
	bool unsettled;
	bool closed;
	bool renew;
	bool told;
	u8 tail;
	u8 pad_backoff;
	u16 pad_skip;
	struct {
		u64 records;
		u64 bytes;
		u64 direct_bytes;
		u32 direct_retries;
		u32 held;
		u32 rekeys;
		u32 key_updates;
	} stats;
};

/**
 * struct kseal_sock - a socket's record layer
 * @tx: sending; NULL until its key is in, then there until close. Also tested
 *	for NULL without the lock.
 * @rx: receiving; likewise
 * @rx_prefix: KSEAL_RX_PREFIX, NULL for none; moves to @rx with the key
 * @base: the protocol below; constant
 * @base_ops: its socket operations; constant
 * @data_ready: the socket's callback before ours; constant
 * @end: enum kseal_end: kseal_abort() has been here
 * @control: KSEAL_CONTROL_*, 0 by default. Also read without the lock.
 * @alert_in_level: level of the last alert taken, 0 none; likewise the next three
 * @alert_in: its description
 * @alert_out_level: of the last alert sent
 * @alert_out: its description
 * @tx_records: as in struct kseal_control
 * @flood: what bounds records that are no data, in kernel-control mode
 * @controls: how many of them were taken
 * @tickets: tickets among them
 * @tickets_given: those of @tickets that are, or were, in a queue
 * @warnings: warning alerts among them
 * @tie: where tickets go, NULL nowhere
 * @tx_zerocopy_ro: TLS_TX_ZEROCOPY_RO as it was set; read without the lock
 * @rx_expect_no_pad: TLS_RX_EXPECT_NO_PAD as it was set; read without the lock
 * @tx_max_payload: TLS_TX_MAX_PAYLOAD_LEN; read without the lock
 * @tx_sizing: KSEAL_TX_RECORD_SIZING
 * @rcu: readers of icsk_ulp_data may still look at it
 */
struct kseal_sock {
	struct kseal_tx *tx;
	struct kseal_rx *rx;
	struct kseal_held *rx_prefix;
	const struct proto *base;
	const struct proto_ops *base_ops;
	void (*data_ready)(struct sock *sk);
	u8 end;
	u8 control;
	u8 alert_in_level;
	u8 alert_in;
	u8 alert_out_level;
	u8 alert_out;
	bool tx_zerocopy_ro;
	bool rx_expect_no_pad;
	u16 tx_max_payload;
	struct kseal_record_sizing tx_sizing;
	struct kseal_flood flood;
	u32 controls;
	u32 tickets;
	u32 tickets_given;
	u32 warnings;
	u64 tx_records;
	struct kseal_tie *tie;
	struct rcu_head rcu;
};

/* Valid with the lock held, or while the caller keeps the file open. */
static inline struct kseal_sock *kseal_sk(const struct sock *sk)
{
	return (__force struct kseal_sock *)inet_csk(sk)->icsk_ulp_data;
}

/* ulp.c */
int kseal_ulp_init(void);
void kseal_ulp_exit(void);
int kseal_ulp_claim(void);
void kseal_ulp_unclaim(void);

/* diag.c */
int kseal_diag_fill(struct sock *sk, struct sk_buff *skb);
size_t kseal_diag_size(const struct sock *sk);

/* sockopt.c */
int kseal_setsockopt(struct sock *sk, int level, int name, sockptr_t optval,
		     unsigned int optlen);
int kseal_getsockopt(struct sock *sk, int level, int name,
		     char __user *optval, int __user *optlen);

/* aead.c */
int kseal_aead_init(struct kseal_aead *aead, const struct kseal_suite *suite,
		    const u8 *key);
void kseal_aead_destroy(struct kseal_aead *aead);
const char *kseal_aead_driver(const struct kseal_aead *aead);
size_t kseal_aead_work_size(const struct kseal_aead *aead);
void kseal_aead_work_init(struct kseal_aead_work *work, const struct kseal_aead *aead);
void kseal_aead_work_wipe(struct kseal_aead_work *work);
int kseal_aead_seal(const struct kseal_key *key, struct kseal_aead_work *work, u8 type,
		    size_t content, struct scatterlist *in, struct scatterlist *out);
int kseal_aead_open(const struct kseal_key *key, struct kseal_aead_work *work,
		    const struct kseal_header *header, const u8 *explicit_nonce,
		    struct scatterlist *in, struct scatterlist *out);
void kseal_key_move(struct kseal_key *to, struct kseal_key *from);
void kseal_key_wipe(struct kseal_key *key);

/* mode.c */
int kseal_set_control(struct sock *sk, sockptr_t optval, unsigned int optlen);
void kseal_get_control(const struct kseal_sock *ks, struct kseal_control *control);
int kseal_set_secret(const struct kseal_key *key, struct kseal_schedule **place,
		     sockptr_t optval, unsigned int optlen);

/* info.c */
void kseal_fill_info(const struct kseal_sock *ks, struct kseal_info *info);

/* tx.c */
struct kseal_tx *kseal_tx_alloc(void);
void kseal_tx_free(struct sock *sk, struct kseal_tx *tx);
int kseal_sendmsg(struct sock *sk, struct msghdr *msg, size_t size);
int kseal_sendpages(struct sock *sk, struct msghdr *msg, size_t size);
int kseal_tx_finish(struct sock *sk, struct kseal_tx *tx);
int kseal_tx_control(struct sock *sk, struct kseal_tx *tx, u8 type,
		     const void *data, size_t len);
void kseal_shut_tx(struct sock *sk);
void kseal_flush(struct sock *sk);

/* push.c */
int kseal_tx_seal(struct sock *sk, struct kseal_tx *tx);
int kseal_tx_push(struct sock *sk, struct kseal_tx *tx);

/* open.c */
static inline bool kseal_tx_is_open(const struct kseal_tx *tx)
{
	return tx->n_out > tx->n_batch;
}

int kseal_tx_open(struct sock *sk, struct kseal_tx *tx, u8 type, size_t len);
ssize_t kseal_tx_append(struct sock *sk, struct kseal_tx *tx, struct msghdr *msg);
ssize_t kseal_tx_append_pages(struct sock *sk, struct kseal_tx *tx, struct msghdr *msg);
void kseal_tx_keep_open(struct sock *sk, struct kseal_tx *tx);
int kseal_tx_borrow(struct sock *sk, struct kseal_tx *tx);
void kseal_tx_close_tail(struct sock *sk, struct kseal_tx *tx);
void kseal_tx_drop(struct sock *sk, struct kseal_tx *tx);
void kseal_tx_idle(struct kseal_tx *tx);

/* queue.c */
u32 kseal_queue_len(const struct sock *sk);
bool kseal_queue_full(const struct sock *sk);
struct sk_buff *kseal_queue_find(const struct sock *sk, struct sk_buff *skb,
				 u32 seq, u32 *off);
struct sk_buff *kseal_queue_find_late(const struct sock *sk, u32 seq);
int kseal_queue_copy(const struct sock *sk, struct sk_buff **skb, u32 seq, u8 *to, u32 len);
int kseal_queue_map(const struct sock *sk, u32 seq, u32 len, struct scatterlist **sg,
		    const struct scatterlist *end);

/**
 * struct kseal_walk - where a walk through the records that have arrived is
 * @skb: on TCP's queue, not behind the next record
 * @off: where in the stream the next record begins, counted from the head
 */
struct kseal_walk {
	struct sk_buff *skb;
	u32 off;
};

/* walk.c */
void kseal_walk_early(const struct sock *sk, struct kseal_walk *walk);
void kseal_walk_late(const struct sock *sk, const struct kseal_rx *rx, struct kseal_walk *walk,
		     u32 off);
int kseal_walk(const struct sock *sk, const struct kseal_rx *rx, struct kseal_walk *walk,
	       struct kseal_header *header);

/* held.c */
static inline u32 kseal_rx_held(const struct kseal_rx *rx)
{
	return rx->held ? rx->held->len : 0;
}

void kseal_held_free(struct sock *sk, struct kseal_held *held);
u8 *kseal_held_room(struct sock *sk, struct kseal_held **held, u32 *n, gfp_t gfp);
void kseal_held_copy(const struct kseal_held *held, u32 off, u8 *to, u32 len);
struct scatterlist *kseal_held_map(const struct kseal_held *held, u32 off, u32 len,
				   struct scatterlist *sg);
void kseal_held_advance(struct sock *sk, struct kseal_held *held, u32 len);
int kseal_set_rx_prefix(struct sock *sk, sockptr_t optval, unsigned int optlen);

/* framer.c */
u32 kseal_rx_head(const struct sock *sk, const struct kseal_rx *rx);
u32 kseal_rx_avail(const struct sock *sk, const struct kseal_rx *rx);
bool kseal_rx_whole(const struct sock *sk, const struct kseal_rx *rx);
void kseal_rx_look(struct sock *sk, struct kseal_rx *rx, gfp_t gfp);
int kseal_rx_hold(struct sock *sk, struct kseal_rx *rx, gfp_t gfp);
int kseal_rx_copy(const struct sock *sk, const struct kseal_rx *rx, struct sk_buff **skb,
		  u32 off, u8 *to, u32 len);
int kseal_rx_map(struct sock *sk, struct kseal_rx *rx, u32 off, u32 len);
void kseal_rx_consume(struct sock *sk, struct kseal_rx *rx);
void kseal_rx_lower_mark(struct sock *sk, struct kseal_rx *rx);
void kseal_rx_restore_mark(struct sock *sk, struct kseal_rx *rx);
void kseal_rx_drop_held(struct sock *sk, struct kseal_rx *rx);
void kseal_data_ready(struct sock *sk);

/* A reader in the kernel (KCM, NVMe over TCP) has put its callback in our place. */
static inline bool kseal_kernel_reads(const struct sock *sk)
{
	return sk->sk_data_ready != kseal_data_ready;
}

void kseal_rx_call(struct sock *sk, struct kseal_rx *rx);
int kseal_set_rcvlowat(struct sock *sk, int val);

/**
 * struct kseal_stint - how long a call has gone on without anything to deliver
 * @barren: records without content it has opened
 * @end: in jiffies, when the time it may take is over
 */
struct kseal_stint {
	unsigned int barren;
	unsigned long end;
};

/* rx.c */
/* What kseal_rx_next() found; an error is a negative errno. */
enum kseal_next {
	KSEAL_NEXT_END,		/* the stream has ended */
	KSEAL_NEXT_WHOLE,	/* a whole record is at the head */
	KSEAL_NEXT_AGAIN,	/* the lock was released: look at everything anew */
};

struct kseal_rx *kseal_rx_alloc(void);
void kseal_rx_free(struct sock *sk, struct kseal_rx *rx);
int kseal_recvmsg(struct sock *sk, struct msghdr *msg, size_t len, int flags);
int kseal_rx_next(struct sock *sk, struct kseal_rx *rx, long *timeo);
void kseal_stint_begin(struct kseal_stint *stint, long timeo);
int kseal_rx_breathe(struct sock *sk, struct kseal_stint *stint, long timeo);

/* poll.c */
__poll_t kseal_poll(struct file *file, struct socket *sock,
		    struct poll_table_struct *wait);

/* plain.c */
int kseal_open_plain(struct sock *sk, struct kseal_rx *rx);
int kseal_open_direct(struct sock *sk, struct kseal_rx *rx, struct msghdr *msg);
void kseal_plain_free(struct sock *sk, struct kseal_rx *rx, struct kseal_plain *plain);
void kseal_rx_idle(struct kseal_rx *rx);

/* splice.c */
int kseal_first_record(struct sock *sk, struct kseal_rx *rx, long *timeo,
		       struct kseal_plain **plain);
ssize_t kseal_splice_read(struct socket *sock, loff_t *ppos,
			  struct pipe_inode_info *pipe, size_t len, unsigned int flags);

/* read_sock.c */
int kseal_read_sock(struct sock *sk, read_descriptor_t *desc, sk_read_actor_t actor);
int kseal_peek_len(struct socket *sock);

/* ioctl.c */
int kseal_rx_inq(const struct sock *sk, const struct kseal_rx *rx);
bool kseal_inq(struct sock *sk, int *answer);

/* rekey.c */
int kseal_rekey_tx(struct sock *sk, struct kseal_tx *tx, struct kseal_key *key);
int kseal_rekey_rx(struct sock *sk, struct kseal_rx *rx, struct kseal_key *key);
u64 kseal_tx_limit(const struct kseal_tx *tx, const struct kseal_sock *ks);
void kseal_tx_set_turn(const struct kseal_sock *ks, struct kseal_tx *tx);
int kseal_tx_turn(struct sock *sk, struct kseal_tx *tx);
int kseal_rx_renew(struct sock *sk, struct kseal_rx *rx);

/* schedule.c */
int kseal_schedule_next(const struct kseal_schedule *schedule, const struct kseal_record *rec,
			struct kseal_schedule *next, struct kseal_key *key);
int kseal_schedule_check(const struct kseal_schedule *schedule, const struct kseal_key *key);
void kseal_schedule_free(struct kseal_schedule **schedule);

/* control.c */
bool kseal_control_is(const struct sock *sk, const struct kseal_rx *rx,
		      const struct kseal_plain *plain);
int kseal_control_take(struct sock *sk, struct kseal_rx *rx, const struct kseal_plain *plain);
bool kseal_settle(struct sock *sk, u32 most);
void kseal_control_drain(struct sock *sk);

/* tickets.c */
int kseal_get_ticket_queue(char __user *optval, int __user *optlen);
int kseal_set_tickets(struct sock *sk, sockptr_t optval, unsigned int optlen);
void kseal_tickets_collect(struct sock *sk, bool begins, const u8 *data, size_t len);
bool kseal_tickets_give(struct kseal_sock *ks);
void kseal_untie(struct kseal_sock *ks);

/* end.c */
int kseal_send_alert(struct sock *sk, u8 level, u8 description);
void kseal_close_notify(struct sock *sk);
void kseal_abort_by(struct sock *sk, enum kseal_end why, int err);
int kseal_abort(struct sock *sk, enum kseal_end why);

#endif /* KSEAL_H */
