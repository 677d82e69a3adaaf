/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_LOG_H
#define SERVE_LOG_H

#include <stdint.h>

/**
 * struct log_request - one line of the access log
 * @peer: the client's address
 * @method: as received; empty when the request could not be read so far
 * @target: likewise
 * @status: of the response; 0 when there was none
 * @body: bytes the response's body has
 * @sendfile: bytes that the kernel sealed out of the page cache
 * @sealed: plaintext bytes sealed for this request, its header included
 * @records: TLS records they went out in
 * @tls: version of TLS
 * @cipher: what the records are sealed with
 * @driver: the crypto API's implementation of it
 * @seconds: from the request's first line to the last byte taken by the kernel
 * @end: "ok", or how it was cut short
 */
struct log_request {
	const char *peer;
	const char *method;
	const char *target;
	unsigned int status;
	uint64_t body;
	uint64_t sendfile;
	uint64_t sealed;
	uint64_t records;
	const char *tls;
	const char *cipher;
	const char *driver;
	double seconds;
	const char *end;
};

/**
 * log_open() - where the access log goes
 * @path: file to append to, made if it is not there; NULL for standard output
 *
 * Return: 0 or -errno, said already.
 */
int log_open(const char *path);

/** log_reopen() - after the file was moved away; keeps the old one on failure */
void log_reopen(void);

/** log_access() - write a line; may be called from any thread */
void log_access(const struct log_request *request);

/** log_error() - say what went wrong, on standard error; from any thread */
void __attribute__((format(printf, 1, 2))) log_error(const char *format, ...);

/** log_note() - say what whoever runs this wants to know; likewise */
void __attribute__((format(printf, 1, 2))) log_note(const char *format, ...);

/** log_verbose() - let log_info() speak */
void log_verbose(void);

/** log_info() - like log_note(), but only when verbose */
void __attribute__((format(printf, 1, 2))) log_info(const char *format, ...);

#endif /* SERVE_LOG_H */
