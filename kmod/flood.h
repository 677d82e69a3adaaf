/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEAL_FLOOD_H
#define KSEAL_FLOOD_H

#include "pure.h"

enum kseal_flood_limits {
	/* Taken at a time; BoringSSL has 32 for KeyUpdates in a row as well. */
	KSEAL_FLOOD_MAX		= 32,
	/* Records of data for which there is one more. */
	KSEAL_FLOOD_RECORDS	= 4,
};

/**
 * struct kseal_flood - how much that is no application data may still come
 * @spent: of KSEAL_FLOOD_MAX
 * @records: records of data that were counted in
 * @seconds: likewise
 */
struct kseal_flood {
	u8 spent;
	u32 records;
	u32 seconds;
};

bool kseal_flood_take(struct kseal_flood *flood, u32 records, u32 seconds);

#endif /* KSEAL_FLOOD_H */
