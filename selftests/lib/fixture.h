/* SPDX-License-Identifier: GPL-2.0 */
/* The variants every test runs in, for kselftest_harness.h. */
#ifndef KT_FIXTURE_H
#define KT_FIXTURE_H

/* The harness's macros compare whatever they are given, and longjmp. */
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wclobbered"
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include "kselftest_harness.h"
#pragma GCC diagnostic pop
#include "kt.h"

/* Seconds; a test that hangs is killed then. Emulated guests are slow. */
#define KT_TIMEOUT	60

#define KT_TEST(fixture, name) TEST_F_TIMEOUT(fixture, name, KT_TIMEOUT)

#define KT_VARIANT(fixture, name, version_, cipher_, family_)		\
	FIXTURE_VARIANT_ADD(fixture, name)				\
	{								\
		.params = {						\
			.version = version_,				\
			.cipher = cipher_,				\
			.family = family_,				\
		},							\
	}

/* KT_VARIANTS() - every version with every suite over IPv4 and IPv6. */
#define KT_VARIANTS(fixture)						\
	FIXTURE_VARIANT(fixture) { struct kt_params params; };		\
	KT_VARIANT(fixture, tls12_aes128_ipv4, TLS_1_2_VERSION,		\
		   TLS_CIPHER_AES_GCM_128, AF_INET);			\
	KT_VARIANT(fixture, tls12_aes128_ipv6, TLS_1_2_VERSION,		\
		   TLS_CIPHER_AES_GCM_128, AF_INET6);			\
	KT_VARIANT(fixture, tls12_aes256_ipv4, TLS_1_2_VERSION,		\
		   TLS_CIPHER_AES_GCM_256, AF_INET);			\
	KT_VARIANT(fixture, tls12_aes256_ipv6, TLS_1_2_VERSION,		\
		   TLS_CIPHER_AES_GCM_256, AF_INET6);			\
	KT_VARIANT(fixture, tls13_aes128_ipv4, TLS_1_3_VERSION,		\
		   TLS_CIPHER_AES_GCM_128, AF_INET);			\
	KT_VARIANT(fixture, tls13_aes128_ipv6, TLS_1_3_VERSION,		\
		   TLS_CIPHER_AES_GCM_128, AF_INET6);			\
	KT_VARIANT(fixture, tls13_aes256_ipv4, TLS_1_3_VERSION,		\
		   TLS_CIPHER_AES_GCM_256, AF_INET);			\
	KT_VARIANT(fixture, tls13_aes256_ipv6, TLS_1_3_VERSION,		\
		   TLS_CIPHER_AES_GCM_256, AF_INET6)

/* KT_FIXTURE() - a fixture of one link that the test itself opens. */
#define KT_FIXTURE(fixture)						\
	FIXTURE(fixture) { struct kt_link link; };			\
	KT_VARIANTS(fixture);						\
	FIXTURE_TEARDOWN(fixture) { kt_link_close(&self->link); }	\
	FIXTURE_SETUP(fixture)

/* KT_FIXTURE_OPEN() - a fixture of one link with keys in both directions. */
#define KT_FIXTURE_OPEN(fixture)					\
	KT_FIXTURE(fixture)						\
	{								\
		ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL)); \
	}

/* The next call fails with this errno. */
#define EXPECT_ERRNO(error, call) do {					\
	errno = 0;							\
	EXPECT_EQ(-1, (call));						\
	EXPECT_EQ(error, errno)						\
		TH_LOG("%s: %s", #call, strerror(errno));		\
} while (0)

#endif /* KT_FIXTURE_H */
