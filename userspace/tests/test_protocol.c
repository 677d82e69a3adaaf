// SPDX-License-Identifier: GPL-2.0
/* The broker protocol: what is written is read, what is malformed is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"

/** struct bytes - a message being put together by hand */
struct bytes {
	uint8_t data[KSEALD_MESSAGE_MAX + 64];
	size_t size;
};

static void put(struct bytes *b, size_t count, uint32_t value)
{
	while (count--)
		b->data[b->size++] = (uint64_t)value >> (8 * count);
}

static void begin(struct bytes *b, uint16_t type, uint32_t id)
{
	b->size = 0;
	put(b, 2, type);
	put(b, 2, 0);
	put(b, 4, id);
}

static void attribute(struct bytes *b, uint16_t type, const void *value,
		      size_t size)
{
	put(b, 2, type);
	put(b, 2, size);
	memcpy(b->data + b->size, value, size);
	b->size += size;
}

static void number(struct bytes *b, uint16_t type, size_t size, uint32_t value)
{
	put(b, 2, type);
	put(b, 2, size);
	put(b, size, value);
}

static void text(struct bytes *b, uint16_t type, const char *value)
{
	attribute(b, type, value, strlen(value));
}

/* A request that is right, to be spoilt. */
static void good_request(struct bytes *b)
{
	begin(b, KSEALD_REQUEST, 7);
	number(b, KSEALD_A_ROLE, 4, KSEAL_CLIENT);
	text(b, KSEALD_A_SERVER_NAME, "www.example");
	attribute(b, KSEALD_A_ALPN, "\2h2\10http/1.1", 12);
	number(b, KSEALD_A_TIMEOUT, 4, 2500);
}

static int decode(const struct bytes *b, struct kseald_request *request)
{
	return kseald_decode_request(b->data, b->size, request);
}

/* ---- what is written is read -------------------------------------------- */

static void hello_survives_the_way(void **state)
{
	const struct kseald_hello in = {
		.protocol = 1,
		.error = EPROTONOSUPPORT,
		.software = "libkseal 0.1.0",
		.reason = "another version",
	};
	struct kseald_hello out;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	(void)state;
	len = kseald_encode_hello(&in, buf, sizeof(buf));
	assert_true(len > KSEALD_HEADER_SIZE);
	assert_int_equal(kseald_decode_hello(buf, len, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
}

static void request_survives_the_way(void **state)
{
	struct kseald_request in, out;
	struct kseald_header header;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.role = KSEAL_SERVER;
	in.timeout_ms = 0xfffffffe;
	strcpy(in.server_name, "a");
	memset(in.identity, 'i', KSEAL_NAME_SIZE - 1);
	in.client_auth = KSEAL_CLIENT_AUTH_REQUIRED;
	memset(in.pin, 'p', KSEALD_PIN_SIZE - 1);
	memset(in.client_identity, 'c', KSEAL_NAME_SIZE - 1);
	assert_int_equal(kseald_alpn_parse("h2,http/1.1", &in.alpn), 0);
	len = kseald_encode_request(0x80000001, &in, buf, sizeof(buf));
	assert_true(len > 0);
	assert_int_equal(kseald_decode_header(buf, len, &header), 0);
	assert_int_equal(header.type, KSEALD_REQUEST);
	assert_int_equal(header.id, 0x80000001);
	assert_int_equal(kseald_decode_request(buf, len, &out), 0);
	assert_int_equal(out.role, in.role);
	assert_int_equal(out.timeout_ms, in.timeout_ms);
	assert_string_equal(out.server_name, in.server_name);
	assert_string_equal(out.identity, in.identity);
	assert_int_equal(out.client_auth, in.client_auth);
	assert_string_equal(out.pin, in.pin);
	assert_string_equal(out.client_identity, in.client_identity);
	assert_int_equal(out.alpn.size, 12);
	assert_memory_equal(out.alpn.names, in.alpn.names, 12);
}

static void result_survives_the_way(void **state)
{
	struct kseal_result in, out;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.id = 42;
	in.fd = -1;
	in.version = 0x0304;
	in.cipher = 52;
	strcpy(in.alpn, "h2");
	strcpy(in.server_name, "www.example");
	strcpy(in.peer, "[2001:db8::1]:443");
	strcpy(in.suite, "TLS_AES_256_GCM_SHA384");
	strcpy(in.peer_subject, "CN=alice,O=\\00");
	strcpy(in.peer_names, "DNS:a.example,IP:192.0.2.1");
	/* zeros inside and at the end are bytes like others */
	in.peer_fingerprint[1] = 1;
	strcpy(in.connection, "3f2a-1c");
	in.resumed = 1;
	len = kseald_encode_result(&in, buf, sizeof(buf));
	assert_true(len > 0);
	assert_int_equal(kseald_decode_result(buf, len, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
}

static void status_survives_the_way(void **state)
{
	struct kseald_status in = { .id = 9, .status.software = "kseald 0.1.0" }, out;
	struct kseald_header header;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;
	int i;

	(void)state;
	len = kseald_encode_status_request(9, buf, sizeof(buf));
	assert_int_equal(len, KSEALD_HEADER_SIZE);
	assert_int_equal(kseald_decode_header(buf, len, &header), 0);
	assert_int_equal(header.type, KSEALD_STATUS);
	assert_int_equal(header.id, 9);
	/* all, and then those alone that are not 0 */
	for (i = 0; i < KSEAL_COUNTER_COUNT; i++)
		in.status.counters[i] = UINT64_MAX - i;
	len = kseald_encode_status(&in, buf, sizeof(buf));
	assert_int_equal(kseald_decode_status(buf, len, &out), 0);
	assert_memory_equal(&out.status, &in.status, sizeof(in.status));
	for (i = 0; i < KSEAL_COUNTER_COUNT; i++)
		in.status.counters[i] = i == KSEAL_COUNTER_COUNT - 1;
	len = kseald_encode_status(&in, buf, sizeof(buf));
	assert_int_equal(len, KSEALD_HEADER_SIZE + 4 + strlen("kseald 0.1.0") + 4 + 8);
	assert_int_equal(kseald_decode_status(buf, len, &out), 0);
	assert_memory_equal(&out.status, &in.status, sizeof(in.status));
	assert_int_equal(out.id, 9);
}

/* kseald may be newer than the library, and count more. */
static void counters_not_known_are_skipped(void **state)
{
	struct kseald_status out;
	struct bytes b;

	(void)state;
	begin(&b, KSEALD_COUNTERS, 1);
	put(&b, 2, KSEALD_A_COUNTER + KSEAL_COUNTER_COUNT);
	put(&b, 2, 8);
	put(&b, 8, 5);
	assert_int_equal(kseald_decode_status(b.data, b.size, &out), 0);
	put(&b, 2, KSEALD_A_COUNTER);
	put(&b, 2, 4);
	put(&b, 4, 5);
	assert_int_equal(kseald_decode_status(b.data, b.size, &out), -EBADMSG);
}

static void a_socket_of_a_listener_survives_the_way(void **state)
{
	struct kseal_result in = { .id = 7, .fd = -1, .version = 0x0304 }, out;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	(void)state;
	strcpy(in.listener, "www");
	strcpy(in.peer, "192.0.2.1:5");
	len = kseald_encode_handed(&in, buf, sizeof(buf));
	assert_true(len > 0);
	assert_int_equal(kseald_decode_handed(buf, len, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	/* it is no answer to a request */
	assert_int_equal(kseald_decode_result(buf, len, &out), -EBADMSG);
}

static void subscribe_survives_the_way(void **state)
{
	struct kseald_subscribe in = { .room = 70000, .error = ENXIO }, out;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	(void)state;
	strcpy(in.listener, "www");
	strcpy(in.reason, "it is gone");
	len = kseald_encode_subscribe(9, &in, buf, sizeof(buf));
	assert_true(len > 0);
	assert_int_equal(kseald_decode_subscribe(buf, len, &out), 0);
	assert_memory_equal(&in, &out, sizeof(in));
	/* without a name it is none */
	memset(&in, 0, sizeof(in));
	len = kseald_encode_subscribe(9, &in, buf, sizeof(buf));
	assert_int_equal(kseald_decode_subscribe(buf, len, &out), -EBADMSG);
}

static void longest_result_fits_a_message(void **state)
{
	struct kseal_result in, out;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	(void)state;
	memset(&in, 0, sizeof(in));
	in.error = ETIMEDOUT;
	in.version = 0x0303;
	in.cipher = 51;
	memset(in.alpn, 'a', sizeof(in.alpn) - 1);
	memset(in.server_name, 's', sizeof(in.server_name) - 1);
	memset(in.peer, 'p', sizeof(in.peer) - 1);
	memset(in.suite, 'u', sizeof(in.suite) - 1);
	memset(in.reason, 'r', sizeof(in.reason) - 1);
	memset(in.peer_subject, 'j', sizeof(in.peer_subject) - 1);
	memset(in.peer_names, 'n', sizeof(in.peer_names) - 1);
	memset(in.peer_fingerprint, 0xff, sizeof(in.peer_fingerprint));
	memset(in.connection, 'c', sizeof(in.connection) - 1);
	memset(in.listener, 'l', sizeof(in.listener) - 1);
	len = kseald_encode_result(&in, buf, sizeof(buf));
	assert_true(len > 0);
	assert_int_equal(kseald_decode_result(buf, len, &out), 0);
	assert_string_equal(out.reason, in.reason);
	assert_int_equal(kseald_encode_result(&in, buf, len - 1), -EMSGSIZE);
	assert_int_equal(kseald_encode_result(&in, buf, 3), -EMSGSIZE);
}

static void control_characters_do_not_leave_the_encoder(void **state)
{
	struct kseal_result in, out;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t len;

	(void)state;
	memset(&in, 0, sizeof(in));
	strcpy(in.alpn, "a\x1b[2Jb\x7f\n");
	len = kseald_encode_result(&in, buf, sizeof(buf));
	assert_int_equal(kseald_decode_result(buf, len, &out), 0);
	assert_string_equal(out.alpn, "a?[2Jb??");
}

static void bytes_are_as_documented(void **state)
{
	static const uint8_t expected[] = {
		0, 2, 0, 0, 0, 0, 1, 2,		/* request, id 0x102 */
		0, 5, 0, 4, 0, 0, 0, 2,		/* role client */
		0, 9, 0, 4, 0, 0, 0x27, 0x10,	/* 10000 ms */
		0, 6, 0, 3, 'w', '.', 'x',	/* server name */
		0, 7, 0, 3, 2, 'h', '2',	/* ALPN */
	};
	struct kseald_request request = {
		.role = KSEAL_CLIENT,
		.timeout_ms = 10000,
		.server_name = "w.x",
		.alpn = { .size = 3, .names = { 2, 'h', '2' } },
	};
	uint8_t buf[KSEALD_MESSAGE_MAX];

	(void)state;
	assert_int_equal(kseald_encode_request(0x102, &request, buf, sizeof(buf)),
			 sizeof(expected));
	assert_memory_equal(buf, expected, sizeof(expected));
}

/* A kseald that does not know them must not do without. */
static void checks_asked_for_are_critical(void **state)
{
	static const uint8_t expected[] = {
		0, 2, 0, 0, 0, 0, 0, 1,
		0, 5, 0, 4, 0, 0, 0, 2,
		0x80, 19, 0, 4, 0, 0, 0, 2,	/* client auth */
		0x80, 20, 0, 1, 'p',		/* pin */
	};
	const struct kseald_request request = {
		.role = KSEAL_CLIENT,
		.client_auth = KSEAL_CLIENT_AUTH_REQUIRED,
		.pin = "p",
	};
	uint8_t buf[KSEALD_MESSAGE_MAX];

	(void)state;
	assert_int_equal(kseald_encode_request(1, &request, buf, sizeof(buf)), sizeof(expected));
	assert_memory_equal(buf, expected, sizeof(expected));
}

/* ---- what is malformed is refused --------------------------------------- */

static void spoil_nothing(struct bytes *b)
{
	(void)b;
}

static void spoil_type(struct bytes *b)
{
	b->data[1] = KSEALD_RESULT;
}

static void spoil_header_only(struct bytes *b)
{
	b->size = KSEALD_HEADER_SIZE;
}

static void spoil_short_header(struct bytes *b)
{
	b->size = KSEALD_HEADER_SIZE - 1;
}

static void spoil_empty(struct bytes *b)
{
	b->size = 0;
}

/* An unknown attribute that makes the message @total bytes long. */
static void fill_up(struct bytes *b, size_t total)
{
	const size_t room = total - b->size - 4;

	put(b, 2, 900);
	put(b, 2, room);
	memset(b->data + b->size, 0, room);
	b->size += room;
}

static void spoil_too_long(struct bytes *b)
{
	fill_up(b, KSEALD_MESSAGE_MAX + 1);
}

static void spoil_just_fits(struct bytes *b)
{
	fill_up(b, KSEALD_MESSAGE_MAX);
}

static void spoil_half_attribute(struct bytes *b)
{
	put(b, 2, 900);
	put(b, 1, 0);
}

static void spoil_length(struct bytes *b)
{
	put(b, 2, 900);
	put(b, 2, 1);
}

static void spoil_twice(struct bytes *b)
{
	number(b, KSEALD_A_ROLE, 4, KSEAL_CLIENT);
}

static void spoil_twice_critical(struct bytes *b)
{
	number(b, KSEALD_A_ROLE | KSEALD_A_CRITICAL, 4, KSEAL_CLIENT);
}

static void spoil_number_short(struct bytes *b)
{
	begin(b, KSEALD_REQUEST, 1);
	number(b, KSEALD_A_ROLE, 2, KSEAL_CLIENT);
}

static void spoil_number_long(struct bytes *b)
{
	begin(b, KSEALD_REQUEST, 1);
	attribute(b, KSEALD_A_ROLE, "\0\0\0\0\2", 5);
}

static void spoil_name_empty(struct bytes *b)
{
	attribute(b, KSEALD_A_IDENTITY, "", 0);
}

static void spoil_name_long(struct bytes *b)
{
	char name[KSEAL_NAME_SIZE];

	memset(name, 'n', sizeof(name));
	attribute(b, KSEALD_A_IDENTITY, name, sizeof(name));
}

static void spoil_name_longest(struct bytes *b)
{
	char name[KSEAL_NAME_SIZE - 1];

	memset(name, 'n', sizeof(name));
	attribute(b, KSEALD_A_IDENTITY, name, sizeof(name));
}

static void spoil_name_nul(struct bytes *b)
{
	attribute(b, KSEALD_A_IDENTITY, "a\0b", 3);
}

static void spoil_name_escape(struct bytes *b)
{
	text(b, KSEALD_A_IDENTITY, "a\x1b[2J");
}

static void alpn_only(struct bytes *b, const void *value, size_t size)
{
	begin(b, KSEALD_REQUEST, 1);
	number(b, KSEALD_A_ROLE, 4, KSEAL_SERVER);
	attribute(b, KSEALD_A_ALPN, value, size);
}

static void spoil_alpn_empty(struct bytes *b)
{
	alpn_only(b, "", 0);
}

static void spoil_alpn_empty_name(struct bytes *b)
{
	alpn_only(b, "\2h2\0", 4);
}

static void spoil_alpn_over_end(struct bytes *b)
{
	alpn_only(b, "\2h2\3ab", 6);
}

static void spoil_alpn_long(struct bytes *b)
{
	uint8_t list[KSEALD_ALPN_MAX + 2];
	size_t i;

	for (i = 0; i < sizeof(list); i += 2) {
		list[i] = 1;
		list[i + 1] = 'a';
	}
	alpn_only(b, list, sizeof(list));
}

static void spoil_unknown(struct bytes *b)
{
	text(b, 0x7abc, "whatever");
}

static void spoil_unknown_critical(struct bytes *b)
{
	text(b, 0x7abc | KSEALD_A_CRITICAL, "whatever");
}

static void spoil_critical_then_malformed(struct bytes *b)
{
	spoil_unknown_critical(b);
	spoil_length(b);
}

static const struct {
	const char *what;
	void (*spoil)(struct bytes *b);
	int ret;
} spoilt[] = {
	{ "a good request", spoil_nothing, 0 },
	{ "an unknown attribute is skipped", spoil_unknown, 0 },
	{ "the longest name there may be", spoil_name_longest, 0 },
	{ "the longest message there may be", spoil_just_fits, 0 },
	{ "an unknown critical attribute", spoil_unknown_critical, -EOPNOTSUPP },
	{ "malformed behind one", spoil_critical_then_malformed, -EBADMSG },
	{ "another type", spoil_type, -EBADMSG },
	{ "nothing required", spoil_header_only, -EBADMSG },
	{ "a short header", spoil_short_header, -EBADMSG },
	{ "nothing", spoil_empty, -EBADMSG },
	{ "one byte too many", spoil_too_long, -EBADMSG },
	{ "half an attribute", spoil_half_attribute, -EBADMSG },
	{ "a length over the end", spoil_length, -EBADMSG },
	{ "an attribute twice", spoil_twice, -EBADMSG },
	{ "twice, once critical", spoil_twice_critical, -EBADMSG },
	{ "a number too short", spoil_number_short, -EBADMSG },
	{ "a number too long", spoil_number_long, -EBADMSG },
	{ "an empty name", spoil_name_empty, -EBADMSG },
	{ "a name too long", spoil_name_long, -EBADMSG },
	{ "a name with NUL", spoil_name_nul, -EBADMSG },
	{ "a name with ESC", spoil_name_escape, -EBADMSG },
	{ "an empty list", spoil_alpn_empty, -EBADMSG },
	{ "an empty protocol", spoil_alpn_empty_name, -EBADMSG },
	{ "a protocol over the end", spoil_alpn_over_end, -EBADMSG },
	{ "a list too long", spoil_alpn_long, -EBADMSG },
};

static void malformed_requests_are_refused(void **state)
{
	struct kseald_request request;
	struct bytes b;
	size_t i;
	int ret;

	(void)state;
	for (i = 0; i < sizeof(spoilt) / sizeof(spoilt[0]); i++) {
		good_request(&b);
		spoilt[i].spoil(&b);
		ret = decode(&b, &request);
		if (ret != spoilt[i].ret)
			fail_msg("%s: %d instead of %d", spoilt[i].what, ret,
				 spoilt[i].ret);
	}
}

/*
 * Every cut is refused, or reads as the message that ends there; the buffer is
 * exactly as long as the message, so that valgrind and ASan see overreads.
 */
static void truncated_requests_do_no_harm(void **state)
{
	struct kseald_request request;
	struct bytes b;
	size_t size, whole = 0;
	uint8_t *copy;
	int ret;

	(void)state;
	good_request(&b);
	for (size = 0; size < b.size; size++) {
		copy = malloc(size ? size : 1);
		memcpy(copy, b.data, size);
		ret = kseald_decode_request(copy, size, &request);
		assert_true(ret == 0 || ret == -EBADMSG);
		whole += !ret;
		free(copy);
	}
	/* behind the role, the name and the list */
	assert_int_equal(whole, 3);
}

static void random_messages_do_no_harm(void **state)
{
	struct kseald_request request;
	struct kseald_hello hello;
	struct kseal_result result;
	struct bytes b;
	unsigned int seed = 1;
	int round, i;

	(void)state;
	for (round = 0; round < 20000; round++) {
		good_request(&b);
		b.data[1] = rand_r(&seed) % 4;
		for (i = rand_r(&seed) % 4; i >= 0; i--)
			b.data[rand_r(&seed) % b.size] = rand_r(&seed);
		b.size = rand_r(&seed) % (b.size + 1);
		kseald_decode_request(b.data, b.size, &request);
		kseald_decode_hello(b.data, b.size, &hello);
		kseald_decode_result(b.data, b.size, &result);
		assert_true(strnlen(request.server_name, KSEAL_NAME_SIZE) <
			    KSEAL_NAME_SIZE);
		assert_true(request.alpn.size <= KSEALD_ALPN_MAX);
		assert_true(strnlen(result.peer, sizeof(result.peer)) <
			    sizeof(result.peer));
	}
}

static void fingerprint_of_another_size_is_refused(void **state)
{
	const uint8_t bytes[KSEAL_FINGERPRINT_SIZE + 1] = { 1 };
	struct kseal_result result;
	struct bytes b = { 0 };
	size_t size;

	(void)state;
	for (size = KSEAL_FINGERPRINT_SIZE - 1; size <= sizeof(bytes); size++) {
		begin(&b, KSEALD_RESULT, 1);
		attribute(&b, KSEALD_A_PEER_FINGERPRINT, bytes, size);
		assert_int_equal(kseald_decode_result(b.data, b.size, &result),
				 size == KSEAL_FINGERPRINT_SIZE ? 0 : -EBADMSG);
	}
}

static void result_with_an_impossible_errno_is_refused(void **state)
{
	struct kseal_result result;
	struct bytes b;

	(void)state;
	begin(&b, KSEALD_RESULT, 1);
	number(&b, KSEALD_A_ERROR, 4, 4095);
	assert_int_equal(kseald_decode_result(b.data, b.size, &result), 0);
	begin(&b, KSEALD_RESULT, 1);
	number(&b, KSEALD_A_ERROR, 4, 4096);
	assert_int_equal(kseald_decode_result(b.data, b.size, &result), -EBADMSG);
	begin(&b, KSEALD_RESULT, 1);
	number(&b, KSEALD_A_ERROR, 4, 0xffffffff);
	assert_int_equal(kseald_decode_result(b.data, b.size, &result), -EBADMSG);
}

/* ---- lists of protocols ------------------------------------------------- */

static void alpn_list_is_read_in_order(void **state)
{
	struct kseald_alpn alpn;
	size_t position = 0, length;
	const uint8_t *name;

	(void)state;
	assert_int_equal(kseald_alpn_parse("h2,http/1.1", &alpn), 0);
	name = kseald_alpn_next(&alpn, &position, &length);
	assert_int_equal(length, 2);
	assert_memory_equal(name, "h2", 2);
	name = kseald_alpn_next(&alpn, &position, &length);
	assert_int_equal(length, 8);
	assert_memory_equal(name, "http/1.1", 8);
	assert_null(kseald_alpn_next(&alpn, &position, &length));
}

static void bad_alpn_text_is_refused(void **state)
{
	static const char *const bad[] = { "", ",", "h2,", ",h2", "h2,,x" };
	char list[2 * KSEALD_ALPN_MAX];
	struct kseald_alpn alpn;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(kseald_alpn_parse(bad[i], &alpn), -EINVAL);
	memset(list, 'x', sizeof(list));
	list[255] = '\0';
	assert_int_equal(kseald_alpn_parse(list, &alpn), 0);
	list[255] = 'x';
	list[256] = '\0';
	assert_int_equal(kseald_alpn_parse(list, &alpn), -EINVAL);
	/* 255 + 255 bytes with their lengths are all that fits */
	memset(list, 'x', sizeof(list));
	list[255] = ',';
	list[511] = '\0';
	assert_int_equal(kseald_alpn_parse(list, &alpn), 0);
	list[511] = ',';
	list[512] = 'y';
	list[513] = '\0';
	assert_int_equal(kseald_alpn_parse(list, &alpn), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_survives_the_way),
		cmocka_unit_test(request_survives_the_way),
		cmocka_unit_test(result_survives_the_way),
		cmocka_unit_test(status_survives_the_way),
		cmocka_unit_test(counters_not_known_are_skipped),
		cmocka_unit_test(a_socket_of_a_listener_survives_the_way),
		cmocka_unit_test(subscribe_survives_the_way),
		cmocka_unit_test(longest_result_fits_a_message),
		cmocka_unit_test(control_characters_do_not_leave_the_encoder),
		cmocka_unit_test(bytes_are_as_documented),
		cmocka_unit_test(malformed_requests_are_refused),
		cmocka_unit_test(truncated_requests_do_no_harm),
		cmocka_unit_test(random_messages_do_no_harm),
		cmocka_unit_test(checks_asked_for_are_critical),
		cmocka_unit_test(fingerprint_of_another_size_is_refused),
		cmocka_unit_test(result_with_an_impossible_errno_is_refused),
		cmocka_unit_test(alpn_list_is_read_in_order),
		cmocka_unit_test(bad_alpn_text_is_refused),
	};

	return cmocka_run_group_tests_name("protocol", tests, NULL, NULL);
}
