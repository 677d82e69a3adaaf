/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A ClientHello, taken apart: what a client offers, before anybody chose from it.
 *
 * PURE: no GnuTLS, no input or output, nothing allocated.
 */
#ifndef KSEALD_HELLO_H
#define KSEALD_HELLO_H

#include <stddef.h>
#include <stdint.h>

/** enum hello_limits - RFC 8446 4.1.2 */
enum hello_limits {
	HELLO_RANDOM_SIZE = 32,
	HELLO_SESSION_ID_MAX = 32,
	HELLO_HOST_SIZE = 256,		/* of a host name, with its NUL */
};

/** enum hello_number - numbers in a hello that kseald knows by name */
enum hello_number {
	HELLO_TLS_1_2 = 0x0303,
	HELLO_TLS_1_3 = 0x0304,
};

/** struct hello_span - bytes inside the hello; data is NULL where there are none */
struct hello_span {
	const uint8_t *data;
	size_t size;
};

/**
 * struct hello - its parts, in place; what it does not have is empty
 * @version: the one in its header, 0x0303 from all clients of TLS 1.2 and 1.3
 * @suites, @groups, @sigalgs, @versions: 2 bytes each, most wanted first
 * @host: of SNI
 * @alpn: as RFC 7301 3.1 has it, without the length before it
 * @psk_modes: 1 byte each; a client that sends none takes no tickets of TLS 1.3
 * @ticket: of TLS 1.2; its data is not NULL, but its size 0, when the client has none yet
 * @psk: identity of its first pre-shared key, a ticket of TLS 1.3
 * @extensions: all of them
 */
struct hello {
	uint16_t version;
	struct hello_span random;
	struct hello_span session_id;
	struct hello_span suites;
	struct hello_span compressions;
	struct hello_span versions;
	struct hello_span groups;
	struct hello_span sigalgs;
	struct hello_span host;
	struct hello_span alpn;
	struct hello_span psk_modes;
	struct hello_span ticket;
	struct hello_span psk;
	struct hello_span extensions;
};

/**
 * hello_parse() - take a ClientHello apart
 * @body: the message behind its header of 4 bytes; @hello points into it
 * @why: set on failure to what is wrong with it, for people
 *
 * Strict about form: every length must be right, no extension may come twice,
 * pre_shared_key must be the last. Numbers that nobody knows, GREASE (RFC 8701)
 * among them, are no fault.
 *
 * Return: 0; -EBADMSG it is malformed.
 */
int hello_parse(struct hello *hello, const uint8_t *body, size_t size, const char **why);

/** hello_number() - the @i-th of a list of 2-byte numbers */
static inline uint16_t hello_number(const struct hello_span *list, size_t i)
{
	return list->data[2 * i] << 8 | list->data[2 * i + 1];
}

/** hello_count() - how many numbers of 2 bytes there are */
static inline size_t hello_count(const struct hello_span *list)
{
	return list->size / 2;
}

/** hello_has() - is @number among them? */
int hello_has(const struct hello_span *list, uint16_t number);

/** hello_offers_version() - does the client speak it? Older clients do not list versions. */
int hello_offers_version(const struct hello *hello, uint16_t version);

/**
 * hello_host() - the name of SNI as a string
 *
 * Return: its length; 0 when there is none, or when it is none that a host can have (a
 * character that is not printable ASCII, or too long).
 */
size_t hello_host(const struct hello *hello, char host[HELLO_HOST_SIZE]);

/** hello_is_grease() - a number reserved to be ignored: 0x0a0a, 0x1a1a... */
static inline int hello_is_grease(uint16_t number)
{
	return (number & 0x0f0f) == 0x0a0a && number >> 8 == (number & 0xff);
}

/** enum hello_key - kinds of keys that certificates have */
enum hello_key {
	HELLO_KEY_RSA,
	HELLO_KEY_RSA_PSS,		/* certified for PSS only */
	HELLO_KEY_ECDSA,
	HELLO_KEY_EDDSA,
};

/**
 * hello_verifies() - can the client verify signatures made with a key of this kind?
 *
 * By its signature algorithms; one that lists none, as old clients of TLS 1.2 do, is
 * believed to take RSA and ECDSA.
 */
int hello_verifies(const struct hello *hello, enum hello_key key);

/* ---- hello_text.c ------------------------------------------------------- */

/** enum hello_kind - kinds of numbers, for hello_list() */
enum hello_kind {
	HELLO_SUITES,
	HELLO_VERSIONS,
	HELLO_GROUPS,
	HELLO_SIGALGS,
};

/**
 * hello_list() - the names of numbers, separated by spaces
 * @text: always terminated; "and 7 more" stands for what does not fit
 *
 * GREASE is left out, numbers without a name are in hexadecimal.
 *
 * Return: @text
 */
const char *hello_list(const struct hello_span *list, enum hello_kind kind, char *text,
		       size_t size);

/** hello_describe() - all of it in one line, for a log */
const char *hello_describe(const struct hello *hello, char *text, size_t size);

#endif /* KSEALD_HELLO_H */
