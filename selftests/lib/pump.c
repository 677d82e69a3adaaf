// SPDX-License-Identifier: GPL-2.0
/* Bytes through a link in both directions: four threads, each with an end. */
#include "pump.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

enum { ROOM = 40000 };

struct pump {
	struct kt_link *link;
	size_t len;
	enum kt_way way;
	int helper[2];		/* a pipe, an epoll set or a file */
};

static ssize_t all_of(struct pump *pump,
		      ssize_t (*some)(struct pump *pump, size_t want, uint64_t position),
		      const char *what)
{
	size_t done = 0;

	while (done < pump->len) {
		ssize_t n = some(pump, pump->len - done, done);

		if (n <= 0)
			return kt_errno(what);
		done += n;
	}
	return done;
}

/* ---- reading ------------------------------------------------------------- */

static ssize_t read_spliced(struct pump *pump, size_t want, uint64_t position)
{
	static __thread uint8_t got[ROOM];
	ssize_t n = splice(pump->link->fd, NULL, pump->helper[1], NULL, want, 0);

	if (n > 0 && (kt_read_pipe(pump->helper[0], got, n) || kt_check(got, n, position)))
		return -1;
	return n;
}

/* Never blocks; -1 with EAGAIN when there is nothing. */
static ssize_t read_polled(struct pump *pump, size_t want, uint64_t position)
{
	ssize_t n;

	for (;;) {
		n = kt_recv_pattern(pump->link->fd, want, position, MSG_DONTWAIT);
		if (n >= 0 || errno != EAGAIN)
			return n;
		if (pump->way == KT_BY_POLL && !kt_poll(pump->link->fd, POLLIN, KT_WAIT_MS))
			return kt_errno("poll says nothing");
		if (pump->way == KT_BY_EDGES && !kt_events(pump->helper[0], KT_WAIT_MS))
			return kt_errno("epoll says nothing");
	}
}

static ssize_t read_some(struct pump *pump, size_t want, uint64_t position)
{
	int fd = pump->link->fd;

	switch (pump->way) {
	case KT_BY_SMALL_RECV:
		return kt_recv_pattern(fd, want < 777 ? want : 777, position, 0);
	case KT_BY_WAITALL:
		return kt_recv_pattern(fd, want < ROOM ? want : ROOM, position, MSG_WAITALL);
	case KT_BY_PEEK:
		if (kt_recv_pattern(fd, want < 20000 ? want : 20000, position, MSG_PEEK) <= 0)
			return -1;
		return kt_recv_pattern(fd, want < 5000 ? want : 5000, position, 0);
	case KT_BY_SPLICE:
		return read_spliced(pump, want < ROOM ? want : ROOM, position);
	case KT_BY_POLL:
	case KT_BY_EDGES:
		return read_polled(pump, want < ROOM ? want : ROOM, position);
	default:
		return kt_recv_pattern(fd, want < 16384 ? want : 16384, position, 0);
	}
}

static ssize_t read_all(void *arg)
{
	return all_of(arg, read_some, "reading in a pump");
}

/* ---- writing ------------------------------------------------------------- */

static ssize_t write_some(struct pump *pump, size_t want, uint64_t position)
{
	static __thread uint8_t data[ROOM];
	int fd = pump->link->fd;
	off_t offset = position;

	if (pump->way == KT_BY_SENDFILE)
		return sendfile(fd, pump->helper[0], &offset, want);
	want = want < ROOM ? want : ROOM;
	kt_fill(data, want, position);
	if (pump->way == KT_BY_SPLICE) {
		want = write(pump->helper[1], data, want);
		return splice(pump->helper[0], NULL, fd, NULL, want, 0);
	}
	if (pump->way == KT_BY_POLL)
		return kt_write_full(fd, data, want) ? -1 : (ssize_t)want;
	return send(fd, data, want, MSG_NOSIGNAL);
}

static ssize_t write_all(void *arg)
{
	return all_of(arg, write_some, "writing in a pump");
}

/* ---- all of it ----------------------------------------------------------- */

static int make_file(struct pump *pump)
{
	uint8_t *data = malloc(pump->len);
	ssize_t n;

	pump->helper[0] = memfd_create("pump", MFD_CLOEXEC);
	if (!data)
		return -1;
	kt_fill(data, pump->len, 0);
	n = write(pump->helper[0], data, pump->len);
	free(data);
	return n == (ssize_t)pump->len ? 0 : kt_errno("write to a file");
}

static int make_set(struct pump *pump)
{
	pump->helper[0] = kt_watch(pump->link->fd, EPOLLIN | EPOLLET);
	return pump->helper[0] < 0 ? -1 : 0;
}

static int make_helper(struct pump *pump)
{
	pump->helper[0] = pump->helper[1] = -1;
	switch (pump->way) {
	case KT_BY_SPLICE:
		return pipe2(pump->helper, O_CLOEXEC) ? kt_errno("pipe") : 0;
	case KT_BY_SENDFILE:
		return make_file(pump);
	case KT_BY_EDGES:
		return make_set(pump);
	default:
		return 0;
	}
}

static ssize_t feed(void *arg)
{
	struct pump *pump = arg;

	return kt_send_stream(pump->link, pump->len, KT_MAX_PLAIN, 0);
}

static int run(struct pump *in, struct pump *out)
{
	struct kt_task reader, writer, feeder;
	bool reads = in->way != KT_NEVER, writes = out->way != KT_NEVER;
	int bad = 0;

	if ((reads && (kt_task_start(&feeder, feed, in) || kt_task_start(&reader, read_all, in))) ||
	    (writes && kt_task_start(&writer, write_all, out)))
		return -1;
	if (writes) {
		bad |= kt_expect_stream(out->link, out->len, 0, NULL);
		/* a writer whose peer gave up would sleep for ever */
		if (bad)
			shutdown(out->link->fd, SHUT_RDWR);
		bad |= kt_task_join(&writer) != (ssize_t)out->len;
	}
	if (reads) {
		bad |= kt_task_join(&reader) != (ssize_t)in->len;
		if (bad)
			shutdown(in->link->raw, SHUT_RDWR);
		bad |= kt_task_join(&feeder) != 0;
	}
	return bad ? -1 : 0;
}

int kt_pump(struct kt_link *link, size_t len, enum kt_way in, enum kt_way out)
{
	struct pump reader = { .link = link, .len = len, .way = in };
	struct pump writer = { .link = link, .len = len, .way = out };
	int ret;

	if (make_helper(&reader) || make_helper(&writer))
		return -1;
	ret = run(&reader, &writer);
	for (int i = 0; i < 2; i++) {
		kt_close(&reader.helper[i]);
		kt_close(&writer.helper[i]);
	}
	return ret;
}
