// SPDX-License-Identifier: GPL-2.0
/*
 * The messages of kseald-protocol(7), any bytes as each of them: what is taken fits
 * its structure, and says the same when it is written and read once more.
 */
#include <errno.h>

#include "fuzz.h"

#include "../libkseal/protocol.h"

static bool ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool is_refusal(int ret)
{
	return ret == -EBADMSG || ret == -EOPNOTSUPP;
}

static void as_hello(const uint8_t *data, size_t size)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	struct kseald_hello hello, again;
	const int ret = kseald_decode_hello(data, size, &hello);
	ssize_t len;

	REQUIRE(!ret || is_refusal(ret));
	if (ret)
		return;
	REQUIRE(ends(hello.software, sizeof(hello.software)));
	REQUIRE(ends(hello.reason, sizeof(hello.reason)));
	len = kseald_encode_hello(&hello, buf, sizeof(buf));
	REQUIRE(len > 0);
	/* a version of 0 is not written, and then missing */
	if (!hello.protocol)
		return;
	REQUIRE(!kseald_decode_hello(buf, len, &again));
	REQUIRE(again.protocol == hello.protocol && again.error == hello.error);
	REQUIRE(!strcmp(again.software, hello.software) && !strcmp(again.reason, hello.reason));
}

static size_t count_names(const struct kseald_alpn *alpn)
{
	size_t position = 0, length, count = 0;
	const uint8_t *name;

	while ((name = kseald_alpn_next(alpn, &position, &length))) {
		REQUIRE(length && name >= alpn->names);
		REQUIRE(name + length <= alpn->names + alpn->size);
		count++;
	}
	return count;
}

static void as_request(const uint8_t *data, size_t size)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	struct kseald_request request, again;
	const int ret = kseald_decode_request(data, size, &request);
	ssize_t len;

	REQUIRE(!ret || is_refusal(ret));
	if (ret)
		return;
	REQUIRE(ends(request.server_name, sizeof(request.server_name)));
	REQUIRE(ends(request.identity, sizeof(request.identity)));
	REQUIRE(request.alpn.size <= sizeof(request.alpn.names));
	len = kseald_encode_request(7, &request, buf, sizeof(buf));
	REQUIRE(len > 0);
	if (!request.role)
		return;
	REQUIRE(!kseald_decode_request(buf, len, &again));
	REQUIRE(again.role == request.role && again.timeout_ms == request.timeout_ms);
	REQUIRE(!strcmp(again.server_name, request.server_name));
	REQUIRE(!strcmp(again.identity, request.identity));
	REQUIRE(count_names(&again.alpn) == count_names(&request.alpn));
}

static void as_result(const uint8_t *data, size_t size)
{
	uint8_t buf[KSEALD_MESSAGE_MAX];
	struct kseal_result result, again;
	const int ret = kseald_decode_result(data, size, &result);
	ssize_t len;

	REQUIRE(!ret || is_refusal(ret));
	if (ret)
		return;
	REQUIRE(ends(result.reason, sizeof(result.reason)));
	REQUIRE(ends(result.suite, sizeof(result.suite)));
	REQUIRE(ends(result.peer, sizeof(result.peer)));
	len = kseald_encode_result(&result, buf, sizeof(buf));
	REQUIRE(len > 0);
	REQUIRE(!kseald_decode_result(buf, len, &again));
	REQUIRE(again.id == result.id && again.error == result.error);
	REQUIRE(!strcmp(again.reason, result.reason) && !strcmp(again.alpn, result.alpn));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kseald_header header;
	const int ret = kseald_decode_header(data, size, &header);

	REQUIRE(!ret || ret == -EBADMSG);
	REQUIRE(ret || (size >= KSEALD_HEADER_SIZE && size <= KSEALD_MESSAGE_MAX));
	as_hello(data, size);
	as_request(data, size);
	as_result(data, size);
	return 0;
}
