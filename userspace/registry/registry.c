// SPDX-License-Identifier: GPL-2.0
/* The numbers of TLS in words. */
#include <stddef.h>

#include "registry.h"

struct name {
	uint16_t value;
	const char *text;
};

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const char *find(const struct name *names, size_t count, uint32_t value)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (names[i].value == value)
			return names[i].text;
	return NULL;
}

/* RFC 8701 2: 0x0a0a, 0x1a1a, ... 0xfafa. */
static const char *find_or_grease(const struct name *names, size_t count, uint32_t value)
{
	if ((value & 0x0f0f) == 0x0a0a && value >> 8 == (value & 0xff))
		return "GREASE";
	return find(names, count, value);
}

const char *registry_version(uint32_t value)
{
	static const struct name names[] = {
		{ 0x0300, "SSL 3.0" }, { 0x0301, "TLS 1.0" }, { 0x0302, "TLS 1.1" },
		{ 0x0303, "TLS 1.2" }, { 0x0304, "TLS 1.3" },
	};

	return find_or_grease(names, ARRAY_SIZE(names), value);
}

const char *registry_suite(uint32_t value)
{
	static const struct name names[] = {
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
		{ 0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8" },
		{ 0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8" },
		{ 0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" },
		{ 0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA" },
		{ 0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA" },
		{ 0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA" },
		{ 0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" },
		{ 0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384" },
		{ 0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" },
		{ 0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384" },
		{ 0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" },
		{ 0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384" },
		{ 0xc09e, "TLS_DHE_RSA_WITH_AES_128_CCM" },
		{ 0xc09f, "TLS_DHE_RSA_WITH_AES_256_CCM" },
		{ 0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" },
		{ 0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA" },
		{ 0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256" },
		{ 0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256" },
		{ 0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256" },
		{ 0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384" },
		{ 0xc09c, "TLS_RSA_WITH_AES_128_CCM" },
		{ 0xc09d, "TLS_RSA_WITH_AES_256_CCM" },
		{ 0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA" },
		{ 0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA" },
		{ 0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256" },
		{ 0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256" },
		{ 0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA" },
		{ 0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV" },
		{ 0x5600, "TLS_FALLBACK_SCSV" },
	};

	return find_or_grease(names, ARRAY_SIZE(names), value);
}

const char *registry_group(uint32_t value)
{
	static const struct name names[] = {
		{ 21, "secp224r1" }, { 23, "secp256r1" }, { 24, "secp384r1" },
		{ 25, "secp521r1" }, { 26, "brainpoolP256r1" }, { 27, "brainpoolP384r1" },
		{ 28, "brainpoolP512r1" }, { 29, "x25519" }, { 30, "x448" },
		{ 256, "ffdhe2048" }, { 257, "ffdhe3072" }, { 258, "ffdhe4096" },
		{ 259, "ffdhe6144" }, { 260, "ffdhe8192" }, { 4587, "SecP256r1MLKEM768" },
		{ 4588, "X25519MLKEM768" }, { 4589, "SecP384r1MLKEM1024" },
		{ 25497, "X25519Kyber768Draft00" },
	};

	return find_or_grease(names, ARRAY_SIZE(names), value);
}

const char *registry_signature(uint32_t value)
{
	static const struct name names[] = {
		{ 0x0201, "rsa_pkcs1_sha1" }, { 0x0203, "ecdsa_sha1" },
		{ 0x0301, "rsa_pkcs1_sha224" }, { 0x0303, "ecdsa_sha224" },
		{ 0x0401, "rsa_pkcs1_sha256" }, { 0x0403, "ecdsa_secp256r1_sha256" },
		{ 0x0501, "rsa_pkcs1_sha384" }, { 0x0503, "ecdsa_secp384r1_sha384" },
		{ 0x0601, "rsa_pkcs1_sha512" }, { 0x0603, "ecdsa_secp521r1_sha512" },
		{ 0x0804, "rsa_pss_rsae_sha256" }, { 0x0805, "rsa_pss_rsae_sha384" },
		{ 0x0806, "rsa_pss_rsae_sha512" }, { 0x0807, "ed25519" }, { 0x0808, "ed448" },
		{ 0x0809, "rsa_pss_pss_sha256" }, { 0x080a, "rsa_pss_pss_sha384" },
		{ 0x080b, "rsa_pss_pss_sha512" },
	};

	return find_or_grease(names, ARRAY_SIZE(names), value);
}

const char *registry_extension(uint32_t value)
{
	static const struct name names[] = {
		{ 0, "server_name" }, { 1, "max_fragment_length" }, { 5, "status_request" },
		{ 10, "supported_groups" }, { 11, "ec_point_formats" },
		{ 13, "signature_algorithms" }, { 15, "heartbeat" },
		{ 16, "application_layer_protocol_negotiation" },
		{ 18, "signed_certificate_timestamp" }, { 19, "client_certificate_type" },
		{ 20, "server_certificate_type" }, { 21, "padding" },
		{ 22, "encrypt_then_mac" }, { 23, "extended_master_secret" },
		{ 27, "compress_certificate" }, { 28, "record_size_limit" },
		{ 35, "session_ticket" }, { 41, "pre_shared_key" }, { 42, "early_data" },
		{ 43, "supported_versions" }, { 44, "cookie" },
		{ 45, "psk_key_exchange_modes" }, { 47, "certificate_authorities" },
		{ 48, "oid_filters" }, { 49, "post_handshake_auth" },
		{ 50, "signature_algorithms_cert" }, { 51, "key_share" },
		{ 57, "quic_transport_parameters" }, { 65037, "encrypted_client_hello" },
		{ 65281, "renegotiation_info" },
	};

	return find_or_grease(names, ARRAY_SIZE(names), value);
}

/* RFC 8446 6, and those of TLS 1.2 it left out. */
static const struct alert {
	struct name name;
	const char *hint;
} alerts[] = {
	{ { 0, "close_notify" }, "it has nothing more to send" },
	{ { 10, "unexpected_message" }, "a message came that does not belong there" },
	{ { 20, "bad_record_mac" }, "a record did not authenticate: changed on its way, or other keys" },
	{ { 22, "record_overflow" }, "a record was longer than allowed" },
	{ { 40, "handshake_failure" }, "no suite, group or signature algorithm suits both sides" },
	{ { 42, "bad_certificate" }, "the certificate is not acceptable" },
	{ { 43, "unsupported_certificate" }, "the certificate is of a kind it cannot use" },
	{ { 44, "certificate_revoked" }, "the certificate was revoked" },
	{ { 45, "certificate_expired" }, "the certificate is out of its time" },
	{ { 46, "certificate_unknown" }, "something about the certificate made it unacceptable" },
	{ { 47, "illegal_parameter" }, "a field has a value it must not have" },
	{ { 48, "unknown_ca" }, "no authority it knows issued the certificate" },
	{ { 49, "access_denied" }, "the certificate is good, and its owner may not" },
	{ { 50, "decode_error" }, "a message could not be taken apart" },
	{ { 51, "decrypt_error" }, "a signature or a Finished was wrong" },
	{ { 70, "protocol_version" }, "no version of TLS suits both sides" },
	{ { 71, "insufficient_security" }, "what was offered is too weak for it" },
	{ { 80, "internal_error" }, "it failed for reasons of its own" },
	{ { 86, "inappropriate_fallback" }, "an older version was tried without need" },
	{ { 90, "user_canceled" }, "it gave up" },
	{ { 100, "no_renegotiation" }, "it does no second handshake" },
	{ { 109, "missing_extension" }, "an extension is missing that must be there" },
	{ { 110, "unsupported_extension" }, "an extension came that was not asked for" },
	{ { 112, "unrecognized_name" }, "it has nothing by the name asked for (server_name)" },
	{ { 113, "bad_certificate_status_response" }, "the OCSP answer was not acceptable" },
	{ { 115, "unknown_psk_identity" }, "it does not know the pre-shared key" },
	{ { 116, "certificate_required" }, "it wants a certificate of the client: give --cert and --key" },
	{ { 120, "no_application_protocol" }, "it speaks none of the protocols offered by ALPN" },
};

static const struct alert *find_alert(uint32_t value)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(alerts); i++)
		if (alerts[i].name.value == value)
			return &alerts[i];
	return NULL;
}

const char *registry_alert(uint32_t value)
{
	const struct alert *alert = find_alert(value);

	return alert ? alert->name.text : NULL;
}

const char *registry_alert_hint(uint32_t value)
{
	const struct alert *alert = find_alert(value);

	return alert ? alert->hint : NULL;
}

const char *registry_compression(uint32_t value)
{
	static const struct name names[] = { { 0, "null" }, { 1, "DEFLATE" } };

	return find(names, ARRAY_SIZE(names), value);
}

const char *registry_point_format(uint32_t value)
{
	static const struct name names[] = {
		{ 0, "uncompressed" }, { 1, "ansiX962_compressed_prime" },
		{ 2, "ansiX962_compressed_char2" },
	};

	return find(names, ARRAY_SIZE(names), value);
}

const char *registry_psk_mode(uint32_t value)
{
	static const struct name names[] = { { 0, "psk_ke" }, { 1, "psk_dhe_ke" } };

	return find(names, ARRAY_SIZE(names), value);
}

const char *registry_certificate_type(uint32_t value)
{
	static const struct name names[] = {
		{ 1, "rsa_sign" }, { 2, "dss_sign" }, { 3, "rsa_fixed_dh" },
		{ 4, "dss_fixed_dh" }, { 64, "ecdsa_sign" }, { 65, "rsa_fixed_ecdh" },
		{ 66, "ecdsa_fixed_ecdh" },
	};

	return find(names, ARRAY_SIZE(names), value);
}

const char *registry_record(uint32_t value)
{
	static const struct name names[] = {
		{ 20, "change_cipher_spec" }, { 21, "alert" }, { 22, "handshake" },
		{ 23, "application_data" }, { 24, "heartbeat" },
	};

	return find(names, ARRAY_SIZE(names), value);
}
