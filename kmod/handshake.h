/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEAL_HANDSHAKE_H
#define KSEAL_HANDSHAKE_H

#include "pure.h"

enum kseal_handshake_numbers {
	KSEAL_HANDSHAKE_HEADER	= 4,	/* type, length: RFC 8446 4 */
	KSEAL_KEY_UPDATE	= 24,	/* RFC 8446 4.6.3 */
	KSEAL_KEY_UPDATE_SIZE	= 1,
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

#endif /* KSEAL_HANDSHAKE_H */
