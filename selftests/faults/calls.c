// SPDX-License-Identifier: GPL-2.0
/* Everything else a program may ask of such a socket. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/sockios.h>

#include "faults.h"

static int feed(struct scene *scene)
{
	return fault_feed(scene, 1000);
}

static int get_key(struct scene *scene)
{
	union kt_info info;
	socklen_t len = kt_key_info(&scene->link.out.key, &info);

	return getsockopt(scene->link.fd, SOL_TLS, TLS_TX, &info, &len);
}

static int get_info(struct scene *scene)
{
	struct kseal_info info;
	socklen_t len = sizeof(info);

	return getsockopt(scene->link.fd, SOL_TLS, KSEAL_INFO, &info, &len);
}

static int set_payload(struct scene *scene)
{
	uint16_t value = 1000;

	return setsockopt(scene->link.fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &value,
			  sizeof(value));
}

static int get_payload(struct scene *scene)
{
	uint16_t value;
	socklen_t len = sizeof(value);

	return getsockopt(scene->link.fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &value, &len);
}

static int set_no_pad(struct scene *scene)
{
	int value = 1;

	return setsockopt(scene->link.fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, &value,
			  sizeof(value));
}

static int set_zerocopy(struct scene *scene)
{
	int value = 1;

	return setsockopt(scene->link.fd, SOL_TLS, TLS_TX_ZEROCOPY_RO, &value,
			  sizeof(value));
}

static int poll_once(struct scene *scene)
{
	struct pollfd pfd = { .fd = scene->link.fd, .events = POLLIN | POLLOUT };
	int ret = poll(&pfd, 1, 0);

	if (ret == 1 && pfd.revents == (POLLIN | POLLOUT))
		return 0;
	errno = ret < 0 ? errno : EBADE;
	return -1;
}

static int count_queue(struct scene *scene)
{
	int n = -1;

	if (ioctl(scene->link.fd, FIONREAD, &n))
		return -1;
	errno = EBADE;
	/* padding cannot be told from content yet */
	return n >= 1000 && n <= 1000 + 1 ? 0 : -1;
}

/* Bare: a library's buffers would be mapped while failures are due. */
static int read_stat(struct scene *scene)
{
	static char text[8192];
	char path[64];
	ssize_t n = -1;
	int error, fd;

	(void)scene;
	snprintf(path, sizeof(path), "/proc/thread-self/net/%s_stat", kt_ulp());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text));
	error = errno;
	close(fd);
	errno = error;
	return n < 0 ? -1 : 0;
}

static int leave_open(struct scene *scene)
{
	return fault_took(scene, send(scene->link.fd, fault_stream(), 50, MSG_MORE));
}

static int shut(struct scene *scene)
{
	return shutdown(scene->link.fd, SHUT_WR);
}

static int let_go(struct scene *scene)
{
	int fd = scene->link.fd;

	scene->link.fd = -1;
	return close(fd);
}

/* Nobody hears of a failure, so the peer must: what looks like an end of the
 * stream comes behind all that was accepted.
 */
static int ends_whole(struct scene *scene)
{
	struct kt_record record;
	uint8_t c;
	int ret;

	if (fault_close(scene))
		return -1;
	do {
		kt_poll(scene->link.raw, POLLIN, KT_WAIT_MS);
		if (recv(scene->link.raw, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
			return errno == ECONNRESET ? 0 : kt_errno("the peer's recv");
		ret = kt_recv_record(&scene->link, &record);
		if (ret < 0)
			return -1;
		if (!ret && record.type == KT_ALERT && record.len == 2 && record.data[0] == 2)
			return 0;
		if (!ret && kt_check(record.data, record.len, scene->seen))
			return -1;
		scene->seen += ret ? 0 : record.len;
	} while (!ret);
	if (scene->seen == scene->sent)
		return 0;
	kt_say("the stream seems to end after %llu bytes, %llu were accepted",
	       (unsigned long long)scene->seen, (unsigned long long)scene->sent);
	return -1;
}

const struct operation call_operations[] = {
	{ .name = "getsockopt TLS_TX", .act = get_key },
	{ .name = "getsockopt KSEAL_INFO", .act = get_info },
	{ .name = "setsockopt TLS_TX_MAX_PAYLOAD_LEN", .act = set_payload },
	{ .name = "getsockopt TLS_TX_MAX_PAYLOAD_LEN", .act = get_payload },
	{ .name = "setsockopt TLS_RX_EXPECT_NO_PAD", .flags = ONLY_13, .act = set_no_pad },
	{ .name = "setsockopt TLS_TX_ZEROCOPY_RO", .act = set_zerocopy },
	{ .name = "poll", .prepare = feed, .act = poll_once, .flags = NO_POINTS },
	{ .name = "ioctl SIOCINQ", .prepare = feed, .act = count_queue, .flags = NO_POINTS },
	{ .name = "read of /proc/net/..._stat", .where = WHERE_ANY, .flags = ONCE,
	  .act = read_stat },
	{ .name = "shutdown with an open record", .flags = ENDS, .prepare = leave_open,
	  .act = shut, .settle = ends_whole },
	{ .name = "close with an open record", .flags = ENDS, .prepare = leave_open,
	  .act = let_go, .settle = ends_whole },
	{}
};
