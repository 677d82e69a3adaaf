// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which sockets are to speak TLS. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kseal.h"
#include "rules.h"

enum { REMEMBERED = 512 };

/** struct place - an IPv4 or IPv6 address, IPv4 as IPv6 has it, and a port */
struct place {
	struct in6_addr address;
	unsigned int port;
};

/** struct known - one address that a name was found to have */
struct known {
	struct in6_addr address;
	char name[KSEAL_NAME_SIZE];
};

/* A ring; @lock protects both. */
static struct known known[REMEMBERED];
static unsigned int next_known;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

const char *rules_setting(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

int rules_any_connection(void)
{
	return rules_setting(RUN_CONNECT) != NULL;
}

static int place_of(const struct sockaddr *address, socklen_t len, struct place *place)
{
	const struct sockaddr_in6 *in6 = (const void *)address;
	const struct sockaddr_in *in = (const void *)address;

	memset(place, 0, sizeof(*place));
	if (!address || len < sizeof(*in))
		return -1;
	if (address->sa_family == AF_INET) {
		place->address.s6_addr[10] = 0xff;
		place->address.s6_addr[11] = 0xff;
		memcpy(&place->address.s6_addr[12], &in->sin_addr, sizeof(in->sin_addr));
		place->port = ntohs(in->sin_port);
		return 0;
	}
	if (address->sa_family != AF_INET6 || len < sizeof(*in6))
		return -1;
	place->address = in6->sin6_addr;
	place->port = ntohs(in6->sin6_port);
	return 0;
}

static int same_address(const struct in6_addr *one, const struct in6_addr *other)
{
	return !memcmp(one, other, sizeof(*one));
}

/* ---- listening ------------------------------------------------------------ */

int rules_listens(const struct sockaddr *address, socklen_t len)
{
	const char *ports = rules_setting(RUN_LISTEN);
	struct place place;
	char *end;

	if (!ports || place_of(address, len, &place))
		return 0;
	if (!strcmp(ports, "*"))
		return 1;
	for (; *ports; ports = *end ? end + 1 : end)
		if (strtoul(ports, &end, 10) == place.port)
			return 1;
	return 0;
}

/* ---- connecting ----------------------------------------------------------- */

void rules_resolved(const char *name, const struct addrinfo *addresses)
{
	struct place place;

	if (!name || !rules_any_connection() || strlen(name) >= KSEAL_NAME_SIZE)
		return;
	pthread_mutex_lock(&lock);
	for (; addresses; addresses = addresses->ai_next) {
		if (place_of(addresses->ai_addr, addresses->ai_addrlen, &place))
			continue;
		known[next_known].address = place.address;
		strcpy(known[next_known].name, name);
		next_known = (next_known + 1) % REMEMBERED;
	}
	pthread_mutex_unlock(&lock);
}

/* The latest name of @address, or one that it had any time. */
static int was_called(const struct in6_addr *address, const char *wanted, char *name)
{
	unsigned int i, at;
	int found = 0;

	pthread_mutex_lock(&lock);
	for (i = 1; i <= REMEMBERED && !found; i++) {
		at = (next_known + REMEMBERED - i) % REMEMBERED;
		if (!same_address(&known[at].address, address) || !known[at].name[0] ||
		    (wanted && strcasecmp(known[at].name, wanted)))
			continue;
		strcpy(name, known[at].name);
		found = 1;
	}
	pthread_mutex_unlock(&lock);
	return found;
}

static int parse_address(const char *text, size_t len, struct in6_addr *address)
{
	char copy[INET6_ADDRSTRLEN + 8];
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct place place;

	if (len >= sizeof(copy))
		return -1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (inet_pton(AF_INET6, copy, address) == 1)
		return 0;
	if (inet_pton(AF_INET, copy, &in.sin_addr) != 1)
		return -1;
	place_of((struct sockaddr *)&in, sizeof(in), &place);
	*address = place.address;
	return 0;
}

static int in_list(const char *list, const char *end, const struct in6_addr *address)
{
	struct in6_addr one;
	size_t len;

	for (; list < end; list += len + 1) {
		len = strcspn(list, ", ");
		if (!parse_address(list, len, &one) && same_address(&one, address))
			return 1;
	}
	return 0;
}

static void name_address(const struct in6_addr *address, char *host)
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		inet_ntop(AF_INET, &address->s6_addr[12], host, KSEAL_NAME_SIZE);
	else
		inet_ntop(AF_INET6, address, host, KSEAL_NAME_SIZE);
}

/* One rule, HOST:PORT=ADDRESSES up to @end. */
static int applies(const char *rule, const char *end, const struct place *place, char *host)
{
	const char *equals = memchr(rule, '=', end - rule);
	const char *colon = equals ? memrchr(rule, ':', equals - rule) : NULL;
	struct in6_addr address;
	char wanted[KSEAL_NAME_SIZE];

	if (!colon || colon - rule >= (long)sizeof(wanted) ||
	    (strncmp(colon, ":*=", 3) && strtoul(colon + 1, NULL, 10) != place->port))
		return 0;
	snprintf(wanted, sizeof(wanted), "%.*s", (int)(colon - rule), rule);
	if (!strcmp(wanted, "*")) {
		if (!was_called(&place->address, NULL, host))
			name_address(&place->address, host);
		return 1;
	}
	if (!was_called(&place->address, wanted, host) &&
	    !in_list(equals + 1, end, &place->address) &&
	    (parse_address(wanted, strlen(wanted), &address) ||
	     !same_address(&address, &place->address)))
		return 0;
	strcpy(host, wanted);
	return 1;
}

int rules_connects(const struct sockaddr *address, socklen_t len, char *host)
{
	const char *rules = rules_setting(RUN_CONNECT), *end;
	struct place place;

	if (!rules || place_of(address, len, &place))
		return 0;
	for (; *rules; rules = *end ? end + 1 : end) {
		end = strchrnul(rules, ' ');
		if (applies(rules, end, &place, host))
			return 1;
	}
	return 0;
}
