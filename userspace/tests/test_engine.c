// SPDX-License-Identifier: GPL-2.0
/* Handshakes begun here, done by workers, ended or given up here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "certs.h"
#include "driver.h"
#include "loopback.h"
#include "peer.h"
#include "worker.h"
/* the module has a handshake.h as well */
#include "../kseald/handshake.h"

enum {
	WORKERS = 3,
	ROUNDS = 60,
	AT_ONCE = 4,
	LONG_MS = 60000,
};

/** struct waiter - who had a handshake begun */
struct waiter {
	struct handshakes list;
	int ended;
	int other_thread;
	pthread_t self;
	struct kseal_result result;
};

static struct certs certs;
static uv_loop_t loop;
static struct mailbox mailbox;
static struct workers workers;
static struct engine engine;
static struct waiter waiter;
static struct kseald_request request;

static struct credentials *load(void)
{
	struct credentials *credentials = malloc(sizeof(*credentials));

	assert_non_null(credentials);
	driver_load(credentials, &certs, (const char *const[]){ "a", NULL });
	return credentials;
}

static int set_up_group(void **state)
{
	(void)state;
	certs_begin(&certs);
	certs_issue(&certs, "a", "a.example", CERT_ECDSA, -1, 10);
	return 0;
}

static int tear_down_group(void **state)
{
	(void)state;
	certs_end(&certs);
	return 0;
}

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(mailbox_open(&mailbox, &loop), 0);
	assert_int_equal(workers_start(&workers, WORKERS), 0);
	engine = (struct engine){
		.mailbox = &mailbox, .workers = &workers, .credentials = load(),
		.timeout_ms = LONG_MS, .limit = 1000,
	};
	log_set_level(LOG_LEVEL_ERROR);
	engine_start(&engine);
	memset(&waiter, 0, sizeof(waiter));
	LIST_INIT(&waiter.list);
	waiter.self = pthread_self();
	driver_request(&request, KSEAL_SERVER, NULL, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	/* ends when every handshake has come back, cancelled ones too */
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(engine.active, 0);
	assert_int_equal(engine.taken, 0);
	assert_int_equal(engine.credentials->users, 0);
	assert_true(LIST_EMPTY(&waiter.list));
	workers_stop(&workers);
	mailbox_close(&mailbox);
	uv_run(&loop, UV_RUN_DEFAULT);
	credentials_release(engine.credentials);
	return uv_loop_close(&loop);
}

static void note_result(void *owner, struct kseal_result *result)
{
	struct waiter *w = owner;

	w->ended++;
	w->result = *result;
	if (!pthread_equal(w->self, pthread_self()))
		w->other_thread++;
	if (result->fd >= 0)
		close(result->fd);
}

static void begin(uint32_t id, int fd)
{
	handshake_begin(&engine, id, fd, &request, &waiter.list, note_result, &waiter);
}

static void run_until_ended(int count)
{
	while (waiter.ended < count)
		uv_run(&loop, UV_RUN_ONCE);
}

static int open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

/* Where the module is not loaded, that is what is wrong in the end. */
static void assert_shaken(const struct kseal_result *result)
{
	assert_true(!result->error || result->error == ENOENT);
	assert_int_equal(result->version, 0x0304);
}

static void assert_closed(int fd)
{
	char byte;

	loopback_wait(fd, POLLIN);
	assert_true(recv(fd, &byte, 1, 0) <= 0);
	close(fd);
}

/* ---- ended -------------------------------------------------------------- */

static void results_come_back_to_the_thread_that_began(void **state)
{
	struct peer peers[AT_ONCE];
	int pair[2], i;

	(void)state;
	for (i = 0; i < AT_ONCE; i++) {
		peers[i] = (struct peer){ .host = "a.example" };
		loopback_pair(pair);
		peer_start(&peers[i], &certs, pair[1]);
		begin(i, pair[0]);
	}
	run_until_ended(AT_ONCE);
	assert_int_equal(waiter.other_thread, 0);
	assert_shaken(&waiter.result);
	for (i = 0; i < AT_ONCE; i++) {
		peer_join(&peers[i]);
		assert_int_equal(peers[i].ret, 0);
		peer_end(&peers[i]);
	}
}

static void what_is_wrong_with_the_request_comes_back_too(void **state)
{
	int pair[2];

	(void)state;
	strcpy(request.identity, "nobody");
	loopback_pair(pair);
	begin(7, pair[0]);
	run_until_ended(1);
	assert_int_equal(waiter.result.id, 7);
	assert_int_equal(waiter.result.error, ENOENT);
	assert_closed(pair[1]);
}

static void wait_for_gate(void *gate)
{
	while (sem_wait(gate))
		;
}

/* All of it has passed when the workers come to it, and the peer would be willing. */
static void time_spent_waiting_for_a_worker_counts(void **state)
{
	/* a worker may come to its note when this function has ended */
	static struct note notes[WORKERS];
	static sem_t gate;
	struct peer peer = { .host = "a.example" };
	int pair[2], i;

	(void)state;
	sem_init(&gate, 0, 0);
	for (i = 0; i < WORKERS; i++)
		worker_post(&workers.list[i], &notes[i], wait_for_gate, &gate);
	engine.timeout_ms = 20;
	loopback_pair(pair);
	peer_start(&peer, &certs, pair[1]);
	begin(1, pair[0]);
	usleep(30000);
	for (i = 0; i < WORKERS; i++)
		sem_post(&gate);
	run_until_ended(1);
	assert_int_equal(waiter.result.error, ETIMEDOUT);
	peer_end(&peer);
}

/* ---- given up ----------------------------------------------------------- */

static void cancel_all(void)
{
	while (!LIST_EMPTY(&waiter.list))
		handshake_cancel(LIST_FIRST(&waiter.list));
}

static void cancelled_before_any_worker_saw_it(void **state)
{
	int pair[2];

	(void)state;
	loopback_pair(pair);
	begin(1, pair[0]);
	cancel_all();
	assert_int_equal(engine.active, 0);
	assert_int_equal(engine.taken, 1);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(engine.taken, 0);
	assert_int_equal(waiter.ended, 0);
	assert_closed(pair[1]);
}

/* At any moment: the worker may have begun, be at it, or have the result on its way. */
static void cancelled_at_any_moment_leaves_nothing(void **state)
{
	struct peer peers[AT_ONCE];
	int pair[2], round, i, before = open_descriptors();

	(void)state;
	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < AT_ONCE; i++) {
			peers[i] = (struct peer){ .host = "a.example" };
			loopback_pair(pair);
			begin(i, pair[0]);
			peer_start(&peers[i], &certs, pair[1]);
		}
		/* some 5 ms in all */
		usleep(round * 100);
		for (i = 0; i < round % 3; i++)
			uv_run(&loop, UV_RUN_NOWAIT);
		cancel_all();
		uv_run(&loop, UV_RUN_DEFAULT);
		assert_int_equal(engine.taken, 0);
		for (i = 0; i < AT_ONCE; i++)
			peer_end(&peers[i]);
	}
	assert_int_equal(open_descriptors(), before);
}

static void given_up_ones_count_until_their_worker_is_done(void **state)
{
	int pair[2];

	(void)state;
	engine.limit = 1;
	loopback_pair(pair);
	begin(1, dup(pair[0]));
	cancel_all();
	begin(2, dup(pair[0]));
	assert_int_equal(waiter.ended, 1);
	assert_int_equal(waiter.result.error, EBUSY);
	uv_run(&loop, UV_RUN_DEFAULT);
	begin(3, pair[0]);
	assert_int_equal(waiter.ended, 1);
	cancel_all();
	close(pair[1]);
}

/* ---- credentials -------------------------------------------------------- */

static void credentials_stay_until_their_last_handshake_has_ended(void **state)
{
	struct credentials *first = engine.credentials;
	struct peer peer = { .host = "a.example" };
	int pair[2], cancelled[2];

	(void)state;
	loopback_pair(pair);
	begin(1, pair[0]);
	loopback_pair(cancelled);
	begin(2, cancelled[0]);
	engine_replace(&engine, load());
	assert_int_equal(first->users, 2);
	handshake_cancel(LIST_FIRST(&waiter.list));
	assert_closed(cancelled[1]);
	peer_start(&peer, &certs, pair[1]);
	run_until_ended(1);
	assert_int_equal(waiter.result.id, 1);
	assert_shaken(&waiter.result);
	peer_end(&peer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(results_come_back_to_the_thread_that_began),
		TEST(what_is_wrong_with_the_request_comes_back_too),
		TEST(time_spent_waiting_for_a_worker_counts),
		TEST(cancelled_before_any_worker_saw_it),
		TEST(cancelled_at_any_moment_leaves_nothing),
		TEST(given_up_ones_count_until_their_worker_is_done),
		TEST(credentials_stay_until_their_last_handshake_has_ended),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("engine", tests, set_up_group, tear_down_group);
}
