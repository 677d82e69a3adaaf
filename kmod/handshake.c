// SPDX-License-Identifier: GPL-2.0
/*
 * PURE: KeyUpdate messages in the handshake records of TLS 1.3.
 *
 * Records and messages are cut independently (RFC 8446 5.1): a message may
 * stand behind others in its record, or go over several. So every message is
 * walked through, by its header; what the others say is the program's.
 */
#include "handshake.h"

/* One more byte of a message's header. */
static void take_header(struct kseal_handshake *hs, u8 byte)
{
	if (!hs->have)
		hs->type = byte;
	else
		hs->left = hs->left << 8 | byte;
	hs->have++;
}

/* A KeyUpdate of another length than it has is not waited for: whoever reads
 * it shall judge it before another record is opened.
 */
static bool is_over(const struct kseal_handshake *hs)
{
	return !hs->left ||
	       (hs->type == KSEAL_KEY_UPDATE && hs->left > KSEAL_KEY_UPDATE_SIZE);
}

/**
 * kseal_handshake_feed() - walk through the content of a handshake record
 * @hs: state, zeroed with each new key
 * @data: content, or the next part of it
 * @len: bytes
 *
 * Return: true if a KeyUpdate ended in these bytes.
 */
bool kseal_handshake_feed(struct kseal_handshake *hs, const u8 *data, size_t len)
{
	bool found = false;
	size_t n;

	while (len) {
		if (hs->have < KSEAL_HANDSHAKE_HEADER) {
			n = 1;
			take_header(hs, *data);
		} else {
			n = len < hs->left ? len : hs->left;
			hs->left -= n;
		}
		data += n;
		len -= n;
		if (hs->have == KSEAL_HANDSHAKE_HEADER && is_over(hs)) {
			found |= hs->type == KSEAL_KEY_UPDATE;
			hs->have = 0;
			hs->left = 0;
		}
	}
	return found;
}
