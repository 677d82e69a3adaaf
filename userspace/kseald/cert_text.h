/* SPDX-License-Identifier: GPL-2.0 */
/* What certificates say, as text that is safe to log and to compare. */
#ifndef KSEALD_CERT_TEXT_H
#define KSEALD_CERT_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <gnutls/x509.h>

enum {
	CERT_DATE_SIZE = 32,
	CERT_HASH_SIZE = 32,		/* SHA-256 */
	CERT_PIN_SIZE = 8 + 44 + 1,	/* "sha256//", base64, NUL */
};

/**
 * cert_subject() - whom @crt is about, as in RFC 4514
 *
 * Control characters become a backslash and two hexadecimal digits.
 *
 * Return: 0; -EMSGSIZE it does not fit, -EINVAL it cannot be read, and @buf is empty: a
 * part of a name may be the name of somebody else.
 */
int cert_subject(gnutls_x509_crt_t crt, char *buf, size_t size);

/** cert_issuer() - who vouches for @crt; as cert_subject() */
int cert_issuer(gnutls_x509_crt_t crt, char *buf, size_t size);

/**
 * cert_names() - the other names of @crt: "DNS:www.example,IP:192.0.2.1"
 *
 * Those of type DNS, IP, email and URI. Commas and backslashes inside of them have a
 * backslash before them; control characters and bytes above 0x7e are a backslash and two
 * hexadecimal digits.
 *
 * Return: as cert_subject().
 */
int cert_names(gnutls_x509_crt_t crt, char *buf, size_t size);

/** cert_date() - @when in UTC; returns @buf of CERT_DATE_SIZE */
const char *cert_date(time_t when, char *buf);

/** cert_pin() - "sha256//" and the SHA-256 of @crt's public key in base64; 0 or -EINVAL */
int cert_pin(gnutls_x509_crt_t crt, char *buf);

/**
 * cert_pins_check() - are these pins, with semicolons between them?
 *
 * Return: 0; -EINVAL.
 */
int cert_pins_check(const char *pins);

/** cert_pins_match() - is @pin, of cert_pin(), one of @pins? */
int cert_pins_match(const char *pins, const char *pin);

#endif /* KSEALD_CERT_TEXT_H */
