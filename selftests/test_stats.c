// SPDX-License-Identifier: GPL-2.0
/* /proc/net/kseal_stat, exactly: every test has a network namespace to itself. */
#include "lib/fixture.h"
#include "lib/net.h"
#include <fcntl.h>
#include <sched.h>
#include <sys/sendfile.h>

KT_FIXTURE(stats)
{
	ASSERT_EQ(0, kt_own_network(0));
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
}

KT_TEST(stats, new_namespace_counts_from_0)
{
	static const char * const names[] = {
		"TxRecords", "TxBytes", "TxSpliceBytes", "RxRecords", "RxBytes",
		"RxDirectBytes", "RxDirectRetries", "RxHeld", "RxDecryptError",
		"RxHeaderError", "RxTruncated", "RxSeqUsedUp", "TxSeqUsedUp",
		"TxAborts", "AlertsSent",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_EQ(0, kt_stat(names[i]))
			TH_LOG("%s", names[i]);
	}
}

KT_TEST(stats, gauges_follow_sockets_and_keys)
{
	struct kt_link other;

	EXPECT_EQ(1, kt_stat("CurrSockets"));
	EXPECT_EQ(1, kt_stat("CurrTx"));
	EXPECT_EQ(1, kt_stat("CurrRx"));
	ASSERT_EQ(0, kt_link_pair(&other, &variant->params, NULL));
	ASSERT_EQ(0, kt_attach(other.fd));
	EXPECT_EQ(2, kt_stat("CurrSockets"));
	EXPECT_EQ(1, kt_stat("CurrTx"));
	ASSERT_EQ(0, kt_install(other.fd, TLS_TX, &other.out.key));
	EXPECT_EQ(2, kt_stat("CurrTx"));
	EXPECT_EQ(1, kt_stat("CurrRx"));
	kt_link_close(&other);
	EXPECT_EQ(1, kt_stat("CurrSockets"));
	EXPECT_EQ(1, kt_stat("CurrTx"));
	kt_link_close(&self->link);
	EXPECT_EQ(0, kt_stat("CurrSockets"));
	EXPECT_EQ(0, kt_stat("CurrTx"));
	EXPECT_EQ(0, kt_stat("CurrRx"));
	EXPECT_EQ(2, kt_stat("TxKeys"));
	EXPECT_EQ(1, kt_stat("RxKeys"));
}

KT_TEST(stats, refused_keys_do_not_count)
{
	struct kt_key key = self->link.out.key;

	key.version = 0;
	EXPECT_EQ(-1, kt_install(self->link.fd, TLS_TX, &key));
	EXPECT_EQ(1, kt_stat("TxKeys"));
	EXPECT_EQ(1, kt_stat("CurrTx"));
}

/* Whatever the sizes, the sender's fragment of pages ends within some of these. */
KT_TEST(stats, writes_are_copied_once)
{
	static const size_t chunks[] = { 16384, 100, 15000, 4097, 65536 };
	struct kt_writer writer = { .fd = self->link.fd, .len = 500000 };

	for (size_t i = 0; i < ARRAY_SIZE(chunks); i++) {
		writer.position = 0;
		writer.chunk = chunks[i];
		ASSERT_EQ(0, kt_writer_start(&writer));
		ASSERT_EQ(0, kt_expect_stream(&self->link, writer.len, 0, NULL));
		ASSERT_EQ(500000, kt_task_join(&writer.task));
	}
	EXPECT_EQ(0, kt_stat("TxCopiedTwice"));
}

KT_TEST(stats, records_and_bytes_sent)
{
	struct kt_writer writer = { .fd = self->link.fd, .len = 40000 };

	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_expect_stream(&self->link, 40000, 0, NULL));
	ASSERT_EQ(40000, kt_task_join(&writer.task));
	EXPECT_EQ(3, kt_stat("TxRecords"));
	EXPECT_EQ(40000, kt_stat("TxBytes"));
	EXPECT_EQ(0, kt_stat("TxSpliceBytes"));
	ASSERT_EQ(2, kt_send_type(self->link.fd, KT_ALERT, "\1\0", 2, 0));
	EXPECT_EQ(4, kt_stat("TxRecords"));
	EXPECT_EQ(40002, kt_stat("TxBytes"));
}

KT_TEST(stats, bytes_spliced)
{
	uint8_t data[5000];
	int file = memfd_create("file", MFD_CLOEXEC);

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(5000, pwrite(file, data, 5000, 0));
	ASSERT_EQ(100, send(self->link.fd, data, 100, MSG_MORE));
	ASSERT_EQ(5000, sendfile(self->link.fd, file, NULL, 5000));
	EXPECT_EQ(5100, kt_stat("TxBytes"));
	EXPECT_EQ(5000, kt_stat("TxSpliceBytes"));
	close(file);
}

KT_TEST(stats, records_and_bytes_received)
{
	static uint8_t got[40000];

	ASSERT_EQ(0, kt_send_stream(&self->link, 40000, 16384, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(40000, recv(self->link.fd, got, 40000, 0));
	EXPECT_EQ(3, kt_stat("RxRecords"));
	EXPECT_EQ(40000, kt_stat("RxBytes"));
	EXPECT_EQ(40000, kt_stat("RxDirectBytes"));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
	ASSERT_EQ(10, recv(self->link.fd, got, 10, 0));
	EXPECT_EQ(4, kt_stat("RxRecords"));
	EXPECT_EQ(40100, kt_stat("RxBytes"));
	EXPECT_EQ(40000, kt_stat("RxDirectBytes"));
}

KT_TEST(stats, padded_record_is_a_retry)
{
	static uint8_t wire[KT_MAX_WIRE];
	bool padded = variant->params.version == TLS_1_3_VERSION;
	ssize_t len = kt_seal(&self->link.in, KT_DATA, "data", 4, 100, wire);
	uint8_t got[1000];

	ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(4, recv(self->link.fd, got, sizeof(got), 0));
	EXPECT_EQ(padded ? 1 : 0, kt_stat("RxDirectRetries"));
	EXPECT_EQ(1, kt_stat("RxRecords"));
	EXPECT_EQ(4, kt_stat("RxBytes"));
}

/* Fail one read, for the counters' sake. */
static int read_fails(struct kt_link *link)
{
	uint8_t byte;

	return recv(link->fd, &byte, 1, 0) < 0 && recv(link->fd, &byte, 1, 0) < 0 ?
	       0 : -1;
}

KT_TEST(stats, record_that_does_not_authenticate)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal(&self->link.in, KT_DATA, "data", 4, 0, wire);

	wire[len - 1] ^= 1;
	ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
	ASSERT_EQ(0, read_fails(&self->link));
	EXPECT_EQ(1, kt_stat("RxDecryptError"));
	EXPECT_EQ(0, kt_stat("RxHeaderError"));
	EXPECT_EQ(0, kt_stat("RxRecords"));
	EXPECT_EQ(0, kt_stat("RxBytes"));
	EXPECT_EQ(1, kt_stat("AlertsSent"));
}

KT_TEST(stats, header_refused)
{
	static const uint8_t header[] = { KT_DATA, 3, 1, 0, 100 };

	ASSERT_EQ(0, kt_write_full(self->link.raw, header, sizeof(header)));
	ASSERT_EQ(0, read_fails(&self->link));
	EXPECT_EQ(1, kt_stat("RxHeaderError"));
	EXPECT_EQ(0, kt_stat("RxDecryptError"));
	EXPECT_EQ(0, kt_stat("RxRecords"));
}

KT_TEST(stats, stream_truncated)
{
	static const uint8_t header[] = { KT_DATA, 3, 3, 0, 100 };

	ASSERT_EQ(0, kt_write_full(self->link.raw, header, sizeof(header)));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_EQ(0, read_fails(&self->link));
	EXPECT_EQ(1, kt_stat("RxTruncated"));
	EXPECT_EQ(0, kt_stat("RxHeaderError"));
}

KT_TEST(stats, clean_end_is_no_truncation)
{
	uint8_t byte;

	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_EQ(0, recv(self->link.fd, &byte, 1, 0));
	EXPECT_EQ(0, kt_stat("RxTruncated"));
}

KT_TEST(stats, sequence_numbers_used_up)
{
	struct kt_tune in = { .in_seq = KT_LAST_SEQ }, out = { .out_seq = KT_LAST_SEQ };
	struct kt_link other;
	uint8_t byte;

	ASSERT_EQ(0, kt_link_open(&other, &variant->params, &in));
	ASSERT_EQ(0, kt_send_pattern(&other, 1, 0));
	ASSERT_EQ(1, recv(other.fd, &byte, 1, 0));
	ASSERT_EQ(0, kt_send_pattern(&other, 1, 0));
	ASSERT_EQ(0, read_fails(&other));
	EXPECT_EQ(1, kt_stat("RxSeqUsedUp"));
	EXPECT_EQ(0, kt_stat("RxDecryptError"));
	EXPECT_EQ(0, kt_stat("TxSeqUsedUp"));
	kt_link_close(&other);
	ASSERT_EQ(0, kt_link_open(&other, &variant->params, &out));
	ASSERT_EQ(4, send(other.fd, "last", 4, 0));
	ASSERT_EQ(-1, send(other.fd, "over", 4, MSG_NOSIGNAL));
	EXPECT_EQ(1, kt_stat("TxSeqUsedUp"));
	kt_link_close(&other);
}

static ssize_t send_long_record(void *arg)
{
	return kt_send_pattern(arg, 16384, 0);
}

KT_TEST(stats, record_moved_out_of_a_small_window)
{
	static uint8_t got[16384];
	struct kt_tune tune = { .fd_rcvbuf = 4096 };
	struct kt_link other;
	struct kt_task task;

	ASSERT_EQ(0, kt_link_open(&other, &variant->params, &tune));
	ASSERT_EQ(0, kt_task_start(&task, send_long_record, &other));
	ASSERT_EQ(16384, recv(other.fd, got, 16384, MSG_WAITALL));
	ASSERT_EQ(0, kt_task_join(&task));
	EXPECT_EQ(1, kt_stat("RxHeld"));
	kt_link_close(&other);
}

/* ---- memory ------------------------------------------------------------- */

/*
 * Memory of all TCP sockets, in pages, as /proc/net/sockstat has it. Each CPU
 * keeps up to 256 pages to itself, so one socket does not show, and a test
 * stays on one CPU. A record of 16000 bytes takes four pages, one of which the
 * socket may have had before.
 */
enum { LINKS = 240, CPU_SHARE = 256, CHARGED = 3 * LINKS - CPU_SHARE };

static long long tcp_pages(void *arg)
{
	FILE *file = fopen("/proc/self/net/sockstat", "re");
	long long pages = -1;
	char line[256];

	(void)arg;
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "TCP: inuse %*d orphan %*d tw %*d alloc %*d mem %lld",
		       &pages);
	if (file)
		fclose(file);
	return pages;
}

FIXTURE(memory)
{
	struct kt_link links[LINKS];
	long long before;
};

FIXTURE_VARIANT(memory) { struct kt_params params; };

KT_VARIANT(memory, tls12, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
KT_VARIANT(memory, tls13, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6);

FIXTURE_SETUP(memory)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	for (int i = 0; i < LINKS; i++)
		ASSERT_EQ(0, kt_link_open(&self->links[i], &variant->params, NULL));
	self->before = tcp_pages(NULL);
	ASSERT_GE(self->before, 0);
}

FIXTURE_TEARDOWN(memory)
{
	for (int i = 0; i < LINKS; i++)
		kt_link_close(&self->links[i]);
}

static long long went_back(void *arg)
{
	return tcp_pages(NULL) <= *(long long *)arg + CPU_SHARE;
}

/* Four pages and more for each open record. */
KT_TEST(memory, open_records_are_charged)
{
	static uint8_t data[16001];

	for (int i = 0; i < LINKS; i++)
		ASSERT_EQ(16000, send(self->links[i].fd, data, 16000, MSG_MORE));
	EXPECT_GE(tcp_pages(NULL) - self->before, CHARGED);
	for (int i = 0; i < LINKS; i++) {
		ASSERT_EQ(1, send(self->links[i].fd, data, 1, 0));
		ASSERT_EQ(0, kt_expect_record(&self->links[i], KT_DATA, data,
					      16001));
	}
	EXPECT_EQ(0, kt_wait_for(went_back, &self->before, 1));
}

/* Opened and not yet read: TCP has let go of them, we have not. */
KT_TEST(memory, opened_records_are_charged)
{
	static uint8_t got[16384];

	for (int i = 0; i < LINKS; i++) {
		ASSERT_EQ(0, kt_send_pattern(&self->links[i], 16384, 0));
		ASSERT_EQ(0, kt_all_here(&self->links[i]));
		ASSERT_EQ(16384, recv(self->links[i].fd, got, 16384, MSG_PEEK));
		ASSERT_EQ(0, kt_arrived(self->links[i].raw, self->links[i].fd));
	}
	EXPECT_GE(tcp_pages(NULL) - self->before, CHARGED);
	for (int i = 0; i < LINKS; i++)
		ASSERT_EQ(16384, recv(self->links[i].fd, got, 16384, 0));
	EXPECT_EQ(0, kt_wait_for(went_back, &self->before, 1));
}

KT_TEST(memory, close_gives_it_back)
{
	static uint8_t data[16000];

	for (int i = 0; i < LINKS; i++) {
		ASSERT_EQ(16000, send(self->links[i].fd, data, 16000, MSG_MORE));
		kt_reset(&self->links[i].raw);
		kt_close(&self->links[i].fd);
	}
	EXPECT_EQ(0, kt_wait_for(went_back, &self->before, 1));
}

TEST_HARNESS_MAIN
