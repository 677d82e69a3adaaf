// SPDX-License-Identifier: GPL-2.0
/* The system calls that are left, and those that are not. Each try is a process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/capability.h>

#include "sandbox.h"

enum {
	FINE = 0,
	NOT_FINE = 1,
	NO_SANDBOX = 2,
};

typedef int try_fn(const void *context);

/* What becomes of a process that does so in the sandbox: its exit status, or -signal. */
static int try(try_fn *function, const void *context)
{
	const pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		const struct rlimit none = { 0, 0 };

		setrlimit(RLIMIT_CORE, &none);
		if (sandbox_enter())
			_exit(NO_SANDBOX);
		_exit(function(context));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int call_number(const void *context)
{
	syscall(*(const long *)context, 0, 0, 0, 0, 0, 0);
	return FINE;
}

static void what_only_an_intruder_does_is_deadly(void **state)
{
	static const struct {
		const char *name;
		long number;
	} rows[] = {
		{ "execve", SYS_execve }, { "execveat", SYS_execveat }, { "ptrace", SYS_ptrace },
		{ "process_vm_readv", SYS_process_vm_readv }, { "bpf", SYS_bpf },
		{ "init_module", SYS_init_module }, { "finit_module", SYS_finit_module },
		{ "delete_module", SYS_delete_module }, { "kexec_load", SYS_kexec_load },
		{ "mount", SYS_mount }, { "umount2", SYS_umount2 }, { "chroot", SYS_chroot },
		{ "pivot_root", SYS_pivot_root }, { "unshare", SYS_unshare }, { "setns", SYS_setns },
		{ "setuid", SYS_setuid }, { "setresuid", SYS_setresuid }, { "capset", SYS_capset },
		{ "perf_event_open", SYS_perf_event_open }, { "keyctl", SYS_keyctl },
		{ "userfaultfd", SYS_userfaultfd }, { "reboot", SYS_reboot },
		{ "open_by_handle_at", SYS_open_by_handle_at },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int became = try(call_number, &rows[i].number);

		if (became != -SIGSYS)
			fail_msg("%s gives %d", rows[i].name, became);
	}
}

struct call {
	const char *what;
	long number;
	long args[6];
};

static int is_absent(const void *context)
{
	const struct call *call = context;
	const long *a = call->args;

	return syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]) == -1 && errno == ENOSYS ?
		FINE : NOT_FINE;
}

static void the_rest_does_not_exist(void **state)
{
	static const struct rlimit limit = { 8, 8 };
	const struct call rows[] = {
		{ "fork by clone", SYS_clone, { SIGCHLD } },
		{ "clone3", SYS_clone3, { 0 } },
		{ "kill", SYS_kill, { 1, 0 } },
		{ "a signal to another process", SYS_tgkill, { 1, 1, 0 } },
		{ "io_uring", SYS_io_uring_setup, { 1 } },
		{ "memfd_create", SYS_memfd_create, { (long)"x" } },
		{ "netlink", SYS_socket, { AF_NETLINK, SOCK_RAW } },
		{ "packets", SYS_socket, { AF_PACKET, SOCK_RAW } },
		{ "vsock", SYS_socket, { AF_VSOCK, SOCK_STREAM } },
		{ "executable memory", SYS_mmap,
		  { 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1 } },
		{ "memory made executable", SYS_mprotect,
		  { (long)&limit & -4096, 4096, PROT_READ | PROT_EXEC } },
		{ "TIOCSTI", SYS_ioctl, { 0, TIOCSTI, (long)"x" } },
		{ "core dumps again", SYS_prctl, { PR_SET_DUMPABLE, 1 } },
		{ "another process's limits", SYS_prlimit64, { 1, RLIMIT_NOFILE, 0, 0 } },
		{ "chmod", SYS_fchmodat, { AT_FDCWD, (long)"/", 0755 } },
		{ "mkdir", SYS_mkdirat, { AT_FDCWD, (long)"/nonexistent/x", 0755 } },
		{ "rename", SYS_renameat2, { AT_FDCWD, (long)"/nonexistent/x" } },
		{ "symlink", SYS_symlinkat, { (long)"x", AT_FDCWD, (long)"/nonexistent/x" } },
		{ "chown", SYS_fchownat, { AT_FDCWD, (long)"/nonexistent/x" } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int became = try(is_absent, &rows[i]);

		if (became != FINE)
			fail_msg("%s gives %d", rows[i].what, became);
	}
}

/* ---- what is left ------------------------------------------------------- */

static int tcp_connects(const void *context)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
	socklen_t len = sizeof(addr);
	struct pollfd pfd;
	char byte = 0;
	int server;

	(void)context;
	if (bind(listener, (struct sockaddr *)&addr, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&addr, &len) ||
	    connect(client, (struct sockaddr *)&addr, len))
		return NOT_FINE;
	server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (server < 0 || setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    send(client, "x", 1, MSG_NOSIGNAL) != 1)
		return NOT_FINE;
	pfd = (struct pollfd){ .fd = server, .events = POLLIN };
	return poll(&pfd, 1, 10000) == 1 && recv(server, &byte, 1, 0) == 1 && byte == 'x' ? FINE :
											    NOT_FINE;
}

static int bytes_are_spliced(const void *context)
{
	int from[2], to[2], tube[2];
	char text[3];

	(void)context;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, from) || socketpair(AF_UNIX, SOCK_STREAM, 0, to) ||
	    pipe2(tube, O_CLOEXEC) || write(from[0], "abc", 3) != 3 ||
	    splice(from[1], NULL, tube[1], NULL, 3, SPLICE_F_MOVE) != 3 ||
	    splice(tube[0], NULL, to[0], NULL, 3, SPLICE_F_MOVE) != 3)
		return NOT_FINE;
	return read(to[1], text, 3) == 3 && !memcmp(text, "abc", 3) ? FINE : NOT_FINE;
}

static int files_are_read_and_removed(const void *context)
{
	const char *path = context;
	char text[4];
	FILE *file = fopen(path, "re");

	if (!file || fread(text, 1, 4, file) != 4 || fclose(file))
		return NOT_FINE;
	return !memcmp(text, "text", 4) && !access(path, R_OK) && !unlink(path) ? FINE : NOT_FINE;
}

static void *set(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

static int threads_start(const void *context)
{
	pthread_t thread;
	int ran = 0;

	(void)context;
	if (pthread_create(&thread, NULL, set, &ran) || pthread_join(thread, NULL))
		return NOT_FINE;
	return ran ? FINE : NOT_FINE;
}

static int memory_and_chance(const void *context)
{
	const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	char *memory = malloc(1 << 20), byte;

	(void)context;
	memset(memory, 1, 1 << 20);
	memory = realloc(memory, 1 << 24);
	free(memory);
	return epoll_fd >= 0 && getentropy(&byte, 1) == 0 ? FINE : NOT_FINE;
}

static int aborts(const void *context)
{
	(void)context;
	abort();
}

static void what_handshakes_need_is_left(void **state)
{
	char path[] = "/tmp/kseal-test-XXXXXX";
	const int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "text", 4), 4);
	close(fd);
	assert_int_equal(try(files_are_read_and_removed, path), FINE);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(try(tcp_connects, NULL), FINE);
	assert_int_equal(try(bytes_are_spliced, NULL), FINE);
	assert_int_equal(try(threads_start, NULL), FINE);
	assert_int_equal(try(memory_and_chance, NULL), FINE);
	/* a bug is seen as what it is */
	assert_int_equal(try(aborts, NULL), -SIGABRT);
}

/* ---- threads that were there before ------------------------------------- */

static sem_t go_on;
static int netlink_errno;

static void *open_netlink(void *arg)
{
	(void)arg;
	sem_wait(&go_on);
	netlink_errno = socket(AF_NETLINK, SOCK_RAW, 0) < 0 ? errno : 0;
	return NULL;
}

static void threads_of_before_are_in_it_too(void **state)
{
	const pid_t pid = fork();
	pthread_t thread;
	int status;

	(void)state;
	if (!pid) {
		sem_init(&go_on, 0, 0);
		pthread_create(&thread, NULL, open_netlink, NULL);
		if (sandbox_enter())
			_exit(NO_SANDBOX);
		sem_post(&go_on);
		pthread_join(thread, NULL);
		_exit(netlink_errno == ENOSYS ? FINE : NOT_FINE);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), FINE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_only_an_intruder_does_is_deadly),
		cmocka_unit_test(the_rest_does_not_exist),
		cmocka_unit_test(what_handshakes_need_is_left),
		cmocka_unit_test(threads_of_before_are_in_it_too),
	};

	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
