/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of a program's connection to kseald share. */
#ifndef KSEAL_BROKER_H
#define KSEAL_BROKER_H

#include <stdint.h>

#include "kseal.h"
#include "protocol.h"

struct dial;

/**
 * struct kseal_broker - a connection to kseald
 * @sock: to it
 * @set: epoll set of @sock, @timer, and the dials that connect: what
 *	kseal_broker_fd() gives, constant and readable whenever one of them wants
 *	something
 * @timer: for the dials; -1 until there is one
 * @wants_room: @sock is watched for being writable as well
 * @last_id: last number given to a request
 * @dials: sockets that kseald does not have yet, newest first
 */
struct kseal_broker {
	int sock;
	int set;
	int timer;
	int wants_room;
	uint32_t last_id;
	struct dial *dials;
};

/* ---- broker.c ----------------------------------------------------------- */

/** broker_now_ms() - a clock that only goes forward */
int64_t broker_now_ms(void);

/** broker_deadline() - @timeout_ms from now, by that clock; -1 for ever, as is any less than 0 */
int64_t broker_deadline(int timeout_ms);

/** broker_wait_until() - wait for @events of poll(); 0, -EAGAIN by @deadline, another -errno */
int broker_wait_until(int sock, short events, int64_t deadline);

/**
 * broker_send() - one request with its socket, which stays the caller's
 *
 * Return: as kseal_submit(). After -EAGAIN the set is readable when there is room.
 */
int broker_send(struct kseal_broker *broker, uint32_t id, int fd,
		const struct kseald_request *wire);

/**
 * broker_wait() - kseal_receive(), for the result of one request alone
 *
 * Return: 0; an error of kseal_receive(); -EPROTO it was another's; or the
 * negative of result->error.
 */
int broker_wait(struct kseal_broker *broker, uint32_t id, struct kseal_result *result);

/* ---- request.c ---------------------------------------------------------- */

/**
 * broker_take_known() - the request of a program that knows an older or a newer
 * structure
 *
 * Return: 0; -EINVAL it is older than any.
 */
int broker_take_known(struct kseal_request *request, const struct kseal_request *theirs);

/**
 * broker_translate() - a request as it travels
 *
 * Return: 0; -EINVAL it makes no sense.
 */
int broker_translate(const struct kseal_request *theirs, struct kseald_request *wire);

/* ---- dial.c ------------------------------------------------------------- */

/** dial_event() - the dial of @data, from the set, has something */
void dial_event(struct kseal_broker *broker, struct dial *dial);

/** dial_room() - kseald takes requests again */
void dial_room(struct kseal_broker *broker);

/** dial_timer() - the timer has run out */
void dial_timer(struct kseal_broker *broker);

/**
 * dial_result() - take the result of a dial that failed
 *
 * Return: 1 @result is filled; 0 none has.
 */
int dial_result(struct kseal_broker *broker, struct kseal_result *result);

/** dial_free_all() - close their sockets, forget them */
void dial_free_all(struct kseal_broker *broker);

#endif /* KSEAL_BROKER_H */
