// SPDX-License-Identifier: GPL-2.0
/* kseald's threads: notes between them, and sockets they wait for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>

#include "worker.h"

enum {
	SENDERS = 4,
	NOTES = 500,
	SOCKETS = 3,
};

static uv_loop_t loop;
static struct mailbox mailbox;

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	assert_int_equal(mailbox_open(&mailbox, &loop), 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	mailbox_close(&mailbox);
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop);
}

/* ---- notes -------------------------------------------------------------- */

/** struct sender - a thread that posts @notes, numbered by their place */
struct sender {
	pthread_t thread;
	struct note notes[NOTES];
	struct numbered {
		struct sender *sender;
		unsigned int number;
	} numbered[NOTES];
	unsigned int next;
	unsigned int wrong;
};

static void meet(void *context)
{
	struct numbered *numbered = context;

	if (numbered->number != numbered->sender->next++)
		numbered->sender->wrong++;
	if (numbered->number == NOTES - 1)
		mailbox_let_go(&mailbox);
}

static void *send_all(void *arg)
{
	struct sender *sender = arg;
	unsigned int i;

	for (i = 0; i < NOTES; i++) {
		sender->numbered[i] = (struct numbered){ sender, i };
		mailbox_post(&mailbox, &sender->notes[i], meet, &sender->numbered[i]);
	}
	return NULL;
}

static void notes_of_one_thread_come_in_their_order(void **state)
{
	static struct sender senders[SENDERS];
	int i;

	(void)state;
	for (i = 0; i < SENDERS; i++) {
		mailbox_hold(&mailbox);
		assert_int_equal(pthread_create(&senders[i].thread, NULL, send_all,
						&senders[i]), 0);
	}
	/* ends when all have let go */
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	for (i = 0; i < SENDERS; i++) {
		pthread_join(senders[i].thread, NULL);
		assert_int_equal(senders[i].next, NOTES);
		assert_int_equal(senders[i].wrong, 0);
	}
}

static void loop_ends_when_nobody_holds_the_mailbox(void **state)
{
	(void)state;
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	mailbox_hold(&mailbox);
	mailbox_hold(&mailbox);
	mailbox_let_go(&mailbox);
	assert_int_not_equal(uv_run(&loop, UV_RUN_NOWAIT), 0);
	mailbox_let_go(&mailbox);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
}

/* ---- workers ------------------------------------------------------------ */

/** struct errand - there and back */
struct errand {
	struct worker *worker;
	struct note note;
	pthread_t there;
	int unblocked;
	pthread_t back;
};

static void come_home(void *context)
{
	struct errand *errand = context;

	errand->back = pthread_self();
	worker_give_back(errand->worker);
	mailbox_let_go(&mailbox);
}

static void look_around(void *context)
{
	struct errand *errand = context;
	sigset_t blocked;

	errand->there = pthread_self();
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	errand->unblocked = !sigismember(&blocked, SIGTERM) || !sigismember(&blocked, SIGHUP);
	mailbox_post(&mailbox, &errand->note, come_home, errand);
}

static void work_is_done_by_threads_and_comes_back(void **state)
{
	struct errand errands[6] = { 0 };
	struct workers workers;
	int i, j;

	(void)state;
	assert_int_equal(workers_start(&workers, 3), 0);
	for (i = 0; i < 6; i++) {
		errands[i].worker = worker_take(&workers);
		mailbox_hold(&mailbox);
		worker_post(errands[i].worker, &errands[i].note, look_around, &errands[i]);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	for (i = 0; i < 6; i++) {
		assert_true(pthread_equal(errands[i].back, pthread_self()));
		assert_false(pthread_equal(errands[i].there, pthread_self()));
		assert_false(errands[i].unblocked);
		for (j = 0; j < i; j++)
			assert_int_equal(pthread_equal(errands[i].there, errands[j].there) != 0,
					 errands[i].worker == errands[j].worker);
	}
	workers_stop(&workers);
}

static void who_has_least_to_do_gets_more(void **state)
{
	struct worker *taken[4];
	struct workers workers;
	int i;

	(void)state;
	assert_int_equal(workers_start(&workers, 3), 0);
	for (i = 0; i < 3; i++)
		taken[i] = worker_take(&workers);
	assert_ptr_not_equal(taken[0], taken[1]);
	assert_ptr_not_equal(taken[0], taken[2]);
	assert_ptr_not_equal(taken[1], taken[2]);
	worker_give_back(taken[1]);
	assert_ptr_equal(worker_take(&workers), taken[1]);
	worker_take(&workers);
	worker_take(&workers);
	worker_take(&workers);
	worker_give_back(taken[2]);
	assert_ptr_equal(worker_take(&workers), taken[2]);
	workers_stop(&workers);
}

/* ---- sockets ------------------------------------------------------------ */

/** struct guest - a socket that is watched; whoever is told first unwatches all others */
struct guest {
	struct watched watched;
	int pair[2];
	int told;
};

static struct watch watch;
static struct guest guests[SOCKETS];

static void tell(struct watched *watched, uint32_t events)
{
	struct guest *guest = (struct guest *)watched;
	int i;

	assert_true(events & EPOLLIN);
	guest->told++;
	for (i = 0; i < SOCKETS; i++)
		if (&guests[i] != guest)
			watch_unset(&watch, &guests[i].watched);
}

static void set_up_guests(void)
{
	int i;

	memset(guests, 0, sizeof(guests));
	assert_int_equal(watch_open(&watch, &loop), 0);
	for (i = 0; i < SOCKETS; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, guests[i].pair), 0);
		guests[i].watched.ready = tell;
		assert_int_equal(watch_set(&watch, &guests[i].watched, guests[i].pair[0],
					   EPOLLIN), 0);
		assert_int_equal(write(guests[i].pair[1], "x", 1), 1);
	}
}

static void tear_down_guests(void)
{
	int i;

	for (i = 0; i < SOCKETS; i++) {
		watch_unset(&watch, &guests[i].watched);
		close(guests[i].pair[0]);
		close(guests[i].pair[1]);
	}
	watch_close(&watch);
	uv_run(&loop, UV_RUN_DEFAULT);
}

static int times_told(void)
{
	return guests[0].told + guests[1].told + guests[2].told;
}

/* All three are ready at once, so that what was fetched for the others is stale. */
static void socket_no_longer_watched_is_not_told_of(void **state)
{
	int i;

	(void)state;
	set_up_guests();
	while (!times_told())
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(times_told(), 1);
	/* for as long as there is something to read */
	while (times_told() < 3)
		uv_run(&loop, UV_RUN_ONCE);
	for (i = 0; i < SOCKETS; i++)
		assert_true(guests[i].told == 0 || guests[i].told == 3);
	tear_down_guests();
}

static void events_asked_for_can_change(void **state)
{
	int i;

	(void)state;
	set_up_guests();
	for (i = 0; i < SOCKETS; i++)
		assert_int_equal(watch_set(&watch, &guests[i].watched, guests[i].pair[0],
					   EPOLLPRI), 0);
	uv_run(&loop, UV_RUN_NOWAIT);
	uv_run(&loop, UV_RUN_NOWAIT);
	assert_int_equal(times_told(), 0);
	assert_int_equal(watch_set(&watch, &guests[1].watched, guests[1].pair[0], EPOLLIN), 0);
	while (!times_told())
		uv_run(&loop, UV_RUN_ONCE);
	assert_int_equal(guests[1].told, 1);
	tear_down_guests();
}

static void what_cannot_be_watched_is_an_error(void **state)
{
	struct watched file = { .ready = tell };

	(void)state;
	assert_int_equal(watch_open(&watch, &loop), 0);
	assert_int_equal(watch_set(&watch, &file, -1, EPOLLIN), -EBADF);
	watch_unset(&watch, &file);
	watch_close(&watch);
	uv_run(&loop, UV_RUN_DEFAULT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(notes_of_one_thread_come_in_their_order),
		TEST(loop_ends_when_nobody_holds_the_mailbox),
		TEST(work_is_done_by_threads_and_comes_back),
		TEST(who_has_least_to_do_gets_more),
		TEST(socket_no_longer_watched_is_not_told_of),
		TEST(events_asked_for_can_change),
		TEST(what_cannot_be_watched_is_an_error),
	};

	return cmocka_run_group_tests_name("worker", tests, NULL, NULL);
}
