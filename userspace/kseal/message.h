/* SPDX-License-Identifier: GPL-2.0 */
/* Handshake messages, told field by field. */
#ifndef KSEAL_MESSAGE_H
#define KSEAL_MESSAGE_H

#include "fields.h"
#include "wire.h"

/**
 * enum message_type - RFC 8446 4, RFC 5246 7.4. HelloRetryRequest is a ServerHello
 * on the wire; its number here is GnuTLS's.
 */
enum message_type {
	MESSAGE_HELLO_REQUEST = 0,
	MESSAGE_CLIENT_HELLO = 1,
	MESSAGE_SERVER_HELLO = 2,
	MESSAGE_NEW_SESSION_TICKET = 4,
	MESSAGE_END_OF_EARLY_DATA = 5,
	MESSAGE_ENCRYPTED_EXTENSIONS = 8,
	MESSAGE_CERTIFICATE = 11,
	MESSAGE_SERVER_KEY_EXCHANGE = 12,
	MESSAGE_CERTIFICATE_REQUEST = 13,
	MESSAGE_SERVER_HELLO_DONE = 14,
	MESSAGE_CERTIFICATE_VERIFY = 15,
	MESSAGE_CLIENT_KEY_EXCHANGE = 16,
	MESSAGE_FINISHED = 20,
	MESSAGE_CERTIFICATE_STATUS = 22,
	MESSAGE_KEY_UPDATE = 24,
	MESSAGE_HELLO_RETRY_REQUEST = 1025,
};

/**
 * struct message_context - what reading a message needs to know of those before it
 * @version: agreed on, 0 before ServerHello
 * @suite: likewise
 * @group: of the server's public key, 0 without one
 * @signature: the server's algorithm, 0 before it signed
 * @certificate: tells of one certificate, in DER; NULL: its bytes are shown
 */
struct message_context {
	uint16_t version;
	uint16_t suite;
	uint16_t group;
	uint16_t signature;
	void (*certificate)(struct fields *f, const uint8_t *der, size_t size);
};

/** message_name() - "ClientHello"; NULL for what is none */
const char *message_name(unsigned int type);

/** message_is_retry() - is this body of a ServerHello a HelloRetryRequest (RFC 8446 4.1.3)? */
bool message_is_retry(const uint8_t *body, size_t size);

/**
 * message_tell() - one message, without its header
 * @context: ServerHello sets what was agreed on
 * @client: whose message it is
 *
 * Whatever the bytes are, each object and list opened is closed, and a field
 * "malformed" says if they are not what they should be.
 *
 * Return: whether they are.
 */
bool message_tell(struct message_context *context, bool client, unsigned int type,
		  const uint8_t *body, size_t size, struct fields *f);

/* ---- extension.c -------------------------------------------------------------- */

/**
 * extensions_tell() - a list of extensions, behind its length
 * @type: of the message they are in
 * @context: a ServerHello's supported_versions sets the version
 */
void extensions_tell(struct wire *w, struct message_context *context, unsigned int type,
		     bool client, struct fields *f);

/** codes_tell() - a list of numbers of @bytes bytes each, behind its length in @length bytes */
void codes_tell(struct wire *w, size_t length, size_t bytes, const char *name,
		const char *(*meaning)(uint32_t value), struct fields *f);

/** code_tell() - one number of two bytes. Return: it. */
uint16_t code_tell(struct wire *w, const char *name, const char *(*meaning)(uint32_t value),
		   struct fields *f);

/** hex_tell() - @size bytes as such */
void hex_tell(struct wire *w, size_t size, const char *name, struct fields *f);

/** vector_tell() - bytes as such, behind their length in @length bytes */
void vector_tell(struct wire *w, size_t length, const char *name, struct fields *f);

#endif /* KSEAL_MESSAGE_H */
