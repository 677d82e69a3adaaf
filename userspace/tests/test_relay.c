// SPDX-License-Identifier: GPL-2.0
/* Bytes between two sockets, by plain ones: a client's, a back end's, and the relay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "loopback.h"
#include "relay_rig.h"

enum {
	MUCH = 100 * 1000 * 1000,
	CHUNK = 65536,
	MANY = 100,
	/* far more than two sockets' buffers and a pipe take */
	TOO_MUCH = 64 * 1024 * 1024,
};

/* ---- much -------------------------------------------------------------------- */

/** struct stream - bytes in one direction: who writes them, who checks them */
struct stream {
	int from, to;
	uint32_t seed;
	size_t wrong;
	size_t got;
};

static void fill(uint32_t *seed, uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		*seed = *seed * 1664525 + 1013904223;
		words[i] = *seed;
	}
}

static void *write_much(void *arg)
{
	const struct stream *stream = arg;
	static __thread uint32_t words[CHUNK / 4];
	uint32_t seed = stream->seed;
	size_t left = MUCH;
	ssize_t n;

	while (left) {
		fill(&seed, words, CHUNK / 4);
		for (size_t at = 0; left && at < CHUNK; at += n, left -= n) {
			n = send(stream->from, (char *)words + at,
				 left < CHUNK - at ? left : CHUNK - at, MSG_NOSIGNAL);
			if (n < 0)
				return NULL;
		}
	}
	shutdown(stream->from, SHUT_WR);
	return NULL;
}

static void *read_much(void *arg)
{
	struct stream *stream = arg;
	static __thread uint32_t words[CHUNK / 4], wanted[CHUNK / 4];
	uint32_t seed = stream->seed;
	ssize_t n;

	while ((n = recv(stream->to, words, CHUNK, MSG_WAITALL)) > 0) {
		fill(&seed, wanted, CHUNK / 4);
		stream->wrong += memcmp(words, wanted, n) != 0;
		stream->got += n;
	}
	return NULL;
}

static void much_passes_both_ways_at_once(struct rig *rig, void (*pair)(int pair[2]))
{
	struct stream streams[2] = { { .seed = 1 }, { .seed = 2 } };
	pthread_t threads[4];

	rig_connect(rig, pair);
	streams[0].from = rig->client;
	streams[0].to = rig->backend;
	streams[1].from = rig->backend;
	streams[1].to = rig->client;
	for (int i = 0; i < 2; i++) {
		pthread_create(&threads[2 * i], NULL, write_much, &streams[i]);
		pthread_create(&threads[2 * i + 1], NULL, read_much, &streams[i]);
	}
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	rig_await(rig);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(streams[i].got, MUCH);
		assert_int_equal(streams[i].wrong, 0);
	}
	assert_int_equal(rig->report.in, MUCH);
	assert_int_equal(rig->report.out, MUCH);
	assert_int_equal(rig->report.error, 0);
}

static void much_passes_between_tcp_sockets(void **state)
{
	much_passes_both_ways_at_once(*state, loopback_pair);
}

static void much_passes_between_unix_sockets(void **state)
{
	much_passes_both_ways_at_once(*state, unix_pair);
}

/* ---- ends ---------------------------------------------------------------------- */

static void a_client_that_has_said_all_still_gets_its_answer(void **state)
{
	struct rig *rig = *state;

	rig_connect(rig, loopback_pair);
	send_text(rig->client, "a question");
	shutdown(rig->client, SHUT_WR);
	expect_text(rig->backend, "a question");
	expect_end(rig->backend);
	send_text(rig->backend, "an answer");
	expect_text(rig->client, "an answer");
	leave(&rig->backend);
	expect_end(rig->client);
	rig_await(rig);
	assert_int_equal(rig->report.error, 0);
	assert_string_equal(rig->report.how, "both sides ended");
	assert_int_equal(rig->report.in, 10);
	assert_int_equal(rig->report.out, 9);
}

static void a_back_end_that_has_said_all_still_hears_the_client(void **state)
{
	struct rig *rig = *state;

	rig_connect(rig, loopback_pair);
	send_text(rig->backend, "welcome");
	shutdown(rig->backend, SHUT_WR);
	expect_text(rig->client, "welcome");
	expect_end(rig->client);
	send_text(rig->client, "late");
	expect_text(rig->backend, "late");
	leave(&rig->client);
	expect_end(rig->backend);
	rig_await(rig);
	assert_int_equal(rig->report.error, 0);
}

/* It has ended, and has got all: that it does not wait for the end is its business. */
static void a_client_that_does_not_wait_for_the_end_is_fine(void **state)
{
	struct rig *rig = *state;

	rig_connect(rig, unix_pair);
	send_text(rig->client, "bye");
	shutdown(rig->client, SHUT_WR);
	expect_text(rig->backend, "bye");
	expect_end(rig->backend);
	leave(&rig->client);
	leave(&rig->backend);
	rig_await(rig);
	assert_int_equal(rig->report.error, 0);
}

static void a_client_that_breaks_resets_the_back_end(void **state)
{
	struct rig *rig = *state;

	rig_connect(rig, loopback_pair);
	send_text(rig->client, "half a quest");
	expect_text(rig->backend, "half a quest");
	reset(&rig->client);
	expect_reset(rig->backend);
	rig_await(rig);
	assert_int_equal(rig->report.error, ECONNRESET);
	assert_string_equal(rig->report.how, "the client broke: Connection reset by peer");
	assert_false(rig->report.fault);
}

/* Its first half has gone; what it says of the second is not taken for an end. */
static void a_client_that_breaks_later_does_so_too(void **state)
{
	struct rig *rig = *state;

	rig_connect(rig, loopback_pair);
	shutdown(rig->client, SHUT_WR);
	expect_end(rig->backend);
	reset(&rig->client);
	/* nobody waits for either socket: epoll tells all the same */
	rig_await(rig);
	/* which error it is depends on the state that TCP was in */
	assert_int_not_equal(rig->report.error, 0);
	assert_non_null(strstr(rig->report.how, "the client broke: "));
}

static void a_back_end_that_breaks_is_heard_first(void **state)
{
	struct rig *rig = *state;

	rig_connect(rig, loopback_pair);
	send_text(rig->backend, "half an answ");
	expect_text(rig->client, "half an answ");
	reset(&rig->backend);
	expect_reset(rig->client);
	rig_await(rig);
	assert_int_equal(rig->report.error, ECONNRESET);
	assert_string_equal(rig->report.how, "the back end broke: Connection reset by peer");
	assert_true(rig->report.fault);
	assert_int_equal(rig->report.out, 12);
}

/* It answers before it has heard all, and goes: the answer arrives. */
static void an_early_answer_arrives(void **state)
{
	char *junk = calloc(1, TOO_MUCH);
	struct rig *rig = *state;
	ssize_t n;

	assert_non_null(junk);
	rig_connect(rig, loopback_pair);
	fcntl(rig->client, F_SETFL, O_NONBLOCK);
	n = send(rig->client, junk, TOO_MUCH, MSG_NOSIGNAL);
	assert_true(n > 0 && n < TOO_MUCH);
	expect_text(rig->backend, "\0\0\0\0");
	send_text(rig->backend, "too large");
	/* with bytes unread this is a reset */
	leave(&rig->backend);
	rig_await(rig);
	fcntl(rig->client, F_SETFL, 0);
	expect_text(rig->client, "too large");
	expect_reset(rig->client);
	assert_int_not_equal(rig->report.error, 0);
	assert_int_equal(rig->report.out, 9);
	free(junk);
}

static void without_a_back_end_the_client_is_told(void **state)
{
	struct rig *rig = *state;
	int ends[2];

	loopback_pair(ends);
	send_text(ends[0], "is anybody there?");
	rig->setup = (struct relay_setup){ .client = ends[1], .backend = -1,
					  .error = ECONNREFUSED, .how = "nobody" };
	rig_start(rig);
	rig_await(rig);
	expect_reset(ends[0]);
	assert_int_equal(rig->report.error, ECONNREFUSED);
	assert_string_equal(rig->report.how, "the back end broke: nobody");
	assert_int_equal(rig->report.in, 0);
	close(ends[0]);
}

static void one_that_is_cut_off_is_reset_at_both_ends(void **state)
{
	struct rig *rig = *state;

	rig_connect(rig, loopback_pair);
	rig_order(rig, RIG_ABORT);
	rig_await(rig);
	expect_reset(rig->client);
	expect_reset(rig->backend);
	assert_int_equal(rig->report.error, ECANCELED);
	assert_string_equal(rig->report.how, "cut off: a test");
}

static void one_that_idles_too_long_is_cut_off(void **state)
{
	struct rig *rig = *state;

	rig->setup.idle_ms = 100;
	rig_connect(rig, loopback_pair);
	send_text(rig->client, "hello");
	expect_text(rig->backend, "hello");
	rig_await(rig);
	assert_int_equal(rig->report.error, ETIMEDOUT);
	expect_reset(rig->client);
	expect_reset(rig->backend);
}

/* ---- limits -------------------------------------------------------------------- */

/* Write until nothing is taken any more. Return: bytes. */
static size_t stuff(int fd, const char *junk)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };
	size_t sent = 0;
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	/* the relay has taken what it can when a while brings no more room */
	while (sent < TOO_MUCH && poll(&pfd, 1, 500) == 1) {
		n = send(fd, junk, TOO_MUCH - sent, MSG_NOSIGNAL);
		if (n < 0)
			break;
		sent += n;
	}
	return sent;
}

static void a_stalled_reader_stalls_its_direction_alone(void **state)
{
	char *junk = calloc(1, TOO_MUCH);
	size_t sent, got = 0;
	struct rig *rig = *state;
	ssize_t n;

	assert_non_null(junk);
	rig_connect(rig, loopback_pair);
	sent = stuff(rig->backend, junk);
	assert_true(sent < TOO_MUCH);
	send_text(rig->client, "meanwhile");
	fcntl(rig->backend, F_SETFL, 0);
	expect_text(rig->backend, "meanwhile");
	shutdown(rig->backend, SHUT_WR);
	while ((n = recv(rig->client, junk, TOO_MUCH, 0)) > 0)
		got += n;
	assert_int_equal(n, 0);
	assert_int_equal(got, sent);
	leave(&rig->client);
	expect_end(rig->backend);
	rig_await(rig);
	assert_int_equal(rig->report.error, 0);
	assert_int_equal(rig->report.out, sent);
	free(junk);
}

static int descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void idle_ones_cost_two_sockets_each(void **state)
{
	int far[MANY][2], before, ends[2];
	struct rig rig;

	(void)state;
	rig_open(&rig);
	before = descriptors();
	for (int i = 0; i < MANY; i++) {
		rig_connect(&rig, loopback_pair);
		far[i][0] = rig.client;
		far[i][1] = rig.backend;
		send_text(far[i][0], "x");
		send_text(far[i][1], "y");
	}
	for (int i = 0; i < MANY; i++) {
		expect_text(far[i][1], "x");
		expect_text(far[i][0], "y");
	}
	/* the last pipe has gone back once another relay has started */
	loopback_pair(ends);
	rig.setup = (struct relay_setup){ .client = ends[1], .backend = -1, .error = EIO,
					  .how = "none" };
	rig_start(&rig);
	rig_await(&rig);
	close(ends[0]);
	assert_true(descriptors() <= before + 4 * MANY + 2 * PIPES_KEPT);
	for (int i = 0; i < MANY; i++) {
		close(far[i][0]);
		close(far[i][1]);
	}
	for (int i = 0; i < MANY; i++)
		rig_await(&rig);
	rig.client = rig.backend = -1;
	rig_close(&rig);
	assert_int_equal(descriptors(), before - 6);
}

static void without_descriptors_for_a_pipe_bytes_wait(void **state)
{
	struct rlimit limit, none;
	struct pollfd pfd;
	struct rig *rig = *state;

	rig_pairs(rig, loopback_pair);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = limit;
	none.rlim_cur = 3;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	rig_start(rig);
	send_text(rig->client, "patience");
	pfd = (struct pollfd){ .fd = rig->backend, .events = POLLIN };
	/* poll() takes one descriptor under this limit */
	assert_int_equal(poll(&pfd, 1, 300), 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	expect_text(rig->backend, "patience");
	leave(&rig->client);
	expect_end(rig->backend);
	leave(&rig->backend);
	rig_await(rig);
	assert_int_equal(rig->report.error, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(much_passes_between_tcp_sockets),
		TEST(much_passes_between_unix_sockets),
		TEST(a_client_that_has_said_all_still_gets_its_answer),
		TEST(a_back_end_that_has_said_all_still_hears_the_client),
		TEST(a_client_that_does_not_wait_for_the_end_is_fine),
		TEST(a_client_that_breaks_resets_the_back_end),
		TEST(a_client_that_breaks_later_does_so_too),
		TEST(a_back_end_that_breaks_is_heard_first),
		TEST(an_early_answer_arrives),
		TEST(without_a_back_end_the_client_is_told),
		TEST(one_that_is_cut_off_is_reset_at_both_ends),
		TEST(one_that_idles_too_long_is_cut_off),
		TEST(a_stalled_reader_stalls_its_direction_alone),
		cmocka_unit_test(idle_ones_cost_two_sockets_each),
		TEST(without_descriptors_for_a_pipe_bytes_wait),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("relay", tests, NULL, NULL);
}
