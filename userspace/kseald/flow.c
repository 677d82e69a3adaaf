// SPDX-License-Identifier: GPL-2.0
/*
 * One direction of a relay: from a socket into a pipe, from the pipe into a socket.
 *
 * Both are tried first and waited for only when they have nothing, or take nothing.
 * splice(2) says EAGAIN for a dry socket and for a full pipe alike; with an empty pipe
 * it is the socket.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "flow.h"
#include "log.h"
#include "record.h"

enum {
	/* Fillings of the pipe before others get their turn. */
	TURNS = 16,
	/* What a pipe takes of whole pages. */
	PIPE_ROOM = 65536,
};

static struct relays *relays_of(const struct flow *flow)
{
	return flow->from->relay->relays;
}

void flow_close(struct flow *flow)
{
	if (flow->pipe[0] < 0)
		return;
	if (flow->held)
		pipes_close(flow->pipe);
	else
		pipes_put(&relays_of(flow)->pipes, flow->pipe);
	flow->held = 0;
}

/* ---- out of the source --------------------------------------------------- */

static int get_pipe(struct flow *flow)
{
	if (flow->pipe[0] >= 0)
		return 0;
	flow->starved = pipes_take(&relays_of(flow)->pipes, flow->pipe) != 0;
	return flow->starved ? -EMFILE : 0;
}

/* A record that is not data stopped splice(). */
static void take_record(struct flow *flow)
{
	char why[128];

	switch (record_take(flow->from->fd, why, sizeof(why))) {
	case RECORD_END:
		flow->state = ENDING;
		break;
	case RECORD_BAD:
		relay_end_failed(flow->from, EPROTO, why);
		break;
	default:
		break;
	}
}

static void source_ended(struct flow *flow)
{
	if (flow->from->tls && !flow->from->by_kernel)
		relay_truncated(flow->from->relay);
	else
		flow->state = ENDING;
}

static void source_stopped(struct flow *flow, int error)
{
	if (error == EAGAIN)
		flow->wants_read = !flow->held;
	else if (error == EINVAL && flow->from->tls)
		take_record(flow);
	else if (error != EINTR) {
		relay_end_failed(flow->from, error, strerror(error));
		flow->state = ENDING;
	}
}

static void fill(struct flow *flow)
{
	ssize_t n;

	if (flow->state != FLOWING || flow->held >= PIPE_ROOM || get_pipe(flow))
		return;
	n = splice(flow->from->fd, NULL, flow->pipe[1], NULL, PIPE_ROOM - flow->held,
		   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
	if (n > 0)
		flow->held += n;
	else if (!n)
		source_ended(flow);
	else
		source_stopped(flow, errno);
}

/* ---- into the sink -------------------------------------------------------- */

static void wrote(struct flow *flow, size_t n)
{
	flow->held -= n;
	if (flow->dropping)
		return;
	flow->bytes += n;
	flow->from->relay->moved = uv_now(relays_of(flow)->loop);
}

/* No more than is there is asked for, or the kernel would wait for more to fill a
 * segment with.
 */
static void empty(struct flow *flow)
{
	const struct relay *relay = flow->from->relay;
	ssize_t n;

	while (flow->held && !flow->wants_write && !relay->over) {
		n = splice(flow->pipe[0], NULL,
			   flow->dropping ? relay->relays->null_fd : flow->to->fd, NULL, flow->held,
			   SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
		if (n > 0)
			wrote(flow, n);
		else if (n && errno == EAGAIN)
			flow->wants_write = 1;
		else if (!n || errno != EINTR)
			relay_end_failed(flow->to, n ? errno : EIO, strerror(n ? errno : EIO));
	}
}

/* A TLS client is told by an alert whether this is all or something went wrong. Others
 * can be told of the latter by a reset alone.
 */
static int tell_sink(const struct flow *flow)
{
	const int error = flow->from->relay->report.error;
	int ret = 0;

	if (flow->dropping)
		return 0;
	if (flow->to->tls)
		ret = record_send_alert(flow->to->fd, error ? ALERT_INTERNAL_ERROR :
							      ALERT_CLOSE_NOTIFY);
	else if (error)
		ret = -error;
	/* one that has gone is found out by reading from it */
	if (!ret && shutdown(flow->to->fd, SHUT_WR) && errno != ENOTCONN)
		ret = -errno;
	return ret;
}

/* Whoever has ended well may have gone, and need not be told. */
static int is_gone(const struct flow *flow, int ret)
{
	const struct relay *relay = flow->from->relay;
	const struct flow *other = flow == &relay->in ? &relay->out : &relay->in;

	return other->state == ENDED && !relay->report.error &&
	       (ret == -EPIPE || ret == -ECONNRESET);
}

static void pass_end(struct flow *flow)
{
	int ret = tell_sink(flow);

	if (is_gone(flow, ret))
		ret = 0;
	if (ret == -EAGAIN) {
		flow->wants_write = 1;
		return;
	}
	if (ret)
		relay_end_failed(flow->to, -ret, strerror(-ret));
	if (flow->from->relay->over)
		return;
	flow->state = ENDED;
	relay_flow_ended(flow);
}

/* ---- both ------------------------------------------------------------------ */

static int waits(const struct flow *flow)
{
	return flow->state == ENDED || flow->wants_read || flow->wants_write || flow->starved;
}

void flow_pump(struct flow *flow)
{
	const struct relay *relay = flow->from->relay;

	flow->wants_read = 0;
	flow->wants_write = 0;
	flow->starved = 0;
	/* of one that hung up nothing more is told: what it left is taken at once */
	for (int i = 0; (i < TURNS || flow->from->hung) && !relay->over && !waits(flow); i++) {
		fill(flow);
		empty(flow);
		if (!relay->over && !flow->held && flow->state == ENDING)
			pass_end(flow);
	}
	if (relay->over)
		return;
	if (!flow->held)
		flow_close(flow);
	/* others' turn; an event comes for what can be read right now, too */
	if (!waits(flow))
		flow->wants_read = 1;
}
