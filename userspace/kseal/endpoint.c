// SPDX-License-Identifier: GPL-2.0
/* What kseal client and kseal server have in common. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "endpoint.h"

enum {
	BOTH = KSEAL_SERVER | KSEAL_CLIENT,
	MAX_TIMEOUT_S = 3600,
};

/** struct row - one option */
struct row {
	const char *name;
	const char *argument;
	const char *help;
	int roles;
	size_t offset;			/* of the const char * it sets, or 0 */
};

enum {
	ROW_VERBOSE,
	ROW_TIMEOUT,
	ROW_HELP,
	ROW_CLIENT_AUTH,
};

static const struct row rows[] = {
	[ROW_VERBOSE] = { "verbose", NULL, "tell whose certificate it was, and at the "
			  "end what was sent and received", BOTH, 0 },
	[ROW_TIMEOUT] = { "timeout", "SECONDS", "limit for the handshake "
			  "(default: kseald's)", BOTH, 0 },
	[ROW_HELP] = { "help", NULL, "print this and exit", BOTH, 0 },
	[ROW_CLIENT_AUTH] = { "client-auth", "HOW", "optional or required: ask the client for "
			      "a certificate", KSEAL_SERVER, 0 },
	{ "broker", "PATH", "kseald's socket (default: " KSEAL_BROKER_PATH ")",
	  BOTH, offsetof(struct endpoint, broker) },
	{ "alpn", "LIST", "protocols, most wanted first: h2,http/1.1", BOTH,
	  offsetof(struct endpoint, alpn) },
	{ "server-name", "NAME", "name to send and to verify (default: HOST)",
	  KSEAL_CLIENT, offsetof(struct endpoint, server_name) },
	{ "pin", "PIN", "keys the server may have: sha256//BASE64;...", KSEAL_CLIENT,
	  offsetof(struct endpoint, pin) },
	{ "identity", "NAME", "certificate to show (client: if asked; server: SNI picks)",
	  BOTH, offsetof(struct endpoint, identity) },
	{ "bind", "ADDRESS", "address to listen at (default: all)",
	  KSEAL_SERVER, offsetof(struct endpoint, bind) },
};

enum {
	ROW_COUNT = sizeof(rows) / sizeof(rows[0]),
};

static void print_help(enum kseal_role role)
{
	size_t i;
	int n;

	printf("Usage: kseal %s\n\n", role == KSEAL_CLIENT ?
	       "client [OPTION]... HOST PORT" : "server [OPTION]... PORT");
	for (i = 0; i < ROW_COUNT; i++) {
		if (!(rows[i].roles & role))
			continue;
		n = printf("  --%s %s", rows[i].name,
			   rows[i].argument ? rows[i].argument : "");
		printf("%*s%s\n", 26 - n, "", rows[i].help);
	}
	printf("\nSee kseal(1).\n");
}

static int parse_timeout(struct endpoint *endpoint, const char *text)
{
	char *end;
	unsigned long seconds = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !seconds ||
	    seconds > MAX_TIMEOUT_S) {
		fprintf(stderr, "kseal: --timeout %s: must be 1 to %d seconds\n",
			text, MAX_TIMEOUT_S);
		return EXIT_USAGE;
	}
	endpoint->timeout_ms = seconds * 1000;
	return -1;
}

static int parse_client_auth(struct endpoint *endpoint, const char *text)
{
	if (!strcmp(text, "optional")) {
		endpoint->client_auth = KSEAL_CLIENT_AUTH_OPTIONAL;
	} else if (!strcmp(text, "required")) {
		endpoint->client_auth = KSEAL_CLIENT_AUTH_REQUIRED;
	} else {
		fprintf(stderr, "kseal: --client-auth %s: must be optional or required\n", text);
		return EXIT_USAGE;
	}
	return -1;
}

static int apply(struct endpoint *endpoint, int index, const char *value,
		 enum kseal_role role)
{
	const char **member;

	switch (index) {
	case ROW_HELP:
		print_help(role);
		return EXIT_OK;
	case ROW_VERBOSE:
		endpoint->verbose = 1;
		return -1;
	case ROW_TIMEOUT:
		return parse_timeout(endpoint, value);
	case ROW_CLIENT_AUTH:
		return parse_client_auth(endpoint, value);
	default:
		member = (const char **)((char *)endpoint + rows[index].offset);
		*member = value;
		return -1;
	}
}

static void fill_getopt(struct option *table, enum kseal_role role)
{
	size_t i, n = 0;

	memset(table, 0, (ROW_COUNT + 1) * sizeof(*table));
	for (i = 0; i < ROW_COUNT; i++) {
		if (!(rows[i].roles & role))
			continue;
		table[n].name = rows[i].name;
		table[n].has_arg = rows[i].argument ? required_argument :
						      no_argument;
		table[n++].val = i;
	}
}

int endpoint_parse(struct endpoint *endpoint, enum kseal_role role, int argc,
		   char **argv)
{
	const int wanted = role == KSEAL_CLIENT ? 2 : 1;
	struct option table[ROW_COUNT + 1];
	int c, status;

	memset(endpoint, 0, sizeof(*endpoint));
	fill_getopt(table, role);
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", table, NULL)) != -1) {
		if (c == '?' || c == ':') {
			fprintf(stderr, "kseal: %s: %s\n", argv[optind - 1],
				c == '?' ? "unknown option" : "needs a value");
			return EXIT_USAGE;
		}
		status = apply(endpoint, c, optarg, role);
		if (status >= 0)
			return status;
	}
	endpoint->arguments = argv + optind;
	endpoint->count = argc - optind;
	if (endpoint->count == wanted)
		return -1;
	fprintf(stderr, "kseal: %s needs %s; try 'kseal %s --help'\n", argv[0],
		role == KSEAL_CLIENT ? "HOST and PORT" : "PORT", argv[0]);
	return EXIT_USAGE;
}

/* ---- the connection ----------------------------------------------------- */

static int open_broker(const struct endpoint *endpoint,
		       struct kseal_broker **broker)
{
	const char *path = endpoint->broker ? endpoint->broker :
					      KSEAL_BROKER_PATH;
	int ret = kseal_broker_open(path, broker);

	if (!ret)
		return 0;
	fprintf(stderr, "kseal: cannot reach kseald at %s: %s", path,
		strerror(-ret));
	if (ret == -ENOENT || ret == -ECONNREFUSED)
		fprintf(stderr, "; start it, or name its socket with --broker");
	if (ret == -EACCES)
		fprintf(stderr, "; its --group and --mode say who may");
	fprintf(stderr, "\n");
	return ret;
}

static void print_result(const struct kseal_result *result)
{
	fprintf(stderr, "kseal: %s, %s", kseal_version_name(result->version),
		result->suite);
	if (result->resumed)
		fprintf(stderr, ", resumed");
	if (result->alpn[0])
		fprintf(stderr, ", ALPN %s", result->alpn);
	if (result->server_name[0])
		fprintf(stderr, ", SNI %s", result->server_name);
	fprintf(stderr, ", peer %s\n", result->peer);
}

/* Whose certificate it was, which kseald has verified. */
static void print_identity(const struct kseal_result *result)
{
	static const uint8_t none[KSEAL_FINGERPRINT_SIZE];
	size_t i;

	if (!memcmp(result->peer_fingerprint, none, sizeof(none))) {
		fprintf(stderr, "kseal: the peer has shown no certificate\n");
		return;
	}
	fprintf(stderr, "kseal: the peer is %s", result->peer_subject[0] ?
		result->peer_subject : "of no name");
	if (result->peer_names[0])
		fprintf(stderr, " (%s)", result->peer_names);
	fprintf(stderr, ", SHA-256 ");
	for (i = 0; i < KSEAL_FINGERPRINT_SIZE; i++)
		fprintf(stderr, "%02x", result->peer_fingerprint[i]);
	fprintf(stderr, "\n");
}

/* Returns the socket that speaks TLS, or -errno. */
static int shake_hands(const struct endpoint *endpoint, enum kseal_role role,
		       int fd)
{
	const struct kseal_request request = {
		.size = sizeof(request),
		.role = role,
		.server_name = endpoint->server_name,
		.alpn = endpoint->alpn,
		.identity = role == KSEAL_SERVER ? endpoint->identity : NULL,
		.timeout_ms = endpoint->timeout_ms,
		.pin = endpoint->pin,
		.client_identity = role == KSEAL_CLIENT ? endpoint->identity : NULL,
		.client_auth = endpoint->client_auth,
		/* it says of alerts and key updates what they are */
		.control = KSEAL_CONTROL_BY_PROGRAM,
	};
	struct kseal_result result = { .fd = -1 };
	struct kseal_broker *broker;
	int ret;

	ret = open_broker(endpoint, &broker);
	if (ret)
		return ret;
	ret = kseal_handshake(broker, fd, &request, &result);
	kseal_broker_close(broker);
	if (ret) {
		fprintf(stderr, "kseal: no TLS with the peer: %s\n",
			result.reason[0] ? result.reason : strerror(-ret));
		return ret;
	}
	print_result(&result);
	if (endpoint->verbose)
		print_identity(&result);
	return result.fd;
}

static void print_totals(int fd)
{
	struct kseal_info info;

	if (kseal_get_info(fd, &info))
		return;
	fprintf(stderr, "kseal: sent %" PRIu64 " bytes in %" PRIu64
		" records, received %" PRIu64 " bytes in %" PRIu64
		" records, sealed by %s\n", (uint64_t)info.tx_bytes,
		(uint64_t)info.tx_records, (uint64_t)info.rx_bytes,
		(uint64_t)info.rx_records, info.tx_driver);
}

int endpoint_run(const struct endpoint *endpoint, enum kseal_role role, int fd)
{
	int tls, ret;

	signal(SIGPIPE, SIG_IGN);
	tls = shake_hands(endpoint, role, fd);
	close(fd);
	if (tls < 0)
		return EXIT_TROUBLE;
	ret = relay(tls);
	if (endpoint->verbose)
		print_totals(tls);
	close(tls);
	return ret ? EXIT_TROUBLE : EXIT_OK;
}
