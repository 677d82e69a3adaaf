// SPDX-License-Identifier: GPL-2.0
/* A broker in kseald's place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "protocol.h"
#include "stand_in.h"

static void give(int sock, ssize_t len, const uint8_t *buf, int fd)
{
	if (kseald_send_packet(sock, buf, len, fd))
		_exit(2);
}

static void greet(int sock)
{
	const struct kseald_hello hello = { .protocol = KSEALD_PROTOCOL, .software = "stand-in" };
	uint8_t buf[KSEALD_MESSAGE_MAX];

	give(sock, kseald_encode_hello(&hello, buf, sizeof(buf)), buf, -1);
}

static void answer(int sock, uint32_t id, int error, int fd)
{
	struct kseal_result result = { .id = id, .error = error, .suite = "none" };
	uint8_t buf[KSEALD_MESSAGE_MAX];

	if (error)
		strcpy(result.reason, "the stand-in refuses");
	give(sock, kseald_encode_result(&result, buf, sizeof(buf)), buf, fd);
}

static void hand_over(int sock, uint32_t id, int fd)
{
	const struct kseal_result result = { .id = id };
	uint8_t buf[KSEALD_MESSAGE_MAX];

	give(sock, kseald_encode_handed(&result, buf, sizeof(buf)), buf, fd);
}

/* Until the program has left. */
static void accept_for(int sock, uint32_t id, int listener)
{
	struct pollfd pfds[] = { { .fd = listener, .events = POLLIN }, { .fd = sock } };
	int one;

	/* as libuv does with what it polls */
	fcntl(listener, F_SETFL, O_NONBLOCK);
	answer(sock, id, 0, listener);
	while (poll(pfds, 2, -1) > 0 && !pfds[1].revents) {
		one = accept(listener, NULL, NULL);
		if (one < 0)
			continue;
		hand_over(sock, id, one);
		close(one);
	}
}

/* The result tells what was asked for. */
static void answer_asked(int sock, uint32_t id, const struct kseald_request *request, int fd)
{
	struct kseal_result result = {
		.id = id, .version = request->role, .cipher = request->control, .suite = "none",
	};
	uint8_t buf[KSEALD_MESSAGE_MAX];

	strcpy(result.server_name, request->server_name);
	strcpy(result.peer_subject, request->identity);
	give(sock, kseald_encode_result(&result, buf, sizeof(buf)), buf, fd);
}

static void shake(int sock, uint32_t id, const struct kseald_request *request, int fd, int gate)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	uint8_t buf[KSEALD_MESSAGE_MAX];
	char how;

	if (poll(&pfd, 1, -1) != 1 || read(gate, &how, 1) != 1)
		return;
	if (how == '0')
		answer_asked(sock, id, request, fd);
	else
		answer(sock, id, EACCES, -1);
	close(fd);
	/* what the program has filled it with, up to its end */
	while (recv(sock, buf, sizeof(buf), 0) > 0)
		;
}

static void serve_one(int sock, int gate)
{
	struct kseald_header header;
	struct kseald_request request;
	uint8_t buf[KSEALD_MESSAGE_MAX];
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	int fd, listening = 0;
	socklen_t len = sizeof(listening);
	ssize_t size;

	while (poll(&pfd, 1, -1) == 1) {
		size = kseald_receive_packet(sock, buf, sizeof(buf), &fd);
		if (size <= 0 || kseald_decode_header(buf, size, &header))
			return;
		if (header.type == KSEALD_HELLO) {
			greet(sock);
			continue;
		}
		if (kseald_decode_request(buf, size, &request) ||
		    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len))
			return;
		if (listening)
			accept_for(sock, header.id, fd);
		else
			shake(sock, header.id, &request, fd, gate);
		return;
	}
}

static void serve(int listener, int gate)
{
	int sock;

	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		sock = accept(listener, NULL, NULL);
		if (sock < 0)
			continue;
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(listener);
			serve_one(sock, gate);
			_exit(0);
		}
		close(sock);
	}
}

void stand_in_start(struct stand_in *stand_in, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener, gate[2];

	if (path)
		snprintf(stand_in->path, sizeof(stand_in->path), "%s", path);
	else
		snprintf(stand_in->path, sizeof(stand_in->path), "/tmp/stand-in.%d", getpid());
	unlink(stand_in->path);
	strcpy(address.sun_path, stand_in->path);
	listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	assert_true(listener >= 0);
	assert_return_code(bind(listener, (struct sockaddr *)&address, sizeof(address)), errno);
	assert_return_code(listen(listener, 64), errno);
	assert_return_code(pipe(gate), errno);
	stand_in->pid = fork();
	assert_return_code(stand_in->pid, errno);
	if (!stand_in->pid) {
		close(gate[1]);
		serve(listener, gate[0]);
	}
	close(listener);
	close(gate[0]);
	stand_in->gate = gate[1];
}

void stand_in_stop(struct stand_in *stand_in)
{
	close(stand_in->gate);
	kill(stand_in->pid, SIGKILL);
	waitpid(stand_in->pid, NULL, 0);
	unlink(stand_in->path);
}
