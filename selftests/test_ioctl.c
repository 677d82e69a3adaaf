// SPDX-License-Identifier: GPL-2.0
/* ioctl(SIOCINQ), in content of records, and ioctl(SIOCOUTQ), in TCP's bytes. */
#include "lib/fixture.h"
#include <poll.h>
#include <sys/ioctl.h>
#include <linux/sockios.h>

KT_FIXTURE_OPEN(ioctl);

static int inq(int fd)
{
	int bytes = -1;

	return ioctl(fd, SIOCINQ, &bytes) ? -errno : bytes;
}

KT_TEST(ioctl, nothing_waits_at_first)
{
	EXPECT_EQ(0, inq(self->link.fd));
}

KT_TEST(ioctl, content_of_every_whole_record_counts)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1, 1000));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, 1001));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(17385, inq(self->link.fd));
	EXPECT_EQ(1000, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	EXPECT_EQ(16385, inq(self->link.fd));
}

KT_TEST(ioctl, many_small_records_count)
{
	for (int i = 0; i < 500; i++)
		ASSERT_EQ(0, kt_send_pattern(&self->link, 1 + i % 3, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(999, inq(self->link.fd));
}

KT_TEST(ioctl, part_of_a_record_is_nothing)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 5000, wire);

	for (int at = 0; at < 6; at++) {
		ASSERT_EQ(0, kt_write_here(&self->link, wire + at, 1));
		EXPECT_EQ(0, inq(self->link.fd));
	}
	ASSERT_EQ(0, kt_write_here(&self->link, wire + 6, len - 7));
	EXPECT_EQ(0, inq(self->link.fd));
	ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 1, 1));
	EXPECT_EQ(5000, inq(self->link.fd));
}

KT_TEST(ioctl, part_behind_a_whole_record_is_nothing)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len;

	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	len = kt_seal_pattern(&self->link, 5000, wire);
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len - 1));
	EXPECT_EQ(100, inq(self->link.fd));
	ASSERT_EQ(0, kt_write_here(&self->link, wire + len - 1, 1));
	EXPECT_EQ(5100, inq(self->link.fd));
}

KT_TEST(ioctl, rest_of_an_opened_record_counts)
{
	ASSERT_EQ(0, kt_send_pattern(&self->link, 9000, 0));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 500, 9000));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(100, kt_recv_pattern(self->link.fd, 100, 0, 0));
	EXPECT_EQ(9400, inq(self->link.fd));
	ASSERT_EQ(9400, kt_recv_pattern(self->link.fd, 9400, 100, MSG_PEEK));
	EXPECT_EQ(9400, inq(self->link.fd));
	ASSERT_EQ(9400, kt_recv_pattern(self->link.fd, 9400, 100, MSG_WAITALL));
	EXPECT_EQ(0, inq(self->link.fd));
}

/* It is not known before the record is opened. */
KT_TEST(ioctl, padding_counts_until_it_is_known)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal(&self->link.in, KT_DATA, "data", 4, 100, wire);
	bool padded = variant->params.version == TLS_1_3_VERSION;
	uint8_t byte;

	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	EXPECT_EQ(padded ? 104 : 4, inq(self->link.fd));
	ASSERT_EQ(1, recv(self->link.fd, &byte, 1, 0));
	EXPECT_EQ(3, inq(self->link.fd));
}

KT_TEST(ioctl, control_records_count)
{
	uint8_t type, alert[2];

	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(2, inq(self->link.fd));
	ASSERT_EQ(2, kt_recv_type(self->link.fd, &type, alert, 2, 0));
	EXPECT_EQ(0, inq(self->link.fd));
}

KT_TEST(ioctl, record_moved_out_of_a_small_window_counts)
{
	struct kt_tune tune = { .fd_rcvbuf = 4096 };
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len;

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	len = kt_seal_pattern(&self->link, 16384, wire);
	ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
	ASSERT_EQ(POLLIN, kt_poll(self->link.fd, POLLIN, KT_WAIT_MS));
	EXPECT_EQ(16384, inq(self->link.fd));
	EXPECT_EQ(16384, kt_recv_pattern(self->link.fd, 16384, 0, MSG_WAITALL));
	EXPECT_EQ(0, inq(self->link.fd));
}

KT_TEST(ioctl, what_cannot_be_opened_does_not_count)
{
	static const uint8_t header[] = { KT_DATA, 3, 1, 0, 100 };

	ASSERT_EQ(0, kt_send_pattern(&self->link, 10, 0));
	ASSERT_EQ(0, kt_write_here(&self->link, header, sizeof(header)));
	EXPECT_EQ(10, inq(self->link.fd));
	ASSERT_EQ(10, kt_recv_pattern(self->link.fd, 10, 0, 0));
	EXPECT_EQ(0, inq(self->link.fd));
	EXPECT_EQ(EINVAL, kt_recv_errno(self->link.fd, 0));
	EXPECT_EQ(0, inq(self->link.fd));
}

/* Behind a KeyUpdate nothing can be opened until the new key is in. */
KT_TEST(ioctl, records_under_a_key_to_come_do_not_count)
{
	static const uint8_t update[] = { 24, 0, 0, 1, 0 };
	bool pauses = variant->params.version == TLS_1_3_VERSION;
	uint8_t type, got[5];

	ASSERT_EQ(0, kt_send_record(&self->link, KT_HANDSHAKE, update, 5));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 50, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(5, kt_recv_type(self->link.fd, &type, got, 5, 0));
	EXPECT_EQ(pauses ? 0 : 50, inq(self->link.fd));
	if (pauses) {
		ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	}
}

KT_TEST(ioctl, without_a_key_tcps_answer)
{
	ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
	ASSERT_EQ(0, kt_write_here(&self->link, "plain", 5));
	EXPECT_EQ(5, inq(self->link.fd));
}

/* What is not acknowledged, which on loopback is soon nothing. */
static long long outq(void *arg)
{
	int bytes = -1;

	return ioctl(*(int *)arg, SIOCOUTQ, &bytes) ? -errno : bytes;
}

KT_TEST(ioctl, outq_counts_what_tcp_has)
{
	struct kt_tune tune = { .raw_rcvbuf = 4096 };
	int bytes = -1;
	ssize_t sent;

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	ASSERT_EQ(10, send(self->link.fd, "0123456789", 10, 0));
	EXPECT_EQ(0, kt_wait_for(outq, &self->link.fd, 0));
	sent = kt_fill_buffers(self->link.fd, 16384, 10);
	ASSERT_GT(sent, 0);
	ASSERT_EQ(0, ioctl(self->link.fd, SIOCOUTQNSD, &bytes));
	EXPECT_GT(bytes, 0);
	EXPECT_GE(outq(&self->link.fd), bytes);
}

KT_TEST(ioctl, answer_that_cannot_be_written_is_efault)
{
	EXPECT_ERRNO(EFAULT, ioctl(self->link.fd, SIOCINQ, (void *)1));
}

TEST_HARNESS_MAIN
