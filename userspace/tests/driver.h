/* SPDX-License-Identifier: GPL-2.0 */
/* kseald's side of a handshake, driven without its event loop. */
#ifndef TESTS_DRIVER_H
#define TESTS_DRIVER_H

#include "credentials.h"
#include "options.h"
#include "protocol.h"
#include "tls.h"

struct certs;

/** driver_load() - credentials of "NAME" identities, NAME.pem and NAME.key */
void driver_load(struct credentials *credentials, const struct certs *certs,
		 const char *const *names);

/** driver_load_with() - likewise, with options of kseald besides, up to NULL */
void driver_load_with(struct credentials *credentials, const struct certs *certs,
		      const char *const *names, const char *const *more);

/**
 * driver_load_config() - likewise, by a configuration file
 * @text: of it; %s is the directory of @certs
 *
 * Return: as credentials_load() does.
 */
int driver_load_config(struct credentials *credentials, const struct certs *certs,
		       const char *text);

/** driver_request() - a request with what a test cares about, or NULL */
void driver_request(struct kseald_request *request, enum kseal_role role,
		    const char *server_name, const char *alpn);

/** driver_run() - step until the handshake is done or has failed */
enum tls_step driver_run(struct tls *tls, struct kseal_result *result);

#endif /* TESTS_DRIVER_H */
