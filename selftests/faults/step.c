// SPDX-License-Identifier: GPL-2.0
/*
 * One operation, one failure point after the other, each on a connection of
 * its own. At each must hold:
 *
 * - the operation succeeds in spite of it, or fails with an errno that says
 *   what went wrong;
 * - then the connection carries the stream on in both directions, from where
 *   the counts of the calls say it stands, or its end is told to both sides;
 * - what the peer opens is the stream: no byte is wrong, missing, or twice.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"

enum {
	STREAM = 1 << 16,
	PROBE = 100,		/* bytes that tell whether a direction works */
};

const uint8_t *fault_stream(void)
{
	static uint8_t stream[STREAM];

	if (!stream[1] && !stream[2])
		kt_fill(stream, sizeof(stream), 0);
	return stream;
}

int fault_took(struct scene *scene, ssize_t ret)
{
	if (ret > 0)
		scene->sent += ret;
	return ret < 0 ? -1 : 0;
}

int fault_gave(struct scene *scene, ssize_t ret)
{
	if (ret > 0)
		scene->read += ret;
	return ret < 0 ? -1 : 0;
}

int fault_feed(struct scene *scene, size_t len)
{
	if (kt_send_pattern(&scene->link, len, scene->fed) || kt_all_here(&scene->link))
		return -1;
	scene->fed += len;
	return 0;
}

static void report_end(const struct scene *scene, const char *what)
{
	char before[64] = "success";

	if (scene->error)
		snprintf(before, sizeof(before), "%s", strerror(scene->error));
	kt_say("the connection ended: %s; %s says: %s", before, what, strerror(errno));
}

/* The peer makes room by opening a record. */
static int next_of_stream(struct scene *scene)
{
	struct kt_record record;

	if (kt_recv_record(&scene->link, &record) || record.type != KT_DATA ||
	    record.len > scene->sent - scene->seen ||
	    kt_check(record.data, record.len, scene->seen))
		return -1;
	scene->seen += record.len;
	return 0;
}

/* The peer sees a beginning of what was sent, and then that there is no more. */
static int outgoing_ended(struct scene *scene)
{
	struct kt_record record;

	for (;;) {
		char c;

		kt_poll(scene->link.raw, POLLIN, KT_WAIT_MS);
		if (recv(scene->link.raw, &c, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
			return errno == ECONNRESET ? 0 : kt_errno("the peer's recv");
		switch (kt_recv_record(&scene->link, &record)) {
		case 0:
			break;
		case 1:
			return 0;
		default:
			return -1;
		}
		if (record.type == KT_ALERT)
			continue;
		if (record.type != KT_DATA || record.len > scene->sent - scene->seen ||
		    kt_check(record.data, record.len, scene->seen))
			return -1;
		scene->seen += record.len;
	}
}

/* Everything taken so far, and a little more, is on its way. */
static int outgoing_works_on(struct scene *scene, unsigned int *ended)
{
	const uint8_t *stream = fault_stream();
	uint64_t from;

	while (fault_took(scene, send(scene->link.fd, stream + scene->sent, PROBE,
				      MSG_DONTWAIT | MSG_NOSIGNAL))) {
		if (errno != EAGAIN) {
			report_end(scene, "sending");
			(*ended)++;
			return outgoing_ended(scene);
		}
		if (next_of_stream(scene))
			return -1;
	}
	from = scene->seen;
	scene->seen = scene->sent;
	return kt_expect_stream(&scene->link, scene->sent - from, from, NULL);
}

/* Read all that was fed. Return: 0; 1 the connection has ended; -1. */
static int read_up(struct scene *scene)
{
	while (scene->read < scene->fed) {
		ssize_t n = kt_recv_pattern(scene->link.fd, scene->fed - scene->read,
					    scene->read, 0);

		if (n > 0) {
			scene->read += n;
			continue;
		}
		if (!n || errno == EBADE || errno == EAGAIN) {
			kt_say("reading on: %s, %llu of %llu bytes", n ? strerror(errno) : "end",
			       (unsigned long long)scene->read, (unsigned long long)scene->fed);
			return -1;
		}
		report_end(scene, "reading");
		return 1;
	}
	return 0;
}

static int join_writer(struct scene *scene)
{
	if (!scene->writing)
		return 0;
	scene->writing = false;
	return kt_task_join(&scene->writer) ? kt_errno("the peer's writer") : 0;
}

static int incoming_works_on(struct scene *scene, unsigned int *ended)
{
	int ret = read_up(scene);

	if (!ret)
		ret = join_writer(scene) || fault_feed(scene, PROBE) ? -1 : read_up(scene);
	*ended += ret > 0;
	return ret < 0 ? -1 : 0;
}

/* A FIN is lost for good when TCP finds no memory for it, its own ones as well.
 * Then the peer's next byte is answered by a reset, the socket being closed.
 */
int fault_close(struct scene *scene)
{
	kt_close(&scene->link.fd);
	if (send(scene->link.raw, "?", 1, MSG_NOSIGNAL) < 0 && errno != EPIPE &&
	    errno != ECONNRESET)
		return kt_errno("the peer's send");
	return 0;
}

int fault_works_on(struct scene *scene, unsigned int *ended)
{
	unsigned int out = 0, in = 0;

	if (outgoing_works_on(scene, &out) || (!out && incoming_works_on(scene, &in)))
		return -1;
	*ended += out || in;
	return 0;
}

static int begin(struct scene *scene, const struct operation *op,
		 const struct kt_params *params)
{
	memset(scene, 0, offsetof(struct scene, wire));
	scene->params = *params;
	scene->fd[0] = -1;
	scene->fd[1] = -1;
	scene->link.fd = -1;
	scene->link.raw = -1;
	if (op->flags & NO_LINK)
		return 0;
	if (op->flags & (NO_ULP | NO_KEYS)) {
		if (kt_link_pair(&scene->link, params, &op->tune) ||
		    (!(op->flags & NO_ULP) && kt_attach(scene->link.fd)))
			return -1;
	} else if (kt_link_open(&scene->link, params, &op->tune)) {
		return -1;
	}
	/* what hangs shall be an error here, not the end of the run */
	return kt_timeout(scene->link.fd, SO_RCVTIMEO, KT_WAIT_MS) ||
	       kt_timeout(scene->link.fd, SO_SNDTIMEO, KT_WAIT_MS);
}

static void end(struct scene *scene)
{
	if (scene->link.fd >= 0 || scene->link.raw >= 0)
		kt_link_close(&scene->link);
	if (scene->writing)
		kt_task_join(&scene->writer);
	kt_close(&scene->fd[0]);
	kt_close(&scene->fd[1]);
}

static int is_clean(const struct operation *op, int error)
{
	if (!error || error == ENOMEM || error == ENOBUFS || error == EFAULT)
		return 1;
	for (size_t i = 0; i < sizeof(op->errors) / sizeof(op->errors[0]); i++)
		if (error == op->errors[i])
			return 1;
	kt_say("the operation fails with %s", strerror(error));
	return 0;
}

static int settle(struct scene *scene, const struct operation *op, struct outcome *outcome)
{
	if (op->settle && op->settle(scene))
		return -1;
	if (op->flags & (NO_LINK | ENDS))
		return 0;
	return fault_works_on(scene, &outcome->ended);
}

/* Return: 1 the point exists, and all was well; 0 there is none; -1. */
static int one_point(const struct operation *op, const struct kt_params *params,
		     struct outcome *outcome, unsigned int n)
{
	static struct scene scene;
	unsigned int ended = outcome->ended;
	int hit, ret = -1;

	if (begin(&scene, op, params) || (op->prepare && op->prepare(&scene)))
		goto out;
	if (fault_arm(op->where, n))
		goto out;
	scene.error = op->act(&scene) ? errno : 0;
	hit = fault_disarm();
	if (hit < 0 || !is_clean(op, scene.error))
		goto out;
	if (!hit && scene.error && !(op->flags & ENDS)) {
		kt_say("it fails with nothing failing below: %s", strerror(scene.error));
		goto out;
	}
	if (settle(&scene, op, outcome))
		goto out;
	if (!hit && outcome->ended > ended) {
		kt_say("the connection ends with nothing failing");
		goto out;
	}
	outcome->points += hit;
	outcome->through += hit && !scene.error;
	outcome->failed += hit && scene.error;
	ret = hit;
out:
	end(&scene);
	return ret;
}

int fault_step(const struct operation *op, const struct kt_params *params,
	       struct outcome *outcome)
{
	int ret;

	memset(outcome, 0, sizeof(*outcome));
	for (unsigned int n = 1; n <= FAULT_POINTS_MAX; n++) {
		ret = one_point(op, params, outcome, n);
		if (ret < 0)
			kt_say("%s: with failure point %u", op->name, n);
		if (ret <= 0)
			break;
	}
	if (!ret && !(op->flags & MAYBE_POINTS) &&
	    !outcome->points != !!(op->flags & NO_POINTS)) {
		kt_say("%s: %u failure points", op->name, outcome->points);
		ret = -1;
	}
	if (ret > 0)
		kt_say("%s: more than %u failure points", op->name, FAULT_POINTS_MAX);
	return ret ? -1 : 0;
}
