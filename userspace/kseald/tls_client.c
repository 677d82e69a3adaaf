// SPDX-License-Identifier: GPL-2.0
/* The client's side of a TLS session: whom it asks for, and whom it believes. */
#include <arpa/inet.h>
#include <string.h>

#include "credentials.h"
#include "protocol.h"
#include "tls.h"

static int is_address(const char *name)
{
	unsigned char buf[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, name, buf) == 1 ||
	       inet_pton(AF_INET6, name, buf) == 1;
}

int client_set_up(struct tls *tls, const struct kseald_request *request)
{
	int ret;

	strcpy(tls->server_name, request->server_name);
	tls->verify[0] = (gnutls_typed_vdata_st){
		.type = GNUTLS_DT_DNS_HOSTNAME,
		.data = (unsigned char *)tls->server_name,
	};
	tls->verify[1] = (gnutls_typed_vdata_st){
		.type = GNUTLS_DT_KEY_PURPOSE_OID,
		.data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER,
	};
	gnutls_session_set_verify_cert2(tls->session, tls->verify, 2, 0);

	ret = gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE,
				     tls->credentials->client);
	/* RFC 6066 3: a literal address is not a host name. */
	if (!ret && !is_address(tls->server_name))
		ret = gnutls_server_name_set(tls->session, GNUTLS_NAME_DNS,
					     tls->server_name,
					     strlen(tls->server_name));
	if (!ret)
		ret = tls_set_alpn(tls, &request->alpn, 0);
	return ret;
}
