// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The C library's functions that a program calls on sockets, as kseal run has them: see
 * special.h for what they are about. All of them do what their manual page says, on the
 * socket that the program thinks it has.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "broker.h"
#include "real.h"
#include "rules.h"
#include "special.h"

#define EXPORT	__attribute__((visibility("default")))

static int is_tcp(int fd)
{
	int type = 0, protocol = 0;
	socklen_t len = sizeof(int);

	return !REAL(getsockopt)(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) &&
	       protocol == IPPROTO_TCP &&
	       !REAL(getsockopt)(fd, SOL_SOCKET, SO_TYPE, &type, &len) && type == SOCK_STREAM;
}

/* ---- listening and accepting ------------------------------------------------ */

static int wanted(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	return rules_setting(RUN_LISTEN) && is_tcp(fd) &&
	       !REAL(getsockname)(fd, (struct sockaddr *)&address, &len) &&
	       rules_listens((struct sockaddr *)&address, len);
}

EXPORT int listen(int fd, int backlog)
{
	struct special special;

	/* some call it again, to change the backlog */
	if (special_get(fd, &special) == SPECIAL_LISTENING)
		return REAL(listen)(special.tcp, backlog);
	if (REAL(listen)(fd, backlog))
		return -1;
	return wanted(fd) ? run_listen(fd) : 0;
}

static int accepts(int fd)
{
	struct special special;

	return special_get(fd, &special) == SPECIAL_LISTENING || run_is_listener(fd);
}

EXPORT int accept4(int fd, __SOCKADDR_ARG address, socklen_t *len, int flags)
{
	if (accepts(fd))
		return run_accept(fd, address.__sockaddr__, len, flags);
	return REAL(accept4)(fd, address, len, flags);
}

EXPORT int accept(int fd, __SOCKADDR_ARG address, socklen_t *len)
{
	if (accepts(fd))
		return run_accept(fd, address.__sockaddr__, len, 0);
	return REAL(accept)(fd, address, len);
}

/* ---- connecting ------------------------------------------------------------- */

EXPORT int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
	struct special special;
	char host[KSEAL_NAME_SIZE];
	int ret, began;

	if (!rules_any_connection())
		return REAL(connect)(fd, address, len);
	began = special_get(fd, &special) == SPECIAL_CONNECTING;
	ret = run_settle(fd);
	if (ret) {
		errno = ret == EAGAIN ? EALREADY : ret;
		return -1;
	}
	/* some ask so whether it is there by now */
	if (began)
		return 0;
	if (!is_tcp(fd) || !rules_connects(address.__sockaddr__, len, host))
		return REAL(connect)(fd, address, len);
	return run_connect(fd, address.__sockaddr__, len, host);
}

EXPORT int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		       struct addrinfo **found)
{
	int ret = REAL(getaddrinfo)(node, service, hints, found);

	if (!ret)
		rules_resolved(node, *found);
	return ret;
}

/* ---- about a socket ----------------------------------------------------------- */

/* The socket that the program means by @fd. */
static int meant(int fd)
{
	struct special special;

	run_settle(fd);
	return special_get(fd, &special) ? special.tcp : fd;
}

EXPORT int getsockname(int fd, __SOCKADDR_ARG address, socklen_t *len)
{
	return REAL(getsockname)(meant(fd), address, len);
}

EXPORT int getpeername(int fd, __SOCKADDR_ARG address, socklen_t *len)
{
	struct special special;
	int ret = run_settle(fd);

	if (ret) {
		errno = ENOTCONN;
		return -1;
	}
	return REAL(getpeername)(special_get(fd, &special) ? special.tcp : fd, address, len);
}

EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	return REAL(setsockopt)(meant(fd), level, name, value, len);
}

/* SO_ERROR of a connection that has failed, once, as sockets have it. */
static int error_of(int fd, const struct special *special, void *value, socklen_t *len)
{
	if (*len < sizeof(int)) {
		errno = EINVAL;
		return -1;
	}
	*(int *)value = special->told ? 0 : special->error;
	*len = sizeof(int);
	special_told(fd);
	return 0;
}

EXPORT int getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	struct special special;

	run_settle(fd);
	switch (special_get(fd, &special)) {
	case SPECIAL_NONE:
		return REAL(getsockopt)(fd, level, name, value, len);
	case SPECIAL_FAILED:
		if (level == SOL_SOCKET && name == SO_ERROR)
			return error_of(fd, &special, value, len);
		/* fall through */
	default:
		return REAL(getsockopt)(special.tcp, level, name, value, len);
	}
}

EXPORT int shutdown(int fd, int how)
{
	return REAL(shutdown)(meant(fd), how);
}

/* ---- descriptors -------------------------------------------------------------- */

EXPORT int close(int fd)
{
	special_forget(fd);
	return REAL(close)(fd);
}

EXPORT int dup2(int fd, int to)
{
	if (fd != to)
		special_forget(to);
	return REAL(dup2)(fd, to);
}

EXPORT int dup3(int fd, int to, int flags)
{
	if (fd != to)
		special_forget(to);
	return REAL(dup3)(fd, to, flags);
}

EXPORT int epoll_ctl(int epoll, int op, int fd, struct epoll_event *event)
{
	struct special special;
	int ret = REAL(epoll_ctl)(epoll, op, fd, event);

	/* others never get another socket put behind them */
	if (!ret && (rules_any_connection() || special_get(fd, &special)))
		special_watched(epoll, op, fd, event);
	return ret;
}

/* ---- data --------------------------------------------------------------------- */

/* What a call on a socket does that connects still, or has failed to. */
#define SETTLE(fd) do {					\
	int ret_ = run_settle(fd);			\
							\
	if (ret_) {					\
		errno = ret_;				\
		return -1;				\
	}						\
} while (0)

EXPORT ssize_t read(int fd, void *buf, size_t size)
{
	SETTLE(fd);
	return REAL(read)(fd, buf, size);
}

EXPORT ssize_t readv(int fd, const struct iovec *iov, int count)
{
	SETTLE(fd);
	return REAL(readv)(fd, iov, count);
}

EXPORT ssize_t recv(int fd, void *buf, size_t size, int flags)
{
	SETTLE(fd);
	return REAL(recv)(fd, buf, size, flags);
}

EXPORT ssize_t recvfrom(int fd, void *buf, size_t size, int flags, __SOCKADDR_ARG address,
			socklen_t *len)
{
	SETTLE(fd);
	return REAL(recvfrom)(fd, buf, size, flags, address, len);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	SETTLE(fd);
	return REAL(recvmsg)(fd, msg, flags);
}

EXPORT ssize_t write(int fd, const void *buf, size_t size)
{
	SETTLE(fd);
	return REAL(write)(fd, buf, size);
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int count)
{
	SETTLE(fd);
	return REAL(writev)(fd, iov, count);
}

EXPORT ssize_t send(int fd, const void *buf, size_t size, int flags)
{
	SETTLE(fd);
	return REAL(send)(fd, buf, size, flags);
}

EXPORT ssize_t sendto(int fd, const void *buf, size_t size, int flags,
		      __CONST_SOCKADDR_ARG address, socklen_t len)
{
	SETTLE(fd);
	return REAL(sendto)(fd, buf, size, flags, address, len);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	SETTLE(fd);
	return REAL(sendmsg)(fd, msg, flags);
}

EXPORT ssize_t sendfile(int out, int in, off_t *offset, size_t count)
{
	SETTLE(out);
	return REAL(sendfile)(out, in, offset, count);
}

EXPORT ssize_t splice(int in, loff_t *in_offset, int out, loff_t *out_offset, size_t count,
		      unsigned int flags)
{
	SETTLE(in);
	SETTLE(out);
	return REAL(splice)(in, in_offset, out, out_offset, count, flags);
}

EXPORT ssize_t sendfile64(int out, int in, off64_t *offset, size_t count)
{
	SETTLE(out);
	return REAL(sendfile64)(out, in, offset, count);
}

EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	SETTLE(fd);
	return REAL(sendmmsg)(fd, messages, count, flags);
}

/* What _FORTIFY_SOURCE makes of read(2), recv(2) and recvfrom(2). */

ssize_t __read_chk(int fd, void *buf, size_t size, size_t room);
ssize_t __recv_chk(int fd, void *buf, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *buf, size_t size, size_t room, int flags,
		       __SOCKADDR_ARG address, socklen_t *len);

EXPORT ssize_t __read_chk(int fd, void *buf, size_t size, size_t room)
{
	SETTLE(fd);
	return REAL(__read_chk)(fd, buf, size, room);
}

EXPORT ssize_t __recv_chk(int fd, void *buf, size_t size, size_t room, int flags)
{
	SETTLE(fd);
	return REAL(__recv_chk)(fd, buf, size, room, flags);
}

EXPORT ssize_t __recvfrom_chk(int fd, void *buf, size_t size, size_t room, int flags,
			      __SOCKADDR_ARG address, socklen_t *len)
{
	SETTLE(fd);
	return REAL(__recvfrom_chk)(fd, buf, size, room, flags, address, len);
}
