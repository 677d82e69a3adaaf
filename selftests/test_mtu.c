// SPDX-License-Identifier: GPL-2.0
/*
 * Packets as small as IP allows on a path: a record of 16 KiB comes in dozens
 * of them, which are more pieces than the record layer lists.
 */
#include "lib/fixture.h"
#include "lib/net.h"
#include "lib/pump.h"

enum { TOTAL = 12 * KT_MAX_PLAIN + 5000 };

FIXTURE(mtu)
{
	struct kt_link link;
};

/* No less for IPv6: RFC 8200 5. */
FIXTURE_VARIANT(mtu)
{
	struct kt_params params;
	int mtu;
};

#define MTU(name, version, cipher, family, bytes)			\
	FIXTURE_VARIANT_ADD(mtu, name)					\
	{								\
		.params = { version, cipher, family }, .mtu = bytes,	\
	}

MTU(tls12_ipv4, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET, 500);
MTU(tls13_ipv4, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET, 500);
MTU(tls12_ipv6, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6, 1280);
MTU(tls13_ipv6, TLS_1_3_VERSION, TLS_CIPHER_CHACHA20_POLY1305, AF_INET6, 1280);

FIXTURE_SETUP(mtu)
{
	ASSERT_EQ(0, kt_own_network(variant->mtu));
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
}

FIXTURE_TEARDOWN(mtu)
{
	kt_link_close(&self->link);
}

/* 20 or 40 bytes of IP, 20 of TCP, and perhaps options. */
KT_TEST(mtu, packets_are_small_both_ways)
{
	int most = variant->mtu - (variant->params.family == AF_INET ? 40 : 60);

	ASSERT_EQ(0, kt_pump(&self->link, KT_MAX_PLAIN, KT_BY_RECV, KT_BY_RECV));
	EXPECT_LE(kt_segment(self->link.fd), most);
	EXPECT_GT(kt_segment(self->link.fd), most - 40);
	EXPECT_LE(kt_segment(self->link.raw), most);
}

/* 37 at 500 bytes, 14 at 1280: the one record is gathered first, the other not. */
KT_TEST(mtu, record_in_too_many_pieces_is_gathered)
{
	struct kseal_info info;

	ASSERT_EQ(0, kt_send_pattern(&self->link, KT_MAX_PLAIN, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(KT_MAX_PLAIN, kt_recv_pattern(self->link.fd, KT_MAX_PLAIN, 0, 0));
	ASSERT_EQ(0, kt_info_get(self->link.fd, &info));
	EXPECT_EQ(variant->mtu == 500, info.rx_held);
}

KT_TEST(mtu, recv_and_send)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_RECV, KT_BY_RECV));
}

KT_TEST(mtu, splice_and_sendfile)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_SPLICE, KT_BY_SENDFILE));
}

KT_TEST(mtu, poll_and_splice)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_POLL, KT_BY_SPLICE));
}

KT_TEST(mtu, edges_and_sendfile)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_EDGES, KT_BY_SENDFILE));
}

KT_TEST(mtu, peek_and_poll)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_PEEK, KT_BY_POLL));
}

/* Reads smaller than a record have it opened into pages of its own. */
KT_TEST(mtu, small_reads_and_a_full_buffer)
{
	ssize_t sent = kt_fill_buffers(self->link.fd, 50000, 0);

	ASSERT_GT(sent, KT_MAX_PLAIN);
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_pump(&self->link, 2 * KT_MAX_PLAIN, KT_BY_SMALL_RECV, KT_NEVER));
}

KT_TEST(mtu, small_window_besides)
{
	struct kt_tune tune = { .fd_rcvbuf = 4000, .raw_rcvbuf = 4000, .fd_sndbuf = 8000 };

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	EXPECT_EQ(0, kt_pump(&self->link, 5 * KT_MAX_PLAIN, KT_BY_POLL, KT_BY_SENDFILE));
}

/* ---- a path that grows narrow --------------------------------------------- */

FIXTURE(narrowed)
{
	struct kt_link link;
};

FIXTURE_VARIANT(narrowed)
{
	struct kt_params params;
	int mtu;
};

FIXTURE_VARIANT_ADD(narrowed, tls12_ipv4)
{
	.params = { TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET }, .mtu = 600,
};

FIXTURE_VARIANT_ADD(narrowed, tls13_ipv6)
{
	.params = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6 }, .mtu = 1280,
};

FIXTURE_SETUP(narrowed)
{
	ASSERT_EQ(0, kt_own_network(9000));
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
}

FIXTURE_TEARDOWN(narrowed)
{
	kt_link_close(&self->link);
}

KT_TEST(narrowed, between_two_streams)
{
	ASSERT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_RECV, KT_BY_RECV));
	ASSERT_EQ(0, kt_device_mtu("lo", variant->mtu));
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_SPLICE, KT_BY_SENDFILE));
	EXPECT_LT(kt_segment(self->link.fd), variant->mtu);
}

/* Records cut for the wide path lie in the send queue. */
KT_TEST(narrowed, with_records_under_way)
{
	ssize_t sent = kt_fill_buffers(self->link.fd, 50000, 0);

	ASSERT_GT(sent, KT_MAX_PLAIN);
	ASSERT_EQ(0, kt_device_mtu("lo", variant->mtu));
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_POLL, KT_BY_RECV));
}

KT_TEST(narrowed, and_wide_again)
{
	for (int i = 0; i < 4; i++) {
		ASSERT_EQ(0, kt_device_mtu("lo", i % 2 ? 9000 : variant->mtu));
		ASSERT_EQ(0, kt_pump(&self->link, 3 * KT_MAX_PLAIN, KT_BY_RECV, KT_BY_RECV));
	}
}

TEST_HARNESS_MAIN
