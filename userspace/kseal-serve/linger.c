// SPDX-License-Identifier: GPL-2.0
/*
 * Ending connections: RFC 9112 9.6.
 *
 * fresh -> GOODBYE (close_notify, as soon as the send buffer takes it)
 *	 -> DRAIN (FIN sent; read and drop) -> closed
 *
 * Out of time, or on any error, a socket goes to "closed" from everywhere.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "alert.h"
#include "linger.h"

#define LINGER_MS	2000

struct linger_socket {
	struct linger_socket *next;	/* in fresh; then in no list */
	struct lingering *set;
	int fd;
	bool goodbye;
	uv_poll_t poll;
	uv_timer_t timer;
	int open_handles;
};

static void on_handle_closed(uv_handle_t *handle)
{
	struct linger_socket *s = handle->data;
	struct lingering *set = s->set;

	if (--s->open_handles)
		return;
	close(s->fd);
	free(s);
	if (!--set->active && set->on_empty)
		set->on_empty(set->data);
}

static void end(struct linger_socket *s)
{
	if (uv_is_closing((uv_handle_t *)&s->timer))
		return;
	uv_close((uv_handle_t *)&s->timer, on_handle_closed);
	uv_close((uv_handle_t *)&s->poll, on_handle_closed);
}

static void on_timeout(uv_timer_t *timer)
{
	end(timer->data);
}

/* A record that is no data, such as the client's own close_notify, is EIO. */
static void on_drain(uv_poll_t *poll, int status, int events)
{
	struct linger_socket *s = poll->data;
	char waste[4096];
	ssize_t n;

	(void)events;
	if (status < 0) {
		end(s);
		return;
	}
	do {
		n = recv(s->fd, waste, sizeof(waste), MSG_DONTWAIT);
	} while (n > 0);
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		end(s);
}

static void on_writable(uv_poll_t *poll, int status, int events)
{
	struct linger_socket *s = poll->data;
	int err = status;

	(void)events;
	if (!err && s->goodbye)
		err = alert_close_notify(s->fd, MSG_DONTWAIT);
	if (err == -EAGAIN)
		return;
	if (err || shutdown(s->fd, SHUT_WR) ||
	    uv_poll_start(poll, UV_READABLE, on_drain))
		end(s);
}

static void start(struct lingering *set, struct linger_socket *s)
{
	if (uv_poll_init(set->loop, &s->poll, s->fd)) {
		close(s->fd);
		free(s);
		return;
	}
	uv_timer_init(set->loop, &s->timer);
	s->poll.data = s;
	s->timer.data = s;
	s->open_handles = 2;
	set->active++;
	if (uv_timer_start(&s->timer, on_timeout, LINGER_MS, 0) ||
	    uv_poll_start(&s->poll, UV_WRITABLE, on_writable))
		end(s);
}

void linger_flush(struct lingering *linger)
{
	struct linger_socket *s, *next;

	pthread_mutex_lock(&linger->lock);
	s = linger->fresh;
	linger->fresh = NULL;
	pthread_mutex_unlock(&linger->lock);
	for (; s; s = next) {
		next = s->next;
		start(linger, s);
	}
}

static void on_wake(uv_async_t *wake)
{
	linger_flush(wake->data);
}

int linger_init(struct lingering *linger, uv_loop_t *loop)
{
	memset(linger, 0, sizeof(*linger));
	linger->loop = loop;
	linger->wake.data = linger;
	pthread_mutex_init(&linger->lock, NULL);
	return uv_async_init(loop, &linger->wake, on_wake);
}

void linger_add(struct lingering *linger, int fd, bool goodbye)
{
	struct linger_socket *s = calloc(1, sizeof(*s));

	if (!s)
		return;		/* the caller's close has to do */
	s->set = linger;
	s->goodbye = goodbye;
	s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	if (s->fd < 0) {
		free(s);
		return;
	}
	pthread_mutex_lock(&linger->lock);
	s->next = linger->fresh;
	linger->fresh = s;
	pthread_mutex_unlock(&linger->lock);
	uv_async_send(&linger->wake);
}
