// SPDX-License-Identifier: GPL-2.0
/*
 * A network that loses, doubles and reorders packets of ordinary size: queues
 * with holes, overlaps and many small buffers, that a clean loopback never has.
 */
#include "lib/fixture.h"
#include "lib/net.h"
#include "lib/pump.h"
#include <linux/ethtool.h>

enum { TOTAL = 250000, MIXED = 100000 };

FIXTURE(network)
{
	struct kt_link link;
};

FIXTURE_VARIANT(network) { struct kt_params params; };

KT_VARIANT(network, tls12_ipv4, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
KT_VARIANT(network, tls12_ipv6, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6);
KT_VARIANT(network, tls13_ipv4, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
KT_VARIANT(network, tls13_ipv6, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6);

static int spoil(const char *how)
{
	return kt_run("tc qdisc add dev lo root netem %s", how);
}

FIXTURE_SETUP(network)
{
	ASSERT_EQ(0, kt_own_network(1500));
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
}

FIXTURE_TEARDOWN(network)
{
	kt_link_close(&self->link);
}

/* Both directions at once, each byte checked. */
static int both_ways(struct kt_link *link)
{
	return kt_pump(link, TOTAL, KT_BY_POLL, KT_BY_RECV);
}

KT_TEST(network, small_packets)
{
	EXPECT_EQ(0, both_ways(&self->link));
}

KT_TEST(network, losses)
{
	ASSERT_EQ(0, spoil("limit 10000 loss 2%"));
	EXPECT_EQ(0, both_ways(&self->link));
}

KT_TEST(network, wrong_order_and_twice)
{
	ASSERT_EQ(0, spoil("limit 10000 delay 2ms 1ms duplicate 10% reorder 30%"));
	EXPECT_EQ(0, both_ways(&self->link));
}

KT_TEST(network, losses_and_a_small_window)
{
	struct kt_tune tune = {
		.fd_rcvbuf = 6000, .raw_rcvbuf = 6000, .fd_sndbuf = 10000,
	};

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	ASSERT_EQ(0, spoil("limit 10000 loss 1% duplicate 5%"));
	EXPECT_EQ(0, both_ways(&self->link));
}

/* ---- mixes of troubles --------------------------------------------------- */

FIXTURE(mix)
{
	struct kt_link link;
};

FIXTURE_VARIANT(mix)
{
	struct kt_params params;
	const char *netem;
	struct kt_tune tune;
};

#define MIX(name, netem_, ...)						\
	FIXTURE_VARIANT_ADD(mix, name ## _tls12)			\
	{								\
		.params = { TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET }, \
		.netem = netem_, .tune = { __VA_ARGS__ },		\
	};								\
	FIXTURE_VARIANT_ADD(mix, name ## _tls13)			\
	{								\
		.params = { TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6 }, \
		.netem = netem_, .tune = { __VA_ARGS__ },		\
	}

#define SMALL	.fd_rcvbuf = 8000, .raw_rcvbuf = 8000, .fd_sndbuf = 12000

MIX(jitter, "limit 10000 delay 4ms 3ms 25%");
MIX(jitter_in_small_buffers, "limit 10000 delay 2ms 1ms", SMALL);
MIX(every_third_early, "limit 10000 delay 3ms reorder 60% 50% gap 3");
MIX(lost_in_bursts, "limit 10000 loss gemodel 1% 50%");
MIX(many_twice, "limit 10000 delay 1ms 1ms duplicate 40%");
MIX(in_bursts, "limit 10000 slot 2ms 5ms packets 20");
MIX(slow_with_a_short_queue, "limit 25 rate 30mbit");
MIX(slow_in_small_buffers, "limit 25 rate 30mbit", SMALL);
MIX(all_at_once, "limit 1000 delay 2ms 1ms loss 1% duplicate 5% reorder 20% rate 100mbit");

FIXTURE_SETUP(mix)
{
	ASSERT_EQ(0, kt_own_network(1500));
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, &variant->tune));
	ASSERT_EQ(0, spoil(variant->netem));
}

FIXTURE_TEARDOWN(mix)
{
	kt_link_close(&self->link);
}

KT_TEST(mix, recv_and_send)
{
	EXPECT_EQ(0, kt_pump(&self->link, MIXED, KT_BY_RECV, KT_BY_RECV));
}

KT_TEST(mix, splice_and_sendfile)
{
	EXPECT_EQ(0, kt_pump(&self->link, MIXED, KT_BY_SPLICE, KT_BY_SENDFILE));
}

/* ---- a device that wants its packets in one piece ----------------------- */

FIXTURE(device)
{
	struct kt_link link;
	struct kt_cable cable;
};

FIXTURE_VARIANT(device) { struct kt_params params; };

KT_VARIANT(device, tls12, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
KT_VARIANT(device, tls13, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET);

FIXTURE_SETUP(device)
{
	ASSERT_EQ(0, kt_cable_lay(&self->cable));
	ASSERT_EQ(0, kt_device_without("v0", ETHTOOL_SSG));
	ASSERT_EQ(0, kt_cable_open(&self->cable, &self->link, &variant->params));
}

FIXTURE_TEARDOWN(device)
{
	kt_link_close(&self->link);
	kt_cable_remove(&self->cable);
}

KT_TEST(device, without_scatter_gather)
{
	EXPECT_EQ(0, both_ways(&self->link));
}

KT_TEST(device, sendfile_without_scatter_gather)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_NEVER, KT_BY_SENDFILE));
}

TEST_HARNESS_MAIN
