// SPDX-License-Identifier: GPL-2.0
/* Which suites, versions and sizes of key go together. */
#include "lib/fixture.h"

static const uint16_t ciphers[] = {
	TLS_CIPHER_AES_GCM_128, TLS_CIPHER_AES_GCM_256, TLS_CIPHER_AES_CCM_128,
	TLS_CIPHER_CHACHA20_POLY1305, TLS_CIPHER_SM4_GCM, TLS_CIPHER_SM4_CCM,
	TLS_CIPHER_ARIA_GCM_128, TLS_CIPHER_ARIA_GCM_256,
};

KT_SUITE_FIXTURE(suite_keys)

static int install_raw(int fd, int direction, const void *info, socklen_t len)
{
	return setsockopt(fd, SOL_TLS, direction, info, len);
}

/* Sizes are looked at before the algorithm: so also where the kernel lacks it. */
KT_TEST(suite_keys, no_other_size_fits)
{
	struct kt_link *link = &self->link;
	char room[sizeof(union kt_info) + 8] = { };
	union kt_info info;
	socklen_t len = kt_key_info(&link->out.key, &info);

	memcpy(room, &info, sizeof(info));
	ASSERT_EQ(0, kt_link_reopen_keyless(link, &variant->params));
	for (socklen_t wrong = 0; wrong <= sizeof(room); wrong++) {
		if (wrong == len)
			continue;
		EXPECT_ERRNO(EINVAL, install_raw(link->fd, TLS_TX, room, wrong));
		EXPECT_ERRNO(EINVAL, install_raw(link->fd, TLS_RX, room, wrong));
	}
	EXPECT_EQ(0, kt_plain_passes(link));
}

KT_TEST(suite_keys, no_other_version_has_it)
{
	static const uint16_t versions[] = { 0, 0x0300, 0x0301, 0x0302, 0x0305, 0xfefd };
	struct kt_link *link = &self->link;
	union kt_info info;
	socklen_t len = kt_key_info(&link->out.key, &info);

	ASSERT_EQ(0, kt_link_reopen_keyless(link, &variant->params));
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		info.head.version = versions[i];
		EXPECT_ERRNO(EINVAL, install_raw(link->fd, TLS_TX, &info, len));
		EXPECT_ERRNO(EINVAL, install_raw(link->fd, TLS_RX, &info, len));
	}
	EXPECT_EQ(0, kt_plain_passes(link));
}

/* RFC 6209 is older than TLS 1.3, and nobody defined it for that. */
KT_TEST(suite_keys, aria_is_not_for_tls_1_3)
{
	struct kt_link *link = &self->link;

	ASSERT_EQ(0, kt_link_reopen_keyless(link, &variant->params));
	for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++) {
		struct kt_params params = {
			.version = TLS_1_3_VERSION, .cipher = ciphers[i],
		};
		struct kt_key key;

		if (kt_suite(ciphers[i])->tls13)
			continue;
		kt_key_make(&key, &params, 5, 0);
		EXPECT_ERRNO(EINVAL, kt_install(link->fd, TLS_TX, &key));
		EXPECT_ERRNO(EINVAL, kt_install(link->fd, TLS_RX, &key));
	}
	EXPECT_EQ(0, kt_plain_passes(link));
}

KT_SUITE_TEST(suite_keys, directions_have_one_suite_and_version)
{
	struct kt_link *link = &self->link;
	struct kt_params params = variant->params;
	struct kt_key key;

	for (int direction = TLS_TX; direction <= TLS_RX; direction++) {
		int other = TLS_TX + TLS_RX - direction;

		ASSERT_EQ(0, kt_link_reopen_keyless(link, &variant->params));
		ASSERT_EQ(0, kt_install(link->fd, direction, &link->out.key));
		for (size_t i = 0; i < ARRAY_SIZE(ciphers); i++) {
			params = variant->params;
			if (ciphers[i] == params.cipher)
				params.version ^= TLS_1_2_VERSION ^ TLS_1_3_VERSION;
			params.cipher = ciphers[i];
			kt_key_make(&key, &params, 5, 0);
			EXPECT_ERRNO(EINVAL, kt_install(link->fd, other, &key));
		}
		EXPECT_EQ(0, kt_install(link->fd, other, &link->in.key));
	}
}

/* TLS 1.2 has no rekeying; TLS 1.3's is test_rekey's subject. */
KT_SUITE_TEST(suite_keys, a_second_key_is_busy_in_tls_1_2)
{
	struct kt_link *link = &self->link;

	if (variant->params.version == TLS_1_2_VERSION) {
		EXPECT_ERRNO(EBUSY, kt_install(link->fd, TLS_TX, &link->in.key));
		EXPECT_ERRNO(EBUSY, kt_install(link->fd, TLS_RX, &link->out.key));
	}
	EXPECT_EQ(0, kt_sealed_out(link));
	EXPECT_EQ(0, kt_sealed_in(link));
}

/* The structure's head alone, of every suite. */
KT_SUITE_TEST(suite_keys, getsockopt_of_the_head)
{
	struct tls_crypto_info head = { };
	socklen_t len = sizeof(head);

	ASSERT_EQ(0, getsockopt(self->link.fd, SOL_TLS, TLS_TX, &head, &len));
	EXPECT_EQ(sizeof(head), len);
	EXPECT_EQ(variant->params.version, head.version);
	EXPECT_EQ(variant->params.cipher, head.cipher_type);
}

KT_SUITE_TEST(suite_keys, getsockopt_of_no_other_size)
{
	size_t size = kt_suite(variant->params.cipher)->info_size;
	char room[100];

	for (socklen_t wrong = 0; wrong < sizeof(room); wrong++) {
		socklen_t len = wrong;

		if (wrong == size || wrong == sizeof(struct tls_crypto_info))
			continue;
		EXPECT_ERRNO(EINVAL, getsockopt(self->link.fd, SOL_TLS, TLS_RX, room,
						&len));
	}
	EXPECT_EQ(0, kt_sealed_in(&self->link));
}

TEST_HARNESS_MAIN
