/* SPDX-License-Identifier: GPL-2.0 */
/* Certificates for tests, made when they run. */
#ifndef TESTS_CERTS_H
#define TESTS_CERTS_H

#include <stddef.h>

/**
 * struct certs - a directory with an authority and what it issued
 * @padding: bytes of nothing in each certificate issued from here on
 * @purpose: what they are for, GNUTLS_KP_*; NULL for servers
 */
struct certs {
	size_t padding;
	const char *purpose;
	char dir[64];
	void *ca_key;
	void *ca_crt;
};

/** enum cert_key - what a certificate's key is */
enum cert_key {
	CERT_ECDSA,
	CERT_RSA,
};

/** certs_begin() - make the directory and its ca.pem; fails the test if not */
void certs_begin(struct certs *certs);

/**
 * certs_issue() - make NAME.pem and NAME.key
 * @hosts: names it is for, separated by spaces
 * @from, @until: its time, in days from now
 */
void certs_issue(struct certs *certs, const char *name, const char *hosts,
		 enum cert_key key, int from, int until);

/**
 * certs_revoke() - make a list of revoked certificates
 * @file: its name
 * @name: of the one that is on it, NULL for nobody
 * @until: days from now until there should be a newer list
 */
void certs_revoke(struct certs *certs, const char *file, const char *name, int until);

/** certs_path() - DIR/FILE; the next call but seven overwrites it */
const char *certs_path(const struct certs *certs, const char *file);

/** certs_end() - remove it all */
void certs_end(struct certs *certs);

#endif /* TESTS_CERTS_H */
