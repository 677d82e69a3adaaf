// SPDX-License-Identifier: LGPL-2.1-or-later
/* Alerts, which the kernel seals as records of their own. */
#include <errno.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "alert.h"
#include "kseal.h"

enum {
	RECORD_ALERT = 21,		/* RFC 8446 B.1 */
	CLOSE_NOTIFY = 0,
};

int alert_send(int fd, unsigned char level, unsigned char alert, int flags)
{
	unsigned char content[] = { level, alert };
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof(unsigned char))];
	} control = { 0 };
	struct iovec iov = { .iov_base = content, .iov_len = sizeof(content) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(sizeof(unsigned char));
	*CMSG_DATA(cmsg) = RECORD_ALERT;
	return sendmsg(fd, &msg, flags | MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int alert_close_notify(int fd, int flags)
{
	int ret = alert_send(fd, ALERT_WARNING, CLOSE_NOTIFY, flags);

	return ret == -EOPNOTSUPP ? 0 : ret;
}
