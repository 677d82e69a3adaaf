// SPDX-License-Identifier: GPL-2.0
/* The other end's certificate: whether it is believed, whom it names, what is wrong. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/x509.h>

#include "cert_text.h"
#include "credentials.h"
#include "log.h"
#include "tls.h"

enum {
	/* What is wrong may take so much of a reason; the rest is for the alert. */
	WRONG_SIZE = 128,
	/* Names in a reason, for people; those given to programs are never cut. */
	SHOWN_SIZE = 72,
};

/* One of those that the other end has shown: 0 its own. NULL when there are not so many. */
static gnutls_x509_crt_t shown(const struct tls *tls, unsigned int index)
{
	const gnutls_datum_t *list;
	gnutls_x509_crt_t crt;
	unsigned int count = 0;

	list = gnutls_certificate_get_peers(tls->session, &count);
	if (!list || index >= count || gnutls_x509_crt_init(&crt))
		return NULL;
	if (!gnutls_x509_crt_import(crt, &list[index], GNUTLS_X509_FMT_DER))
		return crt;
	gnutls_x509_crt_deinit(crt);
	return NULL;
}

/* ---- whether it is believed ----------------------------------------------- */

void peer_expect(struct tls *tls, const char *purpose, char *name)
{
	tls->verify[0] = (gnutls_typed_vdata_st){
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)purpose,
	};
	tls->verify[1] = (gnutls_typed_vdata_st){
		.type = GNUTLS_DT_DNS_HOSTNAME,
		.data = (unsigned char *)name,
	};
	tls->verify_count = name ? 2 : 1;
	gnutls_session_set_verify_function(tls->session, peer_verify);
}

static int is_pinned(const struct tls *tls)
{
	char pin[CERT_PIN_SIZE];
	gnutls_x509_crt_t crt = shown(tls, 0);
	int good;

	good = crt && !cert_pin(crt, pin) && cert_pins_match(tls->pins, pin);
	if (crt)
		gnutls_x509_crt_deinit(crt);
	return good;
}

static enum peer_state judge(struct tls *tls)
{
	const time_t crl_until = tls->shown ? tls->shown->crl_until : 0;

	if (gnutls_certificate_verify_peers(tls->session, tls->verify, tls->verify_count,
					    &tls->verdict))
		tls->verdict = GNUTLS_CERT_INVALID;
	if (tls->verdict)
		return PEER_REFUSED;
	if (crl_until && crl_until < time(NULL))
		return PEER_LIST_OLD;
	if (tls->pins[0] && !is_pinned(tls))
		return PEER_NOT_PINNED;
	return PEER_BELIEVED;
}

int peer_verify(gnutls_session_t session)
{
	struct tls *tls = gnutls_session_get_ptr(session);
	unsigned int count = 0;

	/* Where a client must show one, GnuTLS has refused it before. */
	if (tls->shown && (!gnutls_certificate_get_peers(session, &count) || !count))
		return 0;
	tls->peer = judge(tls);
	return tls->peer == PEER_BELIEVED ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

/* ---- whom it names -------------------------------------------------------- */

static void describe(gnutls_x509_crt_t crt, struct kseal_result *result)
{
	size_t size = sizeof(result->peer_fingerprint);

	gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, result->peer_fingerprint, &size);
	if (cert_subject(crt, result->peer_subject, sizeof(result->peer_subject)))
		log_warning("%s: the subject of its certificate cannot be told: it is not readable, "
			    "or too long", result->peer);
	if (cert_names(crt, result->peer_names, sizeof(result->peer_names)))
		log_warning("%s: the names in its certificate cannot be told: they are not "
			    "readable, or too long", result->peer);
}

void peer_describe(const struct tls *tls, struct kseal_result *result)
{
	gnutls_x509_crt_t crt;

	if (tls->peer != PEER_BELIEVED)
		return;
	crt = shown(tls, 0);
	if (!crt)
		return;
	describe(crt, result);
	gnutls_x509_crt_deinit(crt);
}

/* ---- what is wrong -------------------------------------------------------- */

/* The first of the chain that is out of its time, and when that is. */
static const char *odd_date(const struct tls *tls, int late, char *date)
{
	const time_t now = time(NULL);
	gnutls_x509_crt_t crt;
	time_t when;

	for (unsigned int i = 0; (crt = shown(tls, i)); i++) {
		when = late ? gnutls_x509_crt_get_expiration_time(crt) :
			      gnutls_x509_crt_get_activation_time(crt);
		gnutls_x509_crt_deinit(crt);
		if (late ? when < now : when > now)
			return cert_date(when, date);
	}
	return "a date that it does not say";
}

static void say_expired(const struct tls *tls, FILE *out)
{
	char date[CERT_DATE_SIZE];

	fprintf(out, "it expired on %s", odd_date(tls, 1, date));
}

static void say_early(const struct tls *tls, FILE *out)
{
	char date[CERT_DATE_SIZE];

	fprintf(out, "it is not valid before %s", odd_date(tls, 0, date));
}

static void say_short(FILE *out, const char *text)
{
	fprintf(out, "%.*s%s", SHOWN_SIZE, text, strlen(text) > SHOWN_SIZE ? "..." : "");
}

static void say_other_name(const struct tls *tls, FILE *out)
{
	char names[KSEAL_NAMES_SIZE] = "";
	gnutls_x509_crt_t crt = shown(tls, 0);

	if (crt && !cert_names(crt, names, sizeof(names)) && !names[0])
		cert_subject(crt, names, sizeof(names));
	fputs("it is for another name: ", out);
	say_short(out, names[0] ? names : "none");
	if (crt)
		gnutls_x509_crt_deinit(crt);
}

/* The authority that the last one of the chain names. */
static void say_unknown(const struct tls *tls, FILE *out)
{
	gnutls_x509_crt_t crt, last = NULL;
	char issuer[KSEAL_SUBJECT_SIZE] = "";

	for (unsigned int i = 0; (crt = shown(tls, i)); i++) {
		if (last)
			gnutls_x509_crt_deinit(last);
		last = crt;
	}
	if (last) {
		cert_issuer(last, issuer, sizeof(issuer));
		gnutls_x509_crt_deinit(last);
	}
	fputs("its issuer is unknown: ", out);
	say_short(out, issuer[0] ? issuer : "unnamed");
}

static void say_revoked(const struct tls *tls, FILE *out)
{
	(void)tls;
	fputs("it has been revoked", out);
}

static void say_purpose(const struct tls *tls, FILE *out)
{
	fprintf(out, "it is not meant for %s", tls->server_name[0] ? "servers" : "clients");
}

static const struct {
	unsigned int status;
	gnutls_alert_description_t alert;
	void (*say)(const struct tls *tls, FILE *out);
} faults[] = {
	{ GNUTLS_CERT_REVOKED, GNUTLS_A_CERTIFICATE_REVOKED, say_revoked },
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, GNUTLS_A_UNKNOWN_CA, say_unknown },
	{ GNUTLS_CERT_EXPIRED, GNUTLS_A_CERTIFICATE_EXPIRED, say_expired },
	{ GNUTLS_CERT_NOT_ACTIVATED, GNUTLS_A_CERTIFICATE_EXPIRED, say_early },
	{ GNUTLS_CERT_UNEXPECTED_OWNER, GNUTLS_A_BAD_CERTIFICATE, say_other_name },
	{ GNUTLS_CERT_PURPOSE_MISMATCH, GNUTLS_A_UNSUPPORTED_CERTIFICATE, say_purpose },
};

enum {
	FAULTS = sizeof(faults) / sizeof(faults[0]),
};

/* What none of them covers, in GnuTLS's words, whose sentences end with a space. */
static void say_rest(unsigned int status, FILE *out)
{
	gnutls_datum_t text;

	if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) < 0)
		return;
	while (text.size && strchr(" .", text.data[text.size - 1]))
		text.size--;
	fprintf(out, "%.*s", (int)text.size, text.data);
	gnutls_free(text.data);
}

static gnutls_alert_description_t say_faults(const struct tls *tls, FILE *out)
{
	gnutls_alert_description_t alert = GNUTLS_A_BAD_CERTIFICATE;
	unsigned int said = 0;

	for (size_t i = 0; i < FAULTS; i++) {
		if (!(tls->verdict & faults[i].status))
			continue;
		fputs(said ? "; " : "", out);
		faults[i].say(tls, out);
		if (!said)
			alert = faults[i].alert;
		said |= faults[i].status;
	}
	if (!said)
		say_rest(tls->verdict, out);
	return alert;
}

static gnutls_alert_description_t say_not_pinned(const struct tls *tls, FILE *out)
{
	char pin[CERT_PIN_SIZE] = "unknown";
	gnutls_x509_crt_t crt = shown(tls, 0);

	if (crt) {
		cert_pin(crt, pin);
		gnutls_x509_crt_deinit(crt);
	}
	fprintf(out, "its key is %s, which is not pinned", pin);
	return GNUTLS_A_CERTIFICATE_UNKNOWN;
}

static gnutls_alert_description_t say_list_old(const struct tls *tls, FILE *out)
{
	char date[CERT_DATE_SIZE];

	fprintf(out, "kseald's list of revoked ones (client-crl) expired on %s",
		cert_date(tls->shown->crl_until, date));
	return GNUTLS_A_CERTIFICATE_UNKNOWN;
}

static gnutls_alert_description_t say_wrong(const struct tls *tls, FILE *out)
{
	switch (tls->peer) {
	case PEER_NOT_PINNED:
		return say_not_pinned(tls, out);
	case PEER_LIST_OLD:
		return say_list_old(tls, out);
	default:
		return say_faults(tls, out);
	}
}

static gnutls_alert_description_t explain_missing(const struct tls *tls,
						  struct kseal_result *result)
{
	tls_fail(result, EACCES, "the peer has shown no certificate, and it must");
	return gnutls_protocol_get_version(tls->session) == GNUTLS_TLS1_3 ?
		GNUTLS_A_CERTIFICATE_REQUIRED : GNUTLS_A_HANDSHAKE_FAILURE;
}

gnutls_alert_description_t peer_explain(const struct tls *tls, struct kseal_result *result)
{
	gnutls_alert_description_t alert;
	char wrong[WRONG_SIZE] = "";
	FILE *out;

	if (tls->peer == PEER_MISSING)
		return explain_missing(tls, result);
	if (tls->peer == PEER_NOBODY_VOUCHES) {
		tls_fail(result, EINVAL, "clients cannot be asked for certificates: the identity "
			 "\"%s\" has no client-ca", tls->shown->name);
		return GNUTLS_A_INTERNAL_ERROR;
	}
	out = fmemopen(wrong, sizeof(wrong), "w");
	if (!out) {
		tls_fail(result, EACCES, "the peer's certificate is refused");
		return GNUTLS_A_BAD_CERTIFICATE;
	}
	alert = say_wrong(tls, out);
	fclose(out);
	wrong[sizeof(wrong) - 1] = '\0';
	if (tls->server_name[0])
		tls_fail(result, EACCES, "the certificate for %.40s is refused: %s",
			 tls->server_name, wrong);
	else
		tls_fail(result, EACCES, "the client's certificate is refused: %s", wrong);
	return alert;
}
