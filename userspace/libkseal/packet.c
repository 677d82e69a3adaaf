// SPDX-License-Identifier: LGPL-2.1-or-later
/* One message of kseald's protocol, and the descriptor that travels with it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "protocol.h"

union control {
	struct cmsghdr align;
	char buf[CMSG_SPACE(sizeof(int))];
};

int kseald_send_packet(int sock, const uint8_t *buf, size_t size, int fd)
{
	union control control = { 0 };
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (fd >= 0) {
		msg.msg_control = control.buf;
		msg.msg_controllen = sizeof(control.buf);
		cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	}
	if (sendmsg(sock, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return -errno;
	return 0;
}

/* The first descriptor is kept in @fd, any other closed; returns how many. */
static size_t take_descriptors(struct msghdr *msg, int *fd)
{
	struct cmsghdr *cmsg;
	size_t count = 0, i, n;
	int one;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&one, CMSG_DATA(cmsg) + i * sizeof(int),
			       sizeof(one));
			if (count++)
				close(one);
			else
				*fd = one;
		}
	}
	return count;
}

ssize_t kseald_receive_packet(int sock, uint8_t *buf, size_t size, int *fd)
{
	union control control;
	struct iovec iov = { .iov_base = buf, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.buf,
		.msg_controllen = sizeof(control.buf),
	};
	size_t count;
	ssize_t len;

	*fd = -1;
	len = recvmsg(sock, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (len < 0)
		return -errno;

	count = take_descriptors(&msg, fd);
	if (!count && msg.msg_flags & MSG_CTRUNC)
		*fd = -EMFILE;
	if (count <= 1 && !(msg.msg_flags & MSG_TRUNC) &&
	    !(count && msg.msg_flags & MSG_CTRUNC))
		return len;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return -EBADMSG;
}
