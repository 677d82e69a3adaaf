// SPDX-License-Identifier: LGPL-2.1-or-later
/* The end of a connection, said in TLS before it is said in TCP. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "kseal.h"

enum {
	RECORD_ALERT = 21,		/* RFC 8446 B.1 */
	ALERT_WARNING = 1,		/* RFC 8446 B.2 */
	ALERT_CLOSE_NOTIFY = 0,
};

union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(unsigned char))];
};

/* Without a key these bytes would go out as they are. */
static int require_key(int fd)
{
	struct tls_crypto_info info;
	socklen_t len = sizeof(info);

	if (!getsockopt(fd, SOL_TLS, TLS_TX, &info, &len))
		return 0;
	if (errno == EBUSY)
		return -ENOKEY;
	return errno == EOPNOTSUPP ? -ENOPROTOOPT : -errno;
}

static int send_close_notify(int fd)
{
	unsigned char alert[] = { ALERT_WARNING, ALERT_CLOSE_NOTIFY };
	union control control = { 0 };
	struct iovec iov = { .iov_base = alert, .iov_len = sizeof(alert) };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	int ret = require_key(fd);

	if (ret)
		return ret;
	cmsg->cmsg_level = SOL_TLS;
	cmsg->cmsg_type = TLS_SET_RECORD_TYPE;
	cmsg->cmsg_len = CMSG_LEN(sizeof(unsigned char));
	*CMSG_DATA(cmsg) = RECORD_ALERT;
	if (sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	/* in kernel-control mode the kernel does so itself, with what the caller does next */
	return errno == EOPNOTSUPP ? 0 : -errno;
}

int kseal_shutdown(int fd)
{
	int ret = send_close_notify(fd);

	if (!ret && shutdown(fd, SHUT_WR))
		ret = -errno;
	return ret;
}

int kseal_close(int fd)
{
	int ret = send_close_notify(fd);

	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}
