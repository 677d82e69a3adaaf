/* SPDX-License-Identifier: GPL-2.0 */
/* Whether a chain of certificates is one that clients can follow. */
#ifndef KSEALD_CHAIN_H
#define KSEALD_CHAIN_H

#include <gnutls/gnutls.h>

struct identity_option;

/**
 * chain_check() - look at a chain as it is in its file
 * @option: option->cert is the file, option->name for messages
 * @authorities: that are known here
 *
 * Logs a warning where the certificates are not in order, each signed by the next; where the
 * last is signed by nobody who is known here; and where the first is out of its time. Only
 * clients can tell whether they trust it nevertheless.
 */
void chain_check(const struct identity_option *option,
		 gnutls_certificate_credentials_t authorities);

#endif /* KSEALD_CHAIN_H */
