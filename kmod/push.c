// SPDX-License-Identifier: GPL-2.0
/*
 * Records sealed, and handed to TCP in batches.
 *
 * A batch always goes down whole before the lock is released: whether there is
 * room is asked before a record is opened, never after it is sealed. So there
 * is no sealed remainder to keep in order, to resume from a callback, or to
 * lose when the program stops calling.
 */
#include <linux/delay.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "kseal.h"
#include "trace.h"

enum kseal_push_limits {
	/* Room a batch may take over the send buffer's limit. */
	KSEAL_PUSH_ROOM		= 4 << 20,
	/* Out of memory: ask again every so often, for so long. */
	KSEAL_PUSH_WAIT_MS	= 20,
	KSEAL_PUSH_TRIES	= 250,
};

/* Acknowledgements free some; the lock stays ours, so that nothing gets between
 * the records.
 */
static bool wait_for_memory(struct sock *sk, unsigned int *tries)
{
	kseal_count(sk, KSEAL_STAT_TX_NO_MEMORY, 1);
	if (++*tries > KSEAL_PUSH_TRIES)
		return false;
	schedule_timeout_uninterruptible(msecs_to_jiffies(KSEAL_PUSH_WAIT_MS));
	sk_flush_backlog(sk);
	return true;
}

/* Entries for the pieces of a list, the first @skip bytes left out. */
static struct scatterlist *fill_sg(struct scatterlist *sg, const struct bio_vec *bv,
				   unsigned int n, size_t skip)
{
	for (; n--; bv++) {
		if (bv->bv_len > skip)
			sg_set_page(sg++, bv->bv_page, bv->bv_len - skip,
				    bv->bv_offset + skip);
		skip -= min_t(size_t, skip, bv->bv_len);
	}
	return sg;
}

/* Where a record's last bytes are, counted from its end. */
static u8 *from_end(struct bio_vec *last, size_t n)
{
	return (u8 *)bvec_virt(last) + last->bv_len - n;
}

static void write_frame(struct kseal_tx *tx)
{
	const struct kseal_record *rec = &tx->key.record;
	struct bio_vec *first = &tx->lists->out[tx->n_batch];
	struct bio_vec *last = &tx->lists->out[tx->n_out - 1];

	kseal_record_write_prefix(rec, tx->type, tx->len, bvec_virt(first));
	tx->lists->inner_type = tx->type;
	if (kseal_record_inner_type(rec))
		*from_end(last, kseal_record_tail_size(rec)) = tx->type;
}

/* The first entry is the additional data's. */
static struct scatterlist *map_out(struct kseal_tx *tx)
{
	struct scatterlist *sg = tx->lists->sg_out, *end;
	u16 n = tx->n_out - tx->n_batch;

	sg_init_table(sg, n + 1);
	end = fill_sg(sg + 1, tx->lists->out + tx->n_batch, n,
		      kseal_record_prefix_size(&tx->key.record));
	sg_mark_end(end - 1);
	return sg;
}

static struct scatterlist *map_from(struct kseal_tx *tx)
{
	struct scatterlist *sg = tx->lists->sg_in, *end;
	bool inner = kseal_record_inner_type(&tx->key.record);

	sg_init_table(sg, 1 + tx->n_from + inner);
	end = fill_sg(sg + 1, tx->lists->from, tx->n_from, 0);
	if (inner)
		sg_set_buf(end, &tx->lists->inner_type, 1);
	return sg;
}

static void count_record(struct sock *sk, struct kseal_tx *tx)
{
	tx->stats.records++;
	tx->stats.bytes += tx->len;
	tx->stats.splice_bytes += tx->spliced;
	kseal_count(sk, KSEAL_STAT_TX_RECORDS, 1);
	kseal_count(sk, KSEAL_STAT_TX_BYTES, tx->len);
	if (tx->spliced)
		kseal_count(sk, KSEAL_STAT_TX_SPLICE_BYTES, tx->spliced);
}

/* Where a record begins in the piece that the one before ends, they are one: TCP
 * takes so many bytes at a time as a piece has.
 */
static void join_batch(struct kseal_tx *tx)
{
	struct bio_vec *first = &tx->lists->out[tx->n_batch], *last = first - 1;

	if (!tx->n_batch || first->bv_page != last->bv_page ||
	    first->bv_offset != last->bv_offset + last->bv_len)
		return;
	last->bv_len += first->bv_len;
	put_page(first->bv_page);
	memmove(first, first + 1, (--tx->n_out - tx->n_batch) * sizeof(*first));
}

/* The open record becomes the batch's last. */
static void add_to_batch(struct kseal_tx *tx)
{
	const struct kseal_record *rec = &tx->key.record;

	join_batch(tx);
	tx->batch_len += kseal_record_prefix_size(rec) + tx->len + kseal_record_tail_size(rec);
	tx->batch_charged += tx->charged;
	tx->charged = 0;
	tx->n_batch = tx->n_out;
	tx->small_left -= min(tx->small_left, tx->len);
	while (tx->n_from)
		put_page(tx->lists->from[--tx->n_from].bv_page);
	tx->len = 0;
}

/* Does a block of the cipher lie in two pieces, or in two pages of one? */
static bool splits_block(const struct kseal_tx *tx)
{
	size_t at = 0, prefix = kseal_record_prefix_size(&tx->key.record), border;
	unsigned int i;

	for (i = tx->n_batch; i < tx->n_out; i++) {
		/* a piece's further pages begin as its second one does */
		border = at + PAGE_SIZE - offset_in_page(tx->lists->out[i].bv_offset);
		if (border <= prefix)
			border += PAGE_SIZE;
		at += tx->lists->out[i].bv_len;
		/* the inner type, still to come, may be behind the border */
		if (border <= at && (border - prefix) % KSEAL_BLOCK_SIZE)
			return true;
		if (i + 1 < tx->n_out && (at - prefix) % KSEAL_BLOCK_SIZE)
			return true;
	}
	return false;
}

/* For such a block the crypto API wants memory, and without it stops half-way:
 * what it encrypts in place is lost then, what it reads elsewhere can be sealed
 * anew.
 */
static int make_repeatable(struct sock *sk, struct kseal_tx *tx)
{
	unsigned int tries = 0;
	int err = 0;

	while (!err && !tx->borrowed && splits_block(tx)) {
		err = kseal_tx_borrow(sk, tx);
		kseal_count(sk, KSEAL_STAT_TX_COPIED_TWICE, !err);
		if (err == -ENOSPC && tx->n_batch)
			err = kseal_tx_push(sk, tx);
		else if (err == -ENOMEM && wait_for_memory(sk, &tries))
			err = 0;
	}
	return err;
}

/* Nothing of a try that failed has left us: the nonce is as good as new. */
static int encrypt(struct sock *sk, struct kseal_tx *tx)
{
	struct scatterlist *in, *out;
	unsigned int tries = 0;
	int err;

	do {
		out = map_out(tx);
		in = tx->borrowed ? map_from(tx) : out;
		err = kseal_aead_seal(&tx->key, &tx->lists->work, tx->type, tx->len, in, out);
	} while (err == -ENOMEM && tx->borrowed && wait_for_memory(sk, &tries));
	return err;
}

/**
 * kseal_tx_seal() - close the open record and encrypt it
 * @sk: socket, locked
 * @tx: with an open record that has content
 *
 * Return: 0, the record is in the batch; an error of the cipher, or -ENOMEM for
 * seconds, the record is gone and the connection aborted.
 */
int kseal_tx_seal(struct sock *sk, struct kseal_tx *tx)
{
	int err;

	err = make_repeatable(sk, tx);
	if (!err) {
		kseal_tx_close_tail(sk, tx);
		write_frame(tx);
		err = encrypt(sk, tx);
	}
	if (err) {
		kseal_tx_drop(sk, tx);
		kseal_abort_by(sk, KSEAL_END_CIPHER, err);
		return err;
	}
	trace_kseal_record_sealed(sk, tx);
	kseal_record_advance(&tx->key.record);
	count_record(sk, tx);
	add_to_batch(tx);
	return 0;
}

/* TCP charges what it queues: leave it the quota that was charged so far
 * instead of giving that back and asking for it again.
 */
static void hand_over_quota(struct sock *sk, struct kseal_tx *tx)
{
	if (sk_has_account(sk))
		WRITE_ONCE(sk->sk_forward_alloc, sk->sk_forward_alloc + (int)tx->batch_charged);
	tx->batch_charged = 0;
}

/* The send buffer's limit was asked before the records were opened; now they
 * are sealed, and have to go down whatever it says.
 */
static ssize_t push_pieces(struct sock *sk, struct kseal_tx *tx, struct bio_vec *bv,
			   unsigned int n, size_t size)
{
	int sndbuf = sk->sk_sndbuf, more;
	ssize_t done;

	/* under pressure the limit may lie far below what is queued by now */
	more = min_t(s64, (s64)max(sndbuf, sk->sk_wmem_queued) + KSEAL_PUSH_ROOM, INT_MAX);
	tx->pushing = true;
	WRITE_ONCE(sk->sk_sndbuf, more);
	done = kseal_compat_push_pages(sk, bv, n, size);
	/* unless TCP has set another meanwhile */
	if (sk->sk_sndbuf == more)
		WRITE_ONCE(sk->sk_sndbuf, sndbuf);
	tx->pushing = false;
	return done;
}

static int push_all(struct sock *sk, struct kseal_tx *tx)
{
	struct bio_vec *bv = tx->lists->out, *end = bv + tx->n_batch;
	size_t left = tx->batch_len;
	unsigned int tries = 0;
	ssize_t done;

	while (left) {
		done = push_pieces(sk, tx, bv, end - bv, left);
		if (done == -EAGAIN || done == -ENOMEM || done == 0) {
			if (!wait_for_memory(sk, &tries))
				return -ENOMEM;
			continue;
		}
		if (done < 0)
			return done;
		left -= done;
		for (; done && done >= bv->bv_len; bv++) {
			done -= bv->bv_len;
			put_page(bv->bv_page);
			bv->bv_page = NULL;
		}
		if (done) {
			bv->bv_offset += done;
			bv->bv_len -= done;
		}
	}
	return 0;
}

/* What was pushed has no page left here. */
static void forget_batch(struct kseal_tx *tx)
{
	struct bio_vec *out = tx->lists->out;
	unsigned int i;

	for (i = 0; i < tx->n_batch; i++)
		if (out[i].bv_page)
			put_page(out[i].bv_page);
	memmove(out, out + tx->n_batch, (tx->n_out - tx->n_batch) * sizeof(*out));
	tx->n_out -= tx->n_batch;
	tx->n_batch = 0;
	tx->batch_len = 0;
}

/* Sealed records are lost. If the peer is gone that is nothing new, and what it
 * sent before can still be read; else it must not take this for an end.
 */
static void end_sending(struct sock *sk, struct kseal_tx *tx, int err)
{
	if (sk->sk_state == TCP_CLOSE || (sk->sk_shutdown & SEND_SHUTDOWN))
		tx->dead = true;
	else
		kseal_abort_by(sk, KSEAL_END_PUSH, err);
}

/**
 * kseal_tx_push() - hand the sealed records to TCP
 * @sk: socket, locked
 * @tx: an open record behind the batch stays as it is
 *
 * Return: 0, all of them are on TCP's queue; -EPIPE or the socket's error, it is
 * shut down or has failed; -ENOMEM TCP got no memory for seconds. A batch that
 * did not go down whole is the end of the connection.
 */
int kseal_tx_push(struct sock *sk, struct kseal_tx *tx)
{
	int err;

	if (!tx->n_batch)
		return 0;
	hand_over_quota(sk, tx);
	kseal_count(sk, KSEAL_STAT_TX_PUSHES, 1);
	tx->stats.pushes++;
	err = push_all(sk, tx);
	forget_batch(tx);
	if (err)
		end_sending(sk, tx, err);
	return err;
}
