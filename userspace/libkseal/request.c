// SPDX-License-Identifier: LGPL-2.1-or-later
/* A program's request as it travels. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "broker.h"

static int copy_name(char *to, size_t size, const char *from)
{
	if (!from)
		return 0;
	if (!*from || strlen(from) >= size)
		return -EINVAL;
	strcpy(to, from);
	return 0;
}

int broker_take_known(struct kseal_request *request, const struct kseal_request *theirs)
{
	/* as it was at first */
	const size_t least = offsetof(struct kseal_request, pin);
	const size_t size = theirs->size;

	if (size < least)
		return -EINVAL;
	memset(request, 0, sizeof(*request));
	memcpy(request, theirs, size < sizeof(*request) ? size : sizeof(*request));
	return 0;
}

static int translate_client(const struct kseal_request *request, struct kseald_request *wire)
{
	int ret;

	ret = copy_name(wire->pin, sizeof(wire->pin), request->pin);
	if (!ret)
		ret = copy_name(wire->client_identity, sizeof(wire->client_identity),
				request->client_identity);
	return ret;
}

int broker_translate(const struct kseal_request *theirs, struct kseald_request *wire)
{
	struct kseal_request known;
	const struct kseal_request *request = &known;
	int ret;

	memset(wire, 0, sizeof(*wire));
	ret = broker_take_known(&known, theirs);
	if (ret)
		return ret;
	if (request->role != KSEAL_SERVER && request->role != KSEAL_CLIENT)
		return -EINVAL;
	wire->role = request->role;
	wire->timeout_ms = request->timeout_ms;
	wire->client_auth = request->client_auth;
	wire->control = request->control;
	ret = copy_name(wire->server_name, sizeof(wire->server_name),
			request->server_name);
	if (!ret)
		ret = copy_name(wire->identity, sizeof(wire->identity),
				request->identity);
	if (!ret)
		ret = translate_client(request, wire);
	if (!ret && request->alpn)
		ret = kseald_alpn_parse(request->alpn, &wire->alpn);
	return ret;
}
