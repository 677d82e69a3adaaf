// SPDX-License-Identifier: GPL-2.0
/*
 * libmicrohttpd on sockets that speak TLS by themselves.
 *
 * To libmicrohttpd they are plain TCP sockets; that is what makes it send files
 * with sendfile(2). It uses sendfile when the response comes from a descriptor,
 * its own TLS is off, and SIGPIPE cannot hit its threads (sendfile has no
 * MSG_NOSIGNAL); and on most errors it falls back to read and send without a
 * word. So the kernel is asked, after each response, how much of it was sealed
 * out of the page cache.
 *
 * MHD_USE_TURBO keeps it from shutting a socket down before its end is told to
 * on_connection(): until then close_notify can still be sent.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http.h"
#include "log.h"

/* Connections end in libmicrohttpd's books a moment after they do in ours. */
#define SPARE_CONNECTIONS	64

static struct conn *conn_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info;

	info = MHD_get_connection_info(connection,
				       MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return info ? info->socket_context : NULL;
}

static int fd_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info;

	info = MHD_get_connection_info(connection,
				       MHD_CONNECTION_INFO_CONNECTION_FD);
	return info ? info->connect_fd : -1;
}

static void on_connection(void *data, struct MHD_Connection *connection,
			  void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	const union MHD_ConnectionInfo *info;
	int fd = fd_of(connection);
	struct http *http = data;
	bool goodbye;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		info = MHD_get_connection_info(connection,
					       MHD_CONNECTION_INFO_CLIENT_ADDRESS);
		*context = conn_add(&http->conns, fd, info->client_addr,
				    sizeof(struct sockaddr_storage));
		return;
	}
	if (*context) {
		conn_remove(&http->conns, *context, &goodbye);
		*context = NULL;
		linger_add(&http->linger, fd, goodbye);
	}
	http->on_change(http->data);
}

/* The first line of a request is there, as yet undecoded. */
static void *on_target(void *data, const char *target,
		       struct MHD_Connection *connection)
{
	struct conn *conn = conn_of(connection);
	struct http *http = data;
	struct request *request;

	if (!conn)
		return NULL;
	request = calloc(1, sizeof(*request));
	if (!request)
		return NULL;
	if (!target)
		target = "";
	clock_gettime(CLOCK_MONOTONIC, &request->begin);
	request->target_cut = snprintf(request->target,
				       sizeof(request->target), "%s", target) >=
			      (int)sizeof(request->target);
	request->path_err = path_from_target(target, &request->path);
	conn_request_begins(&http->conns, conn);
	return request;
}

/*
 * Called when the header is complete, then with each part of a body, then once
 * more. Answering at the first call closes the connection after the response,
 * which is right for a method with a body that nobody is going to read.
 */
static enum MHD_Result on_request(void *data, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *upload,
				  size_t *upload_size, void **context)
{
	struct request *request = *context;
	struct http *http = data;

	(void)url;
	(void)version;
	(void)upload;
	if (!request)
		return MHD_NO;		/* out of memory */
	if (!request->header_seen) {
		request->header_seen = true;
		snprintf(request->method, sizeof(request->method), "%s", method);
		if (!strcmp(method, "GET") || !strcmp(method, "HEAD"))
			return MHD_YES;
	}
	if (*upload_size) {
		*upload_size = 0;
		return MHD_YES;
	}
	request->close = conns_stopping(&http->conns);
	return reply_queue(&http->site, connection, request);
}

static const char *end_name(enum MHD_RequestTerminationCode code)
{
	switch (code) {
	case MHD_REQUEST_TERMINATED_COMPLETED_OK:
		return "ok";
	case MHD_REQUEST_TERMINATED_TIMEOUT_REACHED:
		return "timeout";
	case MHD_REQUEST_TERMINATED_DAEMON_SHUTDOWN:
		return "stopped";
	case MHD_REQUEST_TERMINATED_READ_ERROR:
	case MHD_REQUEST_TERMINATED_CLIENT_ABORT:
		return "client-gone";
	default:
		return "error";
	}
}

static double seconds_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - begin->tv_sec) +
	       (now.tv_nsec - begin->tv_nsec) / 1e9;
}

/* What the kernel did for this request: the difference to the one before. */
static void count(struct conn *conn, const struct kseal_info *info,
		  struct log_request *line)
{
	const char *tls = kseal_version_name(info->tx_version);
	const char *cipher = kseal_cipher_name(info->tx_cipher);

	line->sealed = info->tx_bytes - conn->seen.tx_bytes;
	line->sendfile = info->tx_splice_bytes - conn->seen.tx_splice_bytes;
	line->records = info->tx_records - conn->seen.tx_records;
	line->tls = tls ? tls : "none";
	line->cipher = cipher ? cipher : "none";
	line->driver = *info->tx_driver ? info->tx_driver : "none";
	conn->seen = *info;
}

static void warn_if_copied(struct http *http, const struct request *request,
			   const struct log_request *line)
{
	if (!request->from_file || strcmp(request->method, "GET") ||
	    line->sendfile >= request->body)
		return;
	if (atomic_exchange(&http->copy_warned, true))
		return;
	log_error("%llu of %llu bytes of %s went out copied, not by sendfile(2): "
		  "does the file's file system support it? (said once; see "
		  "sendfile= in the access log)",
		  (unsigned long long)(request->body - line->sendfile),
		  (unsigned long long)request->body, request->target);
}

static void log_end(struct http *http, struct MHD_Connection *connection,
		    struct conn *conn, const struct request *request,
		    enum MHD_RequestTerminationCode code)
{
	const union MHD_ConnectionInfo *status;
	struct log_request line = {
		.peer = conn->peer,
		.method = request->method,
		.target = request->target,
		.body = strcmp(request->method, "HEAD") ? request->body : 0,
		.seconds = seconds_since(&request->begin),
		.end = end_name(code),
	};
	struct kseal_info info;
	int err;

	status = MHD_get_connection_info(connection,
					 MHD_CONNECTION_INFO_HTTP_STATUS);
	if (status)
		line.status = status->http_status;
	err = kseal_get_info(conn->fd, &info);
	if (err) {
		log_error("cannot ask the kernel about the socket of %s: %s",
			  conn->peer, strerror(-err));
		info = conn->seen;
	}
	count(conn, &info, &line);
	log_access(&line);
	if (!err && code == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		warn_if_copied(http, request, &line);
}

static void on_completed(void *data, struct MHD_Connection *connection,
			 void **context, enum MHD_RequestTerminationCode code)
{
	struct conn *conn = conn_of(connection);
	struct request *request = *context;
	struct http *http = data;

	if (!request)
		return;
	log_end(http, connection, conn, request, code);
	if (conn_request_ends(&http->conns, conn,
			      code == MHD_REQUEST_TERMINATED_COMPLETED_OK))
		http->on_change(http->data);
	free(request);
	*context = NULL;
}

static void on_message(void *data, const char *format, va_list args)
{
	char text[512];

	(void)data;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_info("libmicrohttpd: %s", text);
}

int http_start(struct http *http, const struct http_limits *limits)
{
	const struct MHD_OptionItem options[] = {
		{ MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)on_message, NULL },
		{ MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, NULL },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)on_connection, http },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, http },
		{ MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_target, http },
		{ MHD_OPTION_CONNECTION_LIMIT,
		  limits->connections + SPARE_CONNECTIONS, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, limits->idle_seconds, NULL },
		/* without a pool there is one thread; a pool of one is refused */
		{ limits->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE :
		  MHD_OPTION_END, limits->threads, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	conns_init(&http->conns);
	errno = 0;
	http->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD |
					MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET |
					MHD_USE_TURBO | MHD_USE_ERROR_LOG,
					0, NULL, NULL, on_request, http,
					MHD_OPTION_ARRAY, options,
					MHD_OPTION_END);
	if (http->daemon)
		return 0;
	return errno ? -errno : -EINVAL;
}

int http_add(struct http *http, int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);
	struct kseal_info info;
	int err;

	err = kseal_get_info(fd, &info);
	if (!err && (!info.tx_version || !info.rx_version))
		err = -ENOPROTOOPT;
	if (!err && getpeername(fd, (struct sockaddr *)&address, &length))
		err = -errno;
	if (err) {
		close(fd);
		return err;
	}
	errno = 0;
	if (MHD_add_connection(http->daemon, fd, (struct sockaddr *)&address,
			       sizeof(address)) != MHD_YES)
		return errno ? -errno : -ENOMEM;
	return 0;
}

void http_stop(struct http *http)
{
	MHD_stop_daemon(http->daemon);
	http->daemon = NULL;
}
