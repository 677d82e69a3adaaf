/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A forger of records: with valid keys, it seals whatever it is told, as no
 * honest peer would. kt_seal() makes records that are right, this the others.
 */
#ifndef KT_FORGE_H
#define KT_FORGE_H

#include "kt.h"

/**
 * struct kt_forgery - what is odd about a record; all zero is an honest one
 * @type: content type in the header; 0 for the honest one
 * @version: in the header; 0 for 0x0303
 * @lie: added to the length in the header, and authenticated like that
 * @shift: added to the sequence number it is sealed under
 * @inner: what is sealed, down to the inner content type and padding
 * @len: bytes of it, up to 65000
 */
struct kt_forgery {
	uint8_t type;
	uint16_t version;
	int lie;
	uint64_t shift;
	const void *inner;
	size_t len;
};

/**
 * kt_forge() - make one record, and count it; AES-GCM only
 * @flow: key and number
 * @forgery: how
 * @wire: room for KT_MAX_WIRE bytes
 *
 * The tag is that of exactly the header that is sent, so that nothing but the
 * oddity itself can be what the receiver objects to.
 *
 * Return: bytes of the record, whatever its header says; -1 on failure.
 */
ssize_t kt_forge(struct kt_flow *flow, const struct kt_forgery *forgery, uint8_t *wire);

/** kt_forge_send() - the same, written to the plain end, and seen to arrive. */
int kt_forge_send(struct kt_link *link, const struct kt_forgery *forgery);

/** kt_send_reordered() - two honest records, the second one first. */
int kt_send_reordered(struct kt_link *link);

/** kt_data_behind_close() - a close_notify, then data: both come as they are. */
int kt_data_behind_close(struct kt_link *link);

#endif /* KT_FORGE_H */
