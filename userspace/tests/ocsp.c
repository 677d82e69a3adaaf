// SPDX-License-Identifier: GPL-2.0
/* What an authority says of a certificate now, made when tests run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <gnutls/x509.h>
#include <openssl/ocsp.h>
#include <openssl/pem.h>

#include "certs.h"
#include "ocsp.h"

static X509 *read_cert(const struct certs *certs, const char *file)
{
	FILE *in = fopen(certs_path(certs, file), "r");
	X509 *crt;

	assert_non_null(in);
	crt = PEM_read_X509(in, NULL, NULL, NULL);
	fclose(in);
	assert_non_null(crt);
	return crt;
}

static EVP_PKEY *authority_key(const struct certs *certs)
{
	gnutls_datum_t pem;
	EVP_PKEY *key;
	BIO *in;

	assert_int_equal(gnutls_x509_privkey_export2(certs->ca_key, GNUTLS_X509_FMT_PEM, &pem), 0);
	in = BIO_new_mem_buf(pem.data, pem.size);
	key = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
	BIO_free(in);
	gnutls_free(pem.data);
	assert_non_null(key);
	return key;
}

void ocsp_write(const struct certs *certs, const char *cert, const char *file, int status,
		long from, long until)
{
	OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
	ASN1_TIME *begin = X509_gmtime_adj(NULL, from), *end = X509_gmtime_adj(NULL, until);
	ASN1_TIME *revoked = status == V_OCSP_CERTSTATUS_REVOKED ? begin : NULL;
	X509 *crt = read_cert(certs, cert), *issuer = read_cert(certs, "ca.pem");
	EVP_PKEY *key = authority_key(certs);
	OCSP_RESPONSE *response;
	unsigned char *der = NULL;
	int len;
	FILE *out = fopen(certs_path(certs, file), "w");

	assert_non_null(OCSP_basic_add1_status(basic, OCSP_cert_to_id(EVP_sha1(), crt, issuer),
					       status, 0, revoked, begin, end));
	assert_int_equal(OCSP_basic_sign(basic, issuer, key, EVP_sha256(), NULL, 0), 1);
	response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
	assert_non_null(out);
	len = i2d_OCSP_RESPONSE(response, &der);
	assert_true(len > 0);
	assert_int_equal(fwrite(der, 1, len, out), len);
	OPENSSL_free(der);
	fclose(out);
	OCSP_RESPONSE_free(response);
	OCSP_BASICRESP_free(basic);
	ASN1_TIME_free(begin);
	ASN1_TIME_free(end);
	EVP_PKEY_free(key);
	X509_free(crt);
	X509_free(issuer);
}
