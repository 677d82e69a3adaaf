// SPDX-License-Identifier: GPL-2.0
/*
 * The ways in which the in-tree module was broken, one test for each class.
 * kseal is built so that most cannot happen; these show that they do not.
 */
#include "lib/brief.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

KT_BRIEF_FIXTURE_OPEN(cve)

/* ---- records that lie open, and how they are read ------------------------ */

/* Zero-length records on the list (CVE-2025-39682): a peek opens them, a read
 * finds them, and neither takes them for the end or for another's type.
 */
KT_TEST(cve, zero_length_records_on_the_list)
{
	static const uint8_t types[] = { KT_DATA, KT_ALERT, KT_DATA, KT_HANDSHAKE };
	uint8_t type, got[100];

	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			ASSERT_EQ(0, kt_send_record(&self->link, types[i], "", 0));
		ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "data", 4));
		ASSERT_EQ(0, kt_all_here(&self->link));
		for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
			if (types[i] == KT_DATA)
				continue;
			if (round) {
				EXPECT_EQ(0, kt_recv_type(self->link.fd, &type, got, 100, MSG_PEEK));
				EXPECT_EQ(types[i], type);
			}
			EXPECT_EQ(0, kt_recv_type(self->link.fd, &type, got, 100, 0));
			EXPECT_EQ(types[i], type);
		}
		EXPECT_EQ(4, kt_recv_type(self->link.fd, &type, got, 100, 0));
		EXPECT_EQ(KT_DATA, type);
	}
}

/* Data behind a control record that was met first (CVE-2024-58239): a call
 * that began with one type never ends with another, in part, peeked or whole.
 */
KT_TEST(cve, control_record_first_then_data)
{
	uint8_t type, got[100];

	ASSERT_EQ(0, kt_send_record(&self->link, KT_HANDSHAKE, "\4\0\0\2xy", 6));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_DATA, "data", 4));
	ASSERT_EQ(0, kt_all_here(&self->link));
	EXPECT_EQ(6, kt_recv_type(self->link.fd, &type, got, 100, MSG_PEEK));
	EXPECT_EQ(KT_HANDSHAKE, type);
	EXPECT_EQ(2, kt_recv_type(self->link.fd, &type, got, 2, 0));
	EXPECT_EQ(KT_HANDSHAKE, type);
	EXPECT_EQ(4, kt_recv_type(self->link.fd, &type, got, 100, MSG_PEEK | MSG_WAITALL));
	EXPECT_EQ(KT_HANDSHAKE, type);
	EXPECT_EQ(4, kt_recv_type(self->link.fd, &type, got, 100, 0));
	EXPECT_EQ(KT_HANDSHAKE, type);
	EXPECT_EQ(0, memcmp(got, "\0\2xy", 4));
	EXPECT_EQ(4, kt_recv_type(self->link.fd, &type, got, 100, 0));
	EXPECT_EQ(KT_DATA, type);
}

/* MSG_PEEK and the control message: looked at as often as one likes, without
 * room for the type never, and it is still there.
 */
KT_TEST(cve, peek_of_a_control_record)
{
	uint8_t type, got[100];

	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_all_here(&self->link));
	for (int i = 0; i < 3; i++) {
		EXPECT_ERRNO(EIO, recv(self->link.fd, got, 100, MSG_PEEK));
		EXPECT_EQ(2, kt_recv_type(self->link.fd, &type, got, 100, MSG_PEEK));
		EXPECT_EQ(KT_ALERT, type);
		EXPECT_EQ(1, kt_recv_type(self->link.fd, &type, got, 1, MSG_PEEK));
		EXPECT_EQ(KT_ALERT, type);
	}
	EXPECT_EQ(2, kt_recv_type(self->link.fd, &type, got, 100, 0));
	EXPECT_ERRNO(EAGAIN, recv(self->link.fd, got, 100, MSG_DONTWAIT | MSG_PEEK));
}

/* Partial reads (CVE-2024-26582): a record read in pieces by recv, peek and
 * splice in turns, while newer ones arrive behind it.
 */
KT_TEST(cve, partial_reads_by_every_means)
{
	enum { TOTAL = 16384 * 4 };
	static uint8_t got[20000];
	uint64_t position = 0;
	int pipe[2];

	ASSERT_EQ(0, pipe2(pipe, O_CLOEXEC));
	for (int i = 0; i < 4; i++)
		ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, i * 16384));
	ASSERT_EQ(0, kt_all_here(&self->link));
	for (unsigned int i = 0; position < TOTAL; i++) {
		size_t room = 1 + i * 1237 % 9000;
		ssize_t n;

		n = kt_recv_pattern(self->link.fd, room, position, MSG_PEEK);
		ASSERT_GT(n, 0);
		if (i % 2) {
			n = splice(self->link.fd, NULL, pipe[1], NULL, room, 0);
			ASSERT_GT(n, 0);
			ASSERT_EQ(0, kt_read_pipe(pipe[0], got, n));
			ASSERT_EQ(0, kt_check(got, n, position));
		} else {
			n = kt_recv_pattern(self->link.fd, room, position, 0);
			ASSERT_GT(n, 0);
		}
		position += n;
	}
	EXPECT_EQ(TOTAL, position);
	EXPECT_ERRNO(EAGAIN, recv(self->link.fd, got, 1, MSG_DONTWAIT));
	close(pipe[0]);
	close(pipe[1]);
}

/* ---- the iterator after a second attempt --------------------------------- */

/* A record deciphered straight into the reader's buffers turns out to be padded
 * or of another type, and is opened once more: each byte once, in its place, and
 * none where the caller has no room.
 */
KT_TEST(cve, iterator_not_restored_after_a_retry)
{
	enum { GUARD = 64, EACH = 700, COUNT = 20 };
	static uint8_t data[COUNT * (EACH + GUARD)], wire[KT_MAX_WIRE], plain[5000];
	struct iovec iov[COUNT];
	ssize_t len;

	memset(data, 0xa5, sizeof(data));
	for (int i = 0; i < COUNT; i++)
		iov[i] = (struct iovec){ data + i * (EACH + GUARD), EACH };
	/* 1000 bytes; 3000, padded where there is padding; 2000; then an alert */
	ASSERT_EQ(0, kt_send_pattern(&self->link, 1000, 0));
	kt_fill(plain, 3000, 1000);
	len = kt_seal(&self->link.in, KT_DATA, plain, 3000, 777, wire);
	ASSERT_EQ(0, kt_write_full(self->link.raw, wire, len));
	ASSERT_EQ(0, kt_send_pattern(&self->link, 2000, 4000));
	ASSERT_EQ(0, kt_send_record(&self->link, KT_ALERT, "\1\0", 2));
	ASSERT_EQ(0, kt_all_here(&self->link));
	ASSERT_EQ(6000, readv(self->link.fd, iov, COUNT));
	for (int i = 0, position = 0; i < COUNT; i++) {
		int want = position + EACH <= 6000 ? EACH : 6000 - position;

		ASSERT_EQ(0, kt_check(iov[i].iov_base, want, position));
		for (int j = want; j < EACH + GUARD && position + want == 6000 && want; j++)
			ASSERT_TRUE(j < EACH || data[i * (EACH + GUARD) + j] == 0xa5);
		for (int j = EACH; j < EACH + GUARD; j++)
			ASSERT_EQ(0xa5, data[i * (EACH + GUARD) + j]);
		position += want;
	}
}

/* The same when the second attempt cannot write: nothing is lost by failing. */
KT_TEST(cve, iterator_after_a_fault)
{
	static uint8_t wire[KT_MAX_WIRE], plain[3000], good[4000];
	struct iovec iov[3] = { { good, 1500 }, { (void *)4096, 500 }, { good, 2000 } };
	ssize_t len, n;

	kt_fill(plain, sizeof(plain), 0);
	len = kt_seal(&self->link.in, KT_DATA, plain, sizeof(plain), 500, wire);
	ASSERT_EQ(0, kt_write_here(&self->link, wire, len));
	n = readv(self->link.fd, iov, 3);
	ASSERT_TRUE(n == 1500 || (n == -1 && errno == EFAULT));
	if (n == 1500)
		EXPECT_EQ(0, kt_check(good, 1500, 0));
	n = n < 0 ? 0 : n;
	EXPECT_EQ(3000 - n, kt_recv_pattern(self->link.fd, 4000, n, 0));
}

/* ---- splice geometry ------------------------------------------------------ */

/* More pages than a record, an skb or a message takes (the list of
 * pages that ran over): a few bytes of many pages, with MSG_MORE all along.
 */
KT_TEST(cve, splice_geometry_of_many_pages)
{
	enum { PAGES = 200 };
	static uint8_t want[PAGES * 3];
	uint8_t *map = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec iov[PAGES];
	size_t seen = 0;
	int pipe[2];

	ASSERT_NE(MAP_FAILED, (void *)map);
	ASSERT_EQ(0, pipe2(pipe, O_CLOEXEC));
	ASSERT_LE(PAGES * 4096, fcntl(pipe[1], F_SETPIPE_SZ, 1 << 20));
	kt_fill(want, sizeof(want), 0);
	for (int i = 0; i < PAGES; i++) {
		iov[i] = (struct iovec){ map + i * 4096 + (i % 2 ? 4093 : 0), 3 };
		memcpy(iov[i].iov_base, want + 3 * i, 3);
	}
	ASSERT_EQ(sizeof(want), vmsplice(pipe[1], iov, PAGES, 0));
	while (seen < sizeof(want)) {
		ssize_t n = splice(pipe[0], NULL, self->link.fd, NULL, sizeof(want) - seen,
				   SPLICE_F_MORE);

		ASSERT_GT(n, 0);
		seen += n;
	}
	ASSERT_EQ(0, shutdown(self->link.fd, SHUT_WR));
	EXPECT_EQ(0, kt_expect_stream(&self->link, sizeof(want), 0, NULL));
	EXPECT_EQ(0, kt_read_eof(self->link.raw));
	munmap(map, PAGES * 4096);
	close(pipe[0]);
	close(pipe[1]);
}

/* splice says more is to come, and then there is nothing (CVE-2023-52767). */
KT_TEST(cve, splice_eof_without_an_open_record)
{
	int file = memfd_create("empty", MFD_CLOEXEC);
	int pipe[2];

	ASSERT_EQ(0, pipe2(pipe, O_CLOEXEC));
	EXPECT_EQ(0, sendfile(self->link.fd, file, NULL, 100000));
	kt_close(&pipe[1]);
	EXPECT_EQ(0, splice(pipe[0], NULL, self->link.fd, NULL, 100, SPLICE_F_MORE));
	EXPECT_EQ(0, kt_expect_nothing(&self->link));
	EXPECT_EQ(0, kt_sealed_out(&self->link));
	close(pipe[0]);
	close(file);
}

/* Records in the middle of records: what a splice leaves of one goes to a
 * pipe with one slot, then two, at every offset within the page.
 */
KT_TEST(cve, splice_geometry_of_offsets)
{
	static uint8_t got[16384];
	uint64_t position = 0;
	int pipe[2];

	ASSERT_EQ(0, pipe2(pipe, O_CLOEXEC));
	ASSERT_EQ(4096, fcntl(pipe[1], F_SETPIPE_SZ, 4096));
	ASSERT_EQ(0, kt_send_stream(&self->link, 60000, 16384, 0));
	ASSERT_EQ(0, kt_all_here(&self->link));
	for (unsigned int i = 0; position < 60000; i++) {
		ssize_t n = splice(self->link.fd, NULL, pipe[1], NULL, 1 + i * 911 % 5000, 0);

		ASSERT_GT(n, 0);
		ASSERT_EQ(0, kt_read_pipe(pipe[0], got, n));
		ASSERT_EQ(0, kt_check(got, n, position));
		position += n;
	}
	close(pipe[0]);
	close(pipe[1]);
}

/* ---- bogus headers -------------------------------------------------------- */

/* A header that is no header ends the stream at once and for good, however it
 * dribbles in (CVE-2025-39946); it is never read as something else later.
 */
KT_TEST(cve, bogus_header_byte_by_byte)
{
	static const uint8_t header[] = { KT_DATA, 3, 1, 0x40, 0x00 };

	for (size_t i = 0; i < sizeof(header); i++) {
		EXPECT_ERRNO(EAGAIN, recv(self->link.fd, (char[1]){ 0 }, 1, MSG_DONTWAIT));
		ASSERT_EQ(0, kt_write_here(&self->link, header + i, 1));
	}
	ASSERT_EQ(0, kt_send_pattern(&self->link, 16384, 0));
	EXPECT_EQ(0, kt_expect_ended(&self->link, EINVAL, KT_PROTOCOL_VERSION));
}

KT_TEST(cve, bogus_header_in_a_window_too_small)
{
	struct kt_tune small = { .fd_rcvbuf = 1 };
	static uint8_t wire[60000] = { KT_DATA, 3, 3, 0xff, 0xff };

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &small));
	ASSERT_GT(send(self->link.raw, wire, sizeof(wire), MSG_DONTWAIT), 0);
	ASSERT_EQ(POLLIN, kt_poll(self->link.fd, POLLIN, KT_WAIT_MS) & POLLIN);
	EXPECT_EQ(EMSGSIZE, kt_recv_errno(self->link.fd, 0));
	EXPECT_EQ(EMSGSIZE, kt_recv_errno(self->link.fd, MSG_PEEK));
}

/* ---- borrowed queue data --------------------------------------------------- */

/* TCP moves and merges what is queued when memory runs short (CVE-2025-38471):
 * a record that came in thousands of tiny segments, looked at on the way.
 */
KT_TEST(cve, borrowed_queue_data_is_collapsed)
{
	struct kt_tune small = { .fd_rcvbuf = 20000 };
	static uint8_t wire[KT_MAX_WIRE];
	ssize_t len;

	ASSERT_EQ(0, kt_link_reopen(&self->link, &variant->params, &small));
	len = kt_seal_pattern(&self->link, 6000, wire);
	for (ssize_t at = 0; at < len; at += 3) {
		ASSERT_EQ(0, kt_write_full(self->link.raw, wire + at, len - at < 3 ? len - at : 3));
		if (at % 600 == 0)
			EXPECT_ERRNO(EAGAIN, recv(self->link.fd, (char[1]){ 0 }, 1,
						  MSG_DONTWAIT | MSG_PEEK));
	}
	ASSERT_EQ(POLLIN, kt_poll(self->link.fd, POLLIN, KT_WAIT_MS) & POLLIN);
	EXPECT_EQ(6000, kt_recv_pattern(self->link.fd, 10000, 0, MSG_PEEK));
	EXPECT_EQ(6000, kt_recv_pattern(self->link.fd, 10000, 0, 0));
}

/* Data disappears from under the ULP (CVE-2025-38616): a plain reader was
 * asleep in TCP when the key went in, and takes ciphertext off the queue. It
 * gets what is on the wire; records behind the hole do not authenticate; and
 * nobody waits for ever.
 */
static ssize_t end_of_stream(struct kt_link *link)
{
	uint8_t got[2000];
	ssize_t n;

	if (shutdown(link->raw, SHUT_WR))
		return kt_errno("shutdown");
	while ((n = recv(link->fd, got, sizeof(got), 0)) > 0)
		if (kt_check(got, n, 0))
			return -2;
	return n;
}

KT_TEST(cve, data_disappears_from_under_the_ulp)
{
	static const size_t rooms[] = { 3, 5, 10, 60, 2000 };

	for (size_t i = 0; i < ARRAY_SIZE(rooms); i++) {
		struct kt_reader reader;

		ASSERT_EQ(0, kt_link_reopen_keyless(&self->link, &variant->params));
		ASSERT_EQ(0, kt_reader_start(&reader, self->link.fd, rooms[i], 0));
		ASSERT_EQ(0, kt_install(self->link.fd, TLS_RX, &self->link.in.key));
		ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
		/* it either slept on, and the record is whole, or has a piece */
		if (kt_poll(self->link.fd, POLLIN, 100) & POLLIN &&
		    kt_recv_pattern(self->link.fd, 2000, 0, MSG_DONTWAIT) == 100)
			ASSERT_EQ(0, kt_send_pattern(&self->link, 100, 0));
		EXPECT_LE(end_of_stream(&self->link), 0);
		kt_task_join(&reader.task);
		EXPECT_LE(reader.task.result, (ssize_t)rooms[i]);
	}
}

TEST_HARNESS_MAIN
