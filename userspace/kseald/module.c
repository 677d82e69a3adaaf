// SPDX-License-Identifier: GPL-2.0
/* The kernel module: is it there? */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <linux/kseal.h>

#include "log.h"
#include "module.h"
#include "privileges.h"

/* A socket that is not connected: a ULP that exists refuses it with an error of its own. */
static int probe(void)
{
	const int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ret = 0;

	if (sock < 0)
		return -errno;
	if (setsockopt(sock, IPPROTO_TCP, TCP_ULP, KSEAL_ULP_NAME, strlen(KSEAL_ULP_NAME)))
		ret = -errno;
	close(sock);
	return ret == -ENOTCONN ? 0 : ret;
}

int module_find(void)
{
	const int may_load = privileges_has_net_admin();
	const int ret = probe();

	if (!ret)
		log_debug("the kernel has kseal");
	else if (ret != -ENOENT)
		log_warning("cannot find out whether the kernel module kseal is loaded: %s",
			    strerror(-ret));
	else if (may_load)
		log_warning("the kernel module kseal is not loaded, and the kernel found none to "
			    "load: install it (make install, depmod) and run 'modprobe kseal'; until "
			    "then every handshake fails in the end");
	else
		log_warning("the kernel module kseal is not loaded, and kseald may not load it: run "
			    "'modprobe kseal' as root, or start kseald as root with --user; until "
			    "then every handshake fails in the end");
	return ret;
}
