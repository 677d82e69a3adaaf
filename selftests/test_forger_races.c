// SPDX-License-Identifier: GPL-2.0
/*
 * The ways in which the in-tree module was broken by calls that run at the same
 * time, or in an order nobody thought of; one test for each class.
 */
#include "lib/brief.h"
#include <poll.h>
#include <netinet/in.h>
#include <linux/tcp.h>

KT_BRIEF_FIXTURE_OPEN(races)

/* ---- LISTEN, disconnect, getsockopt --------------------------------------- */

/* CVE-2023-0461: a listener would hand its ULP's memory to every child. */
KT_TEST(races, listener_and_disconnect)
{
	struct sockaddr unspec = { .sa_family = AF_UNSPEC };
	int fd = self->link.fd;

	for (int i = 0; i < 3; i++) {
		EXPECT_EQ(-1, listen(fd, 5));
		EXPECT_EQ(-1, connect(fd, &unspec, sizeof(unspec)));
		if (i == 0)
			ASSERT_EQ(0, shutdown(fd, SHUT_RDWR));
		if (i == 1) {
			kt_close(&self->link.raw);
			ASSERT_NE(0, kt_poll(fd, POLLHUP, KT_WAIT_MS));
		}
	}
}

struct race {
	struct kt_link *link;
	bool stop;
	unsigned int bad;
};

/* Ask for everything there is to ask, all the time. */
static ssize_t ask(void *arg)
{
	struct race *race = arg;
	int fd = race->link->fd;

	while (!__atomic_load_n(&race->stop, __ATOMIC_ACQUIRE)) {
		union kt_info info;
		struct kseal_info ours;
		struct tcp_info tcp;
		char name[16];
		socklen_t len;

		len = sizeof(name);
		if (getsockopt(fd, IPPROTO_TCP, TCP_ULP, name, &len))
			race->bad++;
		len = sizeof(tcp);
		if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &tcp, &len))
			race->bad++;
		len = sizeof(ours);
		getsockopt(fd, SOL_TLS, KSEAL_INFO, &ours, &len);
		len = sizeof(info.gcm128);
		getsockopt(fd, SOL_TLS, TLS_TX, &info, &len);
		len = sizeof(info.gcm256);
		getsockopt(fd, SOL_TLS, TLS_RX, &info, &len);
		kt_poll(fd, POLLIN, 0);
	}
	return 0;
}

/* getsockopt races (CVE-2023-28466): asked while ULP and keys go in, while
 * records pass, and while a bad record wipes the keys.
 */
KT_TEST(races, getsockopt_races)
{
	static uint8_t wire[KT_MAX_WIRE];

	for (int i = 0; i < 10; i++) {
		struct race race = { .link = &self->link };
		struct kt_task tasks[2];
		ssize_t len;

		kt_link_close(&self->link);
		ASSERT_EQ(0, kt_link_pair(&self->link, &variant->params, NULL));
		for (int j = 0; j < 2; j++)
			ASSERT_EQ(0, kt_task_start(&tasks[j], ask, &race));
		ASSERT_EQ(0, kt_attach(self->link.fd));
		ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &self->link.out.key));
		ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
		EXPECT_EQ(0, kt_sealed_out(&self->link));
		EXPECT_EQ(0, kt_sealed_in(&self->link));
		len = kt_seal_pattern(&self->link, 100, wire);
		wire[len - 1] ^= 1;
		ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
		EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
		__atomic_store_n(&race.stop, true, __ATOMIC_RELEASE);
		for (int j = 0; j < 2; j++)
			kt_task_join(&tasks[j]);
	}
}

/* Two keys for one direction at once: one is in, the other was refused. */
static ssize_t install_rx(void *arg)
{
	struct kt_link *link = arg;

	return kt_install(link->fd, TLS_RX, &link->in.key);
}

KT_TEST(races, setsockopt_races)
{
	for (int i = 0; i < 20; i++) {
		struct kt_task tasks[3];
		int good = 0;

		ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
		for (int j = 0; j < 3; j++)
			ASSERT_EQ(0, kt_task_start(&tasks[j], install_rx, &self->link));
		for (int j = 0; j < 3; j++)
			good += kt_task_join(&tasks[j]) == 0;
		/* TLS 1.3 takes the same key again: nothing was opened with it */
		EXPECT_GE(good, 1);
		if (variant->params.version == TLS_1_2_VERSION)
			EXPECT_EQ(1, good);
		EXPECT_EQ(0, kt_sealed_in(&self->link));
	}
}

/* ---- the end --------------------------------------------------------------- */

static ssize_t close_copy(void *arg)
{
	return close(*(int *)arg);
}

/* Closed by several threads at once, under a reader and with records unread
 * and half sent: freed once, the open record on its way.
 */
KT_TEST(races, double_close_races)
{
	for (int i = 0; i < 20; i++) {
		struct kt_task tasks[4];
		int copies[4];

		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		for (int j = 0; j < 4; j++) {
			copies[j] = dup(self->link.fd);
			ASSERT_GE(copies[j], 0);
		}
		ASSERT_EQ(4, send(self->link.fd, "last", 4, MSG_MORE));
		kt_close(&self->link.fd);
		for (int j = 0; j < 4; j++)
			ASSERT_EQ(0, kt_task_start(&tasks[j], close_copy, &copies[j]));
		for (int j = 0; j < 4; j++)
			EXPECT_EQ(0, kt_task_join(&tasks[j]));
		EXPECT_EQ(0, kt_expect_record(&self->link, KT_DATA, "last", 4));
		EXPECT_EQ(0, kt_read_eof(self->link.raw));
	}
}

/* Key wipe: nobody gets the key of a connection that has ended. */
KT_TEST(races, keys_do_not_outlive_the_connection)
{
	static const int options[] = { TLS_TX, TLS_RX };
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(&self->link, 100, wire);

	wire[len - 1] ^= 1;
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	EXPECT_EQ(EBADMSG, kt_recv_errno(self->link.fd, 0));
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		union kt_info info, empty;
		socklen_t size = kt_key_info(&self->link.in.key, &info);

		memset(&info, 0, sizeof(info));
		memset(&empty, 0, sizeof(empty));
		EXPECT_EQ(-1, getsockopt(self->link.fd, SOL_TLS, options[i], &info, &size));
		EXPECT_EQ(0, memcmp(&info, &empty, sizeof(info)));
	}
}

TEST_HARNESS_MAIN
