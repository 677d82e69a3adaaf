// SPDX-License-Identifier: GPL-2.0
/* The plain end: reads and writes records made in user space. */
#include "kt.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* 1 when the stream ends before the first byte of a record. */
static int at_end(int fd)
{
	uint8_t byte;
	ssize_t n;

	if (kt_poll(fd, POLLIN, KT_WAIT_MS) <= 0) {
		kt_say("no record came in %d ms", KT_WAIT_MS);
		return -1;
	}
	n = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0)
		return kt_errno("recv");
	return n ? 0 : 1;
}

int kt_recv_record(struct kt_link *link, struct kt_record *record)
{
	static __thread uint8_t wire[KT_MAX_WIRE];
	size_t body;
	int end = at_end(link->raw);

	if (end)
		return end;
	if (kt_read_full(link->raw, wire, KT_HEADER))
		return -1;
	body = wire[3] << 8 | wire[4];
	if (kt_read_full(link->raw, wire + KT_HEADER, body))
		return -1;
	return kt_open(&link->out, wire, KT_HEADER + body, record);
}

static int next_record(struct kt_link *link, struct kt_record *record,
		       uint8_t type)
{
	int ret = kt_recv_record(link, record);

	if (ret > 0)
		kt_say("the stream ended where a record should be");
	if (ret)
		return -1;
	if (record->pad) {
		kt_say("record with %zu bytes of padding", record->pad);
		return -1;
	}
	if (record->type != type) {
		kt_say("record of type %u, want %u", record->type, type);
		return -1;
	}
	return 0;
}

int kt_expect_record(struct kt_link *link, uint8_t type, const void *data,
		     size_t len)
{
	struct kt_record record;

	if (next_record(link, &record, type))
		return -1;
	if (record.len != len || memcmp(record.data, data, len)) {
		kt_say("record of %zu bytes, want %zu; %s", record.len, len,
		       record.len == len ? "other bytes" : "wrong length");
		return -1;
	}
	return 0;
}

int kt_expect_pattern(struct kt_link *link, size_t len, uint64_t position)
{
	struct kt_record record;

	if (next_record(link, &record, KT_DATA))
		return -1;
	if (record.len != len) {
		kt_say("record of %zu bytes, want %zu", record.len, len);
		return -1;
	}
	return kt_check(record.data, len, position);
}

static void count(struct kt_tally *tally, size_t len)
{
	if (!tally->records++ || len < tally->smallest)
		tally->smallest = len;
	if (len > tally->largest)
		tally->largest = len;
}

int kt_expect_stream(struct kt_link *link, size_t len, uint64_t position,
		     struct kt_tally *tally)
{
	struct kt_tally none;

	if (!tally)
		tally = &none;
	memset(tally, 0, sizeof(*tally));
	while (len) {
		struct kt_record record;

		if (next_record(link, &record, KT_DATA)) {
			kt_say("%zu bytes of the stream missing", len);
			return -1;
		}
		if (record.len > len) {
			kt_say("record of %zu bytes, %zu were left", record.len,
			       len);
			return -1;
		}
		if (kt_check(record.data, record.len, position))
			return -1;
		count(tally, record.len);
		len -= record.len;
		position += record.len;
	}
	return 0;
}

int kt_expect_nothing(struct kt_link *link)
{
	int unread;

	if (kt_arrived(link->fd, link->raw))
		return -1;
	unread = kt_unread(link->raw);
	if (unread)
		kt_say("%d bytes at the plain end, want none", unread);
	return unread ? -1 : 0;
}

int kt_expect_end(struct kt_link *link, int *alert)
{
	struct kt_record record;
	int ret;

	*alert = -1;
	for (;;) {
		uint8_t byte;

		kt_poll(link->raw, POLLIN, KT_WAIT_MS);
		if (recv(link->raw, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
			return errno == ECONNRESET ? 0 : kt_errno("recv");
		ret = kt_recv_record(link, &record);
		if (ret)
			return ret > 0 ? 0 : -1;
		if (record.type != KT_ALERT || record.len != 2 ||
		    record.data[0] != 2 || *alert >= 0) {
			kt_say("record of type %u, %zu bytes, where an alert or the end should be",
			       record.type, record.len);
			return -1;
		}
		*alert = record.data[1];
	}
}

int kt_send_record(struct kt_link *link, uint8_t type, const void *data,
		   size_t len)
{
	static __thread uint8_t wire[KT_MAX_WIRE];
	ssize_t n = kt_seal(&link->in, type, data, len, 0, wire);

	return n < 0 ? -1 : kt_write_full(link->raw, wire, n);
}

int kt_send_pattern(struct kt_link *link, size_t len, uint64_t position)
{
	static __thread uint8_t plain[KT_MAX_WIRE];

	kt_fill(plain, len, position);
	return kt_send_record(link, KT_DATA, plain, len);
}

int kt_send_padded(struct kt_link *link, uint8_t type, size_t len, size_t pad,
		   uint64_t position)
{
	static __thread uint8_t wire[KT_MAX_WIRE], plain[KT_MAX_WIRE];
	ssize_t n;

	kt_fill(plain, len, position);
	n = kt_seal(&link->in, type, plain, len, pad, wire);
	return n < 0 ? -1 : kt_write_here(link, wire, n);
}

int kt_send_stream(struct kt_link *link, size_t len, size_t size,
		   uint64_t position)
{
	while (len) {
		size_t n = len < size ? len : size;

		if (kt_send_pattern(link, n, position))
			return -1;
		position += n;
		len -= n;
	}
	return 0;
}

int kt_all_here(struct kt_link *link)
{
	return kt_arrived(link->raw, link->fd);
}

int kt_pattern_arrives(struct kt_link *link, size_t len, uint64_t position)
{
	return kt_send_pattern(link, len, position) || kt_all_here(link) ? -1 : 0;
}

int kt_write_here(struct kt_link *link, const void *wire, size_t len)
{
	return kt_write_full(link->raw, wire, len) || kt_all_here(link) ? -1 : 0;
}

ssize_t kt_seal_pattern(struct kt_link *link, size_t len, uint8_t *wire)
{
	static __thread uint8_t plain[KT_MAX_WIRE];

	kt_fill(plain, len, 0);
	return kt_seal(&link->in, KT_DATA, plain, len, 0, wire);
}

int kt_send_header(struct kt_link *link, uint8_t type, uint16_t version,
		   uint16_t len)
{
	uint8_t header[] = { type, version >> 8, version, len >> 8, len };

	return kt_write_here(link, header, sizeof(header));
}

int kt_plain_passes(struct kt_link *link)
{
	char got[5];

	if (kt_write_full(link->fd, "plain", 5) ||
	    kt_read_full(link->raw, got, 5) || memcmp(got, "plain", 5))
		return -1;
	if (kt_write_full(link->raw, "nialp", 5) ||
	    kt_read_full(link->fd, got, 5) || memcmp(got, "nialp", 5))
		return -1;
	return 0;
}

int kt_sealed_out(struct kt_link *link)
{
	return kt_write_full(link->fd, "secret", 6) ||
	       kt_expect_record(link, KT_DATA, "secret", 6) ? -1 : 0;
}

int kt_sealed_in(struct kt_link *link)
{
	char got[6];

	return kt_send_record(link, KT_DATA, "sealed", 6) ||
	       kt_read_full(link->fd, got, 6) ||
	       memcmp(got, "sealed", 6) ? -1 : 0;
}
