// SPDX-License-Identifier: GPL-2.0
/* Readiness, as service managers and scripts want it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "notify.h"
#include "watchdog.h"

static void ready_descriptor_gets_a_line_and_is_closed(void **state)
{
	char buf[4];
	int fds[2];

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(notify_ready(fds[1]), 0);
	assert_int_equal(read(fds[0], buf, sizeof(buf)), 1);
	assert_int_equal(buf[0], '\n');
	assert_int_equal(read(fds[0], buf, sizeof(buf)), 0);
	close(fds[0]);
}

static void nothing_to_tell_is_no_error(void **state)
{
	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_ready(-1), 0);
}

/* As sd_notify(3): @name in the abstract namespace when it begins with '@'. */
static void check_manager(const char *name)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char buf[32];
	ssize_t len;

	strcpy(addr.sun_path, name);
	if (*name == '@')
		addr.sun_path[0] = '\0';
	assert_int_equal(bind(sock, (struct sockaddr *)&addr,
			      offsetof(struct sockaddr_un, sun_path) +
			      strlen(name)), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_ready(-1), 0);
	len = recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
	assert_int_equal(len, 7);
	assert_memory_equal(buf, "READY=1", 7);
	notify_stopping();
	len = recv(sock, buf, sizeof(buf), MSG_DONTWAIT);
	assert_int_equal(len, 10);
	assert_memory_equal(buf, "STOPPING=1", 10);
	close(sock);
	unsetenv("NOTIFY_SOCKET");
}

static void service_manager_is_told(void **state)
{
	char dir[] = "/tmp/kseal-test-XXXXXX";
	char name[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(name, sizeof(name), "%s/notify", dir);
	check_manager(name);
	unlink(name);
	rmdir(dir);
	snprintf(name, sizeof(name), "@kseal-test-%d", getpid());
	check_manager(name);
}

static int manager_at(char *name, size_t size)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(name, size, "@kseal-test-%d", getpid());
	strcpy(addr.sun_path, name);
	addr.sun_path[0] = '\0';
	assert_int_equal(bind(sock, (struct sockaddr *)&addr, offsetof(struct sockaddr_un, sun_path) +
			      strlen(name)), 0);
	setenv("NOTIFY_SOCKET", name, 1);
	return sock;
}

static void reloads_are_told_with_their_time(void **state)
{
	unsigned long long before, told;
	struct timespec now;
	char name[64], buf[64] = "";
	int sock;

	(void)state;
	sock = manager_at(name, sizeof(name));
	clock_gettime(CLOCK_MONOTONIC, &now);
	before = now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
	notify_reloading();
	assert_true(recv(sock, buf, sizeof(buf) - 1, MSG_DONTWAIT) > 0);
	assert_int_equal(sscanf(buf, "RELOADING=1\nMONOTONIC_USEC=%llu", &told), 1);
	assert_true(told >= before);
	notify_reloaded();
	assert_int_equal(recv(sock, buf, sizeof(buf), MSG_DONTWAIT), 7);
	assert_memory_equal(buf, "READY=1", 7);
	close(sock);
	unsetenv("NOTIFY_SOCKET");
}

static void watchdog_is_for_the_process_it_names(void **state)
{
	static const struct {
		const char *usec;
		unsigned int ms;
	} rows[] = {
		{ "30000000", 30000 }, { "1999", 1 }, { "", 0 }, { "-1", 0 }, { "5s", 0 },
		{ "99999999999999999999999", 0 },
	};
	char pid[16];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	assert_int_equal(notify_watchdog_ms(), 0);
	snprintf(pid, sizeof(pid), "%d", getpid());
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setenv("WATCHDOG_USEC", rows[i].usec, 1);
		unsetenv("WATCHDOG_PID");
		assert_int_equal(notify_watchdog_ms(), rows[i].ms);
		setenv("WATCHDOG_PID", pid, 1);
		assert_int_equal(notify_watchdog_ms(), rows[i].ms);
		setenv("WATCHDOG_PID", "1", 1);
		assert_int_equal(notify_watchdog_ms(), 0);
	}
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static uv_sem_t gate;

static void wait_at_the_gate(void *context)
{
	(void)context;
	uv_sem_wait(&gate);
}

static void count(uv_timer_t *timer)
{
	++*(unsigned int *)timer->data;
}

/* A worker that hangs keeps the others' answers from being enough. */
static void watchdog_hears_of_threads_that_all_work(void **state)
{
	static struct watchdog watchdog;
	struct workers workers;
	struct mailbox mailbox;
	unsigned int ticks = 0;
	struct note note;
	uv_timer_t ticker;
	char name[64], buf[16];
	uv_loop_t loop;
	int sock;

	(void)state;
	sock = manager_at(name, sizeof(name));
	setenv("WATCHDOG_USEC", "20000", 1);
	uv_sem_init(&gate, 0);
	uv_loop_init(&loop);
	assert_int_equal(mailbox_open(&mailbox, &loop), 0);
	assert_int_equal(workers_start(&workers, 2), 0);
	worker_post(&workers.list[1], &note, wait_at_the_gate, NULL);
	watchdog.mailbox = &mailbox;
	watchdog.workers = &workers;
	watchdog_start(&watchdog, &loop);
	uv_timer_init(&loop, &ticker);
	ticker.data = &ticks;
	uv_timer_start(&ticker, count, 10, 10);
	while (ticks < 10)
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(recv(sock, buf, sizeof(buf), MSG_DONTWAIT), -1);
	uv_sem_post(&gate);
	while (recv(sock, buf, sizeof(buf), MSG_DONTWAIT) != 10)
		uv_run(&loop, UV_RUN_ONCE);
	assert_memory_equal(buf, "WATCHDOG=1", 10);
	watchdog_stop(&watchdog);
	uv_close((uv_handle_t *)&ticker, NULL);
	/* what is under way comes back */
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(watchdog.missing, 0);
	workers_stop(&workers);
	mailbox_close(&mailbox);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	close(sock);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
}

static void absent_manager_is_an_error(void **state)
{
	(void)state;
	setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
	assert_int_equal(notify_ready(-1), -ENOENT);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(notify_ready(-1), -EINVAL);
	unsetenv("NOTIFY_SOCKET");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_descriptor_gets_a_line_and_is_closed),
		cmocka_unit_test(nothing_to_tell_is_no_error),
		cmocka_unit_test(service_manager_is_told),
		cmocka_unit_test(absent_manager_is_an_error),
		cmocka_unit_test(reloads_are_told_with_their_time),
		cmocka_unit_test(watchdog_is_for_the_process_it_names),
		cmocka_unit_test(watchdog_hears_of_threads_that_all_work),
	};

	return cmocka_run_group_tests_name("notify", tests, NULL, NULL);
}
