/* SPDX-License-Identifier: GPL-2.0 */
/* io_uring(7) by its system calls: the little of it that tests need. */
#ifndef KT_RING_H
#define KT_RING_H

#include <stddef.h>
#include <stdint.h>
#include <linux/io_uring.h>

/**
 * struct kt_ring - queues shared with the kernel
 * @fd: the ring
 * @queued: entries filled and not submitted
 * @map: both rings, @map_len bytes
 * @sqes: submission entries, @sqes_len bytes
 * @cqes: completions
 * @sq_tail, @sq_mask, @cq_head, @cq_tail, @cq_mask: in @map
 */
struct kt_ring {
	int fd;
	unsigned int queued;
	void *map;
	size_t map_len;
	struct io_uring_sqe *sqes;
	size_t sqes_len;
	struct io_uring_cqe *cqes;
	unsigned int *sq_tail, *sq_mask, *cq_head, *cq_tail, *cq_mask;
};

/** kt_ring_open(), kt_ring_close() - with room for @entries in a go. */
int kt_ring_open(struct kt_ring *ring, unsigned int entries);
void kt_ring_close(struct kt_ring *ring);

/**
 * kt_ring_add() - the next entry, for the caller to complete
 * @op: IORING_OP_*; @fd, @buffer and @len as most of them want it
 * @id: comes back in the completion
 */
struct io_uring_sqe *kt_ring_add(struct kt_ring *ring, int op, int fd, const void *buffer,
				 size_t len, uint64_t id);

/** kt_ring_submit() - what was added; 0 when the kernel took all of it. */
int kt_ring_submit(struct kt_ring *ring);

/** kt_ring_wait() - the next completion, within KT_WAIT_MS; submits before. */
int kt_ring_wait(struct kt_ring *ring, struct io_uring_cqe *cqe);

/** kt_ring_result() - the next completion's result, if its id is @id; -1000 else. */
int kt_ring_result(struct kt_ring *ring, uint64_t id);

/** kt_ring_silent() - 0 when there is no completion, nor one about to come. */
int kt_ring_silent(struct kt_ring *ring);

/** kt_ring_register() - io_uring_register(2). */
int kt_ring_register(struct kt_ring *ring, unsigned int what, void *arg, unsigned int count);

#endif /* KT_RING_H */
