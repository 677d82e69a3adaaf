// SPDX-License-Identifier: GPL-2.0
/* PURE: a ClientHello in words. */
#include <stdio.h>
#include <string.h>

#include "hello.h"

struct name {
	uint16_t number;
	const char *text;
};

static const struct name version_names[] = {
	{ 0x0300, "SSL3" }, { 0x0301, "TLS1.0" }, { 0x0302, "TLS1.1" }, { 0x0303, "TLS1.2" },
	{ 0x0304, "TLS1.3" },
};

/* The registry of TLS Cipher Suites: what clients of the last ten years offer. */
static const struct name suite_names[] = {
	{ 0x1301, "TLS_AES_128_GCM_SHA256" },
	{ 0x1302, "TLS_AES_256_GCM_SHA384" },
	{ 0x1303, "TLS_CHACHA20_POLY1305_SHA256" },
	{ 0x1304, "TLS_AES_128_CCM_SHA256" },
	{ 0x1305, "TLS_AES_128_CCM_8_SHA256" },
	{ 0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" },
	{ 0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384" },
	{ 0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" },
	{ 0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256" },
	{ 0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM" },
	{ 0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM" },
	{ 0xc09c, "TLS_RSA_WITH_AES_128_CCM" },
	{ 0xc09d, "TLS_RSA_WITH_AES_256_CCM" },
	{ 0xc09e, "TLS_DHE_RSA_WITH_AES_128_CCM" },
	{ 0xc09f, "TLS_DHE_RSA_WITH_AES_256_CCM" },
	{ 0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384" },
	{ 0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" },
	{ 0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384" },
	{ 0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" },
	{ 0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384" },
	{ 0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384" },
	{ 0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" },
	{ 0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA" },
	{ 0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" },
	{ 0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA" },
	{ 0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256" },
	{ 0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" },
	{ 0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA" },
	{ 0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256" },
	{ 0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256" },
	{ 0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA" },
	{ 0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA" },
	{ 0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA" },
	{ 0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV" },
	{ 0x5600, "TLS_FALLBACK_SCSV" },
};

static const struct name group_names[] = {
	{ 0x0017, "secp256r1" }, { 0x0018, "secp384r1" }, { 0x0019, "secp521r1" },
	{ 0x001d, "x25519" }, { 0x001e, "x448" },
	{ 0x0100, "ffdhe2048" }, { 0x0101, "ffdhe3072" }, { 0x0102, "ffdhe4096" },
	{ 0x0103, "ffdhe6144" }, { 0x0104, "ffdhe8192" },
	{ 0x11ec, "X25519MLKEM768" }, { 0x6399, "X25519Kyber768Draft00" },
};

static const struct name sigalg_names[] = {
	{ 0x0201, "rsa_pkcs1_sha1" }, { 0x0203, "ecdsa_sha1" },
	{ 0x0401, "rsa_pkcs1_sha256" }, { 0x0501, "rsa_pkcs1_sha384" },
	{ 0x0601, "rsa_pkcs1_sha512" },
	{ 0x0403, "ecdsa_secp256r1_sha256" }, { 0x0503, "ecdsa_secp384r1_sha384" },
	{ 0x0603, "ecdsa_secp521r1_sha512" },
	{ 0x0804, "rsa_pss_rsae_sha256" }, { 0x0805, "rsa_pss_rsae_sha384" },
	{ 0x0806, "rsa_pss_rsae_sha512" },
	{ 0x0807, "ed25519" }, { 0x0808, "ed448" },
	{ 0x0809, "rsa_pss_pss_sha256" }, { 0x080a, "rsa_pss_pss_sha384" },
	{ 0x080b, "rsa_pss_pss_sha512" },
};

#define TABLE(names) { names, sizeof(names) / sizeof((names)[0]) }

static const struct {
	const struct name *names;
	size_t count;
} tables[] = {
	[HELLO_SUITES] = TABLE(suite_names),
	[HELLO_VERSIONS] = TABLE(version_names),
	[HELLO_GROUPS] = TABLE(group_names),
	[HELLO_SIGALGS] = TABLE(sigalg_names),
};

static const char *name_of(enum hello_kind kind, uint16_t number, char hex[8])
{
	size_t i;

	for (i = 0; i < tables[kind].count; i++)
		if (tables[kind].names[i].number == number)
			return tables[kind].names[i].text;
	snprintf(hex, 8, "0x%04x", number);
	return hex;
}

/* How many are left to name from the @i-th on. */
static size_t remaining(const struct hello_span *list, size_t i)
{
	size_t n = 0;

	for (; i < hello_count(list); i++)
		n += !hello_is_grease(hello_number(list, i));
	return n;
}

const char *hello_list(const struct hello_span *list, enum hello_kind kind, char *text,
		       size_t size)
{
	/* what has to fit behind a name that others follow */
	const size_t more = sizeof(" and 32767 more");
	size_t at = 0, i, len;
	const char *name;
	char hex[8];

	text[0] = '\0';
	for (i = 0; i < hello_count(list); i++) {
		if (hello_is_grease(hello_number(list, i)))
			continue;
		name = name_of(kind, hello_number(list, i), hex);
		len = strlen(name) + (at > 0);
		if (at + len + (remaining(list, i + 1) ? more : 1) > size) {
			snprintf(text + at, size - at, "%s%zu more", at ? " and " : "",
				 remaining(list, i));
			break;
		}
		at += snprintf(text + at, size - at, "%s%s", at ? " " : "", name);
	}
	return text;
}

const char *hello_describe(const struct hello *hello, char *text, size_t size)
{
	char host[HELLO_HOST_SIZE], version[64], suite[320], group[96], sigalg[160];
	struct hello_span only = { (const uint8_t[]){ hello->version >> 8, hello->version }, 2 };

	snprintf(text, size, "offers %s; %s; groups %s; signatures %s; SNI %s%s%s%s",
		 hello_list(hello->versions.data ? &hello->versions : &only, HELLO_VERSIONS,
			    version, sizeof(version)),
		 hello_list(&hello->suites, HELLO_SUITES, suite, sizeof(suite)),
		 hello_list(&hello->groups, HELLO_GROUPS, group, sizeof(group)),
		 hello_list(&hello->sigalgs, HELLO_SIGALGS, sigalg, sizeof(sigalg)),
		 hello_host(hello, host) ? host : "none",
		 hello->psk.data ? "; a ticket of TLS 1.3" : "",
		 hello->ticket.size ? "; a ticket of TLS 1.2" : "",
		 hello->session_id.size && !hello->versions.data ? "; a session ID" : "");
	return text;
}
