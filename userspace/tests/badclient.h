/* SPDX-License-Identifier: GPL-2.0 */
/* A client that speaks records and handshake messages by hand, and so can speak badly. */
#ifndef TESTS_BADCLIENT_H
#define TESTS_BADCLIENT_H

#include <stddef.h>
#include <stdint.h>

enum {
	/* RFC 8446 5.1 */
	RECORD_CCS = 20,
	RECORD_ALERT = 21,
	RECORD_HANDSHAKE = 22,
	RECORD_DATA = 23,
	RECORD_MAX = 16384,
	/* RFC 8446 4 */
	MESSAGE_CLIENT_HELLO = 1,
	MESSAGE_SERVER_HELLO = 2,
	MESSAGE_FINISHED = 20,
	BAD_ROOM = 300000,
};

/** struct bad - what is going to be sent */
struct bad {
	size_t size;
	uint8_t data[BAD_ROOM];
};

/**
 * struct bad_hello - a ClientHello; 0 and NULL are what a good client says
 * @version: legacy_version
 * @plain: without any extension, as before TLS 1.2
 * @suites, @groups, @schemes: lists of two bytes each, as text with hexadecimal digits
 * @versions: supported_versions, likewise; empty for none
 * @compression: methods, likewise of one byte each
 * @padding: bytes in an extension of that type
 */
struct bad_hello {
	uint16_t version;
	int plain;
	const char *suites;
	const char *groups;
	const char *schemes;
	const char *versions;
	const char *compression;
	size_t padding;
};

/** bad_add() - some bytes */
void bad_add(struct bad *bad, const void *data, size_t size);

/** bad_number() - a number of @bytes bytes */
void bad_number(struct bad *bad, size_t bytes, uint32_t number);

/** bad_message() - append the handshake message of that hello to @bad, in no record */
void bad_message(struct bad *bad, const struct bad_hello *hello);

/** bad_record() - append one record */
void bad_record(struct bad *bad, uint8_t type, const void *body, size_t size);

/** bad_records() - append @body in records of @each bytes */
void bad_records(struct bad *bad, uint8_t type, const void *body, size_t size, size_t each);

/** bad_hello() - append a hello in as many records as it needs */
void bad_hello(struct bad *bad, const struct bad_hello *hello);

/** bad_send() - all of it, or as much as the other end takes before it closes */
void bad_send(const struct bad *bad, int fd);

/**
 * bad_hear() - read records until an alert comes, or the end
 * @first: set to the type of the first record, 0 if there was none; may be NULL
 *
 * Return: the alert's description; -1 there was none.
 */
int bad_hear(int fd, int *first);

#endif /* TESTS_BADCLIENT_H */
