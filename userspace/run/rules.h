/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which sockets are to speak TLS. kseal run says it in the environment, so that children
 * of the program know it as well:
 *
 *	KSEAL_RUN_BROKER	kseald's socket
 *	KSEAL_RUN_LISTEN	ports whose accepted connections do, "80,8080", or "*"
 *	KSEAL_RUN_CONNECT	where connections do: "HOST:PORT=ADDRESS,ADDRESS HOST:PORT= ...",
 *				HOST "*" for any; the addresses are what HOST had at the start
 *	KSEAL_RUN_IDENTITY, KSEAL_RUN_ALPN
 *				of the server's side, as in struct kseal_request
 *	KSEAL_RUN_VERBOSE	1: a line for each connection
 */
#ifndef KSEAL_RUN_RULES_H
#define KSEAL_RUN_RULES_H

#include <netdb.h>
#include <sys/socket.h>

#define RUN_BROKER	"KSEAL_RUN_BROKER"
#define RUN_LISTEN	"KSEAL_RUN_LISTEN"
#define RUN_CONNECT	"KSEAL_RUN_CONNECT"
#define RUN_IDENTITY	"KSEAL_RUN_IDENTITY"
#define RUN_ALPN	"KSEAL_RUN_ALPN"
#define RUN_VERBOSE	"KSEAL_RUN_VERBOSE"

/** rules_setting() - a variable of the environment, NULL when it is not set or empty */
const char *rules_setting(const char *name);

/** rules_any_connection() - are there any for connections that the program makes? */
int rules_any_connection(void);

/** rules_listens() - is what is accepted at @address to speak TLS? */
int rules_listens(const struct sockaddr *address, socklen_t len);

/**
 * rules_connects() - is a connection to @address to speak TLS?
 * @host: set to the name to verify, KSEAL_NAME_SIZE bytes
 */
int rules_connects(const struct sockaddr *address, socklen_t len, char *host);

/**
 * rules_resolved() - remember by which name the program asked for addresses
 *
 * The latest some hundreds of addresses are remembered.
 */
void rules_resolved(const char *name, const struct addrinfo *addresses);

#endif /* KSEAL_RUN_RULES_H */
