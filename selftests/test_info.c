// SPDX-License-Identifier: GPL-2.0
/* getsockopt(SOL_TLS): keys with their current numbers, and KSEAL_INFO. */
#include "lib/fixture.h"

KT_FIXTURE(info)
{
	ASSERT_EQ(0, kt_link_pair(&self->link, &variant->params, NULL));
	ASSERT_EQ(0, kt_attach(self->link.fd));
}

static int install_both(struct kt_link *link)
{
	return kt_install(link->fd, TLS_TX, &link->out.key) ||
	       kt_install(link->fd, TLS_RX, &link->in.key) ? -1 : 0;
}

static int get(int fd, int direction, void *info, socklen_t len)
{
	return getsockopt(fd, SOL_TLS, direction, info, &len);
}

static int send_records(struct kt_link *link, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (kt_write_full(link->fd, "record", 6) ||
		    kt_expect_record(link, KT_DATA, "record", 6))
			return -1;
	return 0;
}

static int receive_records(struct kt_link *link, unsigned int count)
{
	char got[6];

	for (unsigned int i = 0; i < count; i++)
		if (kt_send_record(link, KT_DATA, "record", 6) ||
		    kt_read_full(link->fd, got, 6))
			return -1;
	return 0;
}

KT_TEST(info, no_key_is_busy)
{
	union kt_info info;
	socklen_t len = kt_key_info(&self->link.out.key, &info);

	EXPECT_ERRNO(EBUSY, get(self->link.fd, TLS_TX, &info, len));
	EXPECT_ERRNO(EBUSY, get(self->link.fd, TLS_RX, &info, len));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &self->link.out.key));
	EXPECT_EQ(0, get(self->link.fd, TLS_TX, &info, len));
	EXPECT_ERRNO(EBUSY, get(self->link.fd, TLS_RX, &info, len));
}

KT_TEST(info, key_comes_back_as_installed)
{
	struct kt_link *link = &self->link;
	union kt_info want, got;
	socklen_t len;

	ASSERT_EQ(0, install_both(link));
	len = kt_key_info(&link->out.key, &want);
	memset(&got, 0, sizeof(got));
	ASSERT_EQ(0, get(link->fd, TLS_TX, &got, len));
	EXPECT_EQ(0, memcmp(&want, &got, sizeof(want)));
	kt_key_info(&link->in.key, &want);
	ASSERT_EQ(0, get(link->fd, TLS_RX, &got, len));
	EXPECT_EQ(0, memcmp(&want, &got, sizeof(want)));
}

KT_TEST(info, head_alone_tells_version_and_suite)
{
	struct tls_crypto_info head[2] = { { 0, 0 }, { 0xabcd, 0xabcd } };

	ASSERT_EQ(0, install_both(&self->link));
	ASSERT_EQ(0, get(self->link.fd, TLS_RX, head, sizeof(head[0])));
	EXPECT_EQ(variant->params.version, head[0].version);
	EXPECT_EQ(variant->params.cipher, head[0].cipher_type);
	EXPECT_EQ(0xabcd, head[1].version);
}

KT_TEST(info, wrong_size_is_refused)
{
	char room[sizeof(union kt_info) + 8];
	union kt_info info;
	socklen_t len = kt_key_info(&self->link.out.key, &info);

	ASSERT_EQ(0, install_both(&self->link));
	for (socklen_t wrong = 0; wrong < len; wrong++) {
		if (wrong == sizeof(struct tls_crypto_info))
			continue;
		EXPECT_ERRNO(EINVAL, get(self->link.fd, TLS_TX, room, wrong));
		EXPECT_ERRNO(EINVAL, get(self->link.fd, TLS_RX, room, wrong));
	}
	EXPECT_ERRNO(EINVAL, get(self->link.fd, TLS_TX, room, -1));
}

KT_TEST(info, unwritable_buffer_is_efault)
{
	union kt_info info;
	socklen_t len = kt_key_info(&self->link.out.key, &info);
	void *readonly = mmap(NULL, 4096, PROT_READ,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, readonly);
	ASSERT_EQ(0, install_both(&self->link));
	EXPECT_ERRNO(EFAULT, get(self->link.fd, TLS_TX, readonly, len));
	munmap(readonly, 4096);
}

/* rec_seq counts records; so does the explicit nonce of what TLS 1.2 sends. */
KT_TEST(info, tx_counts_up)
{
	struct kt_link *link = &self->link;
	uint8_t iv[8];
	union kt_info info;
	socklen_t len = kt_key_info(&link->out.key, &info);

	memcpy(iv, link->out.key.iv, sizeof(iv));
	ASSERT_EQ(0, install_both(link));
	ASSERT_EQ(0, send_records(link, 5));
	ASSERT_EQ(0, get(link->fd, TLS_TX, &info, len));
	EXPECT_EQ(5, kt_info_seq(&info));
	if (variant->params.version == TLS_1_2_VERSION)
		kt_put64(iv, kt_get64(iv) + 5);
	EXPECT_EQ(kt_get64(iv), kt_get64(kt_info_iv(&info)));
	ASSERT_EQ(0, get(link->fd, TLS_RX, &info, len));
	EXPECT_EQ(0, kt_info_seq(&info));
}

KT_TEST(info, rx_counts_up)
{
	struct kt_link *link = &self->link;
	uint64_t iv = kt_get64(link->in.key.iv);
	union kt_info info;
	socklen_t len = kt_key_info(&link->in.key, &info);

	ASSERT_EQ(0, install_both(link));
	ASSERT_EQ(0, receive_records(link, 3));
	ASSERT_EQ(0, get(link->fd, TLS_RX, &info, len));
	EXPECT_EQ(3, kt_info_seq(&info));
	/* in TLS 1.2 the sender chooses: there is no such thing to give */
	if (variant->params.version == TLS_1_3_VERSION) {
		EXPECT_EQ(iv, kt_get64(kt_info_iv(&info)));
	}
	ASSERT_EQ(0, get(link->fd, TLS_TX, &info, len));
	EXPECT_EQ(0, kt_info_seq(&info));
}

/* What one socket gives goes on where it stopped in another. */
KT_TEST(info, key_moves_to_another_socket)
{
	struct kt_link *link = &self->link;
	struct kt_link other;
	union kt_info info;
	socklen_t len = kt_key_info(&link->out.key, &info);

	ASSERT_EQ(0, install_both(link));
	ASSERT_EQ(0, send_records(link, 3));
	ASSERT_EQ(0, get(link->fd, TLS_TX, &info, len));
	ASSERT_EQ(0, kt_link_pair(&other, &variant->params, NULL));
	ASSERT_EQ(0, kt_attach(other.fd));
	ASSERT_EQ(0, setsockopt(other.fd, SOL_TLS, TLS_TX, &info, len));
	other.out.key = link->out.key;
	EXPECT_EQ(0, send_records(&other, 3));
	kt_link_close(&other);
}

KT_TEST(info, numbers_go_on_from_rec_seq)
{
	struct kt_tune tune = {
		.out_seq = 0x00000000ffffffff,
		.in_seq = 0x0123456789abcdff,
	};
	union kt_info info;
	socklen_t len;

	kt_link_close(&self->link);
	ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, &tune));
	EXPECT_EQ(0, send_records(&self->link, 3));
	EXPECT_EQ(0, receive_records(&self->link, 3));
	len = kt_key_info(&self->link.out.key, &info);
	ASSERT_EQ(0, get(self->link.fd, TLS_TX, &info, len));
	EXPECT_EQ(tune.out_seq + 3, kt_info_seq(&info));
	ASSERT_EQ(0, get(self->link.fd, TLS_RX, &info, len));
	EXPECT_EQ(tune.in_seq + 3, kt_info_seq(&info));
}

KT_TEST(info, empty_before_a_key)
{
	struct kseal_info info;

	ASSERT_EQ(0, kt_info_get(self->link.fd, &info));
	EXPECT_EQ(0, info.tx_version);
	EXPECT_EQ(0, info.tx_cipher);
	EXPECT_EQ(0, info.rx_version);
	EXPECT_EQ(0, info.rx_cipher);
	EXPECT_EQ(0, info.tx_records);
	EXPECT_EQ(0, info.rx_records);
	EXPECT_STREQ("", info.tx_driver);
	EXPECT_STREQ("", info.rx_driver);
}

KT_TEST(info, one_direction_at_a_time)
{
	struct kt_link *link = &self->link;
	struct kseal_info info;

	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	ASSERT_EQ(0, kt_info_get(link->fd, &info));
	EXPECT_EQ(0, info.tx_version);
	EXPECT_STREQ("", info.tx_driver);
	EXPECT_EQ(variant->params.version, info.rx_version);
	EXPECT_EQ(variant->params.cipher, info.rx_cipher);
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	ASSERT_EQ(0, kt_info_get(link->fd, &info));
	EXPECT_EQ(variant->params.version, info.tx_version);
	EXPECT_EQ(variant->params.cipher, info.tx_cipher);
}

/* The CPU's AES instructions, whole: no C code, no C parts put together. */
static bool accelerated(const char *driver)
{
	return (strstr(driver, "aesni") || strstr(driver, "vaes")) &&
	       !strstr(driver, "gcm_base") && !strstr(driver, "ghash");
}

KT_TEST(info, drivers_use_the_cpus_aes)
{
	struct kseal_info info;

	ASSERT_EQ(0, install_both(&self->link));
	ASSERT_EQ(0, kt_info_get(self->link.fd, &info));
	EXPECT_TRUE(accelerated(info.tx_driver))
		TH_LOG("sealing with '%s'", info.tx_driver);
	EXPECT_TRUE(accelerated(info.rx_driver))
		TH_LOG("opening with '%s'", info.rx_driver);
}

KT_TEST(info, counts_records_and_bytes)
{
	struct kt_link *link = &self->link;
	struct kseal_info info;
	struct kt_writer writer = { .fd = link->fd, .len = 40000 };
	char got[6];

	ASSERT_EQ(0, install_both(link));
	ASSERT_EQ(0, kt_writer_start(&writer));
	ASSERT_EQ(0, kt_expect_stream(link, 40000, 0, NULL));
	ASSERT_EQ(40000, kt_task_join(&writer.task));
	ASSERT_EQ(0, receive_records(link, 4));
	ASSERT_EQ(0, kt_send_record(link, KT_DATA, "", 0));
	ASSERT_EQ(0, kt_send_record(link, KT_DATA, "record", 6));
	ASSERT_EQ(0, kt_read_full(link->fd, got, 6));
	ASSERT_EQ(0, kt_info_get(link->fd, &info));
	EXPECT_EQ(3, info.tx_records);
	EXPECT_EQ(40000, info.tx_bytes);
	EXPECT_EQ(0, info.tx_splice_bytes);
	EXPECT_EQ(6, info.rx_records);
	EXPECT_EQ(30, info.rx_bytes);
	EXPECT_LE(info.rx_direct_bytes, info.rx_bytes);
}

/* An open record is not counted before it is sealed. */
KT_TEST(info, open_record_does_not_count)
{
	struct kt_link *link = &self->link;
	struct kseal_info info;

	ASSERT_EQ(0, install_both(link));
	ASSERT_EQ(4, send(link->fd, "open", 4, MSG_MORE));
	ASSERT_EQ(0, kt_info_get(link->fd, &info));
	EXPECT_EQ(0, info.tx_records);
	EXPECT_EQ(0, info.tx_bytes);
	ASSERT_EQ(4, send(link->fd, "shut", 4, 0));
	ASSERT_EQ(0, kt_info_get(link->fd, &info));
	EXPECT_EQ(1, info.tx_records);
	EXPECT_EQ(8, info.tx_bytes);
}

KT_TEST(info, short_buffer_gets_what_fits)
{
	struct kseal_info whole;
	uint8_t part[sizeof(whole)];
	static const socklen_t sizes[] = { 1, 2, 7, 8, 63, 64, 200 };

	ASSERT_EQ(0, install_both(&self->link));
	ASSERT_EQ(0, kt_info_get(self->link.fd, &whole));
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		socklen_t len = sizes[i];

		memset(part, 0xa5, sizeof(part));
		ASSERT_EQ(0, getsockopt(self->link.fd, SOL_TLS, KSEAL_INFO, part,
					&len));
		EXPECT_EQ(sizes[i], len);
		EXPECT_EQ(0, memcmp(part, &whole, sizes[i]));
		EXPECT_EQ(0xa5, part[sizes[i]]);
	}
}

KT_TEST(info, long_buffer_says_how_much)
{
	uint8_t room[sizeof(struct kseal_info) + 64];
	socklen_t len = sizeof(room);

	memset(room, 0xa5, sizeof(room));
	ASSERT_EQ(0, getsockopt(self->link.fd, SOL_TLS, KSEAL_INFO, room, &len));
	EXPECT_EQ(sizeof(struct kseal_info), len);
	EXPECT_EQ(0xa5, room[sizeof(struct kseal_info)]);
}

KT_TEST(info, cannot_be_set)
{
	struct kseal_info info = { };

	EXPECT_ERRNO(ENOPROTOOPT, setsockopt(self->link.fd, SOL_TLS, KSEAL_INFO,
					     &info, sizeof(info)));
}

TEST_HARNESS_MAIN
