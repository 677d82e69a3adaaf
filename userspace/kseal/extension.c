// SPDX-License-Identifier: GPL-2.0
/* Extensions of handshake messages, told field by field. */
#include "message.h"
#include "registry.h"

/** struct place - the message an extension is in, which says what it holds */
struct place {
	struct message_context *context;
	unsigned int type;
	bool client;
};

/* ---- parts of all messages ---------------------------------------------------- */

uint16_t code_tell(struct wire *w, const char *name, const char *(*meaning)(uint32_t value),
		   struct fields *f)
{
	const uint32_t value = wire_number(w, 2);

	if (!*w->bad)
		f->ops->code(f, name, value, 4, meaning(value));
	return value;
}

void codes_tell(struct wire *w, size_t length, size_t bytes, const char *name,
		const char *(*meaning)(uint32_t value), struct fields *f)
{
	struct wire list = wire_vector(w, length);
	uint32_t value;

	fields_list(f, name);
	while (list.left) {
		value = wire_number(&list, bytes);
		if (!*w->bad)
			f->ops->code(f, NULL, value, bytes * 2, meaning(value));
	}
	fields_close(f);
}

void hex_tell(struct wire *w, size_t size, const char *name, struct fields *f)
{
	const uint8_t *data = wire_take(w, size);

	if (data)
		f->ops->hex(f, name, data, size);
}

void vector_tell(struct wire *w, size_t length, const char *name, struct fields *f)
{
	struct wire part = wire_vector(w, length);

	hex_tell(&part, part.left, name, f);
}

/* Strings behind their lengths, until the part ends. */
static void strings_tell(struct wire *w, size_t length, const char *name, struct fields *f)
{
	struct wire text;

	fields_list(f, name);
	while (w->left) {
		text = wire_vector(w, length);
		if (!*w->bad)
			f->ops->text(f, NULL, text.at, text.left);
	}
	fields_close(f);
}

/* ---- one extension ------------------------------------------------------------ */

/* RFC 6066 3: the server's answer is empty. */
static void tell_server_name(struct wire *w, const struct place *in, struct fields *f)
{
	struct wire list, name;

	if (!in->client) {
		f->ops->note(f, "the server chose by that name");
		return;
	}
	list = wire_vector(w, 2);
	while (list.left) {
		if (wire_number(&list, 1))
			*w->bad = true;
		name = wire_vector(&list, 2);
		if (!*w->bad)
			f->ops->text(f, "host", name.at, name.left);
		else
			list.left = 0;
	}
}

static void tell_groups(struct wire *w, const struct place *in, struct fields *f)
{
	(void)in;
	codes_tell(w, 2, 2, "groups", registry_group, f);
}

static void tell_point_formats(struct wire *w, const struct place *in, struct fields *f)
{
	(void)in;
	codes_tell(w, 1, 1, "formats", registry_point_format, f);
}

static void tell_signatures(struct wire *w, const struct place *in, struct fields *f)
{
	(void)in;
	codes_tell(w, 2, 2, "algorithms", registry_signature, f);
}

static void tell_alpn(struct wire *w, const struct place *in, struct fields *f)
{
	struct wire list = wire_vector(w, 2);

	(void)in;
	strings_tell(&list, 1, "protocols", f);
}

/* RFC 8446 4.2.1 */
static void tell_versions(struct wire *w, const struct place *in, struct fields *f)
{
	if (in->client)
		codes_tell(w, 1, 2, "versions", registry_version, f);
	else
		in->context->version = code_tell(w, "version", registry_version, f);
}

static void tell_psk_modes(struct wire *w, const struct place *in, struct fields *f)
{
	(void)in;
	codes_tell(w, 1, 1, "modes", registry_psk_mode, f);
}

/* Return: its group. */
static uint16_t tell_share(struct wire *w, struct fields *f)
{
	const uint16_t group = code_tell(w, "group", registry_group, f);

	vector_tell(w, 2, "public_key", f);
	return group;
}

/* RFC 8446 4.2.8: a client's, a server's, and the wish of a HelloRetryRequest. */
static void tell_key_share(struct wire *w, const struct place *in, struct fields *f)
{
	struct wire list;

	if (in->type == MESSAGE_HELLO_RETRY_REQUEST) {
		code_tell(w, "group", registry_group, f);
		return;
	}
	if (!in->client) {
		in->context->group = tell_share(w, f);
		return;
	}
	list = wire_vector(w, 2);
	fields_list(f, "shares");
	while (list.left) {
		fields_open(f, NULL);
		tell_share(&list, f);
		fields_close(f);
	}
	fields_close(f);
}

static void tell_cookie(struct wire *w, const struct place *in, struct fields *f)
{
	(void)in;
	vector_tell(w, 2, "cookie", f);
}

/* RFC 8446 4.2.11 */
static void tell_psk(struct wire *w, const struct place *in, struct fields *f)
{
	struct wire list;

	if (!in->client) {
		f->ops->number(f, "identity", wire_number(w, 2), NULL);
		return;
	}
	list = wire_vector(w, 2);
	fields_list(f, "identities");
	while (list.left) {
		fields_open(f, NULL);
		vector_tell(&list, 2, "identity", f);
		hex_tell(&list, 4, "obfuscated_age", f);
		fields_close(f);
	}
	fields_close(f);
	list = wire_vector(w, 2);
	fields_list(f, "binders");
	while (list.left)
		vector_tell(&list, 1, NULL, f);
	fields_close(f);
}

/* RFC 8449 */
static void tell_record_limit(struct wire *w, const struct place *in, struct fields *f)
{
	(void)in;
	f->ops->number(f, "limit", wire_number(w, 2), "bytes of content");
}

/* RFC 8446 4.2.10: in a ticket the most that may come early. */
static void tell_early_data(struct wire *w, const struct place *in, struct fields *f)
{
	if (in->type == MESSAGE_NEW_SESSION_TICKET)
		f->ops->number(f, "limit", wire_number(w, 4), "bytes");
}

static void tell_renegotiation(struct wire *w, const struct place *in, struct fields *f)
{
	(void)in;
	vector_tell(w, 1, "verify_data", f);
}

/* RFC 6066 8; a TLS 1.3 server's is in its Certificate. */
static void tell_status(struct wire *w, const struct place *in, struct fields *f)
{
	if (!w->left)
		return;
	f->ops->number(f, "type", wire_number(w, 1), NULL);
	if (in->type == MESSAGE_CERTIFICATE) {
		vector_tell(w, 3, "ocsp_response", f);
		return;
	}
	vector_tell(w, 2, "responders", f);
	vector_tell(w, 2, "request_extensions", f);
}

static const struct row {
	uint16_t type;
	void (*tell)(struct wire *w, const struct place *in, struct fields *f);
} rows[] = {
	{ 0, tell_server_name }, { 5, tell_status }, { 10, tell_groups },
	{ 11, tell_point_formats }, { 13, tell_signatures }, { 16, tell_alpn },
	{ 28, tell_record_limit }, { 41, tell_psk }, { 42, tell_early_data },
	{ 43, tell_versions }, { 44, tell_cookie }, { 45, tell_psk_modes },
	{ 50, tell_signatures }, { 51, tell_key_share }, { 65281, tell_renegotiation },
};

/* ---- all of them -------------------------------------------------------------- */

static void tell_data(uint16_t type, struct wire *data, const struct place *in, struct fields *f)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].type != type)
			continue;
		rows[i].tell(data, in, f);
		wire_end(data);
		return;
	}
	if (data->left)
		hex_tell(data, data->left, "data", f);
}

void extensions_tell(struct wire *w, struct message_context *context, unsigned int type,
		     bool client, struct fields *f)
{
	const struct place in = { .context = context, .type = type, .client = client };
	struct wire list = wire_vector(w, 2), data;
	uint32_t number;

	fields_list(f, "extensions");
	while (list.left) {
		fields_open(f, NULL);
		number = code_tell(&list, "extension", registry_extension, f);
		data = wire_vector(&list, 2);
		if (!*w->bad)
			tell_data(number, &data, &in, f);
		else
			list.left = 0;
		fields_close(f);
	}
	fields_close(f);
}
