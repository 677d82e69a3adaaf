// SPDX-License-Identifier: GPL-2.0
/* kseal-serve: which connections a stop waits for, and how peers are named */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>

#include "../kseal-serve/conn.c"

static const struct sockaddr_in ip4 = {
	.sin_family = AF_INET,
	.sin_port = 0xbb01,		/* 443 in network order, on x86 */
	.sin_addr = { 0x010200c0 },	/* 192.0.2.1 */
};

static struct conn *add(struct conns *conns)
{
	struct conn *conn = conn_add(conns, -1, (const struct sockaddr *)&ip4,
				     sizeof(ip4));

	assert_non_null(conn);
	return conn;
}

static void names_peers(void **state)
{
	struct sockaddr_in6 ip6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(8443),
	};
	struct sockaddr_storage roomy = { 0 };
	char name[CONN_PEER_SIZE];

	(void)state;
	assert_int_equal(inet_pton(AF_INET6, "2001:db8::1", &ip6.sin6_addr), 1);
	conn_peer_name((const struct sockaddr *)&ip6, sizeof(ip6), name);
	assert_string_equal(name, "[2001:db8::1]:8443");
	conn_peer_name((const struct sockaddr *)&ip4, sizeof(ip4), name);
	assert_string_equal(name, "192.0.2.1:443");
	/* as libmicrohttpd's callbacks give it */
	memcpy(&roomy, &ip4, sizeof(ip4));
	conn_peer_name((const struct sockaddr *)&roomy, sizeof(roomy), name);
	assert_string_equal(name, "192.0.2.1:443");
	roomy.ss_family = 0xffff;
	conn_peer_name((const struct sockaddr *)&roomy, sizeof(roomy), name);
	assert_string_equal(name, "unknown");
}

static void a_stop_waits_for_requests_only(void **state)
{
	struct conn *busy, *idle, *twice;
	struct conns conns;
	bool goodbye;

	(void)state;
	conns_init(&conns);
	busy = add(&conns);
	idle = add(&conns);
	twice = add(&conns);
	assert_int_equal(conns_count(&conns), 3);
	conn_request_begins(&conns, busy);
	conn_request_begins(&conns, twice);
	conn_request_begins(&conns, twice);
	assert_int_equal(conns_requests(&conns), 3);
	assert_false(conn_request_ends(&conns, twice, true));	/* no stop yet */
	assert_false(conns_stopping(&conns));

	assert_int_equal(conns_stop(&conns), 2);
	assert_true(conns_stopping(&conns));
	assert_false(conn_request_ends(&conns, twice, true));
	conn_remove(&conns, twice, &goodbye);
	conn_remove(&conns, idle, &goodbye);
	assert_int_equal(conns_count(&conns), 1);
	assert_true(conn_request_ends(&conns, busy, true));	/* the last one */
	conn_remove(&conns, busy, &goodbye);
	assert_int_equal(conns_count(&conns), 0);
	assert_null(conns.head);
}

/* close_notify says that everything came: never after a cut response. */
static void no_goodbye_after_a_cut_response(void **state)
{
	struct conns conns;
	struct conn *conn;
	bool goodbye;

	(void)state;
	conns_init(&conns);
	conn = add(&conns);
	conn_request_begins(&conns, conn);
	conn_request_ends(&conns, conn, true);
	conn_remove(&conns, conn, &goodbye);
	assert_true(goodbye);

	conn = add(&conns);
	conn_request_begins(&conns, conn);
	conn_request_ends(&conns, conn, false);
	conn_remove(&conns, conn, &goodbye);
	assert_false(goodbye);
}

static void removed_from_anywhere_in_the_list(void **state)
{
	static const int orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct conns conns;
	struct conn *conn[3];
	bool goodbye;

	(void)state;
	conns_init(&conns);
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		for (int k = 0; k < 3; k++)
			conn[k] = add(&conns);
		for (int k = 0; k < 3; k++) {
			unsigned int listed = 0;

			conn_remove(&conns, conn[orders[i][k]], &goodbye);
			for (struct conn *c = conns.head; c; c = c->next)
				listed++;
			assert_int_equal(listed, 2 - k);
			assert_int_equal(conns_count(&conns), 2 - k);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_peers),
		cmocka_unit_test(a_stop_waits_for_requests_only),
		cmocka_unit_test(no_goodbye_after_a_cut_response),
		cmocka_unit_test(removed_from_anywhere_in_the_list),
	};

	return cmocka_run_group_tests_name("serve_conn", tests, NULL, NULL);
}
