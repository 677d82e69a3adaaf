// SPDX-License-Identifier: GPL-2.0
/*
 * Load for kseald: handshakes, many, and what becomes of each.
 *
 *	load BROKER CA.pem COUNT [LIVES]
 *
 * COUNT handshakes, some at a time, each with a message each way, compared. With
 * LIVES kseald may die that often; handshakes it had then must end with an error for
 * the client, and connections that were given back before go on: some are kept, and
 * have another exchange each time, and at the end.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "conn.h"
#include "kseal.h"

enum {
	AT_ONCE = 16,
	KEPT = 16,
	PATIENCE_MS = 120000,
	RETRY_MS = 20,
};

/** struct load - all there is */
struct load {
	struct conn_setup setup;
	const char *path;
	struct kseal_broker *broker;
	struct conn conns[AT_ONCE];
	int used[AT_ONCE];
	struct conn kept[KEPT];
	unsigned int keeps;
	unsigned long count, begun, done, lost;
	unsigned int lives, deaths;
};

static void give_up(const char *what, const char *why)
{
	fprintf(stderr, "load: %s: %s\n", what, why);
	exit(1);
}

static void set_up(struct load *load, const char *ca)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	gnutls_certificate_allocate_credentials(&load->setup.credentials);
	if (gnutls_certificate_set_x509_trust_file(load->setup.credentials, ca,
						   GNUTLS_X509_FMT_PEM) < 1)
		give_up(ca, "no certificates in it");
	if (gnutls_priority_init(&load->setup.priority, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL))
		give_up("GnuTLS", "does not offer TLS 1.3");
	load->setup.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(load->setup.listener, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(load->setup.listener, AT_ONCE))
		give_up("cannot listen", strerror(errno));
}

/* It may be on its way back to life. */
static void open_broker(struct load *load)
{
	int waited, ret = -1;

	for (waited = 0; waited < PATIENCE_MS && ret; waited += RETRY_MS) {
		ret = kseal_broker_open(load->path, &load->broker);
		if (ret)
			poll(NULL, 0, RETRY_MS);
	}
	if (ret)
		give_up(load->path, strerror(-ret));
}

/* ---- connections that stay ---------------------------------------------- */

static void finish(struct load *load, struct conn *conn)
{
	struct pollfd fds[2] = { { .fd = conn->client, .events = POLLIN },
				 { .fd = conn->program, .events = POLLIN } };

	while (conn->state == CONN_ASKED || conn->state == CONN_ANSWERED) {
		if (poll(fds, 2, PATIENCE_MS) < 1)
			give_up("a connection that was kept", "nothing moves any more");
		conn_step(conn, &load->setup);
	}
	if (conn->state != CONN_DONE)
		give_up("a connection that was kept", conn->why);
}

static void check_kept(struct load *load)
{
	unsigned int i;

	for (i = 0; i < load->keeps; i++) {
		conn_again(&load->kept[i]);
		finish(load, &load->kept[i]);
	}
}

/* ---- the death of kseald ------------------------------------------------ */

/* The client of a handshake that nobody does any more hears of it. */
static void see_off(struct load *load, struct conn *conn)
{
	struct pollfd fd = { .fd = conn->client, .events = POLLIN };

	while (conn->state == CONN_SHAKES) {
		if (poll(&fd, 1, PATIENCE_MS) < 1)
			give_up("a client whose handshake nobody does", "it is left waiting");
		conn_step(conn, &load->setup);
	}
	if (conn->state != CONN_ENDED)
		give_up("a client whose handshake nobody does", conn->why);
	load->lost++;
	conn_close(conn);
}

static void mourn(struct load *load)
{
	int i;

	if (load->deaths++ >= load->lives)
		give_up("kseald", "it died");
	kseal_broker_close(load->broker);
	for (i = 0; i < AT_ONCE; i++) {
		if (!load->used[i] || load->conns[i].program >= 0)
			continue;
		see_off(load, &load->conns[i]);
		load->used[i] = 0;
		load->begun--;
	}
	check_kept(load);
	open_broker(load);
}

/* ---- the load ----------------------------------------------------------- */

/* Return: 0; -errno, there is no kseald. */
static int begin(struct load *load, struct conn *conn)
{
	const struct kseal_request request = { .size = sizeof(request), .role = KSEAL_SERVER };
	int server, ret = conn_open(conn, &load->setup, &server);

	if (ret)
		give_up("cannot connect", strerror(-ret));
	ret = kseal_submit(load->broker, server, &request, &conn->id);
	close(server);
	if (ret)
		conn_close(conn);
	else
		load->begun++;
	return ret;
}

static void take_result(struct load *load, const struct kseal_result *result)
{
	int i;

	if (result->error)
		give_up("a handshake failed", result->reason);
	for (i = 0; i < AT_ONCE; i++) {
		if (!load->used[i] || load->conns[i].id != result->id ||
		    load->conns[i].program >= 0)
			continue;
		load->conns[i].program = result->fd;
		return;
	}
	give_up("kseald", "a result for what was not asked");
}

/* Return: 0; -errno, there is no kseald. */
static int take_results(struct load *load)
{
	struct kseal_result result;
	int ret;

	while (!(ret = kseal_receive(load->broker, &result, 0)))
		take_result(load, &result);
	return ret == -EAGAIN ? 0 : ret;
}

static void wait_for_any(struct load *load)
{
	struct pollfd fds[2 * AT_ONCE + 1] = {
		{ .fd = kseal_broker_fd(load->broker), .events = POLLIN } };
	const struct conn *conn;
	int i, n = 1;

	for (i = 0; i < AT_ONCE; i++) {
		if (!load->used[i])
			continue;
		conn = &load->conns[i];
		/* tickets come before the result, and are read after it */
		fds[n++] = (struct pollfd){ .fd = conn->shaken && conn->program < 0 ? -1 :
						  conn->client, .events = POLLIN };
		fds[n++] = (struct pollfd){ .fd = conn->program, .events = POLLIN };
	}
	if (poll(fds, n, PATIENCE_MS) < 1)
		give_up("kseald", "nothing moves any more");
}

static void end(struct load *load, int i)
{
	struct conn *conn = &load->conns[i];

	load->used[i] = 0;
	load->done++;
	if (load->lives && load->keeps < KEPT) {
		load->kept[load->keeps] = *conn;
		gnutls_transport_set_ptr(conn->session, &load->kept[load->keeps++]);
	} else {
		conn_close(conn);
	}
}

static void step_all(struct load *load)
{
	struct conn *conn;
	int i;

	for (i = 0; i < AT_ONCE; i++) {
		conn = &load->conns[i];
		if (!load->used[i])
			continue;
		/* until the result is there nobody but the handshake sends anything */
		if (!conn->shaken || conn->program >= 0)
			conn_step(conn, &load->setup);
		if (conn->state == CONN_DONE)
			end(load, i);
		else if (conn->state == CONN_WRONG)
			give_up("a connection", conn->why);
		/* one that has ended has its result on the way, or kseald is dead */
	}
}

/* As many as there is room for. Return: 0; -errno, there is no kseald. */
static int fill(struct load *load)
{
	int i, ret;

	for (i = 0; i < AT_ONCE; i++) {
		if (load->used[i] || load->begun == load->count)
			continue;
		ret = begin(load, &load->conns[i]);
		if (ret == -EAGAIN)
			return 0;
		if (ret)
			return ret;
		load->used[i] = 1;
	}
	return 0;
}

static int has_room(const struct load *load)
{
	int i;

	for (i = 0; i < AT_ONCE; i++)
		if (!load->used[i])
			return load->begun < load->count;
	return 0;
}

static void run(struct load *load)
{
	open_broker(load);
	/* all of its lives, too: the load goes on until the last has ended */
	while (load->done < load->count || load->deaths < load->lives) {
		if (load->done == load->count)
			load->count += AT_ONCE;
		if (fill(load) || take_results(load)) {
			mourn(load);
			continue;
		}
		step_all(load);
		if (load->done < load->count && !has_room(load))
			wait_for_any(load);
	}
	check_kept(load);
	kseal_broker_close(load->broker);
}

int main(int argc, char **argv)
{
	static struct load load;

	if (argc < 4 || argc > 5) {
		fprintf(stderr, "usage: load BROKER CA.pem COUNT [LIVES]\n");
		return 2;
	}
	load.path = argv[1];
	load.count = strtoul(argv[3], NULL, 10);
	load.lives = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;
	set_up(&load, argv[2]);
	run(&load);
	printf("done=%lu resumed=%llu lost=%lu deaths=%u kept=%u\n", load.done,
	       (unsigned long long)load.setup.resumed, load.lost, load.deaths, load.keeps);
	return 0;
}
