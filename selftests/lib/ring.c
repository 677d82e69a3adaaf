// SPDX-License-Identifier: GPL-2.0
/* io_uring(7) without a library: Debian's kernels have it, not every machine that. */
#include "ring.h"
#include "kt.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/syscall.h>

enum { NOTHING = 0x6e6f7468 };	/* id of kt_ring_silent()'s own entry */

static int map_ring(struct kt_ring *ring, const struct io_uring_params *p)
{
	size_t sq = p->sq_off.array + p->sq_entries * sizeof(unsigned int);
	size_t cq = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);

	ring->map_len = sq > cq ? sq : cq;
	ring->sqes_len = p->sq_entries * sizeof(struct io_uring_sqe);
	ring->map = mmap(NULL, ring->map_len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			 ring->fd, IORING_OFF_SQ_RING);
	ring->sqes = mmap(NULL, ring->sqes_len, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQES);
	return ring->map == MAP_FAILED || ring->sqes == MAP_FAILED ? kt_errno("mmap of a ring") : 0;
}

int kt_ring_open(struct kt_ring *ring, unsigned int entries)
{
	struct io_uring_params p = { };
	unsigned int *array;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(SYS_io_uring_setup, entries, &p);
	if (ring->fd < 0)
		return kt_errno("io_uring_setup");
	if (map_ring(ring, &p))
		return -1;
	ring->sq_tail = ring->map + p.sq_off.tail;
	ring->sq_mask = ring->map + p.sq_off.ring_mask;
	ring->cq_head = ring->map + p.cq_off.head;
	ring->cq_tail = ring->map + p.cq_off.tail;
	ring->cq_mask = ring->map + p.cq_off.ring_mask;
	ring->cqes = ring->map + p.cq_off.cqes;
	array = ring->map + p.sq_off.array;
	for (unsigned int i = 0; i < p.sq_entries; i++)
		array[i] = i;
	return 0;
}

void kt_ring_close(struct kt_ring *ring)
{
	if (ring->fd < 0)
		return;
	munmap(ring->map, ring->map_len);
	munmap(ring->sqes, ring->sqes_len);
	kt_close(&ring->fd);
}

struct io_uring_sqe *kt_ring_add(struct kt_ring *ring, int op, int fd, const void *buffer,
				 size_t len, uint64_t id)
{
	unsigned int tail = *ring->sq_tail;
	struct io_uring_sqe *sqe = &ring->sqes[tail & *ring->sq_mask];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = op;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)buffer;
	sqe->len = len;
	sqe->user_data = id;
	__atomic_store_n(ring->sq_tail, tail + 1, __ATOMIC_RELEASE);
	ring->queued++;
	return sqe;
}

int kt_ring_submit(struct kt_ring *ring)
{
	while (ring->queued) {
		int n = syscall(SYS_io_uring_enter, ring->fd, ring->queued, 0, 0, NULL, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return kt_errno("io_uring_enter");
		ring->queued -= n;
	}
	return 0;
}

static bool take(struct kt_ring *ring, struct io_uring_cqe *cqe)
{
	unsigned int head = *ring->cq_head;

	if (head == __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE))
		return false;
	*cqe = ring->cqes[head & *ring->cq_mask];
	__atomic_store_n(ring->cq_head, head + 1, __ATOMIC_RELEASE);
	return true;
}

int kt_ring_wait(struct kt_ring *ring, struct io_uring_cqe *cqe)
{
	struct __kernel_timespec limit = { .tv_sec = KT_WAIT_MS / 1000 };
	struct io_uring_getevents_arg arg = { .ts = (uintptr_t)&limit };

	if (kt_ring_submit(ring))
		return -1;
	while (!take(ring, cqe)) {
		int n = syscall(SYS_io_uring_enter, ring->fd, 0, 1,
				IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &arg, sizeof(arg));

		if (n < 0 && errno != EINTR)
			return kt_errno("waiting for a completion");
	}
	return 0;
}

int kt_ring_result(struct kt_ring *ring, uint64_t id)
{
	struct io_uring_cqe cqe;

	if (kt_ring_wait(ring, &cqe))
		return -1000;
	if (cqe.user_data != id) {
		kt_say("completion %llu, result %d, want %llu",
		       (unsigned long long)cqe.user_data, cqe.res, (unsigned long long)id);
		return -1000;
	}
	return cqe.res;
}

/* What woke up before this entry completes before it. */
int kt_ring_silent(struct kt_ring *ring)
{
	kt_ring_add(ring, IORING_OP_NOP, -1, NULL, 0, NOTHING);
	return kt_ring_result(ring, NOTHING) ? -1 : 0;
}

int kt_ring_register(struct kt_ring *ring, unsigned int what, void *arg, unsigned int count)
{
	int ret = syscall(SYS_io_uring_register, ring->fd, what, arg, count);

	return ret < 0 ? kt_errno("io_uring_register") : ret;
}
