// SPDX-License-Identifier: GPL-2.0
/*
 * Ticket queues: NewSessionTicket messages for who did the handshakes.
 *
 *	records -> collected in the socket's tie -> in the queue -> read(2)
 *
 * A tie holds its queue, never the queue's file: so sockets and queues can be in
 * flight over UNIX sockets in any order, and make no circle. When the file is
 * gone the queue is dead, and what comes is dropped. That a tie has ended is told
 * by a message which is a part of it: no memory is wanted for that.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "kseal.h"

/**
 * struct kseal_ticket_queue - behind the file that KSEAL_TICKET_QUEUE gives
 * @ref: the file's and each tie's
 * @lock: protects the members below; innermost, the socket lock is taken before
 * @queued: struct kseal_queued, oldest first; whether it is empty is also read without
 *	the lock
 * @bytes: of them, as in KSEAL_TICKET_QUEUE_MAX
 * @dead: the file is gone; also read without the lock
 * @wait: readers, and who polls
 */
struct kseal_ticket_queue {
	struct kref ref;
	spinlock_t lock;
	struct list_head queued;
	u32 bytes;
	bool dead;
	wait_queue_head_t wait;
};

/**
 * struct kseal_queued - what one read(2) gives
 * @node: in kseal_ticket_queue.queued
 * @cookie: as in struct kseal_ticket
 * @len: bytes of @message; 0: the end of a tie, which this is a part of
 * @message: with its header
 */
struct kseal_queued {
	struct list_head node;
	u64 cookie;
	u32 len;
	u8 message[];
};

/**
 * struct kseal_tie - a socket's tickets go to a queue; the socket lock protects it
 * @queue: to this one
 * @partial: a message that has come in part; NULL while its header is not whole, and
 *	for one that will be dropped
 * @got: bytes of the message that have come; 0 also when its beginning was not seen
 * @header: of the message
 * @end: queued when the tie ends
 */
struct kseal_tie {
	struct kseal_ticket_queue *queue;
	struct kseal_queued *partial;
	u32 got;
	u8 header[KSEAL_HANDSHAKE_HEADER];
	struct kseal_queued end;
};

static void free_queued(struct kseal_queued *queued)
{
	if (queued->len)
		kfree_sensitive(queued);
	else
		kfree(container_of(queued, struct kseal_tie, end));
}

static void free_queue(struct kref *ref)
{
	kfree(container_of(ref, struct kseal_ticket_queue, ref));
}

static size_t read_size(const struct kseal_queued *queued)
{
	return sizeof(struct kseal_ticket) + queued->len;
}

/* The bytes of it that count. */
static u32 weight(const struct kseal_queued *queued)
{
	return queued->len ? read_size(queued) : 0;
}

/* ---- the file --------------------------------------------------------------- */

/* Return: the oldest, taken out; ERR_PTR() of -EAGAIN, or of -EMSGSIZE: it is larger. */
static struct kseal_queued *take_out(struct kseal_ticket_queue *queue, size_t room)
{
	struct kseal_queued *queued;

	spin_lock(&queue->lock);
	queued = list_first_entry_or_null(&queue->queued, struct kseal_queued, node);
	if (!queued) {
		queued = ERR_PTR(-EAGAIN);
	} else if (read_size(queued) > room) {
		queued = ERR_PTR(-EMSGSIZE);
	} else {
		list_del(&queued->node);
		queue->bytes -= weight(queued);
	}
	spin_unlock(&queue->lock);
	return queued;
}

/* It was not read after all. Here, the file is held: the queue lives. */
static void put_back(struct kseal_ticket_queue *queue, struct kseal_queued *queued)
{
	spin_lock(&queue->lock);
	list_add(&queued->node, &queue->queued);
	queue->bytes += weight(queued);
	spin_unlock(&queue->lock);
	wake_up_interruptible_poll(&queue->wait, EPOLLIN | EPOLLRDNORM);
}

static struct kseal_queued *wait_for_one(struct kseal_ticket_queue *queue, size_t room,
					 bool nonblock)
{
	struct kseal_queued *queued;
	int err;

	for (;;) {
		queued = take_out(queue, room);
		if (queued != ERR_PTR(-EAGAIN) || nonblock)
			return queued;
		err = wait_event_interruptible(queue->wait, !list_empty(&queue->queued));
		if (err)
			return ERR_PTR(err);
	}
}

static ssize_t queue_read(struct file *file, char __user *to, size_t room, loff_t *pos)
{
	struct kseal_ticket_queue *queue = file->private_data;
	struct kseal_ticket ticket = {};
	struct kseal_queued *queued;
	ssize_t size;

	queued = wait_for_one(queue, room, file->f_flags & O_NONBLOCK);
	if (IS_ERR(queued))
		return PTR_ERR(queued);
	size = read_size(queued);
	ticket.cookie = queued->cookie;
	ticket.len = queued->len;
	if (copy_to_user(to, &ticket, sizeof(ticket)) ||
	    copy_to_user(to + sizeof(ticket), queued->message, queued->len)) {
		put_back(queue, queued);
		return -EFAULT;
	}
	free_queued(queued);
	return size;
}

static __poll_t queue_poll(struct file *file, struct poll_table_struct *wait)
{
	struct kseal_ticket_queue *queue = file->private_data;

	poll_wait(file, &queue->wait, wait);
	return list_empty(&queue->queued) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static int queue_release(struct inode *inode, struct file *file)
{
	struct kseal_ticket_queue *queue = file->private_data;
	struct kseal_queued *queued, *next;
	LIST_HEAD(left);

	spin_lock(&queue->lock);
	WRITE_ONCE(queue->dead, true);
	list_splice_init(&queue->queued, &left);
	queue->bytes = 0;
	spin_unlock(&queue->lock);
	list_for_each_entry_safe(queued, next, &left, node)
		free_queued(queued);
	kref_put(&queue->ref, free_queue);
	return 0;
}

static const struct file_operations queue_ops = {
	.owner		= THIS_MODULE,
	.read		= queue_read,
	.poll		= queue_poll,
	.release	= queue_release,
};

/* Return: a file, whose release frees the queue; ERR_PTR(). */
static struct file *open_queue(void)
{
	struct kseal_ticket_queue *queue = kzalloc(sizeof(*queue), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!queue)
		return ERR_PTR(-ENOMEM);
	kref_init(&queue->ref);
	spin_lock_init(&queue->lock);
	INIT_LIST_HEAD(&queue->queued);
	init_waitqueue_head(&queue->wait);
	file = anon_inode_getfile("[kseal-tickets]", &queue_ops, queue, O_RDONLY);
	if (IS_ERR(file))
		kref_put(&queue->ref, free_queue);
	return file;
}

/**
 * kseal_get_ticket_queue() - getsockopt(KSEAL_TICKET_QUEUE)
 * @optval: room for an int
 * @optlen: bytes of that; set to an int's
 *
 * Return: 0; as <linux/kseal.h> says, and there is no new descriptor.
 */
int kseal_get_ticket_queue(char __user *optval, int __user *optlen)
{
	struct file *file;
	int fd, len;

	if (get_user(len, optlen))
		return -EFAULT;
	if (len < (int)sizeof(fd))
		return -EINVAL;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	file = open_queue();
	if (IS_ERR(file)) {
		put_unused_fd(fd);
		return PTR_ERR(file);
	}
	if (put_user((int)sizeof(fd), optlen) || copy_to_user(optval, &fd, sizeof(fd))) {
		put_unused_fd(fd);
		fput(file);
		return -EFAULT;
	}
	fd_install(fd, file);
	return 0;
}

/* ---- the tie ---------------------------------------------------------------- */

/* Return: false when it has no place there; then it is still the caller's. */
static bool enqueue(struct kseal_ticket_queue *queue, struct kseal_queued *queued)
{
	bool fits;

	spin_lock(&queue->lock);
	fits = !queue->dead && (!queued->len ||
				queue->bytes + weight(queued) <= KSEAL_TICKET_QUEUE_MAX);
	if (fits) {
		list_add_tail(&queued->node, &queue->queued);
		queue->bytes += weight(queued);
	}
	spin_unlock(&queue->lock);
	if (fits)
		wake_up_interruptible_poll(&queue->wait, EPOLLIN | EPOLLRDNORM);
	return fits;
}

static void drop_partial(struct kseal_tie *tie)
{
	kfree_sensitive(tie->partial);
	tie->partial = NULL;
	tie->got = 0;
}

/* A ticket is worth no reclaim to speak of, and no complaint.
 * Return: room for the message that begins so; NULL it is dropped.
 */
static struct kseal_queued *make_room(const struct kseal_tie *tie, gfp_t gfp)
{
	const u8 *header = tie->header;
	u32 len = KSEAL_HANDSHAKE_HEADER + (header[1] << 16 | header[2] << 8 | header[3]);
	struct kseal_queued *queued;

	if (header[0] != KSEAL_NEW_TICKET || len > KSEAL_TICKET_MESSAGE_MAX ||
	    READ_ONCE(tie->queue->dead))
		return NULL;
	queued = kmalloc(struct_size(queued, message, len),
			 gfp | __GFP_ACCOUNT | __GFP_NORETRY | __GFP_NOWARN);
	if (!queued)
		return NULL;
	queued->cookie = tie->end.cookie;
	queued->len = len;
	memcpy(queued->message, header, sizeof(tie->header));
	return queued;
}

/**
 * kseal_tickets_collect() - keep what may be a ticket
 * @sk: socket, locked; it need not be tied
 * @begins: the bytes are a message's first
 * @data: bytes of one message that kseal_handshake_judge() had no objection to
 * @len: how many
 */
void kseal_tickets_collect(struct sock *sk, bool begins, const u8 *data, size_t len)
{
	struct kseal_tie *tie = kseal_sk(sk)->tie;
	size_t n;

	if (!tie || (!begins && !tie->got))
		return;
	if (begins)
		drop_partial(tie);
	if (tie->got < sizeof(tie->header)) {
		n = min_t(size_t, len, sizeof(tie->header) - tie->got);
		memcpy(tie->header + tie->got, data, n);
		tie->got += n;
		data += n;
		len -= n;
		if (tie->got == sizeof(tie->header))
			tie->partial = make_room(tie, sk->sk_allocation);
	}
	if (tie->partial)
		memcpy(tie->partial->message + tie->got, data, len);
	tie->got += len;
}

/**
 * kseal_tickets_give() - the message collected is whole, and a ticket
 * @ks: the socket's, locked
 *
 * Return: true when it is in a queue; false it was dropped.
 */
bool kseal_tickets_give(struct kseal_sock *ks)
{
	struct kseal_tie *tie = ks->tie;
	bool given;

	if (!tie)
		return false;
	given = tie->partial && enqueue(tie->queue, tie->partial);
	if (given)
		tie->partial = NULL;
	drop_partial(tie);
	return given;
}

/**
 * kseal_untie() - no more tickets come: tell the queue, if there is one
 * @ks: the socket's, locked
 */
void kseal_untie(struct kseal_sock *ks)
{
	struct kseal_tie *tie = ks->tie;
	struct kseal_ticket_queue *queue;

	if (!tie)
		return;
	ks->tie = NULL;
	drop_partial(tie);
	queue = tie->queue;
	/* the reader frees it then */
	if (!enqueue(queue, &tie->end))
		free_queued(&tie->end);
	kref_put(&queue->ref, free_queue);
}

static struct kseal_tie *make_tie(const struct kseal_tickets *tickets)
{
	struct file *file = fget(tickets->queue);
	struct kseal_tie *tie = ERR_PTR(-EINVAL);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op == &queue_ops) {
		tie = kzalloc(sizeof(*tie), GFP_KERNEL_ACCOUNT);
		if (tie) {
			tie->queue = file->private_data;
			tie->end.cookie = tickets->cookie;
			kref_get(&tie->queue->ref);
		} else {
			tie = ERR_PTR(-ENOMEM);
		}
	}
	fput(file);
	return tie;
}

/**
 * kseal_set_tickets() - setsockopt(KSEAL_TICKETS)
 * @sk: socket, locked
 * @optval: struct kseal_tickets
 * @optlen: bytes of it
 *
 * Return: 0; as <linux/kseal.h> says.
 */
int kseal_set_tickets(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	struct kseal_sock *ks = kseal_sk(sk);
	struct kseal_tickets tickets;
	struct kseal_tie *tie = NULL;

	if (sockptr_is_null(optval) || optlen != sizeof(tickets))
		return -EINVAL;
	if (copy_from_sockptr(&tickets, optval, sizeof(tickets)))
		return -EFAULT;
	if (tickets.reserved)
		return -EINVAL;
	if (tickets.queue != -1) {
		if (ks->end || (ks->rx && ks->rx->closed))
			return -ENOTCONN;
		tie = make_tie(&tickets);
		if (IS_ERR(tie))
			return PTR_ERR(tie);
	}
	kseal_untie(ks);
	ks->tie = tie;
	return 0;
}
