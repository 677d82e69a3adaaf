/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_REPLY_H
#define SERVE_REPLY_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "mime.h"
#include "path.h"

/**
 * struct site - what is served
 * @root: descriptor of the directory
 * @mime: types beyond the built-in ones; may be NULL
 * @no_listing: a directory without an index.html is 403
 */
struct site {
	int root;
	struct mime_table *mime;
	bool no_listing;
};

/** Bytes kept of a method's name and of a target, for the log. */
#define REQUEST_METHOD_SIZE	16
#define REQUEST_TARGET_SIZE	1024

/**
 * struct request - one request, from its first line to the end of its response
 * @path: what it names
 * @path_err: -errno of path_from_target(); @path is only set when this is 0
 * @target: as received, cut to fit
 * @target_cut: it was cut
 * @method: as received, cut to fit; empty until the header is complete
 * @header_seen: the header is complete
 * @close: the connection ends with this response
 * @body: bytes that the response's body has
 * @from_file: @body comes from a file and is to be sent by sendfile(2)
 * @begin: when the first line had been read
 */
struct request {
	struct serve_path path;
	int path_err;
	char target[REQUEST_TARGET_SIZE];
	bool target_cut;
	char method[REQUEST_METHOD_SIZE];
	bool header_seen;
	bool close;
	uint64_t body;
	bool from_file;
	struct timespec begin;
};

/**
 * reply_queue() - answer a request
 * @site: what is served
 * @connection: libmicrohttpd's, at a point where a response may be queued
 * @request: says what for; @body and @from_file are set
 *
 * Return: of MHD_queue_response(); MHD_NO drops the connection.
 */
enum MHD_Result reply_queue(const struct site *site,
			    struct MHD_Connection *connection,
			    struct request *request);

#endif /* SERVE_REPLY_H */
