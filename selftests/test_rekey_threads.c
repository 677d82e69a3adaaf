// SPDX-License-Identifier: GPL-2.0
/* Keys that change while other threads are in the middle of their calls. */
#include "lib/fixture.h"
#include <fcntl.h>
#include <sched.h>
#include <sys/sendfile.h>

enum {
	KEYS = 40,		/* replaced in one test */
	LEN = 2000000,		/* bytes that pass meanwhile */
};

KT_FIXTURE_13(threads)

/* ---- sending ---------------------------------------------------------------- */

/* Every key there will be, so that both ends know them. */
struct chain {
	struct kt_link *link;
	struct kt_key keys[KEYS + 1];
	int fd;
	bool stop;
	_Atomic int installed;
	int due;
};

static void make_chain(struct chain *chain, struct kt_link *link, struct kt_key *first)
{
	chain->link = link;
	chain->fd = link->fd;
	chain->stop = false;
	chain->installed = 0;
	chain->keys[0] = *first;
	for (int i = 0; i < KEYS; i++)
		kt_key_next(&chain->keys[i], &chain->keys[i + 1]);
}

/* One key after the other, each when some more has been sent. */
static ssize_t replace_keys(void *arg)
{
	struct chain *chain = arg;
	struct kseal_info info;

	for (int i = 1; i <= KEYS; i++) {
		do {
			if (kt_info_get(chain->fd, &info))
				return -1;
		} while (info.tx_bytes < (uint64_t)LEN / KEYS * (i - 1) / 2);
		if (kt_install(chain->fd, TLS_TX, &chain->keys[i]))
			return kt_errno("a second TLS_TX");
		chain->installed = i;
	}
	return KEYS;
}

static long long due_is_installed(void *arg)
{
	const struct chain *chain = arg;

	return chain->installed >= chain->due;
}

/* The sender is not to be done before the keys are: who is slow sets the pace. */
static int wait_for_keys(struct chain *chain, size_t done)
{
	chain->due = done * 2 * KEYS / LEN;
	if (chain->due > KEYS)
		chain->due = KEYS;
	return kt_wait_for(due_is_installed, chain, 1);
}

/* One record, with the key in use or one that follows. Return: 0; -1. */
static int open_with_any(struct chain *chain, int *at, const uint8_t *wire, size_t len,
			 struct kt_record *record)
{
	while (kt_open(&chain->link->out, wire, len, record)) {
		if (++*at > KEYS) {
			kt_say("no key opens this record");
			return -1;
		}
		if (kt_flow_rekey(&chain->link->out, &chain->keys[*at]))
			return -1;
	}
	return 0;
}

/* All of the stream comes, in order, whatever it was sealed with. */
static int expect_stream(struct chain *chain, size_t len, int *at)
{
	static uint8_t wire[KT_MAX_WIRE];
	static struct kt_record record;
	size_t done = 0;

	for (*at = 0; done < len; done += record.len) {
		size_t body;

		if (wait_for_keys(chain, done) || kt_read_full(chain->link->raw, wire, KT_HEADER))
			return -1;
		body = wire[3] << 8 | wire[4];
		if (kt_read_full(chain->link->raw, wire + KT_HEADER, body) ||
		    open_with_any(chain, at, wire, KT_HEADER + body, &record) ||
		    kt_check(record.data, record.len, done))
			return -1;
	}
	return 0;
}

static int send_with_changing_keys(struct kt_link *link, struct kt_task *sender, int *at)
{
	static struct chain chain;
	struct kt_task keys;
	int ret;

	make_chain(&chain, link, &link->out.key);
	if (kt_task_start(&keys, replace_keys, &chain))
		return -1;
	ret = expect_stream(&chain, LEN, at);
	if (kt_task_join(&keys) != KEYS || kt_task_join(sender) != LEN)
		return -1;
	return ret;
}

KT_TEST(threads, sender_in_one_long_call)
{
	struct kt_writer writer = { .len = LEN };
	int at;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	writer.fd = self->link.fd;
	ASSERT_EQ(0, kt_writer_start(&writer));
	EXPECT_EQ(0, send_with_changing_keys(&self->link, &writer.task, &at));
	EXPECT_GE(at, KEYS - 1);
}

KT_TEST(threads, sender_in_many_calls)
{
	struct kt_writer writer = { .len = LEN, .chunk = 777 };
	int at;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	writer.fd = self->link.fd;
	ASSERT_EQ(0, kt_writer_start(&writer));
	EXPECT_EQ(0, send_with_changing_keys(&self->link, &writer.task, &at));
	EXPECT_GE(at, KEYS - 1);
}

static ssize_t send_a_file(void *arg)
{
	struct kt_link *link = arg;
	int file = memfd_create("file", MFD_CLOEXEC);
	uint8_t *map;
	off_t at = 0;

	if (file < 0 || ftruncate(file, LEN))
		return kt_errno("a file in memory");
	map = mmap(NULL, LEN, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	if (map == MAP_FAILED)
		return kt_errno("mmap");
	kt_fill(map, LEN, 0);
	while (at < LEN) {
		ssize_t n = sendfile(link->fd, file, &at, LEN - at);

		if (n <= 0)
			return kt_errno("sendfile");
	}
	munmap(map, LEN);
	close(file);
	return at;
}

KT_TEST(threads, sender_of_a_file)
{
	struct kt_task task;
	int at;

	ASSERT_EQ(0, kt_link_reopen_small(&self->link, &variant->params));
	ASSERT_EQ(0, kt_task_start(&task, send_a_file, &self->link));
	EXPECT_EQ(0, send_with_changing_keys(&self->link, &task, &at));
	EXPECT_GE(at, KEYS - 1);
}

/* ---- receiving -------------------------------------------------------------- */

static ssize_t peer_sends_and_rekeys(void *arg)
{
	struct kt_link *link = arg;
	struct kt_key next;

	for (int i = 0; i < KEYS; i++)
		if (kt_send_stream(link, LEN / KEYS, 5000, (uint64_t)LEN / KEYS * i) ||
		    kt_peer_rekey(link, &next))
			return -1;
	return shutdown(link->raw, SHUT_WR);
}

/* What several readers found; each record's first word says where it belongs. */
struct shared {
	int fd;
	struct kt_key key;	/* of the installer alone */
	uint64_t bytes;
	uint64_t updates;
	uint64_t expired;
};

static ssize_t read_until_the_end(void *arg)
{
	struct shared *shared = arg;
	static __thread uint8_t got[20000];

	for (;;) {
		uint8_t type;
		ssize_t n = kt_recv_type(shared->fd, &type, got, sizeof(got), 0);

		if (n < 0 && errno == EKEYEXPIRED) {
			__atomic_add_fetch(&shared->expired, 1, __ATOMIC_RELAXED);
			sched_yield();
			continue;
		}
		if (n <= 0)
			return n ? kt_errno("recvmsg in a reader") : 0;
		if (type == KT_DATA) {
			__atomic_add_fetch(&shared->bytes, n, __ATOMIC_RELAXED);
			continue;
		}
		if (n != KT_KEY_UPDATE)
			return -1;
		/* only one reader can have got it, and the others wait for this */
		kt_key_next(&shared->key, &shared->key);
		if (kt_install(shared->fd, TLS_RX, &shared->key))
			return kt_errno("a second TLS_RX");
		__atomic_add_fetch(&shared->updates, 1, __ATOMIC_RELAXED);
	}
}

static int read_with(struct kt_link *link, int readers)
{
	struct shared shared = { .fd = link->fd, .key = link->in.key };
	struct kt_task tasks[4], peer;
	int ret = 0;

	if (kt_task_start(&peer, peer_sends_and_rekeys, link))
		return -1;
	for (int i = 0; i < readers; i++)
		if (kt_task_start(&tasks[i], read_until_the_end, &shared))
			return -1;
	for (int i = 0; i < readers; i++)
		ret |= kt_task_join(&tasks[i]);
	ret |= kt_task_join(&peer);
	if (shared.bytes == LEN && shared.updates == KEYS)
		return ret;
	kt_say("%llu bytes, %llu KeyUpdates", (unsigned long long)shared.bytes,
	       (unsigned long long)shared.updates);
	return -1;
}

KT_TEST(threads, one_reader)
{
	EXPECT_EQ(0, read_with(&self->link, 1));
}

KT_TEST(threads, several_readers)
{
	EXPECT_EQ(0, read_with(&self->link, 4));
}

KT_TEST(threads, several_readers_and_a_small_window)
{
	struct kt_tune tune = { .fd_rcvbuf = 4096 };

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &tune));
	EXPECT_EQ(0, read_with(&self->link, 4));
}

/* ---- at the same time ------------------------------------------------------- */

static ssize_t ask_all_the_time(void *arg)
{
	struct chain *chain = arg;
	union kt_info info;
	ssize_t asked = 0;

	for (; !__atomic_load_n(&chain->stop, __ATOMIC_RELAXED); asked++) {
		for (int direction = TLS_TX; direction <= TLS_RX; direction++) {
			socklen_t len = kt_suite(chain->keys[0].cipher)->info_size;
			bool known = false;

			if (getsockopt(chain->fd, SOL_TLS, direction, &info, &len))
				return kt_errno("getsockopt of a key");
			for (int i = 0; i <= KEYS && !known; i++) {
				union kt_info one;

				kt_key_info(&chain->keys[i], &one);
				known = !memcmp(kt_info_iv(&one), kt_info_iv(&info), 8);
			}
			if (!known) {
				kt_say("the nonce of no key there is");
				return -1;
			}
		}
	}
	return asked;
}

/* What getsockopt() tells is one key or another, and never half of each. */
KT_TEST(threads, asked_for_while_it_changes)
{
	static struct chain chain;
	struct kt_task task;

	make_chain(&chain, &self->link, &self->link.out.key);
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &chain.keys[0]));
	ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &chain.keys[0]));
	ASSERT_EQ(0, kt_task_start(&task, ask_all_the_time, &chain));
	for (int round = 0; round < 10; round++)
		for (int i = 0; i <= KEYS; i++) {
			int k = (i + round) % (KEYS + 1);

			ASSERT_EQ(0, kt_install(self->link.fd, TLS_TX, &chain.keys[k]));
			ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &chain.keys[k]));
		}
	__atomic_store_n(&chain.stop, true, __ATOMIC_RELAXED);
	EXPECT_GT(kt_task_join(&task), 0);
}

TEST_HARNESS_MAIN
