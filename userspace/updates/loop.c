// SPDX-License-Identifier: GPL-2.0
/* Both ways at once, by poll(): how programs do it that have one thread. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stream.h"
#include "updates.h"

enum { PATIENCE_MS = 300000, LARGEST = 256 * 1024 };

/**
 * struct pace - so many records in a second
 * @next: when the next one may come, in microseconds
 */
struct pace {
	int64_t next;
};

/**
 * struct loop - where it is
 * @out: what is being sent, @left bytes of it from @from on
 * @until_update: records to send before the next update
 */
struct loop {
	struct end *end;
	uint8_t *out, *in;
	size_t from, left;
	unsigned int until_update;
	struct pace sends, receives;
	bool shut, ended;
	short events;
	int64_t wait_until;
};

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

/* Is it time for a record more? */
static bool may(struct loop *loop, struct pace *pace)
{
	if (!loop->end->way->per_second || pace->next <= now())
		return true;
	if (!loop->wait_until || pace->next < loop->wait_until)
		loop->wait_until = pace->next;
	return false;
}

static void took(struct loop *loop, struct pace *pace)
{
	if (loop->end->way->per_second)
		pace->next = now() + 1000000 / loop->end->way->per_second;
}

/* Return: whether it has gone on. */
static bool wants(struct loop *loop, ssize_t ret, const char *what)
{
	if (ret == -EAGAIN) {
		loop->events |= loop->end->wants;
		return false;
	}
	if (ret < 0)
		errx(1, "%s: %s", what, strerror(-ret));
	return true;
}

static bool update(struct loop *loop)
{
	struct end *end = loop->end;

	if (!wants(loop, end->way->update(end), "cannot update the key"))
		return false;
	end->updates++;
	loop->until_update = UPDATE_EVERY;
	return true;
}

static bool finish(struct loop *loop)
{
	if (!wants(loop, loop->end->way->shut(loop->end), "cannot end what is sent"))
		return false;
	loop->shut = true;
	return true;
}

static bool send_some(struct loop *loop)
{
	struct end *end = loop->end;
	ssize_t n;

	if (!loop->left && end->sent == end->bytes)
		return finish(loop);
	if (!loop->left && end->way->update && !loop->until_update)
		return update(loop);
	if (!loop->left && !may(loop, &loop->sends))
		return false;
	if (!loop->left) {
		loop->from = 0;
		loop->left = end->way->chunk;
		if (loop->left > end->bytes - end->sent)
			loop->left = end->bytes - end->sent;
		stream_fill(send_seed(end), end->sent, loop->out, loop->left);
		took(loop, &loop->sends);
	}
	n = end->way->send(end, loop->out + loop->from, loop->left);
	if (!wants(loop, n, "cannot send"))
		return false;
	loop->from += n;
	loop->left -= n;
	end->sent += n;
	if (!loop->left && loop->until_update)
		loop->until_update--;
	return true;
}

static bool receive_some(struct loop *loop)
{
	struct end *end = loop->end;
	ssize_t n;

	if (!may(loop, &loop->receives))
		return false;
	n = end->way->receive(end, loop->in, LARGEST);
	if (!wants(loop, n, "cannot receive"))
		return false;
	took(loop, &loop->receives);
	stream_check(receive_seed(end), end->received, loop->in, n);
	end->received += n;
	loop->ended = !n;
	return true;
}

static void wait_for_more(struct loop *loop)
{
	struct pollfd fd = { .fd = loop->end->fd, .events = loop->events };
	int64_t wait = PATIENCE_MS;
	int n;

	if (loop->wait_until)
		wait = (loop->wait_until - now() + 999) / 1000;
	n = poll(&fd, 1, wait < 0 ? 0 : wait);
	if (n < 0)
		err(1, "poll");
	if (!n && !loop->wait_until)
		errx(1, "nothing moves any more: %llu bytes sent, %llu received",
		     (unsigned long long)loop->end->sent,
		     (unsigned long long)loop->end->received);
}

void send_and_receive(struct end *end)
{
	struct loop loop = { .end = end, .until_update = UPDATE_EVERY };
	bool moved;

	loop.out = malloc(LARGEST);
	loop.in = malloc(LARGEST);
	if (!loop.out || !loop.in)
		err(1, "no memory");
	while (!loop.shut || !loop.ended) {
		loop.events = 0;
		loop.wait_until = 0;
		moved = !loop.shut && send_some(&loop);
		if (!loop.ended)
			moved |= receive_some(&loop);
		if (!moved)
			wait_for_more(&loop);
	}
	free(loop.out);
	free(loop.in);
}
