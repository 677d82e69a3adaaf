// SPDX-License-Identifier: GPL-2.0
/* All listeners: from the configuration, by another configuration, to the end. */
#include <errno.h>
#include <string.h>

#include "front.h"
#include "log.h"
#include "options.h"

enum {
	AGAIN_MS = 100,
};

struct listener *front_find(const struct front *front, const char *name)
{
	struct listener *listener;

	LIST_FOREACH(listener, &front->listeners, link)
		if (!listener->gone && !strcmp(listener->option.name, name))
			return listener;
	return NULL;
}

/* ---- what changes ------------------------------------------------------------ */

void front_set_doors(struct front *front, const struct listener *listener, int open)
{
	struct door *door;

	LIST_FOREACH(door, &front->doors, link)
		if (door->listener == listener)
			door_set(door, open && !front->stopping);
}

static void look_again(uv_timer_t *again)
{
	struct front *front = again->data;
	struct listener *listener, *next;

	for (listener = LIST_FIRST(&front->listeners); listener; listener = next) {
		next = LIST_NEXT(listener, link);
		listener_age(listener);
	}
	if (front->stopping && !front->closed && front_is_idle(front))
		front->on_idle(front->context);
}

void front_look_again(struct front *front)
{
	if (!front->closed && !uv_is_active((uv_handle_t *)&front->again))
		uv_timer_start(&front->again, look_again, AGAIN_MS, 0);
}

void front_settle_soon(struct front *front)
{
	if (!front->closed)
		uv_timer_start(&front->again, look_again, 0, 0);
}

int front_is_idle(const struct front *front)
{
	const struct listener *listener;

	LIST_FOREACH(listener, &front->listeners, link)
		if (!listener_is_idle(listener))
			return 0;
	return 1;
}

/* Not at once: whoever has called is in the middle of something. */
void front_settle(struct front *front)
{
	if (front->stopping && front_is_idle(front))
		front_settle_soon(front);
}

unsigned int front_proxied(const struct front *front)
{
	const struct listener *listener;
	unsigned int count = 0;

	LIST_FOREACH(listener, &front->listeners, link)
		count += listener->proxied;
	return count;
}

/* ---- configurations ------------------------------------------------------------ */

static const struct door *find_door(const struct doors *doors, const char *text)
{
	const struct door *door;

	LIST_FOREACH(door, doors, link)
		if (!strcmp(door->text, text))
			return door;
	return NULL;
}

static int prepare_one(struct front *front, const struct listener_option *option,
		       struct doors *fresh)
{
	int ret = 0;

	for (unsigned int i = 0; i < option->place_count && !ret; i++)
		if (!find_door(&front->doors, option->places[i].text))
			ret = doors_make(fresh, &option->places[i], front->activation, option);
	return ret;
}

static void give_up(struct doors *fresh)
{
	struct door *door;

	while ((door = LIST_FIRST(fresh)))
		door_close(door);
}

int front_prepare(struct front *front, const struct options *options, struct doors *fresh)
{
	const struct listener_option *option;
	struct door *door;
	int ret = 0;

	LIST_INIT(fresh);
	STAILQ_FOREACH(option, &options->listeners, next) {
		ret = prepare_one(front, option, fresh);
		if (ret)
			break;
	}
	LIST_FOREACH(door, fresh, link)
		if (!ret)
			ret = door_watch(door, front->loop);
	if (ret)
		give_up(fresh);
	return ret;
}

/* A place has one door, but for those that the service manager passes. */
static void assign_doors(struct front *front, struct listener *listener)
{
	const struct listener_place *place = listener->option.places;
	struct door *door;

	for (unsigned int i = 0; i < listener->option.place_count; i++, place++)
		LIST_FOREACH(door, &front->doors, link) {
			if (door->listener || strcmp(door->text, place->text))
				continue;
			if (strcmp(door->told, listener->option.name))
				log_info("listener %s: listens at %s", listener->option.name,
					 door->name);
			strcpy(door->told, listener->option.name);
			door->listener = listener;
			if (place->address.size)
				break;
		}
}

static int commit_one(struct front *front, const struct listener_option *option)
{
	struct listener *listener = front_find(front, option->name);

	if (!listener) {
		listener = listener_new(front, option);
		if (!listener)
			return -ENOMEM;
		LIST_INSERT_HEAD(&front->listeners, listener, link);
	}
	listener->option = *option;
	/* it belongs to the options, which do not last */
	listener->option.where = NULL;
	if (option->proxy.size)
		subscribe_refuse(listener, "the listener has a proxy now");
	assign_doors(front, listener);
	return 0;
}

static int is_wanted(const struct options *options, const char *name)
{
	const struct listener_option *option;

	STAILQ_FOREACH(option, &options->listeners, next)
		if (!strcmp(option->name, name))
			return 1;
	return 0;
}

static void remove_others(struct front *front, const struct options *options)
{
	struct listener *listener, *next;

	for (listener = LIST_FIRST(&front->listeners); listener; listener = next) {
		next = LIST_NEXT(listener, link);
		if (listener->gone || is_wanted(options, listener->option.name))
			continue;
		log_info("listener %s: listens no more", listener->option.name);
		listener->gone = 1;
		subscribe_refuse(listener, "the listener is gone");
	}
}

static void settle_all(struct front *front)
{
	struct listener *listener, *next;

	for (listener = LIST_FIRST(&front->listeners); listener; listener = next) {
		next = LIST_NEXT(listener, link);
		listener_settle(listener);
	}
}

void front_commit(struct front *front, const struct options *options, struct doors *fresh)
{
	const struct listener_option *option;
	struct door *door, *next;

	while ((door = LIST_FIRST(fresh))) {
		LIST_REMOVE(door, link);
		LIST_INSERT_HEAD(&front->doors, door, link);
	}
	LIST_FOREACH(door, &front->doors, link)
		door->listener = NULL;
	remove_others(front, options);
	STAILQ_FOREACH(option, &options->listeners, next)
		if (commit_one(front, option))
			log_error("listener %s: out of memory", option->name);
	for (door = LIST_FIRST(&front->doors); door; door = next) {
		next = LIST_NEXT(door, link);
		if (!door->listener)
			door_close(door);
	}
	settle_all(front);
}

int front_start(struct front *front, const struct options *options)
{
	struct doors fresh;
	int ret;

	LIST_INIT(&front->listeners);
	LIST_INIT(&front->doors);
	LIST_INIT(&front->proxied);
	front->stopping = 0;
	front->closed = 0;
	ret = front_prepare(front, options, &fresh);
	if (ret)
		return ret;
	uv_timer_init(front->loop, &front->again);
	uv_timer_init(front->loop, &front->limit);
	front->again.data = front;
	front->limit.data = front;
	front_commit(front, options, &fresh);
	return 0;
}

/* ---- the end -------------------------------------------------------------------- */

static void close_doors(struct front *front)
{
	struct door *door;

	while ((door = LIST_FIRST(&front->doors)))
		door_close(door);
}

static void cut_off(uv_timer_t *limit)
{
	struct front *front = limit->data;

	log_warning("%u proxied connections have not ended in time (--stop-timeout) and are cut "
		    "off", front_proxied(front));
	proxy_abort_all(&front->proxied);
}

void front_stop(struct front *front, unsigned int ms)
{
	if (front->closed)
		return;
	front->stopping = 1;
	close_doors(front);
	if (front_proxied(front))
		log_info("stopping after %u proxied connections, in %u s at most",
			 front_proxied(front), ms / 1000);
	uv_timer_start(&front->limit, cut_off, ms, 0);
	look_again(&front->again);
}

void front_abort(struct front *front)
{
	struct listener *listener, *next;

	if (front->closed)
		return;
	front->stopping = 1;
	front->closed = 1;
	close_doors(front);
	uv_close((uv_handle_t *)&front->again, NULL);
	uv_close((uv_handle_t *)&front->limit, NULL);
	proxy_abort_all(&front->proxied);
	for (listener = LIST_FIRST(&front->listeners); listener; listener = next) {
		next = LIST_NEXT(listener, link);
		listener->gone = 1;
		listener_end(listener, "kseald stops");
		listener_settle(listener);
	}
}
