// SPDX-License-Identifier: GPL-2.0
/* Records that are not data: each is read, with its type, by a recvmsg() of its own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <gnutls/gnutls.h>
#include <linux/tls.h>

#include "alert.h"
#include "kseal.h"
#include "record.h"

enum {
	RECORD_MAX = 16384,
	/* RFC 8446 B.1, B.2, B.3; RFC 5246 7.4 */
	TYPE_ALERT = 21,
	TYPE_HANDSHAKE = 22,
	TYPE_DATA = 23,
	HANDSHAKE_CLIENT_HELLO = 1,
	HANDSHAKE_KEY_UPDATE = 24,
};

union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(unsigned char))];
};

static unsigned char level_of(unsigned char alert)
{
	return alert == ALERT_CLOSE_NOTIFY || alert == ALERT_NO_RENEGOTIATION ? ALERT_WARNING :
										ALERT_FATAL;
}

int record_send_alert(int fd, unsigned char alert)
{
	int ret = alert_send(fd, level_of(alert), alert, MSG_DONTWAIT);

	/* the kernel sends close_notify itself there, and no other on demand */
	if (ret != -EOPNOTSUPP || alert == ALERT_CLOSE_NOTIFY)
		return ret == -EOPNOTSUPP ? 0 : ret;
	ret = kseal_set_control(fd, 0, 0);
	return ret ? ret : alert_send(fd, level_of(alert), alert, MSG_DONTWAIT);
}

/* @type: set to the record's, -1 when the socket does not say. */
static ssize_t receive(int fd, unsigned char *buf, size_t size, int *type)
{
	union control control = { 0 };
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg;
	ssize_t n;

	n = recvmsg(fd, &msg, MSG_DONTWAIT);
	if (n < 0)
		return -errno;
	cmsg = CMSG_FIRSTHDR(&msg);
	*type = cmsg && cmsg->cmsg_level == SOL_TLS && cmsg->cmsg_type == TLS_GET_RECORD_TYPE ?
			*CMSG_DATA(cmsg) : -1;
	return n;
}

int record_kernel_takes(int fd)
{
	struct kseal_info info;

	return !kseal_get_info(fd, &info) && info.control & KSEAL_CONTROL_ON;
}

static void describe_alert(int description, char *why, size_t room)
{
	const char *name = description < 0 ? NULL : gnutls_alert_get_name(description);

	snprintf(why, room, "it sent alert %d (%s)", description, name ? name : "unknown");
}

int record_why_ended(int fd, char *why, size_t room)
{
	struct kseal_info info;
	const char *name;

	if (kseal_get_info(fd, &info) || !(info.state & KSEAL_STATE_ENDED))
		return 0;
	name = kseal_end_name(info.end);
	if (info.end == KSEAL_END_ALERT)
		describe_alert(info.alert_in, why, room);
	else if (info.end == KSEAL_END_TRUNCATED)
		snprintf(why, room, "the connection ended without close_notify");
	else
		snprintf(why, room, "%s", name ? name : "the kernel has ended it");
	return 1;
}

static enum record_kind take_alert(const unsigned char *content, size_t size, char *why,
				   size_t room)
{
	if (size == 2 && content[1] == ALERT_CLOSE_NOTIFY)
		return RECORD_END;
	/* close_notify is to follow (RFC 8446 6.1) */
	if (size == 2 && content[1] == ALERT_USER_CANCELED)
		return RECORD_IGNORED;
	describe_alert(size == 2 ? content[1] : -1, why, room);
	return RECORD_BAD;
}

static enum record_kind take_handshake(int fd, const unsigned char *content, size_t size, char *why,
				       size_t room)
{
	const int message = size ? content[0] : -1;

	if (message == HANDSHAKE_CLIENT_HELLO) {
		/* without room for it, silence says the same */
		record_send_alert(fd, ALERT_NO_RENEGOTIATION);
		return RECORD_IGNORED;
	}
	if (message == HANDSHAKE_KEY_UPDATE)
		snprintf(why, room, "it changes its keys (KeyUpdate), and nobody here has the "
			 "secrets for that any more");
	else
		snprintf(why, room, "it sent handshake message %d where data was due", message);
	return RECORD_BAD;
}

enum record_kind record_take(int fd, char *why, size_t room)
{
	unsigned char content[RECORD_MAX];
	int type = TYPE_DATA;
	ssize_t n = receive(fd, content, sizeof(content), &type);

	if (n == -EAGAIN)
		return RECORD_NONE;
	if (n < 0) {
		snprintf(why, room, "%s", strerror(-n));
		return RECORD_BAD;
	}
	switch (type) {
	case TYPE_ALERT:
		return take_alert(content, n, why, room);
	case TYPE_HANDSHAKE:
		return take_handshake(fd, content, n, why, room);
	default:
		snprintf(why, room, "it sent a record of type %d where data was due", type);
		return RECORD_BAD;
	}
}
