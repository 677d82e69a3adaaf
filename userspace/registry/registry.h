/* SPDX-License-Identifier: GPL-2.0 */
/* The numbers of TLS in words: IANA's registries, as far as one meets them. */
#ifndef KSEAL_REGISTRY_H
#define KSEAL_REGISTRY_H

#include <stdint.h>

/* Each returns the name, "GREASE" for numbers of RFC 8701, or NULL for others. */

/** registry_version() - "TLS 1.3" */
const char *registry_version(uint32_t value);

/** registry_suite() - "TLS_AES_128_GCM_SHA256" */
const char *registry_suite(uint32_t value);

/** registry_group() - "x25519" */
const char *registry_group(uint32_t value);

/** registry_signature() - a signature algorithm: "ecdsa_secp256r1_sha256" */
const char *registry_signature(uint32_t value);

/** registry_extension() - "server_name" */
const char *registry_extension(uint32_t value);

/** registry_alert() - "handshake_failure" */
const char *registry_alert(uint32_t value);

/** registry_alert_hint() - what an alert means, in a sentence; NULL when not known */
const char *registry_alert_hint(uint32_t value);

/** registry_compression() - of points and of messages: "null" */
const char *registry_compression(uint32_t value);

/** registry_point_format() - "uncompressed" */
const char *registry_point_format(uint32_t value);

/** registry_psk_mode() - "psk_dhe_ke" */
const char *registry_psk_mode(uint32_t value);

/** registry_certificate_type() - what a TLS 1.2 server takes: "ecdsa_sign" */
const char *registry_certificate_type(uint32_t value);

/** registry_record() - a record's type: "handshake" */
const char *registry_record(uint32_t value);

#endif /* KSEAL_REGISTRY_H */
