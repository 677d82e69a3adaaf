/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The messages between a program and kseald, as kseald-protocol(7) describes
 * them: encoding and decoding, no input or output. Both ends use this file.
 *
 * A message is one SOCK_SEQPACKET packet: a header of 8 bytes (type, 0, id),
 * then attributes of type (2 bytes), length (2 bytes), value. All numbers are
 * in network order. An attribute that is 0 or empty is left out.
 */
#ifndef KSEAL_PROTOCOL_H
#define KSEAL_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kseal.h"

enum kseald_limits {
	KSEALD_PROTOCOL = 1,		/* the version described here */
	KSEALD_HEADER_SIZE = 8,
	KSEALD_MESSAGE_MAX = 4096,	/* bytes of one message, at most */
	KSEALD_ALPN_MAX = 512,		/* bytes of a list of protocols */
	KSEALD_PIN_SIZE = 512,		/* of a list of pins, with its NUL */
};

enum kseald_type {
	KSEALD_HELLO = 1,		/* program and kseald: first of all */
	KSEALD_REQUEST = 2,		/* program; with one socket */
	KSEALD_RESULT = 3,		/* kseald; on success with one socket */
	KSEALD_STATUS = 4,		/* program: what has been done so far? */
	KSEALD_COUNTERS = 5,		/* kseald: so much */
	KSEALD_HANDED = 6,		/* kseald; a socket that it has accepted */
	KSEALD_FILL = 7,		/* program; means nothing, see KSEALD_A_HOLD */
	KSEALD_SUBSCRIBE = 8,		/* program: hand me such; kseald: yes or no */
};

enum kseald_attribute {
	KSEALD_A_PROTOCOL = 1,		/* u16: highest spoken; the one chosen */
	KSEALD_A_SOFTWARE = 2,		/* string: name and release, for logs */
	KSEALD_A_ERROR = 3,		/* u32: errno of Linux */
	KSEALD_A_REASON = 4,		/* string: the error for people */
	KSEALD_A_ROLE = 5,		/* u32: enum kseal_role */
	KSEALD_A_SERVER_NAME = 6,	/* string */
	KSEALD_A_ALPN = 7,		/* list as in RFC 7301 3.1, without its length */
	KSEALD_A_IDENTITY = 8,		/* string */
	KSEALD_A_TIMEOUT = 9,		/* u32: milliseconds */
	KSEALD_A_VERSION = 10,		/* u16: TLS version, 0x0304 */
	KSEALD_A_CIPHER = 11,		/* u16: TLS_CIPHER_* of <linux/tls.h> */
	KSEALD_A_SUITE = 12,		/* string */
	KSEALD_A_PEER = 13,		/* string: address and port */
	KSEALD_A_PROTOCOL_NAME = 14,	/* string: what ALPN agreed on */
	KSEALD_A_PEER_SUBJECT = 16,	/* string: RFC 4514 */
	KSEALD_A_PEER_NAMES = 17,	/* string: "DNS:a,IP:b" */
	KSEALD_A_PEER_FINGERPRINT = 18,	/* 32 bytes: SHA-256 of a certificate */
	KSEALD_A_CLIENT_AUTH = 19,	/* u32: enum kseal_client_auth */
	KSEALD_A_PIN = 20,		/* string: "sha256//...;sha256//..." */
	KSEALD_A_CLIENT_IDENTITY = 21,	/* string */
	KSEALD_A_LISTENER = 22,		/* string: name of a listener */
	KSEALD_A_CONNECTION = 23,	/* string: id of the handshake, in kseald's log */
	KSEALD_A_COUNTER = 32,		/* u64: the first of enum kseal_counter */
	KSEALD_A_HOLD = 24,		/* u32, 1: read no more before the result */
	KSEALD_A_ROOM = 25,		/* u32: sockets that may be handed, on top */
	KSEALD_A_CONTROL = 26,		/* u32: enum kseal_control_by */

	KSEALD_A_RESUMED = 15,		/* u32: 1, an earlier session was gone on with */

	/* Added to a type: whoever does not know it refuses the message. */
	KSEALD_A_CRITICAL = 0x8000,
};

/** struct kseald_hello - the first message of either side */
struct kseald_hello {
	uint16_t protocol;
	uint32_t error;
	char software[64];
	char reason[KSEAL_REASON_SIZE];
};

/** struct kseald_alpn - protocols, each with a length byte before it */
struct kseald_alpn {
	uint16_t size;
	uint8_t names[KSEALD_ALPN_MAX];
};

/** struct kseald_request - kseal_request as it travels, and @hold, which only kseal run uses */
struct kseald_request {
	uint32_t role;
	uint32_t timeout_ms;
	uint32_t hold;
	uint32_t control;
	char server_name[KSEAL_NAME_SIZE];
	char identity[KSEAL_NAME_SIZE];
	struct kseald_alpn alpn;
	uint32_t client_auth;
	char pin[KSEALD_PIN_SIZE];
	char client_identity[KSEAL_NAME_SIZE];
};

/**
 * struct kseald_subscribe - a program takes the sockets of a listener
 * @room: how many more than it said before
 * @error: kseald's: why not
 */
struct kseald_subscribe {
	uint32_t room;
	uint32_t error;
	char listener[KSEAL_NAME_SIZE];
	char reason[KSEAL_REASON_SIZE];
};

/** struct kseald_header - what every message begins with */
struct kseald_header {
	uint16_t type;
	uint32_t id;
};

/** struct kseald_status - kseal_status as it travels; @id is in the header */
struct kseald_status {
	uint32_t id;
	struct kseal_status status;
};

/**
 * kseald_encode_*() - write one message
 * @buf: KSEALD_MESSAGE_MAX bytes hold any
 *
 * Return: its length, or -EMSGSIZE.
 */
ssize_t kseald_encode_hello(const struct kseald_hello *hello, uint8_t *buf,
			    size_t size);
ssize_t kseald_encode_request(uint32_t id, const struct kseald_request *request,
			      uint8_t *buf, size_t size);
ssize_t kseald_encode_handed(const struct kseal_result *handed, uint8_t *buf, size_t size);
ssize_t kseald_encode_fill(uint8_t *buf, size_t size);
ssize_t kseald_encode_result(const struct kseal_result *result, uint8_t *buf,
			     size_t size);
ssize_t kseald_encode_subscribe(uint32_t id, const struct kseald_subscribe *subscribe,
				uint8_t *buf, size_t size);
ssize_t kseald_encode_status_request(uint32_t id, uint8_t *buf, size_t size);
ssize_t kseald_encode_status(const struct kseald_status *status, uint8_t *buf,
			     size_t size);

/**
 * kseald_decode_header() - what kind of message this is
 *
 * Return: 0; -EBADMSG too short or too long for any.
 */
int kseald_decode_header(const uint8_t *buf, size_t size,
			 struct kseald_header *header);

/**
 * kseald_decode_*() - read one message
 *
 * Attributes not known are skipped, unless they are marked critical.
 *
 * Return: 0; -EBADMSG it is malformed (another type, truncated, an attribute
 * twice, with a wrong size or with bytes it must not have, or one missing that
 * must be there); -EOPNOTSUPP it has a critical attribute not known here.
 */
int kseald_decode_hello(const uint8_t *buf, size_t size,
			struct kseald_hello *hello);
int kseald_decode_request(const uint8_t *buf, size_t size,
			  struct kseald_request *request);
int kseald_decode_result(const uint8_t *buf, size_t size,
			 struct kseal_result *result);
int kseald_decode_handed(const uint8_t *buf, size_t size,
			 struct kseal_result *result);
int kseald_decode_subscribe(const uint8_t *buf, size_t size,
			    struct kseald_subscribe *subscribe);
int kseald_decode_status(const uint8_t *buf, size_t size,
			 struct kseald_status *status);

/**
 * kseald_alpn_parse() - "h2,http/1.1" into a list
 *
 * Return: 0; -EINVAL a name is empty or longer than 255 bytes, or the list is
 * too long.
 */
int kseald_alpn_parse(const char *text, struct kseald_alpn *alpn);

/**
 * kseald_alpn_next() - step through a decoded list
 * @position: 0 to begin with
 *
 * Return: the next name, not terminated, of *@length bytes; NULL at the end.
 */
const uint8_t *kseald_alpn_next(const struct kseald_alpn *alpn,
				size_t *position, size_t *length);

/* ---- packet.c ----------------------------------------------------------- */

/**
 * kseald_send_packet() - send one message, with a descriptor if @fd is not -1
 *
 * Never waits. @fd stays the caller's.
 *
 * Return: 0 or -errno of sendmsg().
 */
int kseald_send_packet(int sock, const uint8_t *buf, size_t size, int fd);

/**
 * kseald_receive_packet() - take one message, if there is one
 * @fd: set to the descriptor that came along, the caller's to close; -1 when
 *	there was none; -EMFILE when this process could not take one more
 *
 * Never waits.
 *
 * Return: its length, 0 when the other end is closed, -EAGAIN there is none,
 * -EBADMSG it is too long or carries more than one descriptor, or another
 * -errno of recvmsg(). On error no descriptor is kept.
 */
ssize_t kseald_receive_packet(int sock, uint8_t *buf, size_t size, int *fd);

#endif /* KSEAL_PROTOCOL_H */
