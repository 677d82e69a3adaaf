/* SPDX-License-Identifier: GPL-2.0 */
/* kseald's command line, and its configuration file. */
#ifndef KSEALD_OPTIONS_H
#define KSEALD_OPTIONS_H

#include <stdio.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "kseal.h"
#include "listener_option.h"
#include "log.h"
#include "policy.h"
#include "resumption.h"
#include "suites.h"
#include "tls.h"

/** Name of the certificate given by --cert and --key. */
#define DEFAULT_IDENTITY	"default"

/** struct client_option - which certificates clients are to show, and to whom */
struct client_option {
	const char *ca;			/* who vouches for them, NULL for nobody */
	const char *crl;		/* those revoked, NULL for none */
	enum kseal_client_auth auth;
};

/**
 * struct identity_option - one --identity NAME=CERT,KEY
 * @roles: enum kseal_role, several added; 0 if it was not said
 */
struct identity_option {
	STAILQ_ENTRY(identity_option) next;
	char *name;
	char *cert;
	char *key;
	char *ocsp;			/* response to show along, NULL for none */
	unsigned int roles;
	struct client_option clients;
};

STAILQ_HEAD(identity_options, identity_option);

/** struct kept_string - what options point at */
struct kept_string {
	STAILQ_ENTRY(kept_string) next;
	char text[];
};

STAILQ_HEAD(kept_strings, kept_string);

/** struct options - all of them, defaults filled in */
struct options {
	const char *socket;		/* where programs connect */
	mode_t mode;			/* permissions of that socket */
	const char *group;		/* its group, NULL to leave it */
	const char *user;		/* to run as, NULL to stay who started kseald */
	int sandbox;			/* filter system calls */
	const char *ca;			/* NULL for the system's authorities */
	struct client_option clients;	/* of identities that say nothing about them */
	struct identity_options identities;
	struct callers callers;		/* who may do what */
	struct listener_options listeners;
	struct suites suites;		/* what is agreed to */
	struct resumption_limits resumption;
	const char *key_log;		/* where secrets go, NULL for nowhere */
	struct kept_strings kept;
	unsigned int timeout_ms;	/* limit for one handshake */
	unsigned int max_handshakes;	/* limit at a time */
	unsigned int max_per_program;	/* of these for one program; 0 three quarters */
	unsigned int rate;		/* handshakes of one address per second; 0 any */
	unsigned int burst;		/* and at once */
	unsigned int workers;		/* threads */
	unsigned int stop_ms;		/* for proxied connections, after SIGTERM */
	struct handover handover;	/* of sockets */
	int ready_fd;			/* -1 for none */
	enum log_level log_level;
	int check;			/* look at the configuration, then exit */
};

/** enum options_verdict - what to do after options_parse() */
enum options_verdict {
	OPTIONS_RUN,
	OPTIONS_EXIT,			/* --help or --version was printed */
	OPTIONS_BAD,			/* errors were printed */
};

/**
 * options_parse() - read the command line
 * @out, @err: where help and errors go
 *
 * Call options_free() afterwards, whatever it returns.
 */
enum options_verdict options_parse(struct options *options, int argc,
				   char **argv, FILE *out, FILE *err);

void options_free(struct options *options);

#endif /* KSEALD_OPTIONS_H */
