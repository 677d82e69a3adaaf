// SPDX-License-Identifier: GPL-2.0
/* The options beside the keys, with the errnos of the newest in-tree TLS. */
#include "lib/fixture.h"
#include <fcntl.h>
#include <sys/sendfile.h>

KT_FIXTURE_OPEN(options)

static int set(int fd, int name, const void *value, socklen_t len)
{
	return setsockopt(fd, SOL_TLS, name, value, len);
}

static int set_limit(int fd, uint16_t limit)
{
	return set(fd, TLS_TX_MAX_PAYLOAD_LEN, &limit, sizeof(limit));
}

/* The value of an option of @len bytes, as a number; -1 on failure. */
static long get(int fd, int name, socklen_t len)
{
	union { uint8_t bytes[16]; uint16_t half; uint32_t word; } value = { };

	if (getsockopt(fd, SOL_TLS, name, &value, &len))
		return -1;
	if (len == 2 || len == 4)
		return len == 2 ? value.half : value.word;
	kt_say("option of %u bytes", len);
	errno = EBADE;
	return -1;
}

static bool is_13(const struct kt_params *params)
{
	return params->version == TLS_1_3_VERSION;
}

KT_TEST(options, unknown_ones_are_enoprotoopt)
{
	static const int names[] = { 0, -1, 6, 7, 100, 0x4b00, 0x4b04, 0x4b0f, 0x4b15 };
	int value = 1;
	socklen_t len;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		len = sizeof(value);
		EXPECT_ERRNO(ENOPROTOOPT, set(self->link.fd, names[i], &value, len));
		EXPECT_ERRNO(ENOPROTOOPT, getsockopt(self->link.fd, SOL_TLS, names[i],
						     &value, &len));
	}
}

/* ---- TLS_TX_ZEROCOPY_RO ----------------------------------------------------- */

KT_TEST(options, zerocopy_ro_is_kept)
{
	uint32_t value;

	EXPECT_EQ(0, get(self->link.fd, TLS_TX_ZEROCOPY_RO, 4));
	for (int i = 0; i < 4; i++) {
		value = i % 2 == 0;
		EXPECT_EQ(0, set(self->link.fd, TLS_TX_ZEROCOPY_RO, &value, 4));
		EXPECT_EQ(value, get(self->link.fd, TLS_TX_ZEROCOPY_RO, 4));
		EXPECT_EQ(0, kt_sealed_out(&self->link));
	}
}

KT_TEST(options, zerocopy_ro_needs_no_key)
{
	uint32_t one = 1;

	ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
	EXPECT_EQ(0, set(self->link.fd, TLS_TX_ZEROCOPY_RO, &one, 4));
	EXPECT_EQ(1, get(self->link.fd, TLS_TX_ZEROCOPY_RO, 4));
	EXPECT_EQ(0, kt_plain_passes(&self->link));
}

KT_TEST(options, zerocopy_ro_takes_its_size_and_values_alone)
{
	static const uint32_t values[] = { 2, 0x100, 0xffffffff };
	uint64_t room = 1;
	socklen_t len;

	for (socklen_t size = 0; size <= 8; size++) {
		if (size == 4)
			continue;
		EXPECT_ERRNO(EINVAL, set(self->link.fd, TLS_TX_ZEROCOPY_RO, &room, size));
		len = size;
		EXPECT_ERRNO(EINVAL, getsockopt(self->link.fd, SOL_TLS,
						TLS_TX_ZEROCOPY_RO, &room, &len));
	}
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		EXPECT_ERRNO(EINVAL, set(self->link.fd, TLS_TX_ZEROCOPY_RO, &values[i], 4));
	EXPECT_ERRNO(EINVAL, set(self->link.fd, TLS_TX_ZEROCOPY_RO, NULL, 4));
	EXPECT_ERRNO(EFAULT, set(self->link.fd, TLS_TX_ZEROCOPY_RO, (void *)8, 4));
	EXPECT_EQ(0, get(self->link.fd, TLS_TX_ZEROCOPY_RO, 4));
}

/* It says nothing about who may write to the file. */
KT_TEST(options, zerocopy_ro_sends_a_file_the_same_way)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	static uint8_t data[40000];
	uint32_t one = 1;
	off_t at = 0;

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(40000, pwrite(file, data, sizeof(data), 0));
	ASSERT_EQ(0, set(self->link.fd, TLS_TX_ZEROCOPY_RO, &one, 4));
	ASSERT_EQ(40000, sendfile(self->link.fd, file, &at, 40000));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 40000, 0, NULL));
	EXPECT_EQ(40000, kt_spliced_bytes(self->link.fd));
	close(file);
}

/* ---- TLS_RX_EXPECT_NO_PAD --------------------------------------------------- */

KT_TEST(options, no_pad_is_for_tls_1_3)
{
	uint32_t one = 1;

	if (is_13(&variant->params)) {
		EXPECT_EQ(0, get(self->link.fd, TLS_RX_EXPECT_NO_PAD, 4));
		EXPECT_EQ(0, set(self->link.fd, TLS_RX_EXPECT_NO_PAD, &one, 4));
		EXPECT_EQ(1, get(self->link.fd, TLS_RX_EXPECT_NO_PAD, 4));
		one = 0;
		EXPECT_EQ(0, set(self->link.fd, TLS_RX_EXPECT_NO_PAD, &one, 4));
		EXPECT_EQ(0, get(self->link.fd, TLS_RX_EXPECT_NO_PAD, 4));
	} else {
		EXPECT_ERRNO(EINVAL, get(self->link.fd, TLS_RX_EXPECT_NO_PAD, 4));
		EXPECT_ERRNO(EINVAL, set(self->link.fd, TLS_RX_EXPECT_NO_PAD, &one, 4));
	}
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

KT_TEST(options, no_pad_needs_the_receiving_key)
{
	struct kt_link *link = &self->link;
	uint32_t one = 1;

	ASSERT_EQ(0, kt_link_reopen_keyless(link, &variant->params));
	EXPECT_ERRNO(EINVAL, set(link->fd, TLS_RX_EXPECT_NO_PAD, &one, 4));
	EXPECT_ERRNO(EINVAL, get(link->fd, TLS_RX_EXPECT_NO_PAD, 4));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	EXPECT_ERRNO(EINVAL, set(link->fd, TLS_RX_EXPECT_NO_PAD, &one, 4));
	EXPECT_ERRNO(EINVAL, get(link->fd, TLS_RX_EXPECT_NO_PAD, 4));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	EXPECT_EQ(is_13(&variant->params) ? 0 : -1,
		  set(link->fd, TLS_RX_EXPECT_NO_PAD, &one, 4));
}

/* At least four bytes, and zeros behind them: it may grow. */
KT_TEST(options, no_pad_takes_a_longer_value_of_zeros)
{
	uint32_t values[8] = { 1 };
	socklen_t len;

	if (!is_13(&variant->params))
		values[0] = 2;
	for (socklen_t size = 0; size <= sizeof(values); size++) {
		bool good = size >= 4 && is_13(&variant->params);

		EXPECT_EQ(good ? 0 : -1, set(self->link.fd, TLS_RX_EXPECT_NO_PAD, values,
					     size));
		len = size;
		EXPECT_EQ(good ? 0 : -1, getsockopt(self->link.fd, SOL_TLS,
						    TLS_RX_EXPECT_NO_PAD, values, &len));
		if (good) {
			EXPECT_EQ(4, len);
		}
	}
	((uint8_t *)values)[31] = 1;
	EXPECT_ERRNO(EINVAL, set(self->link.fd, TLS_RX_EXPECT_NO_PAD, values, 32));
	values[0] = 2;
	EXPECT_ERRNO(EINVAL, set(self->link.fd, TLS_RX_EXPECT_NO_PAD, values, 4));
	EXPECT_ERRNO(EINVAL, set(self->link.fd, TLS_RX_EXPECT_NO_PAD, NULL, 4));
	if (is_13(&variant->params)) {
		EXPECT_ERRNO(EFAULT, set(self->link.fd, TLS_RX_EXPECT_NO_PAD, (void *)8, 4));
		EXPECT_EQ(1, get(self->link.fd, TLS_RX_EXPECT_NO_PAD, 4));
	}
}

/* ---- TLS_TX_MAX_PAYLOAD_LEN ------------------------------------------------- */

KT_TEST(options, limit_is_kept)
{
	static const uint16_t limits[] = { 64, 65, 100, 4096, 16383, 16384 };
	struct kseal_info info;

	EXPECT_EQ(16384, get(self->link.fd, TLS_TX_MAX_PAYLOAD_LEN, 2));
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		EXPECT_EQ(0, set_limit(self->link.fd, limits[i]));
		EXPECT_EQ(limits[i], get(self->link.fd, TLS_TX_MAX_PAYLOAD_LEN, 2));
		EXPECT_EQ(limits[i], get(self->link.fd, TLS_TX_MAX_PAYLOAD_LEN, 16));
		ASSERT_EQ(0, kt_info_get(self->link.fd, &info));
		EXPECT_EQ(limits[i], info.tx_max_payload);
	}
}

/* RFC 8449 4: in TLS 1.3 the limit of 64 counts the content type. */
KT_TEST(options, limit_has_limits)
{
	static const uint16_t bad[] = { 0, 1, 62, 16385, 32768, 65535 };
	uint64_t room = 100;
	socklen_t len;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_ERRNO(EINVAL, set_limit(self->link.fd, bad[i]));
	EXPECT_EQ(is_13(&variant->params) ? 0 : -1, set_limit(self->link.fd, 63));
	EXPECT_EQ(0, set_limit(self->link.fd, 16384));
	for (socklen_t size = 0; size <= 8; size++) {
		if (size != 2) {
			EXPECT_ERRNO(EINVAL, set(self->link.fd, TLS_TX_MAX_PAYLOAD_LEN,
						 &room, size));
		}
		len = size;
		EXPECT_EQ(size < 2 ? -1 : 0, getsockopt(self->link.fd, SOL_TLS,
							TLS_TX_MAX_PAYLOAD_LEN, &room,
							&len));
		if (size >= 2) {
			EXPECT_EQ(2, len);
		}
		room = 100;
	}
	EXPECT_ERRNO(EINVAL, set(self->link.fd, TLS_TX_MAX_PAYLOAD_LEN, NULL, 2));
	EXPECT_ERRNO(EFAULT, set(self->link.fd, TLS_TX_MAX_PAYLOAD_LEN, (void *)8, 2));
	EXPECT_EQ(16384, get(self->link.fd, TLS_TX_MAX_PAYLOAD_LEN, 2));
}

KT_TEST(options, limit_may_come_before_the_key)
{
	struct kt_link *link = &self->link;
	static uint8_t data[250];

	ASSERT_EQ(0, kt_link_reopen_keyless(link, &variant->params));
	EXPECT_ERRNO(EINVAL, set_limit(link->fd, 63));
	ASSERT_EQ(0, set_limit(link->fd, 100));
	EXPECT_EQ(0, kt_plain_passes(link));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	kt_fill(data, 250, 0);
	ASSERT_EQ(250, send(link->fd, data, 250, 0));
	EXPECT_EQ(0, kt_expect_pattern(link, 100, 0));
	EXPECT_EQ(0, kt_expect_pattern(link, 100, 100));
	EXPECT_EQ(0, kt_expect_pattern(link, 50, 200));
}

/* Records of @limit and a rest: @len bytes in all. */
static int expect_records_of(struct kt_link *link, size_t limit, size_t len)
{
	size_t n;

	for (size_t done = 0; done < len; done += n) {
		n = len - done < limit ? len - done : limit;
		if (kt_expect_pattern(link, n, done))
			return -1;
	}
	return kt_expect_nothing(link);
}

static const uint16_t limits[] = { 64, 100, 1000, 4095, 4096, 4097, 16383, 16384 };

KT_TEST(options, limit_cuts_what_is_written)
{
	static uint8_t data[50000];

	kt_fill(data, sizeof(data), 0);
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		size_t len = limits[i] * 5 < 50000 ? limits[i] * 5 - 1 : 50000;

		ASSERT_EQ(0, set_limit(self->link.fd, limits[i]));
		ASSERT_EQ(len, send(self->link.fd, data, len, 0));
		ASSERT_EQ(0, expect_records_of(&self->link, limits[i], len));
		ASSERT_EQ(limits[i], send(self->link.fd, data, limits[i], 0));
		ASSERT_EQ(0, expect_records_of(&self->link, limits[i], limits[i]));
	}
}

/* The least there may be: with the content type it is 64 in TLS 1.3. */
KT_TEST(options, least_limit)
{
	uint16_t least = is_13(&variant->params) ? 63 : 64;
	uint8_t data[3 * 64];

	kt_fill(data, sizeof(data), 0);
	EXPECT_ERRNO(EINVAL, set_limit(self->link.fd, least - 1));
	ASSERT_EQ(0, set_limit(self->link.fd, least));
	ASSERT_EQ(sizeof(data), send(self->link.fd, data, sizeof(data), 0));
	EXPECT_EQ(0, expect_records_of(&self->link, least, sizeof(data)));
}

KT_TEST(options, limit_cuts_a_file)
{
	int file = memfd_create("file", MFD_CLOEXEC);
	static uint8_t data[50000];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(50000, pwrite(file, data, sizeof(data), 0));
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		size_t len = limits[i] * 5 < 50000 ? limits[i] * 5 - 1 : 50000;
		struct kt_tally tally;
		off_t at = 0;

		ASSERT_EQ(0, set_limit(self->link.fd, limits[i]));
		ASSERT_EQ(len, sendfile(self->link.fd, file, &at, len));
		ASSERT_EQ(0, kt_expect_stream(&self->link, len, 0, &tally));
		EXPECT_EQ(limits[i], tally.largest);
	}
	close(file);
}

KT_TEST(options, limit_cuts_what_more_collects)
{
	static uint8_t data[1000];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(0, set_limit(self->link.fd, 300));
	for (int i = 0; i < 9; i++)
		ASSERT_EQ(100, send(self->link.fd, data + i * 100, 100, MSG_MORE));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(0, kt_expect_pattern(&self->link, 300, i * 300));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	ASSERT_EQ(100, send(self->link.fd, data + 900, 100, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, 900));
}

KT_TEST(options, limit_cuts_pages_of_a_pipe)
{
	static uint8_t data[9000];
	struct kt_tally tally;
	int ends[2];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(0, pipe2(ends, O_CLOEXEC));
	ASSERT_EQ(0, set_limit(self->link.fd, 1001));
	ASSERT_EQ(9000, write(ends[1], data, 9000));
	ASSERT_EQ(9000, splice(ends[0], NULL, self->link.fd, NULL, 9000, 0));
	EXPECT_EQ(0, kt_expect_stream(&self->link, 9000, 0, &tally));
	EXPECT_EQ(1001, tally.largest);
	close(ends[0]);
	close(ends[1]);
}

KT_TEST(options, limit_holds_for_records_of_any_type)
{
	static uint8_t data[200];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(0, set_limit(self->link.fd, 150));
	ASSERT_EQ(200, kt_send_type(self->link.fd, KT_HANDSHAKE, data, 200, 0));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_HANDSHAKE, data, 150));
	EXPECT_EQ(0, kt_expect_record(&self->link, KT_HANDSHAKE, data + 150, 50));
}

/* Not under a record that is open: it may have more already. */
KT_TEST(options, limit_waits_for_the_open_record)
{
	static uint8_t data[300];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(100, send(self->link.fd, data, 100, MSG_MORE));
	EXPECT_ERRNO(EBUSY, set_limit(self->link.fd, 200));
	EXPECT_ERRNO(EBUSY, set_limit(self->link.fd, 1));
	EXPECT_ERRNO(EBUSY, set(self->link.fd, TLS_TX_MAX_PAYLOAD_LEN, NULL, 0));
	EXPECT_EQ(16384, get(self->link.fd, TLS_TX_MAX_PAYLOAD_LEN, 2));
	ASSERT_EQ(200, send(self->link.fd, data + 100, 200, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 300, 0));
	EXPECT_EQ(0, set_limit(self->link.fd, 200));
	ASSERT_EQ(300, send(self->link.fd, data, 300, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 200, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, 200));
}

/* It is about sending: the peer's records may be as long as ever. */
KT_TEST(options, limit_is_not_for_receiving)
{
	ASSERT_EQ(0, set_limit(self->link.fd, 64));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, 0));
	EXPECT_EQ(16384, kt_recv_pattern(self->link.fd, 16384, 0, MSG_WAITALL));
}

KT_TEST(options, limit_outlives_a_rekey)
{
	static uint8_t data[150];

	kt_fill(data, sizeof(data), 0);
	ASSERT_EQ(0, set_limit(self->link.fd, 100));
	if (is_13(&variant->params)) {
		ASSERT_EQ(0, kt_rekey_out(&self->link));
	}
	ASSERT_EQ(150, send(self->link.fd, data, 150, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 100, 0));
	EXPECT_EQ(0, kt_expect_pattern(&self->link, 50, 100));
}

TEST_HARNESS_MAIN
