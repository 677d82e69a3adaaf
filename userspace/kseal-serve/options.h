/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_OPTIONS_H
#define SERVE_OPTIONS_H

#include <stdbool.h>

#include "listen.h"

/**
 * struct options - the command line
 * @dir: directory to serve
 * @listen: of --listen, @listens of them
 * @backend: listener of kseald whose sockets are served; NULL: those of @listen
 * @broker: kseald's socket; NULL for the usual one
 * @identity: certificate that kseald is to use; NULL: by SNI
 * @access_log: NULL for standard output
 * @mime_types: file of types; NULL for the system's, if there is one
 * @ready_fd: -1 for none
 * @threads: that serve; at least 1
 * @connections: at a time, handshakes included
 * @idle_seconds: after which a quiet connection is closed
 * @stop_seconds: that running responses get after SIGTERM
 * @handshake_ms: that a handshake gets
 * @no_listing: no pages for directories
 * @verbose: say more
 */
struct options {
	const char *dir;
	const char *listen[LISTEN_MAX];
	unsigned int listens;
	const char *backend;
	const char *broker;
	const char *identity;
	const char *access_log;
	const char *mime_types;
	int ready_fd;
	unsigned int threads;
	unsigned int connections;
	unsigned int idle_seconds;
	unsigned int stop_seconds;
	unsigned int handshake_ms;
	bool no_listing;
	bool verbose;
};

/**
 * options_parse() - read the command line
 *
 * Return: 0; 1 when --help or --version was answered; -EINVAL, said already.
 */
int options_parse(struct options *options, int argc, char **argv);

#endif /* SERVE_OPTIONS_H */
