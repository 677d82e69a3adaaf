// SPDX-License-Identifier: GPL-2.0
/* Installing keys: what is refused, and that the socket is as it was then. */
#include "lib/fixture.h"

KT_FIXTURE(keys)
{
	ASSERT_EQ(0, kt_link_pair(&self->link, &variant->params, NULL));
}

static int install_raw(int fd, int direction, const void *info, socklen_t len)
{
	return setsockopt(fd, SOL_TLS, direction, info, len);
}

KT_TEST(keys, no_keys_without_the_ulp)
{
	EXPECT_EQ(-1, kt_install(self->link.fd, TLS_TX, &self->link.out.key));
	EXPECT_EQ(0, kt_plain_passes(&self->link));
}

KT_TEST(keys, wrong_sizes_are_refused)
{
	struct kt_link *link = &self->link;
	char room[sizeof(union kt_info) + 8] = { };
	union kt_info info;
	socklen_t len = kt_key_info(&link->out.key, &info);

	memcpy(room, &info, sizeof(info));
	ASSERT_EQ(0, kt_attach(link->fd));
	for (socklen_t wrong = 0; wrong <= sizeof(room); wrong++) {
		if (wrong == len)
			continue;
		EXPECT_ERRNO(EINVAL, install_raw(link->fd, TLS_TX, room, wrong));
		EXPECT_ERRNO(EINVAL, install_raw(link->fd, TLS_RX, room, wrong));
	}
	EXPECT_EQ(0, kt_plain_passes(link));
	ASSERT_EQ(0, install_raw(link->fd, TLS_TX, room, len));
	EXPECT_EQ(0, kt_sealed_out(link));
}

KT_TEST(keys, unknown_versions_are_refused)
{
	static const uint16_t versions[] = {
		0, 0x0002, 0x0300, 0x0301, 0x0302, 0x0305, 0x0403, 0xfefd, 0xffff,
	};
	struct kt_link *link = &self->link;
	union kt_info info;
	socklen_t len = kt_key_info(&link->in.key, &info);

	ASSERT_EQ(0, kt_attach(link->fd));
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		info.head.version = versions[i];
		EXPECT_ERRNO(EINVAL, install_raw(link->fd, TLS_TX, &info, len));
		EXPECT_ERRNO(EINVAL, install_raw(link->fd, TLS_RX, &info, len));
	}
	EXPECT_EQ(0, kt_plain_passes(link));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	EXPECT_EQ(0, kt_sealed_in(link));
}

KT_TEST(keys, unknown_suites_are_refused)
{
	static const uint16_t suites[] = { 0, 1, 50, 99, 0x1301, 0xffff };
	struct kt_link *link = &self->link;
	union kt_info info;
	socklen_t len = kt_key_info(&link->out.key, &info);

	ASSERT_EQ(0, kt_attach(link->fd));
	for (size_t i = 0; i < ARRAY_SIZE(suites); i++) {
		info.head.cipher_type = suites[i];
		EXPECT_ERRNO(EINVAL, install_raw(link->fd, TLS_TX, &info, len));
		EXPECT_ERRNO(EINVAL, install_raw(link->fd, TLS_RX, &info, len));
	}
	/* the other AES-GCM: known, but this is not its size */
	info.head.cipher_type = variant->params.cipher == TLS_CIPHER_AES_GCM_128 ?
				TLS_CIPHER_AES_GCM_256 : TLS_CIPHER_AES_GCM_128;
	EXPECT_ERRNO(EINVAL, install_raw(link->fd, TLS_TX, &info, len));
	EXPECT_EQ(0, kt_plain_passes(link));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	EXPECT_EQ(0, kt_sealed_out(link));
}

KT_TEST(keys, unreadable_info_is_efault)
{
	struct kt_link *link = &self->link;
	size_t page = sysconf(_SC_PAGESIZE);
	union kt_info info;
	socklen_t len = kt_key_info(&link->out.key, &info);
	char *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *split = map + page - len + 1;

	ASSERT_NE(MAP_FAILED, (void *)map);
	ASSERT_EQ(0, munmap(map + page, page));
	memcpy(split, &info, len - 1);
	ASSERT_EQ(0, kt_attach(link->fd));
	/* all of it, then its last byte alone */
	EXPECT_ERRNO(EFAULT, install_raw(link->fd, TLS_TX, map + page, len));
	EXPECT_ERRNO(EFAULT, install_raw(link->fd, TLS_TX, split, len));
	EXPECT_ERRNO(EFAULT, install_raw(link->fd, TLS_RX, split, len));
	EXPECT_EQ(0, kt_plain_passes(link));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	EXPECT_EQ(0, kt_sealed_out(link));
	munmap(map, page);
}

/* TLS 1.2 has no other key than the first; in TLS 1.3 it is a rekey. */
KT_TEST(keys, second_key_is_busy)
{
	struct kt_link *link = &self->link;

	if (variant->params.version != TLS_1_2_VERSION)
		return;
	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	EXPECT_ERRNO(EBUSY, kt_install(link->fd, TLS_TX, &link->in.key));
	EXPECT_ERRNO(EBUSY, kt_install(link->fd, TLS_RX, &link->out.key));
	EXPECT_EQ(0, kt_sealed_out(link));
	EXPECT_EQ(0, kt_sealed_in(link));
}

static struct kt_key other_version(const struct kt_key *key)
{
	struct kt_key other = *key;

	other.version ^= TLS_1_2_VERSION ^ TLS_1_3_VERSION;
	return other;
}

static struct kt_key other_suite(const struct kt_key *key)
{
	struct kt_key other = *key;

	other.cipher ^= TLS_CIPHER_AES_GCM_128 ^ TLS_CIPHER_AES_GCM_256;
	return other;
}

KT_TEST(keys, directions_must_agree)
{
	struct kt_link *link = &self->link;
	struct kt_key version = other_version(&link->in.key);
	struct kt_key suite = other_suite(&link->in.key);

	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	EXPECT_ERRNO(EINVAL, kt_install(link->fd, TLS_RX, &version));
	EXPECT_ERRNO(EINVAL, kt_install(link->fd, TLS_RX, &suite));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	EXPECT_EQ(0, kt_sealed_out(link));
	EXPECT_EQ(0, kt_sealed_in(link));
}

KT_TEST(keys, directions_must_agree_rx_first)
{
	struct kt_link *link = &self->link;
	struct kt_key version = other_version(&link->out.key);
	struct kt_key suite = other_suite(&link->out.key);

	ASSERT_EQ(0, kt_attach(link->fd));
	ASSERT_EQ(0, kt_install(link->fd, TLS_RX, &link->in.key));
	EXPECT_ERRNO(EINVAL, kt_install(link->fd, TLS_TX, &version));
	EXPECT_ERRNO(EINVAL, kt_install(link->fd, TLS_TX, &suite));
	ASSERT_EQ(0, kt_install(link->fd, TLS_TX, &link->out.key));
	EXPECT_EQ(0, kt_sealed_out(link));
	EXPECT_EQ(0, kt_sealed_in(link));
}

TEST_HARNESS_MAIN
