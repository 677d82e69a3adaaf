// SPDX-License-Identifier: GPL-2.0
/* Ticket queues, from the side of who reads them, and the tickets. */
#include "tickets.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

int kt_ticket_queue(int fd)
{
	int queue = -1;
	socklen_t len = sizeof(queue);

	return getsockopt(fd, SOL_TLS, KSEAL_TICKET_QUEUE, &queue, &len) ? -1 : queue;
}

int kt_tickets(int fd, int queue, uint64_t cookie)
{
	struct kseal_tickets tickets = { .queue = queue, .cookie = cookie };

	return setsockopt(fd, SOL_TLS, KSEAL_TICKETS, &tickets, sizeof(tickets));
}

void kt_ticket_make(uint8_t *message, size_t len, unsigned int seed)
{
	size_t body = len - 4;

	message[0] = 4;
	message[1] = body >> 16;
	message[2] = body >> 8;
	message[3] = body;
	kt_fill(message + 4, body, seed);
}

int kt_send_ticket(struct kt_link *link, size_t len, unsigned int seed)
{
	static uint8_t message[1 << 17];
	size_t n;

	kt_ticket_make(message, len, seed);
	for (size_t done = 0; done < len; done += n) {
		n = len - done < KT_MAX_PLAIN ? len - done : KT_MAX_PLAIN;
		if (kt_send_record(link, KT_HANDSHAKE, message + done, n))
			return -1;
	}
	return 0;
}

/* Return: bytes of a message in @got behind its struct kseal_ticket; -1. */
static ssize_t next(int queue, uint64_t cookie, uint8_t *got)
{
	struct kseal_ticket ticket;
	ssize_t n;

	if (!kt_poll(queue, POLLIN, KT_WAIT_MS))
		return kt_errno("poll of a ticket queue");
	n = read(queue, got, KT_TICKET_READ);
	if (n < (ssize_t)sizeof(ticket))
		return kt_errno("read of a ticket queue");
	memcpy(&ticket, got, sizeof(ticket));
	if (ticket.cookie == cookie && !ticket.reserved && n == (ssize_t)sizeof(ticket) + ticket.len)
		return ticket.len;
	kt_say("read gave %zd bytes: cookie %#llx, length %u, reserved %u; want cookie %#llx", n,
	       (unsigned long long)ticket.cookie, ticket.len, ticket.reserved,
	       (unsigned long long)cookie);
	return -1;
}

int kt_expect_ticket(int queue, uint64_t cookie, size_t len, unsigned int seed)
{
	static __thread uint8_t got[KT_TICKET_READ], want[KT_TICKET_READ];
	ssize_t n = next(queue, cookie, got);

	if (n < 0)
		return -1;
	kt_ticket_make(want, len, seed);
	if (n == (ssize_t)len && !memcmp(got + sizeof(struct kseal_ticket), want, len))
		return 0;
	kt_say("a ticket of %zd bytes is not that one of %zu", n, len);
	return -1;
}

int kt_expect_last_ticket(int queue, uint64_t cookie)
{
	static __thread uint8_t got[KT_TICKET_READ];
	ssize_t n = next(queue, cookie, got);

	if (n > 0)
		kt_say("a ticket of %zd bytes, want the end", n);
	return n ? -1 : 0;
}

int kt_expect_no_ticket(int queue)
{
	static __thread uint8_t got[KT_TICKET_READ];
	int flags = fcntl(queue, F_GETFL);
	ssize_t n;

	if (kt_poll(queue, POLLIN, 0) || fcntl(queue, F_SETFL, flags | O_NONBLOCK)) {
		kt_say("poll tells of a ticket, want none");
		return -1;
	}
	n = read(queue, got, sizeof(got));
	if (n != -1 || errno != EAGAIN)
		kt_say("read gave %zd, want EAGAIN", n);
	else if (!fcntl(queue, F_SETFL, flags))
		return 0;
	return -1;
}
