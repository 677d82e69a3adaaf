// SPDX-License-Identifier: GPL-2.0
/* What an authority says of a certificate, shown along with it (OCSP stapling). */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <gnutls/ocsp.h>

#include "cert_text.h"
#include "log.h"
#include "options.h"
#include "staple.h"

static gnutls_x509_crt_fmt_t format_of(const gnutls_datum_t *file)
{
	static const char begin[] = "-----BEGIN";

	return memmem(file->data, file->size, begin, strlen(begin)) ? GNUTLS_X509_FMT_PEM :
								       GNUTLS_X509_FMT_DER;
}

static int refuse(const struct identity_option *option, const char *why)
{
	log_error("identity %s: the OCSP response %s %s", option->name, option->ocsp, why);
	return -EINVAL;
}

/* It is out of date, or it says that the certificate is no good: GnuTLS takes neither. */
static int explain_expired(const struct identity_option *option, gnutls_ocsp_resp_t response)
{
	unsigned int status;
	time_t until;
	char date[CERT_DATE_SIZE];

	if (gnutls_ocsp_resp_get_single(response, 0, NULL, NULL, NULL, NULL, &status, NULL,
					&until, NULL, NULL))
		return refuse(option, "says nothing of any certificate");
	if (status == GNUTLS_OCSP_CERT_REVOKED)
		return refuse(option, "says that the certificate is revoked");
	cert_date(until, date);
	log_warning("identity %s: the OCSP response %s expired on %s and is not sent: fetch "
		    "another, then kseal reload", option->name, option->ocsp, date);
	return 0;
}

static int use(gnutls_certificate_credentials_t server, unsigned int index,
	       const struct identity_option *option, const gnutls_datum_t *file)
{
	const gnutls_x509_crt_fmt_t format = format_of(file);
	gnutls_ocsp_resp_t response;
	int ret;

	if (gnutls_ocsp_resp_init(&response))
		return -ENOMEM;
	ret = gnutls_ocsp_resp_import2(response, file, format);
	if (ret) {
		ret = refuse(option, "cannot be read: it must be DER or PEM");
		goto out;
	}
	if (gnutls_ocsp_resp_get_status(response) != GNUTLS_OCSP_RESP_SUCCESSFUL) {
		ret = refuse(option, "is an error message of the responder's");
		goto out;
	}
	ret = gnutls_certificate_set_ocsp_status_request_mem(server, file, index, format);
	if (ret == GNUTLS_E_EXPIRED)
		ret = explain_expired(option, response);
	else if (ret == GNUTLS_E_OCSP_MISMATCH_WITH_CERTS)
		ret = refuse(option, "is not about the certificate it is to go with");
	else if (ret < 0)
		ret = refuse(option, gnutls_strerror(ret));
	else
		ret = 0;
out:
	gnutls_ocsp_resp_deinit(response);
	return ret;
}

int staple_load(gnutls_certificate_credentials_t server, unsigned int index,
		const struct identity_option *option)
{
	gnutls_datum_t file;
	int ret;

	ret = gnutls_load_file(option->ocsp, &file);
	if (ret)
		return refuse(option, "cannot be read: is it there, and may kseald read it?");
	ret = use(server, index, option, &file);
	gnutls_free(file.data);
	return ret;
}
