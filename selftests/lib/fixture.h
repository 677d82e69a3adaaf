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

/* KT_SUITE_VARIANTS() - every suite with every version that may have it. */
#define KT_SUITE_VARIANTS(fixture)					\
	FIXTURE_VARIANT(fixture) { struct kt_params params; };		\
	KT_SUITE_VARIANTS_OF(fixture, tls12, TLS_1_2_VERSION);		\
	KT_VARIANT(fixture, tls12_aria_gcm_128, TLS_1_2_VERSION,	\
		   TLS_CIPHER_ARIA_GCM_128, AF_INET);			\
	KT_VARIANT(fixture, tls12_aria_gcm_256, TLS_1_2_VERSION,	\
		   TLS_CIPHER_ARIA_GCM_256, AF_INET);			\
	KT_SUITE_VARIANTS_OF(fixture, tls13, TLS_1_3_VERSION)

#define KT_SUITE_VARIANTS_OF(fixture, name, version)			\
	KT_VARIANT(fixture, name ## _aes_gcm_128, version,		\
		   TLS_CIPHER_AES_GCM_128, AF_INET);			\
	KT_VARIANT(fixture, name ## _aes_gcm_256, version,		\
		   TLS_CIPHER_AES_GCM_256, AF_INET);			\
	KT_VARIANT(fixture, name ## _aes_ccm_128, version,		\
		   TLS_CIPHER_AES_CCM_128, AF_INET);			\
	KT_VARIANT(fixture, name ## _chacha20_poly1305, version,	\
		   TLS_CIPHER_CHACHA20_POLY1305, AF_INET);		\
	KT_VARIANT(fixture, name ## _sm4_gcm, version,			\
		   TLS_CIPHER_SM4_GCM, AF_INET);			\
	KT_VARIANT(fixture, name ## _sm4_ccm, version,			\
		   TLS_CIPHER_SM4_CCM, AF_INET)

/* KT_VARIANTS_13() - TLS 1.3 alone, for what is not in TLS 1.2. */
#define KT_VARIANTS_13(fixture)						\
	FIXTURE_VARIANT(fixture) { struct kt_params params; };		\
	KT_VARIANT(fixture, aes128_ipv4, TLS_1_3_VERSION,		\
		   TLS_CIPHER_AES_GCM_128, AF_INET);			\
	KT_VARIANT(fixture, aes256_ipv6, TLS_1_3_VERSION,		\
		   TLS_CIPHER_AES_GCM_256, AF_INET6);			\
	KT_VARIANT(fixture, chacha20_ipv4, TLS_1_3_VERSION,		\
		   TLS_CIPHER_CHACHA20_POLY1305, AF_INET)

/* KT_FIXTURE_13() - as KT_FIXTURE_OPEN(), TLS 1.3 alone. */
#define KT_FIXTURE_13(fixture)						\
	FIXTURE(fixture) { struct kt_link link; };			\
	KT_VARIANTS_13(fixture);					\
	FIXTURE_TEARDOWN(fixture) { kt_link_close(&self->link); }	\
	FIXTURE_SETUP(fixture)						\
	{								\
		ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL)); \
	}

/*
 * KT_SUITE_FIXTURE() - a fixture of one link with keys, for every suite
 *
 * Tests of it are KT_SUITE_TEST()s: where the kernel lacks the algorithm they
 * test that the key is refused, and nothing else.
 */
#define KT_SUITE_FIXTURE(fixture)					\
	FIXTURE(fixture) { struct kt_link link; bool absent; };		\
	KT_SUITE_VARIANTS(fixture);					\
	static void __attribute__((constructor)) fixture ## _find(void)	\
	{								\
		kt_suites_find();					\
	}								\
	FIXTURE_TEARDOWN(fixture) { kt_link_close(&self->link); }	\
	FIXTURE_SETUP(fixture)						\
	{								\
		ASSERT_EQ(0, kt_link_open_suite(&self->link, &variant->params, \
						&self->absent));	\
	}

#define KT_SUITE_BODY(fixture, name)					\
	static void fixture ## _present_ ## name(			\
		struct __test_metadata __attribute__((unused)) *_metadata, \
		FIXTURE_DATA(fixture) __attribute__((unused)) *self,	\
		const FIXTURE_VARIANT(fixture) __attribute__((unused)) *variant)

#define KT_SUITE_TEST(fixture, name)					\
	KT_SUITE_BODY(fixture, name);					\
	KT_TEST(fixture, name)						\
	{								\
		if (self->absent) {					\
			EXPECT_EQ(0, kt_expect_absent(&self->link,	\
						      &variant->params)); \
			return;						\
		}							\
		fixture ## _present_ ## name(_metadata, self, variant);	\
	}								\
	KT_SUITE_BODY(fixture, name)

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
