// SPDX-License-Identifier: GPL-2.0
/*
 * What arrives while nobody reads: TCP's softirq calls the module, and the
 * module may have to move a record out of a window too small for it. One page
 * after the other is not to be had there.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "faults.h"

enum { TINY = 2304, RECORDS = 2 };

static ssize_t write_wire(void *arg)
{
	struct scene *scene = arg;

	return kt_write_full(scene->link.raw, scene->wire, scene->wire_len);
}

static int start_writer(struct scene *scene)
{
	scene->wire_len = 0;
	for (int i = 0; i < RECORDS; i++) {
		ssize_t n = kt_seal(&scene->link.in, KT_DATA,
				    fault_stream() + i * KT_MAX_PLAIN, KT_MAX_PLAIN, 0,
				    scene->wire + scene->wire_len);

		if (n < 0)
			return -1;
		scene->wire_len += n;
	}
	return kt_task_start(&scene->writer, write_wire, scene);
}

/* All the while pages may fail the record comes, or the stall is reported:
 * either way poll says that there is something to do.
 */
static int one_point(struct scene *scene, struct outcome *outcome, unsigned int n)
{
	short seen;
	int hit;

	if (fault_arm_softirq(n) || start_writer(scene))
		return -1;
	seen = kt_poll(scene->link.fd, POLLIN, KT_WAIT_MS);
	hit = fault_disarm_softirq();
	if (hit < 0 || !(seen & POLLIN)) {
		kt_say("nothing to read in %d ms", KT_WAIT_MS);
		return -1;
	}
	for (size_t done = 0; done < RECORDS * KT_MAX_PLAIN;) {
		ssize_t got = kt_recv_pattern(scene->link.fd, KT_MAX_PLAIN, done, 0);

		if (got <= 0) {
			kt_say("after %zu bytes: %s", done, got ? strerror(errno) : "the end");
			return -1;
		}
		done += got;
	}
	outcome->points += hit;
	outcome->through += hit;
	return hit;
}

int fault_softirq_step(const struct kt_params *params, struct outcome *outcome)
{
	const struct kt_tune tune = { .fd_rcvbuf = TINY };
	static struct scene scene;
	int ret = 1;

	memset(outcome, 0, sizeof(*outcome));
	for (unsigned int n = 0; ret > 0 && n < FAULT_POINTS_MAX; n++) {
		ret = kt_link_open(&scene.link, params, &tune) ? -1 :
		      kt_timeout(scene.link.fd, SO_RCVTIMEO, KT_WAIT_MS);
		if (!ret)
			ret = one_point(&scene, outcome, n);
		fault_disarm_softirq();
		kt_link_close(&scene.link);
		if (scene.writer.thread)
			kt_task_join(&scene.writer);
		memset(&scene.writer, 0, sizeof(scene.writer));
		if (ret < 0)
			kt_say("with page %u missing", n);
	}
	if (!ret && !outcome->points) {
		kt_say("no page was asked for");
		ret = -1;
	}
	return ret;
}
