// SPDX-License-Identifier: GPL-2.0
/* Certificates, keys and authorities: loading, checking, choosing. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>
#include <gnutls/crypto.h>

#include "authorities.h"
#include "chain.h"
#include "credentials.h"
#include "keylog.h"
#include "log.h"
#include "match.h"
#include "options.h"
#include "staple.h"

/* ---- one certificate with its key --------------------------------------- */

static int check_readable(const char *name, const char *what, const char *path,
			  struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, st)) {
		log_error("identity %s: cannot read %s %s: %s%s", name, what, path,
			  strerror(errno), errno == EACCES ? "; give it to a group of the user that "
			  "kseald runs as, with mode 0640" : "");
		if (fd >= 0)
			close(fd);
		return -EINVAL;
	}
	close(fd);
	return 0;
}

static int check_files(const struct identity_option *option)
{
	struct stat st;
	int ret;

	ret = check_readable(option->name, "certificate", option->cert, &st);
	if (!ret)
		ret = check_readable(option->name, "key", option->key, &st);
	if (!ret && S_ISREG(st.st_mode) && st.st_mode & S_IROTH)
		log_warning("identity %s: everybody can read the private key %s: "
			    "chmod o-r it", option->name, option->key);
	return ret;
}

static void explain_load_error(const struct identity_option *option, int error)
{
	switch (error) {
	case GNUTLS_E_CERTIFICATE_KEY_MISMATCH:
		log_error("identity %s: the key %s does not belong to the "
			  "certificate %s", option->name, option->key,
			  option->cert);
		break;
	case GNUTLS_E_DECRYPTION_FAILED:
		log_error("identity %s: the key %s is protected by a password: "
			  "store it without one", option->name, option->key);
		break;
	default:
		log_error("identity %s: cannot use certificate %s with key %s "
			  "(both must be PEM): %s", option->name, option->cert,
			  option->key, gnutls_strerror(error));
	}
}

static enum hello_key kind_of_key(gnutls_x509_crt_t leaf)
{
	switch (gnutls_x509_crt_get_pk_algorithm(leaf, NULL)) {
	case GNUTLS_PK_RSA:
		return HELLO_KEY_RSA;
	case GNUTLS_PK_RSA_PSS:
		return HELLO_KEY_RSA_PSS;
	case GNUTLS_PK_EDDSA_ED25519:
	case GNUTLS_PK_EDDSA_ED448:
		return HELLO_KEY_EDDSA;
	default:
		return HELLO_KEY_ECDSA;
	}
}

/* Keeps the first certificate of chain @index of @identity->server. */
static int keep_leaf(struct identity *identity, unsigned int index)
{
	gnutls_x509_crt_t *chain, *leaves;
	unsigned int count, i;
	int ret;

	leaves = realloc(identity->leaves,
			 (identity->leaf_count + 1) * sizeof(*leaves));
	if (!leaves)
		return -ENOMEM;
	identity->leaves = leaves;

	ret = gnutls_certificate_get_x509_crt(identity->server, index, &chain,
					      &count);
	if (ret < 0)
		return -EINVAL;
	leaves[identity->leaf_count++] = chain[0];
	identity->keys |= 1U << kind_of_key(chain[0]);
	for (i = 1; i < count; i++)
		gnutls_x509_crt_deinit(chain[i]);
	gnutls_free(chain);
	return 0;
}

static int add_pair(struct identity *identity,
		    const struct identity_option *option)
{
	int index, ret;

	ret = check_files(option);
	if (ret)
		return ret;
	index = gnutls_certificate_set_x509_key_file2(identity->server,
						      option->cert, option->key,
						      GNUTLS_X509_FMT_PEM, NULL,
						      0);
	if (index < 0) {
		explain_load_error(option, index);
		return -EINVAL;
	}
	ret = keep_leaf(identity, index);
	if (!ret && option->ocsp)
		ret = staple_load(identity->server, index, option);
	return ret;
}

/* ---- identities --------------------------------------------------------- */

static struct identity *find_identity(const struct credentials *credentials,
				      const char *name)
{
	struct identity *identity;

	STAILQ_FOREACH(identity, &credentials->identities, next)
		if (!strcmp(identity->name, name))
			return identity;
	return NULL;
}

static void free_identity(struct identity *identity)
{
	size_t i;

	for (i = 0; i < identity->leaf_count; i++)
		gnutls_x509_crt_deinit(identity->leaves[i]);
	free(identity->leaves);
	if (identity->server)
		gnutls_certificate_free_credentials(identity->server);
	if (identity->client)
		gnutls_certificate_free_credentials(identity->client);
	free(identity);
}

static struct identity *new_identity(const char *name)
{
	struct identity *identity;

	identity = calloc(1, sizeof(*identity) + strlen(name) + 1);
	if (!identity)
		return NULL;
	strcpy(identity->name, name);
	if (gnutls_certificate_allocate_credentials(&identity->server)) {
		free_identity(identity);
		return NULL;
	}
	/* For DHE with clients that name no group of RFC 7919: 2048 bits. */
	gnutls_certificate_set_known_dh_params(identity->server, GNUTLS_SEC_PARAM_MEDIUM);
	/* Loading a pair then returns its index. */
	gnutls_certificate_set_flags(identity->server, GNUTLS_CERTIFICATE_API_V2);
	return identity;
}

/* Reports every bad pair, not only the first. */
static int load_identities(struct credentials *credentials,
			   const struct identity_options *options)
{
	const struct identity_option *option;
	struct identity *identity;
	int one, ret = 0;

	STAILQ_FOREACH(option, options, next) {
		identity = find_identity(credentials, option->name);
		if (!identity) {
			identity = new_identity(option->name);
			if (!identity)
				return -ENOMEM;
			STAILQ_INSERT_TAIL(&credentials->identities, identity,
					   next);
		}
		identity->roles |= option->roles;
		one = add_pair(identity, option);
		if (one)
			ret = one;
	}
	STAILQ_FOREACH(identity, &credentials->identities, next)
		if (!identity->roles)
			identity->roles = KSEAL_SERVER;
	return ret;
}

/* Each certificate is a field of its own: its DER tells how long it is. */
static int hash_identity(struct identity *identity)
{
	gnutls_hash_hd_t hash;
	gnutls_datum_t der;
	size_t i;
	int ret;

	ret = gnutls_hash_init(&hash, GNUTLS_DIG_SHA256);
	if (ret)
		return -ENOMEM;
	ret = gnutls_hash(hash, identity->name, strlen(identity->name) + 1);
	for (i = 0; i < identity->leaf_count && !ret; i++) {
		ret = gnutls_x509_crt_export2(identity->leaves[i], GNUTLS_X509_FMT_DER, &der);
		if (ret)
			break;
		ret = gnutls_hash(hash, der.data, der.size);
		gnutls_free(der.data);
	}
	gnutls_hash_deinit(hash, identity->hash);
	return ret ? -ENOMEM : 0;
}

static int hash_identities(struct credentials *credentials)
{
	struct identity *identity;
	int ret = 0;

	STAILQ_FOREACH(identity, &credentials->identities, next)
		if (!ret)
			ret = hash_identity(identity);
	return ret;
}

/* ---- the client role ------------------------------------------------------ */

static int load_client_identity(struct identity *identity, const char *ca)
{
	if (gnutls_certificate_allocate_credentials(&identity->client))
		return -ENOMEM;
	return authorities_load(identity->client, ca);
}

static int load_client_pairs(struct credentials *credentials,
			     const struct identity_options *options)
{
	const struct identity_option *option;
	const struct identity *identity;
	int ret = 0;

	STAILQ_FOREACH(option, options, next) {
		identity = find_identity(credentials, option->name);
		if (identity && identity->client &&
		    gnutls_certificate_set_x509_key_file(identity->client, option->cert,
							 option->key, GNUTLS_X509_FMT_PEM) < 0)
			ret = -EINVAL;
	}
	return ret;
}

static int load_client_role(struct credentials *credentials, const struct options *options)
{
	struct identity *identity;
	int ret;

	ret = authorities_load_for_servers(credentials, options->ca);
	STAILQ_FOREACH(identity, &credentials->identities, next)
		if (!ret && identity->roles & KSEAL_CLIENT)
			ret = load_client_identity(identity, options->ca);
	return ret ? ret : load_client_pairs(credentials, &options->identities);
}

/* ---- the rest ----------------------------------------------------------- */

static int load_priority(struct credentials *credentials, const struct suites *suites)
{
	char text[SUITES_PRIORITY_SIZE];
	size_t i;
	int ret;

	for (i = 0; i < SUITES_KINDS; i++) {
		credentials->accepts[i] = strdup(suites_list(suites, i));
		if (!credentials->accepts[i])
			return -ENOMEM;
	}
	suites_priority(suites, text);
	ret = gnutls_priority_init(&credentials->priority, text, NULL);
	if (!ret)
		return 0;
	log_error("GnuTLS does not offer TLS %s with %s and %s (%s): look at the system-wide "
		  "/etc/gnutls/config", credentials->accepts[SUITES_VERSIONS],
		  credentials->accepts[SUITES_CIPHERS], credentials->accepts[SUITES_GROUPS],
		  gnutls_strerror(ret));
	return -EINVAL;
}

static void check_chains(const struct credentials *credentials,
			 const struct identity_options *options)
{
	const struct identity_option *option;

	STAILQ_FOREACH(option, options, next)
		chain_check(option, credentials->client);
}

/* Who only looks whether all is well leaves no file behind. */
static int load_key_log(struct credentials *credentials, const struct options *options)
{
	if (!options->key_log || options->check)
		return 0;
	credentials->keylog = keylog_open(options->key_log);
	return credentials->keylog < 0 ? credentials->keylog : 0;
}

int credentials_load(struct credentials *credentials,
		     const struct options *options)
{
	int ret, more;

	memset(credentials, 0, sizeof(*credentials));
	credentials->keylog = -1;
	STAILQ_INIT(&credentials->identities);
	ret = load_priority(credentials, &options->suites);
	if (ret)
		return ret;
	credentials->resumption = resumption_new(&options->resumption);
	if (!credentials->resumption)
		return -ENOMEM;
	ret = load_identities(credentials, &options->identities);
	if (!ret)
		ret = hash_identities(credentials);
	more = load_client_role(credentials, options);
	if (!ret)
		ret = more;
	check_chains(credentials, &options->identities);
	more = authorities_load_for_clients(credentials, options);
	if (!ret)
		ret = more;
	more = load_key_log(credentials, options);
	return ret ? ret : more;
}

void credentials_free(struct credentials *credentials)
{
	struct identity *identity;
	size_t i;

	while ((identity = STAILQ_FIRST(&credentials->identities))) {
		STAILQ_REMOVE_HEAD(&credentials->identities, next);
		free_identity(identity);
	}
	if (credentials->client)
		gnutls_certificate_free_credentials(credentials->client);
	if (credentials->priority)
		gnutls_priority_deinit(credentials->priority);
	resumption_release(credentials->resumption);
	if (credentials->keylog >= 0)
		close(credentials->keylog);
	for (i = 0; i < SUITES_KINDS; i++)
		free(credentials->accepts[i]);
}

struct credentials *credentials_new(const struct options *options)
{
	struct credentials *credentials = malloc(sizeof(*credentials));

	if (!credentials) {
		log_error("out of memory");
		return NULL;
	}
	if (credentials_load(credentials, options)) {
		credentials_release(credentials);
		return NULL;
	}
	return credentials;
}

void credentials_inherit(struct credentials *credentials, const struct credentials *before)
{
	credentials->resumption = resumption_share(credentials->resumption, before->resumption);
}

void credentials_release(struct credentials *credentials)
{
	if (credentials)
		credentials_free(credentials);
	free(credentials);
}

const struct identity *
credentials_by_name(const struct credentials *credentials, const char *name)
{
	return find_identity(credentials, name);
}

static int names_host(const struct identity *identity, const char *host)
{
	size_t i;

	for (i = 0; i < identity->leaf_count; i++)
		if (gnutls_x509_crt_check_hostname(identity->leaves[i], host))
			return 1;
	return 0;
}

const struct identity *
credentials_by_host(const struct credentials *credentials, const char *host)
{
	const struct identity *identity, *first = NULL;

	STAILQ_FOREACH(identity, &credentials->identities, next) {
		if (!(identity->roles & KSEAL_SERVER))
			continue;
		if (!first)
			first = identity;
		if (!host || names_host(identity, host))
			return identity;
	}
	return first;
}

const struct identity *
credentials_by_hello(const struct credentials *credentials, const struct hello *hello)
{
	const struct identity *identity;
	char host[HELLO_HOST_SIZE];

	if (!hello_host(hello, host))
		return credentials_by_host(credentials, NULL);
	STAILQ_FOREACH(identity, &credentials->identities, next)
		if (identity->roles & KSEAL_SERVER && names_host(identity, host) &&
		    match_identity(credentials, identity, hello))
			return identity;
	return credentials_by_host(credentials, host);
}

int identity_has_key(const struct identity *identity, enum hello_key key)
{
	return identity->keys >> key & 1;
}
