// SPDX-License-Identifier: GPL-2.0
/* Ends that know nothing of TLS: what moves the bytes would do for any socket. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>

#include "stream.h"
#include "updates.h"

/* Not a multiple of a record, so that their borders meet in every way. */
enum { CHUNK = 60000 };

/* ---- poll() ---------------------------------------------------------------- */

static void poll_open(struct end *end)
{
	if (fcntl(end->fd, F_SETFL, O_NONBLOCK))
		err(1, "the socket cannot be made non-blocking");
}

static ssize_t poll_send(struct end *end, const void *data, size_t size)
{
	const ssize_t n = send(end->fd, data, size, MSG_NOSIGNAL);

	end->wants = POLLOUT;
	return n < 0 ? -errno : n;
}

static ssize_t poll_receive(struct end *end, void *data, size_t size)
{
	const ssize_t n = recv(end->fd, data, size, 0);

	end->wants = POLLIN;
	return n < 0 ? -errno : n;
}

static int poll_shut(struct end *end)
{
	return shutdown(end->fd, SHUT_WR) ? -errno : 0;
}

const struct way way_poll = {
	.name = "poll",
	.open = poll_open,
	.send = poll_send,
	.receive = poll_receive,
	.shut = poll_shut,
	.chunk = CHUNK,
	.run = send_and_receive,
	.kseald = 1,
};

/* ---- two threads --------------------------------------------------------------- */

static void *must(void *memory)
{
	if (!memory)
		err(1, "no memory");
	return memory;
}

static size_t next_chunk(const struct end *end, void *data)
{
	const size_t n = end->bytes - end->sent < CHUNK ? end->bytes - end->sent : CHUNK;

	stream_fill(send_seed(end), end->sent, data, n);
	return n;
}

static void write_all(int fd, const uint8_t *data, size_t size)
{
	ssize_t n;

	for (; size; data += n, size -= n) {
		n = write(fd, data, size);
		if (n < 0)
			err(1, "write");
	}
}

static void *keeps_writing(void *arg)
{
	struct end *end = arg;
	uint8_t *data = must(malloc(CHUNK));
	size_t n;

	for (; end->sent < end->bytes; end->sent += n) {
		n = next_chunk(end, data);
		write_all(end->fd, data, n);
	}
	if (shutdown(end->fd, SHUT_WR))
		err(1, "shutdown");
	free(data);
	return NULL;
}

static void *keeps_reading(void *arg)
{
	struct end *end = arg;
	uint8_t *data = must(malloc(CHUNK));
	ssize_t n;

	while ((n = read(end->fd, data, CHUNK)) > 0) {
		stream_check(receive_seed(end), end->received, data, n);
		end->received += n;
	}
	if (n < 0)
		err(1, "read");
	free(data);
	return NULL;
}

static void run_both(struct end *end, void *(*sends)(void *), void *(*receives)(void *))
{
	pthread_t sender, receiver;

	if (pthread_create(&sender, NULL, sends, end) ||
	    pthread_create(&receiver, NULL, receives, end))
		errx(1, "no threads");
	pthread_join(sender, NULL);
	pthread_join(receiver, NULL);
}

static void run_blocking(struct end *end)
{
	run_both(end, keeps_writing, keeps_reading);
}

const struct way way_blocking = { .name = "blocking", .run = run_blocking, .kseald = 1 };

/* ---- splice() ------------------------------------------------------------------ */

/* out of a file that has just these bytes */
static void by_file(int fd, int file, const uint8_t *data, size_t size)
{
	off_t at = 0;

	if (pwrite(file, data, size, 0) != (ssize_t)size)
		err(1, "pwrite");
	while (at < (off_t)size)
		if (sendfile(fd, file, &at, size - at) < 0)
			err(1, "sendfile");
}

static void by_pipe(int fd, const int pipe[2], const uint8_t *data, size_t size)
{
	ssize_t n;

	write_all(pipe[1], data, size);
	for (; size; size -= n) {
		n = splice(pipe[0], NULL, fd, NULL, size, SPLICE_F_MOVE);
		if (n <= 0)
			err(1, "splice into the socket");
	}
}

static void *keeps_splicing_in(void *arg)
{
	struct end *end = arg;
	uint8_t *data = must(malloc(CHUNK));
	int fds[2], file = memfd_create("chunk", 0), turn = 0;
	size_t n;

	if (file < 0 || pipe(fds))
		err(1, "no file, or no pipe");
	for (; end->sent < end->bytes; end->sent += n) {
		n = next_chunk(end, data);
		if (turn++ % 2)
			by_file(end->fd, file, data, n);
		else
			by_pipe(end->fd, fds, data, n);
	}
	if (shutdown(end->fd, SHUT_WR))
		err(1, "shutdown");
	free(data);
	return NULL;
}

static void *keeps_splicing_out(void *arg)
{
	struct end *end = arg;
	uint8_t *data = must(malloc(CHUNK));
	ssize_t n, got;
	int fds[2];

	if (pipe(fds))
		err(1, "no pipe");
	while ((n = splice(end->fd, NULL, fds[1], NULL, CHUNK, SPLICE_F_MOVE)) > 0) {
		for (; n; n -= got) {
			got = read(fds[0], data, n);
			if (got <= 0)
				err(1, "read from the pipe");
			stream_check(receive_seed(end), end->received, data, got);
			end->received += got;
		}
	}
	if (n < 0)
		err(1, "splice out of the socket");
	free(data);
	return NULL;
}

static void run_splice(struct end *end)
{
	run_both(end, keeps_splicing_in, keeps_splicing_out);
}

const struct way way_splice = { .name = "splice", .run = run_splice, .kseald = 1 };
