// SPDX-License-Identifier: GPL-2.0
/*
 * The front of the stream in pages of ours: what a program had read ahead of the
 * record layer (KSEAL_RX_PREFIX), or what a receive window was too small for.
 */
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/overflow.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/sockptr.h>

#include "kseal.h"

/* Pages a prefix takes, and those of a record behind it that begins in its last
 * page: a held record never has more before it than a part of one page.
 */
static unsigned int pages_for(u32 len)
{
	return max_t(unsigned int, DIV_ROUND_UP(len, PAGE_SIZE), KSEAL_RECORD_PAGES + 1);
}

static struct kseal_held *held_alloc(u32 len, gfp_t gfp)
{
	struct kseal_held *held;

	BUILD_BUG_ON(DIV_ROUND_UP(KSEAL_RX_PREFIX_MAX, PAGE_SIZE) > U8_MAX);
	return kzalloc(struct_size(held, pages, pages_for(len)), gfp);
}

static void free_uncharged(struct kseal_held *held)
{
	while (held->n)
		__free_page(held->pages[--held->n]);
	kfree(held);
}

/**
 * kseal_held_free() - let go of all of it
 * @sk: socket, locked
 * @held: to be freed; may be NULL
 */
void kseal_held_free(struct sock *sk, struct kseal_held *held)
{
	if (!held)
		return;
	sk_mem_uncharge(sk, held->charged);
	free_uncharged(held);
}

/* Room behind the last byte: up to *@n bytes, which becomes what there is. */
static u8 *room_behind(struct kseal_held *held, u32 *n, gfp_t gfp)
{
	u32 end = held->at + held->len;

	if (end / PAGE_SIZE == held->n) {
		held->pages[held->n] = alloc_page(gfp);
		if (!held->pages[held->n])
			return NULL;
		held->n++;
	}
	*n = min_t(u32, *n, PAGE_SIZE - offset_in_page(end));
	return (u8 *)page_address(held->pages[end / PAGE_SIZE]) + offset_in_page(end);
}

/**
 * kseal_held_room() - room for bytes of the record at the head, behind what is held
 * @sk: socket, locked
 * @held: where they go, NULL until there are any; allocated then
 * @n: bytes wanted; set to how many fit where the room is
 * @gfp: how to allocate
 *
 * Over the limit of all sockets' memory the one record is held all the same, like
 * TCP takes a packet for an empty queue: who cannot go on gives nothing back.
 *
 * Return: where to write; the caller adds to @held->len. NULL without memory.
 */
u8 *kseal_held_room(struct sock *sk, struct kseal_held **held, u32 *n, gfp_t gfp)
{
	unsigned int before;
	u8 *room;

	if (!*held)
		*held = held_alloc(0, gfp);
	if (!*held)
		return NULL;
	before = (*held)->n;
	room = room_behind(*held, n, gfp);
	if (room && (*held)->n > before && sk_wmem_schedule(sk, PAGE_SIZE)) {
		sk_mem_charge(sk, PAGE_SIZE);
		(*held)->charged += PAGE_SIZE;
	}
	return room;
}

/**
 * kseal_held_copy() - copy some of it
 * @held: where from
 * @off: where in it to begin
 * @to: room for @len bytes
 * @len: bytes, all of which are there
 */
void kseal_held_copy(const struct kseal_held *held, u32 off, u8 *to, u32 len)
{
	u32 n;

	for (off += held->at; len; off += n, to += n, len -= n) {
		n = min_t(u32, len, PAGE_SIZE - offset_in_page(off));
		memcpy(to, (u8 *)page_address(held->pages[off / PAGE_SIZE]) + offset_in_page(off),
		       n);
	}
}

/**
 * kseal_held_map() - list where some of it lies
 * @held: what
 * @off: where in it to begin
 * @len: bytes, all of which are there, and of one record
 * @sg: entries to fill, KSEAL_RECORD_PAGES + 1 at most
 *
 * Return: behind the last entry.
 */
struct scatterlist *kseal_held_map(const struct kseal_held *held, u32 off, u32 len,
				   struct scatterlist *sg)
{
	u32 n;

	for (off += held->at; len; off += n, len -= n) {
		n = min_t(u32, len, PAGE_SIZE - offset_in_page(off));
		sg_set_page(sg++, held->pages[off / PAGE_SIZE], n, offset_in_page(off));
	}
	return sg;
}

/**
 * kseal_held_advance() - the first bytes are done with
 * @sk: socket, locked
 * @held: what; pages that have none of the rest are freed
 * @len: bytes, fewer than there are
 */
void kseal_held_advance(struct sock *sk, struct kseal_held *held, u32 len)
{
	u32 end = held->at + len, passed = end / PAGE_SIZE, charged, i;

	for (i = 0; i < passed; i++)
		__free_page(held->pages[i]);
	held->n -= passed;
	memmove(held->pages, held->pages + passed, held->n * sizeof(held->pages[0]));
	held->at = offset_in_page(end);
	held->len -= len;
	charged = min_t(u32, held->charged, passed * PAGE_SIZE);
	held->charged -= charged;
	sk_mem_uncharge(sk, charged);
}

/* A program's bytes in pages of ours, not charged yet. NULL if there are none. */
static struct kseal_held *read_prefix(sockptr_t optval, u32 len)
{
	struct kseal_held *held;
	int err = -ENOMEM;
	u8 *room;
	u32 n;

	if (!len)
		return NULL;
	held = held_alloc(len, GFP_KERNEL);
	if (!held)
		return ERR_PTR(-ENOMEM);
	for (; held->len < len; held->len += n) {
		n = len - held->len;
		room = room_behind(held, &n, GFP_KERNEL);
		if (!room)
			goto err;
		err = -EFAULT;
		if (copy_from_sockptr_offset(room, optval, held->len, n))
			goto err;
		err = -ENOMEM;
	}
	return held;
err:
	free_uncharged(held);
	return ERR_PTR(err);
}

static int charge(struct sock *sk, struct kseal_held *held)
{
	u32 size = held ? held->n * PAGE_SIZE : 0;

	if (!size)
		return 0;
	if (!sk_wmem_schedule(sk, size))
		return -ENOMEM;
	sk_mem_charge(sk, size);
	held->charged = size;
	kseal_count(sk, KSEAL_STAT_RX_PREFIX_BYTES, held->len);
	return 0;
}

/**
 * kseal_set_rx_prefix() - setsockopt(KSEAL_RX_PREFIX)
 * @sk: socket, not locked
 * @optval: the bytes
 * @optlen: how many
 *
 * Return: as <linux/kseal.h> says.
 */
int kseal_set_rx_prefix(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_sock *ks = kseal_sk(sk);
	struct kseal_held *held;
	int err;

	if (smp_load_acquire(&ks->rx))
		return -EBUSY;
	if (optlen > KSEAL_RX_PREFIX_MAX)
		return -EMSGSIZE;
	if (optlen && sockptr_is_null(optval))
		return -EFAULT;
	held = read_prefix(optval, optlen);
	if (IS_ERR(held))
		return PTR_ERR(held);
	lock_sock(sk);
	err = ks->rx ? -EBUSY : charge(sk, held);
	if (!err)
		swap(ks->rx_prefix, held);
	kseal_held_free(sk, held);
	release_sock(sk);
	return err;
}
