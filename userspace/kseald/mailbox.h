/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notes from any thread to the one thread that runs a loop.
 *
 * Things that belong to a loop are touched by its thread alone. Whoever wants
 * something done with them posts a note, and a function of his is called there.
 */
#ifndef KSEALD_MAILBOX_H
#define KSEALD_MAILBOX_H

#include <sys/queue.h>
#include <uv.h>

/** note_fn - called on the loop's thread, once for each time a note is posted */
typedef void note_fn(void *context);

/**
 * struct note - a member of what it is about
 *
 * It is the mailbox's from mailbox_post() until @run is called, and must not be
 * posted again before that.
 */
struct note {
	STAILQ_ENTRY(note) next;
	note_fn *run;
	void *context;
};

STAILQ_HEAD(notes, note);

/**
 * struct mailbox - of one loop
 * @lock: protects @notes, and @async against being closed while it is used
 * @notes: not yet taken out
 * @async: wakes the loop up
 * @held: by so many; the loop's thread only
 */
struct mailbox {
	uv_mutex_t lock;
	struct notes notes;
	uv_async_t async;
	unsigned int held;
};

/**
 * mailbox_open() - set @mailbox up; on the loop's thread, or before it runs
 *
 * Return: 0 or -errno.
 */
int mailbox_open(struct mailbox *mailbox, uv_loop_t *loop);

/**
 * mailbox_post() - have @run called with @context by the loop's thread
 *
 * From any thread, never waits for the other, cannot fail. Notes that one thread
 * posts are run in their order.
 */
void mailbox_post(struct mailbox *mailbox, struct note *note, note_fn *run, void *context);

/**
 * mailbox_hold(), mailbox_let_go() - something is still to be posted here
 *
 * The loop runs as long as anybody holds its mailbox; on its thread.
 */
void mailbox_hold(struct mailbox *mailbox);
void mailbox_let_go(struct mailbox *mailbox);

/** mailbox_close() - nobody posts to it any more; on the loop's thread */
void mailbox_close(struct mailbox *mailbox);

#endif /* KSEALD_MAILBOX_H */
