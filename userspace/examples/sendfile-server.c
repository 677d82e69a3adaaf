// SPDX-License-Identifier: GPL-2.0
/*
 * sendfile-server PORT FILE [BROKER] - serve one file over HTTPS, to one client after
 * the other: kseal_accept() and sendfile(2), which reads the page cache where it
 * lies.
 */
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <kseal.h>

#include "listen.h"

static void serve(int fd, int file, off_t size)
{
	char request[4096], head[128];
	off_t at = 0;

	if (read(fd, request, sizeof(request)) <= 0)
		return;
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %lld\r\n"
		 "Connection: close\r\n\r\n", (long long)size);
	/* MSG_MORE: the head is the beginning of the file's first record */
	if (send(fd, head, strlen(head), MSG_NOSIGNAL | (size ? MSG_MORE : 0)) < 0)
		return;
	while (at < size && sendfile(fd, file, &at, size - at) > 0)
		;
}

int main(int argc, char **argv)
{
	struct kseal_broker *kseald;
	struct kseal_result result;
	int listener, file, ret;
	struct stat st;

	if (argc < 3)
		errx(2, "usage: sendfile-server PORT FILE [BROKER]");
	file = open(argv[2], O_RDONLY | O_CLOEXEC);
	if (file < 0 || fstat(file, &st))
		err(1, "cannot open %s", argv[2]);
	ret = kseal_broker_open(argc > 3 ? argv[3] : NULL, &kseald);
	if (ret)
		errx(1, "kseald cannot be reached: %s", strerror(-ret));
	listener = listen_at(argv[1]);
	for (;;) {
		ret = kseal_accept(kseald, listener, NULL, &result);
		if (!ret) {
			serve(result.fd, file, st.st_size);
			kseal_close(result.fd);
		} else if (result.error) {
			warnx("%s: %s", result.peer, result.reason);
		} else {
			errx(1, "%s", result.reason[0] ? result.reason : strerror(-ret));
		}
	}
}
