// SPDX-License-Identifier: GPL-2.0
/* The client's side of a TLS session: whom it asks for, and whom it believes. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "cert_text.h"
#include "client_session.h"
#include "credentials.h"
#include "protocol.h"
#include "tls.h"

static int is_address(const char *name)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, buf) == 1 ||
	       inet_pton(AF_INET6, name, buf) == 1;
}

int client_check_request(struct tls *tls, const struct kseald_request *request,
			 struct kseal_result *result)
{
	if (!request->server_name[0])
		return tls_fail(result, EINVAL, "the client role needs the name of the server "
				"to verify");
	if (request->identity[0] || request->client_auth)
		return tls_fail(result, EINVAL, "an identity and certificates of clients go with "
				"the server role only");
	if (request->pin[0] && cert_pins_check(request->pin))
		return tls_fail(result, EINVAL, "\"%s\" is no pin: it must be sha256// and 32 "
				"bytes in base64", request->pin);
	if (!request->client_identity[0])
		return 0;
	tls->identity = credentials_by_name(tls->credentials, request->client_identity);
	if (!tls->identity)
		return tls_fail(result, ENOENT, "kseald has no identity \"%s\"",
				request->client_identity);
	if (!tls->identity->client)
		return tls_fail(result, EINVAL, "the identity \"%s\" is not for the client role: "
				"give it role = \"client\" or \"both\" in kseald's configuration",
				request->client_identity);
	return 0;
}

int client_set_up(struct tls *tls, const struct kseald_request *request)
{
	int ret;

	strcpy(tls->server_name, request->server_name);
	strcpy(tls->pins, request->pin);
	peer_expect(tls, GNUTLS_KP_TLS_WWW_SERVER, tls->server_name);

	ret = gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE,
				     tls->identity ? tls->identity->client :
						     tls->credentials->client);
	/* RFC 6066 3: a literal address is not a host name. */
	if (!ret && !is_address(tls->server_name))
		ret = gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS,
					     tls->server_name,
					     strlen(tls->server_name));
	if (!ret)
		ret = tls_set_alpn(tls, &request->alpn, 0);
	if (!ret && tls->resumes)
		client_session_offer(tls, request);
	return ret;
}

/* It was verified when it was shown, and all that this depended on is in the key that the
 * session was kept under.
 */
int client_check_resumed(struct tls *tls)
{
	unsigned int count = 0;

	if (gnutls_certificate_get_peers(tls->session, &count) && count) {
		tls->peer = PEER_BELIEVED;
		return 0;
	}
	tls->peer = PEER_MISSING;
	return GNUTLS_E_CERTIFICATE_ERROR;
}
