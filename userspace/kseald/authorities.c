// SPDX-License-Identifier: GPL-2.0
/* Who may vouch for the other end, and which certificates they have revoked. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "authorities.h"
#include "cert_text.h"
#include "credentials.h"
#include "log.h"
#include "options.h"

enum {
	/* What makes no list false, but old. */
	OUT_OF_TIME = GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED |
		      GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE,
	ISSUER_SIZE = 256,
};

int authorities_load(gnutls_certificate_credentials_t credentials, const char *ca)
{
	int n;

	if (!ca) {
		n = gnutls_certificate_set_x509_system_trust(credentials);
		if (n <= 0)
			log_warning("the system has no certificate authorities: the client role "
				    "will trust no server; install ca-certificates or use --ca");
		return 0;
	}
	n = gnutls_certificate_set_x509_trust_file(credentials, ca, GNUTLS_X509_FMT_PEM);
	if (n > 0)
		return 0;
	log_error("cannot read certificate authorities (PEM) from %s: %s", ca,
		  n < 0 ? gnutls_strerror(n) : "there are none in it");
	return -EINVAL;
}

static int hash_one(gnutls_hash_hd_t hash, gnutls_x509_crt_t crt)
{
	gnutls_datum_t der;
	int ret = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der);

	if (ret)
		return ret;
	ret = gnutls_hash(hash, der.data, der.size);
	gnutls_free(der.data);
	return ret;
}

/* Each is a field of its own: its DER tells how long it is. */
static int hash_all(gnutls_certificate_credentials_t credentials, gnutls_hash_hd_t hash)
{
	gnutls_x509_trust_list_iter_t at = NULL;
	gnutls_x509_trust_list_t list;
	gnutls_x509_crt_t crt;
	int ret = 0, count = 0;

	gnutls_certificate_get_trust_list(credentials, &list);
	while (!gnutls_x509_trust_list_iter_get_ca(list, &at, &crt)) {
		if (!ret)
			ret = hash_one(hash, crt);
		gnutls_x509_crt_deinit(crt);
		count++;
	}
	return ret ? ret : count;
}

/* Where none can be seen (they are in a PKCS #11 module) nobody knows whether they are
 * the same as before: a number at random says that they are not.
 */
static int hash_authorities(struct credentials *credentials)
{
	uint8_t nonce[IDENTITY_HASH_SIZE];
	gnutls_hash_hd_t hash;
	int ret;

	if (gnutls_hash_init(&hash, GNUTLS_DIG_SHA256))
		return -ENOMEM;
	ret = hash_all(credentials->client, hash);
	if (!ret)
		ret = gnutls_rnd(GNUTLS_RND_NONCE, nonce, sizeof(nonce));
	if (!ret)
		ret = gnutls_hash(hash, nonce, sizeof(nonce));
	gnutls_hash_deinit(hash, credentials->authorities);
	return ret < 0 ? -ENOMEM : 0;
}

int authorities_load_for_servers(struct credentials *credentials, const char *ca)
{
	int ret;

	if (gnutls_certificate_allocate_credentials(&credentials->client))
		return -ENOMEM;
	ret = authorities_load(credentials->client, ca);
	return ret ? ret : hash_authorities(credentials);
}

/* ---- lists of revoked certificates ---------------------------------------- */

/** struct lists - what a file holds, and who may have signed it */
struct lists {
	const char *name;		/* of the identity */
	const char *path;
	gnutls_x509_crt_t *signers;
	unsigned int signer_count;
	gnutls_x509_crl_t *crls;
	unsigned int count;
};

static int check_signature(const struct lists *lists, gnutls_x509_crl_t crl)
{
	char issuer[ISSUER_SIZE] = "";
	size_t size = sizeof(issuer);
	unsigned int status = 0;
	int ret;

	ret = gnutls_x509_crl_verify(crl, lists->signers, lists->signer_count, 0, &status);
	if (status & OUT_OF_TIME)
		status &= ~(OUT_OF_TIME | GNUTLS_CERT_INVALID);
	if (!ret && !status)
		return 0;
	gnutls_x509_crl_get_issuer_dn(crl, issuer, &size);
	log_error("identity %s: the list of revoked certificates of %s in %s is signed by no "
		  "authority of client-ca", lists->name, issuer, lists->path);
	return -EINVAL;
}

/* From now on clients are refused once the first of the lists is out of its time. */
static void note_time(struct identity *identity, const struct lists *lists, gnutls_x509_crl_t crl)
{
	const time_t until = gnutls_x509_crl_get_next_update(crl);
	char date[CERT_DATE_SIZE];

	if (until == (time_t)-1)
		return;
	if (!identity->crl_until || until < identity->crl_until)
		identity->crl_until = until;
	if (until < time(NULL))
		log_warning("identity %s: the list of revoked certificates %s expired on %s: "
			    "clients are refused until there is a newer one", lists->name,
			    lists->path, cert_date(until, date));
}

/* The lists become the credentials' in any case. */
static int use_lists(struct identity *identity, const struct lists *lists)
{
	gnutls_x509_trust_list_t trusted;
	int ret = 0;

	for (unsigned int i = 0; i < lists->count; i++) {
		if (check_signature(lists, lists->crls[i]))
			ret = -EINVAL;
		note_time(identity, lists, lists->crls[i]);
	}
	gnutls_certificate_get_trust_list(identity->server, &trusted);
	if (gnutls_x509_trust_list_add_crls(trusted, lists->crls, lists->count, 0, 0) !=
	    (int)lists->count) {
		log_error("identity %s: cannot use the lists of revoked certificates in %s",
			  lists->name, lists->path);
		ret = -EINVAL;
	}
	return ret;
}

static void free_signers(struct lists *lists)
{
	for (unsigned int i = 0; i < lists->signer_count; i++)
		gnutls_x509_crt_deinit(lists->signers[i]);
	gnutls_free(lists->signers);
}

static int read_signers(struct lists *lists, const char *ca)
{
	gnutls_datum_t data;
	int ret;

	ret = gnutls_load_file(ca, &data);
	if (!ret) {
		ret = gnutls_x509_crt_list_import2(&lists->signers, &lists->signer_count, &data,
						   GNUTLS_X509_FMT_PEM, 0);
		gnutls_free(data.data);
	}
	return ret < 0 ? -EINVAL : 0;
}

static int read_lists(struct lists *lists)
{
	gnutls_datum_t data;
	int ret;

	ret = gnutls_load_file(lists->path, &data);
	if (!ret) {
		ret = gnutls_x509_crl_list_import2(&lists->crls, &lists->count, &data,
						   GNUTLS_X509_FMT_PEM, 0);
		gnutls_free(data.data);
	}
	if (ret >= 0)
		return 0;
	log_error("identity %s: cannot read lists of revoked certificates (PEM) from %s: %s",
		  lists->name, lists->path,
		  ret == GNUTLS_E_FILE_ERROR ? strerror(errno) : gnutls_strerror(ret));
	return -EINVAL;
}

static int load_lists(struct identity *identity, const char *ca, const char *crl)
{
	struct lists lists = { .name = identity->name, .path = crl };
	int ret;

	ret = read_signers(&lists, ca);
	if (ret)
		return ret;
	ret = read_lists(&lists);
	if (!ret)
		ret = use_lists(identity, &lists);
	gnutls_free(lists.crls);
	free_signers(&lists);
	return ret;
}

static int trust_for_clients(struct identity *identity, const char *ca, const char *crl)
{
	int n;

	n = gnutls_certificate_set_x509_trust_file(identity->server, ca, GNUTLS_X509_FMT_PEM);
	if (n <= 0) {
		log_error("identity %s: cannot read client-ca (PEM) from %s: %s", identity->name, ca,
			  n == GNUTLS_E_FILE_ERROR ? strerror(errno) :
			  n < 0 ? gnutls_strerror(n) : "there is none in it");
		return -EINVAL;
	}
	identity->has_client_ca = 1;
	return crl ? load_lists(identity, ca, crl) : 0;
}

/* ---- what the options say ------------------------------------------------- */

static int take(struct identity *identity, const struct client_option *option)
{
	if (option->auth > identity->client_auth)
		identity->client_auth = option->auth;
	if (option->ca)
		return trust_for_clients(identity, option->ca, option->crl);
	if (!option->crl)
		return 0;
	log_error("identity %s: client-crl %s needs the client-ca that signed it", identity->name,
		  option->crl);
	return -EINVAL;
}

/* Where an identity has several groups, all of them count; only what none of them says
 * is taken from what holds for all identities.
 */
static int load_for_clients(struct identity *identity, const struct options *options)
{
	const struct identity_option *option;
	struct client_option common = options->clients;
	int ret = 0;

	STAILQ_FOREACH(option, &options->identities, next)
		if (!strcmp(option->name, identity->name) && take(identity, &option->clients))
			ret = -EINVAL;
	if (identity->has_client_ca)
		common.ca = common.crl = NULL;
	if (identity->roles & KSEAL_SERVER && take(identity, &common))
		ret = -EINVAL;
	if (ret || !identity->client_auth || identity->has_client_ca)
		return ret;
	log_error("identity %s: client-auth needs the client-ca that vouches for clients",
		  identity->name);
	return -EINVAL;
}

int authorities_load_for_clients(struct credentials *credentials, const struct options *options)
{
	struct identity *identity;
	int ret = 0;

	if (options->clients.crl && !options->clients.ca) {
		log_error("client-crl %s needs the client-ca that signed it", options->clients.crl);
		return -EINVAL;
	}
	STAILQ_FOREACH(identity, &credentials->identities, next)
		if (load_for_clients(identity, options))
			ret = -EINVAL;
	return ret;
}
