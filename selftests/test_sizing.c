// SPDX-License-Identifier: GPL-2.0
/*
 * KSEAL_TX_RECORD_SIZING: records of one segment at the beginning, and after
 * idling. On packets of 1500 bytes, as the loopback's own take a whole record.
 */
#include "lib/fixture.h"
#include "lib/net.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

enum {
	MTU = 1500,
	SMALL = 20000,		/* bytes that are to go in small records */
	TOTAL = 80000,
	NEVER = 1000000,	/* ms: longer than any test */
};

FIXTURE(sizing)
{
	struct kt_link link;
};

FIXTURE_VARIANT(sizing)
{
	struct kt_params params;
};

#define SIZING(name, version, cipher, family)				\
	FIXTURE_VARIANT_ADD(sizing, name)				\
	{								\
		.params = { version, cipher, family },			\
	}

SIZING(tls12_ipv4, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
SIZING(tls13_ipv4, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET);
SIZING(tls12_ipv6, TLS_1_2_VERSION, TLS_CIPHER_CHACHA20_POLY1305, AF_INET6);
SIZING(tls13_ipv6, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET6);

FIXTURE_SETUP(sizing)
{
	ASSERT_EQ(0, kt_own_network(MTU));
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
}

FIXTURE_TEARDOWN(sizing)
{
	kt_link_close(&self->link);
}

static int set_sizing(int fd, uint32_t bytes, uint32_t idle_ms)
{
	struct kseal_record_sizing sizing = { bytes, idle_ms };

	return setsockopt(fd, SOL_TLS, KSEAL_TX_RECORD_SIZING, &sizing, sizeof(sizing)) ?
	       kt_errno("KSEAL_TX_RECORD_SIZING") : 0;
}

/* The records of what was sent: @small bytes at least in small ones, no more than
 * that takes, and the others as full as they can be. Return: small records, or -1.
 */
static int expect_sizes(struct kt_link *link, size_t total, size_t small, uint64_t position)
{
	size_t segment = kt_segment(link->fd), done = 0;
	static struct kt_record record;
	int count = 0;

	while (done < total) {
		if (kt_recv_record(link, &record) || kt_check(record.data, record.len,
							      position + done))
			return -1;
		if (done < small && record.wire_len != segment && done + record.len < total) {
			kt_say("at %zu a record of %zu bytes, segments have %zu", done,
			       record.wire_len, segment);
			return -1;
		}
		if (done >= small && record.len != KT_MAX_PLAIN && done + record.len < total) {
			kt_say("at %zu a record with %zu bytes", done, record.len);
			return -1;
		}
		count += done < small;
		done += record.len;
	}
	return done == total ? count : -1;
}

static int write_stream(struct kt_link *link, size_t len, uint64_t position)
{
	static uint8_t data[TOTAL];

	kt_fill(data, len, position);
	return kt_write_full(link->fd, data, len);
}

/* Small records that @bytes take, the one they end in included. */
static int small_records(struct kt_link *link, size_t bytes)
{
	size_t content = kt_segment(link->fd) - kt_key_overhead(&link->out.key);

	return (bytes + content - 1) / content;
}

KT_TEST(sizing, not_unless_asked_for)
{
	ASSERT_EQ(0, write_stream(&self->link, TOTAL, 0));
	EXPECT_EQ(0, expect_sizes(&self->link, TOTAL, 0, 0));
}

KT_TEST(sizing, beginning_in_segments)
{
	ASSERT_EQ(0, set_sizing(self->link.fd, SMALL, 0));
	ASSERT_EQ(0, write_stream(&self->link, TOTAL, 0));
	EXPECT_EQ(small_records(&self->link, SMALL),
		  expect_sizes(&self->link, TOTAL, SMALL, 0));
}

KT_TEST(sizing, beginning_of_a_file)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	static uint8_t data[TOTAL];
	off_t at = 0;

	ASSERT_GE(file, 0);
	kt_fill(data, TOTAL, 0);
	ASSERT_EQ(TOTAL, write(file, data, TOTAL));
	ASSERT_EQ(0, set_sizing(self->link.fd, SMALL, 0));
	while (at < TOTAL)
		ASSERT_GT(sendfile(self->link.fd, file, &at, TOTAL - at), 0);
	EXPECT_EQ(small_records(&self->link, SMALL),
		  expect_sizes(&self->link, TOTAL, SMALL, 0));
	close(file);
}

/* Calls end records as ever; what they had counts. */
KT_TEST(sizing, beginning_in_many_calls)
{
	struct kseal_info info;

	ASSERT_EQ(0, set_sizing(self->link.fd, SMALL, 0));
	for (int i = 0; i < SMALL / 1000; i++)
		ASSERT_EQ(0, write_stream(&self->link, 1000, 1000 * i));
	ASSERT_EQ(0, kt_info_get(self->link.fd, &info));
	EXPECT_EQ(SMALL / 1000, info.tx_records);
	ASSERT_EQ(0, kt_expect_stream(&self->link, SMALL, 0, NULL));
	ASSERT_EQ(0, write_stream(&self->link, TOTAL, SMALL));
	EXPECT_EQ(0, expect_sizes(&self->link, TOTAL, 0, SMALL));
}

KT_TEST(sizing, once_without_idling)
{
	ASSERT_EQ(0, set_sizing(self->link.fd, 1, NEVER));
	ASSERT_EQ(0, write_stream(&self->link, TOTAL, 0));
	EXPECT_EQ(1, expect_sizes(&self->link, TOTAL, 1, 0));
	usleep(20000);
	ASSERT_EQ(0, write_stream(&self->link, TOTAL, TOTAL));
	EXPECT_EQ(0, expect_sizes(&self->link, TOTAL, 0, TOTAL));
}

KT_TEST(sizing, again_after_idling)
{
	static struct kt_record record;

	ASSERT_EQ(0, write_stream(&self->link, TOTAL, 0));
	ASSERT_EQ(0, expect_sizes(&self->link, TOTAL, 0, 0));
	ASSERT_EQ(0, set_sizing(self->link.fd, 1, 1));
	ASSERT_EQ(0, write_stream(&self->link, 10, TOTAL));
	ASSERT_EQ(0, kt_expect_pattern(&self->link, 10, TOTAL));
	for (int i = 0; i < 3; i++) {
		usleep(50000);
		ASSERT_EQ(0, write_stream(&self->link, KT_MAX_PLAIN, 0));
		ASSERT_EQ(0, kt_recv_record(&self->link, &record));
		EXPECT_EQ(kt_segment(self->link.fd), record.wire_len);
		for (size_t done = record.len; done < KT_MAX_PLAIN; done += record.len)
			ASSERT_EQ(0, kt_recv_record(&self->link, &record));
	}
}

KT_TEST(sizing, setting_it_begins_anew)
{
	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, set_sizing(self->link.fd, SMALL, NEVER));
		ASSERT_EQ(0, write_stream(&self->link, TOTAL, TOTAL * i));
		EXPECT_EQ(small_records(&self->link, SMALL),
			  expect_sizes(&self->link, TOTAL, SMALL, TOTAL * i));
	}
	ASSERT_EQ(0, set_sizing(self->link.fd, SMALL, NEVER));
	ASSERT_EQ(0, set_sizing(self->link.fd, 0, 0));
	ASSERT_EQ(0, write_stream(&self->link, TOTAL, 3 * TOTAL));
	EXPECT_EQ(0, expect_sizes(&self->link, TOTAL, 0, 3 * TOTAL));
}

KT_TEST(sizing, set_before_the_key)
{
	ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
	ASSERT_EQ(0, set_sizing(self->link.fd, SMALL, 0));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &self->link.out.key));
	ASSERT_EQ(0, write_stream(&self->link, TOTAL, 0));
	EXPECT_EQ(small_records(&self->link, SMALL),
		  expect_sizes(&self->link, TOTAL, SMALL, 0));
}

/* A record that is open keeps the size it was opened with. */
KT_TEST(sizing, set_while_a_record_is_open)
{
	static uint8_t data[TOTAL];

	kt_fill(data, TOTAL, 0);
	ASSERT_EQ(5000, send(self->link.fd, data, 5000, MSG_MORE));
	ASSERT_EQ(0, set_sizing(self->link.fd, SMALL, 0));
	ASSERT_EQ(0, kt_write_full(self->link.fd, data + 5000, TOTAL - 5000));
	ASSERT_EQ(0, kt_expect_pattern(&self->link, KT_MAX_PLAIN, 0));
	EXPECT_EQ(small_records(&self->link, SMALL - KT_MAX_PLAIN),
		  expect_sizes(&self->link, TOTAL - KT_MAX_PLAIN, SMALL - KT_MAX_PLAIN,
			       KT_MAX_PLAIN));
}

/* RFC 8449 4: what the peer takes is the limit, also of small ones. */
KT_TEST(sizing, no_more_than_the_peer_takes)
{
	struct kt_tally tally = { };
	uint16_t limit = 500;

	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &limit,
				sizeof(limit)));
	ASSERT_EQ(0, set_sizing(self->link.fd, SMALL, 0));
	ASSERT_EQ(0, write_stream(&self->link, TOTAL, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, TOTAL, 0, &tally));
	EXPECT_EQ(500, tally.smallest);
	EXPECT_EQ(500, tally.largest);
}

KT_TEST(sizing, values_and_sizes)
{
	struct kseal_record_sizing sizing = { 5, 7 }, got[2];
	socklen_t len = sizeof(got);

	ASSERT_EQ(0, getsockopt(self->link.fd, SOL_TLS, KSEAL_TX_RECORD_SIZING, got, &len));
	EXPECT_EQ(sizeof(got[0]), len);
	EXPECT_EQ(0, got[0].bytes | got[0].idle_ms);
	EXPECT_EQ(0, set_sizing(self->link.fd, UINT32_MAX, UINT32_MAX));
	EXPECT_EQ(0, set_sizing(self->link.fd, 4711, 42));
	for (len = 0; len <= sizeof(sizing) + 1; len++)
		if (len != sizeof(sizing))
			EXPECT_ERRNO(EINVAL, setsockopt(self->link.fd, SOL_TLS,
							KSEAL_TX_RECORD_SIZING, &sizing, len));
	EXPECT_ERRNO(EFAULT, setsockopt(self->link.fd, SOL_TLS, KSEAL_TX_RECORD_SIZING,
					(void *)8, sizeof(sizing)));
	EXPECT_ERRNO(EINVAL, setsockopt(self->link.fd, SOL_TLS, KSEAL_TX_RECORD_SIZING,
					NULL, sizeof(sizing)));
	len = sizeof(sizing) - 1;
	EXPECT_ERRNO(EINVAL, getsockopt(self->link.fd, SOL_TLS, KSEAL_TX_RECORD_SIZING,
					got, &len));
	len = sizeof(got);
	EXPECT_ERRNO(EFAULT, getsockopt(self->link.fd, SOL_TLS, KSEAL_TX_RECORD_SIZING,
					(void *)8, &len));
	len = sizeof(got);
	ASSERT_EQ(0, getsockopt(self->link.fd, SOL_TLS, KSEAL_TX_RECORD_SIZING, got, &len));
	EXPECT_EQ(4711, got[0].bytes);
	EXPECT_EQ(42, got[0].idle_ms);
}

TEST_HARNESS_MAIN
