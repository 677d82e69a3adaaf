// SPDX-License-Identifier: GPL-2.0
/* Keys and options that change while bytes are under way. */
#include "model.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

static void make_key(struct kt_key *key, const struct model_dir *dir,
		     unsigned int generation, uint64_t seq)
{
	kt_key_make(key, &dir->params, dir->key_seed + generation * 16, seq);
}

int model_rekey(struct model_actor *actor, struct model_side *side, int option)
{
	struct model_dir *dir = side->dir;
	struct model_fact fact = { .kind = MODEL_REKEYED, .pos = dir->read };
	unsigned int *generation = option == TLS_TX ? &dir->tx_generation :
				   &dir->rx_generation;
	struct kt_key key;

	make_key(&key, dir, ++*generation, 0);
	model_log(actor, "%s key %u to %s", dir->name, *generation,
		  option == TLS_TX ? "send with" : "receive with");
	if (!side->sealed)
		return kt_flow_rekey(&side->flow, &key) ?
		       model_fail(actor, "no cipher for a new key") : 0;
	if (kt_install(side->fd, option, &key))
		return model_fail(actor, "%s: new key refused: %s", dir->name,
				  strerror(errno));
	if (option == TLS_TX)
		return 0;
	dir->expired = false;
	return model_observe(actor, dir, &fact);
}

/* A key that is none for this direction: refused, and the one there stays. */
static int bad_key(struct model_actor *actor, struct model_side *side)
{
	struct model_dir *dir = side->dir;
	bool sends = side == &dir->out;
	struct kt_params other = dir->params;
	struct kt_key key;

	other.version = TLS_1_2_VERSION + TLS_1_3_VERSION - other.version;
	kt_key_make(&key, &other, 1, 0);
	model_log(actor, "%s a key of another version", dir->name);
	if (!kt_install(side->fd, sends ? TLS_TX : TLS_RX, &key) ||
	    errno != (dir->params.version == TLS_1_2_VERSION ? EBUSY : EINVAL))
		return model_fail(actor, "%s: a key of another version: %s", dir->name,
				  strerror(errno));
	if (dir->params.version != TLS_1_2_VERSION)
		return 0;
	make_key(&key, dir, 1, 0);
	if (!kt_install(side->fd, sends ? TLS_TX : TLS_RX, &key) || errno != EBUSY)
		return model_fail(actor, "%s: a second key in TLS 1.2: %s", dir->name,
				  strerror(errno));
	return 0;
}

/* EBUSY while a record is open, and only then. */
static int max_payload(struct model_actor *actor, struct model_side *side)
{
	struct model_dir *dir = side->dir;
	uint16_t least = dir->params.version == TLS_1_3_VERSION ? 63 : 64, max;
	bool closed = model_sealed(dir) == dir->accepted;
	bool open = !closed && model_visible(dir) != dir->accepted;
	struct model_sent close = { .close = MODEL_CLOSED };
	int ret;

	max = model_rand(&actor->rng, 2) ? KT_MAX_PLAIN :
	      least + model_rand(&actor->rng, KT_MAX_PLAIN - least);
	ret = setsockopt(side->fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &max, sizeof(max));
	model_log(actor, "%s payload of %u at most = %d", dir->name, max, ret);
	if (ret && (errno != EBUSY || closed))
		return model_fail(actor, "TLS_TX_MAX_PAYLOAD_LEN: %s", strerror(errno));
	if (ret)
		return 0;
	if (open)
		return model_fail(actor, "TLS_TX_MAX_PAYLOAD_LEN with a record open");
	dir->max = max;
	return model_accept(actor, dir, &close);
}

static int set(struct model_actor *actor, struct model_side *side, int level,
	       int option, const char *name, int value)
{
	model_log(actor, "%s %s = %d", side->dir->name, name, value);
	if (setsockopt(side->fd, level, option, &value, sizeof(value)))
		return model_fail(actor, "%s: %s", name, strerror(errno));
	return 0;
}

/* Buffers of a size that TCP is slow with only now and then. */
static int buffer_size(struct model_rng *rng)
{
	static const int sizes[] = { 8 << 10, 32 << 10, 64 << 10, 256 << 10, 1 << 20 };

	return model_rand(rng, 16) ? sizes[model_rand(rng, 5)] : 1;
}

static int set_lowat(struct model_actor *actor, struct model_side *side)
{
	int value = model_rand(&actor->rng, 2) ? 1 : 1 + model_rand(&actor->rng, 3000);

	/* in lock-step alone: else nobody knows how much is still to come */
	if (actor->model->plan.threads)
		value = 1;
	side->dir->lowat = value;
	return set(actor, side, SOL_SOCKET, SO_RCVLOWAT, "SO_RCVLOWAT", value);
}

static int look_at(struct model_actor *actor, struct model_side *side)
{
	struct model_dir *dir = side->dir;
	union kt_info info;
	struct kseal_info counters;
	socklen_t len = kt_suite(dir->params.cipher)->info_size;

	if (getsockopt(side->fd, SOL_TLS, side == &dir->out ? TLS_TX : TLS_RX, &info,
		       &len))
		return model_fail(actor, "getsockopt: %s", strerror(errno));
	if (info.head.cipher_type != dir->params.cipher ||
	    kt_info_get(side->fd, &counters))
		return model_fail(actor, "getsockopt tells something else");
	return 0;
}

static int sealed_option(struct model_actor *actor, struct model_side *side)
{
	bool sends = side == &side->dir->out;
	int value = model_rand(&actor->rng, 2);

	switch (model_rand(&actor->rng, 4)) {
	case 0:
		return bad_key(actor, side);
	case 1:
		return look_at(actor, side);
	case 2:
		return sends ? max_payload(actor, side) : set_lowat(actor, side);
	}
	if (sends)
		return set(actor, side, SOL_TLS, TLS_TX_ZEROCOPY_RO,
			   "TLS_TX_ZEROCOPY_RO", value);
	if (side->dir->params.version == TLS_1_2_VERSION)
		return 0;
	return set(actor, side, SOL_TLS, TLS_RX_EXPECT_NO_PAD,
		   "TLS_RX_EXPECT_NO_PAD", value);
}

int model_option_step(struct model_actor *actor, struct model_side *side)
{
	struct model_rng *rng = &actor->rng;
	bool sends = side == &side->dir->out;

	if (side->sealed && model_rand(rng, 2))
		return sealed_option(actor, side);
	/*
	 * A window that has become smaller than a segment is filled by TCP's
	 * persist timer alone, which every acknowledgement starts anew: with
	 * traffic the other way that may never be, for plain TCP as well. So
	 * with threads it only grows; small ones are there from the start.
	 */
	if (!sends)
		return set(actor, side, SOL_SOCKET, SO_RCVBUF, "SO_RCVBUF",
			   actor->model->plan.threads ? 4 << 20 : buffer_size(rng));
	switch (model_rand(rng, 3)) {
	case 0:
		return set(actor, side, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY",
			   model_rand(rng, 2));
	case 1:
		return set(actor, side, IPPROTO_TCP, TCP_CORK, "TCP_CORK",
			   !model_rand(rng, 6));
	}
	return set(actor, side, SOL_SOCKET, SO_SNDBUF, "SO_SNDBUF", buffer_size(rng));
}
