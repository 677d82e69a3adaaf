// SPDX-License-Identifier: GPL-2.0
/*
 * What certificates say, as text that is safe to log and to compare.
 *
 * Programs decide by it who may do what, so it is all there or not at all, and no name
 * reads as another one or as two.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <gnutls/x509-ext.h>

#include "cert_text.h"

static const char pin_prefix[] = "sha256//";

enum {
	PIN_PREFIX_LEN = sizeof(pin_prefix) - 1,
	/* 32 bytes in base64 */
	PIN_TEXT_LEN = 44,
};

/** struct text - a buffer that fills up; @full once something did not fit */
struct text {
	char *at;
	size_t left;
	int full;
};

static void add(struct text *text, const char *s)
{
	const size_t len = strlen(s);

	if (text->full || len >= text->left) {
		text->full = 1;
		return;
	}
	memcpy(text->at, s, len + 1);
	text->at += len;
	text->left -= len;
}

static void add_escaped(struct text *text, unsigned char c, const char *special, int ascii)
{
	char s[4];

	if (c < 0x20 || c == 0x7f || (ascii && c > 0x7f))
		snprintf(s, sizeof(s), "\\%02X", c);
	else
		snprintf(s, sizeof(s), "%s%c", strchr(special, c) ? "\\" : "", c);
	add(text, s);
}

static int end(const struct text *text, char *buf)
{
	if (!text->full)
		return 0;
	*buf = '\0';
	return -EMSGSIZE;
}

/* ---- distinguished names -------------------------------------------------- */

/* GnuTLS has escaped what RFC 4514 says must be, and shows what holds a NUL in
 * hexadecimal; it leaves control characters. Those of C1 are two bytes in UTF-8.
 */
static int write_dn(const gnutls_datum_t *dn, char *buf, size_t size)
{
	struct text text = { buf, size, 0 };
	char hex[8];

	for (size_t i = 0; i < dn->size; i++) {
		const unsigned char c = dn->data[i];
		const unsigned char next = i + 1 < dn->size ? dn->data[i + 1] : 0;

		if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
			snprintf(hex, sizeof(hex), "\\%02X\\%02X", c, next);
			add(&text, hex);
			i++;
		} else {
			add_escaped(&text, c, "", 0);
		}
	}
	return end(&text, buf);
}

static int dn_text(int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned int),
		   gnutls_x509_crt_t crt, char *buf, size_t size)
{
	gnutls_datum_t dn;
	int ret = get(crt, &dn, 0);

	*buf = '\0';
	if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return 0;
	if (ret)
		return -EINVAL;
	ret = write_dn(&dn, buf, size);
	gnutls_free(dn.data);
	return ret;
}

int cert_subject(gnutls_x509_crt_t crt, char *buf, size_t size)
{
	return dn_text(gnutls_x509_crt_get_dn3, crt, buf, size);
}

int cert_issuer(gnutls_x509_crt_t crt, char *buf, size_t size)
{
	return dn_text(gnutls_x509_crt_get_issuer_dn3, crt, buf, size);
}

/* ---- other names ---------------------------------------------------------- */

static void add_name(struct text *text, const char *kind, const gnutls_datum_t *name)
{
	add(text, kind);
	for (size_t i = 0; i < name->size; i++)
		add_escaped(text, name->data[i], ",\\", 1);
}

static void add_address(struct text *text, const gnutls_datum_t *name)
{
	char address[INET6_ADDRSTRLEN];

	if ((name->size != 4 && name->size != 16) ||
	    !inet_ntop(name->size == 4 ? AF_INET : AF_INET6, name->data, address, sizeof(address)))
		return add_name(text, "IP:", name);
	add(text, "IP:");
	add(text, address);
}

static int is_told(unsigned int type)
{
	return type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_IPADDRESS ||
	       type == GNUTLS_SAN_RFC822NAME || type == GNUTLS_SAN_URI;
}

static void add_any(struct text *text, unsigned int type, const gnutls_datum_t *name)
{
	if (type == GNUTLS_SAN_IPADDRESS)
		add_address(text, name);
	else
		add_name(text, type == GNUTLS_SAN_DNSNAME ? "DNS:" :
			 type == GNUTLS_SAN_URI ? "URI:" : "email:", name);
}

static int write_names(gnutls_subject_alt_names_t names, char *buf, size_t size)
{
	struct text text = { buf, size, 0 };
	gnutls_datum_t name;
	unsigned int type;

	*buf = '\0';
	for (unsigned int i = 0; !gnutls_subject_alt_names_get(names, i, &type, &name, NULL); i++) {
		if (!is_told(type))
			continue;
		if (text.at != buf)
			add(&text, ",");
		add_any(&text, type, &name);
	}
	return end(&text, buf);
}

int cert_names(gnutls_x509_crt_t crt, char *buf, size_t size)
{
	gnutls_subject_alt_names_t names;
	gnutls_datum_t extension;
	int ret;

	*buf = '\0';
	ret = gnutls_x509_crt_get_extension_by_oid2(crt, GNUTLS_X509EXT_OID_SAN, 0, &extension,
						    NULL);
	if (ret)
		return ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ? 0 : -EINVAL;
	ret = gnutls_subject_alt_names_init(&names);
	if (!ret) {
		ret = gnutls_x509_ext_import_subject_alt_names(&extension, names, 0);
		ret = ret ? -EINVAL : write_names(names, buf, size);
		gnutls_subject_alt_names_deinit(names);
	}
	gnutls_free(extension.data);
	return ret;
}

/* ---- dates and pins ------------------------------------------------------- */

const char *cert_date(time_t when, char *buf)
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) ||
	    !strftime(buf, CERT_DATE_SIZE, "%Y-%m-%d %H:%M UTC", &tm))
		*buf = '\0';
	return buf;
}

int cert_pin(gnutls_x509_crt_t crt, char *buf)
{
	unsigned char id[CERT_HASH_SIZE];
	const gnutls_datum_t raw = { id, sizeof(id) };
	size_t size = sizeof(id);
	gnutls_datum_t text;

	if (gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, id, &size) ||
	    gnutls_base64_encode2(&raw, &text))
		return -EINVAL;
	snprintf(buf, CERT_PIN_SIZE, "%s%s", pin_prefix, text.data);
	gnutls_free(text.data);
	return 0;
}

static int is_pin(const char *pin, size_t len)
{
	const gnutls_datum_t text = { (unsigned char *)pin + PIN_PREFIX_LEN, PIN_TEXT_LEN };
	gnutls_datum_t raw;
	int good;

	if (len != PIN_PREFIX_LEN + PIN_TEXT_LEN || strncmp(pin, pin_prefix, PIN_PREFIX_LEN) ||
	    gnutls_base64_decode2(&text, &raw))
		return 0;
	good = raw.size == CERT_HASH_SIZE;
	gnutls_free(raw.data);
	return good;
}

int cert_pins_check(const char *pins)
{
	size_t len;

	for (;;) {
		len = strcspn(pins, ";");
		if (!is_pin(pins, len))
			return -EINVAL;
		if (!pins[len])
			return 0;
		pins += len + 1;
	}
}

int cert_pins_match(const char *pins, const char *pin)
{
	size_t len;

	for (;;) {
		len = strcspn(pins, ";");
		if (len == strlen(pin) && !memcmp(pins, pin, len))
			return 1;
		if (!pins[len])
			return 0;
		pins += len + 1;
	}
}
