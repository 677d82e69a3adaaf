/* SPDX-License-Identifier: GPL-2.0 */
/* What an authority says of a certificate now, made when tests run. Needs libcrypto. */
#ifndef TESTS_OCSP_H
#define TESTS_OCSP_H

struct certs;

/**
 * ocsp_write() - make a response of OCSP, as servers staple it
 * @cert: a file of @certs that it is about
 * @file: its own name there, in DER
 * @status: V_OCSP_CERTSTATUS_* of <openssl/ocsp.h>
 * @from, @until: its time, in seconds from now
 */
void ocsp_write(const struct certs *certs, const char *cert, const char *file, int status,
		long from, long until);

#endif /* TESTS_OCSP_H */
