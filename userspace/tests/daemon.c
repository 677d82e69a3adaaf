// SPDX-License-Identifier: GPL-2.0
/* kseald itself, as built, in a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>

#include "daemon.h"

enum {
	MAX_ARGS = 12,
	READY_FD = 9,
	PASSED_FD = 3,
};

void daemon_prepare(struct daemon *daemon)
{
	memset(daemon, 0, sizeof(*daemon));
	strcpy(daemon->dir, "/tmp/kseald-test-XXXXXX");
	assert_non_null(mkdtemp(daemon->dir));
	/* one directory more, for it to make */
	snprintf(daemon->socket, sizeof(daemon->socket), "%s/run/broker",
		 daemon->dir);
	snprintf(daemon->log, sizeof(daemon->log), "%s/log", daemon->dir);
}

/* As sd_listen_fds(3) expects it. */
static void pass_socket(int sock, const char *name)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	dup2(sock, PASSED_FD);
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_FDNAMES", name ? name : "broker", 1);
}

static void run(struct daemon *daemon, const char *const *args, int ready)
{
	const char *build = getenv("KSEAL_BUILD");
	char program[256], socket_arg[128], ready_arg[32];
	char *argv[MAX_ARGS + 4] = { program, socket_arg, ready_arg };
	int log, i;

	snprintf(program, sizeof(program), "%s/kseald", build ? build : ".");
	snprintf(socket_arg, sizeof(socket_arg), "--socket=%s", daemon->socket);
	snprintf(ready_arg, sizeof(ready_arg), "--ready-fd=%d", READY_FD);
	for (i = 0; args[i] && i < MAX_ARGS; i++)
		argv[3 + i] = (char *)args[i];
	log = open(daemon->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	dup2(log, STDERR_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(ready, READY_FD);
	if (daemon->passed)
		pass_socket(daemon->passed, daemon->passed_name);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("JOURNAL_STREAM");
	execv(program, argv);
	fprintf(stderr, "cannot run %s (is KSEAL_BUILD right?): %s\n", program,
		strerror(errno));
	_exit(127);
}

/* Returns whether it became ready; otherwise it has ended. */
static int start(struct daemon *daemon, const char *const *args)
{
	int ready[2];
	char byte;
	int n;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	daemon->pid = fork();
	assert_true(daemon->pid >= 0);
	if (!daemon->pid)
		run(daemon, args, ready[1]);
	close(ready[1]);
	n = read(ready[0], &byte, 1);
	close(ready[0]);
	return n == 1;
}

void daemon_start(struct daemon *daemon, const char *const *args)
{
	if (start(daemon, args))
		return;
	fail_msg("kseald ends with %d, see %s", daemon_wait(daemon),
		 daemon->log);
}

int daemon_try(struct daemon *daemon, const char *const *args)
{
	if (!start(daemon, args))
		return daemon_wait(daemon);
	daemon_stop(daemon);
	fail_msg("kseald runs although it should not");
	return 0;
}

int daemon_wait(struct daemon *daemon)
{
	int status;

	assert_int_equal(waitpid(daemon->pid, &status, 0), daemon->pid);
	daemon->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

int daemon_stop(struct daemon *daemon)
{
	kill(daemon->pid, SIGTERM);
	return daemon_wait(daemon);
}

int daemon_logged(const struct daemon *daemon, const char *text)
{
	FILE *file = fopen(daemon->log, "r");
	char line[1024];
	int found = 0;

	assert_non_null(file);
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, text) != NULL;
	fclose(file);
	return found;
}

int daemon_descriptors(const struct daemon *daemon)
{
	char path[64];
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", daemon->pid);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

void daemon_clean(struct daemon *daemon)
{
	char run_dir[96];

	if (daemon->pid) {
		kill(daemon->pid, SIGKILL);
		daemon_wait(daemon);
	}
	snprintf(run_dir, sizeof(run_dir), "%s/run", daemon->dir);
	unlink(daemon->socket);
	unlink(daemon->log);
	rmdir(run_dir);
	rmdir(daemon->dir);
}
