/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A plain model of a connection, and random calls that are held against it.
 *
 * A direction is a stream of bytes whose values follow from their positions
 * (kt_fill()), laid out in spans: what one or more sending calls put into
 * records of one type. Senders tell the model what was accepted, receivers
 * what they were given; the model says whether the two agree.
 *
 *	        actor  -->  side  -->  kseal or TCP  -->  side  -->  actor
 *	                     | model_accept()               | model_observe()
 *	                     +----------> struct model_dir <+
 *
 * In lock-step one actor makes every call, so all is known at each step and
 * the same seed makes the same calls. With threads, each side of each
 * direction has an actor of its own, and what a receiver saw is judged once
 * its sender has said what it sent.
 */
#ifndef KT_MODEL_H
#define KT_MODEL_H

#include <sys/uio.h>
#include "kt.h"

enum {
	MODEL_LOG = 20,			/* calls shown of one that failed */
	MODEL_MAX = 100 << 10,		/* bytes of one call */
	MODEL_AHEAD = 256 << 10,	/* sent and not read: then rather read */
	MODEL_RING = 512 << 10,		/* memory given to vmsplice */
	MODEL_IOVS = 12,
	MODEL_GUARD = 16,		/* bytes behind a buffer, not to change */
	MODEL_CONTROL_MAX = 20000,
	MODEL_HS = 3,			/* records one KeyUpdate may be spread over */
	MODEL_WIRE = 256 << 10,		/* sealed bytes of a plain side */
	MODEL_PENDING = 200,		/* records in them */
};

struct model;
struct model_dir;

/** struct model_rng - numbers that follow from a seed. */
struct model_rng {
	uint64_t state;
};

/** model_rng_seed() - numbers that follow from these three. */
void model_rng_seed(struct model_rng *rng, uint64_t seed, uint64_t who,
		    uint64_t step);

/** model_rand() - a number below @below. */
uint64_t model_rand(struct model_rng *rng, uint64_t below);

/** model_size() - bytes for a call: the edges of records and pages often. */
size_t model_size(struct model_rng *rng, size_t max);

/** model_cut() - up to MODEL_IOVS pieces of @len bytes of @buffer; how many. */
size_t model_cut(struct model_rng *rng, struct iovec *iov, uint8_t *buffer, size_t len);

/**
 * struct model_actor - who makes calls, and the last of them
 * @model: what it acts in
 * @name: for people
 * @id: for its numbers
 * @rng: of this step
 * @step: number of it
 * @logged: lines ever written
 * @log: the last of them
 */
struct model_actor {
	struct model *model;
	const char *name;
	unsigned int id;
	struct model_rng rng;
	unsigned int step;
	unsigned int logged;
	char log[MODEL_LOG][128];
};

/**
 * struct model_pending - a record a plain side has sealed and not yet written
 * @wire: where in the sealed bytes it ends
 * @pos: where in the stream
 * @empty: one of control without content
 * @barren: one that nothing comes of
 */
struct model_pending {
	size_t wire;
	uint64_t pos;
	bool empty;
	bool barren;
};

/**
 * struct model_side - one end's part in one direction
 * @dir: that direction
 * @fd: the socket
 * @sealed: the record layer under test is on it; else records are made here
 * @nonblock: the socket is non-blocking
 * @pipe: for splice, as large as can be
 * @tee: for tee
 * @buffer: MODEL_MAX bytes, and a guard
 * @ring: memory that vmsplice reads, or part of it
 * @ring_at: how far that was used
 * @flow: of a plain side
 * @wire: bytes of the plain side: sealed and unsent, or read and not opened
 * @wire_len: how many
 * @wire_done: of these, written
 * @pending: the records among them
 * @n_pending: how many
 * @hs: part of a handshake message that has come
 * @n_hs: bytes of it
 */
struct model_side {
	struct model_dir *dir;
	int fd;
	bool sealed;
	bool nonblock;
	int pipe[2];
	int tee[2];
	uint8_t *buffer;
	uint8_t *ring;
	size_t ring_at;
	struct kt_flow flow;
	uint8_t *wire;
	size_t wire_len;
	size_t wire_done;
	struct model_pending pending[MODEL_PENDING];
	unsigned int n_pending;
	uint8_t hs[200];
	size_t n_hs;
};

/**
 * struct model_span - content of one type, in records of its own
 * @start: where in the stream
 * @end: behind it; the same for a record without content
 * @type: content type
 * @open: the last record may still grow (MSG_MORE)
 * @exact: the records are all of @max bytes, but for the last
 * @key_update: behind it the receiver waits for a new key
 * @max: bytes a record has at most
 * @calls: that it was made by
 * @literal: the bytes, when they are not the stream's
 */
struct model_span {
	uint64_t start, end;
	uint8_t type;
	bool open;
	bool exact;
	bool key_update;
	uint32_t max;
	unsigned int calls;
	uint8_t *literal;
};

/** enum model_kind - what a receiver met. */
enum model_kind {
	MODEL_READ,		/* bytes of a type, taken */
	MODEL_PEEK,		/* likewise, left */
	MODEL_RECORD,		/* a whole record, on the plain side */
	MODEL_REFUSED,		/* a call that cannot show the type of what is next */
	MODEL_REKEYED,		/* EKEYEXPIRED, and a new key put in */
	MODEL_END,		/* the end of the stream */
};

/**
 * struct model_fact - one of them
 * @kind: which
 * @pos: where in the stream
 * @len: bytes
 * @type: content type
 * @eor: MSG_EOR was set: 1, not: 0, unknown: -1
 * @copy: the bytes, when @type is not application data
 */
struct model_fact {
	enum model_kind kind;
	uint64_t pos;
	size_t len;
	uint8_t type;
	int eor;
	uint8_t *copy;
};

/**
 * struct model_dir - one direction
 * @lock: protects all that both sides use: what is below it up to @shut
 * @spans: sent, oldest first, and not wholly received
 * @n_spans: how many
 * @facts: met, and not judged yet
 * @n_facts: how many
 * @accepted: bytes that senders were told are on their way
 * @judged: bytes received and judged
 * @rekeyed: the receiver has put in a key since the last span was left
 * @shut: nothing more will be sent
 * @name: for people
 * @model: whose
 * @out: the sending side
 * @in: the receiving side
 * @params: version and suite
 * @key_seed: of the first key
 * @max: TLS_TX_MAX_PAYLOAD_LEN
 * @tx_generation: of keys sent with
 * @rx_generation: of keys received with
 * @hs: handshake records still to be sent, one a call
 * @hs_len: bytes of each
 * @n_hs: how many
 * @at_hs: the next of them
 * @full: sending said EAGAIN
 * @read: bytes received
 * @expired: the receiver needs a new key
 * @written: plain side: bytes of content in whole records that were written
 * @empties: likewise, records of control without content that are not met yet
 * @barren: likewise, records that nothing comes of
 * @ended: the receiver met the end
 * @lowat: SO_RCVLOWAT of the receiver
 * @records: made or met by the plain side
 */
struct model_dir {
	pthread_mutex_t lock;
	struct model_span *spans;
	size_t n_spans;
	struct model_fact *facts;
	size_t n_facts;
	uint64_t accepted;
	uint64_t judged;
	bool rekeyed;
	bool shut;

	const char *name;
	struct model *model;
	struct model_side out, in;
	struct kt_params params;
	unsigned int key_seed;
	uint32_t max;
	unsigned int tx_generation;
	unsigned int rx_generation;
	uint8_t hs[MODEL_HS][64];
	size_t hs_len[MODEL_HS];
	unsigned int n_hs, at_hs;
	bool full;
	uint64_t read;
	bool expired;
	uint64_t written;
	unsigned int empties;
	unsigned int barren;
	bool ended;
	int lowat;
	uint64_t records;
};

/**
 * struct model_plan - what to do
 * @seed: all else follows from it
 * @version: TLS_1_2_VERSION or TLS_1_3_VERSION
 * @plain: one end is driven from here
 * @threads: an actor for each side
 * @steps: calls of each actor
 */
struct model_plan {
	uint64_t seed;
	uint16_t version;
	bool plain;
	bool threads;
	unsigned int steps;
};

/**
 * struct model - a connection
 * @plan: what to do
 * @fd: its ends
 * @dirs: its directions
 * @actors: one, or one for each side
 * @failed: something is wrong, and was said
 */
struct model {
	struct model_plan plan;
	int fd[2];
	struct model_dir dirs[2];
	struct model_actor actors[4];
	int failed;
};

/* ---- model-log.c: what is said ------------------------------------------- */

/** model_log() - note what is being done, shown if it goes wrong. */
void model_log(struct model_actor *actor, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** model_fail() - say what is wrong, the seed and the last calls; -1. */
int model_fail(struct model_actor *actor, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- model.c: what is right --------------------------------------------- */

/** enum model_close - how a sending call leaves its last record. */
enum model_close {
	MODEL_CLOSED,		/* on its way */
	MODEL_OPEN,		/* may grow */
	MODEL_UNSURE,		/* either */
};

/**
 * struct model_sent - what was accepted
 * @len: bytes, perhaps none
 * @type: content type
 * @close: the last record
 * @exact: all records are full but for the last
 * @key_update: the receiver stops behind it
 * @literal: the bytes, NULL for the stream's; copied
 */
struct model_sent {
	size_t len;
	uint8_t type;
	enum model_close close;
	bool exact;
	bool key_update;
	const uint8_t *literal;
};

/** model_accept() - a sender was told that this is on its way. */
int model_accept(struct model_actor *actor, struct model_dir *dir,
		 const struct model_sent *sent);

/** model_shut() - a sender has ended the stream. */
int model_shut(struct model_actor *actor, struct model_dir *dir);

/** model_observe() - a receiver met this; @fact->copy is the model's then. */
int model_observe(struct model_actor *actor, struct model_dir *dir,
		  const struct model_fact *fact);

/** model_sealed() - in lock-step: bytes in records that are surely closed. */
uint64_t model_sealed(const struct model_dir *dir);

/** model_visible() - in lock-step: bytes that may have been sent already. */
uint64_t model_visible(const struct model_dir *dir);

/** model_expired() - in lock-step: does the receiver stand behind a KeyUpdate? */
bool model_expired(struct model_dir *dir);

/** model_dir_done() - everything sent was received and judged. */
int model_dir_done(struct model_actor *actor, struct model_dir *dir);

/* ---- model-send.c, -recv.c, -plain.c, -options.c: calls ----------------------- */

/** model_send_step() - a random call on a sealed sending side. */
int model_send_step(struct model_actor *actor, struct model_side *side);

/** model_send_rest() - what has been begun; 1 when there is nothing. */
int model_send_rest(struct model_actor *actor, struct model_side *side);

/** model_recv_step() - a random call on a sealed receiving side. */
int model_recv_step(struct model_actor *actor, struct model_side *side);

/** model_recv_wait() - in lock-step: wait for what must come, and take it. */
int model_recv_wait(struct model_actor *actor, struct model_side *side);

/** model_plain_send_step(), ..._rest(), ..._recv() - the same on a plain side. */
int model_plain_send_step(struct model_actor *actor, struct model_side *side);
int model_plain_send_rest(struct model_actor *actor, struct model_side *side);
int model_plain_recv_step(struct model_actor *actor, struct model_side *side);

/** model_key_update() - handshake records to send, a KeyUpdate in them. */
void model_key_update(struct model_rng *rng, struct model_dir *dir);

/** model_rekey() - put the next key in where @option, TLS_TX or TLS_RX, says. */
int model_rekey(struct model_actor *actor, struct model_side *side, int option);

/** model_option_step() - change an option of an end. */
int model_option_step(struct model_actor *actor, struct model_side *side);

/** model_control_type() - a content type that is not application data. */
uint8_t model_control_type(struct model_rng *rng, const struct model_dir *dir);

/** model_delay() - now and then, take a little time. */
void model_delay(struct model_actor *actor);

/* ---- model-setup.c --------------------------------------------------------- */

/** model_set_up() - connect, give keys, tune. @model holds a plan, no more. */
int model_set_up(struct model *model);

/** model_check_end() - all was received, and the kernel counted the same. */
int model_check_end(struct model *model);

/** model_clean_up() - close, and free @model. */
void model_clean_up(struct model *model);

/* ---- model-run.c ---------------------------------------------------------- */

/** model_run() - one connection from start to end; 0, or -1 having said why. */
int model_run(const struct model_plan *plan);

#endif /* KT_MODEL_H */
