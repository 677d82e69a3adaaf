// SPDX-License-Identifier: GPL-2.0
/* Records that are not application data, and splice(2) out of the socket. */
#include "lib/fixture.h"
#include <fcntl.h>

KT_FIXTURE_OPEN(control)

/* What a call without room for the type gives, as a string. */
static ssize_t recv_plain(int fd, char *buffer, size_t len)
{
	ssize_t n = recv(fd, buffer, len - 1, MSG_DONTWAIT);

	buffer[n < 0 ? 0 : n] = '\0';
	return n;
}

KT_TEST(control, data_has_its_type_too)
{
	char got[10] = "";
	uint8_t type;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "data", 4));
	ASSERT_EQ(4, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_DATA, type);
	EXPECT_STREQ("data", got);
}

KT_TEST(control, type_comes_with_the_record)
{
	static const uint8_t types[] = { 20, 21, 22, 24, 100, 255 };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		char got[10] = "";
		uint8_t type;

		ASSERT_EQ(0, kt_send_record(&self->link, types[i], "type", 4));
		ASSERT_EQ(4, kt_recv_type(self->link.fd, &type, got, sizeof(got),
					  0));
		EXPECT_EQ(types[i], type);
		EXPECT_STREQ("type", got);
	}
}

/* A reader that cannot be told is told nothing, again and again. */
KT_TEST(control, without_room_for_the_type_is_eio)
{
	char got[10] = "";
	uint8_t type;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "data", 4));
	ASSERT_EQ(0, kt_all_here(&self->link));
	for (int i = 0; i < 3; i++)
		EXPECT_ERRNO(EIO, recv_plain(self->link.fd, got, sizeof(got)));
	ASSERT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_ALERT, type);
	EXPECT_EQ(4, recv_plain(self->link.fd, got, sizeof(got)));
	EXPECT_STREQ("data", got);
}

KT_TEST(control, room_too_small_for_the_type_is_eio)
{
	char got[10], control[CMSG_LEN(0)];
	struct iovec iov = { got, sizeof(got) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	uint8_t type;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_HANDSHAKE, "hand", 4));
	EXPECT_ERRNO(EIO, recvmsg(self->link.fd, &msg, 0));
	ASSERT_EQ(4, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_HANDSHAKE, type);
}

KT_TEST(control, data_in_front_comes_first)
{
	char got[20];
	uint8_t type;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "one", 3));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "two", 3));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "three", 5));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(6, recv_plain(self->link.fd, got, sizeof(got)));
	EXPECT_STREQ("onetwo", got);
	EXPECT_ERRNO(EIO, recv_plain(self->link.fd, got, sizeof(got)));
	EXPECT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_ALERT, type);
	EXPECT_EQ(5, recv_plain(self->link.fd, got, sizeof(got)));
	EXPECT_STREQ("three", got);
}

KT_TEST(control, types_never_merge)
{
	static const uint8_t types[] = { 23, 23, 22, 22, 21, 23, 24 };
	static const uint8_t want[] = { 23, 22, 22, 21, 23, 24 };
	static const ssize_t lens[] = { 8, 4, 4, 4, 4, 4 };
	char got[100];
	uint8_t type;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		ASSERT_EQ(0, kt_send_record(&self->link, types[i], "part", 4));
	ASSERT_EQ(0, kt_all_here(&self->link));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		EXPECT_EQ(lens[i], kt_recv_type(self->link.fd, &type, got,
						sizeof(got), 0));
		EXPECT_EQ(want[i], type);
	}
}

KT_TEST(control, waitall_stops_at_another_type)
{
	char got[100];
	uint8_t type;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "data", 4));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(4, kt_recv_type(self->link.fd, &type, got, sizeof(got),
				  MSG_WAITALL));
	EXPECT_EQ(KT_DATA, type);
	EXPECT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_ALERT, type);
}

KT_TEST(control, read_in_parts_has_its_type_each_time)
{
	char got[100] = "";
	uint8_t type;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_HANDSHAKE, "handshake", 9));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "data", 4));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(4, kt_recv_type(self->link.fd, &type, got, 4, 0));
	EXPECT_EQ(KT_HANDSHAKE, type);
	EXPECT_ERRNO(EIO, recv_plain(self->link.fd, got, sizeof(got)));
	EXPECT_EQ(5, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_HANDSHAKE, type);
	EXPECT_EQ(0, memcmp(got, "shake", 5));
	EXPECT_EQ(4, recv_plain(self->link.fd, got, sizeof(got)));
}

KT_TEST(control, peek_shows_type_and_leaves_it)
{
	char got[100];
	uint8_t type;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got),
					  MSG_PEEK));
		EXPECT_EQ(KT_ALERT, type);
	}
	EXPECT_ERRNO(EIO, recv(self->link.fd, got, sizeof(got), MSG_PEEK));
	ASSERT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_ALERT, type);
}

KT_TEST(control, peek_stops_at_another_type)
{
	char got[100];
	uint8_t type;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "data", 4));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(4, kt_recv_type(self->link.fd, &type, got, sizeof(got),
				  MSG_PEEK));
	EXPECT_EQ(KT_DATA, type);
	EXPECT_EQ(4, recv_plain(self->link.fd, got, sizeof(got)));
	EXPECT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_ALERT, type);
}

KT_TEST(control, padded_type_is_the_inner_one)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal(&self->link.in, KT_HANDSHAKE, "hand", 4, 100, wire);
	char got[1000];
	uint8_t type;

	ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_ERRNO(EIO, recv_plain(self->link.fd, got, sizeof(got)));
	EXPECT_EQ(4, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_HANDSHAKE, type);
}

KT_TEST(control, end_of_stream_behind_a_control_record)
{
	char got[100];
	uint8_t type;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_EQ(2, kt_recv_type(self->link.fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_ALERT, type);
	EXPECT_EQ(0, kt_read_eof(self->link.fd));
}

TEST_HARNESS_MAIN
