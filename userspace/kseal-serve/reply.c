// SPDX-License-Identifier: GPL-2.0
/*
 * From a request to its response: RFC 9110.
 *
 * A response takes over the descriptor it is made from, and the queue takes
 * over the response; what fails on the way is answered with 500, or, when not
 * even that can be made, by closing the connection.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "log.h"
#include "precond.h"
#include "range.h"
#include "reply.h"

#define INDEX_NAME	"index.html"

struct header {
	const char *name;
	const char *value;
};

static const struct {
	unsigned int status;
	const char *text;
} status_texts[] = {
	{ 301, "301 Moved Permanently\n" },
	{ 400, "400 Bad Request: not a path that could name a file here\n" },
	{ 403, "403 Forbidden\n" },
	{ 404, "404 Not Found\n" },
	{ 405, "405 Method Not Allowed: only GET and HEAD are\n" },
	{ 412, "412 Precondition Failed\n" },
	{ 414, "414 URI Too Long\n" },
	{ 416, "416 Range Not Satisfiable\n" },
	{ 500, "500 Internal Server Error\n" },
	{ 503, "503 Service Unavailable: out of resources, try again\n" },
};

static const char *status_text(unsigned int status)
{
	for (size_t i = 0; i < sizeof(status_texts) / sizeof(*status_texts); i++)
		if (status_texts[i].status == status)
			return status_texts[i].text;
	return "";
}

/* Adds what every response carries, queues it and lets go of it. */
static enum MHD_Result queue(struct MHD_Connection *connection,
			     const struct request *request, unsigned int status,
			     struct MHD_Response *response,
			     const struct header *headers)
{
	enum MHD_Result ok;

	if (!response)
		return MHD_NO;
	ok = MHD_add_response_header(response, "X-Content-Type-Options",
				     "nosniff");
	if (ok && request->close)
		ok = MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION,
					     "close");
	for (; ok && headers && headers->name; headers++)
		ok = MHD_add_response_header(response, headers->name,
					     headers->value);
	if (ok)
		ok = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return ok;
}

/* A response that says no more than its status. */
static enum MHD_Result queue_status(struct MHD_Connection *connection,
				    struct request *request,
				    unsigned int status,
				    const struct header *headers)
{
	const char *text = status_text(status);
	struct MHD_Response *response;

	request->body = strlen(text);
	response = MHD_create_response_from_buffer(strlen(text), (void *)text,
						   MHD_RESPMEM_PERSISTENT);
	if (response)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					"text/plain; charset=utf-8");
	return queue(connection, request, status, response, headers);
}

static unsigned int status_of_error(int err)
{
	switch (-err) {
	case ENOENT:
	case ENOTDIR:
	case ENAMETOOLONG:
		return 404;
	case EACCES:
	case EPERM:
	case EXDEV:		/* a symlink leads out */
	case ELOOP:
	case ENXIO:		/* a socket */
		return 403;
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EAGAIN:
		return 503;
	default:
		return 500;
	}
}

static enum MHD_Result queue_error(struct MHD_Connection *connection,
				   struct request *request, int err)
{
	unsigned int status = status_of_error(err);

	if (status >= 500)
		log_error("cannot open /%s: %s", request->path.rel,
			  strerror(-err));
	return queue_status(connection, request, status, NULL);
}

static const char *field(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static enum MHD_Result queue_part(struct MHD_Connection *connection,
				  struct request *request, int fd,
				  unsigned int status, const struct range *part,
				  const struct header *headers)
{
	struct MHD_Response *response;

	response = MHD_create_response_from_fd_at_offset64(part->length, fd,
							   part->first);
	if (!response) {
		close(fd);
		return MHD_NO;
	}
	request->body = part->length;
	request->from_file = true;
	return queue(connection, request, status, response, headers);
}

/*
 * libmicrohttpd sends no body with a 304, and the length of the response it is
 * given: made from the file, that is what a 200 would say (RFC 9110 8.6).
 */
static enum MHD_Result queue_not_modified(struct MHD_Connection *connection,
					  const struct request *request, int fd,
					  uint64_t size,
					  const struct header *headers)
{
	struct MHD_Response *response;

	response = MHD_create_response_from_fd64(size, fd);
	if (!response)
		close(fd);
	return queue(connection, request, 304, response, headers);
}

static enum MHD_Result queue_unsatisfiable(struct MHD_Connection *connection,
					   struct request *request,
					   uint64_t size)
{
	char content_range[64];
	const struct header headers[] = {
		{ MHD_HTTP_HEADER_CONTENT_RANGE, content_range },
		{ MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes" },
		{ NULL, NULL },
	};

	snprintf(content_range, sizeof(content_range), "bytes */%" PRIu64, size);
	return queue_status(connection, request, 416, headers);
}

/* The file's headers are settled; which part of it is asked for? */
static enum MHD_Result queue_ranged(struct MHD_Connection *connection,
				    struct request *request, int fd,
				    uint64_t size, const char *range_field,
				    struct header *headers, struct header *last)
{
	unsigned int status = 200;
	char content_range[80];
	struct range part;

	switch (range_parse(range_field, size, &part)) {
	case RANGE_UNSATISFIABLE:
		close(fd);
		return queue_unsatisfiable(connection, request, size);
	case RANGE_PART:
		status = 206;
		snprintf(content_range, sizeof(content_range),
			 "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, part.first,
			 part.first + part.length - 1, size);
		*last = (struct header){ MHD_HTTP_HEADER_CONTENT_RANGE,
					 content_range };
		break;
	case RANGE_WHOLE:
		break;
	}
	return queue_part(connection, request, fd, status, &part, headers);
}

static void read_conditions(struct MHD_Connection *connection,
			    struct conditions *c)
{
	c->if_match = field(connection, MHD_HTTP_HEADER_IF_MATCH);
	c->if_unmodified_since =
		field(connection, MHD_HTTP_HEADER_IF_UNMODIFIED_SINCE);
	c->if_none_match = field(connection, MHD_HTTP_HEADER_IF_NONE_MATCH);
	c->if_modified_since =
		field(connection, MHD_HTTP_HEADER_IF_MODIFIED_SINCE);
	c->if_range = field(connection, MHD_HTTP_HEADER_IF_RANGE);
}

static enum MHD_Result queue_file(const struct site *site,
				  struct MHD_Connection *connection,
				  struct request *request, int fd,
				  const struct stat *st, const char *name)
{
	char modified[HTTP_DATE_SIZE];
	struct conditions conditions;
	struct validators validators;
	struct header headers[] = {
		{ MHD_HTTP_HEADER_ETAG, validators.etag },
		{ MHD_HTTP_HEADER_LAST_MODIFIED, modified },
		{ MHD_HTTP_HEADER_ACCEPT_RANGES, "bytes" },
		{ NULL, NULL },		/* Content-Type */
		{ NULL, NULL },		/* Content-Range */
		{ NULL, NULL },
	};
	const char *range_field;

	validators_set(&validators, st->st_mtim, st->st_size, st->st_ino);
	http_date_format(validators.mtime, modified);
	read_conditions(connection, &conditions);
	switch (precond_check(&conditions, &validators)) {
	case PRECOND_NOT_MODIFIED:
		return queue_not_modified(connection, request, fd, st->st_size,
					  headers);
	case PRECOND_FAILED:
		close(fd);
		return queue_status(connection, request, 412, NULL);
	case PRECOND_PROCEED:
		break;
	}

	range_field = field(connection, MHD_HTTP_HEADER_RANGE);
	if (!precond_range_holds(&conditions, &validators, time(NULL)))
		range_field = NULL;
	headers[3] = (struct header){ MHD_HTTP_HEADER_CONTENT_TYPE,
				      mime_type(site->mime, name) };
	return queue_ranged(connection, request, fd, st->st_size, range_field,
			    headers, &headers[4]);
}

/* "/a" is a directory: links on its page only work from "/a/". */
static enum MHD_Result queue_redirect(struct MHD_Connection *connection,
				      struct request *request)
{
	char location[3 * SERVE_PATH_SIZE + REQUEST_TARGET_SIZE + 2] = "/";
	const char *query = request->target_cut ? NULL :
			    strchr(request->target, '?');
	const struct header headers[] = {
		{ MHD_HTTP_HEADER_LOCATION, location },
		{ NULL, NULL },
	};
	int len = path_encode(request->path.rel, location + 1,
			      3 * SERVE_PATH_SIZE);

	if (len < 0)
		return queue_status(connection, request, 500, NULL);
	snprintf(location + 1 + len, sizeof(location) - 1 - len, "/%s",
		 query ? query : "");
	return queue_status(connection, request, 301, headers);
}

static enum MHD_Result queue_listing(const struct site *site,
				     struct MHD_Connection *connection,
				     struct request *request, int dir)
{
	static const struct header headers[] = {
		{ MHD_HTTP_HEADER_CONTENT_TYPE, "text/html; charset=utf-8" },
		{ NULL, NULL },
	};
	struct listing_entry *entries;
	struct MHD_Response *response;
	size_t count, length;
	char *page;
	int err;

	err = file_list(site->root, request->path.rel, dir, &entries, &count);
	if (err)
		return queue_error(connection, request, err);
	page = listing_html(request->path.rel, entries, count, &length);
	file_list_free(entries, count);
	if (!page)
		return queue_error(connection, request, -ENOMEM);
	response = MHD_create_response_from_buffer(length, page,
						   MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(page);
	request->body = length;
	return queue(connection, request, 200, response, headers);
}

static enum MHD_Result queue_directory(const struct site *site,
				       struct MHD_Connection *connection,
				       struct request *request, int dir)
{
	char index[SERVE_PATH_SIZE + sizeof("/" INDEX_NAME)];
	struct stat st;
	int fd;

	if (!request->path.is_dir) {
		close(dir);
		return queue_redirect(connection, request);
	}
	/* by the whole path: a symlink in place of the index may lead upwards */
	snprintf(index, sizeof(index), "%s%s" INDEX_NAME, request->path.rel,
		 *request->path.rel ? "/" : "");
	fd = file_open(site->root, index, O_RDONLY);
	if (fd >= 0) {
		if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
			close(dir);
			return queue_file(site, connection, request, fd, &st,
					  INDEX_NAME);
		}
		close(fd);
	}
	if (site->no_listing) {
		close(dir);
		return queue_status(connection, request, 403, NULL);
	}
	return queue_listing(site, connection, request, dir);
}

static enum MHD_Result queue_opened(const struct site *site,
				    struct MHD_Connection *connection,
				    struct request *request, int fd)
{
	unsigned int status = 403;
	struct stat st;

	if (fstat(fd, &st))
		status = 500;
	else if (S_ISDIR(st.st_mode))
		return queue_directory(site, connection, request, fd);
	else if (S_ISREG(st.st_mode) && !request->path.is_dir)
		return queue_file(site, connection, request, fd, &st,
				  request->path.rel);
	else if (S_ISREG(st.st_mode))	/* "/file/" */
		status = 404;
	close(fd);
	return queue_status(connection, request, status, NULL);
}

enum MHD_Result reply_queue(const struct site *site,
			    struct MHD_Connection *connection,
			    struct request *request)
{
	static const struct header allow[] = {
		{ MHD_HTTP_HEADER_ALLOW, "GET, HEAD" },
		{ NULL, NULL },
	};
	int fd;

	if (strcmp(request->method, "GET") && strcmp(request->method, "HEAD"))
		return queue_status(connection, request, 405, allow);
	if (request->path_err)
		return queue_status(connection, request,
				    request->path_err == -EACCES ? 403 :
				    request->path_err == -ENAMETOOLONG ? 414 :
				    400, NULL);
	fd = file_open(site->root, request->path.rel, O_RDONLY);
	if (fd < 0)
		return queue_error(connection, request, fd);
	return queue_opened(site, connection, request, fd);
}
