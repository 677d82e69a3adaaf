// SPDX-License-Identifier: GPL-2.0
/* What is right: spans as they were sent, facts as they were met. */
#include "model.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- boundaries of records ---------------------------------------------- */

enum boundary { NO, MAYBE, YES };

/* Does a record end at @pos, which is in the span but not its start? */
static enum boundary boundary(const struct model_span *span, uint64_t pos)
{
	if (pos == span->end && !span->open)
		return YES;
	if (!span->exact)
		return MAYBE;
	return (pos - span->start) % span->max ? NO : YES;
}

/* Is there surely one behind @from and before @to? */
static bool is_cut(const struct model_span *span, uint64_t from, uint64_t to)
{
	uint64_t next;

	if (!span->exact)
		return false;
	next = from - (from - span->start) % span->max + span->max;
	return next < to;
}

/* ---- the sending side --------------------------------------------------- */

static struct model_span *last_span(struct model_dir *dir)
{
	return dir->n_spans ? &dir->spans[dir->n_spans - 1] : NULL;
}

static struct model_span *add_span(struct model_dir *dir,
				   const struct model_sent *sent)
{
	struct model_span *span;

	span = reallocarray(dir->spans, dir->n_spans + 1, sizeof(*span));
	if (!span)
		abort();
	dir->spans = span;
	span += dir->n_spans++;
	*span = (struct model_span) {
		.start = dir->accepted, .end = dir->accepted,
		.type = sent->type, .exact = true, .max = dir->max,
		.key_update = sent->key_update,
	};
	if (sent->literal) {
		span->literal = malloc(sent->len);
		if (!span->literal)
			abort();
		memcpy(span->literal, sent->literal, sent->len);
	}
	return span;
}

static void close_span(struct model_span *span, enum model_close how)
{
	if (!span || !span->open)
		return;
	span->open = how != MODEL_CLOSED;
	if (how == MODEL_UNSURE)
		span->exact = false;
}

/* A record made in many pieces may be sealed before it is full. */
enum { EXACT_CALLS = 4 };

static void accept_span(struct model_dir *dir, const struct model_sent *sent)
{
	struct model_span *span = last_span(dir);

	if (!sent->len && !(dir->out.sealed == false && sent->type != KT_DATA)) {
		if (sent->close != MODEL_OPEN)
			close_span(span, sent->close);
		return;
	}
	if (!span || !span->open || span->type != sent->type || sent->literal) {
		close_span(span, MODEL_CLOSED);
		span = add_span(dir, sent);
	}
	span->end += sent->len;
	span->open = sent->close != MODEL_CLOSED;
	if (!sent->exact || sent->close == MODEL_UNSURE ||
	    ++span->calls > EXACT_CALLS)
		span->exact = false;
	dir->accepted = span->end;
}

uint64_t model_sealed(const struct model_dir *dir)
{
	const struct model_span *span = last_span((struct model_dir *)dir);

	if (!dir->out.sealed)
		return dir->written;
	if (!span || !span->open)
		return dir->accepted;
	if (!span->exact)
		return span->start;
	return span->end - (span->end - span->start) % span->max;
}

uint64_t model_visible(const struct model_dir *dir)
{
	const struct model_span *span = last_span((struct model_dir *)dir);

	if (dir->out.sealed && span && span->open && !span->exact)
		return dir->accepted;
	return model_sealed(dir);
}

/* ---- the receiving side ------------------------------------------------- */

/* Where among the spans the judgement is. */
struct place {
	size_t at;
	uint64_t pos;
	bool rekeyed;
};

/* Leave spans that are wholly received. */
static struct model_span *skip(struct model_dir *dir, struct place *place)
{
	for (; place->at < dir->n_spans; place->at++) {
		struct model_span *span = &dir->spans[place->at];

		if (span->end > place->pos || span->open ||
		    span->start == span->end)
			return span;
		if (span->key_update && !place->rekeyed)
			return span;
		if (span->key_update)
			place->rekeyed = false;
	}
	return NULL;
}

static const char *wrong_bytes(const struct model_span *span, uint64_t pos,
			       const uint8_t *copy, size_t len)
{
	if (!copy)
		return NULL;
	if (span->literal)
		return memcmp(copy, span->literal + (pos - span->start), len) ?
		       "other bytes than were sent" : NULL;
	return kt_check(copy, len, pos) ? "other bytes than were sent" : NULL;
}

/* Hold one fact's bytes against the spans. Return: what is wrong, or NULL. */
static const char *judge_bytes(struct model_dir *dir, struct place *place,
			       const struct model_fact *fact)
{
	bool single = fact->kind == MODEL_RECORD || fact->type != KT_DATA;
	enum boundary end = NO, any = NO;
	uint64_t stop = fact->pos + fact->len;

	for (bool first = true; place->pos < stop; first = false) {
		struct model_span *span = skip(dir, place);
		uint64_t to = span && span->end < stop ? span->end : stop;
		const char *wrong;

		if (!span)
			return "bytes that nobody sent";
		if (span->end == place->pos)
			return span->key_update ? "bytes from behind a KeyUpdate" :
			       "an empty control record was passed over";
		if (span->type != fact->type)
			return "another type than was sent";
		if (single && (!first || is_cut(span, place->pos, to)))
			return "several records at once";
		if (fact->kind == MODEL_RECORD && fact->len > span->max)
			return "a record longer than it may be";
		wrong = wrong_bytes(span, place->pos, fact->copy ? fact->copy +
				    (place->pos - fact->pos) : NULL,
				    to - place->pos);
		if (wrong)
			return wrong;
		end = boundary(span, to);
		if (end > any)
			any = end;
		if (is_cut(span, place->pos, to))
			any = YES;
		else if (!span->exact && any == NO)
			any = MAYBE;
		place->pos = to;
	}
	if (fact->kind == MODEL_RECORD && end == NO)
		return "a record ends where none should";
	if (fact->eor == 1 && any == NO)
		return "MSG_EOR, and no record ends there";
	if (fact->eor == 0 && any == YES)
		return "a record ended without MSG_EOR";
	return NULL;
}

/* A record without content, of a type that is shown. */
static const char *judge_empty(struct model_dir *dir, struct place *place,
			       const struct model_fact *fact)
{
	struct model_span *span = skip(dir, place);

	if (!span || span->start != span->end || span->start != place->pos ||
	    span->type != fact->type)
		return "an empty record that was not sent";
	if (fact->kind != MODEL_PEEK)
		place->at++;
	return NULL;
}

static const char *judge_other(struct model_dir *dir, struct place *place,
			       const struct model_fact *fact)
{
	struct model_span *span = skip(dir, place);
	bool expired = span && span->key_update && span->end == place->pos;

	switch (fact->kind) {
	case MODEL_REFUSED:
		return !span || expired || span->type == KT_DATA ?
		       "a call that shows no type was refused before data" : NULL;
	case MODEL_REKEYED:
		place->rekeyed = true;
		return expired ? NULL : "EKEYEXPIRED where there is no KeyUpdate";
	default:
		return span || place->pos != dir->accepted ?
		       "the stream ended before all that was sent" : NULL;
	}
}

/* Is there enough known of what was sent? */
static bool is_decidable(struct model_dir *dir, const struct model_fact *fact)
{
	uint64_t stop = fact->pos + fact->len;
	const struct model_span *span = last_span(dir);

	switch (fact->kind) {
	case MODEL_READ:
	case MODEL_PEEK:
	case MODEL_RECORD:
		return stop < dir->accepted ||
		       (stop == dir->accepted && !(span && span->open));
	case MODEL_REFUSED:
		return dir->accepted > fact->pos || !dir->out.sealed;
	case MODEL_REKEYED:
		return dir->accepted > fact->pos || (span && span->key_update);
	default:
		return dir->shut;
	}
}

static void drop_spans(struct model_dir *dir, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(dir->spans[i].literal);
	dir->n_spans -= n;
	memmove(dir->spans, dir->spans + n, dir->n_spans * sizeof(*dir->spans));
}

static const char *judge(struct model_dir *dir, const struct model_fact *fact)
{
	struct place place = { 0, dir->judged, dir->rekeyed };
	const char *wrong;

	if (fact->kind == MODEL_REFUSED || fact->kind == MODEL_REKEYED ||
	    fact->kind == MODEL_END)
		wrong = judge_other(dir, &place, fact);
	else if (fact->len)
		wrong = judge_bytes(dir, &place, fact);
	else
		wrong = judge_empty(dir, &place, fact);
	if (!wrong && fact->kind != MODEL_PEEK) {
		skip(dir, &place);
		drop_spans(dir, place.at);
		dir->judged = place.pos;
		dir->rekeyed = place.rekeyed;
	}
	return wrong;
}

static const char *kind_name(enum model_kind kind)
{
	static const char *const names[] = {
		"read", "peek", "record", "refusal", "rekey", "end",
	};

	return names[kind];
}

/* Judge, in order, what can be judged by now. */
static int settle(struct model_actor *actor, struct model_dir *dir)
{
	size_t n;

	for (n = 0; n < dir->n_facts; n++) {
		struct model_fact *fact = &dir->facts[n];
		const char *wrong;

		if (!is_decidable(dir, fact))
			break;
		wrong = judge(dir, fact);
		if (wrong)
			return model_fail(actor, "%s: %s of %zu bytes at %" PRIu64
					  ", type %u, eor %d: %s", dir->name,
					  kind_name(fact->kind), fact->len,
					  fact->pos, fact->type, fact->eor, wrong);
		free(fact->copy);
	}
	dir->n_facts -= n;
	memmove(dir->facts, dir->facts + n, dir->n_facts * sizeof(*dir->facts));
	return 0;
}

int model_accept(struct model_actor *actor, struct model_dir *dir,
		 const struct model_sent *sent)
{
	int ret;

	pthread_mutex_lock(&dir->lock);
	accept_span(dir, sent);
	ret = settle(actor, dir);
	pthread_mutex_unlock(&dir->lock);
	return ret;
}

int model_shut(struct model_actor *actor, struct model_dir *dir)
{
	int ret;

	pthread_mutex_lock(&dir->lock);
	close_span(last_span(dir), MODEL_CLOSED);
	dir->shut = true;
	ret = settle(actor, dir);
	pthread_mutex_unlock(&dir->lock);
	return ret;
}

int model_observe(struct model_actor *actor, struct model_dir *dir,
		  const struct model_fact *fact)
{
	struct model_fact *facts;
	int ret;

	pthread_mutex_lock(&dir->lock);
	facts = reallocarray(dir->facts, dir->n_facts + 1, sizeof(*facts));
	if (!facts)
		abort();
	dir->facts = facts;
	facts[dir->n_facts++] = *fact;
	ret = settle(actor, dir);
	pthread_mutex_unlock(&dir->lock);
	return ret;
}

bool model_expired(struct model_dir *dir)
{
	struct place place = { 0, dir->judged, dir->rekeyed };
	struct model_span *span = skip(dir, &place);

	return span && span->key_update && span->end == place.pos;
}

int model_dir_done(struct model_actor *actor, struct model_dir *dir)
{
	if (!dir->n_facts && !dir->n_spans && dir->judged == dir->accepted &&
	    dir->read == dir->accepted)
		return 0;
	return model_fail(actor, "%s: %" PRIu64 " bytes accepted, %" PRIu64
			  " read, %" PRIu64 " judged; %zu spans, %zu facts left",
			  dir->name, dir->accepted, dir->read, dir->judged,
			  dir->n_spans, dir->n_facts);
}
