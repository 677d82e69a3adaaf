// SPDX-License-Identifier: GPL-2.0
/*
 * A connection's two ends worked by one thread of the kernel: what sending costs
 * where neither system calls nor switches between programs are in it. Under
 * User-Mode Linux they cost many times what they do elsewhere, and on a machine that
 * is a guest itself they drown everything.
 *
 * Written to /sys/module/kseal_bench/parameters/sockets:
 *	SENDER READER HOW SIZE COUNT
 * sends SIZE bytes COUNT times into the socket SENDER, a descriptor of the caller's,
 * and throws away what comes out of READER, its peer, after each. HOW is "write",
 * from memory, or "pages", as sendfile does it, 16 pages at a time. Read back:
 *	NANOSECONDS
 */
#include <linux/bvec.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <net/sock.h>

#define SIZE_MAX_CALL	(1U << 20)
#define POOL_PAGES	(4 * SIZE_MAX_CALL / PAGE_SIZE)
#define PIPE_PAGES	16
#define DRAIN		(4U << 20)

/**
 * struct sockets_bench - one measurement
 * @sender: the end that sends
 * @reader: its peer
 * @size: bytes of a call, a multiple of a page's where pages are sent
 * @count: calls
 * @memory: of a call
 * @pages: those of a file
 * @at: the next of them
 */
struct sockets_bench {
	struct socket *sender, *reader;
	unsigned int size, count;
	void *memory;
	struct bio_vec pages[POOL_PAGES];
	unsigned int at;
};

static DEFINE_MUTEX(lock);
static u64 result;

/* All that has come. Return: 0; -errno. */
static int drain(struct sockets_bench *b)
{
	struct kvec nowhere = { .iov_base = NULL, .iov_len = DRAIN };
	int n;

	do {
		struct msghdr msg = {};

		n = kernel_recvmsg(b->reader, &msg, &nowhere, 1, DRAIN, MSG_TRUNC | MSG_DONTWAIT);
	} while (n > 0);
	return n == -EAGAIN ? 0 : n ?: -EPIPE;
}

/* All of @msg, the reader taking what comes when there is no room. */
static int send_all(struct sockets_bench *b, struct msghdr *msg)
{
	int n, err = 0;

	while (!err && msg_data_left(msg)) {
		n = sock_sendmsg(b->sender, msg);
		if (n < 0 && n != -EAGAIN)
			return n;
		if (msg_data_left(msg))
			err = drain(b);
		if (!err && signal_pending(current))
			err = -EINTR;
	}
	return err;
}

static int send_memory(struct sockets_bench *b)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT };
	struct kvec vec = { .iov_base = b->memory, .iov_len = b->size };

	iov_iter_kvec(&msg.msg_iter, ITER_SOURCE, &vec, 1, b->size);
	return send_all(b, &msg);
}

#ifdef MSG_SPLICE_PAGES
static int send_pages(struct sockets_bench *b)
{
	unsigned int left, n;
	int err = 0;

	for (left = b->size; left && !err; left -= n) {
		struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_SPLICE_PAGES };

		n = min_t(unsigned int, left, PIPE_PAGES * PAGE_SIZE);
		if (n < left)
			msg.msg_flags |= MSG_MORE;
		if (b->at + PIPE_PAGES > POOL_PAGES)
			b->at = 0;
		iov_iter_bvec(&msg.msg_iter, ITER_SOURCE, b->pages + b->at, PIPE_PAGES, n);
		b->at += DIV_ROUND_UP(n, PAGE_SIZE);
		err = send_all(b, &msg);
	}
	return err;
}
#else
static int send_pages(struct sockets_bench *b)
{
	return -EOPNOTSUPP;
}
#endif

static int measure(struct sockets_bench *b, int (*send)(struct sockets_bench *b))
{
	u64 begun = ktime_get_ns();
	unsigned int i;
	int err = 0;

	for (i = 0; i < b->count && !err; i++) {
		err = send(b) ?: drain(b);
		cond_resched();
	}
	result = ktime_get_ns() - begun;
	return err;
}

static int get_memory(struct sockets_bench *b)
{
	struct page *page;
	unsigned int i;

	b->memory = kvzalloc(SIZE_MAX_CALL, GFP_KERNEL);
	if (!b->memory)
		return -ENOMEM;
	for (i = 0; i < POOL_PAGES; i++) {
		page = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!page)
			return -ENOMEM;
		bvec_set_page(&b->pages[i], page, PAGE_SIZE, 0);
	}
	return 0;
}

static void release(struct sockets_bench *b)
{
	unsigned int i;

	for (i = 0; i < POOL_PAGES && b->pages[i].bv_page; i++)
		put_page(b->pages[i].bv_page);
	if (b->sender)
		sockfd_put(b->sender);
	if (b->reader)
		sockfd_put(b->reader);
	kvfree(b->memory);
	kvfree(b);
}

static int run(struct sockets_bench *b, int sender, int reader, const char *how)
{
	int (*send)(struct sockets_bench *b);
	int err;

	if (!strcmp(how, "write"))
		send = send_memory;
	else if (!strcmp(how, "pages"))
		send = send_pages;
	else
		return -EINVAL;
	if (!b->size || b->size > SIZE_MAX_CALL)
		return -EINVAL;
	b->sender = sockfd_lookup(sender, &err);
	if (!b->sender)
		return err;
	b->reader = sockfd_lookup(reader, &err);
	if (!b->reader)
		return err;
	return get_memory(b) ?: measure(b, send);
}

static int sockets_set(const char *line, const struct kernel_param *kp)
{
	struct sockets_bench *b = kvzalloc(sizeof(*b), GFP_KERNEL);
	int sender, reader, err = -EINVAL;
	char how[8];

	if (!b)
		return -ENOMEM;
	mutex_lock(&lock);
	if (sscanf(line, "%d %d %7s %u %u", &sender, &reader, how, &b->size, &b->count) == 5)
		err = run(b, sender, reader, how);
	mutex_unlock(&lock);
	release(b);
	return err;
}

static int sockets_get(char *buffer, const struct kernel_param *kp)
{
	int len;

	mutex_lock(&lock);
	len = scnprintf(buffer, PAGE_SIZE, "%llu\n", result);
	mutex_unlock(&lock);
	return len;
}

static const struct kernel_param_ops sockets_ops = {
	.set = sockets_set,
	.get = sockets_get,
};

module_param_cb(sockets, &sockets_ops, NULL, 0600);
MODULE_PARM_DESC(sockets, "write: SENDER READER write|pages SIZE COUNT; read: NANOSECONDS");
