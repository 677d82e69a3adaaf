// SPDX-License-Identifier: GPL-2.0
/* The ULP, keys, new keys: what fails leaves the socket as it was. */
#include <errno.h>
#include <string.h>
#include <netinet/in.h>
#include <linux/tcp.h>

#include "faults.h"
#include "lib/prefix.h"

enum { REKEY_SEED = 77 };

static const uint8_t key_update[] = { 24, 0, 0, 1, 0 };	/* RFC 8446 4.6.3 */

static int attach(struct scene *scene)
{
	const char *ulp = kt_ulp();

	return setsockopt(scene->link.fd, IPPROTO_TCP, TCP_ULP, ulp, strlen(ulp) + 1);
}

static int set_tx(struct scene *scene)
{
	return kt_install(scene->link.fd, TLS_TX, &scene->link.out.key);
}

static int set_rx(struct scene *scene)
{
	return kt_install(scene->link.fd, TLS_RX, &scene->link.in.key);
}

static int done(struct scene *scene, int (*again)(struct scene *scene), const char *what)
{
	if (scene->error && again(scene))
		return kt_errno(what);
	return 0;
}

static int attach_settle(struct scene *scene)
{
	if (kt_plain_passes(&scene->link) || done(scene, attach, "attaching again"))
		return -1;
	return set_tx(scene) || set_rx(scene) ? kt_errno("keys") : 0;
}

static int tx_settle(struct scene *scene)
{
	if (scene->error && kt_plain_passes(&scene->link))
		return -1;
	if (done(scene, set_tx, "TLS_TX again"))
		return -1;
	return set_rx(scene) ? kt_errno("TLS_RX behind TLS_TX") : 0;
}

static int rx_settle(struct scene *scene)
{
	if (scene->error && kt_plain_passes(&scene->link))
		return -1;
	if (done(scene, set_rx, "TLS_RX again"))
		return -1;
	return set_tx(scene) ? kt_errno("TLS_TX behind TLS_RX") : 0;
}

/* A record that came before the key is found when it is in. */
static int early_prepare(struct scene *scene)
{
	scene->next = scene->link.in.key;
	return set_tx(scene) || fault_feed(scene, 1000);
}

static int set_next_rx(struct scene *scene)
{
	return kt_install(scene->link.fd, TLS_RX, &scene->next);
}

static int early_settle(struct scene *scene)
{
	return done(scene, set_next_rx, "TLS_RX again");
}

/* What was read ahead: two records, and the first bytes of the third. */
static int prefix_prepare(struct scene *scene)
{
	static const size_t sizes[] = { 5000, 300, 9000 };

	scene->next = scene->link.in.key;
	scene->wire_len = kt_prefix_seal(&scene->link, sizes, 3, scene->wire);
	scene->fed = 5000 + 300 + 9000;
	return set_tx(scene);
}

enum { PREFIX = 10000 };

static int give_prefix(struct scene *scene)
{
	return kt_prefix_give(scene->link.fd, scene->wire, PREFIX);
}

static int prefix_settle(struct scene *scene)
{
	if (done(scene, give_prefix, "KSEAL_RX_PREFIX again") ||
	    kt_write_full(scene->link.raw, scene->wire + PREFIX, scene->wire_len - PREFIX))
		return -1;
	return set_next_rx(scene) ? kt_errno("TLS_RX behind KSEAL_RX_PREFIX") : 0;
}

static int behind_prefix_prepare(struct scene *scene)
{
	return prefix_prepare(scene) || give_prefix(scene) ||
	       kt_write_here(&scene->link, scene->wire + PREFIX, scene->wire_len - PREFIX);
}

static int rekey_prepare(struct scene *scene)
{
	kt_key_make(&scene->next, &scene->params, REKEY_SEED, 0);
	return 0;
}

static int rekey_tx(struct scene *scene)
{
	return kt_install(scene->link.fd, TLS_TX, &scene->next);
}

static int switch_flow(struct kt_flow *flow, const struct kt_key *key)
{
	kt_flow_done(flow);
	return kt_flow_init(flow, key);
}

/* What was sent under the old key is opened with it, also after a failure. */
static int rekey_tx_settle(struct scene *scene)
{
	unsigned int ended = 0;

	if (!scene->error && kt_expect_stream(&scene->link, scene->sent - scene->seen,
					      scene->seen, NULL))
		return -1;
	scene->seen = scene->error ? scene->seen : scene->sent;
	if (scene->error && fault_works_on(scene, &ended))
		return -1;
	if (ended) {
		kt_say("a rekey that failed ended the connection");
		return -1;
	}
	if (done(scene, rekey_tx, "the rekey again"))
		return -1;
	return switch_flow(&scene->link.out, &scene->next);
}

static int rekey_open_prepare(struct scene *scene)
{
	return rekey_prepare(scene) ||
	       fault_took(scene, send(scene->link.fd, fault_stream(), 50, MSG_MORE));
}

/* A KeyUpdate, read; a record under the new key waits behind it. */
static int rekey_rx_prepare(struct scene *scene)
{
	uint8_t type, got[16];

	if (rekey_prepare(scene) ||
	    kt_send_record(&scene->link, KT_HANDSHAKE, key_update, sizeof(key_update)) ||
	    kt_recv_type(scene->link.fd, &type, got, sizeof(got), 0) != sizeof(key_update) ||
	    switch_flow(&scene->link.in, &scene->next))
		return -1;
	return fault_feed(scene, 1000);
}

static int rekey_rx_settle(struct scene *scene)
{
	if (scene->error && kt_recv_errno(scene->link.fd, MSG_DONTWAIT) != EKEYEXPIRED) {
		kt_say("a rekey that failed lets reading go on");
		return -1;
	}
	return done(scene, set_next_rx, "the rekey again");
}

const struct operation setup_operations[] = {
	{ .name = "attach", .flags = NO_ULP, .act = attach, .settle = attach_settle },
	{ .name = "TLS_TX", .flags = NO_KEYS, .act = set_tx, .settle = tx_settle },
	{ .name = "TLS_RX", .flags = NO_KEYS, .act = set_rx, .settle = rx_settle },
	{ .name = "TLS_RX with a record waiting", .flags = NO_KEYS,
	  .prepare = early_prepare, .act = set_next_rx, .settle = early_settle },
	{ .name = "KSEAL_RX_PREFIX", .flags = NO_KEYS,
	  .prepare = prefix_prepare, .act = give_prefix, .settle = prefix_settle },
	{ .name = "TLS_RX with KSEAL_RX_PREFIX waiting", .flags = NO_KEYS,
	  .prepare = behind_prefix_prepare, .act = set_next_rx, .settle = early_settle },
	{ .name = "rekey TLS_TX", .flags = ONLY_13,
	  .prepare = rekey_prepare, .act = rekey_tx, .settle = rekey_tx_settle },
	{ .name = "rekey TLS_TX with an open record", .flags = ONLY_13,
	  .prepare = rekey_open_prepare, .act = rekey_tx, .settle = rekey_tx_settle },
	{ .name = "rekey TLS_RX", .flags = ONLY_13,
	  .prepare = rekey_rx_prepare, .act = set_next_rx, .settle = rekey_rx_settle },
	{}
};
