// SPDX-License-Identifier: GPL-2.0
/* Opening records straight into the reader's memory, and memory that fails. */
#include "lib/fixture.h"

KT_FIXTURE_OPEN(direct)

static uint64_t direct_bytes(int fd)
{
	struct kseal_info info;

	return kt_info_get(fd, &info) ? ~0ULL : info.rx_direct_bytes;
}

KT_TEST(direct, decrypts_into_the_readers_memory)
{
	ASSERT_EQ(0, kt_send_stream(&self->link, 3 * 16384, 16384, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(3 * 16384, kt_recv_pattern(self->link.fd, 100000, 0, 0));
	EXPECT_EQ(3 * 16384, direct_bytes(self->link.fd));
}

/* Too little room, or a look: through a buffer, and not counted. */
KT_TEST(direct, small_reads_are_not_direct)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 0));
	EXPECT_EQ(1000, kt_recv_pattern(self->link.fd, 1000, 0, MSG_PEEK));
	EXPECT_EQ(500, kt_recv_pattern(self->link.fd, 500, 0, 0));
	EXPECT_EQ(500, kt_recv_pattern(self->link.fd, 500, 500, 0));
	EXPECT_EQ(0, direct_bytes(self->link.fd));
}

KT_TEST(direct, fault_loses_no_record)
{
	void *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 100));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_ERRNO(EFAULT, recv(self->link.fd, nowhere, 4096, 0));
	EXPECT_ERRNO(EFAULT, recv(self->link.fd, nowhere, 50, 0));
	EXPECT_EQ(200, kt_recv_pattern(self->link.fd, 200, 0, 0));
}

/* Room that ends in the middle of a record, where nothing is mapped. */
KT_TEST(direct, fault_in_the_middle_loses_nothing)
{
	size_t page = sysconf(_SC_PAGESIZE);
	uint8_t *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *at = map + page - 150;
	ssize_t n;

	ASSERT_EQ(0, munmap(map + page, page));
	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_RCVTIMEO, 5000));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kt_send_pattern(&self->link, 100, i * 100));
	ASSERT_EQ(0, kt_all_here(&self->link));
	n = recv(self->link.fd, at, 300, 0);
	if (n < 0) {
		EXPECT_EQ(EFAULT, errno);
		n = 0;
	}
	ASSERT_LE(n, 150);
	EXPECT_EQ(0, kt_check(at, n, 0));
	EXPECT_EQ(300 - n, kt_recv_pattern(self->link.fd, 300 - n, n,
					   MSG_WAITALL));
	munmap(map, page);
}

/* Into a file's pages: what the file holds is what was read. */
KT_TEST(direct, into_a_file_mapped_shared)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	uint8_t *map, got[16384];

	ASSERT_EQ(0, ftruncate(file, 32768));
	map = mmap(NULL, 32768, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, (void *)map);
	ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(16384, recv(self->link.fd, map + 1000, 20000, 0));
	ASSERT_EQ(16384, pread(file, got, 16384, 1000));
	EXPECT_EQ(0, kt_check(got, 16384, 0));
	munmap(map, 32768);
	close(file);
}

/*
 * MADV_FREE lets the kernel drop pages until they are written to, which it
 * tells by marks that only a write by the program sets for free.
 */
KT_TEST(direct, into_memory_marked_as_free)
{
	enum { LEN = 16384 };
	uint8_t *map = mmap(NULL, LEN, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, (void *)map);
	memset(map, 0x77, LEN);
	ASSERT_EQ(0, madvise(map, LEN, MADV_FREE));
	ASSERT_EQ(0, kt_send_pattern(&self->link, LEN, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(LEN, recv(self->link.fd, map, LEN, 0));
	ASSERT_EQ(0, madvise(map, LEN, MADV_PAGEOUT));
	EXPECT_EQ(0, kt_check(map, LEN, 0));
	munmap(map, LEN);
}

KT_TEST(direct, read_only_memory_is_efault)
{
	void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	EXPECT_ERRNO(EFAULT, recv(self->link.fd, map, 4096, 0));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 4096, 0, 0));
	munmap(map, 4096);
}

TEST_HARNESS_MAIN
