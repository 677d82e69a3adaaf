/* SPDX-License-Identifier: GPL-2.0 */
/* What the configuration file says of one listener. */
#ifndef KSEALD_LISTENER_OPTION_H
#define KSEALD_LISTENER_OPTION_H

#include <sys/queue.h>

#include "address.h"
#include "kseal.h"
#include "protocol.h"

enum {
	LISTENER_NAME_SIZE = 64,
	LISTENER_PLACES = 16,
};

/** What begins the text of a place whose sockets the service manager passes. */
#define LISTENER_PASSED		"systemd:"

/**
 * struct listener_place - where a listener accepts connections
 * @text: it, in one spelling: equal texts are equal places
 * @address: size 0 for sockets of the service manager
 */
struct listener_place {
	char text[ADDRESS_TEXT_SIZE];
	struct address address;
};

/**
 * struct listener_option - a group of the list "listeners"
 * @where: file and line, for complaints
 * @identity: certificate to use, empty for the one that SNI picks
 * @alpn: protocols, as a program would ask for them
 * @proxy: where what comes in goes on to; size 0: programs take the sockets
 * @proxy_text: it, as it was given
 * @proxy_header: begin with a header of the PROXY protocol, version 2
 * @connect_ms: limit for reaching the back end
 * @idle_ms: limit for a connection on which nothing moves, 0 for none
 * @backlog: of its sockets, see listen(2)
 * @max_connections: handshakes and proxied connections at a time
 */
struct listener_option {
	STAILQ_ENTRY(listener_option) next;
	const char *where;
	char name[LISTENER_NAME_SIZE];
	struct listener_place places[LISTENER_PLACES];
	unsigned int place_count;
	char identity[KSEAL_NAME_SIZE];
	struct kseald_alpn alpn;
	struct address proxy;
	char proxy_text[ADDRESS_TEXT_SIZE];
	int proxy_header;
	unsigned int connect_ms;
	unsigned int idle_ms;
	unsigned int backlog;
	unsigned int max_connections;
};

STAILQ_HEAD(listener_options, listener_option);

#endif /* KSEALD_LISTENER_OPTION_H */
