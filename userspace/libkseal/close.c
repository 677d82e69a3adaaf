// SPDX-License-Identifier: LGPL-2.1-or-later
/* The end of a connection, said in TLS before it is said in TCP. */
#include <errno.h>
#include <unistd.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "alert.h"
#include "kseal.h"

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
	int ret = require_key(fd);

	return ret ? ret : alert_close_notify(fd, MSG_DONTWAIT);
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
