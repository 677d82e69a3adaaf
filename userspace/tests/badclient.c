// SPDX-License-Identifier: GPL-2.0
/* A client that speaks records and handshake messages by hand, and so can speak badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "badclient.h"

enum {
	/* RFC 8446 4.2, RFC 7685 */
	EXT_GROUPS = 10,
	EXT_SCHEMES = 13,
	EXT_PADDING = 21,
	EXT_VERSIONS = 43,
	EXT_KEY_SHARE = 51,
	GROUP_X25519 = 0x001d,
	KEY_SIZE = 32,
	TLS_1_2 = 0x0303,
};

void bad_add(struct bad *bad, const void *data, size_t size)
{
	assert_true(size <= BAD_ROOM - bad->size);
	memcpy(bad->data + bad->size, data, size);
	bad->size += size;
}

void bad_number(struct bad *bad, size_t bytes, uint32_t number)
{
	uint8_t byte;

	while (bytes--) {
		byte = number >> 8 * bytes;
		bad_add(bad, &byte, 1);
	}
}

/* A length of @bytes bytes is filled in when what it is about has been added. */
static size_t begin(struct bad *bad, size_t bytes)
{
	bad_number(bad, bytes, 0);
	return bad->size;
}

static void end(struct bad *bad, size_t begun, size_t bytes)
{
	const size_t size = bad->size, length = size - begun;

	bad->size = begun - bytes;
	bad_number(bad, bytes, length);
	bad->size = size;
}

static void add_hex(struct bad *bad, const char *hex)
{
	char digits[3] = "";

	for (; *hex; hex += 2) {
		memcpy(digits, hex, 2);
		bad_number(bad, 1, strtoul(digits, NULL, 16));
	}
}

static void add_list(struct bad *bad, size_t bytes, const char *hex)
{
	const size_t begun = begin(bad, bytes);

	add_hex(bad, hex);
	end(bad, begun, bytes);
}

static void add_extension(struct bad *bad, uint16_t type, size_t bytes, const char *hex)
{
	size_t begun;

	bad_number(bad, 2, type);
	begun = begin(bad, 2);
	add_list(bad, bytes, hex);
	end(bad, begun, 2);
}

/* Any 32 bytes are a public key of X25519, and these are the base point. */
static void add_key_share(struct bad *bad, int with_key)
{
	static const uint8_t key[KEY_SIZE] = { 9 };

	bad_number(bad, 2, EXT_KEY_SHARE);
	if (!with_key) {
		bad_number(bad, 2, 2);
		bad_number(bad, 2, 0);
		return;
	}
	bad_number(bad, 2, 2 + 2 + 2 + KEY_SIZE);
	bad_number(bad, 2, 2 + 2 + KEY_SIZE);
	bad_number(bad, 2, GROUP_X25519);
	bad_number(bad, 2, KEY_SIZE);
	bad_add(bad, key, sizeof(key));
}

static void add_padding(struct bad *bad, size_t size)
{
	static const uint8_t zeros[UINT16_MAX];

	bad_number(bad, 2, EXT_PADDING);
	bad_number(bad, 2, size);
	bad_add(bad, zeros, size);
}

static void add_extensions(struct bad *bad, const struct bad_hello *hello)
{
	const char *versions = hello->versions ? hello->versions : "03040303";
	const size_t begun = begin(bad, 2);

	add_extension(bad, EXT_GROUPS, 2, hello->groups ? hello->groups : "001d0017");
	add_extension(bad, EXT_SCHEMES, 2, hello->schemes ? hello->schemes : "040308040401");
	if (*versions)
		add_extension(bad, EXT_VERSIONS, 1, versions);
	if (strstr(versions, "0304"))
		add_key_share(bad, !hello->groups);
	if (hello->padding)
		add_padding(bad, hello->padding);
	end(bad, begun, 2);
}

void bad_message(struct bad *bad, const struct bad_hello *hello)
{
	static const uint8_t random[32] = { 1, 2, 3 };
	size_t begun;

	bad_number(bad, 1, MESSAGE_CLIENT_HELLO);
	begun = begin(bad, 3);
	bad_number(bad, 2, hello->version ? hello->version : TLS_1_2);
	bad_add(bad, random, sizeof(random));
	bad_number(bad, 1, 0);				/* session id */
	add_list(bad, 2, hello->suites ? hello->suites : "13011302c02bc02fc02cc030");
	add_list(bad, 1, hello->compression ? hello->compression : "00");
	if (!hello->plain)
		add_extensions(bad, hello);
	end(bad, begun, 3);
}

void bad_record(struct bad *bad, uint8_t type, const void *body, size_t size)
{
	bad_number(bad, 1, type);
	bad_number(bad, 2, TLS_1_2);
	bad_number(bad, 2, size);
	bad_add(bad, body, size);
}

void bad_records(struct bad *bad, uint8_t type, const void *body, size_t size, size_t each)
{
	const uint8_t *at = body;
	size_t n;

	for (; size; size -= n, at += n) {
		n = size < each ? size : each;
		bad_record(bad, type, at, n);
	}
}

void bad_hello(struct bad *bad, const struct bad_hello *hello)
{
	static struct bad message;

	message.size = 0;
	bad_message(&message, hello);
	bad_records(bad, RECORD_HANDSHAKE, message.data, message.size, RECORD_MAX);
}

void bad_send(const struct bad *bad, int fd)
{
	size_t at = 0;
	ssize_t n;

	while (at < bad->size) {
		n = send(fd, bad->data + at, bad->size - at, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		at += n;
	}
}

static int read_all(int fd, uint8_t *buf, size_t size)
{
	return recv(fd, buf, size, MSG_WAITALL) == (ssize_t)size;
}

int bad_hear(int fd, int *first)
{
	uint8_t header[5], body[UINT16_MAX];
	size_t length;

	if (first)
		*first = 0;
	while (read_all(fd, header, sizeof(header))) {
		length = header[3] << 8 | header[4];
		if (first && !*first)
			*first = header[0];
		if (!read_all(fd, body, length))
			return -1;
		if (header[0] == RECORD_ALERT && length == 2)
			return body[1];
	}
	return -1;
}
