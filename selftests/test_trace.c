// SPDX-License-Identifier: GPL-2.0
/* The tracepoints of system kseal: each event once, with what it stands for. */
#include "lib/fixture.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#define TRACEFS "/sys/kernel/tracing"

enum { EVENTS = 32 };

/**
 * struct events - what one kind of event told of one connection
 * @n: how many there were
 * @text: of each, what stands behind the ports
 */
struct events {
	int n;
	char text[EVENTS][160];
};

FIXTURE(trace)
{
	struct kt_link link;
	char dir[100];
	char ports[100];
};

KT_VARIANTS(trace);

static int put(const char *dir, const char *name, const char *value)
{
	char path[200];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	ret = fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value) ?
	      0 : kt_errno(path);
	if (fd >= 0)
		close(fd);
	return ret;
}

static int port(int fd, bool peer)
{
	struct sockaddr_in6 in6;
	socklen_t len = sizeof(in6);

	if (peer ? getpeername(fd, (void *)&in6, &len) : getsockname(fd, (void *)&in6, &len))
		return kt_errno("a socket's address");
	return ntohs(in6.sin6_port);
}

FIXTURE_SETUP(trace)
{
	self->link.fd = self->link.raw = -1;
	if (access(TRACEFS "/instances", F_OK))
		ASSERT_EQ(0, mount("none", TRACEFS, "tracefs", 0, NULL));
	snprintf(self->dir, sizeof(self->dir), TRACEFS "/instances/kseal-%d", getpid());
	ASSERT_EQ(0, mkdir(self->dir, 0700));
	ASSERT_EQ(0, put(self->dir, "events/kseal/enable", "1"));
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
	/* now: of a connection that has ended nobody tells */
	snprintf(self->ports, sizeof(self->ports), " family=%d sport=%d dport=%d ",
		 variant->params.family, port(self->link.fd, false),
		 port(self->link.fd, true));
}

FIXTURE_TEARDOWN(trace)
{
	kt_link_close(&self->link);
	EXPECT_EQ(0, put(self->dir, "events/kseal/enable", "0"));
	EXPECT_EQ(0, rmdir(self->dir));
}

/* Collect what event @name told of the connection. */
static int collect(const char *dir, const char *name, const char *ports,
		   struct events *events)
{
	char path[200], line[1000], mark[100];
	FILE *file;

	events->n = 0;
	snprintf(path, sizeof(path), "%s/trace", dir);
	snprintf(mark, sizeof(mark), ": %s: sk=", name);
	file = fopen(path, "re");
	if (!file)
		return kt_errno(path);
	while (fgets(line, sizeof(line), file)) {
		char *at = strstr(line, mark) ? strstr(line, ports) : NULL;

		if (!at || events->n == EVENTS)
			continue;
		at += strlen(ports);
		at[strcspn(at, "\n")] = 0;
		snprintf(events->text[events->n++], sizeof(events->text[0]), "%.159s", at);
	}
	fclose(file);
	return 0;
}

#define EXPECT_EVENT(event, format, ...) do {				\
	char want_[160];						\
	snprintf(want_, sizeof(want_), format, ##__VA_ARGS__);		\
	EXPECT_STREQ(want_, event);					\
} while (0)

#define COLLECT(name, events) \
	ASSERT_EQ(0, collect(self->dir, name, self->ports, events))

KT_TEST(trace, records_sealed)
{
	struct events sealed;
	uint8_t data[300];
	int file = memfd_create("file", MFD_CLOEXEC);

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(5, send(self->link.fd, "first", 5, 0));
	ASSERT_EQ(2, kt_send_type(self->link.fd, KT_ALERT, "\1\0", 2, 0));
	ASSERT_EQ(300, pwrite(file, data, 300, 0));
	ASSERT_EQ(100, send(self->link.fd, data, 100, MSG_MORE));
	ASSERT_EQ(300, sendfile(self->link.fd, file, NULL, 300));
	COLLECT("kseal_record_sealed", &sealed);
	ASSERT_EQ(3, sealed.n);
	EXPECT_EVENT(sealed.text[0], "type=23(data) len=5 seq=0 spliced=0");
	EXPECT_EVENT(sealed.text[1], "type=21(alert) len=2 seq=1 spliced=0");
	EXPECT_EVENT(sealed.text[2], "type=23(data) len=400 seq=2 spliced=300");
	close(file);
}

KT_TEST(trace, records_opened)
{
	bool tls13 = variant->params.version == TLS_1_3_VERSION;
	static uint8_t wire[KT_MAX_WIRE];
	struct events opened;
	uint8_t got[1000], type;
	ssize_t len;

	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 0));
	ASSERT_EQ(1000, kt_recv_pattern(self->link.fd, 1000, 0, MSG_WAITALL));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 500, 0));
	ASSERT_EQ(10, kt_recv_pattern(self->link.fd, 10, 0, 0));
	ASSERT_EQ(490, kt_recv_pattern(self->link.fd, 490, 10, 0));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(2, kt_recv_type(self->link.fd, &type, got, 2, 0));
	len = kt_seal(&self->link.in, KT_DATA, "data", 4, 100, wire);
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	ASSERT_EQ(1, recv(self->link.fd, got, 1, 0));
	COLLECT("kseal_record_opened", &opened);
	ASSERT_EQ(4, opened.n);
	EXPECT_EVENT(opened.text[0], "type=23(data) len=1000 seq=0 direct=1 padding=0");
	EXPECT_EVENT(opened.text[1], "type=23(data) len=500 seq=1 direct=0 padding=0");
	EXPECT_EVENT(opened.text[2], "type=21(alert) len=2 seq=2 direct=0 padding=0");
	EXPECT_EVENT(opened.text[3], "type=23(data) len=4 seq=3 direct=0 padding=%d",
		     tls13 ? 100 : 0);
}

KT_TEST(trace, keys_replaced)
{
	struct kt_key key;
	struct events rekey;

	if (variant->params.version == TLS_1_2_VERSION) {
		EXPECT_ERRNO(EBUSY, kt_install(self->link.fd, TLS_TX, &self->link.out.key));
		COLLECT("kseal_rekey", &rekey);
		EXPECT_EQ(0, rekey.n);
		return;
	}
	kt_key_make(&key, &variant->params, 77, 5);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &key));
	kt_key_make(&key, &variant->params, 78, 0);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &key));
	kt_key_make(&key, &variant->params, 79, 0);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &key));
	COLLECT("kseal_rekey", &rekey);
	ASSERT_EQ(3, rekey.n);
	EXPECT_EVENT(rekey.text[0], "direction=tx generation=1 seq=5");
	EXPECT_EVENT(rekey.text[1], "direction=rx generation=1 seq=0");
	EXPECT_EVENT(rekey.text[2], "direction=rx generation=2 seq=0");
}

KT_TEST(trace, abort_with_its_alert)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal(&self->link.in, KT_DATA, "data", 4, 0, wire);
	struct events aborts, opened;

	wire[len - 1] ^= 1;
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	ASSERT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
	ASSERT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
	COLLECT("kseal_abort", &aborts);
	ASSERT_EQ(1, aborts.n);
	EXPECT_EVENT(aborts.text[0], "err=%d alert=%d why=%d", -EBADMSG,
		     KT_BAD_RECORD_MAC, KSEAL_END_BAD_RECORD);
	COLLECT("kseal_record_opened", &opened);
	EXPECT_EQ(0, opened.n);
}

KT_TEST(trace, abort_that_tells_the_peer_nothing)
{
	static const uint8_t header[] = { KT_DATA, 3, 3, 0, 100 };
	struct events aborts;

	ASSERT_EQ(0, kt_write_here(&self->link, header, sizeof(header)));
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_EQ(ECONNRESET, kt_recv_errno(self->link.fd, 0));
	COLLECT("kseal_abort", &aborts);
	ASSERT_EQ(1, aborts.n);
	EXPECT_EVENT(aborts.text[0], "err=%d alert=-1 why=%d", -ECONNRESET,
		     KSEAL_END_TRUNCATED);
}

KT_TEST(trace, a_clean_end_is_no_abort)
{
	struct events aborts;
	char byte;

	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_EQ(0, recv(self->link.fd, &byte, 1, 0));
	COLLECT("kseal_abort", &aborts);
	EXPECT_EQ(0, aborts.n);
}

KT_TEST(trace, nothing_is_told_when_off)
{
	struct events sealed;

	ASSERT_EQ(0, put(self->dir, "events/kseal/enable", "0"));
	ASSERT_EQ(5, send(self->link.fd, "quiet", 5, 0));
	COLLECT("kseal_record_sealed", &sealed);
	EXPECT_EQ(0, sealed.n);
	ASSERT_EQ(0, put(self->dir, "events/kseal/kseal_record_sealed/enable", "1"));
	ASSERT_EQ(5, send(self->link.fd, "again", 5, 0));
	COLLECT("kseal_record_sealed", &sealed);
	ASSERT_EQ(1, sealed.n);
	EXPECT_EVENT(sealed.text[0], "type=23(data) len=5 seq=1 spliced=0");
}

TEST_HARNESS_MAIN
