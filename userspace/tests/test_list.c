// SPDX-License-Identifier: GPL-2.0
/* kseal list and top: messages of sock_diag(7) read, and what is printed of them. */
#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/rtnetlink.h>
#include <linux/tls.h>

#include "list.h"
#include "sockets.h"

/* ---- messages ------------------------------------------------------------------ */

/* A message as the kernel makes it, and how much of it there is. */
static struct {
	struct inet_diag_msg diag;
	uint8_t attributes[512];
} message;
static size_t message_len;

static struct rtattr *put(uint16_t type, const void *data, size_t len)
{
	struct rtattr *at = (void *)((uint8_t *)&message + message_len);

	at->rta_type = type;
	at->rta_len = RTA_LENGTH(len);
	if (len)
		memcpy(RTA_DATA(at), data, len);
	message_len += RTA_SPACE(len);
	return at;
}

static void put_u16(uint16_t type, uint16_t value)
{
	put(type, &value, sizeof(value));
}

static void close_nest(struct rtattr *nest)
{
	nest->rta_len = (uint8_t *)&message + message_len - (uint8_t *)nest;
}

static void begin(int family, const char *local, const char *peer)
{
	memset(&message, 0, sizeof(message));
	message_len = sizeof(message.diag);
	message.diag.idiag_family = family;
	message.diag.idiag_inode = 4711;
	inet_pton(family, local, message.diag.id.idiag_src);
	inet_pton(family, peer, message.diag.id.idiag_dst);
	message.diag.id.idiag_sport = htons(443);
	message.diag.id.idiag_dport = htons(50000);
	put(INET_DIAG_SHUTDOWN, "", 1);
}

static void put_ulp(const char *name, bool keys)
{
	struct rtattr *ulp = put(INET_DIAG_ULP_INFO, NULL, 0), *tls;

	put(INET_ULP_INFO_NAME, name, strlen(name) + 1);
	tls = put(INET_ULP_INFO_TLS, NULL, 0);
	if (keys) {
		put_u16(TLS_INFO_VERSION, 0x0304);
		put_u16(TLS_INFO_CIPHER, TLS_CIPHER_AES_GCM_256);
	}
	put_u16(TLS_INFO_TXCONF, keys ? TLS_CONF_SW : TLS_CONF_BASE);
	put_u16(TLS_INFO_RXCONF, TLS_CONF_BASE);
	close_nest(tls);
	close_nest(ulp);
}

static void reads_a_socket(void **state)
{
	struct ksocket s;

	(void)state;
	begin(AF_INET, "192.0.2.1", "198.51.100.7");
	put_ulp("kseal", true);
	assert_true(ksocket_parse(&message, message_len, &s));
	assert_string_equal(s.local, "192.0.2.1:443");
	assert_string_equal(s.peer, "198.51.100.7:50000");
	assert_string_equal(s.ulp, "kseal");
	assert_int_equal(s.inode, 4711);
	assert_int_equal(s.version, 0x0304);
	assert_int_equal(s.cipher, TLS_CIPHER_AES_GCM_256);
	assert_true(s.tx);
	assert_false(s.rx);
}

static void reads_ipv6_without_keys(void **state)
{
	struct ksocket s;

	(void)state;
	begin(AF_INET6, "2001:db8::1", "::1");
	put_ulp("tls", false);
	assert_true(ksocket_parse(&message, message_len, &s));
	assert_string_equal(s.local, "[2001:db8::1]:443");
	assert_string_equal(s.peer, "[::1]:50000");
	assert_int_equal(s.version, 0);
	assert_false(s.tx);
}

static void shows_mapped_addresses_as_ipv4(void **state)
{
	struct ksocket s;

	(void)state;
	begin(AF_INET6, "::ffff:192.0.2.1", "::ffff:198.51.100.7");
	put_ulp("kseal", true);
	assert_true(ksocket_parse(&message, message_len, &s));
	assert_string_equal(s.local, "192.0.2.1:443");
	assert_string_equal(s.peer, "198.51.100.7:50000");
}

static void passes_over_others(void **state)
{
	struct ksocket s;

	(void)state;
	begin(AF_INET, "192.0.2.1", "192.0.2.2");
	assert_false(ksocket_parse(&message, message_len, &s));
	begin(AF_INET, "192.0.2.1", "192.0.2.2");
	put_ulp("espintcp", false);
	assert_false(ksocket_parse(&message, message_len, &s));
}

/* Whatever is cut off, nothing behind the end is read (valgrind and ASan would tell). */
static void reads_no_further_than_the_message(void **state)
{
	struct ksocket s;

	(void)state;
	begin(AF_INET, "192.0.2.1", "192.0.2.2");
	put_ulp("kseal", true);
	for (size_t len = 0; len < message_len; len++) {
		void *copy = malloc(len ? len : 1);

		memcpy(copy, &message, len);
		ksocket_parse(copy, len, &s);
		free(copy);
	}
	assert_false(ksocket_parse(&message, sizeof(message.diag) - 1, &s));
}

/* ---- what is printed ------------------------------------------------------------ */

static char *printed;
static size_t printed_len;

static FILE *to_memory(void)
{
	free(printed);
	printed = NULL;
	return open_memstream(&printed, &printed_len);
}

static struct ksocket example(uint32_t inode, uint64_t sent)
{
	struct ksocket s = {
		.inode = inode, .version = 0x0304, .cipher = TLS_CIPHER_AES_GCM_128,
		.tx = true, .rx = true, .pid = 99, .fd = 5, .program = "nginx",
		.local = "192.0.2.1:443", .peer = "192.0.2.9:1", .ulp = "kseal",
		.has_info = true, .info = { .tx_bytes = sent, .tx_records = 3, .rx_bytes = 1500,
					    .tx_rekeys = 2, .rx_rekeys = 1 },
	};

	return s;
}

static void bytes_in_words(void **state)
{
	char text[16];

	(void)state;
	assert_string_equal(list_bytes(0, text, sizeof(text)), "0 B");
	assert_string_equal(list_bytes(999, text, sizeof(text)), "999 B");
	assert_string_equal(list_bytes(1000, text, sizeof(text)), "1.0 kB");
	assert_string_equal(list_bytes(15.25e6, text, sizeof(text)), "15.2 MB");
	assert_string_equal(list_bytes(123e9, text, sizeof(text)), "123 GB");
	assert_string_equal(list_bytes(5e18, text, sizeof(text)), "5000 PB");
}

static void table_of_sockets(void **state)
{
	struct ksocket all[] = { example(1, 2500000), { .local = "a:1", .peer = "b:2" } };
	struct ksockets found = { .all = all, .count = 2 };
	FILE *out = to_memory();

	(void)state;
	list_print(out, &found);
	fclose(out);
	assert_non_null(strstr(printed, "nginx/99"));
	assert_non_null(strstr(printed, "TLS 1.3"));
	assert_non_null(strstr(printed, "AES-128-GCM"));
	assert_non_null(strstr(printed, "2.5 MB"));
	assert_non_null(strstr(printed, "1.5 kB"));
	/* a socket without keys, of a process that may not be looked at */
	assert_non_null(strstr(printed, "none"));
}

static void states_of_sockets(void **state)
{
	struct ksocket all[5];
	struct ksockets found = { .all = all, .count = 5 };
	FILE *out = to_memory();

	(void)state;
	for (int i = 0; i < 5; i++)
		all[i] = example(i, 0);
	all[1].info.state = KSEAL_STATE_TX_CLOSED;
	all[2].info.state = KSEAL_STATE_RX_CLOSED | KSEAL_STATE_TX_SECRET;
	all[3].info.state = KSEAL_STATE_TX_CLOSED | KSEAL_STATE_RX_CLOSED;
	all[4].info.state = KSEAL_STATE_ENDED | KSEAL_STATE_TX_CLOSED;
	all[4].info.control = KSEAL_CONTROL_ON;
	all[4].info.end = KSEAL_END_ALERT;
	all[4].info.alert_in_level = 2;
	all[4].info.alert_in = 40;
	list_print(out, &found);
	list_print_json(out, &found);
	fclose(out);
	assert_non_null(strstr(printed, " open "));
	assert_non_null(strstr(printed, " tx-closed "));
	assert_non_null(strstr(printed, " rx-closed "));
	assert_non_null(strstr(printed, " closed "));
	assert_non_null(strstr(printed, " ended "));
	assert_non_null(strstr(printed, "\"state\": \"ended\", \"control\": \"kernel\", "
				"\"end\": \"fatal alert of the peer\", \"alert_in\": 40, "));
	assert_non_null(strstr(printed, "\"control\": \"program\", \"end\": \"none\", "));
}

static void json_escapes_names(void **state)
{
	struct ksocket all[] = { example(1, 7), example(2, 8) };
	struct ksockets found = { .all = all, .count = 2 };
	FILE *out = to_memory();

	(void)state;
	strcpy(all[0].program, "a\"b\\c\n");
	list_print_json(out, &found);
	fclose(out);
	assert_non_null(strstr(printed, "\"program\": \"a\\\"b\\\\c\\u000a\""));
	assert_non_null(strstr(printed, "\"tx_bytes\": 8, "));
	assert_int_equal(printed[0], '[');
	assert_string_equal(printed + printed_len - 2, "]\n");
	found.count = 0;
	out = to_memory();
	list_print_json(out, &found);
	fclose(out);
	assert_string_equal(printed, "[]\n");
}

static void rates_busiest_first(void **state)
{
	struct ksocket then[] = { example(1, 1000), example(2, 1000) };
	struct ksocket now[] = { example(1, 3000), example(2, 2001000), example(3, 9000000) };
	struct ksockets before = { .all = then, .count = 2 }, found = { .all = now, .count = 3 };
	FILE *out = to_memory();

	(void)state;
	strcpy(now[0].program, "quiet");
	strcpy(now[1].program, "busy");
	strcpy(now[2].program, "new");
	assert_int_equal(list_print_rates(out, &found, &before, 2, 10), 0);
	fclose(out);
	assert_non_null(strstr(printed, "3 sockets, sending 1.0 MB/s, receiving 0 B/s"));
	assert_true(strstr(printed, "busy/99") < strstr(printed, "quiet/99"));
	assert_true(strstr(printed, "quiet/99") < strstr(printed, "new/99"));
	/* no more rows than asked for */
	out = to_memory();
	assert_int_equal(list_print_rates(out, &found, &before, 2, 1), 0);
	fclose(out);
	assert_null(strstr(printed, "quiet"));
	free(printed);
	printed = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_socket),
		cmocka_unit_test(reads_ipv6_without_keys),
		cmocka_unit_test(shows_mapped_addresses_as_ipv4),
		cmocka_unit_test(passes_over_others),
		cmocka_unit_test(reads_no_further_than_the_message),
		cmocka_unit_test(bytes_in_words),
		cmocka_unit_test(table_of_sockets),
		cmocka_unit_test(states_of_sockets),
		cmocka_unit_test(json_escapes_names),
		cmocka_unit_test(rates_busiest_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
