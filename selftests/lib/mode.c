// SPDX-License-Identifier: GPL-2.0
/*
 * Links in kernel-control mode. The key schedule is GnuTLS's HKDF with labels put
 * together here, so that it shares nothing with the kernel's.
 */
#include "mode.h"
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/crypto.h>
#include <stdio.h>
#include <string.h>

enum { OUT_SECRET = 101, IN_SECRET = 202 };

/* Found out when the first secret is given: such a kernel gets AES-256-GCM with SHA-256,
 * which is no suite of TLS and the same to the kernel.
 */
static bool no_sha384;

int kt_control(int fd, uint32_t flags, uint64_t tx_records)
{
	struct kseal_control control = { .flags = flags, .tx_records = tx_records };

	return setsockopt(fd, SOL_TLS, KSEAL_CONTROL, &control, sizeof(control));
}

void kt_secret_make(struct kseal_secret *secret, const struct kt_params *params,
		    unsigned int seed)
{
	bool sha384 = params->cipher == TLS_CIPHER_AES_GCM_256 && !no_sha384;

	memset(secret, 0, sizeof(*secret));
	secret->cipher = params->cipher;
	secret->hash = sha384 ? KSEAL_HASH_SHA384 : KSEAL_HASH_SHA256;
	secret->len = sha384 ? 48 : 32;
	for (int i = 0; i < secret->len; i++)
		secret->secret[i] = seed * 31 + i * 7;
}

static int expand_label(const struct kseal_secret *secret, const char *label, void *out,
			size_t len)
{
	gnutls_datum_t key = { (unsigned char *)secret->secret, secret->len };
	gnutls_datum_t info = { .size = 0 };
	unsigned char text[40];
	int ret;

	info.size = snprintf((char *)text, sizeof(text), "%c%c%ctls13 %s%c", 0, (int)len,
			     (int)strlen(label) + 6, label, 0);
	info.data = text;
	ret = gnutls_hkdf_expand(secret->len == 48 ? GNUTLS_MAC_SHA384 : GNUTLS_MAC_SHA256,
				 &key, &info, out, len);
	if (ret)
		kt_say("HKDF-Expand-Label \"%s\": %s", label, gnutls_strerror(ret));
	return ret ? -1 : 0;
}

int kt_secret_key(const struct kseal_secret *secret, struct kt_key *key)
{
	memset(key, 0, sizeof(*key));
	key->version = TLS_1_3_VERSION;
	key->cipher = secret->cipher;
	return expand_label(secret, "key", key->key, kt_suite(secret->cipher)->key_size) ||
	       expand_label(secret, "iv", key->nonce, sizeof(key->nonce)) ? -1 : 0;
}

int kt_secret_next(struct kseal_secret *secret)
{
	uint8_t next[KSEAL_SECRET_SIZE];

	if (expand_label(secret, "traffic upd", next, secret->len))
		return -1;
	memcpy(secret->secret, next, secret->len);
	return 0;
}

int kt_flow_next(struct kt_flow *flow, struct kseal_secret *secret)
{
	struct kt_key key;

	return kt_secret_next(secret) || kt_secret_key(secret, &key) ||
	       kt_flow_rekey(flow, &key) ? -1 : 0;
}

static int take_secret(struct kt_flow *flow, struct kseal_secret *secret,
		       const struct kt_params *params, unsigned int seed)
{
	struct kt_key key;

	kt_secret_make(secret, params, seed);
	if (kt_secret_key(secret, &key))
		return -1;
	/* the number that was asked for stays */
	key.seq = flow->key.seq;
	return kt_flow_rekey(flow, &key);
}

static int give_secrets(struct kt_mode *mode)
{
	int fd = mode->link.fd;

	if (setsockopt(fd, SOL_TLS, KSEAL_TX_SECRET, &mode->out, sizeof(mode->out)))
		return kt_errno("setsockopt(KSEAL_TX_SECRET)");
	if (setsockopt(fd, SOL_TLS, KSEAL_RX_SECRET, &mode->in, sizeof(mode->in)))
		return kt_errno("setsockopt(KSEAL_RX_SECRET)");
	return 0;
}

int kt_mode_open_tuned(struct kt_mode *mode, const struct kt_params *params, uint32_t flags,
		       const struct kt_tune *tune, bool secrets)
{
	bool is_13 = params->version == TLS_1_3_VERSION;
	struct kt_link *link = &mode->link;

	if (kt_link_pair(link, params, tune) || kt_attach(link->fd))
		return -1;
	if (is_13 && (take_secret(&link->out, &mode->out, params, OUT_SECRET) ||
		      take_secret(&link->in, &mode->in, params, IN_SECRET)))
		return -1;
	if (kt_install(link->fd, TLS_TX, &link->out.key) ||
	    kt_install(link->fd, TLS_RX, &link->in.key))
		return kt_errno("setsockopt of a key");
	if (is_13 && secrets && give_secrets(mode)) {
		if (errno != ENOENT || mode->out.hash != KSEAL_HASH_SHA384)
			return -1;
		no_sha384 = true;
		kt_mode_close(mode);
		return kt_mode_open_tuned(mode, params, flags, tune, secrets);
	}
	if (kt_control(link->fd, KSEAL_CONTROL_ON | flags, 0))
		return kt_errno("setsockopt(KSEAL_CONTROL)");
	return 0;
}

int kt_mode_open(struct kt_mode *mode, const struct kt_params *params, uint32_t flags)
{
	return kt_mode_open_tuned(mode, params, flags, NULL, true);
}

void kt_mode_close(struct kt_mode *mode)
{
	kt_link_close(&mode->link);
}

int kt_mode_update(struct kt_mode *mode, bool request)
{
	const uint8_t update[] = { 24, 0, 0, 1, request };

	return kt_send_record(&mode->link, KT_HANDSHAKE, update, sizeof(update)) ||
	       kt_flow_next(&mode->link.in, &mode->in) ? -1 : 0;
}

int kt_mode_expect_update(struct kt_mode *mode)
{
	return kt_expect_record(&mode->link, KT_HANDSHAKE, kt_key_update, KT_KEY_UPDATE) ||
	       kt_flow_next(&mode->link.out, &mode->out) ? -1 : 0;
}

int kt_mode_lives(int fd)
{
	struct kseal_info info;

	if (kt_info_get(fd, &info))
		return -1;
	if (info.end || (info.state & KSEAL_STATE_ENDED))
		kt_say("ended for reason %u, state %#x", info.end, info.state);
	return info.end || (info.state & KSEAL_STATE_ENDED) ? -1 : 0;
}

int kt_mode_ended(int fd, enum kseal_end end)
{
	struct kseal_info info;

	if (kt_info_get(fd, &info))
		return -1;
	if (info.end == end && (info.state & KSEAL_STATE_ENDED))
		return 0;
	kt_say("ended for reason %u, state %#x; want reason %u", info.end, info.state, end);
	return -1;
}
