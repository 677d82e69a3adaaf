// SPDX-License-Identifier: GPL-2.0
/* A loopback connection, with the record layer under test at one end. */
#include "kt.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <linux/tcp.h>

enum {
	ULP_NAME_MAX = 16,	/* TCP_ULP_NAME_MAX of the kernel */
	OUT_SEED = 100,
	IN_SEED = 200,
};

const char *kt_ulp(void)
{
	const char *name = getenv("KSEAL_ULP");

	return name && *name ? name : KSEAL_ULP_NAME;
}

void kt_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int set_int(int fd, int level, int option, int value)
{
	if (!value)
		return 0;
	if (setsockopt(fd, level, option, &value, sizeof(value)))
		return kt_errno("setsockopt");
	return 0;
}

static socklen_t loopback(int family, struct sockaddr_storage *address)
{
	struct sockaddr_in6 *in6 = (void *)address;
	struct sockaddr_in *in = (void *)address;

	memset(address, 0, sizeof(*address));
	if (family == AF_INET6) {
		in6->sin6_family = family;
		in6->sin6_addr = in6addr_loopback;
		return sizeof(*in6);
	}
	in->sin_family = family;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(*in);
}

static int tuned_socket(int family, int rcvbuf)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return kt_errno("socket");
	if (set_int(fd, SOL_SOCKET, SO_RCVBUF, rcvbuf))
		kt_close(&fd);
	return fd;
}

int kt_listen(int family, const struct kt_tune *tune)
{
	struct sockaddr_storage address;
	socklen_t len = loopback(family, &address);
	int fd = tuned_socket(family, tune->accepted ? tune->fd_rcvbuf :
			      tune->raw_rcvbuf);

	if (fd < 0)
		return -1;
	if (bind(fd, (void *)&address, len) || listen(fd, 1)) {
		kt_errno("bind or listen on the loopback");
		kt_close(&fd);
	}
	return fd;
}

static int dial(int listener, int family, const struct kt_tune *tune)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd = tuned_socket(family, tune->accepted ? tune->raw_rcvbuf :
			      tune->fd_rcvbuf);

	if (fd < 0)
		return -1;
	if (getsockname(listener, (void *)&address, &len) ||
	    connect(fd, (void *)&address, len)) {
		kt_errno("connect to the loopback");
		kt_close(&fd);
	}
	return fd;
}

static int connect_pair(int family, const struct kt_tune *tune, int *dialed,
			int *accepted)
{
	int listener = kt_listen(family, tune);

	*accepted = -1;
	*dialed = -1;
	if (listener < 0)
		return -1;
	*dialed = dial(listener, family, tune);
	if (*dialed >= 0)
		*accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (*dialed >= 0 && *accepted < 0)
		kt_errno("accept");
	kt_close(&listener);
	return *accepted < 0 ? -1 : 0;
}

/* The sealed end sends what it has at once: tests count records, not ACKs. */
static int tune_link(const struct kt_link *link, const struct kt_tune *tune)
{
	return set_int(link->fd, SOL_SOCKET, SO_SNDBUF, tune->fd_sndbuf) ||
	       set_int(link->raw, IPPROTO_TCP, TCP_NODELAY, 1) ? -1 : 0;
}

int kt_link_pair(struct kt_link *link, const struct kt_params *params,
		 const struct kt_tune *tune)
{
	static const struct kt_tune none;
	struct kt_key key;

	memset(link, 0, sizeof(*link));
	link->fd = -1;
	link->raw = -1;
	if (!tune)
		tune = &none;
	if (connect_pair(params->family, tune,
			 tune->accepted ? &link->raw : &link->fd,
			 tune->accepted ? &link->fd : &link->raw) ||
	    tune_link(link, tune))
		return -1;
	kt_key_make(&key, params, OUT_SEED, tune->out_seq);
	if (kt_flow_init(&link->out, &key))
		return -1;
	kt_key_make(&key, params, IN_SEED, tune->in_seq);
	return kt_flow_init(&link->in, &key);
}

int kt_attach(int fd)
{
	const char *ulp = kt_ulp();
	char name[ULP_NAME_MAX + 1] = "";
	socklen_t len = ULP_NAME_MAX;

	if (setsockopt(fd, IPPROTO_TCP, TCP_ULP, ulp, strlen(ulp) + 1))
		return kt_errno("setsockopt(TCP_ULP)");
	if (getsockopt(fd, IPPROTO_TCP, TCP_ULP, name, &len))
		return kt_errno("getsockopt(TCP_ULP)");
	if (strcmp(name, ulp)) {
		kt_say("asked for the ULP \"%s\", \"%s\" answers", ulp, name);
		return -1;
	}
	return 0;
}

int kt_install(int fd, int direction, const struct kt_key *key)
{
	union kt_info info;
	socklen_t len = kt_key_info(key, &info);

	return setsockopt(fd, SOL_TLS, direction, &info, len);
}

int kt_link_open(struct kt_link *link, const struct kt_params *params,
		 const struct kt_tune *tune)
{
	if (kt_link_pair(link, params, tune) || kt_attach(link->fd))
		return -1;
	if (kt_install(link->fd, TLS_TX, &link->out.key))
		return kt_errno("setsockopt(TLS_TX)");
	if (kt_install(link->fd, TLS_RX, &link->in.key))
		return kt_errno("setsockopt(TLS_RX)");
	return 0;
}

int kt_link_reopen(struct kt_link *link, const struct kt_params *params,
		   const struct kt_tune *tune)
{
	kt_link_close(link);
	return kt_link_open(link, params, tune);
}

int kt_link_reopen_small(struct kt_link *link, const struct kt_params *params)
{
	struct kt_tune tune = { .fd_sndbuf = 8192, .raw_rcvbuf = 8192 };

	return kt_link_reopen(link, params, &tune);
}

int kt_link_reopen_keyless(struct kt_link *link, const struct kt_params *params)
{
	kt_link_close(link);
	if (kt_link_pair(link, params, NULL))
		return -1;
	return kt_attach(link->fd);
}

void kt_link_close(struct kt_link *link)
{
	kt_close(&link->fd);
	kt_close(&link->raw);
	kt_flow_done(&link->out);
	kt_flow_done(&link->in);
}
