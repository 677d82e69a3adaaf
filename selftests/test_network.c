// SPDX-License-Identifier: GPL-2.0
/*
 * A network that loses, doubles and reorders packets of ordinary size: queues
 * with holes, overlaps and many small buffers, that a clean loopback never has.
 */
#include "lib/fixture.h"
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
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

static int device(const char *name, int request, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int ret;

	strcpy(ifr->ifr_name, name);
	ret = ioctl(fd, request, ifr);
	if (ret)
		kt_errno("ioctl on a network device");
	close(fd);
	return ret;
}

static int device_without(const char *name, uint32_t feature)
{
	struct ethtool_value value = { .cmd = feature };
	struct ifreq ifr = { .ifr_data = (void *)&value };

	return device(name, SIOCETHTOOL, &ifr);
}

/* One command line, with what it says on failure in the log. */
static int run(const char *format, ...)
{
	char command[300];
	va_list args;
	int ret;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	ret = system(command);
	if (ret)
		kt_say("\"%s\": status %d", command, ret);
	return ret ? -1 : 0;
}

/* A loopback of this test's own, of 1500 bytes, with no help from "hardware". */
static int own_network(void)
{
	struct ifreq up = { .ifr_flags = IFF_UP }, mtu = { .ifr_mtu = 1500 };

	if (unshare(CLONE_NEWNET))
		return kt_errno("unshare(CLONE_NEWNET)");
	return device("lo", SIOCSIFMTU, &mtu) || device("lo", SIOCSIFFLAGS, &up) ||
	       device_without("lo", ETHTOOL_STSO) ||
	       device_without("lo", ETHTOOL_SGSO) ? -1 : 0;
}

static int spoil(const char *how)
{
	return run("tc qdisc add dev lo root netem %s", how);
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

/* ---- a device that wants its packets in one piece ----------------------- */

FIXTURE(device)
{
	struct kt_link link;
	int here;
	int there;
};

FIXTURE_VARIANT(device) { struct kt_params params; };

KT_VARIANT(device, tls12, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
KT_VARIANT(device, tls13, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET);

static int new_namespace(void)
{
	int fd;

	if (own_network())
		return -1;
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? kt_errno("open /proc/self/ns/net") : fd;
}

/* Two namespaces with a cable between them; this one's end has no features. */
static int lay_cable(int here, int there)
{
	if (run("ip link add v0 type veth peer name v1 netns /proc/%d/fd/%d",
		getpid(), there) ||
	    run("ip addr add 192.0.2.1/24 dev v0 && ip link set v0 up") ||
	    device_without("v0", ETHTOOL_SSG))
		return -1;
	if (setns(there, CLONE_NEWNET) ||
	    run("ip addr add 192.0.2.2/24 dev v1 && ip link set v1 up"))
		return kt_errno("setting up the other end");
	return setns(here, CLONE_NEWNET) ? kt_errno("setns") : 0;
}

/* Replace the link's sockets by some with the cable in between. */
static int connect_over_cable(struct kt_link *link, int here, int there)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int listener;

	inet_pton(AF_INET, "192.0.2.2", &address.sin_addr);
	kt_close(&link->fd);
	kt_close(&link->raw);
	if (setns(there, CLONE_NEWNET))
		return kt_errno("setns");
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (void *)&address, len) || listen(listener, 1) ||
	    getsockname(listener, (void *)&address, &len))
		return kt_errno("listen at the other end");
	if (setns(here, CLONE_NEWNET))
		return kt_errno("setns");
	link->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(link->fd, (void *)&address, len))
		return kt_errno("connect over the cable");
	link->raw = accept(listener, NULL, NULL);
	kt_close(&listener);
	return link->raw < 0 ? kt_errno("accept") : 0;
}

FIXTURE_SETUP(device)
{
	struct kt_link *link = &self->link;

	self->there = new_namespace();
	ASSERT_GE(self->there, 0);
	self->here = new_namespace();
	ASSERT_GE(self->here, 0);
	ASSERT_EQ(0, kt_link_pair(link, &variant->params, NULL));
	ASSERT_EQ(0, lay_cable(self->here, self->there));
	ASSERT_EQ(0, connect_over_cable(link, self->here, self->there));
	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
}

FIXTURE_TEARDOWN(device)
{
	kt_link_close(&self->link);
	kt_close(&self->here);
	kt_close(&self->there);
}

KT_TEST(device, without_scatter_gather)
{
	EXPECT_EQ(0, both_ways(&self->link));
}

static ssize_t send_file(void *arg)
{
	const int *fds = arg;
	off_t offset = 0;

	while (offset < TOTAL)
		if (sendfile(fds[0], fds[1], &offset, TOTAL - offset) <= 0)
			return kt_errno("sendfile");
	return offset;
}

KT_TEST(device, sendfile_without_scatter_gather)
{
	static uint8_t data[TOTAL];
	int file = memfd_create("file", MFD_CLOEXEC);
	int fds[] = { self->link.fd, file };
	struct kt_task task;

	kt_fill(data, TOTAL, 0);
	ASSERT_EQ(TOTAL, write(file, data, TOTAL));
	ASSERT_EQ(0, kt_task_start(&task, send_file, fds));
	EXPECT_EQ(0, kt_expect_stream(&self->link, TOTAL, 0, NULL));
	EXPECT_EQ(TOTAL, kt_task_join(&task));
	close(file);
}

TEST_HARNESS_MAIN
