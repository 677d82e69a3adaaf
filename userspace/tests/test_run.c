// SPDX-License-Identifier: GPL-2.0
/*
 * kseal run, with a broker that does no handshakes. The programs it runs are this very
 * file, called with the name of one of them.
 */
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
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "stand_in.h"

enum { LIMIT_MS = 60000 };

/* ---- the programs: what fails ends them with the line's number ---------------- */

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
	int fd, served = 0, listener = make_listener(SOCK_NONBLOCK), epoll = epoll_create1(0);

	MUST(!epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event));
	while (served < 3) {
		MUST(epoll_wait(epoll, &event, 1, LIMIT_MS) == 1);
		MUST(event.data.fd == 77);
		while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
			MUST(fcntl(fd, F_GETFL) & O_NONBLOCK && fcntl(fd, F_GETFD) & FD_CLOEXEC);
			echo(fd);
			served++;
		}
		MUST(errno == EAGAIN);
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
	puts("waiting");
	fflush(stdout);
	MUST(epoll_wait(epoll, &event, 1, LIMIT_MS) == 1);
	MUST(event.events & wanted && event.data.u64 == 0x1234567890);
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

static int run_program(const char *name, const char *argument)
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
		{ "refused", NULL, program_refused },
	};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (!strcmp(programs[i].name, name))
			return programs[i].run ? programs[i].run() : programs[i].run_with(argument);
	return 3;
}

/* ---- the tests ------------------------------------------------------------------ */

/** struct fixture - a broker, and a program run by kseal run */
struct fixture {
	struct stand_in broker;
	pid_t pid;
	FILE *out;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	stand_in_start(&fixture->broker, NULL);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (fixture->out)
		fclose(fixture->out);
	stand_in_stop(&fixture->broker);
	free(fixture);
	return 0;
}

static void run_args(struct fixture *fixture, char *const argv[])
{
	int out[2];

	assert_return_code(pipe(out), errno);
	fixture->pid = fork();
	if (!fixture->pid) {
		alarm(4 * LIMIT_MS / 1000);
		dup2(out[1], STDOUT_FILENO);
		close(out[0]);
		close(out[1]);
		execv(argv[0], argv);
		_exit(99);
	}
	close(out[1]);
	fixture->out = fdopen(out[0], "r");
}

static void run(struct fixture *fixture, const char *option, const char *value,
		const char *program, const char *argument)
{
	char kseal[512];
	char *argv[] = { kseal, "run", "--broker", fixture->broker.path, (char *)option,
			 (char *)value, "--", (char *)self, (char *)program, (char *)argument, NULL };

	snprintf(kseal, sizeof(kseal), "%s/kseal", getenv("KSEAL_BUILD"));
	run_args(fixture, argv);
}

static void ends_well(struct fixture *fixture)
{
	int status;

	assert_int_equal(waitpid(fixture->pid, &status, 0), fixture->pid);
	assert_int_equal(status, 0);
}

static int connect_to(int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(port),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_return_code(connect(fd, (struct sockaddr *)&address, sizeof(address)), errno);
	return fd;
}

static int port_of(struct fixture *fixture)
{
	char line[32];

	assert_non_null(fgets(line, sizeof(line), fixture->out));
	return atoi(line);
}

static void converse(int fd)
{
	char buf[6] = "";

	assert_int_equal(write(fd, "hello", 5), 5);
	assert_int_equal(recv(fd, buf, 5, MSG_WAITALL), 5);
	assert_string_equal(buf, "hello");
	shutdown(fd, SHUT_WR);
	assert_int_equal(read(fd, buf, 1), 0);
	close(fd);
}

static void serves(struct fixture *fixture, const char *program, int connections)
{
	int port;

	run(fixture, "--listen", "*", program, NULL);
	port = port_of(fixture);
	while (connections--)
		converse(connect_to(port));
	ends_well(fixture);
}

static void a_program_that_waits_in_accept(void **state)
{
	serves(*state, "blocking", 1);
}

static void a_program_with_edge_triggered_epoll(void **state)
{
	serves(*state, "epoll", 3);
}

static void a_program_that_forks_beforehand(void **state)
{
	serves(*state, "forking", 2);
}

static void a_program_that_inherits_its_socket(void **state)
{
	serves(*state, "executing", 1);
}

/* Kill the broker, and run it again at the same place. */
static void accepting_goes_on_when_the_broker_was_away(void **state)
{
	struct fixture *fixture = *state;
	struct stand_in again;
	int port;

	run(fixture, "--listen", "*", "epoll", NULL);
	port = port_of(fixture);
	converse(connect_to(port));
	kill(fixture->broker.pid, SIGKILL);
	waitpid(fixture->broker.pid, NULL, 0);
	stand_in_start(&again, fixture->broker.path);
	converse(connect_to(port));
	converse(connect_to(port));
	ends_well(fixture);
	stand_in_stop(&again);
}

static void other_ports_are_left_alone(void **state)
{
	struct fixture *fixture = *state;
	int port;

	run(fixture, "--listen", "1,2", "blocking", NULL);
	port = port_of(fixture);
	/* nobody but the program itself can accept it then */
	kill(fixture->broker.pid, SIGSTOP);
	converse(connect_to(port));
	ends_well(fixture);
}

/* ---- connecting ----------------------------------------------------------------- */

static int listen_here(char *port, size_t size)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_return_code(bind(fd, (struct sockaddr *)&address, sizeof(address)), errno);
	assert_return_code(listen(fd, 8), errno);
	getsockname(fd, (struct sockaddr *)&address, &len);
	snprintf(port, size, "%d", ntohs(address.sin_port));
	return fd;
}

static void echo_one(int listener)
{
	char buf[5];
	int fd = accept(listener, NULL, NULL);

	assert_int_equal(recv(fd, buf, sizeof(buf), MSG_WAITALL), sizeof(buf));
	assert_int_equal(write(fd, buf, sizeof(buf)), sizeof(buf));
	close(fd);
}

static void open_gate(struct fixture *fixture, const char *how)
{
	assert_int_equal(write(fixture->broker.gate, how, strlen(how)), strlen(how));
}

static void begin_connecting(struct fixture *fixture, const char *program, int *listener)
{
	char port[16], rule[32];

	*listener = listen_here(port, sizeof(port));
	snprintf(rule, sizeof(rule), "localhost:%s", port);
	run(fixture, "--connect", rule, program, port);
}

static void a_program_that_waits_in_connect(void **state)
{
	struct fixture *fixture = *state;
	int listener;

	begin_connecting(fixture, "connecting", &listener);
	open_gate(fixture, "0");
	echo_one(listener);
	ends_well(fixture);
	close(listener);
}

static void connect_tells_of_a_failed_handshake(void **state)
{
	struct fixture *fixture = *state;
	int listener;

	begin_connecting(fixture, "connecting-in-vain", &listener);
	open_gate(fixture, "1");
	ends_well(fixture);
	close(listener);
}

/* Its second connection, which nobody looks at, takes another byte of the gate. */
static void waits(struct fixture *fixture, const char *program, const char *how, int *listener)
{
	char line[32];

	begin_connecting(fixture, program, listener);
	assert_non_null(fgets(line, sizeof(line), fixture->out));
	assert_string_equal(line, "waiting\n");
	open_gate(fixture, how);
}

static void a_program_that_waits_for_epollout(void **state)
{
	struct fixture *fixture = *state;
	int listener;

	waits(fixture, "waiting", "00", &listener);
	echo_one(listener);
	ends_well(fixture);
	close(listener);
}

static void a_program_that_writes_when_it_can(void **state)
{
	struct fixture *fixture = *state;
	int listener;

	waits(fixture, "writing", "00", &listener);
	echo_one(listener);
	ends_well(fixture);
	close(listener);
}

static void so_error_tells_of_a_failed_handshake(void **state)
{
	struct fixture *fixture = *state;
	int listener;

	waits(fixture, "refused", "11", &listener);
	ends_well(fixture);
	close(listener);
}

/* ---- what it says ------------------------------------------------------------------ */

static void fails_with(char *const words[], int wanted, const char *says)
{
	char command[1024] = "", said[4096] = "";
	size_t len;
	FILE *out;
	int status;

	snprintf(command, sizeof(command), "%s/kseal run", getenv("KSEAL_BUILD"));
	for (; *words; words++) {
		strcat(command, " ");
		strcat(command, *words);
	}
	strcat(command, " 2>&1");
	out = popen(command, "r");
	len = fread(said, 1, sizeof(said) - 1, out);
	said[len] = '\0';
	status = pclose(out);
	if (WEXITSTATUS(status) != wanted || !strstr(said, says))
		fail_msg("%s: status %d, and: %s", command, WEXITSTATUS(status), said);
}

static void what_cannot_be_is_said(void **state)
{
	struct fixture *fixture = *state;
	char *const rows[][6] = {
		{ NULL }, { "--nonsense", NULL }, { "--listen", "x", "true", NULL },
		{ "--listen", "80,", "true", NULL }, { "--listen", "70000", "true", NULL },
		{ "--connect", "nowhere", "true", NULL },
		{ "--connect", ":1", "true", NULL },
		{ "--connect", "localhost:0", "true", NULL },
	};
	char script[] = "/tmp/test_run.XXXXXX";
	int fd;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fails_with(rows[i], 2, i ? "kseal" : "needs a program");
	fails_with((char *[]){ "/nonexistent/program", NULL }, 127, "No such file");
	fails_with((char *[]){ "no-such-program-anywhere", NULL }, 127, "No such file");
	fails_with((char *[]){ "/etc/passwd", NULL }, 126, "Permission denied");
	fails_with((char *[]){ "--broker", "/nonexistent/s", "true", NULL }, 1, "is it running?");
	fails_with((char *[]){ "--help", NULL }, 0, "Usage: kseal run");
	/* looked for through its script */
	fd = mkstemp(script);
	assert_return_code(fchmod(fd, 0755), errno);
	dprintf(fd, "#! /usr/bin/env no-such-interpreter\n");
	close(fd);
	fails_with((char *[]){ script, NULL }, 127, "No such file");
	unlink(script);
	fails_with((char *[]){ "--broker", fixture->broker.path, "sh", "-c", "'exit 7'", NULL }, 7, "");
}

/* What ld.so(8) cannot put a library into. */
static void static_programs_are_refused(void **state)
{
	char program[] = "/tmp/test_run.XXXXXX", command[128];
	int fd = mkstemp(program);

	(void)state;
	close(fd);
	snprintf(command, sizeof(command), "echo 'int main(void){return 0;}' | ${CC:-cc} -static -x c -o %s -",
		 program);
	assert_int_equal(system(command), 0);
	fails_with((char *[]){ program, NULL }, 126, "linked statically");
	unlink(program);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
		WITH(a_program_that_waits_in_accept),
		WITH(a_program_with_edge_triggered_epoll),
		WITH(a_program_that_forks_beforehand),
		WITH(a_program_that_inherits_its_socket),
		WITH(accepting_goes_on_when_the_broker_was_away),
		WITH(other_ports_are_left_alone),
		WITH(a_program_that_waits_in_connect),
		WITH(connect_tells_of_a_failed_handshake),
		WITH(a_program_that_waits_for_epollout),
		WITH(a_program_that_writes_when_it_can),
		WITH(so_error_tells_of_a_failed_handshake),
		WITH(what_cannot_be_is_said),
		cmocka_unit_test(static_programs_are_refused),
	};

	self = argv[0];
	if (argc > 1)
		return run_program(argv[1], argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
