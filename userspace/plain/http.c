// SPDX-License-Identifier: GPL-2.0
/*
 * plain-http PORT FILE - a file in plain HTTP, by libmicrohttpd, which opens, polls and
 * fills the sockets: for tests of kseal run.
 */
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <microhttpd.h>

static enum MHD_Result answer(void *file, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **state)
{
	struct MHD_Response *response;
	enum MHD_Result ret;
	struct stat stat;
	int fd;

	(void)url, (void)version, (void)upload, (void)upload_size, (void)state;
	if (strcmp(method, "GET"))
		return MHD_NO;
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &stat))
		return MHD_NO;
	response = MHD_create_response_from_fd64(stat.st_size, fd);
	ret = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return ret;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct MHD_Daemon *server;

	if (argc != 3)
		errx(2, "usage: plain-http PORT FILE");
	address.sin_port = htons(strtoul(argv[1], NULL, 10));
	server = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL,
				  answer, argv[2], MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_END);
	if (!server)
		err(1, "cannot serve at port %s", argv[1]);
	pause();
	return 0;
}
