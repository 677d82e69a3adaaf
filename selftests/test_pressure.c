// SPDX-License-Identifier: GPL-2.0
/*
 * TCP without memory: net.ipv4.tcp_mem, which all sockets share, is below what
 * is in use; or the sockets' memory control group is over its limit. Neither
 * loses a byte: the connection is slow, or it ends and says so.
 */
#include "lib/fixture.h"
#include "lib/pump.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

enum { TOTAL = 100000, HOGS = 2, HOG_BYTES = 3 << 20, PRESSED_MS = 800 };

static const char tcp_mem[] = "/proc/sys/net/ipv4/tcp_mem";

/* One line of a file in /proc or /sys; errors are in the log. */
static int write_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = write(fd, line, strlen(line));

	if (n < 0)
		kt_say("\"%s\" into %s: %s", line, path, strerror(errno));
	kt_close(&fd);
	return n < 0 ? -1 : 0;
}

static int read_line(const char *path, char *line, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, line, room - 1);

	if (n < 0)
		kt_errno(path);
	kt_close(&fd);
	line[n > 0 ? n : 0] = 0;
	return n > 0 ? 0 : -1;
}

/* Memory of all TCP sockets, in pages. */
static long tcp_pages(void)
{
	FILE *file = fopen("/proc/net/sockstat", "re");
	char line[256];
	long pages = -1;

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "TCP: inuse %*d orphan %*d tw %*d alloc %*d mem %ld", &pages);
	if (file)
		fclose(file);
	return pages;
}

/* ---- all of TCP ----------------------------------------------------------- */

FIXTURE(system)
{
	struct kt_link link;
	struct kt_link hogs[HOGS];
	char before[100];
};

/* What tcp_mem's three numbers are, in hundredths of what is in use. */
FIXTURE_VARIANT(system)
{
	struct kt_params params;
	int percent[3];
};

#define LEVEL(name, version, cipher, family, a, b, c)			\
	FIXTURE_VARIANT_ADD(system, name)				\
	{								\
		.params = { version, cipher, family }, .percent = { a, b, c }, \
	}

LEVEL(pressed, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6, 10, 20, 300);
LEVEL(at_the_limit, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET, 10, 20, 100);
LEVEL(over_the_limit_tls12, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET, 1, 2, 3);
LEVEL(over_the_limit_tls13, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6, 1, 2, 3);

/* Plain connections with queues full of bytes that nobody reads. */
static int feed_hog(struct kt_link *hog, const struct kt_params *params)
{
	static uint8_t data[HOG_BYTES];
	int size = HOG_BYTES;

	if (kt_link_pair(hog, params, NULL) ||
	    setsockopt(hog->raw, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(hog->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		return kt_errno("a connection with large buffers");
	return send(hog->raw, data, sizeof(data), MSG_DONTWAIT) < 1 << 20 ?
	       kt_errno("send to nobody") : 0;
}

FIXTURE_SETUP(system)
{
	ASSERT_EQ(0, read_line(tcp_mem, self->before, sizeof(self->before)));
	for (int i = 0; i < HOGS; i++)
		ASSERT_EQ(0, feed_hog(&self->hogs[i], &variant->params));
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
}

static int relieve(FIXTURE_DATA(system) *self)
{
	for (int i = 0; i < HOGS; i++)
		kt_link_close(&self->hogs[i]);
	return write_line(tcp_mem, self->before);
}

FIXTURE_TEARDOWN(system)
{
	EXPECT_EQ(0, relieve(self));
	kt_link_close(&self->link);
}

static int press(const FIXTURE_VARIANT(system) *variant)
{
	long pages = tcp_pages();
	char line[100];

	snprintf(line, sizeof(line), "%ld %ld %ld", pages * variant->percent[0] / 100,
		 pages * variant->percent[1] / 100, pages * variant->percent[2] / 100);
	kt_say("%ld pages in use, tcp_mem %s", pages, line);
	return pages < 1000 ? -1 : write_line(tcp_mem, line);
}

struct pumped {
	struct kt_link *link;
	enum kt_way in, out;
	struct kt_task task;
	bool done;
};

static ssize_t pump(void *arg)
{
	struct pumped *pumped = arg;
	int ret = kt_pump(pumped->link, TOTAL, pumped->in, pumped->out);

	__atomic_store_n(&pumped->done, true, __ATOMIC_RELEASE);
	return ret;
}

/* Streams begin without memory, which comes back some time later. */
static int pump_and_relieve(FIXTURE_DATA(system) *self, enum kt_way in, enum kt_way out)
{
	struct pumped pumped = { .link = &self->link, .in = in, .out = out };

	if (kt_task_start(&pumped.task, pump, &pumped))
		return -1;
	for (int ms = 0; ms < PRESSED_MS && !__atomic_load_n(&pumped.done, __ATOMIC_ACQUIRE); ms += 10)
		poll(NULL, 0, 10);
	kt_say("%s before memory came back", pumped.done ? "through" : "not through");
	return relieve(self) || kt_task_join(&pumped.task) ? -1 : 0;
}

KT_TEST(system, recv_and_send)
{
	ASSERT_EQ(0, press(variant));
	EXPECT_EQ(0, pump_and_relieve(self, KT_BY_RECV, KT_BY_RECV));
}

KT_TEST(system, splice_and_sendfile)
{
	ASSERT_EQ(0, press(variant));
	EXPECT_EQ(0, pump_and_relieve(self, KT_BY_SPLICE, KT_BY_SENDFILE));
}

/* It takes what there is memory for in its time, and that arrives later. */
KT_TEST(system, send_that_gives_up)
{
	struct kt_writer writer = { .fd = self->link.fd, .len = 10 * TOTAL };
	ssize_t sent;

	ASSERT_EQ(0, kt_timeout(self->link.fd, SO_SNDTIMEO, PRESSED_MS));
	ASSERT_EQ(0, press(variant));
	ASSERT_EQ(0, kt_writer_start(&writer));
	sent = kt_task_join(&writer.task);
	EXPECT_TRUE(sent == 10 * TOTAL || errno == EAGAIN) TH_LOG("%s", strerror(errno));
	ASSERT_EQ(0, relieve(self));
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
}

KT_TEST(system, peek_and_poll)
{
	ASSERT_EQ(0, press(variant));
	EXPECT_EQ(0, pump_and_relieve(self, KT_BY_PEEK, KT_BY_POLL));
}

/* ---- a control group ------------------------------------------------------ */

/*
 * memory.high, and not memory.max: over that, whoever asks for memory is killed,
 * a sender too. Over memory.high it is made to sleep, the longer the further:
 * ballast makes that a small part of what is in use.
 */
enum { BALLAST = 40 << 20, SPARE = 100 << 10 };

FIXTURE(group)
{
	struct kt_link link;
	char path[100];
	void *ballast;
};

FIXTURE_VARIANT(group) { struct kt_params params; };

KT_VARIANT(group, tls12, TLS_1_2_VERSION, TLS_CIPHER_AES_GCM_128, AF_INET);
KT_VARIANT(group, tls13, TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_256, AF_INET6);

#define CGROUPS	"/sys/fs/cgroup"

static int write_group(const char *group, const char *file, const char *line)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", group, file);
	return write_line(path, line);
}

/* A number of one of the group's tables, -1 when it is not there. */
static long group_count(const char *group, const char *file, const char *name)
{
	char path[200], key[64];
	long value, found = -1;
	FILE *table;

	snprintf(path, sizeof(path), "%s/%s", group, file);
	table = fopen(path, "re");
	while (table && fscanf(table, "%63s %ld", key, &value) == 2)
		if (!strcmp(key, name))
			found = value;
	if (table)
		fclose(table);
	return found;
}

static int join(const char *group)
{
	return write_group(group, "cgroup.procs", "0");
}

/* Sockets belong to the group that makes them: both ends do. */
FIXTURE_SETUP(group)
{
	snprintf(self->path, sizeof(self->path), CGROUPS "/kseal.%d", getpid());
	ASSERT_EQ(0, write_group(CGROUPS, "cgroup.subtree_control", "+memory"));
	ASSERT_EQ(0, mkdir(self->path, 0755));
	ASSERT_EQ(0, join(self->path));
	self->ballast = malloc(BALLAST);
	ASSERT_NE(NULL, self->ballast);
	memset(self->ballast, 1, BALLAST);
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL));
}

FIXTURE_TEARDOWN(group)
{
	kt_link_close(&self->link);
	free(self->ballast);
	EXPECT_EQ(0, join(CGROUPS));
	EXPECT_EQ(0, rmdir(self->path));
}

KT_TEST(group, counts_what_its_sockets_hold)
{
	ssize_t sent = kt_fill_buffers(self->link.fd, 50000, 0);

	ASSERT_GT(sent, KT_MAX_PLAIN);
	EXPECT_GT(group_count(self->path, "memory.stat", "sock"), sent);
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
}

/* From here on what the sockets take is over the limit, but for a little. */
static int limit(const char *group)
{
	char path[200], line[40];

	snprintf(path, sizeof(path), "%s/memory.current", group);
	if (read_line(path, line, sizeof(line)))
		return -1;
	snprintf(line, sizeof(line), "%ld", atol(line) + SPARE);
	return write_group(group, "memory.high", line);
}

KT_TEST(group, sender_and_receiver_over_the_limit)
{
	ASSERT_EQ(0, limit(self->path));
	EXPECT_EQ(0, kt_pump(&self->link, TOTAL / 2, KT_BY_RECV, KT_BY_SENDFILE));
	EXPECT_GT(group_count(self->path, "memory.events", "high"), 0);
}

/* Full queues, then the limit. */
KT_TEST(group, limit_that_comes_later)
{
	ssize_t sent = kt_fill_buffers(self->link.fd, 50000, 0);

	ASSERT_GT(sent, KT_MAX_PLAIN);
	ASSERT_EQ(0, limit(self->path));
	EXPECT_EQ(0, kt_expect_stream(&self->link, sent, 0, NULL));
	EXPECT_EQ(0, kt_pump(&self->link, KT_MAX_PLAIN, KT_BY_POLL, KT_BY_RECV));
}

TEST_HARNESS_MAIN
