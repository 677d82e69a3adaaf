// SPDX-License-Identifier: GPL-2.0
/* Certificates for tests, made when they run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "certs.h"

enum {
	DAY = 24 * 3600,
	RSA_BITS = 2048,
};

static void write_file(const char *path, const gnutls_datum_t *data)
{
	const mode_t mask = umask(077);
	FILE *file = fopen(path, "w");

	umask(mask);
	assert_non_null(file);
	assert_int_equal(fwrite(data->data, 1, data->size, file), data->size);
	assert_int_equal(fclose(file), 0);
}

static gnutls_x509_privkey_t make_key(enum cert_key kind)
{
	gnutls_x509_privkey_t key;
	int ret;

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	if (kind == CERT_RSA)
		ret = gnutls_x509_privkey_generate(key, GNUTLS_PK_RSA, RSA_BITS,
						   0);
	else
		ret = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
			GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	assert_int_equal(ret, 0);
	return key;
}

static gnutls_x509_crt_t make_crt(gnutls_x509_privkey_t key, const char *name,
				  int from, int until)
{
	static unsigned char serial;
	const time_t now = time(NULL);
	gnutls_x509_crt_t crt;

	serial++;
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
	assert_int_equal(gnutls_x509_crt_set_serial(crt, &serial, 1), 0);
	assert_int_equal(gnutls_x509_crt_set_key(crt, key), 0);
	assert_int_equal(gnutls_x509_crt_set_activation_time(crt,
						now + from * (time_t)DAY), 0);
	assert_int_equal(gnutls_x509_crt_set_expiration_time(crt,
						now + until * (time_t)DAY), 0);
	assert_int_equal(gnutls_x509_crt_set_dn_by_oid(crt,
				GNUTLS_OID_X520_COMMON_NAME, 0, name,
				strlen(name)), 0);
	return crt;
}

static void sign_and_write(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer,
			   gnutls_x509_privkey_t issuer_key, const char *path)
{
	gnutls_datum_t pem;

	assert_int_equal(gnutls_x509_crt_sign2(crt, issuer, issuer_key,
					       GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem),
			 0);
	write_file(path, &pem);
	gnutls_free(pem.data);
}

void certs_begin(struct certs *certs)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;

	/* Also the authority's name, so that each is another one. */
	strcpy(certs->dir, "/tmp/kseal-test-XXXXXX");
	assert_non_null(mkdtemp(certs->dir));
	key = make_key(CERT_ECDSA);
	crt = make_crt(key, certs->dir, -1, 30);
	assert_int_equal(gnutls_x509_crt_set_ca_status(crt, 1), 0);
	assert_int_equal(gnutls_x509_crt_set_key_usage(crt,
						GNUTLS_KEY_KEY_CERT_SIGN |
						GNUTLS_KEY_CRL_SIGN), 0);
	sign_and_write(crt, crt, key, certs_path(certs, "ca.pem"));
	certs->ca_key = key;
	certs->ca_crt = crt;
}

static void set_hosts(gnutls_x509_crt_t crt, const char *hosts)
{
	char *copy = strdup(hosts), *host, *save;

	assert_non_null(copy);
	for (host = strtok_r(copy, " ", &save); host;
	     host = strtok_r(NULL, " ", &save))
		assert_int_equal(gnutls_x509_crt_set_subject_alt_name(crt,
					GNUTLS_SAN_DNSNAME, host, strlen(host),
					GNUTLS_FSAN_APPEND), 0);
	free(copy);
}

static void add_padding(gnutls_x509_crt_t crt, size_t size)
{
	char *nothing = calloc(1, size);

	assert_non_null(nothing);
	assert_int_equal(gnutls_x509_crt_set_extension_by_oid(crt,
				"1.3.6.1.4.1.32473.1", nothing, size, 0), 0);
	free(nothing);
}

void certs_issue(struct certs *certs, const char *name, const char *hosts,
		 enum cert_key kind, int from, int until)
{
	gnutls_x509_privkey_t key = make_key(kind);
	gnutls_x509_crt_t crt = make_crt(key, name, from, until);
	gnutls_datum_t pem;
	char file[64];

	set_hosts(crt, hosts);
	if (certs->padding)
		add_padding(crt, certs->padding);
	assert_int_equal(gnutls_x509_crt_set_key_purpose_oid(crt,
			certs->purpose ? certs->purpose : GNUTLS_KP_TLS_WWW_SERVER, 0), 0);
	snprintf(file, sizeof(file), "%s.pem", name);
	sign_and_write(crt, certs->ca_crt, certs->ca_key,
		       certs_path(certs, file));
	assert_int_equal(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM,
						     &pem), 0);
	snprintf(file, sizeof(file), "%s.key", name);
	write_file(certs_path(certs, file), &pem);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

static void add_revoked(gnutls_x509_crl_t crl, const char *path)
{
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;

	assert_int_equal(gnutls_load_file(path, &pem), 0);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(gnutls_x509_crl_set_crt(crl, crt, time(NULL)), 0);
	gnutls_x509_crt_deinit(crt);
	gnutls_free(pem.data);
}

void certs_revoke(struct certs *certs, const char *file, const char *name, int until)
{
	const time_t now = time(NULL);
	gnutls_x509_crl_t crl;
	gnutls_datum_t pem;
	char revoked[64];

	assert_int_equal(gnutls_x509_crl_init(&crl), 0);
	assert_int_equal(gnutls_x509_crl_set_version(crl, 2), 0);
	assert_int_equal(gnutls_x509_crl_set_number(crl, "\1", 1), 0);
	assert_int_equal(gnutls_x509_crl_set_this_update(crl, now - 20 * (time_t)DAY), 0);
	assert_int_equal(gnutls_x509_crl_set_next_update(crl, now + until * (time_t)DAY), 0);
	if (name) {
		snprintf(revoked, sizeof(revoked), "%s.pem", name);
		add_revoked(crl, certs_path(certs, revoked));
	}
	assert_int_equal(gnutls_x509_crl_sign2(crl, certs->ca_crt, certs->ca_key,
					       GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem), 0);
	write_file(certs_path(certs, file), &pem);
	gnutls_free(pem.data);
	gnutls_x509_crl_deinit(crl);
}

const char *certs_path(const struct certs *certs, const char *file)
{
	static char paths[8][128];
	static unsigned int next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", certs->dir, file);
	return path;
}

void certs_end(struct certs *certs)
{
	struct dirent *entry;
	DIR *dir = opendir(certs->dir);

	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			unlink(certs_path(certs, entry->d_name));
	if (dir)
		closedir(dir);
	rmdir(certs->dir);
	gnutls_x509_crt_deinit(certs->ca_crt);
	gnutls_x509_privkey_deinit(certs->ca_key);
}
