// SPDX-License-Identifier: GPL-2.0
/* recv(2) and its kin, over records sealed in user space. */
#include "lib/fixture.h"
#include <poll.h>
#include <netinet/in.h>
#include <sys/uio.h>
#include <linux/tcp.h>

KT_FIXTURE_OPEN(recv)

/* Wait until the end under test has all that the plain end sent. */
static int all_here(struct kt_link *link)
{
	return kt_arrived(link->raw, link->fd);
}

/* One call, @room bytes of it; how many of the stream came, checked. */
static ssize_t recv_pattern(int fd, size_t room, uint64_t position, int flags)
{
	static uint8_t buffer[200000 + 8];
	ssize_t n;

	memset(buffer + room, 0xa5, 8);
	n = recv(fd, buffer, room, flags);
	for (int i = 0; i < 8; i++) {
		if (buffer[room + i] == 0xa5)
			continue;
		kt_say("recv wrote behind its buffer of %zu bytes", room);
		return -1;
	}
	return n > 0 && kt_check(buffer, n, position) ? -1 : n;
}

KT_TEST(recv, record_of_any_size)
{
	static const size_t sizes[] = {
		1, 2, 15, 16, 17, 255, 1000, 4095, 4096, 4097, 16383, 16384,
	};
	uint64_t position = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, sizes[i], position));
		ASSERT_EQ(sizes[i], recv_pattern(self->link.fd, 20000, position, 0));
		position += sizes[i];
	}
	EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 1, 0, MSG_DONTWAIT));
}

KT_TEST(recv, room_of_exactly_the_record)
{
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, 5000, i * 5000));
		ASSERT_EQ(5000, recv_pattern(self->link.fd, 5000, i * 5000, 0));
	}
}

KT_TEST(recv, several_records_in_one_call)
{
	for (int i = 0; i < 10; i++)
		ASSERT_EQ(0, kt_send_pattern(&self->link, 300, i * 300));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(3000, recv_pattern(self->link.fd, 100000, 0, 0));
}

KT_TEST(recv, several_records_and_a_part)
{
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kt_send_pattern(&self->link, 5000, i * 5000));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(12000, recv_pattern(self->link.fd, 12000, 0, 0));
	EXPECT_EQ(3000, recv_pattern(self->link.fd, 12000, 12000, 0));
}

KT_TEST(recv, small_reads_of_one_record)
{
	static const size_t rooms[] = { 1, 7, 16, 100, 1, 4096, 3 };
	uint64_t position = 0;

	ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, 0));
	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		ASSERT_EQ(rooms[i], recv_pattern(self->link.fd, rooms[i], position,
						 0));
		position += rooms[i];
	}
	EXPECT_EQ(16384 - position, recv_pattern(self->link.fd, 20000, position, 0));
}

KT_TEST(recv, byte_by_byte_over_records)
{
	for (int i = 0; i < 20; i++)
		ASSERT_EQ(0, kt_send_pattern(&self->link, 5, i * 5));
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(1, recv_pattern(self->link.fd, 1, i, 0));
	EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 1, 0, MSG_DONTWAIT));
}

KT_TEST(recv, scattered_over_many_buffers)
{
	enum { COUNT = 500, SIZE = 39 };
	static uint8_t data[COUNT * SIZE];
	static struct iovec iov[COUNT];

	for (int i = 0; i < COUNT; i++)
		iov[i] = (struct iovec){ data + i * SIZE, SIZE };
	ASSERT_EQ(0, kt_send_stream(&self->link, sizeof(data), 16384, 0));
	ASSERT_EQ(0, all_here(&self->link));
	ASSERT_EQ(sizeof(data), readv(self->link.fd, iov, COUNT));
	EXPECT_EQ(0, kt_check(data, sizeof(data), 0));
}

KT_TEST(recv, nothing_asked_for)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(0, recv(self->link.fd, NULL, 0, 0));
	EXPECT_EQ(10, recv_pattern(self->link.fd, 10, 0, 0));
}

KT_TEST(recv, read_and_recvfrom_too)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	uint8_t buffer[10];

	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(10, read(self->link.fd, buffer, 10));
	EXPECT_EQ(0, kt_check(buffer, 10, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 10));
	ASSERT_EQ(10, recvfrom(self->link.fd, buffer, 10, 0, (void *)&from, &len));
	EXPECT_EQ(0, kt_check(buffer, 10, 10));
}

/* ---- waiting ------------------------------------------------------------ */

KT_TEST(recv, dontwait_is_eagain)
{
	EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 10, 0, MSG_DONTWAIT));
	ASSERT_EQ(0, kt_nonblock(self->link.fd));
	EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 10, 0, 0));
}

KT_TEST(recv, timeout_is_eagain)
{
	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_RCVTIMEO, 30));
	EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 10, 0, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(10, recv_pattern(self->link.fd, 10, 0, 0));
}

/* Part of a record is nothing, however long one waits. */
KT_TEST(recv, part_of_a_record_is_eagain)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t plain[100];
	ssize_t len;

	kt_fill(plain, sizeof(plain), 0);
	len = kt_seal(&self->link.in, KT_DATA, plain, sizeof(plain), 0, wire);
	ASSERT_GT(len, 100);
	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_RCVTIMEO, 30));
	ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len - 1));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 100, 0, 0));
	EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 100, 0, MSG_DONTWAIT));
	ASSERT_EQ(0, kt_write_full(self->link.raw, wire + len - 1, 1));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(100, recv_pattern(self->link.fd, 100, 0, MSG_DONTWAIT));
}

static ssize_t recv_one(void *arg)
{
	struct kt_link *link = arg;

	return recv_pattern(link->fd, 100, 0, 0);
}

KT_TEST(recv, sleeping_reader_wakes_for_a_whole_record)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t plain[100];
	struct kt_task task;
	ssize_t len;

	kt_fill(plain, sizeof(plain), 0);
	len = kt_seal(&self->link.in, KT_DATA, plain, sizeof(plain), 0, wire);
	ASSERT_EQ(0, kt_task_start(&task, recv_one, &self->link));
	for (ssize_t done = 0; done < len; done += 20) {
		ASSERT_EQ(0, kt_task_asleep(&task));
		ASSERT_EQ(0, kt_write_full(self->link.raw, wire + done,
					   len - done < 20 ? len - done : 20));
	}
	EXPECT_EQ(100, kt_task_join(&task));
}

KT_TEST(recv, sleeping_reader_wakes_at_the_end)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, recv_one, &self->link));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	EXPECT_EQ(0, kt_task_join(&task));
}

KT_TEST(recv, sleeping_reader_wakes_at_a_reset)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, recv_one, &self->link));
	ASSERT_EQ(0, kt_task_asleep(&task));
	kt_reset(&self->link.raw);
	EXPECT_EQ(-1, kt_task_join(&task));
	EXPECT_EQ(ECONNRESET, task.error);
}

static ssize_t recv_waitall(void *arg)
{
	struct kt_link *link = arg;

	return recv_pattern(link->fd, 50000, 0, MSG_WAITALL);
}

KT_TEST(recv, waitall_waits_for_all)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, recv_waitall, &self->link));
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(0, kt_task_asleep(&task));
		ASSERT_EQ(0, kt_send_pattern(&self->link, 10000, i * 10000));
	}
	EXPECT_EQ(50000, kt_task_join(&task));
}

KT_TEST(recv, waitall_ends_with_the_stream)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, recv_waitall, &self->link));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10000, 0));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	EXPECT_EQ(10000, kt_task_join(&task));
	EXPECT_EQ(0, recv_pattern(self->link.fd, 10, 0, 0));
}

KT_TEST(recv, low_water_mark_is_waited_for)
{
	int mark = 100;
	struct kt_task task;

	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_RCVLOWAT, &mark,
				sizeof(mark)));
	ASSERT_EQ(0, kt_task_start(&task, recv_one, &self->link));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 60, 0));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 40, 60));
	EXPECT_EQ(100, kt_task_join(&task));
}

/* The other things a TCP socket can be asked for hold no plaintext. */
KT_TEST(recv, error_queue_and_urgent_data_are_apart)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 100, 0, MSG_ERRQUEUE));
	EXPECT_ERRNO(EINVAL, recv_pattern(self->link.fd, 100, 0, MSG_OOB));
	EXPECT_EQ(100, recv_pattern(self->link.fd, 100, 0, 0));
}

/* TCP's zero-copy receive would hand out what is still sealed. */
KT_TEST(recv, zerocopy_receive_is_refused)
{
	uint8_t got[200];
	struct tcp_zerocopy_receive zc = {
		.copybuf_address = (uintptr_t)got,
		.copybuf_len = sizeof(got),
	};
	socklen_t len = sizeof(zc);

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(-1, getsockopt(self->link.fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE,
				 &zc, &len));
	EXPECT_EQ(100, recv_pattern(self->link.fd, 100, 0, 0));
}

/* ---- MSG_PEEK ----------------------------------------------------------- */

KT_TEST(recv, peek_leaves_it_there)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	EXPECT_EQ(40, recv_pattern(self->link.fd, 40, 0, MSG_PEEK));
	EXPECT_EQ(100, recv_pattern(self->link.fd, 1000, 0, MSG_PEEK));
	EXPECT_EQ(30, recv_pattern(self->link.fd, 30, 0, 0));
	EXPECT_EQ(70, recv_pattern(self->link.fd, 1000, 30, MSG_PEEK));
	EXPECT_EQ(70, recv_pattern(self->link.fd, 1000, 30, 0));
	EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 1, 0,
					  MSG_PEEK | MSG_DONTWAIT));
}

KT_TEST(recv, peek_over_several_records)
{
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, kt_send_pattern(&self->link, 100, i * 100));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(250, recv_pattern(self->link.fd, 250, 0, MSG_PEEK));
	EXPECT_EQ(400, recv_pattern(self->link.fd, 1000, 0, MSG_PEEK));
	EXPECT_EQ(150, recv_pattern(self->link.fd, 150, 0, 0));
	EXPECT_EQ(250, recv_pattern(self->link.fd, 1000, 150, MSG_PEEK));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 400));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(350, recv_pattern(self->link.fd, 1000, 150, MSG_PEEK));
	EXPECT_EQ(350, recv_pattern(self->link.fd, 1000, 150, 0));
}

KT_TEST(recv, peek_of_long_records)
{
	ASSERT_EQ(0, kt_send_stream(&self->link, 40000, 16384, 0));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(40000, recv_pattern(self->link.fd, 50000, 0, MSG_PEEK));
	EXPECT_EQ(40000, recv_pattern(self->link.fd, 50000, 0, 0));
}

/* ---- records in odd shapes ---------------------------------------------- */

KT_TEST(recv, dribbled_byte_by_byte)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t plain[60];
	ssize_t len;

	for (int round = 0; round < 2; round++) {
		kt_fill(plain, sizeof(plain), round * 60);
		len = kt_seal(&self->link.in, KT_DATA, plain, sizeof(plain), 0,
			      wire);
		for (ssize_t i = 0; i < len; i++) {
			EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 1, 0,
							  MSG_DONTWAIT));
			ASSERT_EQ(0, kt_write_full(self->link.raw, wire + i, 1));
		}
		EXPECT_EQ(60, recv_pattern(self->link.fd, 100, round * 60, 0));
	}
}

KT_TEST(recv, long_record_in_many_segments)
{
	static uint8_t plain[16384], wire[KT_MAX_WIRE];
	ssize_t len;

	kt_fill(plain, sizeof(plain), 0);
	len = kt_seal(&self->link.in, KT_DATA, plain, sizeof(plain), 0, wire);
	for (ssize_t i = 0; i < len; i += 97)
		ASSERT_EQ(0, kt_write_full(self->link.raw, wire + i,
					   len - i < 97 ? len - i : 97));
	EXPECT_EQ(16384, recv_pattern(self->link.fd, 20000, 0, 0));
}

/* Segments that end in the middle of headers and of tags. */
KT_TEST(recv, many_records_cut_anywhere)
{
	static uint8_t plain[500], stream[60 * 600];
	size_t len = 0;

	for (int i = 0; i < 60; i++) {
		kt_fill(plain, 500, i * 500);
		len += kt_seal(&self->link.in, KT_DATA, plain, 500, 0, stream + len);
		ASSERT_LT(len + 600, sizeof(stream) + 600);
	}
	for (size_t done = 0, n; done < len; done += n) {
		n = 1 + done * 7 % 1300;
		if (n > len - done)
			n = len - done;
		ASSERT_EQ(0, kt_write_full(self->link.raw, stream + done, n));
	}
	EXPECT_EQ(30000, recv_pattern(self->link.fd, 30000, 0, MSG_WAITALL));
}

KT_TEST(recv, empty_records_are_passed_over)
{
	for (int i = 0; i < 200; i++)
		ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 10, 0, MSG_DONTWAIT));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 10));
	EXPECT_EQ(20, recv_pattern(self->link.fd, 20, 0, MSG_WAITALL));
}

/* A reader that waits goes on waiting; 0 would mean the end of the stream. */
KT_TEST(recv, empty_record_does_not_wake_the_reader_for_good)
{
	struct kt_task task;

	ASSERT_EQ(0, kt_task_start(&task, recv_one, &self->link));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_task_asleep(&task));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	EXPECT_EQ(100, kt_task_join(&task));
}

/* RFC 8446 5.4; TLS 1.2 has no padding, so its records are as they are. */
KT_TEST(recv, padding_is_taken_off)
{
	static const size_t pads[] = {
		0, 1, 15, 16, 17, 255, 1000, 4096, 10000, 16374,
	};
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t plain[10];

	for (size_t i = 0; i < ARRAY_SIZE(pads); i++) {
		ssize_t len;

		kt_fill(plain, 10, i * 10);
		len = kt_seal(&self->link.in, KT_DATA, plain, 10, pads[i], wire);
		ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
		ASSERT_EQ(0, all_here(&self->link));
		/* room for content and padding, then for the content alone */
		EXPECT_EQ(10, recv_pattern(self->link.fd, i % 2 ? 10 : 20000,
					   i * 10, 0));
		EXPECT_ERRNO(EAGAIN, recv_pattern(self->link.fd, 10, 0,
						  MSG_DONTWAIT));
	}
}

/* The zeros at the content's own end are content. */
KT_TEST(recv, zeros_in_front_of_the_padding_stay)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t zeros[300] = { }, got[400];
	ssize_t len = kt_seal(&self->link.in, KT_DATA, zeros, 300, 50, wire);

	ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
	ASSERT_EQ(0, all_here(&self->link));
	memset(got, 0xff, sizeof(got));
	EXPECT_EQ(300, recv(self->link.fd, got, sizeof(got), 0));
	EXPECT_EQ(0, memcmp(got, zeros, 300));
}

KT_TEST(recv, padded_records_among_others)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t plain[100];

	for (int i = 0; i < 12; i++) {
		ssize_t len;

		kt_fill(plain, 100, i * 100);
		len = kt_seal(&self->link.in, KT_DATA, plain, 100,
			      i % 3 ? i * 37 : 0, wire);
		ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
	}
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(1200, recv_pattern(self->link.fd, 20000, 0, 0));
}

/* ---- memory ------------------------------------------------------------- */

static uint64_t direct_bytes(int fd)
{
	struct kseal_info info;

	return kt_info_get(fd, &info) ? ~0ULL : info.rx_direct_bytes;
}

KT_TEST(recv, decrypts_into_the_readers_memory)
{
	ASSERT_EQ(0, kt_send_stream(&self->link, 3 * 16384, 16384, 0));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_EQ(3 * 16384, recv_pattern(self->link.fd, 100000, 0, 0));
	EXPECT_EQ(3 * 16384, direct_bytes(self->link.fd));
}

/* Too little room, or a look: through a buffer, and not counted. */
KT_TEST(recv, small_reads_are_not_direct)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 0));
	EXPECT_EQ(1000, recv_pattern(self->link.fd, 1000, 0, MSG_PEEK));
	EXPECT_EQ(500, recv_pattern(self->link.fd, 500, 0, 0));
	EXPECT_EQ(500, recv_pattern(self->link.fd, 500, 500, 0));
	EXPECT_EQ(0, direct_bytes(self->link.fd));
}

KT_TEST(recv, fault_loses_no_record)
{
	void *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 100));
	ASSERT_EQ(0, all_here(&self->link));
	EXPECT_ERRNO(EFAULT, recv(self->link.fd, nowhere, 4096, 0));
	EXPECT_ERRNO(EFAULT, recv(self->link.fd, nowhere, 50, 0));
	EXPECT_EQ(200, recv_pattern(self->link.fd, 200, 0, 0));
}

/* Room that ends in the middle of a record, where nothing is mapped. */
KT_TEST(recv, fault_in_the_middle_loses_nothing)
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
	ASSERT_EQ(0, all_here(&self->link));
	n = recv(self->link.fd, at, 300, 0);
	if (n < 0) {
		EXPECT_EQ(EFAULT, errno);
		n = 0;
	}
	ASSERT_LE(n, 150);
	EXPECT_EQ(0, kt_check(at, n, 0));
	EXPECT_EQ(300 - n, recv_pattern(self->link.fd, 300, n, MSG_WAITALL));
	munmap(map, page);
}

/* Into a file's pages: what the file holds is what was read. */
KT_TEST(recv, into_a_file_mapped_shared)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	uint8_t *map, got[16384];

	ASSERT_EQ(0, ftruncate(file, 32768));
	map = mmap(NULL, 32768, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ASSERT_NE(MAP_FAILED, (void *)map);
	ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, 0));
	ASSERT_EQ(0, all_here(&self->link));
	ASSERT_EQ(16384, recv(self->link.fd, map + 1000, 20000, 0));
	ASSERT_EQ(16384, pread(file, got, 16384, 1000));
	EXPECT_EQ(0, kt_check(got, 16384, 0));
	munmap(map, 32768);
	close(file);
}

KT_TEST(recv, read_only_memory_is_efault)
{
	void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	EXPECT_ERRNO(EFAULT, recv(self->link.fd, map, 4096, 0));
	EXPECT_EQ(100, recv_pattern(self->link.fd, 4096, 0, 0));
	munmap(map, 4096);
}

/* ---- windows smaller than a record -------------------------------------- */

static int open_small(struct kt_link *link, const struct kt_params *params)
{
	struct kt_tune tune = { .fd_rcvbuf = 4096 };

	kt_link_close(link);
	return kt_link_open(link, params, &tune);
}

static ssize_t send_long_records(void *arg)
{
	return kt_send_stream(arg, 150000, 16384, 0);
}

KT_TEST(recv, records_longer_than_the_window)
{
	struct kt_task task;

	ASSERT_EQ(0, open_small(&self->link, &variant->params));
	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	EXPECT_EQ(150000, recv_pattern(self->link.fd, 150000, 0, MSG_WAITALL));
	EXPECT_EQ(0, kt_task_join(&task));
}

KT_TEST(recv, records_longer_than_the_window_in_small_reads)
{
	struct kt_task task;
	uint64_t seen = 0;

	ASSERT_EQ(0, open_small(&self->link, &variant->params));
	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	while (seen < 150000) {
		ssize_t n = recv_pattern(self->link.fd, 3000, seen, 0);

		ASSERT_GT(n, 0);
		seen += n;
	}
	EXPECT_EQ(0, kt_task_join(&task));
}

static ssize_t send_a_lot(void *arg)
{
	return kt_send_stream(arg, 500000, 8192, 0);
}

/*
 * The window closes with whole records at the head of the queue and part of
 * one at its end: reading the former has to let the rest of the latter in.
 */
KT_TEST(recv, window_closed_behind_whole_records)
{
	static const int sizes[] = { 0, 10000, 20000, 50000 };

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct kt_tune tune = { .fd_rcvbuf = sizes[i] };
		struct kt_task task;
		uint64_t seen = 0;

		kt_link_close(&self->link);
		ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, &tune));
		ASSERT_EQ(0, kt_task_start(&task, send_a_lot, &self->link));
		ASSERT_EQ(0, kt_task_asleep(&task));
		while (seen < 500000) {
			ssize_t n;

			ASSERT_NE(0, kt_poll(self->link.fd, POLLIN, KT_WAIT_MS))
				TH_LOG("stuck after %llu bytes",
				       (unsigned long long)seen);
			n = recv_pattern(self->link.fd, 8192, seen, MSG_DONTWAIT);
			ASSERT_GT(n, 0);
			seen += n;
		}
		EXPECT_EQ(0, kt_task_join(&task));
	}
}

/* ---- both ways, and more than one reader -------------------------------- */

KT_TEST(recv, both_directions_at_once)
{
	struct kt_writer writer = { .fd = self->link.fd, .len = 200000 };
	struct kt_task task;
	uint64_t out = 0, in = 0;

	ASSERT_EQ(0, kt_task_start(&task, send_long_records, &self->link));
	ASSERT_EQ(0, kt_writer_start(&writer));
	while (out < 200000 || in < 150000) {
		static struct kt_record record;

		if (in < 150000) {
			ssize_t n = recv_pattern(self->link.fd, 20000, in, 0);

			ASSERT_GT(n, 0);
			in += n;
		}
		if (out < 200000) {
			ASSERT_EQ(0, kt_recv_record(&self->link, &record));
			ASSERT_EQ(0, kt_check(record.data, record.len, out));
			out += record.len;
		}
	}
	EXPECT_EQ(0, kt_task_join(&task));
	EXPECT_EQ(200000, kt_task_join(&writer.task));
}

/* Reads records of 1000 equal bytes until the end; how many. */
static ssize_t read_marked(void *arg)
{
	struct kt_link *link = arg;
	uint8_t got[1000];
	ssize_t n, count = 0;

	while ((n = recv(link->fd, got, sizeof(got), 0)) == sizeof(got)) {
		for (size_t i = 1; i < sizeof(got); i++)
			if (got[i] != got[0])
				return -1;
		count++;
	}
	return n ? -1 : count;
}

KT_TEST(recv, two_readers_share_the_records)
{
	struct kt_task tasks[2];
	uint8_t data[1000];
	ssize_t got[2];

	for (int i = 0; i < 2; i++)
		ASSERT_EQ(0, kt_task_start(&tasks[i], read_marked, &self->link));
	for (int i = 0; i < 100; i++) {
		memset(data, i, sizeof(data));
		ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, data, 1000));
	}
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	for (int i = 0; i < 2; i++) {
		got[i] = kt_task_join(&tasks[i]);
		ASSERT_GE(got[i], 0);
	}
	EXPECT_EQ(100, got[0] + got[1]);
}

TEST_HARNESS_MAIN
