// SPDX-License-Identifier: GPL-2.0
/* Programs that know nothing of TLS, as kseal run is to run them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "run_programs.h"

enum { LIMIT_MS = 60000 };

/* What fails ends the program, with its line. */
#define MUST(condition) do {							\
	if (!(condition)) {							\
		fprintf(stderr, "line %d: %s (%s)\n", __LINE__, #condition,	\
			strerror(errno));					\
		exit(1);							\
	}									\
} while (0)

static int make_listener(int type)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM | type, 0);

	MUST(fd >= 0);
	MUST(!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)));
	MUST(!bind(fd, (struct sockaddr *)&address, sizeof(address)));
	MUST(!listen(fd, 5));
	/* once more, as some programs do */
	MUST(!listen(fd, 50));
	/* what the program asks of it is what it made */
	MUST(!getsockname(fd, (struct sockaddr *)&address, &len));
	MUST(address.sin_family == AF_INET && address.sin_port);
	MUST(!setsockopt(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &on, sizeof(on)));
	len = sizeof(on);
	MUST(!getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &len) && on);
	/* while nobody knows the port, nobody comes */
	if (type & SOCK_NONBLOCK)
		MUST(accept4(fd, NULL, NULL, 0) < 0 && errno == EAGAIN);
	printf("%d\n", ntohs(address.sin_port));
	fflush(stdout);
	return fd;
}

static void tell(const char *what)
{
	puts(what);
	fflush(stdout);
}

/* Give back what comes, until it ends. */
static void echo(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char buf[100];
	ssize_t n;

	for (;;) {
		MUST(poll(&pfd, 1, LIMIT_MS) == 1);
		n = read(fd, buf, sizeof(buf));
		MUST(n >= 0);
		if (!n)
			break;
		MUST(write(fd, buf, n) == n);
	}
	close(fd);
}

static int program_blocking(void)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int fd, listener = make_listener(0);

	fd = accept(listener, (struct sockaddr *)&peer, &len);
	MUST(fd >= 0);
	MUST(len == sizeof(peer) && peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK));
	MUST(!(fcntl(fd, F_GETFL) & O_NONBLOCK) && !(fcntl(fd, F_GETFD) & FD_CLOEXEC));
	echo(fd);
	return 0;
}

static int program_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.fd = 77 };
	int fd, before, served = 0;
	int listener = make_listener(SOCK_NONBLOCK), epoll = epoll_create1(0);

	MUST(!epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event));
	while (served < 3) {
		MUST(epoll_wait(epoll, &event, 1, LIMIT_MS) == 1);
		MUST(event.data.fd == 77);
		before = served;
		while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
			MUST(fcntl(fd, F_GETFL) & O_NONBLOCK && fcntl(fd, F_GETFD) & FD_CLOEXEC);
			echo(fd);
			served++;
		}
		MUST(errno == EAGAIN);
		if (served == before)
			tell("nobody");
	}
	return 0;
}

/* Two children take what comes, as servers do that fork beforehand. */
static int program_forking(void)
{
	int i, fd, status, listener = make_listener(0);

	for (i = 0; i < 2; i++) {
		if (fork())
			continue;
		fd = accept(listener, NULL, NULL);
		MUST(fd >= 0);
		echo(fd);
		exit(0);
	}
	for (i = 0; i < 2; i++)
		MUST(wait(&status) > 0 && !status);
	return 0;
}

static const char *self;

/* Inherited by a program that was not there when it began to listen. */
static int program_executing(void)
{
	int listener = make_listener(0);
	char number[16];

	snprintf(number, sizeof(number), "%d", listener);
	execl(self, self, "inheriting", number, NULL);
	return 1;
}

static int program_inheriting(const char *number)
{
	int fd = accept(atoi(number), NULL, NULL);

	MUST(fd >= 0);
	echo(fd);
	return 0;
}

static int start_connecting(const char *port, int type)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(atoi(port)),
	};
	int fd = socket(AF_INET, SOCK_STREAM | type, 0), ret;

	MUST(fd >= 0);
	ret = connect(fd, (struct sockaddr *)&address, sizeof(address));
	if (!(type & SOCK_NONBLOCK))
		return ret ? -errno : fd;
	MUST(ret < 0 && errno == EINPROGRESS);
	return fd;
}

static void expect_hello(int fd)
{
	char buf[6] = "";

	MUST(send(fd, "hello", 5, 0) == 5);
	MUST(recv(fd, buf, 5, MSG_WAITALL) == 5 && !strcmp(buf, "hello"));
}

static int program_connecting(const char *port)
{
	int fd = start_connecting(port, 0);

	MUST(fd >= 0);
	expect_hello(fd);
	return 0;
}

static int program_connecting_in_vain(const char *port)
{
	MUST(start_connecting(port, 0) == -EACCES);
	return 0;
}

/* It says "waiting" when nothing has happened for a moment; then the gate may open. */
static void wait_writable(int epoll, uint32_t wanted)
{
	struct epoll_event event;

	MUST(!epoll_wait(epoll, &event, 1, 300));
	tell("waiting");
	MUST(epoll_wait(epoll, &event, 1, LIMIT_MS) == 1);
	MUST(event.events & wanted && event.data.u64 == 0x1234567890);
}

static int connect_again(int fd, const char *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(atoi(port)),
	};

	return connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
}

static int connect_with_epoll(const char *port, int *epoll)
{
	struct epoll_event event = { .events = EPOLLOUT | EPOLLET, .data.u64 = 0x1234567890 };
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd = start_connecting(port, SOCK_NONBLOCK);

	*epoll = epoll_create1(0);
	MUST(!epoll_ctl(*epoll, EPOLL_CTL_ADD, fd, &event));
	MUST(getpeername(fd, (struct sockaddr *)&address, &len) < 0 && errno == ENOTCONN);
	MUST(send(fd, "early", 5, 0) < 0 && errno == EAGAIN);
	MUST(connect_again(fd, port) == EALREADY);
	MUST(start_connecting(port, SOCK_NONBLOCK) >= 0);
	wait_writable(*epoll, EPOLLOUT);
	return fd;
}

static int so_error(int fd)
{
	int error = -1;
	socklen_t len = sizeof(error);

	MUST(!getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len));
	return error;
}

static int program_waiting(const char *port)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 0x1234567890 };
	struct sockaddr_in address;
	socklen_t len = sizeof(address);
	char buf[6] = "";
	int epoll, fd = connect_with_epoll(port, &epoll);

	MUST(so_error(fd) == 0);
	MUST(!getpeername(fd, (struct sockaddr *)&address, &len));
	MUST(address.sin_port == htons(atoi(port)));
	MUST(fcntl(fd, F_GETFL) & O_NONBLOCK);
	/* it is the TCP socket that is watched now */
	MUST(!epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event));
	MUST(send(fd, "hello", 5, 0) == 5);
	MUST(epoll_wait(epoll, &event, 1, LIMIT_MS) == 1 && event.events & EPOLLIN);
	MUST(recv(fd, buf, 5, 0) == 5 && !strcmp(buf, "hello"));
	return 0;
}

/* Without asking for SO_ERROR. */
static int program_writing(const char *port)
{
	int epoll, fd = connect_with_epoll(port, &epoll);
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	char buf[6] = "";

	MUST(write(fd, "hello", 5) == 5);
	MUST(poll(&pfd, 1, LIMIT_MS) == 1);
	MUST(read(fd, buf, 5) == 5 && !strcmp(buf, "hello"));
	return 0;
}

/* It asks connect() how that goes, as redis-cli does. */
static int program_asking(const char *port)
{
	int epoll, fd = connect_with_epoll(port, &epoll);

	MUST(connect_again(fd, port) == 0);
	MUST(connect_again(fd, port) == EISCONN);
	MUST(!fcntl(fd, F_SETFL, 0));
	expect_hello(fd);
	return 0;
}

/* It asks SO_ERROR, and then connect(). */
static int program_asking_twice(const char *port)
{
	int epoll, fd = connect_with_epoll(port, &epoll);

	MUST(so_error(fd) == 0);
	MUST(connect_again(fd, port) == EISCONN);
	MUST(!fcntl(fd, F_SETFL, 0));
	expect_hello(fd);
	return 0;
}

static int program_refused(const char *port)
{
	int epoll, fd = connect_with_epoll(port, &epoll);
	char byte;

	MUST(so_error(fd) == EACCES);
	MUST(so_error(fd) == 0);
	MUST(send(fd, "x", 1, MSG_NOSIGNAL) < 0 && errno == EACCES);
	MUST(recv(fd, &byte, 1, 0) < 0 && errno == EACCES);
	MUST(!close(fd));
	return 0;
}

int run_program(const char *program, const char *name, const char *argument)
{
	static const struct {
		const char *name;
		int (*run)(void);
		int (*run_with)(const char *argument);
	} programs[] = {
		{ "blocking", program_blocking, NULL },
		{ "epoll", program_epoll, NULL },
		{ "forking", program_forking, NULL },
		{ "executing", program_executing, NULL },
		{ "inheriting", NULL, program_inheriting },
		{ "connecting", NULL, program_connecting },
		{ "connecting-in-vain", NULL, program_connecting_in_vain },
		{ "waiting", NULL, program_waiting },
		{ "writing", NULL, program_writing },
		{ "asking", NULL, program_asking },
		{ "asking-twice", NULL, program_asking_twice },
		{ "refused", NULL, program_refused },
	};

	self = program;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (!strcmp(programs[i].name, name))
			return programs[i].run ? programs[i].run() : programs[i].run_with(argument);
	return 3;
}
