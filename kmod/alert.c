// SPDX-License-Identifier: GPL-2.0
/* PURE: what an alert of the peer means. */
#include <linux/kseal.h>
#include <linux/tls.h>

#include "alert.h"
#include "verdict.h"

/* In TLS 1.3 the level says nothing: all but the two end the connection, also
 * those not known (RFC 8446 6).
 */
static int judge_13(u8 description)
{
	return description == KSEAL_USER_CANCELED ? KSEAL_WARNED : KSEAL_FAILED;
}

static int judge_12(u8 level)
{
	if (level == KSEAL_ALERT_WARNING)
		return KSEAL_WARNED;
	return level == KSEAL_ALERT_FATAL ? KSEAL_FAILED : -KSEAL_END_PARAMETER;
}

/**
 * kseal_alert_judge() - what a record of type alert asks for
 * @version: 0x0303 or 0x0304
 * @alert: content of the record; not read unless it is KSEAL_ALERT_SIZE long
 * @len: bytes of it
 *
 * One alert is in a record, and all of it (RFC 8446 5.1). TLS 1.2 allows more, and
 * nobody does it.
 *
 * Return: KSEAL_CLOSED, KSEAL_WARNED or KSEAL_FAILED; negative: enum kseal_end.
 */
int kseal_alert_judge(u16 version, const u8 *alert, size_t len)
{
	if (!len)
		return -KSEAL_END_UNEXPECTED;
	if (len != KSEAL_ALERT_SIZE)
		return -KSEAL_END_DECODE;
	if (alert[1] == KSEAL_CLOSE_NOTIFY)
		return KSEAL_CLOSED;
	return version == TLS_1_3_VERSION ? judge_13(alert[1]) : judge_12(alert[0]);
}
