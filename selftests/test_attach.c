// SPDX-License-Identifier: GPL-2.0
/* Attaching the ULP and installing keys; what is refused, and what stays. */
#include "lib/fixture.h"
#include <poll.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/syscall.h>
#include <linux/bpf.h>
#include <linux/tcp.h>

KT_FIXTURE(attach)
{
	ASSERT_EQ(0, kt_link_pair(&self->link, &variant->params, NULL));
}

static int attach(int fd)
{
	const char *ulp = kt_ulp();

	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, ulp, strlen(ulp) + 1);
}

KT_TEST(attach, answers_with_its_name)
{
	ASSERT_EQ(0, kt_attach(self->link.fd));
}

KT_TEST(attach, alone_changes_nothing)
{
	ASSERT_EQ(0, kt_attach(self->link.fd));
	EXPECT_EQ(0, kt_plain_passes(&self->link));
}

KT_TEST(attach, fresh_socket_is_not_connected)
{
	int fd = socket(variant->params.family, SOCK_STREAM, 0);

	ASSERT_GE(fd, 0);
	EXPECT_ERRNO(ENOTCONN, attach(fd));
	close(fd);
}

KT_TEST(attach, listening_socket_is_not_connected)
{
	struct kt_tune tune = { };
	int fd = kt_listen(variant->params.family, &tune);

	ASSERT_GE(fd, 0);
	EXPECT_ERRNO(ENOTCONN, attach(fd));
	close(fd);
}

KT_TEST(attach, half_closed_socket_is_not_connected)
{
	ASSERT_EQ(0, shutdown(self->link.raw, SHUT_WR));
	ASSERT_NE(0, kt_poll(self->link.fd, POLLRDHUP, KT_WAIT_MS));
	EXPECT_ERRNO(ENOTCONN, attach(self->link.fd));
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	EXPECT_ERRNO(ENOTCONN, attach(self->link.raw));
}

KT_TEST(attach, twice_is_refused)
{
	ASSERT_EQ(0, kt_attach(self->link.fd));
	EXPECT_ERRNO(EEXIST, attach(self->link.fd));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &self->link.out.key));
	EXPECT_ERRNO(EEXIST, attach(self->link.fd));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
}

KT_TEST(attach, accepted_socket_too)
{
	struct kt_tune tune = { .accepted = true };

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

KT_TEST(attach, both_ends_under_test)
{
	struct kt_link *link = &self->link;
	char got[4];

	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(0, kt_attach(link->raw));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	ASSERT_EQ(0, kt_install(link->raw, TLS_RX, &link->out.key));
	ASSERT_EQ(0, kt_install(link->raw, TLS_TX, &link->in.key));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	ASSERT_EQ(0, kt_write_full(link->fd, "ping", 4));
	ASSERT_EQ(0, kt_read_full(link->raw, got, 4));
	EXPECT_EQ(0, memcmp(got, "ping", 4));
	ASSERT_EQ(0, kt_write_full(link->raw, "pong", 4));
	ASSERT_EQ(0, kt_read_full(link->fd, got, 4));
	EXPECT_EQ(0, memcmp(got, "pong", 4));
}

KT_TEST(attach, only_tx_leaves_rx_plain)
{
	struct kt_link *link = &self->link;
	char got[5];

	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	EXPECT_EQ(0, kt_sealed_out(link));
	ASSERT_EQ(0, kt_write_full(link->raw, "plain", 5));
	ASSERT_EQ(0, kt_read_full(link->fd, got, 5));
	EXPECT_EQ(0, memcmp(got, "plain", 5));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	EXPECT_EQ(0, kt_sealed_in(link));
	EXPECT_EQ(0, kt_sealed_out(link));
}

KT_TEST(attach, only_rx_leaves_tx_plain)
{
	struct kt_link *link = &self->link;
	char got[5];

	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	EXPECT_EQ(0, kt_sealed_in(link));
	ASSERT_EQ(0, kt_write_full(link->fd, "plain", 5));
	ASSERT_EQ(0, kt_read_full(link->raw, got, 5));
	EXPECT_EQ(0, memcmp(got, "plain", 5));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	EXPECT_EQ(0, kt_sealed_out(link));
	EXPECT_EQ(0, kt_sealed_in(link));
}

/* What was sent before the key goes in stays plain, in front of the records. */
KT_TEST(attach, plain_before_the_key_goes_first)
{
	struct kt_link *link = &self->link;
	char got[6];

	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(6, send(link->fd, "before", 6, MSG_MORE));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	ASSERT_EQ(6, send(link->fd, "secret", 6, 0));
	ASSERT_EQ(0, kt_read_full(link->raw, got, 6));
	EXPECT_EQ(0, memcmp(got, "before", 6));
	EXPECT_EQ(0, kt_expect_record(link, KT_DATA, "secret", 6));
}

KT_TEST(attach, unknown_options_are_refused)
{
	char room[512];
	socklen_t len = sizeof(room);
	int one = 1;

	ASSERT_EQ(0, kt_attach(self->link.fd));
	EXPECT_ERRNO(ENOPROTOOPT, setsockopt(self->link.fd, SOL_TLS, 0x7fff, &one,
					     sizeof(one)));
	EXPECT_ERRNO(ENOPROTOOPT, getsockopt(self->link.fd, SOL_TLS, 0x7fff, room,
					     &len));
	EXPECT_EQ(0, kt_plain_passes(&self->link));
}

KT_TEST(attach, other_levels_still_work)
{
	int fd = self->link.fd;
	int value = 1;
	socklen_t len = sizeof(value);

	ASSERT_EQ(0, kt_attach(fd));
	ASSERT_EQ(0, kt_install(fd, TLS_TX, &self->link.out.key));
	EXPECT_EQ(0, setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, len));
	value = 0;
	EXPECT_EQ(0, getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len));
	EXPECT_EQ(1, value);
	EXPECT_EQ(0, setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &value, len));
}

KT_TEST(attach, disconnect_is_refused)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct kt_link *link = &self->link;

	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	EXPECT_EQ(-1, connect(link->fd, &none, sizeof(none)));
	EXPECT_EQ(0, kt_sealed_out(link));
}

/* Never a listening socket with somebody's keys, not even after the end. */
KT_TEST(attach, listen_is_refused)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct kt_link *link = &self->link;

	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	EXPECT_EQ(-1, listen(link->fd, 1));
	EXPECT_EQ(0, kt_sealed_out(link));
	kt_reset(&link->raw);
	ASSERT_NE(0, kt_poll(link->fd, POLLHUP, KT_WAIT_MS));
	EXPECT_EQ(-1, listen(link->fd, 1));
	EXPECT_EQ(-1, connect(link->fd, &none, sizeof(none)));
	EXPECT_EQ(-1, listen(link->fd, 1));
}

/* ---- what is not plain TCP ---------------------------------------------- */

/* An IPv6 socket at an IPv4 address. */
static int open_mapped(struct kt_link *link, const struct kt_params *params)
{
	struct kt_params ipv4 = *params;
	struct kt_tune tune = { };
	struct sockaddr_in address;
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6 };
	socklen_t len = sizeof(address);
	int listener = kt_listen(AF_INET, &tune);

	/* for the keys alone; the sockets are replaced */
	ipv4.family = AF_INET;
	kt_link_close(link);
	if (listener < 0 || kt_link_pair(link, &ipv4, NULL) ||
	    getsockname(listener, (void *)&address, &len))
		return -1;
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);
	mapped.sin6_port = address.sin_port;
	kt_close(&link->fd);
	kt_close(&link->raw);
	link->fd = socket(AF_INET6, SOCK_STREAM, 0);
	if (connect(link->fd, (void *)&mapped, sizeof(mapped)))
		return kt_errno("connect to a mapped address");
	link->raw = accept(listener, NULL, NULL);
	kt_close(&listener);
	return link->raw < 0 ? kt_errno("accept") : 0;
}

KT_TEST(attach, ipv6_socket_at_an_ipv4_address)
{
	struct kt_link *link = &self->link;
	int family = AF_INET;

	ASSERT_EQ(0, open_mapped(link, &variant->params));
	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	EXPECT_EQ(0, kt_sealed_out(link));
	EXPECT_EQ(0, kt_sealed_in(link));
	/* this would put TCP's own functions back in place of ours */
	EXPECT_EQ(-1, setsockopt(link->fd, IPPROTO_IPV6, IPV6_ADDRFORM, &family,
				 sizeof(family)));
	EXPECT_EQ(0, kt_sealed_out(link));
	EXPECT_EQ(0, kt_sealed_in(link));
}

KT_TEST(attach, mptcp_is_refused)
{
	int fd = socket(variant->params.family, SOCK_STREAM, IPPROTO_MPTCP);

	ASSERT_GE(fd, 0);
	EXPECT_EQ(-1, attach(fd));
	close(fd);
}

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int make_sockmap(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_SOCKMAP,
		.key_size = sizeof(int),
		.value_size = sizeof(int),
		.max_entries = 1,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

static int put_in_sockmap(int map, int fd)
{
	int key = 0;
	union bpf_attr attr = {
		.map_fd = map,
		.key = (uintptr_t)&key,
		.value = (uintptr_t)&fd,
	};

	return bpf(BPF_MAP_UPDATE_ELEM, &attr);
}

KT_TEST(attach, sockmap_and_records_exclude_each_other)
{
	struct kt_link *link = &self->link;
	int map = make_sockmap();

	ASSERT_GE(map, 0);
	ASSERT_EQ(0, put_in_sockmap(map, link->raw));
	EXPECT_ERRNO(EINVAL, attach(link->raw));
	EXPECT_EQ(0, kt_plain_passes(link));
	ASSERT_EQ(0, kt_attach(link->fd));
	EXPECT_EQ(-1, put_in_sockmap(map, link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	EXPECT_EQ(-1, put_in_sockmap(map, link->fd));
	EXPECT_EQ(0, kt_sealed_out(link));
	close(map);
}

TEST_HARNESS_MAIN
