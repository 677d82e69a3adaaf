// SPDX-License-Identifier: GPL-2.0
/* Certificates, and whether they can be believed. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/x509.h>

#include "explain.h"

enum { FINGERPRINT = 32 };

static void tell_name(struct fields *f, const char *name, gnutls_x509_crt_t crt,
		      int (*get)(gnutls_x509_crt_t crt, gnutls_datum_t *dn, unsigned int flags))
{
	gnutls_datum_t dn = { 0 };

	if (get(crt, &dn, 0) < 0)
		return;
	f->ops->text(f, name, dn.data, dn.size);
	gnutls_free(dn.data);
}

/* One of subjectAltName. Return: a GnuTLS error. */
static int tell_alternative(struct fields *f, gnutls_x509_crt_t crt, unsigned int i)
{
	char address[INET6_ADDRSTRLEN];
	uint8_t name[1024];
	size_t size = sizeof(name);
	unsigned int type;
	int ret;

	ret = gnutls_x509_crt_get_subject_alt_name2(crt, i, name, &size, &type, NULL);
	if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return ret;
	if (ret < 0)
		fields_string(f, NULL, gnutls_strerror(ret));
	else if (type == GNUTLS_SAN_IPADDRESS && (size == 4 || size == 16))
		fields_string(f, NULL, inet_ntop(size == 4 ? AF_INET : AF_INET6, name, address,
						 sizeof(address)));
	else
		f->ops->text(f, NULL, name, size);
	return ret == GNUTLS_E_SHORT_MEMORY_BUFFER ? 0 : ret;
}

static void tell_alternatives(struct fields *f, gnutls_x509_crt_t crt)
{
	unsigned int i = 0;

	fields_list(f, "names");
	while (tell_alternative(f, crt, i) >= 0)
		i++;
	fields_close(f);
}

static void tell_time(struct fields *f, const char *name, time_t when)
{
	char text[32];
	struct tm tm;

	if (when == (time_t)-1 || !gmtime_r(&when, &tm))
		return;
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fields_string(f, name, text);
}

static void tell_key(struct fields *f, gnutls_x509_crt_t crt)
{
	unsigned int bits = 0;
	const int type = gnutls_x509_crt_get_pk_algorithm(crt, &bits);
	const char *name = type < 0 ? NULL : gnutls_pk_get_name(type);
	const int signature = gnutls_x509_crt_get_signature_algorithm(crt);

	fields_string(f, "key_type", name ? name : "unknown");
	f->ops->number(f, "key_bits", bits, NULL);
	name = signature < 0 ? NULL : gnutls_sign_get_name(signature);
	fields_string(f, "signed_with", name ? name : "unknown");
}

static void tell_rest(struct fields *f, gnutls_x509_crt_t crt)
{
	uint8_t bytes[64];
	size_t size = sizeof(bytes);
	unsigned int critical;
	const int ca = gnutls_x509_crt_get_ca_status(crt, &critical);

	if (!gnutls_x509_crt_get_serial(crt, bytes, &size))
		f->ops->hex(f, "serial", bytes, size);
	f->ops->flag(f, "authority", ca > 0);
	size = FINGERPRINT;
	if (!gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, bytes, &size))
		f->ops->hex(f, "sha256", bytes, size);
}

void explain_certificate(struct fields *f, const uint8_t *der, size_t size)
{
	const gnutls_datum_t data = { (unsigned char *)der, size };
	gnutls_x509_crt_t crt;
	int ret;

	if (gnutls_x509_crt_init(&crt))
		return;
	ret = gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_DER);
	if (ret < 0) {
		fields_string(f, "unreadable", gnutls_strerror(ret));
	} else {
		tell_name(f, "subject", crt, gnutls_x509_crt_get_dn3);
		tell_name(f, "issuer", crt, gnutls_x509_crt_get_issuer_dn3);
		tell_alternatives(f, crt);
		tell_time(f, "valid_from", gnutls_x509_crt_get_activation_time(crt));
		tell_time(f, "valid_until", gnutls_x509_crt_get_expiration_time(crt));
		tell_key(f, crt);
		tell_rest(f, crt);
	}
	gnutls_x509_crt_deinit(crt);
}

/* ---- the verdict -------------------------------------------------------------- */

/* GnuTLS ends each sentence of its verdict with a space. */
static char *words_of(unsigned int status)
{
	gnutls_datum_t text = { 0 };
	char *words;

	if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) < 0)
		return strdup("it cannot be verified");
	words = strdup((char *)text.data);
	gnutls_free(text.data);
	while (words && *words && words[strlen(words) - 1] == ' ')
		words[strlen(words) - 1] = '\0';
	return words;
}

int explain_verdict(struct explain *e)
{
	const struct explain_options *options = e->options;
	const char *host = options->server_name ? options->server_name : options->target.host;
	unsigned int status = 0;
	struct fields *f = &e->fields;
	int ret;

	ret = gnutls_certificate_verify_peers3(e->session, host, &status);
	e->checked = true;
	explain_step(e, WAY_NONE, "check", "the certificate is checked", -1);
	fields_string(f, "for", host);
	fields_string(f, "authorities", options->ca ? options->ca : "the system's");
	f->ops->flag(f, "trusted", !ret && !status);
	if (ret < 0)
		e->bad_certificate = strdup(gnutls_strerror(ret));
	else if (status)
		e->bad_certificate = words_of(status);
	fields_string(f, "verdict", e->bad_certificate ? e->bad_certificate :
		"The name, the time and the chain to an authority are as they should be.");
	if (e->bad_certificate && options->insecure)
		f->ops->note(f, "going on all the same, for --insecure");
	fields_close(f);
	return e->bad_certificate && !options->insecure ? GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR : 0;
}
