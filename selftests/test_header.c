// SPDX-License-Identifier: GPL-2.0
/* Record headers that are refused, and streams that end where they should not. */
#include "lib/fixture.h"
#include <poll.h>

KT_FIXTURE_OPEN(header)

static size_t longest(const struct kt_params *params)
{
	return KT_MAX_PLAIN + kt_overhead(params->version) - KT_HEADER;
}

KT_TEST(header, version_too_old)
{
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, 0x0301, 100));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EINVAL, KT_PROTOCOL_VERSION));
}

KT_TEST(header, version_too_new)
{
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, 0x0304, 100));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EINVAL, KT_PROTOCOL_VERSION));
}

KT_TEST(header, version_of_something_else)
{
	/* "GET / HTTP/1.1" begins like this: 'E' 'T', length 0x202f */
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, 0x4554, 0x0100));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EINVAL, KT_PROTOCOL_VERSION));
}

KT_TEST(header, length_one_too_many)
{
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, TLS_1_2_VERSION,
				    longest(&variant->params) + 1));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

KT_TEST(header, length_65535)
{
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, TLS_1_2_VERSION, 65535));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

/* It would authenticate, and is too long all the same. */
KT_TEST(header, sealed_record_one_byte_too_long)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, KT_MAX_PLAIN + 1, wire);

	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

KT_TEST(header, length_0)
{
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, TLS_1_2_VERSION, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* Less than explicit nonce, inner type and tag take. */
KT_TEST(header, length_one_too_few)
{
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, TLS_1_2_VERSION,
				    kt_overhead(variant->params.version) -
				    KT_HEADER - 1));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EBADMSG, KT_BAD_RECORD_MAC));
}

/* ---- the stream's end --------------------------------------------------- */

KT_TEST(header, clean_end_is_0)
{
	uint8_t byte;

	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "x", 1));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_EQ(1, recv(self->link.fd, &byte, 1, 0));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, recv(self->link.fd, &byte, 1, 0));
	/* the other direction goes on */
	ASSERT_EQ(4, send(self->link.fd, "more", 4, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "more", 4));
}

static int truncated_at(struct kt_link *link, size_t keep)
{
	static uint8_t wire[KT_MAX_WIRE];
	int alert;

	if (kt_seal_pattern(link, 1000, wire) < 0 ||
	    kt_write_full(link->raw, wire, keep) ||
	    shutdown(link->raw, SHUT_WR))
		return -1;
	for (int i = 0; i < 3; i++) {
		int got = kt_recv_errno(link->fd, 0);

		if (got == ECONNRESET)
			continue;
		kt_say("%zu bytes of a record, then the end: %s", keep,
		       strerror(got));
		return -1;
	}
	return kt_expect_end(link, &alert) || alert != -1 ? -1 : 0;
}

KT_TEST(header, end_inside_a_header)
{
	EXPECT_EQ(0, truncated_at(&self->link, 3));
}

KT_TEST(header, end_behind_a_header)
{
	EXPECT_EQ(0, truncated_at(&self->link, KT_HEADER));
}

KT_TEST(header, end_one_byte_early)
{
	EXPECT_EQ(0, truncated_at(&self->link,
				  1000 + kt_overhead(variant->params.version) - 1));
}

/* A close reported once, by SO_ERROR, does not turn into an end of stream. */
KT_TEST(header, reset_inside_a_record_stays_an_error)
{
	int error = 0;
	socklen_t len = sizeof(error);

	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, TLS_1_2_VERSION, 500));
	kt_reset(&self->link.raw);
	ASSERT_NE(0, kt_poll(self->link.fd, POLLHUP, KT_WAIT_MS));
	ASSERT_EQ(0, getsockopt(self->link.fd, SOL_SOCKET, SO_ERROR, &error, &len));
	EXPECT_EQ(ECONNRESET, error);
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(ECONNRESET, kt_recv_errno(self->link.fd, 0));
}

/* As TCP has it: what comes behind a FIN is not the reader's concern. */
KT_TEST(header, reset_behind_a_clean_end)
{
	uint8_t byte;

	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_NE(0, kt_poll(self->link.fd, POLLRDHUP, KT_WAIT_MS));
	kt_reset(&self->link.raw);
	ASSERT_NE(0, kt_poll(self->link.fd, POLLHUP, KT_WAIT_MS));
	EXPECT_EQ(0, recv(self->link.fd, &byte, 1, 0));
}

KT_TEST(header, end_inside_a_record_wakes_the_reader)
{
	struct kt_reader reader;

	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 2000, 0));
	ASSERT_EQ(0, kt_send_header(&self->link, KT_DATA, TLS_1_2_VERSION, 500));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	EXPECT_EQ(-1, kt_task_join(&reader.task));
	EXPECT_EQ(ECONNRESET, reader.task.error);
}

TEST_HARNESS_MAIN
