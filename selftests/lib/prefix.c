// SPDX-License-Identifier: GPL-2.0
/* Records that a library has read ahead: KSEAL_RX_PREFIX. */
#include "prefix.h"

int kt_prefix_give(int fd, const void *bytes, size_t len)
{
	return setsockopt(fd, SOL_TLS, KSEAL_RX_PREFIX, bytes, len);
}

size_t kt_prefix_seal(struct kt_link *link, const size_t *sizes, size_t n, uint8_t *wire)
{
	static uint8_t plain[KT_MAX_PLAIN];
	uint64_t position = 0;
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		kt_fill(plain, sizes[i], position);
		len += kt_seal(&link->in, KT_DATA, plain, sizes[i], 0, wire + len);
		position += sizes[i];
	}
	return len;
}

int kt_prefix_begin(struct kt_link *link, size_t records, const void *wire, size_t len)
{
	struct kt_key key = link->in.key;

	kt_key_rewind(&key, records);
	if (kt_prefix_give(link->fd, wire, len))
		return kt_errno("setsockopt(KSEAL_RX_PREFIX)");
	if (kt_install(link->fd, TLS_TX, &link->out.key) || kt_install(link->fd, TLS_RX, &key))
		return kt_errno("keys");
	return 0;
}
