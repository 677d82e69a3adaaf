// SPDX-License-Identifier: GPL-2.0
/*
 * The open record: memory for it, and bytes into it.
 *
 * What a record becomes on the wire is reserved as its content comes in, in
 * the page fragment of the sending task, so that sealing needs no memory and
 * cannot fail for want of it. Bytes that are copied are copied right there and
 * encrypted in place. Pages given by sendfile and splice belong to somebody
 * else: they are only read. A record that has any of them reads all its
 * content from lists->from and writes what it reserved ("borrowed").
 *
 * Behind the last piece of an open record there is always room for its tail.
 * While a call lasts nobody else takes from the task's fragment; when a record
 * stays open after it, kseal_tx_keep_open() takes the room for good.
 */
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/tcp.h>

#include "compat/compat.h"
#include "kseal.h"

/* Memory TCP charges for a record beside its bytes. */
#define KSEAL_RECORD_OVERHEAD	(KSEAL_TAIL_MAX + SKB_TRUESIZE(MAX_TCP_HEADER))

static struct bio_vec *last_piece(struct kseal_tx *tx)
{
	return &tx->lists->out[tx->n_out - 1];
}

static bool is_behind(const struct bio_vec *bv, const struct page *page, size_t offset)
{
	return bv->bv_page == page && bv->bv_offset + bv->bv_len == offset;
}

/* Give room kept for a tail back to the fragment it came from, if that has
 * not moved on.
 */
static void unreserve_tail(struct kseal_tx *tx, struct page_frag *frag)
{
	if (tx->tail_reserved &&
	    is_behind(last_piece(tx), frag->page, frag->offset - tx->tail_reserved))
		frag->offset -= tx->tail_reserved;
	tx->tail_reserved = 0;
}

/**
 * kseal_tx_keep_open() - the call ends, its record stays open (MSG_MORE)
 * @sk: socket, locked
 * @tx: with an open record
 */
void kseal_tx_keep_open(struct sock *sk, struct kseal_tx *tx)
{
	struct page_frag *frag = sk_page_frag(sk);

	if (tx->tail_reserved || !is_behind(last_piece(tx), frag->page, frag->offset))
		return;
	tx->tail_reserved = KSEAL_TAIL_MAX;
	frag->offset += KSEAL_TAIL_MAX;
}

/**
 * kseal_tx_close_tail() - put the tail's room behind the last piece
 * @sk: socket, locked
 * @tx: with an open record; its last piece grows by the tail
 */
void kseal_tx_close_tail(struct sock *sk, struct kseal_tx *tx)
{
	size_t tail = kseal_record_tail_size(&tx->key.record);
	struct page_frag *frag = sk_page_frag(sk);

	unreserve_tail(tx, frag);
	if (is_behind(last_piece(tx), frag->page, frag->offset))
		frag->offset += tail;
	last_piece(tx)->bv_len += tail;
}

/* Make sure the fragment has room, for a block of the cipher at least: one that lies
 * in two pieces would have the whole record copied (see make_repeatable()).
 */
static bool refill(struct sock *sk, struct page_frag *frag)
{
	BUILD_BUG_ON((int)KSEAL_PREFIX_MAX > (int)KSEAL_BLOCK_SIZE);
	if (frag->page && frag->size - frag->offset < KSEAL_BLOCK_SIZE + KSEAL_TAIL_MAX)
		frag->offset = frag->size;
	return sk_page_frag_refill(sk, frag);
}

/* Up to @want bytes of a fragment that has been refilled; nothing is taken yet. */
static size_t room_in(struct sock *sk, const struct page_frag *frag, size_t want,
		      struct bio_vec *piece)
{
	want = min_t(size_t, want, frag->size - frag->offset - KSEAL_TAIL_MAX);
	if (!sk_wmem_schedule(sk, want))
		return 0;
	bvec_set_page(piece, frag->page, want, frag->offset);
	return want;
}

/* Find up to @want bytes of our memory; nothing is taken yet. */
static size_t find_room(struct sock *sk, struct kseal_tx *tx, size_t want,
			struct bio_vec *piece)
{
	struct page_frag *frag = sk_page_frag(sk);

	unreserve_tail(tx, frag);
	return refill(sk, frag) ? room_in(sk, frag, want, piece) : 0;
}

/* Take what find_room() found: charge it, move the fragment on. */
static void take_room(struct sock *sk, struct kseal_tx *tx, size_t len)
{
	sk_page_frag(sk)->offset += len;
	sk_mem_charge(sk, len);
	tx->charged += len;
}

/* Append a piece to a list of them, each with a reference to its page. */
static bool add_piece(struct bio_vec *list, u16 *n, unsigned int first,
		      unsigned int max, const struct bio_vec *piece)
{
	if (*n > first && is_behind(&list[*n - 1], piece->bv_page, piece->bv_offset)) {
		list[*n - 1].bv_len += piece->bv_len;
		return true;
	}
	if (*n - first >= max)
		return false;
	get_page(piece->bv_page);
	list[(*n)++] = *piece;
	return true;
}

static bool add_out(struct kseal_tx *tx, const struct bio_vec *piece)
{
	return add_piece(tx->lists->out, &tx->n_out, tx->n_batch, KSEAL_RECORD_SEGS, piece);
}

static void put_pieces(const struct bio_vec *list, unsigned int n)
{
	while (n--)
		put_page((list++)->bv_page);
}

/* Where @len bytes of content will cross the border of a page, let blocks of the
 * cipher do so as well: for one that a border splits the crypto API allocates.
 * Shorter records stay close together, which TCP takes as one piece.
 */
static void align_content(struct page_frag *frag, size_t prefix, size_t len)
{
	size_t start = frag->offset + prefix;
	size_t skip = ALIGN(start, KSEAL_BLOCK_SIZE) - start;

	if (offset_in_page(start) + len + KSEAL_TAIL_MAX > PAGE_SIZE &&
	    start + skip + KSEAL_BLOCK_SIZE + KSEAL_TAIL_MAX <= frag->size)
		frag->offset += skip;
}

/* A record of which only the prefix is there; @len bytes are to come. */
static int open_prefix(struct sock *sk, struct kseal_tx *tx, size_t len)
{
	size_t prefix = kseal_record_prefix_size(&tx->key.record);
	struct page_frag *frag = sk_page_frag(sk);
	struct bio_vec piece;

	unreserve_tail(tx, frag);
	if (!refill(sk, frag))
		return -ENOMEM;
	/* refilled once more, a fragment that nobody else uses would begin anew */
	align_content(frag, prefix, len);
	/* with room for what TCP will charge besides: the tail, and a buffer */
	if (!sk_wmem_schedule(sk, prefix + KSEAL_RECORD_OVERHEAD) ||
	    room_in(sk, frag, prefix, &piece) < prefix)
		return -ENOMEM;
	/* not add_out(): a record never shares a piece with the one before */
	get_page(piece.bv_page);
	tx->lists->out[tx->n_out++] = piece;
	take_room(sk, tx, prefix);
	sk_mem_charge(sk, KSEAL_RECORD_OVERHEAD);
	tx->charged += KSEAL_RECORD_OVERHEAD;
	return 0;
}

/* Has nothing been sent for so long that it begins anew? */
static bool has_idled(const struct sock *sk, const struct kseal_record_sizing *sizing)
{
	return sizing->idle_ms &&
	       tcp_jiffies32 - tcp_sk(sk)->lsndtime >= msecs_to_jiffies(sizing->idle_ms);
}

/* Bytes of content that make a record of one segment. */
static u32 segment_content(const struct sock *sk, const struct kseal_record *rec)
{
	u32 mss = tcp_sk(sk)->mss_cache;
	u32 overhead = kseal_record_prefix_size(rec) + kseal_record_tail_size(rec);

	return mss > overhead + KSEAL_SMALL_MIN ? mss - overhead : KSEAL_SMALL_MIN;
}

static u16 content_limit(const struct sock *sk, struct kseal_tx *tx)
{
	const struct kseal_sock *ks = kseal_sk(sk);

	if (!ks->tx_sizing.bytes)
		return ks->tx_max_payload;
	if (has_idled(sk, &ks->tx_sizing))
		tx->small_left = ks->tx_sizing.bytes;
	if (!tx->small_left)
		return ks->tx_max_payload;
	return min_t(u32, segment_content(sk, &tx->key.record), ks->tx_max_payload);
}

/**
 * kseal_tx_idle() - the call ends, and leaves no record open
 * @tx: without an open record, and nothing in its batch
 */
void kseal_tx_idle(struct kseal_tx *tx)
{
	if (tx->lists)
		kseal_aead_work_wipe(&tx->lists->work);
	kfree(tx->lists);
	tx->lists = NULL;
}

static int get_lists(struct sock *sk, struct kseal_tx *tx)
{
	if (tx->lists)
		return 0;
	tx->lists = kmalloc(offsetof(struct kseal_tx_lists, work) +
			    kseal_aead_work_size(&tx->key.aead), sk->sk_allocation);
	if (!tx->lists)
		return -ENOMEM;
	kseal_aead_work_init(&tx->lists->work, &tx->key.aead);
	return 0;
}

/**
 * kseal_tx_open() - start a record
 * @sk: socket, locked
 * @tx: without an open record, and with KSEAL_RECORD_SEGS free in @tx->lists->out
 * @type: content type
 * @len: bytes of content that are there for it, perhaps more than it takes
 *
 * Return: 0; -ENOMEM.
 */
int kseal_tx_open(struct sock *sk, struct kseal_tx *tx, u8 type, size_t len)
{
	int err = get_lists(sk, tx);

	if (err)
		return err;
	tx->limit = content_limit(sk, tx);
	tx->type = type;
	tx->len = 0;
	tx->spliced = 0;
	tx->charged = 0;
	tx->borrowed = false;
	tx->n_from = 0;
	return open_prefix(sk, tx, min_t(size_t, len, tx->limit));
}

/**
 * kseal_tx_drop() - forget the open record
 * @sk: socket, locked
 * @tx: with an open record, or one that was never finished being opened
 */
void kseal_tx_drop(struct sock *sk, struct kseal_tx *tx)
{
	if (tx->lists) {
		put_pieces(tx->lists->out + tx->n_batch, tx->n_out - tx->n_batch);
		put_pieces(tx->lists->from, tx->n_from);
	}
	tx->n_out = tx->n_batch;
	tx->n_from = 0;
	tx->len = 0;
	tx->tail_reserved = 0;
	sk_mem_uncharge(sk, tx->charged);
	tx->charged = 0;
}

/* Where the open record's room ended, and the fragment stood. */
struct kseal_mark {
	u16 n_out;
	u32 last_len;
	const struct page *page;
	u32 offset;
};

static struct kseal_mark mark_room(struct sock *sk, struct kseal_tx *tx)
{
	struct page_frag *frag = sk_page_frag(sk);

	unreserve_tail(tx, frag);
	return (struct kseal_mark) {
		.n_out = tx->n_out, .last_len = last_piece(tx)->bv_len,
		.page = frag->page, .offset = frag->offset,
	};
}

/* Give up what was taken since, in the same call. The fragment goes back to
 * where it stood and no further: what lies below may be another socket's. So
 * the last piece has the same room for its tail behind it as it had then.
 */
static void give_back_room(struct sock *sk, struct kseal_tx *tx, struct kseal_mark mark)
{
	struct page_frag *frag = sk_page_frag(sk);

	put_pieces(tx->lists->out + mark.n_out, tx->n_out - mark.n_out);
	tx->n_out = mark.n_out;
	last_piece(tx)->bv_len = mark.last_len;
	if (frag->page == mark.page)
		frag->offset = mark.offset;
}

/* Reserve @len bytes on the wire for content that lies elsewhere: all or
 * nothing.
 */
static int reserve_out(struct sock *sk, struct kseal_tx *tx, size_t len)
{
	struct kseal_mark mark = mark_room(sk, tx);
	struct bio_vec piece;
	int err = 0;

	while (len && !err) {
		if (!find_room(sk, tx, len, &piece)) {
			err = -ENOMEM;
		} else if (!add_out(tx, &piece)) {
			err = -ENOSPC;
		} else {
			take_room(sk, tx, piece.bv_len);
			len -= piece.bv_len;
		}
	}
	if (err)
		give_back_room(sk, tx, mark);
	return err;
}

/**
 * kseal_tx_borrow() - the content so far, which was to be encrypted in place,
 * becomes a source like pages that are not ours
 * @sk: socket, locked
 * @tx: with an open record
 *
 * Return: 0; -ENOMEM; -ENOSPC the batch has to go down before. On error the
 * record is as it was.
 */
int kseal_tx_borrow(struct sock *sk, struct kseal_tx *tx)
{
	size_t prefix = kseal_record_prefix_size(&tx->key.record);
	struct bio_vec *old = tx->lists->out + tx->n_batch;
	u16 n = tx->n_out - tx->n_batch, n_batch = tx->n_batch;
	struct kseal_mark mark = mark_room(sk, tx);
	int err;

	/* With nothing in it yet, what is reserved serves. */
	if (!tx->len) {
		tx->borrowed = true;
		return 0;
	}
	if (tx->n_out + KSEAL_RECORD_SEGS > KSEAL_BATCH_SEGS)
		return -ENOSPC;
	tx->n_batch = tx->n_out;	/* what follows is a record of its own */
	err = open_prefix(sk, tx, tx->len);
	if (!err)
		err = reserve_out(sk, tx, tx->len);
	tx->n_batch = n_batch;
	if (err) {
		give_back_room(sk, tx, mark);
		return err;
	}
	memcpy(tx->lists->from, old, n * sizeof(*old));
	memmove(old, old + n, (tx->n_out - n_batch - n) * sizeof(*old));
	tx->lists->from[0].bv_offset += prefix;
	tx->lists->from[0].bv_len -= prefix;
	tx->n_from = n;
	tx->n_out -= n;
	tx->borrowed = true;
	return 0;
}

static int copy_piece(struct bio_vec *piece, struct iov_iter *iter)
{
	size_t done = copy_from_iter(bvec_virt(piece), piece->bv_len, iter);

	if (done == piece->bv_len)
		return 0;
	iov_iter_revert(iter, done);
	return -EFAULT;
}

/* Copied bytes of a borrowing record lie in our memory twice: as a source, and
 * as the room for their ciphertext.
 */
static ssize_t append_borrowed(struct sock *sk, struct kseal_tx *tx,
			       struct iov_iter *iter, size_t want)
{
	struct kseal_mark mark = mark_room(sk, tx);
	struct bio_vec piece;
	int err;

	if (tx->n_from >= KSEAL_RECORD_SEGS)
		return -ENOSPC;
	want = find_room(sk, tx, want, &piece);
	if (!want)
		return -ENOMEM;
	err = copy_piece(&piece, iter);
	if (err)
		return err;
	get_page(piece.bv_page);
	take_room(sk, tx, want);
	err = reserve_out(sk, tx, want);
	if (err) {
		iov_iter_revert(iter, want);
		put_page(piece.bv_page);
		give_back_room(sk, tx, mark);
		return err;
	}
	tx->lists->from[tx->n_from++] = piece;
	return want;
}

/* Where the fragment ends before the bytes do, end with a cipher's block. */
static void end_with_block(const struct kseal_tx *tx, struct bio_vec *piece)
{
	size_t over = (tx->len + piece->bv_len) % KSEAL_BLOCK_SIZE;

	if (piece->bv_len > over)
		piece->bv_len -= over;
}

static ssize_t append_in_place(struct sock *sk, struct kseal_tx *tx,
			       struct iov_iter *iter, size_t want)
{
	struct bio_vec piece;
	size_t room;
	int err;

	room = find_room(sk, tx, want, &piece);
	if (!room)
		return -ENOMEM;
	if (room < want)
		end_with_block(tx, &piece);
	want = piece.bv_len;
	err = copy_piece(&piece, iter);
	if (err)
		return err;
	if (!add_out(tx, &piece)) {
		iov_iter_revert(iter, want);
		return -ENOSPC;
	}
	take_room(sk, tx, want);
	return want;
}

/* Bytes of content the open record may still take, at least 1. */
static size_t room_left(const struct kseal_tx *tx)
{
	return tx->limit - tx->len;
}

/**
 * kseal_tx_append() - copy bytes into the open record
 * @sk: socket, locked
 * @tx: with an open record that is not full
 * @msg: where they come from, advanced by what was taken
 *
 * Return: bytes taken, at least 1; -EFAULT they cannot be read; -ENOMEM;
 * -ENOSPC the record has no piece left for them and wants to be sealed.
 */
ssize_t kseal_tx_append(struct sock *sk, struct kseal_tx *tx, struct msghdr *msg)
{
	size_t want = min_t(size_t, msg_data_left(msg), room_left(tx));
	ssize_t done;

	if (tx->borrowed)
		done = append_borrowed(sk, tx, &msg->msg_iter, want);
	else
		done = append_in_place(sk, tx, &msg->msg_iter, want);
	if (done > 0)
		tx->len += done;
	return done;
}

/* take_pages() of a list of pages, which is what splice and sendfile have: without
 * asking the iterator for each.
 */
static ssize_t take_listed(struct iov_iter *iter, size_t want, struct bio_vec *pieces,
			   unsigned int max, unsigned int *n)
{
	const struct bio_vec *bv = iter->bvec;
	size_t skip = iter->iov_offset, done = 0, at, len;
	struct page *page;

	for (*n = 0; *n < max && done < want; done += len, skip += len) {
		for (; skip >= bv->bv_len; bv++)
			skip -= bv->bv_len;
		at = bv->bv_offset + skip;
		page = bv->bv_page + at / PAGE_SIZE;
		if (WARN_ON_ONCE(!sendpage_ok(page)))
			break;
		len = min3(want - done, bv->bv_len - skip, PAGE_SIZE - offset_in_page(at));
		bvec_set_page(&pieces[(*n)++], page, len, offset_in_page(at));
	}
	iov_iter_advance(iter, done);
	return done ?: -EIO;
}

/* Take up to @want bytes off an iterator of pages. Return: bytes; if there are none
 * -EIO the page is not one to send, or another -errno.
 */
static ssize_t take_pages(struct iov_iter *iter, size_t want, struct bio_vec *pieces,
			  unsigned int max, unsigned int *n)
{
	struct page *page;
	size_t offset;
	ssize_t done = 0, len;

	if (iov_iter_is_bvec(iter))
		return take_listed(iter, want, pieces, max, n);
	for (*n = 0; *n < max && (size_t)done < want; done += len) {
		len = kseal_compat_next_page(iter, want - done, &page, &offset);
		if (len <= 0)
			return done ?: len ?: -EIO;
		if (WARN_ON_ONCE(!sendpage_ok(page))) {
			iov_iter_revert(iter, len);
			return done ?: -EIO;
		}
		bvec_set_page(&pieces[(*n)++], page, len, offset);
	}
	return done;
}

/**
 * kseal_tx_append_pages() - put pages into the open record, by reference
 * @sk: socket, locked
 * @tx: with an open record that is not full
 * @msg: whose iterator is of pages, advanced by what was taken
 *
 * Return: as kseal_tx_append(); -EIO the pages are not ones to send.
 */
ssize_t kseal_tx_append_pages(struct sock *sk, struct kseal_tx *tx, struct msghdr *msg)
{
	size_t want = min_t(size_t, msg_data_left(msg), room_left(tx));
	struct bio_vec pieces[KSEAL_RECORD_PAGES];
	unsigned int i, n, max;
	ssize_t len;
	int err;

	if (!tx->borrowed) {
		err = kseal_tx_borrow(sk, tx);
		if (err)
			return err;
	}
	max = min_t(unsigned int, ARRAY_SIZE(pieces), KSEAL_RECORD_SEGS - tx->n_from);
	if (!max)
		return -ENOSPC;
	len = take_pages(&msg->msg_iter, want, pieces, max, &n);
	if (len < 0)
		return len;
	err = reserve_out(sk, tx, len);
	if (err) {
		iov_iter_revert(&msg->msg_iter, len);
		return err;
	}
	for (i = 0; i < n; i++)
		add_piece(tx->lists->from, &tx->n_from, 0, KSEAL_RECORD_SEGS, &pieces[i]);
	tx->len += len;
	tx->spliced += len;
	return len;
}
