/* SPDX-License-Identifier: GPL-2.0 */
#ifndef SERVE_FILE_H
#define SERVE_FILE_H

#include <stddef.h>

#include "listing.h"

/**
 * file_open() - open what lies below a directory, and nothing else
 * @root: the directory
 * @rel: path below it, as in struct serve_path; empty for @root itself
 * @flags: for open(2); O_CLOEXEC, O_NOCTTY and O_NONBLOCK are added, so that
 *	nothing blocks on a FIFO
 *
 * Symlinks are followed as long as they stay below @root, and never those of
 * /proc. Where openat2(2) is missing or forbidden no symlink is followed.
 *
 * Return: descriptor; -errno of openat2(2); -EXDEV or -ELOOP when a symlink
 * leads out.
 */
int file_open(int root, const char *rel, int flags);

/**
 * file_list() - read a directory for its page
 * @root: as for file_open()
 * @rel: likewise
 * @dir: descriptor of that directory, closed by the call
 * @entries: set to an array to be freed with file_list_free()
 * @count: set to its length
 *
 * Left out are hidden names, and what could not be served: symlinks that lead
 * out or nowhere, devices, sockets and FIFOs.
 *
 * Return: 0 or -errno.
 */
int file_list(int root, const char *rel, int dir,
	      struct listing_entry **entries, size_t *count);

/** file_list_free() - free what file_list() made */
void file_list_free(struct listing_entry *entries, size_t count);

#endif /* SERVE_FILE_H */
