/* SPDX-License-Identifier: GPL-2.0 */
/* Ticket queues (KSEAL_TICKET_QUEUE), and NewSessionTicket messages to go there. */
#ifndef KT_TICKETS_H
#define KT_TICKETS_H

#include "kt.h"

enum {
	KT_TICKET_MIN = 4 + 14,		/* RFC 8446 4.6.1, with the header */
	KT_TICKET_READ = KSEAL_TICKET_MESSAGE_MAX + sizeof(struct kseal_ticket),
};

/** kt_ticket_queue() - a new queue, asked of @fd; -1 with errno. */
int kt_ticket_queue(int fd);

/** kt_tickets() - setsockopt(KSEAL_TICKETS): tie @fd to @queue; errno is set. */
int kt_tickets(int fd, int queue, uint64_t cookie);

/** kt_ticket_make() - a message of @len bytes, header included, told by @seed. */
void kt_ticket_make(uint8_t *message, size_t len, unsigned int seed);

/** kt_send_ticket() - such a one, in as many records as it takes. */
int kt_send_ticket(struct kt_link *link, size_t len, unsigned int seed);

/** kt_expect_ticket() - the next read of the queue gives that one. */
int kt_expect_ticket(int queue, uint64_t cookie, size_t len, unsigned int seed);

/** kt_expect_last_ticket() - it tells that no more come with that cookie. */
int kt_expect_last_ticket(int queue, uint64_t cookie);

/** kt_expect_no_ticket() - it would have to wait. */
int kt_expect_no_ticket(int queue);

#endif /* KT_TICKETS_H */
