/* SPDX-License-Identifier: GPL-2.0 */
/* Records that a library has read ahead: KSEAL_RX_PREFIX. */
#ifndef KT_PREFIX_H
#define KT_PREFIX_H

#include "kt.h"

/** KT_PREFIX_ROOM - bytes that hold more records than a prefix may have. */
#define KT_PREFIX_ROOM	(4 * KT_MAX_WIRE)

/** kt_prefix_give() - setsockopt(KSEAL_RX_PREFIX); errno is set. */
int kt_prefix_give(int fd, const void *bytes, size_t len);

/**
 * kt_prefix_seal() - records of the stream, one of each size, sealed and not sent
 * @wire: room for all of them
 *
 * Return: their bytes.
 */
size_t kt_prefix_seal(struct kt_link *link, const size_t *sizes, size_t n, uint8_t *wire);

/**
 * kt_prefix_begin() - install keys behind a prefix
 * @records: sealed since the link was made: the key is the one of the first
 * @wire: the prefix, of @len bytes
 */
int kt_prefix_begin(struct kt_link *link, size_t records, const void *wire, size_t len);

#endif /* KT_PREFIX_H */
