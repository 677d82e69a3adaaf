// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that take the sockets of a listener.
 *
 * Each says for how many it has room, and is not sent more; so kseald never holds a
 * message that a program does not take, and of several programs the one with the most
 * room gets the next.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "front.h"
#include "listener.h"
#include "log.h"
#include "server.h"

static void answer(struct client *client, uint32_t id, const char *name, int error,
		   const char *reason)
{
	struct kseald_subscribe subscribe = { .error = error };
	uint8_t buf[KSEALD_MESSAGE_MAX];

	snprintf(subscribe.listener, sizeof(subscribe.listener), "%s", name);
	snprintf(subscribe.reason, sizeof(subscribe.reason), "%s", reason);
	client_send(client, buf, kseald_encode_subscribe(id, &subscribe, buf, sizeof(buf)), -1);
}

static int refuse(struct client *client, uint32_t id, const char *name, int error,
		  const char *reason)
{
	log_warning("process %d may not take the sockets of listener %s: %s", client->pid, name,
		    reason);
	answer(client, id, name, error, reason);
	return 0;
}

/* ---- subscribing --------------------------------------------------------------- */

static struct subscription *find(const struct client *client, const struct listener *listener)
{
	struct subscription *subscription;

	LIST_FOREACH(subscription, &client->subscriptions, of_client)
		if (subscription->listener == listener)
			return subscription;
	return NULL;
}

static struct subscription *subscribe(struct client *client, struct listener *listener,
				      uint32_t id)
{
	struct subscription *subscription = calloc(1, sizeof(*subscription));

	if (!subscription)
		return NULL;
	subscription->client = client;
	subscription->listener = listener;
	subscription->id = id;
	LIST_INSERT_HEAD(&client->subscriptions, subscription, of_client);
	LIST_INSERT_HEAD(&listener->subscriptions, subscription, of_listener);
	log_info("listener %s: process %d takes its sockets", listener->option.name, client->pid);
	return subscription;
}

/* As for a request that asks for what the listener's clients are shown. */
static int may_take(const struct client *client, const struct listener *listener,
		    struct kseal_result *refused)
{
	const char *identity = listener->option.identity;
	struct kseald_request request = { .role = KSEAL_SERVER };
	int ret;

	strcpy(request.identity, identity);
	ret = policy_check(&client->server->callers, &client->program, &request, refused);
	if (!ret && strcmp(request.identity, identity))
		ret = tls_fail(refused, EACCES, "this program may show %s only, and the listener "
			       "shows what its clients ask for", request.identity);
	return ret;
}

static int first(struct client *client, struct listener *listener, uint32_t id, uint32_t room)
{
	struct kseal_result refused = { .fd = -1 };
	const char *name = listener->option.name;
	struct subscription *subscription;

	if (listener->option.proxy.size)
		return refuse(client, id, name, EINVAL, "the listener has a proxy");
	if (may_take(client, listener, &refused))
		return refuse(client, id, name, refused.error, refused.reason);
	if (client->server->stopping)
		return refuse(client, id, name, EBUSY, "kseald is stopping");
	subscription = subscribe(client, listener, id);
	if (!subscription)
		return refuse(client, id, name, ENOMEM, "kseald is out of memory");
	subscription->room = room;
	answer(client, id, name, 0, "");
	return 0;
}

int subscribe_take(struct client *client, uint32_t id, const uint8_t *buf, size_t size)
{
	struct front *front = &client->server->front;
	struct subscription *subscription;
	struct kseald_subscribe message;
	struct listener *listener;
	int ret = kseald_decode_subscribe(buf, size, &message);

	if (ret == -EBADMSG)
		return ret;
	if (ret)
		return refuse(client, id, message.listener, EINVAL,
			      "a critical attribute is not known to this kseald");
	listener = front_find(front, message.listener);
	if (!listener)
		return refuse(client, id, message.listener, ENXIO,
			      "kseald has no listener of that name");
	subscription = find(client, listener);
	if (subscription)
		subscription->room += message.room;
	else
		ret = first(client, listener, id, message.room);
	/* what waits goes out, and doors open, when the loop comes round */
	front_settle_soon(front);
	return ret;
}

/* ---- handing ------------------------------------------------------------------- */

uint64_t subscribe_room(const struct listener *listener)
{
	const struct subscription *subscription;
	uint64_t room = 0;

	LIST_FOREACH(subscription, &listener->subscriptions, of_listener)
		room += subscription->room;
	return room;
}

static struct subscription *with_most_room(const struct listener *listener)
{
	struct subscription *subscription, *most = NULL;

	LIST_FOREACH(subscription, &listener->subscriptions, of_listener)
		if (!most || subscription->room > most->room)
			most = subscription;
	return most && most->room ? most : NULL;
}

int subscribe_hand(struct listener *listener, struct kseal_result *result)
{
	struct subscription *subscription = with_most_room(listener);
	uint8_t buf[KSEALD_MESSAGE_MAX];
	ssize_t size;

	if (!subscription)
		return -EAGAIN;
	result->id = subscription->id;
	strcpy(result->listener, listener->option.name);
	size = kseald_encode_handed(result, buf, sizeof(buf));
	if (size < 0) {
		log_error("listener %s: what is known of %s fits no message",
			  listener->option.name, result->peer);
		close(result->fd);
		return 0;
	}
	subscription->room--;
	client_send(subscription->client, buf, size, result->fd);
	return 0;
}

/* ---- the end ------------------------------------------------------------------- */

void subscribe_end(struct subscription *subscription)
{
	const struct listener *listener = subscription->listener;
	struct front *front = listener->front;

	log_info("listener %s: process %d takes no more of its sockets", listener->option.name,
		 subscription->client->pid);
	LIST_REMOVE(subscription, of_client);
	LIST_REMOVE(subscription, of_listener);
	free(subscription);
	front_settle_soon(front);
}

void subscribe_refuse(struct listener *listener, const char *why)
{
	struct subscription *subscription;
	struct client *client;
	uint32_t id;

	while ((subscription = LIST_FIRST(&listener->subscriptions))) {
		client = subscription->client;
		id = subscription->id;
		subscribe_end(subscription);
		answer(client, id, listener->option.name, ENXIO, why);
	}
}
