// SPDX-License-Identifier: GPL-2.0
/*
 * Opening records: into pages of ours, where they wait for their reader, or
 * straight into the reader's memory.
 */
#include <linux/highmem.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "kseal.h"
#include "trace.h"

/**
 * kseal_plain_free() - an opened record has been delivered, or never will be
 * @sk: socket, locked
 * @rx: its receiving side
 * @plain: the record, on @rx->plain or on no list yet; freed
 */
void kseal_plain_free(struct sock *sk, struct kseal_rx *rx, struct kseal_plain *plain)
{
	if (!list_empty(&plain->node)) {
		list_del(&plain->node);
		rx->plain_charged -= plain->charged;
		WRITE_ONCE(rx->taken, rx->taken + 1);
	}
	while (plain->n_pages)
		put_page(plain->pages[--plain->n_pages]);
	sk_mem_uncharge(sk, plain->charged);
	kfree(plain);
}

/**
 * kseal_rx_idle() - a call ends, or goes to sleep: no record is in work
 * @rx: the receiving side
 */
void kseal_rx_idle(struct kseal_rx *rx)
{
	if (rx->lists)
		kseal_aead_work_wipe(&rx->lists->work);
	kfree(rx->lists);
	rx->lists = NULL;
}

static int get_lists(struct sock *sk, struct kseal_rx *rx)
{
	int err;

	if (rx->lists)
		return 0;
	if (rx->renew) {
		err = kseal_rx_renew(sk, rx);
		if (err)
			return err;
	}
	rx->lists = kmalloc(offsetof(struct kseal_rx_lists, work) +
			    kseal_aead_work_size(&rx->key.aead), sk->sk_allocation);
	if (!rx->lists)
		return -ENOMEM;
	kseal_aead_work_init(&rx->lists->work, &rx->key.aead);
	/* long, and rarely used up: not anew for each record */
	sg_init_table(rx->lists->sg_in, ARRAY_SIZE(rx->lists->sg_in));
	rx->lists->sg_in_end = NULL;
	return 0;
}

static struct kseal_plain *plain_alloc(struct sock *sk, struct kseal_rx *rx, u32 len)
{
	struct kseal_plain *plain = kzalloc(sizeof(*plain), sk->sk_allocation);
	u32 n = DIV_ROUND_UP(len, PAGE_SIZE);
	u32 size = n * PAGE_SIZE + sizeof(*plain);

	if (!plain)
		return NULL;
	INIT_LIST_HEAD(&plain->node);
	if (sk_wmem_schedule(sk, size)) {
		sk_mem_charge(sk, size);
		plain->charged = size;
	} else if (!list_empty(&rx->plain)) {
		goto err;	/* one a reader gets in any case, to go on with */
	}
	for (; plain->n_pages < n; plain->n_pages++) {
		plain->pages[plain->n_pages] = alloc_page(sk->sk_allocation);
		if (!plain->pages[plain->n_pages])
			goto err;
	}
	return plain;
err:
	kseal_plain_free(sk, rx, plain);
	return NULL;
}

/* Source of the cipher: the ciphertext where it lies, or, if that is in too
 * many places, in pages of ours.
 */
static int map_record(struct sock *sk, struct kseal_rx *rx, u8 *explicit_nonce)
{
	u32 prefix = kseal_record_prefix_size(&rx->key.record);
	struct sk_buff *skb = skb_peek(&sk->sk_receive_queue);
	int err;

	err = kseal_rx_copy(sk, rx, &skb, KSEAL_HEADER_SIZE, explicit_nonce,
			    prefix - KSEAL_HEADER_SIZE);
	if (err)
		return err;
	err = kseal_rx_map(sk, rx, prefix, rx->frame.full - prefix);
	if (err == -EMSGSIZE) {
		err = kseal_rx_hold(sk, rx, sk->sk_allocation);
		if (!err)
			err = kseal_rx_map(sk, rx, prefix, rx->frame.full - prefix);
	}
	return err;
}

/* Decrypt the record at the head into @rx->sg_out. An authentic record stays
 * at the head; one that is not ends the connection.
 */
static int decrypt(struct sock *sk, struct kseal_rx *rx)
{
	u8 explicit_nonce[KSEAL_EXPLICIT_MAX];
	int err;

	err = map_record(sk, rx, explicit_nonce);
	if (err)
		return err;
	err = kseal_aead_open(&rx->key, &rx->lists->work, &rx->frame.header, explicit_nonce,
			      rx->lists->sg_in, rx->lists->sg_out);
	if (err == -EBADMSG) {
		kseal_count(sk, KSEAL_STAT_RX_DECRYPT_ERROR, 1);
		kseal_abort(sk, KSEAL_END_BAD_RECORD);
	}
	return err;
}

static void count_opened(struct sock *sk, struct kseal_rx *rx, u32 len, u32 direct)
{
	rx->stats.records++;
	rx->stats.bytes += len;
	rx->stats.direct_bytes += direct;
	kseal_count(sk, KSEAL_STAT_RX_RECORDS, 1);
	kseal_count(sk, KSEAL_STAT_RX_BYTES, len);
	if (direct)
		kseal_count(sk, KSEAL_STAT_RX_DIRECT_BYTES, direct);
}

/* Bytes up to and including the inner content type, over all pages. */
static u32 unpad(const struct kseal_plain *plain, u32 len)
{
	u32 page, rest;

	while (len) {
		page = (len - 1) / PAGE_SIZE;
		rest = kseal_record_unpad(page_address(plain->pages[page]),
					  len - page * PAGE_SIZE);
		if (rest)
			return page * PAGE_SIZE + rest;
		len = page * PAGE_SIZE;
	}
	return 0;
}

/* Type and length of what was deciphered into @plain. */
static int settle_type(struct kseal_rx *rx, struct kseal_plain *plain)
{
	u32 len = rx->frame.header.content;

	plain->type = rx->frame.header.type;
	plain->len = len;
	if (!kseal_record_inner_type(&rx->key.record))
		return 0;
	len = unpad(plain, len + 1);
	if (!len)
		return -EBADMSG;
	plain->len = len - 1;
	plain->type = *((u8 *)page_address(plain->pages[plain->len / PAGE_SIZE]) +
			offset_in_page(plain->len));
	return 0;
}

/* What an opened record tells of those to come. */
static void learn(struct sock *sk, struct kseal_rx *rx, const struct kseal_plain *plain)
{
	bool update = false;
	u32 off, n;

	if (!kseal_record_inner_type(&rx->key.record))
		return;
	if (plain->len < rx->frame.header.content)
		rx->pad_skip = 1 << rx->pad_backoff;
	else if (rx->pad_skip)
		rx->pad_skip--;
	if (plain->type != KSEAL_HANDSHAKE || kseal_sk(sk)->control)
		return;
	for (off = 0; off < plain->len; off += n) {
		n = min_t(u32, plain->len - off, PAGE_SIZE);
		update |= kseal_handshake_feed(&rx->handshake,
					       page_address(plain->pages[off / PAGE_SIZE]), n);
	}
	if (!update)
		return;
	rx->key_expired = true;
	rx->stats.key_updates++;
	kseal_count(sk, KSEAL_STAT_RX_KEY_UPDATES, 1);
}

static void map_plain(struct kseal_rx *rx, const struct kseal_plain *plain, u32 len)
{
	struct scatterlist *sg = rx->lists->sg_out;
	u32 i, n;

	BUILD_BUG_ON(KSEAL_RECORD_PAGES + 1 > ARRAY_SIZE(rx->lists->sg_out));
	sg_init_table(sg, 1 + plain->n_pages);
	for (i = 0; i < plain->n_pages; i++, len -= n) {
		n = min_t(u32, len, PAGE_SIZE);
		sg_set_page(++sg, plain->pages[i], n, 0);
	}
}

/**
 * kseal_open_plain() - open the record at the head into pages of ours
 * @sk: socket, locked
 * @rx: its receiving side; the record is whole
 *
 * Return: 0, it is the last of @rx->plain, or was empty application data and is
 * gone, or was taken in kernel-control mode; -EBADMSG it is not authentic or has
 * no content type, the connection is aborted; -ENOMEM, it stays at the head; as
 * kseal_control_take().
 */
int kseal_open_plain(struct sock *sk, struct kseal_rx *rx)
{
	u32 len = rx->frame.header.content + kseal_record_inner_type(&rx->key.record);
	struct kseal_plain *plain;
	int err;

	err = get_lists(sk, rx);
	if (err)
		return err;
	plain = plain_alloc(sk, rx, len);
	if (!plain)
		return -ENOMEM;
	map_plain(rx, plain, len);
	err = decrypt(sk, rx);
	if (err)
		goto err;
	err = settle_type(rx, plain);
	if (err) {
		kseal_count(sk, KSEAL_STAT_RX_DECRYPT_ERROR, 1);
		err = kseal_abort(sk, kseal_sk(sk)->control ? KSEAL_END_UNEXPECTED :
							      KSEAL_END_BAD_RECORD);
		goto err;
	}
	learn(sk, rx, plain);
	trace_kseal_record_opened(sk, rx, plain->type, plain->len, false);
	kseal_rx_consume(sk, rx);
	count_opened(sk, rx, plain->len, 0);
	if (kseal_control_is(sk, rx, plain)) {
		err = kseal_control_take(sk, rx, plain);
		goto err;
	}
	/* An empty record has nothing to wait for a reader with. */
	if (!plain->len && plain->type == KSEAL_APPLICATION_DATA) {
		kseal_plain_free(sk, rx, plain);
		return 0;
	}
	list_add_tail(&plain->node, &rx->plain);
	rx->plain_charged += plain->charged;
	WRITE_ONCE(rx->opened, rx->opened + 1);
	return 0;
err:
	/* nothing went wrong if it was taken */
	kseal_plain_free(sk, rx, plain);
	return err;
}

static void put_user_pages(struct scatterlist *sg, const struct scatterlist *end)
{
	for (; sg != end; sg++) {
		/* the page table knows nothing of this write: memory given to
		 * MADV_FREE would be reclaimed as if it had not happened
		 */
		if (!PageDirty(sg_page(sg)))
			set_page_dirty_lock(sg_page(sg));
		put_page(sg_page(sg));
	}
}

/* Get @len bytes of the reader's memory and list them; @iter moves on. Return:
 * behind the last entry; NULL when they cannot be had, lie in too many pages,
 * or belong to a file, whose file system has to see each write coming.
 */
static struct scatterlist *map_user(struct scatterlist *sg, const struct scatterlist *end,
				    struct iov_iter *iter, u32 len)
{
	struct page *pages[KSEAL_RECORD_PAGES + 1];
	struct scatterlist *first = sg;
	size_t off;
	ssize_t n;
	u32 i, part;

	while (len) {
		n = iov_iter_get_pages2(iter, pages, len, ARRAY_SIZE(pages), &off);
		if (n <= 0)
			goto err;
		len -= n;
		for (i = 0; n; i++, n -= part, off = 0) {
			part = min_t(u32, n, PAGE_SIZE - off);
			if (sg == end || !PageAnon(pages[i]))
				goto err_pages;
			sg_set_page(sg++, pages[i], part, off);
		}
	}
	return sg;

err_pages:
	for (; n > 0; i++, n -= min_t(u32, n, PAGE_SIZE - off), off = 0)
		put_page(pages[i]);
err:
	for (; first != sg; first++)
		put_page(sg_page(first));
	return NULL;
}

/* Deciphered for nothing. A peer that pads is not tried with the next few
 * records, and with twice as many each time.
 */
static void count_retry(struct sock *sk, struct kseal_rx *rx)
{
	kseal_count(sk, KSEAL_STAT_RX_DIRECT_RETRIES, 1);
	rx->stats.direct_retries++;
	if (rx->tail)
		return;
	if (kseal_sk(sk)->rx_expect_no_pad)
		kseal_count(sk, KSEAL_STAT_RX_NO_PAD_VIOLATIONS, 1);
	rx->pad_backoff = min_t(u8, rx->pad_backoff + 1, KSEAL_PAD_BACKOFF_MAX);
}

/**
 * kseal_open_direct() - open the record at the head into the reader's memory
 * @sk: socket, locked
 * @rx: its receiving side; the record is whole, and application data as far
 *	as its header tells
 * @msg: with room for all its content; advanced on success
 *
 * Padding, or another type, is known only after deciphering. Nothing behind
 * the room that the content may take is written.
 *
 * Return: bytes delivered; -EAGAIN use kseal_open_plain(); -EBADMSG it is not
 * authentic, the connection is aborted; another error, it stays at the head.
 */
int kseal_open_direct(struct sock *sk, struct kseal_rx *rx, struct msghdr *msg)
{
	const size_t n_out = ARRAY_SIZE(rx->lists->sg_out);
	bool inner = kseal_record_inner_type(&rx->key.record);
	u32 len = rx->frame.header.content;
	struct iov_iter start = msg->msg_iter;
	struct scatterlist *first, *end;
	int err;

	err = get_lists(sk, rx);
	if (err)
		return err;
	sg_init_table(rx->lists->sg_out, n_out);
	first = rx->lists->sg_out + 1;
	end = map_user(first, rx->lists->sg_out + n_out - 1, &msg->msg_iter, len);
	if (!end) {
		msg->msg_iter = start;
		return -EAGAIN;
	}
	if (inner)
		sg_set_buf(end, &rx->tail, 1);
	sg_mark_end(inner ? end : end - 1);
	err = decrypt(sk, rx);
	put_user_pages(first, end);
	if (!err && inner && rx->tail != KSEAL_APPLICATION_DATA) {
		count_retry(sk, rx);
		err = -EAGAIN;
	}
	if (err) {
		msg->msg_iter = start;
		return err;
	}
	rx->pad_backoff = 0;
	trace_kseal_record_opened(sk, rx, KSEAL_APPLICATION_DATA, len, true);
	kseal_rx_consume(sk, rx);
	count_opened(sk, rx, len, len);
	return len;
}
