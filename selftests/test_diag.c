// SPDX-License-Identifier: GPL-2.0
/* What sock_diag(7), and so `ss -tie`, tells of a socket. */
#include "lib/fixture.h"
#include <netinet/in.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

enum { ATTRIBUTES = KSEAL_DIAG_TX_MAX_PAYLOAD_LEN + 1 };

/**
 * struct told - the answer
 * @name: of the ULP, "" when none is told
 * @tls: there is a nest of attributes
 * @has: which of them there are
 * @value: their values, 0 for flags
 * @unknown: attributes nobody knows
 */
struct told {
	char name[32];
	bool tls;
	bool has[ATTRIBUTES];
	uint16_t value[ATTRIBUTES];
	int unknown;
};

KT_FIXTURE(diag)
{
	ASSERT_EQ(0, kt_link_pair(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, kt_attach(self->link.fd));
}

static void fill_address(int fd, bool peer, __be16 *port, __be32 *address)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in *in = (void *)&in6;
	socklen_t len = sizeof(in6);

	if (peer ? getpeername(fd, (void *)&in6, &len) : getsockname(fd, (void *)&in6, &len))
		return;
	*port = in6.sin6_port;
	if (in6.sin6_family == AF_INET)
		address[0] = in->sin_addr.s_addr;
	else
		memcpy(address, &in6.sin6_addr, 16);
}

/* Ask for one socket. */
static int ask(int netlink, int fd, int family)
{
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} query = {
		.head = {
			.nlmsg_len = sizeof(query),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST,
		},
		.req = {
			.sdiag_family = family,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_ext = 1 << (INET_DIAG_INFO - 1),
			.idiag_states = ~0U,
			.id.idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE },
		},
	};

	fill_address(fd, false, &query.req.id.idiag_sport, query.req.id.idiag_src);
	fill_address(fd, true, &query.req.id.idiag_dport, query.req.id.idiag_dst);
	return send(netlink, &query, sizeof(query), 0) == sizeof(query) ?
	       0 : kt_errno("asking sock_diag");
}

static void read_tls(const struct rtattr *nest, struct told *told)
{
	const struct rtattr *at = RTA_DATA(nest);
	int len = RTA_PAYLOAD(nest);

	told->tls = true;
	for (; RTA_OK(at, len); at = RTA_NEXT(at, len)) {
		if (at->rta_type >= ATTRIBUTES || !at->rta_type) {
			told->unknown++;
			continue;
		}
		told->has[at->rta_type] = true;
		if (RTA_PAYLOAD(at) == sizeof(uint16_t))
			memcpy(&told->value[at->rta_type], RTA_DATA(at), sizeof(uint16_t));
		else if (RTA_PAYLOAD(at))
			told->unknown++;
	}
}

static void read_ulp(const struct rtattr *nest, struct told *told)
{
	const struct rtattr *at = RTA_DATA(nest);
	int len = RTA_PAYLOAD(nest);

	for (; RTA_OK(at, len); at = RTA_NEXT(at, len)) {
		if (at->rta_type == INET_ULP_INFO_NAME)
			snprintf(told->name, sizeof(told->name), "%s",
				 (const char *)RTA_DATA(at));
		else if ((at->rta_type & NLA_TYPE_MASK) == INET_ULP_INFO_TLS)
			read_tls(at, told);
		else
			told->unknown++;
	}
}

/* What is told of @fd. */
static int tell(int fd, int family, struct told *told)
{
	char buffer[8192] __attribute__((aligned(8)));
	struct nlmsghdr *head = (void *)buffer;
	struct inet_diag_msg *msg = NLMSG_DATA(head);
	struct rtattr *at = (void *)(msg + 1);
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	ssize_t got = -1;
	int len;

	memset(told, 0, sizeof(*told));
	if (!ask(netlink, fd, family))
		got = recv(netlink, buffer, sizeof(buffer), 0);
	close(netlink);
	if (got < (ssize_t)NLMSG_LENGTH(sizeof(*msg)))
		return kt_errno("sock_diag");
	if (head->nlmsg_type != SOCK_DIAG_BY_FAMILY) {
		kt_say("sock_diag: message of type %u", head->nlmsg_type);
		return -1;
	}
	len = head->nlmsg_len - NLMSG_LENGTH(sizeof(*msg));
	for (; RTA_OK(at, len); at = RTA_NEXT(at, len))
		if ((at->rta_type & NLA_TYPE_MASK) == INET_DIAG_ULP_INFO)
			read_ulp(at, told);
	return 0;
}

static int tell_link(struct kt_link *link, const struct kt_params *params,
		     struct told *told)
{
	return tell(link->fd, params->family, told);
}

KT_TEST(diag, plain_tcp_tells_nothing)
{
	struct told told;

	ASSERT_EQ(0, tell(self->link.raw, variant->params.family, &told));
	EXPECT_STREQ("", told.name);
	EXPECT_FALSE(told.tls);
}

KT_TEST(diag, name_and_directions_before_the_keys)
{
	struct told told;

	ASSERT_EQ(0, tell_link(&self->link, &variant->params, &told));
	EXPECT_STREQ(kt_ulp(), told.name);
	ASSERT_TRUE(told.tls);
	EXPECT_FALSE(told.has[TLS_INFO_VERSION]);
	EXPECT_FALSE(told.has[TLS_INFO_CIPHER]);
	EXPECT_EQ(TLS_CONF_BASE, told.value[TLS_INFO_TXCONF]);
	EXPECT_EQ(TLS_CONF_BASE, told.value[TLS_INFO_RXCONF]);
	EXPECT_EQ(16384, told.value[KSEAL_DIAG_TX_MAX_PAYLOAD_LEN]);
	EXPECT_FALSE(told.has[TLS_INFO_ZC_RO_TX]);
	EXPECT_FALSE(told.has[TLS_INFO_RX_NO_PAD]);
	EXPECT_EQ(0, told.unknown);
}

KT_TEST(diag, each_direction_with_its_key)
{
	struct told told;

	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	ASSERT_EQ(0, tell_link(&self->link, &variant->params, &told));
	EXPECT_EQ(TLS_CONF_BASE, told.value[TLS_INFO_TXCONF]);
	EXPECT_EQ(TLS_CONF_SW, told.value[TLS_INFO_RXCONF]);
	EXPECT_EQ(variant->params.version, told.value[TLS_INFO_VERSION]);
	EXPECT_EQ(variant->params.cipher, told.value[TLS_INFO_CIPHER]);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &self->link.out.key));
	ASSERT_EQ(0, tell_link(&self->link, &variant->params, &told));
	EXPECT_EQ(TLS_CONF_SW, told.value[TLS_INFO_TXCONF]);
	EXPECT_EQ(TLS_CONF_SW, told.value[TLS_INFO_RXCONF]);
	EXPECT_EQ(variant->params.version, told.value[TLS_INFO_VERSION]);
	EXPECT_EQ(variant->params.cipher, told.value[TLS_INFO_CIPHER]);
	EXPECT_EQ(0, told.unknown);
}

KT_TEST(diag, options_as_they_are_set)
{
	bool tls13 = variant->params.version == TLS_1_3_VERSION;
	uint16_t payload = 1000;
	uint32_t one = 1;
	struct told told;

	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &self->link.out.key));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_TLS, TLS_TX_ZEROCOPY_RO, &one, sizeof(one)));
	ASSERT_EQ(0, setsockopt(self->link.fd, SOL_TLS, KSEAL_TX_MAX_PAYLOAD_LEN,
				&payload, sizeof(payload)));
	if (tls13) {
		ASSERT_EQ(0, setsockopt(self->link.fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD,
					&one, sizeof(one)));
	}
	ASSERT_EQ(0, tell_link(&self->link, &variant->params, &told));
	EXPECT_TRUE(told.has[TLS_INFO_ZC_RO_TX]);
	EXPECT_EQ(tls13, told.has[TLS_INFO_RX_NO_PAD]);
	EXPECT_EQ(1000, told.value[KSEAL_DIAG_TX_MAX_PAYLOAD_LEN]);
	EXPECT_EQ(0, told.unknown);
}

KT_TEST(diag, still_told_when_the_connection_has_failed)
{
	static const uint8_t header[] = { KT_DATA, 3, 1, 0, 100 };
	struct told told;

	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &self->link.out.key));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
	ASSERT_EQ(0, kt_write_here(&self->link, header, sizeof(header)));
	ASSERT_EQ(EINVAL, kt_recv_errno(self->link.fd, 0));
	ASSERT_EQ(0, tell_link(&self->link, &variant->params, &told));
	EXPECT_STREQ(kt_ulp(), told.name);
	EXPECT_EQ(variant->params.version, told.value[TLS_INFO_VERSION]);
}

struct asker {
	int family;
	volatile bool stop;
	struct kt_task task;
};

/* Ask for all sockets, again and again. */
static ssize_t ask_all(void *arg)
{
	struct asker *asker = arg;
	struct {
		struct nlmsghdr head;
		struct inet_diag_req_v2 req;
	} query = {
		.head = {
			.nlmsg_len = sizeof(query),
			.nlmsg_type = SOCK_DIAG_BY_FAMILY,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
		},
		.req = {
			.sdiag_family = asker->family,
			.sdiag_protocol = IPPROTO_TCP,
			.idiag_ext = 1 << (INET_DIAG_INFO - 1),
			.idiag_states = ~0U,
		},
	};
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	static char buffer[65536] __attribute__((aligned(8)));
	ssize_t dumps = 0, got;
	int len;

	while (!asker->stop) {
		bool done = false;

		if (send(netlink, &query, sizeof(query), 0) != sizeof(query))
			return -1;
		while (!done) {
			got = recv(netlink, buffer, sizeof(buffer), 0);
			if (got <= 0)
				return -1;
			len = got;
			for (struct nlmsghdr *at = (void *)buffer; NLMSG_OK(at, len);
			     at = NLMSG_NEXT(at, len)) {
				if (at->nlmsg_type == NLMSG_ERROR)
					return -1;
				done |= at->nlmsg_type == NLMSG_DONE;
			}
		}
		dumps++;
	}
	close(netlink);
	return dumps;
}

/* What is looked at without the lock must not be gone: KASAN would tell. */
KT_TEST(diag, asked_while_sockets_come_and_go)
{
	struct asker asker = { .family = variant->params.family };

	ASSERT_EQ(0, kt_task_start(&asker.task, ask_all, &asker));
	for (int i = 0; i < 100; i++) {
		struct kt_link link;

		ASSERT_EQ(0, kt_link_open(&link, &variant->params, NULL));
		kt_link_close(&link);
	}
	asker.stop = true;
	EXPECT_GT(kt_task_join(&asker.task), 0);
}

/* ss -tie, for people: the ports tell whose line it is. */
KT_TEST(diag, ss_shows_it)
{
	char command[200], version[40], line[2000] = "", want[40];
	struct sockaddr_in6 in6;
	socklen_t len = sizeof(in6);
	FILE *ss;

	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &self->link.out.key));
	ASSERT_EQ(0, getsockname(self->link.fd, (void *)&in6, &len));
	snprintf(command, sizeof(command), "ss -tieHO 'sport = %u'", ntohs(in6.sin6_port));
	ss = popen(command, "re");
	ASSERT_NE(NULL, ss);
	while (fgets(line, sizeof(line), ss) && !strstr(line, "tcp-ulp-"))
		;
	EXPECT_EQ(0, pclose(ss));
	snprintf(want, sizeof(want), "tcp-ulp-%s", kt_ulp());
	snprintf(version, sizeof(version), "version: 1.%d",
		 variant->params.version == TLS_1_3_VERSION ? 3 : 2);
	EXPECT_NE(NULL, strstr(line, want))
		TH_LOG("%s", line);
	EXPECT_NE(NULL, strstr(line, version))
		TH_LOG("%s", line);
	EXPECT_NE(NULL, strstr(line, "txconf: sw"));
	EXPECT_NE(NULL, strstr(line, "rxconf: none"));
}

TEST_HARNESS_MAIN
