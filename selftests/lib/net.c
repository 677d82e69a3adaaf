// SPDX-License-Identifier: GPL-2.0
/* Networks of a test's own: a loopback, or two namespaces and a cable. */
#include "net.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <linux/tcp.h>

int kt_run(const char *format, ...)
{
	char command[300];
	va_list args;
	int ret;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	ret = system(command);
	if (ret)
		kt_say("\"%s\": status %d", command, ret);
	return ret ? -1 : 0;
}

int kt_segment(int fd)
{
	struct tcp_info info = { };
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return kt_errno("getsockopt(TCP_INFO)");
	return info.tcpi_snd_mss;
}

/* ---- devices ------------------------------------------------------------- */

static int device(const char *name, int request, struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret;

	strcpy(ifr->ifr_name, name);
	ret = ioctl(fd, request, ifr);
	if (ret)
		kt_errno("ioctl on a network device");
	close(fd);
	return ret;
}

int kt_device_mtu(const char *name, int mtu)
{
	struct ifreq ifr = { .ifr_mtu = mtu };

	return device(name, SIOCSIFMTU, &ifr);
}

int kt_device_without(const char *name, uint32_t feature)
{
	struct ethtool_value value = { .cmd = feature };
	struct ifreq ifr = { .ifr_data = (void *)&value };

	return device(name, SIOCETHTOOL, &ifr);
}

int kt_own_network(int mtu)
{
	struct ifreq up = { .ifr_flags = IFF_UP };

	if (unshare(CLONE_NEWNET))
		return kt_errno("unshare(CLONE_NEWNET)");
	if (mtu && (kt_device_mtu("lo", mtu) || kt_device_without("lo", ETHTOOL_STSO) ||
		    kt_device_without("lo", ETHTOOL_SGSO)))
		return -1;
	return device("lo", SIOCSIFFLAGS, &up);
}

/* ---- the cable ----------------------------------------------------------- */

int kt_enter(int ns)
{
	return setns(ns, CLONE_NEWNET) ? kt_errno("setns") : 0;
}

static int new_namespace(void)
{
	int fd;

	if (kt_own_network(0))
		return -1;
	fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? kt_errno("open /proc/self/ns/net") : fd;
}

int kt_cable_plug(void)
{
	return kt_run("printf 'addr add 192.0.2.1/24 dev v0\\nlink set v0 up\\n' | ip -b -");
}

int kt_cable_lay(struct kt_cable *cable)
{
	cable->here = -1;
	cable->there = new_namespace();
	if (cable->there < 0)
		return -1;
	cable->here = new_namespace();
	if (cable->here < 0 ||
	    kt_run("ip link add v0 type veth peer name v1 netns /proc/%d/fd/%d",
		   getpid(), cable->there) ||
	    kt_cable_plug() || kt_enter(cable->there) ||
	    kt_run("printf 'addr add 192.0.2.2/24 dev v1\\nlink set v1 up\\n' | ip -b -"))
		return -1;
	return kt_enter(cable->here);
}

void kt_cable_remove(struct kt_cable *cable)
{
	kt_close(&cable->here);
	kt_close(&cable->there);
}

static int listen_there(struct sockaddr_in *address)
{
	socklen_t len = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*address = (struct sockaddr_in){ .sin_family = AF_INET };
	inet_pton(AF_INET, "192.0.2.2", &address->sin_addr);
	if (fd >= 0 && !bind(fd, (void *)address, len) && !listen(fd, 1) &&
	    !getsockname(fd, (void *)address, &len))
		return fd;
	kt_errno("listen at the other end");
	kt_close(&fd);
	return -1;
}

/* Replace the link's sockets by some with the cable in between. */
static int reconnect(const struct kt_cable *cable, struct kt_link *link)
{
	struct sockaddr_in address;
	int listener;

	kt_close(&link->fd);
	kt_close(&link->raw);
	if (kt_enter(cable->there))
		return -1;
	listener = listen_there(&address);
	if (listener < 0 || kt_enter(cable->here))
		return -1;
	link->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(link->fd, (void *)&address, sizeof(address)))
		kt_errno("connect over the cable");
	else
		link->raw = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	kt_close(&listener);
	return link->raw < 0 ? -1 : 0;
}

int kt_cable_open(const struct kt_cable *cable, struct kt_link *link,
		  const struct kt_params *params)
{
	if (kt_link_pair(link, params, NULL) || reconnect(cable, link) || kt_attach(link->fd))
		return -1;
	if (kt_install(link->fd, TLS_TX, &link->out.key) ||
	    kt_install(link->fd, TLS_RX, &link->in.key))
		return kt_errno("setsockopt(TLS_TX or TLS_RX)");
	return 0;
}
