// SPDX-License-Identifier: GPL-2.0
/* A connection from start to end: in lock-step, or an actor for each side. */
#include "model.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static int send_step(struct model_actor *actor, struct model_side *side)
{
	return side->sealed ? model_send_step(actor, side) :
			      model_plain_send_step(actor, side);
}

static int send_rest(struct model_actor *actor, struct model_side *side)
{
	return side->sealed ? model_send_rest(actor, side) :
			      model_plain_send_rest(actor, side);
}

static int recv_step(struct model_actor *actor, struct model_side *side)
{
	return side->sealed ? model_recv_step(actor, side) :
			      model_plain_recv_step(actor, side);
}

static void begin_step(struct model_actor *actor)
{
	actor->step++;
	model_rng_seed(&actor->rng, actor->model->plan.seed, actor->id, actor->step);
}

/* ---- lock-step ------------------------------------------------------------ */

static bool is_owed(const struct model_dir *dir)
{
	return dir->shut ? !dir->ended : dir->read < model_sealed(dir);
}

/* Receive until all that was accepted, or the end, is there. */
static int drain(struct model_actor *actor, struct model_dir *dir)
{
	struct model_side *in = &dir->in;
	int one = 1;

	dir->lowat = 1;
	if (setsockopt(in->fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof(one)))
		return model_fail(actor, "SO_RCVLOWAT: %s", strerror(errno));
	while (is_owed(dir)) {
		begin_step(actor);
		if (recv_step(actor, in) < 0)
			return -1;
		if (in->sealed && !dir->expired && is_owed(dir) &&
		    model_recv_wait(actor, in) < 0)
			return -1;
	}
	return 0;
}

/* What was begun is finished. */
static int end_sending(struct model_actor *actor, struct model_dir *dir)
{
	int ret;

	while (!(ret = send_rest(actor, &dir->out)))
		if (dir->full) {
			dir->full = false;
			if (drain(actor, dir))
				return -1;
			if (!(kt_poll(dir->out.fd, POLLOUT, KT_WAIT_MS) & POLLOUT))
				return model_fail(actor, "%s: nothing on its way, "
						  "and no POLLOUT", dir->name);
		}
	return ret < 0 ? -1 : 0;
}

static int shut_down(struct model_actor *actor, struct model_dir *dir)
{
	model_log(actor, "%s shutdown", dir->name);
	if (shutdown(dir->out.fd, SHUT_WR))
		return model_fail(actor, "shutdown: %s", strerror(errno));
	if (send(dir->out.fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == -1 && errno == EPIPE)
		return 0;
	return model_fail(actor, "%s: sending goes on behind a shutdown", dir->name);
}

/* Nothing is left to be read there: all that was accepted is still sent. */
static void close_end(struct model_actor *actor, struct model_dir *dir)
{
	struct model *model = actor->model;
	int end = dir == &model->dirs[0] ? 0 : 1;

	model_log(actor, "%s close", dir->name);
	kt_close(&model->fd[end]);
	dir->out.fd = -1;
	model->dirs[!end].in.fd = -1;
}

static int end_direction(struct model_actor *actor, struct model_dir *dir, bool last)
{
	if (end_sending(actor, dir))
		return -1;
	if (last && model_rand(&actor->rng, 2))
		close_end(actor, dir);
	else if (shut_down(actor, dir))
		return -1;
	return model_shut(actor, dir) || drain(actor, dir) ? -1 : 0;
}

static int lock_step(struct model_actor *actor, struct model_dir *dir)
{
	struct model_rng *rng = &actor->rng;
	bool far = dir->accepted - dir->read > MODEL_AHEAD;

	switch (model_rand(rng, 16)) {
	case 0:
		return model_option_step(actor, model_rand(rng, 2) ? &dir->out : &dir->in);
	case 1:
		model_delay(actor);
		return 0;
	case 2 ... 7:
		if (!far && !dir->shut)
			return send_step(actor, &dir->out);
		break;
	}
	if (dir->ended)
		return 0;
	return recv_step(actor, &dir->in) < 0 ? -1 : 0;
}

static int run_lock_step(struct model *model)
{
	struct model_actor *actor = &model->actors[0];
	unsigned int steps = model->plan.steps;
	int first = model_rand(&actor->rng, 2);

	while (actor->step < steps) {
		begin_step(actor);
		if (lock_step(actor, &model->dirs[model_rand(&actor->rng, 2)]))
			return -1;
		/* one direction ends early, the other goes on */
		if (actor->step >= steps - steps / 4 && !model->dirs[first].shut &&
		    end_direction(actor, &model->dirs[first], false))
			return -1;
	}
	return end_direction(actor, &model->dirs[!first], true);
}

/* ---- threads -------------------------------------------------------------- */

void model_delay(struct model_actor *actor)
{
	unsigned int us = model_rand(&actor->rng, 2000);

	if (!model_rand(&actor->rng, 30))
		us += 60000;	/* a delayed acknowledgement */
	usleep(us);
}

static int wait_room(struct model_actor *actor, struct model_side *side)
{
	if (!side->dir->full)
		return 0;
	side->dir->full = false;
	if (kt_poll(side->fd, POLLOUT, KT_WAIT_MS))
		return 0;
	return model_fail(actor, "%s: no POLLOUT, and it is read", side->dir->name);
}

static int run_sender(struct model_actor *actor, struct model_side *side)
{
	int ret = 0;

	while (!ret && actor->step < actor->model->plan.steps) {
		begin_step(actor);
		switch (model_rand(&actor->rng, 16)) {
		case 0:
			ret = model_option_step(actor, side);
			break;
		case 1:
			model_delay(actor);
			break;
		default:
			ret = send_step(actor, side);
		}
		if (!ret)
			ret = wait_room(actor, side);
	}
	while (!ret)
		ret = send_rest(actor, side) ?: wait_room(actor, side);
	if (ret < 0)
		return -1;
	if (shutdown(side->fd, SHUT_WR))
		return model_fail(actor, "shutdown: %s", strerror(errno));
	return model_shut(actor, side->dir);
}

/* Wait for more by poll, or by an edge of epoll. */
static int wait_data(struct model_actor *actor, struct model_side *side, int edge)
{
	if (model_rand(&actor->rng, 2) ? kt_poll(side->fd, POLLIN, KT_WAIT_MS) > 0 :
	    kt_events(edge, KT_WAIT_MS) > 0)
		return 0;
	return model_fail(actor, "%s: nothing comes", side->dir->name);
}

static int run_receiver(struct model_actor *actor, struct model_side *side)
{
	int edge = kt_watch(side->fd, EPOLLIN | EPOLLET);
	int ret = 0;

	if (edge < 0)
		return model_fail(actor, "epoll: %s", strerror(errno));
	while (ret >= 0 && !side->dir->ended) {
		begin_step(actor);
		switch (model_rand(&actor->rng, 32)) {
		case 0:
			ret = model_option_step(actor, side);
			break;
		case 1:
			model_delay(actor);
			break;
		default:
			ret = recv_step(actor, side);
			if (ret == 1)
				ret = wait_data(actor, side, edge);
		}
	}
	close(edge);
	return ret < 0 ? -1 : 0;
}

static ssize_t act(void *arg)
{
	struct model_actor *actor = arg;
	struct model_dir *dir = &actor->model->dirs[actor->id / 2];

	return actor->id % 2 ? run_receiver(actor, &dir->in) :
			       run_sender(actor, &dir->out);
}

static int run_threads(struct model *model)
{
	struct kt_task tasks[4];
	int ret = 0;

	for (int i = 0; i < 4; i++)
		if (kt_task_start(&tasks[i], act, &model->actors[i]))
			abort();
	for (int i = 0; i < 4; i++)
		ret |= kt_task_join(&tasks[i]) ? -1 : 0;
	return ret;
}

int model_run(const struct model_plan *plan)
{
	struct model *model = calloc(1, sizeof(*model));
	int ret;

	if (!model)
		abort();
	model->plan = *plan;
	ret = model_set_up(model);
	if (!ret)
		ret = plan->threads ? run_threads(model) : run_lock_step(model);
	if (!ret)
		ret = model_check_end(model);
	if (ret && !model->failed)
		kt_say("KSEAL_SEED=%" PRIu64 ": set-up failed", plan->seed);
	model_clean_up(model);
	return ret;
}
