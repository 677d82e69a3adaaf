// SPDX-License-Identifier: GPL-2.0
/* recv(2) and its kin, over records sealed in user space. */
#include "lib/fixture.h"
#include <netinet/in.h>
#include <sys/uio.h>
#include <linux/tcp.h>

KT_FIXTURE_OPEN(recv)

KT_TEST(recv, record_of_any_size)
{
	static const size_t sizes[] = {
		1, 2, 15, 16, 17, 255, 1000, 4095, 4096, 4097, 16383, 16384,
	};
	uint64_t position = 0;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, sizes[i], position));
		ASSERT_EQ(sizes[i], kt_recv_pattern(self->link.fd, 20000, position, 0));
		position += sizes[i];
	}
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 1, 0, MSG_DONTWAIT));
}

KT_TEST(recv, room_of_exactly_the_record)
{
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->link, 5000, i * 5000));
		ASSERT_EQ(5000, kt_recv_pattern(self->link.fd, 5000, i * 5000, 0));
	}
}

KT_TEST(recv, several_records_in_one_call)
{
	for (int i = 0; i < 10; i++)
		ASSERT_EQ(0, kt_send_pattern(&self->link, 300, i * 300));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(3000, kt_recv_pattern(self->link.fd, 100000, 0, 0));
}

KT_TEST(recv, several_records_and_a_part)
{
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kt_send_pattern(&self->link, 5000, i * 5000));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(12000, kt_recv_pattern(self->link.fd, 12000, 0, 0));
	EXPECT_EQ(3000, kt_recv_pattern(self->link.fd, 12000, 12000, 0));
}

KT_TEST(recv, small_reads_of_one_record)
{
	static const size_t rooms[] = { 1, 7, 16, 100, 1, 4096, 3 };
	uint64_t position = 0;

	ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, 0));
	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		ASSERT_EQ(rooms[i], kt_recv_pattern(self->link.fd, rooms[i], position,
						    0));
		position += rooms[i];
	}
	EXPECT_EQ(16384 - position, kt_recv_pattern(self->link.fd, 20000, position, 0));
}

KT_TEST(recv, byte_by_byte_over_records)
{
	for (int i = 0; i < 20; i++)
		ASSERT_EQ(0, kt_send_pattern(&self->link, 5, i * 5));
	for (int i = 0; i < 100; i++)
		ASSERT_EQ(1, kt_recv_pattern(self->link.fd, 1, i, 0));
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 1, 0, MSG_DONTWAIT));
}

KT_TEST(recv, scattered_over_many_buffers)
{
	enum { COUNT = 500, SIZE = 39 };
	static uint8_t data[COUNT * SIZE];
	static struct iovec iov[COUNT];

	for (int i = 0; i < COUNT; i++)
		iov[i] = (struct iovec){ data + i * SIZE, SIZE };
	ASSERT_EQ(0, kt_send_stream(&self->link, sizeof(data), 16384, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(sizeof(data), readv(self->link.fd, iov, COUNT));
	EXPECT_EQ(0, kt_check(data, sizeof(data), 0));
}

KT_TEST(recv, nothing_asked_for)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(0, recv(self->link.fd, NULL, 0, 0));
	EXPECT_EQ(10, kt_recv_pattern(self->link.fd, 10, 0, 0));
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
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 10, 0, MSG_DONTWAIT));
	ASSERT_EQ(0, kt_nonblock(self->link.fd));
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 10, 0, 0));
}

KT_TEST(recv, timeout_is_eagain)
{
	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_RCVTIMEO, 30));
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 10, 0, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(10, kt_recv_pattern(self->link.fd, 10, 0, 0));
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
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 100, 0, 0));
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 100, 0, MSG_DONTWAIT));
	ASSERT_EQ(0, kt_write_full(self->link.raw, wire + len - 1, 1));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 100, 0, MSG_DONTWAIT));
}

KT_TEST(recv, sleeping_reader_wakes_for_a_whole_record)
{
	static uint8_t wire[KT_MAX_WIRE];
	uint8_t plain[100];
	struct kt_reader reader;
	ssize_t len;

	kt_fill(plain, sizeof(plain), 0);
	len = kt_seal(&self->link.in, KT_DATA, plain, sizeof(plain), 0, wire);
	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 100, 0));
	for (ssize_t done = 0; done < len; done += 20) {
		ASSERT_EQ(0, kt_task_asleep(&reader.task));
		ASSERT_EQ(0, kt_write_full(self->link.raw, wire + done,
					   len - done < 20 ? len - done : 20));
	}
	EXPECT_EQ(100, kt_task_join(&reader.task));
}

KT_TEST(recv, sleeping_reader_wakes_at_the_end)
{
	struct kt_reader reader;

	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 100, 0));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	EXPECT_EQ(0, kt_task_join(&reader.task));
}

KT_TEST(recv, sleeping_reader_wakes_at_a_reset)
{
	struct kt_reader reader;

	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 100, 0));
	kt_reset(&self->link.raw);
	EXPECT_EQ(-1, kt_task_join(&reader.task));
	EXPECT_EQ(ECONNRESET, reader.task.error);
}

static ssize_t recv_waitall(void *arg)
{
	struct kt_link *link = arg;

	return kt_recv_pattern(link->fd, 50000, 0, MSG_WAITALL);
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
	EXPECT_EQ(0, kt_recv_pattern(self->link.fd, 10, 0, 0));
}

KT_TEST(recv, low_water_mark_is_waited_for)
{
	int mark = 100;
	struct kt_reader reader;

	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_RCVLOWAT, &mark,
				sizeof(mark)));
	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 100, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 60, 0));
	ASSERT_EQ(0, kt_task_asleep(&reader.task));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 40, 60));
	EXPECT_EQ(100, kt_task_join(&reader.task));
}

/* The mark counts content; TCP, asked for it, would count records' bytes. */
KT_TEST(recv, low_water_mark_between_records)
{
	int mark = 100;
	struct kt_reader reader;

	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_RCVLOWAT, &mark,
				sizeof(mark)));
	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 2000, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 90, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(0, kt_task_asleep(&reader.task));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 20, 90));
	EXPECT_EQ(110, kt_task_join(&reader.task));
}

/* The other things a TCP socket can be asked for hold no plaintext. */
KT_TEST(recv, error_queue_and_urgent_data_are_apart)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 100, 0, MSG_ERRQUEUE));
	EXPECT_ERRNO(EINVAL, kt_recv_pattern(self->link.fd, 100, 0, MSG_OOB));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 100, 0, 0));
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
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(-1, getsockopt(self->link.fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE,
				 &zc, &len));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 100, 0, 0));
}

/* ---- MSG_PEEK ----------------------------------------------------------- */

KT_TEST(recv, peek_leaves_it_there)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	EXPECT_EQ(40, kt_recv_pattern(self->link.fd, 40, 0, MSG_PEEK));
	EXPECT_EQ(100, kt_recv_pattern(self->link.fd, 1000, 0, MSG_PEEK));
	EXPECT_EQ(30, kt_recv_pattern(self->link.fd, 30, 0, 0));
	EXPECT_EQ(70, kt_recv_pattern(self->link.fd, 1000, 30, MSG_PEEK));
	EXPECT_EQ(70, kt_recv_pattern(self->link.fd, 1000, 30, 0));
	EXPECT_ERRNO(EAGAIN, kt_recv_pattern(self->link.fd, 1, 0,
					     MSG_PEEK | MSG_DONTWAIT));
}

KT_TEST(recv, peek_over_several_records)
{
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, kt_send_pattern(&self->link, 100, i * 100));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(250, kt_recv_pattern(self->link.fd, 250, 0, MSG_PEEK));
	EXPECT_EQ(400, kt_recv_pattern(self->link.fd, 1000, 0, MSG_PEEK));
	EXPECT_EQ(150, kt_recv_pattern(self->link.fd, 150, 0, 0));
	EXPECT_EQ(250, kt_recv_pattern(self->link.fd, 1000, 150, MSG_PEEK));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 400));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(350, kt_recv_pattern(self->link.fd, 1000, 150, MSG_PEEK));
	EXPECT_EQ(350, kt_recv_pattern(self->link.fd, 1000, 150, 0));
}

KT_TEST(recv, peek_of_long_records)
{
	ASSERT_EQ(0, kt_send_stream(&self->link, 40000, 16384, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(40000, kt_recv_pattern(self->link.fd, 50000, 0, MSG_PEEK));
	EXPECT_EQ(40000, kt_recv_pattern(self->link.fd, 50000, 0, 0));
}

TEST_HARNESS_MAIN
