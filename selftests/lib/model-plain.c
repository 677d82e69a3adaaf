// SPDX-License-Identifier: GPL-2.0
/* The end that is plain TCP: records made and judged here. */
#include "model.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* ---- sending -------------------------------------------------------------- */

/* One record more to be written. */
static int seal(struct model_actor *actor, struct model_side *side, uint8_t type,
		const uint8_t *data, size_t len, size_t pad)
{
	ssize_t n = kt_seal(&side->flow, type, data, len, pad,
			    side->wire + side->wire_len);
	struct model_pending *pending = &side->pending[side->n_pending++];

	if (n < 0)
		return model_fail(actor, "sealing failed");
	side->wire_len += n;
	side->dir->records++;
	*pending = (struct model_pending) {
		.wire = side->wire_len, .pos = side->dir->accepted,
		.empty = !len && type != KT_DATA,
		.barren = !len && type == KT_DATA,
	};
	model_log(actor, "%s seal(%zu, type %u, pad %zu)", side->dir->name, len, type,
		  pad);
	return 0;
}

static size_t padding(struct model_actor *actor, const struct model_dir *dir,
		      size_t len)
{
	if (dir->params.version != TLS_1_3_VERSION || model_rand(&actor->rng, 4))
		return 0;
	return model_size(&actor->rng, KT_MAX_PLAIN - len);
}

static int seal_span(struct model_actor *actor, struct model_side *side, uint8_t type,
		     size_t len)
{
	struct model_dir *dir = side->dir;
	struct model_sent sent = {
		.len = len, .type = type, .close = MODEL_CLOSED, .exact = true,
	};
	uint64_t from = dir->accepted;

	kt_fill(side->buffer, len, from);
	if ((len || type != KT_DATA) && model_accept(actor, dir, &sent))
		return -1;
	return seal(actor, side, type, side->buffer, len, padding(actor, dir, len));
}

/* The next record of those that hold a KeyUpdate; behind the last, the key. */
static int seal_handshake(struct model_actor *actor, struct model_side *side)
{
	struct model_dir *dir = side->dir;
	bool last = dir->at_hs == dir->n_hs - 1;
	struct model_sent sent = {
		.len = dir->hs_len[dir->at_hs], .type = KT_HANDSHAKE,
		.close = MODEL_CLOSED, .exact = true, .key_update = last,
		.literal = dir->hs[dir->at_hs],
	};

	if (model_accept(actor, dir, &sent) ||
	    seal(actor, side, KT_HANDSHAKE, sent.literal, sent.len,
		 padding(actor, dir, sent.len)))
		return -1;
	dir->at_hs++;
	if (!last)
		return 0;
	dir->n_hs = 0;
	return model_rekey(actor, side, TLS_TX);
}

static int seal_some(struct model_actor *actor, struct model_side *side)
{
	struct model_dir *dir = side->dir;
	struct model_rng *rng = &actor->rng;

	if (dir->n_hs)
		return seal_handshake(actor, side);
	switch (model_rand(rng, 20)) {
	case 0:
		if (dir->params.version != TLS_1_3_VERSION)
			break;
		model_key_update(rng, dir);
		return seal_handshake(actor, side);
	case 1:
		for (uint64_t n = model_rand(rng, 40); n; n--)
			if (seal_span(actor, side, KT_DATA, 0))
				return -1;
		return 0;
	case 2 ... 3:
		return seal_span(actor, side, model_control_type(rng, dir),
				 model_size(rng, KT_MAX_PLAIN));
	}
	return seal_span(actor, side, KT_DATA, model_size(rng, KT_MAX_PLAIN));
}

/* What of it the receiver can know of now. */
static void count_written(struct model_side *side)
{
	struct model_dir *dir = side->dir;
	unsigned int n;

	if (dir->model->plan.threads)
		n = side->wire_done == side->wire_len ? side->n_pending : 0;
	else
		for (n = 0; n < side->n_pending; n++) {
			if (side->pending[n].wire > side->wire_done)
				break;
			dir->written = side->pending[n].pos;
			dir->empties += side->pending[n].empty;
			dir->barren += side->pending[n].barren;
		}
	side->n_pending -= n;
	memmove(side->pending, side->pending + n,
		side->n_pending * sizeof(*side->pending));
	if (side->wire_done < side->wire_len)
		return;
	side->wire_done = 0;
	side->wire_len = 0;
}

static int write_some(struct model_actor *actor, struct model_side *side, size_t len)
{
	ssize_t n = send(side->fd, side->wire + side->wire_done, len,
			 MSG_DONTWAIT | MSG_NOSIGNAL);

	model_log(actor, "%s write of %zu sealed bytes of %zu = %zd", side->dir->name, len,
		  side->wire_len - side->wire_done, n);
	if (n < 0 && errno != EAGAIN)
		return model_fail(actor, "send: %s", strerror(errno));
	if (n < 0)
		side->dir->full = true;
	else
		side->wire_done += n;
	count_written(side);
	return 0;
}

int model_plain_send_step(struct model_actor *actor, struct model_side *side)
{
	size_t left = side->wire_len - side->wire_done;
	bool room = side->wire_len + 40 * KT_HEADER + 4096 + KT_MAX_WIRE <
		    MODEL_WIRE && side->n_pending + 45 < MODEL_PENDING;

	if (!left || (room && !model_rand(&actor->rng, 3)))
		return seal_some(actor, side);
	if (model_rand(&actor->rng, 2))
		left = model_size(&actor->rng, left - 1) + 1;
	return write_some(actor, side, left);
}

int model_plain_send_rest(struct model_actor *actor, struct model_side *side)
{
	if (side->wire_done < side->wire_len)
		return write_some(actor, side, side->wire_len - side->wire_done);
	if (side->dir->n_hs)
		return seal_handshake(actor, side);
	return 1;
}

/* ---- receiving ------------------------------------------------------------ */

/* Handshake messages, over records: a KeyUpdate wants another key. */
static int parse_handshake(struct model_actor *actor, struct model_side *side,
			   const struct kt_record *record)
{
	struct model_dir *dir = side->dir;
	struct model_fact fact = { .kind = MODEL_REKEYED, .pos = dir->read };
	size_t len;

	if (side->n_hs + record->len > sizeof(side->hs))
		return model_fail(actor, "%s: too much of a handshake", dir->name);
	memcpy(side->hs + side->n_hs, record->data, record->len);
	side->n_hs += record->len;
	while (side->n_hs >= 4) {
		len = 4 + side->hs[3];
		if (side->n_hs < len)
			return 0;
		if (side->hs[0] == 24) {
			side->n_hs = 0;
			return model_rekey(actor, side, TLS_RX) ? -1 :
			       model_observe(actor, dir, &fact);
		}
		side->n_hs -= len;
		memmove(side->hs, side->hs + len, side->n_hs);
	}
	return 0;
}

static int got_record(struct model_actor *actor, struct model_side *side,
		      const struct kt_record *record)
{
	struct model_dir *dir = side->dir;
	struct model_fact fact = {
		.kind = MODEL_RECORD, .pos = dir->read, .len = record->len,
		.type = record->type, .eor = -1,
	};

	dir->records++;
	model_log(actor, "%s record of %zu, type %u", dir->name, record->len, record->type);
	if (record->pad || !record->len)
		return model_fail(actor, "%s: a record padded, or empty", dir->name);
	dir->read += record->len;
	if (!dir->model->plan.threads && dir->read > model_visible(dir))
		return model_fail(actor, "%s: bytes of a record that is not closed",
				  dir->name);
	if (record->type != KT_DATA) {
		fact.copy = malloc(record->len);
		memcpy(fact.copy, record->data, record->len);
	} else if (kt_check(record->data, record->len, fact.pos)) {
		return model_fail(actor, "%s: other bytes than were sent", dir->name);
	}
	if (model_observe(actor, dir, &fact))
		return -1;
	if (record->type == KT_HANDSHAKE && dir->params.version == TLS_1_3_VERSION)
		return parse_handshake(actor, side, record);
	return 0;
}

/* Open what is whole. */
static int open_records(struct model_actor *actor, struct model_side *side)
{
	static __thread struct kt_record record;
	size_t full;

	while (side->wire_len >= KT_HEADER) {
		full = KT_HEADER + (side->wire[3] << 8 | side->wire[4]);
		if (side->wire_len < full)
			break;
		if (kt_open(&side->flow, side->wire, full, &record))
			return model_fail(actor, "%s: a record that is none",
					  side->dir->name);
		side->wire_len -= full;
		memmove(side->wire, side->wire + full, side->wire_len);
		if (got_record(actor, side, &record))
			return -1;
	}
	return 0;
}

static int at_end(struct model_actor *actor, struct model_side *side)
{
	struct model_dir *dir = side->dir;
	struct model_fact fact = { .kind = MODEL_END, .pos = dir->read };

	if (side->wire_len)
		return model_fail(actor, "%s: the end in the middle of a record", dir->name);
	dir->ended = true;
	return model_observe(actor, dir, &fact);
}

int model_plain_recv_step(struct model_actor *actor, struct model_side *side)
{
	struct model_dir *dir = side->dir;
	size_t room = MODEL_WIRE - side->wire_len;
	bool owed = !dir->model->plan.threads &&
		    (dir->shut || dir->read < model_sealed(dir));
	ssize_t n;

	if (model_rand(&actor->rng, 2))
		room = 1 + model_size(&actor->rng, room - 1);
	if (owed && !(kt_poll(side->fd, POLLIN, KT_WAIT_MS) & POLLIN))
		return model_fail(actor, "%s: bytes %" PRIu64 " to %" PRIu64
				  " were accepted, and do not come", dir->name,
				  dir->read, model_sealed(dir));
	n = recv(side->fd, side->wire + side->wire_len, room, MSG_DONTWAIT);
	model_log(actor, "%s recv of %zu sealed bytes = %zd", dir->name, room, n);
	if (n < 0)
		return errno == EAGAIN && !owed ? 1 :
		       model_fail(actor, "%s: recv: %s", dir->name, strerror(errno));
	if (!n)
		return at_end(actor, side);
	side->wire_len += n;
	return open_records(actor, side);
}
