/* SPDX-License-Identifier: GPL-2.0 */
/* What a record that is no application data asks of the kernel. */
#ifndef KSEAL_VERDICT_H
#define KSEAL_VERDICT_H

/* A negative one is an enum kseal_end: the connection ends for that reason. */
enum kseal_verdict {
	KSEAL_PASS,			/* nothing, or not yet */
	KSEAL_CLOSED,			/* close_notify */
	KSEAL_WARNED,			/* an alert that ends nothing */
	KSEAL_FAILED,			/* one that ends the connection */
	KSEAL_TICKET,			/* NewSessionTicket */
	KSEAL_UPDATE,			/* KeyUpdate */
	KSEAL_UPDATE_REQUESTED,		/* KeyUpdate, one is requested */
	KSEAL_HELLO,			/* HelloRequest */
};

/* Ends of the handshake, as a mask. */
enum kseal_role {
	KSEAL_ROLE_CLIENT	= 1,
	KSEAL_ROLE_SERVER	= 2,
	KSEAL_ROLE_EITHER	= KSEAL_ROLE_CLIENT | KSEAL_ROLE_SERVER,
};

#endif /* KSEAL_VERDICT_H */
