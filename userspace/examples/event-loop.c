// SPDX-License-Identifier: GPL-2.0
/*
 * event-loop PORT [BROKER] - greet each client over TLS, many at a time in one thread:
 * kseal_submit_accept(), and kseal_broker_fd() in a loop of poll(2).
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include <kseal.h>

#include "listen.h"

/* Everybody who waits goes to kseald, which takes its time with them, not ours. */
static void accept_all(struct kseal_broker *kseald, int listener)
{
	uint32_t id;
	int ret;

	while (!(ret = kseal_submit_accept(kseald, listener, NULL, &id)))
		;
	if (ret != -EAGAIN)
		errx(1, "cannot accept: %s", strerror(-ret));
}

static void greet(const struct kseal_result *result)
{
	char text[256];

	if (result->error) {
		warnx("%s: %s", result->peer, result->reason);
		return;
	}
	snprintf(text, sizeof(text), "hello %s, this is %s\n", result->peer, result->suite);
	send(result->fd, text, strlen(text), MSG_NOSIGNAL);
	kseal_close(result->fd);
}

static void receive_all(struct kseal_broker *kseald)
{
	struct kseal_result result;
	int ret;

	while (!(ret = kseal_receive(kseald, &result, 0)))
		greet(&result);
	if (ret != -EAGAIN)
		errx(1, "kseald is gone: %s", strerror(-ret));
}

int main(int argc, char **argv)
{
	struct kseal_broker *kseald;
	struct pollfd fds[2];
	int ret;

	if (argc < 2)
		errx(2, "usage: event-loop PORT [BROKER]");
	ret = kseal_broker_open(argc > 2 ? argv[2] : NULL, &kseald);
	if (ret)
		errx(1, "kseald cannot be reached: %s", strerror(-ret));
	fds[0] = (struct pollfd){ .fd = listen_at(argv[1]), .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = kseal_broker_fd(kseald), .events = POLLIN };
	fcntl(fds[0].fd, F_SETFL, O_NONBLOCK);
	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[0].revents)
			accept_all(kseald, fds[0].fd);
		if (fds[1].revents)
			receive_all(kseald);
	}
	err(1, "poll");
}
