// SPDX-License-Identifier: GPL-2.0
/* Whether a chain of certificates is one that clients can follow. */
#include <time.h>
#include <gnutls/x509.h>

#include "cert_text.h"
#include "chain.h"
#include "log.h"
#include "options.h"

static void check_time(const struct identity_option *option, gnutls_x509_crt_t leaf)
{
	const time_t now = time(NULL);
	const time_t until = gnutls_x509_crt_get_expiration_time(leaf);
	const time_t from = gnutls_x509_crt_get_activation_time(leaf);
	char date[CERT_DATE_SIZE];

	if (now <= until && now >= from)
		return;
	cert_date(now > until ? until : from, date);
	if (now > until)
		log_warning("identity %s: certificate %s expired on %s: clients "
			    "will refuse it", option->name, option->cert, date);
	else
		log_warning("identity %s: certificate %s is not valid before %s: "
			    "clients will refuse it", option->name, option->cert,
			    date);
}

/* GnuTLS sorts them, so clients are shown what there is of a chain. */
static void check_order(const struct identity_option *option, gnutls_x509_crt_t *crts,
			unsigned int count)
{
	unsigned int i;

	for (i = 0; i + 1 < count; i++) {
		if (gnutls_x509_crt_check_issuer(crts[i], crts[i + 1]))
			continue;
		log_warning("identity %s: certificate %u in %s is not signed by the one behind "
			    "it: the server's comes first, then each one's issuer",
			    option->name, i + 1, option->cert);
		return;
	}
}

static void check_end(const struct identity_option *option, gnutls_x509_crt_t last,
		      gnutls_certificate_credentials_t authorities)
{
	gnutls_x509_crt_t issuer;
	gnutls_datum_t name;

	if (gnutls_x509_crt_check_issuer(last, last))
		return;
	if (!gnutls_certificate_get_issuer(authorities, last, &issuer, GNUTLS_TL_GET_COPY)) {
		gnutls_x509_crt_deinit(issuer);
		return;
	}
	if (gnutls_x509_crt_get_issuer_dn3(last, &name, 0))
		return;
	log_warning("identity %s: %s ends with a certificate signed by %s, which is no authority "
		    "known here: if an intermediate one is missing, put it behind the others",
		    option->name, option->cert, name.data);
	gnutls_free(name.data);
}

void chain_check(const struct identity_option *option,
		 gnutls_certificate_credentials_t authorities)
{
	gnutls_x509_crt_t *crts;
	gnutls_datum_t file;
	unsigned int count, i;

	if (gnutls_load_file(option->cert, &file))
		return;
	if (gnutls_x509_crt_list_import2(&crts, &count, &file, GNUTLS_X509_FMT_PEM, 0) >= 0) {
		check_time(option, crts[0]);
		check_order(option, crts, count);
		check_end(option, crts[count - 1], authorities);
		for (i = 0; i < count; i++)
			gnutls_x509_crt_deinit(crts[i]);
		gnutls_free(crts);
	}
	gnutls_free(file.data);
}
