// SPDX-License-Identifier: GPL-2.0
/*
 * Connections from one network namespace to another: what each counts, and
 * sockets that outlive their namespace, its processes, or the cable between.
 */
#include "lib/fixture.h"
#include "lib/net.h"
#include "lib/pump.h"
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <linux/sockios.h>
#include <linux/tcp.h>

enum { TOTAL = 200000 };

FIXTURE(spaces)
{
	struct kt_link link;
	struct kt_cable cable;
	int users;		/* of the module, without the link */
};

FIXTURE_VARIANT(spaces) { struct kt_params params; };

KT_VARIANT(spaces, tls12, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
KT_VARIANT(spaces, tls13, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET);

static long long users(void *arg)
{
	(void)arg;
	return kt_module_users();
}

FIXTURE_SETUP(spaces)
{
	/* those of the test before may still be on their way out */
	ASSERT_EQ(0, kt_wait_for(users, NULL, 0));
	ASSERT_EQ(0, kt_cable_lay(&self->cable));
	ASSERT_EQ(0, kt_cable_open(&self->cable, &self->link, &variant->params));
}

FIXTURE_TEARDOWN(spaces)
{
	kt_link_close(&self->link);
	kt_cable_remove(&self->cable);
	EXPECT_EQ(0, kt_wait_for(users, NULL, 0));
}

KT_TEST(spaces, streams_over_a_cable)
{
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_RECV, KT_BY_SENDFILE));
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_SPLICE, KT_BY_RECV));
}

/* ---- counters ------------------------------------------------------------- */

KT_TEST(spaces, each_counts_its_own_sockets)
{
	struct kt_link other;

	ASSERT_EQ(0, kt_enter(self->cable.there));
	EXPECT_EQ(0, kt_stat("CurrSockets"));
	EXPECT_EQ(0, kt_stat("TxKeys"));
	ASSERT_EQ(0, kt_link_open(&other, &variant->params, NULL));
	for (int i = 0; i < 3; i++)
		ASSERT_EQ(0, kt_sealed_out(&other));
	EXPECT_EQ(1, kt_stat("CurrSockets"));
	EXPECT_EQ(3, kt_stat("TxRecords"));
	ASSERT_EQ(0, kt_enter(self->cable.here));
	EXPECT_EQ(1, kt_stat("CurrSockets"));
	EXPECT_EQ(0, kt_stat("TxRecords"));
	kt_link_close(&other);
	EXPECT_EQ(1, kt_stat("CurrSockets"));
	ASSERT_EQ(0, kt_enter(self->cable.there));
	EXPECT_EQ(0, kt_stat("CurrSockets"));
	EXPECT_EQ(3, kt_stat("TxRecords"));
}

KT_TEST(spaces, socket_counts_where_it_was_made)
{
	ASSERT_EQ(0, kt_enter(self->cable.there));
	ASSERT_EQ(0, kt_sealed_out(&self->link));
	ASSERT_EQ(0, kt_sealed_in(&self->link));
	EXPECT_EQ(0, kt_stat("TxRecords"));
	EXPECT_EQ(0, kt_stat("RxRecords"));
	ASSERT_EQ(0, kt_enter(self->cable.here));
	EXPECT_EQ(1, kt_stat("TxRecords"));
	EXPECT_EQ(1, kt_stat("RxRecords"));
}

/* ---- namespaces that nobody is in ----------------------------------------- */

KT_TEST(spaces, sockets_keep_both_alive)
{
	ASSERT_EQ(0, kt_own_network(0));
	kt_cable_remove(&self->cable);
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_POLL, KT_BY_RECV));
}

/* The last file is closed: the records on the queue still arrive. */
KT_TEST(spaces, closed_socket_delivers_out_of_a_namespace_that_goes)
{
	ssize_t sent = kt_fill_buffers(self->link.fd, 50000, 0);

	ASSERT_GT(sent, KT_MAX_PLAIN);
	kt_close(&self->link.fd);
	EXPECT_EQ(0, kt_stat("CurrSockets"));
	ASSERT_EQ(0, kt_own_network(0));
	kt_cable_remove(&self->cable);
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
}

/* The child's namespace, a loopback, has no process and no file but these two. */
static int make_and_pass(const struct kt_params *params, int to)
{
	struct kt_link link;

	if (kt_own_network(0) || kt_link_open(&link, params, NULL))
		return 1;
	return kt_pass(to, link.fd) || kt_pass(to, link.raw);
}

KT_TEST(spaces, passed_out_of_a_namespace_that_nobody_is_in)
{
	int pair[2], status, ns;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	pid = fork();
	ASSERT_GE(pid, 0);
	if (!pid)
		_exit(make_and_pass(&variant->params, pair[1]));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	kt_close(&self->link.fd);
	kt_close(&self->link.raw);
	self->link.fd = kt_take(pair[0]);
	self->link.raw = kt_take(pair[0]);
	kt_close(&pair[0]);
	kt_close(&pair[1]);
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL, KT_BY_RECV, KT_BY_SENDFILE));
	EXPECT_EQ(0, kt_stat("CurrSockets"));
	ns = ioctl(self->link.fd, SIOCGSKNS);
	ASSERT_GE(ns, 0);
	ASSERT_EQ(0, kt_enter(ns));
	EXPECT_EQ(1, kt_stat("CurrSockets"));
	EXPECT_EQ(TOTAL, kt_stat("TxSpliceBytes"));
	EXPECT_EQ(TOTAL, kt_stat("RxBytes"));
	kt_close(&ns);
}

/* ---- the cable ------------------------------------------------------------ */

static bool is_path_error(int error)
{
	return error == ETIMEDOUT || error == EHOSTUNREACH || error == ENETUNREACH;
}

/* Whole records that came before the cable went: the stream's, in order. */
static int expect_prefix(struct kt_link *link, uint64_t *seen)
{
	static struct kt_record record;
	uint8_t header[KT_HEADER];

	while (recv(link->raw, header, KT_HEADER, MSG_PEEK | MSG_DONTWAIT) == KT_HEADER &&
	       kt_unread(link->raw) >= KT_HEADER + (header[3] << 8 | header[4])) {
		if (kt_recv_record(link, &record) || kt_check(record.data, record.len, *seen))
			return -1;
		*seen += record.len;
	}
	return 0;
}

KT_TEST(spaces, sender_whose_cable_is_gone)
{
	struct kt_writer writer = { .fd = self->link.fd, .len = 10000000, .chunk = 30000 };
	unsigned int ms = 1000;
	uint64_t seen = 0;

	ASSERT_EQ(0, setsockopt(self->link.fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms)));
	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_task_asleep(&writer.task));
	ASSERT_EQ(0, kt_run("ip link del v0"));
	ASSERT_EQ(0, expect_prefix(&self->link, &seen));
	EXPECT_LT(kt_task_join(&writer.task), 10000000);
	EXPECT_TRUE(is_path_error(errno)) TH_LOG("%s", strerror(errno));
	ASSERT_EQ(0, expect_prefix(&self->link, &seen));
	EXPECT_GT(seen, 0);
	EXPECT_ERRNO(EPIPE, send(self->link.fd, "data", 4, MSG_NOSIGNAL));
	kt_close(&self->link.fd);
	EXPECT_EQ(0, kt_stat("CurrSockets"));
	EXPECT_EQ(0, kt_wait_for(users, NULL, 0));
}

/* Half a record has come, and no more will. */
KT_TEST(spaces, reader_whose_cable_is_gone)
{
	static uint8_t wire[KT_MAX_WIRE];
	static struct kt_reader reader;
	int one = 1;

	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)));
	ASSERT_EQ(0, setsockopt(self->link.fd, IPPROTO_TCP, TCP_KEEPIDLE, &one, sizeof(one)));
	ASSERT_EQ(0, setsockopt(self->link.fd, IPPROTO_TCP, TCP_KEEPINTVL, &one, sizeof(one)));
	ASSERT_EQ(0, setsockopt(self->link.fd, IPPROTO_TCP, TCP_KEEPCNT, &one, sizeof(one)));
	ASSERT_GT(kt_seal_pattern(&self->link, 10000, wire), 10000);
	ASSERT_EQ(0, kt_write_here(&self->link, wire, 5000));
	ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, 100, 0));
	ASSERT_EQ(0, kt_run("ip link del v0"));
	EXPECT_EQ(-1, kt_task_join(&reader.task));
	EXPECT_TRUE(is_path_error(errno)) TH_LOG("%s", strerror(errno));
	kt_close(&self->link.fd);
	EXPECT_EQ(0, kt_wait_for(users, NULL, 0));
}

static ssize_t feed(void *link)
{
	return kt_send_stream(link, 2 * TOTAL, KT_MAX_PLAIN, 0);
}

/* Both ways, more is on its way than the other end has room for. */
KT_TEST(spaces, cable_that_is_moved_away_and_back_in_mid_stream)
{
	static uint8_t got[2 * TOTAL];
	struct kt_task feeder;
	int small = 20000;
	ssize_t sent;

	ASSERT_EQ(0, setsockopt(self->link.raw, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)));
	sent = kt_fill_buffers(self->link.fd, 50000, 0);
	ASSERT_GT(sent, KT_MAX_PLAIN);
	ASSERT_EQ(0, kt_task_start(&feeder, feed, &self->link));
	ASSERT_EQ(0, kt_task_asleep(&feeder));
	ASSERT_EQ(0, kt_run("ip link set v0 netns /proc/%d/fd/%d", getpid(), self->cable.there));
	ASSERT_EQ(1000, kt_recv_pattern(self->link.fd, 1000, 0, 0));
	ASSERT_EQ(0, kt_enter(self->cable.there));
	ASSERT_EQ(0, kt_run("ip link set v0 netns /proc/%d/fd/%d", getpid(), self->cable.here));
	ASSERT_EQ(0, kt_enter(self->cable.here));
	ASSERT_EQ(0, kt_cable_plug());
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	ASSERT_EQ(0, kt_read_full(self->link.fd, got, sizeof(got) - 1000));
	EXPECT_EQ(0, kt_check(got, sizeof(got) - 1000, 1000));
	EXPECT_EQ(0, kt_task_join(&feeder));
}

TEST_HARNESS_MAIN
