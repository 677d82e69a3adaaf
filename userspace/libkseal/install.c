// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A finished session's keys, moved into the kernel.
 *
 * GnuTLS has 12 bytes of iv for TLS 1.3 and, in TLS 1.2, where records carry no
 * part of the nonce; else the 4 bytes that they do not carry. For the others it
 * uses the sequence number, as kseal_install_keys() does.
 */
#include <errno.h>
#include <string.h>
#include <linux/tls.h>
#include <sys/socket.h>

#include "kseal.h"

enum {
	IMPLICIT_SIZE = 4,
	SEQ_SIZE = 8,
	/* RFC 8446 5.1: the kernel fills records up to here */
	RECORD_MAX = 16384,
};

/** struct suite - a cipher, as GnuTLS and as <linux/tls.h> call it */
struct suite {
	gnutls_cipher_algorithm_t cipher;
	uint16_t id;
};

static const struct suite suites[] = {
	{ GNUTLS_CIPHER_AES_128_GCM, TLS_CIPHER_AES_GCM_128 },
	{ GNUTLS_CIPHER_AES_256_GCM, TLS_CIPHER_AES_GCM_256 },
	{ GNUTLS_CIPHER_CHACHA20_POLY1305, TLS_CIPHER_CHACHA20_POLY1305 },
	{ GNUTLS_CIPHER_AES_128_CCM, TLS_CIPHER_AES_CCM_128 },
};

static int kernel_cipher(gnutls_session_t session)
{
	const gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(session);
	size_t i;

	if (cipher == GNUTLS_CIPHER_UNKNOWN || cipher == GNUTLS_CIPHER_NULL)
		return -EPROTO;
	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++)
		if (suites[i].cipher == cipher)
			return suites[i].id;
	return -ENOTSUP;
}

static int kernel_version(gnutls_session_t session)
{
	switch (gnutls_protocol_get_version(session)) {
	case GNUTLS_TLS1_2:
		return TLS_1_2_VERSION;
	case GNUTLS_TLS1_3:
		return TLS_1_3_VERSION;
	case GNUTLS_VERSION_UNKNOWN:
		return -EPROTO;
	default:
		return -ENOTSUP;
	}
}

/*
 * GnuTLS says how much the peer lets us put in one record only by the way:
 * a range split for one record is as long as a record may be.
 */
static int peer_takes_full_records(gnutls_session_t session)
{
	const gnutls_range_st all = { .low = RECORD_MAX, .high = RECORD_MAX };
	gnutls_range_st one, rest;

	if (gnutls_range_split(session, &all, &one, &rest))
		return 0;
	return one.high >= RECORD_MAX;
}

static int take_keys(struct kseal_keys *keys, gnutls_session_t session, int reading)
{
	const int carried = keys->version == TLS_1_2_VERSION &&
			    keys->cipher != TLS_CIPHER_CHACHA20_POLY1305;
	gnutls_datum_t key, iv;
	unsigned char seq[SEQ_SIZE];
	size_t i;

	keys->size = sizeof(*keys);
	keys->iv_size = carried ? IMPLICIT_SIZE : KSEAL_IV_MAX;
	if (gnutls_record_get_state(session, reading, NULL, &iv, &key, seq))
		return -EPROTO;
	if (key.size > sizeof(keys->key) || iv.size < keys->iv_size)
		return -EPROTO;
	keys->key_size = key.size;
	memcpy(keys->key, key.data, key.size);
	memcpy(keys->iv, iv.data, keys->iv_size);
	for (i = 0; i < SEQ_SIZE; i++)
		keys->sequence = keys->sequence << 8 | seq[i];
	return 0;
}

static int install(int fd, gnutls_session_t session, unsigned int directions, int version,
		   int cipher)
{
	struct kseal_keys tx = { .version = version, .cipher = cipher }, rx = tx;
	int ret = 0;

	if (directions & KSEAL_RX)
		ret = take_keys(&rx, session, 1);
	if (!ret && directions & KSEAL_TX)
		ret = take_keys(&tx, session, 0);
	if (!ret)
		ret = kseal_install_keys(fd, directions & KSEAL_TX ? &tx : NULL,
					 directions & KSEAL_RX ? &rx : NULL);
	explicit_bzero(&tx, sizeof(tx));
	explicit_bzero(&rx, sizeof(rx));
	return ret;
}

int kseal_install(int fd, gnutls_session_t session, unsigned int directions)
{
	int version, cipher;

	if (!directions || directions & ~(unsigned int)KSEAL_BOTH)
		return -EINVAL;
	version = kernel_version(session);
	if (version < 0)
		return version;
	cipher = kernel_cipher(session);
	if (cipher < 0)
		return cipher;
	if (directions & KSEAL_TX && !peer_takes_full_records(session))
		return -ENOTSUP;
	if (directions & KSEAL_RX && gnutls_record_check_pending(session))
		return -ENODATA;
	return install(fd, session, directions, version, cipher);
}
