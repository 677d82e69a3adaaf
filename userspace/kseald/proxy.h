/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connections whose bytes move to a back end.
 *
 *	main thread: proxy_begin() --> worker: connect, relay --> main thread: logged
 *
 * One that is cut off gets a second note, as a handshake does: see engine.c.
 */
#ifndef KSEALD_PROXY_H
#define KSEALD_PROXY_H

#include <sys/queue.h>

#include "address.h"
#include "kseal.h"
#include "listener_option.h"
#include "mailbox.h"
#include "proxy_header.h"
#include "relay.h"
#include "watch.h"

struct listener;
struct worker;

/** enum proxied_state - as its worker knows it */
enum proxied_state {
	PROXIED_CONNECTS,
	PROXIED_RELAYS,
	PROXIED_CLOSES,			/* it has ended, its timer has not */
	PROXIED_CLOSED,			/* @work is on its way back */
};

/**
 * struct proxied - one of them
 *
 * Up to @cancelled it is the main thread's, from there on its worker's until @work
 * is back, but for @cancel.
 *
 * @cancelled: @cancel follows @work, and both come back
 * @client: its socket, until the relay has it
 * @tls: the kernel seals and opens it
 * @target, @connect_ms, @idle_ms: as configured when it began
 * @header: to be sent to the back end first; size 0 for none
 * @answer: @cancel was met before @work was on its way back
 * @backend: the socket that is being connected; -1 for none
 * @deadline: for that, in the loop's time
 * @report: how it ended
 */
struct proxied {
	LIST_ENTRY(proxied) link;
	struct listener *listener;
	struct mailbox *mailbox;
	struct worker *worker;
	int cancelled;

	struct note work;
	struct note cancel;

	enum proxied_state state;
	int answer;
	int client;
	int tls;
	struct address target;
	unsigned int connect_ms;
	unsigned int idle_ms;
	struct proxy_header header;
	int backend;
	struct watched watched;
	uv_timer_t timer;
	uint64_t deadline;
	struct relay *relay;
	struct relay_report report;

	char listener_name[LISTENER_NAME_SIZE];
	char target_text[ADDRESS_TEXT_SIZE];
	char peer[sizeof(((struct kseal_result *)0)->peer)];
	char connection[sizeof(((struct kseal_result *)0)->connection)];
};

LIST_HEAD(proxied_list, proxied);

/** proxy_abort_all() - have them end at once */
void proxy_abort_all(struct proxied_list *list);

/* ---- dial.c: its worker --------------------------------------------------- */

/**
 * dial_run() - connect to the back end, then move bytes until both sides have ended
 * @ended: posted with @proxied->work; @proxied->report is set then
 */
void dial_run(struct proxied *proxied, note_fn *ended);

/**
 * dial_stop() - end it, if it has not ended
 * @stopped: posted with @proxied->cancel, behind that of dial_run()
 */
void dial_stop(struct proxied *proxied, note_fn *stopped);

#endif /* KSEALD_PROXY_H */
