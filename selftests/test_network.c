// SPDX-License-Identifier: GPL-2.0
/*
 * A network that loses, doubles and reorders packets of ordinary size: queues
 * with holes, overlaps and many small buffers, that a clean loopback never has.
 */
#include "lib/fixture.h"
#include <poll.h>
#include <sched.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>

enum { TOTAL = 250000, CHUNK = 30000 };

FIXTURE(network)
{
	struct kt_link link;
};

FIXTURE_VARIANT(network) { struct kt_params params; };

KT_VARIANT(network, tls12_ipv4, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
KT_VARIANT(network, tls12_ipv6, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6);
KT_VARIANT(network, tls13_ipv4, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
KT_VARIANT(network, tls13_ipv6, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6);

static int lo(int request, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int ret;

	strcpy(ifr->ifr_name, "lo");
	ret = ioctl(fd, request, ifr);
	if (ret)
		kt_errno("ioctl on the loopback");
	close(fd);
	return ret;
}

static int lo_without(uint32_t feature)
{
	struct ethtool_value value = { .cmd = feature };
	struct ifreq ifr = { .ifr_data = (void *)&value };

	return lo(SIOCETHTOOL, &ifr);
}

/* A loopback of this test's own, of 1500 bytes, with no help from "hardware". */
static int own_network(void)
{
	struct ifreq up = { .ifr_flags = IFF_UP }, mtu = { .ifr_mtu = 1500 };

	if (unshare(CLONE_NEWNET))
		return kt_errno("unshare(CLONE_NEWNET)");
	return lo(SIOCSIFMTU, &mtu) || lo(SIOCSIFFLAGS, &up) ||
	       lo_without(ETHTOOL_STSO) || lo_without(ETHTOOL_SGSO) ? -1 : 0;
}

static int spoil(const char *how)
{
	char command[200];
	int ret;

	snprintf(command, sizeof(command), "tc qdisc add dev lo root netem %s",
		 how);
	ret = system(command);
	if (ret)
		kt_say("\"%s\": status %d", command, ret);
	return ret ? -1 : 0;
}

FIXTURE_SETUP(network)
{
	ASSERT_EQ(0, own_network());
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
}

FIXTURE_TEARDOWN(network)
{
	kt_link_close(&self->link);
}

static ssize_t feed(void *arg)
{
	return kt_send_stream(arg, TOTAL, 16384, 0);
}

/* Both directions at once, each byte checked. */
static int both_ways(struct kt_link *link)
{
	static uint8_t got[CHUNK];
	static struct kt_record record;
	struct kt_writer writer = { .fd = link->fd, .len = TOTAL, .chunk = CHUNK };
	struct kt_task feeder;
	uint64_t in = 0, out = 0;

	if (kt_task_start(&feeder, feed, link) || kt_writer_start(&writer))
		return -1;
	while (in < TOTAL || out < TOTAL) {
		ssize_t n = recv(link->fd, got, sizeof(got), MSG_DONTWAIT);

		if (n > 0 && kt_check(got, n, in))
			return -1;
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return kt_errno("recv");
		in += n > 0 ? n : 0;
		if (out < TOTAL && kt_poll(link->raw, POLLIN, n > 0 ? 0 : 10) > 0) {
			if (kt_recv_record(link, &record) ||
			    kt_check(record.data, record.len, out))
				return -1;
			out += record.len;
		} else if (n < 0) {
			kt_poll(link->fd, POLLIN, 10);
		}
	}
	return kt_task_join(&feeder) || kt_task_join(&writer.task) != TOTAL ? -1 : 0;
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

TEST_HARNESS_MAIN
