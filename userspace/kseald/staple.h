/* SPDX-License-Identifier: GPL-2.0 */
/* What an authority says of a certificate, shown along with it (OCSP stapling). */
#ifndef KSEALD_STAPLE_H
#define KSEALD_STAPLE_H

#include <gnutls/gnutls.h>

struct identity_option;

/**
 * staple_load() - have a response of OCSP sent with a certificate, to clients that ask for it
 * @server: has the certificate
 * @index: which of its chains
 * @option: option->ocsp is the file, DER or PEM; option->cert and name are for messages
 *
 * One out of date is a warning: it is not sent.
 *
 * Return: 0; -EINVAL it cannot be used, and it was logged why.
 */
int staple_load(gnutls_certificate_credentials_t server, unsigned int index,
		const struct identity_option *option);

#endif /* KSEALD_STAPLE_H */
