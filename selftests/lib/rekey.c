// SPDX-License-Identifier: GPL-2.0
/* KeyUpdate and what it does to both ends (RFC 8446 4.6.3). */
#include "kt.h"
#include <errno.h>
#include <poll.h>
#include <string.h>

const uint8_t kt_key_update[KT_KEY_UPDATE] = { 24, 0, 0, 1, 0 };

int kt_peer_rekey(struct kt_link *link, struct kt_key *next)
{
	kt_key_next(&link->in.key, next);
	return kt_send_record(link, KT_HANDSHAKE, kt_key_update, KT_KEY_UPDATE) ||
	       kt_flow_rekey(&link->in, next) ? -1 : 0;
}

int kt_expect_handshake(int fd, const void *data, size_t len)
{
	static __thread uint8_t got[KT_MAX_WIRE];
	uint8_t type;
	ssize_t n;

	if (!(kt_poll(fd, POLLIN, KT_WAIT_MS) & POLLIN)) {
		kt_say("no handshake record came in %d ms", KT_WAIT_MS);
		return -1;
	}
	n = kt_recv_type(fd, &type, got, sizeof(got), MSG_DONTWAIT);
	if (n < 0)
		return kt_errno("recvmsg of a handshake record");
	if (type == KT_HANDSHAKE && n == (ssize_t)len && !memcmp(got, data, len))
		return 0;
	kt_say("record of type %u, %zd bytes, want handshake, %zu", type, n, len);
	return -1;
}

int kt_expect_key_update(int fd)
{
	return kt_expect_handshake(fd, kt_key_update, KT_KEY_UPDATE);
}

int kt_rekey_in(struct kt_link *link)
{
	struct kt_key next;

	if (kt_peer_rekey(link, &next) || kt_expect_key_update(link->fd))
		return -1;
	return kt_resume_reading(link, &next);
}

int kt_rekey_out(struct kt_link *link)
{
	struct kt_key next;

	kt_key_next(&link->out.key, &next);
	if (kt_send_type(link->fd, KT_HANDSHAKE, kt_key_update, KT_KEY_UPDATE, 0) !=
	    KT_KEY_UPDATE)
		return kt_errno("sendmsg of a KeyUpdate");
	if (kt_install(link->fd, TLS_TX, &next))
		return kt_errno("a second TLS_TX");
	if (kt_expect_record(link, KT_HANDSHAKE, kt_key_update, KT_KEY_UPDATE))
		return -1;
	return kt_flow_rekey(&link->out, &next);
}

/* Blocking readers too: they shall not wait. */
int kt_expect_expired(int fd)
{
	static const int flags[] = {
		MSG_DONTWAIT, 0, MSG_PEEK, MSG_WAITALL, MSG_PEEK | MSG_DONTWAIT,
	};
	uint8_t byte, type;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		int error = kt_recv_errno(fd, flags[i]);

		if (error != EKEYEXPIRED) {
			kt_say("recv with flags %#x: %s, want EKEYEXPIRED", flags[i],
			       strerror(error));
			return -1;
		}
		if (kt_recv_type(fd, &type, &byte, 1, flags[i]) != -1 ||
		    errno != EKEYEXPIRED)
			return kt_errno("recvmsg, want EKEYEXPIRED");
	}
	if (kt_poll(fd, POLLIN | POLLRDNORM, 0)) {
		kt_say("readable, but the key has expired");
		return -1;
	}
	return 0;
}

int kt_pause_reading(struct kt_link *link, struct kt_key *next)
{
	return kt_peer_rekey(link, next) || kt_all_here(link) ||
	       kt_expect_key_update(link->fd) || kt_expect_expired(link->fd) ? -1 : 0;
}

int kt_resume_reading(struct kt_link *link, const struct kt_key *next)
{
	return kt_install(link->fd, TLS_RX, next) ? kt_errno("a second TLS_RX") : 0;
}
