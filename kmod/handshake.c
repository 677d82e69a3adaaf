// SPDX-License-Identifier: GPL-2.0
/*
 * PURE: messages in handshake records.
 *
 * Records and messages are cut independently (RFC 8446 5.1): a message may
 * stand behind others in its record, or go over several. So every message is
 * walked through, by its header. By default only a KeyUpdate is looked for, what
 * the others say is the program's. In kernel-control mode each one is judged.
 */
#include <linux/kseal.h>
#include <linux/tls.h>

#include "handshake.h"
#include "verdict.h"

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

/* What may come when the handshake is over, a row each. Lengths are bounds: one
 * beyond them cannot be taken apart.
 */
static const struct kseal_message {
	u16 version;
	u8 type;
	u8 roles;	/* who may receive it */
	int verdict;
	u32 min;
	u32 max;
} kseal_messages[] = {
	{ TLS_1_3_VERSION, KSEAL_NEW_TICKET, KSEAL_ROLE_CLIENT, KSEAL_TICKET,
	  KSEAL_TICKET_MIN, KSEAL_TICKET_MAX },
	{ TLS_1_3_VERSION, KSEAL_KEY_UPDATE, KSEAL_ROLE_EITHER, KSEAL_UPDATE,
	  KSEAL_KEY_UPDATE_SIZE, KSEAL_KEY_UPDATE_SIZE },
	{ TLS_1_2_VERSION, KSEAL_HELLO_REQUEST, KSEAL_ROLE_CLIENT, KSEAL_HELLO, 0, 0 },
	{ TLS_1_2_VERSION, KSEAL_CLIENT_HELLO, KSEAL_ROLE_SERVER, -KSEAL_END_RENEGOTIATION,
	  0, KSEAL_MESSAGE_MAX },
};

static const struct kseal_message *find_message(u16 version, u8 type, u8 roles)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kseal_messages); i++)
		if (kseal_messages[i].version == version && kseal_messages[i].type == type &&
		    (kseal_messages[i].roles & roles))
			return &kseal_messages[i];
	return NULL;
}

/* As much of a header as is there. */
static int check_message(const struct kseal_handshake *hs, const struct kseal_message *message)
{
	if (!message)
		return -KSEAL_END_UNEXPECTED;
	if (message->verdict < 0)
		return message->verdict;
	if (hs->have == KSEAL_HANDSHAKE_HEADER &&
	    (hs->left < message->min || hs->left > message->max))
		return -KSEAL_END_DECODE;
	return 0;
}

/* RFC 8446 4.6.3: KeyUpdateRequest */
static int judge_update(u8 request)
{
	if (request > 1)
		return -KSEAL_END_PARAMETER;
	return request ? KSEAL_UPDATE_REQUESTED : KSEAL_UPDATE;
}

/**
 * kseal_handshake_judge() - what the next message asks for
 * @hs: state, zeroed with each new key
 * @version: 0x0303 or 0x0304
 * @roles: which end of the handshake this was, enum kseal_role
 * @data: content of a handshake record, from where the last call stopped
 * @len: bytes of it
 * @used: set to how many were looked at
 *
 * Return: KSEAL_TICKET, KSEAL_UPDATE, KSEAL_UPDATE_REQUESTED, KSEAL_HELLO: one has
 * ended; KSEAL_PASS: @len was used up in the middle of one; negative: enum
 * kseal_end.
 */
int kseal_handshake_judge(struct kseal_handshake *hs, u16 version, u8 roles,
			  const u8 *data, size_t len, size_t *used)
{
	const struct kseal_message *message;
	size_t n;
	int err;

	*used = 0;
	while (hs->have < KSEAL_HANDSHAKE_HEADER && *used < len) {
		take_header(hs, data[(*used)++]);
		err = check_message(hs, find_message(version, hs->type, roles));
		if (err)
			return err;
	}
	if (hs->have < KSEAL_HANDSHAKE_HEADER)
		return KSEAL_PASS;
	n = len - *used < hs->left ? len - *used : hs->left;
	hs->left -= n;
	*used += n;
	if (hs->left)
		return KSEAL_PASS;
	hs->have = 0;
	message = find_message(version, hs->type, roles);
	if (!message)
		return -KSEAL_END_UNEXPECTED;
	return message->verdict == KSEAL_UPDATE ? judge_update(data[*used - 1]) :
						  message->verdict;
}
