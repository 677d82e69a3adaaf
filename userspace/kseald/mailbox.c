// SPDX-License-Identifier: GPL-2.0
/* Notes from any thread to the one thread that runs a loop. */
#include "mailbox.h"

static void run_notes(uv_async_t *async)
{
	struct mailbox *mailbox = async->data;
	struct notes notes = STAILQ_HEAD_INITIALIZER(notes);
	struct note *note;

	uv_mutex_lock(&mailbox->lock);
	STAILQ_CONCAT(&notes, &mailbox->notes);
	uv_mutex_unlock(&mailbox->lock);
	/* what is posted meanwhile wakes the loop up again, after its other work */
	while ((note = STAILQ_FIRST(&notes))) {
		STAILQ_REMOVE_HEAD(&notes, next);
		note->run(note->context);
	}
}

int mailbox_open(struct mailbox *mailbox, uv_loop_t *loop)
{
	int ret = uv_mutex_init(&mailbox->lock);

	if (ret)
		return ret;
	STAILQ_INIT(&mailbox->notes);
	mailbox->held = 0;
	mailbox->async.data = mailbox;
	ret = uv_async_init(loop, &mailbox->async, run_notes);
	if (ret)
		uv_mutex_destroy(&mailbox->lock);
	else
		uv_unref((uv_handle_t *)&mailbox->async);
	return ret;
}

/* The lock is held for uv_async_send() too: the note may be the last one, and its
 * function close the mailbox.
 */
void mailbox_post(struct mailbox *mailbox, struct note *note, note_fn *run, void *context)
{
	note->run = run;
	note->context = context;
	uv_mutex_lock(&mailbox->lock);
	STAILQ_INSERT_TAIL(&mailbox->notes, note, next);
	uv_async_send(&mailbox->async);
	uv_mutex_unlock(&mailbox->lock);
}

void mailbox_hold(struct mailbox *mailbox)
{
	if (!mailbox->held++)
		uv_ref((uv_handle_t *)&mailbox->async);
}

void mailbox_let_go(struct mailbox *mailbox)
{
	if (!--mailbox->held)
		uv_unref((uv_handle_t *)&mailbox->async);
}

static void destroy_lock(uv_handle_t *async)
{
	struct mailbox *mailbox = async->data;

	uv_mutex_destroy(&mailbox->lock);
}

void mailbox_close(struct mailbox *mailbox)
{
	/* who posted the last note may not be out of mailbox_post() yet */
	uv_mutex_lock(&mailbox->lock);
	uv_mutex_unlock(&mailbox->lock);
	uv_close((uv_handle_t *)&mailbox->async, destroy_lock);
}
