// SPDX-License-Identifier: GPL-2.0
/* Ticket queues: what fails ties nothing, leaves nothing open, and drops tickets at most. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "faults.h"
#include "lib/mode.h"
#include "lib/tickets.h"

enum { OLD = 1, NEW = 2, TICKET = 3000, SEED = 5 };

static int next_descriptor(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

static int control_on(struct scene *scene)
{
	return kt_control(scene->link.fd, KSEAL_CONTROL_ON, 0) ?
	       kt_errno("setsockopt(KSEAL_CONTROL)") : 0;
}

static int tied(struct scene *scene)
{
	scene->fd[0] = kt_ticket_queue(scene->link.fd);
	if (scene->fd[0] < 0)
		return kt_errno("getsockopt(KSEAL_TICKET_QUEUE)");
	return control_on(scene) || kt_tickets(scene->link.fd, scene->fd[0], OLD) ? -1 : 0;
}

static int make_queue(struct scene *scene)
{
	scene->fd[0] = kt_ticket_queue(scene->link.fd);
	return scene->fd[0] < 0 ? -1 : 0;
}

static int make_queue_settle(struct scene *scene)
{
	static int expected;
	int next = next_descriptor();

	if (!scene->error)
		return kt_expect_no_ticket(scene->fd[0]);
	/* the link has the same ones each time; the queue's would be the next */
	if (!expected)
		expected = next;
	if (next == expected)
		return 0;
	kt_say("descriptor %d is next, want %d: one was left open", next, expected);
	return -1;
}

static int tie_anew(struct scene *scene)
{
	return kt_tickets(scene->link.fd, scene->fd[0], NEW);
}

static int tie_settle(struct scene *scene)
{
	if (!scene->error && kt_expect_last_ticket(scene->fd[0], OLD))
		return -1;
	kt_close(&scene->link.fd);
	return kt_expect_last_ticket(scene->fd[0], scene->error ? OLD : NEW) ||
	       kt_expect_no_ticket(scene->fd[0]) ? -1 : 0;
}

/* A ticket in two records, then data. */
static int tickets_prepare(struct scene *scene)
{
	uint8_t message[TICKET];

	kt_ticket_make(message, TICKET, SEED);
	return tied(scene) || kt_send_record(&scene->link, KT_HANDSHAKE, message, 1000) ||
	       kt_send_record(&scene->link, KT_HANDSHAKE, message + 1000, TICKET - 1000) ||
	       fault_feed(scene, 1000) ? -1 : 0;
}

static int recv_behind(struct scene *scene)
{
	return fault_gave(scene, kt_recv_pattern(scene->link.fd, 1000, scene->read, 0));
}

/* It is there whole, or nothing is; and what it is told of it is true. */
static int tickets_settle(struct scene *scene)
{
	struct kseal_info info;
	unsigned int ended = 0;

	if (fault_works_on(scene, &ended) || kt_info_get(scene->link.fd, &info))
		return -1;
	if (!ended && info.tickets != 1) {
		kt_say("%u tickets were taken, want 1", info.tickets);
		return -1;
	}
	if (info.tickets_given && kt_expect_ticket(scene->fd[0], OLD, TICKET, SEED))
		return -1;
	kt_close(&scene->link.fd);
	return kt_expect_last_ticket(scene->fd[0], OLD) ||
	       kt_expect_no_ticket(scene->fd[0]) ? -1 : 0;
}

static int waiting_prepare(struct scene *scene)
{
	return tickets_prepare(scene) || recv_behind(scene) ? -1 : 0;
}

static int read_ticket(struct scene *scene)
{
	static uint8_t got[KT_TICKET_READ];

	return read(scene->fd[0], got, sizeof(got)) == TICKET + 16 ? 0 : -1;
}

static int read_settle(struct scene *scene)
{
	if (scene->error && kt_expect_ticket(scene->fd[0], OLD, TICKET, SEED))
		return -1;
	return kt_expect_no_ticket(scene->fd[0]);
}

static int untie(struct scene *scene)
{
	return kt_tickets(scene->link.fd, -1, 0);
}

static int untie_settle(struct scene *scene)
{
	if (!scene->error)
		return kt_expect_last_ticket(scene->fd[0], OLD);
	return kt_expect_no_ticket(scene->fd[0]);
}

const struct operation ticket_operations[] = {
	{ .name = "getsockopt KSEAL_TICKET_QUEUE", .where = WHERE_ANY, .flags = ONLY_13,
	  .act = make_queue, .settle = make_queue_settle, .errors = { ENFILE, EMFILE } },
	{ .name = "setsockopt KSEAL_TICKETS", .flags = ONLY_13 | ENDS,
	  .prepare = tied, .act = tie_anew, .settle = tie_settle },
	{ .name = "setsockopt KSEAL_TICKETS, none", .flags = ONLY_13,
	  .prepare = tied, .act = untie, .settle = untie_settle },
	{ .name = "recv of data behind a ticket", .flags = ONLY_13 | ENDS,
	  .prepare = tickets_prepare, .act = recv_behind, .settle = tickets_settle },
	{ .name = "read of a ticket queue", .flags = ONLY_13,
	  .prepare = waiting_prepare, .act = read_ticket, .settle = read_settle },
	{}
};
