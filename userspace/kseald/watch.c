// SPDX-License-Identifier: GPL-2.0
/* Waiting for sockets that belong to others. */
#include <errno.h>
#include <unistd.h>

#include "watch.h"

static void dispatch(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;
	struct epoll_event *event;
	struct watched *watched;

	(void)status;
	(void)events;
	watch->count = epoll_wait(watch->epoll_fd, watch->batch, WATCH_BATCH, 0);
	for (watch->at = 0; watch->at < watch->count;) {
		event = &watch->batch[watch->at++];
		watched = event->data.ptr;
		if (watched)
			watched->ready(watched, event->events);
	}
}

int watch_open(struct watch *watch, uv_loop_t *loop)
{
	int ret;

	watch->at = watch->count = 0;
	watch->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (watch->epoll_fd < 0)
		return -errno;
	ret = uv_poll_init(loop, &watch->poll, watch->epoll_fd);
	if (ret) {
		close(watch->epoll_fd);
		return ret;
	}
	watch->poll.data = watch;
	return uv_poll_start(&watch->poll, UV_READABLE, dispatch);
}

int watch_set(struct watch *watch, struct watched *watched, int fd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = watched };
	const int op = watched->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

	if (events == watched->events)
		return 0;
	if (epoll_ctl(watch->epoll_fd, op, fd, &event))
		return -errno;
	watched->fd = fd;
	watched->events = events;
	return 0;
}

/* By hand: closing our descriptor does not end it while a program has the socket
 * open too. And what was fetched for it is not told any more, since its memory may
 * be gone by then.
 */
void watch_unset(struct watch *watch, struct watched *watched)
{
	int i;

	if (!watched->events)
		return;
	epoll_ctl(watch->epoll_fd, EPOLL_CTL_DEL, watched->fd, NULL);
	watched->events = 0;
	for (i = watch->at; i < watch->count; i++)
		if (watch->batch[i].data.ptr == watched)
			watch->batch[i].data.ptr = NULL;
}

static void close_epoll(uv_handle_t *poll)
{
	struct watch *watch = poll->data;

	close(watch->epoll_fd);
}

void watch_close(struct watch *watch)
{
	uv_close((uv_handle_t *)&watch->poll, close_epoll);
}
