// SPDX-License-Identifier: GPL-2.0
/*
 * The memory a reader gives, whose it is, and what is next to it: a record is
 * deciphered into it before anybody knows how much of that is content.
 */
#include "lib/fixture.h"
#include <fcntl.h>
#include <sys/wait.h>

enum { GUARD = 0xa5 };

KT_FIXTURE_13(memory)

static uint64_t direct_bytes(int fd)
{
	struct kseal_info info;

	return kt_info_get(fd, &info) ? ~0ULL : info.rx_direct_bytes;
}

/* Pages between two that nobody may touch; the test uses the end of them. */
static uint8_t *walled_pages(size_t pages)
{
	size_t size = sysconf(_SC_PAGESIZE);
	uint8_t *map = mmap(NULL, (pages + 2) * size, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED ||
	    mprotect(map + size, pages * size, PROT_READ | PROT_WRITE)) {
		kt_errno("mapping walled pages");
		return NULL;
	}
	memset(map + size, GUARD, pages * size);
	return map + size;
}

static int is_guard(const uint8_t *from, const uint8_t *to)
{
	for (; from < to; from++) {
		if (*from != GUARD) {
			kt_say("a byte outside the buffer is %02x", *from);
			return -1;
		}
	}
	return 0;
}

/* At every place in a page, up to a wall: no byte in front, none behind. */
KT_TEST(memory, nothing_outside_the_buffer_is_written)
{
	static const size_t sizes[] = { 1, 16, 4095, 4096, 4097, 9000 };
	static const size_t pads[] = { 0, 1, 700 };
	size_t page = sysconf(_SC_PAGESIZE), room, total = 4 * page;
	uint8_t *map = walled_pages(4);
	uint32_t one = 1;

	ASSERT_NE(NULL, map);
	/* tried each time, whatever the peer does */
	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, &one, 4));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(pads) * 6; k++) {
			size_t pad = pads[k / 6], back = k % 6 * 17;
			uint8_t *at;

			/* content, and room that the padding has or has not */
			room = sizes[i] + (k % 2 ? pad : 0);
			at = map + total - back - room;
			memset(map, GUARD, total);
				ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, sizes[i], pad, k));
			ASSERT_EQ(sizes[i], recv(self->link.fd, at, room, 0));
			ASSERT_EQ(0, kt_check(at, sizes[i], k));
			ASSERT_EQ(0, is_guard(map, at));
			ASSERT_EQ(0, is_guard(at + room, map + total));
		}
	}
}

/* Pieces of 1, 3, 4095 ... bytes, guards between them, and none at all. */
KT_TEST(memory, oddly_cut_buffers)
{
	static const size_t cuts[] = { 1, 0, 3, 4095, 17, 4096, 0, 1, 4097, 500 };
	size_t room = 0, offset = 0;
	uint8_t *map = walled_pages(8);
	struct iovec iov[ARRAY_SIZE(cuts)];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = ARRAY_SIZE(cuts) };

	ASSERT_NE(NULL, map);
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		iov[i] = (struct iovec) { map + offset + 13, cuts[i] };
		offset += cuts[i] + 26;
		room += cuts[i];
	}
	for (size_t len = 1; len <= room; len += 1 + len / 3) {
		uint64_t at = 0;

		memset(map, GUARD, offset);
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, len, len % 2, 0));
		ASSERT_EQ(len, recvmsg(self->link.fd, &msg, 0));
		for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
			uint8_t *base = iov[i].iov_base;
			size_t n = len - at < cuts[i] ? len - at : cuts[i];

			ASSERT_EQ(0, kt_check(base, n, at));
			ASSERT_EQ(0, is_guard(base - 13, base));
			ASSERT_EQ(0, is_guard(base + cuts[i], base + cuts[i] + 13));
			at += n;
		}
	}
}

/* A thousand pieces for one record: too many to be listed. */
KT_TEST(memory, buffers_in_many_pieces)
{
	enum { PIECES = 1000 };
	static struct iovec iov[PIECES];
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = PIECES };
	uint8_t *map = walled_pages(PIECES / 40), got[PIECES * 16];

	ASSERT_NE(NULL, map);
	for (int i = 0; i < PIECES; i++)
		iov[i] = (struct iovec) { map + i * 100 + i % 7, 16 };
	ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, sizeof(got), 0, 0));
	ASSERT_EQ(sizeof(got), recvmsg(self->link.fd, &msg, 0));
	for (int i = 0; i < PIECES; i++) {
		memcpy(got + i * 16, iov[i].iov_base, 16);
		ASSERT_EQ(0, is_guard((uint8_t *)iov[i].iov_base + 16, map + i * 100 + 100));
	}
	EXPECT_EQ(0, kt_check(got, sizeof(got), 0));
}

/* Where the buffer ends in memory of others, the record does not get lost. */
KT_TEST(memory, walls_in_the_buffer)
{
	static const int flags[] = { MSG_DONTWAIT, 0, MSG_WAITALL };
	size_t page = sysconf(_SC_PAGESIZE);
	uint8_t *map = walled_pages(2);

	ASSERT_NE(NULL, map);
	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_RCVTIMEO, 200));
	for (size_t i = 0; i < ARRAY_SIZE(flags) * 4; i++) {
		size_t inside = 1 + i * 700;
		ssize_t n;

		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 10000, 0, 0));
		n = recv(self->link.fd, map + 2 * page - inside, 10000, flags[i / 4]);
		if (n < 0) {
			EXPECT_EQ(EFAULT, errno);
			n = 0;
		}
		ASSERT_LE(n, inside);
		ASSERT_EQ(0, kt_check(map + 2 * page - inside, n, 0));
		ASSERT_EQ(10000 - n, kt_recv_pattern(self->link.fd, 10000, n, 0));
	}
	ASSERT_EQ(0, is_guard(map, map + 1));
}

KT_TEST(memory, a_wall_between_two_pieces)
{
	uint8_t first[100], third[10000], *map = walled_pages(1);
	size_t page = sysconf(_SC_PAGESIZE);
	struct iovec iov[] = {
		{ first, 100 }, { map + page, 100 }, { third, sizeof(third) },
	};
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 3 };
	ssize_t n;

	ASSERT_NE(NULL, map);
	memset(third, GUARD, sizeof(third));
	ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 5000, 0, 0));
	n = recvmsg(self->link.fd, &msg, 0);
	if (n < 0) {
		EXPECT_EQ(EFAULT, errno);
		n = 0;
	}
	ASSERT_LE(n, 100);
	EXPECT_EQ(0, kt_check(first, n, 0));
	EXPECT_EQ(0, is_guard(third, third + sizeof(third)));
	EXPECT_EQ(5000 - n, kt_recv_pattern(self->link.fd, 5000, n, 0));
}

/* What a fork shares until somebody writes to it is not written for both. */
KT_TEST(memory, forked_memory_is_copied_first)
{
	uint8_t *map = walled_pages(4);
	int ends[2], status;
	pid_t child;
	char go;

	ASSERT_NE(NULL, map);
	ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
	child = fork();
	ASSERT_GE(child, 0);
	if (!child) {
		close(ends[1]);
		_exit(read(ends[0], &go, 1) != 0 || is_guard(map, map + 16384));
	}
	ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 16384, 0, 0));
	ASSERT_EQ(16384, recv(self->link.fd, map, 16384, 0));
	EXPECT_EQ(0, kt_check(map, 16384, 0));
	EXPECT_EQ(16384, direct_bytes(self->link.fd));
	/* the child looks when the pipe ends */
	close(ends[1]);
	ASSERT_EQ(child, waitpid(child, &status, 0));
	EXPECT_EQ(0, status);
	close(ends[0]);
}

/* A private mapping of a file: the file stays what it is. */
KT_TEST(memory, private_file_pages_are_copied_first)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	uint8_t *map, want[16384], got[16384];

	memset(want, GUARD, sizeof(want));
	ASSERT_EQ(16384, pwrite(file, want, 16384, 0));
	map = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
	ASSERT_NE(MAP_FAILED, (void *)map);
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 16384, 0, i));
		ASSERT_EQ(16384, recv(self->link.fd, map, 16384, 0));
		EXPECT_EQ(0, kt_check(map, 16384, i));
		ASSERT_EQ(16384, pread(file, got, 16384, 0));
		EXPECT_EQ(0, memcmp(want, got, 16384));
	}
	munmap(map, 16384);
	close(file);
}

/* Sealed against writing, and mapped all the same: read-only. */
KT_TEST(memory, read_only_file_pages_are_efault)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	uint8_t *map, want[16384], got[16384];

	memset(want, GUARD, sizeof(want));
	ASSERT_EQ(16384, pwrite(file, want, 16384, 0));
	map = mmap(NULL, 16384, PROT_READ, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, (void *)map);
	ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 10000, 0, 0));
	EXPECT_ERRNO(EFAULT, recv(self->link.fd, map, 16384, 0));
	ASSERT_EQ(16384, pread(file, got, 16384, 0));
	EXPECT_EQ(0, memcmp(want, got, 16384));
	EXPECT_EQ(10000, kt_recv_pattern(self->link.fd, 16384, 0, 0));
	munmap(map, 16384);
	close(file);
}

/* In the file's middle and across its pages; what is around it stays. */
KT_TEST(memory, shared_file_pages_get_what_was_read)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	uint8_t *map, got[32768];

	memset(got, GUARD, sizeof(got));
	ASSERT_EQ(32768, pwrite(file, got, sizeof(got), 0));
	map = mmap(NULL, 32768, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, (void *)map);
	for (size_t at = 4000; at < 4200; at += 48) {
		memset(map, GUARD, 32768);
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 9001, 0, 0));
		ASSERT_EQ(9001, recv(self->link.fd, map + at, 9001, 0));
		ASSERT_EQ(32768, pread(file, got, sizeof(got), 0));
		EXPECT_EQ(0, kt_check(got + at, 9001, 0));
		EXPECT_EQ(0, is_guard(got, got + at));
		EXPECT_EQ(0, is_guard(got + at + 9001, got + sizeof(got)));
	}
	munmap(map, 32768);
	close(file);
}

/* One entry of a huge page's table, or many: the same bytes. */
KT_TEST(memory, huge_pages)
{
	enum { HUGE = 2 << 20 };
	uint8_t *map = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *at;

	ASSERT_NE(MAP_FAILED, (void *)map);
	/* a kernel without them says so, and has small ones */
	madvise(map, 2 * HUGE, MADV_HUGEPAGE);
	memset(map, GUARD, 2 * HUGE);
	at = (uint8_t *)(((uintptr_t)map + HUGE) & ~(uintptr_t)(HUGE - 1));
	for (int i = -1; i < 2; i++) {
		uint8_t *here = at + i * 5000 - 777;

		memset(map, GUARD, 2 * HUGE);
		ASSERT_EQ(0, kt_send_padded(&self->link, KT_DATA, 16384, 0, 0));
		ASSERT_EQ(16384, recv(self->link.fd, here, 16384, 0));
		EXPECT_EQ(0, kt_check(here, 16384, 0));
		EXPECT_EQ(0, is_guard(here - 5000, here));
		EXPECT_EQ(0, is_guard(here + 16384, here + 16384 + 5000));
	}
	munmap(map, 2 * HUGE);
}

/* A record that is not authentic tells its reader nothing, but that. */
KT_TEST(memory, bad_record_leaves_the_rest_alone)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 4000, wire);
	uint8_t *map = walled_pages(2);

	ASSERT_NE(NULL, map);
	wire[len - 1] ^= 1;
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	EXPECT_ERRNO(EBADMSG, recv(self->link.fd, map + 1000, 4000, 0));
	EXPECT_EQ(0, is_guard(map, map + 1000));
	EXPECT_EQ(0, is_guard(map + 5000, map + 8192));
	EXPECT_EQ(0, direct_bytes(self->link.fd));
}

TEST_HARNESS_MAIN
