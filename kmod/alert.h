/* SPDX-License-Identifier: GPL-2.0 */
#ifndef KSEAL_ALERT_H
#define KSEAL_ALERT_H

#include "pure.h"

/* RFC 8446 6, RFC 5246 7.2 */
enum kseal_alert_level {
	KSEAL_ALERT_WARNING	= 1,
	KSEAL_ALERT_FATAL	= 2,
};

enum kseal_alert_description {
	KSEAL_CLOSE_NOTIFY		= 0,
	KSEAL_UNEXPECTED_MESSAGE	= 10,
	KSEAL_BAD_RECORD_MAC		= 20,
	KSEAL_RECORD_OVERFLOW		= 22,
	KSEAL_HANDSHAKE_FAILURE		= 40,
	KSEAL_ILLEGAL_PARAMETER		= 47,
	KSEAL_DECODE_ERROR		= 50,
	KSEAL_PROTOCOL_VERSION		= 70,
	KSEAL_INTERNAL_ERROR		= 80,
	KSEAL_USER_CANCELED		= 90,
	KSEAL_NO_RENEGOTIATION		= 100,
};

enum kseal_alert_size {
	KSEAL_ALERT_SIZE	= 2,	/* level, description */
};

int kseal_alert_judge(u16 version, const u8 *alert, size_t len);

#endif /* KSEAL_ALERT_H */
