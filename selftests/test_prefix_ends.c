// SPDX-License-Identifier: GPL-2.0
/* KSEAL_RX_PREFIX: what ends in it, and what of it is refused. */
#include "lib/brief.h"
#include "lib/prefix.h"

enum { FULL = KT_MAX_PLAIN };

static uint8_t wire[KT_PREFIX_ROOM], data[200000];

KT_BRIEF_FIXTURE(prefix)
{
	ASSERT_EQ(0, kt_link_pair(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, kt_attach(self->link.fd));
}

/* ---- control records, ends, errors ---------------------------------------- */

KT_TEST(prefix, control_record_keeps_its_type)
{
	struct kt_link *link = &self->link;
	uint8_t type, got[10];
	size_t len = kt_seal(&link->in, KT_ALERT, "\1\0", 2, 0, wire);

	ASSERT_EQ(0, kt_prefix_begin(link, 1, wire, len));
	EXPECT_ERRNO(EIO, recv(link->fd, got, sizeof(got), 0));
	EXPECT_EQ(2, kt_recv_type(link->fd, &type, got, sizeof(got), 0));
	EXPECT_EQ(KT_ALERT, type);
}

KT_TEST(prefix, key_update_pauses_reading)
{
	struct kt_link *link = &self->link;
	struct kt_key next, first = link->in.key;
	size_t len;

	if (variant->params.version != TLS_1_3_VERSION)
		return;
	kt_key_next(&link->in.key, &next);
	len = kt_seal(&link->in, KT_HANDSHAKE, kt_key_update, KT_KEY_UPDATE, 0, wire);
	ASSERT_EQ(0, kt_flow_rekey(&link->in, &next));
	kt_fill(data, 70, 0);
	len += kt_seal(&link->in, KT_DATA, data, 70, 0, wire + len);
	ASSERT_EQ(0, kt_prefix_give(link->fd, wire, len - 10));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &first));
	ASSERT_EQ(0, kt_write_here(link, wire + len - 10, 10));
	EXPECT_EQ(0, kt_expect_key_update(link->fd));
	EXPECT_EQ(0, kt_expect_expired(link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &next));
	EXPECT_EQ(70, kt_recv_pattern(link->fd, 70, 0, 0));
}

KT_TEST(prefix, end_of_the_stream_behind_it)
{
	static const size_t sizes[] = { 100, 200 };
	struct kt_link *link = &self->link;
	size_t len = kt_prefix_seal(link, sizes, ARRAY_SIZE(sizes), wire);

	ASSERT_EQ(0, kt_prefix_begin(link, 2, wire, len));
	ASSERT_EQ(0, shutdown(link->raw, SHUT_WR));
	EXPECT_EQ(300, kt_recv_pattern(link->fd, 1000, 0, MSG_WAITALL));
	EXPECT_EQ(0, kt_read_eof(link->fd));
}

KT_TEST(prefix, end_of_the_stream_inside_it)
{
	static const size_t sizes[] = { 100, 200 };
	struct kt_link *link = &self->link;
	size_t len = kt_prefix_seal(link, sizes, ARRAY_SIZE(sizes), wire);

	ASSERT_EQ(0, kt_prefix_begin(link, 2, wire, len - 1));
	ASSERT_EQ(0, shutdown(link->raw, SHUT_WR));
	EXPECT_EQ(100, kt_recv_pattern(link->fd, 100, 0, 0));
	EXPECT_EQ(0, kt_expect_ended(link, ECONNRESET, -1));
}

KT_TEST(prefix, forged_record_ends_the_connection)
{
	static const size_t sizes[] = { 100, 200 };
	struct kt_link *link = &self->link;
	size_t len = kt_prefix_seal(link, sizes, ARRAY_SIZE(sizes), wire);

	wire[len - 1] ^= 1;
	ASSERT_EQ(0, kt_prefix_begin(link, 2, wire, len));
	EXPECT_EQ(100, kt_recv_pattern(link->fd, 100, 0, 0));
	EXPECT_EQ(0, kt_expect_ended(link, EBADMSG, KT_BAD_RECORD_MAC));
}

KT_TEST(prefix, bad_header_ends_the_connection)
{
	static const size_t sizes[] = { 100, 200 };
	struct kt_link *link = &self->link;
	size_t len = kt_prefix_seal(link, sizes, ARRAY_SIZE(sizes), wire);

	memset(wire + len, 0xff, KT_HEADER);
	ASSERT_EQ(0, kt_prefix_begin(link, 2, wire, len + KT_HEADER));
	EXPECT_EQ(300, kt_recv_pattern(link->fd, 300, 0, MSG_WAITALL));
	EXPECT_EQ(0, kt_expect_ended(link, EMSGSIZE, KT_RECORD_OVERFLOW));
}

/* ---- the option ----------------------------------------------------------- */

KT_TEST(prefix, comes_before_the_key)
{
	struct kt_link *link = &self->link;

	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	EXPECT_ERRNO(EBUSY, kt_prefix_give(link->fd, wire, 10));
	EXPECT_ERRNO(EBUSY, kt_prefix_give(link->fd, wire, 0));
	EXPECT_EQ(0, kt_sealed_in(link));
	EXPECT_EQ(0, kt_sealed_out(link));
}

KT_TEST(prefix, last_one_counts)
{
	static const size_t sizes[] = { 100 };
	struct kt_link *link = &self->link;
	size_t len;

	memset(data, 0xff, 50000);
	ASSERT_EQ(0, kt_prefix_give(link->fd, data, 50000));
	len = kt_prefix_seal(link, sizes, 1, wire);
	ASSERT_EQ(0, kt_prefix_begin(link, 1, wire, len));
	EXPECT_EQ(100, kt_recv_pattern(link->fd, 1000, 0, 0));
	ASSERT_EQ(0, kt_link_reopen_keyless(link, &variant->params));
	ASSERT_EQ(0, kt_prefix_give(link->fd, data, 50000));
	ASSERT_EQ(0, kt_prefix_give(link->fd, NULL, 0));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	EXPECT_EQ(0, kt_sealed_in(link));
}

KT_TEST(prefix, what_is_refused_changes_nothing)
{
	static const size_t sizes[] = { 100 };
	struct kt_link *link = &self->link;
	size_t page = sysconf(_SC_PAGESIZE), len = kt_prefix_seal(link, sizes, 1, wire);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	socklen_t got = sizeof(data);
	struct kt_key key = link->in.key;

	kt_key_rewind(&key, 1);
	ASSERT_NE(MAP_FAILED, (void *)map);
	ASSERT_EQ(0, munmap(map + page, page));
	ASSERT_EQ(0, kt_prefix_give(link->fd, wire, len));
	EXPECT_ERRNO(EMSGSIZE, kt_prefix_give(link->fd, data, KSEAL_RX_PREFIX_MAX + 1));
	EXPECT_ERRNO(EFAULT, kt_prefix_give(link->fd, map, page + 1));
	EXPECT_ERRNO(EFAULT, kt_prefix_give(link->fd, NULL, 1));
	EXPECT_ERRNO(ENOPROTOOPT, getsockopt(link->fd, SOL_TLS, KSEAL_RX_PREFIX, data, &got));
	/* nor does a key that is refused */
	key.version ^= 0x8000;
	EXPECT_ERRNO(EINVAL, kt_install(link->fd, TLS_RX, &key));
	key.version ^= 0x8000;
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &key));
	EXPECT_EQ(100, kt_recv_pattern(link->fd, 1000, 0, 0));
	munmap(map, page);
}

/* It waits for the key; until then bytes pass as before. */
KT_TEST(prefix, reading_without_a_key_goes_past_it)
{
	static const size_t sizes[] = { 100 };
	struct kt_link *link = &self->link;
	size_t len = kt_prefix_seal(link, sizes, 1, wire);

	ASSERT_EQ(0, kt_prefix_give(link->fd, wire, len));
	EXPECT_EQ(0, kt_plain_passes(link));
	ASSERT_EQ(0, kt_prefix_begin(link, 1, wire, len));
	EXPECT_EQ(100, kt_recv_pattern(link->fd, 1000, 0, 0));
}

KT_TEST(prefix, socket_closed_with_all_or_some_of_it)
{
	struct kt_link *link = &self->link;
	size_t sizes[9];

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		sizes[i] = FULL;
	kt_prefix_seal(link, sizes, ARRAY_SIZE(sizes), wire);
	ASSERT_EQ(0, kt_prefix_give(link->fd, wire, KSEAL_RX_PREFIX_MAX));
	ASSERT_EQ(0, kt_link_reopen_keyless(link, &variant->params));
	kt_prefix_seal(link, sizes, ARRAY_SIZE(sizes), wire);
	ASSERT_EQ(0, kt_prefix_begin(link, ARRAY_SIZE(sizes), wire, KSEAL_RX_PREFIX_MAX));
	EXPECT_EQ(20000, kt_recv_pattern(link->fd, 20000, 0, MSG_WAITALL));
	kt_link_close(link);
}

TEST_HARNESS_MAIN
