/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_PATH_H
#define SERVE_PATH_H

#include <stdbool.h>
#include <stddef.h>

/** Longest path served, with its NUL: what open(2) takes. */
#define SERVE_PATH_SIZE	4096

/**
 * struct serve_path - what a request target names, below the served directory
 * @rel: decoded, without a leading, doubled or trailing slash and without "."
 *	segments; empty for the served directory itself
 * @is_dir: the target ended in a slash, or in "."
 */
struct serve_path {
	char rel[SERVE_PATH_SIZE];
	bool is_dir;
};

/**
 * path_from_target() - decode an HTTP request target (RFC 9112 3.2)
 * @target: in origin-form ("/a%20b?x") or absolute-form ("https://host/a")
 * @path: filled on success
 *
 * The query is cut off. Nothing of the file system is looked at: a path that
 * this function accepts may still lead out of the directory through a symlink.
 *
 * Return: 0; -EINVAL not a path, a broken escape, or an escaped slash or NUL;
 * -EACCES a ".." segment, however it is spelled; -ENAMETOOLONG.
 */
int path_from_target(const char *target, struct serve_path *path);

/**
 * path_encode() - the inverse: a path as it can stand in a URL
 * @path: any bytes; slashes stay slashes
 * @out: NUL-terminated on success
 * @size: size of @out; three times the length of @path, plus 1, is enough
 *
 * Return: length of @out; -ENAMETOOLONG.
 */
int path_encode(const char *path, char *out, size_t size);

#endif /* SERVE_PATH_H */
