// SPDX-License-Identifier: GPL-2.0
/* A short record, damaged at every one of its bytes; nothing of it is delivered. */
#include "lib/forge.h"
#include "lib/brief.h"

KT_BRIEF_FIXTURE_OPEN(bytes)

enum { CONTENT = 20 };

/* errno of a read that must fail; 0 when it gave anything, or the end. */
static int read_fails(int fd)
{
	uint8_t got[200];
	ssize_t n = recv(fd, got, sizeof(got), 0);

	if (n > 0)
		kt_say("%zd bytes delivered", n);
	return n < 0 ? errno : 0;
}

static int cut_at(struct kt_link *link, size_t keep)
{
	static uint8_t wire[KT_MAX_WIRE];

	if (kt_seal_pattern(link, CONTENT, wire) < (ssize_t)keep ||
	    kt_write_full(link->raw, wire, keep) || shutdown(link->raw, SHUT_WR))
		return -1;
	return read_fails(link->fd);
}

/* An end in the middle is no end: it is told from the real one at each byte. */
KT_TEST(bytes, truncated_at_every_byte)
{
	size_t len = CONTENT + kt_overhead(variant->params.version);

	EXPECT_EQ(0, cut_at(&self->link, 0));
	for (size_t keep = 1; keep < len; keep++) {
		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(ECONNRESET, cut_at(&self->link, keep))
			TH_LOG("%zu bytes of %zu", keep, len);
	}
}

static int reset_at(struct kt_link *link, size_t keep)
{
	static uint8_t wire[KT_MAX_WIRE];

	if (kt_seal_pattern(link, CONTENT, wire) < (ssize_t)keep ||
	    kt_write_here(link, wire, keep))
		return -1;
	kt_reset(&link->raw);
	return read_fails(link->fd);
}

KT_TEST(bytes, reset_at_every_byte)
{
	size_t len = CONTENT + kt_overhead(variant->params.version);

	for (size_t keep = 1; keep < len; keep += 3) {
		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		ASSERT_EQ(ECONNRESET, reset_at(&self->link, keep))
			TH_LOG("%zu bytes of %zu", keep, len);
	}
}

/* What may come of a flip at @at; a length that grew may eat what follows. */
static bool expected(size_t at, int error)
{
	if (at == 1 || at == 2)
		return error == EINVAL;
	if (at == 3 || at == 4)
		return error == EMSGSIZE || error == EBADMSG || error == ECONNRESET;
	return error == EBADMSG;
}

static int flip(struct kt_link *link, size_t at, int bit)
{
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len = kt_seal_pattern(link, CONTENT, wire);

	wire[at] ^= 1 << bit;
	if (kt_write_full(link->raw, wire, len) || kt_send_pattern(link, 100, 0) ||
	    shutdown(link->raw, SHUT_WR))
		return -1;
	return read_fails(link->fd);
}

static int flip_everywhere(struct kt_link *link, const struct kt_params *params, int shift)
{
	size_t len = CONTENT + kt_overhead(params->version);

	for (size_t at = 0; at < len; at++) {
		int bit = (at * 3 + shift) % 8, error;

		if (kt_link_reopen(link, params, NULL))
			return -1;
		error = flip(link, at, bit);
		if (expected(at, error))
			continue;
		kt_say("bit %d of byte %zu: %s", bit, at, strerror(error));
		return -1;
	}
	return 0;
}

KT_TEST(bytes, one_bit_of_every_byte_flipped)
{
	EXPECT_EQ(0, flip_everywhere(&self->link, &variant->params, 0));
}

KT_TEST(bytes, another_bit_of_every_byte_flipped)
{
	EXPECT_EQ(0, flip_everywhere(&self->link, &variant->params, 5));
}

/* Every byte but the right one in the place of the tag's last. */
KT_TEST(bytes, no_tag_can_be_guessed)
{
	for (int i = 1; i < 256; i += 17) {
		static uint8_t wire[KT_MAX_WIRE];
		ssize_t len;

		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		len = kt_seal_pattern(&self->link, CONTENT, wire);
		wire[len - 1] ^= i;
		ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
		ASSERT_EQ(EBADMSG, read_fails(self->link.fd));
	}
}

/* The same record twice, at every distance up to ten. */
KT_TEST(bytes, replayed_later)
{
	for (int distance = 0; distance < 10; distance++) {
		static uint8_t wire[KT_MAX_WIRE];
		ssize_t len;

		ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, NULL));
		len = kt_seal_pattern(&self->link, CONTENT, wire);
		ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
		for (int i = 0; i < distance; i++)
			ASSERT_EQ(0, kt_send_pattern(&self->link, CONTENT, 0));
		ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
		for (int i = 0; i <= distance; i++)
			ASSERT_EQ(CONTENT, kt_recv_pattern(self->link.fd, CONTENT, 0, 0));
		ASSERT_EQ(EBADMSG, read_fails(self->link.fd));
	}
}

TEST_HARNESS_MAIN
