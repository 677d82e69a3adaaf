// SPDX-License-Identifier: GPL-2.0
/*
 * kseal run, with a broker that does no handshakes. The programs it runs are those of
 * run_programs.c, which this very file is when called with the name of one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "run_programs.h"
#include "stand_in.h"

enum { LIMIT_MS = 60000 };

/* ---- the tests ------------------------------------------------------------------ */

static const char *self;

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
	char line[32];
	int port;

	run(fixture, "--listen", "*", "epoll", NULL);
	port = port_of(fixture);
	converse(connect_to(port));
	kill(fixture->broker.pid, SIGKILL);
	waitpid(fixture->broker.pid, NULL, 0);
	/* it has tried to reach the broker, and failed */
	assert_non_null(fgets(line, sizeof(line), fixture->out));
	assert_string_equal(line, "nobody\n");
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

static void echoes(struct fixture *fixture, const char *program)
{
	int listener;

	waits(fixture, program, "00", &listener);
	echo_one(listener);
	ends_well(fixture);
	close(listener);
}

static void a_program_that_waits_for_epollout(void **state)
{
	echoes(*state, "waiting");
}

static void a_program_that_writes_when_it_can(void **state)
{
	echoes(*state, "writing");
}

static void a_program_that_calls_connect_again(void **state)
{
	echoes(*state, "asking");
}

static void a_program_that_calls_connect_after_so_error(void **state)
{
	echoes(*state, "asking-twice");
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
		WITH(a_program_that_calls_connect_again),
		WITH(a_program_that_calls_connect_after_so_error),
		WITH(so_error_tells_of_a_failed_handshake),
		WITH(what_cannot_be_is_said),
		cmocka_unit_test(static_programs_are_refused),
	};

	self = argv[0];
	if (argc > 1)
		return run_program(argv[0], argv[1], argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
