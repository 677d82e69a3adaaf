// SPDX-License-Identifier: GPL-2.0
/*
 * What a client and kseald have in common.
 *
 * GnuTLS says that there is no suite, whatever it was that ruled each of them out. So the
 * client's hello is compared with the configuration here, in the order in which the
 * choices depend on each other: version, suite, kind of key, group.
 */
#include <stdio.h>
#include <string.h>

#include "credentials.h"
#include "hello.h"
#include "match.h"
#include "tls.h"

enum {
	LIST_SIZE = 120,
};

/* ---- having it in common ------------------------------------------------ */

static int common_version(const struct credentials *credentials, const struct hello *hello,
			  uint16_t version)
{
	return hello_offers_version(hello, version) &&
	       suites_have(SUITES_VERSIONS, credentials->accepts[SUITES_VERSIONS], version);
}

int match_version(const struct credentials *credentials, const struct hello *hello)
{
	return common_version(credentials, hello, HELLO_TLS_1_3) ||
	       common_version(credentials, hello, HELLO_TLS_1_2);
}

/* What signs, or decrypts, with a suite of TLS 1.2. */
static int key_fits(const struct identity *identity, gnutls_kx_algorithm_t kx)
{
	return kx == GNUTLS_KX_ECDHE_ECDSA ?
		       identity_has_key(identity, HELLO_KEY_ECDSA) ||
			       identity_has_key(identity, HELLO_KEY_EDDSA) :
		       identity_has_key(identity, HELLO_KEY_RSA) ||
			       identity_has_key(identity, HELLO_KEY_RSA_PSS);
}

/* Of those that kseald accepts: is it offered, by a client of its version? */
static int common_suite(const struct credentials *credentials, const struct identity *identity,
			const struct hello *hello, unsigned int index)
{
	gnutls_kx_algorithm_t kx;
	gnutls_protocol_t version;
	unsigned char id[2];

	if (!gnutls_cipher_suite_info(index, id, &kx, NULL, NULL, &version) ||
	    !hello_has(&hello->suites, id[0] << 8 | id[1]))
		return 0;
	if (version == GNUTLS_TLS1_3)
		return common_version(credentials, hello, HELLO_TLS_1_3);
	return common_version(credentials, hello, HELLO_TLS_1_2) &&
	       (!identity || key_fits(identity, kx));
}

/* With a key of this identity, or, if that is NULL, with any. */
static int have_suite(const struct credentials *credentials, const struct identity *identity,
		      const struct hello *hello)
{
	unsigned int i, index;
	int ret;

	for (i = 0;; i++) {
		ret = gnutls_priority_get_cipher_suite_index(credentials->priority, i, &index);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return 0;
		if (!ret && common_suite(credentials, identity, hello, index))
			return 1;
	}
}

static int can_verify(const struct identity *identity, const struct hello *hello)
{
	enum hello_key key;

	for (key = HELLO_KEY_RSA; key <= HELLO_KEY_EDDSA; key++)
		if (identity_has_key(identity, key) && hello_verifies(hello, key))
			return 1;
	return 0;
}

int match_identity(const struct credentials *credentials, const struct identity *identity,
		   const struct hello *hello)
{
	return can_verify(identity, hello) && have_suite(credentials, identity, hello);
}

/* ---- what is not, in words ---------------------------------------------- */

static const char *accepts(const struct tls *tls, enum suites_kind kind)
{
	return tls->credentials->accepts[kind];
}

static int no_version(const struct tls *tls, char *text, size_t size)
{
	const uint8_t header[] = { tls->hello.version >> 8, tls->hello.version };
	const struct hello_span only = { header, sizeof(header) };
	char offers[LIST_SIZE];

	if (match_version(tls->credentials, &tls->hello))
		return 0;
	hello_list(tls->hello.versions.data ? &tls->hello.versions : &only, HELLO_VERSIONS,
		   offers, sizeof(offers));
	snprintf(text, size, "no common version: the client offers %s, kseald accepts %s",
		 offers, accepts(tls, SUITES_VERSIONS));
	return 1;
}

static int no_suite(const struct tls *tls, char *text, size_t size)
{
	char offers[LIST_SIZE];

	if (have_suite(tls->credentials, NULL, &tls->hello))
		return 0;
	hello_list(&tls->hello.suites, HELLO_SUITES, offers, sizeof(offers));
	snprintf(text, size, "no common suite: the client offers %s, kseald accepts %s with %s",
		 offers, accepts(tls, SUITES_CIPHERS), accepts(tls, SUITES_KEY_EXCHANGES));
	return 1;
}

static int no_key(const struct tls *tls, char *text, size_t size)
{
	char offers[LIST_SIZE];

	if (match_identity(tls->credentials, tls->shown, &tls->hello))
		return 0;
	hello_list(&tls->hello.sigalgs, HELLO_SIGALGS, offers, sizeof(offers));
	snprintf(text, size, "identity %s has no certificate with a key that the client can use; "
		 "it verifies %s", tls->shown->name, offers[0] ? offers : "RSA and ECDSA");
	return 1;
}

static int no_group(const struct tls *tls, char *text, size_t size)
{
	char offers[LIST_SIZE];
	size_t i;

	for (i = 0; i < hello_count(&tls->hello.groups); i++)
		if (suites_have(SUITES_GROUPS, accepts(tls, SUITES_GROUPS),
				hello_number(&tls->hello.groups, i)))
			return 0;
	hello_list(&tls->hello.groups, HELLO_GROUPS, offers, sizeof(offers));
	snprintf(text, size, "no common group: the client offers %s, kseald accepts %s",
		 offers[0] ? offers : "none", accepts(tls, SUITES_GROUPS));
	return 1;
}

/* Its list with commas, control characters and what is not ASCII as dots. */
static int no_protocol(const struct tls *tls, char *text, size_t size)
{
	const struct hello_span *alpn = &tls->hello.alpn;
	char offers[LIST_SIZE];
	size_t i, next = 0, at = 0;

	for (i = 0; i < alpn->size && at < sizeof(offers) - 1; i++) {
		if (i == next) {
			next += 1 + alpn->data[i];
			if (at)
				offers[at++] = ',';
			continue;
		}
		offers[at++] = alpn->data[i] > ' ' && alpn->data[i] < 0x7f ? alpn->data[i] : '.';
	}
	offers[at] = '\0';
	snprintf(text, size, "no common protocol (ALPN): the client offers %s", offers);
	return 1;
}

int match_describe_failure(const struct tls *tls, int ret, char *text, size_t size)
{
	if (!tls->hello.suites.data)
		return 0;
	switch (ret) {
	case GNUTLS_E_UNSUPPORTED_VERSION_PACKET:
		return no_version(tls, text, size);
	case GNUTLS_E_NO_APPLICATION_PROTOCOL:
		return no_protocol(tls, text, size);
	case GNUTLS_E_NO_CIPHER_SUITES:
	case GNUTLS_E_UNKNOWN_CIPHER_SUITE:
	case GNUTLS_E_NO_COMMON_KEY_SHARE:
	case GNUTLS_E_INSUFFICIENT_CREDENTIALS:
	case GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM:
	case GNUTLS_E_INCOMPATIBLE_SIG_WITH_KEY:
	case GNUTLS_E_ECC_NO_SUPPORTED_CURVES:
		return no_version(tls, text, size) || no_suite(tls, text, size) ||
		       no_key(tls, text, size) || no_group(tls, text, size);
	default:
		return 0;
	}
}
