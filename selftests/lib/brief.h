/* SPDX-License-Identifier: GPL-2.0 */
/* Variants for tests of what no cipher has a say in: one a version, one a family. */
#ifndef KT_BRIEF_H
#define KT_BRIEF_H

#include "fixture.h"

#define KT_BRIEF_VARIANTS(fixture)					\
	FIXTURE_VARIANT(fixture) { struct kt_params params; };		\
	KT_VARIANT(fixture, tls12_ipv4, TLS_1_2_VERSION,		\
		   TLS_CIPHER_AES_GCM_128, AF_INET);			\
	KT_VARIANT(fixture, tls13_ipv6, TLS_1_3_VERSION,		\
		   TLS_CIPHER_AES_GCM_256, AF_INET6)

/* KT_BRIEF_FIXTURE() - a fixture of one link that the test itself opens. */
#define KT_BRIEF_FIXTURE(fixture)					\
	FIXTURE(fixture) { struct kt_link link; };			\
	KT_BRIEF_VARIANTS(fixture);					\
	FIXTURE_TEARDOWN(fixture) { kt_link_close(&self->link); }	\
	FIXTURE_SETUP(fixture)

/* KT_BRIEF_FIXTURE_OPEN() - a fixture of one link with keys in both directions. */
#define KT_BRIEF_FIXTURE_OPEN(fixture)					\
	KT_BRIEF_FIXTURE(fixture)					\
	{								\
		ASSERT_EQ(0, kt_link_open(&self->link, &variant->params, NULL)); \
	}

#endif /* KT_BRIEF_H */
