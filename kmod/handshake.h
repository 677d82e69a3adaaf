/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEAL_HANDSHAKE_H
#define KSEAL_HANDSHAKE_H

#include "pure.h"

enum kseal_handshake_numbers {
	KSEAL_HANDSHAKE_HEADER	= 4,	/* type, length: RFC 8446 4 */
	KSEAL_HELLO_REQUEST	= 0,	/* RFC 5246 7.4.1.1 */
	KSEAL_CLIENT_HELLO	= 1,
	KSEAL_NEW_TICKET	= 4,	/* RFC 8446 4.6.1 */
	KSEAL_KEY_UPDATE	= 24,	/* RFC 8446 4.6.3 */
	KSEAL_KEY_UPDATE_SIZE	= 1,
	/* lifetime, age_add, nonce, ticket and extensions, each at its least and
	 * its most
	 */
	KSEAL_TICKET_MIN	= 4 + 4 + 1 + 2 + 1 + 2,
	KSEAL_TICKET_MAX	= 4 + 4 + 1 + 255 + 2 + 65535 + 2 + 65534,
	KSEAL_MESSAGE_MAX	= 0xffffff,
};

/**
 * struct kseal_handshake - where in the stream of handshake messages we are
 * @have: bytes of the present message's header that were seen
 * @type: its type, once @have is not 0
 * @left: bytes of its body still to come, once its header is whole
 */
struct kseal_handshake {
	u8 have;
	u8 type;
	u32 left;
};

bool kseal_handshake_feed(struct kseal_handshake *hs, const u8 *data, size_t len);
int kseal_handshake_judge(struct kseal_handshake *hs, u16 version, u8 roles,
			  const u8 *data, size_t len, size_t *used);

#endif /* KSEAL_HANDSHAKE_H */
