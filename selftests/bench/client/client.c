// SPDX-License-Identifier: GPL-2.0
/*
 * Downloads of one file over HTTPS, many at a time, from whatever server: the load of
 * scripts/lib/bench-serve. It shall cost little itself, so after the handshake and the
 * request it throws away what comes as it lies on the wire. Only the first download is
 * deciphered, to see that the server sends what it should.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <gnutls/gnutls.h>

enum { AT_ONCE_MAX = 1024, CHUNK = 1 << 20 };

/* TLS 1.3 with AES-128-GCM: what the servers are told as well */
#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM"

static const char *usage =
"usage: client [-c AT_ONCE] [-n DOWNLOADS] PORT FILE\n"
"Downloads FILE's content from https://localhost:PORT/NAME_OF_FILE, once to compare\n"
"it, then DOWNLOADS times (64), AT_ONCE of them at a time (16), each over a connection\n"
"of its own. Prints the seconds that took.\n";

/**
 * struct download - one that runs
 * @fd: its socket, -1 none
 * @came: bytes, as they lie on the wire
 */
struct download {
	int fd;
	uint64_t came;
};

static gnutls_certificate_credentials_t credentials;
static int port;
static char request[1024];

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "client: %s: %s\n", what, why);
	return -1;
}

static int connect_local(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to))) {
		complain("connect", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static int handshake(gnutls_session_t session, int fd)
{
	int err;

	gnutls_priority_set_direct(session, PRIORITY, NULL);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_server_name_set(session, GNUTLS_NAME_DNS, "localhost", 9);
	gnutls_transport_set_int(session, fd);
	do {
		err = gnutls_handshake(session);
	} while (err < 0 && !gnutls_error_is_fatal(err));
	return err < 0 ? complain("handshake", gnutls_strerror(err)) : 0;
}

/* Return: a connection on which the file has been asked for; -1 */
static int ask(gnutls_session_t *session)
{
	size_t len = strlen(request);
	int fd = connect_local();

	if (fd < 0)
		return -1;
	gnutls_init(session, GNUTLS_CLIENT);
	if (handshake(*session, fd))
		goto err;
	if (gnutls_record_send(*session, request, len) != (ssize_t)len) {
		complain("request", "not sent");
		goto err;
	}
	return fd;
err:
	gnutls_deinit(*session);
	close(fd);
	return -1;
}

/* ---- the first ------------------------------------------------------------------- */

static ssize_t receive(gnutls_session_t session, char *to, size_t len)
{
	ssize_t n;

	do {
		n = gnutls_record_recv(session, to, len);
	} while (n < 0 && !gnutls_error_is_fatal(n));
	return n;
}

/* What comes behind the response's head is the file. */
static int same(gnutls_session_t session, FILE *file, off_t size)
{
	static char got[CHUNK], wanted[CHUNK];
	bool in_body = false;
	off_t came = 0;
	char *body;
	size_t head = 0;
	ssize_t n;

	while ((n = receive(session, got + head, sizeof(got) - 1 - head)) > 0) {
		body = got;
		n += head;
		head = 0;
		if (!in_body) {
			got[n] = 0;
			body = strstr(got, "\r\n\r\n");
			if (!body) {
				head = n;
				continue;
			}
			in_body = true;
			n -= (body += 4) - got;
		}
		if (fread(wanted, 1, n, file) != (size_t)n || memcmp(body, wanted, n))
			return complain("the file", "other bytes came");
		came += n;
	}
	return came == size ? 0 : complain("the file", "not all of it came");
}

static int compare(const char *path, off_t size)
{
	FILE *file = fopen(path, "re");
	gnutls_session_t session;
	int fd, err;

	if (!file)
		return complain(path, strerror(errno));
	fd = ask(&session);
	if (fd < 0) {
		fclose(file);
		return -1;
	}
	err = same(session, file, size);
	gnutls_deinit(session);
	close(fd);
	fclose(file);
	return err;
}

/* ---- the others ------------------------------------------------------------------ */

static int start(struct download *d, int set)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = d };
	gnutls_session_t session;

	d->came = 0;
	d->fd = ask(&session);
	if (d->fd < 0)
		return -1;
	/* the connection stays, and nobody will want to know what is said on it */
	gnutls_deinit(session);
	return epoll_ctl(set, EPOLL_CTL_ADD, d->fd, &event);
}

/* Return: 1 it has ended; 0; -1 */
static int go_on(struct download *d, off_t size)
{
	ssize_t n = recv(d->fd, NULL, 4 * CHUNK, MSG_TRUNC | MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN ? 0 : complain("recv", strerror(errno));
	d->came += n;
	if (n)
		return 0;
	close(d->fd);
	d->fd = -1;
	return d->came > (uint64_t)size ? 1 : complain("a download", "it ended early");
}

static int run(unsigned int at_once, unsigned int count, off_t size)
{
	static struct download downloads[AT_ONCE_MAX];
	unsigned int begun = 0, done = 0;
	struct epoll_event events[64];
	int set = epoll_create1(EPOLL_CLOEXEC), ready, ret;

	for (; begun < at_once && begun < count; begun++)
		if (start(&downloads[begun], set))
			return -1;
	while (done < count) {
		ready = epoll_wait(set, events, 64, 30000);
		if (ready <= 0)
			return complain("epoll_wait", ready ? strerror(errno) : "nothing came for 30 s");
		for (int i = 0; i < ready; i++) {
			ret = go_on(events[i].data.ptr, size);
			if (ret < 0)
				return -1;
			done += ret;
			if (ret && begun < count && (begun++, start(events[i].data.ptr, set)))
				return -1;
		}
	}
	close(set);
	return 0;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

int main(int argc, char **argv)
{
	unsigned int at_once = 16, count = 64;
	const char *path, *name;
	struct stat st;
	double begin;
	int o;

	while ((o = getopt(argc, argv, "c:n:h")) != -1) {
		if (o == 'c')
			at_once = atoi(optarg);
		else if (o == 'n')
			count = atoi(optarg);
		else
			return fputs(usage, o == 'h' ? stdout : stderr), o == 'h' ? 0 : 2;
	}
	if (argc - optind != 2 || !at_once || at_once > AT_ONCE_MAX || !count)
		return fputs(usage, stderr), 2;
	port = atoi(argv[optind]);
	path = argv[optind + 1];
	name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	if (stat(path, &st))
		return -complain(path, strerror(errno));
	snprintf(request, sizeof(request),
		 "GET /%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", name);
	gnutls_certificate_allocate_credentials(&credentials);
	if (compare(path, st.st_size))
		return 1;
	begin = seconds();
	if (run(at_once, count, st.st_size))
		return 1;
	printf("%.6f\n", seconds() - begin);
	return 0;
}
