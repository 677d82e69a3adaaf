/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Handshakes: begun and ended on the main thread, done by the workers.
 *
 * Who has one to do knows of no threads: handshake_begin() returns at once, and
 * later @done is called on the thread that it was called on.
 */
#ifndef KSEALD_HANDSHAKE_H
#define KSEALD_HANDSHAKE_H

#include <sys/queue.h>
#include <uv.h>

#include "kseal.h"
#include "mailbox.h"
#include "protocol.h"
#include "rate.h"
#include "tls.h"
#include "watch.h"

struct credentials;
struct handshake;
struct worker;
struct workers;

/**
 * struct handshakes - those of one owner: a list as LIST_HEAD() makes it, and more
 * @key, @value: whose they are, for the log: pid=1234; nothing unless set
 */
struct handshakes {
	struct handshake *lh_first;
	const char *key;
	char value[64];
};

/**
 * struct engine - what all handshakes share; the main thread's
 * @mailbox: of the main thread's loop
 * @workers: do the work
 * @credentials: for those that begin; may be replaced at any time, and what was there
 *	before is then released by its last handshake, or at once if it has none
 * @timeout_ms: limit for one handshake
 * @handover: how sockets are given back
 * @limit: how many there may be
 * @program_limit: how many of one program
 * @rate: how many one address may ask for, in the role of a server
 * @active: how many somebody waits for
 * @taken: how many there are: the workers may still have some that were given up
 * @run: begins the id of each handshake, to tell this process's from others'
 * @last: the rest of the id of the last one
 * @counters: by enum kseal_counter, but for those that are as they are now
 */
struct engine {
	struct mailbox *mailbox;
	struct workers *workers;
	struct credentials *credentials;
	unsigned int timeout_ms;
	struct handover handover;
	unsigned int limit;
	unsigned int program_limit;
	struct rate rate;
	unsigned int active;
	unsigned int taken;
	uint16_t run;
	uint64_t last;
	uint64_t counters[KSEAL_COUNTER_COUNT];
};

/**
 * handshake_done_fn - a handshake has ended; called by the main thread
 * @owner: as given to handshake_begin()
 * @result: valid during the call; result->fd belongs to the callee
 */
typedef void handshake_done_fn(void *owner, struct kseal_result *result);

/** enum handshake_state - as its worker knows it */
enum handshake_state {
	HANDSHAKE_RUNS,
	HANDSHAKE_CLOSES,		/* it has ended, its timer has not */
	HANDSHAKE_CLOSED,		/* @work is on its way back */
};

/**
 * struct handshake - one of them, a member of its owner's list
 *
 * Up to @cancelled it is the main thread's, from there on its worker's until @work
 * is back, but for @cancel.
 *
 * @list: of its owner
 * @credentials: counted there
 * @cancelled: nobody waits for it; @work and @cancel come back both
 * @work: takes it to the worker, and its result back
 * @cancel: follows it there, and comes back behind it
 * @answer: @cancel was met before @work was on its way back
 * @begun: uv_hrtime()
 * @cause: of its failure, as it is counted
 * @resumed: it went on with an earlier session
 */
struct handshake {
	LIST_ENTRY(handshake) link;
	const struct handshakes *list;
	struct engine *engine;
	struct worker *worker;
	struct credentials *credentials;
	handshake_done_fn *done;
	void *owner;
	int cancelled;

	struct note work;
	struct note cancel;

	enum handshake_state state;
	int answer;
	uint64_t begun;
	uv_timer_t timer;
	struct watched watched;
	unsigned int timeout_ms;
	struct handover handover;
	struct kseald_request request;
	struct tls tls;
	enum kseal_counter cause;
	int resumed;
	struct kseal_result result;
};

/* ---- engine.c: the main thread ------------------------------------------ */

/** engine_start() - prepare @engine, whose settings are filled before */
void engine_start(struct engine *engine);

/** engine_replace() - other credentials for the handshakes that begin from now on */
void engine_replace(struct engine *engine, struct credentials *credentials);

/**
 * handshake_begin() - take on one socket
 * @id: for the result
 * @fd: the engine's from now on, in any case
 * @list: the owner's, where the handshake stays until it ends
 * @done: called exactly once unless the handshake is cancelled; before this
 *	function returns if it is refused
 */
void handshake_begin(struct engine *engine, uint32_t id, int fd,
		     const struct kseald_request *request,
		     struct handshakes *list, handshake_done_fn *done,
		     void *owner);

/**
 * engine_refuse() - count and log a request that is not even begun
 * @list: of its owner, which answers it
 * @cause: one of KSEAL_COUNTER_REFUSED_*
 * @result: error and reason are set; connection is set here
 */
void engine_refuse(struct engine *engine, const struct handshakes *list,
		   enum kseal_counter cause, struct kseal_result *result);

/** handshake_cancel() - give it up: the socket is closed, nobody is told */
void handshake_cancel(struct handshake *handshake);

/* ---- handshake.c: its worker -------------------------------------------- */

/**
 * handshake_run() - do it, from its first message to the hand-over
 * @ended: posted with @handshake->work; @handshake->result is set then
 */
void handshake_run(struct handshake *handshake, note_fn *ended);

/**
 * handshake_stop() - end it, if it has not ended
 * @stopped: posted with @handshake->cancel, behind that of handshake_run()
 */
void handshake_stop(struct handshake *handshake, note_fn *stopped);

/* ---- report.c: what is counted and logged, on the main thread ------------ */

/** report_name() - call a handshake by what the log does */
void report_name(struct engine *engine, struct kseal_result *result);

/** report_begun(), report_ended(), report_given_up() - where it stands */
void report_begun(struct handshake *handshake);
void report_ended(struct handshake *handshake);
void report_given_up(struct handshake *handshake);

/** report_refused() - it was not begun */
void report_refused(struct engine *engine, const struct handshakes *list,
		    enum kseal_counter cause, const struct kseal_result *result);

/** report_counters() - log all counters that are not 0 */
void report_counters(const uint64_t *counters);

/** cause_of_failure() - how a handshake is counted that TLS has failed */
enum kseal_counter cause_of_failure(const struct tls *tls, int error);

#endif /* KSEALD_HANDSHAKE_H */
