// SPDX-License-Identifier: GPL-2.0
/*
 * kseal/message.c with any message: what it opens it closes, it reads all of a message
 * or says that it is malformed, and neither a terminal nor a reader of JSON gets a byte
 * of the peer as it is.
 */
#include "fuzz.h"

#include "../kseal/message.h"

static const uint16_t types[] = {
	MESSAGE_CLIENT_HELLO, MESSAGE_SERVER_HELLO, MESSAGE_HELLO_RETRY_REQUEST,
	MESSAGE_NEW_SESSION_TICKET, MESSAGE_ENCRYPTED_EXTENSIONS, MESSAGE_CERTIFICATE,
	MESSAGE_SERVER_KEY_EXCHANGE, MESSAGE_CERTIFICATE_REQUEST, MESSAGE_CERTIFICATE_VERIFY,
	MESSAGE_CLIENT_KEY_EXCHANGE, MESSAGE_FINISHED, MESSAGE_CERTIFICATE_STATUS,
	MESSAGE_KEY_UPDATE, MESSAGE_SERVER_HELLO_DONE, 99,
};

/* Elliptic, finite field, RSA, none of them. */
static const uint16_t suites[] = { 0xc02b, 0x009e, 0x009c, 0x1301 };

/* Tells the message with one kind of fields; what was printed is the caller's to free. */
static bool tell(void (*set_up)(struct fields *f, FILE *out), uint8_t type, uint8_t agreed,
		 const struct input *in, char **text, size_t *len)
{
	struct message_context context = {
		.version = agreed & 1 ? 0x0304 : 0x0303,
		.suite = suites[agreed >> 1 & 3],
	};
	FILE *out = open_memstream(text, len);
	struct fields f;
	bool good;

	REQUIRE(out);
	set_up(&f, out);
	fields_open(&f, NULL);
	good = message_tell(&context, agreed & 8, types[type % (sizeof(types) / 2)], in->data,
			    in->size, &f);
	REQUIRE(f.depth == 1);
	fields_close(&f);
	REQUIRE(!fclose(out));
	return good;
}

static void require_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		REQUIRE(text[i] == '\n' || (text[i] >= ' ' && text[i] < 127));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	const uint8_t type = input_byte(&in), agreed = input_byte(&in);
	char *people, *machines;
	size_t len;
	bool good;

	good = tell(fields_to_text, type, agreed, &in, &people, &len);
	require_printable(people, len);
	REQUIRE(good == !strstr(people, "malformed             its lengths"));
	REQUIRE(tell(fields_to_json, type, agreed, &in, &machines, &len) == good);
	require_printable(machines, len);
	REQUIRE(len >= 4 && machines[0] == '{' && !strcmp(machines + len - 2, "}\n"));
	free(people);
	free(machines);
	return 0;
}
