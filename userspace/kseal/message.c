// SPDX-License-Identifier: GPL-2.0
/* Handshake messages, told field by field. */
#include <string.h>

#include "message.h"
#include "registry.h"

enum {
	TLS13 = 0x0304,
	RANDOM_SIZE = 32,
	NAMED_CURVE = 3,
};

/** struct said - a message being told */
struct said {
	struct message_context *context;
	bool client;
	unsigned int type;
};

bool message_is_retry(const uint8_t *body, size_t size)
{
	static const uint8_t retry[RANDOM_SIZE] = {
		0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e,
		0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e,
		0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
	};

	return size >= 2 + RANDOM_SIZE && !memcmp(body + 2, retry, RANDOM_SIZE);
}

/* A hello of TLS 1.2 may end without extensions. */
static void tell_extensions(struct wire *w, const struct said *m, struct fields *f)
{
	if (w->left)
		extensions_tell(w, m->context, m->type, m->client, f);
}

static void tell_client_hello(struct wire *w, const struct said *m, struct fields *f)
{
	code_tell(w, "legacy_version", registry_version, f);
	hex_tell(w, RANDOM_SIZE, "random", f);
	vector_tell(w, 1, "session_id", f);
	codes_tell(w, 2, 2, "suites", registry_suite, f);
	codes_tell(w, 1, 1, "compression", registry_compression, f);
	tell_extensions(w, m, f);
}

/* RFC 8446 4.1.3: a server that can do more and speaks less says so in its random. */
static void tell_downgrade(const uint8_t *random, struct fields *f)
{
	static const uint8_t mark[] = { 'D', 'O', 'W', 'N', 'G', 'R', 'D' };

	if (!memcmp(random + 24, mark, sizeof(mark)) && random[31] <= 1)
		f->ops->note(f, "its random ends in DOWNGRD: it can do a later version as well");
}

static void tell_server_hello(struct wire *w, const struct said *m, struct fields *f)
{
	struct message_context *context = m->context;
	const uint8_t *random;
	uint32_t compression;

	context->version = code_tell(w, "legacy_version", registry_version, f);
	random = wire_take(w, RANDOM_SIZE);
	if (!random)
		return;
	f->ops->hex(f, "random", random, RANDOM_SIZE);
	tell_downgrade(random, f);
	vector_tell(w, 1, "session_id", f);
	context->suite = code_tell(w, "suite", registry_suite, f);
	compression = wire_number(w, 1);
	f->ops->code(f, "compression", compression, 2, registry_compression(compression));
	tell_extensions(w, m, f);
}

static void tell_encrypted_extensions(struct wire *w, const struct said *m, struct fields *f)
{
	extensions_tell(w, m->context, m->type, m->client, f);
}

static void tell_one_certificate(struct wire *w, const struct said *m, struct fields *f)
{
	struct wire der = wire_vector(w, 3);

	if (!*w->bad)
		f->ops->number(f, "size", der.left, "bytes");
	if (der.left && m->context->certificate)
		m->context->certificate(f, der.at, der.left);
	else
		hex_tell(&der, der.left, "der", f);
	if (m->context->version == TLS13 && w->left)
		extensions_tell(w, m->context, m->type, m->client, f);
}

/* RFC 8446 4.4.2, RFC 5246 7.4.2 */
static void tell_certificate(struct wire *w, const struct said *m, struct fields *f)
{
	struct wire list;

	if (m->context->version == TLS13)
		vector_tell(w, 1, "request_context", f);
	list = wire_vector(w, 3);
	fields_list(f, "certificates");
	while (list.left) {
		fields_open(f, NULL);
		tell_one_certificate(&list, m, f);
		fields_close(f);
	}
	fields_close(f);
}

static void tell_signature(struct wire *w, const struct said *m, struct fields *f)
{
	const uint16_t algorithm = code_tell(w, "algorithm", registry_signature, f);

	if (!m->client)
		m->context->signature = algorithm;
	vector_tell(w, 2, "signature", f);
}

static void tell_certificate_verify(struct wire *w, const struct said *m, struct fields *f)
{
	tell_signature(w, m, f);
}

static bool suite_begins(const struct said *m, const char *prefix)
{
	const char *name = registry_suite(m->context->suite);

	return name && !strncmp(name, prefix, strlen(prefix));
}

/* RFC 8422 5.4, RFC 5246 7.4.3 */
static void tell_server_key_exchange(struct wire *w, const struct said *m, struct fields *f)
{
	if (suite_begins(m, "TLS_DHE_")) {
		vector_tell(w, 2, "prime", f);
		vector_tell(w, 2, "generator", f);
		vector_tell(w, 2, "public_key", f);
	} else {
		if (wire_number(w, 1) != NAMED_CURVE)
			*w->bad = true;
		m->context->group = code_tell(w, "group", registry_group, f);
		vector_tell(w, 1, "public_key", f);
	}
	tell_signature(w, m, f);
}

static void tell_client_key_exchange(struct wire *w, const struct said *m, struct fields *f)
{
	if (suite_begins(m, "TLS_RSA_"))
		vector_tell(w, 2, "encrypted_premaster", f);
	else
		vector_tell(w, suite_begins(m, "TLS_DHE_") ? 2 : 1, "public_key", f);
}

static void tell_certificate_request(struct wire *w, const struct said *m, struct fields *f)
{
	struct wire list;

	if (m->context->version == TLS13) {
		vector_tell(w, 1, "request_context", f);
		extensions_tell(w, m->context, m->type, true, f);
		return;
	}
	codes_tell(w, 1, 1, "certificate_types", registry_certificate_type, f);
	codes_tell(w, 2, 2, "algorithms", registry_signature, f);
	list = wire_vector(w, 2);
	fields_list(f, "authorities");
	while (list.left)
		vector_tell(&list, 2, NULL, f);
	fields_close(f);
}

/* RFC 8446 4.6.1, RFC 5077 3.3 */
static void tell_ticket(struct wire *w, const struct said *m, struct fields *f)
{
	const uint32_t lifetime = wire_number(w, 4);

	if (!*w->bad)
		f->ops->number(f, "lifetime", lifetime, "seconds");
	if (m->context->version != TLS13) {
		vector_tell(w, 2, "ticket", f);
		return;
	}
	hex_tell(w, 4, "age_add", f);
	vector_tell(w, 1, "nonce", f);
	vector_tell(w, 2, "ticket", f);
	extensions_tell(w, m->context, m->type, m->client, f);
}

static void tell_finished(struct wire *w, const struct said *m, struct fields *f)
{
	(void)m;
	if (!w->left)
		*w->bad = true;
	hex_tell(w, w->left, "verify_data", f);
}

static void tell_certificate_status(struct wire *w, const struct said *m, struct fields *f)
{
	(void)m;
	f->ops->number(f, "type", wire_number(w, 1), NULL);
	vector_tell(w, 3, "ocsp_response", f);
}

static void tell_key_update(struct wire *w, const struct said *m, struct fields *f)
{
	(void)m;
	f->ops->flag(f, "update_requested", wire_number(w, 1));
}

static void tell_nothing(struct wire *w, const struct said *m, struct fields *f)
{
	(void)w;
	(void)m;
	(void)f;
}

static const struct row {
	unsigned int type;
	const char *name;
	void (*tell)(struct wire *w, const struct said *m, struct fields *f);
	const char *note;
} rows[] = {
	{ MESSAGE_HELLO_REQUEST, "HelloRequest", tell_nothing,
	  "asks for another handshake" },
	{ MESSAGE_CLIENT_HELLO, "ClientHello", tell_client_hello,
	  "offers all that the client can do, most wanted first; nothing is secret yet" },
	{ MESSAGE_SERVER_HELLO, "ServerHello", tell_server_hello,
	  "chooses out of that; with both sides' public keys there is a common secret now" },
	{ MESSAGE_HELLO_RETRY_REQUEST, "HelloRetryRequest", tell_server_hello,
	  "the client's key shares are of no group the server wants: once more, with this one" },
	{ MESSAGE_NEW_SESSION_TICKET, "NewSessionTicket", tell_ticket,
	  "lets the client resume this session later, without a certificate" },
	{ MESSAGE_END_OF_EARLY_DATA, "EndOfEarlyData", tell_nothing, "no more data comes early" },
	{ MESSAGE_ENCRYPTED_EXTENSIONS, "EncryptedExtensions", tell_encrypted_extensions,
	  "chooses what need not be known before encryption begins; encrypted, as all that follows" },
	{ MESSAGE_CERTIFICATE, "Certificate", tell_certificate,
	  "says who the sender is, and who vouches for it; proves nothing yet" },
	{ MESSAGE_SERVER_KEY_EXCHANGE, "ServerKeyExchange", tell_server_key_exchange,
	  "the server's public key for this connection, signed with its certificate's key" },
	{ MESSAGE_CERTIFICATE_REQUEST, "CertificateRequest", tell_certificate_request,
	  "the server wants to know who the client is" },
	{ MESSAGE_SERVER_HELLO_DONE, "ServerHelloDone", tell_nothing, "it is the client's turn" },
	{ MESSAGE_CERTIFICATE_VERIFY, "CertificateVerify", tell_certificate_verify,
	  "proves that the sender has the certificate's key: it signs all messages up to here" },
	{ MESSAGE_CLIENT_KEY_EXCHANGE, "ClientKeyExchange", tell_client_key_exchange,
	  "the client's public key for this connection: there is a common secret now" },
	{ MESSAGE_FINISHED, "Finished", tell_finished,
	  "proves that the sender has the secret and saw the same messages, unchanged" },
	{ MESSAGE_CERTIFICATE_STATUS, "CertificateStatus", tell_certificate_status,
	  "the authority's word, by OCSP, that the certificate is not revoked" },
	{ MESSAGE_KEY_UPDATE, "KeyUpdate", tell_key_update, "the sender's key is replaced" },
};

static const struct row *find_row(unsigned int type)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].type == type)
			return &rows[i];
	return NULL;
}

const char *message_name(unsigned int type)
{
	const struct row *row = find_row(type);

	return row ? row->name : NULL;
}

bool message_tell(struct message_context *context, bool client, unsigned int type,
		  const uint8_t *body, size_t size, struct fields *f)
{
	const struct said said = { .context = context, .client = client, .type = type };
	const struct row *row = find_row(type);
	bool bad = false;
	struct wire w = { .at = body, .left = size, .bad = &bad };

	if (!row) {
		hex_tell(&w, size, "data", f);
		return true;
	}
	f->ops->note(f, row->note);
	f->ops->number(f, "type", type == MESSAGE_HELLO_RETRY_REQUEST ? MESSAGE_SERVER_HELLO : type,
		       NULL);
	row->tell(&w, &said, f);
	wire_end(&w);
	if (bad)
		fields_string(f, "malformed", "its lengths and its bytes do not agree");
	return !bad;
}
