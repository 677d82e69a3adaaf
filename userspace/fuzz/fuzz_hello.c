// SPDX-License-Identifier: GPL-2.0
/*
 * kseald/hello.c with any bytes as a ClientHello: what it finds lies inside them,
 * has the form it promises, and no beginning of a hello is one itself, but for
 * that without extensions.
 */
#include "fuzz.h"

#include "../kseald/hello.c"
#include "../kseald/hello_text.c"

static void check_span(const struct hello_span *span, const uint8_t *data, size_t size,
		       size_t element)
{
	if (!span->data) {
		REQUIRE(!span->size);
		return;
	}
	REQUIRE(span->data >= data && span->data <= data + size);
	REQUIRE(span->size <= (size_t)(data + size - span->data));
	REQUIRE(span->size % element == 0);
}

static void check_spans(const struct hello *hello, const uint8_t *data, size_t size)
{
	check_span(&hello->random, data, size, HELLO_RANDOM_SIZE);
	check_span(&hello->session_id, data, size, 1);
	check_span(&hello->suites, data, size, 2);
	check_span(&hello->compressions, data, size, 1);
	check_span(&hello->versions, data, size, 2);
	check_span(&hello->groups, data, size, 2);
	check_span(&hello->sigalgs, data, size, 2);
	check_span(&hello->host, data, size, 1);
	check_span(&hello->alpn, data, size, 1);
	check_span(&hello->psk_modes, data, size, 1);
	check_span(&hello->ticket, data, size, 1);
	check_span(&hello->psk, data, size, 1);
	check_span(&hello->extensions, data, size, 1);
}

static void check_text(const struct hello *hello, size_t room)
{
	char host[HELLO_HOST_SIZE];
	char *text = malloc(room);
	size_t i, len;

	REQUIRE(text);
	REQUIRE(strlen(hello_list(&hello->suites, HELLO_SUITES, text, room)) < room);
	REQUIRE(strlen(hello_describe(hello, text, room)) < room);
	for (i = 0; text[i]; i++)
		REQUIRE((unsigned char)text[i] >= ' ' && (unsigned char)text[i] < 0x7f);
	free(text);
	len = hello_host(hello, host);
	REQUIRE(len == strlen(host) && len <= hello->host.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hello hello, prefix;
	const char *why = NULL;
	size_t bare, cut;

	if (hello_parse(&hello, data, size, &why)) {
		REQUIRE(why && *why && !hello.suites.data);
		return 0;
	}
	REQUIRE(!why);
	check_spans(&hello, data, size);
	REQUIRE(hello.session_id.size <= HELLO_SESSION_ID_MAX && hello.suites.size);
	check_text(&hello, 64 + size % 1024);
	REQUIRE(hello_verifies(&hello, HELLO_KEY_RSA) || hello.sigalgs.data);

	bare = hello.compressions.data + hello.compressions.size - data;
	cut = data[2] << 8 | data[3];
	cut %= size;
	REQUIRE(hello_parse(&prefix, data, cut, &why) == (cut == bare ? 0 : -EBADMSG));
	return 0;
}
